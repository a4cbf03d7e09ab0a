//! From the broker's typed answers to what the machine is told.

use super::QueryResult;
use crate::broker::api;
use crate::order::{
    BrokerNumber, Cash, FilledRow, OpenRow, OrderRow, PositionRow, Reply, order_type_of_words,
};
use strategy_api::{OrderAction, OrderNumber, Price, Quantity, Side, Symbol, Text, TimeOfDay};

/// The reply to an order, as the machine takes it.
pub fn order_reply(answer: &api::OrderAnswer) -> Reply {
    match answer {
        api::OrderAnswer::Accepted(accepted) => {
            match BrokerNumber::read(accepted.number.as_str()) {
                Some(number) => Reply::Accepted {
                    number,
                    base: BrokerNumber::read(accepted.base.as_str()),
                    quantity: accepted.quantity,
                },
                None => Reply::Unclear,
            }
        }
        api::OrderAnswer::Refused(refusal) => {
            Reply::Refused { code: refusal.code, text: Text::truncated(&refusal.text).0 }
        }
        api::OrderAnswer::Unknown(_) => Reply::Unclear,
    }
}

/// Modify and cancel are told in words (`매수정정`, `매도취소`).
fn action(kind: &str) -> OrderAction {
    if kind.contains("정정") {
        OrderAction::MODIFY
    } else if kind.contains("취소") {
        OrderAction::CANCEL
    } else {
        OrderAction::NEW
    }
}

struct Row<'a> {
    number: OrderNumber,
    original: OrderNumber,
    symbol: Symbol,
    side: Side,
    action: OrderAction,
    order_type: &'a str,
    quantity: Quantity,
    price: Price,
    leaves: Quantity,
    time: TimeOfDay,
}

impl Row<'_> {
    fn read(self) -> Option<OrderRow> {
        let Self { symbol, side, action, quantity, price, leaves, time, .. } = self;
        Some(OrderRow {
            number: BrokerNumber::read(self.number.as_str())?,
            original: BrokerNumber::read(self.original.as_str()),
            symbol,
            side,
            action,
            order_type: order_type_of_words(self.order_type),
            quantity,
            price,
            leaves,
            time,
        })
    }
}

/// A row of ka10075; `None` without a number that can be read.
pub fn open_row(row: &api::OpenOrder) -> Option<OpenRow> {
    let order = Row {
        number: row.number,
        original: row.original,
        symbol: row.symbol,
        side: row.side,
        action: action(&row.kind),
        order_type: &row.order_type,
        quantity: row.quantity,
        price: row.price,
        leaves: row.leaves,
        time: row.time,
    };
    Some(OpenRow { order: order.read()? })
}

fn filled_row(row: &api::Fill) -> Option<FilledRow> {
    let order = Row {
        number: row.number,
        original: row.original,
        symbol: row.symbol,
        side: row.side,
        // The list does not say it in a word of its own; a number that we know is known as what it is.
        action: if row.original.is_empty() { OrderAction::NEW } else { OrderAction::MODIFY },
        order_type: &row.order_type,
        quantity: row.quantity,
        price: row.price,
        leaves: row.leaves,
        time: row.time,
    };
    Some(FilledRow {
        order: order.read()?,
        cumulative: row.filled,
        average_price: row.fill_price,
        fee: row.fee,
        tax: row.tax,
    })
}

/// A list with a row that cannot be read is no evidence.
impl From<&api::OpenOrders> for QueryResult {
    fn from(answer: &api::OpenOrders) -> Self {
        let rows: Option<Vec<_>> = answer.orders.iter().map(open_row).collect();
        rows.map_or(Self::Failed, Self::Open)
    }
}

impl From<&api::Fills> for QueryResult {
    fn from(answer: &api::Fills) -> Self {
        let rows: Option<Vec<_>> = answer.orders.iter().map(filled_row).collect();
        rows.map_or(Self::Failed, Self::Filled)
    }
}

impl From<&api::Positions> for QueryResult {
    fn from(answer: &api::Positions) -> Self {
        let row = |row: &api::Position| PositionRow {
            symbol: row.symbol,
            quantity: row.quantity,
            sellable: row.sellable,
            average_price: row.average_price,
        };
        Self::Positions(answer.positions.iter().map(row).collect())
    }
}

impl From<&api::DepositView> for QueryResult {
    fn from(answer: &api::DepositView) -> Self {
        Self::Cash(Cash {
            deposit: answer.cash,
            orderable: answer.orderable,
            orderable_full_margin: answer.orderable_full_margin,
            deposit_d2: answer.cash_d2,
        })
    }
}
