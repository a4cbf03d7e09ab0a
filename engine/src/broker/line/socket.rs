//! The TCP socket of a line: never blocks, tells when bytes arrived, and can be waited for.
//!
//! The unsafe code of the order path is in this file.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsRawFd, RawFd};
use std::time::Duration;

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

#[cfg(target_os = "linux")]
mod kernel {
    use std::io;
    use std::mem::{size_of, zeroed};
    use std::net::TcpStream;
    use std::os::fd::AsRawFd;

    use strategy_api::UnixNanos;

    /// Asks for receive time stamps. Where the kernel has none they stay unset: nothing depends on
    /// them.
    pub(super) fn enable_stamps(stream: &TcpStream) {
        let on: libc::c_int = 1;
        // SAFETY: the descriptor is open while `stream` is borrowed, and the value is a `c_int` of
        // the size given.
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

    /// One `recvmsg`: the bytes, and when the kernel had received the last of them.
    #[inline]
    pub(super) fn receive(
        stream: &mut TcpStream,
        buffer: &mut [u8],
    ) -> io::Result<(usize, UnixNanos)> {
        // Room for one time stamp with its header (32 bytes) and more, aligned like the headers.
        let mut control = [0_u64; 16];
        let mut part = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
        // SAFETY: all zeros is a valid `msghdr`: null pointers with lengths of zero.
        let mut message: libc::msghdr = unsafe { zeroed() };
        message.msg_iov = &raw mut part;
        message.msg_iovlen = 1;
        message.msg_control = (&raw mut control).cast();
        message.msg_controllen = size_of_val(&control) as _;
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
        // SAFETY: `message` was filled in by `recvmsg` and its control buffer is alive.
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
    use std::net::TcpStream;

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
