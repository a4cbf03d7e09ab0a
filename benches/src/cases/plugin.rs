//! One call into a library through the plugin host.

use std::hint::black_box;

use engine::plugin::{Instance, Plugin};
use strategy_api::record::{Record, Trade};
use strategy_api::{Quantity, UnixNanos};

use super::{Case, OPERATIONS};
use crate::plugins::{self, Remembering};

/// Hands trades to a strategy.
pub struct PluginCall {
    instance: Instance<Remembering>,
    trade: Trade,
}

impl PluginCall {
    /// An instance of this plugin.
    pub fn new(plugin: &Plugin) -> Self {
        Self { instance: plugins::start(plugin), trade: a_trade() }
    }

    /// What the strategy says it was given: it speaks when its timer is due.
    fn said(&mut self) -> &str {
        self.instance.timer(1, UnixNanos::new(1)).expect("it lives");
        &self.instance.host().line
    }
}

/// A trade of two shares.
pub fn a_trade() -> Trade {
    let mut trade = Trade::unset();
    trade.quantity = Quantity::new(2);
    trade
}

impl Case for PluginCall {
    fn run(&mut self) {
        for _ in 0..OPERATIONS {
            let words = black_box(&self.trade).words();
            self.instance.dispatch(words).expect("the strategy lives");
        }
    }

    fn check(&mut self, runs: u64) {
        let expected = format!("{} trades", runs * OPERATIONS);
        let said = self.said();
        assert!(said.starts_with(&expected), "{said:?} is not {expected}");
    }
}
