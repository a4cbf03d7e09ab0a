//! Lines against a server that does what a script says: every way in which an order can end.

mod line_support;

use std::time::{Duration, Instant};

use engine::broker::api::{ApiId, Meaning, OrderAnswer};
use engine::broker::http::ResponseError;
use engine::broker::line::{Finished, LinePool, Lost, NotSent, Outcome};
use feed::clock::Clock;
use line_support::{Act, Server, accepted, buy, reply, send};
use secrecy::SecretString;

const READY: Duration = Duration::from_secs(20);

fn token() -> SecretString {
    SecretString::from("CANARY-token")
}

fn pool(server: &Server) -> (LinePool, Clock) {
    let mut clock = Clock::new();
    let mut pool = LinePool::new(server.options(), &token()).unwrap();
    assert_eq!(pool.wait_ready(1, &mut clock, READY), 1, "{:?}", pool.health());
    (pool, clock)
}

fn finish(pool: &mut LinePool, clock: &mut Clock) -> Finished {
    pool.wait(clock, READY).expect("an order under way ends")
}

/// Sends one order through a server with this script, over TLS and without.
fn outcomes(script: &[Act]) -> [Outcome; 2] {
    [true, false].map(|tls| {
        let mut script = script.to_vec();
        script.insert(0, Act::Request);
        let server = Server::start(tls, [script]);
        let (mut pool, mut clock) = pool(&server);
        pool.send(7, &buy(60_700), &mut clock).unwrap();
        let finished = finish(&mut pool, &mut clock);
        assert_eq!(finished.tag, 7);
        assert_eq!(pool.wait(&mut clock, Duration::from_millis(1)), None, "one outcome");
        assert_eq!(server.requests().len(), 1, "one request");
        finished.outcome
    })
}

fn answers(script: &[Act]) -> [(u16, OrderAnswer); 2] {
    outcomes(script).map(|outcome| match outcome {
        Outcome::Answer(reply) => {
            (reply.status, OrderAnswer::read(ApiId::Buy, reply.status, &reply.body))
        }
        other => panic!("{other:?}"),
    })
}

fn unknown(script: &[Act]) -> [Lost; 2] {
    outcomes(script).map(|outcome| match outcome {
        Outcome::Unknown(lost) => lost,
        other => panic!("{other:?}"),
    })
}

#[test]
fn an_order_is_answered_and_every_step_has_its_time() {
    for tls in [true, false] {
        let script =
            vec![Act::Request, send(accepted("0000139")), Act::Request, send(accepted("0000140"))];
        let server = Server::start(tls, [script]);
        let (mut pool, mut clock) = pool(&server);
        for number in ["0000139", "0000140"] {
            pool.send(1, &buy(60_700), &mut clock).unwrap();
            assert_eq!(pool.under_way(), 1);
            let Finished { outcome, stamps, .. } = finish(&mut pool, &mut clock);
            let Outcome::Answer(reply) = outcome else { panic!("{outcome:?}") };
            let answer = OrderAnswer::read(ApiId::Buy, reply.status, &reply.body);
            let OrderAnswer::Accepted(order) = answer else { panic!("{answer:?}") };
            assert_eq!(order.number, number);
            assert!(stamps.begun.is_set() && stamps.begun <= stamps.written);
            assert!(stamps.written <= stamps.first_byte && stamps.first_byte <= stamps.parsed);
        }
        let requests = server.requests();
        assert_eq!(requests.len(), 2);
        assert!(requests[0].starts_with("POST /api/dostk/ordr HTTP/1.1\r\n"), "{}", requests[0]);
        assert!(requests[0].contains("\r\nauthorization: Bearer CANARY-token\r\n"));
        assert!(requests[0].contains(r#""ord_uv":"60700""#));
        assert_eq!(pool.health().made, 1, "one line for both");
    }
}

#[test]
fn chunks_and_pieces_make_the_same_answer() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
        c\r\n{\"ord_no\":\"0\r\n1d\r\n000139\",\"return_code\":\"0000\"}\r\n0\r\n\r\n";
    let script: Vec<Act> = chunked.as_bytes().chunks(7).map(send).collect();
    for (status, answer) in answers(&script) {
        assert_eq!(status, 200);
        assert!(matches!(answer, OrderAnswer::Accepted(order) if order.number == "0000139"));
    }
}

#[test]
fn a_rate_limit_is_a_sure_refusal_and_a_server_error_is_not() {
    let limited = reply("429 Too Many Requests", r#"{"return_code":5,"return_msg":"[1700:x]"}"#);
    for (status, answer) in answers(&[send(limited)]) {
        assert_eq!(status, 429);
        let OrderAnswer::Refused(refusal) = answer else { panic!("{answer:?}") };
        assert_eq!(refusal.meaning, Meaning::RateOfCall);
    }
    for status in ["500 Oops", "502 Bad Gateway", "503 Busy", "504 Late"] {
        for (_, answer) in answers(&[send(reply(status, "<html>"))]) {
            assert!(matches!(answer, OrderAnswer::Unknown(_)), "{answer:?}");
        }
    }
}

#[test]
fn a_lost_reply_and_half_a_reply_are_unknown() {
    let half = send(&accepted("0000139")[..60]);
    assert_eq!(unknown(&[]), [(); 2].map(|()| Lost::TimedOut { begun: false }));
    assert_eq!(
        unknown(std::slice::from_ref(&half)),
        [(); 2].map(|()| Lost::TimedOut { begun: true })
    );
    for lost in unknown(&[half.clone(), Act::Goodbye]) {
        assert_eq!(lost, Lost::Closed { begun: true, clean: true });
    }
    let [tls, plain] = unknown(&[half, Act::Cut]);
    assert_eq!(tls, Lost::Closed { begun: true, clean: false });
    assert_eq!(plain, Lost::Closed { begun: true, clean: true });
}

#[test]
fn a_close_or_reset_before_the_reply_is_unknown() {
    for lost in unknown(&[Act::Goodbye]) {
        assert_eq!(lost, Lost::Closed { begun: false, clean: true });
    }
    for lost in unknown(&[Act::Reset]) {
        assert_eq!(lost, Lost::Read(std::io::ErrorKind::ConnectionReset));
    }
}

#[test]
fn garbage_and_a_body_without_end_are_unknown() {
    for lost in unknown(&[send("220 mail.example ESMTP\r\n\r\n")]) {
        assert!(matches!(lost, Lost::Garbage(ResponseError::Head(_))), "{lost:?}");
    }
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(70 << 10));
    for huge in [reply("200 OK", &"x".repeat(70 << 10)), endless] {
        for lost in unknown(&[send(huge)]) {
            assert!(matches!(lost, Lost::Garbage(ResponseError::BodyTooLong { .. })), "{lost:?}");
        }
    }
}

#[test]
fn two_replies_at_once_are_not_believed() {
    let two = format!("{}{}", accepted("0000139"), accepted("0000140"));
    for lost in unknown(&[send(two)]) {
        assert!(matches!(lost, Lost::Surplus { .. }), "{lost:?}");
    }
}

#[test]
fn a_reply_to_another_call_is_not_believed() {
    let foreign = "HTTP/1.1 200 OK\r\napi-id: kt10003\r\nContent-Length: 2\r\n\r\n{}";
    for lost in unknown(&[send(foreign)]) {
        assert!(matches!(lost, Lost::Foreign { sent: "kt10000", .. }), "{lost:?}");
    }
}

/// Waits until the pool's only line has noticed what happened to it while idle.
fn until_noticed(pool: &mut LinePool, clock: &mut Clock, noticed: impl Fn(&LinePool) -> bool) {
    let end = Instant::now() + READY;
    while !noticed(pool) {
        assert!(Instant::now() < end, "{:?}", pool.health());
        pool.tend(clock);
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_line_closed_while_idle_sends_nothing_and_the_next_one_does() {
    for tls in [true, false] {
        for end in [Act::Goodbye, Act::Cut, Act::Reset] {
            let script = vec![Act::Gate, end.clone(), Act::Gate];
            let good = vec![Act::Request, send(accepted("0000139"))];
            let server = Server::start(tls, [script, good]);
            let (mut pool, mut clock) = pool(&server);
            server.open_gate();
            // No look at the line in between: the order itself finds out.
            std::thread::sleep(Duration::from_millis(100));
            let refused = pool.send(1, &buy(1000), &mut clock);
            assert!(matches!(refused, Err(NotSent::Closed(_))), "{end:?}: {refused:?}");
            assert_eq!(pool.wait(&mut clock, Duration::from_millis(1)), None, "nothing under way");
            assert_eq!(server.requests().len(), 0);

            pool.wait_ready(1, &mut clock, READY);
            pool.send(2, &buy(1000), &mut clock).unwrap();
            let finished = finish(&mut pool, &mut clock);
            assert!(matches!(finished.outcome, Outcome::Answer(_)), "{finished:?}");
            assert_eq!(finished.tag, 2);
            assert_eq!(server.requests().len(), 1);
            assert_eq!(pool.health().closed_idle, 1);
        }
    }
}

#[test]
fn an_order_finds_another_line_when_the_warmest_is_closed() {
    let good = vec![Act::Request, send(accepted("0000139"))];
    let server = Server::start(true, [good, vec![Act::Gate, Act::Goodbye]]);
    let mut options = server.options();
    options.lines = 2;
    let mut clock = Clock::new();
    let mut pool = LinePool::new(options, &token()).unwrap();
    assert_eq!(pool.wait_ready(2, &mut clock, READY), 2);
    server.open_gate();
    std::thread::sleep(Duration::from_millis(100));
    // The line made last is the warmest, and it is the closed one.
    pool.send(3, &buy(1000), &mut clock).unwrap();
    let finished = finish(&mut pool, &mut clock);
    assert!(matches!(finished.outcome, Outcome::Answer(_)), "{finished:?}");
    assert_eq!((finished.tag, pool.health().closed_idle), (3, 1));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_stray_reply_ends_an_idle_line_and_answers_nobody() {
    for tls in [true, false] {
        let stray =
            vec![Act::Request, send(accepted("0000139")), Act::Gate, send(accepted("0000666"))];
        let good = vec![Act::Request, send(accepted("0000140"))];
        let server = Server::start(tls, [stray, good]);
        let (mut pool, mut clock) = pool(&server);
        pool.send(1, &buy(1000), &mut clock).unwrap();
        assert!(matches!(finish(&mut pool, &mut clock).outcome, Outcome::Answer(_)));
        server.open_gate();
        until_noticed(&mut pool, &mut clock, |pool| pool.health().closed_idle == 1);
        pool.wait_ready(1, &mut clock, READY);
        pool.send(2, &buy(1000), &mut clock).unwrap();
        let Outcome::Answer(reply) = finish(&mut pool, &mut clock).outcome else { panic!() };
        assert!(String::from_utf8(reply.body).unwrap().contains("0000140"));
    }
}

#[test]
fn a_late_reply_is_never_taken_for_the_next_order() {
    let late = vec![Act::Request, Act::Gate, send(accepted("0000139"))];
    let good = vec![Act::Request, send(accepted("0000140"))];
    let server = Server::start(true, [late, good]);
    let (mut pool, mut clock) = pool(&server);
    pool.send(1, &buy(1000), &mut clock).unwrap();
    let first = finish(&mut pool, &mut clock);
    assert_eq!(first.outcome, Outcome::Unknown(Lost::TimedOut { begun: false }));
    server.open_gate();
    pool.wait_ready(1, &mut clock, READY);
    pool.send(2, &buy(1000), &mut clock).unwrap();
    let Outcome::Answer(reply) = finish(&mut pool, &mut clock).outcome else { panic!() };
    assert!(String::from_utf8(reply.body).unwrap().contains("0000140"));
    assert_eq!(pool.health().closed_in_use, 1);
}

#[test]
fn connection_close_is_honoured() {
    let closing = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";
    let scripts =
        [vec![Act::Request, send(closing)], vec![Act::Request, send(accepted("0000140"))]];
    let server = Server::start(true, scripts);
    let (mut pool, mut clock) = pool(&server);
    pool.send(1, &buy(1000), &mut clock).unwrap();
    assert!(matches!(finish(&mut pool, &mut clock).outcome, Outcome::Answer(_)));
    assert_eq!(pool.idle(), 0, "the broker said that it closes");
    pool.wait_ready(1, &mut clock, READY);
    pool.send(2, &buy(1000), &mut clock).unwrap();
    assert!(matches!(finish(&mut pool, &mut clock).outcome, Outcome::Answer(_)));
    assert_eq!(pool.health().made, 2);
}

#[test]
fn a_told_idle_time_is_learned_and_lines_are_renewed_before_it() {
    let brief = "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\n{}";
    let server = Server::start(false, [vec![Act::Request, send(brief)]]);
    let (mut pool, mut clock) = pool(&server);
    pool.send(1, &buy(1000), &mut clock).unwrap();
    assert!(matches!(finish(&mut pool, &mut clock).outcome, Outcome::Answer(_)));
    assert_eq!(pool.health().idle_max, Duration::from_secs(1));
    until_noticed(&mut pool, &mut clock, |pool| pool.health().renewed >= 1);
    assert_eq!(pool.idle(), 1, "the fresh line was there before the old one went");
    assert_eq!(pool.health().closed_idle, 0);
}

#[test]
fn several_orders_are_under_way_and_each_gets_its_own_answer() {
    // Each connection answers with the price that it was asked for, when its gate opens.
    let scripts =
        (0..3).map(|at| vec![Act::Request, Act::Gate, send(accepted(&format!("000010{at}")))]);
    let server = Server::start(true, scripts);
    let mut options = server.options();
    options.lines = 3;
    options.reply_timeout = READY;
    let mut clock = Clock::new();
    let mut pool = LinePool::new(options, &token()).unwrap();
    assert_eq!(pool.wait_ready(3, &mut clock, READY), 3);
    for tag in 0..3 {
        pool.send(tag, &buy(1000 + tag as i32), &mut clock).unwrap();
    }
    assert_eq!(pool.send(9, &buy(1), &mut clock), Err(NotSent::Busy { lines: 3 }));
    let mut tags = Vec::new();
    for _ in 0..3 {
        server.open_gate();
        let finished = finish(&mut pool, &mut clock);
        assert!(matches!(finished.outcome, Outcome::Answer(_)));
        tags.push(finished.tag);
    }
    tags.sort_unstable();
    assert_eq!(tags, [0, 1, 2]);
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn a_new_token_is_used_from_the_next_order_on_and_none_is_ever_shown() {
    let script =
        vec![Act::Request, send(accepted("0000001")), Act::Request, send(accepted("0000002"))];
    let server = Server::start(true, [script]);
    let (mut pool, mut clock) = pool(&server);
    pool.send(1, &buy(1000), &mut clock).unwrap();
    let _ = finish(&mut pool, &mut clock);
    assert!(pool.set_token(&SecretString::from("CANARY\r\nbroken")).is_err());
    pool.set_token(&SecretString::from("CANARY-second")).unwrap();
    pool.send(2, &buy(1000), &mut clock).unwrap();
    let _ = finish(&mut pool, &mut clock);
    let requests = server.requests();
    assert!(requests[0].contains("Bearer CANARY-token\r\n"));
    assert!(requests[1].contains("Bearer CANARY-second\r\n"));
    assert!(!format!("{pool:?} {:?}", pool.health()).contains("CANARY"));
}

#[test]
fn a_stranger_gets_no_order() {
    let server = Server::start(true, [vec![Act::Request]]);
    let other = Server::start(true, []);
    let mut options = server.options();
    options.roots = other.options().roots;
    let mut clock = Clock::new();
    let mut pool = LinePool::new(options, &token()).unwrap();
    until_noticed(&mut pool, &mut clock, |pool| pool.health().dial_failures > 0);
    let refused = pool.send(1, &buy(1000), &mut clock).unwrap_err();
    assert!(refused.to_string().contains("certificate"), "{refused}");
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn an_order_under_way_at_the_end_comes_back_as_unknown() {
    let server = Server::start(true, [vec![Act::Request]]);
    let (mut pool, mut clock) = pool(&server);
    pool.send(5, &buy(1000), &mut clock).unwrap();
    let finished = pool.close();
    assert_eq!(finished.len(), 1);
    assert_eq!((finished[0].tag, &finished[0].outcome), (5, &Outcome::Unknown(Lost::GivenUp)));
}

/// The simulator's own reading of the protocol takes our requests.
#[test]
fn the_simulated_broker_understands_an_order() {
    let broker = sim::start(sim::Options::default()).unwrap();
    let mut options = engine::broker::line::LineOptions::new(broker.rest_url());
    options.roots = feed::connection::TrustedRoots::only(broker.certificate_pem());
    let mut clock = Clock::new();
    let mut pool = LinePool::new(options, &token()).unwrap();
    assert!(pool.wait_ready(1, &mut clock, READY) >= 1);
    pool.send(1, &buy(1000), &mut clock).unwrap();
    let Outcome::Answer(reply) = finish(&mut pool, &mut clock).outcome else { panic!() };
    let answer = OrderAnswer::read(ApiId::Buy, reply.status, &reply.body);
    let OrderAnswer::Refused(refusal) = answer else { panic!("{answer:?}") };
    assert_eq!((refusal.code.as_str(), refusal.meaning), ("8005", Meaning::Token));
}
