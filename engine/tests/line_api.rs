//! The broker's documented examples, read by our types, and our bodies held against theirs.

use engine::broker::api::{
    AccountNumber, ApiId, BODY_BYTES_MAX, Deposit, FilledPositions, FillsQuery, Instruments,
    ListingQuery, Meaning, OpenOrdersQuery, OrderAnswer, OrderCall, Overview, PositionsQuery,
    PriceLimitsQuery, Query, QueryAnswer, ReadError,
};
use serde_json::{Value, json};
use strategy_api::{Notional, OrderType, Price, Quantity, Side, Symbol, Text, TimeOfDay, Venue};

fn example(api: ApiId) -> Value {
    let path = format!("{}/tests/line_data/{api}.json", env!("CARGO_MANIFEST_DIR"));
    let example: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(example["path"], api.path(), "{api}");
    assert_eq!(example["api_id"], api.as_str());
    example
}

fn samsung() -> Symbol {
    Text::new("005930").unwrap()
}

fn body_of(call: &OrderCall) -> Value {
    let mut out = [0; BODY_BYTES_MAX];
    let len = call.write_body(&mut out).unwrap();
    serde_json::from_slice(&out[..len]).unwrap()
}

/// Reads the documented answer, after checking that we ask as documented.
fn ask<Q: Query>(query: &Q) -> Q::Answer {
    let example = example(Q::API);
    assert_eq!(serde_json::from_str::<Value>(&query.body()).unwrap(), example["request"]);
    read(query, &example["response"])
}

fn read<Q: Query>(query: &Q, response: &Value) -> Q::Answer {
    let mut answer = Q::Answer::default();
    let body = response.to_string();
    let end = QueryAnswer::read(query, 200, body.as_bytes(), &mut answer).unwrap();
    assert_eq!(end, QueryAnswer::Added);
    answer
}

#[test]
fn every_call_has_its_path_and_its_example() {
    for api in ApiId::ALL {
        example(api);
        assert_eq!(api.as_str().len(), 7);
    }
}

#[test]
fn order_bodies_equal_the_documented_ones() {
    let market = |side| OrderCall::New {
        side,
        venue: Venue::KRX,
        symbol: samsung(),
        order_type: OrderType::MARKET,
        quantity: Quantity::new(1),
        price: Price::UNSET,
        stop_price: Price::UNSET,
    };
    let modify = OrderCall::Modify {
        venue: Venue::KRX,
        original: Text::new("0000139").unwrap(),
        symbol: samsung(),
        quantity: Quantity::new(1),
        price: Price::new(199_700),
        stop_price: Price::UNSET,
    };
    let cancel = OrderCall::Cancel {
        venue: Venue::KRX,
        original: Text::new("0000140").unwrap(),
        symbol: samsung(),
        quantity: Quantity::new(1),
    };
    for call in [market(Side::BUY), market(Side::SELL), modify, cancel] {
        assert_eq!(body_of(&call), example(call.api())["request"], "{call:?}");
    }
}

#[test]
fn order_answers_give_number_base_and_quantity() {
    for (api, number, base, quantity) in [
        (ApiId::Buy, "0000024", "", Quantity::UNSET),
        (ApiId::Sell, "0000138", "", Quantity::UNSET),
        (ApiId::Modify, "0000140", "0000139", Quantity::new(1)),
        (ApiId::Cancel, "0000141", "0000139", Quantity::new(1)),
    ] {
        let body = example(api)["response"].to_string();
        let answer = OrderAnswer::read(api, 200, body.as_bytes());
        let OrderAnswer::Accepted(accepted) = answer else { panic!("{answer:?}") };
        assert_eq!(accepted.number, number);
        assert_eq!(accepted.base, base);
        assert_eq!(accepted.quantity, quantity);
    }
}

#[test]
fn open_orders_are_read() {
    let open = ask(&OpenOrdersQuery { symbol: Some(samsung()) });
    let [order] = &open.orders[..] else { panic!("{open:?}") };
    assert_eq!(order.number, "0000069");
    assert!(order.original.is_empty());
    assert_eq!((order.side, order.venue), (Side::BUY, Venue::KRX));
    assert_eq!((order.quantity, order.leaves), (Quantity::new(1), Quantity::new(1)));
    assert_eq!((order.price, order.filled_amount), (Price::ZERO, Notional::ZERO));
    assert_eq!(order.time, TimeOfDay::from_hhmmss(154_113).unwrap());
    assert_eq!((order.kind.as_str(), order.status.as_str()), ("매수", "접수"));
}

#[test]
fn fills_are_read_and_a_routed_order_shows_as_sor() {
    let fills = ask(&FillsQuery { symbol: Some(samsung()), before: None });
    assert_eq!(fills.orders.len(), 2);
    let fill = &fills.orders[0];
    assert_eq!((fill.side, fill.venue), (Side::SELL, Venue::SOR));
    assert_eq!((fill.filled, fill.leaves), (Quantity::new(1), Quantity::ZERO));
    assert_eq!((fill.fill_price, fill.fee), (Price::new(158_200), Notional::new(310)));
    assert_eq!(fill.tax, Notional::new(284));
}

#[test]
fn positions_lose_their_letter_and_their_zeros() {
    let positions = ask(&PositionsQuery::default());
    assert_eq!(positions.cost, Notional::new(17_598_258));
    assert_eq!(positions.positions.len(), 2);
    let position = positions.positions[0];
    assert_eq!(position.symbol, "005930");
    assert_eq!((position.quantity, position.sellable), (Quantity::new(3), Quantity::new(3)));
    assert_eq!(position.average_price, Price::new(124_500));

    let filled = ask(&FilledPositions::default());
    assert_eq!((filled[0].symbol.as_str(), filled[0].quantity), ("005930", Quantity::new(3)));
    assert_eq!(filled[0].average_price, Price::new(124_500));

    let overview = ask(&Overview::default());
    assert_eq!(overview.cash, Notional::new(17_534));
    assert_eq!(overview.positions[0].open_pnl, Notional::new(-163_958));
}

#[test]
fn cash_and_account_are_read() {
    let deposit = ask(&Deposit::default());
    assert_eq!(deposit.cash, Notional::new(17_534));
    assert_eq!(deposit.orderable, Notional::new(85_341));
    assert_eq!(deposit.orderable_full_margin, Notional::new(12_550));
    assert_eq!(ask(&AccountNumber), "0123456789");
}

#[test]
fn instruments_are_read_and_filtered_by_their_market() {
    let all = Instruments { market: 0, only_this_market: false };
    assert_eq!(ask(&all).len(), 5);
    // The example lists KOSDAQ rows under KOSPI, as the live server does.
    assert_eq!(ask(&Instruments { market: 0, only_this_market: true }).len(), 0);
    let one = ask(&ListingQuery { symbol: samsung() });
    assert_eq!((one.previous_close, one.shares), (Price::new(136_000), Quantity::new(26_034_239)));
    assert!(one.on_nxt && !one.is_halted());
}

/// As the live server answered it; the documented example has its values under the wrong keys.
#[test]
fn price_limits_are_read_and_shifted_values_are_refused() {
    let query = PriceLimitsQuery { symbol: samsung() };
    let live = json!({ "stk_cd": "005930", "stk_nm": "삼성전자", "base_pric": "252500",
        "upl_pric": "+328000", "lst_pric": "-177000", "cur_prc": "-250000", "return_code": 0 });
    let limits = read(&query, &live);
    assert_eq!(limits.upper, Price::new(328_000));
    assert_eq!(limits.lower, Price::new(177_000));
    assert_eq!(limits.last, Price::new(250_000));

    let body = example(ApiId::PriceLimits)["response"].to_string();
    let error = QueryAnswer::read(&query, 200, body.as_bytes(), &mut Default::default());
    assert!(matches!(error, Err(ReadError::Value { .. })), "{error:?}");
}

#[test]
fn an_empty_result_has_two_forms() {
    let query = OpenOrdersQuery::default();
    let mut answer = Default::default();
    for body in [
        r#"{"return_code":20,"return_msg":"[2000](571758:조회할 내역이 없습니다)"}"#,
        r#"{"return_code":"20","return_msg":"[501724:자료가 없습니다]"}"#,
    ] {
        let end = QueryAnswer::read(&query, 200, body.as_bytes(), &mut answer).unwrap();
        assert_eq!(end, QueryAnswer::Empty, "{body}");
    }
    for body in [r#"{"return_code":0,"oso":[]}"#, r#"{"return_code":"0000"}"#] {
        let end = QueryAnswer::read(&query, 200, body.as_bytes(), &mut answer).unwrap();
        assert_eq!(end, QueryAnswer::Added, "{body}");
    }
    assert!(answer.orders.is_empty());
}

#[test]
fn a_refused_query_is_told_apart_from_an_unreadable_one() {
    let query = Deposit::default();
    let mut answer = Default::default();
    let limited = r#"{"return_code":5,"return_msg":"초과 [1700:초과. 유량=5, API ID=kt00001]"}"#;
    for (status, body, meaning) in [
        (429, limited, Meaning::RateOfCall),
        (200, r#"{"return_code":3,"return_msg":"인증[8005:x]"}"#, Meaning::Token),
        (502, "<html>", Meaning::Unclear),
        (429, "", Meaning::RateOfCall),
    ] {
        let end = QueryAnswer::read(&query, status, body.as_bytes(), &mut answer).unwrap();
        let QueryAnswer::Refused(refusal) = end else { panic!("{end:?}") };
        assert_eq!(refusal.meaning, meaning);
    }
    for body in ["", "[1]", "{}", r#"{"return_code":0,"entr":"x","ord_alow_amt":"1"}"#] {
        assert!(QueryAnswer::read(&query, 200, body.as_bytes(), &mut answer).is_err(), "{body}");
    }
}
