//! What the engine knows about an instrument of this run.

use crate::record::InstrumentId;
use crate::text::{Symbol, Text};

/// An instrument of this run. The same base code on several venues is one instrument.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Instrument {
    /// Its number in this run.
    pub id: InstrumentId,
    /// Zero.
    pub reserved: [u8; 6],
    /// Its code without a venue suffix (`005930`).
    pub symbol: Symbol,
    /// Its name; empty when the engine did not learn it.
    pub name: Text<48>,
}
