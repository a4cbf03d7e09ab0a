//! The whole way through the engine, on one thread: from the bytes of a trade's frame to the report on
//! the order that it caused.
//!
//! ```text
//! frame ─▶ scan ─▶ ring ─▶ strategy (C ABI) ─▶ submit ─▶ ring ─▶ gateway decides ─▶ report ─▶ strategy
//! ```
//!
//! On one thread nothing waits: this is what the engine's own instructions cost, without the way from
//! core to core (`ring/round_trip`). `scan_only` is the first leg of it, `gate` the last (`submit` to
//! report); `naive` is the same with what is at hand: serde_json's tree, a channel, a boxed closure, a
//! channel back. `empty` is the cost of measuring.

use std::hint::black_box;
use std::sync::mpsc;

use benches::cases::{Case, Gating, Path};
use benches::chain::Chain;
use benches::frames::{FrameSet, Walk};
use benches::{plugins, scanning};
use criterion::{Criterion, criterion_group, criterion_main};
use feed::scan::ScanPath;
use feed::schema::WireType;

/// What the strategy of `naive` sees, and wants.
struct NaiveTrade {
    item: String,
    price: i32,
    shares: i64,
}

/// Finds in one entry what the strategy needs.
fn naive_trade(entry: &serde_json::Value) -> NaiveTrade {
    let text = |fid: &str| entry["values"][fid].as_str().expect("a text");
    let number = |fid: &str| text(fid).trim_start_matches(['+', '-', ' ']).parse::<i64>();
    NaiveTrade {
        item: entry["item"].as_str().expect("an item").to_owned(),
        price: number("10").expect("a price") as i32,
        shares: number("15").expect("shares"),
    }
}

fn suites(criterion: &mut Criterion) {
    // The case of the instruction counts checks what the chain did.
    Path::new().warm();
    let set = FrameSet::single(WireType::Trade);
    let mut group = criterion.benchmark_group("engine/path");
    group.bench_function("empty", |b| {
        let mut walk = Walk::new(&set);
        b.iter(|| black_box(walk.step()).len());
    });
    group.bench_function("scan_only", |b| {
        let mut scanner = scanning::warm_scanner(ScanPath::Auto, &set);
        let mut walk = Walk::new(&set);
        b.iter(|| scanning::entries(&mut scanner, black_box(walk.step())));
    });
    group.bench_function("gate", |b| {
        let mut gate = Gating::new().warm();
        b.iter(|| gate.step());
    });
    group.bench_function("frame_to_report", |b| {
        let mut chain = Chain::new(&plugins::orders(), ScanPath::Auto);
        let mut walk = Walk::new(&set);
        let mut frames = 0;
        b.iter(|| {
            frames += 1;
            chain.step(black_box(walk.step()));
        });
        assert_eq!(chain.seen(), (2 * frames, frames));
    });
    group.bench_function("naive", |b| {
        let (to_strategy, trades) = mpsc::channel::<NaiveTrade>();
        let (to_gateway, orders) = mpsc::channel::<(String, i32)>();
        let (mut shares, mut decided, mut frames) = (0, 0, 0);
        let mut walk = Walk::new(&set);
        {
            let mut strategy: Box<dyn FnMut(NaiveTrade)> = Box::new(|trade| {
                shares += trade.shares;
                to_gateway.send((trade.item, trade.price)).expect("there is a gateway");
            });
            b.iter(|| {
                frames += 1;
                let frame: serde_json::Value =
                    serde_json::from_slice(black_box(walk.step())).expect("JSON");
                for entry in frame["data"].as_array().expect("entries") {
                    to_strategy.send(naive_trade(entry)).expect("there is a strategy");
                }
                while let Ok(trade) = trades.try_recv() {
                    strategy(trade);
                }
                while let Ok((item, price)) = orders.try_recv() {
                    decided += u64::from(!item.is_empty() && price > 0);
                }
            });
        }
        assert_eq!((decided, shares >= frames as i64), (frames, true));
    });
    group.finish();
}

criterion_group!(path, suites);
criterion_main!(path);
