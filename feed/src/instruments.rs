//! Which number an instrument has, and which symbol a number stands for.
//!
//! # Hot path
//!
//! [`Instruments::lookup`] never allocates, locks or calls the kernel: one hash of at most 16 bytes
//! and usually one probe, a few nanoseconds. Readers in any thread see every registration that
//! happened before they look, without waiting for the writer.
//!
//! # How
//!
//! The table is append-only and of fixed size. The one writer ([`Registrar`]) writes the symbol of a
//! new number, then publishes the number in the hash table; nothing is ever changed or removed. When
//! all numbers are taken, registering answers [`InstrumentsError::Full`].

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use strategy_api::{InstrumentId, Symbol, Venue};

/// The table, for readers. Clones are cheap and see the same table.
#[derive(Clone)]
pub struct Instruments {
    table: Arc<Table>,
}

/// The one who adds instruments.
#[derive(Debug)]
pub struct Registrar {
    instruments: Instruments,
}

/// Why an instrument was not registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InstrumentsError {
    /// All numbers are taken. Start with a larger capacity.
    #[error(
        "all {capacity} instrument numbers are taken, no room for {code:?}; raise the capacity"
    )]
    Full {
        /// Numbers there are.
        capacity: usize,
        /// The code that found no room.
        code: String,
    },
    /// The code is empty, longer than 15 bytes, or holds a NUL.
    #[error("{code:?} is no instrument code: 1 to 15 bytes, a venue suffix apart")]
    BadCode {
        /// The code.
        code: String,
    },
}

struct Table {
    /// Open addressing, a power of two long, at most half full: number + 1, or 0.
    slots: Box<[AtomicU32]>,
    /// By number: the 16 bytes of the symbol as two words.
    symbols: Box<[[AtomicU64; 2]]>,
    /// Numbers given out.
    len: AtomicU32,
}

/// The base code and the venue that a suffix names: `005930_NX` is `005930` on NXT. The empty item
/// of market-wide types has no venue.
#[inline]
pub fn split_code(code: &[u8]) -> (&[u8], Venue) {
    match code {
        [] => (code, Venue::UNKNOWN),
        [base @ .., b'_', b'N', b'X'] => (base, Venue::NXT),
        [base @ .., b'_', b'A', b'L'] => (base, Venue::SOR),
        _ => (code, Venue::KRX),
    }
}

impl Instruments {
    /// An empty table for `capacity` instruments (at most 65,535: the last number means "none").
    pub fn with_capacity(capacity: usize) -> (Registrar, Self) {
        let capacity = capacity.min(InstrumentId::NONE.index());
        let slots = (capacity * 2).next_power_of_two().max(2);
        let instruments = Self {
            table: Arc::new(Table {
                slots: (0..slots).map(|_| AtomicU32::new(0)).collect(),
                symbols: (0..capacity).map(|_| [AtomicU64::new(0), AtomicU64::new(0)]).collect(),
                len: AtomicU32::new(0),
            }),
        };
        (Registrar { instruments: instruments.clone() }, instruments)
    }

    /// The number and the venue of a code as it stands in `item`, suffix included.
    #[inline(always)]
    pub fn lookup(&self, code: &[u8]) -> (InstrumentId, Venue) {
        let (base, venue) = split_code(code);
        (self.find(base).unwrap_or(InstrumentId::NONE), venue)
    }

    /// The symbol of a number; `None` for numbers not given out.
    pub fn symbol(&self, instrument: InstrumentId) -> Option<Symbol> {
        let words = self.table.symbols.get(instrument.index())?;
        if instrument.index() >= self.len() {
            return None;
        }
        let mut bytes = [0u8; 16];
        // Relaxed: `len` (Acquire) was read above and pairs with its Release store in `register`.
        bytes[..8].copy_from_slice(&words[0].load(Ordering::Relaxed).to_ne_bytes());
        bytes[8..].copy_from_slice(&words[1].load(Ordering::Relaxed).to_ne_bytes());
        let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
        Symbol::new(std::str::from_utf8(&bytes[..end]).ok()?)
    }

    /// How many instruments there are.
    pub fn len(&self) -> usize {
        // Acquire: pairs with the Release store in `register`; symbols below `len` are there.
        self.table.len.load(Ordering::Acquire) as usize
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many instruments there can be.
    pub fn capacity(&self) -> usize {
        self.table.symbols.len()
    }

    /// All numbers with their symbols, in order.
    pub fn iter(&self) -> impl Iterator<Item = (InstrumentId, Symbol)> + '_ {
        (0..self.len()).filter_map(|index| {
            let id = InstrumentId(index as u16);
            Some((id, self.symbol(id)?))
        })
    }

    #[inline(always)]
    fn find(&self, base: &[u8]) -> Option<InstrumentId> {
        // Shares have six bytes. A NUL at the end would be taken for the end of a shorter code; one
        // further in front makes a text that no symbol is.
        let (Some(first), Some(last), 6) =
            (base.first_chunk::<4>(), base.last_chunk::<2>(), base.len())
        else {
            return self.find_any(base);
        };
        let first = u64::from(u32::from_le_bytes(*first));
        let word = first | u64::from(u16::from_le_bytes(*last)) << 32;
        if word >> 40 == 0 {
            return None;
        }
        self.probe([word.to_le(), 0])
    }

    #[inline(never)]
    fn find_any(&self, base: &[u8]) -> Option<InstrumentId> {
        self.probe(key(base)?)
    }

    #[inline]
    fn probe(&self, key: [u64; 2]) -> Option<InstrumentId> {
        let mask = self.table.slots.len() - 1;
        let mut at = hash(key) & mask;
        loop {
            // Acquire: pairs with the Release store in `register`, so the symbol is visible.
            match self.table.slots[at].load(Ordering::Acquire) {
                0 => return None,
                number => {
                    let symbol = &self.table.symbols[number as usize - 1];
                    if symbol[0].load(Ordering::Relaxed) == key[0]
                        && symbol[1].load(Ordering::Relaxed) == key[1]
                    {
                        return Some(InstrumentId((number - 1) as u16));
                    }
                }
            }
            // Ends: at most half of the slots are taken.
            at = (at + 1) & mask;
        }
    }
}

impl Registrar {
    /// Gives `code` a number, or returns the one it has. A venue suffix does not count: the same
    /// base code on several venues is one instrument.
    pub fn register(&mut self, code: &str) -> Result<InstrumentId, InstrumentsError> {
        let (base, _) = split_code(code.as_bytes());
        let Some(key) = key(base) else {
            return Err(InstrumentsError::BadCode { code: code.to_owned() });
        };
        if let Some(known) = self.instruments.find(base) {
            return Ok(known);
        }
        let table = &*self.instruments.table;
        let number = self.instruments.len();
        let Some(symbol) = table.symbols.get(number) else {
            return Err(InstrumentsError::Full {
                capacity: table.symbols.len(),
                code: code.to_owned(),
            });
        };
        symbol[0].store(key[0], Ordering::Relaxed);
        symbol[1].store(key[1], Ordering::Relaxed);
        let mask = table.slots.len() - 1;
        let mut at = hash(key) & mask;
        // Relaxed: only this writer stores here.
        while table.slots[at].load(Ordering::Relaxed) != 0 {
            at = (at + 1) & mask;
        }
        // Release: pairs with the Acquire loads in `len` and `find`.
        table.len.store(number as u32 + 1, Ordering::Release);
        table.slots[at].store(number as u32 + 1, Ordering::Release);
        Ok(InstrumentId(number as u16))
    }

    /// Registers every code; stops at the first that cannot be.
    pub fn register_all<'c>(
        &mut self,
        codes: impl IntoIterator<Item = &'c str>,
    ) -> Result<(), InstrumentsError> {
        codes.into_iter().try_for_each(|code| self.register(code).map(drop))
    }

    /// The table.
    pub fn instruments(&self) -> &Instruments {
        &self.instruments
    }
}

impl fmt::Debug for Instruments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instruments")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .finish()
    }
}

/// A base code as two words; `None` if it cannot be a symbol.
#[inline]
fn key(base: &[u8]) -> Option<[u64; 2]> {
    if base.is_empty() || base.len() > 15 {
        return None;
    }
    // The text as two words, zeros behind it. Without a copy of variable length, which is a call.
    let [first, second] = match base.split_first_chunk::<8>() {
        Some((first, rest)) => [u64::from_ne_bytes(*first), short_word(rest)],
        None => [short_word(base), 0],
    };
    // A NUL inside would be taken for the end of a shorter code.
    if has_nul(first, base.len().min(8)) || has_nul(second, base.len().saturating_sub(8)) {
        return None;
    }
    Some([first, second])
}

/// Whether one of the first `len` bytes of a word, at most eight, is a NUL.
#[inline]
fn has_nul(word: u64, len: usize) -> bool {
    const ONES: u64 = u64::MAX / 255;
    // As if no byte behind them were one.
    let filled = u64::from_le(word) | u64::MAX.checked_shl(8 * len as u32).unwrap_or(0);
    filled.wrapping_sub(ONES) & !filled & (ONES << 7) != 0
}

/// Up to eight bytes at the start of a word, zeros behind them.
#[inline]
fn short_word(text: &[u8]) -> u64 {
    let mut word = [0u8; 8];
    match text {
        [a, b, c, d, rest @ ..] => {
            word[..4].copy_from_slice(&[*a, *b, *c, *d]);
            let last = text.last_chunk::<4>().copied().unwrap_or_default();
            // Overlaps what is there with the same bytes.
            let from = rest.len().min(4);
            word[from..from + 4].copy_from_slice(&last);
        }
        _ => {
            for (byte, text) in word.iter_mut().zip(text) {
                *byte = *text;
            }
        }
    }
    u64::from_ne_bytes(word)
}

#[inline]
fn hash(key: [u64; 2]) -> usize {
    let mixed = (key[0] ^ key[1].rotate_left(29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_base_code_is_one_instrument_on_every_venue() {
        let (mut registrar, instruments) = Instruments::with_capacity(8);
        let samsung = registrar.register("005930_NX").unwrap();
        assert_eq!(registrar.register("005930").unwrap(), samsung);
        let warrant = registrar.register("57JBHH").unwrap();
        assert_eq!(instruments.lookup(b"005930"), (samsung, Venue::KRX));
        assert_eq!(instruments.lookup(b"005930_NX"), (samsung, Venue::NXT));
        assert_eq!(instruments.lookup(b"005930_AL"), (samsung, Venue::SOR));
        assert_eq!(instruments.lookup(b"57JBHH"), (warrant, Venue::KRX));
        assert_eq!(instruments.lookup(b"000660_AL"), (InstrumentId::NONE, Venue::SOR));
        assert_eq!(instruments.lookup(b""), (InstrumentId::NONE, Venue::UNKNOWN));
        assert_eq!(instruments.symbol(samsung).unwrap(), "005930");
        assert_eq!(instruments.symbol(InstrumentId(2)), None);
        assert_eq!(instruments.symbol(InstrumentId::NONE), None);
        assert_eq!(instruments.len(), 2);
    }

    #[test]
    fn a_full_table_says_so_and_still_finds_what_it_has() {
        let (mut registrar, instruments) = Instruments::with_capacity(3);
        registrar.register_all(["001", "101", "201"]).unwrap();
        assert!(matches!(
            registrar.register("301"),
            Err(InstrumentsError::Full { capacity: 3, .. })
        ));
        assert_eq!(registrar.register("101_AL").unwrap(), InstrumentId(1));
        assert_eq!(instruments.iter().count(), 3);
    }

    #[test]
    fn codes_that_are_no_symbols_are_refused_and_never_found() {
        let (mut registrar, instruments) = Instruments::with_capacity(3);
        for code in ["", "_NX", "0123456789abcdef", "00\0"] {
            let refused = registrar.register(code);
            assert!(matches!(refused, Err(InstrumentsError::BadCode { .. })), "{code:?}");
            assert_eq!(instruments.lookup(code.as_bytes()).0, InstrumentId::NONE, "{code:?}");
        }
        assert!(registrar.register("0123456789abcde_AL").is_ok());
        registrar.register("00593").unwrap();
        for code in [&b"00593\0"[..], b"0059\0\0", b"00\x00593", b"\0\0\0\0\0\0"] {
            assert_eq!(instruments.lookup(code).0, InstrumentId::NONE, "{code:?}");
        }
    }

    #[test]
    fn every_number_can_be_given_out_and_none_is_left_over() {
        let (mut registrar, instruments) = Instruments::with_capacity(usize::MAX);
        assert_eq!(instruments.capacity(), 65_535);
        for number in 0..65_535u32 {
            assert_eq!(registrar.register(&format!("{number:06}")).unwrap().0 as u32, number);
        }
        assert!(registrar.register("X").is_err());
        for number in [0, 1, 4_711, 65_534u32] {
            let code = format!("{number:06}");
            assert_eq!(instruments.lookup(code.as_bytes()).0.0 as u32, number);
        }
    }

    #[test]
    fn readers_in_other_threads_find_what_was_registered() {
        let (mut registrar, instruments) = Instruments::with_capacity(2_000);
        let reader = std::thread::spawn(move || {
            while instruments.len() < 2_000 {
                let seen = instruments.len();
                if let Some(last) = seen.checked_sub(1) {
                    let symbol = instruments.symbol(InstrumentId(last as u16)).unwrap();
                    assert_eq!(symbol.as_str(), format!("{last:06}"));
                }
                for (id, symbol) in instruments.iter().take(seen.saturating_sub(1)) {
                    assert_eq!(instruments.lookup(symbol.as_bytes()).0, id);
                }
            }
        });
        for number in 0..2_000 {
            registrar.register(&format!("{number:06}")).unwrap();
        }
        reader.join().unwrap();
    }
}
