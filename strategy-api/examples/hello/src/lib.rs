//! The smallest strategy that is of use: counts trades and shows the last one now and then.
//!
//! In the configuration of the engine:
//!
//! ```toml
//! [[strategy]]
//! name = "hello"
//! crate = "../strategy-api/examples/hello"
//! types = ["0B"]
//! symbols = ["005930", "000660"]
//! params = { every_seconds = 2 }
//! ```

use serde::Deserialize;
use strategy_api::{
    Context, DurationNanos, Error, Outcome, Strategy, Trade, UnixNanos, export_strategy,
};

/// What the user may set. A key that is not here is refused.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Params {
    /// Seconds between two lines of the log, 1 or more.
    every_seconds: u64,
}

impl Default for Params {
    fn default() -> Self {
        Self { every_seconds: 1 }
    }
}

struct Hello {
    params: Params,
    trades: u64,
    last: Option<Trade>,
}

/// Name of our only timer.
const REPORT: u64 = 1;

impl Strategy for Hello {
    type Params = Params;

    fn new(params: Params, _: &mut Context<'_>) -> Result<Self, Error> {
        if params.every_seconds == 0 {
            return Err(Error::new("`every_seconds` must be 1 or more"));
        }
        Ok(Self { params, trades: 0, last: None })
    }

    fn on_start(&mut self, ctx: &mut Context<'_>) -> Outcome {
        ctx.set_periodic_timer(REPORT, DurationNanos::from_secs(self.params.every_seconds))?;
        Ok(())
    }

    fn on_trade(&mut self, _: &mut Context<'_>, trade: &Trade) -> Outcome {
        self.trades += 1;
        self.last = Some(*trade);
        Ok(())
    }

    fn on_timer(&mut self, ctx: &mut Context<'_>, _tag: u64, _due: UnixNanos) -> Outcome {
        let Some(trade) = &self.last else {
            ctx.info("no trade yet");
            return Ok(());
        };
        let symbol = ctx.instrument(trade.header.instrument).unwrap_or_default().symbol;
        ctx.info(format_args!(
            "{} trades; the last: {} shares of {symbol} at {}",
            self.trades, trade.quantity, trade.price
        ));
        Ok(())
    }
}

export_strategy!(Hello);

#[cfg(test)]
mod tests {
    use super::*;
    use strategy_api::testing::TestHost;
    use strategy_api::{Price, Quantity, Record};

    #[test]
    fn the_last_trade_is_shown_when_the_timer_is_due() {
        let mut host = TestHost::new();
        let samsung = host.add_instrument("005930", "삼성전자");
        let mut hello: Hello = host.create("every_seconds = 2").unwrap();
        hello.on_start(&mut host.context()).unwrap();

        let mut trade = Trade::unset();
        trade.header.instrument = samsung;
        trade.price = Price::new(60_700);
        trade.quantity = Quantity::new(19);
        hello.on_trade(&mut host.context(), &trade).unwrap();
        host.advance(&mut hello, DurationNanos::from_secs(5)).unwrap();

        let lines: Vec<_> = host.logged().iter().map(|(_, line)| line.as_str()).collect();
        let expected = "1 trades; the last: 19 shares of 005930 at 60700";
        assert_eq!(lines, [expected, expected]);
    }

    #[test]
    fn parameters_that_make_no_sense_are_refused() {
        let mut host = TestHost::new();
        assert!(host.create::<Hello>("every_seconds = 0").is_err());
        assert!(host.create::<Hello>("every_second = 1").is_err());
    }
}
