//! Fields of own orders and positions.
//!
//! One row per FID: number, name, how the text is read and, where the record has the field, its
//! place. The comments give the broker's own name.

use strategy_api::record::{Balance, OrderUpdate};

use super::field::{Field, ValueKind as K, at, event_time, placed, seen};

/// `00` into [`OrderUpdate`].
#[rustfmt::skip]
pub(super) const ORDER_UPDATE: &[Field] = &[
    placed(9201, "account", K::Ident, at!(OrderUpdate, account)), // 계좌번호
    placed(9203, "order_number", K::Ident, at!(OrderUpdate, order_number)), // 주문번호
    seen(9205, "manager", K::Text), // 관리자사번
    placed(9001, "code", K::Symbol, at!(OrderUpdate, symbol)), // 종목코드,업종코드
    seen(912, "order_class", K::Text), // 주문업무분류
    placed(913, "state", K::State, at!(OrderUpdate, state)), // 주문상태
    seen(302, "name", K::Text), // 종목명
    placed(900, "quantity", K::Quantity, at!(OrderUpdate, quantity)), // 주문수량
    placed(901, "price", K::Price, at!(OrderUpdate, price)), // 주문가격
    placed(902, "leaves", K::Quantity, at!(OrderUpdate, leaves)), // 미체결수량
    placed(903, "cumulative_value", K::Notional(1), at!(OrderUpdate, cumulative_value)), // 체결누계금액
    placed(904, "original_order_number", K::Ident, at!(OrderUpdate, original_order_number)), // 원주문번호
    placed(905, "action", K::Action, at!(OrderUpdate, action, side)), // 주문구분
    placed(906, "order_type", K::Text, at!(OrderUpdate, order_type)), // 매매구분
    placed(907, "side", K::Side, at!(OrderUpdate, side)), // 매도수구분
    placed(908, "time", K::EventTime, event_time!()), // 주문/체결시간
    placed(909, "fill_number", K::Ident, at!(OrderUpdate, fill_number)), // 체결번호
    placed(910, "fill_price", K::Price, at!(OrderUpdate, fill_price)), // 체결가
    placed(911, "cumulative_filled", K::Quantity, at!(OrderUpdate, cumulative_filled)), // 체결량
    placed(10, "market_price", K::Price, at!(OrderUpdate, market_price)), // 현재가
    placed(27, "ask", K::Price, at!(OrderUpdate, ask)), // (최우선)매도호가
    placed(28, "bid", K::Price, at!(OrderUpdate, bid)), // (최우선)매수호가
    placed(914, "last_price", K::Price, at!(OrderUpdate, last_price)), // 단위체결가
    placed(915, "last_quantity", K::Quantity, at!(OrderUpdate, last_quantity)), // 단위체결량
    placed(938, "fee", K::Notional(1), at!(OrderUpdate, fee)), // 당일매매수수료
    placed(939, "tax", K::Notional(1), at!(OrderUpdate, tax)), // 당일매매세금
    placed(919, "reject_reason", K::Text, at!(OrderUpdate, reject_reason)), // 거부사유
    seen(920, "screen_number", K::Text), // 화면번호
    seen(921, "terminal_number", K::Text), // 터미널번호
    seen(922, "credit", K::Text), // 신용구분
    seen(923, "loan_date", K::Date), // 대출일
    seen(10010, "off_hours_price", K::Price), // 시간외단일가_현재가
    placed(2134, "traded_venue", K::Venue, at!(OrderUpdate, traded_venue)), // 거래소구분
    seen(2135, "traded_venue_name", K::Text), // 거래소구분명
    placed(2136, "smart_routed", K::Char, at!(OrderUpdate, smart_routed)), // SOR여부
];

/// `04` into [`Balance`].
#[rustfmt::skip]
pub(super) const BALANCE: &[Field] = &[
    placed(9201, "account", K::Ident, at!(Balance, account)), // 계좌번호
    placed(9001, "code", K::Symbol, at!(Balance, symbol)), // 종목코드,업종코드
    placed(917, "credit", K::Text, at!(Balance, credit)), // 신용구분
    placed(916, "loan_date", K::Date, at!(Balance, loan_date)), // 대출일
    placed(302, "name", K::Text, at!(Balance, name)), // 종목명
    placed(10, "market_price", K::Price, at!(Balance, market_price)), // 현재가
    placed(930, "quantity", K::Quantity, at!(Balance, quantity)), // 보유수량
    placed(931, "average_price", K::Price, at!(Balance, average_price)), // 매입단가
    placed(932, "total_cost", K::Notional(1), at!(Balance, total_cost)), // 총매입가(당일누적)
    placed(933, "sellable", K::Quantity, at!(Balance, sellable)), // 주문가능수량
    placed(945, "net_bought_today", K::Quantity, at!(Balance, net_bought_today)), // 당일순매수량
    placed(946, "side", K::Side, at!(Balance, side)), // 매도/매수구분
    placed(950, "realised_today", K::Notional(1), at!(Balance, realised_today)), // 당일총매도손익
    seen(951, "extra_item_951", K::Text), // Extra Item
    placed(27, "ask", K::Price, at!(Balance, ask)), // (최우선)매도호가
    placed(28, "bid", K::Price, at!(Balance, bid)), // (최우선)매수호가
    placed(307, "base_price", K::Price, at!(Balance, base_price)), // 기준가
    placed(8019, "realised_rate", K::Hundredths, at!(Balance, realised_rate)), // 손익률(실현손익)
    placed(957, "credit_amount", K::Notional(1), at!(Balance, credit_amount)), // 신용금액
    placed(958, "credit_interest", K::Notional(1), at!(Balance, credit_interest)), // 신용이자
    placed(918, "expiry_date", K::Date, at!(Balance, expiry_date)), // 만기일
    placed(990, "realised_securities", K::Notional(1), at!(Balance, realised_securities)), // 당일실현손익(유가)
    placed(991, "realised_securities_rate", K::Hundredths, at!(Balance, realised_securities_rate)), // 당일실현손익율(유가)
    placed(992, "realised_credit", K::Notional(1), at!(Balance, realised_credit)), // 당일실현손익(신용)
    placed(993, "realised_credit_rate", K::Hundredths, at!(Balance, realised_credit_rate)), // 당일실현손익율(신용)
    placed(959, "pledged", K::Quantity, at!(Balance, pledged)), // 담보대출수량
    seen(924, "extra_item_924", K::Text), // Extra Item
];
