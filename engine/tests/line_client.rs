//! Queries against a server that does what a script says: pages, rate, token, trouble.

mod line_support;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use engine::broker::api::{AccountNumber, ApiId, FillsQuery, Meaning, OpenOrdersQuery};
use engine::broker::client::{Client, ClientOptions, QueryError, TokenSource};
use engine::broker::limiter::Rates;
use engine::token::TokenError;
use line_support::{Act, Server, reply, send};
use secrecy::{ExposeSecret, SecretString};

/// Gives `CANARY-1`, then `CANARY-2`, ….
struct Tokens(Mutex<u32>);

impl TokenSource for Tokens {
    fn current(&self) -> SecretString {
        SecretString::from(format!("CANARY-{}", self.0.lock().unwrap()))
    }

    fn renew<'a>(
        &'a self,
        stale: &'a SecretString,
    ) -> Pin<Box<dyn Future<Output = Result<SecretString, TokenError>> + Send + 'a>> {
        Box::pin(async move {
            assert_eq!(stale.expose_secret(), self.current().expose_secret());
            *self.0.lock().unwrap() += 1;
            Ok(self.current())
        })
    }
}

fn client(server: &Server, change: impl FnOnce(&mut ClientOptions)) -> Client {
    // A window that a test does not feel, but whose refusals it does.
    let rates = Rates { window: Duration::from_millis(1), margin: Duration::ZERO, ..Rates::REAL };
    let mut options = ClientOptions::new(server.url.as_str(), rates);
    options.ca_pem.clone_from(&server.pem);
    options.query_timeout = Duration::from_secs(20);
    change(&mut options);
    Client::new(options, Arc::new(Tokens(Mutex::new(1)))).unwrap()
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn page(more: Option<&str>, rows: &[&str]) -> Act {
    let row = |number: &&str| {
        serde_json::json!({ "ord_no": number, "orig_ord_no": "0000000", "stk_cd": "005930",
            "io_tp_nm": "+매수", "ord_qty": "1", "oso_qty": "1", "ord_pric": "1000", "sor_yn": "N",
            "stex_tp_txt": "KRX" })
    };
    let rows: Vec<_> = rows.iter().map(row).collect();
    let body = serde_json::json!({ "oso": rows, "return_code": 0, "return_msg": "" }).to_string();
    let more = match more {
        Some(key) => format!("cont-yn: Y\r\nnext-key: {key}\r\n"),
        None => "cont-yn: N\r\nnext-key: \r\n".to_owned(),
    };
    send(format!("HTTP/1.1 200 OK\r\n{more}Content-Length: {}\r\n\r\n{body}", body.len()))
}

#[test]
fn a_list_is_read_to_its_end() {
    let script = vec![
        Act::Request,
        page(Some("K1"), &["0000001", "0000002"]),
        Act::Request,
        page(Some("K2"), &["0000003"]),
        Act::Request,
        page(None, &["0000004"]),
    ];
    let server = Server::start(true, [script]);
    let client = client(&server, |_| {});
    let open = run(client.query(&OpenOrdersQuery::default())).unwrap();
    let numbers: Vec<_> = open.orders.iter().map(|order| order.number.as_str()).collect();
    assert_eq!(numbers, ["0000001", "0000002", "0000003", "0000004"]);
    let requests = server.requests();
    assert!(requests[0].contains("cont-yn: N\r\n") && !requests[0].contains("next-key"));
    assert!(requests[1].contains("cont-yn: Y\r\n") && requests[1].contains("next-key: K1\r\n"));
    assert!(requests[2].contains("next-key: K2\r\n"));
    assert!(requests.iter().all(|r| r.starts_with("POST /api/dostk/acnt ")));
    assert!(requests.iter().all(|r| r.contains("api-id: ka10075\r\n")));
    assert!(requests.iter().all(|r| r.contains("authorization: Bearer CANARY-1\r\n")));
}

#[test]
fn a_list_without_end_is_an_error_and_so_is_half_a_list() {
    let same =
        [Act::Request, page(Some("K"), &["0000001"]), Act::Request, page(Some("K"), &["0000001"])];
    let server = Server::start(false, [same.to_vec()]);
    let error = run(client(&server, |_| {}).query(&OpenOrdersQuery::default())).unwrap_err();
    assert_eq!(error, QueryError::Endless { api: ApiId::OpenOrders, pages: 2 });

    let many = (0..5).flat_map(|at| [Act::Request, page(Some(&format!("K{at}")), &["0000001"])]);
    let server = Server::start(false, [many.collect()]);
    let few = client(&server, |options| options.pages_max = 3);
    let error = run(few.query(&OpenOrdersQuery::default())).unwrap_err();
    assert_eq!(error, QueryError::Endless { api: ApiId::OpenOrders, pages: 3 });

    let refused = reply("200 OK", r#"{"return_code":2,"return_msg":"[1511:x]"}"#);
    let half = vec![Act::Request, page(Some("K"), &["0000001"]), Act::Request, send(refused)];
    let server = Server::start(false, [half]);
    let error = run(client(&server, |_| {}).query(&OpenOrdersQuery::default())).unwrap_err();
    assert!(matches!(error, QueryError::Refused { .. }), "{error}");
}

#[test]
fn both_forms_of_an_empty_result_are_an_empty_list() {
    for body in [
        r#"{"return_code":20,"return_msg":"[2000](571758:없음)"}"#,
        r#"{"return_code":"0","return_msg":"","cntr":[]}"#,
    ] {
        let server = Server::start(false, [vec![Act::Request, send(reply("200 OK", body))]]);
        let fills = run(client(&server, |_| {}).query(&FillsQuery::default())).unwrap();
        assert!(fills.orders.is_empty());
    }
}

const ACCOUNT: &str = r#"{"acctNo":"0123456789","return_code":0}"#;

#[test]
fn a_refused_token_is_renewed_once() {
    let refused = || send(reply("200 OK", r#"{"return_code":3,"return_msg":"인증[8005:x]"}"#));
    let script = vec![Act::Request, refused(), Act::Request, send(reply("200 OK", ACCOUNT))];
    let server = Server::start(true, [script]);
    assert_eq!(run(client(&server, |_| {}).query(&AccountNumber)).unwrap(), "0123456789");
    assert!(server.requests()[1].contains("Bearer CANARY-2\r\n"));

    let script = vec![Act::Request, refused(), Act::Request, refused()];
    let server = Server::start(false, [script]);
    let error = run(client(&server, |_| {}).query(&AccountNumber)).unwrap_err();
    assert!(
        matches!(&error, QueryError::Refused { refusal, .. } if refusal.meaning == Meaning::Token)
    );
    assert!(!format!("{error} {error:?}").contains("CANARY"));
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_rate_refusal_and_trouble_are_waited_out() {
    let limited =
        reply("429 Too Many", r#"{"return_code":5,"return_msg":"[1700:x. 유량=5, API]"}"#);
    let script = vec![
        Act::Request,
        send(limited),
        Act::Request,
        send(reply("502 Bad Gateway", "<html>")),
        Act::Request,
        send(reply("200 OK", ACCOUNT)),
    ];
    let server = Server::start(false, [script]);
    assert_eq!(run(client(&server, |_| {}).query(&AccountNumber)).unwrap(), "0123456789");
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn trouble_without_end_is_given_up_with_the_last_reason() {
    let down = || [Act::Request, send(reply("503 Busy", "maintenance"))];
    let server = Server::start(false, [[down(), down()].concat()]);
    let two = client(&server, |options| options.tries_max = 2);
    let error = run(two.query(&AccountNumber)).unwrap_err();
    assert!(error.to_string().contains("maintenance"), "{error}");

    let cut = vec![Act::Request, Act::Cut];
    let server = Server::start(false, [cut.clone(), cut]);
    let two = client(&server, |options| options.tries_max = 2);
    let error = run(two.query(&AccountNumber)).unwrap_err();
    assert!(matches!(error, QueryError::Unreachable { .. }), "{error}");
}

#[test]
fn silence_and_size_are_bounded() {
    let server = Server::start(false, [vec![Act::Request]]);
    let short = client(&server, |options| options.query_timeout = Duration::from_millis(200));
    let error = run(short.query(&AccountNumber)).unwrap_err();
    assert!(matches!(error, QueryError::TimedOut { pages: 0, .. }), "{error}");

    let server =
        Server::start(false, [vec![Act::Request, send(reply("200 OK", &" ".repeat(3000)))]]);
    let small = client(&server, |options| options.page_bytes_max = 2000);
    let error = run(small.query(&AccountNumber)).unwrap_err();
    assert_eq!(error, QueryError::TooLong { api: ApiId::AccountNumber, max: 2000 });
}
