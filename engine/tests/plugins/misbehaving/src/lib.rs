//! A strategy for the tests of the plugin host: fails in the way that its parameter says.

use serde::Deserialize;
use strategy_api::{
    BestQuote, Context, Error, InstrumentId, Kind, Kinds, Order, Outcome, Quantity, Side, Strategy,
    Trade, Venue, export_strategy,
};

#[derive(Deserialize)]
struct Params {
    #[serde(default)]
    how: String,
}

struct Misbehaving {
    how: String,
    trades: u64,
}

impl Strategy for Misbehaving {
    type Params = Params;

    const KINDS: Kinds = Kinds::of(&[Kind::TRADE, Kind::BEST_QUOTE]);

    fn new(params: Params, ctx: &mut Context<'_>) -> Result<Self, Error> {
        match params.how.as_str() {
            "panic in new" => panic!("no thanks"),
            "error in new" => Err(Error::new("the moon is wrong")),
            _ => {
                ctx.info("made");
                Ok(Self { how: params.how, trades: 0 })
            }
        }
    }

    fn on_trade(&mut self, ctx: &mut Context<'_>, trade: &Trade) -> Outcome {
        self.trades += 1;
        match self.how.as_str() {
            "panic in on_trade" => {
                let empty: Vec<u64> = Vec::new();
                let index = self.trades as usize;
                ctx.info(format_args!("{}", empty[index]));
            }
            "error in on_trade" => Err(Error::new(format_args!("lost count at {}", trade.price)))?,
            "refusal in on_trade" => {
                ctx.submit(Order::market(
                    InstrumentId(999),
                    Venue::KRX,
                    Side::BUY,
                    Quantity::new(1),
                ))?;
            }
            "stop in on_trade" => ctx.stop("enough"),
            "submit in on_trade" => {
                let (at, one) = (trade.header.instrument, Quantity::new(1));
                ctx.submit(Order::market(at, Venue::KRX, Side::BUY, one))?;
            }
            _ => ctx.info(format_args!(
                "volume ratio {:?}, turnover {:?}",
                ctx.fid(strategy_api::fid::VOLUME_RATIO),
                ctx.fid_hundredths(strategy_api::fid::TURNOVER)
            )),
        }
        Ok(())
    }

    fn on_best_quote(&mut self, ctx: &mut Context<'_>, _: &BestQuote) -> Outcome {
        ctx.info(format_args!("quote {:?}", ctx.fid(strategy_api::fid::VOLUME_RATIO)));
        Ok(())
    }

    fn on_stop(&mut self, ctx: &mut Context<'_>) -> Outcome {
        ctx.info(format_args!("stopped after {} trades", self.trades));
        if self.how == "error in on_stop" {
            return Err(Error::new("not yet"));
        }
        Ok(())
    }
}

impl Drop for Misbehaving {
    fn drop(&mut self) {
        if self.how == "panic in drop" {
            panic!("never");
        }
    }
}

export_strategy!(Misbehaving);
