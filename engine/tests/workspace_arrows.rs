//! Crates point one way: the allowed arrows between the crates of this workspace, as a table.
//!
//! ```text
//!  engine ──▶ feed ──▶ strategy-api ◀── a strategy
//!     ├───────────────────▲
//!     └─────▶ sim ──▶ nothing of ours                 benches ──▶ anything
//! ```

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// What a crate may depend on, in any way: at run time, in its build script, in its tests.
enum Allowed {
    /// These crates of ours and no other.
    Only(&'static [&'static str]),
    /// Every crate of ours.
    Anything,
}

/// The arrows. `Err` holds what to do about a crate that the table does not know.
fn allowed(name: &str, folder: &str) -> Result<Allowed, String> {
    // Strategies, those in tests as well, are what strangers write: they see the interface alone.
    if folder.contains("/strategy-api/examples/") || folder.contains("/engine/tests/plugins/") {
        return Ok(Allowed::Only(&["strategy-api"]));
    }
    match name {
        "strategy-api" | "sim" => Ok(Allowed::Only(&[])),
        "feed" => Ok(Allowed::Only(&["strategy-api"])),
        "engine" => Ok(Allowed::Only(&["feed", "sim", "strategy-api"])),
        "benches" => Ok(Allowed::Anything),
        other => Err(format!(
            "{other} is new in the workspace: decide what it may depend on, draw the arrow in \
             ARCHITECTURE.md, and add it here"
        )),
    }
}

/// `cargo metadata` of the workspace, without a look at any registry.
fn metadata() -> Value {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline", "--manifest-path"])
        .arg(manifest)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Folders of the workspace's crates by name, and the arrows that go out of each.
fn arrows(metadata: &Value) -> BTreeMap<String, (String, BTreeSet<String>)> {
    let packages = metadata["packages"].as_array().unwrap();
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    let ours: BTreeSet<String> = packages.iter().map(name).collect();
    let of = |package: &Value| {
        let dependencies = package["dependencies"].as_array().unwrap();
        // Whatever lies on a path is ours as well, were it outside the workspace.
        let own = dependencies.iter().filter(|d| d["path"].is_string() || ours.contains(&name(d)));
        (package["manifest_path"].as_str().unwrap().to_owned(), own.map(name).collect())
    };
    packages.iter().map(|package| (name(package), of(package))).collect()
}

#[test]
fn crates_point_only_where_they_may() {
    let arrows = arrows(&metadata());
    let mut wrong = Vec::new();
    for (name, (manifest, targets)) in &arrows {
        match allowed(name, manifest) {
            Err(what_to_do) => wrong.push(what_to_do),
            Ok(Allowed::Anything) => {}
            Ok(Allowed::Only(may)) => {
                let forbidden = targets.iter().filter(|to| !may.contains(&to.as_str()));
                wrong.extend(forbidden.map(|to| format!("{name} must not depend on {to}")));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn the_arrows_of_the_picture_are_there() {
    let arrows = arrows(&metadata());
    for (from, to) in [
        ("engine", "feed"),
        ("engine", "sim"),
        ("engine", "strategy-api"),
        ("feed", "strategy-api"),
        ("hello", "strategy-api"),
        ("imbalance", "strategy-api"),
        ("misbehaving", "strategy-api"),
    ] {
        assert!(arrows[from].1.contains(to), "{from} no longer points at {to}");
    }
}
