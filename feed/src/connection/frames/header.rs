//! The header of one frame (RFC 6455, section 5.2).

use super::violation::Violation;

/// What a frame is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Opcode {
    /// Goes on with the message begun before.
    Continuation = 0x0,
    /// Begins a text message.
    Text = 0x1,
    /// Begins a binary message.
    Binary = 0x2,
    /// The last thing a side says.
    Close = 0x8,
    /// Wants a pong.
    Ping = 0x9,
    /// Answers a ping.
    Pong = 0xA,
}

impl Opcode {
    pub(super) fn is_control(self) -> bool {
        self as u8 >= 0x8
    }
}

/// The longest payload of a control frame, in bytes.
pub const CONTROL_BYTES_MAX: usize = 125;

/// The longest header that we write or take: two bytes, a 64-bit length, the key of a mask.
pub(super) const HEADER_BYTES_MAX: usize = 14;

/// The header of a server's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) opcode: Opcode,
    /// Whether the message ends with this frame.
    pub(super) fin: bool,
    /// Bytes of the header itself.
    pub(super) header_bytes: usize,
    /// Bytes of the payload; below 2^63.
    pub(super) payload_bytes: u64,
}

impl Header {
    /// Reads the header at the beginning of `bytes`; `Ok(None)` while it is incomplete. Whatever is
    /// wrong is said as soon as the byte that shows it is there.
    #[inline]
    pub(super) fn parse(bytes: &[u8]) -> Result<Option<Self>, Violation> {
        let [first, rest @ ..] = bytes else { return Ok(None) };
        let fin = first & 0x80 != 0;
        let reserved = (first >> 4) & 0b111;
        if reserved != 0 {
            return Err(Violation::ReservedBits { bits: reserved });
        }
        let opcode = match first & 0x0F {
            0x1 => Opcode::Text,
            0x0 => Opcode::Continuation,
            0x2 => Opcode::Binary,
            0x8 => Opcode::Close,
            0x9 => Opcode::Ping,
            0xA => Opcode::Pong,
            opcode => return Err(Violation::ReservedOpcode { opcode }),
        };
        if opcode.is_control() && !fin {
            return Err(Violation::FragmentedControl);
        }
        let [second, rest @ ..] = rest else { return Ok(None) };
        if second & 0x80 != 0 {
            return Err(Violation::Masked);
        }
        if opcode.is_control() && *second as usize > CONTROL_BYTES_MAX {
            return Err(Violation::ControlTooLong);
        }
        let (header_bytes, payload_bytes) = match *second {
            short @ 0..126 => (2, u64::from(short)),
            126 => {
                let Some(length) = rest.first_chunk() else { return Ok(None) };
                let length = u64::from(u16::from_be_bytes(*length));
                if length < 126 {
                    return Err(Violation::LengthNotMinimal { length });
                }
                (4, length)
            }
            _ => {
                if rest.first().is_some_and(|top| top & 0x80 != 0) {
                    return Err(Violation::LengthTopBit);
                }
                let Some(length) = rest.first_chunk() else { return Ok(None) };
                let length = u64::from_be_bytes(*length);
                if length <= u64::from(u16::MAX) {
                    return Err(Violation::LengthNotMinimal { length });
                }
                (10, length)
            }
        };
        Ok(Some(Self { opcode, fin, header_bytes, payload_bytes }))
    }
}
