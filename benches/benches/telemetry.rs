//! What it costs to know: one latency span, always on.
//!
//! The reading that ends a hop begins the next, so a span is one reading of the clock and one entry in
//! a histogram. Goal: 15 ns.
//!
//! | row | clock | histogram |
//! |---|---|---|
//! | `span` | ours (`feed::clock`) | ours (`engine::telemetry`), with hand-over |
//! | `quanta_hdrhistogram` | quanta | hdrhistogram |
//! | `naive` | `std::time::Instant` | hdrhistogram that grows by itself |
//!
//! `clock`, `quanta`, `instant` are the clocks alone, `histogram` ours alone, `empty` the cost of
//! measuring. Every histogram is asked at the end whether it holds one entry a span.

use std::hint::black_box;
use std::time::Instant;

use benches::cases::{Case, Span};
use criterion::{Criterion, criterion_group, criterion_main};
use engine::telemetry::recorder;
use feed::clock::Clock;
use hdrhistogram::Histogram;

fn clocks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("engine/clock");
    group.bench_function("empty", |b| b.iter(|| black_box(7_u64)));
    group.bench_function("clock", |b| {
        let mut clock = Clock::new();
        b.iter(|| clock.now());
    });
    group.bench_function("quanta", |b| {
        let clock = quanta::Clock::new();
        b.iter(|| clock.now());
    });
    group.bench_function("instant", |b| b.iter(Instant::now));
    group.finish();
}

fn spans(criterion: &mut Criterion) {
    // The case of the instruction counts checks itself.
    Span::new().warm();
    let mut group = criterion.benchmark_group("engine/span");
    group.bench_function("empty", |b| b.iter(|| black_box(7_u64)));
    group.bench_function("span", |b| {
        let mut clock = Clock::new();
        let (mut recorder, mut collector) = recorder(["span"]);
        let mut begin = clock.now();
        let mut spans = 0;
        b.iter(|| {
            spans += 1;
            let end = clock.now();
            recorder.record(0, (end - begin).raw());
            recorder.hand_over();
            begin = end;
        });
        collector.ask();
        recorder.hand_over();
        collector.collect(|_, histogram| assert_eq!(histogram.len(), spans));
    });
    group.bench_function("histogram", |b| {
        let (mut recorder, mut collector) = recorder(["span"]);
        let mut spans = 0;
        b.iter(|| {
            spans += 1;
            recorder.record(0, black_box(spans & 0xfff));
        });
        collector.ask();
        recorder.hand_over();
        collector.collect(|_, histogram| assert_eq!(histogram.len(), spans));
    });
    group.bench_function("quanta_hdrhistogram", |b| {
        let clock = quanta::Clock::new();
        let mut histogram = Histogram::<u64>::new_with_max(60_000_000_000, 3).expect("a range");
        let mut begin = clock.now();
        let mut spans = 0;
        b.iter(|| {
            spans += 1;
            let end = clock.now();
            histogram.saturating_record((end - begin).as_nanos() as u64);
            begin = end;
        });
        assert_eq!(histogram.len(), spans);
    });
    group.bench_function("naive", |b| {
        let mut histogram = Histogram::<u64>::new(3).expect("a precision");
        let mut begin = Instant::now();
        let mut spans = 0;
        b.iter(|| {
            spans += 1;
            let end = Instant::now();
            histogram.record((end - begin).as_nanos() as u64).expect("it grows");
            begin = end;
        });
        assert_eq!(histogram.len(), spans);
    });
    group.finish();
}

criterion_group!(telemetry, clocks, spans);
criterion_main!(telemetry);
