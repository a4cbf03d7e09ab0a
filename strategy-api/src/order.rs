//! Orders: what a strategy may ask for.
//!
//! An [`OrderRequest`] is an intent. The engine checks its form before anybody else sees it
//! ([`OrderRequest::check`]), then its risk gate decides, then the broker.

use crate::record::{InstrumentId, OrderNumber, Side, Venue, open_enum};
use crate::refusal::Refusal;
use crate::units::{Price, Quantity};

/// Short for [`OrderRequest`]: `ctx.submit(Order::limit(..))` reads well.
pub type Order = OrderRequest;

/// The id of an order inside the engine, given by the engine on submit. The broker knows no such id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[repr(transparent)]
pub struct ClientOrderId(pub u64);

open_enum! {
    /// Type of an order. The number is the broker's `trde_tp` (매매구분).
    OrderType {
        /// 보통: a limit order, good for the day.
        LIMIT = 0, "limit";
        /// 시장가.
        MARKET = 3, "market";
        /// 조건부지정가: a limit order that becomes a market order in the closing auction.
        CONDITIONAL_LIMIT = 5, "conditional_limit";
        /// 최유리지정가: limit at the best price of the other side.
        BEST_OPPOSITE = 6, "best_opposite";
        /// 최우선지정가: limit at the best price of the own side.
        BEST_SAME = 7, "best_same";
        /// 보통 IOC.
        LIMIT_IOC = 10, "limit_ioc";
        /// 시장가 IOC.
        MARKET_IOC = 13, "market_ioc";
        /// 최유리 IOC.
        BEST_OPPOSITE_IOC = 16, "best_opposite_ioc";
        /// 보통 FOK.
        LIMIT_FOK = 20, "limit_fok";
        /// 시장가 FOK.
        MARKET_FOK = 23, "market_fok";
        /// 최유리 FOK.
        BEST_OPPOSITE_FOK = 26, "best_opposite_fok";
        /// 스톱지정가: a limit order that enters the book once the stop price trades.
        STOP_LIMIT = 28, "stop_limit";
        /// 중간가: at the middle of the best bid and ask.
        MIDPOINT = 29, "midpoint";
        /// 중간가 IOC.
        MIDPOINT_IOC = 30, "midpoint_ioc";
        /// 중간가 FOK.
        MIDPOINT_FOK = 31, "midpoint_fok";
        /// 장전 시간외종가: before the open, at yesterday's close.
        PRE_OPEN_AT_CLOSE = 61, "pre_open_at_close";
        /// 시간외단일가: off-hours single price.
        OFF_HOURS_SINGLE = 62, "off_hours_single";
        /// 장후 시간외종가: after the close, at today's close.
        AFTER_CLOSE_AT_CLOSE = 81, "after_close_at_close";
    }
}

open_enum! {
    /// How long an order lives.
    TimeInForce {
        /// Until filled, cancelled, or the end of the session.
        DAY = 0, "day";
        /// Immediate or cancel: what cannot fill at once is cancelled.
        IOC = 1, "ioc";
        /// Fill or kill: all of it at once, or nothing.
        FOK = 2, "fok";
    }
}

impl OrderType {
    /// Whether the broker knows it.
    #[inline]
    pub const fn is_known(self) -> bool {
        matches!(
            self.0,
            0 | 3 | 5 | 6 | 7 | 10 | 13 | 16 | 20 | 23 | 26 | 28 | 29 | 30 | 31 | 61 | 62 | 81
        )
    }

    /// Whether it needs a price; the others must come without.
    #[inline]
    pub const fn takes_price(self) -> bool {
        matches!(self.0, 0 | 5 | 10 | 20 | 28 | 62)
    }

    /// Whether it needs a stop price.
    #[inline]
    pub const fn takes_stop_price(self) -> bool {
        self.0 == Self::STOP_LIMIT.0
    }

    /// How long it lives; the broker folds this into the type.
    #[inline]
    pub const fn time_in_force(self) -> TimeInForce {
        match self.0 {
            10 | 13 | 16 | 30 => TimeInForce::IOC,
            20 | 23 | 26 | 31 => TimeInForce::FOK,
            _ => TimeInForce::DAY,
        }
    }

    /// The same type with another life, or `None` where the broker has no such type (there is no
    /// stop order that is fill-or-kill, for example).
    pub const fn with_time_in_force(self, time_in_force: TimeInForce) -> Option<Self> {
        let family = match self.0 {
            0 | 10 | 20 => [Self::LIMIT, Self::LIMIT_IOC, Self::LIMIT_FOK],
            3 | 13 | 23 => [Self::MARKET, Self::MARKET_IOC, Self::MARKET_FOK],
            6 | 16 | 26 => [Self::BEST_OPPOSITE, Self::BEST_OPPOSITE_IOC, Self::BEST_OPPOSITE_FOK],
            29..=31 => [Self::MIDPOINT, Self::MIDPOINT_IOC, Self::MIDPOINT_FOK],
            _ if time_in_force.0 == TimeInForce::DAY.0 => return Some(self),
            _ => return None,
        };
        match time_in_force.0 {
            0 => Some(family[0]),
            1 => Some(family[1]),
            2 => Some(family[2]),
            _ => None,
        }
    }
}

/// A new order, as a strategy wants it.
///
/// ```
/// use strategy_api::{InstrumentId, Order, OrderType, Price, Quantity, Refusal, Side, Venue};
///
/// let samsung = InstrumentId(0);
/// let bid = Order::limit(samsung, Venue::KRX, Side::BUY, Price::new(60_700), Quantity::new(10));
/// assert_eq!(bid.check(), Ok(()));
/// assert_eq!(bid.immediate_or_cancel().order_type, OrderType::LIMIT_IOC);
///
/// let nothing = Order::market(samsung, Venue::KRX, Side::SELL, Quantity::ZERO);
/// assert_eq!(nothing.check(), Err(Refusal::InvalidQuantity));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct OrderRequest {
    /// What to trade.
    pub instrument: InstrumentId,
    /// Where: KRX, NXT, or SOR (the broker routes).
    pub venue: Venue,
    /// Buy or sell.
    pub side: Side,
    /// What kind of order, its life included.
    pub order_type: OrderType,
    /// Zero.
    pub reserved: [u8; 3],
    /// Limit price, KRW; unset for types that take none.
    pub price: Price,
    /// Stop price, KRW; unset except for a stop order.
    pub stop_price: Price,
    /// Shares; above zero.
    pub quantity: Quantity,
}

impl OrderRequest {
    /// An order of any type without prices.
    #[inline]
    pub const fn of_type(
        order_type: OrderType,
        instrument: InstrumentId,
        venue: Venue,
        side: Side,
        quantity: Quantity,
    ) -> Self {
        Self {
            instrument,
            venue,
            side,
            order_type,
            reserved: [0; 3],
            price: Price::UNSET,
            stop_price: Price::UNSET,
            quantity,
        }
    }

    /// A limit order for the day.
    #[inline]
    pub const fn limit(
        instrument: InstrumentId,
        venue: Venue,
        side: Side,
        price: Price,
        quantity: Quantity,
    ) -> Self {
        Self::of_type(OrderType::LIMIT, instrument, venue, side, quantity).at(price)
    }

    /// A market order.
    #[inline]
    pub const fn market(
        instrument: InstrumentId,
        venue: Venue,
        side: Side,
        quantity: Quantity,
    ) -> Self {
        Self::of_type(OrderType::MARKET, instrument, venue, side, quantity)
    }

    /// A limit order that waits until the stop price trades.
    #[inline]
    pub const fn stop_limit(
        instrument: InstrumentId,
        venue: Venue,
        side: Side,
        stop_price: Price,
        price: Price,
        quantity: Quantity,
    ) -> Self {
        let mut order =
            Self::of_type(OrderType::STOP_LIMIT, instrument, venue, side, quantity).at(price);
        order.stop_price = stop_price;
        order
    }

    /// The same order at a price.
    #[inline]
    #[must_use]
    pub const fn at(mut self, price: Price) -> Self {
        self.price = price;
        self
    }

    /// The same order, cancelled as far as it cannot fill at once. A type without such a form
    /// becomes one that [`check`](Self::check) refuses.
    #[inline]
    #[must_use]
    pub const fn immediate_or_cancel(self) -> Self {
        self.with_time_in_force(TimeInForce::IOC)
    }

    /// The same order, all at once or not at all. A type without such a form becomes one that
    /// [`check`](Self::check) refuses.
    #[inline]
    #[must_use]
    pub const fn fill_or_kill(self) -> Self {
        self.with_time_in_force(TimeInForce::FOK)
    }

    const fn with_time_in_force(mut self, time_in_force: TimeInForce) -> Self {
        self.order_type = match self.order_type.with_time_in_force(time_in_force) {
            Some(order_type) => order_type,
            None => OrderType(u8::MAX),
        };
        self
    }

    /// Checks the form of the order: that its parts fit each other. Says nothing about ticks, limits
    /// or risk.
    ///
    /// # Errors
    /// What is wrong first, in the order of the fields.
    pub const fn check(&self) -> Result<(), Refusal> {
        if !self.instrument.is_some() {
            return Err(Refusal::UnknownInstrument);
        }
        if !matches!(self.venue.0, 1..=3) {
            return Err(Refusal::InvalidVenue);
        }
        if !matches!(self.side.0, 1 | 2) {
            return Err(Refusal::InvalidSide);
        }
        if !self.order_type.is_known() {
            return Err(Refusal::InvalidOrderType);
        }
        if self.order_type.takes_price() != is_price(self.price) || is_negative(self.price) {
            return Err(Refusal::InvalidPrice);
        }
        if self.order_type.takes_stop_price() != is_price(self.stop_price)
            || is_negative(self.stop_price)
        {
            return Err(Refusal::InvalidStopPrice);
        }
        if self.quantity.raw() <= 0 {
            return Err(Refusal::InvalidQuantity);
        }
        Ok(())
    }
}

/// A change of price and quantity of a working order. Side and type stay.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct ReplaceRequest {
    /// Which order.
    pub order: ClientOrderId,
    /// New limit price, KRW; above zero.
    pub price: Price,
    /// New stop price, KRW; unset except for a stop order.
    pub stop_price: Price,
    /// Shares that shall be open afterwards; [`Quantity::ZERO`] for everything that is left.
    pub quantity: Quantity,
}

impl ReplaceRequest {
    /// Checks the form.
    ///
    /// # Errors
    /// What is wrong first, in the order of the fields.
    pub const fn check(&self) -> Result<(), Refusal> {
        if !is_price(self.price) {
            return Err(Refusal::InvalidPrice);
        }
        if is_negative(self.stop_price) {
            return Err(Refusal::InvalidStopPrice);
        }
        if self.quantity.raw() < 0 {
            return Err(Refusal::InvalidQuantity);
        }
        Ok(())
    }
}

/// A cancel of a working order, whole or in part.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct CancelRequest {
    /// Which order.
    pub order: ClientOrderId,
    /// Shares to take away; [`Quantity::ZERO`] for everything that is left.
    pub quantity: Quantity,
}

impl CancelRequest {
    /// Checks the form.
    ///
    /// # Errors
    /// [`Refusal::InvalidQuantity`] for a negative or unset quantity.
    pub const fn check(&self) -> Result<(), Refusal> {
        if self.quantity.raw() < 0 { Err(Refusal::InvalidQuantity) } else { Ok(()) }
    }
}

open_enum! {
    /// Where an own order stands.
    OrderStatus {
        NONE = 0, "none";
        /// On its way: journaled, then written.
        SUBMITTING = 1, "submitting";
        /// The broker has it and it can fill.
        WORKING = 2, "working";
        /// Filled in part, the rest can fill.
        PARTIALLY_FILLED = 3, "partially_filled";
        /// Filled whole. The end.
        FILLED = 4, "filled";
        /// Cancelled; what was filled before stays filled. The end.
        CANCELLED = 5, "cancelled";
        /// Refused by the broker. The end.
        REJECTED = 6, "rejected";
        /// Refused by the engine's risk gate. The end.
        DENIED = 7, "denied";
        /// Nobody knows: no answer came, or the line broke after the write. The engine finds out.
        UNKNOWN = 8, "unknown";
        /// Passed the gate in dry-run mode and went no further. The end.
        DRY_RUN = 9, "dry_run";
    }
}

impl OrderStatus {
    /// Whether nothing more can happen to the order.
    pub const fn is_final(self) -> bool {
        matches!(self.0, 4 | 5 | 6 | 7 | 9)
    }
}

/// An own order that can still fill.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct WorkingOrder {
    /// The id that the engine gave on submit.
    pub id: ClientOrderId,
    /// What was asked for; price and quantity as last replaced.
    pub request: OrderRequest,
    /// Shares still open.
    pub leaves: Quantity,
    /// Shares filled so far.
    pub cumulative_filled: Quantity,
    /// The broker's number; empty until it answered.
    pub order_number: OrderNumber,
    /// Where it stands.
    pub status: OrderStatus,
    /// Whether a cancel is on its way: 0 or 1.
    pub pending_cancel: u8,
    /// Whether a replace is on its way: 0 or 1.
    pub pending_replace: u8,
    /// Zero.
    pub reserved: [u8; 5],
}

/// What a strategy holds in one instrument, by its own fills.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Position {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Zero.
    pub reserved: [u8; 2],
    /// Average price paid, KRW; unset without a position.
    pub average_price: Price,
    /// Shares held; negative when short.
    pub quantity: Quantity,
    /// Shares of own buy orders that can still fill.
    pub open_buy: Quantity,
    /// Shares of own sell orders that can still fill.
    pub open_sell: Quantity,
}

impl Position {
    /// No shares and no orders.
    pub const fn flat(instrument: InstrumentId) -> Self {
        Self {
            instrument,
            reserved: [0; 2],
            average_price: Price::UNSET,
            quantity: Quantity::ZERO,
            open_buy: Quantity::ZERO,
            open_sell: Quantity::ZERO,
        }
    }
}

/// Unset and zero both say "no price".
const fn is_price(price: Price) -> bool {
    price.raw() > 0
}

const fn is_negative(price: Price) -> bool {
    price.is_set() && price.raw() < 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMSUNG: InstrumentId = InstrumentId(0);

    fn bid() -> Order {
        Order::limit(SAMSUNG, Venue::KRX, Side::BUY, Price::new(60_700), Quantity::new(1))
    }

    #[test]
    fn every_type_takes_exactly_the_prices_that_the_broker_wants() {
        let stop = [OrderType::STOP_LIMIT];
        let with_price = [0, 5, 10, 20, 28, 62];
        for order_type in OrderType::ALL.iter().copied() {
            let bare =
                Order::of_type(order_type, SAMSUNG, Venue::KRX, Side::SELL, Quantity::new(3));
            let mut full = bare.at(Price::new(100));
            if stop.contains(&order_type) {
                full.stop_price = Price::new(90);
            }
            let wants_price = with_price.contains(&order_type.0);
            assert_eq!(full.check().is_ok(), wants_price, "{order_type} with a price");
            assert_eq!(bare.check().is_ok(), !wants_price, "{order_type} without a price");
        }
        assert_eq!(OrderType::ALL.len(), 18);
        assert!(OrderType::ALL.iter().all(|t| t.is_known()));
        assert_eq!((0..=u8::MAX).filter(|n| OrderType(*n).is_known()).count(), 18);
    }

    #[test]
    fn each_wrong_part_has_its_own_refusal() {
        type Spoil = fn(&mut Order);
        let cases: [(Spoil, Refusal); 9] = [
            (|o| o.instrument = InstrumentId::NONE, Refusal::UnknownInstrument),
            (|o| o.venue = Venue::UNKNOWN, Refusal::InvalidVenue),
            (|o| o.venue = Venue(9), Refusal::InvalidVenue),
            (|o| o.side = Side::NONE, Refusal::InvalidSide),
            (|o| o.order_type = OrderType(1), Refusal::InvalidOrderType),
            (|o| o.price = Price::new(-1), Refusal::InvalidPrice),
            (|o| o.stop_price = Price::new(1), Refusal::InvalidStopPrice),
            (|o| o.quantity = Quantity::UNSET, Refusal::InvalidQuantity),
            (|o| o.quantity = Quantity::new(-5), Refusal::InvalidQuantity),
        ];
        for (spoil, refusal) in cases {
            let mut order = bid();
            spoil(&mut order);
            assert_eq!(order.check(), Err(refusal));
        }
        assert_eq!(bid().check(), Ok(()));
    }

    #[test]
    fn a_life_that_the_type_does_not_have_is_refused() {
        assert_eq!(bid().fill_or_kill().order_type, OrderType::LIMIT_FOK);
        assert_eq!(bid().fill_or_kill().immediate_or_cancel().order_type, OrderType::LIMIT_IOC);
        let stop = Order::stop_limit(
            SAMSUNG,
            Venue::KRX,
            Side::SELL,
            Price::new(100),
            Price::new(99),
            Quantity::new(1),
        );
        assert_eq!(stop.check(), Ok(()));
        assert_eq!(stop.fill_or_kill().check(), Err(Refusal::InvalidOrderType));
        for order_type in OrderType::ALL.iter().copied() {
            let life = order_type.time_in_force();
            assert_eq!(order_type.with_time_in_force(life), Some(order_type));
        }
    }

    #[test]
    fn a_replace_needs_a_price_and_a_cancel_no_negative_quantity() {
        let replace = ReplaceRequest { price: Price::new(5), ..ReplaceRequest::default() };
        assert_eq!(replace.check(), Err(Refusal::InvalidQuantity));
        assert_eq!(ReplaceRequest { quantity: Quantity::ZERO, ..replace }.check(), Ok(()));
        assert_eq!(ReplaceRequest::default().check(), Err(Refusal::InvalidPrice));
        assert_eq!(CancelRequest::default().check(), Err(Refusal::InvalidQuantity));
    }
}
