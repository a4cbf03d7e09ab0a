//! The market's clock and the session table of a trading day in 2026 (KST).

use std::fmt;
use std::str::FromStr;

/// A time of day on the exchange's clock (KST), in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay {
    seconds: u32,
}

impl TimeOfDay {
    /// The time `hour:minute:second`.
    ///
    /// # Panics
    /// When a part is out of its range: a time of day has 24 hours of 60 minutes of 60 seconds.
    pub const fn new(hour: u32, minute: u32, second: u32) -> Self {
        assert!(hour < 24 && minute < 60 && second < 60, "a time of day is below 24:00:00");
        Self { seconds: hour * 3600 + minute * 60 + second }
    }

    /// Seconds since midnight, 0..86,400.
    pub const fn seconds(self) -> u32 {
        self.seconds
    }

    /// The same moment in nanoseconds since midnight.
    pub(crate) const fn nanos(self) -> u64 {
        self.seconds as u64 * SECOND
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = self.seconds;
        write!(f, "{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
    }
}

impl FromStr for TimeOfDay {
    type Err = TimeOfDayError;

    /// Reads `HH:MM:SS`.
    fn from_str(text: &str) -> Result<Self, TimeOfDayError> {
        let refused = || TimeOfDayError { text: text.to_owned() };
        let mut parts = [0u32; 3];
        let mut count = 0;
        for piece in text.split(':') {
            let digits = piece.len() == 2 && piece.bytes().all(|b| b.is_ascii_digit());
            if count == 3 || !digits {
                return Err(refused());
            }
            parts[count] = piece.parse().map_err(|_| refused())?;
            count += 1;
        }
        if count != 3 || parts[0] > 23 || parts[1] > 59 || parts[2] > 59 {
            return Err(refused());
        }
        Ok(Self::new(parts[0], parts[1], parts[2]))
    }
}

/// A text that is no time of day.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is no time of day: write HH:MM:SS, for example 08:59:58")]
pub struct TimeOfDayError {
    text: String,
}

/// Nanoseconds in a second.
pub(crate) const SECOND: u64 = 1_000_000_000;

/// `HHmmss` as a number (93015 is 09:30:15) for a moment in nanoseconds since midnight.
pub(crate) fn hhmmss(now: u64) -> u32 {
    let s = (now / SECOND) as u32;
    s / 3600 % 24 * 10_000 + s / 60 % 60 * 100 + s % 60
}

/// How one venue trades at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// No orders, no trades.
    Closed,
    /// Orders are collected; one price at the end.
    Auction,
    /// Orders match as they come.
    Continuous,
    /// 시간외종가: trading at the closing price only; quantities, no prices.
    ClosingPrice,
}

/// The two venues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Venue {
    /// The Korea Exchange.
    Krx,
    /// Nextrade.
    Nxt,
}

const fn at(hour: u32, minute: u32, second: u32) -> u64 {
    TimeOfDay::new(hour, minute, second).nanos()
}

/// KRX since 2026-09-14: the after-market 16:00–20:00 has replaced the single-price session.
const KRX: [(u64, Phase); 7] = [
    (at(8, 30, 0), Phase::Auction),
    (at(9, 0, 0), Phase::Continuous),
    (at(15, 20, 0), Phase::Auction),
    (at(15, 30, 0), Phase::Closed),
    (at(15, 40, 0), Phase::ClosingPrice),
    (at(16, 0, 0), Phase::Continuous),
    (at(20, 0, 0), Phase::Closed),
];

const NXT: [(u64, Phase); 7] = [
    (at(8, 0, 0), Phase::Continuous),
    (at(8, 50, 0), Phase::Closed),
    (at(9, 0, 30), Phase::Continuous),
    (at(15, 20, 0), Phase::Closed),
    (at(15, 30, 0), Phase::Auction),
    (at(15, 40, 0), Phase::Continuous),
    (at(20, 0, 0), Phase::Closed),
];

/// The phase of `venue` at `now`; `after_market` is false for ETF, ETN and ELW, which the KRX
/// after-market leaves out.
pub(crate) fn phase(venue: Venue, now: u64, after_market: bool) -> Phase {
    let table = match venue {
        Venue::Krx => &KRX,
        Venue::Nxt => &NXT,
    };
    if venue == Venue::Krx && !after_market && now >= at(16, 0, 0) {
        return Phase::Closed;
    }
    table.iter().rev().find(|(from, _)| *from <= now).map_or(Phase::Closed, |(_, phase)| *phase)
}

/// The first change of phase of either venue after `now`; `u64::MAX` when the day has no more.
pub(crate) fn next_change(now: u64) -> u64 {
    let after = KRX.iter().chain(&NXT).map(|(from, _)| *from).filter(|from| *from > now);
    after.min().unwrap_or(u64::MAX)
}

/// Whether a venue shows its book. KRX collects orders from 08:30 but shows nothing before 08:50.
pub(crate) fn is_shown(venue: Venue, now: u64) -> bool {
    venue == Venue::Nxt || !(at(8, 30, 0)..at(8, 50, 0)).contains(&now)
}

/// FID 290 장구분: 1 before the regular session, 2 in it, 3 after it.
pub(crate) fn session_kind(now: u64) -> u8 {
    if now < at(9, 0, 0) {
        b'1'
    } else if now < at(15, 40, 0) {
        b'2'
    } else {
        b'3'
    }
}

/// True while 0E (시간외호가) frames are sent: 08:30–08:40 and 15:40–16:00.
pub(crate) fn closing_price_quotes(now: u64) -> bool {
    CLOSING_BEFORE.contains(&now) || CLOSING_AFTER.contains(&now)
}

/// 장전 시간외종가: trades at yesterday's close.
pub(crate) const CLOSING_BEFORE: std::ops::Range<u64> = at(8, 30, 0)..at(8, 40, 0);
/// 장후 시간외종가: trades at today's close. Orders are taken from [`CLOSE`] on.
pub(crate) const CLOSING_AFTER: std::ops::Range<u64> = at(15, 40, 0)..at(16, 0, 0);
/// The regular session's end, 15:30.
pub(crate) const CLOSE: u64 = at(15, 30, 0);
/// KRX takes its first orders, 08:30.
pub(crate) const KRX_FIRST: u64 = at(8, 30, 0);
/// Nextrade's main market begins, 09:00:30.
pub(crate) const NXT_MAIN: u64 = at(9, 0, 30);

/// The regular session's begin, 09:00.
pub(crate) const OPEN: u64 = at(9, 0, 0);
/// The regular session's end of continuous trading, 15:20.
pub(crate) const LAST_CONTINUOUS: u64 = at(15, 20, 0);

/// True while indices and gold are told: the regular session with its opening auction.
pub(crate) fn is_index_time(now: u64) -> bool {
    (at(8, 50, 0)..at(15, 30, 0)).contains(&now)
}

/// One 0s notice: when, FID 215, FID 214 (HHmmss left until the announced change).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    /// Moment, in nanoseconds since midnight.
    pub(crate) at: u64,
    /// FID 215 장운영구분.
    pub(crate) code: u8,
    /// FID 214 장시작예상잔여시간, as the number HHmmss.
    pub(crate) left: u32,
}

const fn notice(hour: u32, minute: u32, second: u32, code: u8, left: u32) -> Notice {
    Notice { at: at(hour, minute, second), code, left }
}

/// The 0s notices of a day in time order. Codes `c` and `d` (시간외단일가) are not sent: that
/// session ended with the after-market of 2026-09-14. `f` belongs to days with an early product.
pub(crate) const NOTICES: &[Notice] = &[
    notice(8, 0, 0, b'P', 0),
    notice(8, 40, 0, b'0', 2000),
    notice(8, 45, 0, b'o', 0),
    notice(8, 50, 0, b'Q', 0),
    notice(8, 50, 0, b'0', 1000),
    notice(8, 55, 0, b'0', 500),
    notice(8, 57, 0, b'0', 300),
    notice(8, 58, 0, b'0', 200),
    notice(8, 59, 0, b'0', 100),
    notice(8, 59, 50, b'0', 10),
    notice(8, 59, 55, b'0', 5),
    notice(8, 59, 59, b'0', 1),
    notice(9, 0, 0, b'3', 0),
    notice(9, 0, 30, b'R', 0),
    notice(15, 20, 0, b'S', 0),
    notice(15, 20, 0, b'2', 1000),
    notice(15, 25, 0, b'2', 500),
    notice(15, 29, 0, b'2', 100),
    notice(15, 29, 50, b'2', 10),
    notice(15, 30, 0, b'4', 0),
    notice(15, 30, 0, b'8', 0),
    notice(15, 30, 0, b'T', 0),
    notice(15, 35, 0, b's', 0),
    notice(15, 40, 0, b'a', 0),
    notice(15, 40, 0, b'U', 0),
    notice(15, 45, 0, b'e', 0),
    notice(16, 0, 0, b'b', 0),
    notice(20, 0, 0, b'V', 0),
    notice(20, 0, 0, b'9', 0),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_reads_back_what_it_prints() {
        for text in ["00:00:00", "08:59:58", "23:59:59"] {
            assert_eq!(text.parse::<TimeOfDay>().unwrap().to_string(), text);
        }
        for text in ["", "8:59:58", "24:00:00", "08:60:00", "08:59", "08:59:58:01", "0a:00:00"] {
            assert!(text.parse::<TimeOfDay>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_session_table_follows_the_day() {
        let cases = [
            (at(8, 29, 59), Phase::Closed, Phase::Continuous),
            (at(8, 30, 0), Phase::Auction, Phase::Continuous),
            (at(8, 59, 59), Phase::Auction, Phase::Closed),
            (at(9, 0, 0), Phase::Continuous, Phase::Closed),
            (at(9, 0, 30), Phase::Continuous, Phase::Continuous),
            (at(15, 20, 0), Phase::Auction, Phase::Closed),
            (at(15, 30, 0), Phase::Closed, Phase::Auction),
            (at(15, 40, 0), Phase::ClosingPrice, Phase::Continuous),
            (at(16, 0, 0), Phase::Continuous, Phase::Continuous),
            (at(20, 0, 0), Phase::Closed, Phase::Closed),
        ];
        for (now, krx, nxt) in cases {
            assert_eq!(phase(Venue::Krx, now, true), krx, "KRX at {}", hhmmss(now));
            assert_eq!(phase(Venue::Nxt, now, true), nxt, "NXT at {}", hhmmss(now));
        }
        assert_eq!(phase(Venue::Krx, at(16, 0, 0), false), Phase::Closed);
    }

    #[test]
    fn every_change_of_phase_is_announced_before_it_comes() {
        let mut now = 0;
        let mut seen = Vec::new();
        while has_change(now) {
            now = next_change(now);
            seen.push(hhmmss(now));
        }
        assert_eq!(
            seen,
            [80_000, 83_000, 85_000, 90_000, 90_030, 152_000, 153_000, 154_000, 160_000, 200_000]
        );
    }

    fn has_change(now: u64) -> bool {
        next_change(now) != u64::MAX
    }

    #[test]
    fn notices_stand_in_time_order() {
        assert!(NOTICES.windows(2).all(|pair| pair[0].at <= pair[1].at));
    }
}
