//! From the text of a configuration to a [`Config`], or to every problem in it.

use super::Dispatch;
use super::reader::{Problem, Report, Section};
use super::{
    Broker, Config, Credentials, Feed, Gateway, Kill, Mode, Poll, Sim, Source, Strategy, Symbols,
    TYPES, Telemetry, is_wide, split_item,
};
use feed::session::REALTIME_CONDITIONS_MAX;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use strategy_api::{Kind, Symbol};
use toml::de::DeTable;

/// A configuration that cannot be used.
#[derive(Debug)]
pub enum ConfigError {
    /// The file cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It was read, and something in it is wrong.
    Invalid {
        /// The file.
        path: PathBuf,
        /// Everything that is wrong.
        problems: Vec<Problem>,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, error } => {
                write!(f, "cannot read the configuration {}: {error}", path.display())
            }
            Self::Invalid { path, problems } => {
                let plural = if problems.len() == 1 { "" } else { "s" };
                write!(f, "{}: {} problem{plural}", path.display(), problems.len())?;
                for problem in problems {
                    write!(f, "\n  {}:{problem}", path.display())?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for ConfigError {}

/// Reads and checks a configuration file.
pub fn load(path: &Path) -> Result<Config, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| ConfigError::Unreadable { path: path.into(), error })?;
    let base = path.parent().unwrap_or(Path::new("."));
    parse(&text, base).map_err(|problems| ConfigError::Invalid { path: path.into(), problems })
}

/// Checks the text of a configuration; relative paths in it start at `base`.
pub fn parse(text: &str, base: &Path) -> Result<Config, Vec<Problem>> {
    let report = Report::new(text);
    let (document, syntax) = DeTable::parse_recoverable(text);
    for error in &syntax {
        let offset = error.span().map(|span| span.start);
        report.add(offset, "", format!("not TOML: {}", error.message()));
    }
    if !syntax.is_empty() {
        return Err(report.into_problems());
    }
    let root = Section::root(&document, &report);
    let config = read(root, base, &report);
    let problems = report.into_problems();
    if problems.is_empty() { config.ok_or(problems) } else { Err(problems) }
}

fn read(root: Section<'_, '_>, base: &Path, report: &Report<'_>) -> Option<Config> {
    let modes =
        [("sim", Mode::Sim), ("dry-run", Mode::DryRun), ("mock", Mode::Mock), ("live", Mode::Live)];
    let mode = root.choice("mode", &modes);
    if mode.is_none() && root.string("mode").is_none() {
        root.missing("mode", "write \"sim\", \"dry-run\", \"mock\" or \"live\"");
    }
    let assumed = mode.unwrap_or(Mode::Sim);
    let broker = read_broker(root.section("broker"), assumed, base);
    let sim = read_sim(root.section("sim"));
    let feed = read_feed(root.section("feed"));
    let gateway = read_gateway(root.section("gateway"));
    let telemetry = read_telemetry(root.section("telemetry"), base);
    let kill = read_kill(root.section("kill"), assumed, base, &telemetry.directory);
    let strategies = read_strategies(&root, assumed, base, &sim, &feed, report);
    root.finish();
    Some(Config {
        mode: mode?,
        broker: broker?,
        sim,
        feed,
        gateway,
        kill,
        telemetry,
        strategies,
        orders: super::Orders {
            lines: 4,
            reply_timeout: Duration::from_secs(3),
            journal: base.join("../orders"),
            sync: crate::journal::Sync::Every(Duration::from_millis(200)),
            account: crate::market::Account::Mock,
            cancel_on_end: true,
            cancel_on_silence: false,
        },
        risk: crate::risk::RiskConfig::default(),
        session: super::Session {
            calendar: super::Calendar::Always,
            venues: vec![strategy_api::Venue::KRX],
            connect_before: Duration::from_secs(600),
            end_after: Duration::from_secs(60),
            market_data: None,
        },
    })
}

fn read_broker(section: Section<'_, '_>, mode: Mode, base: &Path) -> Option<Broker> {
    let (rest, websocket) = match mode {
        Mode::Sim => ("", ""),
        Mode::Mock => {
            ("https://mockapi.kiwoom.com", "wss://mockapi.kiwoom.com:10000/api/dostk/websocket")
        }
        Mode::DryRun | Mode::Live => {
            ("https://api.kiwoom.com", "wss://api.kiwoom.com:10000/api/dostk/websocket")
        }
    };
    let url = |key: &'static str, default: &str, schemes: [&str; 2]| {
        let Some(found) = section.string(key) else { return default.to_owned() };
        if mode == Mode::Sim {
            section.problem(
                found.offset,
                key,
                "the embedded broker has its own address; remove it",
            );
        } else if !schemes.iter().any(|scheme| found.value.starts_with(scheme)) {
            let message = format!("{:?} must start with {}", found.value, schemes[0]);
            section.problem(found.offset, key, message);
        } else if found.value.starts_with(schemes[1]) && !is_loopback(&found.value) {
            let message = "unencrypted addresses are only for this machine (127.0.0.1, localhost)";
            section.problem(found.offset, key, message);
        }
        found.value.trim_end_matches('/').to_owned()
    };
    let rest_url = url("rest_url", rest, ["https://", "http://"]);
    let websocket_url = url("websocket_url", websocket, ["wss://", "ws://"]);
    let ca_file = section.string("ca_file").map(|found| base.join(found.value));
    let app_key_env = section.string("app_key_env");
    let secret_key_env = section.string("secret_key_env");
    let file = section.string("credentials_file");
    let credentials = match (mode, app_key_env, secret_key_env, file) {
        (Mode::Sim, None, None, None) => Some(Credentials::Embedded),
        (_, Some(app_key), Some(secret_key), None) => Some(Credentials::Environment {
            app_key_env: app_key.value,
            secret_key_env: secret_key.value,
        }),
        (_, None, None, Some(file)) => {
            Some(Credentials::File { credentials_file: base.join(file.value) })
        }
        (_, None, None, None) => {
            section.missing(
                "credentials_file",
                "name a file, or the environment variables app_key_env and secret_key_env",
            );
            None
        }
        (_, Some(_), None, None) => {
            section.missing("secret_key_env", "app_key_env needs it beside");
            None
        }
        (_, None, Some(_), None) => {
            section.missing("app_key_env", "secret_key_env needs it beside");
            None
        }
        (_, _, _, Some(file)) => {
            let message = "either a file or environment variables, not both";
            section.problem(file.offset, "credentials_file", message);
            None
        }
    };
    section.finish();
    Some(Broker { rest_url, websocket_url, ca_file, credentials: credentials? })
}

fn is_loopback(url: &str) -> bool {
    let host = url.split("://").nth(1).unwrap_or_default();
    ["127.", "localhost", "[::1]"].iter().any(|local| host.starts_with(local))
}

fn read_sim(section: Section<'_, '_>) -> Sim {
    let day_start = section.string("day_start");
    if let Some(found) = &day_start {
        let digits = found.value.replace(':', "");
        let time = digits.parse().ok().and_then(strategy_api::TimeOfDay::from_hhmmss);
        if found.value.len() != 8 || time.is_none() {
            let message = format!("{:?} is not a time; write \"HH:MM:SS\"", found.value);
            section.problem(found.offset, "day_start", message);
        }
    }
    let sim = Sim {
        seed: section.integer("seed", 0..=i64::MAX).unwrap_or(1) as u64,
        frames_per_second: section.integer("frames_per_second", 0..=10_000_000).unwrap_or(5_000)
            as u32,
        instruments: section.integer("instruments", 200..=4_000).unwrap_or(200) as usize,
        day_start: day_start.map_or_else(|| "08:59:58".to_owned(), |found| found.value),
        time_compression: section.number("time_compression", 0.1..=10_000.0).unwrap_or(1.0),
        plain: section.boolean("plain").unwrap_or(false),
        core: core_of(&section),
    };
    section.finish();
    sim
}

fn core_of(section: &Section<'_, '_>) -> Option<usize> {
    section.integer("core", 0..=1023).map(|core| core as usize)
}

const POLLS: [(&str, Poll); 3] =
    [("spin", Poll::Spin), ("block", Poll::Block), ("auto", Poll::Auto)];

fn millis(
    section: &Section<'_, '_>,
    key: &'static str,
    low: i64,
    high: i64,
    default: i64,
) -> Duration {
    Duration::from_millis(section.integer(key, low..=high).unwrap_or(default) as u64)
}

fn slots(section: &Section<'_, '_>, key: &'static str, low: i64, high: i64, default: i64) -> usize {
    let slots = section.integer(key, low..=high).unwrap_or(default) as usize;
    if !slots.is_power_of_two() {
        let near = slots.next_power_of_two();
        let message = format!("{slots} is not a power of two; {near} is");
        section.problem(section.offset(), key, message);
    }
    slots
}

fn read_feed(section: Section<'_, '_>) -> Feed {
    let feed = Feed {
        dispatch: section
            .choice("dispatch", &[("threads", Dispatch::Threads), ("inline", Dispatch::Inline)])
            .unwrap_or(Dispatch::Threads),
        poll: section.choice("poll", &POLLS).unwrap_or(Poll::Auto),
        core: core_of(&section),
        ping_echo: section.choice("ping", &[("echo", true), ("ignore", false)]).unwrap_or(true),
        reconnect_on_takeover: section
            .choice("on_takeover", &[("stop", false), ("reconnect", true)])
            .unwrap_or(false),
        items_max: section.integer("items_max", 1..=10_000).unwrap_or(200) as usize,
        connect_timeout: millis(&section, "connect_timeout_ms", 100, 120_000, 10_000),
        login_timeout: millis(&section, "login_timeout_ms", 100, 120_000, 10_000),
        register_timeout: millis(&section, "register_timeout_ms", 100, 120_000, 10_000),
        silence_timeout: millis(&section, "silence_timeout_ms", 500, 600_000, 30_000),
        reconnect_min: millis(&section, "reconnect_min_ms", 10, 600_000, 500),
        reconnect_max: millis(&section, "reconnect_max_ms", 10, 600_000, 30_000),
        login_attempts_max: section.integer("login_attempts_max", 0..=1_000_000).unwrap_or(5)
            as u32,
        market_ring_slots: slots(&section, "market_ring_slots", 64, 1 << 20, 16_384),
        account_ring_slots: slots(&section, "account_ring_slots", 64, 1 << 16, 1_024),
        quarantine_frames: section.integer("quarantine_frames", 0..=1_000_000).unwrap_or(1_000)
            as usize,
    };
    if feed.reconnect_min > feed.reconnect_max {
        section.problem(section.offset(), "reconnect_min_ms", "is larger than reconnect_max_ms");
    }
    section.finish();
    feed
}

fn read_gateway(section: Section<'_, '_>) -> Gateway {
    let gateway = Gateway {
        core: core_of(&section),
        wait: section.choice("wait", &POLLS).unwrap_or(Poll::Auto),
        command_ring_slots: slots(&section, "command_ring_slots", 8, 1 << 16, 256),
    };
    section.finish();
    gateway
}

fn read_telemetry(section: Section<'_, '_>, base: &Path) -> Telemetry {
    let levels = ["error", "warn", "info", "debug", "trace"].map(|level| (level, level));
    let directory = section.string("directory").map_or_else(|| "../runs".into(), |f| f.value);
    let telemetry = Telemetry {
        directory: base.join(directory),
        interval: millis(&section, "interval_ms", 100, 600_000, 1_000),
        log_level: section.choice("log_level", &levels).unwrap_or("info").to_owned(),
    };
    section.finish();
    telemetry
}

/// The latch stands beside the folder of runs by default. Its name tells the mode, so that stopping the
/// real account does not stop rehearsals that share the folder.
fn read_kill(section: Section<'_, '_>, mode: Mode, base: &Path, runs: &Path) -> Kill {
    let latch = match section.string("latch") {
        None => runs.with_file_name(format!("kill-{}.latch", mode.name())),
        Some(found) => {
            let path = base.join(&found.value);
            if found.value.is_empty() || found.value.ends_with('/') || path.is_dir() {
                let message = format!("{:?} must be a file, not a folder", found.value);
                section.problem(found.offset, "latch", message);
            }
            path
        }
    };
    section.finish();
    Kill {
        latch,
        feed_max: Some(Duration::from_secs(10)),
        strategy_max: Some(Duration::from_secs(2)),
        gateway_max: Some(Duration::from_secs(2)),
    }
}

fn read_strategies(
    root: &Section<'_, '_>,
    mode: Mode,
    base: &Path,
    sim: &Sim,
    feed: &Feed,
    report: &Report<'_>,
) -> Vec<Strategy> {
    let mut strategies: Vec<Strategy> = Vec::new();
    for section in root.sections("strategy") {
        let offset = section.offset();
        if let Some(strategy) = read_strategy(section, mode, base, sim) {
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

fn read_strategy(section: Section<'_, '_>, mode: Mode, base: &Path, sim: &Sim) -> Option<Strategy> {
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
    let strategy = Strategy {
        risk: None,
        name: name.map(|found| found.value).unwrap_or_default(),
        source: source.unwrap_or_else(|| Source::Plugin(PathBuf::new())),
        sha256,
        core: core_of(&section),
        wait: section.choice("wait", &POLLS).unwrap_or(Poll::Auto),
        symbols,
        types,
        conditions,
        extra_fids,
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

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        mode = "sim"
        [[strategy]]
        name = "one"
        plugin = "one.so"
        symbols = ["005930", "0004V0_NX"]
        types = ["0B", "0s"]
        extra_fids = { "0B" = [732] }
        params = { size = 3, nested = { a = [1, 2] } }
    "#;

    fn problems(text: &str) -> Vec<String> {
        parse(text, Path::new("/base")).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_small_configuration_gets_its_defaults() {
        let config = parse(GOOD, Path::new("/base")).unwrap();
        assert_eq!(config.mode, Mode::Sim);
        assert_eq!(config.feed.poll, Poll::Auto);
        assert_eq!(config.broker.credentials, Credentials::Embedded);
        let strategy = &config.strategies[0];
        assert_eq!(strategy.source, Source::Plugin("/base/one.so".into()));
        assert_eq!(strategy.types, [Kind::TRADE, Kind::SESSION_STATE]);
        assert_eq!(strategy.extra_fids, [("0B".to_owned(), vec![732])]);
        let params: toml::Table = strategy.params.parse().unwrap();
        assert_eq!(params["size"].as_integer(), Some(3));
        assert_eq!(params["nested"]["a"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn an_unknown_key_is_named_with_its_place_and_the_likely_one() {
        let found = problems("mode = \"sim\"\n[feed]\npol = \"spin\"\n");
        assert_eq!(found, ["3:1: feed.pol: unknown key; did you mean \"poll\"?"]);
    }

    #[test]
    fn every_problem_is_reported_at_once() {
        let found = problems(
            "mode = \"real\"\n[feed]\npoll = \"fast\"\ncore = -1\nmarket_ring_slots = 1000\n\
             [[strategy]]\nname = \"a b\"\ntypes = [\"0X\"]\n",
        );
        for part in [
            "1:8: mode: \"real\" is not one of",
            "3:8: feed.poll: \"fast\" is not one of",
            "feed.core: -1 is out of range",
            "feed.market_ring_slots: 1000 is not a power of two; 1024 is",
            "strategy[0].name: use 1 to 32",
            "strategy[0].plugin: is missing",
            "strategy[0].types: \"0X\" is no realtime type",
        ] {
            assert!(found.iter().any(|p| p.contains(part)), "{part} not in {found:#?}");
        }
    }

    #[test]
    fn live_mode_demands_credentials_and_a_digest() {
        let live = GOOD.replace("\"sim\"", "\"live\"");
        let found = problems(&live);
        assert!(found.iter().any(|p| p.contains("broker.credentials_file: is missing")));
        assert!(found.iter().any(|p| p.contains("strategy[0].sha256: is missing")));
    }

    #[test]
    fn the_latch_stands_beside_the_runs_unless_it_is_named() {
        let latch = |text: &str| parse(text, Path::new("/base")).unwrap().kill.latch;
        assert_eq!(latch("mode = \"sim\""), Path::new("/base/../kill-sim.latch"));
        let runs = "mode = \"sim\"\n[telemetry]\ndirectory = \"/var/runs\"\n";
        assert_eq!(latch(runs), Path::new("/var/kill-sim.latch"));
        let named = "mode = \"sim\"\n[kill]\nlatch = \"stop/all\"\n";
        assert_eq!(latch(named), Path::new("/base/stop/all"));
        for folder in ["", "stop/"] {
            let text = format!("mode = \"sim\"\n[kill]\nlatch = \"{folder}\"\n");
            assert!(problems(&text)[0].contains("3:9: kill.latch:"), "{:?}", problems(&text));
        }
    }

    #[test]
    fn a_condition_search_is_named_with_its_type_or_not_at_all() {
        let with = |line: &str| GOOD.replace("types = [\"0B\", \"0s\"]", line);
        let found = problems(&with("types = [\"0B\", \"02\"]"));
        assert!(found[0].contains("strategy[0].conditions: is missing"), "{found:?}");
        let found = problems(&with("types = [\"0B\"]\nconditions = [\"4\"]"));
        assert!(found[0].contains("only with \"02\""), "{found:?}");
        let good = with("types = [\"0B\", \"02\"]\nconditions = [\"4\"]");
        assert_eq!(parse(&good, Path::new("/")).unwrap().strategies[0].conditions, ["4"]);
    }

    #[test]
    fn an_unencrypted_address_is_only_for_this_machine() {
        let text = "mode = \"mock\"\n[broker]\nrest_url = \"http://example.com\"\n\
                    websocket_url = \"ws://127.0.0.1:9/x\"\ncredentials_file = \"k\"\n";
        let found = problems(text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("broker.rest_url: unencrypted"));
    }

    #[test]
    fn more_items_than_a_connection_takes_are_refused_before_the_start() {
        let text = GOOD.replace("mode = \"sim\"", "mode = \"sim\"\n[feed]\nitems_max = 1\n");
        assert!(problems(&text)[0].contains("2 different items, and one connection takes 1"));
    }

    #[test]
    fn the_effective_configuration_reads_back_as_itself() {
        for name in ["sim", "mock", "live"] {
            let path =
                Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../configs/{name}.toml"));
            let mut config = load(&path).unwrap();
            // Those of another mode are refused where they mean nothing.
            if config.mode == Mode::Sim {
                config.broker.rest_url.clear();
            }
            let mut printed: toml::Table = toml::to_string(&config).unwrap().parse().unwrap();
            if config.mode == Mode::Sim {
                printed.remove("broker");
            }
            let again = parse(&printed.to_string(), Path::new("")).unwrap();
            let text = |config: &Config| toml::to_string(&config.feed).unwrap();
            assert_eq!(text(&again), text(&config), "{name}");
            assert_eq!(
                toml::to_string(&again.strategies[0]).unwrap(),
                toml::to_string(&config.strategies[0]).unwrap()
            );
        }
    }

    #[test]
    fn text_that_is_not_toml_is_reported_with_its_line() {
        let found = problems("mode = \"sim\"\nfeed = = 3\n");
        assert!(found[0].starts_with("2:"), "{found:?}");
    }
}
