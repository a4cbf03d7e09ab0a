//! What the machine remembers: fixed tables, filled once and kept for the day. Nothing is ever
//! removed, so that a late word about anything finds its place.

use super::input::RequestId;
use super::number::{BrokerNumber, Table};
use super::output::Doubt;
use crate::memory;
use strategy_api::{
    ClientOrderId, InstrumentId, Notional, OrderAction, OrderRequest, OrderStatus, OrderType,
    Price, Quantity, Side, Text, UnixNanos, Venue,
};

/// Entries whose memory is ready beforehand: more than come between two calls of
/// [`Store::make_ready`].
const AHEAD: usize = 128;

/// No entry.
pub(super) const NONE: u32 = u32::MAX;

/// An order of a strategy.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct OrderEntry {
    /// The id under which the strategy knows it.
    pub id: ClientOrderId,
    /// Number of the strategy.
    pub strategy: u16,
    /// As asked for; price and quantity as last replaced.
    pub request: OrderRequest,
    /// Where it stands.
    pub status: OrderStatus,
    /// Shares filled so far.
    pub cumulative: Quantity,
    /// Money filled so far, KRW.
    pub value: Notional,
    /// Shares that can fill in all: what was ordered, less what was cancelled in part.
    pub total: Quantity,
    /// When it was journaled.
    pub ts_sent: UnixNanos,
    /// First order number of its chain in the table of numbers.
    pub(super) root: u32,
    /// The request that placed it.
    pub(super) placed_by: RequestId,
    /// A whole cancel that waits until it can be sent.
    pub(super) cancel_wanted: bool,
    /// Why its instrument is closed for its strategy: bits of [`closing`].
    pub(super) closing: u8,
    /// The broker said 거부 after it had accepted.
    pub(super) rejected_late: bool,
    /// The strategy was told of its end.
    pub(super) end_told: bool,
    /// Shares that filled under its numbers and that the strategy is about to be told of, fill by
    /// fill: until then they count as open. Zero between two inputs.
    pub(super) untold: i64,
    /// Its number was found in the broker's books, not told by a reply.
    pub(super) found: bool,
    /// A person was told that it is ambiguous.
    pub(super) ambiguous: bool,
    /// Its place in the list of orders that are not final; NONE when it is.
    pub(super) open_at: u32,
    /// Why it ended, in the broker's words.
    pub reason: Text<64>,
}

/// Reasons to keep an instrument closed.
pub(super) mod closing {
    pub(in super::super) const UNKNOWN: u8 = 1;
    pub(in super::super) const CHANGE: u8 = 2;
    pub(in super::super) const DOUBT: u8 = 4;
}

/// Whose an order number is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Owner {
    /// It may belong to a request without an answer yet.
    Open,
    /// Another program or a person at a screen.
    Foreign,
    /// An order of ours.
    Order(u32),
}

/// One order number of the broker. A chain of modifies is a list of them under one root.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Leg {
    pub(super) number: BrokerNumber,
    pub(super) original: Option<BrokerNumber>,
    /// First of the chain; itself for the first.
    pub(super) root: u32,
    /// Next of the chain.
    pub(super) next: u32,
    /// Of the chain; looked up at the root.
    pub(super) owner: Owner,
    pub(super) action: OrderAction,
    pub(super) instrument: InstrumentId,
    pub(super) side: Side,
    pub(super) order_type: Option<OrderType>,
    pub(super) venue: Venue,
    pub(super) price: Price,
    pub(super) quantity: i64,
    pub(super) cumulative: i64,
    pub(super) leaves: i64,
    /// Shares that went without a fill: cancelled, or moved to another number.
    pub(super) removed: i64,
    /// Money filled, KRW.
    pub(super) value: i64,
    pub(super) fee: i64,
    pub(super) tax: i64,
    /// Filled so far by a list of the broker: events up to here are old news.
    pub(super) covered: i64,
    pub(super) first_fill: u32,
    pub(super) last_fill: u32,
    /// The request in flight that changes it; NONE.
    pub(super) change: u32,
    /// A modify's own number is open only after its 확인.
    pub(super) confirmed: bool,
    pub(super) doubt: Option<(Doubt, u64)>,
    /// An event of this number came.
    pub(super) heard: bool,
    pub(super) ts_seen: UnixNanos,
    /// Input at which it became known.
    pub(super) seq_seen: u64,
    /// Input of the last event that raised `cumulative`.
    pub(super) seq_rise: u64,
}

impl Leg {
    /// A modify whose own number is known and which has not taken effect.
    pub(super) fn is_pending(&self) -> bool {
        self.action == OrderAction::MODIFY && !self.confirmed
    }
}

/// A fill.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Fill {
    /// The order number that it filled.
    pub number: BrokerNumber,
    /// Shares.
    pub quantity: Quantity,
    /// Money, KRW.
    pub value: Notional,
    /// The exchange's time; unset for a fill that only a list told.
    pub ts_event: UnixNanos,
    /// When it was learned.
    pub ts: UnixNanos,
    pub(super) next: u32,
}

/// How far a request is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RequestStage {
    /// Journaled, on its way to the line.
    Sent,
    /// Written; the reply is due.
    Written,
    /// The reply said yes; for a change, the events are due.
    Accepted,
    /// Took effect, or was answered and overtaken.
    Done,
    /// Surely refused, or surely not sent.
    Refused,
    /// Nobody knows.
    Unknown,
}

/// What a request does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RequestKind {
    /// A new order.
    New,
    /// A modify.
    Replace,
    /// A cancel.
    Cancel,
}

/// A request on an order line.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RequestState {
    /// What it does.
    pub kind: RequestKind,
    /// How far it is.
    pub stage: RequestStage,
    /// When the record that caused it was received; unset for a timer or the engine's own.
    pub ts_cause: UnixNanos,
    /// When the strategy wanted it; unset for the engine's own.
    pub ts_submit: UnixNanos,
    /// When it was decided.
    pub ts_sent: UnixNanos,
    /// When its last byte was written.
    pub ts_written: UnixNanos,
    /// When the reply was there.
    pub ts_reply: UnixNanos,
    /// When the first event about it was there.
    pub ts_event: UnixNanos,
    /// Number that it got.
    pub number: Option<BrokerNumber>,
    pub(super) order: u32,
    /// The number it changes.
    pub(super) target: u32,
    pub(crate) quantity: i64,
    pub(super) price: Price,
    pub(super) stop_price: Price,
    /// The target lost shares without a fill since.
    pub(super) shrunk: bool,
    /// When something must have happened.
    pub(super) deadline: UnixNanos,
    pub(super) unknown_since: UnixNanos,
    /// Complete rounds that found no trace.
    pub(super) no_trace: u8,
}

impl RequestState {
    /// Whether the broker has it for all we know: there is no reply.
    pub(super) fn is_unanswered(&self) -> bool {
        matches!(self.stage, RequestStage::Sent | RequestStage::Written)
    }

    pub(super) fn is_live(&self) -> bool {
        !matches!(self.stage, RequestStage::Done | RequestStage::Refused)
    }
}

/// All tables.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Store {
    pub(super) orders: Vec<OrderEntry>,
    pub(super) legs: Vec<Leg>,
    pub(super) fills: Vec<Fill>,
    pub(super) requests: Vec<RequestState>,
    by_id: Table,
    by_number: Table,
    fill_numbers: Table,
    /// Orders that are not final.
    pub(super) open: Vec<u32>,
    /// Requests that something is due for.
    pub(super) live: Vec<u32>,
    /// Roots that may belong to a request without an answer.
    pub(super) unclaimed: Vec<u32>,
}

impl Store {
    pub(super) fn new(orders: usize, requests: usize, legs: usize, fills: usize) -> Self {
        Self {
            orders: Vec::with_capacity(orders),
            legs: Vec::with_capacity(legs),
            fills: Vec::with_capacity(fills),
            requests: Vec::with_capacity(requests),
            by_id: Table::with_capacity(orders),
            by_number: Table::with_capacity(legs),
            fill_numbers: Table::with_capacity(fills),
            open: Vec::with_capacity(orders),
            live: Vec::with_capacity(requests),
            unclaimed: Vec::with_capacity(legs),
        }
    }

    /// Has the memory ready into which the next entries go.
    pub(super) fn make_ready(&mut self) {
        memory::touch_ahead(&mut self.orders, AHEAD);
        memory::touch_ahead(&mut self.legs, AHEAD);
        memory::touch_ahead(&mut self.fills, 4 * AHEAD);
        memory::touch_ahead(&mut self.requests, AHEAD);
        for list in [&mut self.open, &mut self.live, &mut self.unclaimed] {
            memory::touch_ahead(list, AHEAD);
        }
    }

    /// Whether a new order fits, with all that may come of it: its number, one change, some fills.
    pub(super) fn has_room(&self) -> bool {
        let free = |len: usize, capacity: usize, spare: usize| len + spare <= capacity;
        free(self.orders.len(), self.orders.capacity(), 1)
            && free(self.requests.len(), self.requests.capacity(), 3 + 2 * self.open.len())
            && free(self.legs.len(), self.legs.capacity(), 16 + 3 * self.open.len())
            && free(self.fills.len(), self.fills.capacity(), 64 + 8 * self.open.len())
    }

    pub(super) fn order_by_id(&self, id: ClientOrderId) -> Option<u32> {
        self.by_id.get(id.0)
    }

    pub(super) fn leg_by_number(&self, number: BrokerNumber) -> Option<u32> {
        self.by_number.get(number.get().into())
    }

    /// Adds an order and puts it among the open ones.
    pub(super) fn add_order(&mut self, mut order: OrderEntry) -> Option<u32> {
        if self.orders.len() == self.orders.capacity() || !self.by_id.has_room() {
            return None;
        }
        let index = self.orders.len() as u32;
        self.by_id.insert(order.id.0, index);
        order.open_at = self.open.len() as u32;
        self.open.push(index);
        self.orders.push(order);
        Some(index)
    }

    /// Adds a request and puts it among the live ones.
    pub(super) fn add_request(&mut self, request: RequestState) -> Option<RequestId> {
        if self.requests.len() == self.requests.capacity() {
            return None;
        }
        let index = self.requests.len() as u32;
        self.requests.push(request);
        self.live.push(index);
        Some(RequestId(index))
    }

    /// Adds an order number.
    pub(super) fn add_leg(&mut self, leg: Leg) -> Option<u32> {
        if self.legs.len() == self.legs.capacity() || !self.by_number.has_room() {
            return None;
        }
        let index = self.legs.len() as u32;
        self.by_number.insert(leg.number.get().into(), index);
        self.legs.push(Leg { root: index, ..leg });
        Some(index)
    }

    /// Adds a fill to an order number; `false` when there is no room.
    pub(super) fn add_fill(&mut self, leg: u32, fill: Fill) -> bool {
        if self.fills.len() == self.fills.capacity() {
            return false;
        }
        let index = self.fills.len() as u32;
        self.fills.push(fill);
        let leg = &mut self.legs[leg as usize];
        if leg.first_fill == NONE {
            leg.first_fill = index;
        } else {
            self.fills[leg.last_fill as usize].next = index;
        }
        leg.last_fill = index;
        true
    }

    /// Remembers a fill number of an order number.
    pub(super) fn note_fill_number(&mut self, number: BrokerNumber, fill: &Text<16>) -> Noted {
        let key = fill_key(number, fill);
        if self.fill_numbers.get(key).is_some() {
            Noted::Repeat
        } else if self.fill_numbers.insert(key, 0) {
            Noted::New
        } else {
            Noted::Full
        }
    }

    pub(super) fn knows_fill_number(&self, number: BrokerNumber, fill: &Text<16>) -> bool {
        self.fill_numbers.get(fill_key(number, fill)).is_some()
    }

    /// Takes an order out of the list of open ones, or puts it back.
    pub(super) fn set_open(&mut self, order: u32, open: bool) {
        let at = self.orders[order as usize].open_at;
        if open && at == NONE {
            self.orders[order as usize].open_at = self.open.len() as u32;
            self.open.push(order);
        } else if !open && at != NONE {
            self.open.swap_remove(at as usize);
            if let Some(moved) = self.open.get(at as usize) {
                self.orders[*moved as usize].open_at = at;
            }
            self.orders[order as usize].open_at = NONE;
        }
    }

    pub(super) fn owner(&self, leg: u32) -> Owner {
        self.legs[self.legs[leg as usize].root as usize].owner
    }

    /// The next number of the chain after `leg`.
    pub(super) fn next(&self, leg: u32) -> Option<u32> {
        let next = self.legs[leg as usize].next;
        (next != NONE).then_some(next)
    }

    /// Hangs a chain behind another one.
    pub(super) fn link(&mut self, child_root: u32, parent_root: u32) {
        let mut last = parent_root;
        while let Some(next) = self.next(last) {
            last = next;
        }
        self.legs[last as usize].next = child_root;
        let mut leg = child_root;
        loop {
            self.legs[leg as usize].root = parent_root;
            match self.next(leg) {
                Some(next) => leg = next,
                None => break,
            }
        }
    }

    /// All order numbers of an order, first to last.
    pub(super) fn chain(&self, root: u32) -> impl Iterator<Item = u32> + '_ {
        let first = (root != NONE).then_some(root);
        std::iter::successors(first, |leg| self.next(*leg))
    }

    /// Shares of an order that can still fill by our books.
    pub(super) fn leaves(&self, order: u32) -> i64 {
        let state = &self.orders[order as usize];
        if state.root == NONE {
            return if state.status.is_final() { 0 } else { state.total.raw() };
        }
        let open: i64 = self.chain(state.root).map(|leg| self.legs[leg as usize].leaves).sum();
        open + state.untold
    }

    /// Every fill of an order number and of what hangs behind it, oldest first in each number.
    pub(super) fn fills_from(&self, first: u32) -> impl Iterator<Item = &Fill> + '_ {
        self.chain(first).flat_map(|leg| {
            let fill = |at: u32| self.fills.get(at as usize);
            let first = fill(self.legs[leg as usize].first_fill);
            std::iter::successors(first, move |before| fill(before.next))
        })
    }
}

/// Whether a fill number was new.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Noted {
    New,
    Repeat,
    Full,
}

/// Order number and fill number mixed into one word. Two that meet by chance do no harm: a "repeat"
/// with more shares filled than before is doubt, and the broker is asked.
fn fill_key(number: BrokerNumber, fill: &Text<16>) -> u64 {
    let bytes = fill.as_bytes();
    let plain = bytes.len() <= 11 && bytes.iter().all(u8::is_ascii_digit);
    let fill = if plain {
        bytes.iter().fold(0u64, |sum, digit| sum * 10 + u64::from(digit - b'0'))
    } else {
        bytes.iter().fold(0xCBF2_9CE4_8422_2325u64, |sum, byte| {
            (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3)
        }) >> 24
    };
    u64::from(number.get()).wrapping_mul(0x0100_0000_01B3_0001) ^ fill
}
