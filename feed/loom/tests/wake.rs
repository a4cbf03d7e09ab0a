//! Sleeping: no wakeup is ever lost.
//!
//! Under loom a sleep has no time limit, so a lost wakeup is a deadlock, which loom reports. Most
//! tables have one row: everybody woke up and got what was meant for them. Each model also shows at
//! its end that nobody is still counted as asleep.
//!
//! The sleepers are threads of their own, because loom takes a late `unpark` of a thread that waits
//! in `join` for a mistake.

use std::cell::Cell;
use std::time::Duration;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering::Relaxed};
use loom::thread;
use ring_loom::check_outcomes;
use ring_loom::ring::{
    Consumer, Idle, Poll, Reader, Sleeper, Wait, account_ring, bell, market_ring,
};

/// No model gets there: time stands still under loom.
const FOREVER: Duration = Duration::MAX;

fn wait_for_record(reader: &mut Reader<1>, sleeper: &mut Sleeper) -> u64 {
    loop {
        match reader.poll(&mut [0]) {
            Poll::Record { words, .. } => return words[0],
            Poll::Gap { .. } => {}
            Poll::Empty => sleeper.sleep(|| reader.is_ready(), FOREVER),
            Poll::Closed => panic!("closed before the record came"),
        }
    }
}

fn wait_for_pop(consumer: &mut Consumer<1>, sleeper: &mut Sleeper) -> u64 {
    loop {
        if let Some(words) = consumer.pop(&mut [0]) {
            return words[0];
        }
        sleeper.sleep(|| !consumer.is_empty(), FOREVER);
    }
}

#[test]
fn a_reader_of_the_market_ring_always_wakes_up() {
    check_outcomes(None, &["7"], || {
        let (mut publisher, subscribers) = market_ring::<1>(2).unwrap();
        let (waker, mut sleeper) = bell();
        let mut reader = subscribers.reader();
        let thread = thread::spawn(move || wait_for_record(&mut reader, &mut sleeper));
        publisher.publish_array(&[7]);
        waker.wake();
        let got = thread.join().unwrap();
        assert_eq!(waker.sleeping(), 0);
        got.to_string()
    });
}

#[test]
fn a_reader_that_sleeps_again_wakes_up_again() {
    check_outcomes(Some(3), &["7 8"], || {
        let (mut publisher, subscribers) = market_ring::<1>(4).unwrap();
        let (waker, mut sleeper) = bell();
        let mut reader = subscribers.reader();
        let thread = thread::spawn(move || {
            let first = wait_for_record(&mut reader, &mut sleeper);
            (first, wait_for_record(&mut reader, &mut sleeper))
        });
        for word in [7, 8] {
            publisher.publish_array(&[word]);
            waker.wake();
        }
        let (first, second) = thread.join().unwrap();
        assert_eq!(waker.sleeping(), 0);
        format!("{first} {second}")
    });
}

#[test]
fn every_one_of_two_sleepers_wakes_up() {
    check_outcomes(Some(2), &["7 7"], || {
        let (mut publisher, subscribers) = market_ring::<1>(2).unwrap();
        let (waker, sleeper) = bell();
        let threads = [0; 2].map(|_| {
            let (mut reader, mut sleeper) = (subscribers.reader(), sleeper.clone());
            thread::spawn(move || wait_for_record(&mut reader, &mut sleeper))
        });
        publisher.publish_array(&[7]);
        waker.wake();
        let got = threads.map(|thread| thread.join().unwrap().to_string());
        assert_eq!(waker.sleeping(), 0);
        got.join(" ")
    });
}

/// One writer may rouse the sleeper for its own record while the other counts on it.
#[test]
fn a_sleeper_that_two_writers_wake_misses_neither() {
    check_outcomes(Some(2), &["1 2"], || {
        let (waker, mut sleeper) = bell();
        let (mut first, mut first_out) = account_ring::<1>(1).unwrap();
        let (mut second, mut second_out) = account_ring::<1>(1).unwrap();
        let sleeping = thread::spawn(move || {
            let first = wait_for_pop(&mut first_out, &mut sleeper);
            (first, wait_for_pop(&mut second_out, &mut sleeper))
        });
        let other_waker = waker.clone();
        let writing = thread::spawn(move || {
            first.push(&[1]).unwrap();
            other_waker.wake();
        });
        second.push(&[2]).unwrap();
        waker.wake();
        writing.join().unwrap();
        let (first, second) = sleeping.join().unwrap();
        assert_eq!(waker.sleeping(), 0);
        format!("{first} {second}")
    });
}

/// A thread that sleeps until the flag is set.
fn sleep_until(flag: &Arc<AtomicBool>, sleeper: &Sleeper) -> thread::JoinHandle<()> {
    let (flag, mut sleeper) = (Arc::clone(flag), sleeper.clone());
    thread::spawn(move || {
        while !flag.load(Relaxed) {
            sleeper.sleep(|| flag.load(Relaxed), FOREVER);
        }
    })
}

/// The writer that rouses one sleeper must not forget the other, who lies down meanwhile.
#[test]
fn two_sleepers_are_woken_one_after_the_other() {
    check_outcomes(Some(3), &["awake"], || {
        let (waker, sleeper) = bell();
        let flags = [0; 2].map(|_| Arc::new(AtomicBool::new(false)));
        let threads = [0, 1].map(|at| sleep_until(&flags[at], &sleeper));
        for flag in &flags {
            flag.store(true, Relaxed);
            waker.wake();
        }
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(waker.sleeping(), 0);
        "awake".into()
    });
}

#[test]
fn two_sleepers_and_two_writers_do_not_get_in_each_others_way() {
    check_outcomes(Some(2), &["awake"], || {
        let (waker, sleeper) = bell();
        let flags = [0; 2].map(|_| Arc::new(AtomicBool::new(false)));
        let threads = [0, 1].map(|at| sleep_until(&flags[at], &sleeper));
        let (flag, other_waker) = (Arc::clone(&flags[0]), waker.clone());
        let writing = thread::spawn(move || {
            flag.store(true, Relaxed);
            other_waker.wake();
        });
        flags[1].store(true, Relaxed);
        waker.wake();
        writing.join().unwrap();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(waker.sleeping(), 0);
        "awake".into()
    });
}

/// That is how a thread is told to stop: by something that `ready` does not ask about. Whoever was
/// woken sees why.
#[test]
fn a_wakeup_ends_a_sleep_even_without_a_record() {
    check_outcomes(None, &["stopped"], || {
        let (waker, mut sleeper) = bell();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            // Before it parks it has to look once more; after that, only the wakeup itself counts.
            let looked = Cell::new(false);
            sleeper.sleep(|| !looked.replace(true) && stopped.load(Relaxed), FOREVER);
            assert!(stopped.load(Relaxed), "the wakeup comes after its reason");
        });
        stop.store(true, Relaxed);
        waker.wake();
        thread.join().unwrap();
        assert_eq!(waker.sleeping(), 0);
        "stopped".into()
    });
}

#[test]
fn a_stray_token_does_not_hide_the_wakeup() {
    check_outcomes(Some(3), &["7"], || {
        let (mut publisher, subscribers) = market_ring::<1>(2).unwrap();
        let (waker, mut sleeper) = bell();
        let mut reader = subscribers.reader();
        let thread = thread::spawn(move || wait_for_record(&mut reader, &mut sleeper));
        thread.thread().unpark();
        publisher.publish_array(&[7]);
        waker.wake();
        thread.join().unwrap().to_string()
    });
}

#[test]
fn the_end_of_the_ring_wakes_its_reader() {
    check_outcomes(None, &["closed"], || {
        let (publisher, subscribers) = market_ring::<1>(2).unwrap();
        let (waker, mut sleeper) = bell();
        let mut reader = subscribers.reader();
        let thread = thread::spawn(move || {
            let mut idle = Idle::new(Wait::Block);
            while reader.poll(&mut [0]) != Poll::Closed {
                idle.wait(&mut sleeper, || reader.is_ready(), FOREVER);
            }
        });
        drop(publisher);
        waker.wake();
        thread.join().unwrap();
        assert_eq!(waker.sleeping(), 0);
        "closed".into()
    });
}
