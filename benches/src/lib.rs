//! Suites that measure the engine's parts against their peers, and the latency rig that measures the
//! whole of it.
//!
//! | suite | what it measures |
//! |---|---|
//! | `ring` | the way of a record from one thread to another, and what it costs the writer |
//! | `scan` | the way of a frame from bytes to records |
//! | `latency` (a program, [`rig`]) | the way of a frame from another process to a strategy's order |
//!
//! `cargo bench -p benches` measures; `cargo test -p benches --benches` runs each of them once, and
//! each checks its answers before anything is measured. Names read `crate/operation/case`. Carry
//! ratios to other machines, never nanoseconds.
//!
//! `cargo run --release -p benches --bin latency` is the rig; `benches/record/` keeps what it found.

pub mod rig;
