//! Dates as the REST replies write them.

use std::time::{Duration, SystemTime};

/// KST is nine hours ahead of UTC, all year.
const KST_AHEAD: Duration = Duration::from_secs(9 * 3600);

/// `yyyyMMddHHmmss` in KST, as in `expires_dt`.
pub(super) fn kst_stamp(moment: SystemTime) -> String {
    let since = moment.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default() + KST_AHEAD;
    let (days, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let (year, month, day) = civil(days as i64);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
}

/// Year, month and day of a day counted from 1970-01-01, by the Gregorian 400-year cycle with
/// years that begin in March.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let cycle = shifted.div_euclid(146_097);
    let of_cycle = shifted.rem_euclid(146_097);
    let year = (of_cycle - of_cycle / 1460 + of_cycle / 36_524 - of_cycle / 146_096) / 365;
    let of_year = of_cycle - (365 * year + year / 4 - year / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (cycle * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_in_korean_time() {
        let cases = [
            (0, "19700101090000"),
            (951_782_399, "20000229085959"),
            (1_709_218_800, "20240301000000"),
            (1_795_402_800, "20261123120000"),
        ];
        for (seconds, expected) in cases {
            let moment = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(kst_stamp(moment), expected, "{seconds}");
        }
    }
}
