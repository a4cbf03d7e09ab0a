//! Orders, queries and faults over the broker's two ports.

mod server_support;

use serde_json::{Value, json};
use server_support::{Client, Event, Reply, Trader, plain};
use sim::faults::{Fault, Rule};
use sim::orders::{Cash, EmptyResult, StartPosition, Trading};
use sim::{Options, TimeOfDay};
use std::time::Duration;

const ORDER: &str = "/api/dostk/ordr";
const ACCOUNT: &str = "/api/dostk/acnt";
const STOCK: &str = "/api/dostk/stkinfo";

fn options(trading: Trading) -> Options {
    let trading = Trading { calls_per_second: 0, ..trading };
    Options { day_start: TimeOfDay::new(10, 0, 0), trading, ..plain() }
}

fn order(quantity: u32, price: &str, trde_tp: &str) -> Value {
    json!({"dmst_stex_tp": "KRX", "stk_cd": "005930", "ord_qty": quantity.to_string(),
           "ord_uv": price, "trde_tp": trde_tp, "cond_uv": ""})
}

fn open_orders() -> Value {
    json!({"all_stk_tp": "0", "trde_tp": "0", "stk_cd": "", "stex_tp": "0"})
}

fn filled_orders() -> Value {
    json!({"qry_tp": "0", "sell_tp": "0", "stk_cd": "", "ord_no": "", "stex_tp": "0"})
}

/// The `values` of the next own frame.
async fn own(client: &mut Client) -> (String, Value) {
    loop {
        let frame = client.answer("REAL").await;
        let entry = &frame["data"][0];
        let kind = entry["type"].as_str().unwrap().to_owned();
        if kind == "00" || kind == "04" {
            return (kind, entry["values"].clone());
        }
    }
}

#[tokio::test]
async fn an_order_goes_from_rest_to_frames_to_queries() {
    let broker = sim::start(options(Trading::default())).unwrap();
    let mut trader = Trader::new(&broker, "key").await;
    let mut client = Client::log_in(&broker, "key").await;
    assert_eq!(client.register(&[""], &["00", "04"]).await, 0);
    let bought = trader.ok("kt10000", ORDER, order(3, "", "3")).await;
    let number = bought["ord_no"].as_str().unwrap().to_owned();
    assert_eq!(number.len(), 7);
    let mut filled = 0;
    let (kind, first) = own(&mut client).await;
    assert_eq!(
        (kind.as_str(), &first["913"], &first["9203"]),
        ("00", &json!("접수"), &json!(number))
    );
    while filled < 3 {
        let (kind, values) = own(&mut client).await;
        if kind == "00" {
            filled = values["911"].as_str().unwrap().parse().unwrap();
        }
    }
    let rows = trader.ok("ka10076", ACCOUNT, filled_orders()).await;
    assert_eq!(rows["cntr"][0]["ord_no"], number);
    assert_eq!(rows["cntr"][0]["cntr_qty"], "3");
    let held = json!({"qry_tp": "1", "dmst_stex_tp": "KRX"});
    let held = trader.ok("kt00018", ACCOUNT, held).await;
    let row = &held["acnt_evlt_remn_indv_tot"][0];
    assert_eq!((&row["stk_cd"], &row["rmnd_qty"]), (&json!("A005930"), &json!("000000000000003")));
    let books = broker.books("key").unwrap();
    let Cash { settled, commission, .. } = books.cash;
    let spent: i64 = books.fills.iter().map(|fill| fill.price * fill.quantity).sum();
    assert_eq!(settled, 100_000_000 - spent - commission);
    let cash = trader.ok("kt00001", ACCOUNT, json!({"qry_tp": "3"})).await;
    assert_eq!(cash["ord_alow_amt"], format!("{settled:015}"));
    assert_eq!(cash["d2_entra"], format!("{settled:015}"));

    // A resting order is modified and cancelled; the queries follow.
    let resting = trader.ok("kt10000", ORDER, order(5, "200000", "0")).await;
    let change = json!({"dmst_stex_tp": "KRX", "orig_ord_no": resting["ord_no"],
                        "stk_cd": "005930", "mdfy_qty": "0", "mdfy_uv": "201000",
                        "mdfy_cond_uv": ""});
    let changed = trader.ok("kt10002", ORDER, change).await;
    assert_eq!(changed["base_orig_ord_no"], resting["ord_no"]);
    assert_eq!(changed["mdfy_qty"], "000000000005");
    let rows = trader.ok("ka10075", ACCOUNT, open_orders()).await;
    let row = &rows["oso"][0];
    assert_eq!((&row["ord_no"], &row["oso_qty"]), (&changed["ord_no"], &json!("5")));
    assert_eq!((&row["ord_pric"], &row["orig_ord_no"]), (&json!("201000"), &resting["ord_no"]));
    let cancel = json!({"dmst_stex_tp": "KRX", "orig_ord_no": changed["ord_no"],
                        "stk_cd": "005930", "cncl_qty": "0"});
    let cancelled = trader.ok("kt10003", ORDER, cancel.clone()).await;
    assert_eq!(cancelled["base_orig_ord_no"], resting["ord_no"]);
    let Reply { body, .. } = trader.call("kt10003", ORDER, cancel).await.unwrap();
    assert_eq!(body["return_code"], 20);
    assert!(body["return_msg"].as_str().unwrap().starts_with("[2000](506550:"), "{body}");
    assert!(body.get("ord_no").is_none());
    assert_eq!(trader.ok("ka10075", ACCOUNT, open_orders()).await["oso"], json!([]));
    let number = trader.ok("ka00001", ACCOUNT, json!({})).await;
    assert_eq!(number["acctNo"].as_str().unwrap().len(), 10);
}

#[tokio::test]
async fn an_app_key_sees_its_own_account_alone() {
    let broker = sim::start(options(Trading::default())).unwrap();
    let mut one = Trader::new(&broker, "one").await;
    let mut two = Trader::new(&broker, "two").await;
    let mut client = Client::log_in(&broker, "two").await;
    assert_eq!(client.register(&[""], &["00"]).await, 0);
    let first = one.ok("kt10000", ORDER, order(1, "200000", "0")).await;
    let second = two.ok("kt10000", ORDER, order(2, "200000", "0")).await;
    assert_ne!(first["ord_no"], second["ord_no"]);
    assert_eq!(own(&mut client).await.1["9203"], second["ord_no"]);
    assert_eq!(two.ok("ka10075", ACCOUNT, open_orders()).await["oso"].as_array().unwrap().len(), 1);
    let theirs = json!({"dmst_stex_tp": "KRX", "orig_ord_no": first["ord_no"],
                        "stk_cd": "005930", "cncl_qty": "0"});
    assert_eq!(two.call("kt10003", ORDER, theirs).await.unwrap().body["return_code"], 20);
    assert_eq!(broker.books("one").unwrap().open_orders.len(), 1);
}

#[tokio::test]
async fn lists_go_on_by_header_without_repeats_or_holes() {
    let options = options(Trading { page_rows: 3, ..Trading::default() });
    let listed: Vec<String> = sim::symbols(&options)
        .into_iter()
        .filter(|info| info.market.is_tradable() && info.market != sim::Market::Kosdaq)
        .map(|info| info.code)
        .collect();
    let broker = sim::start(options).unwrap();
    let mut trader = Trader::new(&broker, "key").await;
    let mut sent = Vec::new();
    for _ in 0..10 {
        let taken = trader.ok("kt10000", ORDER, order(1, "200000", "0")).await;
        sent.push(taken["ord_no"].as_str().unwrap().to_owned());
    }
    let rows = trader.pages("ka10075", ACCOUNT, open_orders(), "oso").await;
    let numbers: Vec<_> = rows.iter().map(|row| row["ord_no"].as_str().unwrap()).collect();
    sent.reverse();
    assert_eq!(numbers, sent, "newest first");
    let rows = trader.pages("ka10099", STOCK, json!({"mrkt_tp": "0"}), "list").await;
    let codes: Vec<_> = rows.iter().map(|row| row["code"].as_str().unwrap()).collect();
    assert_eq!(codes, listed);
}

#[tokio::test]
async fn instruments_are_described_with_their_limits() {
    let broker = sim::start(options(Trading::default())).unwrap();
    let mut trader = Trader::new(&broker, "key").await;
    let prices = trader.ok("ka10001", STOCK, json!({"stk_cd": "005930_AL"})).await;
    assert_eq!(prices["base_pric"], "269000");
    assert_eq!((&prices["upl_pric"], &prices["lst_pric"]), (&json!("+349500"), &json!("-188500")));
    let one = trader.ok("ka10100", STOCK, json!({"stk_cd": "005930"})).await;
    assert_eq!((&one["lastPrice"], &one["nxtEnable"]), (&json!("00269000"), &json!("Y")));
    assert!(broker.halt("005930", true));
    let one = trader.ok("ka10100", STOCK, json!({"stk_cd": "005930"})).await;
    assert!(one["state"].as_str().unwrap().contains("거래정지"));
    let reply = trader.call("kt10000", ORDER, order(1, "200000", "0")).await.unwrap();
    assert!(reply.body["return_msg"].as_str().unwrap().contains("RC4007"));
    let reply = trader.call("ka10100", STOCK, json!({"stk_cd": "999999"})).await.unwrap();
    assert_eq!(reply.body["return_code"], 2);
    assert!(reply.body["return_msg"].as_str().unwrap().contains("[1902:"));
}

#[tokio::test]
async fn an_empty_list_is_answered_in_either_form() {
    for (empty, code) in [(EmptyResult::Mock, 0), (EmptyResult::Real, 20)] {
        let broker = sim::start(options(Trading { empty, ..Trading::default() })).unwrap();
        let mut trader = Trader::new(&broker, "key").await;
        for (api_id, body) in [
            ("ka10075", open_orders()),
            ("ka10076", filled_orders()),
            ("kt00018", json!({"qry_tp": "1", "dmst_stex_tp": "KRX"})),
            ("kt00004", json!({"qry_tp": "0", "dmst_stex_tp": "KRX"})),
            ("kt00005", json!({"dmst_stex_tp": "KRX"})),
        ] {
            let reply = trader.call(api_id, ACCOUNT, body).await.unwrap();
            assert_eq!(reply.body["return_code"], code, "{api_id} {}", reply.body);
            let message = reply.body["return_msg"].as_str().unwrap();
            assert_eq!(message.contains("571758"), empty == EmptyResult::Real, "{message}");
        }
    }
}

#[tokio::test]
async fn start_positions_stand_in_every_list() {
    let start = |symbol: &str, quantity| StartPosition {
        symbol: symbol.to_owned(),
        quantity,
        average_price: 1_000,
    };
    let positions = vec![start("57JBHH", 10), start("500001", 20), start("005930", 30)];
    let broker = sim::start(options(Trading { positions, ..Trading::default() })).unwrap();
    let mut trader = Trader::new(&broker, "key").await;
    for (api_id, list, quantity, body) in [
        (
            "kt00018",
            "acnt_evlt_remn_indv_tot",
            "rmnd_qty",
            json!({"qry_tp": "2", "dmst_stex_tp": "KRX"}),
        ),
        (
            "kt00004",
            "stk_acnt_evlt_prst",
            "rmnd_qty",
            json!({"qry_tp": "0", "dmst_stex_tp": "KRX"}),
        ),
        ("kt00005", "stk_cntr_remn", "cur_qty", json!({"dmst_stex_tp": "KRX"})),
    ] {
        let rows = trader.ok(api_id, ACCOUNT, body).await;
        let rows: Vec<(String, i64)> = rows[list]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| {
                let text = |key: &str| row[key].as_str().unwrap().to_owned();
                (text("stk_cd"), text(quantity).parse().unwrap())
            })
            .collect();
        let expected = [("A005930", 30), ("Q500001", 20), ("J57JBHH", 10)]
            .map(|(code, n)| (code.to_owned(), n));
        assert_eq!(rows, expected, "{api_id}");
    }
}

#[tokio::test]
async fn bad_input_is_refused_with_the_gateways_codes() {
    let broker = sim::start(options(Trading::default())).unwrap();
    let mut trader = Trader::new(&broker, "key").await;
    let with = |key: &str, value: Value| {
        let mut body = order(1, "200000", "0");
        body[key] = value;
        body
    };
    for (body, code) in [
        (with("ord_qty", Value::Null), "1511"),
        (with("stk_cd", json!("")), "1511"),
        (with("ord_qty", json!(1)), "1517"),
        (with("ord_qty", json!("-1")), "1517"),
        (with("ord_qty", json!("1234567890123")), "1517"),
        (with("ord_uv", json!("2e5")), "1517"),
        (with("dmst_stex_tp", json!("NYSE")), "1517"),
        (json!([]), "1517"),
    ] {
        let reply = trader.call("kt10000", ORDER, body.clone()).await.unwrap();
        let message = reply.body["return_msg"].as_str().unwrap();
        assert!(message.contains(&format!("[{code}:")), "{body} {message}");
        assert_eq!(reply.body["return_code"], 2);
    }
    let reply = trader.call("kt10000", ORDER, with("trde_tp", json!("4"))).await.unwrap();
    assert!(reply.body["return_msg"].as_str().unwrap().contains("(407022:"));
    assert!(broker.books("key").unwrap().open_orders.is_empty());
}

#[tokio::test]
async fn the_sixth_call_of_a_second_is_one_too_many() {
    let options = Options { trading: Trading::default(), ..options(Trading::default()) };
    let broker = sim::start(options).unwrap();
    let mut trader = Trader::new(&broker, "key").await;
    let mut statuses = Vec::new();
    // However slow the machine, a burst of this many does not fit into its seconds.
    for _ in 0..40 {
        let reply = trader.call("ka00001", ACCOUNT, json!({})).await.unwrap();
        if reply.status == 429 {
            assert_eq!(reply.body["return_code"], 5);
            let message = reply.body["return_msg"].as_str().unwrap();
            assert!(message.contains("[1700:") && message.contains("API ID=ka00001"), "{message}");
        }
        statuses.push(reply.status);
    }
    assert!(statuses[..5].iter().all(|status| *status == 200), "{statuses:?}");
    assert!(statuses.contains(&429), "{statuses:?}");
    assert_eq!(trader.call("ka10075", ACCOUNT, open_orders()).await.unwrap().status, 200);
}

#[tokio::test]
async fn requests_go_wrong_as_the_rules_say() {
    let broker = sim::start(options(Trading::default())).unwrap();
    let mut trader = Trader::new(&broker, "key").await;
    let open = || broker.books("key").unwrap().open_orders.len();
    let body = || order(1, "200000", "0");
    for (fault, taken) in [
        (Fault::ReplyLost, true),
        (Fault::ResetAfter, true),
        (Fault::StatusAfter(502), true),
        (Fault::ReplyLate(Duration::from_millis(40)), true),
        (Fault::FramesFirst(Duration::from_millis(1)), true),
        (Fault::RejectedLate, false),
        (Fault::ResetBefore, false),
        (Fault::StatusBefore(503), false),
        (Fault::TooMany, false),
        (Fault::TokenDead, false),
    ] {
        let before = open();
        broker.add_fault(Rule::new(fault).on("kt10000").times(1));
        let reply = trader.call("kt10000", ORDER, body()).await;
        match fault {
            Fault::ReplyLost => assert_eq!(reply, Err("silence")),
            Fault::ResetAfter | Fault::ResetBefore => assert_eq!(reply, Err("gone")),
            Fault::StatusAfter(status) | Fault::StatusBefore(status) => {
                assert_eq!(reply.unwrap().status, status);
            }
            Fault::TooMany => assert_eq!(reply.unwrap().status, 429),
            Fault::TokenDead => {
                let body = reply.unwrap().body;
                assert_eq!(body["return_code"], 3);
                assert!(body["return_msg"].as_str().unwrap().contains("[8005:"), "{body}");
                let again = trader.call("kt10000", ORDER, order(1, "200000", "0")).await.unwrap();
                assert_eq!(again.body["return_code"], 3, "the token stays dead");
                trader.renew().await;
            }
            _ => assert_eq!(reply.unwrap().body["return_code"], 0),
        }
        assert_eq!(open(), before + usize::from(taken), "{fault:?}");
        broker.clear_faults();
    }
    trader.ok("kt10000", ORDER, body()).await;
}

#[tokio::test]
async fn own_frames_come_before_the_answer_when_asked_to() {
    let broker = sim::start(options(Trading::default())).unwrap();
    let mut trader = Trader::new(&broker, "key").await;
    let mut client = Client::log_in(&broker, "key").await;
    assert_eq!(client.register(&[""], &["00"]).await, 0);
    broker.add_fault(Rule::new(Fault::FramesFirst(Duration::from_millis(200))).on("kt10000"));
    trader.send("kt10000", ORDER, order(1, "200000", "0")).await;
    let (_, values) = own(&mut client).await;
    let reply = trader.receive().await.unwrap();
    assert_eq!(reply.body["ord_no"], values["9203"], "read in this order");
}

#[tokio::test]
async fn a_refusal_after_the_acceptance_has_its_own_frame() {
    let broker = sim::start(options(Trading::default())).unwrap();
    let mut trader = Trader::new(&broker, "key").await;
    let mut client = Client::log_in(&broker, "key").await;
    assert_eq!(client.register(&[""], &["00"]).await, 0);
    broker.add_fault(Rule::new(Fault::RejectedLate).on("kt10000").times(1));
    trader.ok("kt10000", ORDER, order(1, "200000", "0")).await;
    assert_eq!(own(&mut client).await.1["913"], "접수");
    let (_, values) = own(&mut client).await;
    assert_eq!((&values["913"], &values["902"]), (&json!("거부"), &json!("0")));
    assert_ne!(values["919"], "0");
}

#[tokio::test]
async fn a_stream_is_cut_at_any_byte() {
    for plain in [true, false] {
        for bytes in [0, 1, 2, 3, 5, 200, 555, 900] {
            let broker = sim::start(Options { plain, ..options(Trading::default()) }).unwrap();
            let mut trader = Trader::new(&broker, "key").await;
            let mut client = Client::log_in(&broker, "key").await;
            assert_eq!(client.register(&[""], &["00"]).await, 0);
            broker.add_fault(Rule::new(Fault::Cut(bytes)).on("00").times(1));
            trader.ok("kt10000", ORDER, order(1, "200000", "0")).await;
            trader.ok("kt10000", ORDER, order(1, "200000", "0")).await;
            let mut whole = 0;
            loop {
                match client.next().await {
                    Event::Message(message) => {
                        assert_eq!(message["trnm"], "REAL");
                        whole += 1;
                    }
                    end => break assert_eq!(end, Event::Gone),
                }
            }
            assert!(whole <= bytes / 500, "{whole} frames in {bytes} bytes");
            assert_eq!(broker.books("key").unwrap().open_orders.len(), 2);
            let mut again = Client::log_in(&broker, "key").await;
            assert_eq!(again.register(&[""], &["00"]).await, 0);
            trader.ok("kt10000", ORDER, order(1, "200000", "0")).await;
            assert_eq!(own(&mut again).await.1["913"], "접수");
        }
    }
}

#[tokio::test]
async fn a_half_open_socket_says_nothing_while_orders_go_on() {
    let broker = sim::start(options(Trading::default())).unwrap();
    let mut trader = Trader::new(&broker, "key").await;
    let mut client = Client::log_in(&broker, "key").await;
    assert_eq!(client.register(&[""], &["00"]).await, 0);
    broker.add_fault(Rule::new(Fault::HalfOpen).on("00").times(1));
    trader.ok("kt10000", ORDER, order(1, "200000", "0")).await;
    assert!(client.is_silent().await);
    assert_eq!(
        trader.ok("ka10075", ACCOUNT, open_orders()).await["oso"].as_array().unwrap().len(),
        1
    );
    broker.stall(false);
    assert_eq!(own(&mut client).await.1["913"], "접수");
}

#[tokio::test]
async fn answers_and_frames_take_their_time() {
    let late = Duration::from_millis(60);
    let trading = Trading { reply_latency: late, frame_latency: 2 * late, ..Trading::default() };
    let broker = sim::start(options(trading)).unwrap();
    let mut trader = Trader::new(&broker, "key").await;
    let mut client = Client::log_in(&broker, "key").await;
    assert_eq!(client.register(&[""], &["00"]).await, 0);
    let begin = std::time::Instant::now();
    trader.ok("kt10000", ORDER, order(1, "200000", "0")).await;
    assert!(begin.elapsed() >= late, "never earlier");
    own(&mut client).await;
    assert!(begin.elapsed() >= 2 * late, "never earlier");
}
