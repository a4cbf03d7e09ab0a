//! The latency rig: how long a frame takes from the sender's write to the strategy's order, and to the last
//! byte of that order at the broker, for this engine and for the clients one would write otherwise, side by
//! side in one run.
//!
//! ```text
//!  core 0                                core 1
//!  sender ──one write per frame──TLS──▶ client: read · decrypt · unframe · parse · decide ─▶ stamp
//!    ▲                                                                             │
//!    └── order desk ◀──────────────────HTTPS── check · journal · encrypt · write ◀─┘  (orders-…)
//!  (a process that spins on a schedule)  (a process for each client, one after the other)
//!     └── when each frame was meant to go, when it went,  ┐   ┌── when each frame was done with
//!         when each order was complete at its socket      ▼   ▼
//!                                                       main process: joins, compares, draws
//! ```
//!
//! **Open loop.** The schedule does not wait for anybody. Latency counts from the moment a frame was
//! *meant* to go, so that time lost behind a stall counts for every frame that stood in the queue
//! (coordinated omission), and besides from the moment before its write.
//!
//! **Two end points, the same for all.** [`END_POINT`]: the decision function has been called with the
//! parsed trade and has returned, with an order handed over for every tenth trade. For the engine the
//! decision function is `on_trade` of a plugin behind the C ABI, and handing over is `submit`.
//! [`TRADE_END_POINT`]: the whole order has reached the sender's socket, by the kernel's stamp there
//! ([`rest`]); which frame caused it, the order's quantity says ([`orders`]).
//!
//! **Frames** are numbered in FID 13, so that a hole is seen as a hole. Sender and client stamp with
//! `CLOCK_REALTIME`, which kernel and engine use, too; a step of that clock during a run is noticed
//! and spoils the run loudly.

pub mod books;
pub mod cli;
pub mod clients;
pub mod conditions;
pub mod files;
pub mod frames;
pub mod instructions;
pub mod joined;
pub mod marks;
pub mod orders;
pub mod pauses;
pub mod plot;
pub mod report;
pub mod rest;
pub mod run;
pub mod scenario;
pub mod sender;
pub mod table;

use std::time::{SystemTime, UNIX_EPOCH};

/// Where the clock stops, for every client.
pub const END_POINT: &str = "the decision function was called with the parsed trade and has returned; \
     every tenth trade it hands over an order (engine: on_trade of a plugin behind the C ABI, submit)";

/// Where the clock stops for an order, for every client.
pub const TRADE_END_POINT: &str = "the last byte of the order that the frame caused is at the sender's \
     socket, by the kernel's stamp there";

/// Every so many trades the decision function hands over an order.
pub const ORDER_EVERY: u64 = 10;

/// `CLOCK_REALTIME` in nanoseconds.
#[inline]
pub fn now_nanos() -> u64 {
    // Before 1970 only on a machine without a clock, where nothing can be measured anyway.
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
}
