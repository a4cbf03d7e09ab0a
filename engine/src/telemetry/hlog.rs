//! Interval logs that the public HdrHistogram tools read (`.hlog`).

use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// An interval log on disk. Each interval has one line per hop, tagged with its name.
pub struct HistogramLog {
    file: BufWriter<File>,
    serializer: V2DeflateSerializer,
    scratch: Vec<u8>,
}

impl HistogramLog {
    /// Creates the file and writes its header.
    pub fn create(path: &Path, started: SystemTime) -> io::Result<Self> {
        let mut log = Self {
            file: BufWriter::new(File::create(path)?),
            serializer: V2DeflateSerializer::new(),
            scratch: Vec::new(),
        };
        IntervalLogWriterBuilder::new()
            .add_comment("latency by hop, in nanoseconds; one tag for each hop")
            .with_start_time(started)
            .with_base_time(started)
            .with_max_value_divisor(1.0)
            .begin_log_with(&mut log.scratch, &mut log.serializer)
            .map_err(io::Error::other)?;
        log.file.write_all(&log.scratch)?;
        Ok(log)
    }

    /// Writes one interval of one hop; empty intervals are left out.
    pub fn write(
        &mut self,
        hop: &str,
        since_start: Duration,
        length: Duration,
        histogram: &Histogram<u64>,
    ) -> io::Result<()> {
        if histogram.is_empty() {
            return Ok(());
        }
        // Hop names are constants without commas, spaces or line breaks.
        let tag = Tag::new(hop).ok_or_else(|| io::Error::other("a hop's name is no tag"))?;
        // The writer borrows its target for its whole life and begins with a header; a scratch buffer
        // takes both, and only the line goes to the file.
        self.scratch.clear();
        let mut header_length = Vec::new();
        let builder = IntervalLogWriterBuilder::new();
        builder
            .begin_log_with(&mut header_length, &mut self.serializer)
            .map_err(io::Error::other)?;
        let mut writer = IntervalLogWriterBuilder::new()
            .begin_log_with(&mut self.scratch, &mut self.serializer)
            .map_err(io::Error::other)?;
        writer
            .write_histogram(histogram, since_start, length, Some(tag))
            .map_err(|error| io::Error::other(format!("{error:?}")))?;
        self.file.write_all(&self.scratch[header_length.len()..])
    }

    /// Brings everything to the disk's file.
    pub fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::empty_histogram;
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

    #[test]
    fn a_log_is_read_back_by_the_public_reader() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("latency.hlog");
        let mut log = HistogramLog::create(&path, SystemTime::UNIX_EPOCH).unwrap();
        let mut histogram = empty_histogram();
        for value in [100, 200, 70_000] {
            histogram.record(value).unwrap();
        }
        let second = Duration::from_secs(1);
        log.write("strategy", Duration::ZERO, second, &histogram).unwrap();
        log.write("empty", Duration::ZERO, second, &empty_histogram()).unwrap();
        log.write("feed", second, second, &histogram).unwrap();
        log.flush().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let mut seen = Vec::new();
        for entry in IntervalLogIterator::new(&bytes) {
            if let LogEntry::Interval(interval) = entry.unwrap() {
                let packed = base64_decode(interval.encoded_histogram());
                let read: Histogram<u64> =
                    Deserializer::new().deserialize(&mut packed.as_slice()).unwrap();
                assert_eq!((read.len(), read.max() / 1000), (3, 70));
                seen.push(interval.tag().unwrap().as_str().to_owned());
            }
        }
        assert_eq!(seen, ["strategy", "feed"]);
    }

    fn base64_decode(text: &str) -> Vec<u8> {
        let value = |c: u8| match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            _ => 63,
        };
        let mut bytes = Vec::new();
        for chunk in text.trim_end_matches('=').as_bytes().chunks(4) {
            let bits = chunk.iter().fold(0u32, |bits, c| bits << 6 | u32::from(value(*c)))
                << (6 * (4 - chunk.len()));
            bytes.extend_from_slice(&bits.to_be_bytes()[1..chunk.len()]);
        }
        bytes
    }
}
