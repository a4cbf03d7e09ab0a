//! The C ABI between the engine and a strategy.
//!
//! A strategy is a shared library that exports one function, [`SYMBOL`]. It returns a pointer to a
//! [`PluginTable`] that lives as long as the library. On `create` the engine hands over a
//! [`HostTable`], a context pointer for it, and the parameters. That is all: two tables of function
//! pointers, records by pointer, no shared memory management, no exceptions, no compiler pinned.
//!
//! # Versions
//! `abi_major` says what breaks: both sides must have the same. `abi_minor` rises when slots are
//! appended to a table. Each side writes the `size` of the table that it knows; the other copies what
//! both know and takes what is missing as null. So an old plugin runs in a new engine, and a new
//! plugin runs in an old engine if it can do without the new slots.
//!
//! # Rules
//! - Callbacks of one instance run one at a time, all on one thread; only `create` and `destroy` may
//!   run on another. The host's functions may be called from inside a callback only, with the context
//!   given on `create`, on the thread of that callback.
//! - Pointers that either side passes live until the call returns; nobody frees what the other side
//!   allocated. Text is UTF-8 with a length, not NUL-terminated, unless a comment says otherwise.
//! - A callback returns [`STATUS_OK`], or a status that stops this instance. No exception and no
//!   panic may leave it: that would abort the engine.
//! - A null callback is skipped. `create` and `destroy` must be there.
//! - Reserved fields are zero. Values of later versions may appear in any `uint8_t` that names
//!   something: take what you do not know as "other".
//!
//! This module holds the only `unsafe` code of the crate, besides the casts of records in
//! [`record`](crate::record).

mod host;
mod plugin;

#[cfg(feature = "std")]
mod bridge;
#[cfg(feature = "std")]
mod context;
#[cfg(feature = "std")]
mod glue;
#[cfg(feature = "std")]
mod params;

#[cfg(feature = "std")]
pub use bridge::{Bridge, Pending};
#[cfg(feature = "std")]
pub use context::Context;
#[cfg(feature = "std")]
pub use glue::{c_text, table};
pub use host::{HostContext, HostTable};
pub use plugin::{PluginInstance, PluginTable};

use core::ffi::CStr;

/// Breaks when it changes.
pub const ABI_MAJOR: u16 = 1;
/// Rises when slots are appended. 1: `on_session`, `pnl`, `account_pnl`.
pub const ABI_MINOR: u16 = 1;

/// Name of the function that a plugin exports:
/// `const StrategyPluginTable *strategy_plugin(void)`.
pub const SYMBOL: &CStr = c"strategy_plugin";

/// Bytes of a plugin's name, version or description, the NUL included.
pub const PLUGIN_TEXT_BYTES_MAX: usize = 128;

/// A callback did its work.
pub const STATUS_OK: i32 = 0;
/// A callback failed; the instance is stopped. Say why with [`HostTable::set_error`] before.
pub const STATUS_ERROR: i32 = 1;
/// A callback panicked and the panic was caught; the instance is stopped and not entered again.
pub const STATUS_PANIC: i32 = 2;
/// On `create`: the engine's tables are too old or of another major version.
pub const STATUS_VERSION: i32 = 3;
