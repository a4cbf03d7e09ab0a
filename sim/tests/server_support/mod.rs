//! A client of the broker for its tests: HTTP by hand, WebSocket by the library.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part of the client")]

use futures_util::{SinkExt, StreamExt};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

/// Longest wait for anything: a bound against hanging, not a measurement.
const PATIENCE: Duration = Duration::from_secs(20);

/// A quick broker without TLS.
pub fn plain() -> sim::Options {
    sim::Options { plain: true, frames_per_second: 2_000, ..sim::Options::default() }
}

/// Either kind of stream.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Connects to a URL of the broker, trusting `pem` when the URL asks for TLS.
pub async fn connect(url: &str, pem: &str) -> std::io::Result<Box<dyn Stream>> {
    let address = url.split('/').nth(2).unwrap();
    let stream = TcpStream::connect(address).await?;
    if url.starts_with("ws:") || url.starts_with("http:") {
        return Ok(Box::new(stream));
    }
    let mut roots = rustls::RootCertStore::empty();
    if !pem.is_empty() {
        roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    Ok(Box::new(TlsConnector::from(Arc::new(config)).connect(name, stream).await?))
}

/// Sends one POST on an open connection; status and body of the answer.
pub async fn post(
    stream: &mut Box<dyn Stream>,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (u16, Value) {
    let mut request = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n");
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    request += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    let (mut text, mut buffer) = (Vec::new(), [0u8; 4096]);
    loop {
        let count = stream.read(&mut buffer).await.unwrap();
        assert!(count > 0, "the answer is complete before the connection ends");
        text.extend_from_slice(&buffer[..count]);
        let whole = String::from_utf8_lossy(&text);
        let Some((head, body)) = whole.split_once("\r\n\r\n") else { continue };
        let length = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .map_or(0, |(_, value)| value.trim().parse().unwrap());
        if body.len() == length {
            let status = head.split(' ').nth(1).unwrap().parse().unwrap();
            return (status, serde_json::from_str(body).unwrap());
        }
    }
}

/// One POST on a connection of its own.
pub async fn call(
    broker: &sim::Broker,
    path: &str,
    headers: &[(&str, &str)],
    body: Value,
) -> (u16, Value) {
    let mut stream = connect(&broker.rest_url(), broker.certificate_pem()).await.unwrap();
    post(&mut stream, path, headers, &body.to_string()).await
}

/// A token for `app_key`, whose secret is `secret`.
pub async fn token(broker: &sim::Broker, app_key: &str) -> String {
    let body = json!({"grant_type": "client_credentials", "appkey": app_key,
                      "secretkey": "secret"});
    let (status, reply) = call(broker, "/oauth2/token", &[], body).await;
    assert_eq!((status, &reply["return_code"]), (200, &json!(0)), "{reply}");
    reply["token"].as_str().unwrap().to_owned()
}

/// What comes from the broker.
#[derive(Debug, PartialEq)]
pub enum Event {
    /// A text that is JSON.
    Message(Value),
    /// A Close with its code and reason.
    Close(u16, String),
    /// The connection ended without a Close.
    Gone,
}

/// A WebSocket client.
pub struct Client {
    socket: WebSocketStream<Box<dyn Stream>>,
}

impl Client {
    /// Connects, without a LOGIN.
    pub async fn connect(broker: &sim::Broker) -> Self {
        let stream = connect(&broker.ws_url(), broker.certificate_pem()).await.unwrap();
        let (socket, _) = tokio_tungstenite::client_async(broker.ws_url(), stream).await.unwrap();
        Self { socket }
    }

    /// Connects and logs in as the holder of `app_key`.
    pub async fn log_in(broker: &sim::Broker, app_key: &str) -> Self {
        let token = token(broker, app_key).await;
        let mut client = Self::connect(broker).await;
        client.send(json!({"trnm": "LOGIN", "token": token})).await;
        let answer = client.answer("LOGIN").await;
        assert_eq!(
            answer,
            json!({"trnm": "LOGIN", "return_code": 0, "return_msg": "", "sor_yn": "Y"})
        );
        client
    }

    pub async fn send(&mut self, message: Value) {
        self.send_text(&message.to_string()).await;
    }

    pub async fn send_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// Sends a Close; what comes is still to be read.
    pub async fn send_close(&mut self) {
        self.socket.close(None).await.unwrap();
    }

    /// The next thing that comes.
    pub async fn next(&mut self) -> Event {
        let next = tokio::time::timeout(PATIENCE, self.socket.next()).await;
        match next.expect("the broker says something in time") {
            Some(Ok(Message::Text(text))) => Event::Message(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Close(Some(frame)))) => {
                Event::Close(frame.code.into(), frame.reason.to_string())
            }
            Some(Ok(Message::Close(None))) => Event::Close(1005, String::new()),
            Some(Ok(other)) => panic!("the broker sends text only, not {other:?}"),
            None | Some(Err(_)) => Event::Gone,
        }
    }

    /// Takes this many messages without a look at them.
    pub async fn skip(&mut self, count: usize) {
        for _ in 0..count {
            let next = tokio::time::timeout(PATIENCE, self.socket.next()).await;
            let message = next.expect("the broker says something in time");
            assert!(matches!(message, Some(Ok(Message::Text(_)))), "{message:?}");
        }
    }

    /// True when nothing comes for a while.
    pub async fn is_silent(&mut self) -> bool {
        tokio::time::timeout(Duration::from_millis(100), self.socket.next()).await.is_err()
    }

    /// The next message with this `trnm`; others are skipped.
    pub async fn answer(&mut self, trnm: &str) -> Value {
        loop {
            match self.next().await {
                Event::Message(message) if message["trnm"] == trnm => return message,
                Event::Message(_) => {}
                end => panic!("{end:?} came before {trnm}"),
            }
        }
    }

    /// Everything up to the end, and the end.
    pub async fn rest(&mut self) -> (Vec<Value>, Event) {
        let mut messages = Vec::new();
        loop {
            match self.next().await {
                Event::Message(message) => messages.push(message),
                end => {
                    // Reading on answers the Close.
                    if let Event::Close(..) = end {
                        assert_eq!(self.next().await, Event::Gone, "a Close is the last word");
                    }
                    return (messages, end);
                }
            }
        }
    }

    /// Registers items for types and reads the answer's code; REAL frames are skipped.
    pub async fn register(&mut self, items: &[&str], types: &[&str]) -> u64 {
        self.send(reg(json!([{"item": items, "type": types}]))).await;
        self.answer("REG").await["return_code"].as_u64().unwrap()
    }
}

/// A REG with this `data`.
pub fn reg(data: Value) -> Value {
    json!({"trnm": "REG", "grp_no": "1", "refresh": "1", "data": data})
}

/// An answer to a REST call.
#[derive(Debug, PartialEq)]
pub struct Reply {
    pub status: u16,
    /// Of a continued list.
    pub next_key: Option<String>,
    /// `Null` when it is no JSON.
    pub body: Value,
}

/// A REST client with a token, on one keep-alive connection.
pub struct Trader<'b> {
    broker: &'b sim::Broker,
    app_key: String,
    token: String,
    stream: Box<dyn Stream>,
}

impl<'b> Trader<'b> {
    pub async fn new(broker: &'b sim::Broker, app_key: &str) -> Self {
        let token = token(broker, app_key).await;
        let stream = connect(&broker.rest_url(), broker.certificate_pem()).await.unwrap();
        Self { broker, app_key: app_key.to_owned(), token, stream }
    }

    /// Fetches a new token.
    pub async fn renew(&mut self) {
        self.token = token(self.broker, &self.app_key).await;
    }

    /// A call that must go well.
    pub async fn ok(&mut self, api_id: &str, path: &str, body: Value) -> Value {
        let reply = self.call(api_id, path, body).await.unwrap();
        assert_eq!((reply.status, &reply.body["return_code"]), (200, &json!(0)), "{}", reply.body);
        reply.body
    }

    /// All rows of a list.
    pub async fn pages(&mut self, api_id: &str, path: &str, body: Value, list: &str) -> Vec<Value> {
        let (mut rows, mut next_key) = (Vec::new(), None);
        loop {
            self.send_from(api_id, path, &body, next_key.as_deref()).await;
            let reply = self.receive().await.unwrap();
            assert_eq!(reply.body["return_code"], 0, "{}", reply.body);
            rows.extend(reply.body[list].as_array().unwrap().iter().cloned());
            next_key = reply.next_key;
            if next_key.is_none() {
                return rows;
            }
        }
    }

    /// A call; after a failure the next one has a new connection.
    pub async fn call(
        &mut self,
        api_id: &str,
        path: &str,
        body: Value,
    ) -> Result<Reply, &'static str> {
        self.send(api_id, path, body).await;
        let reply = self.receive().await;
        if reply.is_err() {
            let (url, pem) = (self.broker.rest_url(), self.broker.certificate_pem());
            self.stream = connect(&url, pem).await.unwrap();
        }
        reply
    }

    pub async fn send(&mut self, api_id: &str, path: &str, body: Value) {
        self.send_from(api_id, path, &body, None).await;
    }

    async fn send_from(&mut self, api_id: &str, path: &str, body: &Value, next_key: Option<&str>) {
        let body = body.to_string();
        let more = next_key.map_or(String::new(), |k| format!("cont-yn: Y\r\nnext-key: {k}\r\n"));
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\napi-id: {api_id}\r\n\
             authorization: Bearer {}\r\n{more}Content-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await.unwrap();
    }

    /// The next answer, or how it failed to come.
    pub async fn receive(&mut self) -> Result<Reply, &'static str> {
        let (mut text, mut buffer) = (Vec::new(), vec![0u8; 1 << 16]);
        loop {
            let read = self.stream.read(&mut buffer);
            let patience = Duration::from_millis(1_500);
            let read = tokio::time::timeout(patience, read).await.map_err(|_| "silence")?;
            let count = read.map_err(|_| "gone")?;
            if count == 0 {
                return Err("gone");
            }
            text.extend_from_slice(&buffer[..count]);
            let whole = String::from_utf8_lossy(&text);
            let Some((head, body)) = whole.split_once("\r\n\r\n") else { continue };
            let header = |wanted: &str| {
                let lines = head.lines().filter_map(|line| line.split_once(':'));
                let mut found = lines.filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
                found.next().map(|(_, value)| value.trim().to_owned())
            };
            let length: usize = header("content-length").map_or(0, |value| value.parse().unwrap());
            if body.len() == length {
                let goes_on = header("cont-yn").is_some_and(|value| value == "Y");
                return Ok(Reply {
                    status: head.split(' ').nth(1).unwrap().parse().unwrap(),
                    next_key: header("next-key").filter(|_| goes_on),
                    body: serde_json::from_str(body).unwrap_or(Value::Null),
                });
            }
        }
    }
}
