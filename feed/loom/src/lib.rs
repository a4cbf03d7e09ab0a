//! The rings of `feed`, compiled with loom's atomics and threads, and the way to write a race down as
//! a table of outcomes.
//!
//! loom runs a model again and again, with the interleavings of its threads and the values that the
//! memory model lets a load return. A wakeup that gets lost shows as a deadlock, because under loom
//! sleeping has no time limit.

#[path = "../../src/ring/mod.rs"]
#[allow(rustdoc::broken_intra_doc_links)]
pub mod ring;

mod table;

pub use table::check_outcomes;
