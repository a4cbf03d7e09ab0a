//! What the strategies do: submit, replace, cancel, cancel all, at random.

use crate::rig::{CODES, Rig, STRATEGIES};
use engine::gateway::CommandKind;
use strategy_api::{
    CancelRequest, InstrumentId, OrderRequest, OrderType, Price, Quantity, ReplaceRequest, Side,
    Venue, WorkingOrder,
};

/// One strategy does one thing.
pub(crate) fn act(rig: &mut Rig) {
    let strategy = rig.rng.below(STRATEGIES.into()) as u16;
    let mut working = vec![WorkingOrder::default(); 64];
    let count = rig.desk.machine().working_orders(strategy, &mut working).min(working.len());
    working.truncate(count);
    let choice = rig.rng.below(100);
    if choice < 50 || working.is_empty() {
        return submit(rig, strategy);
    }
    let order = working[rig.rng.below(count as u64) as usize];
    let index = order.request.instrument.index();
    match choice {
        50..75 => {
            let Some(price) = price(rig, index, order.request.side) else { return };
            let quantity = if rig.rng.below(2) == 0 {
                0
            } else {
                1 + rig.rng.below(order.leaves.raw() as u64)
            };
            rig.command(
                strategy,
                CommandKind::Replace(ReplaceRequest {
                    order: order.id,
                    price,
                    stop_price: Price::UNSET,
                    quantity: Quantity::new(quantity as i64),
                }),
            );
        }
        75..98 => {
            let part = rig.rng.below(3) == 0 && order.leaves.raw() > 1;
            let quantity = if part { 1 + rig.rng.below(order.leaves.raw() as u64 - 1) } else { 0 };
            let quantity = Quantity::new(quantity as i64);
            rig.command(strategy, CommandKind::Cancel(CancelRequest { order: order.id, quantity }));
        }
        _ => rig.command(strategy, CommandKind::CancelAll),
    }
}

fn submit(rig: &mut Rig, strategy: u16) {
    let index = rig.rng.below(CODES.len() as u64) as usize;
    let instrument = InstrumentId(index as u16);
    let held = rig.desk.machine().position(strategy, instrument);
    let free = held.quantity.raw() - held.open_sell.raw();
    let sell = free > 0 && rig.rng.below(2) == 0;
    let side = if sell { Side::SELL } else { Side::BUY };
    // No two strategies ask for the same quantity: whose a lost order is can be told.
    let quantity = 3 * rig.rng.below(12) as i64 + i64::from(strategy) + 1;
    let quantity = Quantity::new(quantity);
    let Some(price) = price(rig, index, side) else { return };
    let order_type = match rig.rng.below(10) {
        0 => OrderType::LIMIT_IOC,
        1 => OrderType::MARKET,
        2 => OrderType::LIMIT_FOK,
        _ => OrderType::LIMIT,
    };
    let mut request = OrderRequest::limit(instrument, Venue::KRX, side, price, quantity);
    request.order_type = order_type;
    if !order_type.takes_price() {
        request.price = Price::UNSET;
    }
    rig.submit(strategy, request);
}

/// A price near the market, on a step.
fn price(rig: &mut Rig, index: usize, side: Side) -> Option<Price> {
    let (last, bid, ask) = rig.exchange.quote(CODES[index])?;
    let step = match last {
        ..50_000 => 50,
        50_000..200_000 => 100,
        _ => 500,
    };
    let near = if side == Side::BUY { ask.max(bid) } else { bid };
    if near <= 0 {
        return None;
    }
    let away = rig.rng.below(8) as i64 * step;
    let price = if side == Side::BUY { near - away } else { near + away };
    Some(Price::new((price / step * step) as i32))
}
