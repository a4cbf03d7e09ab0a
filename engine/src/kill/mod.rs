//! The kill switch: what pulls it, what happens then, and how it stays pulled.
//!
//! | part | what |
//! |---|---|
//! | [`DeadMan`] | notices that feed, strategies or gateway stand still |
//! | [`KillSwitch`] | armed → killing → latched, and back only by a person |
//! | [`KillRun`] | cancels everything that works at the broker, and proves it |
//! | [`LatchFile`] | the latch on the disk, which a restart finds |
//!
//! All but [`LatchFile`] decide without I/O and without a clock: who has the order line and the disk
//! does what they say. The engine and the separate command that kills a dead or hung engine drive the
//! same [`KillRun`].
//!
//! ```text
//!            trigger                     run is over                 a person
//!  Armed ───────────────▶ Killing ──────────────────────▶ Latched ─────────────▶ Armed
//!    1 deny new orders (Gate::set_killed)          ▲          │ trigger
//!    2 latch on the disk, tried again until it is  └──────────┘ (cancels once more)
//!    3 KillRun: query, cancel, query, … until the broker's list is empty twice
//! ```
//!
//! ```
//! use engine::kill::{KillReason, KillSwitch, KillState};
//! use strategy_api::UnixNanos;
//!
//! let now = UnixNanos::new(1_795_395_600_000_000_000);
//! let mut switch = KillSwitch::new(None);
//! let pulled = switch.trigger(KillReason::Command, "kim", "", now);
//! assert!(pulled.starts_run && switch.is_killed());
//! assert_eq!(switch.latch_due(now).unwrap().reason, KillReason::Command);
//! switch.latch_written(true, now);
//! assert_eq!(switch.state(), KillState::Killing);
//! ```

mod deadman;
mod latch;
mod plan;
mod switch;

pub use deadman::{Beats, DeadMan, DeadManOptions};
pub use latch::{Found, KillReason, LatchError, LatchFile, LatchRecord};
pub use plan::{
    CancelOutcome, FoundOrder, KillAction, KillOptions, KillReport, KillRun, OpenOrder, Remaining,
    Verdict,
};
pub use switch::{KillState, KillSwitch, Pulled, RearmError};
