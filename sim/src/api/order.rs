//! kt10000 to kt10003.

use super::{Body, padded};
use crate::orders::desk::{Desk, Floor};
use crate::orders::{
    Accepted, AccountId, Cancel, Modify, NewOrder, OrderNumber, OrderType, OrderVenue, Refusal,
    Side,
};
use serde_json::{Value, json};

/// Answers one of the four.
pub(super) fn answer(
    desk: &mut Desk,
    floor: &mut Floor<'_>,
    account: AccountId,
    api_id: &str,
    body: &Body<'_>,
    refuse_late: bool,
) -> Result<Value, Refusal> {
    let code = body.required("dmst_stex_tp")?;
    let field = "dmst_stex_tp";
    let venue = OrderVenue::from_code(code).ok_or(Refusal::Malformed { field })?;
    match api_id {
        "kt10000" => place(desk, floor, account, (Side::Buy, venue), body, refuse_late),
        "kt10001" => place(desk, floor, account, (Side::Sell, venue), body, refuse_late),
        "kt10002" => {
            let change = Modify {
                venue,
                original: original(body)?,
                symbol: body.required("stk_cd")?.to_owned(),
                quantity: body.number("mdfy_qty")?,
                price: body.optional_number("mdfy_uv")?,
                trigger: body.optional_number("mdfy_cond_uv")?,
            };
            let accepted = desk.modify(floor, account, &change)?;
            let side = side(desk, &accepted);
            Ok(json!({
                "ord_no": accepted.number.to_string(),
                "base_orig_ord_no": base(&accepted),
                "mdfy_qty": padded(accepted.quantity, 12),
                "dmst_stex_tp": venue.code(),
                "return_code": 0,
                "return_msg": format!("{side}정정 주문입력이 완료되었습니다"),
            }))
        }
        _ => {
            let cancel = Cancel {
                venue,
                original: original(body)?,
                symbol: body.required("stk_cd")?.to_owned(),
                quantity: body.number("cncl_qty")?,
            };
            let accepted = desk.cancel(floor, account, &cancel)?;
            let side = side(desk, &accepted);
            Ok(json!({
                "ord_no": accepted.number.to_string(),
                "base_orig_ord_no": base(&accepted),
                "cncl_qty": padded(accepted.quantity, 12),
                "return_code": 0,
                "return_msg": format!("{side}취소 주문입력이 완료되었습니다"),
            }))
        }
    }
}

fn place(
    desk: &mut Desk,
    floor: &mut Floor<'_>,
    account: AccountId,
    (side, venue): (Side, OrderVenue),
    body: &Body<'_>,
    refuse_late: bool,
) -> Result<Value, Refusal> {
    let order = NewOrder {
        side,
        venue,
        symbol: body.required("stk_cd")?.to_owned(),
        quantity: body.number("ord_qty")?,
        price: body.optional_number("ord_uv")?,
        order_type: OrderType::from_code(body.required("trde_tp")?).ok_or(Refusal::WrongType)?,
        trigger: body.optional_number("cond_uv")?,
    };
    let accepted = desk.place(floor, account, &order, refuse_late)?;
    let text = match (desk.mock, side) {
        (true, Side::Buy) => "모의투자 매수주문완료",
        (true, Side::Sell) => "모의투자 매도주문완료",
        (false, Side::Buy) => "매수주문이 완료되었습니다.",
        (false, Side::Sell) => "매도주문이 완료되었습니다.",
    };
    Ok(json!({
        "ord_no": accepted.number.to_string(),
        "dmst_stex_tp": venue.code(),
        "return_code": 0,
        "return_msg": text,
    }))
}

fn original(body: &Body<'_>) -> Result<OrderNumber, Refusal> {
    let field = "orig_ord_no";
    OrderNumber::parse(body.required(field)?).ok_or(Refusal::Malformed { field })
}

fn base(accepted: &Accepted) -> String {
    accepted.base.unwrap_or(accepted.number).to_string()
}

fn side(desk: &Desk, accepted: &Accepted) -> &'static str {
    match desk.order(accepted.number.0).map(|order| order.side) {
        Some(Side::Sell) => "매도",
        _ => "매수",
    }
}
