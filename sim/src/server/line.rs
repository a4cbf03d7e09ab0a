//! A TCP connection that can be cut at any byte or reset.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// What is to become of a connection; shared with whoever decides.
#[derive(Debug, Default)]
pub(super) struct LineState {
    /// Bytes that may still be sent.
    left: Cell<Option<u64>>,
    reset: Cell<bool>,
    /// Wakes the connection's task: it is to be reset.
    pub(super) broken: Notify,
}

impl LineState {
    /// Ends the stream after so many more bytes. An earlier end stays.
    pub(super) fn cut_after(&self, bytes: u64) {
        self.left.set(Some(self.left.get().map_or(bytes, |left| left.min(bytes))));
    }

    /// Lets the connection end with a reset instead of an orderly end.
    pub(super) fn reset(&self) {
        self.reset.set(true);
        self.broken.notify_one();
    }

    fn is_cut(&self) -> bool {
        self.left.get() == Some(0)
    }
}

/// The connection.
#[derive(Debug)]
pub(super) struct Line {
    stream: TcpStream,
    state: Rc<LineState>,
}

impl Line {
    /// Wraps a connection.
    pub(super) fn new(stream: TcpStream) -> (Self, Rc<LineState>) {
        let state = Rc::new(LineState::default());
        (Self { stream, state: Rc::clone(&state) }, state)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.state.reset.get() {
            // Without it the connection ends in order, which the client sees as an end all the same.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        if self.state.is_cut() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let Some(left) = self.state.left.get() else {
            return Pin::new(&mut self.stream).poll_write(context, bytes);
        };
        if left == 0 {
            return Poll::Ready(Err(std::io::ErrorKind::BrokenPipe.into()));
        }
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let written = Pin::new(&mut self.stream).poll_write(context, &bytes[..most]);
        if let Poll::Ready(Ok(count)) = written {
            self.state.left.set(Some(left - count as u64));
        }
        written
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
