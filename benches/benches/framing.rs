//! From the bytes of the socket to the payloads of messages.
//!
//! ```text
//!  bytes in memory ──▶ (rustls) ──▶ frames ──▶ payload handed to a closure
//! ```
//!
//! | case | what comes |
//! |---|---|
//! | `900_bytes`, `2000_bytes` | one text frame a read |
//! | `8_of_900_bytes`, `8_of_2000_bytes` | eight in one read; under TLS each in a record of its own |
//!
//! `feed/framing` is plain, `feed/decrypt` under TLS 1.3. `empty` reads the bytes (under TLS: decrypts
//! them) and looks at none; `naive` copies each payload and moves the rest to the front. The others are
//! our reader, checking UTF-8 and leaving that to the scanner (`ours_trust`, as in the feed), and
//! tungstenite as the feed had it before. Under TLS `ours` stands on the feed's own stream,
//! `ours_stock_stream` on rustls' `StreamOwned`, `ours_unbuffered` on rustls' unbuffered interface. All
//! times are per message.

mod framing_links;

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use feed::connection::frames::Utf8;
use framing_links::tls::{Server, Sides};
use framing_links::{Empty, Link, Naive, Ours, Tape, Tungstenite, UnbufferedOurs, frame, message};

/// Reads between two readings of the clock.
const READS: usize = 64;

struct Case {
    name: &'static str,
    batch: usize,
    text: String,
}

fn cases() -> Vec<Case> {
    let case = |name, batch, bytes| Case { name, batch, text: message(bytes) };
    vec![
        case("900_bytes", 1, 900),
        case("8_of_900_bytes", 8, 900),
        case("2000_bytes", 1, 2_000),
        case("8_of_2000_bytes", 8, 2_000),
    ]
}

/// What the other side sends for one message.
type Encode<'a> = &'a mut dyn FnMut(&[u8]) -> Vec<u8>;

/// Bytes for `READS` reads, and where each ends.
fn record(case: &Case, encode: Encode<'_>) -> (Vec<u8>, Vec<usize>) {
    let frame = frame(case.text.as_bytes());
    let (mut bytes, mut ends) = (Vec::new(), Vec::new());
    for _ in 0..READS {
        for _ in 0..case.batch {
            bytes.extend(encode(&frame));
        }
        ends.push(bytes.len());
    }
    (bytes, ends)
}

fn measure(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    case: &Case,
    link: &mut impl Link,
    mut encode: impl FnMut(&[u8]) -> Vec<u8>,
) {
    // The answer first: every payload, and nothing else.
    if name != "empty" {
        let (bytes, ends) = record(case, &mut encode);
        link.tape().load(bytes);
        for end in ends {
            link.tape().release(end);
            let messages = link.drain(|payload| assert_eq!(payload, case.text.as_bytes()));
            assert_eq!(messages, case.batch);
        }
    }
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|iterations| {
            let mut time = Duration::ZERO;
            let mut done = 0;
            while done < iterations {
                let (bytes, ends) = record(case, &mut encode);
                link.tape().load(bytes);
                let start = Instant::now();
                for end in &ends {
                    link.tape().release(*end);
                    let messages = link.drain(|payload| {
                        black_box(payload);
                    });
                    assert_eq!(messages, case.batch);
                }
                let chunk = (READS * case.batch) as u64;
                time += start.elapsed();
                done += chunk;
            }
            // Whole chunks were read: scaled to what was asked for.
            time.mul_f64(iterations as f64 / done as f64)
        });
    });
}

fn plain(criterion: &mut Criterion) {
    for case in cases() {
        let mut group = criterion.benchmark_group(format!("feed/framing/{}", case.name));
        group.throughput(Throughput::Bytes(case.text.len() as u64));
        let as_is = <[u8]>::to_vec;
        let frame_bytes = frame(case.text.as_bytes()).len();
        let group = &mut group;
        measure(group, "empty", &case, &mut Empty::new(Tape::default(), frame_bytes), as_is);
        measure(group, "naive", &case, &mut Naive::new(Tape::default()), as_is);
        measure(group, "tungstenite", &case, &mut Tungstenite::new(Tape::default()), as_is);
        measure(group, "ours", &case, &mut Ours::new(Tape::default(), Utf8::Check), as_is);
        measure(group, "ours_trust", &case, &mut Ours::new(Tape::default(), Utf8::Trust), as_is);
    }
}

fn decrypt(criterion: &mut Criterion) {
    let sides = Sides::new();
    for case in cases() {
        let mut group = criterion.benchmark_group(format!("feed/decrypt/{}", case.name));
        group.throughput(Throughput::Bytes(case.text.len() as u64));
        let frame_bytes = frame(case.text.as_bytes()).len();
        let group = &mut group;
        let encrypt = |mut server: Server| move |frame: &[u8]| server.encrypt(frame);
        let (stream, server) = sides.stream();
        measure(group, "empty", &case, &mut Empty::new(stream, frame_bytes), encrypt(server));
        let (stream, server) = sides.stock_stream();
        measure(group, "tungstenite", &case, &mut Tungstenite::new(stream), encrypt(server));
        let (stream, server) = sides.stream();
        measure(group, "ours", &case, &mut Ours::new(stream, Utf8::Check), encrypt(server));
        let (stream, server) = sides.stream();
        measure(group, "ours_trust", &case, &mut Ours::new(stream, Utf8::Trust), encrypt(server));
        let (stream, server) = sides.stock_stream();
        let mut link = Ours::new(stream, Utf8::Trust);
        measure(group, "ours_stock_stream", &case, &mut link, encrypt(server));
        let (mut link, server) = UnbufferedOurs::new(&sides, Utf8::Trust);
        measure(group, "ours_unbuffered", &case, &mut link, encrypt(server));
    }
}

criterion_group!(benches, plain, decrypt);
criterion_main!(benches);
