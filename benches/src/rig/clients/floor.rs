//! The floor: what nobody who reads this socket can beat. Decrypts and unframes, looks at nothing, counts
//! and stamps.

use super::{Extra, Job, polled};
use crate::rig::marks::Marks;
use crate::rig::now_nanos;
use anyhow::bail;
use std::io::{ErrorKind, Read};

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
    let mut tls = polled::open(job)?.into_inner();
    let mut unframer = Unframer { buffer: vec![0; BUFFER], filled: 0 };
    let mut number = 0;
    loop {
        match tls.conn.read_tls(&mut tls.sock) {
            Ok(0) => bail!("the sender hung up without Close"),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                std::hint::spin_loop();
                continue;
            }
            Err(error) => return Err(error.into()),
        }
        tls.conn.process_new_packets()?;
        loop {
            match tls.conn.reader().read(&mut unframer.buffer[unframer.filled..]) {
                Ok(0) => bail!("the sender ended TLS without Close"),
                Ok(count) => unframer.filled += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        let closed = unframer.each(|| {
            marks.mark(number, now_nanos());
            number += 1;
        });
        if closed {
            break;
        }
    }
    marks.finish(&job.marks)?;
    Ok(Extra::default())
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
