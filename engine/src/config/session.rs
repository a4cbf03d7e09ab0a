//! `[session]`: when the run trades.

use serde::Serialize;
use serde::ser::Serializer;
use std::path::PathBuf;
use std::time::Duration;
use strategy_api::Venue;

/// Which times are trading times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Calendar {
    /// The exchanges' days and hours.
    Krx,
    /// Any time: for a simulated broker, whose day is its own.
    Always,
}

/// `[session]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Session {
    /// See [`Calendar`]. Default: [`Calendar::Always`] in mode `sim`, [`Calendar::Krx`] in the others,
    /// where `"always"` is refused unless both addresses of the broker are on this machine.
    pub calendar: Calendar,
    /// Venues whose hours the run waits for and ends with: KRX, NXT or both. Default both; in mode
    /// `mock` KRX alone, as that server knows no other.
    #[serde(serialize_with = "venue_words")]
    pub venues: Vec<Venue>,
    /// How long before the first of these venues opens the engine connects. 0 to 2 h, default 10 min.
    #[serde(rename = "connect_before_s", serialize_with = "seconds")]
    pub connect_before: Duration,
    /// How long after the last of these venues closed the run ends by itself. 0 to 2 h, default 60 s.
    #[serde(rename = "end_after_s", serialize_with = "seconds")]
    pub end_after: Duration,
    /// Folder with newer files of days, hours, ticks and costs than the embedded ones; it was read once,
    /// so they are good. See [`MarketData`](crate::market::MarketData). Default: the embedded ones.
    pub market_data: Option<PathBuf>,
}

/// The words for the venues that have hours of their own.
pub(super) const VENUES: [(&str, Venue); 2] = [("KRX", Venue::KRX), ("NXT", Venue::NXT)];

fn venue_words<S: Serializer>(venues: &[Venue], serializer: S) -> Result<S::Ok, S::Error> {
    let word =
        |venue| VENUES.iter().find(|(_, known)| *known == venue).map_or("", |(word, _)| word);
    serializer.collect_seq(venues.iter().map(|venue| word(*venue)))
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(time.as_secs())
}
