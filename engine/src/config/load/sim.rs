//! `[sim]`.

use super::{Section, core_of};
use crate::config::Sim;

pub(super) fn read_sim(section: Section<'_, '_>) -> Sim {
    let day_start = section.string("day_start");
    if let Some(found) = &day_start {
        let digits = found.value.replace(':', "");
        let time = digits.parse().ok().and_then(strategy_api::TimeOfDay::from_hhmmss);
        if found.value.len() != 8 || time.is_none() {
            let message = format!("{:?} is not a time; write \"HH:MM:SS\"", found.value);
            section.problem(found.offset, "day_start", message);
        }
    }
    let sim = Sim {
        seed: section.integer("seed", 0..=i64::MAX).unwrap_or(1) as u64,
        frames_per_second: section.integer("frames_per_second", 0..=10_000_000).unwrap_or(5_000)
            as u32,
        instruments: section.integer("instruments", 200..=4_000).unwrap_or(200) as usize,
        day_start: day_start.map_or_else(|| "08:59:58".to_owned(), |found| found.value),
        time_compression: section.number("time_compression", 0.1..=10_000.0).unwrap_or(1.0),
        plain: section.boolean("plain").unwrap_or(false),
        core: core_of(&section),
    };
    section.finish();
    sim
}
