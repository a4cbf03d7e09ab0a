//! From one thread to another, records of 64 and of 384 bytes.
//!
//! ```text
//! round_trip    core 0: put ──▶ queue ──▶ take :core 1      one record under way; one round trip
//!               core 0: take ◀── queue ◀── put :core 1      is two hops
//! throughput    core 0: put ──▶ queue ──▶ take :core 1      as many under way as fit
//! publish       core 0: put ──▶ ring ──▶ 0, 1, 4 readers    what the publisher pays; readers on
//!                                                           the other cores, in turn
//! ```
//!
//! Every record carries its number, and whoever takes it checks that. `empty` is the cost of
//! measuring, `bare_atomic` a ping-pong on one word: no queue can be faster. With fewer than two idle
//! cores the figures say nothing but that the answers are right; with two, the four readers of
//! `publish` share one.
//!
//! Criterion gives means. Behind its groups stand the percentiles of a hop, queues taking turns: see
//! [`benches::hop`]. `cargo bench -p benches --bench ring -- hop` prints those alone.

use std::hint::{black_box, spin_loop};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use benches::hop::drive::{each_bare_round_trip, pin, round_trips, stream};
use benches::hop::links::{
    AccountRing, CAPACITY, CrossbeamArrayQueue, CrossbeamChannel, Disruptor, Link, MarketRing,
    Naive, Rtrb, StdSyncChannel,
};
use benches::hop::{Effort, measure};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group};
use feed::ring::{Poll, bell, market_ring};

fn main() {
    // The same signs that criterion goes by.
    let measuring = std::env::args().any(|argument| argument == "--bench");
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    ring();
    Criterion::default().configure_from_args().final_summary();
    if filter.is_none_or(|filter| "hop percentiles".contains(&filter)) {
        let effort = if measuring { Effort::THOROUGH } else { Effort::SMALL };
        println!("\n{}\n{}", measure::<8>(&effort), measure::<48>(&effort));
    }
}

criterion_group!(ring, suites);

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

/// A few hundred records through every queue before anything is measured, and a lap or two.
fn check_answers() {
    fn check_link<const N: usize, L: Link<N>>() {
        round_trips::<N, L>(100);
        stream::<N, L>(3 * CAPACITY as u64);
    }
    check_link::<8, MarketRing>();
    check_link::<8, AccountRing>();
    check_link::<8, Rtrb>();
    check_link::<8, Disruptor>();
    check_link::<8, CrossbeamArrayQueue>();
    check_link::<8, CrossbeamChannel>();
    check_link::<8, StdSyncChannel>();
    check_link::<8, Naive>();
    publish::<8>(3 * CAPACITY as u64, 2, true);
}

fn hops<const N: usize>(criterion: &mut Criterion) {
    fn queue<const N: usize, L: Link<N>>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str) {
        group.bench_function(name, |b| b.iter_custom(round_trips::<N, L>));
    }
    let mut group = criterion.benchmark_group(format!("ring/round_trip_{}_bytes", N * 8));
    group.bench_function("empty", |b| b.iter_custom(empty));
    group.bench_function("bare_atomic", |b| {
        b.iter_custom(|trips| {
            let began = Instant::now();
            each_bare_round_trip(trips, |_| ());
            began.elapsed()
        });
    });
    queue::<N, Naive>(&mut group, "naive");
    queue::<N, MarketRing>(&mut group, "market_ring");
    queue::<N, AccountRing>(&mut group, "account_ring");
    queue::<N, Rtrb>(&mut group, "rtrb");
    queue::<N, Disruptor>(&mut group, "disruptor");
    queue::<N, CrossbeamArrayQueue>(&mut group, "array_queue");
    queue::<N, CrossbeamChannel>(&mut group, "crossbeam_channel");
    queue::<N, StdSyncChannel>(&mut group, "sync_channel");
    group.finish();
}

fn throughput<const N: usize>(criterion: &mut Criterion) {
    fn queue<const N: usize, L: Link<N>>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str) {
        group.bench_function(name, |b| b.iter_custom(stream::<N, L>));
    }
    let mut group = criterion.benchmark_group(format!("ring/throughput_{}_bytes", N * 8));
    group.throughput(Throughput::Elements(1));
    group.bench_function("empty", |b| b.iter_custom(empty));
    queue::<N, Naive>(&mut group, "naive");
    queue::<N, MarketRing>(&mut group, "market_ring");
    queue::<N, AccountRing>(&mut group, "account_ring");
    queue::<N, Rtrb>(&mut group, "rtrb");
    queue::<N, Disruptor>(&mut group, "disruptor");
    queue::<N, CrossbeamArrayQueue>(&mut group, "array_queue");
    queue::<N, CrossbeamChannel>(&mut group, "crossbeam_channel");
    queue::<N, StdSyncChannel>(&mut group, "sync_channel");
    group.finish();
}

fn publisher<const N: usize>(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group(format!("ring/publish_{}_bytes", N * 8));
    group.bench_function("empty", |b| b.iter_custom(empty));
    for (name, readers) in [("no_reader", 0), ("one_reader", 1), ("four_readers", 4)] {
        group.bench_function(name, |b| b.iter_custom(|count| publish::<N>(count, readers, false)));
    }
    group.bench_function("no_sleeper", |b| b.iter_custom(|count| publish::<N>(count, 0, true)));
    group.finish();
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
                            assert!(buffer[0] == sequence && buffer[N - 1] == sequence, "whole");
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
        let mut record = [7; N];
        start.wait();
        let began = Instant::now();
        for number in 0..count {
            record[0] = number;
            record[N - 1] = number;
            publisher.publish_array(black_box(&record));
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
