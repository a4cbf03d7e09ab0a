//! `decode` prints JSON for whatever comes in, and an error exactly where there is one.
#![no_main]

use std::cell::RefCell;

use feed::decode::Decoder;
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;

thread_local! {
    static DECODER: RefCell<Decoder> = RefCell::new(Decoder::new());
}

fuzz_target!(|frame: &[u8]| {
    let mut out = Vec::new();
    let decoded = DECODER.with_borrow_mut(|decoder| decoder.decode(1, frame, &mut out));
    let text = std::str::from_utf8(&out).expect("UTF-8");
    assert!(text.ends_with('\n'));
    let mut errors = 0;
    for line in text.lines() {
        serde_json::from_str::<&RawValue>(line).expect("a JSON line");
        assert!(line.starts_with("{\"event\":\""));
        errors += u32::from(line.starts_with("{\"event\":\"error\",\"line\":1,"));
    }
    assert_eq!(text.lines().count(), decoded.lines as usize);
    assert!(errors >= decoded.errors);
    let is_json = serde_json::from_slice::<&RawValue>(frame).is_ok();
    assert!(is_json || decoded.errors == 1);
});
