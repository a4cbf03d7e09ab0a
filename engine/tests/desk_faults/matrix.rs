//! One seed: trading under faults, then quiet, reconciliation, and the comparison of the books.

use crate::rig::{CODES, MILLI, Plan, Rig, SECOND, Tally};
use crate::rng::Rng;
use engine::journal::{Entry, Head, JournalError, recover, write_entry, write_head};
use engine::kill::{KillReason, Verdict};
use engine::order::{Machine, OrderEntry};
use sim::faults::{Fault, Rule};
use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;
use strategy_api::{InstrumentId, OrderStatus};

const ORDERS: [&str; 4] = ["kt10000", "kt10001", "kt10002", "kt10003"];
const QUERIES: [&str; 4] = ["ka10075", "ka10076", "kt00018", "kt00001"];

/// The plan of a seed: some faults, each now and then.
pub(crate) fn plan(seed: u64) -> Plan {
    let mut rng = Rng::new(seed ^ 0xFA17);
    let mut faults = Vec::new();
    let millis = |n: u64| Duration::from_millis(n);
    for _ in 0..2 + rng.below(4) {
        let late = millis(50 + rng.below(6_000));
        let order = ORDERS[rng.below(4) as usize];
        let permille = 10 + rng.below(60) as u16;
        let kind = if rng.below(3) == 0 { "04" } else { "00" };
        let (fault, target) = match rng.below(15) {
            0 => (Fault::ReplyLost, order),
            1 => (Fault::ReplyLate(late), order),
            2 => (Fault::FramesFirst(millis(rng.below(200))), order),
            3 => (Fault::ResetBefore, order),
            4 => (Fault::ResetAfter, order),
            5 => (Fault::StatusBefore(503), order),
            6 => (Fault::StatusAfter(502), order),
            7 => (Fault::TooMany, order),
            8 => (Fault::TokenDead, order),
            9 => (Fault::RejectedLate, ORDERS[rng.below(2) as usize]),
            10 => (Fault::FrameLost, kind),
            11 => (Fault::FrameTwice, kind),
            12 => (Fault::FrameLate(millis(rng.below(1_500))), kind),
            13 => (Fault::Cut(rng.below(500)), kind),
            _ => (Fault::HalfOpen, kind),
        };
        let rare = matches!(fault, Fault::Cut(_) | Fault::HalfOpen);
        let permille = if rare { permille / 6 + 1 } else { permille };
        faults.push(Rule::new(fault).on(target).permille(permille));
    }
    if rng.below(3) == 0 {
        let query = QUERIES[rng.below(4) as usize];
        let fault = if rng.below(2) == 0 { Fault::TooMany } else { Fault::StatusBefore(500) };
        faults.push(Rule::new(fault).on(query).permille(300));
    }
    Plan {
        seed,
        orders_per_second: if rng.below(3) == 0 { 5 } else { 30 },
        faults,
        trading: 20 * SECOND,
        not_sent_permille: rng.below(30) as u32,
        disk_micros: 300,
    }
}

/// Runs a seed.
///
/// # Errors
/// What did not agree at the end.
pub(crate) fn run(seed: u64) -> Result<Tally, String> {
    let mut rig = Rig::new(plan(seed));
    rig.run_to(rig.now + rig.plan.trading);
    finish(&mut rig)
}

/// The same with the process killed again and again, its journal cut anywhere behind what it had been
/// told is safe.
///
/// # Errors
/// What did not agree at the end.
pub(crate) fn run_with_crashes(seed: u64) -> Result<Tally, String> {
    let mut rig = Rig::new(Plan { disk_micros: 20_000, ..plan(seed ^ 0x00C7_A500) });
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    for run in 1..=4 {
        let wait = 200 + rig.rng.below(7_000);
        rig.run_to(rig.now + wait * MILLI);
        // Better when something is on its way to the disk.
        for _ in 0..500 {
            if !rig.is_writing() {
                rig.run_to(rig.now + MILLI);
            }
        }
        rig.crash(|entries, safe, rng| {
            recovered(folder.path(), run, entries, safe, rng)
                .expect("a journal that was cut is read")
        });
    }
    rig.run_to(rig.now + 5 * SECOND);
    finish(&mut rig)
}

/// Writes the journal of a run, cut at any byte behind the safe lines, and recovers from all runs.
fn recovered(
    folder: &Path,
    run: u32,
    entries: &[Entry],
    safe: u64,
    rng: &mut Rng,
) -> Result<Machine, JournalError> {
    let strategies = (0..crate::rig::STRATEGIES).map(|n| format!("strategy-{n}")).collect();
    let codes = CODES.iter().map(ToString::to_string).collect();
    let head = Head::new(crate::rig::unix(0), strategies, codes, crate::rig::settings());
    let mut bytes = Vec::new();
    write_head(&head, &mut bytes).expect("memory takes it");
    let mut kept = bytes.len();
    for entry in entries {
        write_entry(entry, &mut bytes).expect("memory takes it");
        if entry.seq <= safe {
            kept = bytes.len();
        }
    }
    let cut = kept + rng.below((bytes.len() - kept) as u64 + 1) as usize;
    let path = folder.join(format!("orders-{}-{run:03}.jsonl", head.date));
    std::fs::write(path, &bytes[..cut]).expect("a temporary folder");
    Ok(recover(folder, &head)?.machine)
}

/// Ends trading and faults, lets everything settle, reconciles once more, compares.
///
/// # Errors
/// What did not agree at the end.
pub(crate) fn finish(rig: &mut Rig) -> Result<Tally, String> {
    rig.trading = false;
    if rig.plan.seed.is_multiple_of(5) {
        killed(rig)?;
    }
    rig.tally.faults = rig.exchange.faults_struck();
    rig.exchange.clear_faults();
    if rig.plan.seed.is_multiple_of(2) {
        for strategy in 0..crate::rig::STRATEGIES {
            rig.command(strategy, engine::gateway::CommandKind::CancelAll);
        }
    }
    settle(rig)?;
    // What the feed missed is asked for.
    rig.at(rig.now + MILLI, crate::rig::Event::FeedDown);
    rig.run_to(rig.now + 10 * MILLI);
    settle(rig)?;
    let mut told = String::new();
    // Fills go on while orders rest: the frames of the newest may be on their way.
    for _ in 0..40 {
        match compare(rig) {
            Ok(()) => return crate::figures::check(rig).map(|()| rig.tally.clone()),
            Err(why) => told = why,
        }
        rig.run_to(rig.now + 250 * MILLI);
    }
    Err(format!("{told}; {:?}; faults {:?}", rig.hands, rig.plan.faults))
}

/// The kill switch while the faults go on: what it says it has verified is so.
fn killed(rig: &mut Rig) -> Result<(), String> {
    rig.give(|desk, now, out| {
        desk.kill(now, KillReason::Command, "matrix", "", out);
    });
    for _ in 0..200 {
        rig.run_to(rig.now + 500 * MILLI);
        if rig.desk.is_latched() {
            break;
        }
    }
    let Some(report) = rig.desk.kill_switch().report() else {
        return Err("the kill has no end".to_owned());
    };
    let open = rig.exchange.open_orders();
    if report.verdict == Verdict::Verified && !open.is_empty() {
        return Err(format!("verified, and open at the broker: {open:?}"));
    }
    rig.tally.kills += 1;
    rig.tally.kills_verified += u64::from(report.verdict == Verdict::Verified);
    Ok(())
}

fn settle(rig: &mut Rig) -> Result<(), String> {
    for _ in 0..240 {
        rig.run_to(rig.now + 500 * MILLI);
        let machine = rig.desk.machine();
        let pending = machine.orders().iter().any(|order| is_pending(machine, order));
        if machine.is_ready() && rig.desk.is_quiet() && !pending && rig.feed_up {
            return Ok(());
        }
    }
    let machine = rig.desk.machine();
    let stuck: Vec<_> = machine
        .orders()
        .iter()
        .filter(|order| is_pending(machine, order))
        .map(|order| {
            let requests = machine.requests().filter(|(_, _, of)| of.id == order.id);
            (order, requests.map(|(_, request, _)| request).collect::<Vec<_>>())
        })
        .collect();
    Err(format!(
        "not quiet after two minutes: ready {}, halted {:?}, quiet {}, feed {}, stuck {stuck:?}; {:?}; \
         faults {:?}",
        machine.is_ready(),
        machine.halted(),
        rig.desk.is_quiet(),
        rig.feed_up,
        rig.hands,
        rig.plan.faults
    ))
}

/// Whether something about an order is on its way.
fn is_pending(machine: &Machine, order: &OrderEntry) -> bool {
    let unanswered = matches!(order.status, OrderStatus::SUBMITTING | OrderStatus::UNKNOWN);
    unanswered || machine.pending_changes(order.id) != (false, false)
}

/// The engine's books against the broker's.
fn compare(rig: &Rig) -> Result<(), String> {
    let machine = rig.desk.machine();
    let books = rig.exchange.books();
    let mut owner = HashMap::new();
    for order in machine.orders() {
        for number in machine.numbers(order.id) {
            if let Some(other) = owner.insert(number.get(), order) {
                return Err(format!("{number} is {:?} and {:?}", other.id, order.id));
            }
        }
    }
    // Working orders.
    let mut open: HashMap<u64, i64> = HashMap::new();
    for theirs in &books.open_orders {
        let Some(order) = owner.get(&theirs.number.0) else {
            return Err(format!("the broker has {theirs:?}, which nobody knows"));
        };
        *open.entry(order.id.0).or_default() += theirs.open;
    }
    for order in machine.orders() {
        let (ours, theirs) = (machine.leaves(order.id).raw(), open.get(&order.id.0).copied());
        let ours = if order.status.is_final() { 0 } else { ours };
        if ours != theirs.unwrap_or(0) {
            return Err(format!("open: ours {ours}, theirs {theirs:?}: {order:?}"));
        }
    }
    // Fills.
    let mut theirs: HashMap<u64, (i64, i64)> = HashMap::new();
    for fill in &books.fills {
        let Some(order) = owner.get(&fill.order.0) else {
            return Err(format!("{fill:?} is of an order that nobody knows"));
        };
        let sum = theirs.entry(order.id.0).or_default();
        sum.0 += fill.quantity;
        sum.1 += fill.quantity * fill.price;
    }
    for order in machine.orders() {
        let (quantity, value) = theirs.get(&order.id.0).copied().unwrap_or_default();
        let told = rig.fills_told.get(&order.id).copied().unwrap_or(0);
        let single: i64 = machine.fills(order.id).map(|fill| fill.quantity.raw()).sum();
        if order.cumulative.raw() != quantity || told != quantity || single != quantity {
            return Err(format!("fills: theirs {quantity}, told {told}, {single}: {order:?}"));
        }
        // A list tells the average price, rounded: what only a list told may be off by half a won a
        // share.
        if (order.value.raw() - value).abs() > quantity {
            return Err(format!("worth: theirs {value}: {order:?}"));
        }
    }
    // Positions, of the account and of the strategies.
    for (index, code) in CODES.iter().enumerate() {
        let instrument = InstrumentId(index as u16);
        let held = books.positions.iter().find(|held| held.symbol == *code);
        let theirs = held.map_or(0, |held| held.quantity);
        let ours = machine.account_position(instrument).map_or(0, |a| a.ledger.quantity.raw());
        if ours != theirs || machine.unowned(instrument).raw() != 0 {
            return Err(format!(
                "{code}: ours {ours}, theirs {theirs}, of nobody {:?}",
                machine.unowned(instrument)
            ));
        }
        for position in machine.strategy_positions() {
            if position.instrument != instrument {
                continue;
            }
            let gate = rig.desk.gate().held(position.strategy, instrument);
            if gate != position.ledger.quantity {
                return Err(format!("the gate holds {gate:?}, the machine {position:?}"));
            }
        }
    }
    // Cash: what the broker told last, once nothing has moved since.
    let told = machine.cash().map_or(0, |cash| cash.deposit_d2.raw());
    let settled = books.cash.settled;
    let fills_since = rig.desk.has_moved_since_cash();
    if told != settled && !fills_since {
        return Err(format!("cash: told {told}, theirs {settled}"));
    }
    // The gate's result of the day is that of the books, after a restart too. It takes commissions fill by
    // fill, the books order by order: each is cut down to ten won.
    for strategy in 0..crate::rig::STRATEGIES {
        let (mut books, mut slack) = (0, 0);
        for position in machine.strategy_positions() {
            if position.strategy != strategy {
                continue;
            }
            let ledger = &position.ledger;
            let mark = rig.desk.gate().mark(position.instrument).get().map_or(0, i64::from);
            books += ledger.realised.raw() + mark * ledger.quantity.raw() - ledger.cost.raw();
            books -= ledger.fees.raw() + ledger.taxes.raw();
        }
        for order in machine.orders().iter().filter(|order| order.strategy == strategy) {
            slack += 30 + 13 * machine.fills(order.id).count() as i64;
            // What only a list told may be off by half a won a share.
            slack += order.cumulative.raw();
        }
        let gate = rig.desk.gate().day_result(strategy).raw();
        if (gate - books).abs() > slack {
            return Err(format!("result of {strategy}: gate {gate}, books {books}, slack {slack}"));
        }
    }
    // The gate counts what works, and nothing else.
    let working = machine.orders().iter().filter(|order| !order.status.is_final()).count();
    if rig.desk.gate().working_orders() as usize != working {
        return Err(format!(
            "the gate counts {} working orders of {working}",
            rig.desk.gate().working_orders()
        ));
    }
    Ok(())
}
