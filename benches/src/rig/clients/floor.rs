//! The floor: a reader that asks without sleep, decrypts and unframes, looks at nothing, counts and stamps.
//! The kernel acknowledges within its reads, as it does for everybody who does not ask for something else
//! (the engine does: `feed::connection::kernel`). Where orders leave, it counts to the next marker and writes a request that lies ready: no
//! parsing, no check, no journal, no look at the answer.

use super::{Extra, Job, polled, tls};
use crate::rig::marks::Marks;
use crate::rig::{now_nanos, orders};
use anyhow::{Context, bail};
use rustls::{ClientConnection, StreamOwned};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

/// Room for what one turn decrypts.
const BUFFER: usize = 256 << 10;

/// Runs it to the sender's end.
///
/// # Errors
/// Whatever goes wrong.
pub fn run(job: &Job) -> anyhow::Result<Extra> {
    job.pin()?;
    let mut marks = Marks::new(job.frames);
    // Nothing follows the last answer for a while, so the library holds no bytes of ours.
    let mut market = polled::open(job)?.into_inner();
    let mut line = match job.orders_every {
        0 => None,
        every => Some((every, ReadyLine::connect(job)?)),
    };
    let mut unframer = Unframer { buffer: vec![0; BUFFER], filled: 0 };
    let mut number = 0;
    loop {
        match market.conn.read_tls(&mut market.sock) {
            Ok(0) => bail!("the sender hung up without Close"),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                std::hint::spin_loop();
                continue;
            }
            Err(error) => return Err(error.into()),
        }
        market.conn.process_new_packets()?;
        loop {
            match market.conn.reader().read(&mut unframer.buffer[unframer.filled..]) {
                Ok(0) => bail!("the sender ended TLS without Close"),
                Ok(count) => unframer.filled += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        let mut failed = None;
        let closed = unframer.each(|| {
            if let Some((every, line)) = &mut line
                && let Some(quantity) = orders::quantity_for(number, *every)
                && let Err(error) = line.send(quantity)
            {
                failed = Some(error);
            }
            marks.mark(number, now_nanos());
            number += 1;
        });
        if let Some(error) = failed {
            return Err(error).context("the order desk takes no order");
        }
        if closed {
            break;
        }
    }
    marks.finish(&job.marks)?;
    Ok(Extra::default())
}

/// A connection for orders, and the bytes of one.
struct ReadyLine {
    tls: StreamOwned<ClientConnection, TcpStream>,
    request: Vec<u8>,
    quantity_at: usize,
}

/// Places for the quantity, filled up with zeros.
const PLACES: usize = 8;

impl ReadyLine {
    fn connect(job: &Job) -> anyhow::Result<Self> {
        let socket = TcpStream::connect(("127.0.0.1", job.orders_port))?;
        socket.set_nodelay(true)?;
        let mut connection = ClientConnection::new(tls::config(job)?, tls::name())?;
        let mut socket_of = &socket;
        while connection.is_handshaking() {
            connection.complete_io(&mut socket_of)?;
        }
        let zeros = "0".repeat(PLACES);
        let body = orders::body("005930", 1, 60_700)
            .replace("\"ord_qty\":\"1\"", &format!("\"ord_qty\":\"{zeros}\""));
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json;charset=UTF-8\r\n\
             cont-yn: N\r\nauthorization: Bearer {}\r\napi-id: kt10000\r\ncontent-length: {}\r\n\r\n",
            orders::PATH,
            orders::TOKEN,
            body.len()
        );
        let request = head + &body;
        let quantity_at = request.find(&zeros).context("the quantity is in the request")?;
        let tls = StreamOwned::new(connection, socket);
        Ok(Self { tls, request: request.into_bytes(), quantity_at })
    }

    #[inline]
    fn send(&mut self, quantity: u64) -> std::io::Result<()> {
        let mut left = quantity;
        for place in self.request[self.quantity_at..][..PLACES].iter_mut().rev() {
            *place = b'0' + (left % 10) as u8;
            left /= 10;
        }
        self.tls.conn.writer().write_all(&self.request)?;
        while self.tls.conn.wants_write() {
            self.tls.conn.write_tls(&mut self.tls.sock)?;
        }
        Ok(())
    }
}

struct Unframer {
    buffer: Vec<u8>,
    filled: usize,
}

impl Unframer {
    /// Calls for each whole text frame; true when Close came. What is left moves to the front.
    fn each(&mut self, mut text: impl FnMut()) -> bool {
        let mut at = 0;
        let mut closed = false;
        while let Some((opcode, length)) = header(&self.buffer[at..self.filled]) {
            if self.filled - at < length {
                break;
            }
            match opcode {
                1 => text(),
                8 => closed = true,
                _ => {}
            }
            at += length;
        }
        self.buffer.copy_within(at..self.filled, 0);
        self.filled -= at;
        closed
    }
}

/// Opcode and whole length of the frame that begins here, as soon as its header says.
fn header(bytes: &[u8]) -> Option<(u8, usize)> {
    let opcode = bytes.first()? & 15;
    let length = match bytes.get(1)? & 127 {
        126 => 4 + u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]) as usize,
        127 => 10 + u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?) as usize,
        short => 2 + usize::from(short),
    };
    Some((opcode, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_cut_at_any_byte_are_counted_once_they_are_whole() {
        let mut bytes = Vec::new();
        for _ in 0..3 {
            bytes.extend([0x81, 126, 0, 200]);
            bytes.extend([b'x'; 200]);
            bytes.extend([0x81, 2, b'{', b'}']);
        }
        bytes.extend([0x88, 0]);
        for cut in 0..bytes.len() {
            let mut unframer = Unframer { buffer: vec![0; 4096], filled: 0 };
            let (mut texts, mut closed) = (0, false);
            for part in [&bytes[..cut], &bytes[cut..]] {
                unframer.buffer[unframer.filled..][..part.len()].copy_from_slice(part);
                unframer.filled += part.len();
                closed = unframer.each(|| texts += 1);
            }
            assert_eq!((texts, closed, unframer.filled), (6, true, 0), "cut at {cut}");
        }
    }
}
