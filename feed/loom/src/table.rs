//! Outcome tables.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// Runs `model` in every way there is and compares what it returned with the table: each outcome
/// must be allowed, and each allowed outcome must happen, so that a model which races less than it
/// claims is found out.
///
/// `preemptions` bounds how often a thread is interrupted where it need not be; `None` is no bound.
///
/// # Panics
///
/// When the outcomes differ from the table, or when the model itself panics or deadlocks.
pub fn check_outcomes(
    preemptions: Option<usize>,
    allowed: &[&str],
    model: impl Fn() -> String + Send + Sync + 'static,
) {
    let seen = Arc::new(Mutex::new((0_u64, BTreeSet::new())));
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    builder.check({
        let seen = Arc::clone(&seen);
        move || {
            let outcome = model();
            let mut seen = seen.lock().expect("a model that panicked ends the test");
            seen.0 += 1;
            seen.1.insert(outcome);
        }
    });
    let (runs, seen) = &*seen.lock().expect("a model that panicked ends the test");
    let allowed: BTreeSet<String> = allowed.iter().map(ToString::to_string).collect();
    println!("{runs} runs, outcomes {seen:#?}");
    let forbidden: Vec<_> = seen.difference(&allowed).collect();
    assert!(forbidden.is_empty(), "outcomes that are forbidden: {forbidden:#?}");
    let missing: Vec<_> = allowed.difference(seen).collect();
    assert!(missing.is_empty(), "outcomes that never happened: {missing:#?}");
}
