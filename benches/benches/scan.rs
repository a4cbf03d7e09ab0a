//! From the bytes of a frame to records.
//!
//! Every parser fills the whole record of the type, to the same bytes, which is checked for each of
//! the thousand frames before anything is measured: texts to numbers, signs to directions, words to
//! codes. The peers differ from the scanner in three ways, all in their favour: they look up no
//! instrument, they do not tell which value was wrong, and `get_many` does not look inside what it
//! skips (`get_many_unchecked` believes even that the frame is JSON).
//!
//! | case | frame, all in the form of live frames |
//! |---|---|
//! | `trade` `depth` `best_quote` `indicative_match` `order_update` `balance` `session_state` | `0B` `0D` `0C` `0H` `00` `04` `0s`, keys in the broker's order |
//! | `four_trades` | four `0B` in one frame |
//! | `shuffled_trade` | `0B`, keys in another order every time: nothing that was learned helps |
//! | `spaced_trade` | `0B` with white space, which live frames do not have: the slow path |
//!
//! `empty` is the cost of measuring, `every_byte` reads the frame once and adds it up, `naive` looks
//! for each key with `str::find`.

use std::hint::black_box;

use benches::frames::{FrameSet, Walk};
use benches::peers::{
    Family, Naive, Peer, SerdeJsonDerive, SerdeJsonValue, SimdJsonDerive, SimdJsonValue,
    SonicDerive, SonicGetMany, SonicGetManyUnchecked, SonicValue, checked, texts,
};
use benches::scanning;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use feed::scan::ScanPath;
use feed::schema::WireType;

fn bench_scanner(group: &mut BenchmarkGroup<'_, WallTime>, set: &FrameSet, path: ScanPath) {
    let name = match path {
        ScanPath::Auto => "scanner".to_owned(),
        other => format!("scanner_{other:?}").to_lowercase(),
    };
    group.bench_function(name, |b| {
        let mut scanner = scanning::warm_scanner(path, set);
        let mut walk = Walk::new(set);
        b.iter(|| {
            let entries = scanning::entries(&mut scanner, black_box(walk.step()));
            assert!(entries == set.entries);
        });
    });
}

fn bench_peer<P: Peer>(group: &mut BenchmarkGroup<'_, WallTime>, set: &FrameSet) {
    group.bench_function(P::NAME, |b| {
        let (mut peer, mut records) = checked::<P>(set);
        let mut walk = Walk::new(set);
        b.iter(|| {
            peer.read(black_box(walk.step()), &mut records);
            black_box(&records);
        });
    });
}

fn bench_set<F: Family>(criterion: &mut Criterion, set: &FrameSet) {
    let mut group = criterion.benchmark_group(format!("feed/scan_{}", set.name));
    group.throughput(Throughput::Bytes(set.mean_length() as u64));
    group.bench_function("empty", |b| {
        let mut walk = Walk::new(set);
        b.iter(|| black_box(walk.step()).len());
    });
    group.bench_function("every_byte", |b| {
        let mut walk = Walk::new(set);
        b.iter(|| black_box(walk.step()).iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)));
    });
    for path in ScanPath::ALL.iter().filter(|path| path.is_available()) {
        bench_scanner(&mut group, set, *path);
    }
    bench_peer::<SonicGetMany>(&mut group, set);
    bench_peer::<SonicGetManyUnchecked>(&mut group, set);
    bench_peer::<SonicDerive<F>>(&mut group, set);
    bench_peer::<SonicValue>(&mut group, set);
    bench_peer::<SimdJsonDerive<F>>(&mut group, set);
    bench_peer::<SimdJsonValue>(&mut group, set);
    bench_peer::<SerdeJsonDerive<F>>(&mut group, set);
    bench_peer::<SerdeJsonValue>(&mut group, set);
    bench_peer::<Naive>(&mut group, set);
    group.finish();
}

fn suites(criterion: &mut Criterion) {
    for path in ScanPath::ALL.iter().filter(|path| !path.is_available()) {
        eprintln!("scanner_{}: left out, this machine has not what it needs", path.name());
    }
    for set in FrameSet::all() {
        match set.wire_type {
            WireType::Trade => bench_set::<texts::Trade>(criterion, &set),
            WireType::Depth => bench_set::<texts::Depth>(criterion, &set),
            WireType::BestQuote => bench_set::<texts::BestQuote>(criterion, &set),
            WireType::IndicativeMatch => bench_set::<texts::IndicativeMatch>(criterion, &set),
            WireType::OrderUpdate => bench_set::<texts::Order>(criterion, &set),
            WireType::Balance => bench_set::<texts::Balance>(criterion, &set),
            WireType::SessionState => bench_set::<texts::SessionState>(criterion, &set),
            other => panic!("no texts for {other:?}"),
        }
    }
}

criterion_group!(scan, suites);
criterion_main!(scan);
