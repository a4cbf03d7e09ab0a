//! RFC 6455, rule by rule: what a server may say, what it may not, and the code that tells it so.
//! Every case is read whole and cut at every byte, with a roomy and with the smallest buffer.

use feed::connection::frames::{FrameReader, ReaderOptions, Received, Utf8, Violation};

/// What came out, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Event {
    Text(Vec<u8>),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, String),
    Violation(Violation),
}

impl Event {
    fn text(text: &str) -> Self {
        Self::Text(text.as_bytes().to_vec())
    }

    fn close(code: u16, reason: &str) -> Self {
        Self::Close(Some(code), reason.to_owned())
    }
}

/// A server's frame: its first byte, and a header as short as can be.
fn frame(first_byte: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first_byte];
    match payload.len() {
        length @ 0..126 => bytes.push(length as u8),
        length @ 126..65_536 => {
            bytes.push(126);
            bytes.extend((length as u16).to_be_bytes());
        }
        length => {
            bytes.push(127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend(payload);
    bytes
}

const FIN: u8 = 0x80;
const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;

fn options(buffer_bytes: usize) -> ReaderOptions {
    ReaderOptions { message_bytes_max: 70_000, buffer_bytes, utf8: Utf8::Check }
}

/// Everything that comes out of these pieces, up to the end of the connection.
fn read(options: ReaderOptions, pieces: &[&[u8]]) -> Vec<Event> {
    let mut reader = FrameReader::new(options);
    let mut events = Vec::new();
    for piece in pieces {
        let mut rest = *piece;
        loop {
            match reader.next() {
                Ok(Some(Received::Text(bytes))) => events.push(Event::Text(bytes.to_vec())),
                Ok(Some(Received::Binary(bytes))) => events.push(Event::Binary(bytes.to_vec())),
                Ok(Some(Received::Ping(bytes))) => events.push(Event::Ping(bytes.to_vec())),
                Ok(Some(Received::Pong(bytes))) => events.push(Event::Pong(bytes.to_vec())),
                Ok(Some(Received::Close(close))) => {
                    events.push(Event::Close(close.code, close.reason.to_owned()));
                }
                Err(violation) => {
                    assert_eq!(reader.next(), Err(violation), "it is not forgotten");
                    events.push(Event::Violation(violation));
                    return events;
                }
                Ok(None) if rest.is_empty() => break,
                Ok(None) => {
                    let taken = reader.fill(rest);
                    assert!(taken > 0, "there is room when a frame is incomplete");
                    rest = &rest[taken..];
                }
            }
        }
    }
    events
}

/// Reads `bytes` in every way, and expects the same each time.
#[track_caller]
fn check(bytes: &[u8], wanted: &[Event]) {
    for buffer in [0, 1 << 16] {
        assert_eq!(read(options(buffer), &[bytes]), wanted, "whole, buffer {buffer}");
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(read(options(buffer), &single), wanted, "byte by byte, buffer {buffer}");
        // Long ones are cut around both ends and here and there between.
        let step = if bytes.len() < 1_000 { 1 } else { 997 };
        let cuts = (0..bytes.len())
            .filter(|cut| *cut < 150 || *cut + 150 > bytes.len() || cut % step == 0);
        for cut in cuts {
            let (head, tail) = bytes.split_at(cut);
            let got = read(options(buffer), &[head, tail]);
            assert_eq!(got, wanted, "cut at {cut}, buffer {buffer}");
        }
    }
}

#[track_caller]
fn check_violation(bytes: &[u8], violation: Violation, code: u16) {
    check(bytes, &[Event::Violation(violation)]);
    assert_eq!(violation.close_code(), code);
}

#[test]
fn messages_of_every_form_of_length_come_out_as_they_are() {
    for length in [0, 1, 2, 124, 125, 126, 127, 128, 255, 256, 65_534, 65_535, 65_536, 65_537] {
        let payload = vec![b'x'; length];
        check(&frame(FIN | TEXT, &payload), &[Event::Text(payload.clone())]);
        check(&frame(FIN | BINARY, &payload), &[Event::Binary(payload)]);
    }
}

#[test]
fn several_messages_in_one_read_come_out_in_order() {
    let bytes = [
        frame(FIN | TEXT, b"one"),
        frame(FIN | BINARY, &[0xFF; 200]),
        frame(FIN | TEXT, b""),
        frame(FIN | PING, b"?"),
        frame(FIN | TEXT, "셋".as_bytes()),
    ]
    .concat();
    let wanted = [
        Event::text("one"),
        Event::Binary(vec![0xFF; 200]),
        Event::text(""),
        Event::Ping(b"?".to_vec()),
        Event::text("셋"),
    ];
    check(&bytes, &wanted);
}

#[test]
fn fragments_are_put_together_with_control_frames_between_them() {
    let bytes = [
        frame(TEXT, "삼성".as_bytes()),
        frame(FIN | PING, b"a"),
        frame(CONTINUATION, b""),
        frame(FIN | PONG, b""),
        frame(CONTINUATION, "전".as_bytes()),
        frame(FIN | CONTINUATION, "자".as_bytes()),
        frame(FIN | TEXT, b"next"),
    ]
    .concat();
    let wanted = [
        Event::Ping(b"a".to_vec()),
        Event::Pong(Vec::new()),
        Event::text("삼성전자"),
        Event::text("next"),
    ];
    check(&bytes, &wanted);
}

#[test]
fn a_character_may_be_cut_by_fragments_anywhere() {
    let text = "a삼𝄞é";
    for cut in 0..=text.len() {
        let (head, tail) = text.as_bytes().split_at(cut);
        let bytes = [frame(TEXT, head), frame(FIN | CONTINUATION, tail)].concat();
        check(&bytes, &[Event::text(text)]);
    }
}

#[test]
fn a_binary_message_in_fragments_is_no_text() {
    let bytes = [frame(BINARY, b"\xFF"), frame(FIN | CONTINUATION, b"\xFE")].concat();
    check(&bytes, &[Event::Binary(b"\xFF\xFE".to_vec())]);
}

#[test]
fn reserved_bits_are_refused_on_every_kind_of_frame() {
    for opcode in [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] {
        for bits in 1..=7 {
            let bytes = frame(FIN | bits << 4 | opcode, b"");
            check_violation(&bytes, Violation::ReservedBits { bits }, 1002);
        }
    }
}

#[test]
fn reserved_opcodes_are_refused() {
    for opcode in [3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF] {
        check_violation(&frame(FIN | opcode, b""), Violation::ReservedOpcode { opcode }, 1002);
    }
}

#[test]
fn masked_frames_of_a_server_are_refused() {
    check_violation(&[FIN | TEXT, 0x80], Violation::Masked, 1002);
    check_violation(&[FIN | TEXT, 0x81, 1, 2, 3, 4, b'x'], Violation::Masked, 1002);
    check_violation(&[FIN | PING, 0x80, 1, 2, 3, 4], Violation::Masked, 1002);
}

#[test]
fn control_frames_are_never_fragmented() {
    for opcode in [CLOSE, PING, PONG] {
        check_violation(&frame(opcode, b""), Violation::FragmentedControl, 1002);
    }
}

#[test]
fn control_frames_have_at_most_125_bytes() {
    check(&frame(FIN | PING, &[b'x'; 125]), &[Event::Ping(vec![b'x'; 125])]);
    check(&frame(FIN | PONG, &[b'x'; 125]), &[Event::Pong(vec![b'x'; 125])]);
    for opcode in [CLOSE, PING, PONG] {
        check_violation(&frame(FIN | opcode, &[b'x'; 126]), Violation::ControlTooLong, 1002);
        check_violation(&frame(FIN | opcode, &[0; 65_536]), Violation::ControlTooLong, 1002);
        // A long form of a short length, which tungstenite takes.
        check_violation(&[FIN | opcode, 126, 0, 0], Violation::ControlTooLong, 1002);
    }
}

#[test]
fn lengths_take_no_more_bytes_than_needed() {
    let two_bytes = [&[FIN | TEXT, 126, 0, 125][..], &[b'x'; 125]].concat();
    check_violation(&two_bytes, Violation::LengthNotMinimal { length: 125 }, 1002);
    let eight_bytes = [FIN | BINARY, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF];
    check_violation(&eight_bytes, Violation::LengthNotMinimal { length: 65_535 }, 1002);
}

#[test]
fn the_topmost_bit_of_a_length_is_never_set() {
    let bytes = [FIN | TEXT, 127, 0x80, 0, 0, 0, 0, 0, 0, 1];
    check_violation(&bytes, Violation::LengthTopBit, 1002);
}

#[test]
fn a_continuation_needs_something_to_continue() {
    check_violation(&frame(FIN | CONTINUATION, b"x"), Violation::NothingToContinue, 1002);
    check_violation(&frame(CONTINUATION, b"x"), Violation::NothingToContinue, 1002);
    let after_the_last =
        [frame(TEXT, b"a"), frame(FIN | CONTINUATION, b"b"), frame(FIN | CONTINUATION, b"c")]
            .concat();
    let wanted = [Event::text("ab"), Event::Violation(Violation::NothingToContinue)];
    check(&after_the_last, &wanted);
}

#[test]
fn no_message_begins_inside_another() {
    for opcode in [TEXT, BINARY] {
        for first_byte in [FIN | opcode, opcode] {
            let bytes = [frame(TEXT, b"a"), frame(first_byte, b"b")].concat();
            check_violation(&bytes, Violation::MessageInsideMessage, 1002);
        }
    }
}

#[test]
fn text_that_is_no_utf8_is_refused_at_the_byte_that_shows_it() {
    for bad in [
        &b"\x80"[..],
        b"ab\xFF",
        b"\xC0\xAF",
        b"\xE0\x80\xAF",
        b"\xED\xA0\x80",
        b"\xF4\x90\x80\x80",
        b"\xF8\x88\x80\x80\x80",
    ] {
        check_violation(&frame(FIN | TEXT, bad), Violation::NotUtf8, 1007);
        // The rest never came, and is not waited for.
        let mut announced = frame(FIN | TEXT, &[bad, &[b'x'; 300]].concat());
        announced.truncate(announced.len() - 300);
        check_violation(&announced, Violation::NotUtf8, 1007);
        let fragment = frame(TEXT, bad);
        check_violation(&fragment, Violation::NotUtf8, 1007);
        let second = [frame(TEXT, b"good"), frame(CONTINUATION, bad)].concat();
        check_violation(&second, Violation::NotUtf8, 1007);
    }
    // A character that is never finished.
    check_violation(&frame(FIN | TEXT, b"a\xEC\x82"), Violation::NotUtf8, 1007);
    let open = [frame(TEXT, b"\xEC\x82"), frame(FIN | CONTINUATION, b"")].concat();
    check_violation(&open, Violation::NotUtf8, 1007);
}

#[test]
fn a_taker_that_checks_utf8_itself_gets_the_bytes_as_they_came() {
    let trusting = ReaderOptions { utf8: Utf8::Trust, ..options(0) };
    let bytes = [
        frame(FIN | TEXT, b"\xFF"),
        frame(TEXT, b"\xFE"),
        frame(FIN | CONTINUATION, b"\xFD"),
        // The reason of a Close is read by nobody else, so it is checked all the same.
        frame(FIN | CLOSE, b"\x03\xE8\xFF"),
    ]
    .concat();
    let wanted = [
        Event::Text(b"\xFF".to_vec()),
        Event::Text(b"\xFE\xFD".to_vec()),
        Event::Violation(Violation::CloseReasonNotUtf8),
    ];
    assert_eq!(read(trusting, &[&bytes]), wanted);
}

#[test]
fn a_close_comes_with_code_and_reason_and_nothing_after_it_counts() {
    let after = frame(FIN | TEXT, b"late");
    for (payload, wanted) in [
        (&b""[..], Event::Close(None, String::new())),
        (b"\x03\xE8", Event::close(1000, "")),
        (b"\x03\xE9bye", Event::close(1001, "bye")),
        (b"\x0B\xB8", Event::close(3000, "")),
        (b"\x13\x87", Event::close(4999, "")),
        ("\u{3}\u{0}".as_bytes(), Event::Violation(Violation::CloseCode { code: 0x300 })),
    ] {
        check(&[frame(FIN | CLOSE, payload), after.clone()].concat(), &[wanted]);
    }
    let longest = [&b"\x03\xE8"[..], &[b'r'; 123]].concat();
    check(&frame(FIN | CLOSE, &longest), &[Event::close(1000, &"r".repeat(123))]);
}

#[test]
fn a_close_between_fragments_ends_it() {
    let bytes = [frame(TEXT, b"a"), frame(FIN | CLOSE, b"\x03\xE8")].concat();
    check(&bytes, &[Event::close(1000, "")]);
}

#[test]
fn a_close_payload_of_one_byte_is_refused() {
    check_violation(&frame(FIN | CLOSE, b"\x03"), Violation::CloseCodeCut, 1002);
}

#[test]
fn close_codes_that_must_not_be_sent_are_refused() {
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535_u16] {
        let bytes = frame(FIN | CLOSE, &code.to_be_bytes());
        check_violation(&bytes, Violation::CloseCode { code }, 1002);
    }
}

#[test]
fn a_close_reason_that_is_no_utf8_is_refused() {
    check_violation(&frame(FIN | CLOSE, b"\x03\xE8a\xFF"), Violation::CloseReasonNotUtf8, 1007);
}

#[test]
fn a_message_beyond_the_limit_is_refused_at_its_header() {
    let max = 70_000;
    let whole = vec![b'x'; max];
    check(&frame(FIN | TEXT, &whole), &[Event::Text(whole.clone())]);
    let halves = [frame(TEXT, &whole[..35_000]), frame(FIN | CONTINUATION, &whole[35_000..])];
    check(&halves.concat(), &[Event::Text(whole)]);

    let too_long = |bytes| Violation::MessageTooLong { bytes, max };
    // The header alone: nothing is waited for, nothing is allocated.
    let announced = [&[FIN | BINARY, 127][..], &70_001_u64.to_be_bytes()].concat();
    check_violation(&announced, too_long(70_001), 1009);
    let most = [&[FIN | BINARY, 127][..], &(u64::MAX >> 1).to_be_bytes()].concat();
    check_violation(&most, too_long(u64::MAX >> 1), 1009);
    let sum = [frame(TEXT, &[b'x'; 69_000]), frame(CONTINUATION, &[b'x'; 1_001])].concat();
    check_violation(&sum, too_long(70_001), 1009);
}

#[test]
fn control_frames_do_not_count_into_a_message() {
    let ping = frame(FIN | PING, &[b'p'; 125]);
    let bytes =
        [frame(BINARY, &[1; 35_000]), ping.repeat(400), frame(FIN | CONTINUATION, &[1; 35_000])]
            .concat();
    let mut wanted = vec![Event::Ping(vec![b'p'; 125]); 400];
    wanted.push(Event::Binary(vec![1; 70_000]));
    assert_eq!(read(options(1 << 16), &[&bytes]), wanted);
}

#[test]
fn nothing_of_a_message_is_in_what_the_reader_says_of_itself() {
    let mut reader = FrameReader::new(ReaderOptions::default());
    reader.fill(&frame(TEXT, b"canary"));
    assert_eq!(reader.next(), Ok(None));
    reader.fill(b"canary");
    let text = format!("{reader:?}");
    assert!(!text.contains("canary") && !text.contains("99, 97"), "{text}");
}
