//! From the bytes of a frame to records.
//!
//! Every parser fills the whole record of the type, to the same bytes, which is checked before
//! anything is measured: texts to numbers, signs to directions, words to codes. The peers differ from
//! the scanner in three ways, all in their favour: they look up no instrument, they do not tell which
//! value was wrong, and `get_many` does not look inside what it skips.
//!
//! | case | frame |
//! |---|---|
//! | `trade` | recorded `0B`, eight of them in turn |
//! | `depth` | `0D`, from the broker's specification |
//! | `order` | recorded `00` |
//! | `four_trades` | four recorded `0B` in one frame |
//! | `unusual_trade` | recorded `0B` with white space, which live frames do not have: the slow path |
//!
//! `empty` is the cost of measuring, `every_byte` reads the frame once and adds it up.

mod scan_peers;

use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use feed::instruments::Instruments;
use feed::scan::{ScanPath, Scanned, Scanner, ScannerOptions, Stamps};
use feed::schema::WireType;
use scan_peers::store::{RECV, Records, body};
use scan_peers::{
    Depth, Family, Order, Peer, SerdeJsonDerive, SerdeJsonValue, SonicDerive, SonicGetMany,
    SonicValue, Trade,
};

const RECORDED: &str = include_str!("../../feed/tests/data/recorded.jsonl");
const DEPTH: &str = include_str!("../../feed/tests/data/spec/type_0D.json");
const STAMPS: Stamps = Stamps { kernel: RECV, recv: RECV };

/// Frames of one shape, read in turn.
struct Case {
    name: &'static str,
    wire_type: WireType,
    entries: usize,
    frames: Vec<String>,
}

/// Recorded frames with one entry of this type.
fn recorded(code: &str) -> Vec<String> {
    let wanted = format!(r#""type":"{code}""#);
    let single = |line: &&str| line.matches(r#""type":"#).count() == 1 && line.contains(&wanted);
    RECORDED.lines().filter(single).map(str::to_owned).collect()
}

fn cases() -> [Case; 5] {
    let trades = recorded("0B");
    let entry = |frame: &String| {
        let inner = frame.strip_prefix(r#"{"data":["#).expect("data first");
        inner.strip_suffix(r#"],"trnm":"REAL"}"#).expect("trnm last").to_owned()
    };
    let four: Vec<String> = trades.iter().take(4).map(entry).collect();
    let four = format!(r#"{{"data":[{}],"trnm":"REAL"}}"#, four.join(","));
    let unusual = trades.iter().map(|frame| frame.replace(r#"":""#, r#"": ""#)).collect();
    let trade = WireType::Trade;
    [
        Case { name: "trade", wire_type: trade, entries: 1, frames: trades },
        Case {
            name: "depth",
            wire_type: WireType::Depth,
            entries: 1,
            frames: vec![DEPTH.trim().into()],
        },
        Case {
            name: "order",
            wire_type: WireType::OrderUpdate,
            entries: 1,
            frames: recorded("00"),
        },
        Case { name: "four_trades", wire_type: trade, entries: 4, frames: vec![four] },
        Case { name: "unusual_trade", wire_type: trade, entries: 1, frames: unusual },
    ]
}

fn scanner(path: ScanPath) -> Scanner {
    let (mut registrar, instruments) = Instruments::with_capacity(16);
    registrar.register_all(["005930", "000660"]).expect("room for two");
    let mut options = ScannerOptions::new(instruments);
    options.path = path;
    Scanner::new(options).expect("no extra fields")
}

/// The records that the scanner makes of a frame, as far as all parsers must agree.
fn scanned(scanner: &mut Scanner, frame: &str) -> Vec<Vec<u8>> {
    match scanner.scan(frame.as_bytes(), STAMPS) {
        Ok(Scanned::Real(batch)) => {
            assert_eq!(batch.refused_count(), 0);
            let bytes = |words: &[u64]| words.iter().flat_map(|w| w.to_ne_bytes()).collect();
            batch.records().map(|words| -> Vec<u8> { bytes(&words) }).map(|r| body(&r)).collect()
        }
        other => panic!("not a data frame: {other:?}"),
    }
}

fn bench_scanner(
    group: &mut BenchmarkGroup<'_, WallTime>,
    case: &Case,
    name: &str,
    path: ScanPath,
) {
    let mut scanner = scanner(path);
    let mut turn = 0;
    group.bench_function(name, |b| {
        b.iter(|| {
            turn = (turn + 1) % case.frames.len();
            let frame = black_box(case.frames[turn].as_bytes());
            match scanner.scan(frame, STAMPS) {
                Ok(Scanned::Real(batch)) => {
                    assert_eq!(batch.entries(), case.entries as u32);
                    black_box(batch.records().len())
                }
                other => panic!("not a data frame: {other:?}"),
            }
        });
    });
}

fn bench_peer<P: Peer>(group: &mut BenchmarkGroup<'_, WallTime>, case: &Case) {
    let mut peer = P::new(case.wire_type, case.entries);
    let mut records = Records::new(case.wire_type);
    let mut scanner = scanner(ScanPath::Auto);
    for frame in &case.frames {
        peer.read(frame.as_bytes(), &mut records);
        assert_eq!(records.bodies(), scanned(&mut scanner, frame), "{}: {frame}", P::NAME);
        assert_eq!(records.bodies().len(), case.entries);
    }
    let mut turn = 0;
    group.bench_function(P::NAME, |b| {
        b.iter(|| {
            turn = (turn + 1) % case.frames.len();
            peer.read(black_box(case.frames[turn].as_bytes()), &mut records);
            black_box(&records);
        });
    });
}

fn bench_case<F: Family>(criterion: &mut Criterion, case: &Case) {
    assert!(!case.frames.is_empty(), "{} has frames", case.name);
    let bytes = case.frames.iter().map(String::len).sum::<usize>() / case.frames.len();
    let mut group = criterion.benchmark_group(format!("feed/scan_{}", case.name));
    group.throughput(Throughput::Bytes(bytes as u64));
    let mut turn = 0;
    let mut next = || {
        turn = (turn + 1) % case.frames.len();
        case.frames[turn].as_bytes()
    };
    group.bench_function("empty", |b| b.iter(|| black_box(next()).len()));
    group.bench_function("every_byte", |b| {
        b.iter(|| black_box(next()).iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)));
    });
    for path in ScanPath::ALL.iter().filter(|path| path.is_available()) {
        bench_scanner(&mut group, case, &format!("scanner_{}", path.name()), *path);
    }
    bench_peer::<SonicGetMany>(&mut group, case);
    bench_peer::<SonicDerive<F>>(&mut group, case);
    bench_peer::<SonicValue>(&mut group, case);
    bench_peer::<SerdeJsonDerive<F>>(&mut group, case);
    bench_peer::<SerdeJsonValue>(&mut group, case);
    group.finish();
}

fn suites(criterion: &mut Criterion) {
    for case in cases() {
        match case.wire_type {
            WireType::Trade => bench_case::<Trade>(criterion, &case),
            WireType::Depth => bench_case::<Depth>(criterion, &case),
            WireType::OrderUpdate => bench_case::<Order>(criterion, &case),
            other => panic!("no texts for {other:?}"),
        }
    }
}

criterion_group!(scan, suites);
criterion_main!(scan);
