//! Why the engine refused a call of a strategy.

use core::fmt;

/// Why the engine refused a call. Small and `Copy`: it is born on the hot path. Across the ABI it is
/// its number; 0 means that the call was accepted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(i32)]
#[non_exhaustive]
pub enum Refusal {
    /// The ring towards the gateway is full (or too many timers are set). Nothing was sent; try on a
    /// later event.
    Full = 1,
    /// No instrument of this run has that id or code.
    UnknownInstrument = 2,
    /// The order type needs a price above zero, or takes no price and was given one.
    InvalidPrice = 3,
    /// Only a stop order takes a stop price, and it needs one above zero.
    InvalidStopPrice = 4,
    /// The quantity is not above zero.
    InvalidQuantity = 5,
    /// The side is neither buy nor sell.
    InvalidSide = 6,
    /// The venue is none of KRX, NXT, SOR.
    InvalidVenue = 7,
    /// The order type is none of [`OrderType::ALL`](crate::OrderType::ALL).
    InvalidOrderType = 8,
    /// No working order of this strategy has that id.
    UnknownOrder = 9,
    /// The strategy is stopped or may not trade (paused, kill switch, feed down).
    NotAllowed = 10,
    /// This engine cannot do that.
    Unsupported = 11,
    /// The risk gate denied it at once.
    Denied = 12,
    /// An argument was wrong: a null pointer, text that is not UTF-8, a value out of range.
    InvalidArgument = 13,
    /// There is nothing under that name: a field, a timer, a parameter.
    NotFound = 14,
    /// A fault of the engine itself; it is on its way to an orderly stop.
    Internal = 15,
    /// The kill switch is latched. Nothing new leaves until a person re-arms it.
    Killed = 16,
    /// This strategy is stopped until a person re-arms it (it repeated itself, or was stopped by
    /// hand).
    StrategyStopped = 17,
    /// The feed is down or silent: prices may be old.
    FeedStale = 18,
    /// The venue takes no orders now.
    SessionClosed = 19,
    /// The venue takes no orders of this type at this hour.
    WrongSession = 20,
    /// The instrument does not trade at this venue, or not at this hour.
    NotAtVenue = 21,
    /// The instrument is on the restricted list.
    Restricted = 22,
    /// Trading in the instrument, or in the whole market, is halted.
    Halted = 23,
    /// A volatility interruption (VI) is on in the instrument.
    Interrupted = 24,
    /// The instrument is closed for this strategy until it is known what became of an earlier
    /// order.
    InstrumentClosed = 25,
    /// The price does not stand on a price step.
    OffTick = 26,
    /// The price is above the upper or below the lower limit of the day.
    OutsideLimits = 27,
    /// No price is known that the order could be compared with.
    ReferenceMissing = 28,
    /// The price that the order would be compared with is too old.
    ReferenceOld = 29,
    /// The price is too far from the last trade, on the side that would fill.
    Collar = 30,
    /// The price of the instrument moved too much within the window.
    FastMarket = 31,
    /// More shares than one order may have.
    OrderQuantity = 32,
    /// Worth more than one order may be.
    OrderValue = 33,
    /// The strategy could come to hold more of the instrument than it may.
    StrategyPosition = 34,
    /// The account could come to hold more of the instrument than it may.
    AccountPosition = 35,
    /// The strategy could come to hold more in all instruments together than it may.
    StrategyExposure = 36,
    /// The account could come to hold more in all instruments together than it may.
    AccountExposure = 37,
    /// The strategy has as many working orders as it may.
    WorkingOrders = 38,
    /// All strategies together have as many working orders as they may.
    AccountWorkingOrders = 39,
    /// The strategy does not hold that many shares beyond those it already offers.
    NotHeld = 40,
    /// The account cannot sell that many shares beyond those it already offers.
    NotSellable = 41,
    /// The cash that is not reserved does not cover it, costs included.
    Cash = 42,
    /// It could meet a resting order of the same account.
    SelfTrade = 43,
    /// The strategy has lost as much today as it may: it may only reduce.
    StrategyLoss = 44,
    /// All strategies together have lost as much today as they may: they may only reduce.
    AccountLoss = 45,
    /// The same order came too often in a short time. The strategy is stopped until a person
    /// re-arms it.
    Repeated = 46,
    /// The strategy, or all together, sent as many messages within a second as they may.
    MessageRate = 47,
    /// The broker takes no more orders within this second.
    BrokerRate = 48,
}

impl Refusal {
    /// Every refusal, in the order of their numbers.
    pub const ALL: &'static [Self] = &[
        Self::Full,
        Self::UnknownInstrument,
        Self::InvalidPrice,
        Self::InvalidStopPrice,
        Self::InvalidQuantity,
        Self::InvalidSide,
        Self::InvalidVenue,
        Self::InvalidOrderType,
        Self::UnknownOrder,
        Self::NotAllowed,
        Self::Unsupported,
        Self::Denied,
        Self::InvalidArgument,
        Self::NotFound,
        Self::Internal,
        Self::Killed,
        Self::StrategyStopped,
        Self::FeedStale,
        Self::SessionClosed,
        Self::WrongSession,
        Self::NotAtVenue,
        Self::Restricted,
        Self::Halted,
        Self::Interrupted,
        Self::InstrumentClosed,
        Self::OffTick,
        Self::OutsideLimits,
        Self::ReferenceMissing,
        Self::ReferenceOld,
        Self::Collar,
        Self::FastMarket,
        Self::OrderQuantity,
        Self::OrderValue,
        Self::StrategyPosition,
        Self::AccountPosition,
        Self::StrategyExposure,
        Self::AccountExposure,
        Self::WorkingOrders,
        Self::AccountWorkingOrders,
        Self::NotHeld,
        Self::NotSellable,
        Self::Cash,
        Self::SelfTrade,
        Self::StrategyLoss,
        Self::AccountLoss,
        Self::Repeated,
        Self::MessageRate,
        Self::BrokerRate,
    ];

    /// The number that crosses the ABI.
    #[inline]
    pub const fn code(self) -> i32 {
        self as i32
    }

    /// What a number from the ABI means: `Ok` for 0. A number of a later version is `Unsupported`.
    #[inline]
    pub fn from_code(code: i32) -> Result<(), Self> {
        if code == 0 {
            return Ok(());
        }
        Err(Self::ALL.iter().copied().find(|r| r.code() == code).unwrap_or(Self::Unsupported))
    }

    /// A short name, as it stands in logs and counters.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::UnknownInstrument => "unknown_instrument",
            Self::InvalidPrice => "invalid_price",
            Self::InvalidStopPrice => "invalid_stop_price",
            Self::InvalidQuantity => "invalid_quantity",
            Self::InvalidSide => "invalid_side",
            Self::InvalidVenue => "invalid_venue",
            Self::InvalidOrderType => "invalid_order_type",
            Self::UnknownOrder => "unknown_order",
            Self::NotAllowed => "not_allowed",
            Self::Unsupported => "unsupported",
            Self::Denied => "denied",
            Self::InvalidArgument => "invalid_argument",
            Self::NotFound => "not_found",
            Self::Internal => "internal",
            Self::Killed => "killed",
            Self::StrategyStopped => "strategy_stopped",
            Self::FeedStale => "feed_stale",
            Self::SessionClosed => "session_closed",
            Self::WrongSession => "wrong_session",
            Self::NotAtVenue => "not_at_venue",
            Self::Restricted => "restricted",
            Self::Halted => "halted",
            Self::Interrupted => "interrupted",
            Self::InstrumentClosed => "instrument_closed",
            Self::OffTick => "off_tick",
            Self::OutsideLimits => "outside_limits",
            Self::ReferenceMissing => "reference_missing",
            Self::ReferenceOld => "reference_old",
            Self::Collar => "collar",
            Self::FastMarket => "fast_market",
            Self::OrderQuantity => "order_quantity",
            Self::OrderValue => "order_value",
            Self::StrategyPosition => "strategy_position",
            Self::AccountPosition => "account_position",
            Self::StrategyExposure => "strategy_exposure",
            Self::AccountExposure => "account_exposure",
            Self::WorkingOrders => "working_orders",
            Self::AccountWorkingOrders => "account_working_orders",
            Self::NotHeld => "not_held",
            Self::NotSellable => "not_sellable",
            Self::Cash => "cash",
            Self::SelfTrade => "self_trade",
            Self::StrategyLoss => "strategy_loss",
            Self::AccountLoss => "account_loss",
            Self::Repeated => "repeated",
            Self::MessageRate => "message_rate",
            Self::BrokerRate => "broker_rate",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "no room: the engine has not taken the earlier ones yet",
            Self::UnknownInstrument => "no instrument of this run has that id or code",
            Self::InvalidPrice => "the price does not fit the order type",
            Self::InvalidStopPrice => "the stop price does not fit the order type",
            Self::InvalidQuantity => "the quantity is not above zero",
            Self::InvalidSide => "the side is neither buy nor sell",
            Self::InvalidVenue => "the venue is none of KRX, NXT, SOR",
            Self::InvalidOrderType => "no such order type",
            Self::UnknownOrder => "no working order of this strategy has that id",
            Self::NotAllowed => "the strategy may not trade now",
            Self::Unsupported => "this engine cannot do that",
            Self::Denied => "the risk gate denied it",
            Self::InvalidArgument => "an argument was null or not UTF-8, or out of range",
            Self::NotFound => "there is nothing under that name",
            Self::Internal => "a fault of the engine",
            Self::Killed => "the kill switch is latched until a person re-arms it",
            Self::StrategyStopped => "this strategy is stopped until a person re-arms it",
            Self::FeedStale => "the feed is down or silent",
            Self::SessionClosed => "the venue takes no orders now",
            Self::WrongSession => "the venue takes no orders of this type at this hour",
            Self::NotAtVenue => "the instrument does not trade at this venue now",
            Self::Restricted => "the instrument is on the restricted list",
            Self::Halted => "trading is halted",
            Self::Interrupted => "a volatility interruption is on",
            Self::InstrumentClosed => {
                "an earlier order of this strategy in the instrument is in doubt"
            }
            Self::OffTick => "the price is not on a price step",
            Self::OutsideLimits => "the price is outside the limits of the day",
            Self::ReferenceMissing => "no price is known to compare the order with",
            Self::ReferenceOld => "the price to compare the order with is too old",
            Self::Collar => "the price is too far from the last trade",
            Self::FastMarket => "the price moved too much within the window",
            Self::OrderQuantity => "more shares than one order may have",
            Self::OrderValue => "worth more than one order may be",
            Self::StrategyPosition => "the strategy could hold more of the instrument than it may",
            Self::AccountPosition => "the account could hold more of the instrument than it may",
            Self::StrategyExposure => "the strategy could hold more in all than it may",
            Self::AccountExposure => "the account could hold more in all than it may",
            Self::WorkingOrders => "the strategy has as many working orders as it may",
            Self::AccountWorkingOrders => "the account has as many working orders as it may",
            Self::NotHeld => "the strategy does not hold that many free shares",
            Self::NotSellable => "the account cannot sell that many shares",
            Self::Cash => "the free cash does not cover it",
            Self::SelfTrade => "it could meet an own order on the other side",
            Self::StrategyLoss => "the strategy has lost as much today as it may",
            Self::AccountLoss => "all strategies have lost as much today as they may",
            Self::Repeated => "the same order came too often",
            Self::MessageRate => "too many messages within a second",
            Self::BrokerRate => "the broker takes no more orders within this second",
        })
    }
}

impl core::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_come_back_and_later_ones_are_unsupported() {
        assert_eq!(Refusal::from_code(0), Ok(()));
        for (index, refusal) in Refusal::ALL.iter().enumerate() {
            assert_eq!(refusal.code(), index as i32 + 1);
            assert_eq!(Refusal::from_code(refusal.code()), Err(*refusal));
        }
        assert_eq!(Refusal::from_code(-1), Err(Refusal::Unsupported));
        assert_eq!(Refusal::from_code(99), Err(Refusal::Unsupported));
    }
}
