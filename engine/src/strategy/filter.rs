//! Which records of the shared stream a strategy asked for.

use strategy_api::{Header, InstrumentId, Kind, Venue};

/// Venues an instrument can be registered for, as slots of the table.
const VENUES: usize = 4;

/// A table of bits: one word for each instrument and venue, one bit for each kind.
///
/// # Hot path
/// One load and one test; never allocates after it is built.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Kinds that are registered market- or account-wide.
    wide: u64,
    by_instrument: Vec<u64>,
}

impl Filter {
    /// A filter that lets only the engine's own feed events through.
    pub fn new() -> Self {
        Self { wide: bit(Kind::FEED_EVENT), by_instrument: Vec::new() }
    }

    /// Lets a market- or account-wide kind through.
    pub fn allow_wide(&mut self, kind: Kind) {
        self.wide |= bit(kind);
    }

    /// Lets a kind through for one instrument on one venue.
    pub fn allow(&mut self, instrument: InstrumentId, venue: Venue, kind: Kind) {
        let slot = slot(instrument, venue);
        if self.by_instrument.len() <= slot {
            self.by_instrument.resize(slot + 1, 0);
        }
        self.by_instrument[slot] |= bit(kind);
    }

    /// Whether the record behind this header is wanted.
    #[inline]
    pub fn wants(&self, header: &Header) -> bool {
        let bit = bit(header.kind);
        if self.wide & bit != 0 {
            return true;
        }
        match self.by_instrument.get(slot(header.instrument, header.venue)) {
            Some(kinds) => kinds & bit != 0,
            None => false,
        }
    }
}

#[inline]
fn bit(kind: Kind) -> u64 {
    1u64.checked_shl(u32::from(kind.0)).unwrap_or(0)
}

#[inline]
fn slot(instrument: InstrumentId, venue: Venue) -> usize {
    instrument.index() * VENUES + (venue.0 as usize % VENUES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(kind: Kind, instrument: u16, venue: Venue) -> Header {
        Header { kind, instrument: InstrumentId(instrument), venue, ..Header::default() }
    }

    #[test]
    fn only_the_registered_pairs_and_feed_events_pass() {
        let mut filter = Filter::new();
        filter.allow(InstrumentId(3), Venue::NXT, Kind::TRADE);
        filter.allow_wide(Kind::SESSION_STATE);
        assert!(filter.wants(&header(Kind::TRADE, 3, Venue::NXT)));
        assert!(!filter.wants(&header(Kind::TRADE, 3, Venue::KRX)));
        assert!(!filter.wants(&header(Kind::DEPTH, 3, Venue::NXT)));
        assert!(!filter.wants(&header(Kind::TRADE, 4, Venue::NXT)));
        assert!(!filter.wants(&header(Kind::TRADE, u16::MAX, Venue::UNKNOWN)));
        assert!(filter.wants(&header(Kind::SESSION_STATE, u16::MAX, Venue::UNKNOWN)));
        assert!(filter.wants(&header(Kind::FEED_EVENT, u16::MAX, Venue::UNKNOWN)));
        assert!(!filter.wants(&header(Kind(200), 0, Venue::KRX)));
    }
}
