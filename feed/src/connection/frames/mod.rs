//! Frames out of bytes, and bytes out of frames: RFC 6455 as a client, without I/O.
//!
//! [`FrameReader`] takes what was read from the socket and hands out whole messages and control frames;
//! [`encode_frame`] makes the bytes of a frame of ours.
//!
//! # How messages are handed out
//!
//! There is one buffer of fixed size. Bytes are read to its end, frames are taken from its start, and a
//! message of one frame that fits the buffer is handed out as a slice of it: nothing is copied. The
//! offset moves on; bytes are moved only before a read, when the room behind them gets short, and then
//! less than one frame of them. What comes in fragments or does not fit is put together in a second
//! buffer that is used again.
//!
//! # Hot path
//!
//! [`FrameReader::next`] on a message of one frame never allocates, copies, locks, logs, formats, panics
//! or calls the kernel. Budget: 20 ns, plus the check of UTF-8 where [`Utf8::Check`] wants it.
//!
//! # Strictness
//!
//! Whatever RFC 6455 forbids a server is a [`Violation`]: masked frames, reserved bits and opcodes,
//! lengths in a longer form than needed or with the topmost bit, control frames in fragments or of more
//! than 125 bytes, continuations of nothing, messages inside messages, Close codes and reasons that
//! must not be sent, text that is no UTF-8. It is said at the first byte that shows it, wherever the
//! bytes are cut into reads.

mod close;
mod encode;
mod header;
mod reader;
mod utf8;
mod violation;

pub use close::Close;
pub(super) use encode::frame_bytes;
pub use encode::{encode_close, encode_frame};
pub use header::{CONTROL_BYTES_MAX, Opcode};
pub use reader::{BUFFER_BYTES, FrameReader, MESSAGE_BYTES_MAX, ReaderOptions, Received};
pub use utf8::Utf8;
pub use violation::Violation;
