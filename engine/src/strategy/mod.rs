//! Strategies: one thread each, which reads the rings and calls the plugin; or all on the feed thread.

mod filter;
mod host;
mod inline;
pub mod notes;
mod portfolio;
pub mod sessions;
mod thread;
mod timers;

pub use filter::Filter;
pub use host::{HostParts, InstrumentList, StrategyCounters, StrategyHost};
pub use inline::{InlineDispatch, Running};
pub use thread::{Ended, Runner, StrategyParts, Turn, spawn};
pub use timers::{TIMERS_MAX, Timers};
