//! The engine stops when it should: `engine run` in mode "mock" as a real process, with working orders
//! at a simulated broker that the test owns. What the broker's books say decides, not what the engine
//! says of itself.

#[allow(dead_code, reason = "each test binary uses a part of it")]
#[path = "../end_to_end/process.rs"]
mod process;
mod setup;

mod ends;
mod gone;
mod sessions;
mod silence;
mod stalled;
mod triggers;
