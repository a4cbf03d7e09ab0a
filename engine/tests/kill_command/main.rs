//! `engine kill`, `rearm` and the latch, with real processes: the simulated broker, an engine that is
//! fine, hung or gone, and the command.

#[allow(dead_code, reason = "each test binary uses a part of it")]
#[path = "../end_to_end/process.rs"]
mod process;
mod setup;

mod faults;
mod latch;
mod whole;
