//! Whatever a server sends, in whatever pieces it comes, our reader and tungstenite's agree.

mod connection_reference;

use connection_reference::{End, Event, check_agreement, ours, reference};
use feed::connection::frames::{ReaderOptions, Utf8};
use proptest::prelude::*;

const MESSAGE_BYTES_MAX: usize = 70_000;

fn options(buffer_bytes: usize) -> ReaderOptions {
    ReaderOptions { message_bytes_max: MESSAGE_BYTES_MAX, buffer_bytes, utf8: Utf8::Check }
}

/// What a server sends, as data.
#[derive(Clone, Debug)]
enum Step {
    /// A message, cut into fragments at these places.
    Message { is_text: bool, payload: Vec<u8>, cuts: Vec<usize> },
    /// A control frame, sent before the next fragment.
    Control { is_ping: bool, payload: Vec<u8> },
}

fn any_payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => "[ -~]{0,300}".prop_map(String::into_bytes),
        4 => "\\PC{0,80}".prop_map(String::into_bytes),
        1 => (0..3_usize, 60_000..70_000_usize).prop_map(|(at, len)| {
            ["x", "가", "𝄞"][at].repeat(len / 4).into_bytes()
        }),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let message = (any::<bool>(), any_payload(), prop::collection::vec(any::<usize>(), 0..4));
    let control = (any::<bool>(), prop::collection::vec(any::<u8>(), 0..=125));
    prop_oneof![
        2 => message.prop_map(|(is_text, payload, cuts)| {
            // What is no UTF-8 goes as binary: these streams are valid.
            let is_text = is_text && std::str::from_utf8(&payload).is_ok();
            let cuts = cuts.into_iter().map(|cut| cut % (payload.len() + 1)).collect();
            Step::Message { is_text, payload, cuts }
        }),
        1 => control.prop_map(|(is_ping, payload)| Step::Control { is_ping, payload }),
    ]
}

fn frame(bytes: &mut Vec<u8>, first_byte: u8, payload: &[u8]) {
    bytes.push(first_byte);
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
}

/// The bytes of these steps, and what is to come out. Control frames that follow a message in the list
/// are sent between its fragments.
fn stream(steps: &[Step]) -> (Vec<u8>, Vec<Event>) {
    let (mut bytes, mut events) = (Vec::new(), Vec::new());
    let mut steps = steps.iter().peekable();
    while let Some(step) = steps.next() {
        match step {
            Step::Control { is_ping, payload } => {
                control(&mut bytes, &mut events, *is_ping, payload);
            }
            Step::Message { is_text, payload, cuts } => {
                let mut cuts = cuts.clone();
                cuts.sort_unstable();
                let mut opcode = if *is_text { 0x1 } else { 0x2 };
                let mut begin = 0;
                for cut in cuts {
                    frame(&mut bytes, opcode, &payload[begin..cut]);
                    (opcode, begin) = (0, cut);
                    if let Some(Step::Control { is_ping, payload }) =
                        steps.next_if(|step| matches!(step, Step::Control { .. }))
                    {
                        control(&mut bytes, &mut events, *is_ping, payload);
                    }
                }
                frame(&mut bytes, 0x80 | opcode, &payload[begin..]);
                let payload = payload.clone();
                events.push(if *is_text { Event::Text(payload) } else { Event::Binary(payload) });
            }
        }
    }
    (bytes, events)
}

fn control(bytes: &mut Vec<u8>, events: &mut Vec<Event>, is_ping: bool, payload: &[u8]) {
    frame(bytes, if is_ping { 0x89 } else { 0x8A }, payload);
    let payload = payload.to_vec();
    events.push(if is_ping { Event::Ping(payload) } else { Event::Pong(payload) });
}

/// Pieces of these sizes, over and over.
fn pieces<'a>(mut bytes: &'a [u8], sizes: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    let mut sizes = sizes.iter().cycle();
    std::iter::from_fn(move || {
        let size = (*sizes.next()?).min(bytes.len());
        let (piece, rest) = bytes.split_at(size);
        bytes = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

fn any_sizes() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        prop::collection::vec(1..8_usize, 1..5),
        prop::collection::vec(1..3_000_usize, 1..5),
        Just(vec![usize::MAX]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn valid_streams_come_out_as_they_were_meant_and_as_tungstenite_reads_them(
        steps in prop::collection::vec(any_step(), 0..12),
        sizes in any_sizes(),
        buffer in prop_oneof![Just(256_usize), 256..2_000_usize, Just(64 << 10)],
    ) {
        let (bytes, wanted) = stream(&steps);
        let got = ours(options(buffer), pieces(&bytes, &sizes));
        prop_assert_eq!(&got, &(wanted, End::Open));
        check_agreement(&got, &reference(MESSAGE_BYTES_MAX, &bytes));
        let trusting = ReaderOptions { utf8: Utf8::Trust, ..options(buffer) };
        prop_assert_eq!(&ours(trusting, pieces(&bytes, &sizes)), &got);
    }

    #[test]
    fn damaged_streams_are_judged_as_by_tungstenite_wherever_they_are_cut(
        steps in prop::collection::vec(any_step(), 1..6),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        truncate in any::<prop::sample::Index>(),
        sizes in any_sizes(),
        buffer in 256..2_000_usize,
    ) {
        let (mut bytes, _) = stream(&steps);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(truncate.index(bytes.len()) + 1);
        let whole = ours(options(64 << 10), [&bytes[..]]);
        let got = ours(options(buffer), pieces(&bytes, &sizes));
        prop_assert_eq!(&got, &whole);
        check_agreement(&got, &reference(MESSAGE_BYTES_MAX, &bytes));
    }

    #[test]
    fn any_bytes_are_judged_as_by_tungstenite(
        bytes in prop::collection::vec(any::<u8>(), 0..64),
        sizes in any_sizes(),
    ) {
        let got = ours(options(256), pieces(&bytes, &sizes));
        check_agreement(&got, &reference(MESSAGE_BYTES_MAX, &bytes));
    }
}
