//! The loops that drive a queue between two pinned threads.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Barrier, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use core_affinity::CoreId;
use crossbeam::utils::CachePadded;

use super::links::{CAPACITY, Link, Taker, Writer};

/// Puts this thread on the first core, or on one of the others in turn.
pub fn pin(at: usize) {
    // Asked once, before the first thread is pinned: a thread sees only the cores it may run on, and
    // hands that on to the threads it starts.
    static CORES: OnceLock<Vec<CoreId>> = OnceLock::new();
    let cores = CORES.get_or_init(|| core_affinity::get_core_ids().unwrap_or_default());
    let at = if at == 0 { 0 } else { 1 + (at - 1) % cores.len().saturating_sub(1).max(1) };
    if let Some(core) = cores.get(at) {
        core_affinity::set_for_current(*core);
    }
}

/// What two threads that wait for each other share: when one panics, the other panics too, instead of
/// waiting for ever.
#[derive(Debug, Default)]
struct Fate {
    one_is_lost: AtomicBool,
}

impl Fate {
    /// Tries until it works, without a pause: how a reader rests is not the queue's business. Makes
    /// room for others after a while, for machines with too few cores.
    #[inline]
    fn until(&self, mut attempt: impl FnMut() -> bool) {
        for spins in 1_u32.. {
            if attempt() {
                return;
            }
            if spins.is_multiple_of(1 << 16) {
                assert!(!self.one_is_lost.load(Ordering::Relaxed), "the other thread panicked");
                thread::yield_now();
            }
        }
    }

    fn watch(&self) -> Watch<'_> {
        Watch(self)
    }
}

struct Watch<'f>(&'f Fate);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.one_is_lost.store(true, Ordering::Relaxed);
        }
    }
}

/// How much of a record is looked at where it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Its first and its last word.
    Ends,
    /// Every word. For comparing with queues that show the record where it lies, and leave the words
    /// that nobody wants where they are.
    All,
}

/// Turns `record` into record `number`, which stands at both of its ends.
#[inline]
fn number<const N: usize>(record: &mut [u64; N], number: u64) {
    record[0] = number;
    record[N - 1] = number;
}

#[inline]
fn check<const N: usize>(look: Look, number: u64, record: &[u64; N]) {
    // The compiler may not know which words are looked at: a copy has to be one.
    let record = black_box(record);
    assert!(record[0] == number && record[N - 1] == number, "record {number} arrives whole");
    if look == Look::All {
        let sum = record.iter().fold(0_u64, |sum, word| sum.wrapping_add(*word));
        let middle = BODY.wrapping_mul(N as u64 - 2);
        assert!(
            sum == middle.wrapping_add(number.wrapping_mul(2)),
            "record {number} arrives whole"
        );
    }
}

/// What stands in the words between the ends.
const BODY: u64 = 0x0102_0304_0506_0708;

/// `trips` records there and back again, each between a `before` and an `after`.
#[inline]
fn round_trips_between<const N: usize, L: Link<N>, T>(
    trips: u64,
    look: Look,
    before: impl Fn() -> T,
    mut after: impl FnMut(T),
) -> Duration {
    let (mut there, mut there_out) = L::link();
    let (mut back, mut back_out) = L::link();
    let (start, fate) = (Barrier::new(2), Fate::default());
    thread::scope(|scope| {
        scope.spawn(|| {
            let _watch = fate.watch();
            pin(1);
            let mut record = [BODY; N];
            start.wait();
            for expected in 0..trips {
                fate.until(|| there_out.take(|taken| check(look, expected, taken)));
                number(&mut record, expected);
                fate.until(|| back.put(black_box(&record)));
            }
        });
        let _watch = fate.watch();
        pin(0);
        let mut record = [BODY; N];
        start.wait();
        let began = Instant::now();
        for expected in 0..trips {
            number(&mut record, expected);
            let mark = before();
            fate.until(|| there.put(black_box(&record)));
            fate.until(|| back_out.take(|taken| check(look, expected, taken)));
            after(mark);
        }
        began.elapsed()
    })
}

/// `trips` records there and back again.
///
/// # Panics
///
/// When a record does not arrive whole and in order.
pub fn round_trips<const N: usize, L: Link<N>>(trips: u64) -> Duration {
    round_trips_between::<N, L, ()>(trips, Look::Ends, || (), |()| ())
}

/// The same, with the time of each trip, in nanoseconds, given to `each`; what it takes to read the
/// clock is part of that.
///
/// # Panics
///
/// When a record does not arrive whole and in order.
pub fn each_round_trip<const N: usize, L: Link<N>>(
    trips: u64,
    look: Look,
    mut each: impl FnMut(u64),
) {
    let after = |began: Instant| each(began.elapsed().as_nanos() as u64);
    round_trips_between::<N, L, Instant>(trips, look, Instant::now, after);
}

/// The round trip of one word that both threads look at: no queue can be faster.
pub fn each_bare_round_trip(trips: u64, mut each: impl FnMut(u64)) {
    let there = CachePadded::new(AtomicU64::new(0));
    let back = CachePadded::new(AtomicU64::new(0));
    let (start, fate) = (Barrier::new(2), Fate::default());
    thread::scope(|scope| {
        scope.spawn(|| {
            pin(1);
            start.wait();
            for number in 1..=trips {
                fate.until(|| there.load(Ordering::Acquire) == number);
                back.store(number, Ordering::Release);
            }
        });
        pin(0);
        start.wait();
        for number in 1..=trips {
            let began = Instant::now();
            there.store(number, Ordering::Release);
            fate.until(|| back.load(Ordering::Acquire) == number);
            each(began.elapsed().as_nanos() as u64);
        }
    });
}

/// `count` records as fast as they go. A publisher that waits for nobody is held back here, and all
/// the others with it, so that its reader gets every record like theirs.
///
/// # Panics
///
/// When a record does not arrive whole and in order.
pub fn stream<const N: usize, L: Link<N>>(count: u64) -> Duration {
    let (mut writer, mut taker) = L::link();
    let taken = CachePadded::new(AtomicU64::new(0));
    let (start, fate) = (Barrier::new(2), Fate::default());
    thread::scope(|scope| {
        let taking = scope.spawn(|| {
            let _watch = fate.watch();
            pin(1);
            start.wait();
            for expected in 0..count {
                fate.until(|| taker.take(|record| check(Look::Ends, expected, record)));
                if expected % 64 == 0 {
                    taken.store(expected, Ordering::Release);
                }
            }
            Instant::now()
        });
        let _watch = fate.watch();
        pin(0);
        let mut record = [BODY; N];
        start.wait();
        let began = Instant::now();
        let mut limit = 0;
        for next in 0..count {
            if next >= limit {
                fate.until(|| {
                    limit = taken.load(Ordering::Acquire) + CAPACITY as u64 - 1;
                    next < limit
                });
            }
            number(&mut record, next);
            fate.until(|| writer.put(black_box(&record)));
        }
        taking.join().expect("every record arrived whole") - began
    })
}
