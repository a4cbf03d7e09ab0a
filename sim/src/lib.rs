//! A simulated Kiwoom broker: token, WebSocket and market, deterministic by seed.
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

mod clock;
mod exchange;
mod generator;
mod realtime;
mod rng;
mod server;

use server::options;

pub use clock::{TimeOfDay, TimeOfDayError};
pub use exchange::ticks::Market;
pub use generator::{InstrumentInfo, symbols};
pub use options::{Options, StartError, TokenReissue};
pub use server::{Broker, Report, start};
