//! The report for people.

use super::clients::Client;
use super::joined::Percentiles;
use super::report::{Goal, Report, Row, ScenarioReport, Spread};
use engine::run::hops;
use std::fmt::Write;

const BEWARE: &str = "the machine was busy with other things: a client that polls loses its core to \
     them, one that sleeps wakes up faster than on a quiet machine; ratios come out lower than they are";

/// The whole report as text.
pub fn render(report: &Report) -> String {
    let mut text = String::from("Conditions\n");
    text += &report.conditions.text();
    let _ = writeln!(text, "  {:<13}{}", "end point", report.end_point);
    if report.scenarios.iter().flat_map(|one| &one.clients).any(|row| row.orders.is_some()) {
        let _ = writeln!(text, "  {:<13}{}", "of an order", report.trade_end_point);
    }
    if report.conditions.is_busy() {
        let _ = writeln!(text, "  {:<13}{}", "beware", BEWARE);
    }
    for (client, why) in &report.skipped {
        let _ = writeln!(text, "  {:<13}{}: {why}", "left out", client.name());
    }
    for scenario in &report.scenarios {
        render_scenario(&mut text, scenario, report);
    }
    for reference in [Client::Engine, Client::EngineThreads] {
        let goals = report.goals.iter().filter(|goal| goal.client == reference);
        render_goals(&mut text, reference, goals);
    }
    text
}

fn render_goals<'r>(text: &mut String, client: Client, goals: impl Iterator<Item = &'r Goal>) {
    let mut goals = goals.peekable();
    if goals.peek().is_some() {
        let _ = writeln!(text, "\nGoals of {} (median of rounds, least to most)", client.name());
    }
    for goal in goals {
        let sign = if goal.at_most { "<=" } else { ">=" };
        let verdict = match goal.is_met() {
            Some(true) => "met",
            Some(false) => "missed",
            None => "not measured",
        };
        let reached = goal.reached.map_or_else(String::new, spread);
        let wanted = format!("{sign} {}", goal.wanted);
        let _ = writeln!(text, "  {:<36} {wanted:>10}  {verdict:<13}{reached}", goal.what);
    }
}

fn render_scenario(text: &mut String, scenario: &ScenarioReport, report: &Report) {
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(text, "\n{} ({} rounds)", scenario.title, report.rounds);
    let _ = writeln!(
        text,
        "  {:<14}{:>9}{:>6}  {:>37}  {:>37}  {:>13}{:>10}",
        "", "", "", "from the intended time, µs", "from the write, µs", "CPU/frame, µs", "frames/s"
    );
    let percentiles = "     p50      p99    p99.9       max";
    let _ = writeln!(
        text,
        "  {:<14}{:>9}{:>6}  {percentiles:>37}  {percentiles:>37}  {:>13}",
        "client", "frames", "holes", "user   system"
    );
    for row in &scenario.clients {
        let _ = writeln!(
            text,
            "  {:<14}{:>9}{:>6}  {:>37}  {:>37}  {:>6.1}{:>7.1}{:>10.0}",
            row.client.name(),
            row.measured,
            row.holes,
            micros(&row.intended),
            micros(&row.write),
            row.user_nanos_each / 1e3,
            row.system_nanos_each / 1e3,
            row.rate
        );
    }
    if !scenario.ratios.is_empty() {
        let reference = report.reference.name();
        let _ = writeln!(text, "  times {reference}: median of rounds (least to most)");
        for ratios in &scenario.ratios {
            let _ = writeln!(
                text,
                "  {:<14}intended p50 {:<24} p99 {:<24} write p50 {:<24} CPU {}",
                ratios.client.name(),
                spread(ratios.intended_p50),
                spread(ratios.intended_p99),
                spread(ratios.write_p50),
                spread(ratios.processor)
            );
        }
    }
    render_orders(text, scenario);
    let of_sender = |pick: fn(&Row) -> Percentiles| {
        let figures = scenario.clients.iter().map(|row| {
            let figure = pick(row);
            let (p50, p99) = (figure.p50 as f64 / 1e3, figure.p99 as f64 / 1e3);
            format!("{} {p50:.2}/{p99:.1}", row.client.name())
        });
        figures.collect::<Vec<_>>().join("  ")
    };
    let _ = writeln!(text, "  sender late, p50/p99 µs: {}", of_sender(|row| row.lateness));
    let _ = writeln!(text, "  sender's write, p50/p99 µs: {}", of_sender(|row| row.delivery));
    for row in scenario.clients.iter().filter(|row| !row.hops.is_empty()) {
        let _ = writeln!(text, "  {}", own_hops(row));
        if let Some(split) = split(row) {
            let _ = writeln!(text, "  {split}");
        }
    }
}

/// The orders, where there are some.
fn render_orders(text: &mut String, scenario: &ScenarioReport) {
    let rows = || scenario.clients.iter().filter_map(|row| Some((row.client, row.orders?)));
    if rows().next().is_none() {
        return;
    }
    let _ = writeln!(
        text,
        "  {:<14}{:>9}{:>9}  {:>37}   times: p50, p99",
        "tick to trade", "markers", "orders", "µs:  p50      p99    p99.9       max"
    );
    for (client, orders) in rows() {
        let ratios = scenario.ratios.iter().find(|ratios| ratios.client == client);
        let ratios = ratios.map_or_else(String::new, |ratios| {
            format!("{}, {}", spread(ratios.trade_p50), spread(ratios.trade_p99))
        });
        let _ = writeln!(
            text,
            "  {:<14}{:>9}{:>9}  {:>37}   {ratios}",
            client.name(),
            orders.wanted,
            orders.arrived,
            micros(&orders.tick_to_trade)
        );
    }
}

/// The engine's own split of the way, in one line.
fn own_hops(row: &Row) -> String {
    let mut text = format!("{}, p50/p99 µs:", row.client.name());
    for hop in &row.hops {
        let (p50, p99) = (hop.p50 as f64 / 1e3, hop.p99 as f64 / 1e3);
        let _ = write!(text, "  {} {p50:.2}/{p99:.2}", hop.name);
    }
    text
}

/// The way of an order through the engine, part by part, until its last byte is written.
const PARTS: [&str; 6] = [
    hops::KERNEL_TO_READ,
    hops::READ_TO_PUBLISHED,
    hops::PUBLISHED_TO_STRATEGY,
    hops::SUBMIT_TO_GATE,
    hops::GATE_TO_JOURNALED,
    hops::JOURNALED_TO_WRITTEN,
];

/// How the parts add up to the whole. The first three are of all frames, the others of orders; medians do
/// not add up exactly, so what is left (the strategy's decision is in it) is shown as well.
fn split(row: &Row) -> Option<String> {
    let p50 = |name: &str| {
        let hop = row.hops.iter().find(|hop| hop.name == name)?;
        Some(hop.p50 as f64 / 1e3)
    };
    let whole = p50(hops::TICK_TO_WRITTEN)?;
    let outside = row.orders?.tick_to_trade.p50 as f64 / 1e3 - whole;
    let mut text = format!("{}, an order's way, p50 µs:", row.client.name());
    let mut sum = 0.0;
    for (place, name) in PARTS.iter().enumerate() {
        let part = p50(name)?;
        sum += part;
        let plus = if place > 0 { " + " } else { " " };
        let _ = write!(text, "{plus}{name} {part:.2}");
    }
    let left = whole - sum;
    let _ =
        write!(text, " + decision, rest {left:.2} = {whole:.2}; before and behind {outside:.2}");
    Some(text)
}

fn micros(percentiles: &Percentiles) -> String {
    let Percentiles { p50, p99, p999, max, .. } = *percentiles;
    let [p50, p99, p999, max] = [p50, p99, p999, max].map(|nanos| nanos as f64 / 1e3);
    format!("{p50:8.2} {p99:8.1} {p999:8.1} {max:9.1}")
}

fn spread(spread: Spread) -> String {
    let Spread { median, min, max } = spread;
    if median >= 1_000.0 {
        return format!("{median:.0} ({min:.0} to {max:.0})");
    }
    format!("{median:.2} ({min:.2} to {max:.2})")
}
