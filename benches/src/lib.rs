//! Suites that measure the engine's parts against their peers.
//!
//! | suite | what it measures |
//! |---|---|
//! | `ring` | the way of a record from one thread to another, and what it costs the writer |
//! | `scan` | the way of a frame from bytes to records |
//!
//! `cargo bench -p benches` measures; `cargo test -p benches --benches` runs each of them once, and
//! each checks its answers before anything is measured. Names read `crate/operation/case`. Carry
//! ratios to other machines, never nanoseconds.

pub mod cases;
pub mod chain;
pub mod frames;
pub mod limits;
pub mod peers;
pub mod plugins;
pub mod scanning;
