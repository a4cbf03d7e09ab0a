//! Integer newtypes for everything that has a unit. There is no floating point for money.
//!
//! | left | operation | right | gives |
//! |---|---|---|---|
//! | [`Price`] | `-` | [`Price`] | [`PriceDelta`] |
//! | [`Price`] | `+`, `-` | [`PriceDelta`] | [`Price`] |
//! | [`Price`] | `*` | [`Quantity`] | [`Notional`] |
//! | [`PriceDelta`] | `+`, `-`, unary `-` | [`PriceDelta`] | [`PriceDelta`] |
//! | [`PriceDelta`] | `*` | [`Quantity`] | [`Notional`] |
//! | [`Quantity`] | `+`, `-`, unary `-` | [`Quantity`] | [`Quantity`] |
//! | [`Notional`] | `+`, `-`, unary `-` | [`Notional`] | [`Notional`] |
//! | [`UnixNanos`] | `-` | [`UnixNanos`] | [`DurationNanos`] (saturating at zero) |
//! | [`UnixNanos`] | `+` | [`DurationNanos`] | [`UnixNanos`] |
//!
//! `Price + Price` does not exist:
//!
//! ```compile_fail
//! use strategy_api::Price;
//! let _ = Price::new(1) + Price::new(2);
//! ```
//!
//! A field that the broker left empty holds the type's `UNSET`; ask with `is_set` or `get`.
//! Arithmetic saturates, and `UNSET` is an ordinary (extreme) number to it: test before computing.

use core::fmt;
use core::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};

macro_rules! unit {
    ($(#[$doc:meta])* $name:ident($int:ty), unset = $unset:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(transparent)]
        pub struct $name($int);

        impl Default for $name {
            /// Unset, as a field is before the broker fills it.
            fn default() -> Self {
                Self::UNSET
            }
        }

        impl $name {
            /// What a field holds that the broker left empty.
            pub const UNSET: Self = Self($unset);
            /// Zero.
            pub const ZERO: Self = Self(0);

            /// Wraps a raw number in the unit of this type.
            #[inline]
            pub const fn new(value: $int) -> Self {
                Self(value)
            }

            /// The raw number, `UNSET` included.
            #[inline]
            pub const fn raw(self) -> $int {
                self.0
            }

            /// Whether the broker filled the field.
            #[inline]
            pub const fn is_set(self) -> bool {
                self.0 != $unset
            }

            /// The raw number, or `None` where the broker left the field empty.
            #[inline]
            pub const fn get(self) -> Option<$int> {
                if self.is_set() { Some(self.0) } else { None }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.get() {
                    Some(value) => write!(f, concat!(stringify!($name), "({})"), value),
                    None => f.write_str(concat!(stringify!($name), "(unset)")),
                }
            }
        }
    };
}

macro_rules! additive {
    ($($name:ident),*) => {$(
        impl Add for $name {
            type Output = Self;
            #[inline]
            fn add(self, other: Self) -> Self { Self(self.0.saturating_add(other.0)) }
        }
        impl Sub for $name {
            type Output = Self;
            #[inline]
            fn sub(self, other: Self) -> Self { Self(self.0.saturating_sub(other.0)) }
        }
        impl AddAssign for $name {
            #[inline]
            fn add_assign(&mut self, other: Self) { *self = *self + other; }
        }
        impl SubAssign for $name {
            #[inline]
            fn sub_assign(&mut self, other: Self) { *self = *self - other; }
        }
        impl Neg for $name {
            type Output = Self;
            #[inline]
            fn neg(self) -> Self { Self(self.0.saturating_neg()) }
        }
        impl $name {
            /// The magnitude, without the sign.
            #[inline]
            pub const fn abs(self) -> Self { Self(self.0.saturating_abs()) }
        }
    )*};
}

macro_rules! display_integer {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.get() {
                    Some(value) => fmt::Display::fmt(&value, f),
                    None => f.pad("-"),
                }
            }
        }
    )*};
}

unit! {
    /// A price in whole KRW per share. On the wire a sign in front of a price only shows the
    /// direction against the previous close; it is not part of the price and never stands here.
    Price(i32), unset = i32::MIN
}
unit! {
    /// A difference of two prices, in whole KRW per share, signed.
    PriceDelta(i32), unset = i32::MIN
}
unit! {
    /// A number of shares. Signed where a field is a difference.
    Quantity(i64), unset = i64::MIN
}
unit! {
    /// An amount of money in whole KRW, signed where a field is a difference. Fields that the broker
    /// sends in thousands, millions or hundreds of millions are converted; their documentation
    /// tells the precision.
    Notional(i64), unset = i64::MIN
}
unit! {
    /// A number with two decimals (percent, index points, net asset value), counted in hundredths:
    /// `-4.18` is `-418`.
    Hundredths(i64), unset = i64::MIN
}
unit! {
    /// A number with up to six decimals (warrant sensitivities), counted in millionths.
    Millionths(i64), unset = i64::MIN
}
unit! {
    /// A plain count (trades, instruments, a time of day is [`TimeOfDay`] instead).
    Count(i64), unset = i64::MIN
}
unit! {
    /// Nanoseconds since 1970-01-01T00:00:00Z. Zero means "unset".
    UnixNanos(u64), unset = 0
}
unit! {
    /// A span of time in nanoseconds.
    DurationNanos(u64), unset = u64::MAX
}
unit! {
    /// Seconds since midnight in Korea (KST, UTC+9), `0..=86_399`. The wire writes it `HHmmss`.
    TimeOfDay(u32), unset = u32::MAX
}

/// As a parameter of a strategy: a plain integer in the unit of the type.
macro_rules! parameter {
    ($($name:ident($int:ty)),*) => {$(
        #[cfg(feature = "std")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                <$int>::deserialize(from).map(Self)
            }
        }
    )*};
}

parameter!(Price(i32), PriceDelta(i32), Quantity(i64), Notional(i64));
additive!(PriceDelta, Quantity, Notional, Hundredths, Millionths, Count);
display_integer!(Price, PriceDelta, Quantity, Notional, Count, UnixNanos, DurationNanos);

impl Sub for Price {
    type Output = PriceDelta;
    #[inline]
    fn sub(self, other: Self) -> PriceDelta {
        PriceDelta(self.0.saturating_sub(other.0))
    }
}

impl Add<PriceDelta> for Price {
    type Output = Self;
    #[inline]
    fn add(self, delta: PriceDelta) -> Self {
        Self(self.0.saturating_add(delta.0))
    }
}

impl Sub<PriceDelta> for Price {
    type Output = Self;
    #[inline]
    fn sub(self, delta: PriceDelta) -> Self {
        Self(self.0.saturating_sub(delta.0))
    }
}

impl Mul<Quantity> for Price {
    type Output = Notional;
    #[inline]
    fn mul(self, quantity: Quantity) -> Notional {
        Notional((self.0 as i64).saturating_mul(quantity.0))
    }
}

impl Mul<Quantity> for PriceDelta {
    type Output = Notional;
    #[inline]
    fn mul(self, quantity: Quantity) -> Notional {
        Notional((self.0 as i64).saturating_mul(quantity.0))
    }
}

impl Sub for UnixNanos {
    type Output = DurationNanos;
    #[inline]
    fn sub(self, earlier: Self) -> DurationNanos {
        DurationNanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<DurationNanos> for UnixNanos {
    type Output = Self;
    #[inline]
    fn add(self, span: DurationNanos) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl DurationNanos {
    /// A span of whole milliseconds.
    #[inline]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// A span of whole seconds.
    #[inline]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000_000))
    }
}

impl UnixNanos {
    /// Nanoseconds between UTC midnight and midnight in Korea.
    const KST_OFFSET_NANOS: u64 = 9 * 3600 * 1_000_000_000;
    const DAY_NANOS: u64 = 86_400 * 1_000_000_000;

    /// The wall clock in Korea at this instant.
    pub const fn time_of_day_kst(self) -> TimeOfDay {
        let in_day = (self.0 + Self::KST_OFFSET_NANOS) % Self::DAY_NANOS;
        TimeOfDay((in_day / 1_000_000_000) as u32)
    }

    /// Year, month and day of this instant in UTC (Gregorian calendar).
    pub const fn date_utc(self) -> (u32, u32, u32) {
        // Days are counted from 0000-03-01, so that the leap day is the last of its year.
        let days = self.0 / Self::DAY_NANOS + 719_468;
        let era = days / 146_097;
        let day_of_era = days % 146_097;
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_index = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_index + 2) / 5 + 1;
        let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
        let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
        (year as u32, month as u32, day as u32)
    }

    /// The instant at which the wall clock in Korea showed `time`, closest to `self`. The wire gives
    /// times without a date; this puts the date back, also around midnight.
    pub const fn nearest_kst(self, time: TimeOfDay) -> Self {
        if !time.is_set() || self.0 == 0 {
            return Self::UNSET;
        }
        let shifted = self.0 + Self::KST_OFFSET_NANOS;
        let midnight = shifted - shifted % Self::DAY_NANOS;
        let mut candidate = midnight + time.0 as u64 * 1_000_000_000;
        if candidate > shifted + Self::DAY_NANOS / 2 && candidate >= Self::DAY_NANOS {
            candidate -= Self::DAY_NANOS;
        } else if candidate + Self::DAY_NANOS / 2 < shifted {
            candidate += Self::DAY_NANOS;
        }
        Self(candidate.saturating_sub(Self::KST_OFFSET_NANOS))
    }
}

impl TimeOfDay {
    /// Reads `HHmmss` digits as a number (`90_015` is 09:00:15); `None` when out of range.
    #[inline]
    pub const fn from_hhmmss(number: u32) -> Option<Self> {
        let (hours, minutes, seconds) = (number / 10_000, number / 100 % 100, number % 100);
        if hours < 24 && minutes < 60 && seconds < 60 {
            Some(Self(hours * 3600 + minutes * 60 + seconds))
        } else {
            None
        }
    }

    /// Hours, minutes, seconds.
    pub const fn hms(self) -> (u32, u32, u32) {
        (self.0 / 3600, self.0 / 60 % 60, self.0 % 60)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_set() {
            return f.pad("-");
        }
        let (hours, minutes, seconds) = self.hms();
        write!(f, "{hours:02}:{minutes:02}:{seconds:02}")
    }
}

fn write_scaled(f: &mut fmt::Formatter<'_>, value: i64, scale: u64, digits: usize) -> fmt::Result {
    let magnitude = value.unsigned_abs();
    let sign = if value < 0 { "-" } else { "" };
    write!(f, "{sign}{}.{:0digits$}", magnitude / scale, magnitude % scale)
}

impl fmt::Display for Hundredths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_set() { write_scaled(f, self.0, 100, 2) } else { f.pad("-") }
    }
}

impl fmt::Display for Millionths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_set() { write_scaled(f, self.0, 1_000_000, 6) } else { f.pad("-") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_difference_is_signed_and_notional_does_not_overflow() {
        assert_eq!(Price::new(257_750) - Price::new(269_000), PriceDelta::new(-11_250));
        assert_eq!(Price::new(i32::MAX) * Quantity::new(i64::MAX), Notional::new(i64::MAX));
    }

    #[test]
    fn hundredths_print_their_sign_even_below_one() {
        assert_eq!(Hundredths::new(-4).to_string(), "-0.04");
        assert_eq!(Hundredths::new(748_827).to_string(), "7488.27");
        assert_eq!(Hundredths::UNSET.to_string(), "-");
    }

    #[test]
    fn a_time_without_a_date_finds_the_nearest_day() {
        // 2026-11-22T15:00:00Z is midnight of the 23rd in Korea.
        let midnight = UnixNanos::new(1_795_359_600_000_000_000);
        assert_eq!(midnight.time_of_day_kst(), TimeOfDay::new(0));
        let before = midnight.nearest_kst(TimeOfDay::from_hhmmss(235_959).unwrap());
        assert_eq!(midnight - before, DurationNanos::from_secs(1));
        let after = midnight.nearest_kst(TimeOfDay::from_hhmmss(1).unwrap());
        assert_eq!(after - midnight, DurationNanos::from_secs(1));
    }

    #[test]
    fn impossible_times_are_refused() {
        for number in [240_000, 6_000, 60, 999_999] {
            assert_eq!(TimeOfDay::from_hhmmss(number), None, "{number}");
        }
        assert_eq!(TimeOfDay::from_hhmmss(90_015).unwrap().to_string(), "09:00:15");
    }
}
