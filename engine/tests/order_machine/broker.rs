//! A tiny broker: what it is told, what it does, what it says. The reference for the machine: its
//! books are the truth.

use super::support::*;
use engine::order::{
    Ask, FilledRow, Input, OpenRow, OrderRow, PositionRow, Reply, Request, RequestId, Update,
};
use std::collections::{BTreeMap, VecDeque};
use strategy_api::{
    Notional, OrderAction, OrderState, OrderType, Price, Quantity, Side, Text, TimeOfDay,
};

/// An order in the broker's books.
#[derive(Clone, Debug)]
pub(crate) struct Booked {
    pub(crate) number: u32,
    pub(crate) original: u32,
    /// The request that made it; `None` for another hand's.
    pub(crate) request: Option<RequestId>,
    pub(crate) side: Side,
    pub(crate) order_type: OrderType,
    pub(crate) price: i32,
    pub(crate) quantity: i64,
    pub(crate) filled: i64,
    pub(crate) leaves: i64,
    pub(crate) value: i64,
    pub(crate) action: OrderAction,
    last: (u32, i64),
}

/// How a request goes through the lines.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Way {
    Fine,
    /// It arrives, and the answer is lost.
    AnswerLost,
    /// It never arrives, and nobody knows.
    Lost,
    /// The broker says no.
    Refused,
    /// The line says that it did not leave.
    NotSent,
}

#[derive(Default)]
pub(crate) struct Broker {
    pub(crate) books: BTreeMap<u32, Booked>,
    /// Frames on the socket, in order.
    pub(crate) socket: VecDeque<Input>,
    /// Replies on the lines.
    pub(crate) replies: Vec<(RequestId, Reply)>,
    /// Requests that have not arrived yet.
    pub(crate) sent: VecDeque<(Request, Way)>,
    pub(crate) held: i64,
    next_number: u32,
    next_fill: u32,
    /// Requests that arrived, and how often.
    pub(crate) arrived: BTreeMap<u32, u32>,
}

impl Broker {
    fn number(&mut self) -> u32 {
        self.next_number += 1;
        self.next_number
    }

    fn face(&self, number: u32, state: OrderState) -> Update {
        let order = &self.books[&number];
        let mut update = event(number, state, order.quantity, order.leaves);
        update.original = (order.original != 0).then(|| super::support::number(order.original));
        update.action = order.action;
        update.side = order.side;
        update.order_type = Some(order.order_type);
        update.price = Price::new(order.price);
        update.value = Notional::new(order.value);
        if order.filled > 0 {
            update.cumulative = Quantity::new(order.filled);
            update.last_quantity = Quantity::new(order.last.1);
            update.last_price = Price::new(order.price);
            update.fill_number = Text::new(&order.last.0.to_string()).unwrap();
        }
        update
    }

    fn say(&mut self, number: u32, state: OrderState) {
        let frame = self.face(number, state);
        self.socket.push_back(Input::Update(frame));
    }

    fn book(&mut self, booked: Booked) -> u32 {
        let number = booked.number;
        self.books.insert(number, booked);
        number
    }

    /// Another hand's order.
    pub(crate) fn foreign(&mut self, side: Side, quantity: i64, price: i32) {
        let number = self.number();
        self.book(Booked {
            number,
            original: 0,
            request: None,
            side,
            order_type: OrderType::LIMIT,
            price,
            quantity,
            filled: 0,
            leaves: quantity,
            value: 0,
            action: OrderAction::NEW,
            last: (0, 0),
        });
        self.say(number, OrderState::ACCEPTED);
    }

    /// The next request arrives.
    pub(crate) fn take_next(&mut self) {
        let Some((request, way)) = self.sent.pop_front() else { return };
        let id = request.id;
        match way {
            Way::Lost => return self.replies.push((id, Reply::LineBroke)),
            Way::Refused => return self.replies.push((id, refused("RC4027"))),
            Way::NotSent => {
                return self.replies.push((id, Reply::NotSent { text: Text::EMPTY }));
            }
            Way::Fine | Way::AnswerLost => {}
        }
        *self.arrived.entry(id.0).or_default() += 1;
        let reply = match request.ask {
            Ask::New(new) => {
                let number = self.number();
                let quantity = new.quantity.raw();
                self.book(Booked {
                    number,
                    original: 0,
                    request: Some(id),
                    side: new.side,
                    order_type: new.order_type,
                    price: new.price.get().unwrap_or(0),
                    quantity,
                    filled: 0,
                    leaves: quantity,
                    value: 0,
                    action: OrderAction::NEW,
                    last: (0, 0),
                });
                self.say(number, OrderState::ACCEPTED);
                accept(number)
            }
            Ask::Replace { original, quantity, price, .. } => {
                self.modify(id, original.get(), quantity.raw(), price.raw())
            }
            Ask::Cancel { original, quantity } => self.cancel(id, original.get(), quantity.raw()),
        };
        let lost = way == Way::AnswerLost;
        self.replies.push((id, if lost { Reply::TimedOut } else { reply }));
    }

    /// Another hand cancels.
    pub(crate) fn foreign_cancel(&mut self, number: u32) {
        self.cancel(RequestId(u32::MAX), number, 0);
    }

    fn cancel(&mut self, id: RequestId, original: u32, quantity: i64) -> Reply {
        let target = &self.books[&original];
        let take = if quantity == 0 { target.leaves } else { quantity };
        if target.leaves == 0 || take > target.leaves {
            return refused("RC4032");
        }
        let target = target.clone();
        let number = self.change(id, &target, OrderAction::CANCEL, take, target.price);
        self.books.get_mut(&original).unwrap().leaves -= take;
        self.say(original, clearing_state(&target));
        accept_change(number)
    }

    fn modify(&mut self, id: RequestId, original: u32, quantity: i64, price: i32) -> Reply {
        let target = &self.books[&original];
        let take = if quantity == 0 { target.leaves } else { quantity };
        if target.leaves == 0 || take > target.leaves {
            return refused("RC4033");
        }
        let target = target.clone();
        let number = self.change(id, &target, OrderAction::MODIFY, take, price);
        self.books.get_mut(&original).unwrap().leaves -= take;
        self.say(original, clearing_state(&target));
        accept_change(number)
    }

    fn change(
        &mut self,
        id: RequestId,
        target: &Booked,
        action: OrderAction,
        take: i64,
        price: i32,
    ) -> u32 {
        let number = self.number();
        let leaves = if action == OrderAction::MODIFY { take } else { 0 };
        self.book(Booked {
            number,
            original: target.number,
            request: Some(id),
            price,
            quantity: take,
            filled: 0,
            leaves,
            value: 0,
            action,
            last: (0, 0),
            ..target.clone()
        });
        self.say(number, OrderState::ACCEPTED);
        self.say(number, OrderState::CONFIRMED);
        number
    }

    /// Fills some of the `pick`th open order.
    pub(crate) fn fill(&mut self, pick: usize, shares: i64) {
        let open: Vec<u32> = self.open().map(|order| order.number).collect();
        if open.is_empty() {
            return;
        }
        let number = open[pick % open.len()];
        self.next_fill += 1;
        let order = self.books.get_mut(&number).unwrap();
        let shares = shares.clamp(1, order.leaves);
        order.filled += shares;
        order.leaves -= shares;
        order.value += shares * i64::from(order.price);
        order.last = (self.next_fill, shares);
        self.held += if order.side == Side::BUY { shares } else { -shares };
        self.say(number, OrderState::FILLED);
        let held = engine::order::Holding {
            symbol: symbols()[0],
            quantity: Quantity::new(self.held),
            sellable: Quantity::UNSET,
        };
        self.socket.push_back(Input::Holding(held));
    }

    pub(crate) fn open(&self) -> impl Iterator<Item = &Booked> {
        self.books.values().filter(|order| order.leaves > 0)
    }

    fn row(order: &Booked) -> OrderRow {
        OrderRow {
            number: number(order.number),
            original: (order.original != 0).then(|| number(order.original)),
            symbol: symbols()[0],
            side: order.side,
            action: order.action,
            order_type: Some(order.order_type),
            quantity: Quantity::new(order.quantity),
            price: Price::new(order.price),
            leaves: Quantity::new(order.leaves),
            time: TimeOfDay::UNSET,
        }
    }

    pub(crate) fn open_rows(&self) -> Vec<OpenRow> {
        self.open().map(|order| OpenRow { order: Self::row(order) }).collect()
    }

    pub(crate) fn filled_rows(&self) -> Vec<FilledRow> {
        let filled = self.books.values().filter(|order| order.filled > 0);
        filled
            .map(|order| FilledRow {
                order: Self::row(order),
                cumulative: Quantity::new(order.filled),
                average_price: Price::new(order.price),
                fee: Notional::UNSET,
                tax: Notional::UNSET,
            })
            .collect()
    }

    pub(crate) fn position_rows(&self) -> Vec<PositionRow> {
        vec![position_row(symbols()[0], self.held)]
    }

    /// Everything filled of the orders that came of a request, modifies included.
    pub(crate) fn filled_of(&self, request: RequestId) -> i64 {
        let root = self
            .books
            .values()
            .find(|order| order.request == Some(request) && order.action == OrderAction::NEW);
        root.map_or(0, |root| self.filled_below(root.number))
    }

    fn filled_below(&self, number: u32) -> i64 {
        let children = self.books.values().filter(|order| order.original == number);
        let below: i64 = children.map(|child| self.filled_below(child.number)).sum();
        self.books[&number].filled + below
    }
}

/// 913 of the frame that lowers an original: 체결 if it had filled in part.
fn clearing_state(target: &Booked) -> OrderState {
    if target.filled > 0 { OrderState::FILLED } else { OrderState::ACCEPTED }
}

fn accept_change(number: u32) -> Reply {
    accept(number)
}
