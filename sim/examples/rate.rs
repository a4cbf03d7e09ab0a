//! How many frames a second the simulated broker sends to one client.
//!
//! `cargo run --release -p sim --example rate -- [plain|tls] [frames per second, 0 = all] [seconds]`
//!
//! The client reads on a thread of its own and does nothing else; it takes bytes, not frames.

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let plain = arguments.next().as_deref() == Some("plain");
    let frames_per_second = arguments.next().unwrap_or_default().parse().unwrap_or(0);
    let seconds = arguments.next().unwrap_or_default().parse().unwrap_or(5);
    let options = sim::Options { plain, frames_per_second, ..sim::Options::default() };
    let items: Vec<String> =
        sim::symbols(&options).into_iter().take(200).map(|listed| listed.code).collect();
    let broker = sim::start(options)?;

    let token = issue_token(&broker)?;
    let mut socket = connect(&broker, &broker.ws_url())?;
    let address = broker.ws_url();
    let path = address.rsplit_once("/api").map_or("", |(_, rest)| rest);
    socket.write_all(
        format!(
            "GET /api{path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Version: 13\r\n\r\n"
        )
        .as_bytes(),
    )?;
    read_until(&mut socket, b"\r\n\r\n")?;
    send(&mut *socket, &format!(r#"{{"trnm":"LOGIN","token":"{token}"}}"#))?;
    read_until(&mut socket, b"\"sor_yn\"")?;
    for half in items.chunks(100) {
        let list = half.join(r#"",""#);
        send(
            &mut *socket,
            &format!(
                r#"{{"trnm":"REG","grp_no":"1","refresh":"1","data":[{{"item":["{list}"],"type":["0B","0D","0C"]}}]}}"#
            ),
        )?;
    }

    let start = Instant::now();
    let mut buffer = vec![0u8; 1 << 20];
    let mut before = broker.report();
    let mut told = start;
    while start.elapsed() < Duration::from_secs(seconds) {
        if socket.read(&mut buffer)? == 0 {
            return Err("the broker closed the connection".into());
        }
        if told.elapsed() >= Duration::from_secs(1) {
            let now = broker.report();
            let frames = (now.frames_sent - before.frames_sent) as f64;
            let bytes = (now.bytes_sent - before.bytes_sent) as f64;
            let gone = told.elapsed().as_secs_f64();
            println!("{:>9.0} frames/s {:>7.1} MB/s", frames / gone, bytes / gone / 1e6);
            (before, told) = (now, Instant::now());
        }
    }
    drop(socket);
    println!("{:#?}", broker.stop());
    Ok(())
}

/// A stream that may be encrypted.
trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

fn connect(broker: &sim::Broker, url: &str) -> Result<Box<dyn Stream>, Box<dyn Error>> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    let address = url.split('/').nth(2).ok_or("no address")?;
    let stream = TcpStream::connect(address)?;
    if broker.certificate_pem().is_empty() {
        return Ok(Box::new(stream));
    }
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(broker.certificate_pem().as_bytes())?)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = rustls::ClientConnection::new(Arc::new(config), "localhost".try_into()?)?;
    Ok(Box::new(rustls::StreamOwned::new(client, stream)))
}

fn issue_token(broker: &sim::Broker) -> Result<String, Box<dyn Error>> {
    let mut stream = connect(broker, &broker.rest_url())?;
    let body = r#"{"grant_type":"client_credentials","appkey":"key","secretkey":"secret"}"#;
    write!(
        stream,
        "POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let reply = read_until(&mut stream, b"}")?;
    let body = reply.split_once("\r\n\r\n").ok_or("no body")?.1;
    let reply: serde_json::Value = serde_json::from_str(body)?;
    Ok(reply["token"].as_str().ok_or("no token")?.to_owned())
}

/// Reads until `mark` has come; the text so far.
fn read_until(stream: &mut impl Read, mark: &[u8]) -> Result<String, Box<dyn Error>> {
    let (mut text, mut buffer) = (Vec::new(), [0u8; 4096]);
    while !text.windows(mark.len()).any(|window| window == mark) {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Err("the broker closed the connection".into());
        }
        text.extend_from_slice(&buffer[..count]);
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Sends a text message, masked with zeroes.
fn send(stream: &mut (impl Write + ?Sized), text: &str) -> std::io::Result<()> {
    let length = text.len() as u16;
    let mut frame = vec![0x81];
    if length < 126 {
        frame.push(0x80 | length as u8);
    } else {
        frame.push(0x80 | 126);
        frame.extend_from_slice(&length.to_be_bytes());
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(text.as_bytes());
    stream.write_all(&frame)
}
