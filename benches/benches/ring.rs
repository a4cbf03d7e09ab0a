//! From one thread to another, records of 64 and of 384 bytes.
//!
//! ```text
//! round_trip    core 0: put ──▶ queue ──▶ take :core 1      one record under way; one round trip
//!               core 0: take ◀── queue ◀── put :core 1      is two hops
//! throughput    core 0: put ──▶ queue ──▶ take :core 1      as many under way as fit
//! publish       core 0: put ──▶ ring ──▶ 0, 1, 2 readers    what the publisher pays; readers on
//!                                                           core 1 and wherever there is room
//! ```
//!
//! Every record carries its number, and whoever takes it checks that. `empty` is the cost of
//! measuring, `bare_atomic` a ping-pong on one word: no queue can be faster. With fewer than two idle
//! cores the figures say nothing but that the answers are right.

mod ring_links;

use std::hint::{black_box, spin_loop};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Barrier, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use core_affinity::CoreId;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use crossbeam::utils::CachePadded;
use feed::ring::{Poll, bell, market_ring};
use ring_links::{
    AccountRing, CAPACITY, CrossbeamArrayQueue, Link, MarketRing, Rtrb, StdSyncChannel, Taker,
    Writer,
};

/// Puts this thread on core 0, or on one of the others in turn.
fn pin(at: usize) {
    // Asked once, before the first thread is pinned: a thread sees only the cores it may run on, and
    // hands that on to the threads it starts.
    static CORES: OnceLock<Vec<CoreId>> = OnceLock::new();
    let cores = CORES.get_or_init(|| core_affinity::get_core_ids().unwrap_or_default());
    let at = if at == 0 { 0 } else { 1 + (at - 1) % cores.len().saturating_sub(1).max(1) };
    if let Some(core) = cores.get(at) {
        core_affinity::set_for_current(*core);
    }
}

/// Tries until it works; makes room for others after a while, for machines with too few cores.
#[inline]
fn until(mut attempt: impl FnMut() -> bool) {
    for spins in 1_u32.. {
        if attempt() {
            return;
        }
        if spins.is_multiple_of(1 << 14) {
            thread::yield_now();
        }
        spin_loop();
    }
}

#[inline]
fn check<const N: usize>(number: u64, record: &[u64; N]) {
    assert!(record[0] == number && record[N - 1] == number, "record {number} arrives whole");
}

/// `trips` records there and back again.
fn round_trips<const N: usize, L: Link<N>>(trips: u64) -> Duration {
    let (mut there, mut there_out) = L::link();
    let (mut back, mut back_out) = L::link();
    let start = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            pin(1);
            start.wait();
            let mut record = [0; N];
            for _ in 0..trips {
                until(|| there_out.take(&mut record));
                until(|| back.put(&record));
            }
        });
        pin(0);
        start.wait();
        let began = Instant::now();
        let mut answer = [0; N];
        for number in 0..trips {
            until(|| there.put(&[number; N]));
            until(|| back_out.take(&mut answer));
            check(number, &answer);
        }
        began.elapsed()
    })
}

/// The same with one word that both look at.
fn bare_round_trips(trips: u64) -> Duration {
    let there = CachePadded::new(AtomicU64::new(0));
    let back = CachePadded::new(AtomicU64::new(0));
    let start = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            pin(1);
            start.wait();
            for number in 1..=trips {
                until(|| there.load(Ordering::Acquire) == number);
                back.store(number, Ordering::Release);
            }
        });
        pin(0);
        start.wait();
        let began = Instant::now();
        for number in 1..=trips {
            there.store(number, Ordering::Release);
            until(|| back.load(Ordering::Acquire) == number);
        }
        began.elapsed()
    })
}

/// `count` records as fast as they go. A publisher that waits for nobody is held back here, so that
/// its reader gets every record like all the others.
fn stream<const N: usize, L: Link<N>>(count: u64) -> Duration {
    let (mut writer, mut taker) = L::link();
    let start = Barrier::new(2);
    let taken = CachePadded::new(AtomicU64::new(0));
    thread::scope(|scope| {
        let taking = scope.spawn(|| {
            pin(1);
            start.wait();
            let mut record = [0; N];
            for number in 0..count {
                until(|| taker.take(&mut record));
                check(number, &record);
                if number % 64 == 0 {
                    taken.store(number, Ordering::Release);
                }
            }
            Instant::now()
        });
        pin(0);
        start.wait();
        let began = Instant::now();
        let mut limit = 0;
        for number in 0..count {
            if number >= limit {
                until(|| {
                    limit = taken.load(Ordering::Acquire) + CAPACITY as u64 - 1;
                    number < limit
                });
            }
            until(|| writer.put(&[number; N]));
        }
        taking.join().expect("every record arrived whole") - began
    })
}

/// What it costs to publish `count` records while `readers` poll. Their records and losses add up.
fn publish<const N: usize>(count: u64, readers: usize, wake: bool) -> Duration {
    let (mut publisher, subscribers) = market_ring::<N>(CAPACITY).expect("a power of two");
    let (waker, _sleeper) = bell();
    let start = Barrier::new(readers + 1);
    thread::scope(|scope| {
        for at in 0..readers {
            let mut reader = subscribers.reader_from_start();
            let start = &start;
            scope.spawn(move || {
                pin(at + 1);
                start.wait();
                let (mut buffer, mut next) = ([0; N], 0);
                loop {
                    match reader.poll(&mut buffer) {
                        Poll::Record { sequence, .. } => {
                            check(sequence, &buffer);
                            assert_eq!(sequence, next);
                            next += 1;
                        }
                        Poll::Gap { lost } => next += lost,
                        Poll::Empty => spin_loop(),
                        Poll::Closed => break,
                    }
                }
                assert_eq!(next, count);
            });
        }
        pin(0);
        start.wait();
        let began = Instant::now();
        for number in 0..count {
            publisher.publish_array(&[number; N]);
            if wake {
                waker.wake();
            }
        }
        let elapsed = began.elapsed();
        drop(publisher);
        elapsed
    })
}

fn empty(count: u64) -> Duration {
    let began = Instant::now();
    for number in 0..count {
        black_box(number);
    }
    began.elapsed()
}

fn hops<const N: usize>(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group(format!("ring/round_trip_{}_bytes", N * 8));
    group.bench_function("empty", |b| b.iter_custom(empty));
    group.bench_function("bare_atomic", |b| b.iter_custom(bare_round_trips));
    group.bench_function("market_ring", |b| b.iter_custom(round_trips::<N, MarketRing>));
    group.bench_function("account_ring", |b| b.iter_custom(round_trips::<N, AccountRing>));
    group.bench_function("rtrb", |b| b.iter_custom(round_trips::<N, Rtrb>));
    group.bench_function("array_queue", |b| b.iter_custom(round_trips::<N, CrossbeamArrayQueue>));
    group.bench_function("sync_channel", |b| b.iter_custom(round_trips::<N, StdSyncChannel>));
    group.finish();
}

fn throughput<const N: usize>(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group(format!("ring/throughput_{}_bytes", N * 8));
    group.throughput(Throughput::Elements(1));
    group.bench_function("empty", |b| b.iter_custom(empty));
    group.bench_function("market_ring", |b| b.iter_custom(stream::<N, MarketRing>));
    group.bench_function("account_ring", |b| b.iter_custom(stream::<N, AccountRing>));
    group.bench_function("rtrb", |b| b.iter_custom(stream::<N, Rtrb>));
    group.bench_function("array_queue", |b| b.iter_custom(stream::<N, CrossbeamArrayQueue>));
    group.bench_function("sync_channel", |b| b.iter_custom(stream::<N, StdSyncChannel>));
    group.finish();
}

fn publisher<const N: usize>(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group(format!("ring/publish_{}_bytes", N * 8));
    group.bench_function("empty", |b| b.iter_custom(empty));
    for (name, readers) in [("no_reader", 0), ("one_reader", 1), ("two_readers", 2)] {
        group.bench_function(name, |b| b.iter_custom(|count| publish::<N>(count, readers, false)));
    }
    group.bench_function("no_sleeper", |b| b.iter_custom(|count| publish::<N>(count, 0, true)));
    group.finish();
}

/// A few hundred records through every queue before anything is measured, and a lap or two.
fn check_answers() {
    fn check_link<const N: usize, L: Link<N>>() {
        round_trips::<N, L>(100);
        stream::<N, L>(3 * CAPACITY as u64);
    }
    check_link::<8, MarketRing>();
    check_link::<8, AccountRing>();
    check_link::<8, Rtrb>();
    check_link::<8, CrossbeamArrayQueue>();
    check_link::<8, StdSyncChannel>();
    publish::<8>(3 * CAPACITY as u64, 2, true);
}

fn suites(criterion: &mut Criterion) {
    pin(0);
    check_answers();
    hops::<8>(criterion);
    hops::<48>(criterion);
    throughput::<8>(criterion);
    throughput::<48>(criterion);
    publisher::<8>(criterion);
    publisher::<48>(criterion);
}

criterion_group!(ring, suites);
criterion_main!(ring);
