//! Whatever happens, in whatever order, the session keeps its promises.

use std::time::Duration;

use feed::clock::Monotonic;
use feed::session::{
    Action, BackoffOptions, ConditionRequest, ConnectFailure, Event, OutgoingKind, PingPolicy,
    Session, SessionOptions, SubscriptionLimits, Subscriptions, TakeoverPolicy, TokenFailure, Wish,
};
use proptest::prelude::*;

const TOKEN: &str = "canary-token-5f2c";

/// What the outside world can do, as data.
#[derive(Clone, Debug)]
enum Step {
    Start,
    Token(u8),
    Connected,
    ConnectFailed(bool),
    Frame(String),
    Closed(Option<u16>),
    Pass(u64),
    ToDeadline,
    Activity,
    Subscribe(u16),
    Unsubscribe(u16),
    Condition(u8),
    Shutdown,
}

fn any_frame() -> impl Strategy<Value = String> {
    let trnm = prop::sample::select(vec![
        "LOGIN", "REG", "REMOVE", "PING", "SYSTEM", "CNSRLST", "CNSRREQ", "CNSRCLR", "NEWS",
    ]);
    let code = prop::sample::select(vec![
        "0", "0", "0", "\"0000\"", "1", "100013", "105111", "105110", "805004", "805002",
        "\"8005\"", "8010", "null",
    ]);
    let system = prop::sample::select(vec!["R10001", "R10002", "R10004", "R00000"]);
    prop_oneof![
        8 => (trnm, code, system).prop_map(|(trnm, code, system)| format!(
            r#"{{"trnm":"{trnm}","return_code":{code},"return_msg":"m","code":"{system}","seq":"1 ","data":null}}"#
        )),
        6 => Just(r#"{"trnm":"LOGIN","return_code":0}"#.to_owned()),
        4 => Just(r#"{"trnm":"REG","return_code":0}"#.to_owned()),
        1 => any::<String>(),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Start),
        6 => (0..8_u8).prop_map(Step::Token),
        6 => Just(Step::Connected),
        1 => any::<bool>().prop_map(Step::ConnectFailed),
        12 => any_frame().prop_map(Step::Frame),
        1 => prop::option::of(1000..1016_u16).prop_map(Step::Closed),
        2 => (0..40_000_000_000_u64).prop_map(Step::Pass),
        6 => Just(Step::ToDeadline),
        2 => Just(Step::Activity),
        2 => (0..300_u16).prop_map(Step::Subscribe),
        1 => (0..300_u16).prop_map(Step::Unsubscribe),
        1 => (0..4_u8).prop_map(Step::Condition),
        1 => Just(Step::Shutdown),
    ]
}

fn any_options() -> impl Strategy<Value = SessionOptions> {
    (any::<bool>(), any::<bool>(), any::<bool>(), any::<u64>()).prop_map(
        |(echo, stop, limited, seed)| {
            let attempts = limited.then_some(9);
            SessionOptions {
                ping: if echo { PingPolicy::Echo } else { PingPolicy::Ignore },
                on_takeover: if stop { TakeoverPolicy::Stop } else { TakeoverPolicy::Reconnect },
                attempts_max: attempts,
                attempts_max_before_login: attempts,
                backoff: BackoffOptions { seed, ..Default::default() },
                ..Default::default()
            }
        },
    )
}

/// Watches the actions from the broker's side of the line.
#[derive(Default)]
struct Line {
    started: bool,
    open: bool,
    /// Connect was said and not answered.
    opening: bool,
    logins: u32,
    login_answered: bool,
    close_sent: bool,
    over: bool,
}

impl Line {
    fn watch(&mut self, action: &Action) {
        assert!(!self.over, "nothing follows the end: {action:?}");
        assert!(!format!("{action:?}").contains(TOKEN), "the token is in {action:?}");
        match action {
            Action::Connect => {
                assert!(!self.open && !self.opening, "one connection at a time");
                *self = Self { started: true, opening: true, ..Self::default() };
            }
            Action::Send(outgoing) => {
                assert!(self.open, "sent without a connection: {action:?}");
                assert!(!self.close_sent, "sent after Close: {action:?}");
                if outgoing.kind() == OutgoingKind::Login {
                    self.logins += 1;
                    assert_eq!(self.logins, 1, "a second LOGIN on one connection");
                } else {
                    assert!(self.login_answered, "sent before LOGIN was answered: {action:?}");
                    assert!(!outgoing.expose_text().contains(TOKEN));
                }
            }
            Action::SendClose => {
                assert!(self.open && !self.close_sent);
                self.close_sent = true;
            }
            Action::Disconnect => {
                assert!(self.open || self.opening, "nothing to disconnect");
                self.open = false;
                self.opening = false;
            }
            Action::GiveUp(_) | Action::Finished => self.over = true,
            Action::RequestToken { .. } => assert!(!self.open && !self.opening),
            Action::Notify(_) | Action::Log(..) => {}
        }
    }
}

fn wish(number: u16) -> Wish {
    let kind = ["0B", "0D", "00", "1h"][usize::from(number % 4)];
    Wish::new(&format!("{:06}", number / 2), kind).unwrap()
}

fn play(options: SessionOptions, steps: Vec<Step>) {
    let limits = SubscriptionLimits { items_per_connection_max: 40, items_per_entry_max: 7 };
    let mut subscriptions = Subscriptions::new(limits);
    subscriptions.add(&[wish(0), wish(2), wish(3)]).unwrap();
    let mut session = Session::new(options, subscriptions);
    let mut now = Monotonic::from_nanos(1 << 50);
    let mut line = Line::default();
    let mut actions = Vec::new();
    for step in steps {
        let step_text = format!("{step:?}");
        match step {
            Step::Start => {
                line.started |= !session.is_ended();
                session.handle(now, Event::Start, &mut actions);
            }
            Step::Token(0) => {
                let failure = TokenFailure::Temporary { text: "x".into() };
                session.handle(now, Event::TokenFailed(failure), &mut actions);
            }
            Step::Token(_) => session.handle(now, Event::TokenReady(TOKEN.into()), &mut actions),
            Step::Connected => {
                // Only a connection that was asked for opens.
                if line.opening {
                    line.opening = false;
                    line.open = true;
                    session.handle(now, Event::Connected, &mut actions);
                }
            }
            Step::ConnectFailed(permanent) => {
                if line.opening {
                    line.opening = false;
                    let failure = ConnectFailure { permanent, text: "x".into() };
                    session.handle(now, Event::ConnectFailed(failure), &mut actions);
                }
            }
            Step::Frame(frame) => {
                if line.open {
                    line.login_answered |= frame.contains("LOGIN")
                        && (frame.contains("\"return_code\":0") || frame.contains("\"0000\""));
                    session.handle(now, Event::Message(frame.as_bytes()), &mut actions);
                }
            }
            Step::Closed(code) => {
                if line.open {
                    line.open = false;
                    session.handle(now, Event::Closed { code, reason: "r" }, &mut actions);
                }
            }
            Step::Pass(nanos) => {
                now = now + Duration::from_nanos(nanos);
                session.handle(now, Event::Tick, &mut actions);
            }
            Step::ToDeadline => {
                if let Some(deadline) = session.next_deadline() {
                    now = now.max(deadline);
                    session.handle(now, Event::Tick, &mut actions);
                    let next = session.next_deadline();
                    assert!(next.is_none_or(|next| next > now), "a deadline that does not move");
                }
            }
            Step::Activity => session.note_activity(now),
            Step::Subscribe(number) => {
                let _ = session.subscribe(now, &[wish(number)], &mut actions);
            }
            Step::Unsubscribe(number) => session.unsubscribe(now, &[wish(number)], &mut actions),
            Step::Condition(which) => {
                let seq = which.to_string();
                let request = match which {
                    0 => ConditionRequest::List,
                    1 => ConditionRequest::Once { seq, next_key: None },
                    2 => ConditionRequest::Realtime { seq },
                    _ => ConditionRequest::Stop { seq },
                };
                let _ = session.condition(now, request, &mut actions);
            }
            Step::Shutdown => session.handle(now, Event::Shutdown, &mut actions),
        }
        for action in actions.drain(..) {
            line.watch(&action);
        }
        assert!(!format!("{session:?}").contains(TOKEN), "the token is in the session's Debug");
        assert_eq!(session.is_ended(), line.over, "after {step_text}");
        let waits = line.started && !line.over;
        assert_eq!(
            session.next_deadline().is_some(),
            waits,
            "a deadline while waiting: {step_text}"
        );
        assert!(session.subscriptions().item_count() <= 40);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_events_breaks_a_promise(
        options in any_options(),
        steps in prop::collection::vec(any_step(), 1..120),
    ) {
        play(options, steps);
    }

    #[test]
    fn no_sequence_of_events_after_a_good_start_breaks_a_promise(
        options in any_options(),
        steps in prop::collection::vec(any_step(), 1..120),
    ) {
        let login = r#"{"trnm":"LOGIN","return_code":0}"#.to_owned();
        let start = [Step::Start, Step::Token(1), Step::Connected, Step::Frame(login)];
        play(options, start.into_iter().chain(steps).collect());
    }

    #[test]
    fn the_same_events_and_seed_give_the_same_actions(
        options in any_options(),
        frames in prop::collection::vec(any_frame(), 0..30),
    ) {
        let run = || {
            let subscriptions = Subscriptions::new(SubscriptionLimits::default());
            let mut session = Session::new(options, subscriptions);
            let mut actions = Vec::new();
            let mut now = Monotonic::from_nanos(1 << 50);
            session.handle(now, Event::Start, &mut actions);
            for frame in &frames {
                session.handle(now, Event::TokenReady(TOKEN.into()), &mut actions);
                session.handle(now, Event::Connected, &mut actions);
                session.handle(now, Event::Message(frame.as_bytes()), &mut actions);
                now = session.next_deadline().unwrap_or(now).max(now);
                session.handle(now, Event::Tick, &mut actions);
            }
            format!("{actions:?}")
        };
        prop_assert_eq!(run(), run());
    }
}
