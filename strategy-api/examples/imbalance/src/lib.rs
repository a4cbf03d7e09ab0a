//! A market maker that leans with the order book.
//!
//! The idea: when far more shares are bid for than offered near the top of the book, and recent
//! trades were mostly bought, the price is more likely to rise than to fall. So a quote that would be
//! run over by the likely move is taken away, and one that would profit from it stays.
//!
//! | file | what |
//! |---|---|
//! | `signal.rs` | how much the book and the trades lean: from -1000 (down) to +1000 (up) |
//! | `quoting.rs` | which bid and which ask we want, given lean and position |
//! | this one | keeps our working orders at what we want: submit, replace, cancel |
//!
//! ```toml
//! [[strategy]]
//! name = "imbalance"
//! crate = "../strategy-api/examples/imbalance"
//! types = ["0B", "0D", "1h"]
//! symbols = ["005930", "000660"]
//! params = { order_quantity = 10, max_position = 100 }
//! ```
//!
//! It buys before it sells (no short sales), quotes nothing outside continuous trading, during a
//! volatility interruption or while the feed is not to be trusted, and ends with its orders cancelled.

mod quoting;
mod signal;

use serde::Deserialize;
use strategy_api::{
    ClientOrderId, Context, Depth, DurationNanos, Error, FeedChange, FeedEvent, InstrumentId, Kind,
    Kinds, Order, OrderReport, Outcome, Price, Quantity, Refusal, SessionChange, SessionPhase,
    Side, Strategy, Trade, UnixNanos, Venue, VolatilityInterruption, export_strategy,
};

use quoting::{Limits, Wanted, wanted_quotes};
use signal::Flow;

/// What the user may set. A key that is not here is refused.
#[derive(Deserialize, Clone)]
#[serde(default, deny_unknown_fields)]
struct Params {
    /// Codes to trade; empty for every instrument of the run.
    symbols: Vec<String>,
    /// Where orders go: `KRX`, `NXT` or `SOR`.
    venue: String,
    /// Levels of the book that count, 1 to 10.
    levels: usize,
    /// Lean at which a quote is taken away, 0 to 1000.
    threshold: i64,
    /// Shares in each quote, 1 or more.
    order_quantity: Quantity,
    /// The most shares to hold, at least `order_quantity`.
    max_position: Quantity,
    /// Milliseconds between two messages about one side of an instrument (a cancel does not wait);
    /// keeps us below the broker's limit of messages.
    requote_ms: u64,
    /// Milliseconds after which the weight of a past trade has halved.
    flow_half_life_ms: u64,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            symbols: Vec::new(),
            venue: String::from("KRX"),
            levels: 5,
            threshold: 400,
            order_quantity: Quantity::new(10),
            max_position: Quantity::new(100),
            requote_ms: 500,
            flow_half_life_ms: 2_000,
        }
    }
}

impl Params {
    fn venue(&self) -> Result<Venue, Error> {
        match self.venue.as_str() {
            "KRX" => Ok(Venue::KRX),
            "NXT" => Ok(Venue::NXT),
            "SOR" => Ok(Venue::SOR),
            other => Err(Error::new(format_args!("`venue` is `{other}`, not KRX, NXT or SOR"))),
        }
    }

    fn check(&self) -> Result<(), Error> {
        let rules = [
            ((1..=10).contains(&self.levels), "`levels` must be 1 to 10"),
            ((0..=1000).contains(&self.threshold), "`threshold` must be 0 to 1000"),
            (self.order_quantity > Quantity::ZERO, "`order_quantity` must be 1 or more"),
            (
                self.max_position >= self.order_quantity,
                "`max_position` must be at least `order_quantity`",
            ),
            (self.flow_half_life_ms > 0, "`flow_half_life_ms` must be 1 or more"),
        ];
        match rules.into_iter().find(|(holds, _)| !holds) {
            Some((_, rule)) => Err(Error::new(rule)),
            None => Ok(()),
        }
    }
}

/// An order of ours that can still fill.
#[derive(Clone, Copy)]
struct Quote {
    id: ClientOrderId,
    price: Price,
}

/// One side of an instrument.
#[derive(Clone, Copy, Default)]
struct Place {
    quote: Option<Quote>,
    /// When we last sent or moved a quote here.
    touched: UnixNanos,
}

/// What we know about one instrument.
#[derive(Default)]
struct Market {
    /// Whether we trade it at all.
    chosen: bool,
    /// Whether its trading is interrupted.
    interrupted: bool,
    flow: Flow,
    bid: Place,
    ask: Place,
}

struct Imbalance {
    params: Params,
    venue: Venue,
    /// By instrument id.
    markets: Vec<Market>,
    /// What our venue is doing; unknown where nobody tells (`dry-run`), then the book decides.
    phase: SessionPhase,
    /// Whether the feed can be trusted.
    feed_is_good: bool,
}

/// Name of the timer that lets past trades fade.
const FADE: u64 = 1;

impl Strategy for Imbalance {
    type Params = Params;

    // Every record costs a call; the others cost nothing.
    const KINDS: Kinds = Kinds::of(&[
        Kind::TRADE,
        Kind::DEPTH,
        Kind::VOLATILITY_INTERRUPTION,
        Kind::FEED_EVENT,
        Kind::ORDER_REPORT,
        Kind::SESSION_CHANGE,
    ]);

    fn new(params: Params, ctx: &mut Context<'_>) -> Result<Self, Error> {
        params.check()?;
        let venue = params.venue()?;
        let mut markets = Vec::new();
        markets.resize_with(ctx.instrument_count(), Market::default);
        for symbol in &params.symbols {
            let id = ctx.find_instrument(symbol).ok_or_else(|| {
                Error::new(format_args!("`symbols` names {symbol}, which this run does not have"))
            })?;
            markets[id.index()].chosen = true;
        }
        if params.symbols.is_empty() {
            markets.iter_mut().for_each(|market| market.chosen = true);
        }
        Ok(Self { params, venue, markets, phase: SessionPhase::UNKNOWN, feed_is_good: true })
    }

    fn on_start(&mut self, ctx: &mut Context<'_>) -> Outcome {
        let half_life = DurationNanos::from_millis(self.params.flow_half_life_ms);
        ctx.set_periodic_timer(FADE, half_life)?;
        Ok(())
    }

    fn on_timer(&mut self, _: &mut Context<'_>, _tag: u64, _due: UnixNanos) -> Outcome {
        self.markets.iter_mut().for_each(|market| market.flow.halve());
        Ok(())
    }

    fn on_trade(&mut self, _: &mut Context<'_>, trade: &Trade) -> Outcome {
        if let Some(market) = self.markets.get_mut(trade.header.instrument.index()) {
            market.flow.add(trade.side, trade.quantity);
        }
        Ok(())
    }

    fn on_depth(&mut self, ctx: &mut Context<'_>, depth: &Depth) -> Outcome {
        let id = depth.header.instrument;
        let Some(market) = self.markets.get(id.index()).filter(|market| market.chosen) else {
            return Ok(());
        };
        let wanted = if self.feed_is_good && self.is_matching() && !market.interrupted {
            let lean = signal::lean(depth, self.params.levels, &market.flow);
            let limits = Limits {
                order_quantity: self.params.order_quantity,
                max_position: self.params.max_position,
                threshold: self.params.threshold,
            };
            wanted_quotes(depth, lean, ctx.position(id).quantity, &limits)
        } else {
            Wanted::default()
        };
        self.settle(ctx, id, Side::BUY, wanted.bid);
        self.settle(ctx, id, Side::SELL, wanted.ask);
        Ok(())
    }

    fn on_order(&mut self, _: &mut Context<'_>, report: &OrderReport) -> Outcome {
        if report.status.is_final() {
            self.forget(report.request.instrument, report.order);
        }
        Ok(())
    }

    fn on_session(&mut self, ctx: &mut Context<'_>, change: &SessionChange) -> Outcome {
        // With SOR both venues take part; KRX has the larger one.
        let ours = if self.venue == Venue::SOR { Venue::KRX } else { self.venue };
        if change.header.venue != ours {
            return Ok(());
        }
        self.phase = change.after;
        // Quotes must not slip into an auction. A venue that has closed takes no cancels.
        if change.after.is_open() && !self.is_matching() {
            self.withdraw(ctx);
        }
        Ok(())
    }

    fn on_volatility_interruption(
        &mut self,
        ctx: &mut Context<'_>,
        interruption: &VolatilityInterruption,
    ) -> Outcome {
        let Some(id) = ctx.find_instrument(interruption.symbol.as_str()) else {
            return Ok(());
        };
        let active = interruption.is_active();
        let Some(market) = self.markets.get_mut(id.index()) else {
            return Ok(());
        };
        market.interrupted = active;
        if active {
            self.settle(ctx, id, Side::BUY, None);
            self.settle(ctx, id, Side::SELL, None);
        }
        Ok(())
    }

    fn on_feed(&mut self, ctx: &mut Context<'_>, event: &FeedEvent) -> Outcome {
        match event.change {
            FeedChange::STALE | FeedChange::DISCONNECTED | FeedChange::ENDED => {
                self.feed_is_good = false;
                ctx.warn(format_args!("no quotes: the feed is {}", event.change));
                self.withdraw(ctx);
            }
            FeedChange::SUBSCRIBED | FeedChange::FRESH => self.feed_is_good = true,
            _ => (),
        }
        Ok(())
    }

    fn on_stop(&mut self, ctx: &mut Context<'_>) -> Outcome {
        self.withdraw(ctx);
        Ok(())
    }
}

impl Imbalance {
    /// Whether orders are matched as they come.
    fn is_matching(&self) -> bool {
        self.phase == SessionPhase::UNKNOWN || self.phase.is_continuous()
    }

    /// Brings our order on one side to where we want it. A refusal is no disaster here: the next
    /// depth comes soon, and we try again.
    fn settle(
        &mut self,
        ctx: &mut Context<'_>,
        id: InstrumentId,
        side: Side,
        wanted: Option<Price>,
    ) {
        let now = ctx.now();
        let patience = DurationNanos::from_millis(self.params.requote_ms);
        let quantity = self.params.order_quantity;
        let market = &mut self.markets[id.index()];
        let place = if side == Side::BUY { &mut market.bid } else { &mut market.ask };

        let rested = now - place.touched >= patience;
        let result = match (place.quote, wanted) {
            (None, Some(price)) if rested => {
                let order = Order::limit(id, self.venue, side, price, quantity);
                ctx.submit(order)
                    .map(|id| *place = Place { quote: Some(Quote { id, price }), touched: now })
            }
            (Some(quote), Some(price)) if quote.price != price && rested => {
                // Quantity zero: everything that is left.
                ctx.replace(quote.id, price, Quantity::ZERO).map(|()| {
                    *place = Place { quote: Some(Quote { price, ..quote }), touched: now }
                })
            }
            (Some(quote), None) => ctx.cancel(quote.id).map(|()| place.quote = None),
            _ => Ok(()),
        };
        match result {
            // It is gone already; the report is on its way to us.
            Err(Refusal::UnknownOrder) => place.quote = None,
            Err(refusal) => ctx.debug(format_args!("{side} quote: {refusal}")),
            Ok(()) => (),
        }
    }

    fn forget(&mut self, id: InstrumentId, order: ClientOrderId) {
        if let Some(market) = self.markets.get_mut(id.index()) {
            for place in [&mut market.bid, &mut market.ask] {
                if place.quote.is_some_and(|quote| quote.id == order) {
                    place.quote = None;
                }
            }
        }
    }

    fn withdraw(&mut self, ctx: &mut Context<'_>) {
        if let Err(refusal) = ctx.cancel_all() {
            ctx.error(format_args!("cannot cancel our orders: {refusal}"));
        }
        for market in &mut self.markets {
            market.bid.quote = None;
            market.ask.quote = None;
        }
    }
}

export_strategy!(Imbalance);

#[cfg(test)]
mod tests;
