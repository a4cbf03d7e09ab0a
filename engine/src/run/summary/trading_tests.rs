//! What a person reads at the end of a day, line by line.

use super::*;
use crate::desk::{
    CashRow, DenialRow, KillRow, KillRunRow, NoticesRow, Requests, RoundsRow, ToldRow, Traded,
};
use crate::order::HaltReason;

const NOON: u64 = 1_795_402_800_000_000_000;

fn money(realised: i64, open: i64, fees: i64, tax: i64) -> Money {
    Money { realised, open, fees, tax, net: realised + open - fees - tax, unpriced: 0 }
}

fn position(
    strategy: &str,
    code: &str,
    traded: (i64, i64),
    prices: (Option<i32>, Option<i32>),
    money: Money,
) -> PositionRow {
    PositionRow {
        strategy: strategy.into(),
        code: code.into(),
        quantity: traded.0 - traded.1,
        average_price: prices.0,
        mark: prices.1,
        bought: traded.0,
        sold: traded.1,
        money,
    }
}

/// A day on which all went well but two orders that still work.
fn good_day() -> TradingSummary {
    let imbalance = TradingResult {
        traded: Traded {
            fills: 2_031,
            bought: 18_400,
            bought_value: 1_118_530_000,
            sold: 18_150,
            sold_value: 1_104_976_500,
        },
        money: money(1_312_400, 62_500, 333_520, 2_209_953),
    };
    let dips = TradingResult {
        traded: Traded { fills: 46, bought: 320, bought_value: 67_104_000, sold: 0, sold_value: 0 },
        money: money(0, -416_000, 10_065, 0),
    };
    let total = TradingResult {
        traded: Traded {
            fills: 2_077,
            bought: 18_720,
            bought_value: 1_185_634_000,
            sold: 18_150,
            sold_value: 1_104_976_500,
        },
        money: money(1_312_400, -353_500, 343_585, 2_209_953),
    };
    let orders = |total, filled, cancelled, rejected, working| Orders {
        total,
        filled,
        cancelled,
        rejected,
        working,
        ..Orders::default()
    };
    TradingSummary {
        orders: orders(1_412, 980, 427, 3, 2),
        requests: Requests {
            new: 1_412,
            replace: 38,
            cancel: 430,
            written: 1_879,
            refused: 4,
            unknown: 0,
        },
        total,
        strategies: vec![
            StrategyResult {
                name: "imbalance".into(),
                orders: orders(1_400, 976, 420, 3, 1),
                result: imbalance,
            },
            StrategyResult {
                name: "dip-buyer".into(),
                orders: orders(12, 4, 7, 0, 1),
                result: dips,
            },
        ],
        positions: vec![
            position(
                "imbalance",
                "005930",
                (12_150, 12_150),
                (None, Some(60_700)),
                money(842_400, 0, 221_210, 1_470_000),
            ),
            position(
                "imbalance",
                "035720",
                (6_250, 6_000),
                (Some(54_250), Some(54_500)),
                money(470_000, 62_500, 112_310, 739_953),
            ),
            position(
                "dip-buyer",
                "035420",
                (320, 0),
                (Some(209_700), Some(208_400)),
                money(0, -416_000, 10_065, 0),
            ),
        ],
        account: Vec::new(),
        account_total: total.money,
        cash: Some(CashRow {
            deposit: Some(183_402_118),
            orderable: Some(101_298_400),
            deposit_d2: Some(102_744_618),
        }),
        working: vec![
            WorkingRow {
                order: 281_474_976_712_056,
                numbers: vec!["0004711".into()],
                strategy: "imbalance".into(),
                code: "035720".into(),
                venue: "KRX",
                side: "sell",
                price: Some(54_600),
                filled: 100,
                leaves: 150,
                status: "partially_filled",
            },
            WorkingRow {
                order: 562_949_953_421_324,
                numbers: vec!["0004698".into()],
                strategy: "dip-buyer".into(),
                code: "035420".into(),
                venue: "SOR",
                side: "buy",
                price: Some(207_500),
                filled: 0,
                leaves: 80,
                status: "working",
            },
        ],
        denials: vec![
            DenialRow {
                reason: "broker_rate",
                text: strategy_api::Refusal::BrokerRate.to_string(),
                count: 1_024,
            },
            DenialRow {
                reason: "account_working_orders",
                text: strategy_api::Refusal::AccountWorkingOrders.to_string(),
                count: 7,
            },
        ],
        replaces_refused: 1,
        cancels_refused: 2,
        rounds: RoundsRow {
            begun: 3,
            completed: 3,
            failed: 0,
            last: Some("complete"),
            last_at: Some(NOON),
        },
        kill: KillRow { state: "armed", ..KillRow::default() },
        ..TradingSummary::default()
    }
}

/// The same day after the line broke, and a person pulled the switch.
fn bad_day() -> TradingSummary {
    let mut day = good_day();
    day.orders.unknown = 1;
    day.orders.total += 1;
    day.requests.unknown = 1;
    day.working.insert(
        0,
        WorkingRow {
            order: 281_474_976_712_057,
            numbers: Vec::new(),
            strategy: "imbalance".into(),
            code: "005930".into(),
            venue: "KRX",
            side: "buy",
            price: None,
            filled: 0,
            leaves: 10,
            status: "unknown",
        },
    );
    day.account = vec![AccountRow {
        code: "000660".into(),
        quantity: 1_200,
        unowned: 1_200,
        sellable: Some(1_200),
        average_price: Some(551_000),
        mark: None,
        confirmed: true,
        money: Money { unpriced: 1, ..Money::default() },
    }];
    day.account_total.unpriced = 1;
    day.halted = Some(HaltReason::ReconciliationFailed);
    day.halts = 1;
    day.differences = 2;
    day.notices = NoticesRow { ambiguous: 1, ..NoticesRow::default() };
    day.rounds.last = Some("failed");
    (day.rounds.begun, day.rounds.failed) = (8, 5);
    let told = |ts: u64, kind, text: &str| ToldRow { ts: NOON + ts, kind, text: text.into() };
    day.told = vec![
        told(0, "difference", "order 0004711: 100 filled by our books, 150 by the broker's"),
        told(
            61_000_000_000,
            "notice",
            "order 281474976712057 fits several of the broker's: say \
             which, by hand; until then its instrument stays closed",
        ),
        told(62_500_000_000, "halt", "no new orders: reconciliation failed"),
    ];
    day.kill = KillRow {
        state: "latched",
        why: Some(
            "command by \"kim\" at 2026-11-23 12:01:03.250 KST: positions look wrong, and the \
             broker's screen shows another order of that size"
                .into(),
        ),
        own: 14,
        own_left: 1,
        run: Some(KillRunRow {
            verdict: "remaining",
            found: 3,
            gone: 2,
            cancels: 4,
            text:
                "3 orders found working, 2 of them gone, after 4 cancels and 5 lists in 8210 ms.\n\
                   STILL WORKING, cancel them by hand:\n0004720 005930 buy 10 at KRX: 571412\n"
                    .into(),
        }),
    };
    day
}

/// A picture is compared line by line with what a person has looked at; `UPDATE_SNAPSHOTS=1` takes the
/// new one over, to be looked at.
fn check(name: &str, text: &str) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/run/summary/snapshots");
    let path = folder.join(format!("{name}.txt"));
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    for (number, (line, expected)) in text.lines().zip(expected.lines()).enumerate() {
        assert_eq!(line, expected, "{name}.txt, line {}", number + 1);
    }
    assert_eq!(text, expected, "{name}.txt");
}

#[test]
fn a_good_day_a_bad_day_and_an_empty_one_look_as_they_should() {
    check("good_day", &render_trading(&good_day()));
    check("bad_day", &render_trading(&bad_day()));
    check("empty_day", &render_trading(&TradingSummary::default()));
}

#[test]
fn no_line_is_too_long_even_with_large_figures() {
    let mut day = bad_day();
    let large = 98_765_432_109;
    for strategy in &mut day.strategies {
        strategy.name = "a-name-that-somebody-thought-of-in-the-evening".into();
        strategy.result.traded.bought_value = large;
        strategy.result.traded.sold_value = large;
        strategy.result.money = money(-987_654_321, -987_654_321, 87_654_321, 7_654_321);
    }
    for row in &mut day.positions {
        row.money = money(-987_654_321, -987_654_321, 87_654_321, 7_654_321);
    }
    day.total.traded.bought_value = large;
    day.total.traded.sold_value = large;
    day.total.money = money(-987_654_321, -987_654_321, 87_654_321, 7_654_321);
    day.total.money.unpriced = 3;
    day.working = vec![day.working[1].clone(); WORKING_MAX + 5];
    let text = render_trading(&day);
    for line in text.lines() {
        assert!(line.chars().count() <= WIDTH, "{line}");
        assert_eq!(line, line.trim_end());
    }
    assert!(text.contains("and 5 more; all are in summary.json"), "{text}");
    assert!(text.contains("-987,654,321"), "numbers are never cut: {text}");
}

#[test]
fn what_needs_a_person_is_a_problem_of_the_run_and_a_good_day_has_none() {
    let mut quiet = good_day();
    quiet.orders.working = 0;
    assert_eq!(quiet.problems(false), Vec::<String>::new());
    assert_eq!(good_day().problems(true), Vec::<String>::new());
    assert_eq!(good_day().problems(false), ["2 orders still work at the broker"]);
    let problems = bad_day().problems(false).join("\n");
    for part in
        ["1 orders are unknown", "say which", "halted", "reconciliation failed", "remaining"]
    {
        assert!(problems.contains(part), "{part} not in {problems}");
    }
}

#[test]
fn the_json_has_every_figure_under_its_name() {
    let json = serde_json::to_value(bad_day()).unwrap();
    assert_eq!(json["total"]["money"]["net"], -1_594_638);
    assert_eq!(json["strategies"][0]["traded"]["bought_value"], 1_118_530_000);
    assert_eq!(json["working"][0]["status"], "unknown");
    assert_eq!(json["working"][1]["numbers"][0], "0004711");
    assert_eq!(json["denials"][0]["reason"], "broker_rate");
    assert_eq!(json["halted"], "reconciliation_failed");
    assert_eq!(json["kill"]["run"]["verdict"], "remaining");
}
