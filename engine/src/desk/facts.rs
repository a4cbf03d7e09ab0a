//! What the gate is told: orders as the machine sees them, shares, cash, losses.

use super::{Action, Desk};
use crate::kill::KillReason;
use crate::risk::Fill;
use strategy_api::{
    ClientOrderId, InstrumentId, Notional, OrderEvent, OrderReport, OrderStatus, Quantity,
    ReplaceRequest, Side,
};

/// What was true when cash was asked for: if it still is when the answer comes, nothing has moved
/// the money in between.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Moved {
    orders: usize,
    fills: u64,
    ended: u64,
}

impl Desk {
    /// Lets what earlier runs left count: positions of the strategies, orders that are not final.
    pub(super) fn restore_gate(&mut self) {
        for position in self.machine.strategy_positions() {
            let held = position.ledger.quantity;
            self.gate.set_strategy_holding(position.strategy, position.instrument, held);
        }
        self.restore_results();
        let open: Vec<ClientOrderId> = self
            .machine
            .orders()
            .iter()
            .filter(|order| !order.status.is_final())
            .map(|order| order.id)
            .collect();
        open.into_iter().for_each(|id| self.count_order(id));
    }

    /// What the strategies have lost or earned today goes on counting: a restart forgives nothing. What
    /// was only carried over from the day before and not touched today counts from its base price.
    fn restore_results(&mut self) {
        let mut results: Vec<(u16, i64)> = Vec::new();
        for position in self.machine.strategy_positions() {
            let ledger = &position.ledger;
            if ledger.bought == Quantity::ZERO && ledger.sold == Quantity::ZERO {
                continue;
            }
            let mark = self.gate.mark(position.instrument).get().map_or(0, i64::from);
            let open = if mark > 0 { mark * ledger.quantity.raw() - ledger.cost.raw() } else { 0 };
            let costs = ledger.fees.raw() + ledger.taxes.raw();
            let result = ledger.realised.raw() + open - costs;
            match results.iter_mut().find(|(strategy, _)| *strategy == position.strategy) {
                Some((_, sum)) => *sum += result,
                None => results.push((position.strategy, result)),
            }
        }
        for (strategy, result) in results {
            self.gate.set_day_result(strategy, Notional::new(result));
        }
    }

    /// Tells the gate what a report says.
    pub(super) fn mirror(&mut self, strategy: u16, report: &OrderReport) {
        let id = report.order;
        match report.event {
            OrderEvent::FILLED => {
                self.moved.fills += 1;
                self.gate.filled(&Fill {
                    order: id,
                    strategy,
                    instrument: report.header.instrument,
                    side: report.request.side,
                    quantity: report.last_quantity,
                    price: report.last_price,
                });
            }
            OrderEvent::REPLACED => {
                self.moved.ended += 1;
                let request = &report.request;
                let replace = ReplaceRequest {
                    order: id,
                    price: request.price,
                    stop_price: request.stop_price,
                    quantity: Quantity::ZERO,
                };
                self.gate.replaced(id, &replace, report.leaves);
            }
            OrderEvent::DENIED => return,
            _ => {}
        }
        self.count_order(id);
    }

    /// Lets an order count at the gate as the machine sees it now.
    fn count_order(&mut self, id: ClientOrderId) {
        let Some(order) = self.machine.order(id) else { return };
        if order.status.is_final() {
            self.moved.ended += 1;
            return self.gate.done(id);
        }
        let answered = !matches!(order.status, OrderStatus::SUBMITTING | OrderStatus::UNKNOWN);
        let open = if answered { self.machine.leaves(id) } else { order.request.quantity };
        if self.gate.restored(id, order.strategy, &order.request, open).is_ok() || !answered {
            return;
        }
        // It was known already.
        self.gate.set_open(id, open);
        if !self.machine.pending_changes(id).1 {
            self.gate.replace_failed(id);
        }
    }

    pub(super) fn close_at_gate(&mut self, strategy: u16, instrument: InstrumentId, closed: bool) {
        if instrument.index() < usize::from(self.instruments) {
            self.gate.set_closed(strategy, instrument, closed);
        }
    }

    /// What may move the money is counted from here on.
    pub(super) fn note_cash_asked(&mut self) {
        self.cash_asked = self.money_moved();
    }

    fn money_moved(&self) -> Moved {
        Moved { orders: self.machine.orders().len(), ..self.moved }
    }

    /// Whether an own order was sent, filled or ended since the broker was asked for cash last.
    pub fn has_moved_since_cash(&self) -> bool {
        self.money_moved() != self.cash_asked
    }

    /// A round has ended: shares and cash as the broker has them.
    pub(super) fn set_facts(&mut self) {
        for index in 0..self.instruments {
            let instrument = InstrumentId(index);
            let Some(account) = self.machine.account_position(instrument) else { continue };
            if !account.known {
                continue;
            }
            let held = account.ledger.quantity;
            // The broker has taken the open sells off already; the gate takes them off itself.
            let offered: i64 = self
                .machine
                .orders()
                .iter()
                .filter(|order| !order.status.is_final())
                .filter(|order| order.request.instrument == instrument)
                .filter(|order| order.request.side == Side::SELL)
                .map(|order| self.machine.leaves(order.id).raw())
                .sum();
            let sellable = account.sellable.get().map_or(held.raw(), |free| free + offered);
            self.gate.set_holding(instrument, held, Quantity::new(sellable.min(held.raw())));
        }
        let Some(cash) = self.machine.cash() else { return };
        // Money that moved between question and answer is in neither for sure: the next round tells.
        if self.has_moved_since_cash() && self.has_cash {
            return;
        }
        let reserved: i64 = self
            .machine
            .orders()
            .iter()
            .filter(|order| {
                matches!(order.status, OrderStatus::WORKING | OrderStatus::PARTIALLY_FILLED)
            })
            .map(|order| self.gate.reserve_of(order.id).raw())
            .sum();
        let free = cash.orderable.get().unwrap_or(0);
        self.gate.set_cash(Notional::new(free.saturating_add(reserved)));
        self.has_cash = true;
    }

    /// The loss of the day pulls the kill switch.
    pub(super) fn look_at_losses(&mut self, out: &mut Vec<Action>) {
        if self.gate.is_account_loss_reached() && !self.killing.switch().is_killed() {
            let detail = format!("result of the day {} KRW", self.gate.account_result().raw());
            self.pull(KillReason::DailyLoss, "gate", &detail, out);
        }
    }
}
