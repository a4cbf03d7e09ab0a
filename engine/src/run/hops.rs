//! The hops of an event, from the kernel to the gate.

/// Kernel timestamp to the return of the read.
pub const KERNEL_TO_READ: &str = "kernel→read";
/// Return of the read to the record in the ring: decrypt, frame, scan, publish.
pub const READ_TO_PUBLISHED: &str = "read→published";
/// Record in the ring to the strategy's thread picking it up.
pub const PUBLISHED_TO_STRATEGY: &str = "published→strategy";
/// Kernel timestamp (or the read, where there is none) to the strategy: the whole way in.
pub const WIRE_TO_STRATEGY: &str = "wire→strategy";
/// The callback.
pub const STRATEGY: &str = "strategy";
/// `submit` to the gateway's decision.
pub const SUBMIT_TO_GATE: &str = "submit→gate";
/// Kernel timestamp of the record that caused an order to the gateway's decision on it.
pub const TICK_TO_GATE: &str = "tick→gate";

/// stub
pub const GATEWAY: [&str; 2] = [SUBMIT_TO_GATE, TICK_TO_GATE];
