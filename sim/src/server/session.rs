//! A WebSocket connection from its handshake to its end.
//!
//! One task per connection reads, sends and keeps time. REAL frames are counted when they are
//! handed to the socket; an end in order flushes what was handed over, sends or answers the Close
//! and reads on until the client is gone, so that nothing counted is lost on the way.

use super::conversation::Conversation;
use super::hub::Hub;
use super::line::LineState;
use super::mailbox::{Ending, Mailbox};
use futures_util::{FutureExt, Sink, StreamExt};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

/// The one path of the WebSocket.
pub(super) const PATH: &str = "/api/dostk/websocket";

/// Messages sent before the session reads again.
const SEND_TURN: usize = 512;
/// Longest time for a connection to end in order.
const END_TIMEOUT: Duration = Duration::from_secs(2);
/// Longest time to wait for the client to hang up after both sides have said Close.
const LINGER_TIMEOUT: Duration = Duration::from_millis(200);
/// Longest time for a handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Serves a connection until it ends.
pub(super) async fn serve<S>(hub: Rc<Hub>, stream: S, line: Rc<LineState>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Some(mut socket) = shake_hands(stream).await else { return };
    let (number, mailbox) = hub.open(line);
    let conversation = Conversation::new(Rc::clone(&hub), number, Rc::clone(&mailbox));
    let ending = talk(&hub, &mut socket, conversation, &mailbox).await;
    // From here on the session counts no REAL frame that is not already on its way, except those
    // that an end with a reason sends first.
    if let Some(ending) = ending {
        let _ = timeout(END_TIMEOUT, finish(&hub, &mut socket, &mailbox, ending)).await;
    }
    hub.close(number);
}

async fn shake_hands<S>(stream: S) -> Option<WebSocketStream<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let config = WebSocketConfig::default().max_message_size(Some(1 << 20));
    let shaken = tokio_tungstenite::accept_hdr_async_with_config(stream, check_path, Some(config));
    timeout(HANDSHAKE_TIMEOUT, shaken).await.ok()?.ok()
}

/// Refuses every path but the one.
#[expect(clippy::result_large_err, reason = "the WebSocket library's own signature")]
fn check_path(request: &Request, response: Response) -> Result<Response, ErrorResponse> {
    if request.uri().path() == PATH {
        return Ok(response);
    }
    let mut refusal = ErrorResponse::new(Some(format!("the WebSocket is at {PATH}")));
    *refusal.status_mut() = StatusCode::NOT_FOUND;
    Err(refusal)
}

/// How the talk ended, when there is still something to do: `None` when the client is gone.
async fn talk<S>(
    hub: &Hub,
    socket: &mut WebSocketStream<S>,
    mut conversation: Conversation,
    mailbox: &Mailbox,
) -> Option<Ended>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        if hub.stalled.get() {
            if mailbox.ending().is_some() {
                return None;
            }
            mailbox.wake.notified().await;
            continue;
        }
        if let Some(ending) = mailbox.ending() {
            return Some(Ended::ByUs(ending));
        }
        let message = if mailbox.is_empty() {
            tokio::select! {
                biased;
                message = socket.next() => Some(message),
                () = sleep_until(conversation.next_due()) => None,
                () = mailbox.wake.notified() => None,
            }
        } else {
            socket.next().now_or_never()
        };
        match message {
            Some(Some(Ok(Message::Close(_)))) => return Some(Ended::ByClient),
            Some(Some(Ok(Message::Text(text)))) => conversation.receive(&text),
            Some(Some(Ok(_))) => {}
            Some(Some(Err(_)) | None) => return None,
            None if mailbox.is_empty() => {}
            None => {
                tokio::select! {
                    biased;
                    () = mailbox.ended.notified() => {}
                    sent = send_some(hub, socket, mailbox) => sent.ok()?,
                    () = sleep_until(conversation.next_due()) => {}
                }
            }
        }
        let now = Instant::now();
        if conversation.next_due() <= now {
            conversation.on_time(now);
        }
    }
}

/// Who ended the talk.
enum Ended {
    ByClient,
    ByUs(Ending),
}

/// Hands a turn's worth of messages to the socket and flushes them. Cancelling it loses nothing:
/// a message leaves the mailbox in the same step in which the socket takes it.
async fn send_some<S>(
    hub: &Hub,
    socket: &mut WebSocketStream<S>,
    mailbox: &Mailbox,
) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    for _ in 0..SEND_TURN {
        note_blocked(mailbox, |context| Pin::new(&mut *socket).poll_ready(context)).await?;
        if hub.stalled.get() {
            return Ok(());
        }
        let Some(letter) = mailbox.pop() else { break };
        let bytes = letter.text.len();
        Pin::new(&mut *socket).start_send(Message::Text(letter.text))?;
        hub.counts.borrow_mut().sent(&letter.tally, bytes);
    }
    let flushed = note_blocked(mailbox, |context| Pin::new(&mut *socket).poll_flush(context)).await;
    if hub.options.frames_per_second == 0 {
        hub.market_wake.notify_one();
    }
    flushed
}

/// Waits for the socket, and lets the market know while it does.
async fn note_blocked<R>(
    mailbox: &Mailbox,
    mut poll: impl FnMut(&mut Context<'_>) -> Poll<R>,
) -> R {
    poll_fn(|context| {
        let polled = poll(context);
        mailbox.blocked.set(polled.is_pending());
        polled
    })
    .await
}

/// Ends a connection in order, or cuts it.
async fn finish<S>(
    hub: &Hub,
    socket: &mut WebSocketStream<S>,
    mailbox: &Mailbox,
    ended: Ended,
) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match ended {
        Ended::ByUs(Ending::Cut) => return Ok(()),
        Ended::ByUs(Ending::Close(code, reason)) => {
            while !mailbox.is_empty() {
                send_some(hub, socket, mailbox).await?;
            }
            close(socket, code, reason).await?;
        }
        Ended::ByUs(Ending::GoAway) => {
            mailbox.clear();
            close(socket, 1001, "").await?;
        }
        // The library has the answer to the client's Close in hand, behind what was handed over
        // before; reading on sends it.
        Ended::ByClient => {
            mailbox.end(Ending::GoAway);
            mailbox.clear();
        }
    }
    while let Some(Ok(_)) = socket.next().await {}
    let stream = socket.get_mut();
    stream.shutdown().await?;
    // A socket that is closed with unread bytes is reset, which can destroy what is under way.
    let linger = async {
        let mut rest = [0u8; 1024];
        while stream.read(&mut rest).await.is_ok_and(|count| count > 0) {}
    };
    let _ = timeout(LINGER_TIMEOUT, linger).await;
    Ok(())
}

async fn close<S>(
    socket: &mut WebSocketStream<S>,
    code: u16,
    reason: &'static str,
) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    socket.close(Some(CloseFrame { code: code.into(), reason: reason.into() })).await
}
