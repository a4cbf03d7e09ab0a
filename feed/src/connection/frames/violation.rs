//! What a peer can do against the protocol, and the close code that tells it so.

/// What the peer did against RFC 6455, or beyond our limit. The connection is of no use any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// Bits of extensions that nobody agreed on (section 5.2).
    #[error("a frame sets the reserved bits {bits:#05b}, but no extension was agreed on")]
    ReservedBits {
        /// RSV1 to RSV3, RSV1 first.
        bits: u8,
    },
    /// An opcode without a meaning (section 5.2).
    #[error("a frame has the reserved opcode {opcode:#x}")]
    ReservedOpcode {
        /// The opcode.
        opcode: u8,
    },
    /// A server's frame is masked (section 5.1).
    #[error("a frame from the server is masked")]
    Masked,
    /// A control frame in fragments (section 5.5).
    #[error("a control frame is fragmented")]
    FragmentedControl,
    /// A control frame of more than 125 bytes, or with a long form of length (section 5.5).
    #[error("a control frame has a length of more than one byte; at most 125 bytes are allowed")]
    ControlTooLong,
    /// A length that would have fitted a shorter form (section 5.2).
    #[error("a frame writes its length of {length} bytes longer than needed")]
    LengthNotMinimal {
        /// The length, in bytes.
        length: u64,
    },
    /// A 64-bit length with the topmost bit set (section 5.2).
    #[error("a frame sets the topmost bit of its 64-bit length")]
    LengthTopBit,
    /// A continuation of nothing (section 5.4).
    #[error("a continuation frame came, but there is no message to continue")]
    NothingToContinue,
    /// A new message inside another one (section 5.4).
    #[error("a new message began before the fragments of the last one ended")]
    MessageInsideMessage,
    /// A Close frame with one byte (section 5.5.1).
    #[error("a Close frame holds one byte; a code takes two")]
    CloseCodeCut,
    /// A Close code that must not be sent (section 7.4).
    #[error("a Close frame has the code {code}, which must not be sent")]
    CloseCode {
        /// The code.
        code: u16,
    },
    /// A Close reason that is no UTF-8 (section 5.5.1).
    #[error("the reason of a Close frame is no UTF-8")]
    CloseReasonNotUtf8,
    /// A text message that is no UTF-8 (section 8.1).
    #[error("a text message is no UTF-8")]
    NotUtf8,
    /// A message beyond our limit (section 10.4).
    #[error("a message of {bytes} bytes came; at most {max} are accepted")]
    MessageTooLong {
        /// Its size in bytes, as far as it was announced.
        bytes: u64,
        /// The limit in bytes.
        max: usize,
    },
}

impl Violation {
    /// The code for our Close frame (section 7.4.1).
    pub fn close_code(self) -> u16 {
        match self {
            Self::NotUtf8 | Self::CloseReasonNotUtf8 => 1007,
            Self::MessageTooLong { .. } => 1009,
            _ => 1002,
        }
    }
}
