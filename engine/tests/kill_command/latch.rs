//! The latch: written first, found by every start, taken away by a person alone.

use crate::process::{engine, run, run_with_input};
use crate::setup::Setup;
use serde_json::Value;

#[test]
fn a_latched_engine_does_not_start_until_it_is_re_armed() {
    let setup = Setup::plain(&[]);
    setup.kill(0, &["--reason", "fat finger"]);

    let refused = run(setup.engine(&["run", "run.toml", "--duration", "1s"])).ended_with(3);
    for said in ["trading is stopped: command by", "KST: fat finger", "engine rearm run.toml"] {
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
    assert!(!setup.path().join("runs").exists(), "nothing was started");
    let refused = run(setup.engine(&["run", "run.toml", "--json"])).ended_with(3);
    let report: Value = serde_json::from_str(&refused.stdout).unwrap();
    assert_eq!(report["refused"], "latched");
    assert_eq!(report["record"]["detail"], "fat finger");

    // Standard input is no terminal: nobody confirmed, whatever it says.
    let not = run_with_input(setup.engine(&["rearm", "run.toml"]), b"rearm\n").ended_with(2);
    assert!(not.stderr.contains("say --yes") && setup.latch().exists(), "{}", not.stderr);

    let rearmed = run(setup.engine(&["rearm", "run.toml", "--yes"])).ended_with(0);
    assert!(rearmed.stdout.contains("fat finger"), "{}", rearmed.stdout);
    assert!(!setup.latch().exists());
    let history = std::fs::read_to_string(setup.path().join("kill-dry-run.latch.history")).unwrap();
    let acts: Vec<Value> =
        history.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(acts.len(), 2, "{history}");
    assert!(acts[1]["rearmed_by"].as_str().unwrap().contains("uid "), "{history}");
    assert_eq!(acts[1]["was"]["detail"], "fat finger");

    run(setup.engine(&["run", "run.toml", "--duration", "1s"])).ended_with(0);
    let nothing = run(setup.engine(&["rearm", "run.toml"])).ended_with(0);
    assert!(nothing.stdout.contains("trading is not stopped"), "{}", nothing.stdout);
}

#[test]
fn a_latch_made_by_hand_or_damaged_stops_as_well() {
    let setup = Setup::plain(&[]);
    std::fs::write(setup.latch(), "stop!\n").unwrap();
    let refused = run(setup.engine(&["run", "run.toml"])).ended_with(3);
    assert!(refused.stderr.contains("unreadable"), "{}", refused.stderr);
    run(setup.engine(&["rearm", "run.toml", "--yes"])).ended_with(0);
    assert!(!setup.latch().exists());
}

#[test]
fn the_latch_comes_before_the_credentials_and_before_the_network() {
    let setup = Setup::plain(&[]);
    let mut command = setup.engine(&["kill", "run.toml"]);
    command.env_remove("KILL_APP_KEY");
    let failed = run(command).ended_with(2);
    assert!(failed.stderr.contains("KILL_APP_KEY"), "{}", failed.stderr);
    assert!(setup.latch().exists());
}

#[test]
fn a_latch_that_cannot_be_written_stops_no_cancel_but_is_a_failure() {
    let setup = Setup::plain(&["--calls-per-second", "0"]);
    let text = std::fs::read_to_string(setup.path().join("run.toml")).unwrap();
    let account = setup.account();
    // Where nobody can make a file, and where a file stands in the place of the folder.
    for path in ["/proc/kill.latch", "run.toml/kill.latch"] {
        let named = format!("{text}\n[kill]\nlatch = \"{path}\"\n");
        std::fs::write(setup.path().join("run.toml"), named).unwrap();
        account.place(1, std::time::Duration::ZERO);
        let (finished, report) = setup.kill(1, &[]);
        assert_eq!((&report["verdict"], &report["gone"]), (&"verified".into(), &1.into()));
        assert!(finished.stderr.contains("NOT LATCHED"), "{}", finished.stderr);
        assert!(report["latch"]["problem"].is_string());
        assert_eq!(account.open(), [""; 0]);
    }
}

#[test]
fn an_embedded_broker_has_nothing_to_kill_from_outside() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sim.toml"), "mode = \"sim\"\n").unwrap();
    for (arguments, said) in [
        (&["kill", "sim.toml"][..], "in mode \"sim\" the broker lives inside"),
        (&["kill", "none.toml"], "cannot read the configuration"),
        (&["kill", "sim.toml", "--deadline", "0"], "between 1ms"),
        (&["kill"], "<CONFIG>"),
    ] {
        let mut command = engine();
        command.current_dir(folder.path()).args(arguments);
        let failed = run(command).ended_with(2);
        assert!(failed.stderr.contains(said), "{arguments:?}: {}", failed.stderr);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "and nothing was latched");
}
