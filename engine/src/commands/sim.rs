//! `engine sim`: the simulated broker alone.

use anyhow::{Context, bail};
use engine::cli::{SimArgs, exit};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// `engine sim`.
pub(crate) fn sim(args: &SimArgs) -> anyhow::Result<u8> {
    let mut options = sim::Options {
        seed: args.seed,
        frames_per_second: args.rate,
        instruments: args.instruments,
        ws_listen: args.ws_listen,
        rest_listen: args.rest_listen,
        plain: args.plain,
        keys: args.keys.as_deref().map(read_keys).transpose()?,
        day_start: args.day_start.parse().context("--day-start")?,
        time_compression: args.time_compression,
        news: !args.no_news,
        thread_core: args.core,
        mock: args.mock,
        ..sim::Options::default()
    };
    args.trading.apply(&mut options);
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, stop.clone()).context("cannot listen for signals")?;
    }
    let broker = sim::start(options).context("cannot start the simulated broker")?;
    println!("REST      {}", broker.rest_url());
    println!("WebSocket {}", broker.ws_url());
    if let Some(folder) = &args.cert_out {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        let path = folder.join("ca.pem");
        std::fs::write(&path, broker.certificate_pem())
            .with_context(|| format!("cannot write {}", path.display()))?;
        println!("trust     {}", path.display());
    } else if !args.plain {
        println!("(--cert-out DIR writes the certificate that clients have to trust)");
    }
    let started = Instant::now();
    while !stop.load(Ordering::Acquire)
        && args.duration.is_none_or(|duration| started.elapsed() < duration)
    {
        std::thread::sleep(Duration::from_millis(20));
    }
    let report = broker.stop();
    let colon = if report.entries_sent.is_empty() { "" } else { ":" };
    println!("sent {} frames{colon}", report.frames_sent);
    for (code, entries) in &report.entries_sent {
        println!("  {code} {entries}");
    }
    Ok(exit::FINE)
}

/// Reads pairs of app key and secret, a line each.
fn read_keys(path: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut pairs = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut words = line.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some(key), Some(secret), None) => pairs.push((key.to_owned(), secret.to_owned())),
            _ => bail!(
                "{}:{}: expected an app key and a secret with a space between",
                path.display(),
                index + 1
            ),
        }
    }
    Ok(pairs)
}
