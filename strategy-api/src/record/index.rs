//! Indices and the session clock.

use super::{ChangeSign, Direction, Header, open_enum, record};
use crate::text::Text;
use crate::units::{Count, Hundredths, Notional, TimeOfDay};

/// Value of an index: type `0J` 업종지수. `ts_event` is FID 20.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct IndexValue {
    /// See [`Header`].
    pub header: Header,
    /// Value, points. FID 10.
    pub value: Hundredths,
    /// Against yesterday, points, signed. FID 11.
    pub change: Hundredths,
    /// The same in percent, signed. FID 12.
    pub change_rate: Hundredths,
    /// Open, points. FID 16.
    pub open: Hundredths,
    /// High, points. FID 17.
    pub high: Hundredths,
    /// Low, points. FID 18.
    pub low: Hundredths,
    /// Volume since the message before, as sent (the wire counts thousands of shares). FID 15.
    pub volume: Count,
    /// Volume today, as sent (the wire counts thousands of shares). FID 13.
    pub cumulative_volume: Count,
    /// Value traded today, KRW, in steps of a million. FID 14.
    pub cumulative_value: Notional,
    /// Volume minus yesterday's, as sent, signed. FID 26.
    pub volume_change: Count,
    /// FID 25.
    pub change_sign: ChangeSign,
    /// The sign of FID 10.
    pub direction: Direction,
    /// Zero.
    pub reserved: [u8; 6],
}
record!(IndexValue, INDEX_VALUE, "0J", bytes = 128);

/// How many instruments of an index rose and fell: type `0U` 업종등락. `ts_event` is FID 20.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct IndexBreadth {
    /// See [`Header`].
    pub header: Header,
    /// Value, points. FID 10.
    pub value: Hundredths,
    /// Against yesterday, points, signed. FID 11.
    pub change: Hundredths,
    /// The same in percent, signed. FID 12.
    pub change_rate: Hundredths,
    /// Volume today, as sent. FID 13.
    pub cumulative_volume: Count,
    /// Value traded today, KRW, in steps of a million. FID 14.
    pub cumulative_value: Notional,
    /// Instruments that rose. FID 252.
    pub up: Count,
    /// At the upper limit. FID 251.
    pub upper_limit: Count,
    /// Unchanged. FID 253.
    pub unchanged: Count,
    /// Instruments that fell. FID 255.
    pub down: Count,
    /// At the lower limit. FID 254.
    pub lower_limit: Count,
    /// Instruments that traded at all. FID 256.
    pub traded: Count,
    /// The same in percent. FID 257.
    pub traded_ratio: Hundredths,
    /// FID 25.
    pub change_sign: ChangeSign,
    /// The sign of FID 10.
    pub direction: Direction,
    /// Zero.
    pub reserved: [u8; 6],
}
record!(IndexBreadth, INDEX_BREADTH, "0U", bytes = 144);

open_enum! {
    /// What FID 215 (장운영구분) says, as the character on the wire.
    SessionCode {
        NONE = 0, "none";
        /// `0`: notice before the open, from 08:40.
        OPEN_NOTICE = b'0', "open_notice";
        /// `3`: open, 09:00.
        OPEN = b'3', "open";
        /// `2`: notice before the close, from 15:20.
        CLOSE_NOTICE = b'2', "close_notice";
        /// `4`: close, 15:30.
        CLOSE = b'4', "close";
        /// `8`: regular session closed.
        REGULAR_CLOSED = b'8', "regular_closed";
        /// `9`: everything closed.
        ALL_CLOSED = b'9', "all_closed";
        /// `a`: off-hours at the closing price begins, 15:40.
        OFF_HOURS_BEGIN = b'a', "off_hours_begin";
        /// `b`: it ends, 16:00.
        OFF_HOURS_END = b'b', "off_hours_end";
        /// `c`: off-hours single price begins.
        OFF_HOURS_SINGLE_BEGIN = b'c', "off_hours_single_begin";
        /// `d`: it ends.
        OFF_HOURS_SINGLE_END = b'd', "off_hours_single_end";
        /// `e`: derivatives' closing auction ended.
        DERIVATIVES_AUCTION_END = b'e', "derivatives_auction_end";
        /// `f`: derivatives' session notice.
        DERIVATIVES_NOTICE = b'f', "derivatives_notice";
        /// `o`: derivatives' open.
        DERIVATIVES_OPEN = b'o', "derivatives_open";
        /// `s`: derivatives' closing auction began.
        DERIVATIVES_AUCTION_BEGIN = b's', "derivatives_auction_begin";
        /// `P`: Nextrade pre-market begins.
        NXT_PRE_BEGIN = b'P', "nxt_pre_begin";
        /// `Q`: it ends.
        NXT_PRE_END = b'Q', "nxt_pre_end";
        /// `R`: Nextrade main market begins.
        NXT_MAIN_BEGIN = b'R', "nxt_main_begin";
        /// `S`: it ends.
        NXT_MAIN_END = b'S', "nxt_main_end";
        /// `T`: Nextrade after-market single price begins.
        NXT_AFTER_SINGLE_BEGIN = b'T', "nxt_after_single_begin";
        /// `U`: Nextrade after-market begins.
        NXT_AFTER_BEGIN = b'U', "nxt_after_begin";
        /// `V`: it ends.
        NXT_AFTER_END = b'V', "nxt_after_end";
    }
}

/// The session clock: type `0s` 장시작시간. `ts_event` is FID 20.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct SessionState {
    /// See [`Header`].
    pub header: Header,
    /// FID 215 as text, should it ever be longer than one character.
    pub text: Text<8>,
    /// Time left until the session starts, as hours, minutes and seconds. FID 214.
    pub remaining: TimeOfDay,
    /// FID 215; [`SessionCode::NONE`] when it is empty or longer than one character.
    pub code: SessionCode,
    /// Zero.
    pub reserved: [u8; 3],
}
record!(SessionState, SESSION_STATE, "0s", bytes = 56);
