//! Fields of the indices and of the session clock.
//!
//! One row per FID: number, name, how the text is read and, where the record has the field, its
//! place. The comments give the broker's own name.

use strategy_api::record::{IndexBreadth, IndexValue, SessionState};

use super::field::{CodeSet as C, Field, ValueKind as K, at, event_time, placed};

/// `0J` into [`IndexValue`].
#[rustfmt::skip]
pub(super) const INDEX_VALUE: &[Field] = &[
    placed(20, "time", K::EventTime, event_time!()), // 체결시간
    placed(10, "value", K::MarkedHundredths, at!(IndexValue, value, direction)), // 현재가
    placed(11, "change", K::Hundredths, at!(IndexValue, change)), // 전일대비
    placed(12, "change_rate", K::Hundredths, at!(IndexValue, change_rate)), // 등락율
    placed(15, "volume", K::Count, at!(IndexValue, volume)), // 거래량
    placed(13, "cumulative_volume", K::Count, at!(IndexValue, cumulative_volume)), // 누적거래량
    placed(14, "cumulative_value", K::Notional(1_000_000), at!(IndexValue, cumulative_value)), // 누적거래대금
    placed(16, "open", K::MarkedHundredths, at!(IndexValue, open)), // 시가
    placed(17, "high", K::MarkedHundredths, at!(IndexValue, high)), // 고가
    placed(18, "low", K::MarkedHundredths, at!(IndexValue, low)), // 저가
    placed(25, "change_sign", K::Code(C::ChangeSign), at!(IndexValue, change_sign)), // 전일대비기호
    placed(26, "volume_change", K::Count, at!(IndexValue, volume_change)), // 전일거래량대비
];

/// `0U` into [`IndexBreadth`].
#[rustfmt::skip]
pub(super) const INDEX_BREADTH: &[Field] = &[
    placed(20, "time", K::EventTime, event_time!()), // 체결시간
    placed(252, "up", K::Count, at!(IndexBreadth, up)), // 상승종목수
    placed(251, "upper_limit", K::Count, at!(IndexBreadth, upper_limit)), // 상한종목수
    placed(253, "unchanged", K::Count, at!(IndexBreadth, unchanged)), // 보합종목수
    placed(255, "down", K::Count, at!(IndexBreadth, down)), // 하락종목수
    placed(254, "lower_limit", K::Count, at!(IndexBreadth, lower_limit)), // 하한종목수
    placed(13, "cumulative_volume", K::Count, at!(IndexBreadth, cumulative_volume)), // 누적거래량
    placed(14, "cumulative_value", K::Notional(1_000_000), at!(IndexBreadth, cumulative_value)), // 누적거래대금
    placed(10, "value", K::MarkedHundredths, at!(IndexBreadth, value, direction)), // 현재가
    placed(11, "change", K::Hundredths, at!(IndexBreadth, change)), // 전일대비
    placed(12, "change_rate", K::Hundredths, at!(IndexBreadth, change_rate)), // 등락율
    placed(256, "traded", K::Count, at!(IndexBreadth, traded)), // 거래형성종목수
    placed(257, "traded_ratio", K::Hundredths, at!(IndexBreadth, traded_ratio)), // 거래형성비율
    placed(25, "change_sign", K::Code(C::ChangeSign), at!(IndexBreadth, change_sign)), // 전일대비기호
];

/// `0s` into [`SessionState`].
#[rustfmt::skip]
pub(super) const SESSION_STATE: &[Field] = &[
    placed(215, "session_code", K::SessionText, at!(SessionState, text, code)), // 장운영구분
    placed(20, "time", K::LenientEventTime, event_time!()), // 체결시간
    placed(214, "remaining", K::LenientTime, at!(SessionState, remaining)), // 장시작예상잔여시간
];
