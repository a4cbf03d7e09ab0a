//! The account ring as its users meet it: everything arrives, once, in order; or the producer is told.

mod ring_support;

use std::thread;

use feed::ring::{
    CAPACITY_SLOTS_MAX, Consumer, Producer, PushError, RecordTooLong, RingError, account_ring,
    account_ring_from,
};
use ring_support::{STRESS_RECORDS, W, check_record, record};

/// Pops everything there is and checks that it goes on from record number `next`.
fn pop_all(consumer: &mut Consumer<W>, next: &mut u64) {
    let mut buffer = [0; W];
    while let Some(words) = consumer.pop(&mut buffer) {
        check_record(*next, words);
        *next += 1;
    }
}

/// Pushes records number `from..to`; the ring must have room for them.
fn push_range(producer: &mut Producer<W>, from: u64, to: u64) {
    for number in from..to {
        assert_eq!(producer.push(&record(number)), Ok(()));
    }
}

#[test]
fn a_full_ring_refuses_and_stays_as_it_was() {
    let (mut producer, mut consumer) = account_ring::<W>(4).unwrap();
    push_range(&mut producer, 0, 4);
    for _ in 0..3 {
        assert_eq!(producer.push(&[99; W]), Err(PushError::Full));
    }
    let mut next = 0;
    pop_all(&mut consumer, &mut next);
    assert_eq!(next, 4);
    push_range(&mut producer, 4, 8);
    assert_eq!(producer.push(&[99; W]), Err(PushError::Full));
    pop_all(&mut consumer, &mut next);
    assert_eq!(next, 8);
    assert!(consumer.is_empty());
}

#[test]
fn a_ring_of_one_slot_alternates() {
    let (mut producer, mut consumer) = account_ring::<W>(1).unwrap();
    let mut next = 0;
    for number in 0..100 {
        assert_eq!(producer.push(&record(number)), Ok(()));
        assert_eq!(producer.push(&[99]), Err(PushError::Full));
        pop_all(&mut consumer, &mut next);
    }
    assert_eq!(next, 100);
}

#[test]
fn a_record_longer_than_a_slot_is_refused_and_nothing_pushed() {
    let (mut producer, mut consumer) = account_ring::<W>(2).unwrap();
    let too_long = RecordTooLong { words: W + 1, words_max: W };
    assert_eq!(producer.push(&[1; W + 1]), Err(PushError::TooLong(too_long)));
    assert!(consumer.is_empty());
    assert_eq!(producer.push(&[1; W]), Ok(()));
    assert_eq!(producer.push(&[]), Ok(()));
    assert_eq!(producer.push(&[1; W + 1]), Err(PushError::TooLong(too_long)), "even when full");
    let mut buffer = [0; W];
    assert_eq!(consumer.pop(&mut buffer), Some(&[1; W][..]));
    assert_eq!(consumer.pop(&mut buffer), Some(&[][..]));
    assert_eq!(consumer.pop(&mut buffer), None);
}

#[test]
fn a_ring_is_mostly_free_while_no_more_than_half_of_it_waits() {
    let (mut producer, mut consumer) = account_ring::<W>(8).unwrap();
    push_range(&mut producer, 0, 4);
    assert!(producer.is_mostly_free());
    push_range(&mut producer, 4, 5);
    assert!(!producer.is_mostly_free());
    pop_all(&mut consumer, &mut 0);
    assert!(producer.is_mostly_free(), "what was read makes room");
}

#[test]
fn the_high_water_mark_counts_what_waited_and_not_what_went_through() {
    let (mut producer, mut consumer) = account_ring::<W>(16).unwrap();
    let mut next = 0;
    for burst in [1, 3, 2, 1, 3, 1] {
        for _ in 0..100 {
            push_range(&mut producer, next, next + burst);
            pop_all(&mut consumer, &mut next);
        }
    }
    assert_eq!(producer.high_water(), 3);
    push_range(&mut producer, next, next + 16);
    assert_eq!(producer.high_water(), 16);
    assert_eq!(producer.push(&[]), Err(PushError::Full));
    assert_eq!(producer.high_water(), 16);
}

#[test]
fn the_consumer_learns_of_the_end_after_the_last_record() {
    let (mut producer, mut consumer) = account_ring::<W>(4).unwrap();
    push_range(&mut producer, 0, 2);
    assert!(!consumer.is_closed());
    drop(producer);
    assert!(!consumer.is_closed(), "two records are left");
    let mut next = 0;
    pop_all(&mut consumer, &mut next);
    assert_eq!(next, 2);
    assert!(consumer.is_closed());
}

#[test]
fn the_producer_learns_that_the_consumer_is_gone() {
    let (mut producer, consumer) = account_ring::<W>(2).unwrap();
    assert!(!producer.is_abandoned());
    drop(consumer);
    assert!(producer.is_abandoned());
    push_range(&mut producer, 0, 2);
    assert_eq!(producer.push(&[]), Err(PushError::Full), "nobody makes room any more");
}

#[test]
fn a_capacity_that_cannot_be_is_refused() {
    let refused = |capacity_slots| account_ring::<W>(capacity_slots).unwrap_err();
    for capacity_slots in [3, 12, CAPACITY_SLOTS_MAX - 1] {
        assert_eq!(refused(capacity_slots), RingError::CapacityNotPowerOfTwo { capacity_slots });
    }
    for capacity_slots in [0, CAPACITY_SLOTS_MAX + 1] {
        let out_of_range = RingError::CapacityOutOfRange { capacity_slots, capacity_slots_min: 1 };
        assert_eq!(refused(capacity_slots), out_of_range);
    }
}

/// The producer tries again when the ring is full, the consumer when it is empty; nothing may be
/// missing, twice, torn or out of order.
fn check_stress(capacity_slots: usize, first: u64) {
    let (mut producer, mut consumer) = account_ring_from::<W>(capacity_slots, first).unwrap();
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut next = 0;
            while !consumer.is_closed() {
                pop_all(&mut consumer, &mut next);
                thread::yield_now();
            }
            assert_eq!(next, STRESS_RECORDS);
        });
        for number in 0..STRESS_RECORDS {
            let record = record(number);
            while producer.push(&record) == Err(PushError::Full) {
                thread::yield_now();
            }
        }
        assert!(producer.high_water() <= capacity_slots as u64);
        drop(producer);
    });
}

#[test]
fn everything_arrives_once_and_in_order() {
    for capacity_slots in [1, 2, 8, 1024] {
        check_stress(capacity_slots, 0);
    }
}

#[test]
fn everything_arrives_while_the_counts_wrap() {
    check_stress(4, (STRESS_RECORDS / 2).wrapping_neg());
}
