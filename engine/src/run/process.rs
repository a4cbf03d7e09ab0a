//! What the process itself used.

/// Largest resident memory so far, bytes, and processor time used by all threads, seconds.
pub(super) fn usage() -> (u64, f64) {
    // SAFETY: `rusage` is plain numbers, for which all zeroes is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a live `rusage`; the call writes it and nothing else.
    if unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) } != 0 {
        return (0, 0.0);
    }
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    // Linux counts in KiB. `ru_maxrss` outlives an `exec`: under `cargo run` it would be cargo's.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = high_water_kib(&status).unwrap_or(usage.ru_maxrss as u64);
    (peak * 1024, seconds(usage.ru_utime) + seconds(usage.ru_stime))
}

/// The largest resident set of this program's own memory.
fn high_water_kib(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_from_the_programs_own_memory() {
        let status = "VmPeak:\t  9000 kB\nVmHWM:\t    4321 kB\nVmRSS:\t 4000 kB\n";
        assert_eq!(high_water_kib(status), Some(4321));
        assert_eq!(high_water_kib("VmHWM: lots"), None);
        assert!(usage().0 > 1 << 20);
    }
}
