//! From the bytes of a frame to the gateway's decision on the order that it caused, nothing is
//! allocated: counted, not believed. The whole chain of the engine's own parts runs on this one
//! thread: intake, market ring, filter, plugin, command ring, gateway, reports, timers, histograms.
//! Needs a C compiler, for a strategy that orders on every trade.

mod chain;
#[path = "../counting/mod.rs"]
mod counting;
mod frames;

use chain::Chain;
use counting::allocations_in;
use feed::handler::Taken;

#[test]
fn from_frame_to_decision_nothing_is_allocated_after_warm_up() {
    let frames = frames::all();
    let mut chain = Chain::new();
    let mut rounds = |count: u32| {
        for _ in 0..count {
            for frame in &frames {
                assert_eq!(chain.take(frame.as_bytes()), Taken::Real);
                chain.settle();
            }
            chain.end_interval();
        }
    };
    rounds(3);
    assert_eq!(allocations_in(|| rounds(30)), 0);
    let events = frames.len() as u64 * 33;
    let seen = chain.seen();
    assert!(seen.events >= events, "{seen:?} of {events}");
    assert_eq!(seen.lost, 0, "{seen:?}");
    // Every part of the chain was at work, not only the first.
    assert!(seen.submits > 1_000 && seen.cancels > 1_000, "{seen:?}");
    assert_eq!((seen.decided_submits, seen.decided_cancels), (seen.submits, seen.cancels));
    assert!(seen.timers > 1_000 && seen.lines > 1_000, "{seen:?}");
    assert!(seen.account_records > 0, "{seen:?}");
}

#[test]
fn a_lapped_strategy_and_a_full_command_ring_cost_no_allocation_either() {
    let frames = frames::all();
    let mut chain = Chain::new();
    let mut round = || {
        // Far more than the ring holds before the strategy looks: it is lapped and told so.
        for frame in frames.iter().cycle().take(3 * chain::MARKET_SLOTS) {
            assert_eq!(chain.take(frame.as_bytes()), Taken::Real);
            chain.pass_on_account();
        }
        chain.settle();
        // The gateway sleeps while the strategy orders more than the command ring holds.
        for frame in frames.iter().filter(|frame| frame.contains("\"0B\"")).rev().take(40) {
            assert_eq!(chain.take(frame.as_bytes()), Taken::Real);
        }
        chain.settle_strategy();
        chain.settle();
    };
    round();
    assert_eq!(allocations_in(|| (0..5).for_each(|_| round())), 0);
    let seen = chain.seen();
    assert!(seen.lost > 0 && seen.gaps > 0, "{seen:?}");
    assert!(seen.refused_full > 0, "{seen:?}");
}

#[test]
fn what_is_off_the_hot_path_may_allocate_and_is_counted() {
    let mut chain = Chain::new();
    let bad = r#"{"data":[{"values":{"20":"115618","10":"x"},"type":"0B","item":"005930"}],"trnm":"REAL"}"#;
    chain.take(bad.as_bytes());
    let refused = allocations_in(|| {
        chain.take(bad.as_bytes());
    });
    assert!(refused > 0, "a refused frame is copied for the quarantine");
}

#[test]
fn the_counter_is_awake() {
    let allocations = allocations_in(|| drop(std::hint::black_box(Box::new(7_u64))));
    assert_eq!(allocations, 2, "one taken, one given back");
}
