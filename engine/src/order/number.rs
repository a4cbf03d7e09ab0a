//! Order numbers of the broker, and the table that finds things by number.

use crate::memory;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::num::NonZeroU32;
use strategy_api::OrderNumber;

/// Number that the broker gave an order (주문번호, FID 9203, `ord_no`). Seven digits on the wire,
/// zeros in front; unique within a day. A modify and a cancel have numbers of their own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BrokerNumber(NonZeroU32);

impl BrokerNumber {
    /// A number above zero.
    pub const fn new(number: u32) -> Option<Self> {
        match NonZeroU32::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// Reads the broker's text: one to nine digits, not all of them zero.
    pub fn read(text: &str) -> Option<Self> {
        if text.is_empty() || text.len() > 9 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Self::new(text.parse().ok()?)
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    /// As the broker writes it.
    pub fn text(self) -> OrderNumber {
        let mut digits = [b'0'; 10];
        let mut rest = self.get();
        let mut at = digits.len();
        while rest > 0 || at > 3 {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        // Ten ASCII digits at most: they are text and they fit.
        std::str::from_utf8(&digits[at..]).ok().and_then(OrderNumber::new).unwrap_or_default()
    }
}

impl fmt::Display for BrokerNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:07}", self.get())
    }
}

impl fmt::Debug for BrokerNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for BrokerNumber {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BrokerNumber {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        Self::read(&text).ok_or_else(|| serde::de::Error::custom("no order number"))
    }
}

/// A map from `u64` to `u32` that allocates once and never forgets: open addressing, at most half
/// full. Its content is a function of what was inserted, so two machines that saw the same compare
/// equal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Table {
    /// Key, and value plus one; zero is an empty slot.
    slots: Box<[(u64, u32)]>,
    len: usize,
    max: usize,
}

impl Table {
    pub(super) fn with_capacity(max: usize) -> Self {
        let mut slots = vec![(0, 0); (max.max(1) * 2).next_power_of_two()].into_boxed_slice();
        // Keys are scattered: every new one would be the first in its page.
        memory::touch(&mut slots);
        Self { slots, len: 0, max }
    }

    pub(super) fn get(&self, key: u64) -> Option<u32> {
        let (_, value) = self.slots[self.slot(key)];
        value.checked_sub(1)
    }

    /// Whether another key fits.
    pub(super) fn has_room(&self) -> bool {
        self.len < self.max
    }

    /// Puts a value in; `false` when the table is full. A key that is there keeps its place and gets
    /// the new value.
    pub(super) fn insert(&mut self, key: u64, value: u32) -> bool {
        let slot = self.slot(key);
        if self.slots[slot].1 == 0 {
            if !self.has_room() {
                return false;
            }
            self.len += 1;
        }
        self.slots[slot] = (key, value + 1);
        true
    }

    /// The slot that holds the key, or the empty one where it would go. There is always an empty
    /// one: at most half of the slots are taken.
    fn slot(&self, key: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mixed = (key ^ (key >> 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut slot = (mixed >> 32) as usize & mask;
        while self.slots[slot].1 != 0 && self.slots[slot].0 != key {
            slot = (slot + 1) & mask;
        }
        slot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_the_broker_writes_them() {
        for (text, number) in
            [("0000138", 138), ("00024", 24), ("9999999", 9_999_999), ("123456789", 123_456_789)]
        {
            assert_eq!(BrokerNumber::read(text).map(BrokerNumber::get), Some(number));
        }
        for none in ["", "0000000", "12a", "-1", " 12", "1234567890"] {
            assert_eq!(BrokerNumber::read(none), None, "{none:?}");
        }
        assert_eq!(BrokerNumber::new(138).unwrap().text(), "0000138");
        assert_eq!(BrokerNumber::new(123_456_789).unwrap().text(), "123456789");
        assert_eq!(BrokerNumber::new(138).unwrap().to_string(), "0000138");
    }

    #[test]
    fn a_full_table_refuses_and_keeps_what_it_has() {
        let mut table = Table::with_capacity(100);
        for key in 0..100 {
            assert!(table.insert(key << 20, key as u32));
        }
        assert!(!table.insert(7, 7), "full");
        assert!(table.insert(3 << 20, 77), "a known key is no new entry");
        assert_eq!(table.get(3 << 20), Some(77));
        assert_eq!(table.get(99 << 20), Some(99));
        assert_eq!(table.get(7), None);
    }
}
