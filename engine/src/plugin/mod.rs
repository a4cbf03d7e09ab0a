//! The plugin host: builds, checks, loads and calls strategies.
//!
//! ```text
//! crate ──build──▶ file ──inspect──▶ dlopen ──table──▶ Plugin ──create──▶ Instance ──dispatch──▶ …
//! ```
//!
//! Nothing of a plugin is used before it was checked: file, owner, mode, checksum, ELF header, symbol,
//! version, table, names. From `dlopen` on the plugin's code runs inside the engine with all its
//! rights; the checks keep accidents out, not malice. A library is never unloaded: threads,
//! thread-local destructors and pointers of it may outlive everything.

mod build;
mod error;
#[allow(unsafe_code)] // Asks who runs the engine.
mod inspect;
#[allow(unsafe_code)] // Calls into the plugin.
mod instance;
#[allow(unsafe_code)] // Loads the plugin and reads its table.
mod library;

pub use build::build_crate;
pub use error::{BuildError, PluginError, StopCause, StopReport, Stopped};
pub use inspect::{Checks, sha256_hex};
pub use instance::Instance;
pub use library::Plugin;
pub use strategy_api::host::Host;

use std::path::PathBuf;

/// Where a strategy comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PluginSource {
    /// A shared library.
    Library(PathBuf),
    /// The directory of a Rust crate, built in release before it is loaded.
    Crate(PathBuf),
}

/// A strategy as the configuration names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PluginSpec {
    /// Name in this run; a plugin can run several times under several names.
    pub name: String,
    /// Where it comes from.
    pub source: PluginSource,
    /// Its parameters as TOML text.
    pub params_toml: String,
    /// What is demanded of the file.
    pub checks: Checks,
}

/// Why a strategy of the configuration does not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpecError {
    /// It could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// It could not be loaded or made.
    #[error(transparent)]
    Plugin(#[from] PluginError),
}

impl PluginSpec {
    /// Builds the crate if it is one, and loads the library. `progress` gets cargo's lines.
    ///
    /// # Errors
    /// Whatever is wrong with the crate or with the file.
    pub fn load(&self, progress: impl FnMut(&str)) -> Result<Plugin, SpecError> {
        let path = match &self.source {
            PluginSource::Library(path) => path.clone(),
            PluginSource::Crate(path) => build_crate(path, progress)?,
        };
        Ok(Plugin::load(&path, &self.checks)?)
    }
}
