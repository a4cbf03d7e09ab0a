//! The way that the README leads: a new strategy is made, tested, run, changed, and run again.

use crate::process::{Finished, engine, run};
use crate::setup::{problems, strategy, summary};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where things are built: kept between runs, so that only the first one compiles dependencies.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("new_strategy")
}

/// A command that builds there, and without a network.
fn offline(mut command: Command) -> Command {
    command.env("CARGO_TARGET_DIR", target()).env("CARGO_NET_OFFLINE", "true");
    command
}

fn cargo_test(folder: &Path) -> Finished {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = offline(Command::new(cargo));
    command.arg("test").current_dir(folder);
    run(command)
}

fn engine_run(folder: &Path) -> Value {
    let mut command = offline(engine());
    command.args(["run", "dip-buyer.toml", "--duration", "2s", "--json"]).current_dir(folder);
    let summary = summary(&run(command).ended_with(0).stdout);
    assert_eq!(problems(&summary), Vec::<&str>::new());
    assert!(strategy(&summary, "dip-buyer")["events"].as_u64().unwrap() > 10, "{summary}");
    summary
}

/// Replaces a text that is there once.
fn edit(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert_eq!(text.matches(from).count(), 1, "{from:?} in {}", path.display());
    std::fs::write(path, text.replace(from, to)).unwrap();
}

/// What the strategy asked for, sent or denied, as the order journal has it.
fn submitted(summary: &Value) -> Vec<Value> {
    let folder = Path::new(summary["directory"].as_str().unwrap()).join("orders");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let text: String = files.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let wish = |line: Value| match line["in"].as_str() {
        Some("wish") => Some(line["want"]["new"]["request"].clone()),
        Some("denied") => Some(line["wish"]["want"]["new"]["request"].clone()),
        _ => None,
    };
    lines.filter_map(wish).filter(Value::is_object).collect()
}

#[test]
fn a_new_strategy_is_tested_run_changed_and_run_again() {
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new_strategy_crate");
    // What a run that was cut short has left.
    let _ = std::fs::remove_dir_all(&parent);
    std::fs::create_dir_all(&parent).unwrap();
    let mut command = engine();
    command.args(["new", "dip-buyer", "--path"]).arg(&parent);
    let made = run(command).ended_with(0);
    let folder = parent.join("dip-buyer");
    assert!(made.stdout.contains("engine run dip-buyer.toml"), "{}", made.stdout);

    let tested = cargo_test(&folder).ended_with(0);
    assert!(tested.stdout.contains("2 passed"), "{}", tested.stdout);
    engine_run(&folder);

    // A change of parameters: every trade that is not higher than the last one counts as a dip.
    let config = folder.join("dip-buyer.toml");
    edit(&config, "dip_hundredths = 10", "dip_hundredths = 0");
    edit(&config, "pause_ms = 1000", "pause_ms = 0");
    let bought = submitted(&engine_run(&folder));
    assert!(!bought.is_empty());
    assert!(bought.iter().all(|line| line["side"] == "buy" && line["quantity"] == 1), "{bought:?}");

    // A change of the code: it is built and loaded by the next run.
    edit(&folder.join("src/lib.rs"), "Side::BUY,", "Side::SELL,");
    let sold = submitted(&engine_run(&folder));
    assert!(!sold.is_empty() && sold.iter().all(|line| line["side"] == "sell"), "{sold:?}");

    // What does not compile is told in the compiler's words.
    edit(&folder.join("src/lib.rs"), "Side::SELL,", "Side::SELLL,");
    let mut command = offline(engine());
    command.args(["run", "dip-buyer.toml", "--duration", "2s"]).current_dir(&folder);
    let refused = run(command).ended_with(1);
    for wanted in ["strategy dip-buyer cannot be loaded", "SELLL", "src/lib.rs"] {
        assert!(refused.stderr.contains(wanted), "{wanted:?} is not in {}", refused.stderr);
    }
    std::fs::remove_dir_all(&parent).unwrap();
}
