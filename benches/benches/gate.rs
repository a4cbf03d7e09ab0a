//! The risk gate: what an approval costs, and what a denial costs at each of the checks.
//!
//! ```text
//! order ─▶ form ─▶ killed ─▶ … 30 checks in one order … ─▶ broker's rate ─▶ approval ─▶ sent ─▶ done
//!            └────────┴── the first reason ends it: a denial costs the way up to its check
//! ```
//!
//! `empty` makes the order and asks nobody; it is included in all the others. `naive` is one mutex, one
//! map from the instrument to its limits, and three comparisons. Orders go round 200 instruments in an
//! order that caches do not foresee. Every answer is checked before anything is measured.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Mutex;

use benches::risk::{Asking, CASES, ONCE, Working};
use criterion::{Criterion, criterion_group, criterion_main};
use strategy_api::InstrumentId;

/// What the naive gate knows of an instrument.
struct Bounds {
    lower: i32,
    upper: i32,
    quantity_max: i64,
}

fn suites(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("engine/gate");
    let approval = CASES.iter().find(|case| case.name == "approval_limit_buy");
    let approval = approval.expect("it is among the cases");
    group.bench_function("empty", |b| {
        let mut asking = Asking::new(approval);
        b.iter(|| black_box(asking.order()));
    });
    group.bench_function("naive", |b| {
        let mut asking = Asking::new(approval);
        let bounds = |_| Bounds { lower: 7_000, upper: 13_000, quantity_max: 1_000 };
        let all: HashMap<InstrumentId, Bounds> =
            (0..200).map(|id| (InstrumentId(id), bounds(id))).collect();
        let gate = Mutex::new(all);
        b.iter(|| {
            let order = asking.order();
            let gate = gate.lock().expect("nobody panicked");
            let bounds = gate.get(&order.instrument).expect("it is known");
            let price = order.price.raw();
            price >= bounds.lower
                && price <= bounds.upper
                && order.quantity.raw() <= bounds.quantity_max
        });
    });
    for case in CASES.iter().filter(|case| case.name != ONCE) {
        group.bench_function(case.name, |b| {
            let mut asking = Asking::new(case);
            b.iter(|| asking.step());
            assert_eq!(asking.step(), case.answer);
        });
    }
    group.bench_function("approval_replace", |b| {
        let mut working = Working::new();
        b.iter(|| working.replace());
        assert_eq!(working.replace(), Ok(()));
    });
    group.bench_function("approval_cancel", |b| {
        let mut working = Working::new();
        b.iter(|| working.cancel());
        assert_eq!(working.cancel(), Ok(()));
    });
    group.bench_function("trade_check_sent_done", |b| {
        let mut working = Working::new();
        b.iter(|| working.whole_life());
        assert_eq!(working.whole_life(), Ok(()));
    });
    group.finish();
}

criterion_group!(gate, suites);
criterion_main!(gate);
