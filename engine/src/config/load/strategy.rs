//! `[[strategy]]`.

use super::risk::read_limits;
use super::{POLLS, Section, core_of};
use crate::config::reader::Report;
use crate::config::{Feed, Mode, Poll, Sim, Source, Strategy, Symbols, TYPES, is_wide, split_item};
use crate::risk::Limits;
use feed::session::REALTIME_CONDITIONS_MAX;
use std::path::{Path, PathBuf};
use strategy_api::{Kind, Symbol};

pub(super) fn read_strategies(
    root: &Section<'_, '_>,
    mode: Mode,
    base: &Path,
    sim: &Sim,
    feed: &Feed,
    limits: Limits,
    report: &Report<'_>,
) -> Vec<Strategy> {
    let mut strategies: Vec<Strategy> = Vec::new();
    for section in root.sections("strategy") {
        let offset = section.offset();
        if let Some(strategy) = read_strategy(section, mode, base, sim, limits) {
            if strategies.iter().any(|other| other.name == strategy.name) {
                let message = format!("two strategies are called {:?}", strategy.name);
                report.add(Some(offset), "strategy.name", message);
            }
            strategies.push(strategy);
        }
    }
    let mut items: Vec<String> = Vec::new();
    for strategy in &strategies {
        match &strategy.symbols {
            Symbols::Items(wanted) => items.extend(wanted.iter().cloned()),
            Symbols::FirstOfSim(count) => items.extend((0..*count).map(|n| format!("sim {n}"))),
        }
    }
    items.sort();
    items.dedup();
    if items.len() > feed.items_max {
        let message = format!(
            "{} different items, and one connection takes {} (feed.items_max); \
             take some away, or run a second engine with another app key",
            items.len(),
            feed.items_max
        );
        report.add(None, "strategy.symbols", message);
    }
    strategies
}

fn read_strategy(
    section: Section<'_, '_>,
    mode: Mode,
    base: &Path,
    sim: &Sim,
    limits: Limits,
) -> Option<Strategy> {
    let name = section.string("name");
    match &name {
        None => section.missing("name", "a strategy needs one, it stands in logs and summaries"),
        Some(found) => {
            let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            if found.value.is_empty() || found.value.len() > 32 || !found.value.chars().all(good) {
                let message = "use 1 to 32 letters, digits, '-', '_' or '.'";
                section.problem(found.offset, "name", message);
            }
        }
    }
    let source = match (section.string("plugin"), section.string("crate")) {
        (Some(plugin), None) => Some(Source::Plugin(base.join(plugin.value))),
        (None, Some(path)) => Some(Source::Crate(base.join(path.value))),
        (None, None) => {
            section.missing("plugin", "name a library (plugin) or a folder to build (crate)");
            None
        }
        (Some(_), Some(found)) => {
            section.problem(found.offset, "crate", "either plugin or crate, not both");
            None
        }
    };
    let sha256 = section.string("sha256").map(|found| {
        let hex = found.value.to_ascii_lowercase();
        if hex.len() != 64 || !hex.chars().all(|c| c.is_ascii_hexdigit()) {
            section.problem(found.offset, "sha256", "must be 64 hexadecimal digits");
        }
        hex
    });
    if mode == Mode::Live && sha256.is_none() {
        section.missing("sha256", "live mode only runs libraries whose digest is written down");
    }
    let types = read_types(&section);
    let symbols = read_symbols(&section, mode, base, sim, &types);
    let extra_fids = read_extra_fids(&section, &types);
    let conditions = read_conditions(&section, &types);
    let own = read_limits(section.section("risk"), limits);
    let risk = section.place_of("risk").map(|_| own);
    let strategy = Strategy {
        name: name.map(|found| found.value).unwrap_or_default(),
        source: source.unwrap_or_else(|| Source::Plugin(PathBuf::new())),
        sha256,
        core: core_of(&section),
        wait: section.choice("wait", &POLLS).unwrap_or(Poll::Auto),
        symbols,
        types,
        conditions,
        extra_fids,
        risk,
        params: section.toml_text("params"),
    };
    section.finish();
    Some(strategy)
}

fn read_types(section: &Section<'_, '_>) -> Vec<Kind> {
    let Some(found) = section.strings("types") else {
        section.missing("types", "for instance [\"0B\", \"0D\"] for trades and depth");
        return Vec::new();
    };
    let mut kinds = Vec::new();
    for code in found {
        match TYPES.iter().find(|(known, _)| *known == code.value) {
            Some((_, kind)) if kinds.contains(kind) => {
                section.problem(code.offset, "types", format!("{:?} stands twice", code.value));
            }
            Some((_, kind)) => kinds.push(*kind),
            None => {
                let known: Vec<_> = TYPES.iter().map(|(code, _)| *code).collect();
                let message =
                    format!("{:?} is no realtime type; known: {}", code.value, known.join(" "));
                section.problem(code.offset, "types", message);
            }
        }
    }
    kinds
}

fn read_symbols(
    section: &Section<'_, '_>,
    mode: Mode,
    base: &Path,
    sim: &Sim,
    types: &[Kind],
) -> Symbols {
    let first = section.integer("first_of_sim", 1..=4_000);
    let listed = section.strings("symbols");
    let file = section.string("symbols_file");
    if [first.is_some(), listed.is_some(), file.is_some()].iter().filter(|set| **set).count() > 1 {
        let message = "only one of symbols, symbols_file and first_of_sim";
        section.problem(section.offset(), "symbols", message);
    }
    if let Some(count) = first {
        if mode != Mode::Sim {
            let message = "only the simulated broker has such a list; name symbols";
            section.problem(section.offset(), "first_of_sim", message);
        } else if count as usize > sim.instruments {
            let message = format!("{count} is more than sim.instruments, {}", sim.instruments);
            section.problem(section.offset(), "first_of_sim", message);
        }
        return Symbols::FirstOfSim(count as usize);
    }
    let mut items: Vec<(String, usize)> = Vec::new();
    if let Some(file) = file {
        let path = base.join(&file.value);
        match std::fs::read_to_string(&path) {
            Ok(text) => items.extend(
                text.lines()
                    .map(|line| line.split('#').next().unwrap_or_default().trim())
                    .filter(|line| !line.is_empty())
                    .map(|line| (line.to_owned(), file.offset)),
            ),
            Err(error) => {
                let message = format!("cannot read {}: {error}", path.display());
                section.problem(file.offset, "symbols_file", message);
            }
        }
    }
    items.extend(listed.unwrap_or_default().into_iter().map(|f| (f.value, f.offset)));
    let mut seen: Vec<String> = Vec::new();
    for (item, offset) in items {
        let (code, _) = split_item(&item);
        let good = !code.is_empty()
            && Symbol::new(&item).is_some()
            && code.chars().all(|c| c.is_ascii_alphanumeric());
        if !good {
            let message = format!(
                "{item:?} is no code: letters and digits, then nothing (KRX), _NX (Nextrade) or _AL (both)"
            );
            section.problem(offset, "symbols", message);
        } else if seen.contains(&item) {
            section.problem(offset, "symbols", format!("{item:?} stands twice"));
        } else {
            seen.push(item);
        }
    }
    if seen.is_empty() && types.iter().any(|kind| !is_wide(*kind) && *kind != Kind::CONDITION_MATCH)
    {
        section.missing("symbols", "these types are registered per instrument");
    }
    Symbols::Items(seen)
}

fn read_conditions(section: &Section<'_, '_>, types: &[Kind]) -> Vec<String> {
    let found = section.strings("conditions").unwrap_or_default();
    let follows = types.contains(&Kind::CONDITION_MATCH);
    if follows && found.is_empty() {
        let what = "type \"02\" needs the numbers of stored condition searches, such as [\"0\"]";
        section.missing("conditions", what);
    }
    if found.len() > REALTIME_CONDITIONS_MAX {
        let message = format!("the broker runs {REALTIME_CONDITIONS_MAX} at a time");
        section.problem(section.offset(), "conditions", message);
    }
    for condition in &found {
        let digits = condition.value.bytes().all(|byte| byte.is_ascii_digit());
        if !follows {
            let message = "only with \"02\" among the types";
            section.problem(condition.offset, "conditions", message);
        } else if !digits || !(1..=8).contains(&condition.value.len()) {
            let message = format!("{:?} is no number of a condition", condition.value);
            section.problem(condition.offset, "conditions", message);
        }
    }
    found.into_iter().map(|condition| condition.value).collect()
}

fn read_extra_fids(section: &Section<'_, '_>, types: &[Kind]) -> Vec<(String, Vec<u16>)> {
    let mut extra = Vec::new();
    for (code, fids) in section.number_lists("extra_fids") {
        let kind = TYPES.iter().find(|(known, _)| *known == code.value).map(|(_, kind)| *kind);
        if !kind.is_some_and(|kind| types.contains(&kind)) {
            let message = format!("{:?} is not among this strategy's types", code.value);
            section.problem(code.offset, "extra_fids", message);
        }
        let mut list = Vec::new();
        for fid in fids {
            match u16::try_from(fid.value) {
                Ok(number) if number > 0 => list.push(number),
                _ => section.problem(
                    fid.offset,
                    "extra_fids",
                    format!("{} is no field number (1 to 65535)", fid.value),
                ),
            }
        }
        extra.push((code.value, list));
    }
    extra
}
