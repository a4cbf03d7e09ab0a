//! How fast the broker may be called, for everything that calls it: order lines, queries, kill switch.

use super::{Config, Mode};
use crate::broker::limiter::Rates;
use crate::kill::KillOptions;
use std::time::Duration;
use strategy_api::DurationNanos;

impl Config {
    /// The broker's rates: those of the mode's server, with `risk.broker_orders_per_second` and
    /// `risk.broker_cancel_reserve`.
    pub fn rates(&self) -> Rates {
        let usual = if self.mode == Mode::Mock { Rates::MOCK } else { Rates::REAL };
        let orders = self.risk.broker_orders_per_second;
        Rates {
            orders,
            cancel_reserve: self.risk.broker_cancel_reserve,
            // The mock server's own two in two seconds; any other number is meant as it is called.
            window: if orders == usual.orders { usual.window } else { Duration::from_secs(1) },
            ..usual
        }
    }

    /// The kill switch at that pace: cancels spread over the window, lists as often as queries may come.
    pub fn kill_options(&self) -> KillOptions {
        let rates = self.rates();
        let with_margin = |window: Duration| (window + 2 * rates.margin).as_nanos() as u64;
        let window = with_margin(rates.window);
        let usual = KillOptions::default();
        let settle = with_margin(rates.query_window) / u64::from(rates.queries.max(1)) + 50_000_000;
        KillOptions {
            cancel_interval: DurationNanos::new(window / u64::from(rates.orders.max(1))),
            settle: usual.settle.max(DurationNanos::new(settle)),
            ..usual
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::load::parse;
    use super::*;
    use std::path::Path;

    fn config(mode: &str, risk: &str) -> Config {
        let text = format!(
            "mode = \"{mode}\"\n[broker]\ncredentials_file = \"k\"\nrest_url = \
             \"http://127.0.0.1:1\"\nwebsocket_url = \"ws://127.0.0.1:1/x\"\n[risk]\n{risk}\n"
        );
        parse(&text, Path::new("/base")).unwrap_or_else(|found| panic!("{found:#?}"))
    }

    #[test]
    fn the_kill_switch_keeps_the_pace_of_the_server_unless_told_otherwise() {
        let millis = DurationNanos::from_millis;
        let dry = config("dry-run", "").kill_options();
        assert_eq!((dry.cancel_interval, dry.settle), (millis(220), millis(500)));
        let mock = config("mock", "").kill_options();
        assert_eq!((mock.cancel_interval, mock.settle), (millis(1_050), millis(1_100)));
        let fast = config("mock", "broker_orders_per_second = 50").kill_options();
        assert_eq!((fast.cancel_interval, fast.settle), (millis(22), millis(1_100)));
    }

    #[test]
    fn what_the_configuration_says_of_the_broker_s_rate_is_kept() {
        let rates =
            config("mock", "broker_orders_per_second = 9\nbroker_cancel_reserve = 3").rates();
        assert_eq!((rates.orders, rates.cancel_reserve), (9, 3));
        assert_eq!(rates.window, Duration::from_secs(1), "nine a second, as the name says");
        let queries = (rates.queries, rates.query_window);
        assert_eq!(queries, (Rates::MOCK.queries, Rates::MOCK.query_window));
        let usual = config("mock", "").rates();
        assert_eq!((usual.orders, usual.window), (Rates::MOCK.orders, Rates::MOCK.window));
    }
}
