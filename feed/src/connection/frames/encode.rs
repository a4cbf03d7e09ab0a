//! Frames of ours, as bytes.

use super::close;
use super::header::{CONTROL_BYTES_MAX, HEADER_BYTES_MAX, Opcode};

/// Appends one whole frame of a client: final, masked with `mask`.
///
/// # Panics
/// When a control frame is given more than [`CONTROL_BYTES_MAX`] bytes, or a continuation is asked
/// for: we never send fragments.
pub fn encode_frame(out: &mut Vec<u8>, opcode: Opcode, payload: &[u8], mask: [u8; 4]) {
    assert!(opcode != Opcode::Continuation, "we send whole messages");
    assert!(
        !opcode.is_control() || payload.len() <= CONTROL_BYTES_MAX,
        "a control frame has at most 125 bytes"
    );
    const MASKED: u8 = 0x80;
    out.reserve(HEADER_BYTES_MAX + payload.len());
    out.push(0x80 | opcode as u8);
    match payload.len() {
        length @ 0..126 => out.push(MASKED | length as u8),
        length @ 126..0x1_0000 => {
            out.push(MASKED | 126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            out.push(MASKED | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&mask);
    let start = out.len();
    out.extend_from_slice(payload);
    apply_mask(&mut out[start..], mask);
}

/// Appends a Close frame. A reason beyond 123 bytes is cut at a character.
pub fn encode_close(out: &mut Vec<u8>, code: Option<u16>, reason: &str, mask: [u8; 4]) {
    let (bytes, length) = close::payload(code, reason);
    encode_frame(out, Opcode::Close, &bytes[..length], mask);
}

/// Bytes of a frame with so long a payload.
pub(in super::super) fn frame_bytes(payload: usize) -> usize {
    let length = match payload {
        0..126 => 0,
        126..0x1_0000 => 2,
        _ => 8,
    };
    2 + length + 4 + payload
}

fn apply_mask(bytes: &mut [u8], mask: [u8; 4]) {
    let wide = u64::from(u32::from_ne_bytes(mask));
    let wide = wide << 32 | wide;
    let mut chunks = bytes.chunks_exact_mut(8);
    for chunk in &mut chunks {
        // A chunk of eight has eight bytes.
        let word = u64::from_ne_bytes(chunk.try_into().expect("eight bytes")) ^ wide;
        chunk.copy_from_slice(&word.to_ne_bytes());
    }
    for (byte, key) in chunks.into_remainder().iter_mut().zip(mask.iter().cycle()) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc_comes_out() {
        let mut out = Vec::new();
        encode_frame(&mut out, Opcode::Text, b"Hello", [0x37, 0xfa, 0x21, 0x3d]);
        assert_eq!(out, [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
    }

    #[test]
    fn masking_equals_the_plain_loop_at_every_length() {
        let mask = [1, 20, 33, 255];
        for length in 0..70 {
            let plain: Vec<u8> = (0..length).collect();
            let mut masked = plain.clone();
            apply_mask(&mut masked, mask);
            let wanted: Vec<u8> = plain.iter().enumerate().map(|(i, b)| b ^ mask[i % 4]).collect();
            assert_eq!(masked, wanted);
        }
    }

    #[test]
    fn the_size_of_a_frame_is_known_before() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 100_000] {
            let mut out = Vec::new();
            encode_frame(&mut out, Opcode::Binary, &vec![0; length], [0; 4]);
            assert_eq!(out.len(), frame_bytes(length));
        }
    }

    #[test]
    #[should_panic(expected = "at most 125")]
    fn a_control_frame_with_too_much_in_it_is_a_bug_of_ours() {
        encode_frame(&mut Vec::new(), Opcode::Ping, &[0; 126], [0; 4]);
    }
}
