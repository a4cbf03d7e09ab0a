//! For every byte string: the scanner's result is the plain reading's.
#![no_main]

#[allow(dead_code)]
#[path = "../../feed/tests/scan_reference/mod.rs"]
mod scan_reference;

use std::cell::RefCell;

use feed::instruments::Instruments;
use feed::scan::{ScanPath, Scanner, ScannerOptions, Stamps};
use feed::schema::WireType;
use libfuzzer_sys::fuzz_target;
use scan_reference::{Setup, reference, scanned};
use strategy_api::UnixNanos;

/// One scanner per path, without and with every extra field; reused from input to input, so that
/// leftovers of one frame would show in the next.
fn scanners() -> Vec<(Scanner, Setup)> {
    let stamps = Stamps {
        kernel: UnixNanos::new(1_789_095_379_400_000_000),
        recv: UnixNanos::new(1_789_095_379_500_000_000),
    };
    let every: Vec<(WireType, Vec<u16>)> = WireType::ALL
        .iter()
        .filter(|t| t.has_record())
        .map(|t| (*t, t.fields().iter().rev().map(|f| f.fid).take(120).collect()))
        .collect();
    let mut all = Vec::new();
    for extras in [vec![], every] {
        for path in ScanPath::ALL.iter().filter(|path| path.is_available()) {
            let codes = vec!["005930", "000660", "0004V0", "57JBHH", "001"];
            let (mut registrar, instruments) = Instruments::with_capacity(8);
            registrar.register_all(codes.iter().copied()).expect("room");
            let mut options = ScannerOptions::new(instruments);
            options.extras = extras.clone();
            options.path = *path;
            options.frame_limit = 100_000;
            let setup = Setup { codes, extras: extras.clone(), stamps, frame_limit: 100_000 };
            all.push((Scanner::new(options).expect("extras"), setup));
        }
    }
    all
}

thread_local! {
    static SCANNERS: RefCell<Vec<(Scanner, Setup)>> = RefCell::new(scanners());
}

fuzz_target!(|frame: &[u8]| {
    SCANNERS.with_borrow_mut(|scanners| {
        for (scanner, setup) in scanners {
            let expected = reference(frame, setup);
            // The third time its order of keys is known.
            for _ in 0..3 {
                assert_eq!(scanned(scanner, frame, setup.stamps), expected);
            }
        }
    });
});
