//! Pinning threads to cores.

/// Pins the calling thread to a core; says so in the log when the machine will not have it.
pub fn pin(name: &str, core: Option<usize>) {
    let Some(core) = core else { return };
    if core_affinity::set_for_current(core_affinity::CoreId { id: core }) {
        tracing::debug!(thread = name, core, "pinned");
    } else {
        tracing::warn!(
            thread = name,
            core,
            "cannot be pinned: the core does not exist or is not allowed (see nproc, taskset -p)"
        );
    }
}
