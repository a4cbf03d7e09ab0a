//! How fast the broker runs without sockets, in virtual time.
//!
//! `cargo run --release -p sim --example virtual_time -- [runs] [orders per run]`
//!
//! Each run is a seed of its own: orders, modifications and cancels by REST body, a minute of market,
//! frames lost and doubled. It ends with what the books say.

use sim::faults::{Fault, Rule};
use sim::orders::Trading;
use sim::virtual_time::Call;
use sim::{Exchange, Options, TimeOfDay};
use std::time::Instant;

/// Market time between two requests, nanoseconds.
const GAP: u64 = 200_000_000;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let runs = arguments.next().and_then(Result::ok).unwrap_or(100);
    let orders = arguments.next().and_then(Result::ok).unwrap_or(300);
    let begin = Instant::now();
    let (mut events, mut fills) = (0, 0);
    for seed in 0..runs {
        let faults = vec![
            Rule::new(Fault::FrameLost).on("00").permille(20),
            Rule::new(Fault::FrameTwice).permille(20),
            Rule::new(Fault::ReplyLost).permille(20),
        ];
        let trading = Trading { faults, ..Trading::default() };
        let day_start = TimeOfDay::new(10, 0, 0);
        let mut exchange =
            Exchange::new(&Options { seed, day_start, trading, ..Options::default() });
        for number in 0..orders {
            let now = exchange.now() + GAP;
            let (_, bid, ask) = exchange.quote("005930").unwrap_or_default();
            let price = if number % 2 == 0 { bid } else { ask };
            let side = if number % 3 == 2 { "kt10001" } else { "kt10000" };
            let body = format!(
                r#"{{"dmst_stex_tp":"SOR","stk_cd":"005930","ord_qty":"3","ord_uv":"{price}","trde_tp":"0","cond_uv":""}}"#
            );
            exchange.rest(Call { api_id: side, next_key: None, body: &body }, now);
            events += exchange.advance(now).len();
        }
        fills += exchange.fills().len();
    }
    let seconds = begin.elapsed().as_secs_f64();
    println!("{runs} runs of {orders} orders in {seconds:.2} s: {events} frames, {fills} fills");
    println!(
        "{:.1} runs/s, {:.0} orders/s",
        runs as f64 / seconds,
        (runs * orders) as f64 / seconds
    );
}
