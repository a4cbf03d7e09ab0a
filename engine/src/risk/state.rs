//! What the gate knows about instruments, strategies and the account.

use super::config::Limits;
use super::window::{PriceWindow, RateWindow};
use crate::market::{InstrumentKind, Listing};
use strategy_api::{DurationNanos, OrderRequest, Price, Quantity, UnixNanos};

/// What has to be known about an instrument before an order for it can pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct InstrumentTerms {
    /// Which price steps it follows.
    pub kind: InstrumentKind,
    /// Which taxes a sell of it pays.
    pub listing: Listing,
    /// Whether it trades at NXT (`nxtEnable` of ka10099).
    pub nxt: bool,
    /// Base price of the day (기준가, usually the previous close), KRW. ka10001, FID 307.
    pub base_price: Price,
    /// Upper limit of the day, KRW; unset to compute it from the base price. ka10001, FID 305.
    pub upper_limit: Price,
    /// Lower limit of the day, KRW; unset to compute it from the base price. ka10001, FID 306.
    pub lower_limit: Price,
}

/// One instrument. Prices are 0 where unknown: a price is never zero.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instrument {
    pub(super) known: bool,
    pub(super) restricted: bool,
    pub(super) halted: bool,
    pub(super) nxt: bool,
    pub(super) kind: InstrumentKind,
    pub(super) listing: Listing,
    pub(super) base: i32,
    pub(super) upper: i32,
    pub(super) lower: i32,
    /// Last trade.
    pub(super) last: i32,
    pub(super) ask: i32,
    pub(super) bid: i32,
    /// What a share is worth here: the last trade, else the base price.
    pub(super) mark: i32,
    /// Until when a volatility interruption is on at the latest; unset without one.
    pub(super) interrupted_until: UnixNanos,
    /// When the last trade or quote came.
    pub(super) ts_market: UnixNanos,
    /// Highest price at which an own buy could meet a sell; 0 without one.
    pub(super) highest_buy: Price,
    /// Lowest price at which an own sell could meet a buy; `i32::MAX` without one.
    pub(super) lowest_sell: Price,
    /// Shares of the account, those of before included.
    pub(super) held: i64,
    /// Shares that the account could sell if nothing was on offer.
    pub(super) sellable: i64,
    pub(super) open_buy: i64,
    pub(super) open_sell: i64,
    pub(super) window: PriceWindow,
}

impl Instrument {
    pub(super) const UNKNOWN: Self = Self {
        known: false,
        restricted: false,
        halted: false,
        nxt: false,
        kind: InstrumentKind::Share,
        listing: Listing::Kospi,
        base: 0,
        upper: 0,
        lower: 0,
        last: 0,
        ask: 0,
        bid: 0,
        mark: 0,
        interrupted_until: UnixNanos::UNSET,
        ts_market: UnixNanos::UNSET,
        highest_buy: Price::ZERO,
        lowest_sell: NO_SELL,
        held: 0,
        sellable: 0,
        open_buy: 0,
        open_sell: 0,
        window: PriceWindow::EMPTY,
    };

    /// Whether a volatility interruption is on.
    #[inline]
    pub(super) fn is_interrupted(&self, now: UnixNanos) -> bool {
        now < self.interrupted_until
    }

    /// The last trade, or the base price before the first; 0 when neither is known.
    #[inline]
    pub(super) fn reference(&self) -> i32 {
        if self.last > 0 { self.last } else { self.base }
    }
}

/// [`Instrument::lowest_sell`] without a sell.
pub(super) const NO_SELL: Price = Price::new(i32::MAX);

/// What a strategy has in an instrument.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cell {
    pub(super) held: i64,
    pub(super) open_buy: i64,
    pub(super) open_sell: i64,
    /// In doubt: no new order until it is known what became of an earlier one.
    pub(super) closed: bool,
}

/// Sums over all instruments.
#[derive(Clone, Debug)]
pub(super) struct Totals {
    pub(super) limits: Limits,
    /// Shares held, at their marks, KRW.
    pub(super) held_value: i64,
    /// Own buys that can still fill, KRW.
    pub(super) open_value: i64,
    /// Money that came in by sells minus what went out by buys and costs, set so that
    /// `held_value + cash_flow` is the result of the day.
    pub(super) cash_flow: i64,
    pub(super) working: u32,
    pub(super) messages: RateWindow,
}

impl Totals {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            held_value: 0,
            open_value: 0,
            cash_flow: 0,
            working: 0,
            messages: RateWindow::new(limits.messages_per_second, DurationNanos::from_secs(1)),
        }
    }

    #[inline]
    pub(super) fn result(&self) -> i64 {
        self.held_value.saturating_add(self.cash_flow)
    }

    #[inline]
    pub(super) fn loss_reached(&self) -> bool {
        self.result().saturating_neg() >= self.limits.daily_loss_max
    }
}

/// A strategy.
#[derive(Clone, Debug)]
pub(super) struct Strategy {
    pub(super) totals: Totals,
    /// Stopped until a person re-arms it.
    pub(super) stopped: bool,
    pub(super) recent: Recent,
}

/// Orders that a strategy sent last, to find repetitions.
const RECENT: usize = 32;

#[derive(Clone, Debug)]
pub(super) struct Recent {
    sent: [(Print, UnixNanos); RECENT],
    next: usize,
}

/// What makes two orders the same.
type Print = (u64, i64, i32);

fn print(request: &OrderRequest) -> Print {
    let parts = u64::from(request.instrument.0) << 48
        | u64::from(request.venue.0) << 40
        | u64::from(request.order_type.0) << 34
        | u64::from(request.side.0 & 3) << 32
        | u64::from(request.price.raw().cast_unsigned());
    (parts, request.quantity.raw(), request.stop_price.raw())
}

impl Recent {
    pub(super) const fn new() -> Self {
        Self { sent: [((0, 0, 0), UnixNanos::UNSET); RECENT], next: 0 }
    }

    pub(super) fn record(&mut self, request: &OrderRequest, now: UnixNanos) {
        self.sent[self.next] = (print(request), now);
        self.next = (self.next + 1) % RECENT;
    }

    /// How often the same order was sent within the window, of the last 32 orders.
    #[inline]
    pub(super) fn count(&self, request: &OrderRequest, since: UnixNanos) -> u32 {
        let wanted = print(request);
        let same = |(print, at): &(Print, UnixNanos)| {
            u32::from(*print == wanted && at.is_set() && *at > since)
        };
        self.sent.iter().map(same).sum()
    }

    pub(super) fn forget(&mut self) {
        *self = Self::new();
    }
}

/// Worth of that many shares, KRW.
#[inline]
pub(super) fn value(price: i32, quantity: i64) -> i64 {
    (Price::new(price) * Quantity::new(quantity)).raw()
}
