//! What the scanner wants of each type: the schema's tables, turned into look-up tables.

use std::fmt;

use crate::schema::{Place, ValueKind, WireType};

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
    pub(super) wanted: Vec<Wanted>,
    /// FIDs asked for beyond the record, in the order they were asked for.
    pub(super) extras: Vec<u16>,
    /// By FID: place in `wanted` plus one, or 0.
    lookup: Box<[u8]>,
}

/// A field that somebody reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) kind: ValueKind,
    /// Where the record keeps it.
    pub(super) place: Option<Place>,
    /// Place in `extras`.
    pub(super) extra: Option<u8>,
}

impl Plan {
    pub(super) fn new(wire_type: WireType, extras: &[u16]) -> Result<Self, ExtrasError> {
        if !wire_type.has_record() {
            return Err(ExtrasError::NoRecord { wire_type });
        }
        let mut plan = Self {
            wire_type,
            template: wire_type.template().into(),
            wanted: Vec::new(),
            extras: Vec::new(),
            lookup: Box::default(),
        };
        let mut fids = Vec::new();
        for field in wire_type.fields() {
            if field.place.is_some() {
                fids.push(field.fid);
                plan.wanted.push(Wanted { kind: field.kind, place: field.place, extra: None });
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
                    plan.wanted.push(Wanted { kind: ValueKind::Text, place: None, extra });
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
        Ok(plan)
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
    fn zero_and_unknown_numbers_find_nothing() {
        let plan = Plan::new(WireType::Trade, &[]).unwrap();
        assert_eq!(plan.find(0), None);
        assert_eq!(plan.find(732), None);
        assert_eq!(plan.find(u16::MAX), None);
        assert!(plan.find(9081).is_some());
    }
}
