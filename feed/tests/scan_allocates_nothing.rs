//! After warm-up the fast path allocates nothing.
//!
//! A binary of its own, because it counts every allocation of its thread.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use feed::instruments::Instruments;
use feed::scan::{Scanned, Scanner, ScannerOptions, Stamps};
use feed::schema::WireType;

const RECORDED: &str = include_str!("data/recorded.jsonl");

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call goes on to the system's allocator unchanged; counting touches only a
// thread-local cell that needs no destructor and no allocation.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.with(Cell::get);
    work();
    ALLOCATIONS.with(Cell::get) - before
}

fn scan_all(scanner: &mut Scanner, frames: &[String]) -> u64 {
    let mut words = 0;
    for frame in frames {
        if let Ok(Scanned::Real(batch)) = scanner.scan(frame.as_bytes(), Stamps::default()) {
            assert!(batch.refused_count() <= 1);
            words += batch.records().map(|record| record.len() as u64).sum::<u64>();
        }
    }
    words
}

#[test]
fn scanning_every_type_again_allocates_nothing() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/spec");
    let mut frames: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap().trim_end().to_owned())
        .collect();
    frames.extend(RECORDED.lines().filter(|l| l.contains("REAL")).map(str::to_owned));
    // A refused entry is part of the ordinary path too.
    let values = r#"{"27":"abc","28":"5"}"#;
    frames.push(format!(r#"{{"data":[{{"values":{values},"type":"0C"}}],"trnm":"REAL"}}"#));
    for extras in [vec![], vec![(WireType::Trade, vec![732, 852, 9081])]] {
        let (mut registrar, instruments) = Instruments::with_capacity(16);
        registrar.register_all(["005930", "000660"]).unwrap();
        let mut options = ScannerOptions::new(instruments);
        options.extras = extras;
        let mut scanner = Scanner::new(options).unwrap();
        let expected = scan_all(&mut scanner, &frames);
        let mut words = 0;
        let count = allocations(|| {
            for _ in 0..10 {
                words += scan_all(&mut scanner, &frames);
            }
        });
        assert_eq!(words, 10 * expected);
        assert_eq!(scanner.general_frames(), 0);
        assert_eq!(count, 0);
    }
}

#[test]
fn the_counter_is_awake() {
    let count = allocations(|| drop(std::hint::black_box(Box::new(7u64))));
    assert_eq!(count, 1);
}
