//! How long a record takes from one core to another, queue by queue, as percentiles.
//!
//! ```text
//! core 0: put ──▶ queue ──▶ take :core 1      one record under way; a hop is half of a round trip,
//! core 0: take ◀── queue ◀── put :core 1      less what it takes to read the clock
//! ```
//!
//! Machines have moods that last for seconds: another placement of the cores, another clock rate. So
//! the queues take turns, a few milliseconds each, every round begins with another one, and what
//! counts is the ratio to `rtrb` of the same round: the table shows the median of those ratios. Both
//! threads spin without a pause. The record comes from memory and is looked at where it was taken, so
//! that no queue gets away with less than the whole of it.
//!
//! ```no_run
//! println!("{}", benches::hop::measure::<8>(&benches::hop::Effort::THOROUGH));
//! ```

pub mod drive;
pub mod links;

use std::fmt;
use std::time::Instant;

use hdrhistogram::Histogram;

use drive::{Look, each_bare_round_trip, each_round_trip, stream};
use links::{
    AccountRing, CrossbeamArrayQueue, CrossbeamChannel, Disruptor, Link, MarketRing, Naive, Rtrb,
    RtrbInPlace, StdSyncChannel,
};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// How often every queue has its turn. At least 1.
    pub rounds: usize,
    /// Round trips in one turn; a tenth more come before, to warm up. At least 1.
    pub trips: u64,
    /// Records of one stream. At least 1.
    pub stream: u64,
}

impl Effort {
    /// A table to rely on: some 15 s.
    pub const THOROUGH: Self = Self { rounds: 31, trips: 10_000, stream: 20_000 };
    /// Enough to see that everything works.
    pub const SMALL: Self = Self { rounds: 2, trips: 200, stream: 3_000 };
}

/// What was measured with one size of records.
#[derive(Clone, Debug)]
pub struct HopTable {
    /// Size of a record.
    pub bytes: usize,
    /// How much was measured.
    pub effort: Effort,
    /// What it takes to read the clock, already taken off.
    pub clock_ns: u64,
    /// One row for each queue.
    pub rows: Vec<HopRow>,
}

impl HopTable {
    /// The row of this name.
    pub fn row(&self, name: &str) -> Option<&HopRow> {
        self.rows.iter().find(|row| row.name == name)
    }
}

/// One queue. Times are those of one hop, over all rounds.
#[derive(Clone, Debug)]
pub struct HopRow {
    /// Name of the queue.
    pub name: &'static str,
    /// Half of the round trips took no longer.
    pub p50_ns: f64,
    /// 99 in 100.
    pub p99_ns: f64,
    /// 999 in 1,000.
    pub p999_ns: f64,
    /// The longest.
    pub max_ns: f64,
    /// How many round trips were measured.
    pub count: u64,
    /// p50 by that of [`PEER`] in the same round, median of the rounds.
    pub p50_ratio: f64,
    /// The same for p99.
    pub p99_ratio: f64,
    /// Time per record of a stream, median of the rounds; `None` where there is no queue.
    pub stream_ns: Option<f64>,
    /// The same by that of [`PEER`].
    pub stream_ratio: Option<f64>,
}

/// Name of the queue that the others are compared with.
pub const PEER: &str = "rtrb";

/// Measures all queues with records of `N` words (at least 2).
///
/// # Panics
///
/// When a record does not arrive whole and in order.
pub fn measure<const N: usize>(effort: &Effort) -> HopTable {
    const { assert!(N >= 2, "a record has two ends") }
    let contestants = [
        queue::<N, Rtrb>(PEER, Look::Ends),
        queue::<N, MarketRing>("market_ring", Look::Ends),
        queue::<N, AccountRing>("account_ring", Look::Ends),
        queue::<N, Disruptor>("disruptor", Look::Ends),
        queue::<N, CrossbeamArrayQueue>("array_queue", Look::Ends),
        queue::<N, CrossbeamChannel>("crossbeam_channel", Look::Ends),
        queue::<N, StdSyncChannel>("sync_channel", Look::Ends),
        queue::<N, Naive>("naive (mutex, deque)", Look::Ends),
        queue::<N, MarketRing>("market_ring, all words read", Look::All),
        queue::<N, RtrbInPlace>("rtrb in place, all words read", Look::All),
        Contestant { name: "bare atomic word", hops: bare, stream: None },
    ];
    let clock_ns = clock_ns();
    let mut tallies = contestants.each_ref().map(|_| Tally::new());
    for round in 0..effort.rounds {
        for turn in 0..contestants.len() {
            let at = (round + turn) % contestants.len();
            let (contestant, tally) = (&contestants[at], &mut tallies[at]);
            tally.hops(contestant, effort.trips, clock_ns);
            if let Some(stream) = contestant.stream {
                tally.streams.push(stream(effort.stream));
            }
        }
    }
    let peer = &tallies[0];
    let rows = contestants.iter().zip(&tallies).map(|(c, tally)| tally.row(c.name, peer)).collect();
    HopTable { bytes: N * 8, effort: *effort, clock_ns, rows }
}

struct Contestant {
    name: &'static str,
    /// Gives the nanoseconds of so many round trips to the function.
    hops: fn(u64, &mut dyn FnMut(u64)),
    /// Nanoseconds per record of so many.
    stream: Option<fn(u64) -> f64>,
}

fn queue<const N: usize, L: Link<N>>(name: &'static str, look: Look) -> Contestant {
    let hops: fn(u64, &mut dyn FnMut(u64)) = match look {
        Look::Ends => |trips, each| each_round_trip::<N, L>(trips, Look::Ends, each),
        Look::All => |trips, each| each_round_trip::<N, L>(trips, Look::All, each),
    };
    let stream = |count| stream::<N, L>(count).as_nanos() as f64 / count as f64;
    Contestant { name, hops, stream: (look == Look::Ends).then_some(stream) }
}

fn bare(trips: u64, each: &mut dyn FnMut(u64)) {
    each_bare_round_trip(trips, each);
}

/// Median time between two looks at the clock, one right after the other.
fn clock_ns() -> u64 {
    median((0..10_001).map(|_| Instant::now().elapsed().as_nanos() as f64)) as u64
}

/// What is known of one contestant.
struct Tally {
    /// Round trips of all rounds, in nanoseconds.
    all: Histogram<u64>,
    /// p50 and p99 of each round.
    p50s: Vec<f64>,
    p99s: Vec<f64>,
    streams: Vec<f64>,
}

impl Tally {
    fn new() -> Self {
        let all = round_trip_histogram();
        Self { all, p50s: Vec::new(), p99s: Vec::new(), streams: Vec::new() }
    }

    fn hops(&mut self, contestant: &Contestant, trips: u64, clock_ns: u64) {
        let (mut round, mut cold) = (round_trip_histogram(), trips / 10);
        (contestant.hops)(trips + cold, &mut |trip_ns| match cold {
            // Never 0, which has no ratio to anything.
            0 => round.saturating_record(trip_ns.saturating_sub(clock_ns).max(1)),
            _ => cold -= 1,
        });
        self.p50s.push(round.value_at_quantile(0.5) as f64);
        self.p99s.push(round.value_at_quantile(0.99) as f64);
        self.all.add(&round).expect("both have the same bounds");
    }

    fn row(&self, name: &'static str, peer: &Self) -> HopRow {
        let hop_ns = |quantile| self.all.value_at_quantile(quantile) as f64 / 2.0;
        let ratio =
            |mine: &[f64], theirs: &[f64]| median(mine.iter().zip(theirs).map(|(a, b)| a / b));
        let has_stream = !self.streams.is_empty();
        HopRow {
            name,
            p50_ns: hop_ns(0.5),
            p99_ns: hop_ns(0.99),
            p999_ns: hop_ns(0.999),
            max_ns: hop_ns(1.0),
            count: self.all.len(),
            p50_ratio: ratio(&self.p50s, &peer.p50s),
            p99_ratio: ratio(&self.p99s, &peer.p99s),
            stream_ns: has_stream.then(|| median(self.streams.iter().copied())),
            stream_ratio: has_stream.then(|| ratio(&self.streams, &peer.streams)),
        }
    }
}

/// Up to a second.
fn round_trip_histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 1_000_000_000, 3).expect("these bounds are possible")
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

impl fmt::Display for HopTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes, effort: Effort { rounds, trips, .. }, clock_ns, rows } = self;
        writeln!(
            f,
            "hop percentiles, {bytes} bytes: {rounds} rounds of {trips} round trips; ns per hop, less \
             the clock ({clock_ns} ns a trip); ratios to {PEER}: median of the rounds"
        )?;
        writeln!(
            f,
            "{:<30} {:>8} {:>8} {:>8} {:>9} {:>8} {:>9} {:>9} {:>10} {:>8}",
            "queue",
            "p50",
            "p99",
            "p99.9",
            "max",
            "count",
            "p50 ratio",
            "p99 ratio",
            "stream ns",
            "ratio",
        )?;
        for row in rows {
            write!(
                f,
                "{:<30} {:>8.1} {:>8.1} {:>8.1} {:>9.0} {:>8} {:>9.2} {:>9.2}",
                row.name,
                row.p50_ns,
                row.p99_ns,
                row.p999_ns,
                row.max_ns,
                row.count,
                row.p50_ratio,
                row.p99_ratio,
            )?;
            match (row.stream_ns, row.stream_ratio) {
                (Some(ns), Some(ratio)) => writeln!(f, " {ns:>10.1} {ratio:>8.2}")?,
                _ => writeln!(f)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Effort, PEER, measure};

    #[test]
    fn every_queue_has_a_row_with_all_its_hops() {
        let effort = Effort { rounds: 2, trips: 100, stream: 2_500 };
        let table = measure::<3>(&effort);
        assert_eq!(table.bytes, 24);
        for row in &table.rows {
            assert_eq!(row.count, 200, "{}", row.name);
            assert!(row.p50_ns <= row.p99_ns && row.p99_ns <= row.p999_ns, "{}", row.name);
            assert!(row.p999_ns <= row.max_ns && row.p50_ns > 0.0, "{}", row.name);
        }
        let peer = table.row(PEER).expect("the peer is there");
        assert_eq!((peer.p50_ratio, peer.p99_ratio, peer.stream_ratio), (1.0, 1.0, Some(1.0)));
        assert!(table.to_string().lines().count() == table.rows.len() + 2);
    }
}
