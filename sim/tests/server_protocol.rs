//! The WebSocket's rules: LOGIN, REG, heartbeat, condition search.

mod server_support;

use serde_json::{Value, json};
use server_support::{Client, Event, plain, reg, token};
use sim::Options;
use std::collections::BTreeSet;
use std::time::Duration;

fn code(message: &Value) -> u64 {
    message["return_code"].as_u64().unwrap()
}

#[tokio::test]
async fn what_comes_before_the_login_answer_is_ignored_and_the_connection_lives() {
    let options = Options { login_delay: Duration::from_secs(1), ..plain() };
    let broker = sim::start(options).unwrap();
    let token = token(&broker, "key").await;
    let mut client = Client::connect(&broker).await;
    let register = reg(json!([{"item": ["005930"], "type": ["0B"]}]));
    client.send(json!({"trnm": "LOGIN", "token": token})).await;
    client.send(register.clone()).await;
    let Event::Message(first) = client.next().await else { panic!("the connection lives") };
    assert_eq!((&first["trnm"], code(&first)), (&json!("REG"), 100_013));
    assert!(first["return_msg"].as_str().unwrap().ends_with("(TRNM=%s)"));
    assert_eq!(code(&client.answer("LOGIN").await), 0);
    client.send(register).await;
    assert_eq!(client.answer("REG").await, json!({"trnm":"REG","return_code":0,"return_msg":""}));
}

#[tokio::test]
async fn messages_that_make_no_sense_are_answered_with_their_code() {
    let broker = sim::start(plain()).unwrap();
    let mut client = Client::log_in(&broker, "key").await;
    let cases = [
        (r#"{"data":[]}"#, 100_002),
        ("not JSON", 100_002),
        ("[]", 100_002),
        (r#"{"trnm":"HELLO"}"#, 105_108),
        (r#"{"trnm":"REG","grp_no":"1","data":[{"item":"005930","type":["0B"]}]}"#, 105_111),
        (r#"{"trnm":"REG","grp_no":"1","data":[{"item":["005930"],"type":"0B"}]}"#, 105_111),
        (r#"{"trnm":"REG","grp_no":"1","data":[{"item":["005930"],"type":["XX"]}]}"#, 105_111),
        (r#"{"trnm":"REG","grp_no":"1"}"#, 100_002),
        (r#"{"trnm":"REMOVE","grp_no":"1","data":[{"item":"005930","type":["0B"]}]}"#, 105_111),
    ];
    for (text, expected) in cases {
        client.send_text(text).await;
        let answer = loop {
            match client.next().await {
                Event::Message(message) if message["trnm"] == "SYSTEM" => {}
                Event::Message(message) => break message,
                end => panic!("{end:?} after {text}"),
            }
        };
        assert_eq!(code(&answer), expected, "{text}");
    }
}

#[tokio::test]
async fn a_login_without_a_good_token_is_refused_and_closed() {
    let broker = sim::start(plain()).unwrap();
    let cases = [
        (json!({"trnm": "LOGIN"}), 805_002),
        (json!({"trnm": "LOGIN", "token": ""}), 805_002),
        (json!({"trnm": "LOGIN", "token": "never issued"}), 805_004),
    ];
    for (login, expected) in cases {
        let mut client = Client::connect(&broker).await;
        client.send(login.clone()).await;
        let (messages, end) = client.rest().await;
        assert_eq!(messages.iter().map(code).collect::<Vec<_>>(), [expected], "{login}");
        assert_eq!(end, Event::Close(1000, String::new()), "{login}");
    }
    let token = token(&broker, "key").await;
    broker.expire_tokens();
    let mut client = Client::connect(&broker).await;
    client.send(json!({"trnm": "LOGIN", "token": token})).await;
    let answer = client.answer("LOGIN").await;
    assert!(answer["return_msg"].as_str().unwrap().contains("[CODE=8005, "), "{answer}");
    assert_eq!(broker.stop().logins, 0);
}

#[tokio::test]
async fn a_connection_without_a_login_ends_with_r10004() {
    let options = Options { login_timeout: Duration::from_millis(30), ..plain() };
    let broker = sim::start(options).unwrap();
    let (messages, end) = Client::connect(&broker).await.rest().await;
    assert_eq!(messages.len(), 1);
    assert_eq!((&messages[0]["trnm"], &messages[0]["code"]), (&json!("SYSTEM"), &json!("R10004")));
    assert!(matches!(end, Event::Close(1000, _)), "{end:?}");
}

#[tokio::test]
async fn the_newest_session_of_an_app_key_wins() {
    let broker = sim::start(plain()).unwrap();
    let mut older = Client::log_in(&broker, "key").await;
    let mut stranger = Client::log_in(&broker, "another").await;
    let mut newer = Client::log_in(&broker, "key").await;
    let (messages, end) = older.rest().await;
    assert_eq!(messages.last().unwrap()["code"], "R10001");
    assert!(matches!(end, Event::Close(1000, _)), "{end:?}");
    assert_eq!(newer.register(&["005930"], &["0D"]).await, 0);
    assert_eq!(stranger.register(&["005930"], &["0D"]).await, 0);
    assert_eq!(broker.report().logins, 3);
}

#[tokio::test]
async fn unanswered_pings_end_a_session_with_r10002() {
    let options = Options { ping_interval: Duration::from_millis(20), ..plain() };
    let broker = sim::start(Options { pings_unanswered_max: 3, ..options }).unwrap();
    let (messages, end) = Client::log_in(&broker, "key").await.rest().await;
    let pings = messages.iter().filter(|message| **message == json!({"trnm": "PING"})).count();
    assert_eq!(pings, 3);
    assert_eq!(messages.last().unwrap()["code"], "R10002");
    assert!(matches!(end, Event::Close(1000, _)), "{end:?}");
    assert_eq!(broker.stop().pings_sent, 3);
}

#[tokio::test]
async fn an_echoed_ping_keeps_a_session_alive() {
    let options = Options { ping_interval: Duration::from_millis(20), ..plain() };
    let broker = sim::start(Options { pings_unanswered_max: 2, ..options }).unwrap();
    let mut client = Client::log_in(&broker, "key").await;
    for _ in 0..8 {
        let ping = client.answer("PING").await;
        client.send(ping).await;
    }
    assert_eq!(client.register(&["005930"], &["0D"]).await, 0);
    assert!(broker.stop().echoes_received >= 8);
}

#[tokio::test]
async fn an_echoed_system_frame_ends_the_session() {
    let broker = sim::start(plain()).unwrap();
    let mut client = Client::log_in(&broker, "key").await;
    let harmless = client.answer("SYSTEM").await;
    client.send(harmless).await;
    assert!(matches!(client.rest().await.1, Event::Close(1000, _)));
}

#[tokio::test]
async fn the_mock_host_sends_no_system_frames_and_knows_the_krx_only() {
    let broker = sim::start(Options { mock: true, ..plain() }).unwrap();
    let mut client = Client::log_in(&broker, "key").await;
    client.send(json!({"trnm": "CNSRLST"})).await;
    let Event::Message(answer) = client.next().await else { panic!("the connection lives") };
    assert_eq!((&answer["trnm"], code(&answer)), (&json!("CNSRLST"), 1));
    assert_eq!(client.register(&["005930_NX", "005930_AL"], &["0B", "0D"]).await, 0);
    assert!(client.is_silent().await);
}

#[tokio::test]
async fn only_what_is_registered_comes() {
    let broker = sim::start(plain()).unwrap();
    let mut client = Client::log_in(&broker, "key").await;
    let two = json!([{"item": ["005930"], "type": ["0B", "0D"]},
                     {"item": ["000660_NX", "000660_AL"], "type": ["0D"]}]);
    client.send(reg(two)).await;
    let mut seen = BTreeSet::new();
    for _ in 0..400 {
        let frame = client.answer("REAL").await;
        for entry in frame["data"].as_array().unwrap() {
            let text = |key: &str| entry[key].as_str().unwrap().to_owned();
            seen.insert((text("item"), text("type")));
        }
    }
    let expected: BTreeSet<_> =
        [("005930", "0B"), ("005930", "0D"), ("000660_NX", "0D"), ("000660_AL", "0D")]
            .map(|(item, ty)| (item.to_owned(), ty.to_owned()))
            .into();
    assert!(seen.is_subset(&expected), "{seen:?}");
    assert!(seen.contains(&("005930".to_owned(), "0D".to_owned())), "{seen:?}");
}

#[tokio::test]
async fn remove_and_refresh_0_end_what_was_registered() {
    let broker = sim::start(plain()).unwrap();
    let mut client = Client::log_in(&broker, "key").await;
    assert_eq!(client.register(&["005930"], &["0D"]).await, 0);
    client.answer("REAL").await;
    let data = json!([{"item": ["005930"], "type": ["0D"]}]);
    client.send(json!({"trnm": "REMOVE", "grp_no": "1", "data": data})).await;
    assert_eq!(
        client.answer("REMOVE").await,
        json!({"trnm": "REMOVE", "return_code": 0, "return_msg": ""})
    );
    assert!(client.is_silent().await);

    assert_eq!(client.register(&["005930"], &["0D"]).await, 0);
    client.answer("REAL").await;
    let data = json!([{"item": ["000660"], "type": ["0D"]}]);
    client.send(json!({"trnm": "REG", "grp_no": "1", "refresh": "0", "data": data})).await;
    assert_eq!(code(&client.answer("REG").await), 0);
    for _ in 0..50 {
        assert_eq!(client.answer("REAL").await["data"][0]["item"], "000660");
    }
}

#[tokio::test]
async fn the_201st_item_is_refused_and_registers_nothing() {
    let broker = sim::start(plain()).unwrap();
    let mut client = Client::log_in(&broker, "key").await;
    let listed = sim::symbols(&plain());
    let bare: Vec<&str> = listed.iter().take(100).map(|listed| listed.code.as_str()).collect();
    let suffixed: Vec<String> = bare.iter().map(|code| format!("{code}_NX")).collect();
    client
        .send(reg(json!([{"item": bare, "type": ["0D"]}, {"item": suffixed, "type": ["0D"]}])))
        .await;
    assert_eq!(code(&client.answer("REG").await), 0);
    assert_eq!(client.register(&["005930_AL"], &["0D"]).await, 105_111);
    assert_eq!(client.register(&["005930"], &["0B"]).await, 0, "an item counts once");
    let many = vec!["005930"; 101];
    assert_eq!(client.register(&many, &["0B"]).await, 105_111, "an entry has 100 items at most");
}

#[tokio::test]
async fn condition_search_lists_answers_once_and_follows() {
    let broker = sim::start(plain()).unwrap();
    let mut client = Client::log_in(&broker, "key").await;
    let search = |seq: &str, search_type: &str| {
        json!({"trnm": "CNSRREQ", "seq": seq, "search_type": search_type, "stex_tp": "K",
               "cont_yn": "N", "next_key": ""})
    };
    client.send(search("0", "0")).await;
    assert_eq!(code(&client.answer("CNSRREQ").await), 1, "the list comes first");

    client.send(json!({"trnm": "CNSRLST"})).await;
    let list = client.answer("CNSRLST").await;
    assert_eq!(list["data"][0][0], "0");
    let conditions = list["data"].as_array().unwrap().len();

    client.send(search("0", "0")).await;
    let page = client.answer("CNSRREQ").await;
    assert_eq!(page["seq"], "0  ");
    assert_eq!(page["data"][0]["10"].as_str().unwrap().len(), 9);
    assert!(page["data"][0]["9001"].as_str().unwrap().starts_with(['A', 'J', 'Q']));
    assert_eq!(page["cont_yn"], "Y");
    let mut next = search("0", "0");
    next["cont_yn"] = json!("Y");
    next["next_key"] = page["next_key"].clone();
    client.send(next).await;
    assert_ne!(client.answer("CNSRREQ").await["data"][0], page["data"][0]);

    let empty = (conditions - 1).to_string();
    client.send(search(&empty, "0")).await;
    assert_eq!(client.answer("CNSRREQ").await["data"], Value::Null);

    for seq in 0..10 {
        client.send(search(&seq.to_string(), "1")).await;
        let answer = client.answer("CNSRREQ").await;
        assert_eq!((code(&answer), answer["seq"].as_str()), (0, Some(seq.to_string().as_str())));
        assert!(answer.get("return_msg").is_none());
        assert!(answer["data"][0]["jmcode"].is_string());
    }
    client.send(search("10", "1")).await;
    assert_eq!(code(&client.answer("CNSRREQ").await), 105_110);

    let frame = client.answer("REAL").await;
    assert_eq!(frame["data"][0]["type"], "02");
    let values = &frame["data"][0]["values"];
    assert!(["I", "D"].contains(&values["843"].as_str().unwrap()));
    assert_eq!(values["9001"], frame["data"][0]["item"]);

    for seq in 0..10 {
        client.send(json!({"trnm": "CNSRCLR", "seq": seq.to_string()})).await;
        assert_eq!(code(&client.answer("CNSRCLR").await), 0);
    }
}
