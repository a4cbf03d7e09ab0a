//! stub
use crate::market::Transition;
use crate::order::Machine;
use feed::ring::SLOT_WORDS;
use strategy_api::{InstrumentId, UnixNanos, WorkingOrder};
/// stub
pub fn position<'b>(
    _m: &Machine,
    _s: u16,
    _i: InstrumentId,
    b: &'b mut [u64; SLOT_WORDS],
) -> &'b [u64] {
    &b[..0]
}
/// stub
pub fn working<'b>(_w: &WorkingOrder, b: &'b mut [u64; SLOT_WORDS]) -> &'b [u64] {
    &b[..0]
}
/// stub
pub fn session<'b>(_t: &Transition, _n: UnixNanos, b: &'b mut [u64; SLOT_WORDS]) -> &'b [u64] {
    &b[..0]
}
