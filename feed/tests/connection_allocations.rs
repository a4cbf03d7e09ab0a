//! The record turn allocates nothing: counted, not believed. What the libraries below it allocate is
//! counted apart.

mod connection_support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use connection_support::{Client, Identity, Server};
use feed::clock::Clock;
use feed::connection::{Frame, NextFrame, ReadStamp};
use feed::handler::{Intake, Outlets, Taken};
use feed::instruments::Instruments;
use feed::ring::{SLOT_WORDS, account_ring, market_ring, wake};
use feed::scan::{Scanner, ScannerOptions};
use tungstenite::Message;

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    // During a thread's end the counter is gone; nobody looks at it then.
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: every call goes on to the system's allocator unchanged; the counter is a plain cell that
// allocates nothing itself.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's duties are those of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above; `pointer` came from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations_in(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

const FRAMES: &[&str] = &[
    r#"{"data":[{"values":{"20":"090000","10":"+60700","11":"+700","12":"+1.17","27":"+60700","28":"+60600","15":"+19","13":"1000","14":"60","9081":"KRX"},"type":"0B","name":"주식체결","item":"005930"},{"values":{"20":"090000","10":"+60600","15":"-7"},"type":"0B","name":"주식체결","item":"005930"}],"trnm":"REAL"}"#,
    r#"{"data":[{"values":{"21":"090000","41":"+60700","61":"12","51":"+60600","71":" 0","121":"12","125":"+0"},"type":"0D","name":"주식호가잔량","item":"005930_AL"}],"trnm":"REAL"}"#,
    r#"{"data":[{"values":{"9203":"0000139","913":"접수","900":"1","909":""},"type":"00","name":"주문체결","item":"005930"}],"trnm":"REAL"}"#,
    r#"{"trnm":"REAL","data":[{"type":"0C","name":"","item":"999999","values":{"27":"+1","28":"-1"}}]}"#,
    r#"{"data":[{"values":{"1":"2"},"type":"ZZ","name":"?","item":""}],"trnm":"REAL"}"#,
];

#[test]
fn the_record_turn_allocates_nothing_after_warm_up() {
    let (mut registrar, instruments) = Instruments::with_capacity(16);
    registrar.register("005930").unwrap();
    let scanner = Scanner::new(ScannerOptions::new(instruments)).unwrap();
    let (market, _subscribers) = market_ring::<SLOT_WORDS>(64).unwrap();
    let (account, mut orders) = account_ring::<SLOT_WORDS>(64).unwrap();
    let outlets = Outlets {
        market,
        market_waker: Some(wake::bell().0),
        account,
        account_waker: Some(wake::bell().0),
        quarantine: None,
    };
    let mut intake = Intake::new(scanner, outlets, 0);
    let mut clock = Clock::new();
    let mut buffer = [0; SLOT_WORDS];
    let recorded = include_str!("data/recorded.jsonl");
    let frames: Vec<&str> = recorded
        .lines()
        .filter(|line| line.contains(r#""trnm":"REAL""#))
        .chain(FRAMES.iter().copied())
        .collect();
    assert!(frames.len() > FRAMES.len(), "there are recorded frames");
    let mut turn = |times: u32| {
        for _ in 0..times {
            for frame in &frames {
                let reading = clock.read();
                let stamp = ReadStamp { kernel: reading.unix, reading };
                assert_eq!(intake.take(frame.as_bytes(), stamp, &mut clock), Taken::Real);
                while orders.pop(&mut buffer).is_some() {}
            }
        }
    };
    turn(3);
    assert_eq!(allocations_in(|| turn(1_000)), 0);
    let counts = intake.counts();
    assert_eq!(counts.real_frames, 1_003 * frames.len() as u64);
    assert_eq!(counts.unknown_types, 1_003);
    assert_eq!(counts.refused_entries, 0);
    assert!(counts.account_records >= 1_003);
}

/// Allocations of a thread that only reads `messages` frames from an open connection.
fn allocations_of_reading(client: &mut Client, messages: u32) -> u64 {
    // The first message has shown that the connection is warm.
    client.next_text();
    allocations_in(|| {
        let mut got = 0;
        while got < messages {
            match client.connection.next_stamped().unwrap() {
                Some((Frame::Text(_), _)) => got += 1,
                Some(other) => panic!("{other:?}"),
                None => client.poller.wait(None).unwrap(),
            }
        }
    })
}

#[test]
fn reading_allocates_nothing_plain_and_one_buffer_a_record_under_tls() {
    const MESSAGES: u32 = 1_000;
    fn serve<S: std::io::Read + std::io::Write>(mut socket: tungstenite::WebSocket<S>) {
        for _ in 0..=MESSAGES {
            socket.send(Message::text("x".repeat(900))).unwrap();
        }
        let _ = socket.read();
    }
    let identity = Identity::new(&["localhost"]);
    let plain = Server::plain(serve);
    let tls = Server::tls(&identity, serve);
    let url = format!("wss://localhost:{}/", tls.address.port());
    // The TLS library puts the plaintext of each record into a box of its own; the server writes one
    // record a message. Its queue of such boxes may grow now and then.
    for (name, mut client, server, at_most) in [
        ("plain", Client::plain(plain.address).unwrap(), plain, 0),
        ("TLS", Client::tls(&url, &identity).unwrap(), tls, u64::from(MESSAGES) + 10),
    ] {
        let allocations = allocations_of_reading(&mut client, MESSAGES);
        println!("{name}: {allocations} allocations for {MESSAGES} messages");
        assert!(allocations <= at_most, "{name}: {allocations}");
        drop(client);
        server.finish();
    }
}

#[test]
fn the_counter_is_awake() {
    let allocations = allocations_in(|| drop(std::hint::black_box(Box::new(1_u64))));
    assert_eq!(allocations, 1);
}
