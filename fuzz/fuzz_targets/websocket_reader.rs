//! For every byte string in any pieces: our WebSocket reader says what tungstenite's says, and says it
//! no matter where the bytes are cut.
//!
//! The first byte chooses the size of the pieces, the second that of the buffer; the rest is the stream.
#![no_main]

#[path = "../../feed/tests/connection_reference/mod.rs"]
mod connection_reference;

use connection_reference::{check_agreement, ours, reference};
use feed::connection::frames::{ReaderOptions, Utf8};
use libfuzzer_sys::fuzz_target;

const MESSAGE_BYTES_MAX: usize = 2_000;

fuzz_target!(|input: &[u8]| {
    let [piece, buffer, bytes @ ..] = input else { return };
    let options = |buffer_bytes| ReaderOptions {
        message_bytes_max: MESSAGE_BYTES_MAX,
        buffer_bytes,
        utf8: Utf8::Check,
    };
    let whole = ours(options(1 << 16), [bytes]);
    let cut = ours(options(256 + usize::from(*buffer) * 4), bytes.chunks(usize::from(*piece) + 1));
    assert_eq!(whole, cut);
    check_agreement(&whole, &reference(MESSAGE_BYTES_MAX, bytes));
    // Trust changes nothing but the check of text.
    let trusting = ours(ReaderOptions { utf8: Utf8::Trust, ..options(256) }, [bytes]);
    assert!(trusting.0.starts_with(&whole.0));
});
