//! What the scanner wants of each type: the schema's tables, turned into look-up tables.

use std::fmt;

use super::shape::{Class, Dest};
use super::steps::{Group, Step};
use super::wide::key_word;
use crate::schema::{NOWHERE, Place, ValueKind, WireType};

/// How many extra fields can be asked for per type. The largest type has 117 beyond its record.
pub const MAX_EXTRAS: usize = 128;

/// Extra fields were not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExtrasError {
    /// More than [`MAX_EXTRAS`] for one type.
    #[error("{asked} extra fields for type {}: at most {MAX_EXTRAS}", .wire_type.code())]
    TooMany {
        /// The type.
        wire_type: WireType,
        /// How many were asked for, repetitions left out.
        asked: usize,
    },
    /// The type has no record that extra fields could go with.
    #[error("type {} has no record, so it cannot have extra fields", .wire_type.code())]
    NoRecord {
        /// The type.
        wire_type: WireType,
    },
}

/// One type's plan.
pub(super) struct Plan {
    pub(super) wire_type: WireType,
    /// The unset record.
    pub(super) template: Box<[u64]>,
    /// The same with a word behind it that does not belong to it.
    pub(super) spacious: Box<[u64]>,
    pub(super) wanted: Vec<Wanted>,
    /// FIDs asked for beyond the record, in the order they were asked for.
    pub(super) extras: Vec<u16>,
    /// By FID: place in `wanted` plus one, or 0.
    lookup: Box<[u8]>,
    /// By the text of the key.
    by_key: ByKey,
}

/// A field that somebody reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) kind: ValueKind,
    /// Where the record keeps it.
    pub(super) place: Option<Place>,
    /// Place in `extras`.
    pub(super) extra: Option<u8>,
    /// Where it goes if it is read as an integer.
    pub(super) dest: Option<Dest>,
}

impl Plan {
    pub(super) fn new(wire_type: WireType, extras: &[u16]) -> Result<Self, ExtrasError> {
        if !wire_type.has_record() {
            return Err(ExtrasError::NoRecord { wire_type });
        }
        let mut plan = Self {
            wire_type,
            template: wire_type.template().into(),
            spacious: [wire_type.template(), vec![0]].concat().into(),
            wanted: Vec::new(),
            extras: Vec::new(),
            lookup: Box::default(),
            by_key: ByKey::new(&[], &[]),
        };
        let mut fids = Vec::new();
        for field in wire_type.fields() {
            if field.place.is_some() {
                fids.push(field.fid);
                let dest = field.place.and_then(|place| plan.dest(field.kind, place));
                plan.wanted.push(Wanted {
                    kind: field.kind,
                    place: field.place,
                    extra: None,
                    dest,
                });
            }
        }
        for fid in extras {
            if plan.extras.contains(fid) {
                continue;
            }
            let extra = Some(plan.extras.len().min(MAX_EXTRAS) as u8);
            plan.extras.push(*fid);
            match fids.iter().position(|known| known == fid) {
                Some(at) => plan.wanted[at].extra = extra,
                None => {
                    fids.push(*fid);
                    plan.wanted.push(Wanted {
                        kind: ValueKind::Text,
                        place: None,
                        extra,
                        dest: None,
                    });
                }
            }
        }
        let asked = plan.extras.len();
        if asked > MAX_EXTRAS {
            return Err(ExtrasError::TooMany { wire_type, asked });
        }
        let mut lookup = vec![0u8; fids.iter().max().map_or(0, |fid| usize::from(*fid) + 1)];
        for (at, fid) in fids.iter().enumerate() {
            // At most 128 extra fields and the record's own (66 at most, tested): fits a byte.
            lookup[usize::from(*fid)] = at as u8 + 1;
        }
        plan.lookup = lookup.into();
        // A FID has up to five digits: every one has a word.
        let words: Vec<u64> =
            fids.iter().filter_map(|fid| key_word(fid.to_string().as_bytes())).collect();
        let step = |(at, wanted): (usize, &Wanted)| {
            let group = match wanted.place {
                Some(_) => Group::of(wanted.kind, wanted.dest),
                None => Group::Nothing,
            };
            let dest = wanted.dest.unwrap_or(Step::NOTHING.dest);
            Step { value: 0, wanted: at as u8, group, dest }
        };
        let steps: Vec<Step> = plan.wanted.iter().enumerate().map(step).collect();
        plan.by_key = ByKey::new(&words, &steps);
        Ok(plan)
    }

    /// Where a field goes if it is read as an integer: it and its mark are inside of the record.
    pub(super) fn dest(&self, kind: ValueKind, place: Place) -> Option<Dest> {
        let bytes = self.template.len() * 8;
        let inside = usize::from(place.at + place.size) <= bytes
            && (place.mark == NOWHERE || usize::from(place.mark) < bytes);
        let class = Class::of(kind, place).filter(|_| inside)?;
        Some(Dest {
            class,
            at: place.at,
            // A price whose direction nobody keeps: into the word behind the record.
            mark: if place.mark == NOWHERE { bytes as u16 } else { place.mark },
            step: if let ValueKind::Notional(step) = kind { step } else { 1 },
        })
    }

    /// Place in `wanted` of a key (see [`key_word`]) that somebody reads.
    #[inline]
    pub(super) fn find_key(&self, word: u64) -> Option<usize> {
        let (found, step, _) = self.look_up(word);
        // The key without a byte is nobody's, and marks an empty place.
        (found && word != 0).then_some(usize::from(step.wanted))
    }

    /// Whether a key (see [`key_word`]) is that of a step, the step, and a number for the key. The key
    /// without a byte may be found: as nothing.
    #[inline(always)]
    pub(super) fn look_up(&self, word: u64) -> (bool, &Step, u64) {
        let (place, product) = self.by_key.place(word);
        // SAFETY: places are as many bits as are left of a product.
        let (found, step) = unsafe { self.by_key.places.get_unchecked(place) };
        (*found == word, step, product)
    }

    /// Place in `wanted` of a FID that somebody reads.
    #[inline]
    pub(super) fn find(&self, fid: u16) -> Option<usize> {
        match self.lookup.get(usize::from(fid)) {
            None | Some(0) => None,
            Some(at) => Some(usize::from(*at) - 1),
        }
    }
}

/// Keys with their steps, each in a place of its own: one look finds a key, or that there is none.
struct ByKey {
    /// `1 << (64 - shift)` long; the key without a byte marks an empty place.
    places: Box<[(u64, Step)]>,
    multiplier: u64,
    /// Bits of the product that are not the place.
    shift: u32,
}

/// How many multipliers are tried before the table gets twice as long.
const TRIES: u32 = 256;

impl ByKey {
    /// The keys with their steps; no two of them are the same.
    fn new(words: &[u64], steps: &[Step]) -> Self {
        let mut bits = (4 * words.len()).next_power_of_two().ilog2().max(2);
        let mut multiplier = 0x9E37_79B9_7F4A_7C15_u64;
        // Ends: the longer the table, the likelier a multiplier that keeps different keys apart.
        loop {
            for _ in 0..TRIES {
                let mut table = Self { places: Box::default(), multiplier, shift: 64 - bits };
                table.places = vec![(0, Step::NOTHING); 1 << bits].into();
                if table.fill(words, steps) {
                    return table;
                }
                multiplier = multiplier.wrapping_mul(0xD134_2543_DE82_EF95).wrapping_add(2) | 1;
            }
            bits += 1;
        }
    }

    /// Puts all keys in their places. `false` if two have the same.
    fn fill(&mut self, words: &[u64], steps: &[Step]) -> bool {
        words.iter().zip(steps).all(|(word, step)| {
            let (place, _) = self.place(*word);
            let free = self.places[place].0 == 0;
            self.places[place] = (*word, *step);
            free
        })
    }

    /// The place of a key, and the product that it is taken from.
    #[inline(always)]
    fn place(&self, word: u64) -> (usize, u64) {
        let product = word.wrapping_mul(self.multiplier);
        ((product >> self.shift) as usize, product)
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("type", &self.wire_type.code())
            .field("wanted", &self.wanted.len())
            .field("extras", &self.extras)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_leaves_room_for_the_most_extra_fields() {
        for wire_type in WireType::ALL.iter().filter(|t| t.has_record()) {
            let extras: Vec<u16> = (20_000..20_000 + MAX_EXTRAS as u16).collect();
            let plan = Plan::new(*wire_type, &extras).unwrap();
            assert!(plan.wanted.len() <= usize::from(u8::MAX), "{wire_type:?}");
            for fid in extras {
                let at = plan.find(fid).unwrap();
                assert_eq!(plan.extras[usize::from(plan.wanted[at].extra.unwrap())], fid);
            }
        }
    }

    #[test]
    fn too_many_extra_fields_and_types_without_record_are_refused() {
        let many: Vec<u16> = (1..=129).collect();
        assert!(matches!(
            Plan::new(WireType::Trade, &many),
            Err(ExtrasError::TooMany { asked: 129, .. })
        ));
        assert!(matches!(Plan::new(WireType::UsTrade, &[]), Err(ExtrasError::NoRecord { .. })));
        let twice = Plan::new(WireType::Trade, &[10, 732, 732]).unwrap();
        assert_eq!(twice.extras, [10, 732]);
    }

    #[test]
    fn every_key_is_found_by_its_text_and_no_other_is() {
        for wire_type in WireType::ALL.iter().filter(|t| t.has_record()) {
            let many: Vec<u16> = (20_000..20_000 + MAX_EXTRAS as u16).collect();
            for extras in [&[][..], &many] {
                let plan = Plan::new(*wire_type, extras).unwrap();
                for fid in 0..=u16::MAX {
                    let word = key_word(fid.to_string().as_bytes()).unwrap();
                    assert_eq!(plan.find_key(word), plan.find(fid), "{wire_type:?} {fid}");
                }
                for text in ["", "010", "+10", "1O", "a"] {
                    assert_eq!(plan.find_key(key_word(text.as_bytes()).unwrap()), None, "{text}");
                }
            }
        }
    }

    #[test]
    fn zero_and_unknown_numbers_find_nothing() {
        let plan = Plan::new(WireType::Trade, &[]).unwrap();
        assert_eq!(plan.find(0), None);
        assert_eq!(plan.find(732), None);
        assert_eq!(plan.find(u16::MAX), None);
        assert!(plan.find(9081).is_some());
    }
}
