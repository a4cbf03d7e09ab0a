//! The long fault matrix: the desk against the simulated broker in virtual time.
//!
//! ```text
//! cargo run --release -p engine --example faults -- --seeds 1000     seeds 1 to 1000
//! cargo run --release -p engine --example faults -- --seed 17        this one, with its figures
//! cargo run --release -p engine --example faults -- --crashes        with kills and cut journals
//! ```
//!
//! A seed that fails is printed with the reason; the exit code is 1.

#[path = "../tests/desk_faults/figures.rs"]
mod figures;
#[path = "../tests/desk_faults/matrix.rs"]
mod matrix;
#[path = "../tests/desk_faults/rig.rs"]
mod rig;
#[path = "../tests/desk_faults/rng.rs"]
mod rng;
#[path = "../tests/desk_faults/strategies.rs"]
mod strategies;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (mut first, mut last, mut one, mut crashes) = (1, 1_000, false, false);
    while let Some(argument) = arguments.next() {
        if argument == "--crashes" {
            crashes = true;
            continue;
        }
        let value = arguments.next().and_then(|text| text.parse::<u64>().ok());
        match (argument.as_str(), value) {
            ("--seeds", Some(count)) => last = first + count - 1,
            ("--from", Some(seed)) => (first, last) = (seed, seed + last - first),
            ("--seed", Some(seed)) => (first, last, one) = (seed, seed, true),
            _ => {
                eprintln!("usage: faults [--crashes] [--from N] [--seeds N | --seed N]");
                return ExitCode::from(2);
            }
        }
    }
    let mut sum = rig::Tally::default();
    let mut failed = 0;
    for seed in first..=last {
        // A broken promise is a panic in the rig or a difference at the end: both name the seed.
        let run = if crashes { matrix::run_with_crashes } else { matrix::run };
        match std::panic::catch_unwind(|| run(seed)) {
            Ok(Ok(tally)) => {
                if one {
                    println!("{:#?}", matrix::plan(seed));
                }
                sum.add(&tally);
            }
            Ok(Err(why)) => {
                failed += 1;
                println!("seed {seed}: {why}");
            }
            Err(_) => {
                failed += 1;
                println!("seed {seed}: panicked, see above");
            }
        }
    }
    println!("seeds {first} to {last}: {failed} failed; {sum:?}");
    ExitCode::from(u8::from(failed > 0))
}
