//! `engine new`: a strategy crate that builds, whose test passes, and that the engine loads.

use anyhow::{Context, bail};
use std::fs;
use std::path::{Path, PathBuf};

const FILES: [(&str, &str); 4] = [
    ("Cargo.toml", include_str!("template/Cargo.toml.in")),
    ("src/lib.rs", include_str!("template/lib.rs.in")),
    ("@NAME@.toml", include_str!("template/config.toml.in")),
    (".gitignore", "/target\n/runs\n/orders-*\n/kill-*.latch*\n"),
];

/// Words that cannot name a crate.
const TAKEN: [&str; 6] = ["test", "core", "std", "alloc", "strategy-api", "serde"];

/// Makes the crate `name` in `parent`; returns its folder. `api` is the folder of `strategy-api`.
pub fn create(name: &str, parent: &Path, api: &Path) -> anyhow::Result<PathBuf> {
    check_name(name)?;
    if !api.join("Cargo.toml").is_file() {
        bail!(
            "cannot find strategy-api at {}; the engine's sources have moved since it was built: \
             build it again where they are now",
            api.display()
        );
    }
    let api = api.canonicalize().context("cannot resolve the folder of strategy-api")?;
    let folder = parent.join(name);
    if folder.exists() {
        bail!("{} exists already; nothing was changed", folder.display());
    }
    fs::create_dir_all(folder.join("src"))
        .with_context(|| format!("cannot create {}", folder.display()))?;
    for (file, template) in FILES {
        let path = folder.join(fill(file, name, &api));
        fs::write(&path, fill(template, name, &api))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(folder)
}

/// Where the sources of `strategy-api` were when the engine was built.
pub fn api_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../strategy-api")
}

fn check_name(name: &str) -> anyhow::Result<()> {
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase());
    let rest =
        name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c));
    if !starts || !rest || name.len() > 32 {
        bail!(
            "{name:?} cannot name a strategy: 1 to 32 lower-case letters, digits, '-' or '_', a letter first"
        );
    }
    if TAKEN.contains(&name) {
        bail!("{name:?} is the name of something else already; choose another");
    }
    Ok(())
}

fn fill(template: &str, name: &str, api: &Path) -> String {
    template
        .replace("@NAME@", name)
        .replace("@TYPE@", &type_name(name))
        .replace("@API@", &api.display().to_string().replace('\\', "\\\\").replace('"', "\\\""))
}

/// `dip-buyer` is `DipBuyer`.
fn type_name(name: &str) -> String {
    name.split(['-', '_'])
        .filter(|word| !word.is_empty())
        .map(|word| word[..1].to_ascii_uppercase() + &word[1..])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_type() {
        assert_eq!(type_name("dip-buyer_2"), "DipBuyer2");
    }

    #[test]
    fn bad_names_and_taken_folders_change_nothing() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["", "Big", "1st", "a b", "../x", "core", "ä"] {
            assert!(create(name, dir.path(), &api_folder()).is_err(), "{name}");
        }
        fs::create_dir(dir.path().join("mine")).unwrap();
        let error = create("mine", dir.path(), &api_folder()).unwrap_err().to_string();
        assert!(error.contains("exists already"), "{error}");
        assert_eq!(fs::read_dir(dir.path().join("mine")).unwrap().count(), 0);
    }

    #[test]
    fn every_placeholder_is_filled() {
        let dir = tempfile::tempdir().unwrap();
        let folder = create("dip-buyer", dir.path(), &api_folder()).unwrap();
        for file in ["Cargo.toml", "src/lib.rs", "dip-buyer.toml", ".gitignore"] {
            let text = fs::read_to_string(folder.join(file)).unwrap();
            assert!(
                !text.contains("@NAME@") && !text.contains("@TYPE@") && !text.contains("@API@")
            );
        }
        let config = crate::config::load(&folder.join("dip-buyer.toml")).unwrap();
        assert_eq!(config.strategies[0].name, "dip-buyer");
    }
}
