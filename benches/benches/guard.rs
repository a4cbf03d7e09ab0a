//! Instruction counts of the hot path, by callgrind: the same on every run, however busy the machine.
//!
//! Run and compared with the committed limits by `.ci/guard`; see `guard/limits.toml`. Each count is of
//! 1,000 operations behind a warm-up; making the case and its warm-up are not counted.

#![allow(missing_docs)] // Of the modules that the macros make.

use std::hint::black_box;

use benches::cases::{Case, Gating, Path, PluginCall, Ring, Risk, Scan, Span};
use benches::frames::FrameSet;
use benches::plugins;
use feed::schema::WireType;
use gungraun::{library_benchmark, library_benchmark_group, main};

fn scan_of(set: FrameSet) -> Scan {
    Scan::new(set).warm()
}

fn call_of_hello() -> PluginCall {
    let library = plugins::hello_beside_this_program()
        .expect("run this as `.ci/guard` does: after `cargo build --release -p hello`");
    PluginCall::new(&plugins::load(&library)).warm()
}

fn count<C: Case>(mut case: C) -> C {
    black_box(&mut case).run();
    case
}

#[library_benchmark]
#[bench::trade(scan_of(FrameSet::single(WireType::Trade)))]
#[bench::depth(scan_of(FrameSet::single(WireType::Depth)))]
#[bench::four_trades(scan_of(FrameSet::four_trades()))]
#[bench::shuffled_trade(scan_of(FrameSet::shuffled_trades()))]
#[bench::slow_path(scan_of(FrameSet::spaced_trades()))]
fn scan(case: Scan) -> Scan {
    count(case)
}

#[library_benchmark]
#[bench::bytes_64(Ring::new().warm())]
fn ring(case: Ring<8>) -> Ring<8> {
    count(case)
}

#[library_benchmark]
#[bench::bytes_384(Ring::new().warm())]
fn big_ring(case: Ring<48>) -> Ring<48> {
    count(case)
}

#[library_benchmark]
#[bench::c(PluginCall::new(&plugins::counts()).warm())]
#[bench::rust(call_of_hello())]
fn plugin_call(case: PluginCall) -> PluginCall {
    count(case)
}

#[library_benchmark]
#[bench::clock_and_histogram(Span::new().warm())]
fn span(case: Span) -> Span {
    count(case)
}

#[library_benchmark]
#[bench::submit_to_report(Gating::new().warm())]
fn gate(case: Gating) -> Gating {
    count(case)
}

#[library_benchmark]
#[bench::frame_to_report(Path::new().warm())]
fn path(case: Path) -> Path {
    count(case)
}

#[library_benchmark]
#[bench::approval(Risk::named("approval_limit_buy").warm())]
#[bench::denial_last(Risk::named("broker_rate").warm())]
#[bench::denial_collar(Risk::named("collar").warm())]
fn risk_gate(case: Risk) -> Risk {
    count(case)
}

library_benchmark_group!(
    name = hot_path,
    benchmarks = [scan, ring, big_ring, plugin_call, span, gate, path, risk_gate]
);

main!(library_benchmark_groups = hot_path);
