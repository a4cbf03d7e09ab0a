//! Counts the instructions of the hot path (`benches/guard.rs`, under callgrind) and holds the counts
//! against the committed limits. `--update` writes the limits anew instead. `.ci/guard` starts it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};
use benches::cases::{CASES, OPERATIONS, Span};
use benches::limits::{Limits, rewrite};
use feed::clock::ClockSource;
use serde_json::Value;

const LIMITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/guard/limits.toml");

fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn run() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let update = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--update"] => true,
        _ => bail!("`guard` takes `--update` or nothing, not {arguments:?}"),
    };
    if let Some(why) = cannot_count() {
        println!("instruction counts: skipped, {why}");
        return Ok(ExitCode::SUCCESS);
    }
    let path = Path::new(LIMITS);
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {LIMITS}"))?;
    let limits = Limits::parse(&text).map_err(|error| anyhow::anyhow!("{LIMITS}: {error}"))?;
    let mut counts = count()?;
    let skipped = without_a_clock();
    counts.retain(|name, _| !skipped.contains(&name.as_str()));
    if update {
        std::fs::write(path, rewrite(&text, &counts))
            .with_context(|| format!("cannot write {LIMITS}"))?;
    }
    let verdict = limits.judge_counts(&counts, &skipped);
    print!("{}", verdict.table);
    if update {
        println!("limits written: git diff {LIMITS}");
        return Ok(ExitCode::SUCCESS);
    }
    for hint in &verdict.hints {
        println!("hint: {hint}");
    }
    for failure in &verdict.failures {
        eprintln!("error: {failure}");
    }
    Ok(if verdict.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Why the limits say nothing about this machine.
fn cannot_count() -> Option<&'static str> {
    #[cfg(target_arch = "x86_64")]
    {
        let has_avx2 = std::arch::is_x86_feature_detected!("avx2");
        (!has_avx2).then_some("this CPU has no AVX2, and the limits are those of the AVX2 path")
    }
    #[cfg(not(target_arch = "x86_64"))]
    Some("the limits are those of x86-64")
}

/// The cases that read the clock, where that is not the CPU's counter: then a reading is a system call
/// under callgrind, and the limits are not for it.
fn without_a_clock() -> Vec<&'static str> {
    if Span::new().source() == ClockSource::Tsc {
        return Vec::new();
    }
    CASES.iter().filter(|(.., clock)| *clock).map(|(name, ..)| *name).collect()
}

/// Instructions for one operation, by case.
fn count() -> Result<BTreeMap<String, f64>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["bench", "--quiet", "--locked", "-p", "benches", "--bench", "guard", "--"])
        .args(["--output-format=json", "--callgrind-args=--cache-sim=no"])
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cargo does not start")?;
    ensure!(output.status.success(), "`cargo bench -p benches --bench guard`: {}", output.status);
    let mut counts = BTreeMap::new();
    for line in String::from_utf8(output.stdout)?.lines().filter(|line| line.starts_with('{')) {
        let (name, instructions) = read_summary(line)?;
        counts.insert(name.to_owned(), instructions / OPERATIONS as f64);
    }
    Ok(counts)
}

/// Case and instructions from one line of gungraun.
fn read_summary(line: &str) -> Result<(&'static str, f64)> {
    let summary: Value = serde_json::from_str(line)?;
    let word = |key: &str| summary[key].as_str().with_context(|| format!("no `{key}` in {line}"));
    let id = format!("{}.{}", word("function_name")?, word("id")?);
    let case = CASES.iter().find(|(_, of, _)| *of == id);
    let (name, ..) = case.with_context(|| format!("{id} is not in `cases::CASES`: add it"))?;
    let profiles = summary["profiles"].as_array().context("no `profiles`")?;
    let callgrind = profiles.iter().find(|profile| profile["tool"] == "Callgrind");
    let callgrind = callgrind.with_context(|| format!("{id}: no profile of callgrind"))?;
    let counted = &callgrind["data"]["total"]["metrics"]["Ir"]["values"]["new"];
    Ok((name, counted.as_f64().with_context(|| format!("{id}: no `Ir` in {line}"))?))
}
