//! `[telemetry]`.

use super::{Section, millis};
use crate::config::Telemetry;
use std::path::Path;

pub(super) fn read_telemetry(section: Section<'_, '_>, base: &Path) -> Telemetry {
    let levels = ["error", "warn", "info", "debug", "trace"].map(|level| (level, level));
    let directory = section.string("directory").map_or_else(|| "../runs".into(), |f| f.value);
    let telemetry = Telemetry {
        directory: base.join(directory),
        interval: millis(&section, "interval_ms", 100, 600_000, 1_000),
        log_level: section.choice("log_level", &levels).unwrap_or("info").to_owned(),
    };
    section.finish();
    telemetry
}
