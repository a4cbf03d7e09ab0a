//! Sleeping and waking with real threads. That no wakeup can be lost is proven elsewhere, by the model
//! checker; a lost one shows here as a test that does not end.

mod ring_support;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use feed::ring::{Idle, Poll, Reader, Sleeper, Wait, Waker, account_ring, bell, market_ring};
use ring_support::{W, check_record, record};

/// No test waits that long unless a wakeup is lost.
const FOREVER: Duration = Duration::from_secs(3600);

/// Sleeps that each sleeper is driven through.
const ROUNDS: u64 = if cfg!(miri) { 5 } else { 500 };

/// Lets time pass until so many threads sleep.
fn wait_for_sleepers(waker: &Waker, sleepers: u64) {
    while waker.sleeping() != sleepers {
        thread::yield_now();
    }
}

/// Sleeps until a wakeup, and tells when one can come. Being counted is not enough: who has nothing to
/// be woken for but the wakeup itself must lie down first, and asks its question only then.
fn sleep_for_nothing(sleeper: &mut Sleeper, has_lain_down: &AtomicBool) {
    let never_ready = || {
        has_lain_down.store(true, Ordering::Release);
        false
    };
    sleeper.sleep(never_ready, FOREVER);
}

/// Lets time pass until that thread can be woken.
fn wait_until_down(has_lain_down: &AtomicBool) {
    while !has_lain_down.load(Ordering::Acquire) {
        thread::yield_now();
    }
}

fn read_sleeping(mut reader: Reader<W>, mut sleeper: Sleeper, wait: Wait) -> u64 {
    let (mut idle, mut buffer, mut next) = (Idle::new(wait), [0; W], 0);
    loop {
        match reader.poll(&mut buffer) {
            Poll::Record { sequence, words } => {
                assert_eq!(sequence, next);
                check_record(sequence, words);
                next += 1;
                idle.reset();
            }
            Poll::Gap { lost } => next += lost,
            Poll::Empty => idle.wait(&mut sleeper, || reader.is_ready(), FOREVER),
            Poll::Closed => return next,
        }
    }
}

#[test]
fn sleeping_readers_get_every_record() {
    for readers in 1..=4 {
        for wait in [Wait::Block, Wait::Auto { spins: 10 }] {
            let (mut publisher, subscribers) = market_ring::<W>(4).unwrap();
            let (waker, sleeper) = bell();
            thread::scope(|scope| {
                let threads: Vec<_> = (0..readers)
                    .map(|_| {
                        let (reader, sleeper) = (subscribers.reader_from_start(), sleeper.clone());
                        scope.spawn(move || read_sleeping(reader, sleeper, wait))
                    })
                    .collect();
                for number in 0..ROUNDS {
                    if number % 2 == 0 {
                        // Each of these records meets readers that are all fast asleep, or nearly.
                        wait_for_sleepers(&waker, readers);
                    }
                    publisher.publish(&record(number)).unwrap();
                    waker.wake();
                }
                drop(publisher);
                waker.wake();
                for thread in threads {
                    assert_eq!(thread.join().unwrap(), ROUNDS);
                }
            });
            assert_eq!(waker.sleeping(), 0);
        }
    }
}

#[test]
fn two_writers_wake_one_sleeper() {
    let (waker, mut sleeper) = bell();
    let (rings, mut ends): (Vec<_>, Vec<_>) = (0..2).map(|_| account_ring::<W>(8).unwrap()).unzip();
    thread::scope(|scope| {
        let sleeping = scope.spawn(move || {
            let (mut buffer, mut next) = ([0; W], [0; 2]);
            while !ends.iter().all(|end| end.is_closed()) {
                for (end, next) in ends.iter_mut().zip(&mut next) {
                    while let Some(words) = end.pop(&mut buffer) {
                        check_record(*next, words);
                        *next += 1;
                    }
                }
                sleeper.sleep(|| ends.iter().any(|e| !e.is_empty() || e.is_closed()), FOREVER);
            }
            next
        });
        for mut ring in rings {
            let waker = waker.clone();
            scope.spawn(move || {
                for number in 0..ROUNDS {
                    let record = record(number);
                    while ring.push(&record).is_err() {
                        thread::yield_now();
                    }
                    waker.wake();
                }
                drop(ring);
                waker.wake();
            });
        }
        assert_eq!(sleeping.join().unwrap(), [ROUNDS; 2]);
    });
    assert_eq!(waker.sleeping(), 0);
}

#[test]
fn a_token_left_behind_ends_no_sleep() {
    let (waker, mut sleeper) = bell();
    let (awake, down) = (AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|scope| {
        let thread = scope.spawn(|| {
            thread::current().unpark();
            let looks = Cell::new(0);
            let ready = || {
                down.store(true, Ordering::Release);
                looks.replace(looks.get() + 1) > 1_000_000
            };
            sleeper.sleep(ready, FOREVER);
            assert!(awake.load(Ordering::Acquire), "only the wakeup ends the sleep");
        });
        wait_until_down(&down);
        for _ in 0..100 {
            thread.thread().unpark();
            thread::yield_now();
        }
        assert_eq!(waker.sleeping(), 1);
        awake.store(true, Ordering::Release);
        waker.wake();
    });
    assert_eq!(waker.sleeping(), 0);
}

#[test]
fn a_wakeup_ends_a_sleep_even_without_a_record() {
    let (waker, mut sleeper) = bell();
    let down = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| sleep_for_nothing(&mut sleeper, &down));
        wait_until_down(&down);
        waker.wake();
    });
    assert_eq!(waker.sleeping(), 0);
}

#[test]
fn who_is_ready_does_not_sleep() {
    let (waker, mut sleeper) = bell();
    let looks = Cell::new(0);
    let ready = || {
        assert_eq!(waker.sleeping(), 1, "announced before the look");
        looks.set(looks.get() + 1);
        true
    };
    sleeper.sleep(ready, FOREVER);
    assert_eq!((looks.get(), waker.sleeping()), (1, 0));
}

#[test]
fn a_sleep_ends_when_its_time_is_up() {
    let (waker, mut sleeper) = bell();
    sleeper.sleep(|| false, Duration::ZERO);
    sleeper.sleep(|| false, Duration::from_millis(2));
    assert_eq!(waker.sleeping(), 0);
}

#[test]
fn a_panic_of_the_question_leaves_nobody_asleep() {
    let (waker, mut sleeper) = bell();
    let result = catch_unwind(AssertUnwindSafe(|| sleeper.sleep(|| panic!("asked"), FOREVER)));
    assert_eq!(result.unwrap_err().downcast_ref(), Some(&"asked"));
    assert_eq!(waker.sleeping(), 0);
    sleeper.sleep(|| true, FOREVER);
    waker.wake();
    assert_eq!(waker.sleeping(), 0);
}

#[test]
fn a_sleep_within_a_sleep_is_counted_once() {
    let (waker, mut outer) = bell();
    let inner = outer.clone();
    let ready = || {
        inner.clone().sleep(|| waker.sleeping() == 1, FOREVER);
        true
    };
    outer.sleep(ready, FOREVER);
    assert_eq!(waker.sleeping(), 0);
}

#[test]
fn a_sleeper_may_move_to_another_thread() {
    let (waker, mut sleeper) = bell();
    for _ in 0..3 {
        sleeper.sleep(|| true, FOREVER);
        let down = AtomicBool::new(false);
        sleeper = thread::scope(|scope| {
            let moved = scope.spawn(|| {
                sleep_for_nothing(&mut sleeper, &down);
                sleeper
            });
            wait_until_down(&down);
            waker.wake();
            moved.join().unwrap()
        });
    }
    assert_eq!(waker.sleeping(), 0);
}

#[test]
fn a_wakeup_that_nobody_waits_for_is_free_of_consequences() {
    let (waker, mut sleeper) = bell();
    waker.wake();
    sleeper.sleep(|| true, FOREVER);
    waker.clone().wake();
    assert_eq!(waker.sleeping(), 0);
}

/// How often a reader that never finds anything asks the question of a sleeper in five turns.
#[test]
fn each_way_to_wait_sleeps_when_it_says() {
    for (wait, sleeps) in [
        (Wait::Spin, 0),
        (Wait::Auto { spins: 0 }, 5),
        (Wait::Auto { spins: 3 }, 2),
        (Wait::Auto { spins: 5 }, 0),
        (Wait::Block, 5),
    ] {
        let (_waker, mut sleeper) = bell();
        let mut idle = Idle::new(wait);
        for _ in 0..2 {
            let slept = Cell::new(0);
            for _ in 0..5 {
                idle.wait(&mut sleeper, || slept.replace(slept.get() + 1) < 9, FOREVER);
            }
            assert_eq!(slept.get(), sleeps, "{wait:?}");
            idle.reset();
        }
    }
}
