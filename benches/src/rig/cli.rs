//! The command line of the rig.

use super::clients::{Client, Job, pin, probe};
use super::conditions::{Conditions, Ticks, output};
use super::instructions::Instructions;
use super::pauses::Pauses;
use super::report::{self, Report, ScenarioRuns};
use super::run::Rig;
use super::scenario::Scenario;
use super::{END_POINT, TRADE_END_POINT, instructions, plot, sender, table};
use anyhow::{Context, bail, ensure};
use clap::{Args, Parser, Subcommand};
use engine::telemetry::HistogramLog;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

const PYTHON_CLIENT: &str = include_str!("../../peers/client.py");
/// The scenarios that the pictures show, if they are among those measured.
const PICTURE: &str = "20000";
const ORDERS_PICTURE: &str = "orders-20000";

/// Measures how long a frame takes from the sender's write to the strategy's order: this engine and its
/// peers, side by side.
#[derive(Debug, Parser)]
#[command(name = "latency", args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    measure: Measure,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Counts instructions per frame with valgrind.
    Instructions(Measure),
    #[command(hide = true)]
    Sender {
        #[arg(long)]
        core: usize,
        #[arg(long)]
        segments: String,
        #[arg(long, default_value_t = 0)]
        orders: usize,
        #[command(flatten)]
        files: sender::Files,
    },
    #[command(hide = true)]
    Client {
        client: Client,
        #[command(flatten)]
        job: Job,
    },
}

#[derive(Clone, Debug, Args)]
struct Measure {
    /// One short round: shows that everything works, not how fast it is.
    #[arg(long)]
    quick: bool,
    /// Print the whole result as JSON.
    #[arg(long)]
    json: bool,
    /// Folder for the result: latency.json, latency.txt, latency.svg, tick-to-trade.svg, an .hlog for each client.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Clients; all if not given.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Client>,
    /// Scenarios: frames per second, "burst", "max", and "orders-" with frames per second, where
    /// orders leave.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "2000,20000,burst,max,orders-2000,orders-20000"
    )]
    rates: Vec<String>,
    /// Where orders leave: one on every so many frames. Default: fifty a second. The engine's own limit
    /// is 64 a second.
    #[arg(long)]
    orders_every: Option<u64>,
    /// Seconds that each client is measured in each scenario and round.
    #[arg(long)]
    seconds: Option<f64>,
    /// Rounds; in each, every client runs every scenario once.
    #[arg(long)]
    rounds: Option<usize>,
    /// The client that ratios and goals refer to.
    #[arg(long, default_value = "engine")]
    reference: Client,
    /// Python with the package `websockets`.
    #[arg(long, default_value = "python3")]
    python: PathBuf,
    /// Core of the sender. Default: the first there is.
    #[arg(long)]
    sender_core: Option<usize>,
    /// Core of the clients, and of the engine's feed thread. Default: the second.
    #[arg(long)]
    client_core: Option<usize>,
    /// Cores of the engine's strategy and gateway. Default: two more if there are, else they share
    /// the feed's.
    #[arg(long, value_delimiter = ',')]
    engine_cores: Option<Vec<usize>>,
    /// How the engine's feed thread waits for bytes: spin, auto, block.
    #[arg(long, default_value = "spin")]
    poll: String,
}

/// Runs what the command line says.
///
/// # Errors
/// Whatever goes wrong.
pub fn main(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        None => measure(&cli.measure),
        Some(Command::Instructions(args)) => count_instructions(&args),
        Some(Command::Sender { core, segments, orders, files }) => {
            pin(core)?;
            let segments = Scenario::segments_from_json(&segments)?;
            let sent = sender::serve(&segments, orders, &files)?;
            println!("{}", serde_json::to_string(&sent)?);
            Ok(())
        }
        Some(Command::Client { client, job }) => {
            println!("{}", serde_json::to_string(&client.run(&job)?)?);
            Ok(())
        }
    }
}

fn measure(args: &Measure) -> anyhow::Result<()> {
    let seconds = args.seconds.unwrap_or(if args.quick { 0.3 } else { 3.0 });
    ensure!((0.01..=600.0).contains(&seconds), "--seconds must be from 0.01 to 600");
    let rounds = args.rounds.unwrap_or(if args.quick { 1 } else { 5 });
    ensure!((1..=1_000).contains(&rounds), "--rounds must be from 1 to 1000");
    let time = Duration::from_secs_f64(seconds);
    ensure!(args.orders_every != Some(0), "--orders-every must be at least 1");
    let named = |name: &String| {
        let scenario = Scenario::named(name, time)?;
        anyhow::Ok(match args.orders_every {
            Some(every) if scenario.orders_every > 0 => scenario.with_orders(every),
            _ => scenario,
        })
    };
    let scenarios = args.rates.iter().map(named).collect::<Result<Vec<_>, _>>()?;
    let folder = tempfile::tempdir().context("no folder for the files of a run")?;
    let mut rig = rig(args, folder.path())?;
    let mut skipped = Vec::new();
    let (clients, python) = clients(args, &mut rig, &mut skipped);
    ensure!(!clients.is_empty(), "no client is left to measure");
    let mut conditions = Conditions::now(pinning(&rig));
    conditions.python = python;
    let watched = if args.quick { Duration::from_millis(200) } else { Duration::from_secs(2) };
    conditions.pauses = Pauses::watch(&[rig.sender_core, rig.client_core], watched)?;
    let (ticks, started) = (Ticks::now(), SystemTime::now());
    let mut all: Vec<_> = scenarios
        .into_iter()
        .map(|scenario| ScenarioRuns { scenario, rounds: Vec::new() })
        .collect();
    let begin = Instant::now();
    for round in 0..rounds {
        for runs in &mut all {
            let name = &runs.scenario.name;
            let mut row = Vec::new();
            // Each round begins with another client: nobody always comes first.
            for turn in 0..clients.len() {
                let client = clients[(turn + round) % clients.len()];
                eprint!("\rround {}/{rounds}  {name:<8}{:<16}", round + 1, client.name());
                let run = rig.run(client, &runs.scenario);
                row.push(run.with_context(|| format!("{}, {name}", client.name()))?);
            }
            runs.rounds.push(row);
        }
    }
    eprintln!("\r{rounds} rounds in {:.0} s{:30}", begin.elapsed().as_secs_f64(), "");
    conditions.complete(&ticks);
    let ours = [Client::Engine, Client::EngineThreads];
    let ours = ours.iter().filter(|client| clients.contains(client));
    let report = Report {
        end_point: END_POINT.to_owned(),
        trade_end_point: TRADE_END_POINT.to_owned(),
        conditions,
        reference: args.reference,
        rounds,
        skipped,
        scenarios: all.iter().map(|runs| runs.report(&clients, args.reference)).collect(),
        goals: ours.flat_map(|client| report::goals(&all, *client)).collect(),
    };
    let (text, json) = (table::render(&report), serde_json::to_string_pretty(&report)?);
    if let Some(out) = &args.out {
        write_out(out, &text, &json, &all, &clients, started)?;
    }
    println!("{}", if args.json { json } else { text });
    Ok(())
}

fn rig(args: &Measure, folder: &Path) -> anyhow::Result<Rig> {
    let cores: Vec<_> = core_affinity::get_core_ids().unwrap_or_default();
    let core = |place: usize| cores.get(place).map(|core| core.id);
    let sender_core = args.sender_core.or(core(0));
    let client_core = args.client_core.or_else(|| core(1));
    let (sender_core, client_core) = sender_core
        .zip(client_core)
        .filter(|(sender, client)| sender != client)
        .context("sender and client need a core each: this machine must have two to spare")?;
    let rest =
        cores.iter().map(|core| core.id).filter(|id| ![sender_core, client_core].contains(id));
    let rest: Vec<_> = rest.take(2).collect();
    let more_cores = match &args.engine_cores {
        Some(cores) if cores.len() > 2 => bail!("--engine-cores takes two: strategy and gateway"),
        Some(cores) => cores.clone(),
        None if rest.len() == 2 => rest,
        None => Vec::new(),
    };
    std::fs::write(folder.join("client.py"), PYTHON_CLIENT)?;
    Ok(Rig {
        program: std::env::current_exe()?,
        plugin: probe::build(folder)?,
        folder: folder.to_owned(),
        python: None,
        sender_core,
        client_core,
        more_cores,
        poll: args.poll.clone(),
        wrapper: Vec::new(),
        patience_factor: 1,
    })
}

/// The clients that take part, and what Python there is.
fn clients(
    args: &Measure,
    rig: &mut Rig,
    skipped: &mut Vec<(Client, String)>,
) -> (Vec<Client>, Option<String>) {
    let mut clients = if args.only.is_empty() { Client::ALL.to_vec() } else { args.only.clone() };
    let mut version = None;
    if clients.contains(&Client::Python) {
        let script = "import sys, websockets.version; print(sys.version.split()[0], 'websockets', \
                      websockets.version.version)";
        version = output(&args.python.to_string_lossy(), &["-c", script]);
        match version {
            Some(_) => rig.python = Some(args.python.clone()),
            None => {
                clients.retain(|client| *client != Client::Python);
                let why = format!(
                    "{} is not there or has no package `websockets` (pip install websockets; --python)",
                    args.python.display()
                );
                eprintln!("left out: {why}");
                skipped.push((Client::Python, why));
            }
        }
    }
    (clients, version)
}

fn pinning(rig: &Rig) -> String {
    let Rig { sender_core, client_core, more_cores, poll, .. } = rig;
    // `engine` has one thread for all; this is of `engine-threads`.
    let engine = match more_cores.as_slice() {
        [] => "with threads: strategy and gateway on the same core, woken".to_owned(),
        [strategy] => {
            format!("with threads: strategy spinning on core {strategy}, gateway there, woken")
        }
        [strategy, gateway, ..] => {
            format!(
                "with threads: strategy on core {strategy}, gateway on core {gateway}, both spinning"
            )
        }
    };
    format!(
        "sender on core {sender_core}, spinning; clients on core {client_core}; engine: feed on core \
         {client_core} ({poll}), {engine}"
    )
}

fn write_out(
    out: &Path,
    text: &str,
    json: &str,
    all: &[ScenarioRuns],
    clients: &[Client],
    started: SystemTime,
) -> anyhow::Result<()> {
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    std::fs::write(out.join("latency.txt"), text)?;
    std::fs::write(out.join("latency.json"), json)?;
    for client in clients {
        let path = out.join(format!("{}.hlog", client.name()));
        let mut log = HistogramLog::create(&path, started)?;
        for runs in all {
            for (round, run) in runs.of(*client).enumerate() {
                let since = Duration::from_secs(round as u64);
                let tag = |from: &str| format!("{}_{from}", runs.scenario.name);
                let second = Duration::from_secs(1);
                log.write(&tag("intended"), since, second, &run.intended)?;
                log.write(&tag("write"), since, second, &run.write)?;
                if let Some(orders) = &run.orders {
                    log.write(&tag("tick_to_trade"), since, second, &orders.tick_to_trade)?;
                }
            }
        }
        log.flush()?;
    }
    let named = |name: &str| all.iter().find(|runs| runs.scenario.name == name);
    let draw = |file: &str, of: plot::Of, runs: &ScenarioRuns| {
        let (what, pick): (_, fn(&ScenarioRuns, Client) -> _) = match of {
            plot::Of::Frames => {
                ("strategy's order", |runs, client| runs.merged(client, |run| &run.intended))
            }
            plot::Of::Orders => {
                ("last byte of the order", |runs, client| runs.merged_orders(client))
            }
        };
        let title = format!("From the wire to the {what}: {}, TLS", runs.scenario.title);
        let line = |client: &Client| plot::Line { client: *client, latencies: pick(runs, *client) };
        let lines: Vec<_> = clients.iter().map(line).collect();
        plot::draw(&out.join(file), &title, of, &lines)
    };
    if let Some(runs) = named(PICTURE).or(all.first()) {
        draw("latency.svg", plot::Of::Frames, runs)?;
    }
    let with_orders = all.iter().find(|runs| runs.scenario.orders_every > 0);
    if let Some(runs) = named(ORDERS_PICTURE).or(with_orders) {
        draw("tick-to-trade.svg", plot::Of::Orders, runs)?;
    }
    Ok(())
}

fn count_instructions(args: &Measure) -> anyhow::Result<()> {
    ensure!(output("valgrind", &["--version"]).is_some(), "valgrind is not there; install it");
    let folder = tempfile::tempdir().context("no folder for the files of a run")?;
    let rig = rig(args, folder.path())?;
    let all = Client::ALL.into_iter().filter(|client| *client != Client::Python);
    let clients = if args.only.is_empty() { all.collect() } else { args.only.clone() };
    let mut counted = Vec::new();
    for client in clients {
        eprintln!("counting {}", client.name());
        counted.push(instructions::count(&rig, client)?);
    }
    if args.json {
        println!("{}", serde_json::to_string_pretty(&counted)?);
        return Ok(());
    }
    let of = |client| counted.iter().find(|one| one.client == client);
    let reference = of(args.reference);
    println!(
        "instructions per frame (callgrind), in the thread that takes the frames and in the program"
    );
    for one in &counted {
        let ratio = |each: f64, of: fn(&Instructions) -> f64| {
            reference.map_or_else(String::new, |reference| format!("{:6.2}x", each / of(reference)))
        };
        println!(
            "  {:<16}{:>10.0}{:>9}{:>12.0}{:>9}",
            one.client.name(),
            one.thread,
            ratio(one.thread, |one| one.thread),
            one.program,
            ratio(one.program, |one| one.program),
        );
    }
    if let (Some(peer), Some(ours)) = (of(Client::TokioSonic), reference) {
        let times = peer.thread / ours.thread;
        let verdict = if times >= instructions::GOAL { "met" } else { "missed" };
        let name = args.reference.name();
        println!(
            "goal: tokio-sonic >= {} times {name}, in the thread of the frames: {verdict} ({times:.2})",
            instructions::GOAL
        );
    }
    Ok(())
}
