//! Builds a strategy from its crate.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};

use serde_json::Value;

use super::error::BuildError;

/// Lines of cargo's output that an error shows.
const OUTPUT_LINES_MAX: usize = 60;

/// Words by which cargo says that it could not reach a registry.
const NETWORK_WORDS: [&str; 4] = [
    "failed to download",
    "failed to query replaced source",
    "Could not resolve",
    "unable to update",
];

/// Builds the crate in `directory` (`cargo build --release`) and returns the path of its shared
/// library. `progress` gets each line that cargo prints for people.
///
/// The target directory is cargo's own choice: that of the crate's workspace, or `CARGO_TARGET_DIR`.
/// A crate inside this workspace so shares what is built already. Cargo holds no lock on it while it
/// runs a program, so this works under `cargo run`, too. Where no registry can be reached, the build
/// is tried once more with what is on the disk.
///
/// # Errors
/// No manifest, no cargo, a build that fails (with cargo's own words), no `cdylib` in the crate.
pub fn build_crate(
    directory: &Path,
    mut progress: impl FnMut(&str),
) -> Result<PathBuf, BuildError> {
    let no_manifest = || BuildError::NoManifest { path: directory.to_path_buf() };
    let manifest = directory.join("Cargo.toml").canonicalize().map_err(|_| no_manifest())?;
    match run_cargo(directory, &manifest, false, &mut progress) {
        Err(BuildError::Failed { output, .. }) if is_network_trouble(&output) => {
            run_cargo(directory, &manifest, true, &mut progress)
        }
        result => result,
    }
}

fn is_network_trouble(output: &str) -> bool {
    NETWORK_WORDS.iter().any(|words| output.contains(words))
}

fn run_cargo(
    directory: &Path,
    manifest: &Path,
    offline: bool,
    progress: &mut dyn FnMut(&str),
) -> Result<PathBuf, BuildError> {
    let cargo = std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    let no_cargo = |source| BuildError::NoCargo {
        cargo: cargo.clone(),
        path: directory.to_path_buf(),
        source,
    };
    let mut command = Command::new(&cargo);
    command.args(["build", "--release", "--message-format=json-render-diagnostics"]);
    command.arg("--manifest-path").arg(manifest);
    if offline {
        command.arg("--offline");
    }
    forget_outer_package(&mut command);
    // From its own directory, so that its own `.cargo/config.toml` counts.
    command.current_dir(manifest.parent().unwrap_or(directory));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(no_cargo)?;

    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        unreachable!("both are piped above");
    };
    let wanted = manifest.to_path_buf();
    let messages = std::thread::spawn(move || find_library(stdout, &wanted));
    let mut lines = Vec::new();
    for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).trim_end().to_string();
        progress(&line);
        lines.push(line);
    }
    let status = child.wait().map_err(no_cargo)?;
    let library = messages.join().unwrap_or_default();
    if !status.success() {
        let start = lines.len().saturating_sub(OUTPUT_LINES_MAX);
        let output = lines[start..].join("\n");
        return Err(BuildError::Failed { path: directory.to_path_buf(), status, output });
    }
    library.ok_or_else(|| BuildError::NoLibrary { path: directory.to_path_buf() })
}

/// Takes away what an outer `cargo run` or `cargo test` says about *its* package; build scripts would
/// see it change between runs and build everything again.
fn forget_outer_package(command: &mut Command) {
    for (key, _) in std::env::vars_os() {
        let name = key.to_string_lossy();
        let outer =
            ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
        if outer.iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(&key);
        }
    }
}

/// The shared library of the package with this manifest, from cargo's stream of messages. Reads the
/// stream to its end, so that cargo never waits for us.
fn find_library(stdout: ChildStdout, manifest: &Path) -> Option<PathBuf> {
    let mut found = None;
    let mut reader = BufReader::new(stdout);
    let mut line = String::new();
    while let Ok(1..) = reader.by_ref().read_line(&mut line) {
        found = library_in(&line, manifest).or(found);
        line.clear();
    }
    found
}

fn library_in(message: &str, manifest: &Path) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    if message["reason"] != "compiler-artifact"
        || !message["target"]["kind"].as_array()?.iter().any(|kind| kind == "cdylib")
    {
        return None;
    }
    let path = Path::new(message["manifest_path"].as_str()?);
    if path != manifest && path.canonicalize().ok()? != manifest {
        return None;
    }
    let names = message["filenames"].as_array()?.iter().filter_map(Value::as_str);
    let suffix = std::env::consts::DLL_SUFFIX;
    names.filter(|name| name.ends_with(suffix)).map(PathBuf::from).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: &str, manifest: &str, file: &str) -> String {
        format!(
            r#"{{"reason":"compiler-artifact","manifest_path":"{manifest}","target":{{"kind":["{kind}"]}},"filenames":["/t/libx.rlib","{file}"]}}"#
        )
    }

    #[test]
    fn only_the_shared_library_of_the_named_package_counts() {
        let own = Path::new("/x/Cargo.toml");
        let found = |kind, manifest| library_in(&message(kind, manifest, "/t/libx.so"), own);
        assert_eq!(found("cdylib", "/x/Cargo.toml"), Some(PathBuf::from("/t/libx.so")));
        assert_eq!(found("lib", "/x/Cargo.toml"), None);
        assert_eq!(found("cdylib", "/y/Cargo.toml"), None);
        assert_eq!(library_in("not json", own), None);
        assert_eq!(library_in(r#"{"reason":"build-finished"}"#, own), None);
    }

    #[test]
    fn a_directory_without_a_manifest_is_named() {
        let error = build_crate(Path::new("/nonexistent/strategy"), |_| ()).unwrap_err();
        assert!(matches!(error, BuildError::NoManifest { .. }));
        assert!(error.to_string().contains("/nonexistent/strategy"));
    }

    #[test]
    fn compile_errors_are_not_taken_for_network_trouble() {
        assert!(!is_network_trouble("error[E0308]: mismatched types"));
        assert!(is_network_trouble("error: failed to download from `somewhere`"));
    }
}
