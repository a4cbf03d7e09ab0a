//! `[kill]`.

use super::Section;
use crate::config::{Kill, Mode};
use crate::kill::DeadManOptions;
use std::path::Path;
use std::time::Duration;
use strategy_api::DurationNanos;

/// The latch stands beside the folder of runs by default. Its name tells the mode, so that stopping the
/// real account does not stop rehearsals that share the folder.
pub(super) fn read_kill(section: Section<'_, '_>, mode: Mode, base: &Path, runs: &Path) -> Kill {
    let usual = DeadManOptions::default();
    let latch = match section.string("latch") {
        None => runs.with_file_name(format!("kill-{}.latch", mode.name())),
        Some(found) => {
            let path = base.join(&found.value);
            if found.value.is_empty() || found.value.ends_with('/') || path.is_dir() {
                let message = format!("{:?} must be a file, not a folder", found.value);
                section.problem(found.offset, "latch", message);
            }
            path
        }
    };
    let kill = Kill {
        latch,
        feed_max: stall(&section, "feed_max_ms", usual.feed_max),
        strategy_max: stall(&section, "strategy_max_ms", usual.strategy_max),
        gateway_max: stall(&section, "gateway_max_ms", usual.gateway_max),
    };
    section.finish();
    kill
}

/// A time of the dead man's timer; `None` when it is switched off with 0.
fn stall(section: &Section<'_, '_>, key: &'static str, usual: DurationNanos) -> Option<Duration> {
    let Some(millis) = section.integer(key, 0..=600_000) else {
        return usual.get().map(Duration::from_nanos);
    };
    if (1..100).contains(&millis) {
        let offset = section.place_of(key).unwrap_or(section.offset());
        let message = format!("{millis} is out of range; allowed are 100 to 600000, or 0 for off");
        section.problem(offset, key, message);
    }
    (millis > 0).then(|| Duration::from_millis(millis as u64))
}
