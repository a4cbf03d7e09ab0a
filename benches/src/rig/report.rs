//! From runs to what is told about them: percentiles over all rounds, ratios by round, goals.

use super::clients::{Client, Hop};
use super::conditions::Conditions;
use super::joined::{Percentiles, Run};
use super::scenario::Scenario;
use feed::handler::hop_histogram;
use hdrhistogram::Histogram;
use serde::Serialize;

/// Everything that was found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Where the clock stops.
    pub end_point: String,
    /// Where it stops for an order.
    pub trade_end_point: String,
    /// Under which conditions.
    pub conditions: Conditions,
    /// The client that ratios refer to.
    pub reference: Client,
    /// Rounds: in each, every client ran every scenario once.
    pub rounds: usize,
    /// Clients that did not take part, and why.
    pub skipped: Vec<(Client, String)>,
    /// What was found, by scenario.
    pub scenarios: Vec<ScenarioReport>,
    /// The goals, for each way to run this engine that took part.
    pub goals: Vec<Goal>,
}

/// What was found in one scenario.
#[derive(Clone, Debug, Serialize)]
pub struct ScenarioReport {
    /// Its short name.
    pub name: String,
    /// What was sent.
    pub title: String,
    /// One row for each client.
    pub clients: Vec<Row>,
    /// One for each client but the reference.
    pub ratios: Vec<Ratios>,
}

/// One client in one scenario, over all rounds.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The client.
    pub client: Client,
    /// Frames sent, warm-up included.
    pub sent: u64,
    /// Frames taken, warm-up included.
    pub received: u64,
    /// Frames sent that never came to the end point.
    pub holes: u64,
    /// Frames measured.
    pub measured: u64,
    /// From the moment a frame was meant to go, nanoseconds.
    pub intended: Percentiles,
    /// From the moment before its write, nanoseconds.
    pub write: Percentiles,
    /// How late the sender was, nanoseconds.
    pub lateness: Percentiles,
    /// How long the sender's write took, nanoseconds.
    pub delivery: Percentiles,
    /// Processor time in the program, nanoseconds per frame; median of the rounds.
    pub user_nanos_each: f64,
    /// Processor time in the kernel, the same way.
    pub system_nanos_each: f64,
    /// Measured frames per second; median of the rounds.
    pub rate: f64,
    /// The engine's own split, in the middle round by its first hop's median.
    pub hops: Vec<Hop>,
    /// What became of the orders, in a scenario that has some.
    pub orders: Option<OrdersRow>,
}

/// Orders of one client in one scenario, over all rounds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct OrdersRow {
    /// Marker frames sent, warm-up included.
    pub wanted: u64,
    /// Orders that came.
    pub arrived: u64,
    /// Orders measured.
    pub measured: u64,
    /// From the intended time of the marker frame until the complete order was at the sender's socket,
    /// nanoseconds.
    pub tick_to_trade: Percentiles,
}

/// A figure of a client over that of the reference: how many times better the reference is.
#[derive(Clone, Debug, Serialize)]
pub struct Ratios {
    /// The client.
    pub client: Client,
    /// Median latency from the intended time.
    pub intended_p50: Spread,
    /// 99th percentile from the intended time.
    pub intended_p99: Spread,
    /// Median latency from the write.
    pub write_p50: Spread,
    /// 99th percentile from the write.
    pub write_p99: Spread,
    /// Processor time per frame.
    pub processor: Spread,
    /// Median from tick to trade; zeros in a scenario without orders.
    pub trade_p50: Spread,
    /// 99th percentile from tick to trade.
    pub trade_p99: Spread,
}

/// Ratios of the rounds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Spread {
    /// The middle one.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

impl Spread {
    /// The spread of some figures; zeros for none.
    pub fn of(figures: impl IntoIterator<Item = f64>) -> Self {
        let mut figures: Vec<f64> = figures.into_iter().collect();
        figures.sort_by(f64::total_cmp);
        let Some((min, max)) = figures.first().zip(figures.last()) else { return Self::default() };
        Self { median: median(&figures), min: *min, max: *max }
    }
}

/// The middle of sorted figures; of two in the middle, what lies between them.
fn median(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    match sorted {
        [] => 0.0,
        _ if sorted.len().is_multiple_of(2) => f64::midpoint(sorted[half - 1], sorted[half]),
        _ => sorted[half],
    }
}

/// What was to be reached, and what was.
#[derive(Clone, Debug, Serialize)]
pub struct Goal {
    /// Whose.
    pub client: Client,
    /// What.
    pub what: String,
    /// At least (or at most) so much.
    pub wanted: f64,
    /// Whether more than wanted is a miss.
    pub at_most: bool,
    /// What it was; `None` when it was not measured.
    pub reached: Option<Spread>,
}

impl Goal {
    /// Whether it was reached; `None` when it was not measured.
    pub fn is_met(&self) -> Option<bool> {
        let median = self.reached?.median;
        Some(if self.at_most { median <= self.wanted } else { median >= self.wanted })
    }
}

/// The runs of one scenario, round by round.
pub struct ScenarioRuns {
    /// The scenario.
    pub scenario: Scenario,
    /// Rounds of runs.
    pub rounds: Vec<Vec<Run>>,
}

impl ScenarioRuns {
    /// The runs of one client.
    pub fn of(&self, client: Client) -> impl Iterator<Item = &Run> {
        self.rounds.iter().flatten().filter(move |run| run.client == client)
    }

    /// All latencies of one client, from the intended time (or the write), over all rounds.
    pub fn merged(&self, client: Client, pick: fn(&Run) -> &Histogram<u64>) -> Histogram<u64> {
        let mut sum = hop_histogram();
        for run in self.of(client) {
            // The same bounds everywhere, so adding cannot fail.
            let _ = sum.add(pick(run));
        }
        sum
    }

    /// All times from tick to trade of one client, over all rounds.
    pub fn merged_orders(&self, client: Client) -> Histogram<u64> {
        let mut sum = hop_histogram();
        for orders in self.of(client).filter_map(|run| run.orders.as_ref()) {
            // The same bounds everywhere, so adding cannot fail.
            let _ = sum.add(&orders.tick_to_trade);
        }
        sum
    }

    fn orders_row(&self, client: Client) -> Option<OrdersRow> {
        let all = || self.of(client).filter_map(|run| run.orders.as_ref());
        all().next()?;
        let tick_to_trade = self.merged_orders(client);
        Some(OrdersRow {
            wanted: all().map(|orders| orders.wanted).sum(),
            arrived: all().map(|orders| orders.arrived).sum(),
            measured: tick_to_trade.len(),
            tick_to_trade: Percentiles::of(&tick_to_trade),
        })
    }

    /// By how much `client` is above `reference` in each round.
    fn ratio(&self, client: Client, reference: Client, figure: impl Fn(&Run) -> f64) -> Spread {
        Spread::of(self.rounds.iter().filter_map(|round| {
            let of = |wanted| round.iter().find(|run| run.client == wanted).map(&figure);
            Some(of(client)? / of(reference).filter(|figure| *figure > 0.0)?)
        }))
    }

    /// What is told about it.
    pub fn report(&self, clients: &[Client], reference: Client) -> ScenarioReport {
        let here: Vec<_> =
            clients.iter().copied().filter(|client| self.of(*client).next().is_some()).collect();
        ScenarioReport {
            name: self.scenario.name.clone(),
            title: self.scenario.title.clone(),
            clients: here.iter().map(|client| self.row(*client)).collect(),
            ratios: here
                .iter()
                .filter(|client| **client != reference && here.contains(&reference))
                .map(|client| self.ratios(*client, reference))
                .collect(),
        }
    }

    fn row(&self, client: Client) -> Row {
        let sum = |figure: fn(&Run) -> u64| self.of(client).map(figure).sum();
        let middle = |figure: fn(&Run) -> f64| Spread::of(self.of(client).map(figure)).median;
        let mut runs: Vec<_> = self.of(client).collect();
        runs.sort_by_key(|run| run.write.value_at_quantile(0.5));
        Row {
            client,
            sent: sum(|run| run.sent),
            received: sum(|run| run.received),
            holes: sum(|run| run.holes),
            measured: sum(|run| run.measured),
            intended: Percentiles::of(&self.merged(client, |run| &run.intended)),
            write: Percentiles::of(&self.merged(client, |run| &run.write)),
            lateness: Percentiles::of(&self.merged(client, |run| &run.lateness)),
            delivery: Percentiles::of(&self.merged(client, |run| &run.delivery)),
            user_nanos_each: middle(|run| run.user_nanos_each),
            system_nanos_each: middle(|run| run.system_nanos_each),
            rate: middle(|run| run.rate),
            hops: runs.get(runs.len() / 2).map(|run| run.hops.clone()).unwrap_or_default(),
            orders: self.orders_row(client),
        }
    }

    fn ratios(&self, client: Client, reference: Client) -> Ratios {
        let ratio = |figure: fn(&Run) -> f64| self.ratio(client, reference, figure);
        Ratios {
            client,
            intended_p50: ratio(|run| run.intended.value_at_quantile(0.5) as f64),
            intended_p99: ratio(|run| run.intended.value_at_quantile(0.99) as f64),
            write_p50: ratio(|run| run.write.value_at_quantile(0.5) as f64),
            write_p99: ratio(|run| run.write.value_at_quantile(0.99) as f64),
            processor: ratio(|run| run.user_nanos_each + run.system_nanos_each),
            trade_p50: ratio(|run| trade(run, 0.5)),
            trade_p99: ratio(|run| trade(run, 0.99)),
        }
    }
}

/// From tick to trade; 0 where no order was measured.
fn trade(run: &Run, quantile: f64) -> f64 {
    run.orders
        .as_ref()
        .map_or(0.0, |orders| orders.tick_to_trade.value_at_quantile(quantile) as f64)
}

/// The goals of this engine, held against what was found for one of its clients.
pub fn goals(all: &[ScenarioRuns], reference: Client) -> Vec<Goal> {
    let in_scenario = |name: &str| all.iter().find(|runs| runs.scenario.name == name);
    let ratio = |name: &str, client, reference, figure: fn(&Run) -> f64| {
        let spread = in_scenario(name)?.ratio(client, reference, figure);
        (spread.median > 0.0).then_some(spread)
    };
    let p50: fn(&Run) -> f64 = |run| run.intended.value_at_quantile(0.5) as f64;
    let p99: fn(&Run) -> f64 = |run| run.intended.value_at_quantile(0.99) as f64;
    let write: fn(&Run) -> f64 = |run| run.write.value_at_quantile(0.5) as f64;
    let mut goals = Vec::new();
    let mut goal = |what: &str, wanted, at_most, reached| {
        goals.push(Goal { client: reference, what: what.to_owned(), wanted, at_most, reached });
    };
    use Client::{Floor, PolledSonic, Python, TokioSonic};
    goal("p50, tokio-sonic, 20,000/s", 6.0, false, ratio("20000", TokioSonic, reference, p50));
    goal("p50, tokio-sonic, 2,000/s", 5.0, false, ratio("2000", TokioSonic, reference, p50));
    goal("p99, tokio-sonic, 20,000/s", 4.0, false, ratio("20000", TokioSonic, reference, p99));
    goal("p99, tokio-sonic, 2,000/s", 4.0, false, ratio("2000", TokioSonic, reference, p99));
    goal("p50, python, 20,000/s", 12.0, false, ratio("20000", Python, reference, p50));
    goal("p50, polled-sonic, 20,000/s", 1.3, false, ratio("20000", PolledSonic, reference, p50));
    goal(
        "p50 from write over floor, 20,000/s",
        1.05,
        true,
        ratio("20000", reference, Floor, write),
    );
    goal("p50 from write over floor, 2,000/s", 1.05, true, ratio("2000", reference, Floor, write));
    let first: fn(&Run) -> f64 = |run| trade(run, 0.5);
    goal(
        "tick to trade p50, tokio-sonic, 20,000/s",
        4.0,
        false,
        ratio("orders-20000", TokioSonic, reference, first),
    );
    let rate = in_scenario("max").map(|runs| Spread::of(runs.of(reference).map(|run| run.rate)));
    let holes = in_scenario("max").map_or(0, |runs| runs.of(reference).map(|run| run.holes).sum());
    let what = format!("frames/s flat out, {holes} holes");
    // A rate with holes in it is no rate.
    goal(&what, 150_000.0, false, rate.filter(|rate| holes == 0 && rate.median > 0.0));
    goals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_the_middle_and_the_ends() {
        let spread = Spread::of([3.0, 1.0, 2.0, 10.0]);
        assert_eq!((spread.median, spread.min, spread.max), (2.5, 1.0, 10.0));
        assert_eq!(Spread::of([]).median, 0.0);
    }

    #[test]
    fn a_goal_that_was_not_measured_is_neither_met_nor_missed() {
        let mut goal = Goal {
            client: Client::Engine,
            what: "x".into(),
            wanted: 2.0,
            at_most: false,
            reached: None,
        };
        assert_eq!(goal.is_met(), None);
        goal.reached = Some(Spread::of([2.0]));
        assert_eq!(goal.is_met(), Some(true));
        (goal.at_most, goal.wanted) = (true, 1.9);
        assert_eq!(goal.is_met(), Some(false));
    }
}
