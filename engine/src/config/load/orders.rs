//! `[orders]`.

use super::{Section, millis};
use crate::config::orders::ACCOUNTS;
use crate::config::{Mode, Orders};
use crate::journal::Sync;
use crate::market::Account;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(super) fn read_orders(
    section: Section<'_, '_>,
    mode: Mode,
    base: &Path,
    runs: &Path,
) -> Orders {
    let account = match mode {
        Mode::Live | Mode::DryRun => Account::Real,
        Mode::Mock | Mode::Sim => Account::Mock,
    };
    let orders = Orders {
        lines: section.integer("lines", 1..=16).unwrap_or(4) as usize,
        reply_timeout: millis(&section, "reply_timeout_ms", 200, 60_000, 3_000),
        journal: journal(&section, mode, base, runs),
        sync: sync(&section),
        account: section.choice("account", &ACCOUNTS).unwrap_or(account),
        cancel_on_end: section.boolean("cancel_on_end").unwrap_or(true),
        cancel_on_silence: section.boolean("cancel_on_silence").unwrap_or(false),
    };
    section.finish();
    orders
}

/// The journal stands beside the folder of runs by default. Its name tells the mode: orders of a
/// rehearsal must never be taken for real ones.
fn journal(section: &Section<'_, '_>, mode: Mode, base: &Path, runs: &Path) -> PathBuf {
    let Some(found) = section.string("journal") else {
        return runs.with_file_name(format!("orders-{}", mode.name()));
    };
    let path = base.join(&found.value);
    let wrong = if found.value.is_empty() {
        Some("name a folder".to_owned())
    } else if path.is_file() {
        Some(format!("{:?} is a file; name a folder", found.value))
    } else if path == runs {
        Some("is telemetry.directory; name a folder of its own".to_owned())
    } else {
        None
    };
    if let Some(message) = wrong {
        section.problem(found.offset, "journal", message);
    }
    path
}

fn sync(section: &Section<'_, '_>) -> Sync {
    let each_order = section.choice("sync", &[("order", true), ("interval", false)]);
    let interval = section.integer("sync_interval_ms", 1..=10_000);
    if each_order != Some(true) {
        return Sync::Every(Duration::from_millis(interval.unwrap_or(200) as u64));
    }
    if let Some(offset) = section.place_of("sync_interval_ms") {
        let message = "only with sync = \"interval\"; remove one of the two";
        section.problem(offset, "sync_interval_ms", message);
    }
    Sync::Always
}
