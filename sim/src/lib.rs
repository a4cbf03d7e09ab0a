//! A simulated Kiwoom broker: token, WebSocket and market, deterministic by seed.
//!
//! [`Exchange`] is the same broker without sockets, in virtual time.
//!
//! It is a reading of the protocol of its own and shares no code with the engine's feed, so that
//! one misreading cannot hide in both. [`start`] gives a broker on a thread of its own; any client
//! that speaks the protocol can log in.
//!
//! ```
//! let broker = sim::start(sim::Options::default())?;
//! assert!(broker.ws_url().starts_with("wss://127.0.0.1:"));
//! let report = broker.stop();
//! assert_eq!(report.frames_sent, 0);
//! # Ok::<(), sim::StartError>(())
//! ```
#![forbid(unsafe_code)]

mod api;
mod clock;
mod exchange;
pub mod faults;
mod generator;
pub mod orders;
mod realtime;
mod rng;
mod server;
pub mod virtual_time;

use server::options;

pub use clock::{TimeOfDay, TimeOfDayError};
pub use exchange::ticks::Market;
pub use generator::{InstrumentInfo, symbols};
pub use options::{Options, StartError, TokenReissue};
pub use server::{Broker, Report, start};
pub use virtual_time::Exchange;
