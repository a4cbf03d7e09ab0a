//! All hops of a run: the interval and the whole.

use super::table::{HopRow, latency_rows};
use super::{HistogramLog, empty_histogram};
use feed::handler::HopHistogram;
use hdrhistogram::Histogram;
use std::io;
use std::time::Duration;

struct Hop {
    name: String,
    interval: Histogram<u64>,
    total: Histogram<u64>,
}

/// Histograms by hop, in the order in which the hops were named.
#[derive(Default)]
pub struct LatencyBook {
    hops: Vec<Hop>,
}

impl LatencyBook {
    /// A book with these hops; others are added when they first occur.
    pub fn new(hops: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut book = Self::default();
        for hop in hops {
            book.hop(&hop.into());
        }
        book
    }

    /// Adds what was recorded for a hop.
    pub fn add(&mut self, name: &str, recorded: &HopHistogram) {
        let hop = self.hop(name);
        recorded.add_to(&mut hop.interval);
        recorded.add_to(&mut hop.total);
    }

    /// Writes the interval to a log, and begins a new one; returns its rows.
    pub fn end_interval(
        &mut self,
        log: &mut HistogramLog,
        since_start: Duration,
        length: Duration,
    ) -> io::Result<Vec<HopRow>> {
        let rows = latency_rows(self.hops.iter().map(|hop| (hop.name.as_str(), &hop.interval)));
        for hop in &mut self.hops {
            let tag: String = hop.name.replace([' ', ','], "_");
            log.write(&tag, since_start, length, &hop.interval)?;
            // Emptying writes 200 KB, and most hops of an interval are empty.
            if !hop.interval.is_empty() {
                hop.interval.reset();
            }
        }
        log.flush()?;
        Ok(rows)
    }

    /// The whole run.
    pub fn total_rows(&self) -> Vec<HopRow> {
        latency_rows(self.hops.iter().map(|hop| (hop.name.as_str(), &hop.total)))
    }

    fn hop(&mut self, name: &str) -> &mut Hop {
        let index = match self.hops.iter().position(|hop| hop.name == name) {
            Some(index) => index,
            None => {
                self.hops.push(Hop {
                    name: name.to_owned(),
                    interval: empty_histogram(),
                    total: empty_histogram(),
                });
                self.hops.len() - 1
            }
        };
        &mut self.hops[index]
    }
}
