//! The summary of a day against the broker's own books and against what the strategies were told.

use crate::rig::{Rig, STRATEGIES};
use engine::desk::{TradingLine, TradingSummary};
use engine::run::summary::render_trading;
use std::collections::{BTreeMap, HashMap, HashSet};
use strategy_api::{OrderEvent, Refusal, Side};

/// Every figure of the summary, once the books agree.
///
/// # Errors
/// The first figure that is not what it should be.
pub(crate) fn check(rig: &Rig) -> Result<(), String> {
    let names: Vec<String> = (0..STRATEGIES).map(|n| format!("strategy-{n}")).collect();
    let summary = TradingSummary::of(&rig.desk, &names);
    let equal = |what: &str, ours: i64, theirs: i64| {
        if ours == theirs { Ok(()) } else { Err(format!("summary: {what}: {ours}, not {theirs}")) }
    };
    let orders = &summary.orders;
    let by_status = orders.filled + orders.cancelled + orders.rejected + orders.working;
    let by_status = by_status + orders.submitting + orders.unknown;
    equal("orders by status", by_status as i64, orders.total as i64)?;
    equal("orders", orders.total as i64, rig.desk.machine().orders().len() as i64)?;
    let total = &summary.total;
    // Shares and fills by the broker's books.
    let books = rig.exchange.books();
    let machine = rig.desk.machine();
    let sides: HashMap<u32, Side> = machine
        .orders()
        .iter()
        .flat_map(|order| machine.numbers(order.id).map(|n| (n.get(), order.request.side)))
        .collect();
    let (mut bought, mut sold, mut money) = (0, 0, 0);
    for fill in &books.fills {
        if sides.get(&fill.order.0) == Some(&Side::BUY) {
            bought += fill.quantity;
            money -= fill.quantity * fill.price;
        } else {
            sold += fill.quantity;
            money += fill.quantity * fill.price;
        }
    }
    equal("bought", total.traded.bought, bought)?;
    equal("sold", total.traded.sold, sold)?;
    let ours = total.traded.sold_value - total.traded.bought_value;
    // What only a list told has an average price, rounded.
    if (ours - money).abs() > bought + sold {
        return Err(format!("summary: money {ours}, theirs {money}"));
    }
    // Profit is the money that changed hands and what is held, less what it cost.
    let mut worth = 0;
    for row in &summary.positions {
        worth += row.quantity * i64::from(row.mark.unwrap_or(0));
        if row.quantity != row.bought - row.sold {
            return Err(format!("summary: {row:?}"));
        }
    }
    equal("positions without a price", total.money.unpriced as i64, 0)?;
    let net = ours + worth - total.money.fees - total.money.tax;
    equal("net", total.money.net, net)?;
    let parts: i64 = summary.strategies.iter().map(|strategy| strategy.result.money.net).sum();
    equal("net of the strategies", parts, net)?;
    let fills: u64 = summary.strategies.iter().map(|strategy| strategy.result.traded.fills).sum();
    equal("fills of the strategies", fills as i64, total.traded.fills as i64)?;
    // Nobody else trades in this account. A position that the broker's books corrected costs their average
    // price, which is rounded.
    let corrected = summary.differences > 0;
    let rounding = if corrected { bought + sold } else { 0 };
    if (summary.account_total.net - net).abs() > rounding {
        equal("net of the account", summary.account_total.net, net)?;
    }
    // What still works is what the broker has.
    let theirs: HashSet<String> =
        books.open_orders.iter().map(|order| format!("{:07}", order.number.0)).collect();
    let ours: HashSet<String> =
        summary.working.iter().flat_map(|row| row.numbers.iter().cloned()).collect();
    if ours != theirs {
        return Err(format!("summary: working {ours:?}, theirs {theirs:?}"));
    }
    equal("working", summary.working.len() as i64, orders.working as i64)?;
    let line = TradingLine::of(&rig.desk);
    equal("net of the line", line.net, net)?;
    equal("working of the line", line.working as i64, orders.working as i64)?;
    if rig.tally.crashes == 0 {
        told(rig, &summary, &line)?;
    }
    let text = render_trading(&summary);
    if let Some(long) = text.lines().find(|line| line.chars().count() > 100) {
        return Err(format!("summary: longer than 100: {long}"));
    }
    Ok(())
}

/// Counters of a run against the reports of that run.
fn told(rig: &Rig, summary: &TradingSummary, line: &TradingLine) -> Result<(), String> {
    let mut denials: BTreeMap<&str, u64> = BTreeMap::new();
    for report in rig.reports.iter().filter(|report| report.refusal != 0) {
        if let Err(refusal) = Refusal::from_code(report.refusal) {
            *denials.entry(refusal.name()).or_default() += 1;
        }
    }
    let ours: BTreeMap<&str, u64> =
        summary.denials.iter().map(|row| (row.reason, row.count)).collect();
    if ours != denials || line.denials != denials.values().sum::<u64>() {
        return Err(format!("summary: denials {ours:?}, reported {denials:?}"));
    }
    let fills = rig.reports.iter().filter(|report| report.event == OrderEvent::FILLED).count();
    if line.fills != fills as u64 {
        return Err(format!("summary: {} fills, told {fills}", line.fills));
    }
    let rounds = &summary.rounds;
    if rounds.completed == 0 || rounds.completed + rounds.failed > rounds.begun {
        return Err(format!("summary: {rounds:?}"));
    }
    Ok(())
}
