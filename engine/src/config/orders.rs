//! `[orders]`: how orders reach the broker, and what is written down about them.

use super::millis;
use crate::journal::Sync;
use crate::market::Account;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use std::path::PathBuf;
use std::time::Duration;

/// `[orders]`. Mode `dry-run` reads it and uses the journal alone: its orders end at the gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Orders {
    /// Connections to the broker's order service, each with one request under way. 1 to 16,
    /// default 4.
    pub lines: usize,
    /// How long the answer to an order is waited for; after that its fate is asked for. 200 ms to 60 s,
    /// default 3 s.
    #[serde(rename = "reply_timeout_ms", serialize_with = "millis")]
    pub reply_timeout: Duration,
    /// Folder of the order journal, a file for each day. Default `orders-MODE` beside the folder of
    /// runs: one account, one journal.
    pub journal: PathBuf,
    /// When lines of the journal are forced to the disk: `sync = "order"`, or `"interval"` with
    /// `sync_interval_ms`, 1 to 10,000. Default: every 200 ms.
    #[serde(flatten, serialize_with = "sync_words")]
    pub sync: Sync,
    /// Whose costs count in results. Default: of a real account in modes `live` and `dry-run`, of a
    /// mock account in modes `mock` and `sim`, as the simulator takes the mock server's.
    #[serde(serialize_with = "account_word")]
    pub account: Account,
    /// Whether orders that still work are cancelled when the run ends. Default true.
    pub cancel_on_end: bool,
    /// Whether resting orders are cancelled when the feed is silent or down for longer than
    /// `feed.silence_timeout_ms`. Default false: new orders are denied then in any case.
    pub cancel_on_silence: bool,
}

/// The words for [`Account`].
pub(super) const ACCOUNTS: [(&str, Account); 2] =
    [("real", Account::Real), ("mock", Account::Mock)];

fn account_word<S: Serializer>(account: &Account, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match account {
        Account::Real => "real",
        Account::Mock => "mock",
    })
}

fn sync_words<S: Serializer>(sync: &Sync, serializer: S) -> Result<S::Ok, S::Error> {
    let mut words = serializer.serialize_map(None)?;
    match sync {
        Sync::Always => words.serialize_entry("sync", "order")?,
        Sync::Every(interval) => {
            words.serialize_entry("sync", "interval")?;
            words.serialize_entry("sync_interval_ms", &(interval.as_millis() as u64))?;
        }
    }
    words.end()
}
