//! One WebSocket to the broker, on one thread, never blocking it.
//!
//! [`Connector`] holds what is the same for every attempt (where to, whom to trust). It starts a
//! [`Dialing`], which becomes an open [`Connection`]; nothing of it waits, the caller polls. The
//! [`Poller`] is the one place where the thread may sleep.
//!
//! # Hot path
//!
//! [`NextFrame::next_stamped`] on a [`Connection`] makes no system call but `recvmsg` and allocates
//! nothing of its own; frames are slices of one buffer ([`frames`]). What the TLS library below it
//! allocates is its own: one buffer per TLS record, counted by a test. tungstenite does the handshake
//! and no more. [`NextFrame`] is the seam where another reader can stand.
//!
//! # What the stamps of a read mean
//!
//! [`ReadStamp::kernel`] is the kernel's receive time (`SO_TIMESTAMPNS`) of the **last segment** from
//! which that read took bytes, as TCP reports it: where the kernel merged segments, the newest of
//! them. So for a frame that arrived in several segments it is the arrival of the one that completed
//! it (more was not known before), and for several frames in one segment all of them share it. When
//! a read drains a backlog of many segments, the older frames in it look younger than they are. The
//! kernel switches its stamps on in the background, so the first reads of the first socket may have
//! none.
//! [`ReadStamp::reading`] is our clock right after that read returned. Frames that were already in
//! the buffers keep the stamp of the read that brought them.
#![deny(unsafe_code)]

mod dial;
mod error;
pub mod frames;
mod handshake;
#[allow(unsafe_code, reason = "`recvmsg` with time stamps has no safe form in std")]
pub mod kernel;
mod options;
mod outbox;
mod poll;
mod socket;
mod stream;
mod tls;
mod websocket;

pub use dial::{Connector, Dialing};
pub use error::{CertificateProblem, ConnectError, ConnectionError, DialStage, OptionsError};
pub use frames::{MESSAGE_BYTES_MAX, Utf8};
pub use options::{ConnectionOptions, Endpoint, Limits, TrustedRoots};
pub use poll::{PollMode, Poller, WakeHandle};
pub use socket::ReadStamp;
pub use tls::TlsStream;
pub use websocket::{Connection, Frame, NextFrame};
