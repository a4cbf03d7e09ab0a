//! Fields of the United States types, which are decoded for people but have no record.
//!
//! One row per FID: number, name, how the text is read and, where the record has the field, its
//! place. The comments give the broker's own name.

use super::field::{CodeSet as C, Field, ValueKind as K, seen};

/// `F4`, no record.
#[rustfmt::skip]
pub(super) const US_ORDER: &[Field] = &[
    seen(9201, "account", K::Text), // 계좌번호
    seen(9203, "order_number", K::Text), // 주문번호
    seen(9001, "code", K::Text), // 종목,업종코드
    seen(905, "order_class", K::Text), // 주문구분
    seen(907, "side", K::Side), // 매도수구분
    seen(904, "original_order_number", K::Text), // 원주문번호
    seen(900, "quantity", K::Decimal), // 주문수량
    seen(901, "price", K::Decimal), // 주문가격
    seen(906, "order_type_code", K::Text), // 매매구분
    seen(913, "state_text", K::Text), // 주문상태
    seen(908, "time", K::LenientTime), // 주문/체결시간
    seen(50810, "stop_price", K::Decimal), // 주문STOP가격
    seen(8043, "currency", K::Text), // 통화코드
    seen(50841, "reserved_order", K::Text), // 예약구분
    seen(55190, "country_code", K::Text), // (재무)국가코드 사용
    seen(1091, "country", K::Text), // 국가명
    seen(50072, "side_text", K::Text), // 매도수구분명
    seen(302, "name", K::Text), // 종목명
    seen(50073, "order_type_text", K::Text), // 매매구분명
    seen(8046, "exchange_code", K::Text), // 거래소코드
];

/// `F5`, no record.
#[rustfmt::skip]
pub(super) const US_FILL: &[Field] = &[
    seen(1091, "country", K::Text), // 국가명
    seen(8046, "exchange_code", K::Text), // 거래소코드
    seen(9001, "code", K::Text), // 종목코드
    seen(302, "name", K::Text), // 종목명
    seen(904, "original_order_number", K::Text), // 원주문번호
    seen(9203, "order_number", K::Text), // 주문번호
    seen(905, "order_class", K::Text), // 주문구분
    seen(907, "side", K::Side), // 매도수구분
    seen(908, "time", K::LenientTime), // 주문/체결시간
    seen(913, "state_text", K::Text), // 주문상태
    seen(900, "quantity", K::Decimal), // 주문수량
    seen(901, "price", K::Decimal), // 주문가격
    seen(902, "leaves", K::Decimal), // 미체결수량
    seen(909, "fill_number", K::Text), // 체결번호
    seen(910, "fill_price", K::Decimal), // 체결가
    seen(911, "cumulative_filled", K::Decimal), // 체결량
    seen(930, "quantity_held", K::Decimal), // 보유수량
    seen(931, "average_price", K::Decimal), // 매입단가
    seen(934, "sold_today", K::Decimal), // 당일매도수량 사용
    seen(936, "bought_today", K::Decimal), // 당일매수수량 사용
    seen(8004, "sold_yesterday", K::Decimal), // 전일매도수량
    seen(8005, "bought_yesterday", K::Decimal), // 전일매수수량
    seen(8018, "profit", K::Decimal), // 손익금액
    seen(8019, "profit_rate", K::Decimal), // 손익율
    seen(8043, "currency", K::Text), // 통화코드
    seen(8075, "tax", K::Decimal), // 세금 사용
    seen(9201, "account", K::Text), // 계좌번호
    seen(13006, "fee", K::Decimal), // 수수료 사용
    seen(50072, "side_text", K::Text), // 매도수구분명
    seen(50073, "order_type_text", K::Text), // 매매구분명
    seen(50724, "realised_cost", K::Decimal), // 실현손익매입금 사용
    seen(50725, "realised_cost_converted", K::Decimal), // 환전실현손익매입금액 사용
    seen(50810, "stop_price", K::Decimal), // 주문STOP가격
    seen(50841, "reserved_order", K::Text), // 예약구분
    seen(50844, "realised_profit_converted", K::Decimal), // 환전실현손익금액 사용
    seen(55190, "country_code", K::Text), // (재무)국가코드 사용
];

/// `FE`, no record.
#[rustfmt::skip]
pub(super) const US_TRADE: &[Field] = &[
    seen(10, "price", K::MarkedDecimal), // 현재가
    seen(11, "change", K::Decimal), // 전일대비
    seen(12, "change_rate", K::Decimal), // 등락율
    seen(13, "cumulative_volume", K::Decimal), // 누적거래량
    seen(14, "cumulative_value", K::Decimal), // 누적거래대금
    seen(15, "quantity", K::Aggressor), // 체결량
    seen(16, "open", K::MarkedDecimal), // 시가
    seen(17, "high", K::MarkedDecimal), // 고가
    seen(18, "low", K::MarkedDecimal), // 저가
    seen(20, "time", K::LenientTime), // 시간
    seen(22, "trade_date", K::Date), // 체결일자
    seen(25, "change_sign", K::Code(C::ChangeSign)), // 전일대비기호
    seen(27, "ask", K::MarkedDecimal), // (최우선)매도호가
    seen(28, "bid", K::MarkedDecimal), // (최우선)매수호가
    seen(30, "volume_ratio", K::MarkedDecimal), // 전일거래량대비(비율)
    seen(228, "strength", K::Decimal), // 체결강도
    seen(290, "session", K::Code(C::Plain)), // 장구분
    seen(51020, "local_time", K::LenientTime), // 현지 체결시간
];

/// `FT`, no record.
#[rustfmt::skip]
pub(super) const US_DEPTH: &[Field] = &[
    seen(21, "time", K::LenientTime), // 시간
    seen(41, "ask_price_1", K::MarkedDecimal), // 매도1호가
    seen(61, "ask_quantity_1", K::Decimal), // 매도1호가잔량
    seen(81, "ask_change_1", K::Decimal), // 매도1호가직전대비
    seen(51, "bid_price_1", K::MarkedDecimal), // 매수1호가
    seen(71, "bid_quantity_1", K::Decimal), // 매수1호가잔량
    seen(91, "bid_change_1", K::Decimal), // 매수1호가직전대비
    seen(42, "ask_price_2", K::MarkedDecimal), // 매도2호가
    seen(62, "ask_quantity_2", K::Decimal), // 매도2호가잔량
    seen(82, "ask_change_2", K::Decimal), // 매도2호가직전대비
    seen(52, "bid_price_2", K::MarkedDecimal), // 매수2호가
    seen(72, "bid_quantity_2", K::Decimal), // 매수2호가잔량
    seen(92, "bid_change_2", K::Decimal), // 매수2호가직전대비
    seen(43, "ask_price_3", K::MarkedDecimal), // 매도3호가
    seen(63, "ask_quantity_3", K::Decimal), // 매도3호가잔량
    seen(83, "ask_change_3", K::Decimal), // 매도3호가직전대비
    seen(53, "bid_price_3", K::MarkedDecimal), // 매수3호가
    seen(73, "bid_quantity_3", K::Decimal), // 매수3호가잔량
    seen(93, "bid_change_3", K::Decimal), // 매수3호가직전대비
    seen(44, "ask_price_4", K::MarkedDecimal), // 매도4호가
    seen(64, "ask_quantity_4", K::Decimal), // 매도4호가잔량
    seen(84, "ask_change_4", K::Decimal), // 매도4호가직전대비
    seen(54, "bid_price_4", K::MarkedDecimal), // 매수4호가
    seen(74, "bid_quantity_4", K::Decimal), // 매수4호가잔량
    seen(94, "bid_change_4", K::Decimal), // 매수4호가직전대비
    seen(45, "ask_price_5", K::MarkedDecimal), // 매도5호가
    seen(65, "ask_quantity_5", K::Decimal), // 매도5호가잔량
    seen(85, "ask_change_5", K::Decimal), // 매도5호가직전대비
    seen(55, "bid_price_5", K::MarkedDecimal), // 매수5호가
    seen(75, "bid_quantity_5", K::Decimal), // 매수5호가잔량
    seen(95, "bid_change_5", K::Decimal), // 매수5호가직전대비
    seen(46, "ask_price_6", K::MarkedDecimal), // 매도6호가
    seen(66, "ask_quantity_6", K::Decimal), // 매도6호가잔량
    seen(86, "ask_change_6", K::Decimal), // 매도6호가직전대비
    seen(56, "bid_price_6", K::MarkedDecimal), // 매수6호가
    seen(76, "bid_quantity_6", K::Decimal), // 매수6호가잔량
    seen(96, "bid_change_6", K::Decimal), // 매수6호가직전대비
    seen(47, "ask_price_7", K::MarkedDecimal), // 매도7호가
    seen(67, "ask_quantity_7", K::Decimal), // 매도7호가잔량
    seen(87, "ask_change_7", K::Decimal), // 매도7호가직전대비
    seen(57, "bid_price_7", K::MarkedDecimal), // 매수7호가
    seen(77, "bid_quantity_7", K::Decimal), // 매수7호가잔량
    seen(97, "bid_change_7", K::Decimal), // 매수7호가직전대비
    seen(48, "ask_price_8", K::MarkedDecimal), // 매도8호가
    seen(68, "ask_quantity_8", K::Decimal), // 매도8호가잔량
    seen(88, "ask_change_8", K::Decimal), // 매도8호가직전대비
    seen(58, "bid_price_8", K::MarkedDecimal), // 매수8호가
    seen(78, "bid_quantity_8", K::Decimal), // 매수8호가잔량
    seen(98, "bid_change_8", K::Decimal), // 매수8호가직전대비
    seen(49, "ask_price_9", K::MarkedDecimal), // 매도9호가
    seen(69, "ask_quantity_9", K::Decimal), // 매도9호가잔량
    seen(89, "ask_change_9", K::Decimal), // 매도9호가직전대비
    seen(59, "bid_price_9", K::MarkedDecimal), // 매수9호가
    seen(79, "bid_quantity_9", K::Decimal), // 매수9호가잔량
    seen(99, "bid_change_9", K::Decimal), // 매수9호가직전대비
    seen(50, "ask_price_10", K::MarkedDecimal), // 매도10호가
    seen(70, "ask_quantity_10", K::Decimal), // 매도10호가잔량
    seen(90, "ask_change_10", K::Decimal), // 매도10호가직전대비
    seen(60, "bid_price_10", K::MarkedDecimal), // 매수10호가
    seen(80, "bid_quantity_10", K::Decimal), // 매수10호가잔량
    seen(100, "bid_change_10", K::Decimal), // 매수10호가직전대비
    seen(121, "ask_total", K::Decimal), // 매도호가총잔량
    seen(122, "ask_total_change", K::Decimal), // 매도호가총잔량직전대비
    seen(125, "bid_total", K::Decimal), // 매수호가총잔량
    seen(126, "bid_total_change", K::Decimal), // 매수호가총잔량직전대비
];
