//! The gate: one struct, decided by one thread.

use super::book::{Book, Counted, Pending, Worst};
use super::config::{RiskConfig, RiskProblem};
use super::state::{Cell, Instrument, NO_SELL, Recent, Strategy, Totals, value};
use super::window::{PriceWindow, RateWindow};
use crate::market::{DayCosts, SessionView, TickRules};
use strategy_api::{
    ClientOrderId, DurationNanos, Notional, OrderRequest, OrderType, Price, Refusal,
    ReplaceRequest, Side, UnixNanos,
};

/// The strategy number of an order that no strategy of this run sent: a person's, another program's.
pub const FOREIGN: u16 = u16::MAX;

/// The risk gate. See the [module](super) for what it checks and in which order.
///
/// It starts shut: killed, no feed, no session, no instrument, no cash. What opens it are the facts.
#[derive(Clone, Debug)]
pub struct Gate {
    pub(super) rules: TickRules,
    pub(super) costs: DayCosts,
    pub(super) config: Settings,
    pub(super) sessions: SessionView,
    pub(super) killed: bool,
    pub(super) feed_fresh: bool,
    pub(super) market_halted: bool,
    pub(super) instruments: Box<[Instrument]>,
    pub(super) strategies: Box<[Strategy]>,
    /// What each strategy has in each instrument: those of one instrument lie together.
    pub(super) cells: Box<[Cell]>,
    pub(super) account: Totals,
    /// Results of all strategies together, KRW.
    pub(super) strategies_result: i64,
    /// Cash that could be spent if nothing was reserved, KRW.
    pub(super) cash: i64,
    /// Cash kept for buys that can still fill, KRW.
    pub(super) reserved: i64,
    pub(super) broker: RateWindow,
    pub(super) book: Book,
    /// Number of the newest approval.
    pub(super) serial: u64,
}

/// The configuration, in the units of the checks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) order_quantity_max: i64,
    pub(super) order_value_max: i64,
    pub(super) collar_bps: i64,
    pub(super) window_move_bps: u32,
    pub(super) window_piece: DurationNanos,
    pub(super) window_spares_sells: bool,
    pub(super) reference_age_max: u64,
    pub(super) unpriced_in_auctions: bool,
    pub(super) allow_in_interruption: bool,
    pub(super) sell_unowned: bool,
    pub(super) reuse_proceeds: bool,
    pub(super) repeat_orders_max: u32,
    pub(super) repeat_window: u64,
    pub(super) cancel_reserve: u32,
}

/// How large a gate is: all of it is taken at the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GateSizes {
    /// Instruments of the run; ids are below this.
    pub instruments: usize,
    /// Strategies of the run; numbers are below this.
    pub strategies: usize,
}

/// Places in the book beyond the working orders that are allowed: for orders that were found at the
/// broker. When it is full, new orders are denied and [`Gate::restored`] says so.
const PLACES_EXTRA: usize = 1_024;

/// An order that passed. It counts when it is handed to [`Gate::sent`]; an approval that is dropped
/// leaves no trace. A later check makes it void.
#[derive(Debug)]
#[must_use = "an approved order counts only once it is handed to `Gate::sent`"]
pub struct Approval {
    pub(super) strategy: u16,
    pub(super) request: OrderRequest,
    pub(super) worst: Worst,
    pub(super) counted: Counted,
    pub(super) serial: u64,
}

/// A replace that passed; see [`Approval`].
#[derive(Debug)]
#[must_use = "an approved replace counts only once it is handed to `Gate::replace_sent`"]
pub struct ReplaceApproval {
    pub(super) place: u32,
    pub(super) id: ClientOrderId,
    pub(super) pending: Pending,
    pub(super) counted: Counted,
    pub(super) serial: u64,
}

impl Gate {
    /// A gate that is shut.
    ///
    /// # Errors
    /// Every value of the configuration that is out of range.
    pub fn new(
        config: &RiskConfig,
        rules: TickRules,
        costs: DayCosts,
        sizes: GateSizes,
    ) -> Result<Self, Vec<RiskProblem>> {
        let problems = config.problems();
        if !problems.is_empty() {
            return Err(problems);
        }
        let strategy = Strategy {
            totals: Totals::new(config.strategy),
            stopped: false,
            recent: Recent::new(),
        };
        let places = config.account.working_orders_max as usize + PLACES_EXTRA;
        Ok(Self {
            rules,
            costs,
            config: Settings::of(config),
            sessions: SessionView::default(),
            killed: true,
            feed_fresh: false,
            market_halted: false,
            instruments: vec![Instrument::UNKNOWN; sizes.instruments].into(),
            strategies: vec![strategy; sizes.strategies].into(),
            cells: vec![Cell::default(); sizes.instruments * sizes.strategies].into(),
            account: Totals::new(config.account),
            strategies_result: 0,
            cash: 0,
            reserved: 0,
            broker: RateWindow::new(config.broker_orders_per_second, DurationNanos::from_secs(1)),
            book: Book::new(places, sizes.instruments),
            serial: 0,
        })
    }

    /// Whether a new order may leave.
    ///
    /// # Errors
    /// The first reason against it, in the order of the [module's table](super).
    pub fn check(
        &mut self,
        strategy: u16,
        request: &OrderRequest,
        now: UnixNanos,
    ) -> Result<Approval, Refusal> {
        self.serial += 1;
        request.check()?;
        let OrderRequest { side, order_type, quantity, .. } = *request;
        let (instrument, who) = self.may_trade(strategy, request.instrument.index(), now)?;
        self.sessions.permits(request.venue, order_type, instrument.kind, instrument.nxt)?;
        if order_type.takes_price() {
            self.check_price(instrument, request.price)?;
        }
        if order_type.takes_stop_price() {
            self.check_price(instrument, request.stop_price)?;
        }
        let continuous = self.sessions.is_continuous(request.venue);
        let worst = self.worst(instrument, request, continuous, now)?;
        self.check_window(instrument, side, now)?;
        let counted = self.counted(instrument, side, quantity.raw(), worst);
        self.check_size(quantity.raw(), worst.price)?;
        check_self_trade(instrument, side, worst.crossing)?;
        let cell = &self.cells[self.cell(request.instrument.index(), strategy)];
        self.check_effect(instrument, cell, who, side, counted, worst.price)?;
        if who.totals.working >= who.totals.limits.working_orders_max {
            return Err(Refusal::WorkingOrders);
        }
        if self.account.working >= self.account.limits.working_orders_max || self.book.is_full() {
            return Err(Refusal::AccountWorkingOrders);
        }
        let since = UnixNanos::new(now.raw().saturating_sub(self.config.repeat_window));
        if who.recent.count(request, since) >= self.config.repeat_orders_max {
            self.strategies[usize::from(strategy)].stopped = true;
            return Err(Refusal::Repeated);
        }
        self.check_rates(who, now)?;
        Ok(Approval { strategy, request: *request, worst, counted, serial: self.serial })
    }

    /// Whether a replace may leave. It is checked like the difference that it makes: what it does not
    /// add is not counted again.
    ///
    /// # Errors
    /// [`Refusal::UnknownOrder`] for an order that is not working or another strategy's,
    /// [`Refusal::Unsupported`] for one without a price, or the first reason against the difference.
    pub fn check_replace(
        &mut self,
        strategy: u16,
        replace: &ReplaceRequest,
        now: UnixNanos,
    ) -> Result<ReplaceApproval, Refusal> {
        self.serial += 1;
        replace.check()?;
        let place = self.book.find(replace.order).ok_or(Refusal::UnknownOrder)?;
        let order = self.book.at(place);
        // One that has filled stays in the book until its end is told; nothing of it can be replaced.
        if order.strategy != strategy || order.leaves == 0 {
            return Err(Refusal::UnknownOrder);
        }
        if !order.request.order_type.takes_price() {
            return Err(Refusal::Unsupported);
        }
        let takes_stop = order.request.order_type.takes_stop_price();
        if takes_stop != (replace.stop_price.raw() > 0) {
            return Err(Refusal::InvalidStopPrice);
        }
        let mut request = order.request;
        request.price = replace.price;
        request.stop_price = replace.stop_price;
        let quantity = match replace.quantity.raw() {
            0 => order.leaves,
            quantity => quantity,
        };
        let (instrument, who) = self.may_trade(strategy, request.instrument.index(), now)?;
        let (kind, nxt) = (instrument.kind, instrument.nxt);
        self.sessions.permits(request.venue, request.order_type, kind, nxt)?;
        self.check_price(instrument, request.price)?;
        if takes_stop {
            self.check_price(instrument, request.stop_price)?;
        }
        let continuous = self.sessions.is_continuous(request.venue);
        let worst = self.worst(instrument, &request, continuous, now)?;
        self.check_window(instrument, request.side, now)?;
        self.check_size(quantity, worst.price)?;
        check_self_trade(instrument, request.side, worst.crossing)?;
        let before = order.counted;
        let counted = self.counted_with(order, Pending { quantity, worst });
        let difference = Counted {
            quantity: counted.quantity - before.quantity,
            value: counted.value - before.value,
            cash: counted.cash - before.cash,
            crossing: counted.crossing,
        };
        let cell = &self.cells[self.cell(request.instrument.index(), strategy)];
        self.check_effect(instrument, cell, who, request.side, difference, worst.price)?;
        self.check_rates(who, now)?;
        let pending = Pending { quantity, worst };
        let (id, serial) = (replace.order, self.serial);
        Ok(ReplaceApproval { place, id, pending, counted, serial })
    }

    /// Whether a cancel may leave now. Only the broker's own limit holds one back, and a part of that
    /// is kept for cancels: whoever is told [`Refusal::BrokerRate`] keeps it and asks again.
    ///
    /// # Errors
    /// [`Refusal::BrokerRate`].
    #[inline]
    pub fn check_cancel(&self, now: UnixNanos) -> Result<(), Refusal> {
        if self.broker.allows(now, 0) { Ok(()) } else { Err(Refusal::BrokerRate) }
    }

    /// When the broker's limit lets the next cancel leave; in the past or zero for at once.
    pub fn cancel_allowed_at(&self) -> UnixNanos {
        UnixNanos::new(self.broker.allowed_at(0))
    }

    /// When the broker's limit lets the next order or replace leave.
    pub fn order_allowed_at(&self) -> UnixNanos {
        UnixNanos::new(self.broker.allowed_at(self.config.cancel_reserve))
    }

    fn may_trade(
        &self,
        strategy: u16,
        instrument: usize,
        now: UnixNanos,
    ) -> Result<(&Instrument, &Strategy), Refusal> {
        if self.killed {
            return Err(Refusal::Killed);
        }
        let who = self.strategies.get(usize::from(strategy)).ok_or(Refusal::NotAllowed)?;
        if who.stopped {
            return Err(Refusal::StrategyStopped);
        }
        if !self.feed_fresh {
            return Err(Refusal::FeedStale);
        }
        let found = self.instruments.get(instrument).filter(|instrument| instrument.known);
        let found = found.ok_or(Refusal::UnknownInstrument)?;
        if self.cells[self.cell(instrument, strategy)].closed {
            return Err(Refusal::InstrumentClosed);
        }
        if found.restricted {
            return Err(Refusal::Restricted);
        }
        if found.halted || self.market_halted {
            return Err(Refusal::Halted);
        }
        if found.is_interrupted(now) && !self.config.allow_in_interruption {
            return Err(Refusal::Interrupted);
        }
        Ok((found, who))
    }

    #[inline]
    fn check_price(&self, instrument: &Instrument, price: Price) -> Result<(), Refusal> {
        if !self.rules.is_on_tick(price, instrument.kind) {
            return Err(Refusal::OffTick);
        }
        if price.raw() > instrument.upper || price.raw() < instrument.lower {
            return Err(Refusal::OutsideLimits);
        }
        Ok(())
    }

    /// What the order could do at worst, after the collar.
    #[inline]
    fn worst(
        &self,
        instrument: &Instrument,
        request: &OrderRequest,
        continuous: bool,
        now: UnixNanos,
    ) -> Result<Worst, Refusal> {
        let reference = instrument.reference();
        if reference <= 0 {
            return Err(Refusal::ReferenceMissing);
        }
        if continuous {
            if !instrument.ts_market.is_set() {
                return Err(Refusal::ReferenceMissing);
            }
            if (now - instrument.ts_market).raw() > self.config.reference_age_max {
                return Err(Refusal::ReferenceOld);
            }
        }
        let is_buy = request.side == Side::BUY;
        let anywhere = if is_buy { Price::new(i32::MAX) } else { Price::ZERO };
        if request.order_type.takes_price() {
            // A stop order is compared with the price that sets it off.
            let stop = request.order_type.takes_stop_price();
            let compared = if stop { request.stop_price.raw() } else { reference };
            self.check_collar(is_buy, request.price.raw(), compared)?;
            if request.order_type != OrderType::CONDITIONAL_LIMIT {
                return Ok(Worst { price: request.price, crossing: request.price });
            }
            // It becomes a market order in the closing auction.
            let price = if is_buy { Price::new(instrument.upper) } else { request.price };
            return Ok(Worst { price, crossing: anywhere });
        }
        match request.order_type {
            // At a price that is known: yesterday's close, today's close.
            OrderType::PRE_OPEN_AT_CLOSE | OrderType::AFTER_CLOSE_AT_CLOSE => {
                return Ok(Worst { price: Price::new(reference), crossing: anywhere });
            }
            _ if continuous => {
                let quote = if is_buy { instrument.ask } else { instrument.bid };
                if quote <= 0 {
                    return Err(Refusal::ReferenceMissing);
                }
                self.check_collar(is_buy, quote, reference)?;
            }
            _ if !self.config.unpriced_in_auctions => return Err(Refusal::Collar),
            _ => {}
        }
        let price = if is_buy { instrument.upper } else { reference };
        Ok(Worst { price: Price::new(price), crossing: anywhere })
    }

    /// Only the side that would fill is bounded: a buy far below the market harms nobody.
    #[inline]
    fn check_collar(&self, is_buy: bool, price: i32, reference: i32) -> Result<(), Refusal> {
        let reference = i64::from(reference);
        let beyond =
            if is_buy { i64::from(price) - reference } else { reference - i64::from(price) };
        if beyond * 10_000 > reference * self.config.collar_bps {
            return Err(Refusal::Collar);
        }
        Ok(())
    }

    #[inline]
    fn check_window(
        &self,
        instrument: &Instrument,
        side: Side,
        now: UnixNanos,
    ) -> Result<(), Refusal> {
        let Settings { window_spares_sells, window_move_bps, window_piece, .. } = self.config;
        if side == Side::SELL && window_spares_sells {
            return Ok(());
        }
        if instrument.window.moved_more_than(window_move_bps, now, window_piece) {
            return Err(Refusal::FastMarket);
        }
        Ok(())
    }

    #[inline]
    fn check_size(&self, quantity: i64, price: Price) -> Result<(), Refusal> {
        if quantity > self.config.order_quantity_max {
            return Err(Refusal::OrderQuantity);
        }
        if value(price.raw(), quantity) > self.config.order_value_max {
            return Err(Refusal::OrderValue);
        }
        Ok(())
    }

    /// What the order adds, against what is held, on offer and in cash. A sell only ever reduces: it
    /// needs shares, and no exposure limit holds it back.
    #[inline]
    fn check_effect(
        &self,
        instrument: &Instrument,
        cell: &Cell,
        who: &Strategy,
        side: Side,
        adds: Counted,
        price: Price,
    ) -> Result<(), Refusal> {
        if side == Side::SELL {
            if adds.quantity > 0 {
                if !self.config.sell_unowned && adds.quantity > cell.held - cell.open_sell {
                    return Err(Refusal::NotHeld);
                }
                if adds.quantity > instrument.sellable - instrument.open_sell {
                    return Err(Refusal::NotSellable);
                }
            }
            return Ok(());
        }
        if adds.quantity > 0 || adds.value > 0 {
            let dearest = price.raw().max(instrument.mark);
            let (strategy, account) = (&who.totals, &self.account);
            let own = cell.held.max(0) + cell.open_buy + adds.quantity;
            if own > strategy.limits.position_quantity_max
                || value(dearest, own) > strategy.limits.position_value_max
            {
                return Err(Refusal::StrategyPosition);
            }
            let all = instrument.held.max(0) + instrument.open_buy + adds.quantity;
            if all > account.limits.position_quantity_max
                || value(dearest, all) > account.limits.position_value_max
            {
                return Err(Refusal::AccountPosition);
            }
            if strategy.held_value + strategy.open_value + adds.value > strategy.limits.exposure_max
            {
                return Err(Refusal::StrategyExposure);
            }
            if account.held_value + account.open_value + adds.value > account.limits.exposure_max {
                return Err(Refusal::AccountExposure);
            }
            if strategy.loss_reached() {
                return Err(Refusal::StrategyLoss);
            }
            if self.account_loss_reached() {
                return Err(Refusal::AccountLoss);
            }
        }
        if adds.cash > 0 && self.reserved + adds.cash > self.cash {
            return Err(Refusal::Cash);
        }
        Ok(())
    }

    #[inline]
    fn check_rates(&self, who: &Strategy, now: UnixNanos) -> Result<(), Refusal> {
        if !who.totals.messages.allows(now, 0) || !self.account.messages.allows(now, 0) {
            return Err(Refusal::MessageRate);
        }
        if !self.broker.allows(now, self.config.cancel_reserve) {
            return Err(Refusal::BrokerRate);
        }
        Ok(())
    }

    /// What an order of that size counts for.
    #[inline]
    pub(super) fn counted(
        &self,
        instrument: &Instrument,
        side: Side,
        quantity: i64,
        worst: Worst,
    ) -> Counted {
        let Worst { price, crossing } = worst;
        if side != Side::BUY {
            return Counted { quantity, value: 0, cash: 0, crossing };
        }
        let paid = value(price.raw(), quantity);
        let costs = self.costs.of(side, instrument.listing, Notional::new(paid)).total().raw();
        Counted {
            quantity,
            value: value(price.raw().max(instrument.mark), quantity),
            cash: paid.saturating_add(costs),
            crossing,
        }
    }

    #[inline]
    pub(super) fn cell(&self, instrument: usize, strategy: u16) -> usize {
        instrument * self.strategies.len() + usize::from(strategy)
    }

    #[inline]
    pub(super) fn account_loss_reached(&self) -> bool {
        self.strategies_result.saturating_neg() >= self.account.limits.daily_loss_max
    }
}

/// Own orders of both sides never stand where they could meet, whoever sent them and at whichever
/// venue: SOR may bring them together.
#[inline]
fn check_self_trade(instrument: &Instrument, side: Side, crossing: Price) -> Result<(), Refusal> {
    let meets = match side {
        Side::BUY => instrument.lowest_sell != NO_SELL && crossing >= instrument.lowest_sell,
        _ => instrument.highest_buy != Price::ZERO && crossing <= instrument.highest_buy,
    };
    if meets { Err(Refusal::SelfTrade) } else { Ok(()) }
}

impl Settings {
    fn of(config: &RiskConfig) -> Self {
        Self {
            order_quantity_max: config.order_quantity_max,
            order_value_max: config.order_value_max,
            collar_bps: config.collar_bps.into(),
            window_move_bps: config.window_move_bps,
            window_piece: PriceWindow::piece(config.window_seconds),
            window_spares_sells: config.window_spares_sells,
            reference_age_max: config.reference_age_max_ms * 1_000_000,
            unpriced_in_auctions: config.unpriced_in_auctions,
            allow_in_interruption: config.allow_in_interruption,
            sell_unowned: config.sell_unowned,
            reuse_proceeds: config.reuse_proceeds,
            repeat_orders_max: config.repeat_orders_max,
            repeat_window: config.repeat_window_ms * 1_000_000,
            cancel_reserve: config.broker_cancel_reserve,
        }
    }
}
