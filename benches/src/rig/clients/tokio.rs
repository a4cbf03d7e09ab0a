//! The usual asynchronous client: tokio-tungstenite on a current-thread runtime, orders by reqwest. An order
//! is a task of its own, so that the reader goes on meanwhile.

use super::http::Http;
use super::parsed::{Desk, Parse};
use super::{Extra, Job, login_text, register_text, tls};
use anyhow::Context;
use futures_util::{SinkExt, StreamExt};
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::Message;

/// Runs it to the sender's end.
///
/// # Errors
/// Whatever goes wrong.
pub fn run(job: &Job, parse: Parse) -> anyhow::Result<Extra> {
    job.pin()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(read(job, parse))?;
    Ok(Extra::default())
}

async fn read(job: &Job, parse: Parse) -> anyhow::Result<()> {
    let mut desk = Desk::new(parse, job);
    let http = Http::connect(job).await?;
    let mut replies = JoinSet::new();
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", job.port)).await?;
    stream.set_nodelay(true)?;
    let stream = TlsConnector::from(tls::config(job)?).connect(tls::name(), stream).await?;
    let (mut socket, _) = tokio_tungstenite::client_async(job.url(), stream).await?;
    for message in [login_text(), register_text()] {
        socket.send(Message::text(message)).await?;
        socket.next().await.context("the sender left")??;
    }
    while let Some(message) = socket.next().await {
        match message {
            Ok(Message::Text(text)) => {
                if let Some(order) = desk.take(&text)?
                    && let Some(http) = &http
                {
                    replies.spawn(Http::reply(http.request(&order)));
                }
            }
            Ok(Message::Close(_)) => break,
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
    }
    while let Some(reply) = replies.join_next().await {
        reply??;
    }
    desk.into_marks().finish(&job.marks)
}
