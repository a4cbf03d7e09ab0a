//! Who acts, and when: for the latch and its history.

use std::os::unix::fs::MetadataExt;
use std::time::SystemTime;
use strategy_api::UnixNanos;

/// The user that runs this process: its name, as the environment has it, and its number, as the system
/// has it.
pub(super) fn who() -> String {
    let name = ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| "somebody".to_owned());
    match std::fs::metadata("/proc/self") {
        Ok(process) => format!("{name} (uid {})", process.uid()),
        Err(_) => name,
    }
}

/// The system's clock.
pub(super) fn now() -> UnixNanos {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixNanos::new(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
