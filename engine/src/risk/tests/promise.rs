//! Whatever is asked, approved, filled, cancelled and replaced, in whatever order: no limit is ever
//! exceeded. A plain model beside the gate counts what could happen at worst.

use super::*;
use proptest::prelude::*;
use proptest::strategy::{Strategy, ValueTree};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Step {
    /// An order: strategy, instrument, buy, steps from 10,000, quantity, type.
    Ask(u16, u16, bool, i32, i64, u8),
    /// A fill of the n-th working order: share of what is left in percent, cheaper by steps.
    Fill(usize, i64, i32),
    /// The end of the n-th working order.
    Done(usize),
    /// A replace of the n-th working order: price steps, quantity.
    Replace(usize, i32, i64),
    /// The broker answers the n-th working order's replace: yes or no.
    Answer(usize, bool),
    /// A trade.
    Trade(u16, i32),
    /// Time goes by, milliseconds.
    Wait(u64),
}

fn steps(moving: bool) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0u16..2, 0u16..2, any::<bool>(), -30i32..30, 1i64..60, 0u8..10)
            .prop_map(|(s, i, b, p, q, t)| Step::Ask(s, i, b, p, q, t)),
        6 => (any::<usize>(), 1i64..=100, 0i32..5).prop_map(|(n, q, p)| Step::Fill(n, q, p)),
        2 => any::<usize>().prop_map(Step::Done),
        3 => (any::<usize>(), -30i32..30, 0i64..80).prop_map(|(n, p, q)| Step::Replace(n, p, q)),
        3 => (any::<usize>(), any::<bool>()).prop_map(|(n, yes)| Step::Answer(n, yes)),
        2 => (0u16..2, if moving { -20i32..20 } else { 0..1 }).prop_map(|(i, p)| Step::Trade(i, p)),
        2 => (0u64..700).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..120)
}

/// What the model knows of a working order.
#[derive(Clone, Debug)]
struct Open {
    strategy: u16,
    request: Order,
    leaves: i64,
    pending: Option<ReplaceRequest>,
}

impl Open {
    /// Highest price at which it can fill.
    fn highest(&self) -> i64 {
        let own = if self.request.price.is_set() { self.request.price.raw() } else { 13_000 };
        match self.pending.filter(|replace| replace.quantity.raw() > 0) {
            Some(replace) if self.leaves == 0 => i64::from(replace.price.raw()),
            Some(replace) => i64::from(own.max(replace.price.raw())),
            None => i64::from(own),
        }
    }

    /// Price at which it could meet an own order; `None` for one without a price.
    fn crossing(&self) -> Option<i32> {
        if !self.request.price.is_set() {
            return None;
        }
        let pending = self.pending.filter(|replace| replace.quantity.raw() > 0);
        let prices = [
            (self.leaves > 0).then_some(self.request.price.raw()),
            pending.map(|replace| replace.price.raw()),
        ];
        let prices = prices.into_iter().flatten();
        if self.request.side == Side::BUY { prices.max() } else { prices.min() }
    }

    fn shares(&self) -> i64 {
        self.leaves.max(self.pending.map_or(0, |replace| replace.quantity.raw()))
    }
}

struct Model {
    gate: Gate,
    config: RiskConfig,
    open: BTreeMap<u64, Open>,
    held: [[i64; 2]; 2],
    account_held: [i64; 2],
    cash: i64,
    marks: [i64; 2],
    now: UnixNanos,
    sent: Vec<UnixNanos>,
    next: u64,
    passed: u32,
}

fn config() -> RiskConfig {
    let strategy = Limits {
        position_quantity_max: 150,
        position_value_max: 1_200_000,
        exposure_max: 2_000_000,
        daily_loss_max: 1_000_000_000,
        working_orders_max: 6,
        messages_per_second: 4,
    };
    let account = Limits {
        position_quantity_max: 220,
        position_value_max: 2_000_000,
        exposure_max: 3_000_000,
        working_orders_max: 9,
        messages_per_second: 5,
        ..strategy
    };
    RiskConfig {
        order_value_max: 700_000,
        broker_orders_per_second: 5,
        broker_cancel_reserve: 1,
        strategy,
        account,
        ..wide()
    }
}

const CASH: i64 = 2_500_000;

impl Model {
    fn new() -> Self {
        let config = config();
        let mut gate = gate_of(&config);
        gate.set_cash(Notional::new(CASH));
        // Shares of before: 40 of A belong to strategy 0, 30 to nobody.
        gate.set_strategy_holding(0, A, Quantity::new(40));
        gate.set_holding(A, Quantity::new(70), Quantity::new(60));
        Self {
            gate,
            config,
            open: BTreeMap::new(),
            held: [[40, 0], [0, 0]],
            account_held: [70, 0],
            cash: CASH,
            marks: [10_000; 2],
            now: at(0),
            sent: Vec::new(),
            next: 1,
            passed: 0,
        }
    }

    fn pick(&self, number: usize) -> Option<u64> {
        let count = self.open.len();
        (count > 0).then(|| *self.open.keys().nth(number % count).unwrap())
    }

    fn apply(&mut self, step: &Step) {
        match *step {
            Step::Ask(strategy, instrument, is_buy, steps, quantity, kind) => {
                let side = if is_buy { Side::BUY } else { Side::SELL };
                let mut order = buy(10_000 + steps * 10, quantity);
                (order.instrument, order.side) = (InstrumentId(instrument), side);
                match kind {
                    0 => (order.order_type, order.price) = (OrderType::MARKET, Price::UNSET),
                    1 => order.order_type = OrderType::CONDITIONAL_LIMIT,
                    2 => order.order_type = OrderType::LIMIT_IOC,
                    _ => {}
                }
                if let Ok(approval) = self.gate.check(strategy, &order, self.now) {
                    let id = self.next;
                    self.next += 1;
                    self.gate.sent(ClientOrderId(id), approval, self.now).unwrap();
                    let open = Open { strategy, request: order, leaves: quantity, pending: None };
                    self.open.insert(id, open);
                    self.sent.push(self.now);
                    self.passed += 1;
                }
            }
            Step::Fill(number, percent, cheaper) => {
                let Some(id) = self.pick(number) else { return };
                let open = self.open.get_mut(&id).unwrap();
                let quantity = (open.leaves * percent + 99) / 100;
                if quantity == 0 {
                    return;
                }
                open.leaves -= quantity;
                if let Some(pending) = &mut open.pending {
                    let left = (pending.quantity.raw() - quantity).max(0);
                    pending.quantity = Quantity::new(left);
                }
                let (instrument, side) = (open.request.instrument, open.request.side);
                let own = open.request.price.raw();
                let price = match (side, open.request.price.is_set()) {
                    (Side::BUY, true) => own - cheaper * 10,
                    (Side::BUY, false) => 13_000 - cheaper * 10,
                    (_, true) => own + cheaper * 10,
                    (_, false) => 7_000 + cheaper * 10,
                };
                // A conditional limit order may fill in the closing auction, where it has no price.
                let conditional = open.request.order_type == OrderType::CONDITIONAL_LIMIT;
                let price = if conditional && side == Side::BUY { 13_000 } else { price };
                let strategy = open.strategy;
                self.gate.filled(&Fill {
                    order: ClientOrderId(id),
                    strategy,
                    instrument,
                    side,
                    quantity: Quantity::new(quantity),
                    price: Price::new(price),
                });
                let signed = if side == Side::BUY { quantity } else { -quantity };
                self.held[usize::from(strategy)][instrument.index()] += signed;
                self.account_held[instrument.index()] += signed;
                if side == Side::BUY {
                    let paid = i64::from(price) * quantity;
                    self.cash -= paid + paid * 35 / 10_000 / 10 * 10;
                }
            }
            Step::Done(number) => {
                if let Some(id) = self.pick(number) {
                    self.gate.done(ClientOrderId(id));
                    self.open.remove(&id);
                }
            }
            Step::Replace(number, steps, quantity) => {
                let Some(id) = self.pick(number) else { return };
                let open = self.open.get_mut(&id).unwrap();
                let request = replace(id, 10_000 + steps * 10, quantity);
                if open.pending.is_some() {
                    return;
                }
                let checked = self.gate.check_replace(open.strategy, &request, self.now);
                if let Ok(approval) = checked {
                    self.gate.replace_sent(approval, self.now).unwrap();
                    let mut pending = request;
                    if quantity == 0 {
                        pending.quantity = Quantity::new(open.leaves);
                    }
                    open.pending = Some(pending);
                    self.sent.push(self.now);
                    self.passed += 1;
                }
            }
            Step::Answer(number, yes) => {
                let Some(id) = self.pick(number) else { return };
                let open = self.open.get_mut(&id).unwrap();
                let Some(pending) = open.pending.take() else { return };
                if yes {
                    self.gate.replaced(ClientOrderId(id), &pending, pending.quantity);
                    open.request.price = pending.price;
                    open.leaves = pending.quantity.raw();
                } else {
                    self.gate.replace_failed(ClientOrderId(id));
                }
            }
            Step::Trade(instrument, steps) => {
                let price = 10_000 + steps * 10;
                self.gate.trade(InstrumentId(instrument), Price::new(price), self.now);
                self.marks[usize::from(instrument)] = i64::from(price);
            }
            Step::Wait(millis) => self.now = self.now + DurationNanos::from_millis(millis),
        }
    }

    fn opens(&self, wanted: Side) -> impl Iterator<Item = &Open> {
        self.open.values().filter(move |open| open.request.side == wanted)
    }

    /// Every promise that holds whatever prices do.
    fn check(&self) -> Result<(), TestCaseError> {
        let Limits { position_quantity_max: most, working_orders_max, .. } = self.config.strategy;
        for instrument in 0..2 {
            let of = |open: &&Open| open.request.instrument.index() == instrument;
            let buys: i64 = self.opens(Side::BUY).filter(of).map(Open::shares).sum();
            let sells: i64 = self.opens(Side::SELL).filter(of).map(Open::shares).sum();
            let all = self.config.account.position_quantity_max;
            prop_assert!(self.account_held[instrument] + buys <= all);
            // Ten shares of A cannot be sold.
            let locked = if instrument == 0 { 10 } else { 0 };
            prop_assert!(sells <= self.account_held[instrument] - locked);
            for strategy in 0..2u16 {
                let mine = |open: &&Open| of(open) && open.strategy == strategy;
                let held = self.held[usize::from(strategy)][instrument];
                let buys: i64 = self.opens(Side::BUY).filter(mine).map(Open::shares).sum();
                let sells: i64 = self.opens(Side::SELL).filter(mine).map(Open::shares).sum();
                prop_assert!(held + buys <= most);
                prop_assert!(sells <= held, "never short");
                let id = InstrumentId(instrument as u16);
                prop_assert_eq!(self.gate.held(strategy, id).raw(), held);
            }
            let bid = self.opens(Side::BUY).filter(of).filter_map(Open::crossing).max();
            let ask = self.opens(Side::SELL).filter(of).filter_map(Open::crossing).min();
            prop_assert!(bid < ask || ask.is_none(), "own orders never meet: {bid:?} {ask:?}");
        }
        let reserved = self.opens(Side::BUY).map(|open| {
            let upper = open.request.order_type == OrderType::CONDITIONAL_LIMIT;
            let highest = if upper { 13_000 } else { open.highest() };
            let paid = open.shares() * highest;
            paid + paid * 35 / 10_000 / 10 * 10
        });
        let reserved: i64 = reserved.sum();
        prop_assert!(reserved <= self.cash, "{reserved} of {}", self.cash);
        prop_assert_eq!(self.gate.free_cash().raw(), self.cash - reserved);
        prop_assert_eq!(self.gate.working_orders() as usize, self.open.len());
        prop_assert!(self.open.len() <= self.config.account.working_orders_max as usize);
        for strategy in 0..2 {
            let count = self.open.values().filter(|open| open.strategy == strategy).count();
            prop_assert!(count <= working_orders_max as usize);
        }
        let second = DurationNanos::from_secs(1);
        let recent = self.sent.iter().rev().take_while(|sent| **sent + second > self.now).count();
        prop_assert!(recent <= 4, "the fifth place is kept for cancels");
        Ok(())
    }

    /// Promises about worth, which hold while prices stand still.
    fn check_worth(&self) -> Result<(), TestCaseError> {
        let worth = |open: &Open| {
            let upper = open.request.order_type == OrderType::CONDITIONAL_LIMIT;
            let highest = if upper { 13_000 } else { open.highest() };
            open.shares() * highest.max(self.marks[open.request.instrument.index()])
        };
        let mut held_by_all = 0;
        for strategy in 0..2u16 {
            let held: i64 =
                (0..2).map(|i| self.held[usize::from(strategy)][i] * self.marks[i]).sum();
            let mine = self.opens(Side::BUY).filter(|open| open.strategy == strategy);
            let open: i64 = mine.map(worth).sum();
            prop_assert!(held + open <= self.config.strategy.exposure_max);
            prop_assert_eq!(self.gate.exposure(strategy).raw(), held + open);
        }
        for instrument in 0..2 {
            let held = self.account_held[instrument] * self.marks[instrument];
            prop_assert!(held <= self.config.account.position_value_max);
            held_by_all += held;
        }
        let open: i64 = self.opens(Side::BUY).map(worth).sum();
        prop_assert!(held_by_all + open <= self.config.account.exposure_max);
        prop_assert_eq!(self.gate.account_exposure().raw(), held_by_all + open);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn quantities_cash_shares_and_rates_hold_whatever_prices_do(steps in steps(true)) {
        let mut model = Model::new();
        for step in &steps {
            model.apply(step);
            model.check()?;
        }
    }

    #[test]
    fn worth_holds_while_prices_stand_still(steps in steps(false)) {
        let mut model = Model::new();
        for step in &steps {
            model.apply(step);
            model.check()?;
            model.check_worth()?;
        }
    }
}

#[test]
fn the_model_lets_enough_pass_to_mean_something() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut passed = 0;
    for _ in 0..50 {
        let steps = steps(false).new_tree(&mut runner).unwrap().current();
        let mut model = Model::new();
        steps.iter().for_each(|step| model.apply(step));
        passed += model.passed;
    }
    assert!(passed > 200, "{passed}");
}
