//! The session as a table of conversations: events in, actions out.

use std::time::Duration;

use feed::clock::Monotonic;
use feed::session::{
    Action, BackoffOptions, ConditionRequest, ConnectFailure, DisconnectReason, EndReason, Event,
    FatalReason, FeedEvent, LogLevel, PingPolicy, Session, SessionOptions, SubscriptionLimits,
    Subscriptions, TakeoverPolicy, TokenFailure, Wish, WishState,
};

const LOGIN_OK: &str = r#"{"trnm":"LOGIN","return_code":0,"return_msg":"","sor_yn":"Y"}"#;
const REG_OK: &str = r#"{"trnm":"REG","return_code":0,"return_msg":""}"#;
const REMOVE_OK: &str = r#"{"trnm":"REMOVE","return_code":0,"return_msg":""}"#;
const TOKEN_BAD: &str = r#"{"trnm":"LOGIN","return_code":805004,"return_msg":"토큰 인증에 실패했습니다. 접속을 종료합니다 [CODE=8005, MESSAGE=Token이 유효하지 않습니다]"}"#;
const TAKEN: &str =
    r#"{"trnm":"SYSTEM","code":"R10001","message":"동일한 App key로 접속이 되었습니다"}"#;

/// A session with a clock that only the test moves.
struct Rig {
    session: Session,
    now: Monotonic,
}

impl Rig {
    fn new() -> Self {
        Self::with(SessionOptions::default())
    }

    fn with(options: SessionOptions) -> Self {
        let mut subscriptions = Subscriptions::new(SubscriptionLimits::default());
        subscriptions.add(&[wish("", "00"), wish("", "0s"), wish("005930", "0B")]).unwrap();
        Self { session: Session::new(options, subscriptions), now: Monotonic::from_nanos(1 << 40) }
    }

    /// Handles an event; gives the actions as short words.
    fn on(&mut self, event: Event<'_>) -> Vec<String> {
        let mut actions = Vec::new();
        self.session.handle(self.now, event, &mut actions);
        actions.iter().map(word).filter(|word| !word.is_empty()).collect()
    }

    fn says(&mut self, frame: &str) -> Vec<String> {
        self.on(Event::Message(frame.as_bytes()))
    }

    fn closes(&mut self, code: Option<u16>, reason: &str) -> Vec<String> {
        self.on(Event::Closed { code, reason })
    }

    /// Lets the time pass to the next deadline.
    fn time_out(&mut self) -> Vec<String> {
        let deadline = self.session.next_deadline().expect("a session that waits has a deadline");
        assert!(deadline >= self.now, "a deadline in the past would spin");
        self.now = deadline;
        self.on(Event::Tick)
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
    }

    /// Start, token, connect, LOGIN sent.
    fn up_to_login(&mut self) {
        assert_eq!(self.on(Event::Start), ["token"]);
        self.token_and_connect();
    }

    fn token_and_connect(&mut self) {
        assert_eq!(self.on(Event::TokenReady("canary-token".into())), ["connect"]);
        assert_eq!(self.on(Event::Connected), [r#"send {"trnm":"LOGIN","token":"canary-token"}"#]);
    }

    fn up_to_live(&mut self) {
        self.up_to_login();
        assert_eq!(self.says(LOGIN_OK).len(), 4);
        self.says(REG_OK);
        self.says(REG_OK);
        assert_eq!(self.says(REG_OK), ["tell Subscribed { confirmed: 3, refused: 0 }"]);
    }
}

fn wish(item: &str, kind: &str) -> Wish {
    Wish::new(item, kind).unwrap()
}

/// Logs are left out, apart from the proof that they hold no secret.
fn word(action: &Action) -> String {
    assert!(!format!("{action:?}").contains("canary"), "the token is in {action:?}");
    match action {
        Action::RequestToken { refresh: false } => "token".into(),
        Action::RequestToken { refresh: true } => "token again".into(),
        Action::Connect => "connect".into(),
        Action::Send(outgoing) => format!("send {}", outgoing.expose_text()),
        Action::SendClose => "close".into(),
        Action::Disconnect => "disconnect".into(),
        Action::Notify(event) => format!("tell {event:?}"),
        Action::Log(..) => String::new(),
        Action::GiveUp(_) => "give up".into(),
        Action::Finished => "finished".into(),
    }
}

fn reg(group: u32, item: &str, kind: &str) -> String {
    format!(
        r#"send {{"trnm":"REG","grp_no":"{group}","refresh":"1","data":[{{"item":["{item}"],"type":["{kind}"]}}]}}"#
    )
}

#[test]
fn the_straight_path_is_token_connect_login_registrations_live() {
    let mut rig = Rig::new();
    rig.up_to_login();
    assert_eq!(
        rig.says(LOGIN_OK),
        ["tell Connected".to_owned(), reg(1, "", "00"), reg(2, "", "0s"), reg(3, "005930", "0B")]
    );
    assert!(rig.session.is_live());
    assert_eq!(rig.says(REG_OK), [""; 0]);
    assert_eq!(rig.says(REG_OK), [""; 0]);
    assert_eq!(rig.says(REG_OK), ["tell Subscribed { confirmed: 3, refused: 0 }"]);
}

#[test]
fn system_frames_around_the_login_change_nothing() {
    let mut rig = Rig::new();
    let harmless = r#"{"trnm":"SYSTEM","code":"R00000","message":"안내"}"#;
    rig.up_to_login();
    assert_eq!(rig.says(harmless), [""; 0]);
    assert_eq!(rig.says(LOGIN_OK).len(), 4);
    assert_eq!(rig.says(harmless), [""; 0]);
    assert!(rig.session.is_live());
}

#[test]
fn nothing_is_sent_before_the_login_is_answered_not_even_an_echo() {
    let mut rig = Rig::new();
    rig.up_to_login();
    assert_eq!(rig.says(r#"{"trnm":"PING"}"#), [""; 0]);
    let mut actions = Vec::new();
    rig.session.subscribe(rig.now, &[wish("000660", "0B")], &mut actions).unwrap();
    rig.session.unsubscribe(rig.now, &[wish("000660", "0B")], &mut actions);
    assert!(actions.is_empty());
}

#[test]
fn a_ping_is_echoed_byte_for_byte_or_ignored() {
    let ping = "{\"seq\":\"7\", \"trnm\":\"PING\"}";
    let mut rig = Rig::new();
    rig.up_to_live();
    assert_eq!(rig.says(ping), [format!("send {ping}")]);
    let mut rig = Rig::with(SessionOptions { ping: PingPolicy::Ignore, ..Default::default() });
    rig.up_to_live();
    assert_eq!(rig.says(ping), [""; 0]);
}

#[test]
fn a_refused_token_is_renewed_once_and_then_it_is_over() {
    let mut rig = Rig::new();
    rig.up_to_login();
    assert_eq!(rig.says(TOKEN_BAD), ["disconnect", "token again"]);
    rig.token_and_connect();
    let end = rig.says(TOKEN_BAD);
    assert_eq!((end[0].as_str(), end.last().unwrap().as_str()), ("disconnect", "give up"));
    assert!(rig.session.is_ended());
    assert_eq!(rig.session.next_deadline(), None);
}

#[test]
fn a_login_that_worked_gives_the_token_its_second_chance_back() {
    let mut rig = Rig::new();
    rig.up_to_login();
    rig.says(TOKEN_BAD);
    rig.token_and_connect();
    rig.says(LOGIN_OK);
    let refused = r#"{"trnm":"REG","return_code":"8005","return_msg":""}"#;
    let actions = rig.says(refused);
    assert_eq!(actions[0], "disconnect");
    assert_eq!(actions.last().unwrap(), "token again");
}

#[test]
fn a_machine_that_may_not_is_no_matter_of_tokens() {
    let mut rig = Rig::new();
    rig.up_to_login();
    let frame = r#"{"trnm":"LOGIN","return_code":3,"return_msg":"인증 실패[8010:다른 IP]"}"#;
    assert_eq!(rig.says(frame).last().unwrap(), "give up");
}

#[test]
fn another_refusal_of_the_login_waits_and_tries_again() {
    let mut rig = Rig::new();
    rig.up_to_login();
    assert_eq!(rig.says(r#"{"trnm":"LOGIN","return_code":1}"#), ["disconnect"]);
    assert_eq!(rig.time_out(), ["token"]);
}

#[test]
fn a_takeover_ends_the_session_or_waits_long_as_the_option_says() {
    let mut rig = Rig::new();
    rig.up_to_live();
    let actions = rig.says(TAKEN);
    assert!(actions[0].starts_with("tell TakenOver"));
    assert_eq!(actions[1], "disconnect");
    assert_eq!(actions.last().unwrap(), "give up");
    assert!(rig.session.is_ended());

    let options = SessionOptions { on_takeover: TakeoverPolicy::Reconnect, ..Default::default() };
    let mut rig = Rig::with(options);
    rig.up_to_live();
    let before = rig.now;
    assert!(rig.says(TAKEN)[2].starts_with("tell Disconnected"));
    assert_eq!(rig.time_out(), ["token"]);
    assert!(rig.now.since(before) >= options.backoff.max / 2);
}

#[test]
fn missing_heartbeat_and_missing_login_reconnect() {
    for code in ["R10002", "R10004"] {
        let mut rig = Rig::new();
        rig.up_to_live();
        let frame = format!(r#"{{"trnm":"SYSTEM","return_code":"{code}","return_msg":"x"}}"#);
        let actions = rig.says(&frame);
        assert_eq!(actions[0], "disconnect");
        assert!(actions[1].starts_with("tell Disconnected { why: System"), "{actions:?}");
        assert_eq!(rig.time_out(), ["token"]);
    }
}

#[test]
fn after_a_break_own_orders_are_registered_first_and_the_gap_is_told() {
    let mut rig = Rig::new();
    rig.up_to_live();
    let actions = rig.closes(Some(1006), "reset by peer");
    assert_eq!(
        actions,
        [format!(
            "tell {:?}",
            FeedEvent::Disconnected {
                why: DisconnectReason::Closed { code: Some(1006), reason: "reset by peer".into() }
            }
        )]
    );
    assert_eq!(rig.time_out(), ["token"]);
    rig.token_and_connect();
    let actions = rig.says(LOGIN_OK);
    assert!(actions[0].starts_with("tell Reconnected { failures: 0, away:"), "{actions:?}");
    assert!(actions[1].starts_with("tell Gap"));
    assert_eq!(actions[2..], [reg(1, "", "00"), reg(2, "", "0s"), reg(3, "005930", "0B")]);
}

#[test]
fn a_close_in_place_of_the_login_answer_is_a_failed_attempt() {
    let mut rig = Rig::new();
    rig.up_to_login();
    assert_eq!(rig.closes(Some(1000), ""), [""; 0]);
    assert_eq!(rig.time_out(), ["token"]);
}

#[test]
fn every_answer_has_a_watchdog() {
    // The token.
    let mut rig = Rig::new();
    rig.on(Event::Start);
    assert_eq!(rig.time_out(), [""; 0]);
    assert_eq!(rig.time_out(), ["token"]);
    // The connection.
    rig.on(Event::TokenReady("t".into()));
    assert_eq!(rig.time_out(), ["disconnect"]);
    assert_eq!(rig.time_out(), ["token"]);
    // The login.
    rig.token_and_connect();
    assert_eq!(rig.time_out(), ["disconnect"]);
    assert_eq!(rig.time_out(), ["token"]);
    // The registrations.
    rig.token_and_connect();
    rig.says(LOGIN_OK);
    rig.says(REG_OK);
    let actions = rig.time_out();
    assert_eq!(actions[..2], ["disconnect", "tell Disconnected { why: RegTimeout }"]);
    assert_eq!(rig.time_out(), ["token"]);
}

#[test]
fn silence_is_told_first_and_then_taken_for_a_dead_line() {
    let mut rig = Rig::new();
    rig.up_to_live();
    assert_eq!(rig.time_out(), ["tell Stale { silent: 15s }"]);
    rig.pass(Duration::from_secs(1));
    assert_eq!(rig.says(REG_OK), ["tell Fresh { silent: 15s }"]);
    rig.pass(Duration::from_secs(14));
    rig.session.note_activity(rig.now);
    assert_eq!(rig.time_out(), ["tell Stale { silent: 15s }"]);
    assert_eq!(
        rig.time_out()[..2],
        ["disconnect", "tell Disconnected { why: Silent { silent: 30s } }"]
    );
}

#[test]
fn a_refused_registration_is_told_and_the_others_stand() {
    let mut rig = Rig::new();
    rig.up_to_login();
    rig.says(LOGIN_OK);
    rig.says(REG_OK);
    rig.says(REG_OK);
    let refusal =
        r#"{"trnm":"REG","return_code":105111,"return_msg":"실시간 항목 등록에 실패했습니다"}"#;
    assert_eq!(
        rig.says(refusal),
        [
            "tell Refused { text: \"the broker refused a REG of 005930 with types 0B: 105111: 실시간 항목 등록에 실패했습니다\" }",
            "tell Subscribed { confirmed: 2, refused: 1 }",
        ]
    );
    assert_eq!(rig.session.subscriptions().state(&wish("005930", "0B")), Some(WishState::Refused));
}

#[test]
fn a_registration_that_came_too_early_is_sent_again() {
    let mut rig = Rig::new();
    rig.up_to_login();
    rig.says(LOGIN_OK);
    let early = r#"{"trnm":"REG","return_code":100013,"return_msg":"로그인 인증이 들어오기 전에 … (TRNM=%s)"}"#;
    assert_eq!(rig.says(early), [""; 0]);
    assert_eq!(rig.time_out(), [reg(1, "", "00")]);
    rig.says(REG_OK);
    rig.says(REG_OK);
    assert_eq!(rig.says(REG_OK), ["tell Subscribed { confirmed: 3, refused: 0 }"]);
}

#[test]
fn wishes_change_while_live_and_answers_are_matched_by_their_kind() {
    let mut rig = Rig::new();
    rig.up_to_live();
    let mut actions = Vec::new();
    rig.session.subscribe(rig.now, &[wish("000660", "0B")], &mut actions).unwrap();
    rig.session.unsubscribe(rig.now, &[wish("005930", "0B")], &mut actions);
    let words: Vec<String> = actions.iter().map(word).collect();
    assert_eq!(
        words,
        [
            reg(4, "000660", "0B"),
            r#"send {"trnm":"REMOVE","grp_no":"3","data":[{"item":["005930"],"type":["0B"]}]}"#
                .to_owned()
        ]
    );
    assert_eq!(rig.says(REMOVE_OK), [""; 0]);
    assert_eq!(rig.session.subscriptions().state(&wish("000660", "0B")), Some(WishState::Awaiting));
    assert_eq!(rig.says(REG_OK), [""; 0]);
    assert_eq!(
        rig.session.subscriptions().state(&wish("000660", "0B")),
        Some(WishState::Confirmed)
    );
}

#[test]
fn shutting_down_closes_and_waits_for_the_close_of_the_peer() {
    let mut rig = Rig::new();
    rig.up_to_live();
    assert_eq!(rig.on(Event::Shutdown), ["close"]);
    assert_eq!(rig.says(r#"{"trnm":"PING"}"#), [""; 0], "nothing is said after Close");
    assert_eq!(
        rig.closes(Some(1000), ""),
        ["tell Disconnected { why: Shutdown }", "tell Ended { why: Shutdown }", "finished"]
    );
    assert_eq!(rig.session.next_deadline(), None);
}

#[test]
fn shutting_down_does_not_wait_for_a_dead_peer() {
    let mut rig = Rig::new();
    rig.up_to_live();
    rig.on(Event::Shutdown);
    assert_eq!(rig.time_out().last().unwrap(), "finished");
}

#[test]
fn shutting_down_works_from_every_place() {
    type Case = (fn(&mut Rig), &'static [&'static str]);
    let steps: [Case; 4] = [
        (|_| {}, &["tell Ended { why: Shutdown }", "finished"]),
        (
            |rig| {
                rig.on(Event::Start);
            },
            &["tell Ended { why: Shutdown }", "finished"],
        ),
        (
            |rig| {
                rig.on(Event::Start);
                rig.on(Event::TokenReady("t".into()));
            },
            &["disconnect", "tell Ended { why: Shutdown }", "finished"],
        ),
        (Rig::up_to_login, &["close"]),
    ];
    for (step, wanted) in steps {
        let mut rig = Rig::new();
        step(&mut rig);
        assert_eq!(rig.on(Event::Shutdown), wanted);
    }
}

#[test]
fn a_first_connection_that_cannot_work_ends_with_a_reason_a_person_can_use() {
    let permanent =
        || ConnectFailure { permanent: true, text: "certificate for another name".into() };
    let mut rig = Rig::new();
    rig.on(Event::Start);
    rig.on(Event::TokenReady("t".into()));
    let mut actions = Vec::new();
    rig.session.handle(rig.now, Event::ConnectFailed(permanent()), &mut actions);
    let Some(Action::GiveUp(reason)) = actions.pop() else { panic!("{actions:?}") };
    assert_eq!(reason, FatalReason::Connect { text: "certificate for another name".into() });
    assert!(actions.iter().any(|a| matches!(a, Action::Log(LogLevel::Error, _))));

    // A session that worked before rides out a maintenance window.
    let mut rig = Rig::new();
    rig.up_to_live();
    rig.closes(None, "");
    rig.time_out();
    rig.on(Event::TokenReady("t".into()));
    assert_eq!(rig.on(Event::ConnectFailed(permanent())), [""; 0]);
    assert_eq!(rig.time_out(), ["token"]);
}

#[test]
fn credentials_that_are_refused_end_the_session_and_a_broken_line_does_not() {
    let mut rig = Rig::new();
    rig.on(Event::Start);
    let temporary = TokenFailure::Temporary { text: "no line".into() };
    assert_eq!(rig.on(Event::TokenFailed(temporary)), [""; 0]);
    assert_eq!(rig.time_out(), ["token"]);
    let refused = TokenFailure::Refused { text: "8030".into() };
    let actions = rig.on(Event::TokenFailed(refused));
    let why = EndReason::Fatal(FatalReason::Credentials { text: "8030".into() });
    assert_eq!(actions, [format!("tell {:?}", FeedEvent::Ended { why }), "give up".into()]);
}

#[test]
fn attempts_are_limited_before_the_first_login_and_not_after_it() {
    let mut rig = Rig::new();
    rig.on(Event::Start);
    let mut attempts = 0;
    while !rig.session.is_ended() {
        attempts += 1;
        rig.on(Event::TokenReady("t".into()));
        let failure = ConnectFailure { permanent: false, text: "refused".into() };
        rig.on(Event::ConnectFailed(failure));
        if !rig.session.is_ended() {
            rig.time_out();
        }
    }
    assert_eq!(attempts, 5);

    let mut rig = Rig::new();
    rig.up_to_live();
    rig.closes(None, "");
    for _ in 0..50 {
        rig.time_out();
        rig.on(Event::TokenReady("t".into()));
        let failure = ConnectFailure { permanent: false, text: "refused".into() };
        assert_eq!(rig.on(Event::ConnectFailed(failure)), [""; 0]);
    }
}

#[test]
fn waits_grow_until_a_connection_has_held() {
    let options = SessionOptions {
        backoff: BackoffOptions { seed: 3, ..Default::default() },
        ..Default::default()
    };
    let mut rig = Rig::with(options);
    rig.up_to_live();
    let mut waits = Vec::new();
    for turn in 0..6 {
        if turn == 5 {
            rig.pass(options.stable_after);
            rig.session.note_activity(rig.now);
        }
        rig.closes(None, "");
        let before = rig.now;
        rig.time_out();
        waits.push(rig.now.since(before));
        rig.token_and_connect();
        rig.says(LOGIN_OK);
    }
    assert!(waits[4] >= Duration::from_secs(8), "{waits:?}");
    assert!(waits[5] <= Duration::from_secs(1), "{waits:?}");
}

#[test]
fn late_answers_to_an_old_question_are_ignored() {
    let mut rig = Rig::new();
    rig.on(Event::Start);
    rig.time_out();
    for event in [
        Event::TokenReady("t".into()),
        Event::Connected,
        Event::Message(LOGIN_OK.as_bytes()),
        Event::Closed { code: None, reason: "" },
        Event::ConnectFailed(ConnectFailure { permanent: true, text: String::new() }),
        Event::Start,
    ] {
        assert_eq!(rig.on(event), [""; 0]);
    }
}

#[test]
fn condition_searches_ask_for_the_list_first_and_come_back_after_a_break() {
    let mut rig = Rig::new();
    rig.up_to_live();
    let mut actions = Vec::new();
    let realtime = |seq: &str| ConditionRequest::Realtime { seq: seq.into() };
    rig.session.condition(rig.now, realtime("1"), &mut actions).unwrap();
    rig.session.condition(rig.now, realtime("2"), &mut actions).unwrap();
    let words: Vec<String> = actions.drain(..).map(|a| word(&a)).collect();
    assert_eq!(words, [r#"send {"trnm":"CNSRLST"}"#]);
    let list = r#"{"trnm":"CNSRLST","return_code":0,"data":[["1","조건1"],["2","둘"]]}"#;
    let search = |seq: u32| {
        format!(r#"send {{"trnm":"CNSRREQ","seq":"{seq}","search_type":"1","stex_tp":"K"}}"#)
    };
    let answers = rig.says(list);
    assert!(answers[0].starts_with("tell Conditions"));
    assert_eq!(answers[1..], [search(1), search(2)]);
    let rows = r#"{"trnm":"CNSRREQ","seq":"1  ","return_code":0,"data":[{"jmcode":"A005930"}]}"#;
    assert!(rig.says(rows)[0].starts_with("tell ConditionRows { seq: \"1\""));
    let busy = r#"{"trnm":"CNSRREQ","return_code":105110,"return_msg":"요청 건수 초과"}"#;
    assert!(rig.says(busy)[0].starts_with("tell ConditionRefused { seq: \"2\""));

    rig.closes(None, "");
    rig.time_out();
    rig.token_and_connect();
    assert_eq!(rig.says(LOGIN_OK).last().unwrap(), r#"send {"trnm":"CNSRLST"}"#);
    assert_eq!(rig.says(list)[1..], [search(1)], "a refused one does not start by itself");
}

#[test]
fn an_answer_before_the_login_is_answered_sets_nothing_in_motion() {
    let mut rig = Rig::new();
    rig.up_to_live();
    // Waits for the list when the line breaks.
    let once = ConditionRequest::Once { seq: "1".into(), next_key: None };
    rig.session.condition(rig.now, once, &mut Vec::new()).unwrap();
    rig.closes(None, "");
    rig.time_out();
    rig.token_and_connect();
    for trnm in ["CNSRLST", "CNSRREQ", "CNSRCLR", "REG", "REMOVE"] {
        let frame = format!(r#"{{"trnm":"{trnm}","return_code":0,"data":null}}"#);
        assert_eq!(rig.says(&frame), [""; 0]);
    }
    let actions = rig.says(LOGIN_OK);
    assert!(!actions.iter().any(|action| action.contains("CNSR")), "{actions:?}");
}

#[test]
fn a_condition_search_without_an_answer_is_told() {
    let mut rig = Rig::new();
    rig.up_to_live();
    rig.session.condition(rig.now, ConditionRequest::List, &mut Vec::new()).unwrap();
    rig.pass(Duration::from_secs(60));
    rig.session.note_activity(rig.now);
    let actions = rig.on(Event::Tick);
    assert!(actions[0].starts_with("tell ConditionRefused"), "{actions:?}");
}

#[test]
fn frames_that_are_no_message_are_logged_and_nothing_else() {
    let mut rig = Rig::new();
    rig.up_to_live();
    for frame in ["[]", "{", "{}", r#"{"trnm":"NEWS"}"#, r#"{"return_code":100002}"#] {
        assert_eq!(rig.says(frame), [""; 0], "{frame}");
    }
    assert!(rig.session.is_live());
}
