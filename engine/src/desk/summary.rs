//! What was traded, what is held, what it earned, what still works, what went wrong: read off a
//! [`Desk`], for a person and for programs.
//!
//! [`TradingLine`] is a handful of counters that may be read every second. [`TradingSummary`] walks all
//! orders of the day and allocates: it is for the end of a run, or for a person who asks.
//!
//! Orders, fills and positions are those **of the day**: what earlier runs of the day left in the
//! journal is in them. Denials, notices and rounds are those of this run.

use super::Desk;
use super::tally::{Notices, TOLD_MAX, Told};
use crate::kill::{KillState, Verdict};
use crate::order::{
    Difference, HaltReason, Ledger, Notice, OrderEntry, RequestKind, RequestStage, RequestState,
};
use serde::Serialize;
use std::collections::BTreeMap;
use strategy_api::{InstrumentId, Notional, OrderStatus, Pnl, Price, Side, UnixNanos};

/// The trading of a day in a few numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct TradingLine {
    /// Orders of the day that passed the gate.
    pub orders: u64,
    /// Of those, orders that are not final: they can still fill, for all we know.
    pub working: u64,
    /// Of those, orders of which nobody knows whether the broker has them.
    pub unknown: u64,
    /// Fills told to the strategies in this run.
    pub fills: u64,
    /// Wishes that the engine itself refused in this run.
    pub denials: u64,
    /// Profit of the strategies, realised and open, after fees and tax paid so far, KRW. Shares without
    /// a known price count at what they cost.
    pub net: i64,
    /// Whether new orders are taken: reconciled, not halted, not killed.
    pub takes_orders: bool,
}

/// Everything about the trading of a day.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TradingSummary {
    /// Orders.
    pub orders: Orders,
    /// Requests to the broker.
    pub requests: Requests,
    /// All strategies together.
    pub total: TradingResult,
    /// By strategy, in the order of the configuration.
    pub strategies: Vec<StrategyResult>,
    /// What each strategy traded, by strategy and instrument.
    pub positions: Vec<PositionRow>,
    /// What the whole account traded or holds, shares of earlier days and of other hands included.
    pub account: Vec<AccountRow>,
    /// The account's profit over those rows.
    pub account_total: Money,
    /// Cash as the broker told last; nothing before it has told.
    pub cash: Option<CashRow>,
    /// Orders that may still fill, oldest first, those that are unknown first.
    pub working: Vec<WorkingRow>,
    /// Wishes that the engine itself refused, most frequent first.
    pub denials: Vec<DenialRow>,
    /// Replaces that the broker refused.
    pub replaces_refused: u64,
    /// Cancels that the broker refused.
    pub cancels_refused: u64,
    /// Reconciliations with the broker's books.
    pub rounds: RoundsRow,
    /// What was odd.
    pub notices: NoticesRow,
    /// How often our books were corrected by the broker's.
    pub differences: u64,
    /// How often the machine stopped taking orders by itself.
    pub halts: u64,
    /// Why it takes none now.
    pub halted: Option<HaltReason>,
    /// Differences, notices and halts in words, the newest [`TOLD_MAX`].
    pub told: Vec<ToldRow>,
    /// The kill switch.
    pub kill: KillRow,
}

/// Orders of the day by where they stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Orders {
    /// All that passed the gate.
    pub total: u64,
    /// Filled whole.
    pub filled: u64,
    /// Cancelled, filled in part or not at all.
    pub cancelled: u64,
    /// Refused by the broker, or surely never sent.
    pub rejected: u64,
    /// The broker has them and they can fill.
    pub working: u64,
    /// On their way to the broker.
    pub submitting: u64,
    /// Nobody knows whether the broker has them.
    pub unknown: u64,
}

/// Requests of the day to the broker.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Requests {
    /// New orders.
    pub new: u64,
    /// Modifies.
    pub replace: u64,
    /// Cancels.
    pub cancel: u64,
    /// Of all, those that were written to the broker.
    pub written: u64,
    /// Of all, those that were refused or surely not sent.
    pub refused: u64,
    /// Of all, those whose end nobody knows.
    pub unknown: u64,
}

/// Profit, KRW.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Money {
    /// Of what was closed, before fees and tax.
    pub realised: i64,
    /// Of what is held at its mark, before fees and tax.
    pub open: i64,
    /// Commission.
    pub fees: i64,
    /// Tax.
    pub tax: i64,
    /// `realised + open - fees - tax`.
    pub net: i64,
    /// Positions without a mark: they count with an open profit of zero.
    pub unpriced: u64,
}

/// Shares and money that changed hands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Traded {
    /// Fills, both sides.
    pub fills: u64,
    /// Shares bought.
    pub bought: i64,
    /// What they cost, KRW.
    pub bought_value: i64,
    /// Shares sold.
    pub sold: i64,
    /// What they brought, KRW.
    pub sold_value: i64,
}

/// What was traded, and what it earned.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct TradingResult {
    /// Shares and money.
    pub traded: Traded,
    /// Profit.
    pub money: Money,
}

/// One strategy.
#[derive(Clone, Debug, Default, Serialize)]
pub struct StrategyResult {
    /// Its name.
    pub name: String,
    /// Its orders.
    pub orders: Orders,
    /// What it traded and earned.
    #[serde(flatten)]
    pub result: TradingResult,
}

/// What a strategy has in an instrument.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PositionRow {
    /// Name of the strategy.
    pub strategy: String,
    /// Code of the instrument.
    pub code: String,
    /// Shares held; negative when short.
    pub quantity: i64,
    /// What a share cost, KRW; nothing without shares.
    pub average_price: Option<i32>,
    /// What a share is worth, KRW: the last trade, else the base price.
    pub mark: Option<i32>,
    /// Shares bought today.
    pub bought: i64,
    /// Shares sold today.
    pub sold: i64,
    /// Profit.
    pub money: Money,
}

/// What the account has in an instrument.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AccountRow {
    /// Code of the instrument.
    pub code: String,
    /// Shares held.
    pub quantity: i64,
    /// Of those, shares of no strategy.
    pub unowned: i64,
    /// Shares that can be sold, as the broker told last.
    pub sellable: Option<i64>,
    /// What a share cost, KRW.
    pub average_price: Option<i32>,
    /// What a share is worth, KRW.
    pub mark: Option<i32>,
    /// Whether the broker has told what is held; before that, the row has only today's fills.
    pub confirmed: bool,
    /// Profit.
    pub money: Money,
}

/// Cash, KRW (kt00001).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct CashRow {
    /// `entr`.
    pub deposit: Option<i64>,
    /// `ord_alow_amt`.
    pub orderable: Option<i64>,
    /// `d2_entra`: after settlement.
    pub deposit_d2: Option<i64>,
}

/// An order that may still fill.
#[derive(Clone, Debug, Default, Serialize)]
pub struct WorkingRow {
    /// Its id in the engine.
    pub order: u64,
    /// The broker's numbers of it that are open: two after a modify of a part, none while no answer has
    /// come.
    pub numbers: Vec<String>,
    /// Name of the strategy.
    pub strategy: String,
    /// Code of the instrument.
    pub code: String,
    /// Where.
    pub venue: &'static str,
    /// Buy or sell.
    pub side: &'static str,
    /// Limit price, KRW.
    pub price: Option<i32>,
    /// Shares filled.
    pub filled: i64,
    /// Shares open.
    pub leaves: i64,
    /// Where it stands.
    pub status: &'static str,
}

/// A reason and how often it was given.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DenialRow {
    /// Name of the [`Refusal`](strategy_api::Refusal).
    pub reason: &'static str,
    /// The same in words.
    pub text: String,
    /// How often.
    pub count: u64,
}

/// Reconciliations.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RoundsRow {
    /// Begun.
    pub begun: u64,
    /// Answered whole.
    pub completed: u64,
    /// Ended because a list did not come.
    pub failed: u64,
    /// `complete` or `failed`: how the last one ended; nothing before the first has.
    pub last: Option<&'static str>,
    /// When, nanoseconds since 1970.
    pub last_at: Option<u64>,
}

/// What was odd, by kind; see [`Notice`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "each is the kind of notice of that name")]
pub struct NoticesRow {
    pub foreign: u64,
    pub ambiguous: u64,
    pub resurfaced: u64,
    pub value_differs: u64,
    pub late_fills: u64,
    pub base_differs: u64,
    pub doubts: u64,
}

/// Something that a person should read.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ToldRow {
    /// When, nanoseconds since 1970.
    pub ts: u64,
    /// `difference`, `notice` or `halt`.
    pub kind: &'static str,
    /// In words.
    pub text: String,
}

/// The kill switch.
#[derive(Clone, Debug, Default, Serialize)]
pub struct KillRow {
    /// `armed`, `killing` or `latched`.
    pub state: &'static str,
    /// Why, when and by whom it was pulled.
    pub why: Option<String>,
    /// Own orders that worked when it was pulled: these were cancelled first.
    pub own: u64,
    /// Of those, orders that have not ended by our books.
    pub own_left: u64,
    /// What its run did with what the broker's list had then, when it is over.
    pub run: Option<KillRunRow>,
}

/// What the run of the kill switch did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct KillRunRow {
    /// `verified`: the broker's list was empty and stayed so. `remaining`: orders are left.
    /// `unverified`: nobody knows.
    pub verdict: &'static str,
    /// Orders found working.
    pub found: u32,
    /// Of those, gone.
    pub gone: u32,
    /// Cancels sent.
    pub cancels: u32,
    /// The report in words, with every order that is left.
    pub text: String,
}

impl TradingLine {
    /// Reads the counters. Walks open orders and positions, not the orders of the day; allocates
    /// nothing.
    pub fn of(desk: &Desk) -> Self {
        let machine = desk.machine();
        let mut net = 0i64;
        for position in machine.strategy_positions() {
            let money = money(&position.ledger, desk.gate().mark(position.instrument));
            net = net.saturating_add(money.net);
        }
        let unknown = machine.open_orders().filter(|order| order.status == OrderStatus::UNKNOWN);
        Self {
            orders: machine.orders().len() as u64,
            working: machine.open_orders().len() as u64,
            unknown: unknown.count() as u64,
            fills: desk.tally().fills,
            denials: desk.tally().denied(),
            net,
            takes_orders: machine.is_ready() && !desk.kill_switch().is_killed(),
        }
    }
}

impl TradingSummary {
    /// Reads everything. Names of strategies by their number.
    pub fn of(desk: &Desk, strategies: &[impl AsRef<str>]) -> Self {
        let reader = Reader {
            desk,
            names: strategies.iter().map(|name| name.as_ref().to_owned()).collect(),
        };
        let mut summary = Self { kill: kill(desk), ..Self::default() };
        reader.orders(&mut summary);
        reader.positions(&mut summary);
        reader.account(&mut summary);
        reader.told(&mut summary);
        summary
    }

    /// What must not be overlooked at the end of a run, in words; empty when all went well. `may_rest`:
    /// orders may be left working at the broker.
    pub fn problems(&self, may_rest: bool) -> Vec<String> {
        let mut problems = Vec::new();
        let mut add = |count: u64, what: &str| {
            if count > 0 {
                problems.push(format!("{count} {what}"));
            }
        };
        add(self.orders.unknown, "orders are unknown: look at the broker's list of open orders");
        add(self.orders.submitting, "orders were on their way when the engine ended");
        add(self.notices.ambiguous, "orders fit several of the broker's: say which, by hand");
        add(self.notices.resurfaced, "orders that were given up may be at the broker after all");
        add(self.notices.value_differs, "orders' money differs from what the broker says");
        let working = if may_rest { 0 } else { self.orders.working };
        add(working, "orders still work at the broker");
        if let Some(why) = self.halted {
            problems.push(format!("the order machine is halted: {}", why.words()));
        }
        if self.rounds.last == Some("failed") {
            problems
                .push("the last reconciliation failed: positions may be out of date".to_owned());
        }
        if let Some(run) = self.kill.run.as_ref().filter(|run| run.verdict != "verified") {
            let verdict = run.verdict;
            problems.push(format!("the kill switch could not prove that nothing works: {verdict}"));
        }
        problems
    }
}

/// Walks a desk.
struct Reader<'d> {
    desk: &'d Desk,
    names: Vec<String>,
}

impl Reader<'_> {
    fn name(&self, strategy: u16) -> String {
        self.names.get(usize::from(strategy)).cloned().unwrap_or_else(|| format!("#{strategy}"))
    }

    fn code(&self, instrument: InstrumentId) -> String {
        self.desk.machine().code(instrument).as_str().to_owned()
    }

    /// Orders, requests, what was traded, what still works.
    fn orders(&self, summary: &mut TradingSummary) {
        let machine = self.desk.machine();
        let blank = |name: &String| StrategyResult { name: name.clone(), ..Default::default() };
        summary.strategies = self.names.iter().map(blank).collect();
        for order in machine.orders() {
            let fills = machine.fills(order.id).count() as u64;
            summary.orders.count(order.status);
            summary.total.traded.add(order, fills);
            // A strategy of an earlier run of the day may not be in this one.
            let number = usize::from(order.strategy);
            while summary.strategies.len() <= number {
                let name = self.name(summary.strategies.len() as u16);
                summary.strategies.push(StrategyResult { name, ..Default::default() });
            }
            let strategy = &mut summary.strategies[number];
            strategy.orders.count(order.status);
            strategy.result.traded.add(order, fills);
        }
        for (_, request, _) in machine.requests() {
            summary.requests.count(request);
        }
        let mut working: Vec<&OrderEntry> = machine.open_orders().collect();
        working.sort_unstable_by_key(|order| (order.status != OrderStatus::UNKNOWN, order.ts_sent));
        summary.working = working.into_iter().map(|order| self.working(order)).collect();
    }

    fn working(&self, order: &OrderEntry) -> WorkingRow {
        let machine = self.desk.machine();
        WorkingRow {
            order: order.id.0,
            numbers: machine.open_numbers(order.id).map(|number| number.to_string()).collect(),
            strategy: self.name(order.strategy),
            code: self.code(order.request.instrument),
            venue: order.request.venue.name(),
            side: order.request.side.name(),
            price: order.request.price.get().filter(|price| *price > 0),
            filled: order.cumulative.raw(),
            leaves: machine.leaves(order.id).raw(),
            status: order.status.name(),
        }
    }

    fn positions(&self, summary: &mut TradingSummary) {
        let mut positions: Vec<_> = self.desk.machine().strategy_positions().iter().collect();
        positions.sort_by_key(|position| (position.strategy, position.instrument.0));
        for position in positions {
            let ledger = &position.ledger;
            if *ledger == Ledger::default() {
                continue;
            }
            let mark = self.desk.gate().mark(position.instrument);
            let money = money(ledger, mark);
            summary.total.money.add(&money);
            let number = usize::from(position.strategy);
            if let Some(strategy) = summary.strategies.get_mut(number) {
                strategy.result.money.add(&money);
            }
            summary.positions.push(PositionRow {
                strategy: self.name(position.strategy),
                code: self.code(position.instrument),
                quantity: ledger.quantity.raw(),
                average_price: ledger.average_price().get(),
                mark: mark.get(),
                bought: ledger.bought.raw(),
                sold: ledger.sold.raw(),
                money,
            });
        }
    }

    fn account(&self, summary: &mut TradingSummary) {
        let machine = self.desk.machine();
        for (index, account) in machine.account_positions().iter().enumerate() {
            let ledger = &account.ledger;
            if *ledger == Ledger::default() {
                continue;
            }
            let instrument = InstrumentId(index as u16);
            let mark = self.desk.gate().mark(instrument);
            let money = money(ledger, mark);
            summary.account_total.add(&money);
            summary.account.push(AccountRow {
                code: self.code(instrument),
                quantity: ledger.quantity.raw(),
                unowned: machine.unowned(instrument).raw(),
                sellable: account.sellable.get(),
                average_price: ledger.average_price().get(),
                mark: mark.get(),
                confirmed: account.known,
                money,
            });
        }
        summary.cash = machine.cash().map(|cash| CashRow {
            deposit: cash.deposit.get(),
            orderable: cash.orderable.get(),
            deposit_d2: cash.deposit_d2.get(),
        });
    }

    /// What was refused, and what went wrong.
    fn told(&self, summary: &mut TradingSummary) {
        let tally = self.desk.tally();
        let mut denials: BTreeMap<&'static str, DenialRow> = BTreeMap::new();
        for (refusal, count) in tally.denials() {
            let reason = refusal.name();
            let row = denials.entry(reason).or_insert_with(|| DenialRow {
                reason,
                text: refusal.to_string(),
                count: 0,
            });
            row.count += count;
        }
        summary.denials = denials.into_values().collect();
        summary.denials.sort_by_key(|row| std::cmp::Reverse(row.count));
        summary.replaces_refused = tally.replaces_refused;
        summary.cancels_refused = tally.cancels_refused;
        let rounds = &tally.rounds;
        summary.rounds = RoundsRow {
            begun: rounds.begun,
            completed: rounds.completed,
            failed: rounds.failed,
            last: rounds.last_complete.map(|whole| if whole { "complete" } else { "failed" }),
            last_at: rounds.last_ended.is_set().then(|| rounds.last_ended.raw()),
        };
        summary.notices = tally.notices.into();
        summary.differences = tally.differences;
        summary.halts = tally.halts;
        summary.halted = self.desk.machine().halted();
        summary.told = tally.told().map(|(ts, told)| told_row(*ts, told)).collect();
        debug_assert!(summary.told.len() <= TOLD_MAX, "the desk keeps the newest ones only");
    }
}

impl Orders {
    fn count(&mut self, status: OrderStatus) {
        self.total += 1;
        let counter = match status {
            OrderStatus::FILLED => &mut self.filled,
            OrderStatus::CANCELLED => &mut self.cancelled,
            OrderStatus::WORKING | OrderStatus::PARTIALLY_FILLED => &mut self.working,
            OrderStatus::SUBMITTING => &mut self.submitting,
            OrderStatus::REJECTED => &mut self.rejected,
            // The machine has no other; one of a later version is not known to be over.
            _ => &mut self.unknown,
        };
        *counter += 1;
    }
}

impl Requests {
    fn count(&mut self, request: &RequestState) {
        self.written += u64::from(request.ts_written.is_set());
        let counter = match request.kind {
            RequestKind::New => &mut self.new,
            RequestKind::Replace => &mut self.replace,
            RequestKind::Cancel => &mut self.cancel,
        };
        *counter += 1;
        match request.stage {
            RequestStage::Refused => self.refused += 1,
            RequestStage::Unknown => self.unknown += 1,
            _ => {}
        }
    }
}

impl Traded {
    fn add(&mut self, order: &OrderEntry, fills: u64) {
        self.fills += fills;
        let (shares, value) = (order.cumulative.raw(), order.value.raw());
        if order.request.side == Side::BUY {
            self.bought += shares;
            self.bought_value += value;
        } else {
            self.sold += shares;
            self.sold_value += value;
        }
    }
}

impl Money {
    /// Profit of a strategy today. Walks the positions, allocates nothing.
    pub fn of_strategy(desk: &Desk, strategy: u16) -> Self {
        let positions = desk.machine().strategy_positions().iter();
        let mut sum = Self::default();
        for position in positions.filter(|position| position.strategy == strategy) {
            sum.add(&money(&position.ledger, desk.gate().mark(position.instrument)));
        }
        sum
    }

    /// Profit of the account today, other hands and shares of earlier days included. Walks the
    /// instruments, allocates nothing.
    pub fn of_account(desk: &Desk) -> Self {
        let mut sum = Self::default();
        for (index, account) in desk.machine().account_positions().iter().enumerate() {
            if account.ledger != Ledger::default() {
                let mark = desk.gate().mark(InstrumentId(index as u16));
                sum.add(&money(&account.ledger, mark));
            }
        }
        sum
    }

    /// The same as strategies are told it.
    pub fn to_pnl(&self) -> Pnl {
        let [realised, open, fees, tax] =
            [self.realised, self.open, self.fees, self.tax].map(Notional::new);
        Pnl::new(realised, open, fees, tax, u32::try_from(self.unpriced).unwrap_or(u32::MAX))
    }

    /// Adds another one.
    fn add(&mut self, other: &Self) {
        self.realised += other.realised;
        self.open += other.open;
        self.fees += other.fees;
        self.tax += other.tax;
        self.net += other.net;
        self.unpriced += other.unpriced;
    }
}

fn money(ledger: &Ledger, mark: Price) -> Money {
    let held = ledger.quantity.raw() != 0;
    let priced = mark.is_set();
    let open = if held && priced { ledger.open_profit(mark).raw() } else { 0 };
    let (realised, fees, tax) = (ledger.realised.raw(), ledger.fees.raw(), ledger.taxes.raw());
    let net = realised + open - fees - tax;
    Money { realised, open, fees, tax, net, unpriced: u64::from(held && !priced) }
}

fn kill(desk: &Desk) -> KillRow {
    let switch = desk.kill_switch();
    let state = match switch.state() {
        KillState::Armed => "armed",
        KillState::Killing => "killing",
        KillState::Latched => "latched",
    };
    let run = switch.report().map(|report| KillRunRow {
        verdict: match report.verdict {
            Verdict::Verified => "verified",
            Verdict::Remaining => "remaining",
            Verdict::Unverified => "unverified",
        },
        found: report.found,
        gone: report.gone,
        cancels: report.cancels,
        text: report.to_string(),
    });
    let own = desk.own_orders_at_kill();
    let orders = desk.machine().orders();
    let left = orders.iter().filter(|order| !order.status.is_final()).count() as u64;
    let own_left = if own > 0 { left } else { 0 };
    KillRow { state, why: switch.record().map(ToString::to_string), own, own_left, run }
}

impl From<Notices> for NoticesRow {
    fn from(notices: Notices) -> Self {
        let Notices {
            foreign,
            ambiguous,
            resurfaced,
            value_differs,
            late_fills,
            base_differs,
            doubts,
        } = notices;
        Self { foreign, ambiguous, resurfaced, value_differs, late_fills, base_differs, doubts }
    }
}

fn told_row(ts: UnixNanos, told: &Told) -> ToldRow {
    let (kind, text) = match told {
        Told::Difference(difference) => ("difference", difference_text(difference)),
        Told::Notice(notice) => ("notice", notice_text(notice)),
        Told::Halt(why) => ("halt", format!("no new orders: {}", why.words())),
    };
    ToldRow { ts: ts.raw(), kind, text }
}

fn difference_text(difference: &Difference) -> String {
    match difference {
        Difference::Fills { number, ours, theirs } => {
            format!("order {number}: {ours} filled by our books, {theirs} by the broker's")
        }
        Difference::Ended { number, ours } => {
            format!("order {number}: {ours} open by our books, not open at the broker")
        }
        Difference::Leaves { number, ours, theirs } => {
            format!("order {number}: {ours} open by our books, {theirs} by the broker's")
        }
        Difference::Foreign { number } => format!("order {number} is of no strategy"),
        Difference::Found { number } => {
            format!("an order without an answer is at the broker: {number}")
        }
        Difference::NoTrace { request } => {
            format!("request {} without an answer left no trace at the broker", request.0)
        }
        Difference::Position { symbol, ours, theirs } => {
            format!("{}: {ours} held by our books, {theirs} by the broker's", symbol.as_str())
        }
    }
}

fn notice_text(notice: &Notice) -> String {
    match notice {
        Notice::Foreign { number } => format!("order {number} is of no strategy"),
        Notice::Ambiguous { order } => {
            format!("order {} fits several of the broker's: say which, by hand", order.0)
        }
        Notice::Resurfaced { order, number } => {
            format!("order {} was given up, and {number} looks just like it", order.0)
        }
        Notice::ValueDiffers { number, ours, theirs } => {
            format!("order {number}: {ours} won by its fills, {theirs} won by the broker")
        }
        Notice::LateFill { number } => format!("order {number} filled after its end"),
        Notice::BaseDiffers { number } => {
            format!("order {number}: the first number of its chain differs")
        }
        Notice::Doubt { number, why } => format!("order {number} is in doubt: {}", why.words()),
    }
}
