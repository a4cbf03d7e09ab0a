//! The TCP socket of a line: never blocks, tells when bytes arrived, and can be waited for.
//!
//! The unsafe code of the order path is in this file.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsRawFd, RawFd};
use std::time::Duration;

use feed::connection::kernel;
use strategy_api::UnixNanos;

/// A non-blocking socket.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    /// When the kernel had received the last bytes that were read; unset where it does not tell.
    stamp: UnixNanos,
}

impl Socket {
    /// Takes over a connected stream.
    pub(super) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        kernel::enable_stamps(&stream);
        Ok(Self { stream, stamp: UnixNanos::UNSET })
    }

    pub(super) fn stamp(&self) -> UnixNanos {
        self.stamp
    }

    pub(super) fn fd(&self) -> RawFd {
        self.stream.as_raw_fd()
    }
}

impl Read for Socket {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (bytes, stamp) = kernel::receive(&mut self.stream, buffer)?;
        self.stamp = stamp;
        Ok(bytes)
    }
}

impl Write for Socket {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    #[inline]
    fn write_vectored(&mut self, parts: &[io::IoSlice<'_>]) -> io::Result<usize> {
        self.stream.write_vectored(parts)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Sleeps until one of the sockets can be read (or written, where that is wanted), or `time` is over.
pub(super) fn wait(sockets: &[(RawFd, bool)], time: Duration) -> io::Result<()> {
    let mut polled: Vec<libc::pollfd> = sockets
        .iter()
        .map(|&(fd, writing)| libc::pollfd {
            fd,
            events: libc::POLLIN | if writing { libc::POLLOUT } else { 0 },
            revents: 0,
        })
        .collect();
    // Rounded up: a wait of less than a millisecond must not become a spin.
    let millis = time.as_nanos().div_ceil(1_000_000);
    let millis = libc::c_int::try_from(millis).unwrap_or(libc::c_int::MAX);
    // SAFETY: the pointer and the length are those of one live vector of `pollfd`.
    let woken = unsafe { libc::poll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, millis) };
    match woken {
        0.. => Ok(()),
        _ => match io::Error::last_os_error() {
            error if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            error => Err(error),
        },
    }
}

/// Fixes the sizes of a socket's buffers, which the kernel would let grow otherwise.
#[cfg(test)]
pub(super) fn fix_buffers(stream: &TcpStream, bytes: libc::c_int) {
    for option in [libc::SO_SNDBUF, libc::SO_RCVBUF] {
        // SAFETY: the descriptor is open while `stream` is borrowed, and the value is a `c_int` of
        // the size given.
        let set = unsafe {
            libc::setsockopt(
                stream.as_raw_fd(),
                libc::SOL_SOCKET,
                option,
                (&raw const bytes).cast(),
                size_of::<libc::c_int>() as libc::socklen_t,
            )
        };
        assert_eq!(set, 0);
    }
}
