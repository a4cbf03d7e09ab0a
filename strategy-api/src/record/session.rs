//! The engine's own record: a venue is in another phase of its day.

use super::{Header, SessionCode, open_enum, record};

open_enum! {
    /// What a venue is doing. Times are Korea's and those of a normal day.
    SessionPhase {
        /// Not known: before the engine has told anything.
        UNKNOWN = 0, "unknown";
        /// Nothing is taken: before, between and after the others, and on days without trading.
        CLOSED = 1, "closed";
        /// NXT 08:00-08:50.
        PRE_MARKET = 2, "pre_market";
        /// KRX 08:30-08:40: opening call auction, and beside it trades at yesterday's close.
        OPENING_AUCTION_OFF_HOURS = 3, "opening_auction_off_hours";
        /// KRX 08:40-09:00: opening call auction.
        OPENING_AUCTION = 4, "opening_auction";
        /// Continuous trading: KRX from 09:00, NXT from 09:00:30.
        CONTINUOUS = 5, "continuous";
        /// KRX 15:20-15:30: closing call auction.
        CLOSING_AUCTION = 6, "closing_auction";
        /// KRX 15:30-15:40: orders at today's close are taken, not yet matched.
        OFF_HOURS_QUEUE = 7, "off_hours_queue";
        /// KRX 15:40-16:00: trades at today's close.
        OFF_HOURS = 8, "off_hours";
        /// KRX 16:00-18:00, until 2026-09-13: off-hours single price.
        OFF_HOURS_SINGLE = 9, "off_hours_single";
        /// NXT 15:30-15:40: single price.
        AFTER_AUCTION = 10, "after_auction";
        /// KRX 16:00-20:00 since 2026-09-14, NXT 15:40-20:00.
        AFTER_MARKET = 11, "after_market";
    }
}

impl SessionPhase {
    /// Whether orders of some type are taken.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::UNKNOWN | Self::CLOSED)
    }

    /// Whether orders are matched as they come, at prices that move.
    pub const fn is_continuous(self) -> bool {
        matches!(self, Self::PRE_MARKET | Self::CONTINUOUS | Self::AFTER_MARKET)
    }
}

open_enum! {
    /// How the engine knows that a venue is in another phase.
    SessionCause {
        NONE = 0, "none";
        /// The planned time came. The first word about a venue is also this.
        CLOCK = 1, "clock";
        /// A `0s` frame said so; `code` is its code.
        FRAME = 2, "frame";
        /// The planned time came, and the frame that should have come did not.
        UNCONFIRMED = 3, "unconfirmed";
    }
}

/// A venue is in another phase. The engine's own record: it joins the exchange's calendar, the clock
/// and the broker's `0s` frames, which a strategy then need not read. Right after `on_start` each venue is
/// told once, before any record of the market, from `UNKNOWN`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct SessionChange {
    /// See [`Header`]: `venue` is KRX or NXT, `ts_recv` is when the engine decided it.
    pub header: Header,
    /// What the venue was doing.
    pub before: SessionPhase,
    /// What it is doing now.
    pub after: SessionPhase,
    /// How the engine knows.
    pub cause: SessionCause,
    /// The code of the `0s` frame, if that is the cause; else 0.
    pub code: SessionCode,
    /// Zero.
    pub reserved: [u8; 4],
}
record!(SessionChange, SESSION_CHANGE, "", bytes = 48);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_that_nobody_has_told_takes_nothing() {
        assert!(!SessionPhase::default().is_open());
        assert!(!SessionPhase::CLOSED.is_open());
        assert!(SessionPhase::CLOSING_AUCTION.is_open());
        assert!(!SessionPhase::CLOSING_AUCTION.is_continuous());
        assert!(SessionPhase::CONTINUOUS.is_continuous());
    }
}
