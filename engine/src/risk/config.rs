//! What the gate allows. Every limit is on and cautious unless the configuration says otherwise.

use serde::{Deserialize, Serialize};

/// Section `[risk]` of a configuration.
///
/// ```
/// let risk: engine::risk::RiskConfig = toml::from_str(
///     "order_value_max = 2_000_000\n[strategy]\nworking_orders_max = 4\n",
/// )?;
/// assert!(risk.problems().is_empty());
/// assert_eq!(risk.strategy.working_orders_max, 4);
/// assert_eq!(risk.order_quantity_max, 1_000);
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RiskConfig {
    /// Shares in one order, 1 ..= 10,000,000. Default 1,000. Stops a slipped digit.
    pub order_quantity_max: i64,
    /// Worth of one order in KRW, 1 ..= 10^12; an order without a price counts at the upper limit of
    /// the day. Default 5,000,000. Stops a slipped digit in a dear share.
    pub order_value_max: i64,
    /// How far a price may be from the last trade on the side that would fill, in hundredths of a
    /// percent, 1 ..= 3,000. Default 200 (2 %). Stops an order computed from a wrong price.
    pub collar_bps: u32,
    /// Seconds of the window over which `window_move_bps` counts, 1 ..= 600. Default 10.
    pub window_seconds: u32,
    /// How far the last trade may move within the window, highest against lowest, in hundredths of a
    /// percent, 1 ..= 6,000. Default 300 (3 %). A market that runs, or a feed that lies.
    pub window_move_bps: u32,
    /// Whether sells are spared from the window: they only ever reduce. Default true.
    pub window_spares_sells: bool,
    /// Age in milliseconds from which a price is too old while trading is continuous,
    /// 100 ..= 3,600,000. Default 60,000.
    pub reference_age_max_ms: u64,
    /// Whether orders without a price may be sent into call auctions, where nothing but the limits of
    /// the day bounds the price. Default false.
    pub unpriced_in_auctions: bool,
    /// Whether orders may be sent during a volatility interruption (VI). Default false.
    pub allow_in_interruption: bool,
    /// Whether a strategy may sell shares of the account that no strategy bought. Default false.
    pub sell_unowned: bool,
    /// Whether the proceeds of a sell can be spent at once (재매매). Default false: they count after
    /// the next reconciliation.
    pub reuse_proceeds: bool,
    /// How often the same order (instrument, venue, side, type, prices, quantity) may be sent within
    /// `repeat_window_ms`, 1 ..= 32. Default 5. The next one stops the strategy until it is re-armed.
    pub repeat_orders_max: u32,
    /// Milliseconds, 1 ..= 3,600,000. Default 10,000.
    pub repeat_window_ms: u64,
    /// Messages that the broker takes within any second, 1 ..= 64. Default 5, as its policy
    /// says. In mode `mock` 2, which that server takes within two seconds; any other number is one of
    /// a second there, too.
    pub broker_orders_per_second: u32,
    /// How many of those are kept for cancels, 0 .. `broker_orders_per_second`. Default 1.
    pub broker_cancel_reserve: u32,
    /// Codes that may not be traded.
    pub restricted: Vec<String>,
    /// Limits of the whole account.
    #[serde(deserialize_with = "account_limits")]
    pub account: Limits,
    /// Limits of each strategy that has none of its own.
    pub strategy: Limits,
}

/// Limits of the account or of a strategy. What a limit counts is the worst case: every own buy that
/// can still fill has filled, no sell has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Shares held of one instrument, 0 ..= 10^9. Default: strategy 10,000, account 100,000 with the
    /// shares that were there before.
    pub position_quantity_max: i64,
    /// Worth of one instrument held, KRW, 0 ..= 10^13. Default: strategy 10,000,000, account
    /// 30,000,000.
    pub position_value_max: i64,
    /// Worth of all instruments held, KRW, 0 ..= 10^13. Default: strategy 20,000,000, account
    /// 50,000,000.
    pub exposure_max: i64,
    /// Loss of the day in KRW, realised and open, costs included, 0 ..= 10^12. From there on buys are
    /// denied. Default: strategy 300,000, account 500,000 (the strategies' results together).
    pub daily_loss_max: i64,
    /// Orders that can still fill, 0 ..= 4,000. Default: strategy 10, account 30.
    pub working_orders_max: u32,
    /// New orders and replaces within any second, 1 ..= 100. Default: strategy 3, account 5.
    pub messages_per_second: u32,
}

impl Limits {
    /// Cautious limits of a strategy.
    pub const STRATEGY: Self = Self {
        position_quantity_max: 10_000,
        position_value_max: 10_000_000,
        exposure_max: 20_000_000,
        daily_loss_max: 300_000,
        working_orders_max: 10,
        messages_per_second: 3,
    };
    /// Cautious limits of an account.
    pub const ACCOUNT: Self = Self {
        position_quantity_max: 100_000,
        position_value_max: 30_000_000,
        exposure_max: 50_000_000,
        daily_loss_max: 500_000,
        working_orders_max: 30,
        messages_per_second: 5,
    };

    fn problems(&self, place: &'static str, problems: &mut Vec<RiskProblem>) {
        let mut check = |key: &'static str, value: i64, range: std::ops::RangeInclusive<i64>| {
            check(problems, place, key, value, range);
        };
        check("position_quantity_max", self.position_quantity_max, ranges::POSITION_QUANTITY);
        check("position_value_max", self.position_value_max, ranges::POSITION_VALUE);
        check("exposure_max", self.exposure_max, ranges::EXPOSURE);
        check("daily_loss_max", self.daily_loss_max, ranges::DAILY_LOSS);
        check("working_orders_max", self.working_orders_max.into(), ranges::WORKING_ORDERS);
        check("messages_per_second", self.messages_per_second.into(), ranges::MESSAGES_PER_SECOND);
    }
}

/// Most working orders that can be allowed.
pub const WORKING_ORDERS_MAX: i64 = 4_000;

impl Default for Limits {
    /// Those of a strategy; the account's own defaults are in [`RiskConfig::default`].
    fn default() -> Self {
        Self::STRATEGY
    }
}

impl Default for RiskConfig {
    fn default() -> Self {
        Self {
            order_quantity_max: 1_000,
            order_value_max: 5_000_000,
            collar_bps: 200,
            window_seconds: 10,
            window_move_bps: 300,
            window_spares_sells: true,
            reference_age_max_ms: 60_000,
            unpriced_in_auctions: false,
            allow_in_interruption: false,
            sell_unowned: false,
            reuse_proceeds: false,
            repeat_orders_max: 5,
            repeat_window_ms: 10_000,
            broker_orders_per_second: 5,
            broker_cancel_reserve: 1,
            restricted: Vec::new(),
            account: Limits::ACCOUNT,
            strategy: Limits::STRATEGY,
        }
    }
}

/// A value of `[risk]` that cannot be.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{place}.{key} = {value} must be {expected}")]
pub struct RiskProblem {
    /// Section.
    pub place: &'static str,
    /// Key.
    pub key: &'static str,
    /// What it says.
    pub value: String,
    /// What would be right.
    pub expected: String,
}

impl RiskConfig {
    /// Everything that is out of range.
    pub fn problems(&self) -> Vec<RiskProblem> {
        let mut problems = Vec::new();
        let mut check = |key: &'static str, value: i64, range: std::ops::RangeInclusive<i64>| {
            check(&mut problems, "risk", key, value, range);
        };
        check("order_quantity_max", self.order_quantity_max, ranges::ORDER_QUANTITY);
        check("order_value_max", self.order_value_max, ranges::ORDER_VALUE);
        check("collar_bps", self.collar_bps.into(), ranges::COLLAR);
        check("window_seconds", self.window_seconds.into(), ranges::WINDOW_SECONDS);
        check("window_move_bps", self.window_move_bps.into(), ranges::WINDOW_MOVE);
        check("reference_age_max_ms", signed(self.reference_age_max_ms), ranges::REFERENCE_AGE);
        check("repeat_orders_max", self.repeat_orders_max.into(), ranges::REPEATS);
        check("repeat_window_ms", signed(self.repeat_window_ms), ranges::REPEAT_WINDOW);
        check(
            "broker_orders_per_second",
            self.broker_orders_per_second.into(),
            ranges::ORDERS_PER_SECOND,
        );
        let reserve = ranges::cancel_reserve(self.broker_orders_per_second);
        check("broker_cancel_reserve", self.broker_cancel_reserve.into(), reserve);
        self.account.problems("risk.account", &mut problems);
        self.strategy.problems("risk.strategy", &mut problems);
        for code in &self.restricted {
            if strategy_api::Symbol::new(code).is_none_or(|symbol| symbol.is_empty()) {
                problems.push(RiskProblem {
                    place: "risk",
                    key: "restricted",
                    value: format!("{code:?}"),
                    expected: "a code without a venue suffix, such as \"005930\"".into(),
                });
            }
        }
        problems
    }
}

/// What each value may be: for whoever reads one key at a time and says where it stands.
pub(crate) mod ranges {
    use std::ops::RangeInclusive;

    type Range = RangeInclusive<i64>;

    pub(crate) const ORDER_QUANTITY: Range = 1..=10_000_000;
    pub(crate) const ORDER_VALUE: Range = 1..=1_000_000_000_000;
    pub(crate) const COLLAR: Range = 1..=3_000;
    pub(crate) const WINDOW_SECONDS: Range = 1..=600;
    pub(crate) const WINDOW_MOVE: Range = 1..=6_000;
    pub(crate) const REFERENCE_AGE: Range = 100..=3_600_000;
    pub(crate) const REPEATS: Range = 1..=32;
    pub(crate) const REPEAT_WINDOW: Range = 1..=3_600_000;
    /// As many as the limiter of the broker's rate can count.
    pub(crate) const ORDERS_PER_SECOND: Range = 1..=64;
    pub(crate) const POSITION_QUANTITY: Range = 0..=1_000_000_000;
    pub(crate) const POSITION_VALUE: Range = 0..=10_000_000_000_000;
    pub(crate) const EXPOSURE: Range = 0..=10_000_000_000_000;
    pub(crate) const DAILY_LOSS: Range = 0..=1_000_000_000_000;
    pub(crate) const WORKING_ORDERS: Range = 0..=super::WORKING_ORDERS_MAX;
    pub(crate) const MESSAGES_PER_SECOND: Range = 1..=100;

    /// At least one of the broker's messages a second is left for orders.
    pub(crate) fn cancel_reserve(orders_per_second: u32) -> Range {
        0..=i64::from(orders_per_second).max(1) - 1
    }
}

/// Keys that are not there are those of an account, not of a strategy.
fn account_limits<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Limits, D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Given {
        position_quantity_max: Option<i64>,
        position_value_max: Option<i64>,
        exposure_max: Option<i64>,
        daily_loss_max: Option<i64>,
        working_orders_max: Option<u32>,
        messages_per_second: Option<u32>,
    }
    let given = Given::deserialize(from)?;
    let own = Limits::ACCOUNT;
    Ok(Limits {
        position_quantity_max: given.position_quantity_max.unwrap_or(own.position_quantity_max),
        position_value_max: given.position_value_max.unwrap_or(own.position_value_max),
        exposure_max: given.exposure_max.unwrap_or(own.exposure_max),
        daily_loss_max: given.daily_loss_max.unwrap_or(own.daily_loss_max),
        working_orders_max: given.working_orders_max.unwrap_or(own.working_orders_max),
        messages_per_second: given.messages_per_second.unwrap_or(own.messages_per_second),
    })
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn check(
    problems: &mut Vec<RiskProblem>,
    place: &'static str,
    key: &'static str,
    value: i64,
    range: std::ops::RangeInclusive<i64>,
) {
    if !range.contains(&value) {
        let expected = format!("{} to {}", range.start(), range.end());
        problems.push(RiskProblem { place, key, value: value.to_string(), expected });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_in_range_and_an_empty_section_is_the_defaults() {
        assert_eq!(RiskConfig::default().problems(), []);
        assert_eq!(toml::from_str::<RiskConfig>("").unwrap(), RiskConfig::default());
    }

    #[test]
    fn a_partial_account_section_keeps_the_limits_of_an_account() {
        let text = "[account]\nexposure_max = 1\n";
        let config: RiskConfig = toml::from_str(text).unwrap();
        assert_eq!(config.account, Limits { exposure_max: 1, ..Limits::ACCOUNT });
    }

    #[test]
    fn unknown_keys_and_values_out_of_range_are_refused() {
        assert!(toml::from_str::<RiskConfig>("order_value = 1").is_err());
        assert!(toml::from_str::<RiskConfig>("[strategy]\nfast = true").is_err());
        let config: RiskConfig = toml::from_str(
            "order_quantity_max = 0\nbroker_cancel_reserve = 5\nrestricted = [\"\"]\n\
             [strategy]\nmessages_per_second = 0\n",
        )
        .unwrap();
        let problems = config.problems();
        let keys: Vec<_> = problems.iter().map(|problem| problem.key).collect();
        assert_eq!(
            keys,
            ["order_quantity_max", "broker_cancel_reserve", "messages_per_second", "restricted"]
        );
        let text = problems[0].to_string();
        assert_eq!(text, "risk.order_quantity_max = 0 must be 1 to 10000000");
    }
}
