//! A latched kill switch and a run: it does not start, or it ends.

use crate::kill::{Found, LatchFile, LatchRecord};
use std::path::Path;

/// The latch of a run's account, once it is pulled.
pub(super) fn pulled(latch: &LatchFile) -> Option<LatchRecord> {
    match latch.read() {
        Found::Nothing => None,
        Found::Latched(record) => Some(record),
    }
}

/// Says why nothing was started: to a person, or to a program as well.
pub(super) fn refuse(latch: &LatchFile, record: &LatchRecord, config: &Path, json: bool) {
    let (path, config) = (latch.path().display(), config.display());
    if json {
        let refusal = serde_json::json!({
            "refused": "latched",
            "latch": path.to_string(),
            "record": record,
            "rearm": format!("engine rearm {config}"),
        });
        println!("{refusal:#}");
    }
    eprintln!(
        "error: trading is stopped: {record}\n  the latch is {path}; nothing was started\n  look at \
         positions and open orders, then re-arm: engine rearm {config}"
    );
}

/// Says after a run that was stopped what keeps the next one from starting.
pub(super) fn remind(latch: &LatchFile, record: &LatchRecord, config: &Path) {
    eprintln!(
        "error: trading is stopped: {record}\n  the latch is {}; nothing starts while it is there\n  \
         look at positions and open orders, then re-arm: engine rearm {}",
        latch.path().display(),
        config.display()
    );
}
