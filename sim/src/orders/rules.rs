//! Which order may be sent when and where, and at which price.

use super::refusal::Refusal;
use super::types::{NewOrder, OrderType, OrderVenue, PriceNeed};
use crate::clock::{self, Phase, Venue};
use crate::exchange::book::Side as BookSide;
use crate::exchange::clients::{Route, Style};
use crate::exchange::instrument::Instrument;

/// The route of an order.
pub(crate) fn route(venue: OrderVenue) -> Route {
    match venue {
        OrderVenue::Krx => Route::Krx,
        OrderVenue::Nxt => Route::Nxt,
        OrderVenue::Sor => Route::Smart,
    }
}

/// Checks type, venue and hour.
pub(crate) fn check_hour(
    instrument: &Instrument,
    order_type: OrderType,
    venue: OrderVenue,
    now: u64,
) -> Result<(), Refusal> {
    use OrderType::*;
    let krx_only = matches!(order_type, Conditional | ClosingBefore | ClosingAfter | SinglePrice);
    if krx_only && venue == OrderVenue::Nxt {
        return Err(Refusal::WrongType);
    }
    match order_type {
        ClosingBefore => return within(clock::CLOSING_BEFORE, now),
        ClosingAfter => return within(clock::CLOSE..clock::CLOSING_AFTER.end, now),
        // 시간외단일가 ended when the after-market began on 2026-09-14.
        SinglePrice => return Err(Refusal::NotAtThisHour),
        _ => {}
    }
    let places = route(venue).venues().iter().filter(|venue| instrument.trades_on(**venue));
    let phases: Vec<_> = places.map(|at| (*at, instrument.phase(*at, now))).collect();
    let mut open =
        phases.iter().filter(|(_, phase)| matches!(phase, Phase::Auction | Phase::Continuous));
    if open.clone().next().is_none() {
        return Err(closed(venue, now));
    }
    match open.any(|(at, phase)| is_allowed(order_type, *at, *phase, now)) {
        true => Ok(()),
        false => Err(Refusal::NotAtThisHour),
    }
}

fn within(session: std::ops::Range<u64>, now: u64) -> Result<(), Refusal> {
    if session.contains(&now) { Ok(()) } else { Err(Refusal::NotAtThisHour) }
}

fn closed(venue: OrderVenue, now: u64) -> Refusal {
    let later = match venue {
        OrderVenue::Krx => now < clock::KRX_FIRST,
        OrderVenue::Nxt | OrderVenue::Sor => now < clock::NXT_MAIN,
    };
    if later { Refusal::NotOpenYet } else { Refusal::Closed }
}

/// Whether an open venue takes this type in this phase.
fn is_allowed(order_type: OrderType, venue: Venue, phase: Phase, now: u64) -> bool {
    use OrderType::*;
    let regular = (clock::OPEN..clock::LAST_CONTINUOUS).contains(&now);
    match (venue, phase) {
        (Venue::Krx, Phase::Continuous) if regular => true,
        // The after-market takes limit orders only.
        (Venue::Krx, Phase::Continuous) => order_type == Limit,
        // In the closing auction a conditional order would be a market order at once.
        (Venue::Krx, _) => match order_type {
            Limit | Market => true,
            Conditional => now < clock::LAST_CONTINUOUS,
            _ => false,
        },
        (Venue::Nxt, Phase::Continuous) if regular => order_type != Conditional,
        (Venue::Nxt, Phase::Continuous) => matches!(
            order_type,
            Limit
                | BestOpposite
                | BestSame
                | LimitIoc
                | BestOppositeIoc
                | LimitFok
                | BestOppositeFok
        ),
        (Venue::Nxt, _) => match regular {
            true => matches!(order_type, Limit | Market),
            false => order_type == Limit,
        },
    }
}

/// Checks that `ord_uv` and `cond_uv` hold what the type wants.
pub(crate) fn check_prices(instrument: &Instrument, order: &NewOrder) -> Result<(), Refusal> {
    let price = order.price.filter(|price| *price != 0);
    match order.order_type.price_need() {
        PriceNeed::Nothing => match order.order_type {
            OrderType::ClosingBefore | OrderType::ClosingAfter if price.is_some() => {
                Err(Refusal::TakesNoPrice)
            }
            _ if price.is_some() => Err(Refusal::WrongPrice),
            _ => Ok(()),
        },
        PriceNeed::Price => check_price(instrument, price),
        PriceNeed::PriceAndTrigger => {
            check_price(instrument, price)?;
            check_price(instrument, order.trigger.filter(|price| *price != 0))
        }
    }
}

/// Checks one price: there, on the tick grid, within the day's limits.
pub(crate) fn check_price(instrument: &Instrument, price: Option<i64>) -> Result<(), Refusal> {
    let price = price.filter(|price| *price > 0).ok_or(Refusal::WrongPrice)?;
    if !instrument.is_on_tick(price) {
        return Err(Refusal::OffTick);
    }
    if price < instrument.lower || price > instrument.upper {
        return Err(Refusal::OutsideLimits);
    }
    Ok(())
}

/// How the exchange is to trade the order, and the price that it shows: 0 for none. The best-price
/// types take their price from the book of this moment.
pub(crate) fn style(
    instrument: &Instrument,
    order: &NewOrder,
    side: BookSide,
    now: u64,
) -> Result<(Style, i64), Refusal> {
    use OrderType::*;
    let price = order.price.unwrap_or(0);
    let best = |side| {
        let found = instrument.best_of(route(order.venue), side, now);
        found.map(|(_, price)| price).ok_or(Refusal::WrongPrice)
    };
    let now_up_to = |limit, all| Style::Now { limit, all };
    Ok(match order.order_type {
        Limit => (Style::Limit(price), price),
        Conditional => (Style::Conditional(price), price),
        Market => (Style::Market, 0),
        BestOpposite => best(side.opposite()).map(|price| (Style::Limit(price), price))?,
        BestSame => best(side).map(|price| (Style::Limit(price), price))?,
        LimitIoc => (now_up_to(Some(price), false), price),
        LimitFok => (now_up_to(Some(price), true), price),
        MarketIoc => (now_up_to(None, false), 0),
        MarketFok => (now_up_to(None, true), 0),
        BestOppositeIoc => {
            best(side.opposite()).map(|price| (now_up_to(Some(price), false), price))?
        }
        BestOppositeFok => {
            best(side.opposite()).map(|price| (now_up_to(Some(price), true), price))?
        }
        StopLimit => (Style::Stop { limit: price, trigger: order.trigger.unwrap_or(price) }, price),
        Middle => (Style::Middle, 0),
        MiddleIoc => (Style::MiddleNow { all: false }, 0),
        MiddleFok => (Style::MiddleNow { all: true }, 0),
        ClosingBefore => (Style::Closing { before: true }, 0),
        ClosingAfter => (Style::Closing { before: false }, 0),
        SinglePrice => return Err(Refusal::NotAtThisHour),
    })
}
