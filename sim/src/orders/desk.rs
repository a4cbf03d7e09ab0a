//! The back office: takes orders, keeps accounts, tells clients.

use super::AccountId;
use super::account::Account;
use super::frames;
use super::outbox::Outbox;
use super::record::{Kind, LastFill, Order};
use super::refusal::Refusal;
use super::rules;
use super::settings::Trading;
use super::types::{Accepted, Cancel, Modify, NewOrder, OrderNumber, OrderType, OrderVenue, Side};
use super::views::{Books, Cash, Fill, Holding, OpenOrder};
use crate::clock::{self, Venue, hhmmss};
use crate::exchange::book::Side as BookSide;
use crate::exchange::clients::{ClientOrder, Execution, Style};
use crate::faults::Faults;
use crate::generator::{Frames, Generator};
use crate::rng::Rng;
use std::collections::{BTreeMap, BTreeSet};

/// The day's first order number, about.
const FIRST_NUMBER: u32 = 17;
/// Others order too: how far apart two numbers may be.
const NUMBER_GAP_MAX: u64 = 3;
/// Most shares of one order: `ord_qty` has twelve digits.
const QUANTITY_MAX: i64 = 999_999_999_999;

/// The back office.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) trading: Trading,
    pub(crate) mock: bool,
    pub(crate) accounts: Vec<Account>,
    pub(crate) orders: BTreeMap<u32, Order>,
    pub(crate) fills: Vec<(AccountId, Fill)>,
    pub(crate) faults: Faults,
    pub(crate) outbox: Outbox,
    /// Places of halted instruments.
    pub(crate) halted: BTreeSet<usize>,
    pub(crate) circuit_breaker: bool,
    /// The caller's clock, nanoseconds.
    pub(crate) clock: u64,
    last_number: u32,
    last_fill: u32,
    rng: Rng,
    executions: Vec<Execution>,
}

/// The market as the desk needs it: the generator, and room for its frames.
pub(crate) struct Floor<'a> {
    pub(crate) market: &'a mut Generator,
    pub(crate) out: &'a mut Frames,
}

impl Desk {
    /// No accounts, no orders.
    pub(crate) fn new(trading: Trading, seed: u64, mock: bool) -> Self {
        let mut rng = Rng::new(seed, 0x0DE5_0000);
        Self {
            faults: Faults::new(&trading.faults, seed),
            trading,
            mock,
            accounts: Vec::new(),
            orders: BTreeMap::new(),
            fills: Vec::new(),
            outbox: Outbox::default(),
            halted: BTreeSet::new(),
            circuit_breaker: false,
            clock: 0,
            last_number: FIRST_NUMBER,
            last_fill: 10_000 + rng.below(1_000) as u32,
            rng,
            executions: Vec::new(),
        }
    }

    /// Opens an account.
    pub(crate) fn open_account(&mut self, market: &Generator) -> AccountId {
        let number = format!("50{:08}", 12_345_610 + self.accounts.len());
        let account = Account::new(number, &self.trading, |code| market.find(code));
        self.accounts.push(account);
        AccountId(self.accounts.len() - 1)
    }

    /// kt10000, kt10001. With `refuse_late` the exchange refuses it after all.
    pub(crate) fn place(
        &mut self,
        floor: &mut Floor<'_>,
        account: AccountId,
        order: &NewOrder,
        refuse_late: bool,
    ) -> Result<Accepted, Refusal> {
        let market = &*floor.market;
        let now = market.now();
        let index = find(market, &order.symbol)?;
        let instrument = market.instrument(index);
        if self.mock && order.venue != OrderVenue::Krx {
            return Err(Refusal::NotOffered);
        }
        if order.venue == OrderVenue::Nxt && !instrument.trades_on(Venue::Nxt) {
            return Err(Refusal::NotAtVenue);
        }
        if !(1..=QUANTITY_MAX).contains(&order.quantity) {
            return Err(Refusal::Malformed { field: "ord_qty" });
        }
        self.check_halts(index)?;
        rules::check_hour(instrument, order.order_type, order.venue, now)?;
        rules::check_prices(instrument, order)?;
        let (style, price) = rules::style(instrument, order, book_side(order.side), now)?;
        let hold_price = match style {
            Style::Closing { before: true } => instrument.info.base_price,
            Style::Closing { before: false } => {
                instrument.stats(crate::exchange::stats::View::Krx).last
            }
            _ if price == 0 => instrument.upper,
            _ => price,
        };
        let record = Order {
            number: 0,
            account,
            kind: Kind::New,
            original: 0,
            base: 0,
            index,
            side: order.side,
            order_type: order.order_type,
            venue: order.venue,
            at: if order.venue == OrderVenue::Nxt { Venue::Nxt } else { Venue::Krx },
            style,
            ordered: order.quantity,
            price,
            trigger: order.trigger.unwrap_or(0),
            hold_price,
            open: order.quantity,
            filled: 0,
            money: 0,
            fee: 0,
            tax: 0,
            held_cash: 0,
            time: hhmmss(now),
            last_fill: None,
            rejected: false,
        };
        self.check_means(&record, record.open, 0)?;
        let number = self.next_number()?;
        self.orders.insert(number, Order { number, base: number, ..record });
        self.hold(number, order.quantity);
        self.tell(floor.market, number, "접수");
        if refuse_late {
            self.refuse_late(floor.market, number);
        } else {
            floor.market.submit(index, self.client_order(number), floor.out);
            self.settle(floor.market);
        }
        Ok(Accepted { number: OrderNumber(number), base: None, quantity: order.quantity })
    }

    /// kt10002.
    pub(crate) fn modify(
        &mut self,
        floor: &mut Floor<'_>,
        account: AccountId,
        change: &Modify,
    ) -> Result<Accepted, Refusal> {
        let none = Refusal::NothingToModify { mock: self.mock };
        let original =
            self.original(floor.market, account, change.original, &change.symbol, &none)?;
        check_route(&original, change.venue, &none)?;
        self.check_halts(original.index)?;
        let instrument = floor.market.instrument(original.index);
        let price = change.price.filter(|price| *price != 0);
        let style = match original.order_type {
            OrderType::ClosingBefore | OrderType::ClosingAfter => {
                return Err(Refusal::TakesNoPrice);
            }
            OrderType::Market | OrderType::Middle => return Err(Refusal::WrongType),
            OrderType::Conditional if floor.market.now() >= clock::LAST_CONTINUOUS => {
                return Err(Refusal::NotAtThisHour);
            }
            _ => {
                rules::check_price(instrument, price)?;
                let price = price.unwrap_or(0);
                match original.order_type {
                    OrderType::Conditional => Style::Conditional(price),
                    OrderType::StopLimit if instrument.waits_for_trigger(original.number) => {
                        let trigger = change.trigger.filter(|price| *price != 0);
                        let trigger = trigger.unwrap_or(original.trigger);
                        rules::check_price(instrument, Some(trigger))?;
                        Style::Stop { limit: price, trigger }
                    }
                    _ => Style::Limit(price),
                }
            }
        };
        let quantity = if change.quantity == 0 { original.open } else { change.quantity };
        let raised = quantity - original.open;
        if quantity < 0 || (raised > 0 && !self.trading.modify_may_raise) {
            return Err(none);
        }
        let moved = quantity.min(original.open);
        let price = price.unwrap_or(0);
        let trigger = match style {
            Style::Stop { trigger, .. } => trigger,
            _ => original.trigger,
        };
        let record = Order {
            number: 0,
            kind: Kind::Modify,
            original: original.number,
            style,
            ordered: quantity,
            price,
            trigger,
            hold_price: price,
            open: quantity,
            filled: 0,
            money: 0,
            fee: 0,
            tax: 0,
            held_cash: 0,
            time: hhmmss(floor.market.now()),
            last_fill: None,
            ..original.clone()
        };
        let rest = Order { open: original.open - moved, ..original.clone() };
        let freed = original.held_cash - self.cash_hold(&rest);
        self.check_means(&record, raised.max(0), freed)?;
        let number = self.next_number()?;
        self.release(original.number, moved);
        self.orders.insert(number, Order { number, ..record });
        self.hold(number, quantity);
        self.tell(floor.market, number, "접수");
        let to = self.client_order(number);
        if raised > 0 {
            floor.market.withdraw(original.index, original.number, moved);
            floor.market.submit(original.index, to, floor.out);
        } else {
            floor.market.amend(original.index, original.number, to, floor.out);
        }
        self.tell(floor.market, number, "확인");
        self.tell_rest(floor.market, original.number);
        self.settle(floor.market);
        let base = Some(OrderNumber(original.base));
        Ok(Accepted { number: OrderNumber(number), base, quantity })
    }

    /// kt10003.
    pub(crate) fn cancel(
        &mut self,
        floor: &mut Floor<'_>,
        account: AccountId,
        cancel: &Cancel,
    ) -> Result<Accepted, Refusal> {
        let none = Refusal::NothingToCancel { mock: self.mock };
        let original =
            self.original(floor.market, account, cancel.original, &cancel.symbol, &none)?;
        check_route(&original, cancel.venue, &none)?;
        let quantity = if cancel.quantity == 0 { original.open } else { cancel.quantity };
        if !(1..=original.open).contains(&quantity) {
            return Err(none);
        }
        let number = self.next_number()?;
        floor.market.withdraw(original.index, original.number, quantity);
        self.book_cancel(floor.market, &original, number, quantity);
        let base = Some(OrderNumber(original.base));
        Ok(Accepted { number: OrderNumber(number), base, quantity })
    }

    /// Lets everything that happened in the market reach accounts and clients.
    pub(crate) fn settle(&mut self, market: &mut Generator) {
        let mut executions = std::mem::take(&mut self.executions);
        market.drain_executions(&mut executions);
        for execution in executions.drain(..) {
            match execution {
                Execution::Fill { number, venue, price, quantity, at } => {
                    self.fill(market, number, (venue, price, quantity), at);
                }
                Execution::Expired { number, quantity, .. } => {
                    self.release(number, quantity);
                    self.tell_rest(market, number);
                }
            }
        }
        self.executions = executions;
    }

    /// The frames of a made-up order's life, for a client's account path: a buy of ten is filled in
    /// three and four, its rest cancelled. The market is not touched, the account is.
    pub(crate) fn scripted_life(
        &mut self,
        market: &Generator,
        account: AccountId,
        index: usize,
    ) -> Result<(), Refusal> {
        let (number, cancel) = (self.next_number()?, self.next_number()?);
        let now = market.now();
        let price = market.instrument(index).info.base_price;
        let order = Order {
            number,
            account,
            kind: Kind::New,
            original: 0,
            base: number,
            index,
            side: Side::Buy,
            order_type: OrderType::Limit,
            venue: OrderVenue::Krx,
            at: Venue::Krx,
            style: Style::Limit(price),
            ordered: 10,
            price,
            trigger: 0,
            hold_price: price,
            open: 10,
            filled: 0,
            money: 0,
            fee: 0,
            tax: 0,
            held_cash: 0,
            time: hhmmss(now),
            last_fill: None,
            rejected: false,
        };
        self.orders.insert(number, order);
        self.hold(number, 10);
        self.tell(market, number, "접수");
        for quantity in [3, 4] {
            self.fill(market, number, (Venue::Krx, price, quantity), now);
        }
        if let Some(original) = self.orders.get(&number).cloned() {
            self.book_cancel(market, &original, cancel, original.open);
        }
        Ok(())
    }

    /// All that the books say of an account.
    pub(crate) fn books(&self, account: AccountId, market: &Generator) -> Books {
        let code = |index: usize| market.instrument(index).info.code.clone();
        let orders = || self.orders.values().filter(move |order| order.account == account);
        let open = orders().filter(|order| order.open > 0).map(|order| OpenOrder {
            number: OrderNumber(order.number),
            base: OrderNumber(order.base),
            symbol: code(order.index),
            side: order.side,
            order_type: order.order_type,
            venue: order.venue,
            price: order.price,
            trigger: order.trigger,
            quantity: order.ordered,
            open: order.open,
            filled: order.filled,
        });
        let money = &self.accounts[account.0];
        let held = money.positions.iter().filter(|(_, held)| held.quantity > 0 || held.sold > 0);
        let held = held.map(|(index, position)| Holding {
            symbol: code(*index),
            quantity: position.quantity,
            sellable: position.sellable(),
            average_price: position.average(),
            cost: position.cost,
            realised: position.realised,
        });
        let fills = self.fills.iter().filter(|(owner, _)| *owner == account);
        Books {
            open_orders: open.collect(),
            fills: fills.map(|(_, fill)| fill.clone()).collect(),
            positions: held.collect(),
            cash: Cash {
                at_start: money.start_cash,
                settled: money.cash,
                held: money.held_cash,
                commission: orders().map(|order| order.fee).sum(),
                taxes: orders().map(|order| order.tax).sum(),
            },
        }
    }

    /// Whether an order came today: from then on the market does not wait for anybody.
    pub(crate) fn has_orders(&self) -> bool {
        !self.orders.is_empty()
    }

    /// One order.
    pub(crate) fn order(&self, number: u32) -> Option<&Order> {
        self.orders.get(&number)
    }

    fn check_halts(&self, index: usize) -> Result<(), Refusal> {
        if self.circuit_breaker {
            return Err(Refusal::CircuitBreaker);
        }
        if self.halted.contains(&index) { Err(Refusal::Halted) } else { Ok(()) }
    }

    /// The order that a change names, if there is something to change.
    fn original(
        &self,
        market: &Generator,
        account: AccountId,
        number: OrderNumber,
        symbol: &str,
        none: &Refusal,
    ) -> Result<Order, Refusal> {
        let index = find(market, symbol)?;
        let found = self.order(number.0).filter(|o| o.account == account && o.index == index);
        let found = found.ok_or_else(|| none.clone())?;
        if found.kind == Kind::Cancel {
            return Err(Refusal::OriginalIsCancel);
        }
        if found.open == 0 { Err(none.clone()) } else { Ok(found.clone()) }
    }

    /// Checks that the account can pay for, or deliver, `quantity` more shares; `freed` is cash that
    /// the order replaces.
    fn check_means(&self, order: &Order, more: i64, freed: i64) -> Result<(), Refusal> {
        let account = &self.accounts[order.account.0];
        match order.side {
            Side::Buy => {
                if self.cash_hold(order) <= account.free_cash() + freed {
                    return Ok(());
                }
                let rates = &self.trading.rates;
                let buyable = account.buyable(order.hold_price, freed, rates);
                Err(Refusal::NotEnoughCash { buyable })
            }
            Side::Sell => {
                let sellable = account.sellable(order.index);
                if more <= sellable { Ok(()) } else { Err(Refusal::NotEnoughShares { sellable }) }
            }
        }
    }

    /// Cash that the open shares of a buy may still cost. Commission is counted on the whole order,
    /// because it is cut once, not per fill.
    fn cash_hold(&self, order: &Order) -> i64 {
        if order.side == Side::Sell || order.open == 0 {
            return 0;
        }
        let open = order.hold_price * order.open;
        open + self.trading.rates.commission(order.money + open) - order.fee
    }

    /// Holds what the open shares of a new number need.
    fn hold(&mut self, number: u32, quantity: i64) {
        self.hold_cash(number);
        let Some(order) = self.orders.get(&number) else { return };
        if order.side == Side::Sell {
            let account = &mut self.accounts[order.account.0];
            account.positions.entry(order.index).or_default().held += quantity;
        }
    }

    fn hold_cash(&mut self, number: u32) {
        let Some(order) = self.orders.get(&number) else { return };
        let wanted = self.cash_hold(order);
        let Some(order) = self.orders.get_mut(&number) else { return };
        self.accounts[order.account.0].held_cash += wanted - order.held_cash;
        order.held_cash = wanted;
    }

    /// Takes open shares out of an order, with what they held.
    fn release(&mut self, number: u32, quantity: i64) {
        let Some(order) = self.orders.get_mut(&number) else { return };
        order.open -= quantity;
        debug_assert!(order.open >= 0, "no more shares leave than are open");
        if order.side == Side::Sell {
            let account = &mut self.accounts[order.account.0];
            account.positions.entry(order.index).or_default().held -= quantity;
        }
        self.hold_cash(number);
    }

    fn fill(
        &mut self,
        market: &Generator,
        number: u32,
        (venue, price, quantity): (Venue, i64, i64),
        at: u64,
    ) {
        let rates = self.trading.rates.clone();
        let Some(order) = self.orders.get_mut(&number) else { return };
        self.last_fill += 1 + self.rng.below(NUMBER_GAP_MAX) as u32;
        let (money, index, side) = (price * quantity, order.index, order.side);
        order.open -= quantity;
        debug_assert!(order.open >= 0, "no more shares trade than are open");
        order.filled += quantity;
        order.money += money;
        order.at = venue;
        order.last_fill = Some(LastFill { number: self.last_fill, price, quantity });
        let instrument = market.instrument(index);
        let fee = rates.commission(order.money);
        let tax = match side {
            Side::Buy => 0,
            Side::Sell => rates.tax(instrument.info.market, order.money),
        };
        let costs = fee + tax - order.fee - order.tax;
        (order.fee, order.tax) = (fee, tax);
        let account_id = order.account;
        let account = &mut self.accounts[account_id.0];
        match side {
            Side::Buy => account.buy(index, quantity, money, costs),
            Side::Sell => account.sell(index, quantity, money, costs),
        }
        let symbol = instrument.info.code.clone();
        let fill = Fill {
            order: OrderNumber(number),
            number: self.last_fill,
            symbol,
            side,
            price,
            quantity,
            at,
        };
        self.fills.push((account_id, fill));
        self.hold_cash(number);
        self.send_order(market, number, "체결", None, hhmmss(at));
        let account = &self.accounts[account_id.0];
        if let Some(position) = account.positions.get(&index) {
            let text =
                frames::balance_frame(account, position, market.instrument(index), (venue, side));
            self.send(account_id, "04", text);
        }
    }

    /// Books a cancel whose shares have left the market, and tells it: its own two frames, then the
    /// original's.
    fn book_cancel(&mut self, market: &Generator, original: &Order, number: u32, quantity: i64) {
        self.release(original.number, quantity);
        let cancel = Order {
            number,
            kind: Kind::Cancel,
            original: original.number,
            ordered: quantity,
            open: 0,
            filled: 0,
            money: 0,
            fee: 0,
            tax: 0,
            held_cash: 0,
            time: hhmmss(market.now()),
            last_fill: None,
            ..original.clone()
        };
        self.orders.insert(number, cancel);
        let time = hhmmss(market.now());
        self.send_order(market, number, "접수", Some(quantity), time);
        self.send_order(market, number, "확인", None, time);
        self.tell_rest(market, original.number);
    }

    fn refuse_late(&mut self, market: &Generator, number: u32) {
        let Some(open) = self.orders.get(&number).map(|order| order.open) else { return };
        self.release(number, open);
        if let Some(order) = self.orders.get_mut(&number) {
            order.rejected = true;
        }
        self.tell(market, number, "거부");
    }

    /// What is left of an order after shares were taken out: 접수 if it never traded, else 체결,
    /// although nothing new did.
    fn tell_rest(&mut self, market: &Generator, number: u32) {
        let filled = self.orders.get(&number).is_some_and(|order| order.filled > 0);
        self.tell(market, number, if filled { "체결" } else { "접수" });
    }

    fn tell(&mut self, market: &Generator, number: u32, status: &str) {
        self.send_order(market, number, status, None, hhmmss(market.now()));
    }

    fn send_order(
        &mut self,
        market: &Generator,
        number: u32,
        status: &str,
        open: Option<i64>,
        time: u32,
    ) {
        let Some(order) = self.orders.get(&number) else { return };
        let (account, instrument) =
            (&self.accounts[order.account.0], market.instrument(order.index));
        let open = open.unwrap_or(order.open);
        let text = frames::order_frame(order, account, instrument, (status, open, time));
        let account = order.account;
        self.send(account, "00", text);
    }

    fn send(&mut self, account: AccountId, kind: &'static str, text: String) {
        let due = self.clock.saturating_add(self.trading.frame_latency.as_nanos() as u64);
        let fault = self.faults.on_frame(kind, self.clock);
        self.outbox.push(due, account, kind, text, fault);
    }

    fn client_order(&self, number: u32) -> ClientOrder {
        let order = &self.orders[&number];
        ClientOrder {
            number,
            side: book_side(order.side),
            route: rules::route(order.venue),
            style: order.style,
            quantity: order.open,
        }
    }

    fn next_number(&mut self) -> Result<u32, Refusal> {
        let next = self.last_number + 1 + self.rng.below(NUMBER_GAP_MAX) as u32;
        if next > OrderNumber::MAX {
            return Err(Refusal::NumbersUsedUp);
        }
        self.last_number = next;
        Ok(next)
    }
}

/// Place of a tradable instrument.
fn find(market: &Generator, symbol: &str) -> Result<usize, Refusal> {
    let found = market.find(symbol);
    found
        .filter(|index| market.instrument(*index).info.market.is_tradable())
        .ok_or(Refusal::NoSuchStock)
}

/// A change must name the venue of the order.
fn check_route(original: &Order, venue: OrderVenue, none: &Refusal) -> Result<(), Refusal> {
    if original.venue == venue {
        return Ok(());
    }
    let smart = original.venue == OrderVenue::Sor || venue == OrderVenue::Sor;
    Err(if smart { Refusal::SorMismatch } else { none.clone() })
}

fn book_side(side: Side) -> BookSide {
    match side {
        Side::Buy => BookSide::Bid,
        Side::Sell => BookSide::Ask,
    }
}
