//! Runs a strategy in a unit test, without an engine.
//!
//! ```
//! use strategy_api::testing::TestHost;
//! use strategy_api::{
//!     Context, Error, InstrumentId, NoParams, Order, Outcome, Price, Quantity, Record, Side,
//!     Strategy, Trade, Venue,
//! };
//!
//! struct BuyTheDip;
//!
//! impl Strategy for BuyTheDip {
//!     type Params = NoParams;
//!     fn new(_: NoParams, _: &mut Context<'_>) -> Result<Self, Error> {
//!         Ok(Self)
//!     }
//!     fn on_trade(&mut self, ctx: &mut Context<'_>, trade: &Trade) -> Outcome {
//!         if trade.price < Price::new(60_000) {
//!             let (at, one) = (trade.header.instrument, Quantity::new(1));
//!             ctx.submit(Order::limit(at, Venue::KRX, Side::BUY, trade.price, one))?;
//!         }
//!         Ok(())
//!     }
//! }
//!
//! let mut host = TestHost::new();
//! let samsung = host.add_instrument("005930", "삼성전자");
//! let mut strategy: BuyTheDip = host.create("").unwrap();
//!
//! let mut trade = Trade::unset();
//! trade.header.instrument = samsung;
//! trade.price = Price::new(59_900);
//! strategy.on_trade(&mut host.context(), &trade).unwrap();
//! assert_eq!(host.submitted().len(), 1);
//! ```

use std::string::{String, ToString};
use std::vec::Vec;

use crate::abi::{Bridge, Context};
use crate::error::Error;
use crate::host::{Host, LogLevel};
use crate::instrument::Instrument;
use crate::order::{
    CancelRequest, ClientOrderId, OrderRequest, OrderStatus, Position, ReplaceRequest, WorkingOrder,
};
use crate::pnl::Pnl;
use crate::record::{
    Extras, InstrumentId, Record, SessionCause, SessionChange, SessionPhase, Side, Venue,
};
use crate::refusal::Refusal;
use crate::strategy::{Outcome, Strategy, params_from_toml};
use crate::text::{Symbol, Text};
use crate::units::{DurationNanos, Price, Quantity, UnixNanos};

/// An engine for tests: it writes down what the strategy does and moves time when told to.
///
/// An order that is submitted works at once and stays until the test fills it ([`fill`](Self::fill))
/// or the strategy cancels it.
#[derive(Debug)]
pub struct TestHost {
    bridge: Bridge<Recorder>,
}

/// A timer as it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TestTimer {
    /// Its name.
    pub tag: u64,
    /// When it is due next.
    pub due: UnixNanos,
    /// How long until it is due again; zero for a timer that fires once.
    pub period: DurationNanos,
}

/// What the strategy did and what it may know.
#[derive(Debug, Default)]
struct Recorder {
    now: UnixNanos,
    random: u64,
    instruments: Vec<Instrument>,
    positions: Vec<Position>,
    submitted: Vec<(ClientOrderId, OrderRequest)>,
    replaced: Vec<ReplaceRequest>,
    cancelled: Vec<CancelRequest>,
    working: Vec<WorkingOrder>,
    timers: Vec<TestTimer>,
    logged: Vec<(LogLevel, String)>,
    refusal: Option<Refusal>,
    pnl: Pnl,
    account_pnl: Pnl,
    /// By number of the venue.
    phases: [SessionPhase; 4],
}

impl Default for TestHost {
    fn default() -> Self {
        Self::new()
    }
}

impl TestHost {
    /// An engine without instruments. It is 2026-01-05 09:00:00 in Korea.
    pub fn new() -> Self {
        let now = UnixNanos::new(1_767_571_200_000_000_000);
        let recorder = Recorder { now, random: 1, pnl: Pnl::ZERO, ..Recorder::default() };
        Self { bridge: Bridge::new(recorder) }
    }

    /// Adds an instrument and returns its id.
    ///
    /// # Panics
    /// When the code is longer than a [`Symbol`] holds.
    pub fn add_instrument(&mut self, symbol: &str, name: &str) -> InstrumentId {
        let instruments = &mut self.bridge.host_mut().instruments;
        let id = InstrumentId(instruments.len() as u16);
        let symbol = Symbol::new(symbol).expect("a code has at most 15 bytes");
        let name = Text::truncated(name).0;
        instruments.push(Instrument { id, reserved: [0; 6], symbol, name });
        id
    }

    /// Makes the strategy as the engine does: parameters from TOML, unknown keys refused.
    ///
    /// # Errors
    /// What is wrong with the parameters, or what `new` returned.
    pub fn create<S: Strategy>(&mut self, params: &str) -> Result<S, Error> {
        S::new(params_from_toml(params)?, &mut self.context())
    }

    /// What a callback gets.
    pub fn context(&mut self) -> Context<'_> {
        self.bridge.context()
    }

    /// The time that the strategy sees.
    pub fn now(&self) -> UnixNanos {
        self.bridge.host().now
    }

    /// Moves time on by `span` and fires the timers that come due, in order.
    ///
    /// # Errors
    /// What `on_timer` returned; timers after that did not fire.
    pub fn advance<S: Strategy>(&mut self, strategy: &mut S, span: DurationNanos) -> Outcome {
        let end = self.now() + span;
        while let Some(timer) = self.bridge.host_mut().next_timer(end) {
            self.bridge.host_mut().now = timer.due;
            strategy.on_timer(&mut self.context(), timer.tag, timer.due)?;
        }
        self.bridge.host_mut().now = end;
        Ok(())
    }

    /// Tells the strategy that a venue is in another phase of its day, by the clock.
    ///
    /// # Errors
    /// What `on_session` returned.
    pub fn change_session<S: Strategy>(
        &mut self,
        strategy: &mut S,
        venue: Venue,
        after: SessionPhase,
    ) -> Outcome {
        let recorder = self.bridge.host_mut();
        let mut change = SessionChange::unset();
        change.header.venue = venue;
        change.header.ts_recv = recorder.now;
        change.after = after;
        change.cause = SessionCause::CLOCK;
        if let Some(phase) = recorder.phases.get_mut(usize::from(venue.0)) {
            change.before = core::mem::replace(phase, after);
        }
        strategy.on_session(&mut self.context(), &change)
    }

    /// Lets the strategy have earned this much; nothing before the first call.
    pub fn set_pnl(&mut self, pnl: Pnl) {
        self.bridge.host_mut().pnl = pnl;
    }

    /// Lets the account have earned this much; unknown before the first call.
    pub fn set_account_pnl(&mut self, pnl: Pnl) {
        self.bridge.host_mut().account_pnl = pnl;
    }

    /// Sets further fields for the next callbacks: FID and text as on the wire.
    ///
    /// # Panics
    /// When the texts are longer than an [`Extras`] record holds.
    pub fn set_fields(&mut self, fields: &[(u16, &str)]) {
        self.bridge.clear_extras();
        let mut extras = Extras::unset();
        for (fid, text) in fields {
            assert!(extras.push(*fid, text.as_bytes()), "the fields fit into one record");
        }
        self.bridge.push_extras(extras.words_used());
    }

    /// Lets the strategy hold `quantity` shares, bought at `average_price`.
    pub fn set_position(&mut self, id: InstrumentId, quantity: Quantity, average_price: Price) {
        let position = self.bridge.host_mut().position_mut(id);
        position.quantity = quantity;
        position.average_price = average_price;
    }

    /// Fills up to `quantity` shares of a working order and moves the position. Returns what filled.
    pub fn fill(&mut self, id: ClientOrderId, quantity: Quantity) -> Quantity {
        self.bridge.host_mut().fill(id, quantity)
    }

    /// Refuses every submit, replace and cancel from here on; `None` ends that.
    pub fn refuse(&mut self, refusal: Option<Refusal>) {
        self.bridge.host_mut().refusal = refusal;
    }

    /// Orders submitted so far, with their ids.
    pub fn submitted(&self) -> &[(ClientOrderId, OrderRequest)] {
        &self.bridge.host().submitted
    }

    /// Replaces asked for so far.
    pub fn replaced(&self) -> &[ReplaceRequest] {
        &self.bridge.host().replaced
    }

    /// Cancels asked for so far; `cancel_all` counts once per working order.
    pub fn cancelled(&self) -> &[CancelRequest] {
        &self.bridge.host().cancelled
    }

    /// Orders that can still fill, oldest first.
    pub fn working(&self) -> &[WorkingOrder] {
        &self.bridge.host().working
    }

    /// Timers that are set.
    pub fn timers(&self) -> &[TestTimer] {
        &self.bridge.host().timers
    }

    /// Lines of the log so far.
    pub fn logged(&self) -> &[(LogLevel, String)] {
        &self.bridge.host().logged
    }

    /// Whether the strategy asked to be stopped since the last call of this, and why.
    pub fn take_stop(&mut self) -> Option<String> {
        self.bridge.take_stop()
    }
}

impl Recorder {
    /// Takes the timer that is due first, no later than `end`.
    fn next_timer(&mut self, end: UnixNanos) -> Option<TestTimer> {
        let due = |t: &&mut TestTimer| t.due <= end;
        let timer = self.timers.iter_mut().filter(due).min_by_key(|t| t.due)?;
        let fired = *timer;
        timer.due = timer.due + timer.period;
        if fired.period == DurationNanos::ZERO {
            self.timers.retain(|t| t.tag != fired.tag);
        }
        Some(fired)
    }

    fn position_mut(&mut self, id: InstrumentId) -> &mut Position {
        let known = self.positions.iter().position(|p| p.instrument == id);
        let index = known.unwrap_or_else(|| {
            self.positions.push(Position::flat(id));
            self.positions.len() - 1
        });
        &mut self.positions[index]
    }

    fn fill(&mut self, id: ClientOrderId, quantity: Quantity) -> Quantity {
        let Some(order) = self.working.iter_mut().find(|o| o.id == id) else {
            return Quantity::ZERO;
        };
        let filled = quantity.min(order.leaves);
        order.leaves -= filled;
        order.cumulative_filled += filled;
        order.status = OrderStatus::PARTIALLY_FILLED;
        let request = order.request;
        self.working.retain(|o| o.leaves > Quantity::ZERO);
        let position = self.position_mut(request.instrument);
        position.average_price = request.price;
        position.quantity += if request.side == Side::BUY { filled } else { -filled };
        filled
    }

    fn check_allowed(&self) -> Result<(), Refusal> {
        self.refusal.map_or(Ok(()), Err)
    }
}

impl Host for Recorder {
    fn submit(&mut self, order: &OrderRequest) -> Result<ClientOrderId, Refusal> {
        self.check_allowed()?;
        let id = ClientOrderId(self.submitted.len() as u64 + 1);
        self.submitted.push((id, *order));
        self.working.push(WorkingOrder {
            id,
            request: *order,
            leaves: order.quantity,
            cumulative_filled: Quantity::ZERO,
            status: OrderStatus::WORKING,
            ..WorkingOrder::default()
        });
        Ok(id)
    }

    fn replace(&mut self, request: &ReplaceRequest) -> Result<(), Refusal> {
        self.check_allowed()?;
        let order = self.working.iter_mut().find(|o| o.id == request.order);
        let order = order.ok_or(Refusal::UnknownOrder)?;
        order.request.price = request.price;
        if request.quantity > Quantity::ZERO {
            order.leaves = request.quantity;
            order.request.quantity = order.cumulative_filled + request.quantity;
        }
        self.replaced.push(*request);
        Ok(())
    }

    fn cancel(&mut self, request: &CancelRequest) -> Result<(), Refusal> {
        self.check_allowed()?;
        let order = self.working.iter_mut().find(|o| o.id == request.order);
        let order = order.ok_or(Refusal::UnknownOrder)?;
        let whole = request.quantity == Quantity::ZERO;
        order.leaves -= if whole { order.leaves } else { request.quantity.min(order.leaves) };
        self.working.retain(|o| o.leaves > Quantity::ZERO);
        self.cancelled.push(*request);
        Ok(())
    }

    fn cancel_all(&mut self) -> Result<(), Refusal> {
        self.check_allowed()?;
        let gone = core::mem::take(&mut self.working).into_iter();
        let request = |o: WorkingOrder| CancelRequest { order: o.id, quantity: Quantity::ZERO };
        self.cancelled.extend(gone.map(request));
        Ok(())
    }

    fn now(&self) -> UnixNanos {
        self.now
    }

    /// SplitMix64: Guy Steele, Doug Lea, Christine Flood, "Fast splittable pseudorandom number
    /// generators", 2014.
    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn set_timer(
        &mut self,
        tag: u64,
        after: DurationNanos,
        period: DurationNanos,
    ) -> Result<(), Refusal> {
        self.timers.retain(|t| t.tag != tag);
        self.timers.push(TestTimer { tag, due: self.now + after, period });
        Ok(())
    }

    fn cancel_timer(&mut self, tag: u64) -> Result<(), Refusal> {
        let before = self.timers.len();
        self.timers.retain(|t| t.tag != tag);
        if self.timers.len() < before { Ok(()) } else { Err(Refusal::NotFound) }
    }

    fn log(&mut self, level: LogLevel, text: &str) {
        self.logged.push((level, text.to_string()));
    }

    fn instrument_count(&self) -> usize {
        self.instruments.len()
    }

    fn instrument(&self, id: InstrumentId) -> Option<&Instrument> {
        self.instruments.get(id.index())
    }

    fn find_instrument(&self, symbol: &str) -> Option<InstrumentId> {
        self.instruments.iter().find(|i| i.symbol == symbol).map(|i| i.id)
    }

    fn position(&self, instrument: InstrumentId) -> Position {
        let known = self.positions.iter().find(|p| p.instrument == instrument);
        let mut position = known.copied().unwrap_or(Position::flat(instrument));
        for order in self.working.iter().filter(|o| o.request.instrument == instrument) {
            if order.request.side == Side::BUY {
                position.open_buy += order.leaves;
            } else {
                position.open_sell += order.leaves;
            }
        }
        position
    }

    fn working_order(&self, id: ClientOrderId) -> Option<WorkingOrder> {
        self.working.iter().find(|o| o.id == id).copied()
    }

    fn working_orders(&self, out: &mut [WorkingOrder]) -> usize {
        for (place, order) in out.iter_mut().zip(&self.working) {
            *place = *order;
        }
        self.working.len()
    }

    fn pnl(&self) -> Pnl {
        self.pnl
    }

    fn account_pnl(&self) -> Pnl {
        self.account_pnl
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::NoParams;
    use crate::units::Notional;

    /// Keeps what it is told.
    struct Listener {
        changes: Vec<SessionChange>,
        seen: Pnl,
    }

    impl Strategy for Listener {
        type Params = NoParams;

        fn new(_: NoParams, ctx: &mut Context<'_>) -> Result<Self, Error> {
            assert_eq!(ctx.account_pnl(), Pnl::UNKNOWN);
            Ok(Self { changes: Vec::new(), seen: ctx.pnl() })
        }

        fn on_session(&mut self, ctx: &mut Context<'_>, change: &SessionChange) -> Outcome {
            self.changes.push(*change);
            self.seen = ctx.pnl();
            Ok(())
        }
    }

    #[test]
    fn a_test_changes_the_session_and_the_profit() {
        let mut host = TestHost::new();
        let mut strategy: Listener = host.create("").unwrap();
        assert_eq!(strategy.seen, Pnl::ZERO);
        let lost = Pnl { net: Notional::new(-5_000), ..Pnl::ZERO };
        host.set_pnl(lost);
        for phase in [SessionPhase::OPENING_AUCTION, SessionPhase::CONTINUOUS] {
            host.change_session(&mut strategy, Venue::KRX, phase).unwrap();
        }
        assert_eq!(strategy.seen, lost);
        let steps = strategy.changes.iter().map(|change| (change.before, change.after));
        let expected = [
            (SessionPhase::UNKNOWN, SessionPhase::OPENING_AUCTION),
            (SessionPhase::OPENING_AUCTION, SessionPhase::CONTINUOUS),
        ];
        assert!(steps.eq(expected));
        assert_eq!(strategy.changes[1].header.ts_recv, host.now());
    }
}
