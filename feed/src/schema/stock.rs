//! Fields of the slower types of a stock, a fund or a warrant.
//!
//! One row per FID: number, name, how the text is read and, where the record has the field, its
//! place. The comments give the broker's own name.

use strategy_api::record::{
    BrokerFlow, BrokerRow, ConditionMatch, EtfNav, GoldPrice, IndicativePrice, InstrumentInfo,
    ProgramTrading, VolatilityInterruption, WarrantIndicators, WarrantTheory,
};

use super::field::{CodeSet as C, Field, ValueKind as K, at, event_time, placed, row, seen};

/// `0A` into [`IndicativePrice`].
#[rustfmt::skip]
pub(super) const INDICATIVE_PRICE: &[Field] = &[
    placed(10, "price", K::Price, at!(IndicativePrice, price, direction)), // 현재가
    placed(11, "change", K::PriceDelta, at!(IndicativePrice, change)), // 전일대비
    placed(12, "change_rate", K::Hundredths, at!(IndicativePrice, change_rate)), // 등락율
    placed(27, "ask", K::Price, at!(IndicativePrice, ask)), // (최우선)매도호가
    placed(28, "bid", K::Price, at!(IndicativePrice, bid)), // (최우선)매수호가
    placed(13, "cumulative_volume", K::Quantity, at!(IndicativePrice, cumulative_volume)), // 누적거래량
    placed(14, "cumulative_value", K::Notional(1_000_000), at!(IndicativePrice, cumulative_value)), // 누적거래대금
    placed(16, "open", K::Price, at!(IndicativePrice, open)), // 시가
    placed(17, "high", K::Price, at!(IndicativePrice, high)), // 고가
    placed(18, "low", K::Price, at!(IndicativePrice, low)), // 저가
    placed(25, "change_sign", K::Code(C::ChangeSign), at!(IndicativePrice, change_sign)), // 전일대비기호
    placed(26, "volume_change", K::Quantity, at!(IndicativePrice, volume_change)), // 전일거래량대비(계약,주)
    placed(29, "value_change", K::Notional(1), at!(IndicativePrice, value_change)), // 거래대금증감
    placed(30, "volume_ratio", K::MarkedHundredths, at!(IndicativePrice, volume_ratio)), // 전일거래량대비(비율)
    placed(31, "turnover", K::Hundredths, at!(IndicativePrice, turnover)), // 거래회전율
    placed(32, "trading_cost", K::Count, at!(IndicativePrice, trading_cost)), // 거래비용
    placed(311, "market_cap", K::Notional(100_000_000), at!(IndicativePrice, market_cap)), // 시가총액(억)
    placed(567, "upper_limit_time", K::TimeOrNone, at!(IndicativePrice, upper_limit_time)), // 상한가발생시간
    placed(568, "lower_limit_time", K::TimeOrNone, at!(IndicativePrice, lower_limit_time)), // 하한가발생시간
];

/// `0F` into [`BrokerFlow`].
#[rustfmt::skip]
pub(super) const BROKER_FLOW: &[Field] = &[
    placed(141, "seller_name_1", K::Text, row!(sellers, 0, name)), // 매도거래원1
    placed(161, "seller_quantity_1", K::Quantity, row!(sellers, 0, quantity)), // 매도거래원수량1
    placed(166, "seller_change_1", K::Quantity, row!(sellers, 0, change)), // 매도거래원별증감1
    placed(146, "seller_code_1", K::Text, row!(sellers, 0, code)), // 매도거래원코드1
    seen(271, "seller_color_1", K::Text), // 매도거래원색깔1
    placed(151, "buyer_name_1", K::Text, row!(buyers, 0, name)), // 매수거래원1
    placed(171, "buyer_quantity_1", K::Quantity, row!(buyers, 0, quantity)), // 매수거래원수량1
    placed(176, "buyer_change_1", K::Quantity, row!(buyers, 0, change)), // 매수거래원별증감1
    placed(156, "buyer_code_1", K::Text, row!(buyers, 0, code)), // 매수거래원코드1
    seen(281, "buyer_color_1", K::Text), // 매수거래원색깔1
    placed(142, "seller_name_2", K::Text, row!(sellers, 1, name)), // 매도거래원2
    placed(162, "seller_quantity_2", K::Quantity, row!(sellers, 1, quantity)), // 매도거래원수량2
    placed(167, "seller_change_2", K::Quantity, row!(sellers, 1, change)), // 매도거래원별증감2
    placed(147, "seller_code_2", K::Text, row!(sellers, 1, code)), // 매도거래원코드2
    seen(272, "seller_color_2", K::Text), // 매도거래원색깔2
    placed(152, "buyer_name_2", K::Text, row!(buyers, 1, name)), // 매수거래원2
    placed(172, "buyer_quantity_2", K::Quantity, row!(buyers, 1, quantity)), // 매수거래원수량2
    placed(177, "buyer_change_2", K::Quantity, row!(buyers, 1, change)), // 매수거래원별증감2
    placed(157, "buyer_code_2", K::Text, row!(buyers, 1, code)), // 매수거래원코드2
    seen(282, "buyer_color_2", K::Text), // 매수거래원색깔2
    placed(143, "seller_name_3", K::Text, row!(sellers, 2, name)), // 매도거래원3
    placed(163, "seller_quantity_3", K::Quantity, row!(sellers, 2, quantity)), // 매도거래원수량3
    placed(168, "seller_change_3", K::Quantity, row!(sellers, 2, change)), // 매도거래원별증감3
    placed(148, "seller_code_3", K::Text, row!(sellers, 2, code)), // 매도거래원코드3
    seen(273, "seller_color_3", K::Text), // 매도거래원색깔3
    placed(153, "buyer_name_3", K::Text, row!(buyers, 2, name)), // 매수거래원3
    placed(173, "buyer_quantity_3", K::Quantity, row!(buyers, 2, quantity)), // 매수거래원수량3
    placed(178, "buyer_change_3", K::Quantity, row!(buyers, 2, change)), // 매수거래원별증감3
    placed(158, "buyer_code_3", K::Text, row!(buyers, 2, code)), // 매수거래원코드3
    seen(283, "buyer_color_3", K::Text), // 매수거래원색깔3
    placed(144, "seller_name_4", K::Text, row!(sellers, 3, name)), // 매도거래원4
    placed(164, "seller_quantity_4", K::Quantity, row!(sellers, 3, quantity)), // 매도거래원수량4
    placed(169, "seller_change_4", K::Quantity, row!(sellers, 3, change)), // 매도거래원별증감4
    placed(149, "seller_code_4", K::Text, row!(sellers, 3, code)), // 매도거래원코드4
    seen(274, "seller_color_4", K::Text), // 매도거래원색깔4
    placed(154, "buyer_name_4", K::Text, row!(buyers, 3, name)), // 매수거래원4
    placed(174, "buyer_quantity_4", K::Quantity, row!(buyers, 3, quantity)), // 매수거래원수량4
    placed(179, "buyer_change_4", K::Quantity, row!(buyers, 3, change)), // 매수거래원별증감4
    placed(159, "buyer_code_4", K::Text, row!(buyers, 3, code)), // 매수거래원코드4
    seen(284, "buyer_color_4", K::Text), // 매수거래원색깔4
    placed(145, "seller_name_5", K::Text, row!(sellers, 4, name)), // 매도거래원5
    placed(165, "seller_quantity_5", K::Quantity, row!(sellers, 4, quantity)), // 매도거래원수량5
    placed(170, "seller_change_5", K::Quantity, row!(sellers, 4, change)), // 매도거래원별증감5
    placed(150, "seller_code_5", K::Text, row!(sellers, 4, code)), // 매도거래원코드5
    seen(275, "seller_color_5", K::Text), // 매도거래원색깔5
    placed(155, "buyer_name_5", K::Text, row!(buyers, 4, name)), // 매수거래원5
    placed(175, "buyer_quantity_5", K::Quantity, row!(buyers, 4, quantity)), // 매수거래원수량5
    placed(180, "buyer_change_5", K::Quantity, row!(buyers, 4, change)), // 매수거래원별증감5
    placed(160, "buyer_code_5", K::Text, row!(buyers, 4, code)), // 매수거래원코드5
    seen(285, "buyer_color_5", K::Text), // 매수거래원색깔5
    placed(261, "foreign_sold", K::Quantity, at!(BrokerFlow, foreign_sold)), // 외국계매도추정합
    placed(262, "foreign_sold_change", K::Quantity, at!(BrokerFlow, foreign_sold_change)), // 외국계매도추정합변동
    placed(263, "foreign_bought", K::Quantity, at!(BrokerFlow, foreign_bought)), // 외국계매수추정합
    placed(264, "foreign_bought_change", K::Quantity, at!(BrokerFlow, foreign_bought_change)), // 외국계매수추정합변동
    placed(267, "foreign_net", K::Quantity, at!(BrokerFlow, foreign_net)), // 외국계순매수추정합
    placed(268, "foreign_net_change", K::Quantity, at!(BrokerFlow, foreign_net_change)), // 외국계순매수변동
    seen(337, "traded_venue", K::Venue), // 거래소구분
];

/// `0G` into [`EtfNav`].
#[rustfmt::skip]
pub(super) const ETF_NAV: &[Field] = &[
    placed(36, "nav", K::MarkedHundredths, at!(EtfNav, nav)), // NAV
    placed(37, "nav_change", K::Hundredths, at!(EtfNav, nav_change)), // NAV전일대비
    placed(38, "nav_change_rate", K::Hundredths, at!(EtfNav, nav_change_rate)), // NAV등락율
    placed(39, "tracking_error", K::Hundredths, at!(EtfNav, tracking_error)), // 추적오차율
    placed(20, "time", K::EventTime, event_time!()), // 체결시간
    placed(10, "price", K::Price, at!(EtfNav, price, direction)), // 현재가
    placed(11, "change", K::PriceDelta, at!(EtfNav, change)), // 전일대비
    placed(12, "change_rate", K::Hundredths, at!(EtfNav, change_rate)), // 등락율
    placed(13, "cumulative_volume", K::Quantity, at!(EtfNav, cumulative_volume)), // 누적거래량
    placed(25, "change_sign", K::Code(C::ChangeSign), at!(EtfNav, change_sign)), // 전일대비기호
    placed(667, "gearing", K::Hundredths, at!(EtfNav, gearing)), // ELW기어링비율
    placed(668, "break_even", K::Hundredths, at!(EtfNav, break_even)), // ELW손익분기율
    placed(669, "capital_support", K::Hundredths, at!(EtfNav, capital_support)), // ELW자본지지점
    placed(265, "index_disparity", K::Hundredths, at!(EtfNav, index_disparity)), // NAV/지수괴리율
    placed(266, "fund_disparity", K::Hundredths, at!(EtfNav, fund_disparity)), // NAV/ETF괴리율
];

/// `0I` into [`GoldPrice`].
#[rustfmt::skip]
pub(super) const GOLD_PRICE: &[Field] = &[
    placed(10, "price", K::Price, at!(GoldPrice, price, direction)), // 현재가
    placed(25, "change_sign", K::Code(C::ChangeSign), at!(GoldPrice, change_sign)), // 전일대비기호
    placed(11, "change", K::PriceDelta, at!(GoldPrice, change)), // 전일대비
    placed(12, "change_rate", K::Hundredths, at!(GoldPrice, change_rate)), // 등락율
];

/// `0g` into [`InstrumentInfo`].
#[rustfmt::skip]
pub(super) const INSTRUMENT_INFO: &[Field] = &[
    placed(297, "extension", K::Text, at!(InstrumentInfo, extension)), // 임의연장
    placed(592, "extension_pre", K::Text, at!(InstrumentInfo, extension_pre)), // 장전임의연장
    placed(593, "extension_post", K::Text, at!(InstrumentInfo, extension_post)), // 장후임의연장
    placed(305, "upper_limit", K::Price, at!(InstrumentInfo, upper_limit)), // 상한가
    placed(306, "lower_limit", K::Price, at!(InstrumentInfo, lower_limit)), // 하한가
    placed(307, "base_price", K::Price, at!(InstrumentInfo, base_price)), // 기준가
    placed(689, "warrant_early_end", K::Text, at!(InstrumentInfo, warrant_early_end)), // 조기종료ELW발생
    placed(594, "currency", K::Text, at!(InstrumentInfo, currency)), // 통화단위
    placed(382, "margin_rate", K::Text, at!(InstrumentInfo, margin_rate)), // 증거금율표시
    placed(370, "notes", K::Text, at!(InstrumentInfo, notes)), // 종목정보
];

/// `0m` into [`WarrantTheory`].
#[rustfmt::skip]
pub(super) const WARRANT_THEORY: &[Field] = &[
    placed(20, "time", K::EventTime, event_time!()), // 체결시간
    placed(10, "price", K::Price, at!(WarrantTheory, price, direction)), // 현재가
    placed(670, "theoretical_price", K::Millionths, at!(WarrantTheory, theoretical_price)), // ELW이론가
    placed(671, "implied_volatility", K::Millionths, at!(WarrantTheory, implied_volatility)), // ELW내재변동성
    placed(672, "delta", K::Millionths, at!(WarrantTheory, delta)), // ELW델타
    placed(673, "gamma", K::Millionths, at!(WarrantTheory, gamma)), // ELW감마
    placed(674, "theta", K::Millionths, at!(WarrantTheory, theta)), // ELW쎄타
    placed(675, "vega", K::Millionths, at!(WarrantTheory, vega)), // ELW베가
    placed(676, "rho", K::Millionths, at!(WarrantTheory, rho)), // ELW로
    placed(706, "provider_volatility", K::Millionths, at!(WarrantTheory, provider_volatility)), // LP호가내재변동성
];

/// `0u` into [`WarrantIndicators`].
#[rustfmt::skip]
pub(super) const WARRANT_INDICATORS: &[Field] = &[
    placed(20, "time", K::EventTime, event_time!()), // 체결시간
    placed(666, "parity", K::Hundredths, at!(WarrantIndicators, parity)), // ELW패리티
    placed(1211, "premium", K::Hundredths, at!(WarrantIndicators, premium)), // ELW프리미엄
    placed(667, "gearing", K::Hundredths, at!(WarrantIndicators, gearing)), // ELW기어링비율
    placed(668, "break_even", K::Hundredths, at!(WarrantIndicators, break_even)), // ELW손익분기율
    placed(669, "capital_support", K::Hundredths, at!(WarrantIndicators, capital_support)), // ELW자본지지점
];

/// `0w` into [`ProgramTrading`].
#[rustfmt::skip]
pub(super) const PROGRAM_TRADING: &[Field] = &[
    placed(20, "time", K::EventTime, event_time!()), // 체결시간
    placed(10, "price", K::Price, at!(ProgramTrading, price, direction)), // 현재가
    placed(25, "change_sign", K::Code(C::ChangeSign), at!(ProgramTrading, change_sign)), // 전일대비기호
    placed(11, "change", K::PriceDelta, at!(ProgramTrading, change)), // 전일대비
    placed(12, "change_rate", K::Hundredths, at!(ProgramTrading, change_rate)), // 등락율
    placed(13, "cumulative_volume", K::Quantity, at!(ProgramTrading, cumulative_volume)), // 누적거래량
    placed(202, "sold", K::Quantity, at!(ProgramTrading, sold)), // 매도수량
    placed(204, "sold_value", K::Notional(1_000_000), at!(ProgramTrading, sold_value)), // 매도금액
    placed(206, "bought", K::Quantity, at!(ProgramTrading, bought)), // 매수수량
    placed(208, "bought_value", K::Notional(1_000_000), at!(ProgramTrading, bought_value)), // 매수금액
    placed(210, "net", K::Quantity, at!(ProgramTrading, net)), // 순매수수량
    placed(211, "net_change", K::Quantity, at!(ProgramTrading, net_change)), // 순매수수량증감
    placed(212, "net_value", K::Notional(1_000_000), at!(ProgramTrading, net_value)), // 순매수금액
    placed(213, "net_value_change", K::Notional(1_000_000), at!(ProgramTrading, net_value_change)), // 순매수금액증감
    seen(214, "remaining", K::LenientTime), // 장시작예상잔여시간
    seen(215, "session_code", K::Char), // 장운영구분
    seen(216, "investor_ticker", K::Text), // 투자자별ticker
];

/// `1h` into [`VolatilityInterruption`].
#[rustfmt::skip]
pub(super) const VOLATILITY_INTERRUPTION: &[Field] = &[
    placed(9001, "code", K::Symbol, at!(VolatilityInterruption, symbol)), // 종목코드
    placed(302, "name", K::Text, at!(VolatilityInterruption, name)), // 종목명
    placed(13, "cumulative_volume", K::Quantity, at!(VolatilityInterruption, cumulative_volume)), // 누적거래량
    placed(14, "cumulative_value", K::Notional(1_000_000), at!(VolatilityInterruption, cumulative_value)), // 누적거래대금
    placed(9068, "interruption", K::Code(C::Interruption), at!(VolatilityInterruption, interruption)), // VI발동구분
    placed(9008, "market", K::Text, at!(VolatilityInterruption, market)), // KOSPI,KOSDAQ,전체구분
    placed(9075, "session", K::Code(C::Plain), at!(VolatilityInterruption, session)), // 장전구분
    placed(1221, "trigger_price", K::Price, at!(VolatilityInterruption, trigger_price)), // VI발동가격
    placed(1223, "trigger_time", K::Time, at!(VolatilityInterruption, trigger_time)), // 매매체결처리시각
    placed(1224, "release_time", K::TimeOrNone, at!(VolatilityInterruption, release_time)), // VI해제시각
    seen(1225, "interruption_text", K::Text), // VI적용구분
    placed(1236, "static_base", K::Price, at!(VolatilityInterruption, static_base)), // 기준가격 정적
    placed(1237, "dynamic_base", K::Price, at!(VolatilityInterruption, dynamic_base)), // 기준가격 동적
    placed(1238, "static_disparity", K::Hundredths, at!(VolatilityInterruption, static_disparity)), // 괴리율 정적
    placed(1239, "dynamic_disparity", K::Hundredths, at!(VolatilityInterruption, dynamic_disparity)), // 괴리율 동적
    placed(1489, "trigger_rate", K::Hundredths, at!(VolatilityInterruption, trigger_rate)), // VI발동가 등락율
    placed(1490, "count_today", K::SmallCount, at!(VolatilityInterruption, count_today)), // VI발동횟수
    placed(9069, "interruption_direction", K::Code(C::InterruptionDirection), at!(VolatilityInterruption, direction)), // 발동방향구분
    seen(1279, "extra_item_1279", K::Text), // Extra Item
];

/// `02` into [`ConditionMatch`].
#[rustfmt::skip]
pub(super) const CONDITION_MATCH: &[Field] = &[
    placed(841, "condition", K::Ident, at!(ConditionMatch, condition)), // 조건식 번호
    placed(9001, "code", K::ConditionSymbol, at!(ConditionMatch, symbol)), // 종목코드
    placed(843, "entered_or_left", K::Char, at!(ConditionMatch, change)), // 삽입삭제 구분
    placed(20, "time", K::EventTime, event_time!()), // 체결시간
    seen(907, "side", K::Side), // 매도/수구분
];
