//! `[session]`.

use super::{Section, broker::is_loopback};
use crate::config::session::VENUES;
use crate::config::{Broker, Calendar, Mode, Session};
use crate::market::MarketData;
use std::path::{Path, PathBuf};
use std::time::Duration;
use strategy_api::Venue;

/// `broker` is absent when it could not be read; that is a problem already.
pub(super) fn read_session(
    section: Section<'_, '_>,
    mode: Mode,
    base: &Path,
    broker: Option<&Broker>,
) -> Session {
    let calendars = [("krx", Calendar::Krx), ("always", Calendar::Always)];
    let usual = if mode == Mode::Sim { Calendar::Always } else { Calendar::Krx };
    let calendar = section.choice("calendar", &calendars).unwrap_or(usual);
    let real =
        |broker: &Broker| !(is_loopback(&broker.rest_url) && is_loopback(&broker.websocket_url));
    if calendar == Calendar::Always && mode != Mode::Sim && broker.is_some_and(real) {
        let offset = section.place_of("calendar").unwrap_or(section.offset());
        let message = "\"always\" is for a simulated broker: mode \"sim\", or both addresses of the \
                       broker on this machine (127.0.0.1, localhost); write \"krx\"";
        section.problem(offset, "calendar", message);
    }
    let seconds = |key, default| {
        Duration::from_secs(section.integer(key, 0..=7_200).unwrap_or(default) as u64)
    };
    let session = Session {
        calendar,
        venues: venues(&section, mode),
        connect_before: seconds("connect_before_s", 600),
        end_after: seconds("end_after_s", 60),
        market_data: market_data(&section, base),
    };
    section.finish();
    session
}

fn venues(section: &Section<'_, '_>, mode: Mode) -> Vec<Venue> {
    let usual: &[Venue] =
        if mode == Mode::Mock { &[Venue::KRX] } else { &[Venue::KRX, Venue::NXT] };
    let Some(found) = section.strings("venues") else { return usual.to_vec() };
    if found.is_empty() {
        let offset = section.place_of("venues").unwrap_or(section.offset());
        section.problem(offset, "venues", "is empty; name \"KRX\", \"NXT\" or both");
    }
    let mut venues = Vec::new();
    for word in found {
        match VENUES.iter().find(|(known, _)| *known == word.value) {
            Some((_, venue)) if venues.contains(venue) => {
                section.problem(word.offset, "venues", format!("{:?} stands twice", word.value));
            }
            Some((_, venue)) => venues.push(*venue),
            None => {
                let message = format!("{:?} is not one of \"KRX\", \"NXT\"", word.value);
                section.problem(word.offset, "venues", message);
            }
        }
    }
    venues
}

/// A folder that is not there would mean the embedded files, silently: old ones, in all likelihood.
fn market_data(section: &Section<'_, '_>, base: &Path) -> Option<PathBuf> {
    let found = section.string("market_data")?;
    let path = base.join(&found.value);
    if found.value.is_empty() || !path.is_dir() {
        let message = format!("{:?} is no folder; make it, or remove the key", found.value);
        section.problem(found.offset, "market_data", message);
    } else if let Err(error) = MarketData::from_directory(&path) {
        section.problem(found.offset, "market_data", error.to_string());
    }
    Some(path)
}
