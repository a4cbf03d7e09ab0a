//! What the gate is told: orders on their way, fills, prices, facts from reconciliation.

use super::book::{Counted, NOWHERE, Pending, Place, Working, Worst};
use super::gate::{Approval, FOREIGN, Gate, ReplaceApproval};
use super::state::{Instrument, InstrumentTerms, NO_SELL, value};
use crate::market::SessionView;
use strategy_api::{
    BestQuote, ClientOrderId, Depth, DurationNanos, InstrumentId, InstrumentInfo, Kind, Notional,
    OrderRequest, OrderType, Price, Quantity, Record, Refusal, ReplaceRequest, Side, Trade,
    UnixNanos, VolatilityInterruption,
};

/// An execution of an own order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fill {
    /// Which order; it need not be working any more.
    pub order: ClientOrderId,
    /// Whose; [`FOREIGN`] when no strategy of this run sent it.
    pub strategy: u16,
    /// What was traded.
    pub instrument: InstrumentId,
    /// Bought or sold.
    pub side: Side,
    /// Shares of this fill.
    pub quantity: Quantity,
    /// Price of this fill, KRW.
    pub price: Price,
}

/// A volatility interruption whose end was missed closes its instrument for this long, not for the day.
const INTERRUPTION_MAX: DurationNanos = DurationNanos::from_secs(300);

/// Orders.
impl Gate {
    /// An approved order is on its way: it counts from here on.
    ///
    /// # Errors
    /// [`Refusal::Internal`] when something was checked since, or the id is known already: the order
    /// must not be sent.
    pub fn sent(
        &mut self,
        id: ClientOrderId,
        approval: Approval,
        now: UnixNanos,
    ) -> Result<(), Refusal> {
        let Approval { strategy, request, worst, counted, serial } = approval;
        if serial != self.serial {
            return Err(Refusal::Internal);
        }
        self.serial += 1;
        let order = Working { worst, ..Working::new(id, strategy, request) };
        let place = self.book.insert(order).ok_or(Refusal::Internal)?;
        self.add(place, counted);
        self.working(strategy, 1);
        self.strategies[usize::from(strategy)].recent.record(&request, now);
        self.message(strategy, now);
        Ok(())
    }

    /// An order that was found working at the broker or in the journal. It counts like any other, and
    /// may bring a total over its limit: then nothing that adds passes until it has come down. The
    /// terms of its instrument come first: without them an order without a price has no worth.
    ///
    /// # Errors
    /// [`Refusal::Full`] when there is no place left, [`Refusal::UnknownInstrument`],
    /// [`Refusal::InvalidArgument`] for an id that is known already or a strategy that does not exist.
    pub fn restored(
        &mut self,
        id: ClientOrderId,
        strategy: u16,
        request: &OrderRequest,
        leaves: Quantity,
    ) -> Result<(), Refusal> {
        let index = request.instrument.index();
        let instrument = *self.instruments.get(index).ok_or(Refusal::UnknownInstrument)?;
        let is_strategy = usize::from(strategy) < self.strategies.len();
        if self.book.find(id).is_some() || !(is_strategy || strategy == FOREIGN) {
            return Err(Refusal::InvalidArgument);
        }
        let leaves = leaves.raw().max(0);
        let worst = worst_of_restored(&instrument, request);
        let order = Working { worst, leaves, ..Working::new(id, strategy, *request) };
        let place = self.book.insert(order).ok_or(Refusal::Full)?;
        let counted = self.counted(&instrument, request.side, leaves, worst);
        self.add(place, counted);
        self.working(strategy, 1);
        Ok(())
    }

    /// A fill. It counts whether or not the order is known. One in an instrument that is not of this run
    /// changes nothing here: its cash comes with the next reconciliation.
    pub fn filled(&mut self, fill: &Fill) {
        let (quantity, price) = (fill.quantity.raw(), fill.price.raw());
        let index = fill.instrument.index();
        if index >= self.instruments.len() || quantity <= 0 || price <= 0 {
            return;
        }
        if let Some(place) = self.book.find(fill.order) {
            self.change(place, |order| {
                order.leaves = (order.leaves - quantity).max(0);
                if let Some(pending) = &mut order.pending {
                    pending.quantity = (pending.quantity - quantity).max(0);
                }
            });
        }
        if self.instruments[index].mark == 0 {
            self.set_mark(index, price);
        }
        let instrument = &mut self.instruments[index];
        let paid = value(price, quantity);
        let costs = self.costs.of(fill.side, instrument.listing, Notional::new(paid));
        let costs = costs.total().raw();
        let (shares, money) = match fill.side {
            Side::BUY => (quantity, paid.saturating_add(costs).saturating_neg()),
            _ => (-quantity, paid.saturating_sub(costs)),
        };
        instrument.held += shares;
        instrument.sellable += shares;
        let worth = value(instrument.mark, shares);
        self.account.held_value += worth;
        self.account.cash_flow = self.account.cash_flow.saturating_add(money);
        if fill.side == Side::BUY || self.config.reuse_proceeds {
            self.cash = self.cash.saturating_add(money);
        }
        if usize::from(fill.strategy) < self.strategies.len() {
            let cell = self.cell(index, fill.strategy);
            self.cells[cell].held += shares;
            let totals = &mut self.strategies[usize::from(fill.strategy)].totals;
            totals.held_value += worth;
            totals.cash_flow = totals.cash_flow.saturating_add(money);
            self.strategies_result = self.strategies_result.saturating_add(worth + money);
        }
    }

    /// The broker has that many shares of the order open: after a cancel of a part, or as a query told.
    pub fn set_open(&mut self, id: ClientOrderId, open: Quantity) {
        if let Some(place) = self.book.find(id) {
            self.change(place, |order| order.leaves = open.raw().max(0));
        }
    }

    /// An order can fill no more: filled, cancelled, rejected, or surely never sent.
    pub fn done(&mut self, id: ClientOrderId) {
        if let Some(place) = self.book.find(id) {
            let strategy = self.book.at(place).strategy;
            self.add(place, Counted::default());
            self.book.remove(place);
            self.working(strategy, -1);
        }
    }

    /// An approved replace is on its way. Until its answer comes the order counts as the worse of what
    /// it was and what it may become.
    ///
    /// # Errors
    /// As [`sent`](Self::sent).
    pub fn replace_sent(
        &mut self,
        approval: ReplaceApproval,
        now: UnixNanos,
    ) -> Result<(), Refusal> {
        let ReplaceApproval { place, id, pending, counted, serial } = approval;
        if serial != self.serial || self.book.find(id) != Some(place) {
            return Err(Refusal::Internal);
        }
        self.serial += 1;
        let order = self.book.at_mut(place);
        let strategy = order.strategy;
        order.pending = Some(match order.pending {
            Some(earlier) => worse(order.request.side, earlier, pending),
            None => pending,
        });
        self.add(place, counted);
        self.message(strategy, now);
        Ok(())
    }

    /// The broker made the replace: the order stands at that price with that many shares open.
    pub fn replaced(&mut self, id: ClientOrderId, replace: &ReplaceRequest, open: Quantity) {
        if let Some(place) = self.book.find(id) {
            let mut request = self.book.at(place).request;
            request.price = replace.price;
            request.stop_price = replace.stop_price;
            let worst = worst_of_restored(&self.instruments[request.instrument.index()], &request);
            self.change(place, |order| {
                order.request = request;
                order.worst = worst;
                order.leaves = open.raw().max(0);
                order.pending = None;
            });
        }
    }

    /// The broker refused the replace: the order stands as it was.
    pub fn replace_failed(&mut self, id: ClientOrderId) {
        if let Some(place) = self.book.find(id) {
            self.change(place, |order| order.pending = None);
        }
    }

    /// A cancel is on its way. The order counts until it is [`done`](Self::done).
    pub fn cancel_sent(&mut self, now: UnixNanos) {
        self.broker.record(now);
    }

    /// What the order counts for with a replace on its way.
    pub(super) fn counted_with(&self, order: &Working, pending: Pending) -> Counted {
        let instrument = &self.instruments[order.instrument()];
        let now = Pending { quantity: order.leaves, worst: order.worst };
        let side = order.request.side;
        let mut all = worse(side, now, pending);
        if let Some(earlier) = order.pending {
            all = worse(side, all, earlier);
        }
        self.counted(instrument, side, all.quantity, all.worst)
    }

    fn change(&mut self, place: Place, change: impl FnOnce(&mut Working)) {
        change(self.book.at_mut(place));
        let order = self.book.at(place);
        let now = Pending { quantity: order.leaves, worst: order.worst };
        let counted = self.counted_with(order, order.pending.unwrap_or(now));
        self.add(place, counted);
    }

    /// Lets an order count for that, instead of what it counted for before.
    fn add(&mut self, place: Place, counted: Counted) {
        let order = self.book.at_mut(place);
        let before = std::mem::replace(&mut order.counted, counted);
        let (index, strategy, side) = (order.instrument(), order.strategy, order.request.side);
        let shares = counted.quantity - before.quantity;
        let worth = counted.value - before.value;
        let instrument = &mut self.instruments[index];
        *(if side == Side::BUY { &mut instrument.open_buy } else { &mut instrument.open_sell }) +=
            shares;
        self.account.open_value += worth;
        self.reserved += counted.cash - before.cash;
        if usize::from(strategy) < self.strategies.len() {
            let cell = self.cell(index, strategy);
            let cell = &mut self.cells[cell];
            *(if side == Side::BUY { &mut cell.open_buy } else { &mut cell.open_sell }) += shares;
            self.strategies[usize::from(strategy)].totals.open_value += worth;
        }
        self.update_crossing(index, side, before, counted);
    }

    /// Keeps the best own prices of an instrument. Only when the best one goes, the others are looked
    /// through.
    fn update_crossing(&mut self, index: usize, side: Side, before: Counted, now: Counted) {
        let Instrument { highest_buy, lowest_sell, .. } = self.instruments[index];
        let best = if side == Side::BUY { highest_buy } else { lowest_sell };
        let reaches = match side {
            Side::BUY => now.crossing >= best,
            _ => now.crossing <= best,
        };
        let best = if now.quantity > 0 && reaches {
            now.crossing
        } else if before.quantity > 0 && before.crossing == best {
            let none = if side == Side::BUY { Price::ZERO } else { NO_SELL };
            self.best_own(index, side).unwrap_or(none)
        } else {
            best
        };
        let instrument = &mut self.instruments[index];
        match side {
            Side::BUY => instrument.highest_buy = best,
            _ => instrument.lowest_sell = best,
        }
    }

    fn best_own(&self, index: usize, side: Side) -> Option<Price> {
        let orders = self.book.of_instrument(index);
        let prices = orders
            .filter(|order| order.request.side == side && order.counted.quantity > 0)
            .map(|order| order.counted.crossing);
        if side == Side::BUY { prices.max() } else { prices.min() }
    }

    fn working(&mut self, strategy: u16, change: i32) {
        self.account.working = self.account.working.saturating_add_signed(change);
        if let Some(strategy) = self.strategies.get_mut(usize::from(strategy)) {
            strategy.totals.working = strategy.totals.working.saturating_add_signed(change);
        }
    }

    fn message(&mut self, strategy: u16, now: UnixNanos) {
        self.strategies[usize::from(strategy)].totals.messages.record(now);
        self.account.messages.record(now);
        self.broker.record(now);
    }
}

/// The market.
impl Gate {
    /// A record of the market ring. Trades, quotes, depth, price limits and volatility interruptions
    /// count; others do not.
    #[inline]
    pub fn on_record(&mut self, words: &[u64], now: UnixNanos) {
        let Some(header) = strategy_api::record::header_of(words) else { return };
        match header.kind {
            Kind::TRADE => {
                if let Some(record) = Trade::from_words(words) {
                    let id = record.header.instrument;
                    self.trade(id, record.price, now);
                    self.quote(id, record.bid, record.ask, now);
                }
            }
            Kind::BEST_QUOTE => {
                if let Some(record) = BestQuote::from_words(words) {
                    self.quote(record.header.instrument, record.bid, record.ask, now);
                }
            }
            Kind::DEPTH => {
                if let Some(record) = Depth::from_words(words) {
                    let (bid, ask) = (record.bid_price[0], record.ask_price[0]);
                    self.quote(record.header.instrument, bid, ask, now);
                }
            }
            Kind::INSTRUMENT_INFO => {
                if let Some(record) = InstrumentInfo::from_words(words) {
                    let (upper, lower) = (record.upper_limit, record.lower_limit);
                    self.set_limits(record.header.instrument, upper, lower);
                }
            }
            Kind::VOLATILITY_INTERRUPTION => {
                if let Some(record) = VolatilityInterruption::from_words(words) {
                    self.set_interrupted(record.header.instrument, record.is_active(), now);
                }
            }
            _ => {}
        }
    }

    /// A trade at that price.
    #[inline]
    pub fn trade(&mut self, id: InstrumentId, price: Price, now: UnixNanos) {
        let piece = self.config.window_piece;
        let Some(instrument) = self.instruments.get_mut(id.index()) else { return };
        if price.raw() <= 0 {
            return;
        }
        instrument.last = price.raw();
        instrument.ts_market = now;
        instrument.window.record(price, now, piece);
        if instrument.mark != price.raw() {
            self.set_mark(id.index(), price.raw());
        }
    }

    /// The best bid and ask; a side that is empty is zero or unset.
    #[inline]
    pub fn quote(&mut self, id: InstrumentId, bid: Price, ask: Price, now: UnixNanos) {
        if let Some(instrument) = self.instruments.get_mut(id.index()) {
            instrument.bid = bid.raw().max(0);
            instrument.ask = ask.raw().max(0);
            instrument.ts_market = now;
        }
    }

    /// A share is worth that now. The first worth of an instrument is no profit.
    fn set_mark(&mut self, index: usize, mark: i32) {
        let instrument = &mut self.instruments[index];
        let before = std::mem::replace(&mut instrument.mark, mark);
        self.account.held_value += value(mark, instrument.held) - value(before, instrument.held);
        let count = self.strategies.len();
        let cells = &self.cells[index * count..(index + 1) * count];
        for (cell, strategy) in cells.iter().zip(&mut self.strategies) {
            if cell.held != 0 {
                let change = value(mark, cell.held) - value(before, cell.held);
                strategy.totals.held_value += change;
                if before == 0 {
                    strategy.totals.cash_flow -= change;
                } else {
                    self.strategies_result = self.strategies_result.saturating_add(change);
                }
            }
        }
    }
}

/// Facts.
impl Gate {
    /// What is known about an instrument. Before this, no order for it passes.
    ///
    /// # Errors
    /// [`Refusal::UnknownInstrument`] for an id beyond the size of the gate,
    /// [`Refusal::InvalidPrice`] without a base price.
    pub fn set_terms(&mut self, id: InstrumentId, terms: &InstrumentTerms) -> Result<(), Refusal> {
        let base = terms.base_price;
        let computed = self.rules.limits(base, terms.kind);
        let instrument = self.instruments.get_mut(id.index()).ok_or(Refusal::UnknownInstrument)?;
        if base.raw() <= 0 {
            return Err(Refusal::InvalidPrice);
        }
        let given = |price: Price, computed: Price| {
            if price.raw() > 0 { price.raw() } else { computed.raw() }
        };
        instrument.known = true;
        instrument.kind = terms.kind;
        instrument.listing = terms.listing;
        instrument.nxt = terms.nxt;
        instrument.base = base.raw();
        instrument.upper = given(terms.upper_limit, computed.upper);
        instrument.lower = given(terms.lower_limit, computed.lower);
        if instrument.mark == 0 {
            self.set_mark(id.index(), base.raw());
        }
        Ok(())
    }

    /// The exchange's limits of the day, as `0g` tells them; values that are unset change nothing.
    pub fn set_limits(&mut self, id: InstrumentId, upper: Price, lower: Price) {
        if let Some(instrument) = self.instruments.get_mut(id.index()) {
            if upper.raw() > 0 {
                instrument.upper = upper.raw();
            }
            if lower.raw() > 0 {
                instrument.lower = lower.raw();
            }
        }
    }

    /// What the venues take now, after each transition of [`Sessions`](crate::market::Sessions).
    pub fn set_sessions(&mut self, view: SessionView) {
        self.sessions = view;
    }

    /// Whether the kill switch is latched. True until somebody says otherwise. Approvals given before
    /// are void.
    pub fn set_killed(&mut self, killed: bool) {
        self.killed = killed;
        self.serial += 1;
    }

    /// Whether market data flow. False until somebody says otherwise.
    pub fn set_feed_fresh(&mut self, fresh: bool) {
        self.feed_fresh = fresh;
    }

    /// Whether the whole market is halted (circuit breaker, refusal 509193).
    pub fn set_market_halted(&mut self, halted: bool) {
        self.market_halted = halted;
    }

    /// Whether an instrument is halted (거래정지).
    pub fn set_halted(&mut self, id: InstrumentId, halted: bool) {
        if let Some(instrument) = self.instruments.get_mut(id.index()) {
            instrument.halted = halted;
        }
    }

    /// Whether a volatility interruption is on in an instrument. It lasts two minutes and up to thirty
    /// seconds more; when its end is missed, it is over after five minutes.
    pub fn set_interrupted(&mut self, id: InstrumentId, interrupted: bool, now: UnixNanos) {
        if let Some(instrument) = self.instruments.get_mut(id.index()) {
            instrument.interrupted_until =
                if interrupted { now + INTERRUPTION_MAX } else { UnixNanos::UNSET };
        }
    }

    /// Whether nothing of the run can trade: the whole market is halted, or every instrument is halted
    /// or in a volatility interruption. No market data are no sign of a dead feed then.
    pub fn is_everything_halted(&self, now: UnixNanos) -> bool {
        let rests = |found: &Instrument| found.halted || found.is_interrupted(now);
        self.market_halted || (!self.instruments.is_empty() && self.instruments.iter().all(rests))
    }

    /// Whether an instrument is on the restricted list ([`RiskConfig::restricted`](super::RiskConfig)).
    pub fn set_restricted(&mut self, id: InstrumentId, restricted: bool) {
        if let Some(instrument) = self.instruments.get_mut(id.index()) {
            instrument.restricted = restricted;
        }
    }

    /// Closes or opens an instrument for one strategy: closed while an order of it is in doubt.
    pub fn set_closed(&mut self, strategy: u16, id: InstrumentId, closed: bool) {
        let cell = self.cell(id.index(), strategy);
        if id.index() < self.instruments.len() && usize::from(strategy) < self.strategies.len() {
            self.cells[cell].closed = closed;
        }
    }

    /// Gives a strategy limits of its own. At the start: messages sent so far are forgotten.
    ///
    /// # Errors
    /// What is out of range, as [`RiskProblem`](super::RiskProblem)s.
    pub fn set_strategy_limits(
        &mut self,
        strategy: u16,
        limits: super::Limits,
    ) -> Result<(), Vec<super::RiskProblem>> {
        let config = super::RiskConfig { strategy: limits, ..Default::default() };
        let problems = config.problems();
        if !problems.is_empty() {
            return Err(problems);
        }
        if let Some(strategy) = self.strategies.get_mut(usize::from(strategy)) {
            let fresh = super::state::Totals::new(limits);
            strategy.totals.limits = limits;
            strategy.totals.messages = fresh.messages;
        }
        Ok(())
    }

    /// Stops a strategy until [`rearm_strategy`](Self::rearm_strategy).
    pub fn stop_strategy(&mut self, strategy: u16) {
        if let Some(strategy) = self.strategies.get_mut(usize::from(strategy)) {
            strategy.stopped = true;
        }
    }

    /// A person lets a stopped strategy trade again; what it repeated is forgotten.
    pub fn rearm_strategy(&mut self, strategy: u16) {
        if let Some(strategy) = self.strategies.get_mut(usize::from(strategy)) {
            strategy.stopped = false;
            strategy.recent.forget();
        }
    }

    /// Cash that could be spent if no own order was working, KRW: the broker's orderable amount plus
    /// [`reserve_of`](Self::reserve_of) each order that the broker had taken off already.
    pub fn set_cash(&mut self, cash: Notional) {
        self.cash = cash.get().unwrap_or(0);
    }

    /// What the account holds of an instrument, and what it could sell if nothing was on offer: the
    /// broker's sellable quantity plus the open sells that it had taken off already.
    pub fn set_holding(&mut self, id: InstrumentId, held: Quantity, sellable: Quantity) {
        if let Some(instrument) = self.instruments.get_mut(id.index()) {
            let held = held.get().unwrap_or(0);
            self.account.held_value += value(instrument.mark, held - instrument.held);
            instrument.held = held;
            instrument.sellable = sellable.get().unwrap_or(0);
        }
    }

    /// What a strategy holds of an instrument, from its own fills of the past. No profit, no loss.
    pub fn set_strategy_holding(&mut self, strategy: u16, id: InstrumentId, held: Quantity) {
        let index = id.index();
        if index >= self.instruments.len() || usize::from(strategy) >= self.strategies.len() {
            return;
        }
        let cell = self.cell(index, strategy);
        let held = held.get().unwrap_or(0);
        let change = held - std::mem::replace(&mut self.cells[cell].held, held);
        let worth = value(self.instruments[index].mark, change);
        let totals = &mut self.strategies[usize::from(strategy)].totals;
        totals.held_value += worth;
        totals.cash_flow -= worth;
    }

    /// The result of the day so far of a strategy, after a restart, KRW.
    pub fn set_day_result(&mut self, strategy: u16, result: Notional) {
        if let Some(strategy) = self.strategies.get_mut(usize::from(strategy)) {
            let change = result.get().unwrap_or(0) - strategy.totals.result();
            strategy.totals.cash_flow += change;
            self.strategies_result += change;
        }
    }
}

/// What can be asked.
impl Gate {
    /// Result of the day of a strategy, realised and open, costs included, KRW.
    pub fn day_result(&self, strategy: u16) -> Notional {
        let strategy = self.strategies.get(usize::from(strategy));
        strategy.map_or(Notional::ZERO, |strategy| Notional::new(strategy.totals.result()))
    }

    /// Result of all strategies together, KRW.
    pub fn account_result(&self) -> Notional {
        Notional::new(self.strategies_result)
    }

    /// Whether the strategies together have lost as much as they may: a trigger of the kill switch.
    #[inline]
    pub fn is_account_loss_reached(&self) -> bool {
        self.account_loss_reached()
    }

    /// Whether a strategy has lost as much as it may.
    pub fn is_strategy_loss_reached(&self, strategy: u16) -> bool {
        let strategy = self.strategies.get(usize::from(strategy));
        strategy.is_some_and(|strategy| strategy.totals.loss_reached())
    }

    /// Whether a strategy is stopped until a person re-arms it.
    pub fn is_stopped(&self, strategy: u16) -> bool {
        self.strategies.get(usize::from(strategy)).is_none_or(|strategy| strategy.stopped)
    }

    /// What a share is worth here: the last trade, else the base price of the day; unset when neither
    /// is known.
    pub fn mark(&self, id: InstrumentId) -> Price {
        let mark = self.instruments.get(id.index()).map_or(0, |instrument| instrument.mark);
        if mark > 0 { Price::new(mark) } else { Price::UNSET }
    }

    /// Own orders that can still fill.
    pub fn working_orders(&self) -> u32 {
        self.book.len()
    }

    /// Cash kept for a working order, KRW; zero for one that is not known.
    pub fn reserve_of(&self, id: ClientOrderId) -> Notional {
        let place = self.book.find(id).unwrap_or(NOWHERE);
        Notional::new(if place == NOWHERE { 0 } else { self.book.at(place).counted.cash })
    }

    /// Cash that is neither spent nor kept for orders, KRW.
    pub fn free_cash(&self) -> Notional {
        Notional::new(self.cash - self.reserved)
    }

    /// Shares that a strategy holds.
    pub fn held(&self, strategy: u16, id: InstrumentId) -> Quantity {
        let cell = self.cells.get(self.cell(id.index(), strategy));
        let known = usize::from(strategy) < self.strategies.len();
        Quantity::new(cell.filter(|_| known).map_or(0, |cell| cell.held))
    }

    /// Worth of what a strategy holds or could come to hold by its working orders, KRW.
    pub fn exposure(&self, strategy: u16) -> Notional {
        let strategy = self.strategies.get(usize::from(strategy));
        Notional::new(strategy.map_or(0, |s| s.totals.held_value + s.totals.open_value))
    }

    /// The same for the account, shares of before included, KRW.
    pub fn account_exposure(&self) -> Notional {
        Notional::new(self.account.held_value + self.account.open_value)
    }
}

/// The worse of two states that an order may be in.
fn worse(side: Side, one: Pending, other: Pending) -> Pending {
    // Prices of what cannot fill do not count.
    if one.quantity == 0 {
        return other;
    }
    if other.quantity == 0 {
        return one;
    }
    let worst = if side == Side::BUY {
        Worst {
            price: one.worst.price.max(other.worst.price),
            crossing: one.worst.crossing.max(other.worst.crossing),
        }
    } else {
        Worst {
            price: one.worst.price.min(other.worst.price),
            crossing: one.worst.crossing.min(other.worst.crossing),
        }
    };
    Pending { quantity: one.quantity.max(other.quantity), worst }
}

/// What an order that was not checked could do at worst: no collar, no question of time.
fn worst_of_restored(instrument: &Instrument, request: &OrderRequest) -> Worst {
    let is_buy = request.side == Side::BUY;
    let priced = request.order_type.takes_price();
    if priced && request.order_type != OrderType::CONDITIONAL_LIMIT {
        return Worst { price: request.price, crossing: request.price };
    }
    let crossing = if is_buy { Price::new(i32::MAX) } else { Price::ZERO };
    let upper = instrument.upper.max(instrument.mark).max(request.price.raw());
    Worst { price: if is_buy { Price::new(upper) } else { Price::new(instrument.mark) }, crossing }
}
