//! The hops of an event, from the kernel to the gate, and of the order it caused, to the broker and back.

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
/// The gateway's decision to the journal's word that the order is safe: from here on a crash cannot make
/// the engine forget it.
pub const GATE_TO_JOURNALED: &str = "gate→journaled";
/// That word to the last byte of the order written to the broker; for a cancel also the wait for the
/// broker's rate.
pub const JOURNALED_TO_WRITTEN: &str = "journaled→written";
/// The gateway's decision to the last byte written: the two above together.
pub const GATE_TO_WRITTEN: &str = "gate→written";
/// Kernel timestamp of the record that caused an order to its last byte written: tick-to-trade,
/// `tick→gate` and `gate→written` together.
pub const TICK_TO_WRITTEN: &str = "tick→written";
/// Last byte written to the whole reply read: network and broker.
pub const WRITTEN_TO_REPLY: &str = "written→reply";
/// Reply to the 접수 frame on the feed, where the reply came first.
pub const REPLY_TO_ACCEPTED: &str = "reply→accepted";
/// 접수 frame to the reply, where the frame came first.
pub const ACCEPTED_TO_REPLY: &str = "accepted→reply";
/// Last byte written to the 접수 frame, whichever came first.
pub const WRITTEN_TO_ACCEPTED: &str = "written→accepted";
