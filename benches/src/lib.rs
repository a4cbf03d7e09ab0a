//! Suites that measure the engine's parts against their peers, and what keeps the figures from rotting.
//!
//! | suite | what it measures |
//! |---|---|
//! | `ring` | the way of a record from one thread to another, and what it costs the writer |
//! | `scan` | the way of a frame from bytes to records |
//! | `plugin_call` | the way of a record into a strategy |
//! | `telemetry` | what one latency span costs |
//! | `path` | the whole way, from the bytes of a frame to the report on the order it caused |
//! | `guard` | instructions instead of time, for `.ci/guard` |
//!
//! `cargo bench -p benches` measures; `cargo test -p benches --benches` runs each of them once, and
//! each checks its answers before anything is measured. README.md tells how to read the figures.

#![deny(unsafe_code)]

pub mod cases;
pub mod chain;
pub mod frames;
pub mod limits;
pub mod peers;
pub mod plugins;
pub mod scanning;
