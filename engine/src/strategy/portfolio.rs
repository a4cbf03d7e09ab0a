//! What a strategy sees of its own orders and positions.
//!
//! It is made of what the strategy asked for and of what it was told, in that order, and of nothing
//! else: no state is shared with the gateway, and the same records give the same picture.
//!
//! # Hot path
//! Orders lie sorted by id; a strategy has few. Nothing is allocated after the start.

use super::notes::{Note, Whose};
use strategy_api::{
    ClientOrderId, InstrumentId, OrderEvent, OrderReport, OrderRequest, OrderStatus, Pnl, Position,
    Quantity, Side, WorkingOrder,
};

/// Orders that can be on their way or working at one time; `submit` says `Full` beyond. The gate
/// allows fewer unless it is told otherwise.
pub(super) const WORKING_MAX: usize = 4_096;

/// See the [module documentation](self).
#[derive(Debug)]
pub(super) struct Portfolio {
    /// Sorted by id: new ones are the largest.
    orders: Vec<WorkingOrder>,
    /// By instrument, without open orders.
    positions: Vec<Position>,
    pnl: Pnl,
    account_pnl: Pnl,
}

impl Portfolio {
    pub(super) fn new(instruments: usize) -> Self {
        let flat = |index| Position::flat(InstrumentId(index as u16));
        Self {
            orders: Vec::with_capacity(WORKING_MAX),
            positions: (0..instruments).map(flat).collect(),
            // It has traded nothing yet; what the account earned nobody has told.
            pnl: Pnl::ZERO,
            account_pnl: Pnl::UNKNOWN,
        }
    }

    /// Whether one more order could be kept.
    #[inline]
    pub(super) fn has_room(&self) -> bool {
        self.orders.len() < WORKING_MAX
    }

    /// A new order is on its way to the gateway.
    #[inline]
    pub(super) fn submitted(&mut self, id: ClientOrderId, request: &OrderRequest) {
        self.put(WorkingOrder {
            id,
            request: *request,
            leaves: request.quantity,
            status: OrderStatus::SUBMITTING,
            ..WorkingOrder::default()
        });
    }

    /// A replace is on its way to the gateway.
    pub(super) fn replace_asked(&mut self, id: ClientOrderId) {
        if let Ok(at) = self.place(id) {
            self.orders[at].pending_replace = 1;
        }
    }

    /// A cancel is on its way to the gateway.
    pub(super) fn cancel_asked(&mut self, id: ClientOrderId) {
        if let Ok(at) = self.place(id) {
            self.orders[at].pending_cancel = 1;
        }
    }

    /// Cancels of all orders are on their way to the gateway.
    pub(super) fn cancel_all_asked(&mut self) {
        self.orders.iter_mut().for_each(|order| order.pending_cancel = 1);
    }

    /// The gateway says where something stands.
    pub(super) fn note(&mut self, note: &Note) {
        match note {
            Note::Start => {}
            Note::Working(order) => self.put(*order),
            Note::Position(position) => {
                if let Some(place) = self.positions.get_mut(position.instrument.index()) {
                    *place = *position;
                }
            }
            Note::Pnl(Whose::Strategy, pnl) => self.pnl = *pnl,
            Note::Pnl(Whose::Account, pnl) => self.account_pnl = *pnl,
        }
    }

    /// Something happened to an order.
    pub(super) fn reported(&mut self, report: &OrderReport) {
        let Ok(at) = self.place(report.order) else { return };
        let order = &mut self.orders[at];
        match report.event {
            // The order stands as it was; where it stands the note in front has told.
            OrderEvent::REPLACE_REFUSED => order.pending_replace = 0,
            OrderEvent::CANCEL_REFUSED => order.pending_cancel = 0,
            _ => {
                order.request = report.request;
                order.leaves = report.leaves;
                order.cumulative_filled = report.cumulative_filled;
                order.status = report.status;
                order.order_number = report.order_number;
            }
        }
        if order.status.is_final() {
            self.orders.remove(at);
        }
    }

    pub(super) fn working_order(&self, id: ClientOrderId) -> Option<WorkingOrder> {
        self.place(id).ok().map(|at| self.orders[at])
    }

    /// As many as there is room for; gives how many there are.
    pub(super) fn working_orders(&self, out: &mut [WorkingOrder]) -> usize {
        let count = self.orders.len().min(out.len());
        out[..count].copy_from_slice(&self.orders[..count]);
        self.orders.len()
    }

    pub(super) fn position(&self, instrument: InstrumentId) -> Position {
        let known = self.positions.get(instrument.index()).copied();
        let mut position = known.unwrap_or(Position::flat(instrument));
        for order in self.orders.iter().filter(|order| order.request.instrument == instrument) {
            let open = if order.leaves.is_set() { order.leaves } else { Quantity::ZERO };
            if order.request.side == Side::BUY {
                position.open_buy += open;
            } else {
                position.open_sell += open;
            }
        }
        position
    }

    pub(super) fn pnl(&self) -> Pnl {
        self.pnl
    }

    pub(super) fn account_pnl(&self) -> Pnl {
        self.account_pnl
    }

    fn place(&self, id: ClientOrderId) -> Result<usize, usize> {
        self.orders.binary_search_by_key(&id, |order| order.id)
    }

    fn put(&mut self, order: WorkingOrder) {
        match self.place(order.id) {
            Ok(at) if order.status.is_final() => {
                self.orders.remove(at);
            }
            Ok(at) => self.orders[at] = order,
            Err(_) if order.status.is_final() || !self.has_room() => {}
            Err(at) => self.orders.insert(at, order),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strategy_api::Price;

    const ID: ClientOrderId = ClientOrderId(1 << 40 | 1);

    fn buy(quantity: i64) -> OrderRequest {
        OrderRequest {
            instrument: InstrumentId(0),
            side: Side::BUY,
            quantity: Quantity::new(quantity),
            price: Price::new(70_000),
            ..OrderRequest::default()
        }
    }

    fn report(event: OrderEvent, status: OrderStatus, leaves: i64, filled: i64) -> OrderReport {
        OrderReport {
            order: ID,
            request: buy(10),
            leaves: Quantity::new(leaves),
            cumulative_filled: Quantity::new(filled),
            event,
            status,
            ..OrderReport::default()
        }
    }

    #[test]
    fn an_order_is_there_from_its_submit_to_its_end() {
        let mut own = Portfolio::new(1);
        own.submitted(ID, &buy(10));
        assert_eq!(own.position(InstrumentId(0)).open_buy, Quantity::new(10));
        assert_eq!(own.working_order(ID).unwrap().status, OrderStatus::SUBMITTING);
        own.reported(&report(OrderEvent::ACCEPTED, OrderStatus::WORKING, 10, 0));
        own.reported(&report(OrderEvent::FILLED, OrderStatus::PARTIALLY_FILLED, 6, 4));
        let order = own.working_order(ID).unwrap();
        assert_eq!((order.leaves, order.cumulative_filled), (Quantity::new(6), Quantity::new(4)));
        own.reported(&report(OrderEvent::CANCELLED, OrderStatus::CANCELLED, 0, 4));
        assert_eq!(own.working_order(ID), None);
        assert_eq!(own.position(InstrumentId(0)).open_buy, Quantity::ZERO);
    }

    #[test]
    fn a_denied_order_leaves_nothing() {
        let mut own = Portfolio::new(1);
        own.submitted(ID, &buy(10));
        own.reported(&report(OrderEvent::DENIED, OrderStatus::DENIED, 0, 0));
        assert_eq!(own.working_orders(&mut []), 0);
        assert_eq!(own.position(InstrumentId(0)), Position::flat(InstrumentId(0)));
    }

    #[test]
    fn a_cancel_is_pending_until_it_is_refused_or_done() {
        let mut own = Portfolio::new(1);
        own.submitted(ID, &buy(10));
        own.cancel_asked(ID);
        assert_eq!(own.working_order(ID).unwrap().pending_cancel, 1);
        own.reported(&report(OrderEvent::CANCEL_REFUSED, OrderStatus::WORKING, 10, 0));
        assert_eq!(own.working_order(ID).unwrap().pending_cancel, 0);
        own.cancel_all_asked();
        assert_eq!(own.working_order(ID).unwrap().pending_cancel, 1);
    }

    #[test]
    fn what_the_gateway_says_counts() {
        let mut own = Portfolio::new(2);
        let held = Position {
            quantity: Quantity::new(5),
            average_price: Price::new(69_000),
            ..Position::flat(InstrumentId(1))
        };
        own.note(&Note::Position(held));
        assert_eq!(own.position(InstrumentId(1)), held);
        let restored = WorkingOrder { id: ID, status: OrderStatus::WORKING, ..Default::default() };
        own.note(&Note::Working(restored));
        assert_eq!(own.working_order(ID), Some(restored));
        let over = WorkingOrder { status: OrderStatus::FILLED, ..restored };
        own.note(&Note::Working(over));
        assert_eq!(own.working_order(ID), None);
    }

    #[test]
    fn profit_is_what_was_told_last_and_nothing_before() {
        let mut own = Portfolio::new(1);
        assert_eq!((own.pnl(), own.account_pnl()), (Pnl::ZERO, Pnl::UNKNOWN));
        let earned = Pnl { unpriced: 1, ..Pnl::ZERO };
        own.note(&Note::Pnl(Whose::Account, earned));
        assert_eq!((own.pnl(), own.account_pnl()), (Pnl::ZERO, earned));
    }
}
