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
