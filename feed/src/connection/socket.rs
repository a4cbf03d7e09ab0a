//! A TCP socket whose reads tell when the bytes arrived.
//!
//! The unsafe code of the connection is in this file: `setsockopt` and `recvmsg` have no safe form
//! in the standard library that hands out the kernel's time stamps.

use std::io::{self, Read, Write};
use std::net::SocketAddr;

use mio::net::TcpStream;
use mio::{Interest, Registry};
use strategy_api::UnixNanos;

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

#[cfg(target_os = "linux")]
mod kernel {
    use std::io;
    use std::mem::{size_of, zeroed};
    use std::os::fd::AsRawFd;

    use mio::net::TcpStream;
    use strategy_api::UnixNanos;

    /// Asks for receive time stamps. Where the kernel has none, stamps stay unset: they measure, and
    /// nothing depends on them.
    pub(super) fn enable_stamps(stream: &TcpStream) {
        let on: libc::c_int = 1;
        // SAFETY: the descriptor is open for as long as `stream` is borrowed, and the option's value
        // is a valid `c_int` of the size given.
        let _ = unsafe {
            libc::setsockopt(
                stream.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_TIMESTAMPNS,
                (&raw const on).cast(),
                size_of::<libc::c_int>() as libc::socklen_t,
            )
        };
    }

    /// Room for one time stamp with its header (32 bytes), and some more; aligned like the headers.
    type Control = [u64; 16];

    /// One `recvmsg`: the bytes, and when the kernel had received the last of them.
    #[inline]
    pub(super) fn receive(
        stream: &mut TcpStream,
        buffer: &mut [u8],
    ) -> io::Result<(usize, UnixNanos)> {
        let mut control: Control = [0; 16];
        let mut part = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
        // SAFETY: all zeros is a valid `msghdr`: null pointers with lengths of zero.
        let mut message: libc::msghdr = unsafe { zeroed() };
        message.msg_iov = &raw mut part;
        message.msg_iovlen = 1;
        message.msg_control = (&raw mut control).cast();
        message.msg_controllen = size_of::<Control>() as _;
        let received = loop {
            // SAFETY: the descriptor is open while `stream` is borrowed; `message` points at one
            // `iovec` over `buffer` and at `control`, all of which outlive the call.
            let received = unsafe { libc::recvmsg(stream.as_raw_fd(), &raw mut message, 0) };
            if received >= 0 {
                break received as usize;
            }
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        };
        Ok((received, stamp(&message)))
    }

    #[inline]
    fn stamp(message: &libc::msghdr) -> UnixNanos {
        // SAFETY: `message` was filled in by `recvmsg` and its control buffer is alive; the macros'
        // rules for walking over it are followed.
        let mut header = unsafe { libc::CMSG_FIRSTHDR(message) };
        while !header.is_null() {
            // SAFETY: not null, so a whole header inside the control buffer.
            let (level, kind) = unsafe { ((*header).cmsg_level, (*header).cmsg_type) };
            if level == libc::SOL_SOCKET && kind == libc::SCM_TIMESTAMPNS {
                // SAFETY: the data of this kind is a `timespec`; it may be unaligned.
                let time: libc::timespec =
                    unsafe { libc::CMSG_DATA(header).cast::<libc::timespec>().read_unaligned() };
                let nanos = (time.tv_sec as u64).wrapping_mul(1_000_000_000);
                return UnixNanos::new(nanos.wrapping_add(time.tv_nsec as u64));
            }
            // SAFETY: as for the first header.
            header = unsafe { libc::CMSG_NXTHDR(message, header) };
        }
        UnixNanos::UNSET
    }
}

#[cfg(not(target_os = "linux"))]
mod kernel {
    use std::io::{self, Read};

    use mio::net::TcpStream;
    use strategy_api::UnixNanos;

    pub(super) fn enable_stamps(_stream: &TcpStream) {}

    #[inline]
    pub(super) fn receive(
        stream: &mut TcpStream,
        buffer: &mut [u8],
    ) -> io::Result<(usize, UnixNanos)> {
        Ok((stream.read(buffer)?, UnixNanos::UNSET))
    }
}
