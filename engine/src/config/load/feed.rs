//! `[feed]` and `[gateway]`.

use super::{POLLS, Section, core_of, millis, slots};
use crate::config::{Dispatch, Feed, Gateway, Poll};

pub(super) fn read_feed(section: Section<'_, '_>) -> Feed {
    let feed = Feed {
        dispatch: section
            .choice("dispatch", &[("threads", Dispatch::Threads), ("inline", Dispatch::Inline)])
            .unwrap_or(Dispatch::Threads),
        poll: section.choice("poll", &POLLS).unwrap_or(Poll::Auto),
        core: core_of(&section),
        ping_echo: section.choice("ping", &[("echo", true), ("ignore", false)]).unwrap_or(true),
        reconnect_on_takeover: section
            .choice("on_takeover", &[("stop", false), ("reconnect", true)])
            .unwrap_or(false),
        items_max: section.integer("items_max", 1..=10_000).unwrap_or(200) as usize,
        connect_timeout: millis(&section, "connect_timeout_ms", 100, 120_000, 10_000),
        login_timeout: millis(&section, "login_timeout_ms", 100, 120_000, 10_000),
        register_timeout: millis(&section, "register_timeout_ms", 100, 120_000, 10_000),
        silence_timeout: millis(&section, "silence_timeout_ms", 500, 600_000, 30_000),
        reconnect_min: millis(&section, "reconnect_min_ms", 10, 600_000, 500),
        reconnect_max: millis(&section, "reconnect_max_ms", 10, 600_000, 30_000),
        login_attempts_max: section.integer("login_attempts_max", 0..=1_000_000).unwrap_or(5)
            as u32,
        market_ring_slots: slots(&section, "market_ring_slots", 64, 1 << 20, 16_384),
        account_ring_slots: slots(&section, "account_ring_slots", 64, 1 << 16, 1_024),
        quarantine_frames: section.integer("quarantine_frames", 0..=1_000_000).unwrap_or(1_000)
            as usize,
    };
    if feed.reconnect_min > feed.reconnect_max {
        section.problem(section.offset(), "reconnect_min_ms", "is larger than reconnect_max_ms");
    }
    section.finish();
    feed
}

pub(super) fn read_gateway(section: Section<'_, '_>) -> Gateway {
    let gateway = Gateway {
        core: core_of(&section),
        wait: section.choice("wait", &POLLS).unwrap_or(Poll::Auto),
        command_ring_slots: slots(&section, "command_ring_slots", 8, 1 << 16, 256),
    };
    section.finish();
    gateway
}
