//! The scanner as the suites use it.

use feed::instruments::Instruments;
use feed::scan::{ScanPath, Scanned, Scanner, ScannerOptions, Stamps};

use crate::frames::{FrameSet, VARIATIONS, items};
use crate::peers::store::{RECV, body};

/// The path that the instruction counts are taken on: AVX2, which is what callgrind shows programs at
/// best, whatever the machine has. Where there is none nothing is counted, and the cases run on the best
/// that there is.
pub fn guard_path() -> ScanPath {
    if ScanPath::Avx2.is_available() { ScanPath::Avx2 } else { ScanPath::Auto }
}

/// When the frames arrived.
pub const STAMPS: Stamps = Stamps { kernel: RECV, recv: RECV };

/// A scanner that knows the instruments of the frames.
pub fn scanner(path: ScanPath) -> Scanner {
    scanner_of(instruments(), path)
}

/// A scanner that knows these instruments.
///
/// # Panics
/// When this machine has not what the path needs.
pub fn scanner_of(instruments: Instruments, path: ScanPath) -> Scanner {
    let mut options = ScannerOptions::new(instruments);
    options.path = path;
    Scanner::new(options).unwrap_or_else(|error| panic!("{error}"))
}

/// The instruments of the frames.
pub fn instruments() -> Instruments {
    let (mut registrar, instruments) = Instruments::with_capacity(VARIATIONS);
    registrar.register_all(items().iter().map(String::as_str)).expect("room for all");
    instruments
}

/// A scanner that was seen to read every frame of the set without a refusal, and by now has learned
/// whatever there is to learn.
///
/// # Panics
/// When it does not.
pub fn warm_scanner(path: ScanPath, set: &FrameSet) -> Scanner {
    let mut scanner = scanner(path);
    for frame in &set.frames {
        assert_eq!(entries(&mut scanner, frame.as_bytes()), set.entries, "{frame}");
    }
    scanner
}

/// Scans a frame and tells how many entries it had.
///
/// # Panics
/// When it is not a frame of data.
#[inline]
pub fn entries(scanner: &mut Scanner, frame: &[u8]) -> usize {
    match scanner.scan(frame, STAMPS) {
        Ok(Scanned::Real(batch)) => {
            assert!(batch.refused_count() == 0, "a value was refused");
            batch.records().len()
        }
        other => panic!("not a frame of data: {other:?}"),
    }
}

/// The records that the scanner makes of a frame, as far as all parsers must agree.
///
/// # Panics
/// When it is not a frame of data, or a value of it is refused.
pub fn bodies(scanner: &mut Scanner, frame: &str) -> Vec<Vec<u8>> {
    match scanner.scan(frame.as_bytes(), STAMPS) {
        Ok(Scanned::Real(batch)) => {
            assert_eq!(batch.refused_count(), 0, "{frame}");
            let bytes = |words: &[u64]| words.iter().flat_map(|w| w.to_ne_bytes()).collect();
            batch.records().map(|words| -> Vec<u8> { bytes(&words) }).map(|r| body(&r)).collect()
        }
        other => panic!("not a frame of data: {other:?}"),
    }
}
