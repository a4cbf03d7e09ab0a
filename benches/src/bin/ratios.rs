//! The scanner against the best peer in one run, interleaved, so that a busy or slow machine slows
//! both: so many times as fast, the median of the rounds, held against the committed limits.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use benches::frames::{FrameSet, Walk};
use benches::limits::Limits;
use benches::peers::{
    Family, Peer, SonicDerive, SonicGetMany, SonicGetManyUnchecked, checked, texts,
};
use benches::scanning;
use feed::scan::ScanPath;
use feed::schema::WireType;

/// Read when it runs, so that new limits need no new build.
const LIMITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/guard/limits.toml");

/// Rounds; each gives one ratio. Odd, so that there is a median.
const ROUNDS: usize = 1001;

/// Frames that a contender reads in its turn: few, so that most turns pass without the scheduler.
const FRAMES: usize = 100;

fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn run() -> Result<ExitCode> {
    let text = std::fs::read_to_string(LIMITS).with_context(|| format!("cannot read {LIMITS}"))?;
    let limits = Limits::parse(&text).map_err(|error| anyhow!("{LIMITS}: {error}"))?;
    let ratios = BTreeMap::from([
        ("trade".to_owned(), measure::<texts::Trade>(&FrameSet::single(WireType::Trade))),
        ("depth".to_owned(), measure::<texts::Depth>(&FrameSet::single(WireType::Depth))),
        ("shuffled_trade".to_owned(), measure::<texts::Trade>(&FrameSet::shuffled_trades())),
    ]);
    let verdict = limits.judge_ratios(&ratios);
    print!("{}", verdict.table);
    for failure in &verdict.failures {
        eprintln!("error: {failure}");
    }
    Ok(if verdict.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A name, and a turn of work.
type Contender<'a> = (&'static str, Box<dyn FnMut() + 'a>);

/// How many times as fast the scanner is as the fastest peer: of each peer's ratios the median, of
/// these the least.
fn measure<F: Family + 'static>(set: &FrameSet) -> f64 {
    let mut scanner = scanning::warm_scanner(ScanPath::Auto, set);
    let mut walk = Walk::new(set);
    let mut contenders: Vec<Contender<'_>> = vec![
        (
            "scanner",
            Box::new(move || {
                for _ in 0..FRAMES {
                    black_box(scanning::entries(&mut scanner, black_box(walk.step())));
                }
            }),
        ),
        contender::<SonicDerive<F>>(set),
        contender::<SonicGetMany>(set),
        contender::<SonicGetManyUnchecked>(set),
    ];
    let mut nanos = vec![Vec::with_capacity(ROUNDS); contenders.len()];
    for _ in 0..ROUNDS {
        for ((_, work), nanos) in contenders.iter_mut().zip(&mut nanos) {
            for _ in 0..std::env::var("WARM").map_or(0, |w| w.parse().unwrap()) {
                work();
            }
            let began = Instant::now();
            work();
            nanos.push(began.elapsed().as_nanos() as f64 / FRAMES as f64);
        }
    }
    let (ours, peers) = nanos.split_first().expect("there is a scanner");
    println!("{}: scanner {:.0} ns a frame (median of {ROUNDS} rounds)", set.name, median(ours));
    let mut least = f64::INFINITY;
    for ((name, _), peer) in contenders[1..].iter().zip(peers) {
        let ratios: Vec<f64> = peer.iter().zip(ours).map(|(peer, ours)| peer / ours).collect();
        let ratio = median(&ratios);
        println!("  {name:<28} {:>6.0} ns, {ratio:.2} times the scanner's", median(peer));
        least = least.min(ratio);
    }
    least
}

/// A round of a peer, whose answers were compared with the scanner's.
fn contender<P: Peer + 'static>(set: &FrameSet) -> Contender<'_> {
    let (mut peer, mut records) = checked::<P>(set);
    let mut walk = Walk::new(set);
    let round = move || {
        for _ in 0..FRAMES {
            peer.read(black_box(walk.step()), &mut records);
            black_box(&records);
        }
    };
    (P::NAME, Box::new(round))
}

fn median(of: &[f64]) -> f64 {
    let mut sorted = of.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
