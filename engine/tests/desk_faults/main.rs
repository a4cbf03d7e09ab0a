//! The fault matrix: the desk against the simulated broker in virtual time, a fixed set of seeds. The
//! long one is `cargo run --release -p engine --example faults -- --seeds 1000`.

mod figures;
mod matrix;
mod rig;
mod rng;
mod scenes;
mod strategies;

/// Both sets share one figure: whatever else changes, faults must have struck.
fn check(seeds: std::ops::RangeInclusive<u64>, run: impl Fn(u64) -> Result<rig::Tally, String>) {
    let mut sum = rig::Tally::default();
    for seed in seeds {
        sum.add(&run(seed).unwrap_or_else(|why| panic!("seed {seed}: {why}")));
    }
    assert!(sum.faults > 100 && sum.fills > 100, "{sum:?}");
}

#[test]
fn after_every_fault_the_books_agree_and_nothing_was_sent_twice() {
    check(1..=20, matrix::run);
}

#[test]
fn after_a_crash_anywhere_the_books_agree_and_nothing_was_sent_twice() {
    check(1..=12, matrix::run_with_crashes);
}
