//! What this connection wants to hear, and what the broker has confirmed.
//!
//! A [`Wish`] is one item with one type. Wishes become REG messages like this:
//!
//! - The account types 00 and 04 come first, then the market-wide types (0s, 1h), then the items.
//! - Items that want the same set of types share an entry; an entry has at most
//!   [`SubscriptionLimits::items_per_entry_max`] items.
//! - Each REG holds one entry and has a group number of its own: the answer to a REG names nothing,
//!   so a refusal can be laid at the door of exactly these items.
//! - Nothing ever says `refresh:"0"`; what is no longer wanted is REMOVEd by name.
//!
//! This is a set: whoever serves several strategies counts who wants what.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::outgoing::{Entry, GroupNumber, Outgoing};

/// The code of a realtime type: two ASCII letters or digits, as in `0B`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeCode([u8; 2]);

impl TypeCode {
    /// Own orders.
    pub const ORDER_UPDATE: Self = Self(*b"00");
    /// Own positions.
    pub const BALANCE: Self = Self(*b"04");
    /// Session clock.
    pub const SESSION_STATE: Self = Self(*b"0s");
    /// Volatility interruptions.
    pub const VOLATILITY_INTERRUPTION: Self = Self(*b"1h");

    /// Reads a type code; `None` unless it is two ASCII letters or digits.
    pub fn new(code: &str) -> Option<Self> {
        let code: [u8; 2] = code.as_bytes().try_into().ok()?;
        code.iter().all(u8::is_ascii_alphanumeric).then_some(Self(code))
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        // Always ASCII: `new` is the only way in, and the constants are.
        std::str::from_utf8(&self.0).unwrap_or("??")
    }

    /// Whether the type is registered with an empty item.
    fn is_wide(self) -> bool {
        self.rank() < 3
    }

    /// The place of the type in the order of registering.
    fn rank(self) -> u8 {
        match self {
            Self::ORDER_UPDATE => 0,
            Self::BALANCE => 1,
            Self::SESSION_STATE | Self::VOLATILITY_INTERRUPTION => 2,
            _ => 3,
        }
    }
}

impl fmt::Display for TypeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for TypeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One item with one type.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wish {
    item: Box<str>,
    kind: TypeCode,
}

impl Wish {
    /// A wish for a type of one item: a code with or without suffix (`005930`, `005930_NX`,
    /// `0004V0`), or an index code. The types 00, 04, 0s and 1h go without an item: there the item
    /// is dropped, since the broker sends them for all items anyway.
    ///
    /// # Errors
    /// When type or item are not of their form, or a type that needs an item has none.
    pub fn new(item: &str, kind: &str) -> Result<Self, SubscriptionError> {
        let code = TypeCode::new(kind)
            .ok_or_else(|| SubscriptionError::TypeMalformed { kind: kind.into() })?;
        if code.is_wide() {
            return Ok(Self { item: "".into(), kind: code });
        }
        if item.is_empty() {
            return Err(SubscriptionError::ItemMissing { kind: code });
        }
        let fits = item.len() <= ITEM_BYTES_MAX;
        if !fits || !item.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(SubscriptionError::ItemMalformed { item: item.into() });
        }
        Ok(Self { item: item.into(), kind: code })
    }

    /// The item; empty for account- and market-wide types.
    pub fn item(&self) -> &str {
        &self.item
    }

    /// The type.
    pub fn kind(&self) -> TypeCode {
        self.kind
    }
}

impl fmt::Debug for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.item)
    }
}

/// The longest item: a code, an underscore and a suffix, with room.
const ITEM_BYTES_MAX: usize = 15;

/// The broker's limits, as far as they are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubscriptionLimits {
    /// Different items on one connection, whatever their types; `005930`, `005930_NX` and
    /// `005930_AL` are three. The empty item is not counted. Measured: 200.
    pub items_per_connection_max: usize,
    /// Items in one entry of `data`. Documented: 100.
    pub items_per_entry_max: usize,
}

impl Default for SubscriptionLimits {
    fn default() -> Self {
        Self { items_per_connection_max: 200, items_per_entry_max: 100 }
    }
}

/// Where a wish stands with the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WishState {
    /// Not sent on this connection yet.
    Unsent,
    /// Sent; the answer is outstanding.
    Awaiting,
    /// The broker answered with success.
    Confirmed,
    /// The broker refused. It is asked again on the next connection.
    Refused,
}

/// Why a wish cannot be had. The caller's configuration must change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubscriptionError {
    /// More items than one connection takes. Nothing of the request was added.
    #[error(
        "{wanted} different items are wanted on one connection and the broker takes {max} (codes \
         with a suffix such as _NX or _AL count on their own): drop {} of them, or spread them over \
         several connections, each with its own app key",
        wanted - max
    )]
    TooManyItems {
        /// Items there would be.
        wanted: usize,
        /// The cap.
        max: usize,
    },
    /// A type code that is not two letters or digits.
    #[error("{kind:?} is no realtime type: two letters or digits are expected, such as 0B")]
    TypeMalformed {
        /// The text given.
        kind: Box<str>,
    },
    /// An item with a character that no code has.
    #[error(
        "{item:?} is no item: a code of letters and digits is expected, with or without _NX or \
         _AL, such as 005930_AL"
    )]
    ItemMalformed {
        /// The text given.
        item: Box<str>,
    },
    /// A type that is registered per item, without one.
    #[error("type {kind} needs an item; only 00, 04, 0s and 1h go without")]
    ItemMissing {
        /// The type.
        kind: TypeCode,
    },
}

/// One message to send, and what it is about.
#[derive(Debug)]
pub struct Batch {
    /// Its group number.
    pub group: GroupNumber,
    /// Its entry.
    pub entry: Entry,
}

impl Batch {
    /// The REG for it.
    pub fn reg(&self) -> Outgoing {
        Outgoing::reg(self.group, std::slice::from_ref(&self.entry))
    }

    /// The REMOVE for it.
    pub fn remove(&self) -> Outgoing {
        Outgoing::remove(self.group, std::slice::from_ref(&self.entry))
    }

    /// Every item with every type.
    pub fn wishes(&self) -> impl Iterator<Item = Wish> + '_ {
        self.entry.items.iter().flat_map(|item| {
            self.entry.types.iter().map(|kind| Wish { item: item.clone(), kind: *kind })
        })
    }
}

/// The set of wishes of one connection, with what the broker has confirmed of it.
#[derive(Clone, Debug)]
pub struct Subscriptions {
    limits: SubscriptionLimits,
    wishes: BTreeMap<Wish, Standing>,
    next_group: GroupNumber,
}

#[derive(Clone, Copy, Debug)]
struct Standing {
    state: WishState,
    group: GroupNumber,
}

impl Subscriptions {
    /// An empty set.
    pub fn new(limits: SubscriptionLimits) -> Self {
        Self { limits, wishes: BTreeMap::new(), next_group: GroupNumber::FIRST }
    }

    /// Adds wishes; those already there stay as they are.
    ///
    /// # Errors
    /// When the connection would have too many items; then nothing is added.
    pub fn add(&mut self, wishes: &[Wish]) -> Result<(), SubscriptionError> {
        let mut items: BTreeSet<&str> = self.items().collect();
        items.extend(wishes.iter().map(|wish| wish.item()).filter(|item| !item.is_empty()));
        let (wanted, max) = (items.len(), self.limits.items_per_connection_max);
        if wanted > max {
            return Err(SubscriptionError::TooManyItems { wanted, max });
        }
        for wish in wishes {
            self.wishes
                .entry(wish.clone())
                .or_insert(Standing { state: WishState::Unsent, group: GroupNumber::FIRST });
        }
        Ok(())
    }

    /// Takes wishes out and gives the REMOVEs for those that the broker knows of. Wishes that are
    /// not there are passed over.
    pub fn remove(&mut self, wishes: &[Wish]) -> Vec<Batch> {
        let mut by_group: BTreeMap<GroupNumber, Vec<Wish>> = BTreeMap::new();
        for wish in wishes {
            if let Some(standing) = self.wishes.remove(wish)
                && matches!(standing.state, WishState::Awaiting | WishState::Confirmed)
            {
                by_group.entry(standing.group).or_default().push(wish.clone());
            }
        }
        let mut batches = Vec::new();
        for (group, wishes) in by_group {
            let entries = entries(&wishes, self.limits.items_per_entry_max);
            batches.extend(entries.into_iter().map(|entry| Batch { group, entry }));
        }
        batches
    }

    /// The REGs for everything not sent yet, in the order in which to send them. From then on those
    /// wishes are [`WishState::Awaiting`].
    pub fn take_unsent(&mut self) -> Vec<Batch> {
        let unsent: Vec<Wish> = self.in_state(WishState::Unsent).cloned().collect();
        let mut batches = Vec::new();
        for entry in entries(&unsent, self.limits.items_per_entry_max) {
            let batch = Batch { group: self.next_group, entry };
            self.next_group = self.next_group.next();
            for wish in batch.wishes() {
                let standing = Standing { state: WishState::Awaiting, group: batch.group };
                self.wishes.insert(wish, standing);
            }
            batches.push(batch);
        }
        batches
    }

    /// Notes the broker's answer to a REG. Wishes that were taken out meanwhile stay out.
    pub fn answered(&mut self, batch: &Batch, confirmed: bool) {
        let state = if confirmed { WishState::Confirmed } else { WishState::Refused };
        for wish in batch.wishes() {
            if let Some(standing) = self.wishes.get_mut(&wish)
                && standing.state == WishState::Awaiting
                && standing.group == batch.group
            {
                standing.state = state;
            }
        }
    }

    /// A new connection knows nothing: everything is unsent again, groups count from 1.
    pub fn reset(&mut self) {
        self.next_group = GroupNumber::FIRST;
        for standing in self.wishes.values_mut() {
            standing.state = WishState::Unsent;
        }
    }

    /// Where a wish stands; `None` if it is not in the set.
    pub fn state(&self, wish: &Wish) -> Option<WishState> {
        self.wishes.get(wish).map(|standing| standing.state)
    }

    /// The wishes in one state.
    pub fn in_state(&self, state: WishState) -> impl Iterator<Item = &Wish> {
        self.wishes
            .iter()
            .filter(move |(_, standing)| standing.state == state)
            .map(|(wish, _)| wish)
    }

    /// All wishes.
    pub fn wishes(&self) -> impl Iterator<Item = &Wish> {
        self.wishes.keys()
    }

    /// How many different items there are, the empty one not counted.
    pub fn item_count(&self) -> usize {
        self.items().collect::<BTreeSet<_>>().len()
    }

    /// The limits it was made with.
    pub fn limits(&self) -> SubscriptionLimits {
        self.limits
    }

    fn items(&self) -> impl Iterator<Item = &str> {
        self.wishes.keys().map(|wish| wish.item()).filter(|item| !item.is_empty())
    }
}

/// Groups wishes into entries, in the order of registering.
fn entries(wishes: &[Wish], items_per_entry_max: usize) -> Vec<Entry> {
    let mut types_of: BTreeMap<&str, BTreeSet<TypeCode>> = BTreeMap::new();
    let mut account = BTreeSet::new();
    for wish in wishes {
        if wish.kind.rank() < 2 {
            account.insert(wish.kind);
        } else {
            types_of.entry(wish.item()).or_default().insert(wish.kind);
        }
    }
    let mut items_of: BTreeMap<Vec<TypeCode>, Vec<Box<str>>> = BTreeMap::new();
    let mut list = Vec::new();
    if !account.is_empty() {
        list.push(Entry { items: vec!["".into()], types: account.into_iter().collect() });
    }
    for (item, types) in types_of {
        let types: Vec<TypeCode> = types.into_iter().collect();
        if item.is_empty() {
            // The empty item sorts before every other: the market-wide entry follows the account's.
            list.push(Entry { items: vec!["".into()], types });
        } else {
            items_of.entry(types).or_default().push(item.into());
        }
    }
    for (types, items) in items_of {
        for items in items.chunks(items_per_entry_max.max(1)) {
            list.push(Entry { items: items.to_vec(), types: types.clone() });
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wish(item: &str, kind: &str) -> Wish {
        Wish::new(item, kind).unwrap()
    }

    fn set(wishes: &[Wish]) -> Subscriptions {
        let mut set = Subscriptions::new(SubscriptionLimits::default());
        set.add(wishes).unwrap();
        set
    }

    fn texts(batches: &[Batch], make: impl Fn(&Batch) -> Outgoing) -> Vec<String> {
        batches.iter().map(|batch| make(batch).expose_text().to_owned()).collect()
    }

    #[test]
    fn account_types_come_first_then_the_market_then_items_grouped_by_their_types() {
        let mut set = set(&[
            wish("005930", "0B"),
            wish("000660_AL", "0D"),
            wish("", "1h"),
            wish("0004V0", "0B"),
            wish("000660_AL", "0B"),
            wish("", "0s"),
            wish("", "04"),
            wish("", "00"),
        ]);
        let reg = |group: u32, items: &str, types: &str| {
            format!(
                r#"{{"trnm":"REG","grp_no":"{group}","refresh":"1","data":[{{"item":[{items}],"type":[{types}]}}]}}"#
            )
        };
        assert_eq!(
            texts(&set.take_unsent(), Batch::reg),
            [
                reg(1, r#""""#, r#""00","04""#),
                reg(2, r#""""#, r#""0s","1h""#),
                reg(3, r#""0004V0","005930""#, r#""0B""#),
                reg(4, r#""000660_AL""#, r#""0B","0D""#),
            ]
        );
        assert!(set.take_unsent().is_empty(), "everything is on its way");
    }

    #[test]
    fn an_entry_never_has_more_than_a_hundred_items() {
        let wishes: Vec<Wish> = (0..200).map(|n| wish(&format!("{n:06}"), "0B")).collect();
        let batches = set(&wishes).take_unsent();
        assert_eq!(batches.iter().map(|b| b.entry.items.len()).collect::<Vec<_>>(), [100, 100]);
    }

    #[test]
    fn suffixed_codes_count_on_their_own_and_the_cap_says_what_to_do() {
        let limits = SubscriptionLimits { items_per_connection_max: 3, ..Default::default() };
        let mut set = Subscriptions::new(limits);
        set.add(&[wish("005930", "0B"), wish("005930", "0D"), wish("", "00")]).unwrap();
        set.add(&[wish("005930_NX", "0B"), wish("005930_AL", "0B")]).unwrap();
        assert_eq!(set.item_count(), 3);
        let error = set.add(&[wish("000660", "0B"), wish("005930", "0C")]).unwrap_err();
        assert_eq!(error, SubscriptionError::TooManyItems { wanted: 4, max: 3 });
        assert!(error.to_string().contains("drop 1 of them"), "{error}");
        assert_eq!(set.state(&wish("005930", "0C")), None, "nothing of the request was added");
        set.add(&[wish("005930_AL", "0D")]).unwrap();
    }

    #[test]
    fn types_without_an_item_drop_it_and_the_others_need_one() {
        assert_eq!(wish("005930", "00"), wish("", "00"));
        assert_eq!(wish("005930", "1h").item(), "");
        for (item, kind) in [
            ("", "0B"),
            ("00 930", "0B"),
            ("삼성", "0B"),
            ("005930", "B"),
            ("1", "0\u{b9}"),
            ("1234567890123456", "0B"),
        ] {
            assert!(Wish::new(item, kind).is_err(), "{item} {kind}");
        }
    }

    #[test]
    fn a_wish_is_removed_under_the_group_it_was_registered_in() {
        let mut set = set(&[wish("005930", "0B"), wish("000660", "0D"), wish("035420", "0B")]);
        let batches = set.take_unsent();
        set.answered(&batches[0], true);
        set.answered(&batches[1], false);
        assert_eq!(set.state(&wish("005930", "0B")), Some(WishState::Confirmed));
        assert_eq!(set.state(&wish("000660", "0D")), Some(WishState::Refused));
        set.add(&[wish("105560", "0B")]).unwrap();
        let removes = set.remove(&[
            wish("005930", "0B"),
            wish("000660", "0D"), // refused: the broker knows nothing of it
            wish("105560", "0B"), // never sent
            wish("999999", "0B"), // never wanted
        ]);
        assert_eq!(
            texts(&removes, Batch::remove),
            [r#"{"trnm":"REMOVE","grp_no":"1","data":[{"item":["005930"],"type":["0B"]}]}"#]
        );
        assert_eq!(set.wishes().collect::<Vec<_>>(), [&wish("035420", "0B")]);
    }

    #[test]
    fn an_answer_does_not_revive_what_was_removed_or_asked_again() {
        let mut set = set(&[wish("005930", "0B")]);
        let first = set.take_unsent();
        set.remove(&[wish("005930", "0B")]);
        set.answered(&first[0], true);
        assert_eq!(set.state(&wish("005930", "0B")), None);
        set.add(&[wish("005930", "0B")]).unwrap();
        let second = set.take_unsent();
        set.answered(&first[0], true);
        assert_eq!(set.state(&wish("005930", "0B")), Some(WishState::Awaiting));
        set.answered(&second[0], true);
        assert_eq!(set.state(&wish("005930", "0B")), Some(WishState::Confirmed));
    }

    #[test]
    fn a_new_connection_registers_everything_again_from_group_one() {
        let mut set = set(&[wish("005930", "0B"), wish("", "00")]);
        let first = texts(&set.take_unsent(), Batch::reg);
        set.reset();
        assert_eq!(texts(&set.take_unsent(), Batch::reg), first);
    }

    fn any_wish() -> impl Strategy<Value = Wish> {
        (0..300_u32, prop::sample::select(vec!["0B", "0D", "0C", "00", "04", "0s", "1h", "0J"]))
            .prop_map(|(n, kind)| wish(&format!("{n:06}"), kind))
    }

    proptest! {
        #[test]
        fn batches_hold_every_wish_exactly_once(wishes in prop::collection::vec(any_wish(), 0..400)) {
            let limits = SubscriptionLimits { items_per_connection_max: 300, items_per_entry_max: 7 };
            let mut set = Subscriptions::new(limits);
            set.add(&wishes).unwrap();
            let batches = set.take_unsent();
            let mut sent: Vec<Wish> = batches.iter().flat_map(|b| b.wishes().collect::<Vec<_>>()).collect();
            prop_assert!(batches.iter().all(|b| b.entry.items.len() <= 7));
            let ranks: Vec<u8> = sent.iter().map(|wish| wish.kind.rank().max(1)).collect();
            prop_assert!(ranks.is_sorted(), "{:?}", ranks);
            sent.sort();
            let wanted: BTreeSet<Wish> = wishes.into_iter().collect();
            prop_assert_eq!(sent, wanted.into_iter().collect::<Vec<_>>());
        }
    }
}
