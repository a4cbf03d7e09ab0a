//! What trading earned.

use crate::units::Notional;

/// Profit of a strategy or of the account, today, KRW. Fees and taxes are those that the engine
/// reckons from the account's rates, cut to whole won as the broker cuts them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Pnl {
    /// Of what was closed, before fees and taxes.
    pub realised: Notional,
    /// Of what is held, at the prices that the engine knew last, before fees and taxes and before what
    /// closing would cost.
    pub open: Notional,
    /// Commission so far.
    pub fees: Notional,
    /// Taxes so far.
    pub taxes: Notional,
    /// `realised + open - fees - taxes`.
    pub net: Notional,
    /// Positions without a known price: they count with an open profit of zero.
    pub unpriced: u32,
    /// Zero.
    pub reserved: u32,
}

impl Pnl {
    /// Nobody has told: every amount is unset.
    pub const UNKNOWN: Self = Self {
        realised: Notional::UNSET,
        open: Notional::UNSET,
        fees: Notional::UNSET,
        taxes: Notional::UNSET,
        net: Notional::UNSET,
        unpriced: 0,
        reserved: 0,
    };
    /// Nothing was traded and nothing is held.
    pub const ZERO: Self =
        Self::new(Notional::ZERO, Notional::ZERO, Notional::ZERO, Notional::ZERO, 0);

    /// These amounts and what they come to.
    pub const fn new(
        realised: Notional,
        open: Notional,
        fees: Notional,
        taxes: Notional,
        unpriced: u32,
    ) -> Self {
        let before = realised.raw().saturating_add(open.raw());
        let net = before.saturating_sub(fees.raw()).saturating_sub(taxes.raw());
        Self { realised, open, fees, taxes, net: Notional::new(net), unpriced, reserved: 0 }
    }

    /// Whether the amounts are known.
    pub const fn is_known(&self) -> bool {
        self.net.is_set()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn net_is_what_is_left_of_it() {
        let [realised, open, fees, taxes] = [1_000, -300, 20, 5].map(Notional::new);
        assert_eq!(Pnl::new(realised, open, fees, taxes, 0).net, Notional::new(675));
        assert!(Pnl::ZERO.is_known() && !Pnl::UNKNOWN.is_known());
        assert_eq!(Pnl::default(), Pnl::UNKNOWN);
    }
}
