//! What the gateway tells a strategy's host and not the strategy itself: where an order or a position
//! stands, as the order machine has it, and what was earned.
//!
//! A note travels through the same ring as the reports, in front of the report that it belongs to, so
//! that a strategy that looks at its orders sees what it has been told, no less and no more. It is an
//! [`OrderReport`] with an event that no strategy ever sees.

use crate::order::Machine;
use strategy_api::{
    InstrumentId, Notional, OrderEvent, OrderReport, Pnl, Position, Quantity, Record, WorkingOrder,
};

/// Event of a note about an order.
const WORKING: OrderEvent = OrderEvent(250);
/// Event of a note about a position.
const POSITION: OrderEvent = OrderEvent(251);
/// Event of the note that lets a strategy start.
const START: OrderEvent = OrderEvent(252);
/// Event of a note about the strategy's profit.
const PNL: OrderEvent = OrderEvent(253);
/// Event of a note about the account's profit.
const ACCOUNT_PNL: OrderEvent = OrderEvent(254);

/// Whose profit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whose {
    /// The strategy's that is told.
    Strategy,
    /// The whole account's.
    Account,
}

/// A note, as it is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Note {
    /// Where an order stands.
    Working(WorkingOrder),
    /// What is held of an instrument, and at what average price. Open orders are not in it.
    Position(Position),
    /// What was earned.
    Pnl(Whose, Pnl),
    /// The picture is complete: the strategy starts, and what follows is for it.
    Start,
}

/// The strategy starts.
pub fn start() -> OrderReport {
    let mut note = OrderReport::unset();
    note.event = START;
    note
}

/// A note about an order.
pub fn working(order: &WorkingOrder) -> OrderReport {
    let mut note = OrderReport::unset();
    note.header.instrument = order.request.instrument;
    note.order = order.id;
    note.request = order.request;
    note.order_number = order.order_number;
    note.leaves = order.leaves;
    note.cumulative_filled = order.cumulative_filled;
    note.status = order.status;
    note.event = WORKING;
    (note.reserved[0], note.reserved[1]) = (order.pending_cancel, order.pending_replace);
    note
}

/// A note about what a strategy holds of an instrument.
pub fn position(machine: &Machine, strategy: u16, instrument: InstrumentId) -> OrderReport {
    let position = machine.position(strategy, instrument);
    let mut note = OrderReport::unset();
    note.header.instrument = instrument;
    note.cumulative_filled = position.quantity;
    note.last_price = position.average_price;
    note.event = POSITION;
    note
}

/// A note about what was earned. The amounts travel in fields of the same width.
pub fn pnl(whose: Whose, pnl: &Pnl) -> OrderReport {
    let carried = |amount: Notional| Quantity::new(amount.raw());
    let mut note = OrderReport::unset();
    note.request.quantity = carried(pnl.realised);
    note.leaves = carried(pnl.open);
    note.cumulative_filled = carried(pnl.fees);
    note.last_quantity = carried(pnl.taxes);
    note.refusal = i32::try_from(pnl.unpriced).unwrap_or(i32::MAX);
    note.event = match whose {
        Whose::Strategy => PNL,
        Whose::Account => ACCOUNT_PNL,
    };
    note
}

fn pnl_of(note: &OrderReport) -> Pnl {
    let amount = |carried: Quantity| Notional::new(carried.raw());
    Pnl::new(
        amount(note.request.quantity),
        amount(note.leaves),
        amount(note.cumulative_filled),
        amount(note.last_quantity),
        note.refusal.unsigned_abs(),
    )
}

/// The note in a record; `None` when it is a record for the strategy.
#[inline]
pub fn read(words: &[u64]) -> Option<Note> {
    let report = OrderReport::from_words(words)?;
    match report.event {
        WORKING => Some(Note::Working(WorkingOrder {
            id: report.order,
            request: report.request,
            leaves: report.leaves,
            cumulative_filled: report.cumulative_filled,
            order_number: report.order_number,
            status: report.status,
            pending_cancel: report.reserved[0],
            pending_replace: report.reserved[1],
            ..WorkingOrder::default()
        })),
        POSITION => Some(Note::Position(Position {
            average_price: report.last_price,
            quantity: report.cumulative_filled,
            ..Position::flat(report.header.instrument)
        })),
        START => Some(Note::Start),
        PNL => Some(Note::Pnl(Whose::Strategy, pnl_of(report))),
        ACCOUNT_PNL => Some(Note::Pnl(Whose::Account, pnl_of(report))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strategy_api::{ClientOrderId, OrderStatus, Price, Quantity};

    #[test]
    fn a_note_about_an_order_comes_back_as_it_went() {
        let order = WorkingOrder {
            id: ClientOrderId(7),
            leaves: Quantity::new(3),
            cumulative_filled: Quantity::new(4),
            status: OrderStatus::PARTIALLY_FILLED,
            pending_cancel: 1,
            ..WorkingOrder::default()
        };
        assert_eq!(read(working(&order).words()), Some(Note::Working(order)));
    }

    #[test]
    fn a_note_about_profit_comes_back_as_it_went() {
        let [realised, open, fees, taxes] = [1 << 40, -(1 << 41), 3, 5].map(Notional::new);
        let earned = Pnl::new(realised, open, fees, taxes, 2);
        for whose in [Whose::Strategy, Whose::Account] {
            assert_eq!(read(pnl(whose, &earned).words()), Some(Note::Pnl(whose, earned)));
        }
    }

    #[test]
    fn a_report_is_no_note() {
        let mut report = OrderReport::unset();
        report.event = OrderEvent::FILLED;
        report.last_price = Price::new(70_000);
        assert_eq!(read(report.words()), None);
    }
}
