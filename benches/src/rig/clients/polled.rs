//! The usual synchronous client, made fast by the simplest means: tungstenite on a socket that never
//! blocks, asked again and again. Orders go by reqwest, which is waited for: the shortest way out that such
//! a client has without a second core, and the reader stands still until the reply.

use super::http::Http;
use super::parsed::{Desk, Parse};
use super::{Extra, Job, login_text, register_text, tls};
use anyhow::bail;
use rustls::{ClientConnection, StreamOwned};
use std::io::ErrorKind;
use std::net::TcpStream;
use tungstenite::{Error, Message, WebSocket};

/// A WebSocket over TLS.
pub type Socket = WebSocket<StreamOwned<ClientConnection, TcpStream>>;

/// Runs it to the sender's end.
///
/// # Errors
/// Whatever goes wrong.
pub fn run(job: &Job, parse: Parse) -> anyhow::Result<Extra> {
    job.pin()?;
    let mut desk = Desk::new(parse, job);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let http = runtime.block_on(Http::connect(job))?;
    let mut socket = open(job)?;
    loop {
        match socket.read() {
            Ok(Message::Text(text)) => {
                if let Some(order) = desk.take(&text)?
                    && let Some(http) = &http
                {
                    runtime.block_on(Http::reply(http.request(&order)))?;
                }
            }
            Ok(Message::Close(_)) => break,
            Ok(_) => {}
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {
                std::hint::spin_loop();
            }
            Err(error) => return Err(error.into()),
        }
    }
    let _ = socket.flush();
    desk.into_marks().finish(&job.marks)?;
    Ok(Extra::default())
}

/// Logs in and registers; from then on the socket does not block.
///
/// # Errors
/// Whatever goes wrong.
pub fn open(job: &Job) -> anyhow::Result<Socket> {
    let stream = TcpStream::connect(("127.0.0.1", job.port))?;
    stream.set_nodelay(true)?;
    let connection = ClientConnection::new(tls::config(job)?, tls::name())?;
    let stream = StreamOwned::new(connection, stream);
    let (mut socket, _) = match tungstenite::client(job.url(), stream) {
        Ok(opened) => opened,
        Err(error) => bail!("the handshake failed: {error}"),
    };
    for message in [login_text(), register_text()] {
        socket.send(Message::text(message))?;
        socket.read()?;
    }
    socket.get_ref().sock.set_nonblocking(true)?;
    Ok(socket)
}
