//! A server that does what a script says, to the byte, over TLS or without.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use engine::broker::api::OrderCall;
use engine::broker::line::LineOptions;
use feed::connection::TrustedRoots;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use strategy_api::{OrderType, Price, Quantity, Side, Text, Venue};

/// What the server does on a connection, in this order; then it holds it open until it is dropped.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Reads one whole request.
    Request,
    /// Writes bytes.
    Send(Vec<u8>),
    /// Waits until the test says so.
    Gate,
    /// Ends without a goodbye of TLS.
    Cut,
    /// Ends with a goodbye.
    Goodbye,
    /// Resets.
    Reset,
}

pub(crate) fn send(text: impl AsRef<[u8]>) -> Act {
    Act::Send(text.as_ref().to_vec())
}

/// An accepted order.
pub(crate) fn accepted(number: &str) -> String {
    reply("200 OK", &format!(r#"{{"ord_no":"{number}","return_code":0,"return_msg":"ok"}}"#))
}

pub(crate) fn reply(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json;charset=UTF-8\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A running server. Dropping it ends all connections.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) pem: Option<String>,
    requests: Arc<Mutex<Vec<String>>>,
    gates: mpsc::Sender<()>,
    address: SocketAddr,
}

impl Server {
    /// One script per connection, in the order in which they are made; later connections are held
    /// open in silence.
    pub(crate) fn start(tls: bool, scripts: impl IntoIterator<Item = Vec<Act>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (config, pem) = if tls { Some(certificate()).unzip() } else { (None, None) };
        let requests = Arc::new(Mutex::new(Vec::new()));
        let mut scripts: VecDeque<Vec<Act>> = scripts.into_iter().collect();
        let (gates, gate) = mpsc::channel();
        let gate = Arc::new(Mutex::new(gate));
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let script = scripts.pop_front().unwrap_or_default();
                let (config, seen, gate) = (config.clone(), Arc::clone(&seen), Arc::clone(&gate));
                std::thread::spawn(move || converse(stream.unwrap(), config, script, &seen, &gate));
            }
        });
        let scheme = if tls { "https" } else { "http" };
        Self { url: format!("{scheme}://{address}"), pem, requests, gates, address }
    }

    /// Lets one connection that waits at a gate go on.
    pub(crate) fn open_gate(&self) {
        self.gates.send(()).unwrap();
    }

    /// All requests that arrived whole.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// Options for lines to it, with short deadlines.
    pub(crate) fn options(&self) -> LineOptions {
        let mut options = LineOptions::new(self.url.as_str());
        if let Some(pem) = &self.pem {
            options.roots = TrustedRoots::only(pem.as_str());
        }
        options.lines = 1;
        options.reply_timeout = Duration::from_millis(300);
        options
    }
}

fn certificate() -> (Arc<ServerConfig>, String) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    (Arc::new(config), made.cert.pem())
}

trait Stream: Read + Write {
    fn socket(&self) -> &TcpStream;
    fn say_goodbye(&mut self) {}
}

impl Stream for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

impl Stream for StreamOwned<ServerConnection, TcpStream> {
    fn socket(&self) -> &TcpStream {
        &self.sock
    }

    fn say_goodbye(&mut self) {
        self.conn.send_close_notify();
        let _ = self.flush();
    }
}

fn converse(
    stream: TcpStream,
    config: Option<Arc<ServerConfig>>,
    script: Vec<Act>,
    seen: &Mutex<Vec<String>>,
    gate: &Mutex<mpsc::Receiver<()>>,
) {
    stream.set_nodelay(true).unwrap();
    let mut stream: Box<dyn Stream> = match config {
        None => Box::new(stream),
        Some(config) => {
            let mut tls = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
            while tls.conn.is_handshaking() {
                if tls.conn.complete_io(&mut tls.sock).is_err() {
                    return;
                }
            }
            Box::new(tls)
        }
    };
    for act in script {
        match act {
            Act::Request => match read_request(&mut *stream) {
                Some(request) => seen.lock().unwrap().push(request),
                None => return,
            },
            Act::Send(bytes) => {
                if stream.write_all(&bytes).and_then(|()| stream.flush()).is_err() {
                    return;
                }
            }
            Act::Gate => {
                let waited = gate.lock().unwrap().recv_timeout(Duration::from_secs(20));
                if waited.is_err() {
                    return;
                }
            }
            Act::Cut => {
                let _ = stream.socket().shutdown(Shutdown::Write);
            }
            Act::Goodbye => {
                stream.say_goodbye();
                let _ = stream.socket().shutdown(Shutdown::Write);
            }
            Act::Reset => {
                let linger = libc::linger { l_onoff: 1, l_linger: 0 };
                // SAFETY: the descriptor is open, and the value is a `linger` of the size given.
                let set = unsafe {
                    libc::setsockopt(
                        stream.socket().as_raw_fd(),
                        libc::SOL_SOCKET,
                        libc::SO_LINGER,
                        (&raw const linger).cast(),
                        size_of::<libc::linger>() as libc::socklen_t,
                    )
                };
                assert_eq!(set, 0);
                return;
            }
        }
    }
    // Held open: until the other side ends it.
    let mut rest = [0; 1024];
    while let Ok(1..) = stream.read(&mut rest) {}
}

fn read_request(stream: &mut dyn Stream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let count = stream.read(&mut piece).ok()?;
        if count == 0 {
            return None;
        }
        bytes.extend_from_slice(&piece[..count]);
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut request = httparse::Request::new(&mut headers);
        if let httparse::Status::Complete(head) = request.parse(&bytes).unwrap() {
            let length = headers.iter().find(|h| h.name == "content-length").unwrap();
            let length: usize = std::str::from_utf8(length.value).unwrap().trim().parse().unwrap();
            if bytes.len() == head + length {
                return Some(String::from_utf8(bytes).unwrap());
            }
        }
    }
}

/// A buy of ten shares at a price that tells orders apart.
pub(crate) fn buy(price: i32) -> OrderCall {
    OrderCall::New {
        side: Side::BUY,
        venue: Venue::KRX,
        symbol: Text::new("005930").unwrap(),
        order_type: OrderType::LIMIT,
        quantity: Quantity::new(10),
        price: Price::new(price),
        stop_price: Price::UNSET,
    }
}
