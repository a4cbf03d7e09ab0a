//! Sets of record kinds.

use crate::record::Kind;

/// A set of record kinds: what a strategy wants to be called for.
///
/// ```
/// use strategy_api::{Kind, Kinds};
/// const WANTED: Kinds = Kinds::of(&[Kind::TRADE, Kind::DEPTH]);
/// assert!(WANTED.contains(Kind::TRADE) && !WANTED.contains(Kind::BALANCE));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Kinds(u64);

impl Kinds {
    /// None.
    pub const NONE: Self = Self(0);
    /// Every kind, also those of later versions.
    pub const ALL: Self = Self(u64::MAX);

    /// These kinds.
    pub const fn of(kinds: &[Kind]) -> Self {
        let mut set = 0;
        let mut index = 0;
        while index < kinds.len() {
            assert!(kinds[index].0 < 64, "a kind is below 64");
            set |= 1 << kinds[index].0;
            index += 1;
        }
        Self(set)
    }

    /// Whether `kind` is in the set.
    #[inline]
    pub const fn contains(self, kind: Kind) -> bool {
        kind.0 < 64 && self.0 & (1 << kind.0) != 0
    }

    /// The set with `kind` in it.
    #[must_use]
    pub const fn with(self, kind: Kind) -> Self {
        assert!(kind.0 < 64, "a kind is below 64");
        Self(self.0 | 1 << kind.0)
    }

    /// Kinds that are in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
