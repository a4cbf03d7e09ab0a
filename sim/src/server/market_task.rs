//! Lets the market run and sends its frames at their moments.
//!
//! With a frame rate the frames of a second are spread evenly over it: the task wakes about every
//! millisecond (or spins, when the thread has a core of its own), works out how many frames are due
//! by now, lets the market make them and hands them out in one batch. It catches up on what it
//! missed, but never on more than a twentieth of a second: a pause of the machine does not turn
//! into a burst. Without a rate it makes batch after batch as long as every client keeps up.
//!
//! The market's own clock is counted in slots, one for each frame that is due: the wall clock only
//! says when a slot comes, not what happens in it. So the same seed, options and registrations give
//! the same frames on every machine. The market waits for the first registration.

use super::hub::Hub;
use super::types::RealType;
use crate::virtual_time::Exchange;
use bytes::BytesMut;
use std::rc::Rc;
use std::time::Duration;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// Market events of one batch without a rate.
const BATCH_STEPS: u64 = 256;
/// Market time of a slot without a rate: that of 20,000 frames a second.
const FREE_SLOT_NANOS: u64 = 50_000;
/// Time between two wakes with a rate.
const WAKE_INTERVAL: Duration = Duration::from_millis(1);
/// Time between two looks at the clock while nobody is registered.
const IDLE_INTERVAL: Duration = Duration::from_millis(100);
/// Time that an unpaced market waits for a client to take something.
const CROWD_TIMEOUT: Duration = Duration::from_secs(2);

/// Runs until the broker stops.
pub(super) async fn run(hub: Rc<Hub>) {
    let mut market = Market {
        batch: BytesMut::with_capacity(1 << 16),
        pace: Pace::new(hub.options.frames_per_second),
        slot_nanos: match u64::from(hub.options.frames_per_second) {
            0 => FREE_SLOT_NANOS,
            per_second => 1_000_000_000 / per_second,
        },
        slots: 0,
        hub,
        wanted: false,
        registered: false,
    };
    while !market.hub.stopping.get() {
        if market.hub.market_stopped.get() || market.hub.stalled.get() {
            market.pace.restart();
            market.hub.market_wake.notified().await;
            continue;
        }
        market.turn();
        market.wait().await;
    }
}

struct Market {
    hub: Rc<Hub>,
    /// Text of the frames of a batch, shared by all sessions that get them.
    batch: BytesMut,
    pace: Pace,
    /// Somebody is registered for something.
    wanted: bool,
    /// The market goes on: somebody is registered, or has an order.
    registered: bool,
    /// Market time between two slots, before compression.
    slot_nanos: u64,
    /// Slots so far: the market's clock.
    slots: u64,
}

impl Market {
    /// Makes and hands out what is due now.
    fn turn(&mut self) {
        let hub = Rc::clone(&self.hub);
        let mut exchange = hub.exchange.borrow_mut();
        if hub.routes_changed.replace(false) {
            let pairs = hub.pairs();
            exchange.market.set_registrations(&pairs);
            self.wanted = !pairs.is_empty();
        }
        // The market begins with its first client, whether that one looks or orders.
        let registered = self.wanted || exchange.desk.has_orders();
        if !self.registered && registered {
            self.pace.restart();
        }
        self.registered = registered;
        if registered {
            let due = self.pace.due(Instant::now());
            // An event may make no frame; it then takes the place of one, so that a quiet market
            // does not keep the thread busy.
            let mut steps = 0;
            while (exchange.frames.len() as u64).max(steps) < due {
                self.slots += 1;
                let Exchange { market, frames, .. } = &mut *exchange;
                market.advance(self.slots * self.slot_nanos, frames);
                market.step(frames);
                steps += 1;
            }
            self.pace.made((exchange.frames.len() as u64).max(due));
        }
        exchange.desk.clock = hub.clock();
        exchange.settle();
        self.hand_out(&mut exchange);
        drop(exchange);
        hub.deliver_own();
    }

    fn hand_out(&mut self, exchange: &mut Exchange) {
        for frame in exchange.frames.iter() {
            self.batch.extend_from_slice(frame.text.as_bytes());
        }
        let text = self.batch.split().freeze();
        let mut start = 0;
        for frame in exchange.frames.iter() {
            let end = start + frame.text.len();
            if let Some(ty) = RealType::from_code(frame.kind) {
                self.hub.route(&frame, ty, &text.slice(start..end));
            }
            start = end;
        }
        exchange.frames.clear();
    }

    /// Waits until there may be something to do.
    async fn wait(&self) {
        let wake = self.hub.market_wake.notified();
        if !self.registered {
            let _ = timeout(IDLE_INTERVAL, wake).await;
        } else if self.pace.is_free() {
            // Sessions send when this task gives way.
            yield_now().await;
            self.wait_for_room().await;
        } else if self.hub.options.thread_core.is_some() {
            yield_now().await;
            self.wait_for_sessions().await;
        } else {
            sleep(WAKE_INTERVAL).await;
            self.wait_for_sessions().await;
        }
    }

    /// Lets the sessions send what their sockets would take before more is made. A rate that is
    /// too high for the machine is then simply not reached, and no client is blamed for it.
    async fn wait_for_sessions(&self) {
        while self.hub.is_behind() && !self.hub.stopping.get() && !self.hub.stalled.get() {
            yield_now().await;
        }
    }

    /// Waits for crowded mailboxes; a client that takes too long is ended.
    async fn wait_for_room(&self) {
        let deadline = Instant::now() + CROWD_TIMEOUT;
        while self.hub.is_crowded() && !self.hub.stopping.get() && !self.hub.stalled.get() {
            let wake = self.hub.market_wake.notified();
            if timeout_at(deadline, wake).await.is_err() {
                self.hub.end_crowding();
                return;
            }
        }
    }
}

/// How many frames are due.
struct Pace {
    per_second: u64,
    since: Instant,
    made: u64,
}

impl Pace {
    fn new(per_second: u32) -> Self {
        Self { per_second: u64::from(per_second), since: Instant::now(), made: 0 }
    }

    /// True when there is no rate.
    fn is_free(&self) -> bool {
        self.per_second == 0
    }

    /// Counts from now on.
    fn restart(&mut self) {
        self.since = Instant::now();
        self.made = 0;
    }

    /// Frames to make by `now`.
    fn due(&mut self, now: Instant) -> u64 {
        if self.is_free() {
            return BATCH_STEPS;
        }
        let gone = now.duration_since(self.since).as_nanos() as u64;
        let total = (u128::from(gone) * u128::from(self.per_second) / 1_000_000_000) as u64;
        let most = (self.per_second / 20).max(1);
        self.made = self.made.max(total.saturating_sub(most));
        total.saturating_sub(self.made)
    }

    fn made(&mut self, frames: u64) {
        self.made += frames;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_spread_evenly_and_a_pause_makes_no_burst() {
        let mut pace = Pace::new(20_000);
        for ms in 1..=1000 {
            let due = pace.due(pace.since + Duration::from_millis(ms));
            assert_eq!(due, 20);
            pace.made(due);
        }
        assert_eq!(pace.due(pace.since + Duration::from_secs(4)), 1000);
    }
}
