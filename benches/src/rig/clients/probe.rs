//! The engine's plugin of the rig: built from C, so that nothing but the ABI can come through.

use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCE: &str = include_str!("probe.c");
const HEADER: &str = include_str!("../../../../strategy-api/include/strategy.h");

/// Builds the plugin into a folder (`cc`, or what `CC` says).
///
/// # Errors
/// When there is no compiler, or it refuses.
pub fn build(folder: &Path) -> anyhow::Result<PathBuf> {
    let (source, library) = (folder.join("probe.c"), folder.join("probe.so"));
    std::fs::write(&source, SOURCE)?;
    std::fs::write(folder.join("strategy.h"), HEADER)?;
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let output = Command::new(&compiler)
        .args(["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-I"])
        .arg(folder)
        .arg("-o")
        .arg(&library)
        .arg(&source)
        .output()
        .with_context(|| {
            format!("cannot start {}: the rig needs a C compiler", compiler.display())
        })?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the plugin of the rig does not compile:\n{said}");
    Ok(library)
}
