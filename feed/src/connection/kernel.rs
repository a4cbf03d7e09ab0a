//! What the kernel does besides handing out bytes: it tells when it received them, and acknowledges them.
//!
//! The unsafe code of connections is in this file: `setsockopt` and `recvmsg` have no safe form in the
//! standard library that hands out the kernel's time stamps.
//!
//! # When bytes are acknowledged
//!
//! A frame comes alone in its segment, and Linux acknowledges such a segment within the call that reads
//! it, before it returns: the way down to the device is paid by whoever waits for the frame (on loopback,
//! the peer's handling of it as well: several microseconds). [`acknowledge`] moves that behind the work on
//! the frame. It cannot simply be left to the kernel: a peer with Nagle's algorithm holds its next frame
//! back until it comes.

pub use imp::{acknowledge, enable_stamps, receive};

#[cfg(target_os = "linux")]
mod imp {
    use std::io::{self, Read};
    use std::mem::{size_of, zeroed};
    use std::os::fd::AsRawFd;

    use strategy_api::UnixNanos;

    /// Asks for receive time stamps. Where the kernel has none, stamps stay unset: they measure, and
    /// nothing depends on them.
    pub fn enable_stamps(socket: &impl AsRawFd) {
        set(socket, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, 1);
    }

    /// Sends the acknowledgement of everything that was read, if the kernel has not done so; those of
    /// later reads wait for the next call. Should it not come, the kernel sends them with the next data of
    /// ours, with the second full segment, or after 40 ms. Two system calls.
    #[inline]
    pub fn acknowledge(socket: &impl AsRawFd) {
        // An even number: what waits is sent now, and nothing is promised for later. Where nothing
        // waits, it leaves the kernel's own habit switched on, hence the other one.
        set(socket, libc::IPPROTO_TCP, libc::TCP_QUICKACK, 2);
        set(socket, libc::IPPROTO_TCP, libc::TCP_QUICKACK, 0);
    }

    /// Sets an option. That it is not to be had, or the connection is gone, is no error here: options make
    /// things faster or measure, and the next read tells what the connection is worth.
    #[inline]
    fn set(socket: &impl AsRawFd, level: libc::c_int, name: libc::c_int, value: libc::c_int) {
        // SAFETY: the descriptor is open for as long as `socket` is borrowed, and the option's value
        // is a valid `c_int` of the size given.
        let _ = unsafe {
            libc::setsockopt(
                socket.as_raw_fd(),
                level,
                name,
                (&raw const value).cast(),
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

    /// Does nothing: the kernel acknowledges as it likes.
    pub fn acknowledge(_socket: &impl AsRawFd) {}

    /// A plain read.
    #[inline]
    pub fn receive(
        socket: &mut (impl AsRawFd + Read),
        buffer: &mut [u8],
    ) -> io::Result<(usize, UnixNanos)> {
        Ok((socket.read(buffer)?, UnixNanos::UNSET))
    }
}

#[cfg(all(test, target_os = "linux", not(miri)))]
mod tests {
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsRawFd;
    use std::time::{Duration, Instant};

    use super::{acknowledge, receive};

    /// How many segments of `sender` its peer has not acknowledged.
    fn unacknowledged(sender: &TcpStream) -> u32 {
        // SAFETY: all zeros is a valid `tcp_info`: numbers.
        let mut info: libc::tcp_info = unsafe { std::mem::zeroed() };
        let mut length = size_of::<libc::tcp_info>() as libc::socklen_t;
        // SAFETY: the descriptor is open while `sender` is borrowed; `info` has `length` bytes.
        let got = unsafe {
            libc::getsockopt(
                sender.as_raw_fd(),
                libc::IPPROTO_TCP,
                libc::TCP_INFO,
                (&raw mut info).cast(),
                &raw mut length,
            )
        };
        assert_eq!(got, 0);
        info.tcpi_unacked
    }

    #[test]
    fn a_read_acknowledges_nothing_until_it_is_asked_to() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut sender = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        sender.set_nodelay(true).unwrap();
        let (mut reader, _) = listener.accept().unwrap();
        acknowledge(&reader);
        let (mut held_back, mut came_at_once) = (0, 0);
        for _ in 0..100 {
            sender.write_all(&[7; 900]).unwrap();
            let mut buffer = [0; 4096];
            assert_eq!(receive(&mut reader, &mut buffer).unwrap().0, 900);
            held_back += u32::from(unacknowledged(&sender) > 0);
            acknowledge(&reader);
            came_at_once += u32::from(unacknowledged(&sender) == 0);
            let asked = Instant::now();
            while unacknowledged(&sender) > 0 {
                assert!(asked.elapsed() < Duration::from_secs(20), "it never came");
            }
        }
        // After 40 ms the kernel sends it by itself, and it travels on another thread when the machine is
        // busy: now and then either may have happened.
        assert!(held_back > 50 && came_at_once > 50, "{held_back}, {came_at_once} of 100");
    }
}
