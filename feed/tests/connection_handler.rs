//! The feed thread against a scripted broker: what strategies, the gateway and people see of it.

mod connection_support;

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use connection_support::{PATIENCE, Script, Server};
use crossbeam::channel::Receiver;
use feed::clock::Clock;
use feed::connection::{ConnectionOptions, Connector, PollMode};
use feed::handler::{
    CommandError, FeedControl, FeedHandle, FeedHandler, FeedNotice, HandlerOptions, Outlets,
    QuarantineReason, Quarantined, TokenSource, quarantine,
};
use feed::instruments::Instruments;
use feed::ring::{Consumer, Poll, Reader, SLOT_WORDS, account_ring, market_ring, wake};
use feed::scan::{ScanError, ScanErrorKind, Scanner, ScannerOptions};
use feed::session::{
    BackoffOptions, EndReason, FatalReason, FeedEvent, SessionOptions, SubscriptionLimits,
    Subscriptions, TokenFailure, Wish,
};
use secrecy::SecretString;
use strategy_api::record::{Record, header_of};
use strategy_api::{FeedChange, FeedEvent as FeedRecord, Kind, OrderUpdate, Trade};
use tungstenite::{Message, WebSocket};

type Socket = WebSocket<TcpStream>;

const LOGIN_OK: &str = r#"{"trnm":"LOGIN","return_code":0,"return_msg":"","sor_yn":"Y"}"#;
const REG_OK: &str = r#"{"trnm":"REG","return_code":0,"return_msg":""}"#;
const ORDER: &str = r#"{"data":[{"values":{"9203":"0000139","913":"접수","900":"1"},"type":"00","name":"주문체결","item":"005930"}],"trnm":"REAL"}"#;

fn trade(price: u32) -> String {
    format!(
        r#"{{"data":[{{"values":{{"20":"090000","10":"+{price}","15":"+19"}},"type":"0B","name":"주식체결","item":"005930"}}],"trnm":"REAL"}}"#
    )
}

fn wish(item: &str, kind: &str) -> Wish {
    Wish::new(item, kind).unwrap()
}

/// A running feed thread, with everything that other threads hold of it.
struct Rig {
    handle: FeedHandle,
    control: FeedControl,
    market: Reader<SLOT_WORDS>,
    account: Consumer<SLOT_WORDS>,
    refused: Receiver<Quarantined>,
    tokens_renewed: Arc<AtomicUsize>,
    buffer: Box<[u64; SLOT_WORDS]>,
}

/// What a test may want different.
struct Setup {
    poll: PollMode,
    account_slots: usize,
    session: SessionOptions,
}

impl Default for Setup {
    fn default() -> Self {
        let backoff = BackoffOptions {
            initial: Duration::from_millis(1),
            max: Duration::from_millis(5),
            seed: 1,
        };
        Self {
            poll: PollMode::Block,
            account_slots: 64,
            session: SessionOptions { backoff, ..Default::default() },
        }
    }
}

impl Rig {
    fn start(server: &Server, setup: Setup) -> Self {
        Self::start_at(&format!("ws://{}/", server.address), setup)
    }

    fn start_at(url: &str, setup: Setup) -> Self {
        let (mut registrar, instruments) = Instruments::with_capacity(16);
        registrar.register("005930").unwrap();
        let mut subscriptions = Subscriptions::new(SubscriptionLimits::default());
        subscriptions.add(&[wish("", "00"), wish("005930", "0B")]).unwrap();
        let (market, subscribers) = market_ring::<SLOT_WORDS>(1024).unwrap();
        let (account, account_reader) = account_ring(setup.account_slots).unwrap();
        let (sink, refused) = quarantine(2);
        let tokens_renewed = Arc::new(AtomicUsize::new(0));
        let renewals = Arc::clone(&tokens_renewed);
        let source = move |refresh: bool| {
            let renewed = renewals.fetch_add(usize::from(refresh), Ordering::SeqCst);
            let number = renewed + usize::from(refresh);
            Ok::<_, TokenFailure>(SecretString::from(format!("canary-{number}")))
        };
        let handle = FeedHandler::spawn(HandlerOptions {
            connection: 3,
            core: None,
            poll: setup.poll,
            connector: Connector::new(&ConnectionOptions::new(url.parse().unwrap())).unwrap(),
            session: setup.session,
            subscriptions,
            scanner: Scanner::new(ScannerOptions::new(instruments)).unwrap(),
            outlets: Outlets {
                market,
                market_waker: Some(wake::bell().0),
                account,
                account_waker: Some(wake::bell().0),
                quarantine: Some(sink),
            },
            token_source: Box::new(source),
            clock: Clock::system(),
            inline: None,
        })
        .unwrap();
        Self {
            control: handle.control(),
            handle,
            market: subscribers.reader_from_start(),
            account: account_reader,
            refused,
            tokens_renewed,
            buffer: Box::new([0; SLOT_WORDS]),
        }
    }

    /// The next record of the market ring as a word; `"closed"` at the end.
    fn next(&mut self) -> String {
        let start = std::time::Instant::now();
        loop {
            match self.market.poll(&mut self.buffer) {
                Poll::Record { sequence, words } => {
                    assert_eq!(header_of(words).unwrap().sequence, sequence);
                    if let Some(event) = FeedRecord::from_words(words) {
                        assert_eq!(event.connection, 3);
                        return event.change.to_string();
                    }
                    let trade = Trade::from_words(words).expect("events and trades only");
                    assert!(trade.header.ts_recv.is_set());
                    return trade.price.raw().to_string();
                }
                Poll::Closed => return "closed".to_owned(),
                Poll::Gap { lost } => panic!("{lost} records lost"),
                Poll::Empty => {
                    assert!(start.elapsed() < PATIENCE, "nothing came");
                    std::thread::yield_now();
                }
            }
        }
    }

    fn expect(&mut self, words: &[&str]) {
        for word in words {
            assert_eq!(self.next(), *word);
        }
    }

    fn notices(&self) -> Vec<FeedNotice> {
        self.handle.notices().try_iter().collect()
    }
}

fn read_text(socket: &mut Socket) -> String {
    loop {
        if let Message::Text(text) = socket.read().unwrap() {
            return text.to_string();
        }
    }
}

fn send(socket: &mut Socket, text: &str) {
    socket.send(Message::text(text)).unwrap();
}

/// LOGIN and two registrations, checked and answered.
fn log_in(socket: &mut Socket) {
    assert!(read_text(socket).starts_with(r#"{"trnm":"LOGIN","token":"canary-"#));
    send(socket, LOGIN_OK);
    assert!(read_text(socket).contains(r#""item":[""],"type":["00"]"#), "own orders first");
    send(socket, REG_OK);
    assert!(read_text(socket).contains(r#""item":["005930"],"type":["0B"]"#));
    send(socket, REG_OK);
}

/// Waits for the client's Close and answers it.
fn part(socket: &mut Socket) {
    while !matches!(socket.read(), Ok(Message::Close(_)) | Err(_)) {}
    let _ = socket.flush();
}

fn script(serve: impl FnOnce(Socket) + Send + 'static) -> Script {
    Box::new(serve)
}

#[test]
fn data_and_events_come_in_order_in_every_poll_mode() {
    let auto = PollMode::Auto { spin: Duration::from_micros(50) };
    for poll in [PollMode::Spin, PollMode::Block, auto] {
        let server = Server::plain(|mut socket| {
            log_in(&mut socket);
            send(&mut socket, &trade(100));
            send(&mut socket, &trade(200));
            send(&mut socket, r#"{"trnm":"PING","seq":"9"}"#);
            assert_eq!(read_text(&mut socket), r#"{"trnm":"PING","seq":"9"}"#);
            send(&mut socket, &trade(300));
            part(&mut socket);
        });
        let mut rig = Rig::start(&server, Setup { poll, ..Default::default() });
        rig.expect(&["connected", "subscribed", "100", "200", "300"]);
        rig.control.shut_down();
        rig.expect(&["disconnected", "ended", "closed"]);
        server.finish();
        let mut hops = 0;
        rig.handle.collect_hops(|part| hops += part.read_to_published.len());
        let outcome = rig.handle.join().unwrap();
        assert_eq!(outcome.why, EndReason::Shutdown);
        assert_eq!(hops + outcome.hops.read_to_published.len(), 3);
        let counts = outcome.counts;
        assert_eq!((counts.frames, counts.real_frames, counts.entries), (7, 3, 3));
        assert_eq!(counts.of_kind(Kind::TRADE), 3);
        assert_eq!((counts.session.pings, counts.session.reg_answers), (1, 2));
        assert_eq!((counts.session.login_answers, counts.reconnects()), (1, 0));
        assert_eq!(counts.market_records, 3 + 4);
        assert!(counts.bytes > 500);
    }
}

#[test]
fn nothing_that_was_sent_before_the_close_is_lost() {
    let server = Server::plain(|mut socket| {
        log_in(&mut socket);
        // What the client reads while and after it says Close.
        for price in 1..=800 {
            socket.write(Message::text(trade(price))).unwrap();
        }
        socket.flush().unwrap();
        part(&mut socket);
    });
    let mut rig = Rig::start(&server, Setup::default());
    rig.expect(&["connected", "subscribed", "1"]);
    rig.control.shut_down();
    for price in 2..=800 {
        assert_eq!(rig.next(), price.to_string());
    }
    rig.expect(&["disconnected", "ended", "closed"]);
    assert_eq!(rig.handle.join().unwrap().counts.of_kind(Kind::TRADE), 800);
    server.finish();
}

#[test]
fn a_broken_line_is_seen_in_order_and_everything_is_registered_again() {
    let server = Server::scripts(vec![
        script(|mut socket| {
            log_in(&mut socket);
            send(&mut socket, &trade(100));
            // Hangs up without a word.
        }),
        script(|mut socket| {
            log_in(&mut socket);
            send(&mut socket, &trade(200));
            part(&mut socket);
        }),
    ]);
    let mut rig = Rig::start(&server, Setup::default());
    rig.expect(&["connected", "subscribed", "100", "disconnected"]);
    rig.expect(&["reconnected", "gap", "subscribed", "200"]);
    rig.control.shut_down();
    rig.expect(&["disconnected", "ended", "closed"]);
    let counts = rig.handle.join().unwrap().counts;
    assert_eq!((counts.reconnects(), counts.of_kind(Kind::TRADE)), (1, 2));
    assert_eq!(rig.tokens_renewed.load(Ordering::SeqCst), 0, "the token was not refused");
    server.finish();
}

#[test]
fn a_refused_token_is_renewed_once() {
    let refusal = r#"{"trnm":"LOGIN","return_code":805004,"return_msg":"토큰 인증에 실패했습니다 [CODE=8005, MESSAGE=x]"}"#;
    let server = Server::scripts(vec![
        script(move |mut socket| {
            assert_eq!(read_text(&mut socket), r#"{"trnm":"LOGIN","token":"canary-0"}"#);
            send(&mut socket, refusal);
        }),
        script(|mut socket| {
            assert_eq!(read_text(&mut socket), r#"{"trnm":"LOGIN","token":"canary-1"}"#);
            send(&mut socket, LOGIN_OK);
            part(&mut socket);
        }),
    ]);
    let mut rig = Rig::start(&server, Setup::default());
    rig.expect(&["connected"]);
    rig.control.shut_down();
    rig.expect(&["disconnected", "ended", "closed"]);
    assert_eq!(rig.tokens_renewed.load(Ordering::SeqCst), 1);
    let told = format!("{:?}", rig.notices());
    assert!(!told.contains("canary"), "{told}");
    server.finish();
}

#[test]
fn own_orders_go_to_the_account_ring_alone() {
    let server = Server::plain(|mut socket| {
        log_in(&mut socket);
        send(&mut socket, ORDER);
        send(&mut socket, ORDER);
        send(&mut socket, &trade(100));
        part(&mut socket);
    });
    let mut rig = Rig::start(&server, Setup::default());
    rig.expect(&["connected", "subscribed", "100"]);
    // Feed events are there too, in order with the orders.
    for change in [FeedChange::CONNECTED, FeedChange::SUBSCRIBED] {
        let words = rig.account.pop(&mut rig.buffer).expect("it came before the orders");
        assert_eq!(FeedRecord::from_words(words).unwrap().change, change);
    }
    for sequence in 2..4 {
        let words = rig.account.pop(&mut rig.buffer).expect("it came before the trade");
        let update = OrderUpdate::from_words(words).unwrap();
        assert_eq!(update.header.sequence, sequence);
    }
    assert!(rig.account.pop(&mut rig.buffer).is_none());
    assert!(!rig.handle.account_overflow());
    rig.control.shut_down();
    rig.expect(&["disconnected", "ended", "closed"]);
    assert_eq!(rig.handle.join().unwrap().counts.account_records, 2);
    server.finish();
}

#[test]
fn a_full_account_ring_is_latched_and_told_once() {
    let server = Server::plain(|mut socket| {
        log_in(&mut socket);
        for _ in 0..5 {
            send(&mut socket, ORDER);
        }
        send(&mut socket, &trade(100));
        part(&mut socket);
    });
    let mut rig = Rig::start(&server, Setup { account_slots: 2, ..Default::default() });
    rig.expect(&["connected", "subscribed", "100"]);
    assert!(rig.handle.account_overflow());
    rig.control.shut_down();
    rig.expect(&["disconnected", "ended", "closed"]);
    let told = rig.notices().into_iter().filter(|n| *n == FeedNotice::AccountOverflow).count();
    assert_eq!(told, 1);
    assert!(rig.handle.account_overflow(), "latched");
    let counts = rig.handle.join().unwrap().counts;
    // Two feed events filled the ring; the orders found no room, nor did what came at the end.
    assert_eq!(counts.account_records, 0);
    assert!(counts.account_lost >= 5, "{}", counts.account_lost);
    server.finish();
}

#[test]
fn refused_frames_are_kept_counted_and_harmless() {
    let bad_entry =
        r#"{"data":[{"values":{"10":"x"},"type":"0B","name":"","item":"005930"}],"trnm":"REAL"}"#;
    let server = Server::plain(move |mut socket| {
        log_in(&mut socket);
        send(&mut socket, r#"{"trnm":"REAL","data":["#);
        send(&mut socket, bad_entry);
        send(&mut socket, "not JSON");
        send(&mut socket, &trade(100));
        part(&mut socket);
    });
    let mut rig = Rig::start(&server, Setup::default());
    rig.expect(&["connected", "subscribed", "100"]);
    rig.control.shut_down();
    rig.expect(&["disconnected", "ended", "closed"]);
    let kept: Vec<Quarantined> = rig.refused.try_iter().collect();
    assert_eq!(kept.len(), 2, "the quarantine of this test has two places");
    assert!(matches!(kept[0].why, QuarantineReason::Frame(error) if error.offset > 0));
    assert_eq!(kept[1].frame, bad_entry.as_bytes());
    assert!(matches!(&kept[1].why, QuarantineReason::Entries(entries) if entries.len() == 1));
    let counts = rig.handle.join().unwrap().counts;
    assert_eq!((counts.refused_frames, counts.refused_entries), (2, 1));
    assert_eq!(counts.quarantine_dropped, 1);
    server.finish();
}

#[test]
fn text_that_is_no_utf8_is_refused_alone_and_the_connection_stays() {
    let bad = b"{\"trnm\":\"\xb0\xa1\"}";
    let server = Server::plain(move |mut socket| {
        log_in(&mut socket);
        send(&mut socket, &trade(100));
        let frame = [&[0x81, bad.len() as u8][..], bad].concat();
        socket.get_mut().write_all(&frame).unwrap();
        send(&mut socket, &trade(200));
        part(&mut socket);
    });
    let mut rig = Rig::start(&server, Setup::default());
    rig.expect(&["connected", "subscribed", "100", "200"]);
    rig.control.shut_down();
    rig.expect(&["disconnected", "ended", "closed"]);
    let kept: Vec<Quarantined> = rig.refused.try_iter().collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].frame, bad);
    let utf8 = |error: &ScanError| error.kind == ScanErrorKind::Utf8;
    assert!(matches!(&kept[0].why, QuarantineReason::Frame(error) if utf8(error)));
    assert_eq!(rig.handle.join().unwrap().counts.refused_frames, 1);
    server.finish();
}

#[test]
fn wishes_change_while_live_and_too_many_are_refused() {
    let (seen, sees) = mpsc::channel();
    let server = Server::plain(move |mut socket| {
        log_in(&mut socket);
        seen.send(read_text(&mut socket)).unwrap();
        send(&mut socket, REG_OK);
        seen.send(read_text(&mut socket)).unwrap();
        part(&mut socket);
    });
    let mut rig = Rig::start(&server, Setup::default());
    rig.expect(&["connected", "subscribed"]);
    rig.control.subscribe(vec![wish("000660", "0D")]).unwrap();
    assert!(sees.recv_timeout(PATIENCE).unwrap().contains(r#""item":["000660"],"type":["0D"]"#));
    let many = (0..200).map(|n| wish(&format!("{n:06}"), "0B")).collect();
    let error = rig.control.subscribe(many).unwrap_err();
    assert!(matches!(error, CommandError::Subscription(_)), "{error}");
    rig.control.unsubscribe(vec![wish("005930", "0B")]).unwrap();
    assert!(sees.recv_timeout(PATIENCE).unwrap().starts_with(r#"{"trnm":"REMOVE","grp_no":"2""#));
    rig.control.shut_down();
    rig.expect(&["disconnected", "ended", "closed"]);
    let control = rig.control.clone();
    rig.handle.join().unwrap();
    assert_eq!(control.subscribe(vec![wish("000660", "0D")]), Err(CommandError::Ended));
    control.shut_down();
    server.finish();
}

#[test]
fn a_takeover_ends_the_feed_with_its_reason() {
    let server = Server::plain(|mut socket| {
        log_in(&mut socket);
        send(&mut socket, r#"{"trnm":"SYSTEM","code":"R10001","message":"동일한 App key"}"#);
        part(&mut socket);
    });
    let mut rig = Rig::start(&server, Setup::default());
    rig.expect(&["connected", "subscribed", "taken_over", "ended", "closed"]);
    let why = rig.handle.join().unwrap().why;
    assert!(matches!(why, EndReason::Fatal(FatalReason::TakenOver { .. })), "{why}");
    server.finish();
}

#[test]
fn a_server_that_refuses_the_upgrade_ends_the_feed_at_once_with_the_status() {
    use std::io::{Read, Write};
    let server = Server::tcp(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\nRequest Blocked").unwrap();
    });
    let mut rig = Rig::start(&server, Setup::default());
    rig.expect(&["ended", "closed"]);
    let text = rig.handle.join().unwrap().why.to_string();
    assert!(text.contains("HTTP status 400: Request Blocked"), "{text}");
    server.finish();
}

#[test]
fn a_port_where_nobody_listens_is_given_up_after_the_attempts_allowed() {
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut rig = Rig::start_at(&format!("ws://{address}/"), Setup::default());
    rig.expect(&["ended", "closed"]);
    let why = rig.handle.join().unwrap().why;
    let EndReason::Fatal(FatalReason::TooManyFailures { attempts: 5, text }) = &why else {
        panic!("{why}");
    };
    assert!(text.contains("nothing listens there"), "{text}");
}

#[test]
fn a_silent_line_is_told_stale_and_then_given_up() {
    let (release, held) = mpsc::channel::<()>();
    let server = Server::scripts(vec![
        script(move |mut socket| {
            log_in(&mut socket);
            // Half-open: the connection stands and nothing comes.
            let _ = held.recv_timeout(PATIENCE);
        }),
        script(|mut socket| {
            log_in(&mut socket);
            part(&mut socket);
        }),
    ]);
    let mut setup = Setup::default();
    setup.session.stale_after = Duration::from_millis(200);
    setup.session.silence_max = Duration::from_millis(400);
    let mut rig = Rig::start(&server, setup);
    rig.expect(&["connected", "subscribed", "stale", "disconnected"]);
    drop(release);
    rig.expect(&["reconnected", "gap", "subscribed"]);
    rig.control.shut_down();
    // On a slow machine the second line may have become stale by now, too.
    while rig.next() != "closed" {}
    server.finish();
}

#[test]
fn a_token_source_that_refuses_or_breaks_ends_the_feed() {
    let refuse = |_: bool| Err::<SecretString, _>(TokenFailure::Refused { text: "8030".into() });
    let why = end_of_a_feed_with(Box::new(refuse));
    let text = FatalReason::Credentials { text: "8030".into() }.to_string();
    assert_eq!(why.to_string(), text);
    let broken = |_: bool| -> Result<SecretString, TokenFailure> { panic!("as a bug would") };
    let why = end_of_a_feed_with(Box::new(broken));
    assert!(matches!(why, EndReason::Fatal(FatalReason::Credentials { .. })), "{why}");
}

fn end_of_a_feed_with(token_source: Box<dyn TokenSource>) -> EndReason {
    let (market, subscribers) = market_ring::<SLOT_WORDS>(16).unwrap();
    let (account, _reader) = account_ring(16).unwrap();
    let (_, instruments) = Instruments::with_capacity(1);
    let options = ConnectionOptions::new("ws://127.0.0.1:1/".parse().unwrap());
    let handle = FeedHandler::spawn(HandlerOptions {
        connection: 0,
        core: Some(0),
        poll: PollMode::default(),
        connector: Connector::new(&options).unwrap(),
        session: SessionOptions::default(),
        subscriptions: Subscriptions::new(SubscriptionLimits::default()),
        scanner: Scanner::new(ScannerOptions::new(instruments)).unwrap(),
        outlets: Outlets {
            market,
            market_waker: None,
            account,
            account_waker: None,
            quarantine: None,
        },
        token_source,
        clock: Clock::system(),
        inline: None,
    })
    .unwrap();
    let outcome = handle.join().unwrap();
    assert!(subscribers.is_closed());
    outcome.why
}

#[test]
fn events_are_told_to_people_as_well() {
    let server = Server::plain(|mut socket| {
        log_in(&mut socket);
        part(&mut socket);
    });
    let mut rig = Rig::start(&server, Setup::default());
    rig.expect(&["connected", "subscribed"]);
    rig.control.shut_down();
    rig.expect(&["disconnected", "ended", "closed"]);
    let events: Vec<FeedEvent> = rig
        .notices()
        .into_iter()
        .filter_map(|notice| match notice {
            FeedNotice::Event { event, .. } => Some(event),
            _ => None,
        })
        .collect();
    assert_eq!(events[1], FeedEvent::Subscribed { confirmed: 2, refused: 0 });
    let changes: Vec<FeedChange> = events.iter().filter_map(FeedEvent::change).collect();
    let wanted = [
        FeedChange::CONNECTED,
        FeedChange::SUBSCRIBED,
        FeedChange::DISCONNECTED,
        FeedChange::ENDED,
    ];
    assert_eq!(changes, wanted);
    server.finish();
}
