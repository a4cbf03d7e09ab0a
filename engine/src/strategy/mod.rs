//! Strategies: one thread each, which reads the rings and calls the plugin.

mod filter;
mod host;
mod thread;
mod timers;

pub use filter::Filter;
pub use host::{HostParts, InstrumentList, StrategyCounters, StrategyHost};
pub use thread::{Ended, Runner, StrategyParts, Turn, spawn};
pub use timers::{TIMERS_MAX, Timers};
