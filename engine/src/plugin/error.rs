//! Why a plugin cannot be built, loaded or made.

use std::path::PathBuf;
use std::process::ExitStatus;

/// Why a strategy crate could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The directory, or its manifest, is not there.
    #[error(
        "no strategy crate at {path}: there is no Cargo.toml (a strategy is `crate = \"DIR\"` or \
         `plugin = \"FILE.so\"`; `engine new NAME` writes a crate)"
    )]
    NoManifest {
        /// The directory that was named.
        path: PathBuf,
    },
    /// Cargo is not installed, or could not be started.
    #[error("cannot start `{cargo}` to build {path} (is Rust installed and in PATH?)")]
    NoCargo {
        /// The program that was tried.
        cargo: PathBuf,
        /// The crate.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Cargo failed; its own words follow.
    #[error("cargo could not build {path} ({status}):\n{output}")]
    Failed {
        /// The crate.
        path: PathBuf,
        /// How cargo ended.
        status: ExitStatus,
        /// The end of what it printed.
        output: String,
    },
    /// It built, but there is no shared library.
    #[error(
        "{path} built, but made no shared library: put `crate-type = [\"cdylib\"]` under [lib] in \
         its Cargo.toml"
    )]
    NoLibrary {
        /// The crate.
        path: PathBuf,
    },
}

/// Why a plugin could not be loaded, or a strategy of it not be made. Each names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PluginError {
    /// The file is not there, or cannot be read.
    #[error("cannot read the plugin {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It is a directory, a device, a pipe.
    #[error("{path} is not a regular file")]
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// Somebody else could change the code that the engine runs.
    #[error("{path} {problem}: {cure}")]
    Unsafe {
        /// The file, or the directory around it.
        path: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
        /// What to do.
        cure: String,
    },
    /// The bytes are not a shared library of this kind of system.
    #[error("{path} is not a shared library: {reason}")]
    NotALibrary {
        /// The file.
        path: PathBuf,
        /// What is wrong with the bytes.
        reason: String,
    },
    /// It is a library for another machine.
    #[error("{path} is built for {found}, this machine is {wanted}: build the plugin here")]
    WrongArchitecture {
        /// The file.
        path: PathBuf,
        /// What it is built for.
        found: String,
        /// What is needed.
        wanted: &'static str,
    },
    /// The configuration demands a checksum and gives none.
    #[error(
        "no checksum for {path}: this mode loads only plugins whose SHA-256 is in the \
         configuration; it is {actual}"
    )]
    NoChecksum {
        /// The file.
        path: PathBuf,
        /// Its checksum.
        actual: String,
    },
    /// The file is not the one that the configuration means.
    #[error("{path} has changed: its SHA-256 is {actual}, the configuration says {wanted}")]
    WrongChecksum {
        /// The file.
        path: PathBuf,
        /// Its checksum.
        actual: String,
        /// What the configuration says.
        wanted: String,
    },
    /// The file was replaced while it was being looked at.
    #[error("{path} was changed while it was being loaded: load it again when it is finished")]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The dynamic linker refused it.
    #[error("the system cannot load {path}")]
    Linker {
        /// The file.
        path: PathBuf,
        /// What the linker said.
        #[source]
        source: libloading::Error,
    },
    /// It is a library, but no strategy.
    #[error(
        "{path} has no function `strategy_plugin`: it is no strategy (in Rust: \
         `export_strategy!(MyStrategy)`; in C: see strategy.h)"
    )]
    MissingSymbol {
        /// The file.
        path: PathBuf,
    },
    /// The table that it exports cannot be used.
    #[error("{path}: {reason}")]
    BadTable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// It was compiled against another version of the ABI.
    #[error(
        "{path} was built for version {found_major}.{found_minor} of the strategy ABI, this engine \
         has {major}.{minor}: build it again with this engine's strategy-api"
    )]
    WrongVersion {
        /// The file.
        path: PathBuf,
        /// Major version of the plugin.
        found_major: u16,
        /// Minor version of the plugin.
        found_minor: u16,
        /// Ours.
        major: u16,
        /// Ours.
        minor: u16,
    },
    /// A function that every strategy needs is missing.
    #[error("{path}: `{slot}` is null in its table; every strategy must have it")]
    NullSlot {
        /// The file.
        path: PathBuf,
        /// Which.
        slot: &'static str,
    },
    /// The strategy refused to start: mostly wrong parameters.
    #[error("strategy `{name}` cannot start: {message}")]
    Refused {
        /// Name of the strategy.
        name: String,
        /// What it said.
        message: String,
    },
    /// The strategy panicked while it was made.
    #[error("strategy `{name}` panicked while starting: {message}")]
    Panicked {
        /// Name of the strategy.
        name: String,
        /// The panic's words and place.
        message: String,
    },
    /// It asked for its parameters by name, and these it did not ask for.
    #[error("strategy `{name}` does not know the parameter `{}`", keys.join("`, `"))]
    UnknownParameters {
        /// Name of the strategy.
        name: String,
        /// The keys.
        keys: Vec<String>,
    },
    /// The strategy returned success without an instance.
    #[error("strategy `{name}`: `create` returned success but no instance")]
    NoInstance {
        /// Name of the strategy.
        name: String,
    },
}

/// A strategy has stopped. The others go on.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("strategy `{}` stopped in {}: {}{}", .0.name, .0.callback, .0.cause.words(), .0.message)]
pub struct Stopped(Box<StopReport>);

/// What there is to say about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StopReport {
    /// Name of the strategy.
    pub name: String,
    /// In which callback.
    pub callback: &'static str,
    /// What it did.
    pub cause: StopCause,
    /// Its words.
    pub message: String,
}

/// How a strategy came to stop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum StopCause {
    /// A callback panicked; the instance is never entered again, not even to free it.
    Panic,
    /// A callback returned an error.
    Error,
    /// A callback returned a status that has no meaning.
    UnknownStatus(i32),
    /// It asked for it, or the engine ended: in order, `on_stop` can run.
    Requested,
}

impl StopCause {
    fn words(self) -> String {
        match self {
            Self::Panic => String::from("panic: "),
            Self::Error | Self::Requested => String::new(),
            Self::UnknownStatus(status) => format!("status {status}, which has no meaning. "),
        }
    }
}

impl Stopped {
    pub(super) fn new(report: StopReport) -> Self {
        Self(Box::new(report))
    }

    /// The details.
    pub fn report(&self) -> &StopReport {
        &self.0
    }

    /// Whether it failed, rather than asking to be stopped.
    pub fn is_failure(&self) -> bool {
        self.0.cause != StopCause::Requested
    }
}
