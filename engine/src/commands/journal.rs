//! `engine journal`: a day's orders, or the life of one.

use anyhow::{Context, bail};
use engine::cli::{JournalArgs, exit};
use engine::journal::report::{self, Day, Life, OrderRow, RequestRow};
use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};
use strategy_api::UnixNanos;

/// `engine journal`.
pub(crate) fn journal(args: &JournalArgs) -> anyhow::Result<u8> {
    let path = args.path.display();
    if !args.path.exists() {
        bail!("{path} does not exist: give a journal file, or the folder that holds them");
    }
    let files = report::files_to_read(&args.path, args.day.as_deref())?;
    if files.is_empty() {
        let day = args.day.as_ref().map_or(String::new(), |day| format!(" of {day}"));
        bail!("{path} holds no journal{day} (files named orders-YYYYMMDD-NNN.jsonl)");
    }
    let text = match args.order {
        None => {
            let day = report::day(&files)?;
            if args.json { serde_json::to_string_pretty(&day)? } else { day_text(&day) }
        }
        Some(id) => {
            let life = report::life(&files, id)?
                .with_context(|| format!("no order {id} in the journal {path}"))?;
            if args.json { serde_json::to_string_pretty(&life)? } else { life_text(&life) }
        }
    };
    match writeln!(std::io::stdout(), "{}", text.trim_end()) {
        // Whoever read the output has gone (`| head`): that is no failure of ours.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(exit::FINE),
    }
}

fn day_text(day: &Day) -> String {
    let mut text = String::new();
    let (files, orders) = (day.files.len(), day.orders.len());
    let mut add = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    add(format!("{}: {orders} orders in {files} runs, {} inputs", day.date, day.inputs));
    for (path, bytes) in &day.torn {
        add(format!("{}: the last {bytes} bytes were not written whole", path.display()));
    }
    add(format!(
        "  {:<15} {:>14} {:<12} {:<8} {:<4} {:<13} {:>9} {:>7} {:>7} {:>9} {:<16} {:<9} {:>9} {:>9} {}",
        "time",
        "order",
        "strategy",
        "symbol",
        "side",
        "type",
        "price",
        "shares",
        "filled",
        "average",
        "status",
        "number",
        "ours µs",
        "broker µs",
        "reason"
    ));
    for order in &day.orders {
        add(format!("  {}", order_line(order)));
    }
    if !day.denied.is_empty() {
        add(format!("denied: {}", day.denied.len()));
        for denied in &day.denied {
            let order = denied.order.map_or_else(|| "all".to_owned(), |order| order.to_string());
            let (time, strategy, why) = (clock(denied.ts), &denied.strategy, denied.refusal);
            add(format!("  {time:<15} {order:>14} {strategy:<12} {why}"));
        }
    }
    text
}

fn order_line(order: &OrderRow) -> String {
    let number = order.numbers.first().map_or_else(String::new, ToString::to_string);
    let first = order.requests.first();
    let ours = first.and_then(|request| Some(request.submit_to_gate? + request.gate_to_written?));
    format!(
        "{:<15} {:>14} {:<12} {:<8} {:<4} {:<13} {:>9} {:>7} {:>7} {:>9} {:<16} {:<9} {:>9} {:>9} {}",
        clock(order.ts),
        order.order,
        order.strategy,
        order.symbol,
        order.side,
        order.order_type,
        amount(order.price.map(i64::from)),
        amount(order.quantity),
        order.filled,
        amount(order.average_price.map(i64::from)),
        order.status,
        number,
        micros(ours),
        micros(first.and_then(|request| request.written_to_reply)),
        order.reason
    )
}

fn life_text(life: &Life) -> String {
    let order = &life.order;
    let mut text = String::new();
    let numbers: Vec<String> = order.numbers.iter().map(ToString::to_string).collect();
    let _ = writeln!(
        text,
        "order {}: {} {} {} {} {} at {} on {}, {}; numbers {}",
        order.order,
        order.strategy,
        order.side,
        amount(order.quantity),
        order.symbol,
        order.order_type,
        amount(order.price.map(i64::from)),
        order.venue,
        order.status,
        if numbers.is_empty() { "none".to_owned() } else { numbers.join(" ") },
    );
    let first = life.steps.first().map_or(0, |step| step.ts);
    for step in &life.steps {
        let after = micros(Some(step.ts as i64 - first as i64));
        let (time, what, status) = (clock(step.ts), &step.what, step.status);
        let _ = writeln!(text, "  {time} {after:>12} µs  {status:<16} {what}");
    }
    let _ = writeln!(
        text,
        "\n  {:<8} {:<10} {:>14} {:>14} {:>14} {:>14} {:>14}   µs; the last two are the broker's",
        "request",
        "number",
        "cause→submit",
        "submit→gate",
        "gate→written",
        "written→reply",
        "reply→event"
    );
    for request in &order.requests {
        let _ = writeln!(text, "  {}", request_line(request));
    }
    text
}

fn request_line(request: &RequestRow) -> String {
    let number = request.number.map_or_else(|| request.stage.clone(), |number| number.to_string());
    format!(
        "{:<8} {:<10} {:>14} {:>14} {:>14} {:>14} {:>14}",
        request.kind,
        number,
        micros(request.cause_to_submit),
        micros(request.submit_to_gate),
        micros(request.gate_to_written),
        micros(request.written_to_reply),
        micros(request.reply_to_event)
    )
}

/// Wall clock in Korea to the microsecond.
fn clock(ts: u64) -> String {
    let now = UnixNanos::new(ts);
    let (hours, minutes, seconds) = now.time_of_day_kst().hms();
    let micros = ts % 1_000_000_000 / 1000;
    format!("{hours:02}:{minutes:02}:{seconds:02}.{micros:06}")
}

fn micros(nanos: Option<i64>) -> String {
    nanos.map_or_else(|| "-".to_owned(), |nanos| format!("{:.1}", nanos as f64 / 1000.0))
}

fn amount(number: Option<i64>) -> String {
    number.map_or_else(|| "-".to_owned(), |number| number.to_string())
}
