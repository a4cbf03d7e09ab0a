//! The trading of a day for a person, at most [`WIDTH`] characters wide: first what it earned and what
//! needs a hand, then what is held, then the rest.

use super::table::{Align, Table};
use crate::desk::{
    AccountRow, Money, Orders, PositionRow, StrategyResult, TradingResult, TradingSummary,
    WorkingRow,
};
use crate::telemetry::group;
use std::fmt::Write;
use strategy_api::UnixNanos;

/// Longest line, characters.
pub(super) const WIDTH: usize = 100;

/// Rows of working orders that are shown; all of them are in the JSON.
const WORKING_MAX: usize = 20;
/// Rows of positions that are shown.
const POSITIONS_MAX: usize = 40;
/// Words of the machine that are shown, the newest.
const TOLD_MAX: usize = 10;

/// The summary for a person.
pub fn render_trading(summary: &TradingSummary) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_all(summary, &mut out);
    out
}

/// An amount with its sign, grouped: `-1,234,567`.
pub fn won(amount: i64) -> String {
    let digits = group(amount.unsigned_abs());
    if amount < 0 { format!("-{digits}") } else { digits }
}

fn write_all(summary: &TradingSummary, out: &mut String) -> std::fmt::Result {
    write_head(summary, out)?;
    write_working(&summary.working, out)?;
    write_trouble(summary, out)?;
    write_strategies(&summary.strategies, &summary.total, &summary.orders, out)?;
    write_positions(&summary.positions, out)?;
    write_account(summary, out)?;
    write_denials(summary, out)
}

/// One figure a line, and what it is made of.
fn write_head(summary: &TradingSummary, out: &mut String) -> std::fmt::Result {
    let (traded, money) = (&summary.total.traded, &summary.total.money);
    let requests = &summary.requests;
    let (held, held_text) = held(summary);
    let mut lines = vec![
        ("net", signed(money.net), parts(money)),
        ("bought", won(traded.bought_value), count(traded.bought, "share")),
        ("sold", won(traded.sold_value), count(traded.sold, "share")),
        ("held", won(held), held_text),
    ];
    if let Some(cash) = &summary.cash {
        let (orderable, d2) = (amount(cash.orderable), amount(cash.deposit_d2));
        let text = format!("orderable {orderable}, D+2 {d2}");
        lines.push(("cash", amount(cash.deposit), text));
    }
    let sent_text = format!(
        "of {} new, {}, {}; {} refused or not sent, {} unknown",
        group(requests.new),
        count(requests.replace, "replace"),
        count(requests.cancel, "cancel"),
        group(requests.refused),
        group(requests.unknown)
    );
    lines.push(("orders", group(summary.orders.total), orders_text(&summary.orders)));
    lines.push(("fills", group(traded.fills), String::new()));
    lines.push(("sent", group(requests.written), sent_text));
    lines.push(("rounds", group(summary.rounds.begun), rounds_text(summary)));
    let width = lines.iter().map(|(_, figure, _)| figure.chars().count()).max().unwrap_or(0);
    writeln!(out, "Trading today, in won:")?;
    for (what, figure, text) in lines {
        write!(out, "  {what:8}  {figure:>width$}  ")?;
        wrapped(&text, width + 14, out)?;
    }
    Ok(())
}

/// Worth of what the strategies hold, and how many positions that is.
fn held(summary: &TradingSummary) -> (i64, String) {
    let held = summary.positions.iter().filter(|row| row.quantity != 0);
    let (mut positions, mut worth) = (0u64, 0i64);
    for row in held {
        positions += 1;
        worth += worth_of(row.quantity, row.mark.or(row.average_price));
    }
    (worth, count(positions, "position"))
}

/// Reconciliations with the broker's books.
fn rounds_text(summary: &TradingSummary) -> String {
    let rounds = &summary.rounds;
    let last = match (rounds.last, rounds.last_at) {
        (Some("complete"), Some(at)) => format!("last one at {}", clock(at)),
        (Some(_), Some(at)) => format!("last FAILED at {}", clock(at)),
        _ => "none has ended".to_owned(),
    };
    let differences = match summary.differences {
        0 => "nothing corrected".to_owned(),
        differences => format!("{} corrected", count(differences, "difference")),
    };
    format!(
        "{} complete, {} failed, {differences}; {last}",
        group(rounds.completed),
        group(rounds.failed),
    )
}

fn orders_text(orders: &Orders) -> String {
    let parts = [
        (orders.filled, "filled"),
        (orders.cancelled, "cancelled"),
        (orders.rejected, "rejected"),
        (orders.working, "STILL WORKING"),
        (orders.submitting, "ON THEIR WAY"),
        (orders.unknown, "UNKNOWN"),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> =
        parts.map(|(count, what)| format!("{} {what}", group(count))).collect();
    parts.join(", ")
}

fn parts(money: &Money) -> String {
    let mut text = format!(
        "realised {}, open {}, fees {}, tax {}",
        signed(money.realised),
        signed(money.open),
        won(-money.fees),
        won(-money.tax)
    );
    if money.unpriced > 0 {
        let _ = write!(text, " ({} without a price)", count(money.unpriced, "position"));
    }
    text
}

fn amount(amount: Option<i64>) -> String {
    amount.map_or_else(|| "-".to_owned(), won)
}

/// `1 share`, `2 shares`.
fn count(number: impl TryInto<i64>, what: &str) -> String {
    // A count beyond 64 bits does not occur.
    let number = number.try_into().unwrap_or(i64::MAX);
    format!("{} {what}{}", won(number), if number == 1 { "" } else { "s" })
}

/// What may still fill, so that a person can cancel it by hand.
fn write_working(rows: &[WorkingRow], out: &mut String) -> std::fmt::Result {
    if rows.is_empty() {
        return writeln!(out, "\nNo order is open, by our books.");
    }
    writeln!(out, "\nSTILL OPEN at the broker, by our books:")?;
    let mut table = Table::new(&[
        ("number", Align::Left),
        ("strategy", Align::Left),
        ("code", Align::Left),
        ("venue", Align::Left),
        ("side", Align::Left),
        ("price", Align::Right),
        ("filled", Align::Right),
        ("open", Align::Right),
        ("status", Align::Left),
    ]);
    for row in rows.iter().take(WORKING_MAX) {
        table.row([
            if row.numbers.is_empty() { "none yet".to_owned() } else { row.numbers.join(" ") },
            row.strategy.clone(),
            row.code.clone(),
            row.venue.to_owned(),
            row.side.to_owned(),
            price(row.price),
            won(row.filled),
            won(row.leaves),
            row.status.replace('_', " "),
        ]);
    }
    table.write(out);
    more(rows.len(), WORKING_MAX, out)
}

/// Kill switch, halts, differences, notices: nothing when there were none.
fn write_trouble(summary: &TradingSummary, out: &mut String) -> std::fmt::Result {
    let kill = &summary.kill;
    if let Some(why) = &kill.why {
        writeln!(out)?;
        wrapped(&format!("KILL SWITCH {}: {why}", kill.state), 2, out)?;
        if kill.own > 0 {
            let (own, gone) = (kill.own, kill.own.saturating_sub(kill.own_left));
            writeln!(
                out,
                "  Own orders that worked: {own}; ended: {gone}. Then what the broker's list had:"
            )?;
        }
        if let Some(run) = &kill.run {
            for line in run.text.lines() {
                out.push_str("  ");
                wrapped(line, 4, out)?;
            }
        } else if kill.state == "killing" {
            writeln!(out, "  orders are still being cancelled")?;
        }
    }
    if let Some(why) = summary.halted {
        writeln!(out, "\nHALTED, no new orders: {}", why.words())?;
    }
    if summary.told.is_empty() {
        return Ok(());
    }
    let notices = &summary.notices;
    let counts = [
        (summary.differences, "difference"),
        (notices.ambiguous, "ambiguous order"),
        (notices.resurfaced, "resurfaced order"),
        (notices.foreign, "foreign order"),
        (notices.value_differs, "differing value"),
        (notices.late_fills, "late fill"),
        (notices.base_differs, "differing chain"),
        (notices.doubts, "doubt"),
        (summary.halts, "halt"),
    ];
    let counts = counts.into_iter().filter(|(number, _)| *number > 0);
    let counts: Vec<String> = counts.map(|(number, what)| count(number, what)).collect();
    writeln!(out)?;
    wrapped(&format!("Noticed: {}", counts.join(", ")), 2, out)?;
    let skipped = summary.told.len().saturating_sub(TOLD_MAX);
    for row in &summary.told[skipped..] {
        wrapped(&format!("  {} {:10} {}", clock(row.ts), row.kind, row.text), 22, out)?;
    }
    if skipped > 0 {
        writeln!(out, "  and {skipped} before; see summary.json and the journal")?;
    }
    Ok(())
}

fn write_strategies(
    rows: &[StrategyResult],
    total: &TradingResult,
    orders: &Orders,
    out: &mut String,
) -> std::fmt::Result {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nBy strategy, in won:")?;
    let mut table = Table::new(&[
        ("strategy", Align::Left),
        ("orders", Align::Right),
        ("fills", Align::Right),
        ("turnover", Align::Right),
        ("realised", Align::Right),
        ("open", Align::Right),
        ("fees+tax", Align::Right),
        ("net", Align::Right),
    ]);
    let mut add = |name: &str, orders: &Orders, result: &TradingResult| {
        let (traded, money) = (&result.traded, &result.money);
        table.row([
            name.to_owned(),
            group(orders.total),
            group(traded.fills),
            won(traded.bought_value + traded.sold_value),
            signed(money.realised),
            signed(money.open),
            won(money.fees + money.tax),
            signed(money.net),
        ]);
    };
    rows.iter().for_each(|row| add(&row.name, &row.orders, &row.result));
    if rows.len() > 1 {
        add("all", orders, total);
    }
    table.write(out);
    Ok(())
}

fn write_positions(rows: &[PositionRow], out: &mut String) -> std::fmt::Result {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nPositions, in won:")?;
    let mut table = Table::new(&[
        ("strategy", Align::Left),
        ("code", Align::Left),
        ("bought", Align::Right),
        ("sold", Align::Right),
        ("held", Align::Right),
        ("average", Align::Right),
        ("last", Align::Right),
        ("realised", Align::Right),
        ("open", Align::Right),
        ("net", Align::Right),
    ]);
    // What is held stands before what is closed.
    let (held, closed): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.quantity != 0);
    for row in held.into_iter().chain(closed).take(POSITIONS_MAX) {
        table.row([
            row.strategy.clone(),
            row.code.clone(),
            won(row.bought),
            won(row.sold),
            won(row.quantity),
            price(row.average_price),
            price(row.mark),
            signed(row.money.realised),
            if row.money.unpriced > 0 { "-".to_owned() } else { signed(row.money.open) },
            signed(row.money.net),
        ]);
    }
    table.write(out);
    more(rows.len(), POSITIONS_MAX, out)
}

/// The account, where it differs from what the strategies have: shares of other hands and other days.
fn write_account(summary: &TradingSummary, out: &mut String) -> std::fmt::Result {
    let others: Vec<&AccountRow> =
        summary.account.iter().filter(|row| row.unowned != 0 || !row.confirmed).collect();
    let money = &summary.account_total;
    let is_same = *money == summary.total.money;
    if others.is_empty() && is_same {
        return Ok(());
    }
    writeln!(out, "\nAccount, other hands and earlier days included, in won:")?;
    wrapped(&format!("  net {}: {}", signed(money.net), parts(money)), 2, out)?;
    if others.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(&[
        ("code", Align::Left),
        ("held", Align::Right),
        ("of no strategy", Align::Right),
        ("sellable", Align::Right),
        ("average", Align::Right),
        ("last", Align::Right),
        ("open", Align::Right),
        ("told by the broker", Align::Left),
    ]);
    for row in others.iter().take(POSITIONS_MAX) {
        table.row([
            row.code.clone(),
            won(row.quantity),
            won(row.unowned),
            row.sellable.map_or_else(|| "-".to_owned(), won),
            price(row.average_price),
            price(row.mark),
            if row.money.unpriced > 0 { "-".to_owned() } else { signed(row.money.open) },
            if row.confirmed { "yes" } else { "not yet" }.to_owned(),
        ]);
    }
    table.write(out);
    more(others.len(), POSITIONS_MAX, out)
}

fn write_denials(summary: &TradingSummary, out: &mut String) -> std::fmt::Result {
    let total: u64 = summary.denials.iter().map(|row| row.count).sum();
    let (replaces, cancels) = (summary.replaces_refused, summary.cancels_refused);
    if total + replaces + cancels == 0 {
        return Ok(());
    }
    writeln!(out, "\nDenied by the engine, never sent: {}", group(total))?;
    let mut table =
        Table::new(&[("reason", Align::Left), ("times", Align::Right), ("", Align::Left)]);
    for row in &summary.denials {
        table.row([row.reason.to_owned(), group(row.count), row.text.clone()]);
    }
    if !summary.denials.is_empty() {
        table.write(out);
    }
    if replaces + cancels > 0 {
        let (replaces, cancels) = (count(replaces, "replace"), count(cancels, "cancel"));
        writeln!(out, "  refused by the broker: {replaces}, {cancels}")?;
    }
    Ok(())
}

fn more(rows: usize, shown: usize, out: &mut String) -> std::fmt::Result {
    if rows > shown {
        writeln!(out, "  and {} more; all are in summary.json", rows - shown)?;
    }
    Ok(())
}

fn price(price: Option<i32>) -> String {
    price.map_or_else(|| "-".to_owned(), |price| won(price.into()))
}

/// With a plus where it is a gain.
fn signed(amount: i64) -> String {
    if amount > 0 { format!("+{}", won(amount)) } else { won(amount) }
}

fn worth_of(quantity: i64, price: Option<i32>) -> i64 {
    quantity.saturating_mul(price.unwrap_or(0).into())
}

/// Clock in Korea.
fn clock(ts: u64) -> String {
    UnixNanos::new(ts).time_of_day_kst().to_string()
}

/// A line, broken between words so that it fits; what follows is moved in.
fn wrapped(line: &str, indent: usize, out: &mut String) -> std::fmt::Result {
    let start = out.rfind('\n').map_or(0, |at| at + 1);
    let mut width = out[start..].chars().count();
    let mut first = true;
    for word in line.split(' ') {
        let length = word.chars().count();
        if !first && width + 1 + length > WIDTH {
            write!(out, "\n{:indent$}", "")?;
            width = indent;
        } else if !first {
            out.push(' ');
            width += 1;
        }
        out.push_str(word);
        width += length;
        first = false;
    }
    while out.ends_with(' ') {
        out.pop();
    }
    writeln!(out)
}

#[cfg(test)]
#[path = "trading_tests.rs"]
mod tests;
