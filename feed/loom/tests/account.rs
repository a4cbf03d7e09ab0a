//! The account ring: nothing is lost, nothing comes twice or in another order.
//!
//! An outcome is what the consumer popped, in order, and `.` where it found nothing; after `|` comes
//! what it popped once the producer was done. Record number `n` has words that all are `n`, one to
//! three of them; a torn one is a panic.

use loom::thread;
use ring_loom::check_outcomes;
use ring_loom::ring::{Consumer, Producer, PushError, account_ring};

const W: usize = 3;

fn push(producer: &mut Producer<W>, number: u64) -> bool {
    match producer.push(&[number; W][..length_of(number)]) {
        Ok(()) => true,
        Err(PushError::Full) => false,
        Err(error) => panic!("{error}"),
    }
}

fn length_of(number: u64) -> usize {
    [1, 3, 2][number as usize % 3]
}

fn pop(consumer: &mut Consumer<W>) -> String {
    let mut buffer = [0; W];
    let Some(words) = consumer.pop(&mut buffer) else { return ".".into() };
    assert_eq!(words, &[words[0]; W][..length_of(words[0])], "a record is whole");
    words[0].to_string()
}

fn drain(consumer: &mut Consumer<W>) -> String {
    let mut seen = Vec::new();
    while !consumer.is_empty() {
        seen.push(pop(consumer));
    }
    assert_eq!(pop(consumer), ".");
    seen.join(" ")
}

#[test]
fn nothing_is_lost_or_reordered() {
    check_outcomes(
        None,
        &[". . . | 0 1", ". . 0 | 1", ". 0 . | 1", ". 0 1 | ", "0 . . | 1", "0 . 1 | ", "0 1 . | "],
        || {
            let (mut producer, mut consumer) = account_ring::<W>(2).unwrap();
            let thread = thread::spawn(move || {
                assert!(push(&mut producer, 0) && push(&mut producer, 1));
                producer
            });
            let during = [0; 3].map(|_| pop(&mut consumer)).join(" ");
            let producer = thread.join().unwrap();
            assert!(producer.high_water() <= 2);
            format!("{during} | {}", drain(&mut consumer))
        },
    );
}

/// Here the outcome begins with the numbers that were refused.
#[test]
fn a_full_ring_refuses_and_stays_as_it_was() {
    check_outcomes(
        None,
        &[
            "refused 2 3 4: 0 1 | ",
            "refused 2 3: 0 1 | 4",
            "refused 2 4: 0 1 | 3",
            "refused 2: 0 1 | 3 4",
            "refused 3 4: 0 1 | 2",
            "refused 3: 0 1 | 2 4",
            "refused 4: 0 1 | 2 3",
        ],
        || {
            let (mut producer, mut consumer) = account_ring::<W>(2).unwrap();
            assert!(push(&mut producer, 0) && push(&mut producer, 1));
            let thread = thread::spawn(move || {
                let refused: Vec<_> =
                    (2..5).filter(|n| !push(&mut producer, *n)).map(|n| n.to_string()).collect();
                assert_eq!(producer.high_water(), 2);
                refused.join(" ")
            });
            let during = [0; 2].map(|_| pop(&mut consumer)).join(" ");
            let refused = thread.join().unwrap();
            format!("refused {refused}: {during} | {}", drain(&mut consumer))
        },
    );
}

#[test]
fn a_slot_is_written_again_only_after_it_was_read() {
    check_outcomes(
        None,
        &["pushed false: 0 . | ", "pushed true: 0 . | 1", "pushed true: 0 1 | "],
        || {
            let (mut producer, mut consumer) = account_ring::<W>(1).unwrap();
            assert!(push(&mut producer, 0));
            let thread = thread::spawn(move || push(&mut producer, 1));
            let during = [0; 2].map(|_| pop(&mut consumer)).join(" ");
            let pushed = thread.join().unwrap();
            format!("pushed {pushed}: {during} | {}", drain(&mut consumer))
        },
    );
}

#[test]
fn the_end_comes_after_the_last_record() {
    check_outcomes(None, &[". . | 0", ". 0 | ", "0 # | ", "0 . | "], || {
        let (mut producer, mut consumer) = account_ring::<W>(2).unwrap();
        let thread = thread::spawn(move || assert!(push(&mut producer, 0)));
        let mut during = Vec::new();
        for _ in 0..2 {
            let closed = consumer.is_closed();
            let popped = pop(&mut consumer);
            assert!(!closed || popped == ".", "a closed ring is empty");
            during.push(if closed { "#".into() } else { popped });
        }
        thread.join().unwrap();
        let rest = drain(&mut consumer);
        assert!(consumer.is_closed());
        format!("{} | {rest}", during.join(" "))
    });
}

#[test]
fn a_consumer_that_went_is_noticed() {
    check_outcomes(None, &["false", "true"], || {
        let (producer, consumer) = account_ring::<W>(2).unwrap();
        let thread = thread::spawn(move || drop(consumer));
        let during = producer.is_abandoned();
        thread.join().unwrap();
        assert!(producer.is_abandoned());
        during.to_string()
    });
}
