//! The REST side: token rules, refusals, TLS.

mod server_support;

use serde_json::{Value, json};
use server_support::{Client, call, connect, plain, post, token};
use sim::{Options, TokenReissue};

fn keys() -> Option<Vec<(String, String)>> {
    Some(vec![("key".to_owned(), "secret".to_owned()), ("other".to_owned(), "secret".to_owned())])
}

/// The bracketed code of a refusal, after its outer one.
fn codes(reply: &Value) -> (u64, u64) {
    let message = reply["return_msg"].as_str().unwrap();
    let code = message.split_once('[').unwrap().1.split_once(':').unwrap().0;
    (reply["return_code"].as_u64().unwrap(), code.parse().unwrap())
}

#[tokio::test]
async fn a_token_comes_with_its_end_24_hours_ahead() {
    let broker = sim::start(Options { keys: keys(), ..plain() }).unwrap();
    let body = json!({"grant_type": "client_credentials", "appkey": "key", "secretkey": "secret"});
    let (status, reply) = call(&broker, "/oauth2/token", &[("api-id", "au10001")], body).await;
    assert_eq!(status, 200);
    assert_eq!(reply["return_code"], 0);
    assert_eq!(reply["token_type"], "bearer");
    assert_eq!(reply["expires_dt"].as_str().unwrap().len(), 14);
    assert!(reply["token"].as_str().unwrap().len() > 40);
    assert_eq!(broker.stop().tokens_issued, 1);
}

#[tokio::test]
async fn every_bad_token_request_is_answered_with_its_code() {
    let broker = sim::start(Options { keys: keys(), ..plain() }).unwrap();
    let good = json!({"grant_type": "client_credentials", "appkey": "key",
                      "secretkey": "secret", "token": "never issued"});
    let with = |key: &str, value: Value| {
        let mut body = good.clone();
        body[key] = value;
        body
    };
    let cases = [
        ("/oauth2/token", with("appkey", json!("kez")), (3, 8001)),
        ("/oauth2/token", with("secretkey", json!("secrex")), (3, 8002)),
        ("/oauth2/token", with("appkey", json!("")), (2, 8020)),
        ("/oauth2/token", with("secretkey", Value::Null), (2, 8020)),
        ("/oauth2/token", with("grant_type", Value::Null), (2, 8011)),
        ("/oauth2/token", with("grant_type", json!("password")), (2, 8012)),
        ("/oauth2/token", json!([]), (2, 1517)),
        ("/oauth2/revoke", with("token", json!("")), (2, 8016)),
        ("/oauth2/revoke", with("appkey", json!("")), (2, 8020)),
        ("/oauth2/revoke", with("appkey", json!("kez")), (3, 8001)),
        ("/oauth2/revoke", good.clone(), (3, 8015)),
    ];
    for (path, body, expected) in cases {
        let (status, reply) = call(&broker, path, &[], body.clone()).await;
        assert_eq!(status, 200, "{path} {body}");
        assert_eq!(codes(&reply), expected, "{path} {body}");
    }
}

#[tokio::test]
async fn calls_without_the_right_headers_are_refused_by_name() {
    let broker = sim::start(plain()).unwrap();
    let bearer = format!("Bearer {}", token(&broker, "key").await);
    let bearer = bearer.as_str();
    let account = "/api/dostk/acnt";
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], (u64, u64));
    let cases: [Case<'_>; 11] = [
        (account, &[], (2, 1501)),
        (account, &[("api-id", "ka10075")], (2, 1513)),
        (account, &[("api-id", "ka10075"), ("authorization", "Basic x")], (2, 1514)),
        (account, &[("api-id", "ka10075"), ("authorization", "Bearer ")], (2, 1516)),
        (account, &[("api-id", "ka10075"), ("authorization", "Bearer x")], (3, 8005)),
        (account, &[("api-id", "zz99999"), ("authorization", bearer)], (2, 1505)),
        (account, &[("api-id", "kt10000"), ("authorization", bearer)], (2, 1504)),
        (account, &[("api-id", "au10001"), ("authorization", bearer)], (2, 1504)),
        ("/oauth2/token", &[("api-id", "au10002")], (2, 1504)),
        (account, &[("api-id", "ka10075"), ("authorization", bearer)], (2, 1511)),
        ("/nowhere", &[("api-id", "ka10075"), ("authorization", bearer)], (2, 1504)),
    ];
    for (path, headers, expected) in cases {
        let (status, reply) = call(&broker, path, headers, json!({})).await;
        assert_eq!((status, codes(&reply)), (200, expected), "{path} {headers:?}");
    }
}

#[tokio::test]
async fn one_connection_serves_one_request_after_another() {
    let broker = sim::start(plain()).unwrap();
    let mut stream = connect(&broker.rest_url(), "").await.unwrap();
    let body = r#"{"grant_type":"client_credentials","appkey":"key","secretkey":"secret"}"#;
    let (_, first) = post(&mut stream, "/oauth2/token", &[], body).await;
    let (_, second) = post(&mut stream, "/oauth2/token", &[], body).await;
    assert_eq!(first["token"], second["token"], "a second issue returns the same token");
}

#[tokio::test]
async fn a_new_token_kills_the_old_one_when_asked_to() {
    let options = Options { token_reissue: TokenReissue::NewKillsOld, ..plain() };
    let broker = sim::start(options).unwrap();
    let first = token(&broker, "key").await;
    let second = token(&broker, "key").await;
    assert_ne!(first, second);
    for (token, code) in [(first, 805_004), (second, 0)] {
        let mut client = Client::connect(&broker).await;
        client.send(json!({"trnm": "LOGIN", "token": token})).await;
        assert_eq!(client.answer("LOGIN").await["return_code"], code);
    }
}

#[tokio::test]
async fn a_revoked_token_logs_nobody_in() {
    let broker = sim::start(plain()).unwrap();
    let token = token(&broker, "key").await;
    let body = json!({"appkey": "key", "secretkey": "secret", "token": token});
    let (_, reply) = call(&broker, "/oauth2/revoke", &[], body).await;
    assert_eq!(reply["return_code"], 0);
    let mut client = Client::connect(&broker).await;
    client.send(json!({"trnm": "LOGIN", "token": token})).await;
    assert_eq!(client.answer("LOGIN").await["return_code"], 805_004);
}

#[tokio::test]
async fn the_certificate_is_trusted_by_whoever_is_given_it_and_by_nobody_else() {
    let broker = sim::start(Options::default()).unwrap();
    assert!(broker.rest_url().starts_with("https://127.0.0.1:"));
    let mut client = Client::log_in(&broker, "key").await;
    assert_eq!(client.register(&["005930"], &["0D"]).await, 0);
    assert_eq!(client.answer("REAL").await["data"][0]["type"], "0D");
    assert!(connect(&broker.ws_url(), "").await.is_err());
}

#[test]
fn the_secrets_of_options_are_not_printed() {
    let options = Options { keys: Some(vec![("kanarie".into(), "vogel".into())]), ..plain() };
    let text = format!("{options:?}");
    assert!(!text.contains("kanarie") && !text.contains("vogel"), "{text}");
}

#[test]
fn options_out_of_range_and_taken_ports_are_refused() {
    assert!(sim::start(Options { instruments: 199, ..plain() }).is_err());
    assert!(sim::start(Options { time_compression: 0.0, ..plain() }).is_err());
    let position = "999999:1:1000".parse().unwrap();
    let trading = sim::orders::Trading { positions: vec![position], ..Default::default() };
    assert!(sim::start(Options { trading, ..plain() }).is_err());
    let trading = sim::orders::Trading { page_rows: 0, ..Default::default() };
    assert!(sim::start(Options { trading, ..plain() }).is_err());
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let ws_listen = taken.local_addr().unwrap();
    let refusal = sim::start(Options { ws_listen, ..plain() }).unwrap_err().to_string();
    assert!(refusal.contains(&ws_listen.to_string()), "{refusal}");
}
