//! The market ring as its users meet it: order, gaps, the end, the wrap of sequences, and threads
//! under stress.
//!
//! The same tests under ThreadSanitizer:
//!
//! ```text
//! TSAN_OPTIONS="suppressions=$PWD/feed/tests/ring_support/thread_sanitizer.supp" \
//! RUSTFLAGS="-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer --cfg ring_words" \
//! CARGO_TARGET_DIR=target/tsan \
//! cargo +nightly test -p feed --target x86_64-unknown-linux-gnu \
//!     --test ring_market --test ring_account --test ring_wake
//! ```
//!
//! Where the sources of the standard library are installed, `-Zbuild-std` instruments it as well, and
//! takes the place of the second flag and of the suppressions. `ring_words` lets the words of a record
//! move one by one, where the tool can see them; without it the tests pass as well, and it sees less.

mod ring_support;

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use feed::ring::{
    CAPACITY_SLOTS_MAX, Poll, Publisher, Reader, RecordTooLong, RingError, market_ring,
    market_ring_from,
};
use ring_support::{STRESS_RECORDS, W, check_record, record};

/// What a reader has seen so far.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    got: u64,
    lost: u64,
    gaps: u64,
}

/// Polls until there is nothing to poll for now; panics on a record that is torn or out of order.
/// Says whether the ring is at its end.
fn read_all(reader: &mut Reader<W>, first: u64, tally: &mut Tally) -> bool {
    let mut buffer = [0; W];
    loop {
        let expected = first.wrapping_add(tally.got + tally.lost);
        assert_eq!(reader.next_sequence(), expected);
        match reader.poll(&mut buffer) {
            Poll::Record { sequence, words } => {
                assert_eq!(sequence, expected);
                check_record(sequence, words);
                tally.got += 1;
            }
            Poll::Gap { lost } => {
                assert!(lost > 0, "a gap is a loss");
                tally.lost += lost;
                tally.gaps += 1;
            }
            Poll::Empty => return false,
            Poll::Closed => return true,
        }
    }
}

fn publish(publisher: &mut Publisher<W>) {
    let sequence = publisher.next_sequence();
    assert_eq!(publisher.publish(&record(sequence)), Ok(sequence));
}

#[test]
fn records_come_in_order_and_then_the_end() {
    let (mut publisher, subscribers) = market_ring::<W>(8).unwrap();
    let (mut reader, mut tally) = (subscribers.reader(), Tally::default());
    assert!(!read_all(&mut reader, 0, &mut tally));
    for _ in 0..5 {
        publish(&mut publisher);
    }
    assert!(!read_all(&mut reader, 0, &mut tally));
    publish(&mut publisher);
    drop(publisher);
    assert!(reader.is_ready(), "a record and the end are waiting");
    assert!(read_all(&mut reader, 0, &mut tally));
    assert!(read_all(&mut reader, 0, &mut tally), "the end stays");
    assert!(reader.is_ready(), "the end is something to be told");
    assert_eq!(tally, Tally { got: 6, lost: 0, gaps: 0 });
}

#[test]
fn a_reader_that_slept_gets_the_exact_gap_and_goes_on_from_the_newest() {
    let (mut publisher, subscribers) = market_ring::<W>(4).unwrap();
    for published in 1..=20 {
        let mut reader = subscribers.reader_from_start();
        publish(&mut publisher);
        assert_eq!(reader.backlog(), published);
        let mut tally = Tally::default();
        assert!(!read_all(&mut reader, 0, &mut tally));
        let expected = match published {
            ..=4 => Tally { got: published, lost: 0, gaps: 0 },
            _ => Tally { got: 1, lost: published - 1, gaps: 1 },
        };
        assert_eq!(tally, expected, "after {published} records");
        assert_eq!(reader.backlog(), 0);
    }
}

#[test]
fn after_a_gap_every_record_comes_again() {
    let (mut publisher, subscribers) = market_ring::<W>(4).unwrap();
    let (mut reader, mut tally) = (subscribers.reader(), Tally::default());
    for _ in 0..9 {
        publish(&mut publisher);
    }
    read_all(&mut reader, 0, &mut tally);
    for _ in 0..100 {
        publish(&mut publisher);
        read_all(&mut reader, 0, &mut tally);
    }
    assert_eq!(tally, Tally { got: 101, lost: 8, gaps: 1 });
}

#[test]
fn a_reader_begins_where_it_was_asked_to() {
    let (mut publisher, subscribers) = market_ring::<W>(4).unwrap();
    let first = |reader: &mut Reader<W>| match reader.poll(&mut [0; W]) {
        Poll::Record { sequence, .. } => Some(sequence),
        Poll::Empty => None,
        other => panic!("{other:?}"),
    };
    assert_eq!(subscribers.published_sequence(), None);
    let mut early = subscribers.reader();
    assert_eq!(first(&mut early), None);
    for _ in 0..3 {
        publish(&mut publisher);
    }
    assert_eq!(subscribers.published_sequence(), Some(2));
    assert_eq!((publisher.published(), subscribers.published()), (3, 3));
    assert_eq!(first(&mut early), Some(0), "before the first record, the first to come");
    assert_eq!(first(&mut subscribers.reader()), Some(2), "otherwise the newest");
    assert_eq!(first(&mut subscribers.reader_from_start()), Some(0));
    let mut late = subscribers.reader_from_next();
    assert_eq!(first(&mut late), None);
    publish(&mut publisher);
    assert_eq!(first(&mut late), Some(3));
}

#[test]
fn a_closed_ring_still_gives_what_it_holds() {
    let (mut publisher, subscribers) = market_ring::<W>(4).unwrap();
    for _ in 0..3 {
        publish(&mut publisher);
    }
    assert!(!subscribers.is_closed());
    drop(publisher);
    assert!(subscribers.is_closed());
    for (mut reader, skipped) in [
        (subscribers.reader_from_start(), 0),
        (subscribers.reader(), 2),
        (subscribers.reader_from_next(), 3),
    ] {
        let mut tally = Tally::default();
        assert!(read_all(&mut reader, skipped, &mut tally));
        assert_eq!(tally, Tally { got: 3 - skipped, lost: 0, gaps: 0 });
    }
}

#[test]
fn a_ring_closed_before_its_first_record_is_at_its_end() {
    let (publisher, subscribers) = market_ring::<W>(2).unwrap();
    let mut reader = subscribers.reader();
    assert!(!reader.is_ready());
    drop(publisher);
    assert!(reader.is_ready());
    assert_eq!(reader.poll(&mut [0; W]), Poll::Closed);
}

#[test]
fn a_record_longer_than_a_slot_is_refused_and_nothing_published() {
    let (mut publisher, subscribers) = market_ring::<W>(2).unwrap();
    let mut reader = subscribers.reader();
    let too_long = RecordTooLong { words: W + 1, words_max: W };
    assert_eq!(publisher.publish(&[1; W + 1]), Err(too_long));
    assert_eq!(reader.poll(&mut [0; W]), Poll::Empty);
    assert_eq!(publisher.publish(&[1; W]), Ok(0));
    assert_eq!(reader.poll(&mut [0; W]), Poll::Record { sequence: 0, words: &[1; W] });
}

#[test]
fn only_the_words_of_the_record_are_copied() {
    let (mut publisher, subscribers) = market_ring::<W>(2).unwrap();
    let mut reader = subscribers.reader();
    let mut buffer = [77; W];
    publisher.publish_array(&[]);
    assert_eq!(reader.poll(&mut buffer), Poll::Record { sequence: 0, words: &[] });
    publisher.publish_array(&[1, 2]);
    assert_eq!(reader.poll(&mut buffer), Poll::Record { sequence: 1, words: &[1, 2] });
    assert_eq!(buffer[2..], [77; W - 2]);
}

#[test]
fn a_record_can_be_written_in_place_in_any_order() {
    let (mut publisher, subscribers) = market_ring::<W>(2).unwrap();
    let mut reader = subscribers.reader();
    let mut claim = publisher.claim();
    assert_eq!(claim.sequence(), 0);
    claim.write(2, 30);
    claim.write(0, 10);
    claim.write(1, 20);
    assert!(!reader.is_ready(), "a claim is not published");
    assert_eq!(claim.commit(3), Ok(0));
    assert_eq!(reader.poll(&mut [0; W]), Poll::Record { sequence: 0, words: &[10, 20, 30] });
}

#[test]
fn a_claim_that_does_not_fit_publishes_nothing() {
    let (mut publisher, subscribers) = market_ring::<W>(2).unwrap();
    let mut reader = subscribers.reader();
    assert_eq!(publisher.claim().commit(W + 1), Err(RecordTooLong { words: W + 1, words_max: W }));
    let mut claim = publisher.claim();
    claim.write(W + 4, 1);
    claim.write(W + 2, 1);
    assert_eq!(claim.commit(1), Err(RecordTooLong { words: W + 5, words_max: W }));
    let mut claim = publisher.claim();
    claim.write(usize::MAX, 1);
    assert!(claim.commit(0).is_err());
    assert_eq!(reader.poll(&mut [0; W]), Poll::Empty);
    assert_eq!(publisher.next_sequence(), 0);
}

#[test]
fn a_claim_that_is_given_up_costs_a_lapped_reader_one_record() {
    let (mut publisher, subscribers) = market_ring::<W>(2).unwrap();
    publish(&mut publisher);
    publish(&mut publisher);
    let (mut before, mut tally) = (subscribers.reader_from_start(), Tally::default());
    let _ = publisher.claim();
    assert_eq!(publisher.published(), 2);
    read_all(&mut before, 0, &mut tally);
    assert_eq!(tally, Tally { got: 1, lost: 1, gaps: 1 });
    publish(&mut publisher);
    read_all(&mut before, 0, &mut tally);
    assert_eq!(tally, Tally { got: 2, lost: 1, gaps: 1 });
}

#[test]
fn a_capacity_that_cannot_be_is_refused() {
    let refused = |capacity_slots| market_ring::<W>(capacity_slots).unwrap_err();
    for capacity_slots in [3, 6, 1000, CAPACITY_SLOTS_MAX - 1] {
        assert_eq!(refused(capacity_slots), RingError::CapacityNotPowerOfTwo { capacity_slots });
    }
    for capacity_slots in [0, 1, CAPACITY_SLOTS_MAX + 1, usize::MAX] {
        let out_of_range = RingError::CapacityOutOfRange { capacity_slots, capacity_slots_min: 2 };
        assert_eq!(refused(capacity_slots), out_of_range);
    }
    assert_eq!(
        refused(1000).to_string(),
        "a ring of 1000 slots is not possible: the capacity must be a power of two, for example 1024"
    );
}

#[test]
fn sequences_wrap_around_without_a_seam() {
    for capacity_slots in [2, 4, 64] {
        for before_wrap in [0, 1, 2, 3, 5, 64, 100] {
            for stride in [1, 2, 3, 5] {
                check_across_the_wrap(capacity_slots, before_wrap, stride);
            }
        }
    }
}

/// Publishes across the wrap of the sequence and reads after every `stride` records.
fn check_across_the_wrap(capacity_slots: usize, before_wrap: u64, stride: u64) {
    let first = before_wrap.wrapping_neg();
    let (mut publisher, subscribers) = market_ring_from::<W>(capacity_slots, first).unwrap();
    assert_eq!(subscribers.published_sequence(), None);
    let (mut reader, mut tally) = (subscribers.reader_from_start(), Tally::default());
    let count = 4 * before_wrap + 7;
    for number in 0..count {
        publish(&mut publisher);
        assert_eq!(subscribers.published_sequence(), Some(first.wrapping_add(number)));
        if number % stride == 0 {
            read_all(&mut reader, first, &mut tally);
            assert_eq!(tally.got + tally.lost, number + 1);
            assert_eq!(reader.backlog(), 0);
        }
    }
    assert_eq!(publisher.published(), count);
    assert_eq!(tally.lost == 0, stride <= capacity_slots as u64);
}

/// One publisher at full speed; readers that begin at the start, and then are as fast as they can be.
fn check_stress(capacity_slots: usize, readers: usize, first: u64) {
    let (mut publisher, subscribers) = market_ring_from::<W>(capacity_slots, first).unwrap();
    let start = Barrier::new(readers + 1);
    let newest = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..readers {
            let mut reader = subscribers.reader_from_start();
            let (start, newest) = (&start, &newest);
            scope.spawn(move || {
                let mut tally = Tally::default();
                start.wait();
                while !read_all(&mut reader, first, &mut tally) {
                    thread::yield_now();
                }
                assert_eq!(tally.got + tally.lost, STRESS_RECORDS, "{tally:?}");
                assert!(tally.got > 0, "the newest record is always there");
                newest.fetch_max(tally.got, Ordering::Relaxed);
            });
        }
        start.wait();
        for number in 0..STRESS_RECORDS {
            publish(&mut publisher);
            if number % 64 == 0 {
                thread::yield_now();
            }
        }
        drop(publisher);
    });
    assert!(newest.into_inner() <= STRESS_RECORDS);
}

#[test]
fn nothing_is_torn_while_readers_are_lapped() {
    for capacity_slots in [2, 4, 16] {
        for readers in 1..=4 {
            check_stress(capacity_slots, readers, 0);
        }
    }
}

#[test]
fn nothing_is_torn_while_the_sequence_wraps() {
    check_stress(8, 2, (STRESS_RECORDS / 2).wrapping_neg());
}

#[test]
fn readers_that_keep_up_lose_nothing() {
    let (mut publisher, subscribers) = market_ring::<W>(16).unwrap();
    let done = [const { AtomicU64::new(0) }; 3];
    thread::scope(|scope| {
        for done in &done {
            let mut reader = subscribers.reader_from_start();
            scope.spawn(move || {
                let mut tally = Tally::default();
                while !read_all(&mut reader, 0, &mut tally) {
                    done.store(tally.got, Ordering::Release);
                    thread::yield_now();
                }
                assert_eq!(tally, Tally { got: STRESS_RECORDS, lost: 0, gaps: 0 });
            });
        }
        for number in 0..STRESS_RECORDS {
            let slowest = || done.iter().map(|done| done.load(Ordering::Acquire)).min();
            while slowest().is_some_and(|slowest| number - slowest >= 16) {
                thread::yield_now();
            }
            publish(&mut publisher);
        }
        drop(publisher);
    });
}

#[test]
fn readers_may_join_while_records_fly() {
    let (mut publisher, subscribers) = market_ring::<W>(4).unwrap();
    thread::scope(|scope| {
        for _ in 0..2 {
            let subscribers = subscribers.clone();
            scope.spawn(move || {
                let mut last = 0;
                while !subscribers.is_closed() {
                    let mut reader = subscribers.reader();
                    let first = reader.next_sequence();
                    assert!(first >= last, "a later reader begins later");
                    let mut tally = Tally::default();
                    read_all(&mut reader, first, &mut tally);
                    last = first;
                }
            });
        }
        for number in 0..STRESS_RECORDS {
            publish(&mut publisher);
            if number % 64 == 0 {
                thread::yield_now();
            }
        }
        drop(publisher);
    });
}
