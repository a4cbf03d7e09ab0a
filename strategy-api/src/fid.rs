//! Numbers of fields that strategies often ask for beyond the typed ones. Any other FID of the
//! broker's list works the same way: name it in the configuration, read it with `Context::fid`.

/// `0B` 전일거래량대비(비율): volume over yesterday's, percent.
pub const VOLUME_RATIO: u16 = 30;
/// `0B` 거래회전율: turnover, percent.
pub const TURNOVER: u16 = 31;
/// `0B` 시가총액: market capitalisation, 100 million KRW.
pub const MARKET_CAP: u16 = 311;
/// `0B` 매수비율: share of the volume bought by aggressors, percent.
pub const BUY_RATIO: u16 = 1032;
/// `0B` 순간거래대금: value of this trade, thousand KRW, signed by the aggressor.
pub const TRADE_VALUE: u16 = 1313;
/// `0D` 매도호가직전대비1: change of the best ask's size since the message before; level *i* is
/// `ASK_CHANGE_1 + i - 1`.
pub const ASK_CHANGE_1: u16 = 81;
/// `0D` 매수호가직전대비1: the same for the best bid.
pub const BID_CHANGE_1: u16 = 91;
/// `0D` KRX's part of the best ask's size under `_AL`; level *i* is `KRX_ASK_QUANTITY_1 + i - 1`.
pub const KRX_ASK_QUANTITY_1: u16 = 6044;
/// `0D` KRX's part of the best bid's size under `_AL`.
pub const KRX_BID_QUANTITY_1: u16 = 6054;
/// `0D` NXT's part of the best ask's size under `_AL`.
pub const NXT_ASK_QUANTITY_1: u16 = 6066;
/// `0D` NXT's part of the best bid's size under `_AL`.
pub const NXT_BID_QUANTITY_1: u16 = 6076;
