//! A TCP socket whose reads tell when the bytes arrived.

use std::io::{self, Read, Write};
use std::net::SocketAddr;

use mio::net::TcpStream;
use mio::{Interest, Registry};
use strategy_api::UnixNanos;

use super::kernel;
use super::poll::SOCKET;
use crate::clock::{Clock, Reading};

/// When the bytes of a read arrived; see the [module](super) for the exact meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadStamp {
    /// When the kernel received them; unset where it does not tell.
    pub kernel: UnixNanos,
    /// Our clock right after the read.
    pub reading: Reading,
}

/// A non-blocking TCP socket that stamps its reads.
#[derive(Debug)]
pub(super) struct StampedSocket {
    stream: TcpStream,
    clock: Clock,
    last: ReadStamp,
    bytes_read: u64,
}

impl StampedSocket {
    /// Begins to connect, and registers the socket.
    pub(super) fn connect(
        address: SocketAddr,
        registry: &Registry,
        mut clock: Clock,
    ) -> io::Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        registry.register(&mut stream, SOCKET, Interest::READABLE | Interest::WRITABLE)?;
        let last = ReadStamp { kernel: UnixNanos::UNSET, reading: clock.read() };
        Ok(Self { stream, clock, last, bytes_read: 0 })
    }

    /// Whether the connection stands: `Ok(false)` while it is on its way.
    pub(super) fn is_connected(&self) -> io::Result<bool> {
        if let Some(error) = self.stream.take_error()? {
            return Err(error);
        }
        match self.stream.peer_addr() {
            Ok(_) => {
                self.stream.set_nodelay(true)?;
                kernel::enable_stamps(&self.stream);
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The stamp of the last read that brought bytes.
    #[inline]
    pub(super) fn last_read(&self) -> ReadStamp {
        self.last
    }

    /// All bytes read so far.
    #[inline]
    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// Acknowledges what was read; see [`kernel::acknowledge`].
    #[inline]
    pub(super) fn acknowledge(&self) {
        kernel::acknowledge(&self.stream);
    }

    /// Takes over a clock that was anchored again.
    pub(super) fn adopt_clock(&mut self, clock: &Clock) {
        self.clock = clock.clone();
    }
}

impl Read for StampedSocket {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (bytes, kernel) = kernel::receive(&mut self.stream, buffer)?;
        self.last = ReadStamp { kernel, reading: self.clock.read() };
        self.bytes_read += bytes as u64;
        Ok(bytes)
    }
}

impl Write for StampedSocket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
