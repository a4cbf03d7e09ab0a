//! What it costs to hand a trade to a strategy, by way.
//!
//! ```text
//! static       caller ──────────────────────▶ on_trade       no boundary
//! trait object caller ──▶ vtable ───────────▶ on_trade       no library
//! plugin       Instance::dispatch ──C ABI──▶ a library that was loaded from its file
//! with a span  the same between two entries of the latency histogram, as the engine does it
//! ```
//!
//! All strategies count trades and shares, and are asked at the end what they counted. `empty` is the
//! cost of measuring. `naive` is what one would do without a plugin interface: a boxed closure behind
//! a channel of records, taken out on the same thread.

use std::hint::black_box;
use std::sync::mpsc;

use benches::cases::a_trade;
use benches::plugins::{self, Remembering};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use engine::plugin::{Instance, Plugin, build_crate};
use engine::telemetry::recorder;
use feed::clock::Clock;
use strategy_api::UnixNanos;
use strategy_api::record::{Record, Trade};

/// What every strategy here does.
#[derive(Debug, Default)]
struct Counter {
    trades: u64,
    shares: i64,
}

/// A strategy as a trait, without an ABI.
trait OnTrade {
    fn on_trade(&mut self, trade: &Trade) -> i32;
}

impl OnTrade for Counter {
    #[inline]
    fn on_trade(&mut self, trade: &Trade) -> i32 {
        self.trades += 1;
        self.shares += trade.quantity.raw();
        0
    }
}

impl Counter {
    #[inline(never)]
    fn on_trade_not_inlined(&mut self, trade: &Trade) -> i32 {
        OnTrade::on_trade(self, trade)
    }

    fn check(&self, calls: u64) {
        assert_eq!((self.trades, self.shares), (calls, 2 * calls as i64));
    }
}

/// Another one, so that the compiler cannot know who is behind the trait object.
struct Other;

impl OnTrade for Other {
    fn on_trade(&mut self, _: &Trade) -> i32 {
        1
    }
}

fn some_strategy(other: bool) -> Box<dyn OnTrade> {
    if other { Box::new(Other) } else { Box::<Counter>::default() }
}

fn in_process(group: &mut BenchmarkGroup<'_, WallTime>) {
    let trade = a_trade();
    group.bench_function("empty", |b| b.iter(|| black_box(&trade).quantity));
    group.bench_function("static_inlined", |b| {
        let (mut counter, mut calls) = (Counter::default(), 0);
        b.iter(|| {
            calls += 1;
            counter.on_trade(black_box(&trade))
        });
        counter.check(calls);
    });
    group.bench_function("static_not_inlined", |b| {
        let (mut counter, mut calls) = (Counter::default(), 0);
        b.iter(|| {
            calls += 1;
            counter.on_trade_not_inlined(black_box(&trade))
        });
        counter.check(calls);
    });
    group.bench_function("trait_object", |b| {
        let mut strategy = some_strategy(black_box(false));
        b.iter(|| assert!(black_box(&mut strategy).on_trade(black_box(&trade)) == 0));
    });
    group.bench_function("naive", |b| {
        let (sender, receiver) = mpsc::channel::<Trade>();
        let (mut counter, mut calls) = (Counter::default(), 0);
        {
            let mut closure: Box<dyn FnMut(&Trade) -> i32> = Box::new(|t| counter.on_trade(t));
            b.iter(|| {
                calls += 1;
                sender.send(*black_box(&trade)).expect("there is a receiver");
                closure(&receiver.recv().expect("there is a trade"))
            });
        }
        counter.check(calls);
    });
}

/// What the strategy says it was given: it speaks when its timer is due.
fn check(mut instance: Instance<Remembering>, calls: u64) {
    instance.timer(1, UnixNanos::new(1)).expect("it lives");
    let said = &instance.host().line;
    assert!(calls == 0 || said.starts_with(&format!("{calls} trades")), "{said:?}, not {calls}");
}

fn through_host(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, plugin: &Plugin) {
    let trade = a_trade();
    group.bench_function(name, |b| {
        let (mut instance, mut calls) = (plugins::start(plugin), 0);
        b.iter(|| {
            calls += 1;
            instance.dispatch(black_box(&trade).words()).expect("it lives");
        });
        check(instance, calls);
    });
    group.bench_function(format!("{name}_with_a_span"), |b| {
        let (mut instance, mut calls) = (plugins::start(plugin), 0);
        let mut clock = Clock::new();
        let (mut recorder, _collector) = recorder(["strategy"]);
        b.iter(|| {
            calls += 1;
            let picked = clock.now();
            instance.dispatch(black_box(&trade).words()).expect("it lives");
            recorder.record(0, (clock.now() - picked).raw());
        });
        check(instance, calls);
    });
}

fn suites(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("engine/plugin_call");
    in_process(&mut group);
    through_host(&mut group, "plugin_c", &plugins::counts());
    let hello = concat!(env!("CARGO_MANIFEST_DIR"), "/../strategy-api/examples/hello");
    let hello = build_crate(hello.as_ref(), |_| ()).expect("the example builds");
    through_host(&mut group, "plugin_rust", &plugins::load(&hello));
    group.finish();
}

criterion_group!(plugin_call, suites);
criterion_main!(plugin_call);
