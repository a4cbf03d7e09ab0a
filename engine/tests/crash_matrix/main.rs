//! An engine that is killed at every step of an order's life, and the one that is started after it: the
//! real processes, a simulated broker of the test, and the books of both compared.
//!
//! ```text
//!   test ── starts, kills ──▶ engine run ──REST──▶ relay ──▶ simulated broker
//!     │                         │ ▲ writes              │ counts, holds        │ books
//!     │                         ▼ │ (killer.c)          ▼                      │
//!     └── compares ◀── journal, summary, what the strategy was told ◀──────────┘
//! ```
//!
//! Whatever the moment of death: after the next start the engine's orders, fills and positions are the
//! broker's, nothing was sent twice, nothing is sent again by itself, and the strategy starts from that.
//!
//! Beside them a whole day ([`hours`]), for which the clock of the engine has to be set as well.
#![cfg(target_os = "linux")]

#[allow(dead_code, reason = "each test binary uses a part of it")]
#[path = "../end_to_end/process.rs"]
mod process;
mod relay;
mod setup;
mod together;
mod truth;

mod hours;
mod new_orders;
mod starts;
mod working_orders;

static CASES: together::Cases = together::Cases::new();
/// The longest ones first.
const ALL: &[&[together::Case]] = &[hours::ALL, starts::ALL, new_orders::ALL, working_orders::ALL];
