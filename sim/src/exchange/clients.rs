//! Clients' orders on one instrument: how they enter the books, wait, trade and leave.
//!
//! A client's order meets the same books as the crowd's. What trades or ends is written down as an
//! [`Execution`]; whose order it was, and what that means for an account, is not known here.

use super::book::{Fill, Owner, Side};
use super::instrument::{Instrument, Print};
use super::stats::{Aggressor, View};
use super::ticks;
use crate::clock::{self, Phase, Venue, hhmmss};
use std::collections::BTreeMap;

/// How often a waiting mid-point order meets somebody in a turn, out of 1,000.
const MIDDLE_PERMILLE: u64 = 150;
/// How often an order at the closing price meets somebody in a turn, out of 1,000.
const CLOSING_PERMILLE: u64 = 60;
/// How much of the way to the last price it paid a client pulls the crowd's opinion.
const IMPACT: f64 = 0.2;

/// Which venues an order may trade on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Krx,
    Nxt,
    /// SOR: the better price of the two.
    Smart,
}

impl Route {
    /// The venues, the first one first when prices are equal.
    pub(crate) fn venues(self) -> &'static [Venue] {
        match self {
            Self::Krx => &[Venue::Krx],
            Self::Nxt => &[Venue::Nxt],
            Self::Smart => &[Venue::Krx, Venue::Nxt],
        }
    }

    fn view(self) -> View {
        match self {
            Self::Krx => View::Krx,
            Self::Nxt => View::Nxt,
            Self::Smart => View::All,
        }
    }
}

/// How an order trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// At this price or better; what is left waits.
    Limit(i64),
    /// The same, and a market order in the closing auction.
    Conditional(i64),
    /// At any price.
    Market,
    /// What trades at once, no worse than the price if there is one; all of it or nothing if asked.
    Now { limit: Option<i64>, all: bool },
    /// A limit order that waits until the last price reaches the trigger.
    Stop { limit: i64, trigger: i64 },
    /// Halfway between the best bid and the best ask.
    Middle,
    /// The same, at once.
    MiddleNow { all: bool },
    /// At the closing price, in the session before (true) or after the regular one.
    Closing { before: bool },
}

/// A client's order as the exchange sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientOrder {
    /// The broker's order number.
    pub(crate) number: u32,
    pub(crate) side: Side,
    pub(crate) route: Route,
    pub(crate) style: Style,
    /// Shares open.
    pub(crate) quantity: i64,
}

/// What happened to a client's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Execution {
    /// It traded.
    Fill { number: u32, venue: Venue, price: i64, quantity: i64, at: u64 },
    /// It ended with shares open: IOC, FOK or the end of its session.
    Expired { number: u32, quantity: i64, at: u64 },
}

/// The clients' orders of one instrument.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    live: BTreeMap<u32, Live>,
    done: Vec<Execution>,
}

#[derive(Clone, Copy, Debug)]
struct Live {
    order: ClientOrder,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Book { venue: Venue, price: i64 },
    Waiting,
}

/// Hears of every print, right after it was counted.
pub(crate) type Told<'a> = &'a mut dyn FnMut(&Instrument, Print);

impl Clients {
    /// True when no order waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.live.is_empty()
    }

    /// Moves what happened to `into`, in order.
    pub(crate) fn drain(&mut self, into: &mut Vec<Execution>) {
        into.append(&mut self.done);
    }

    fn fill(&mut self, number: u32, venue: Venue, price: i64, quantity: i64, at: u64) {
        self.done.push(Execution::Fill { number, venue, price, quantity, at });
    }

    fn expire(&mut self, number: u32, quantity: i64, at: u64) {
        self.done.push(Execution::Expired { number, quantity, at });
    }

    /// Takes shares from a waiting order; it leaves when none are left.
    fn shrink(&mut self, number: u32, quantity: i64) {
        if let Some(live) = self.live.get_mut(&number) {
            live.order.quantity -= quantity;
            if live.order.quantity == 0 {
                self.live.remove(&number);
            }
        }
    }

    /// Numbers of the orders that `which` picks, oldest first.
    fn numbers(&self, which: impl Fn(&Live) -> bool) -> Vec<u32> {
        self.live.iter().filter(|(_, live)| which(live)).map(|(number, _)| *number).collect()
    }
}

impl Instrument {
    /// An order enters.
    pub(crate) fn submit(&mut self, order: ClientOrder, now: u64, told: Told<'_>) {
        match order.style {
            Style::Limit(price) | Style::Conditional(price) => self.rest(order, price, now, told),
            Style::Market => self.rest(order, self.any_price(order.side), now, told),
            Style::Now { limit, all } => {
                let enough = !all || self.available(&order, limit, now) >= order.quantity;
                let left = match enough {
                    true => self.sweep(&order, limit, now, told),
                    false => order.quantity,
                };
                if left > 0 {
                    self.clients.expire(order.number, left, now);
                }
            }
            Style::MiddleNow { all } => self.meet_at_middle_now(order, all, now, told),
            Style::Stop { .. } | Style::Middle | Style::Closing { .. } => {
                self.clients.live.insert(order.number, Live { order, place: Place::Waiting });
            }
        }
        self.trigger_stops(now, told);
    }

    /// True while a stop order's trigger has not been reached.
    pub(crate) fn waits_for_trigger(&self, number: u32) -> bool {
        let live = self.clients.live.get(&number);
        live.is_some_and(|live| matches!(live.order.style, Style::Stop { .. }))
    }

    /// Takes up to `quantity` open shares out of a waiting order; what was taken.
    pub(crate) fn withdraw(&mut self, number: u32, quantity: i64) -> i64 {
        let Some(live) = self.clients.live.get(&number).copied() else { return 0 };
        let taken = match live.place {
            Place::Book { venue, price } => {
                self.book_mut(venue).reduce(live.order.side, price, number, quantity)
            }
            Place::Waiting => quantity.min(live.order.quantity),
        };
        self.clients.shrink(number, taken);
        taken
    }

    /// Replaces `to.quantity` shares of the waiting order `from` by the order `to`. At the same
    /// price it keeps its place in the queue.
    pub(crate) fn amend(&mut self, from: u32, to: ClientOrder, now: u64, told: Told<'_>) {
        let Some(live) = self.clients.live.get(&from).copied() else { return };
        if let (Place::Book { venue, price }, Style::Limit(wanted) | Style::Conditional(wanted)) =
            (live.place, to.style)
        {
            let numbers = (from, to.number);
            let same = price == wanted && live.order.side == to.side;
            if same && self.book_mut(venue).hand_over(to.side, price, numbers, to.quantity) {
                self.clients.shrink(from, to.quantity);
                let place = Place::Book { venue, price };
                self.clients.live.insert(to.number, Live { order: to, place });
                return;
            }
        }
        self.withdraw(from, to.quantity);
        self.submit(to, now, told);
    }

    /// The best price of a side over the venues of a route that trade continuously.
    pub(crate) fn best_of(&self, route: Route, side: Side, now: u64) -> Option<(Venue, i64)> {
        let open = route.venues().iter().filter(|v| self.phase(**v, now) == Phase::Continuous);
        let prices = open.filter_map(|venue| Some((*venue, self.book(*venue).best(side)?)));
        prices.reduce(|first, next| if side.better(next.1, first.1) { next } else { first })
    }

    /// Writes down which clients' resting orders a taker or an auction hit.
    pub(super) fn settle_makers(&mut self, venue: Venue, fills: &[Fill], now: u64) {
        if self.clients.is_empty() {
            return;
        }
        for fill in fills {
            if let Owner::Client(number) = fill.owner {
                self.clients.fill(number, venue, fill.price, fill.quantity, now);
                self.clients.shrink(number, fill.quantity);
            }
        }
    }

    /// A venue closes: the orders in its book move to the other venue if they may, or end.
    pub(super) fn expire_clients(&mut self, venue: Venue, now: u64) {
        let here = |live: &Live| matches!(live.place, Place::Book { venue: at, .. } if at == venue);
        for number in self.clients.numbers(here) {
            let Some(live) = self.clients.live.remove(&number) else { continue };
            match self.resting_venue(live.order.route, now) {
                Some(other) if other != venue => {
                    if let Place::Book { price, .. } = live.place {
                        self.put(live.order, other, price);
                    }
                }
                _ => self.clients.expire(number, live.order.quantity, now),
            }
        }
        let idle = |live: &Live| {
            live.place == Place::Waiting && !matches!(live.order.style, Style::Closing { .. })
        };
        for number in self.clients.numbers(idle) {
            let Some(live) = self.clients.live.get(&number).copied() else { continue };
            if self.resting_venue(live.order.route, now).is_none() {
                self.clients.live.remove(&number);
                self.clients.expire(number, live.order.quantity, now);
            }
        }
    }

    /// 조건부지정가: in the closing auction they become market orders.
    pub(super) fn turn_conditionals(&mut self, venue: Venue, now: u64) {
        if venue != Venue::Krx || now < clock::LAST_CONTINUOUS {
            return;
        }
        for number in self.clients.numbers(|live| matches!(live.order.style, Style::Conditional(_)))
        {
            let Some(live) = self.clients.live.remove(&number) else { continue };
            if let Place::Book { venue: at, price } = live.place {
                self.book_mut(at).reduce(live.order.side, price, number, live.order.quantity);
            }
            let order = ClientOrder { style: Style::Market, ..live.order };
            self.put(order, venue, self.any_price(order.side));
        }
    }

    /// What happens to waiting orders by itself: mid-point and closing-price orders meet somebody
    /// now and then, stop orders wake, orders of a session that is over end.
    pub(crate) fn turn_clients(&mut self, now: u64, told: Told<'_>) {
        if self.clients.is_empty() {
            return;
        }
        for number in self.clients.numbers(|live| live.place == Place::Waiting) {
            let Some(live) = self.clients.live.get(&number).copied() else { continue };
            match live.order.style {
                Style::Middle if self.crowd.rng.chance(MIDDLE_PERMILLE) => {
                    let quantity = self.lot().min(live.order.quantity);
                    self.meet_at_middle(&live.order, quantity, now, told);
                }
                Style::Closing { before } => self.turn_closing(&live.order, before, now),
                _ => {}
            }
        }
        self.trigger_stops(now, told);
    }

    /// Wakes stop orders whose trigger the last price has reached.
    pub(crate) fn trigger_stops(&mut self, now: u64, told: Told<'_>) {
        loop {
            let woken = self.clients.live.values().find(|live| self.is_triggered(live, now));
            let Some(order) = woken.map(|live| live.order) else { return };
            let Style::Stop { limit, .. } = order.style else { return };
            self.clients.live.remove(&order.number);
            self.rest(ClientOrder { style: Style::Limit(limit), ..order }, limit, now, told);
        }
    }

    fn is_triggered(&self, live: &Live, now: u64) -> bool {
        let Style::Stop { trigger, .. } = live.order.style else { return false };
        let open = |venue: &Venue| self.phase(*venue, now) == Phase::Continuous;
        let last = self.stats(live.order.route.view()).last;
        live.order.route.venues().iter().any(open)
            && match live.order.side {
                Side::Bid => last >= trigger,
                Side::Ask => last <= trigger,
            }
    }

    /// Trades what a limit order can have now; the rest waits in a book.
    fn rest(&mut self, order: ClientOrder, price: i64, now: u64, told: Told<'_>) {
        let left = self.sweep(&order, Some(price), now, told);
        if left == 0 {
            return;
        }
        match self.resting_venue(order.route, now) {
            Some(venue) => self.put(ClientOrder { quantity: left, ..order }, venue, price),
            None => self.clients.expire(order.number, left, now),
        }
    }

    fn put(&mut self, order: ClientOrder, venue: Venue, price: i64) {
        self.book_mut(venue).add(order.side, price, order.quantity, Owner::Client(order.number));
        let place = Place::Book { venue, price };
        self.clients.live.insert(order.number, Live { order, place });
    }

    /// Where an order of this route would wait: a venue that trades before one that collects.
    fn resting_venue(&self, route: Route, now: u64) -> Option<Venue> {
        let in_phase = |phase| route.venues().iter().find(move |v| self.phase(**v, now) == phase);
        in_phase(Phase::Continuous).or_else(|| in_phase(Phase::Auction)).copied()
    }

    /// Takes from the books of the route, best price first; what is left. Each resting order that
    /// is hit is a fill of its own; everything at one price is one print.
    fn sweep(&mut self, order: &ClientOrder, limit: Option<i64>, now: u64, told: Told<'_>) -> i64 {
        let resting = order.side.opposite();
        let mut left = order.quantity;
        let mut last = None;
        let mut fills = std::mem::take(&mut self.fills);
        while left > 0 {
            let Some((venue, price)) = self.best_of(order.route, resting, now) else { break };
            if limit.is_some_and(|limit| !order.side.reaches(limit, price)) {
                break;
            }
            fills.clear();
            let still = self.book_mut(venue).take(resting, Some(price), left, &mut fills);
            self.settle_makers(venue, &fills, now);
            for fill in &fills {
                self.clients.fill(order.number, venue, price, fill.quantity, now);
            }
            self.print(order.side, venue, price, left - still, now, told);
            // Behind the levels that everybody sees stand others, up to the day's limit.
            if self.crowd_levels(venue, resting).1.is_some() {
                let rival = self.rival(venue, now);
                self.fill_book(venue, rival);
            }
            left = still;
            last = Some(price);
        }
        self.fills = fills;
        if let Some(price) = last {
            self.crowd.fair += (price as f64 - self.crowd.fair) * IMPACT;
        }
        left
    }

    fn available(&self, order: &ClientOrder, limit: Option<i64>, now: u64) -> i64 {
        let side = order.side.opposite();
        let open =
            order.route.venues().iter().filter(|v| self.phase(**v, now) == Phase::Continuous);
        open.map(|venue| self.book(*venue).available(side, limit)).sum()
    }

    fn print(
        &mut self,
        taker: Side,
        venue: Venue,
        price: i64,
        quantity: i64,
        now: u64,
        told: Told<'_>,
    ) {
        let who = match taker {
            Side::Bid => Aggressor::Buyer,
            Side::Ask => Aggressor::Seller,
        };
        self.count(venue, price, quantity, who, hhmmss(now));
        told(self, Print { venue, price, quantity, who });
    }

    /// The price at which an order of this side trades with anybody.
    fn any_price(&self, side: Side) -> i64 {
        match side {
            Side::Bid => self.upper,
            Side::Ask => self.lower,
        }
    }

    /// A price between the best bid and the best ask of a venue of the route.
    fn middle(&self, route: Route, now: u64) -> Option<(Venue, i64)> {
        let open = route.venues().iter().filter(|v| self.phase(**v, now) == Phase::Continuous);
        open.copied().find_map(|venue| {
            let book = self.book(venue);
            let (bid, ask) = (book.best(Side::Bid)?, book.best(Side::Ask)?);
            let middle = i64::midpoint(bid, ask);
            (bid < middle && middle < ask).then_some((venue, middle))
        })
    }

    fn meet_at_middle(&mut self, order: &ClientOrder, quantity: i64, now: u64, told: Told<'_>) {
        let Some((venue, price)) = self.middle(order.route, now) else { return };
        self.clients.fill(order.number, venue, price, quantity, now);
        self.clients.shrink(order.number, quantity);
        self.print(order.side.opposite(), venue, price, quantity, now, told);
    }

    fn meet_at_middle_now(&mut self, order: ClientOrder, all: bool, now: u64, told: Told<'_>) {
        // Hidden orders of the crowd: nobody knows how many until somebody asks.
        let hidden = if self.crowd.rng.chance(600) { 2 * self.lot() } else { 0 };
        let hidden = if self.middle(order.route, now).is_some() { hidden } else { 0 };
        let met = if all && hidden < order.quantity { 0 } else { hidden.min(order.quantity) };
        if met > 0 {
            self.meet_at_middle(&order, met, now, told);
        }
        if met < order.quantity {
            self.clients.expire(order.number, order.quantity - met, now);
        }
    }

    /// 시간외종가: trades at the close, oldest first, while the session lasts. These trades are not
    /// in the day's 0B sums.
    fn turn_closing(&mut self, order: &ClientOrder, before: bool, now: u64) {
        let session = if before { clock::CLOSING_BEFORE } else { clock::CLOSING_AFTER };
        if now >= session.end {
            self.clients.live.remove(&order.number);
            self.clients.expire(order.number, order.quantity, now);
        } else if now >= session.start && self.crowd.rng.chance(CLOSING_PERMILLE) {
            let price = if before { self.info.base_price } else { self.stats(View::Krx).last };
            let quantity = self.lot().min(order.quantity);
            self.clients.fill(order.number, Venue::Krx, price, quantity, now);
            self.clients.shrink(order.number, quantity);
        }
    }

    /// True when an order could be quoted at `price` here: on the tick grid.
    pub(crate) fn is_on_tick(&self, price: i64) -> bool {
        price % ticks::tick_size(self.info.market, price) == 0
    }
}
