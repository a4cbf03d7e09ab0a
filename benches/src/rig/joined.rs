//! What the sender and a client wrote down, put together: latencies, holes, cost.

use super::clients::Client;
use super::marks::Marked;
use super::scenario::Scenario;
use super::sender::STAMPS;
use anyhow::ensure;
use feed::handler::hop_histogram;
use hdrhistogram::Histogram;
use serde::Serialize;

/// One run of one client.
#[derive(Clone, Debug)]
pub struct Run {
    /// Which client.
    pub client: Client,
    /// Frames sent, measured or not.
    pub sent: u64,
    /// Frames the client took.
    pub received: u64,
    /// Frames sent that never came to the end point.
    pub holes: u64,
    /// Frames measured.
    pub measured: u64,
    /// From the moment a frame was meant to go, nanoseconds.
    pub intended: Histogram<u64>,
    /// From the moment before its write, nanoseconds.
    pub write: Histogram<u64>,
    /// How late the sender was: from meant to written, nanoseconds.
    pub lateness: Histogram<u64>,
    /// How long the sender's write took: on a loopback it delivers the frame, too. Nanoseconds.
    pub delivery: Histogram<u64>,
    /// Processor time in the program, from the first frame on, nanoseconds per frame.
    pub user_nanos_each: f64,
    /// Processor time in the kernel, the same way.
    pub system_nanos_each: f64,
    /// Measured frames over the time from the first's write to the last's end, per second.
    pub rate: f64,
    /// The engine's own split.
    pub hops: Vec<super::clients::Hop>,
    /// What became of the orders, in a scenario that has some.
    pub orders: Option<Orders>,
}

/// Orders of one run.
#[derive(Clone, Debug)]
pub struct Orders {
    /// Marker frames sent, measured or not.
    pub wanted: u64,
    /// Orders that came.
    pub arrived: u64,
    /// From the moment the marker frame was meant to go until the complete order was at the sender's
    /// socket, nanoseconds; measured frames only.
    pub tick_to_trade: Histogram<u64>,
}

/// Percentiles of a histogram, nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Percentiles {
    /// Least.
    pub min: u64,
    /// Median.
    pub p50: u64,
    /// 99 of 100 are below.
    pub p99: u64,
    /// 999 of 1000 are below.
    pub p999: u64,
    /// Greatest.
    pub max: u64,
}

impl Percentiles {
    /// Those of a histogram.
    pub fn of(histogram: &Histogram<u64>) -> Self {
        Self {
            min: histogram.min(),
            p50: histogram.value_at_quantile(0.5),
            p99: histogram.value_at_quantile(0.99),
            p999: histogram.value_at_quantile(0.999),
            max: histogram.max(),
        }
    }
}

/// Puts the two sides together. `stamps` is the sender's file, [`STAMPS`] words for each frame.
///
/// # Errors
/// When the two do not fit each other, or time ran backwards.
pub fn join(
    client: Client,
    scenario: &Scenario,
    stamps: &[u64],
    marked: &Marked,
) -> anyhow::Result<Run> {
    let sent = scenario.frames();
    ensure!(
        stamps.len() as u64 == STAMPS as u64 * sent && marked.ends.len() as u64 == sent,
        "{} words of the sender and {} marks for {sent} frames",
        stamps.len(),
        marked.ends.len()
    );
    let mut run = Run {
        client,
        sent,
        received: marked.received,
        holes: 0,
        measured: 0,
        intended: hop_histogram(),
        write: hop_histogram(),
        lateness: hop_histogram(),
        delivery: hop_histogram(),
        user_nanos_each: marked.user_nanos as f64 / marked.received.max(1) as f64,
        system_nanos_each: marked.system_nanos as f64 / marked.received.max(1) as f64,
        rate: 0.0,
        hops: Vec::new(),
        orders: None,
    };
    let (mut busy, mut first, mut last) = (0, 0, 0);
    let mut before = false;
    for ((stamp, end), measured) in stamps.chunks(STAMPS).zip(&marked.ends).zip(scenario.measured())
    {
        let (meant, written, done) = (stamp[0], stamp[1], stamp[2]);
        if measured && !before {
            (first, last) = (written, written);
        }
        if before && !measured {
            busy += last - first;
        }
        before = measured;
        if *end == 0 {
            run.holes += 1;
            continue;
        }
        ensure!(
            *end >= written && done >= written && written >= meant,
            "a frame ended before it was sent"
        );
        if measured {
            run.measured += 1;
            run.intended.saturating_record(end - meant);
            run.write.saturating_record(end - written);
            run.lateness.saturating_record(written - meant);
            run.delivery.saturating_record(done - written);
            last = last.max(*end);
        }
    }
    if before {
        busy += last - first;
    }
    run.rate = run.measured as f64 * 1e9 / busy.max(1) as f64;
    Ok(run)
}

/// Pairs the orders that arrived with the frames that caused them; `None` in a scenario without.
///
/// # Errors
/// When the files do not fit the scenario, or an order came before its frame went.
pub fn join_orders(
    scenario: &Scenario,
    stamps: &[u64],
    arrivals: &[u64],
) -> anyhow::Result<Option<Orders>> {
    let every = scenario.orders_every;
    ensure!(
        arrivals.len() as u64 == scenario.orders(),
        "room for {} orders, not {}",
        arrivals.len(),
        scenario.orders()
    );
    if every == 0 {
        return Ok(None);
    }
    let (mut arrived, mut tick_to_trade) = (0, hop_histogram());
    // `every` fits: it came from a list of frames in memory.
    let markers = stamps.chunks(STAMPS).zip(scenario.measured()).step_by(every as usize);
    for ((stamp, measured), arrival) in markers.zip(arrivals) {
        if *arrival == super::orders::NO_ORDER {
            continue;
        }
        ensure!(*arrival >= stamp[1], "an order came before the frame that causes it went");
        arrived += 1;
        if measured {
            tick_to_trade.saturating_record(arrival - stamp[0]);
        }
    }
    Ok(Some(Orders { wanted: scenario.orders(), arrived, tick_to_trade }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rig::scenario::Segment;

    fn scenario() -> Scenario {
        let segment = |frames, measured| Segment { frames, gap_nanos: 1_000, measured };
        Scenario {
            name: "x".into(),
            title: "x".into(),
            segments: vec![segment(1, false), segment(3, true), segment(1, false)],
            orders_every: 0,
        }
    }

    fn marked(ends: &[u64]) -> Marked {
        let received = ends.iter().filter(|end| **end > 0).count() as u64;
        Marked { received, user_nanos: 4_000, system_nanos: 400, ends: ends.to_vec() }
    }

    #[rustfmt::skip]
    const SENT: [u64; 15] = [
        1_000, 1_000, 1_030,
        2_000, 2_500, 2_550,
        3_000, 3_000, 3_010,
        4_000, 4_000, 4_070,
        5_000, 5_001, 5_002,
    ];

    #[test]
    fn latency_counts_from_the_intended_time_and_a_frame_that_never_came_is_a_hole() {
        let marked = marked(&[1_100, 2_600, 0, 4_500, 5_100]);
        let run = join(Client::Floor, &scenario(), &SENT, &marked).unwrap();
        assert_eq!((run.sent, run.received, run.holes, run.measured), (5, 4, 1, 2));
        assert_eq!((run.intended.min(), run.intended.max()), (500, 600));
        assert_eq!((run.write.min(), run.write.max()), (100, 500));
        assert_eq!(run.lateness.max(), 500);
        assert_eq!((run.delivery.min(), run.delivery.max()), (50, 70));
        assert_eq!((run.user_nanos_each, run.system_nanos_each), (1_000.0, 100.0));
        // Two frames from 2,500 to 4,500.
        assert!((run.rate - 1e6).abs() < 1.0, "{}", run.rate);
    }

    #[test]
    fn a_clock_that_went_back_spoils_the_run_and_does_not_flatter_it() {
        let error =
            join(Client::Floor, &scenario(), &SENT, &marked(&[1_100, 2_400, 3_100, 4_100, 5_100]));
        assert!(error.unwrap_err().to_string().contains("before it was sent"));
    }

    #[test]
    fn files_of_different_runs_are_refused() {
        assert!(join(Client::Floor, &scenario(), &SENT, &marked(&[1])).is_err());
    }

    #[test]
    fn an_order_is_paired_with_its_frame_and_one_that_never_came_is_missing() {
        let scenario = Scenario { orders_every: 2, ..scenario() };
        // Frames 0, 2 and 4 are markers; 2 alone is measured.
        let orders = join_orders(&scenario, &SENT, &[1_900, 3_070, 0]).unwrap().unwrap();
        assert_eq!((orders.wanted, orders.arrived), (3, 2));
        assert_eq!((orders.tick_to_trade.len(), orders.tick_to_trade.max()), (1, 70));
        assert!(join_orders(&scenario, &SENT, &[1_900, 2_999, 0]).is_err(), "before its frame");
        assert!(join_orders(&scenario, &SENT, &[1_900]).is_err(), "another scenario's file");
        let none = Scenario { orders_every: 0, ..scenario };
        assert!(join_orders(&none, &SENT, &[]).unwrap().is_none());
    }
}
