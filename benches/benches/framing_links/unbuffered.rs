//! rustls' "unbuffered" interface below our reader: one buffer for ciphertext, an offset that moves on,
//! bytes moved only before a read.

use std::io::Read;
use std::sync::Arc;

use feed::connection::frames::{FrameReader, ReaderOptions, Received, Utf8};
use rustls::client::UnbufferedClientConnection;
use rustls::unbuffered::{ConnectionState, EncodeError, UnbufferedStatus};

use super::tls::{Server, Sides, name};
use super::{Link, Tape};

pub(crate) struct UnbufferedOurs {
    tls: UnbufferedClientConnection,
    tape: Tape,
    /// Ciphertext at `start..end`.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    reader: FrameReader,
}

impl UnbufferedOurs {
    pub(crate) fn new(sides: &Sides, utf8: Utf8) -> (Self, Server) {
        let tls = UnbufferedClientConnection::new(Arc::clone(&sides.client), name());
        let mut link = Self {
            tls: tls.expect("a client"),
            tape: Tape::default(),
            buffer: vec![0; 64 << 10],
            start: 0,
            end: 0,
            reader: FrameReader::new(ReaderOptions { utf8, ..Default::default() }),
        };
        let mut server = sides.server();
        link.shake_hands(&mut server);
        (link, server)
    }

    fn shake_hands(&mut self, server: &mut Server) {
        let mut request = Vec::new();
        let mut is_done = false;
        loop {
            let bytes = &mut self.buffer[self.start..self.end];
            let UnbufferedStatus { discard, state } = self.tls.process_tls_records(bytes);
            let mut answer = Vec::new();
            match state.expect("a handshake") {
                ConnectionState::EncodeTlsData(mut data) => {
                    let needed = match data.encode(&mut []) {
                        Err(EncodeError::InsufficientSize(size)) => size.required_size,
                        other => panic!("{other:?}"),
                    };
                    let at = request.len();
                    request.resize(at + needed, 0);
                    data.encode(&mut request[at..]).expect("room");
                }
                ConnectionState::TransmitTlsData(data) => {
                    data.done();
                    answer = server.reply(&std::mem::take(&mut request));
                }
                ConnectionState::BlockedHandshake => {}
                ConnectionState::WriteTraffic(_) => is_done = true,
                other => panic!("{other:?}"),
            }
            self.start += discard;
            self.buffer[self.end..self.end + answer.len()].copy_from_slice(&answer);
            self.end += answer.len();
            if is_done && self.start == self.end {
                return;
            }
        }
    }

    /// Decrypts the next record into the reader; whether there was one.
    #[inline]
    fn decrypt(&mut self) -> bool {
        let mut plaintext = 0;
        let bytes = &mut self.buffer[self.start..self.end];
        let UnbufferedStatus { mut discard, state } = self.tls.process_tls_records(bytes);
        if let ConnectionState::ReadTraffic(mut traffic) = state.expect("valid records") {
            while let Some(record) = traffic.next_record() {
                let record = record.expect("a valid record");
                discard += record.discard;
                let taken = self.reader.fill(record.payload);
                assert_eq!(taken, record.payload.len(), "records are smaller than the buffer");
                plaintext += taken;
            }
        }
        self.start += discard;
        plaintext > 0
    }
}

impl Link for UnbufferedOurs {
    fn tape(&mut self) -> &mut Tape {
        &mut self.tape
    }

    #[inline]
    fn drain(&mut self, mut sink: impl FnMut(&[u8])) -> usize {
        let mut messages = 0;
        loop {
            match self.reader.next().expect("valid frames") {
                Some(Received::Text(text)) => {
                    sink(text);
                    messages += 1;
                    continue;
                }
                Some(other) => panic!("text only: {other:?}"),
                None => {}
            }
            if self.start < self.end && self.decrypt() {
                continue;
            }
            if self.start == self.end {
                (self.start, self.end) = (0, 0);
            } else {
                self.buffer.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
            }
            match self.tape.read(&mut self.buffer[self.end..]) {
                Ok(bytes) => self.end += bytes,
                Err(_) => return messages,
            }
        }
    }
}
