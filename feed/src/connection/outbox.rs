//! What is on its way to the peer.

use std::fmt;
use std::io::{self, Write};

use rustls::crypto::{SecureRandom, aws_lc_rs};

use super::error::ConnectionError;
use super::frames::{Opcode, encode_close, encode_frame, frame_bytes};

/// Frames that are encoded, and written as far as the socket takes them.
pub(super) struct Outbox {
    /// What is not written yet is at `written..`.
    bytes: Vec<u8>,
    written: usize,
    /// The most bytes that may wait.
    bytes_max: usize,
    random: &'static dyn SecureRandom,
}

impl Outbox {
    pub(super) fn new(bytes_max: usize) -> Self {
        let random = aws_lc_rs::default_provider().secure_random;
        Self { bytes: Vec::new(), written: 0, bytes_max, random }
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Puts a frame behind the others.
    pub(super) fn push(&mut self, opcode: Opcode, payload: &[u8]) -> Result<(), ConnectionError> {
        let waiting = self.bytes.len() - self.written;
        if waiting + frame_bytes(payload.len()) > self.bytes_max {
            return Err(ConnectionError::SendBufferFull);
        }
        let mask = self.mask()?;
        self.make_room();
        encode_frame(&mut self.bytes, opcode, payload, mask);
        Ok(())
    }

    /// Puts a Close frame behind the others: the last one, so there is always room for it.
    pub(super) fn push_close(
        &mut self,
        code: Option<u16>,
        reason: &str,
    ) -> Result<(), ConnectionError> {
        let mask = self.mask()?;
        self.make_room();
        encode_close(&mut self.bytes, code, reason, mask);
        Ok(())
    }

    /// Writes as much as goes without waiting. "Would block" is no failure.
    pub(super) fn write_to(&mut self, stream: &mut impl Write) -> io::Result<()> {
        while self.written < self.bytes.len() {
            match stream.write(&self.bytes[self.written..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(bytes) => self.written += bytes,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.bytes.clear();
        self.written = 0;
        Ok(())
    }

    /// A key that nobody can foresee (RFC 6455, section 5.3).
    fn mask(&self) -> Result<[u8; 4], ConnectionError> {
        let mut mask = [0; 4];
        self.random.fill(&mut mask).map_err(|_| ConnectionError::NoRandomness)?;
        Ok(mask)
    }

    /// Lets go of what is written, before more is put in.
    fn make_room(&mut self) {
        if self.written > 0 {
            self.bytes.drain(..self.written);
            self.written = 0;
        }
    }
}

impl fmt::Debug for Outbox {
    /// Sizes only: the LOGIN frame holds the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox")
            .field("waiting_bytes", &(self.bytes.len() - self.written))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes so many bytes a write, and nothing every other time.
    struct Narrow {
        taken: Vec<u8>,
        width: usize,
        turn: bool,
    }

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.turn = !self.turn;
            if self.turn {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let width = self.width.min(bytes.len());
            self.taken.extend_from_slice(&bytes[..width]);
            Ok(width)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn frames_go_out_whole_and_in_order_through_the_narrowest_door() {
        for width in 1..40 {
            let mut narrow = Narrow { taken: Vec::new(), width, turn: false };
            let mut outbox = Outbox::new(1_000);
            let mut wanted = Vec::new();
            for text in ["one", "two, which is longer", "three"] {
                outbox.push(Opcode::Text, text.as_bytes()).unwrap();
                outbox.write_to(&mut narrow).unwrap();
                wanted.push(text.to_owned());
            }
            while !outbox.is_empty() {
                outbox.write_to(&mut narrow).unwrap();
            }
            assert_eq!(unmask(&narrow.taken), wanted);
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_and_the_close_always_goes() {
        let mut outbox = Outbox::new(20);
        outbox.push(Opcode::Text, b"0123456789").unwrap();
        let error = outbox.push(Opcode::Text, b"01").unwrap_err();
        assert!(matches!(error, ConnectionError::SendBufferFull));
        outbox.push_close(Some(1000), "bye").unwrap();
        let mut out = Vec::new();
        outbox.write_to(&mut out).unwrap();
        assert_eq!(unmask(&out), ["0123456789", "\u{3}\u{fffd}bye"]);
    }

    #[test]
    fn two_frames_have_two_masks_and_nothing_readable_in_them() {
        let mut outbox = Outbox::new(1 << 20);
        let text = "LOGIN with a token".repeat(50);
        outbox.push(Opcode::Text, text.as_bytes()).unwrap();
        outbox.push(Opcode::Text, text.as_bytes()).unwrap();
        let mut out = Vec::new();
        outbox.write_to(&mut out).unwrap();
        let (first, second) = out.split_at(out.len() / 2);
        assert_ne!(first[4..8], second[4..8]);
        assert!(!format!("{outbox:?}").contains("LOGIN"));
    }

    fn unmask(mut bytes: &[u8]) -> Vec<String> {
        let mut texts = Vec::new();
        while let [_, length, a, b, c, d, rest @ ..] = bytes {
            let length = usize::from(length & 0x7f);
            let mask = [a, b, c, d];
            let text: Vec<u8> =
                rest[..length].iter().zip(mask.iter().cycle()).map(|(x, m)| x ^ **m).collect();
            texts.push(
                String::from_utf8(text.clone())
                    .unwrap_or_else(|_| String::from_utf8_lossy(&text).into_owned()),
            );
            bytes = &rest[length..];
        }
        texts
    }
}
