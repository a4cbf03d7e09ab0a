//! A fixed number of messages through one way, for counting instructions:
//!
//! ```console
//! $ cargo build --release -p benches --example framing_instructions
//! $ valgrind --tool=callgrind --collect-atstart=no --toggle-collect='*turns_to_count*' \
//!       target/release/examples/framing_instructions ours 900 1 10000
//! ```
//!
//! Everything else (encryption, the handshake) is outside of `turns_to_count`. Instructions divided by
//! messages is the figure.

#[path = "../benches/framing_links/mod.rs"]
mod framing_links;

use std::hint::black_box;

use feed::connection::frames::Utf8;
use feed::instruments::Instruments;
use feed::scan::{Scanned, Scanner, ScannerOptions, Stamps};
use framing_links::tls::{Server, Sides};
use framing_links::{Empty, Link, Naive, Ours, Tape, Tungstenite, UnbufferedOurs, frame, message};

const USAGE: &str = "usage: framing_instructions WAY BYTES BATCH MESSAGES\n\
    ways: plain-{empty,naive,tungstenite,ours,trust,scan} \
    tls-{empty,tungstenite,ours,trust,stock,unbuffered,scan,tungstenite-scan}";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [way, bytes, batch, messages] = &arguments[..] else { panic!("{USAGE}") };
    let [bytes, batch, messages] =
        [bytes, batch, messages].map(|text| text.parse::<usize>().expect(USAGE));
    let job = Job { text: message(bytes), batch, messages };
    let frame_bytes = frame(job.text.as_bytes()).len();
    let tape = Tape::default;
    let plain = <[u8]>::to_vec;
    let encrypt = |mut server: Server| move |frame: &[u8]| server.encrypt(frame);
    let sides = Sides::new();
    match way.as_str() {
        "plain-empty" => job.run(Empty::new(tape(), frame_bytes), plain, nothing()),
        "plain-naive" => job.run(Naive::new(tape()), plain, nothing()),
        "plain-tungstenite" => job.run(Tungstenite::new(tape()), plain, nothing()),
        "plain-ours" => job.run(Ours::new(tape(), Utf8::Check), plain, nothing()),
        "plain-trust" => job.run(Ours::new(tape(), Utf8::Trust), plain, nothing()),
        "plain-scan" => job.run(Ours::new(tape(), Utf8::Trust), plain, scan()),
        "tls-empty" => {
            let (stream, server) = sides.stream();
            job.run(Empty::new(stream, frame_bytes), encrypt(server), nothing());
        }
        "tls-tungstenite" => {
            let (stream, server) = sides.stock_stream();
            job.run(Tungstenite::new(stream), encrypt(server), nothing());
        }
        "tls-tungstenite-scan" => {
            let (stream, server) = sides.stock_stream();
            job.run(Tungstenite::new(stream), encrypt(server), scan());
        }
        "tls-ours" => {
            let (stream, server) = sides.stream();
            job.run(Ours::new(stream, Utf8::Check), encrypt(server), nothing());
        }
        "tls-trust" => {
            let (stream, server) = sides.stream();
            job.run(Ours::new(stream, Utf8::Trust), encrypt(server), nothing());
        }
        "tls-scan" => {
            let (stream, server) = sides.stream();
            job.run(Ours::new(stream, Utf8::Trust), encrypt(server), scan());
        }
        "tls-stock" => {
            let (stream, server) = sides.stock_stream();
            job.run(Ours::new(stream, Utf8::Trust), encrypt(server), nothing());
        }
        "tls-unbuffered" => {
            let (link, server) = UnbufferedOurs::new(&sides, Utf8::Trust);
            job.run(link, encrypt(server), nothing());
        }
        _ => panic!("{USAGE}"),
    }
}

struct Job {
    text: String,
    batch: usize,
    messages: usize,
}

impl Job {
    fn run<L: Link>(
        &self,
        mut link: L,
        mut encode: impl FnMut(&[u8]) -> Vec<u8>,
        mut sink: impl FnMut(&[u8]),
    ) {
        let frame = frame(self.text.as_bytes());
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for number in 1..=self.messages {
            bytes.extend(encode(&frame));
            if number % self.batch == 0 {
                ends.push(bytes.len());
            }
        }
        link.tape().load(bytes);
        let got = turns_to_count(&mut link, &ends, &mut sink);
        assert_eq!(got, ends.len() * self.batch);
        println!("{got} messages");
    }
}

#[inline(never)]
fn turns_to_count<L: Link>(link: &mut L, ends: &[usize], sink: &mut impl FnMut(&[u8])) -> usize {
    let mut messages = 0;
    for end in ends {
        link.tape().release(*end);
        messages += link.drain(&mut *sink);
    }
    messages
}

fn nothing() -> impl FnMut(&[u8]) {
    |payload| {
        black_box(payload);
    }
}

fn scan() -> impl FnMut(&[u8]) {
    let (mut registrar, instruments) = Instruments::with_capacity(16);
    registrar.register_all(["005930", "000660"]).expect("room for two");
    let mut scanner = Scanner::new(ScannerOptions::new(instruments)).expect("no extra fields");
    move |payload| match scanner.scan(payload, Stamps::default()) {
        Ok(Scanned::Real(batch)) => {
            black_box(batch.records().len());
        }
        other => panic!("a trade: {other:?}"),
    }
}
