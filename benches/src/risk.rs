//! The risk gate's cases: for each reason it can deny with, a gate and orders that get exactly that
//! answer, and the approvals.
//!
//! The checks run in one order and the first reason counts, so a denial costs everything up to its own
//! check, and an approval costs all of them. Every gate here is in the middle of its day: 200
//! instruments, four strategies, twenty working orders, and a list of recent orders that is full.

use engine::market::{Account, Date, DayPlan, MarketData, SessionOptions, Sessions};
use engine::risk::{Gate, GateSizes, InstrumentTerms, Limits, RiskConfig};
use std::hint::black_box;
use strategy_api::{
    ClientOrderId, DurationNanos, InstrumentId, Notional, Order, OrderType, Price, Quantity,
    Refusal, ReplaceRequest, Side, UnixNanos, Venue,
};

/// Instruments of each gate.
pub const INSTRUMENTS: u16 = 200;
/// Working orders of each gate.
const WORKING: u64 = 20;
/// The strategy that asks.
const WHO: u16 = 0;
/// What every instrument trades at.
const LAST: Price = Price::new(10_000);

/// What is asked, and what must be answered.
#[derive(Clone, Copy)]
pub struct Case {
    /// The reason in words of a bench's name, or the approval.
    pub name: &'static str,
    /// The answer.
    pub answer: Result<(), Refusal>,
    config: fn(&mut RiskConfig),
    facts: fn(&mut Gate, UnixNanos),
    order: fn(&mut Order),
}

/// The reason for which a strategy is stopped, so that the second question is answered differently.
/// It is checked once; what it costs is what the check behind it costs, which looks at the same list.
pub const ONCE: &str = "repeated";

const NO_CHANGE: fn(&mut RiskConfig) = |_| ();
const NO_FACT: fn(&mut Gate, UnixNanos) = |_, _| ();
const NO_OTHER: fn(&mut Order) = |_| ();

impl Case {
    const fn of(name: &'static str, answer: Result<(), Refusal>) -> Self {
        Self { name, answer, config: NO_CHANGE, facts: NO_FACT, order: NO_OTHER }
    }

    const fn denied(name: &'static str, refusal: Refusal) -> Self {
        Self::of(name, Err(refusal))
    }

    const fn config(self, config: fn(&mut RiskConfig)) -> Self {
        Self { config, ..self }
    }

    const fn facts(self, facts: fn(&mut Gate, UnixNanos)) -> Self {
        Self { facts, ..self }
    }

    const fn order(self, order: fn(&mut Order)) -> Self {
        Self { order, ..self }
    }
}

/// All cases, in the order of the checks.
pub static CASES: [Case; 39] = [
    Case::denied("form", Refusal::InvalidQuantity).order(|order| order.quantity = Quantity::ZERO),
    Case::denied("killed", Refusal::Killed).facts(|gate, _| gate.set_killed(true)),
    Case::denied("strategy_stopped", Refusal::StrategyStopped)
        .facts(|gate, _| gate.stop_strategy(WHO)),
    Case::denied("feed_stale", Refusal::FeedStale).facts(|gate, _| gate.set_feed_fresh(false)),
    Case::denied("unknown_instrument", Refusal::UnknownInstrument)
        .order(|order| order.instrument.0 += INSTRUMENTS),
    Case::denied("instrument_closed", Refusal::InstrumentClosed)
        .facts(|gate, _| each(|id| gate.set_closed(WHO, id, true))),
    Case::denied("restricted", Refusal::Restricted)
        .facts(|gate, _| each(|id| gate.set_restricted(id, true))),
    Case::denied("halted", Refusal::Halted).facts(|gate, _| each(|id| gate.set_halted(id, true))),
    Case::denied("interrupted", Refusal::Interrupted)
        .facts(|gate, now| each(|id| gate.set_interrupted(id, true, now))),
    Case::denied("session_closed", Refusal::SessionClosed)
        .facts(|gate, _| gate.set_sessions(Default::default())),
    Case::denied("not_at_venue", Refusal::NotAtVenue).order(|order| order.venue = Venue::NXT),
    Case::denied("off_tick", Refusal::OffTick).order(|order| order.price = Price::new(9_995)),
    Case::denied("outside_limits", Refusal::OutsideLimits)
        .order(|order| order.price = Price::new(13_010)),
    Case::denied("reference_missing", Refusal::ReferenceMissing)
        .order(|order| *order = market_order(*order))
        .facts(|gate, now| each(|id| gate.quote(id, Price::ZERO, Price::ZERO, now))),
    Case::denied("reference_old", Refusal::ReferenceOld).facts(|gate, now| {
        let before = UnixNanos::new(now.raw() - 3_601_000_000_000);
        each(|id| gate.quote(id, Price::new(9_990), Price::new(10_010), before));
    }),
    Case::denied("collar", Refusal::Collar)
        .config(|config| config.collar_bps = 200)
        .order(|order| order.price = Price::new(10_210)),
    Case::denied("fast_market", Refusal::FastMarket)
        .config(|config| config.window_move_bps = 100)
        .facts(|gate, now| {
            each(|id| gate.trade(id, Price::new(9_800), now));
            each(|id| gate.trade(id, LAST, now));
        }),
    Case::denied("order_quantity", Refusal::OrderQuantity)
        .config(|config| config.order_quantity_max = 9),
    Case::denied("order_value", Refusal::OrderValue)
        .config(|config| config.order_value_max = 90_000),
    Case::denied("self_trade", Refusal::SelfTrade).facts(|gate, _| {
        each(|id| {
            let (price, one) = (Price::new(9_990), Quantity::new(1));
            let sell = Order::limit(id, Venue::KRX, Side::SELL, price, one);
            let order = ClientOrderId(1_000 + u64::from(id.0));
            gate.restored(order, 1, &sell, one).expect("a place is free");
        });
    }),
    Case::denied("not_held", Refusal::NotHeld).order(|order| {
        order.side = Side::SELL;
        order.quantity = Quantity::new(1_000);
    }),
    Case::denied("not_sellable", Refusal::NotSellable)
        .order(|order| order.side = Side::SELL)
        .facts(|gate, _| each(|id| gate.set_holding(id, Quantity::new(100), Quantity::ZERO))),
    Case::denied("strategy_position", Refusal::StrategyPosition)
        .config(|config| config.strategy.position_quantity_max = 100),
    Case::denied("account_position", Refusal::AccountPosition)
        .config(|config| config.account.position_quantity_max = 100),
    Case::denied("strategy_exposure", Refusal::StrategyExposure)
        .config(|config| config.strategy.exposure_max = 0),
    Case::denied("account_exposure", Refusal::AccountExposure)
        .config(|config| config.account.exposure_max = 0),
    Case::denied("strategy_loss", Refusal::StrategyLoss)
        .config(|config| config.strategy.daily_loss_max = 0),
    Case::denied("account_loss", Refusal::AccountLoss)
        .config(|config| config.account.daily_loss_max = 0),
    Case::denied("cash", Refusal::Cash).facts(|gate, _| gate.set_cash(Notional::new(1_000))),
    Case::denied("working_orders", Refusal::WorkingOrders)
        .config(|config| config.strategy.working_orders_max = WORKING as u32),
    Case::denied("account_working_orders", Refusal::AccountWorkingOrders)
        .config(|config| config.account.working_orders_max = WORKING as u32),
    Case::denied(ONCE, Refusal::Repeated)
        .config(|config| config.repeat_orders_max = 1)
        .order(|order| *order = sent_order(WORKING - 1)),
    Case::denied("message_rate", Refusal::MessageRate)
        .config(|config| config.strategy.messages_per_second = 20),
    Case::denied("broker_rate", Refusal::BrokerRate)
        .config(|config| config.broker_orders_per_second = 20),
    Case::of("approval_limit_buy", Ok(())),
    Case::of("approval_limit_sell", Ok(())).order(|order| {
        order.side = Side::SELL;
        order.price = Price::new(10_010);
    }),
    Case::of("approval_market_buy", Ok(())).order(|order| *order = market_order(*order)),
    Case::of("approval_stop_buy", Ok(())).order(|order| {
        order.order_type = OrderType::STOP_LIMIT;
        order.stop_price = Price::new(10_010);
        order.price = Price::new(10_020);
    }),
    Case::of("approval_ioc_buy", Ok(())).order(|order| *order = order.immediate_or_cancel()),
];

/// A gate, and orders for it in an order that caches do not foresee.
pub struct Asking {
    case: Case,
    gate: Gate,
    now: UnixNanos,
    turn: u64,
}

impl Asking {
    /// The gate of a case.
    ///
    /// # Panics
    /// When the gate does not give the case's answer.
    pub fn new(case: &Case) -> Self {
        let (gate, now) = gate_of(case.config, case.facts);
        let mut asking = Self { case: *case, gate, now, turn: 0 };
        let turns = if case.name == ONCE { 1 } else { u64::from(INSTRUMENTS) };
        for _ in 0..turns {
            assert_eq!(asking.step(), case.answer, "{}", case.name);
        }
        asking
    }

    /// One question.
    #[inline]
    pub fn step(&mut self) -> Result<(), Refusal> {
        let order = self.order();
        black_box(self.gate.check(WHO, black_box(&order), self.now)).map(drop)
    }

    /// The question alone: what asking costs without the gate.
    #[inline]
    pub fn order(&mut self) -> Order {
        self.turn += 1;
        let mut order = a_buy(self.turn.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40);
        (self.case.order)(&mut order);
        order
    }
}

/// A gate whose working orders are replaced, cancelled, counted and done with.
pub struct Working {
    gate: Gate,
    now: UnixNanos,
    turn: u64,
}

impl Working {
    /// A gate in the middle of its day.
    pub fn new() -> Self {
        let (gate, now) = gate_of(NO_CHANGE, NO_FACT);
        Self { gate, now, turn: 1_000 }
    }

    /// Asks for a replace of a working order.
    #[inline]
    pub fn replace(&mut self) -> Result<(), Refusal> {
        self.turn += 1;
        let request = ReplaceRequest {
            order: ClientOrderId(self.turn % WORKING),
            price: Price::new(9_970),
            stop_price: Price::UNSET,
            quantity: Quantity::new(10),
        };
        black_box(self.gate.check_replace(WHO, black_box(&request), self.now)).map(drop)
    }

    /// Asks for a cancel.
    #[inline]
    pub fn cancel(&mut self) -> Result<(), Refusal> {
        black_box(&self.gate).check_cancel(black_box(self.now))
    }

    /// The life of an order in the gate: check, sent, done.
    ///
    /// # Errors
    /// The gate's.
    #[inline]
    pub fn whole_life(&mut self) -> Result<(), Refusal> {
        self.turn += 1;
        // Each in a second of its own, as far as rates go.
        self.now = self.now + DurationNanos::from_millis(25);
        let mut order = a_buy(self.turn);
        order.quantity = Quantity::new(1 + (self.turn % 50) as i64);
        self.gate.trade(order.instrument, LAST, self.now);
        let approval = self.gate.check(WHO, black_box(&order), self.now)?;
        let id = ClientOrderId(self.turn);
        self.gate.sent(id, approval, self.now)?;
        self.gate.done(id);
        Ok(())
    }
}

impl Default for Working {
    fn default() -> Self {
        Self::new()
    }
}

fn each(act: impl FnMut(InstrumentId)) {
    (0..INSTRUMENTS).map(InstrumentId).for_each(act);
}

fn a_buy(instrument: u64) -> Order {
    let id = InstrumentId((instrument % u64::from(INSTRUMENTS)) as u16);
    Order::limit(id, Venue::KRX, Side::BUY, Price::new(9_990), Quantity::new(10))
}

fn market_order(order: Order) -> Order {
    Order::market(order.instrument, order.venue, order.side, order.quantity)
}

/// Working order number `number` of every gate: all different.
fn sent_order(number: u64) -> Order {
    let id = InstrumentId((number * 7) as u16 % INSTRUMENTS);
    Order::limit(id, Venue::KRX, Side::BUY, Price::new(9_980), Quantity::new(1 + number as i64))
}

fn gate_of(change: fn(&mut RiskConfig), facts: fn(&mut Gate, UnixNanos)) -> (Gate, UnixNanos) {
    let date = Date::new(2026, 11, 23).expect("a day");
    let now = date.at(10, 0, 0);
    let market = MarketData::embedded();
    let rules = market.ticks().on(date).expect("the date is covered");
    let costs = market.costs().on(date, Account::Real).expect("the date is covered");
    let sizes = GateSizes { instruments: INSTRUMENTS.into(), strategies: 4 };
    let mut config = wide();
    change(&mut config);
    let mut gate = Gate::new(&config, rules, costs, sizes).expect("the limits are in range");
    let mut sessions = Sessions::new(DayPlan::always_open(date), SessionOptions::default());
    sessions.on_clock(now);
    gate.set_sessions(sessions.view());
    gate.set_killed(false);
    gate.set_feed_fresh(true);
    gate.set_cash(Notional::new(1_000_000_000_000));
    each(|id| {
        let terms = InstrumentTerms { base_price: LAST, ..Default::default() };
        gate.set_terms(id, &terms).expect("the id is below the size");
        gate.set_holding(id, Quantity::new(100), Quantity::new(100));
        gate.set_strategy_holding(WHO, id, Quantity::new(100));
        gate.trade(id, LAST, now);
        gate.quote(id, Price::new(9_990), Price::new(10_010), now);
    });
    // Orders that are done with fill the list of recent ones; their second is over. Where the case's
    // own limit is against them they are left out: it denies before anybody looks at that list.
    for number in 0..50 {
        let earlier = UnixNanos::new(now.raw() - 5_000_000_000 + number * 50_000_000);
        let mut order = sent_order(number);
        order.price = Price::new(9_950);
        each(|id| gate.quote(id, Price::new(9_990), Price::new(10_010), earlier));
        if let Ok(approval) = gate.check(WHO, &order, earlier) {
            let id = ClientOrderId(500 + number);
            gate.sent(id, approval, earlier).expect("the id is new");
            gate.done(id);
        }
    }
    each(|id| gate.quote(id, Price::new(9_990), Price::new(10_010), now));
    for number in 0..WORKING {
        let order = sent_order(number);
        if let Ok(approval) = gate.check(WHO, &order, now) {
            gate.sent(ClientOrderId(number), approval, now).expect("the id is new");
        }
    }
    facts(&mut gate, now);
    (gate, now)
}

/// Limits so wide that only the case's own can deny.
fn wide() -> RiskConfig {
    let limits = Limits {
        position_quantity_max: 1_000_000_000,
        position_value_max: 10_000_000_000_000,
        exposure_max: 10_000_000_000_000,
        daily_loss_max: 1_000_000_000_000,
        working_orders_max: 4_000,
        messages_per_second: 100,
    };
    RiskConfig {
        order_quantity_max: 10_000_000,
        order_value_max: 1_000_000_000_000,
        collar_bps: 3_000,
        window_move_bps: 6_000,
        reference_age_max_ms: 3_600_000,
        repeat_orders_max: 32,
        broker_orders_per_second: 64,
        broker_cancel_reserve: 0,
        account: limits,
        strategy: limits,
        ..RiskConfig::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_gets_its_answer_and_every_reason_of_the_gate_has_a_case() {
        for case in &CASES {
            Asking::new(case);
        }
        // What no order of this shape can get: forms (one stands for all), replaces, sessions.
        let elsewhere = [Refusal::WrongSession];
        for refusal in Refusal::ALL.iter().filter(|one| one.code() >= Refusal::Killed.code()) {
            let has_case = CASES.iter().any(|case| case.answer == Err(*refusal));
            assert!(has_case || elsewhere.contains(refusal), "{refusal:?} has no case");
        }
    }

    #[test]
    fn working_orders_are_replaced_cancelled_and_done_with() {
        let mut working = Working::new();
        for _ in 0..100 {
            assert_eq!(working.replace(), Ok(()));
            assert_eq!(working.cancel(), Ok(()));
        }
        for turn in 0..1_000 {
            assert_eq!(working.whole_life(), Ok(()), "order {turn}");
        }
        assert_eq!(working.gate.working_orders(), WORKING as u32);
    }
}
