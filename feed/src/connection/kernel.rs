//! When the kernel received what a read hands out.
//!
//! The unsafe code of connections is in this file: `setsockopt` and `recvmsg` have no safe form in the
//! standard library that hands out the kernel's time stamps.

pub use imp::{enable_stamps, receive};

#[cfg(target_os = "linux")]
mod imp {
    use std::io::{self, Read};
    use std::mem::{size_of, zeroed};
    use std::os::fd::AsRawFd;

    use strategy_api::UnixNanos;

    /// Asks for receive time stamps. Where the kernel has none, stamps stay unset: they measure, and
    /// nothing depends on them.
    pub fn enable_stamps(socket: &impl AsRawFd) {
        let on: libc::c_int = 1;
        // SAFETY: the descriptor is open for as long as `socket` is borrowed, and the option's value
        // is a valid `c_int` of the size given.
        let _ = unsafe {
            libc::setsockopt(
                socket.as_raw_fd(),
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
    pub fn receive(
        socket: &mut (impl AsRawFd + Read),
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
            // SAFETY: the descriptor is open while `socket` is borrowed; `message` points at one
            // `iovec` over `buffer` and at `control`, all of which outlive the call.
            let received = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, 0) };
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
mod imp {
    use std::io::{self, Read};
    use std::os::fd::AsRawFd;

    use strategy_api::UnixNanos;

    /// Does nothing: stamps stay unset.
    pub fn enable_stamps(_socket: &impl AsRawFd) {}

    /// A plain read.
    #[inline]
    pub fn receive(
        socket: &mut (impl AsRawFd + Read),
        buffer: &mut [u8],
    ) -> io::Result<(usize, UnixNanos)> {
        Ok((socket.read(buffer)?, UnixNanos::UNSET))
    }
}
