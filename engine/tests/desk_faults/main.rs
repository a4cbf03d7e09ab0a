//! The fault matrix: the desk against the simulated broker in virtual time, a fixed set of seeds. The
//! long one is `cargo run --release -p engine --example faults -- --seeds 1000`.

mod matrix;
mod rig;
mod rng;
mod strategies;

#[test]
fn after_every_fault_the_books_agree_and_nothing_was_sent_twice() {
    let mut struck = 0;
    for seed in 1..=20 {
        let tally = matrix::run(seed).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
        struck += tally.faults;
    }
    assert!(struck > 200, "faults struck: {struck}");
}
