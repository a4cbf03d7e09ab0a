//! What the scanner reads from the broker's own frames, spelled out by hand.

use feed::instruments::Instruments;
use feed::scan::{Batch, RefusedReason, ScanPath, Scanned, Scanner, ScannerOptions, Stamps};
use feed::schema::WireType;
use strategy_api::record::{InterruptionDirection, InterruptionKind, extra_fields, header_of};
use strategy_api::*;

/// 2026-09-11 11:56:19.5 in Korea.
const RECV: UnixNanos = UnixNanos::new(1_789_095_379_500_000_000);
const STAMPS: Stamps = Stamps { kernel: UnixNanos::new(1_789_095_379_400_000_000), recv: RECV };
const RECORDED: &str = include_str!("data/recorded.jsonl");

fn scanners(extras: &[(WireType, Vec<u16>)]) -> Vec<Scanner> {
    ScanPath::ALL
        .iter()
        .map(|path| {
            let (mut registrar, instruments) = Instruments::with_capacity(16);
            registrar.register_all(["005930", "000660", "069500", "57JBHH", "001"]).unwrap();
            let mut options = ScannerOptions::new(instruments);
            options.extras = extras.to_vec();
            options.path = *path;
            Scanner::new(options).unwrap()
        })
        .collect()
}

/// Runs `check` on the frame's batch, once per path.
fn each(frame: &str, check: impl Fn(Batch<'_>)) {
    each_with(&[], frame, check);
}

fn each_with(extras: &[(WireType, Vec<u16>)], frame: &str, check: impl Fn(Batch<'_>)) {
    for mut scanner in scanners(extras) {
        match scanner.scan(frame.as_bytes(), STAMPS) {
            Ok(Scanned::Real(batch)) => check(batch),
            other => panic!("not a data frame: {other:?}"),
        }
    }
}

/// The only record of a frame.
fn only<R: Record + std::fmt::Debug>(batch: Batch<'_>) -> R {
    assert_eq!(batch.refused(), []);
    let records: Vec<_> = batch.records().collect();
    assert_eq!(records.len(), 1);
    *R::from_words(&records[0]).expect("the record's kind and size")
}

fn recorded(line: usize) -> &'static str {
    RECORDED.lines().nth(line - 1).unwrap()
}

fn hundredths(value: i64) -> Hundredths {
    Hundredths::new(value)
}

#[test]
fn a_recorded_trade_reads_as_it_happened() {
    each(recorded(3), |batch| {
        let trade: Trade = only(batch);
        let mut expected = Trade {
            header: trade.header,
            price: Price::new(257_750),
            change: PriceDelta::new(-11_250),
            ask: Price::new(258_000),
            bid: Price::new(257_500),
            open: Price::new(258_000),
            high: Price::new(261_000),
            low: Price::new(257_000),
            vwap: Price::new(258_453),
            quantity: Quantity::new(19),
            cumulative_volume: Quantity::new(7_198_927),
            buy_volume: Quantity::new(3_266_718),
            sell_volume: Quantity::new(3_645_181),
            cumulative_value: Notional::new(1_860_588_000_000),
            strength: hundredths(8_962),
            side: Side::SELL,
            direction: Direction::DOWN,
            change_sign: ChangeSign::DOWN,
            session: TradeSession::REGULAR,
            traded_venue: Venue::KRX,
            reserved: [0; 3],
        };
        expected.header = Header {
            size: 128,
            kind: Kind::TRADE,
            venue: Venue::KRX,
            flags: Flags::default(),
            instrument: InstrumentId(0),
            sequence: 0,
            // 11:56:18
            ts_event: UnixNanos::new(1_789_095_378_000_000_000),
            ts_kernel: STAMPS.kernel,
            ts_recv: RECV,
        };
        assert_eq!(trade, expected);
    });
}
