//! The trait that a strategy in Rust implements, and the macro that makes it a plugin.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::abi::Context;
use crate::error::Error;
use crate::kinds::Kinds;
use crate::record::{
    Balance, BestQuote, BrokerFlow, ConditionMatch, Depth, EtfNav, FeedEvent, GoldPrice,
    IndexBreadth, IndexValue, IndicativeMatch, IndicativePrice, InstrumentInfo, OffHoursQuote,
    OrderReport, OrderUpdate, ProgramTrading, SessionChange, SessionState, Trade,
    VolatilityInterruption, WarrantIndicators, WarrantTheory,
};
use crate::units::UnixNanos;

/// What every callback returns; an error stops this strategy and no other.
pub type Outcome = Result<(), Error>;

/// A strategy without parameters: `type Params = NoParams`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoParams {}

/// A strategy.
///
/// Every method but [`new`](Self::new) has a default that does nothing. All of them run on one
/// thread, one at a time. A method must not block, sleep, or ask another clock than
/// [`Context::now`]: while it works, records wait in the ring, and past the ring's end they are lost
/// to this strategy (and to no other).
///
/// ```
/// use strategy_api::{Context, Error, NoParams, Outcome, Strategy, Trade, export_strategy};
///
/// struct Counter {
///     trades: u64,
/// }
///
/// impl Strategy for Counter {
///     type Params = NoParams;
///
///     fn new(_: NoParams, _: &mut Context<'_>) -> Result<Self, Error> {
///         Ok(Self { trades: 0 })
///     }
///
///     fn on_trade(&mut self, ctx: &mut Context<'_>, trade: &Trade) -> Outcome {
///         self.trades += 1;
///         if self.trades % 1000 == 0 {
///             ctx.info(format_args!("{} trades, the last at {}", self.trades, trade.price));
///         }
///         Ok(())
///     }
/// }
///
/// export_strategy!(Counter);
/// # fn main() {}
/// ```
#[allow(unused_variables)]
pub trait Strategy: Sized + Send + 'static {
    /// The strategy's table in the configuration, as a type. A key that it does not have is refused.
    type Params: DeserializeOwned;

    /// The records that it wants to be called for. Narrow it when each nanosecond counts: a record
    /// that nobody wants is not even a call. A kind that is missing here is never delivered.
    const KINDS: Kinds = Kinds::ALL;

    /// Makes the strategy. Instruments can be looked up here, orders cannot be sent yet.
    ///
    /// # Errors
    /// Whatever makes it impossible to run; the engine shows it and does not start the strategy.
    fn new(params: Self::Params, ctx: &mut Context<'_>) -> Result<Self, Error>;

    /// The engine is ready; events follow.
    fn on_start(&mut self, ctx: &mut Context<'_>) -> Outcome {
        Ok(())
    }

    /// The last call. Not made after a failure.
    fn on_stop(&mut self, ctx: &mut Context<'_>) -> Outcome {
        Ok(())
    }

    /// The timer named `tag` is due, set for `due`.
    fn on_timer(&mut self, ctx: &mut Context<'_>, tag: u64, due: UnixNanos) -> Outcome {
        Ok(())
    }

    /// The state of the feed changed, or records were lost.
    fn on_feed(&mut self, ctx: &mut Context<'_>, event: &FeedEvent) -> Outcome {
        Ok(())
    }

    /// Something happened to an order of this strategy.
    fn on_order(&mut self, ctx: &mut Context<'_>, report: &OrderReport) -> Outcome {
        Ok(())
    }

    /// A venue is in another phase of its day, by the clock or by a `0s` frame. Each venue is told once
    /// right after [`on_start`](Self::on_start), before any record of the market. Only in modes that
    /// trade: with `dry-run` nobody follows the phases.
    fn on_session(&mut self, ctx: &mut Context<'_>, change: &SessionChange) -> Outcome {
        Ok(())
    }

    /// `0B` 주식체결.
    fn on_trade(&mut self, ctx: &mut Context<'_>, trade: &Trade) -> Outcome {
        Ok(())
    }

    /// `0D` 주식호가잔량.
    fn on_depth(&mut self, ctx: &mut Context<'_>, depth: &Depth) -> Outcome {
        Ok(())
    }

    /// `0C` 주식우선호가.
    fn on_best_quote(&mut self, ctx: &mut Context<'_>, quote: &BestQuote) -> Outcome {
        Ok(())
    }

    /// `0A` 주식기세.
    fn on_indicative_price(&mut self, ctx: &mut Context<'_>, price: &IndicativePrice) -> Outcome {
        Ok(())
    }

    /// `0E` 주식시간외호가.
    fn on_off_hours_quote(&mut self, ctx: &mut Context<'_>, quote: &OffHoursQuote) -> Outcome {
        Ok(())
    }

    /// `0F` 주식당일거래원.
    fn on_broker_flow(&mut self, ctx: &mut Context<'_>, flow: &BrokerFlow) -> Outcome {
        Ok(())
    }

    /// `0G` ETF NAV.
    fn on_etf_nav(&mut self, ctx: &mut Context<'_>, nav: &EtfNav) -> Outcome {
        Ok(())
    }

    /// `0H` 주식예상체결.
    fn on_indicative_match(&mut self, ctx: &mut Context<'_>, matched: &IndicativeMatch) -> Outcome {
        Ok(())
    }

    /// `0I` 국제금환산가격.
    fn on_gold_price(&mut self, ctx: &mut Context<'_>, price: &GoldPrice) -> Outcome {
        Ok(())
    }

    /// `0J` 업종지수.
    fn on_index_value(&mut self, ctx: &mut Context<'_>, index: &IndexValue) -> Outcome {
        Ok(())
    }

    /// `0U` 업종등락.
    fn on_index_breadth(&mut self, ctx: &mut Context<'_>, breadth: &IndexBreadth) -> Outcome {
        Ok(())
    }

    /// `0g` 주식종목정보.
    fn on_instrument_info(&mut self, ctx: &mut Context<'_>, info: &InstrumentInfo) -> Outcome {
        Ok(())
    }

    /// `0m` ELW 이론가.
    fn on_warrant_theory(&mut self, ctx: &mut Context<'_>, theory: &WarrantTheory) -> Outcome {
        Ok(())
    }

    /// `0s` 장시작시간.
    fn on_session_state(&mut self, ctx: &mut Context<'_>, session: &SessionState) -> Outcome {
        Ok(())
    }

    /// `0u` ELW 지표.
    fn on_warrant_indicators(
        &mut self,
        ctx: &mut Context<'_>,
        indicators: &WarrantIndicators,
    ) -> Outcome {
        Ok(())
    }

    /// `0w` 종목별프로그램매매.
    fn on_program_trading(&mut self, ctx: &mut Context<'_>, program: &ProgramTrading) -> Outcome {
        Ok(())
    }

    /// `1h` VI발동/해제.
    fn on_volatility_interruption(
        &mut self,
        ctx: &mut Context<'_>,
        interruption: &VolatilityInterruption,
    ) -> Outcome {
        Ok(())
    }

    /// `02` 조건검색.
    fn on_condition_match(&mut self, ctx: &mut Context<'_>, matched: &ConditionMatch) -> Outcome {
        Ok(())
    }

    /// `00` 주문체결: an order of the account, as the broker tells it. [`on_order`](Self::on_order)
    /// is what a strategy usually wants.
    fn on_order_update(&mut self, ctx: &mut Context<'_>, update: &OrderUpdate) -> Outcome {
        Ok(())
    }

    /// `04` 현물잔고: a position of the account, as the broker tells it.
    fn on_balance(&mut self, ctx: &mut Context<'_>, balance: &Balance) -> Outcome {
        Ok(())
    }
}

/// Reads a strategy's parameters from TOML text. A key that the type does not take is an error, also
/// where the type itself would let it pass.
///
/// # Errors
/// Names the key and the line.
pub fn params_from_toml<P: DeserializeOwned>(text: &str) -> Result<P, Error> {
    let mut unknown = std::vec::Vec::new();
    let deserializer = toml::Deserializer::parse(text)?;
    let params = serde_ignored::deserialize(deserializer, |path| {
        unknown.push(std::string::ToString::to_string(&path));
    })?;
    if unknown.is_empty() {
        return Ok(params);
    }
    Err(Error::new(format_args!("unknown key `{}`", unknown.join("`, `"))))
}

/// Makes a library a plugin: exports the one function that the engine looks for. Name, version and
/// description are those of the package.
///
/// The package needs `crate-type = ["cdylib"]` and panics that unwind (the default).
#[macro_export]
macro_rules! export_strategy {
    ($strategy:ty) => {
        #[cfg(panic = "abort")]
        ::core::compile_error!(
            "a strategy must be built with panic = \"unwind\": a panic would end the engine"
        );

        /// The one function that the engine looks for.
        #[unsafe(no_mangle)]
        pub extern "C" fn strategy_plugin() -> *const $crate::abi::PluginTable {
            static TABLE: $crate::abi::PluginTable = $crate::abi::table::<$strategy>(
                $crate::abi::c_text(::core::concat!(::core::env!("CARGO_PKG_NAME"), "\0")),
                $crate::abi::c_text(::core::concat!(::core::env!("CARGO_PKG_VERSION"), "\0")),
                $crate::abi::c_text(::core::concat!(::core::env!("CARGO_PKG_DESCRIPTION"), "\0")),
            );
            &TABLE
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, Debug)]
    struct Loose {
        size: u32,
    }

    #[test]
    fn an_unknown_key_is_refused_even_where_the_type_would_ignore_it() {
        assert_eq!(params_from_toml::<Loose>("size = 3").unwrap().size, 3);
        let error = params_from_toml::<Loose>("size = 3\nsise = 4").unwrap_err();
        assert_eq!(error.message(), "unknown key `sise`");
    }

    #[test]
    fn a_bad_value_names_its_key_and_line() {
        let error = params_from_toml::<Loose>("size = \"big\"").unwrap_err();
        assert!(error.message().contains("size"), "{error}");
        assert!(error.message().contains("line 1"), "{error}");
        assert!(params_from_toml::<NoParams>("").is_ok());
        assert!(params_from_toml::<NoParams>("x = 1").is_err());
    }
}
