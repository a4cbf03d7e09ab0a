//! Suites that measure the engine's parts against their peers, and the latency rig that measures the
//! whole of it.
//!
//! | suite | what it measures |
//! |---|---|
//! | `framing` | the way of bytes from the socket to the payloads of messages |
//! | `scan` | the way of a frame from bytes to records |
//! | `ring` | the way of a record from one thread to another, and what it costs the writer |
//! | `plugin_call` | the way of a record into a strategy |
//! | `telemetry` | what one latency span costs |
//! | `gate` | an order past the risk gate, and every way to be denied there |
//! | `path` | the whole way, from the bytes of a frame to the report on the order it caused |
//! | `order_line` | the way of an order to the broker and of its answer back |
//! | `guard` | instructions instead of time, for `.ci/guard` |
//! | `latency` (a program, [`rig`]) | the way of a frame from another process to a strategy's order |
//!
//! `cargo bench -p benches` measures; `cargo test -p benches --benches` runs each of them once, and
//! each checks its answers before anything is measured. README.md tells how to read the figures.
//!
//! `cargo run --release -p benches --bin latency` is the rig; `benches/record/` keeps what it found.

#![deny(unsafe_code)]

pub mod cases;
pub mod chain;
pub mod frames;
pub mod hop;
pub mod limits;
pub mod peers;
pub mod plugins;
pub mod rig;
pub mod risk;
pub mod scanning;
