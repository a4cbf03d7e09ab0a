//! The market ring: what a reader may see while the publisher writes.
//!
//! An outcome is what the reader polled, in order: a record as its sequence, a gap of two as `-2`,
//! nothing as `.`, the end as `#`. After `|` comes what it polled once the publisher was done. The
//! ring has two slots, so that laps are short and the slot of the newest record is the next but one to
//! be overwritten. Every record carries copies of its sequence and has one to three words; a torn one is a panic.

use loom::thread;
use ring_loom::check_outcomes;
use ring_loom::ring::{Poll, Publisher, Reader, Subscribers, market_ring};

const W: usize = 3;

fn publish(publisher: &mut Publisher<W>) {
    let sequence = publisher.next_sequence();
    let words = [sequence + 10; W];
    assert_eq!(publisher.publish(&words[..length_of(sequence)]), Ok(sequence));
}

fn length_of(sequence: u64) -> usize {
    [1, 3, 2][sequence as usize % 3]
}

/// Polls once and writes down the answer. Panics on a torn record or a sequence out of order.
fn poll(reader: &mut Reader<W>, expected: &mut u64) -> String {
    let mut buffer = [0; W];
    match reader.poll(&mut buffer) {
        Poll::Record { sequence, words } => {
            assert_eq!(sequence, *expected, "records come in order");
            assert_eq!(words.len(), length_of(sequence), "a record has its own length");
            assert!(words.iter().all(|word| *word == sequence + 10), "torn: {words:?}");
            *expected += 1;
            sequence.to_string()
        }
        Poll::Gap { lost } => {
            *expected += lost;
            format!("-{lost}")
        }
        Poll::Empty => ".".into(),
        Poll::Closed => "#".into(),
    }
}

/// Polls until there is nothing more to come.
fn drain(reader: &mut Reader<W>, expected: &mut u64) -> String {
    let mut seen = String::new();
    loop {
        let answer = poll(reader, expected);
        seen += &answer;
        match answer.as_str() {
            "." | "#" => return seen,
            _ => seen.push(' '),
        }
    }
}

/// A reader from the start polls `polls` times while `count` more records follow on `before`, and
/// afterwards takes the rest. What it got and what it lost must add up.
fn race(before: u64, count: u64, polls: usize) -> String {
    let (mut publisher, subscribers) = market_ring::<W>(2).unwrap();
    for _ in 0..before {
        publish(&mut publisher);
    }
    let mut reader = subscribers.reader_from_start();
    let thread = thread::spawn(move || {
        for _ in 0..count {
            publish(&mut publisher);
        }
        publisher
    });
    let mut expected = 0;
    let during: Vec<_> = (0..polls).map(|_| poll(&mut reader, &mut expected)).collect();
    let publisher = thread.join().unwrap();
    let after = drain(&mut reader, &mut expected);
    assert_eq!(expected, before + count, "what was got and what was lost add up");
    assert_eq!(reader.backlog(), 0);
    drop(publisher);
    format!("{} | {after}", during.join(" "))
}

#[test]
fn a_first_record_is_there_or_not() {
    check_outcomes(None, &[". | 0 .", "0 | ."], || race(0, 1, 1));
}

#[test]
fn records_come_one_after_the_other() {
    check_outcomes(None, &[". . | 0 1 .", ". 0 | 1 .", "0 . | 1 .", "0 1 | ."], || race(0, 2, 2));
}

#[test]
fn a_record_being_overwritten_is_whole_or_lost() {
    check_outcomes(None, &["-1 | 1 2 .", "-2 | 2 .", "0 | 1 2 ."], || race(2, 1, 1));
}

#[test]
fn a_lapped_reader_learns_the_exact_loss() {
    check_outcomes(
        Some(2),
        &[
            "-1 -1 | -2 4 .",
            "-1 -2 | 3 4 .",
            "-1 -3 | 4 .",
            "-1 1 | -2 4 .",
            "-2 -1 | 3 4 .",
            "-2 -2 | 4 .",
            "-2 2 | 3 4 .",
            "-3 3 | 4 .",
            "-4 4 | .",
            "0 -1 | -2 4 .",
            "0 -2 | 3 4 .",
            "0 -3 | 4 .",
            "0 1 | -2 4 .",
        ],
        || race(2, 3, 2),
    );
}

#[test]
fn an_overwrite_seen_while_copying_is_noticed() {
    check_outcomes(
        Some(3),
        &[
            "-1 1 . | 2 .",
            "-1 1 2 | .",
            "-2 2 . | .",
            "0 . . | 1 2 .",
            "0 . 1 | 2 .",
            "0 1 . | 2 .",
            "0 1 2 | .",
        ],
        || race(1, 2, 3),
    );
}

#[test]
fn the_end_comes_after_the_last_record() {
    check_outcomes(
        None,
        &[
            ". . . | 0 #",
            ". . 0 | #",
            ". 0 # | #",
            ". 0 . | #",
            "0 # # | #",
            "0 . # | #",
            "0 . . | #",
        ],
        || {
            let (mut publisher, subscribers) = market_ring::<W>(2).unwrap();
            let mut reader = subscribers.reader();
            let thread = thread::spawn(move || publish(&mut publisher));
            let mut expected = 0;
            let during = [0; 3].map(|_| poll(&mut reader, &mut expected));
            thread.join().unwrap();
            format!("{} | {}", during.join(" "), drain(&mut reader, &mut expected))
        },
    );
}

#[test]
fn a_reader_that_joins_begins_with_the_newest() {
    check_outcomes(None, &["-1 | 1 2 .", "-2 | 2 .", "0 | 1 2 .", "1 | 2 .", "2 | ."], || {
        let (mut publisher, subscribers) = market_ring::<W>(2).unwrap();
        publish(&mut publisher);
        let thread = thread::spawn(move || {
            publish(&mut publisher);
            publish(&mut publisher);
            publisher
        });
        let (mut reader, newest) = join(&subscribers);
        let mut expected = reader.next_sequence();
        assert!(expected >= newest, "a reader never goes back behind what was seen");
        let first = poll(&mut reader, &mut expected);
        let publisher = thread.join().unwrap();
        let after = drain(&mut reader, &mut expected);
        drop(publisher);
        format!("{first} | {after}")
    });
}

fn join(subscribers: &Subscribers<W>) -> (Reader<W>, u64) {
    let newest = subscribers.published_sequence().expect("one is published");
    (subscribers.reader(), newest)
}

#[test]
fn two_readers_do_not_disturb_each_other() {
    check_outcomes(
        Some(2),
        &["-1 -1", "-1 -2", "-1 0", "-2 -1", "-2 -2", "-2 0", "0 -1", "0 -2", "0 0"],
        || {
            let (mut publisher, subscribers) = market_ring::<W>(2).unwrap();
            publish(&mut publisher);
            let other = subscribers.clone();
            let polled = |mut reader: Reader<W>| {
                let mut expected = 0;
                poll(&mut reader, &mut expected)
            };
            let reading = thread::spawn(move || polled(other.reader_from_start()));
            let publishing = thread::spawn(move || {
                publish(&mut publisher);
                publish(&mut publisher);
            });
            let mine = polled(subscribers.reader_from_start());
            let theirs = reading.join().unwrap();
            publishing.join().unwrap();
            format!("{mine} {theirs}")
        },
    );
}

#[test]
fn a_claim_that_is_given_up_publishes_nothing() {
    check_outcomes(None, &["-1 1 | . | 2 .", "0 1 | . | 2 ."], || {
        let (mut publisher, subscribers) = market_ring::<W>(2).unwrap();
        publish(&mut publisher);
        publish(&mut publisher);
        let mut reader = subscribers.reader_from_start();
        let thread = thread::spawn(move || {
            let mut claim = publisher.claim();
            claim.write(0, 99);
            drop(claim);
            publisher
        });
        let mut expected = 0;
        let during = [0; 2].map(|_| poll(&mut reader, &mut expected));
        let mut publisher = thread.join().unwrap();
        let between = drain(&mut reader, &mut expected);
        publish(&mut publisher);
        let after = drain(&mut reader, &mut expected);
        format!("{} | {between} | {after}", during.join(" "))
    });
}
