//! `engine decode`: frames in, one JSON object a line out.

use anyhow::Context;
use engine::cli::{DecodeArgs, exit};
use feed::decode::Decoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Write};

/// `engine decode`.
pub(crate) fn decode(args: &DecodeArgs) -> anyhow::Result<u8> {
    let name = args.file.display();
    let input: Box<dyn BufRead> = if args.file.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(&args.file).with_context(|| format!("cannot read {name}"))?;
        Box::new(BufReader::new(file))
    };
    let output = BufWriter::new(io::stdout().lock());
    match decode_lines(input, output) {
        Ok(0) => Ok(exit::FINE),
        Ok(_) => Ok(exit::FAILED),
        // Whoever read the output has gone (`| head`): that is no failure of ours.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(exit::FINE),
        Err(error) => Err(error).with_context(|| format!("cannot decode {name}")),
    }
}

/// Decodes every line; returns how many errors there were. Empty lines are passed over.
fn decode_lines(mut input: impl BufRead, mut output: impl Write) -> io::Result<u64> {
    let mut decoder = Decoder::new();
    let (mut line, mut printed) = (Vec::new(), Vec::new());
    let (mut number, mut errors) = (0, 0);
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            output.flush()?;
            return Ok(errors);
        }
        number += 1;
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        if line.is_empty() {
            continue;
        }
        printed.clear();
        errors += u64::from(decoder.decode(number, &line, &mut printed).errors);
        output.write_all(&printed)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_line_is_an_error_and_the_next_one_is_still_read() {
        let input = b"{\"trnm\":\"PING\"}\n\n{\"trnm\":\r\n{\"trnm\":\"PING\"}";
        let mut output = Vec::new();
        assert_eq!(decode_lines(&input[..], &mut output).unwrap(), 1);
        let text = String::from_utf8(output).unwrap();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let events: Vec<_> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
        assert_eq!(events, ["ping", "error", "ping"]);
        assert_eq!(lines[1]["line"], 3);
    }
}
