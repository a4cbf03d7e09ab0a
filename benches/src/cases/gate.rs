//! From `submit` to the gateway's decision and the report back, on one thread.

use std::sync::atomic::Ordering;

use feed::ring::SLOT_WORDS;
use strategy_api::host::Host;
use strategy_api::record::{Side, Venue};
use strategy_api::{InstrumentId, OrderReport, OrderRequest, OrderType, Price, Quantity};

use super::{Case, OPERATIONS};
use crate::chain::Gate;
use crate::scanning::instruments;

/// Submits orders and has each decided.
pub struct Gating {
    gate: Gate,
    order: OrderRequest,
    intents: u64,
    reports: u64,
}

impl Gating {
    /// A gate that nothing has passed yet.
    pub fn new() -> Self {
        let order = OrderRequest {
            instrument: InstrumentId(3),
            venue: Venue::KRX,
            side: Side::BUY,
            order_type: OrderType::LIMIT,
            price: Price::new(60_700),
            quantity: Quantity::new(10),
            ..OrderRequest::default()
        };
        Self { gate: Gate::new(&instruments()), order, intents: 0, reports: 0 }
    }

    /// One order, from `submit` until its report is read and the strategy's own picture has it.
    #[inline]
    pub fn step(&mut self) {
        self.gate.host.submit(std::hint::black_box(&self.order)).expect("there is room");
        self.gate.gateway.turn();
        while self.gate.intents.pop().is_ok() {
            self.intents += 1;
        }
        let mut buffer = [0; SLOT_WORDS];
        while let Some(words) = self.gate.updates.pop(&mut buffer) {
            debug_assert_eq!(words.len(), size_of::<OrderReport>() / 8);
            // As the strategy's thread does: its orders are kept up to date first.
            self.reports += u64::from(self.gate.host.hear(words).is_none());
        }
    }
}

impl Default for Gating {
    fn default() -> Self {
        Self::new()
    }
}

impl Case for Gating {
    fn run(&mut self) {
        for _ in 0..OPERATIONS {
            self.step();
        }
    }

    fn check(&mut self, runs: u64) {
        let orders = runs * OPERATIONS;
        // Relaxed: this thread wrote it.
        let decided = self.gate.decided.submits.load(Ordering::Relaxed);
        assert_eq!((decided, self.intents, self.reports), (orders, orders, orders));
    }
}
