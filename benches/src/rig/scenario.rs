//! What the sender does: at which moment which frame goes.

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Frames of one burst, and how fast they come: an opening auction that resolves.
const BURST_FRAMES: u64 = 20_000;
const BURST_RATE: u64 = 100_000;
/// What comes before and behind a burst.
const QUIET_RATE: u64 = 2_000;
/// Frames of a flat-out run for each second asked for. A fixed count, so that all clients get the same.
const FLAT_OUT_PER_SECOND: u64 = 100_000;

/// Frames at one distance from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// How many.
    pub frames: u64,
    /// From one to the next, nanoseconds; 0: each as soon as the one before is written.
    pub gap_nanos: u64,
    /// Whether they count; warm-up and the quiet between bursts do not.
    pub measured: bool,
}

/// One way of sending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scenario {
    /// Short name: `2000`, `burst`, `max`.
    pub name: String,
    /// What it is, for people.
    pub title: String,
    /// What goes, in order.
    pub segments: Vec<Segment>,
    /// Every so many frames is a marker, on which the clients' strategies buy; 0: no order leaves.
    pub orders_every: u64,
}

/// Name of a scenario with orders: this and a rate.
const ORDERS: &str = "orders-";
/// Orders a second in such a scenario: as many as the engine's limiter lets pass with room to spare.
const ORDERS_PER_SECOND: u64 = 50;

impl Scenario {
    /// The scenario of this name (`burst`, `max`, frames per second, or `orders-` and frames per
    /// second), to be measured for about `time`.
    ///
    /// # Errors
    /// When the name says nothing.
    pub fn named(name: &str, time: Duration) -> anyhow::Result<Self> {
        if let Some(rate) = name.strip_prefix(ORDERS).and_then(|rate| rate.parse::<u64>().ok()) {
            let scenario = Self::named(&rate.to_string(), time)?;
            return Ok(scenario.with_orders((rate / ORDERS_PER_SECOND).max(1)));
        }
        let nanos = time.as_nanos() as u64;
        let mut segments = vec![at_rate(QUIET_RATE, 300_000_000, false)];
        let title = match name {
            "burst" => {
                for _ in 0..(nanos / 1_000_000_000).max(1) {
                    segments.push(at_rate(QUIET_RATE, 300_000_000, false));
                    segments.push(Segment {
                        frames: BURST_FRAMES,
                        gap_nanos: 1_000_000_000 / BURST_RATE,
                        measured: true,
                    });
                }
                segments.push(at_rate(QUIET_RATE, 100_000_000, false));
                let [frames, rate, quiet] = [BURST_FRAMES, BURST_RATE, QUIET_RATE].map(thousands);
                format!("opening auction: {frames} frames at {rate}/s after a quiet {quiet}/s")
            }
            "max" => {
                let frames = (nanos / 1_000 * FLAT_OUT_PER_SECOND / 1_000_000).max(1_000);
                segments.push(Segment { frames, gap_nanos: 0, measured: true });
                "flat out: each frame as soon as the one before is written".to_owned()
            }
            rate => {
                let rate: u64 =
                    rate.parse().ok().filter(|rate| (1..=1_000_000).contains(rate)).with_context(
                        || {
                            format!(
                                "\"{rate}\" is no rate: a number from 1 to 1000000, orders-NUMBER, \
                             burst, or max"
                            )
                        },
                    )?;
                segments = vec![at_rate(rate, 300_000_000, false), at_rate(rate, nanos, true)];
                format!("{} frames/s", thousands(rate))
            }
        };
        Ok(Self { name: name.to_owned(), title, segments, orders_every: 0 })
    }

    /// The same frames, every `every`th of them a marker that causes an order.
    #[must_use]
    pub fn with_orders(self, every: u64) -> Self {
        let name = format!("{ORDERS}{}", self.name.trim_start_matches(ORDERS));
        let title = self.title.split(", an order").next().unwrap_or_default();
        let title = format!("{title}, an order on every {}th", thousands(every));
        Self { name, title, orders_every: every, segments: self.segments }
    }

    /// Orders that its frames cause.
    pub fn orders(&self) -> u64 {
        super::orders::count(self.frames(), self.orders_every)
    }

    /// All frames, measured or not.
    pub fn frames(&self) -> u64 {
        self.segments.iter().map(|segment| segment.frames).sum()
    }

    /// How long sending takes if nobody lags; a flat-out segment counts as 20,000/s.
    pub fn time(&self) -> Duration {
        let nanos = |s: &Segment| s.frames * if s.gap_nanos == 0 { 50_000 } else { s.gap_nanos };
        Duration::from_nanos(self.segments.iter().map(nanos).sum())
    }

    /// Whether frame number `number` counts.
    pub fn measured(&self) -> impl Iterator<Item = bool> + '_ {
        self.segments.iter().flat_map(|segment| (0..segment.frames).map(move |_| segment.measured))
    }

    /// Checks what came over the command line.
    ///
    /// # Errors
    /// When the text is no list of segments, or sends nothing.
    pub fn segments_from_json(text: &str) -> anyhow::Result<Vec<Segment>> {
        let segments: Vec<Segment> = serde_json::from_str(text).context("no list of segments")?;
        if segments.iter().all(|segment| segment.frames == 0) {
            bail!("the segments hold no frame");
        }
        Ok(segments)
    }
}

/// A number with commas.
pub(super) fn thousands(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        _ => format!("{},{:03}", thousands(number / 1_000), number % 1_000),
    }
}

fn at_rate(rate: u64, nanos: u64, measured: bool) -> Segment {
    let gap_nanos = 1_000_000_000 / rate;
    Segment { frames: (nanos / gap_nanos).max(1), gap_nanos, measured }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_sent_for_the_time_asked_for() {
        let scenario = Scenario::named("20000", Duration::from_secs(2)).unwrap();
        assert_eq!(scenario.measured().filter(|measured| *measured).count(), 40_000);
        assert_eq!(scenario.frames(), 46_000);
        assert_eq!(scenario.time(), Duration::from_millis(2_300));
    }

    #[test]
    fn a_burst_counts_alone_without_the_quiet_around_it() {
        let scenario = Scenario::named("burst", Duration::from_secs(3)).unwrap();
        assert_eq!(scenario.measured().filter(|measured| *measured).count(), 60_000);
        assert!(scenario.frames() > 60_000);
    }

    #[test]
    fn a_scenario_with_orders_sends_the_same_frames_and_fifty_orders_a_second() {
        let plain = Scenario::named("20000", Duration::from_secs(2)).unwrap();
        let orders = Scenario::named("orders-20000", Duration::from_secs(2)).unwrap();
        assert_eq!(orders.segments, plain.segments);
        assert_eq!((orders.orders_every, orders.orders(), plain.orders()), (400, 115, 0));
        assert_eq!(orders.title, "20,000 frames/s, an order on every 400th");
        let fewer = orders.with_orders(1_000);
        assert_eq!((fewer.name.as_str(), fewer.orders()), ("orders-20000", 46));
        assert_eq!(fewer.title, "20,000 frames/s, an order on every 1,000th");
    }

    #[test]
    fn a_name_that_says_nothing_is_refused_with_what_would() {
        for name in ["", "0", "fast", "-1", "1000001", "orders-", "orders-0"] {
            let error = Scenario::named(name, Duration::from_secs(1)).unwrap_err();
            assert!(error.to_string().contains("burst, or max"), "{error}");
        }
    }
}
