//! Fields of trades, quotes and depth.
//!
//! One row per FID: number, name, how the text is read and, where the record has the field, its
//! place. The comments give the broker's own name.

use strategy_api::record::{BestQuote, Depth, IndicativeMatch, OffHoursQuote, Trade};

use super::field::{CodeSet as C, Field, ValueKind as K, at, event_time, placed, seen};

/// `0B` into [`Trade`].
#[rustfmt::skip]
pub(super) const TRADE: &[Field] = &[
    placed(20, "time", K::EventTime, event_time!()), // 체결시간
    placed(10, "price", K::Price, at!(Trade, price, direction)), // 현재가
    placed(11, "change", K::PriceDelta, at!(Trade, change)), // 전일대비
    seen(12, "change_rate", K::Hundredths), // 등락율
    placed(27, "ask", K::Price, at!(Trade, ask)), // (최우선)매도호가
    placed(28, "bid", K::Price, at!(Trade, bid)), // (최우선)매수호가
    placed(15, "quantity", K::Aggressor, at!(Trade, quantity, side)), // 거래량
    placed(13, "cumulative_volume", K::Quantity, at!(Trade, cumulative_volume)), // 누적거래량
    placed(14, "cumulative_value", K::Notional(1_000_000), at!(Trade, cumulative_value)), // 누적거래대금
    placed(16, "open", K::Price, at!(Trade, open)), // 시가
    placed(17, "high", K::Price, at!(Trade, high)), // 고가
    placed(18, "low", K::Price, at!(Trade, low)), // 저가
    placed(25, "change_sign", K::Code(C::ChangeSign), at!(Trade, change_sign)), // 전일대비기호
    seen(26, "volume_change", K::Quantity), // 전일거래량대비(계약,주)
    seen(29, "value_change", K::Notional(1)), // 거래대금증감
    seen(30, "volume_ratio", K::MarkedHundredths), // 전일거래량대비(비율)
    seen(31, "turnover", K::Hundredths), // 거래회전율
    seen(32, "trading_cost", K::Count), // 거래비용
    placed(228, "strength", K::Hundredths, at!(Trade, strength)), // 체결강도
    seen(311, "market_cap", K::Notional(100_000_000)), // 시가총액(억)
    placed(290, "session", K::Code(C::TradeSession), at!(Trade, session)), // 장구분
    seen(691, "knock_out_proximity", K::Decimal), // K.O 접근도
    seen(567, "upper_limit_time", K::TimeOrNone), // 상한가발생시간
    seen(568, "lower_limit_time", K::TimeOrNone), // 하한가발생시간
    seen(851, "same_time_volume_ratio", K::Decimal), // 전일 동시간 거래량 비율
    seen(1890, "open_time", K::LenientTime), // 시가시간
    seen(1891, "high_time", K::LenientTime), // 고가시간
    seen(1892, "low_time", K::LenientTime), // 저가시간
    placed(1030, "sell_volume", K::Quantity, at!(Trade, sell_volume)), // 매도체결량
    placed(1031, "buy_volume", K::Quantity, at!(Trade, buy_volume)), // 매수체결량
    seen(1032, "buy_ratio", K::MarkedHundredths), // 매수비율
    seen(1071, "sell_trades", K::Count), // 매도체결건수
    seen(1072, "buy_trades", K::Count), // 매수체결건수
    seen(1313, "trade_value", K::Notional(1_000)), // 순간거래대금
    seen(1315, "sell_quantity", K::Aggressor), // 매도체결량_단건
    seen(1316, "buy_quantity", K::Aggressor), // 매수체결량_단건
    seen(1314, "net_buy_quantity", K::Aggressor), // 순매수체결량
    seen(1497, "cfd_margin", K::Notional(1)), // CFD증거금
    seen(1498, "maintenance_margin", K::Notional(1)), // 유지증거금
    placed(620, "vwap", K::Price, at!(Trade, vwap)), // 당일거래평균가
    seen(732, "cfd_trading_cost", K::Count), // CFD거래비용
    seen(852, "short_sale_trading_cost", K::Count), // 대주거래비용
    placed(9081, "traded_venue", K::Venue, at!(Trade, traded_venue)), // 거래소구분
    seen(910, "fill_price", K::Price), // 체결가
    seen(911, "fill_quantity", K::Quantity), // 체결량
];

/// `0C` into [`BestQuote`].
#[rustfmt::skip]
pub(super) const BEST_QUOTE: &[Field] = &[
    placed(27, "ask", K::Price, at!(BestQuote, ask)), // (최우선)매도호가
    placed(28, "bid", K::Price, at!(BestQuote, bid)), // (최우선)매수호가
];

/// `0D` into [`Depth`].
#[rustfmt::skip]
pub(super) const DEPTH: &[Field] = &[
    placed(21, "time", K::EventTime, event_time!()), // 호가시간
    placed(41, "ask_price_1", K::Price, at!(Depth, ask_price[0])), // 매도호가1
    placed(61, "ask_quantity_1", K::Quantity, at!(Depth, ask_quantity[0])), // 매도호가수량1
    seen(81, "ask_change_1", K::Quantity), // 매도호가직전대비1
    placed(51, "bid_price_1", K::Price, at!(Depth, bid_price[0])), // 매수호가1
    placed(71, "bid_quantity_1", K::Quantity, at!(Depth, bid_quantity[0])), // 매수호가수량1
    seen(91, "bid_change_1", K::Quantity), // 매수호가직전대비1
    placed(42, "ask_price_2", K::Price, at!(Depth, ask_price[1])), // 매도호가2
    placed(62, "ask_quantity_2", K::Quantity, at!(Depth, ask_quantity[1])), // 매도호가수량2
    seen(82, "ask_change_2", K::Quantity), // 매도호가직전대비2
    placed(52, "bid_price_2", K::Price, at!(Depth, bid_price[1])), // 매수호가2
    placed(72, "bid_quantity_2", K::Quantity, at!(Depth, bid_quantity[1])), // 매수호가수량2
    seen(92, "bid_change_2", K::Quantity), // 매수호가직전대비2
    placed(43, "ask_price_3", K::Price, at!(Depth, ask_price[2])), // 매도호가3
    placed(63, "ask_quantity_3", K::Quantity, at!(Depth, ask_quantity[2])), // 매도호가수량3
    seen(83, "ask_change_3", K::Quantity), // 매도호가직전대비3
    placed(53, "bid_price_3", K::Price, at!(Depth, bid_price[2])), // 매수호가3
    placed(73, "bid_quantity_3", K::Quantity, at!(Depth, bid_quantity[2])), // 매수호가수량3
    seen(93, "bid_change_3", K::Quantity), // 매수호가직전대비3
    placed(44, "ask_price_4", K::Price, at!(Depth, ask_price[3])), // 매도호가4
    placed(64, "ask_quantity_4", K::Quantity, at!(Depth, ask_quantity[3])), // 매도호가수량4
    seen(84, "ask_change_4", K::Quantity), // 매도호가직전대비4
    placed(54, "bid_price_4", K::Price, at!(Depth, bid_price[3])), // 매수호가4
    placed(74, "bid_quantity_4", K::Quantity, at!(Depth, bid_quantity[3])), // 매수호가수량4
    seen(94, "bid_change_4", K::Quantity), // 매수호가직전대비4
    placed(45, "ask_price_5", K::Price, at!(Depth, ask_price[4])), // 매도호가5
    placed(65, "ask_quantity_5", K::Quantity, at!(Depth, ask_quantity[4])), // 매도호가수량5
    seen(85, "ask_change_5", K::Quantity), // 매도호가직전대비5
    placed(55, "bid_price_5", K::Price, at!(Depth, bid_price[4])), // 매수호가5
    placed(75, "bid_quantity_5", K::Quantity, at!(Depth, bid_quantity[4])), // 매수호가수량5
    seen(95, "bid_change_5", K::Quantity), // 매수호가직전대비5
    placed(46, "ask_price_6", K::Price, at!(Depth, ask_price[5])), // 매도호가6
    placed(66, "ask_quantity_6", K::Quantity, at!(Depth, ask_quantity[5])), // 매도호가수량6
    seen(86, "ask_change_6", K::Quantity), // 매도호가직전대비6
    placed(56, "bid_price_6", K::Price, at!(Depth, bid_price[5])), // 매수호가6
    placed(76, "bid_quantity_6", K::Quantity, at!(Depth, bid_quantity[5])), // 매수호가수량6
    seen(96, "bid_change_6", K::Quantity), // 매수호가직전대비6
    placed(47, "ask_price_7", K::Price, at!(Depth, ask_price[6])), // 매도호가7
    placed(67, "ask_quantity_7", K::Quantity, at!(Depth, ask_quantity[6])), // 매도호가수량7
    seen(87, "ask_change_7", K::Quantity), // 매도호가직전대비7
    placed(57, "bid_price_7", K::Price, at!(Depth, bid_price[6])), // 매수호가7
    placed(77, "bid_quantity_7", K::Quantity, at!(Depth, bid_quantity[6])), // 매수호가수량7
    seen(97, "bid_change_7", K::Quantity), // 매수호가직전대비7
    placed(48, "ask_price_8", K::Price, at!(Depth, ask_price[7])), // 매도호가8
    placed(68, "ask_quantity_8", K::Quantity, at!(Depth, ask_quantity[7])), // 매도호가수량8
    seen(88, "ask_change_8", K::Quantity), // 매도호가직전대비8
    placed(58, "bid_price_8", K::Price, at!(Depth, bid_price[7])), // 매수호가8
    placed(78, "bid_quantity_8", K::Quantity, at!(Depth, bid_quantity[7])), // 매수호가수량8
    seen(98, "bid_change_8", K::Quantity), // 매수호가직전대비8
    placed(49, "ask_price_9", K::Price, at!(Depth, ask_price[8])), // 매도호가9
    placed(69, "ask_quantity_9", K::Quantity, at!(Depth, ask_quantity[8])), // 매도호가수량9
    seen(89, "ask_change_9", K::Quantity), // 매도호가직전대비9
    placed(59, "bid_price_9", K::Price, at!(Depth, bid_price[8])), // 매수호가9
    placed(79, "bid_quantity_9", K::Quantity, at!(Depth, bid_quantity[8])), // 매수호가수량9
    seen(99, "bid_change_9", K::Quantity), // 매수호가직전대비9
    placed(50, "ask_price_10", K::Price, at!(Depth, ask_price[9])), // 매도호가10
    placed(70, "ask_quantity_10", K::Quantity, at!(Depth, ask_quantity[9])), // 매도호가수량10
    seen(90, "ask_change_10", K::Quantity), // 매도호가직전대비10
    placed(60, "bid_price_10", K::Price, at!(Depth, bid_price[9])), // 매수호가10
    placed(80, "bid_quantity_10", K::Quantity, at!(Depth, bid_quantity[9])), // 매수호가수량10
    seen(100, "bid_change_10", K::Quantity), // 매수호가직전대비10
    placed(121, "ask_total", K::Quantity, at!(Depth, ask_total)), // 매도호가총잔량
    seen(122, "ask_total_change", K::Quantity), // 매도호가총잔량직전대비
    placed(125, "bid_total", K::Quantity, at!(Depth, bid_total)), // 매수호가총잔량
    seen(126, "bid_total_change", K::Quantity), // 매수호가총잔량직전대비
    placed(23, "indicative_price", K::Price, at!(Depth, indicative_price)), // 예상체결가
    placed(24, "indicative_quantity", K::Quantity, at!(Depth, indicative_quantity)), // 예상체결수량
    seen(128, "net_bid_quantity", K::Quantity), // 순매수잔량
    seen(129, "bid_ratio", K::Hundredths), // 매수비율
    seen(138, "net_ask_quantity", K::Quantity), // 순매도잔량
    seen(139, "ask_ratio", K::Hundredths), // 매도비율
    seen(200, "indicative_change", K::PriceDelta), // 예상체결가전일종가대비
    seen(201, "indicative_change_rate", K::Hundredths), // 예상체결가전일종가대비등락율
    seen(238, "indicative_change_sign", K::Code(C::ChangeSign)), // 예상체결가전일종가대비기호
    seen(291, "auction_price", K::Price), // 예상체결가
    seen(292, "auction_quantity", K::Quantity), // 예상체결량
    seen(293, "auction_change_sign", K::Code(C::ChangeSign)), // 예상체결가전일대비기호
    seen(294, "auction_change", K::PriceDelta), // 예상체결가전일대비
    seen(295, "auction_change_rate", K::Hundredths), // 예상체결가전일대비등락율
    seen(621, "provider_ask_quantity_1", K::Quantity), // LP매도호가수량1
    seen(631, "provider_bid_quantity_1", K::Quantity), // LP매수호가수량1
    seen(622, "provider_ask_quantity_2", K::Quantity), // LP매도호가수량2
    seen(632, "provider_bid_quantity_2", K::Quantity), // LP매수호가수량2
    seen(623, "provider_ask_quantity_3", K::Quantity), // LP매도호가수량3
    seen(633, "provider_bid_quantity_3", K::Quantity), // LP매수호가수량3
    seen(624, "provider_ask_quantity_4", K::Quantity), // LP매도호가수량4
    seen(634, "provider_bid_quantity_4", K::Quantity), // LP매수호가수량4
    seen(625, "provider_ask_quantity_5", K::Quantity), // LP매도호가수량5
    seen(635, "provider_bid_quantity_5", K::Quantity), // LP매수호가수량5
    seen(626, "provider_ask_quantity_6", K::Quantity), // LP매도호가수량6
    seen(636, "provider_bid_quantity_6", K::Quantity), // LP매수호가수량6
    seen(627, "provider_ask_quantity_7", K::Quantity), // LP매도호가수량7
    seen(637, "provider_bid_quantity_7", K::Quantity), // LP매수호가수량7
    seen(628, "provider_ask_quantity_8", K::Quantity), // LP매도호가수량8
    seen(638, "provider_bid_quantity_8", K::Quantity), // LP매수호가수량8
    seen(629, "provider_ask_quantity_9", K::Quantity), // LP매도호가수량9
    seen(639, "provider_bid_quantity_9", K::Quantity), // LP매수호가수량9
    seen(630, "provider_ask_quantity_10", K::Quantity), // LP매도호가수량10
    seen(640, "provider_bid_quantity_10", K::Quantity), // LP매수호가수량10
    seen(13, "cumulative_volume", K::Quantity), // 누적거래량
    seen(299, "indicative_volume_ratio", K::Hundredths), // 전일거래량대비예상체결율
    placed(215, "session_code", K::Char, at!(Depth, session_code)), // 장운영구분
    seen(216, "investor_ticker", K::Text), // 투자자별ticker
    seen(6044, "krx_ask_quantity_1", K::Quantity), // KRX 매도호가잔량1
    seen(6045, "krx_ask_quantity_2", K::Quantity), // KRX 매도호가잔량2
    seen(6046, "krx_ask_quantity_3", K::Quantity), // KRX 매도호가잔량3
    seen(6047, "krx_ask_quantity_4", K::Quantity), // KRX 매도호가잔량4
    seen(6048, "krx_ask_quantity_5", K::Quantity), // KRX 매도호가잔량5
    seen(6049, "krx_ask_quantity_6", K::Quantity), // KRX 매도호가잔량6
    seen(6050, "krx_ask_quantity_7", K::Quantity), // KRX 매도호가잔량7
    seen(6051, "krx_ask_quantity_8", K::Quantity), // KRX 매도호가잔량8
    seen(6052, "krx_ask_quantity_9", K::Quantity), // KRX 매도호가잔량9
    seen(6053, "krx_ask_quantity_10", K::Quantity), // KRX 매도호가잔량10
    seen(6054, "krx_bid_quantity_1", K::Quantity), // KRX 매수호가잔량1
    seen(6055, "krx_bid_quantity_2", K::Quantity), // KRX 매수호가잔량2
    seen(6056, "krx_bid_quantity_3", K::Quantity), // KRX 매수호가잔량3
    seen(6057, "krx_bid_quantity_4", K::Quantity), // KRX 매수호가잔량4
    seen(6058, "krx_bid_quantity_5", K::Quantity), // KRX 매수호가잔량5
    seen(6059, "krx_bid_quantity_6", K::Quantity), // KRX 매수호가잔량6
    seen(6060, "krx_bid_quantity_7", K::Quantity), // KRX 매수호가잔량7
    seen(6061, "krx_bid_quantity_8", K::Quantity), // KRX 매수호가잔량8
    seen(6062, "krx_bid_quantity_9", K::Quantity), // KRX 매수호가잔량9
    seen(6063, "krx_bid_quantity_10", K::Quantity), // KRX 매수호가잔량10
    seen(6064, "krx_ask_total", K::Quantity), // KRX 매도호가총잔량
    seen(6065, "krx_bid_total", K::Quantity), // KRX 매수호가총잔량
    seen(6066, "nxt_ask_quantity_1", K::Quantity), // NXT 매도호가잔량1
    seen(6067, "nxt_ask_quantity_2", K::Quantity), // NXT 매도호가잔량2
    seen(6068, "nxt_ask_quantity_3", K::Quantity), // NXT 매도호가잔량3
    seen(6069, "nxt_ask_quantity_4", K::Quantity), // NXT 매도호가잔량4
    seen(6070, "nxt_ask_quantity_5", K::Quantity), // NXT 매도호가잔량5
    seen(6071, "nxt_ask_quantity_6", K::Quantity), // NXT 매도호가잔량6
    seen(6072, "nxt_ask_quantity_7", K::Quantity), // NXT 매도호가잔량7
    seen(6073, "nxt_ask_quantity_8", K::Quantity), // NXT 매도호가잔량8
    seen(6074, "nxt_ask_quantity_9", K::Quantity), // NXT 매도호가잔량9
    seen(6075, "nxt_ask_quantity_10", K::Quantity), // NXT 매도호가잔량10
    seen(6076, "nxt_bid_quantity_1", K::Quantity), // NXT 매수호가잔량1
    seen(6077, "nxt_bid_quantity_2", K::Quantity), // NXT 매수호가잔량2
    seen(6078, "nxt_bid_quantity_3", K::Quantity), // NXT 매수호가잔량3
    seen(6079, "nxt_bid_quantity_4", K::Quantity), // NXT 매수호가잔량4
    seen(6080, "nxt_bid_quantity_5", K::Quantity), // NXT 매수호가잔량5
    seen(6081, "nxt_bid_quantity_6", K::Quantity), // NXT 매수호가잔량6
    seen(6082, "nxt_bid_quantity_7", K::Quantity), // NXT 매수호가잔량7
    seen(6083, "nxt_bid_quantity_8", K::Quantity), // NXT 매수호가잔량8
    seen(6084, "nxt_bid_quantity_9", K::Quantity), // NXT 매수호가잔량9
    seen(6085, "nxt_bid_quantity_10", K::Quantity), // NXT 매수호가잔량10
    seen(6086, "nxt_ask_total", K::Quantity), // NXT 매도호가총잔량
    seen(6087, "nxt_bid_total", K::Quantity), // NXT 매수호가총잔량
    seen(6100, "krx_mid_ask_total_change", K::Quantity), // KRX 중간가 매도 총잔량 증감
    seen(6101, "krx_mid_ask_total", K::Quantity), // KRX 중간가 매도 총잔량
    seen(6102, "krx_mid_price", K::Price), // KRX 중간가
    seen(6103, "krx_mid_bid_total", K::Quantity), // KRX 중간가 매수 총잔량
    seen(6104, "krx_mid_bid_total_change", K::Quantity), // KRX 중간가 매수 총잔량 증감
    seen(6105, "nxt_mid_ask_total_change", K::Quantity), // NXT중간가 매도 총잔량 증감
    seen(6106, "nxt_mid_ask_total", K::Quantity), // NXT중간가 매도 총잔량
    seen(6107, "nxt_mid_price", K::Price), // NXT중간가
    seen(6108, "nxt_mid_bid_total", K::Quantity), // NXT중간가 매수 총잔량
    seen(6109, "nxt_mid_bid_total_change", K::Quantity), // NXT중간가 매수 총잔량 증감
    seen(6110, "krx_mid_change", K::PriceDelta), // KRX중간가대비
    seen(6111, "krx_mid_change_sign", K::Code(C::ChangeSign)), // KRX중간가대비 기호
    seen(6112, "krx_mid_change_rate", K::Hundredths), // KRX중간가대비등락율
    seen(6113, "nxt_mid_change", K::PriceDelta), // NXT중간가대비
    seen(6114, "nxt_mid_change_sign", K::Code(C::ChangeSign)), // NXT중간가대비 기호
    seen(6115, "nxt_mid_change_rate", K::Hundredths), // NXT중간가대비등락율
];

/// `0H` into [`IndicativeMatch`].
#[rustfmt::skip]
pub(super) const INDICATIVE_MATCH: &[Field] = &[
    placed(20, "time", K::EventTime, event_time!()), // 체결시간
    placed(10, "price", K::Price, at!(IndicativeMatch, price, direction)), // 현재가
    placed(11, "change", K::PriceDelta, at!(IndicativeMatch, change)), // 전일대비
    placed(12, "change_rate", K::Hundredths, at!(IndicativeMatch, change_rate)), // 등락율
    placed(15, "quantity", K::Aggressor, at!(IndicativeMatch, quantity, side)), // 거래량
    placed(13, "cumulative_volume", K::Quantity, at!(IndicativeMatch, cumulative_volume)), // 누적거래량
    placed(25, "change_sign", K::Code(C::ChangeSign), at!(IndicativeMatch, change_sign)), // 전일대비기호
];

/// `0E` into [`OffHoursQuote`].
#[rustfmt::skip]
pub(super) const OFF_HOURS_QUOTE: &[Field] = &[
    placed(21, "time", K::EventTime, event_time!()), // 호가시간
    placed(131, "ask_total", K::Quantity, at!(OffHoursQuote, ask_total)), // 시간외매도호가총잔량
    placed(132, "ask_total_change", K::Quantity, at!(OffHoursQuote, ask_total_change)), // 시간외매도호가총잔량직전대비
    placed(135, "bid_total", K::Quantity, at!(OffHoursQuote, bid_total)), // 시간외매수호가총잔량
    placed(136, "bid_total_change", K::Quantity, at!(OffHoursQuote, bid_total_change)), // 시간외매수호가총잔량직전대비
];
