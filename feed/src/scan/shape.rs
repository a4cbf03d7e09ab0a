//! Learned shapes: what stood between the values of entries seen before.
//!
//! The broker sends the fields of a type in one order. Once an order of keys has been seen twice,
//! everything between the values of such an entry is kept: braces, quotes, colons, commas, keys. An
//! entry that has the same bytes between its values is the same JSON with other values; the fields
//! need not be looked up, and all is compared at once.
//!
//! Learning allocates nothing: all shapes have their room from the start. When there are more orders
//! than shapes, the one that has not been seen for longest makes room.

use core::ops::Range;

use super::fast::plain_end;
use super::plan::Plan;
use super::steps::Steps;
use super::wide::{CHUNK, INTEGERS_MAX, Keys, Skeleton, VALUES_MAX};
use crate::schema::{NOWHERE, Place, ValueKind};

/// How many shapes are kept: twenty types, some of them in more than one form.
const SHAPES: usize = 32;

/// How many orders of keys are remembered between their first and their second time.
const RECENT: usize = 16;

/// The longest text between two values, bytes: three chunks.
const LITERAL_MAX: usize = 3 * CHUNK;

/// How integers become fields of a record. They are sorted so: one class after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Class {
    /// A price whose sign is kept beside it.
    MarkedPrice,
    /// A price.
    Price,
    /// Signed, 64 bits.
    Whole,
    /// Signed, 64 bits, in steps.
    Stepped,
    /// Signed, 32 bits.
    Delta,
    /// 32 bits.
    SmallCount,
    /// Shares with the aggressor's sign.
    Aggressor,
    /// `HHmmss` into `ts_event`.
    EventTime,
}

impl Class {
    /// The class of a field, if it is read as an integer.
    pub(super) fn of(kind: ValueKind, place: Place) -> Option<Self> {
        Some(match kind {
            ValueKind::Price if place.mark == NOWHERE => Self::Price,
            ValueKind::Price => Self::MarkedPrice,
            ValueKind::Quantity | ValueKind::Count | ValueKind::Notional(1) => Self::Whole,
            ValueKind::Notional(_) => Self::Stepped,
            ValueKind::PriceDelta => Self::Delta,
            ValueKind::SmallCount => Self::SmallCount,
            ValueKind::Aggressor if place.mark != NOWHERE => Self::Aggressor,
            ValueKind::EventTime => Self::EventTime,
            _ => return None,
        })
    }
}

/// Where an integer goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dest {
    pub(super) class: Class,
    /// Offset of the field, bytes.
    pub(super) at: u16,
    /// Offset of its mark, bytes; behind the record if it has none.
    pub(super) mark: u16,
    /// KRW in one step.
    pub(super) step: u32,
}

/// A field with its value's number in the entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) value: u16,
    pub(super) kind: ValueKind,
    pub(super) place: Place,
}

/// The beginning of a text between values that is longer than what the skeleton compares.
#[derive(Clone, Copy, Debug)]
pub(super) struct Longer {
    /// Which value it stands in front of.
    pub(super) value: u16,
    /// From its first byte to the opening quote of that value.
    pub(super) before: u16,
    /// Its first bytes; they may reach into what the skeleton compares.
    pub(super) head: [u8; CHUNK],
    /// If it is longer, its last bytes, and how far they are behind its first; 0 if not.
    pub(super) rest: (u8, [u8; CHUNK]),
}

/// How long a [`Short`] text can be, bytes.
const SHORT_MAX: usize = 32;

/// A short text, compared by where it ends.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Short {
    len: usize,
    /// The text at the end, and which bytes are its own.
    bytes: [u64; SHORT_MAX / 8],
    mask: [u64; SHORT_MAX / 8],
}

impl Short {
    pub(super) fn new(text: &[u8]) -> Option<Self> {
        let begin = SHORT_MAX.checked_sub(text.len())?;
        let (mut bytes, mut mask) = ([0; SHORT_MAX], [0; SHORT_MAX]);
        bytes[begin..].copy_from_slice(text);
        mask[begin..].fill(u8::MAX);
        Some(Self { len: text.len(), bytes: words(&bytes), mask: words(&mask) })
    }

    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether it stands in the frame and ends at `end`; not where the frame has just begun.
    #[inline(always)]
    pub(super) fn ends_at(&self, frame: &[u8], end: usize) -> bool {
        let Some(text) = frame.get(..end).and_then(|text| text.last_chunk()) else { return false };
        let text = words(text);
        (0..text.len()).fold(0, |other, at| other | (text[at] ^ self.bytes[at]) & self.mask[at])
            == 0
    }
}

#[inline(always)]
fn words(bytes: &[u8; SHORT_MAX]) -> [u64; SHORT_MAX / 8] {
    bytemuck::cast(*bytes)
}

/// One learned order of keys.
#[derive(Debug)]
pub(super) struct Shape {
    fingerprint: u64,
    pub(super) plan: usize,
    pub(super) skeleton: Skeleton,
    /// Length of what stands before the first value, its quote included.
    pub(super) prefix: usize,
    pub(super) longer: Vec<Longer>,
    /// From the closing quote of the last value to the brace of the entry.
    pub(super) suffix: Short,
    /// Quotes of the structure.
    pub(super) quotes: u32,
    /// Which value is the type, and its text.
    pub(super) type_at: u16,
    pub(super) code: [u8; 2],
    pub(super) item_at: Option<u16>,
    /// A value that is always the same, with how many of its bytes are not ASCII: the type's name.
    pub(super) constant: Option<(u16, Short, u32)>,
    /// Fields that are integers, sorted by class.
    pub(super) targets: Vec<Target>,
    /// The same ones.
    pub(super) steps: Steps,
    /// Codes that are one digit, most of the time.
    pub(super) codes: Vec<Target>,
    /// Numbers that have two decimals, most of the time.
    pub(super) hundredths: Vec<Target>,
    /// Every other field, in the order of the wire.
    pub(super) rest: Vec<Target>,
    /// Extra fields: place among the plan's, and value.
    pub(super) extras: Vec<(u8, u16)>,
}

impl Shape {
    fn with_room() -> Self {
        Self {
            fingerprint: 0,
            plan: 0,
            skeleton: Skeleton::with_room(),
            prefix: 0,
            longer: Vec::with_capacity(8),
            suffix: Short::default(),
            quotes: 0,
            type_at: 0,
            code: [0; 2],
            item_at: None,
            constant: None,
            targets: Vec::with_capacity(INTEGERS_MAX),
            steps: Steps::with_room(),
            codes: Vec::with_capacity(INTEGERS_MAX),
            hundredths: Vec::with_capacity(INTEGERS_MAX),
            rest: Vec::with_capacity(VALUES_MAX),
            extras: Vec::with_capacity(VALUES_MAX),
        }
    }

    /// Learns from an entry. `None`: this one cannot be learned.
    fn learn(&mut self, sight: &Sight<'_>, fingerprint: u64) -> Option<()> {
        let plan = sight.plan;
        let values = sight.starts.len();
        if values == 0 || values > VALUES_MAX {
            return None;
        }
        self.fingerprint = fingerprint;
        self.plan = plan.wire_type.index();
        self.type_at = u16::try_from(sight.type_at).ok()?;
        self.code = plan.wire_type.code().as_bytes().try_into().ok()?;
        self.item_at = sight.item_at.map(|at| at as u16);
        self.skeleton.clear();
        self.longer.clear();
        self.targets.clear();
        self.codes.clear();
        self.hundredths.clear();
        self.rest.clear();
        self.extras.clear();
        self.constant = None;
        self.quotes = 0;

        let frame = sight.frame;
        let mut from = sight.entry.start;
        for (value, start) in sight.starts.iter().enumerate() {
            let start = usize::from(*start);
            let literal = frame.get(from..=start)?;
            self.literal(value as u16, literal)?;
            let end = plain_end(frame, start + 1)?;
            if sight.keyed.contains(&value) {
                self.field(plan, sight.keys.word(value - sight.keyed.start), value as u16);
            } else {
                self.notice_constant(value, &frame[start + 1..end], sight);
            }
            from = end;
        }
        let suffix = frame.get(from..sight.entry.end)?;
        self.suffix = Short::new(suffix)?;
        self.quotes += count_quotes(suffix);
        self.skeleton.finish();
        self.sort(plan);
        Some(())
    }

    fn literal(&mut self, value: u16, literal: &[u8]) -> Option<()> {
        if value == 0 {
            self.prefix = literal.len();
        }
        self.skeleton.push(literal);
        self.quotes += count_quotes(literal);
        if literal.len() > CHUNK {
            if literal.len() > LITERAL_MAX || self.longer.len() == self.longer.capacity() {
                return None;
            }
            let head = *literal.first_chunk()?;
            let beginning = &literal[..literal.len() - CHUNK];
            // As long as a head at most: nothing is left between the two.
            let rest = match beginning.last_chunk() {
                Some(rest) => ((beginning.len() - CHUNK) as u8, *rest),
                None => (0, head),
            };
            let before = literal.len() as u16 - 1;
            self.longer.push(Longer { value, before, head, rest });
        }
        Some(())
    }

    fn field(&mut self, plan: &Plan, key: u64, value: u16) {
        let Some(at) = plan.find_key(key) else { return };
        let wanted = &plan.wanted[at];
        if let Some(place) = wanted.place {
            let target = Target { value, kind: wanted.kind, place };
            let code = matches!(wanted.kind, ValueKind::Code(_));
            if wanted.dest.is_some() && self.targets.len() < INTEGERS_MAX {
                self.targets.push(target);
            } else if code && self.codes.len() < INTEGERS_MAX {
                self.codes.push(target);
            } else if wanted.kind == ValueKind::Hundredths && self.hundredths.len() < INTEGERS_MAX {
                self.hundredths.push(target);
            } else {
                self.rest.push(target);
            }
        }
        if let Some(extra) = wanted.extra {
            self.extras.push((extra, value));
        }
    }

    fn notice_constant(&mut self, value: usize, text: &[u8], sight: &Sight<'_>) {
        let varies = value == sight.type_at || Some(value) == sight.item_at;
        let high = text.iter().filter(|byte| !byte.is_ascii()).count() as u32;
        if !varies && high > 0 && self.constant.is_none() {
            self.constant = Short::new(text).map(|text| (value as u16, text, high));
        }
    }

    fn sort(&mut self, plan: &Plan) {
        // A field is one of a class, or it would not be here.
        let class = |target: &Target| Class::of(target.kind, target.place).unwrap_or(Class::Price);
        // In place: learning allocates nothing.
        self.targets.sort_unstable_by_key(|target| (class(target), target.value));
        self.steps.fill(plan, &self.targets);
    }
}

fn count_quotes(text: &[u8]) -> u32 {
    text.iter().filter(|byte| **byte == b'"').count() as u32
}

/// An entry that the walk has just read.
pub(super) struct Sight<'a> {
    pub(super) frame: &'a [u8],
    /// Where its values start.
    pub(super) starts: &'a [u16],
    /// The keys of those that are in its `values`.
    pub(super) keys: &'a Keys,
    /// Which of its values these are.
    pub(super) keyed: Range<usize>,
    pub(super) plan: &'a Plan,
    /// Where it stands in the frame.
    pub(super) entry: Range<usize>,
    /// Which value is its type.
    pub(super) type_at: usize,
    /// Which value is its item.
    pub(super) item_at: Option<usize>,
    /// A number for the order of its keys.
    pub(super) order: u64,
}

impl Sight<'_> {
    /// A number for its order of keys. Two orders with one number do no harm: the second is not
    /// learned.
    fn fingerprint(&self) -> u64 {
        let places =
            [self.starts.len(), self.type_at, self.keyed.start, self.plan.wire_type.index()];
        let sum = places.iter().fold(0, |sum: u64, place| sum << 12 ^ *place as u64);
        let places = sum << 9 | self.item_at.map_or(0, |at| at as u64 + 1);
        (self.order ^ places).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

/// Keeps the shapes.
#[derive(Debug)]
pub(super) struct Learner {
    shapes: Vec<Shape>,
    /// Numbers of the shapes in use, those last seen in front.
    order: Vec<u8>,
    recent: [u64; RECENT],
    recent_at: usize,
    /// Filled from the current frame, and kept if the frame turns out right.
    spare: Shape,
    pending: bool,
    learns: bool,
}

impl Learner {
    pub(super) fn new() -> Self {
        Self {
            shapes: (0..SHAPES).map(|_| Shape::with_room()).collect(),
            order: Vec::with_capacity(SHAPES),
            recent: [0; RECENT],
            recent_at: 0,
            spare: Shape::with_room(),
            pending: false,
            learns: true,
        }
    }

    /// Forgets every shape.
    pub(super) fn forget(&mut self) {
        self.order.clear();
        self.recent = [0; RECENT];
        self.pending = false;
    }

    /// How many shapes there are.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    /// The shape at `place`, if the entry whose values start at `starts` may have it: going by how many
    /// values are left and where the type stands.
    #[inline]
    pub(super) fn candidate(&self, place: usize, frame: &[u8], starts: &[u16]) -> Option<&Shape> {
        let shape = &self.shapes[usize::from(self.order[place])];
        if shape.skeleton.values() > starts.len() {
            return None;
        }
        let at = usize::from(*starts.get(usize::from(shape.type_at))?);
        (frame.get(at + 1..at + 3) == Some(&shape.code)).then_some(shape)
    }

    /// The shape at `place` fitted: one step to the front, so that shapes in use stay ahead of those
    /// that are not.
    #[inline]
    pub(super) fn fitted(&mut self, place: usize) {
        if place > 0 {
            self.order.swap(place, place - 1);
        }
    }

    /// Begins a frame that no shape fits; `learns` tells whether to learn from it.
    pub(super) fn begin(&mut self, learns: bool) {
        self.pending = false;
        self.learns = learns;
    }

    /// Looks at an entry. The second time its order of keys is seen it is learned, if the frame turns
    /// out right.
    pub(super) fn sight(&mut self, sight: &Sight<'_>) {
        if self.pending || !self.learns {
            return;
        }
        let fingerprint = sight.fingerprint();
        if !self.recent.contains(&fingerprint) {
            self.recent[self.recent_at % RECENT] = fingerprint;
            self.recent_at += 1;
            return;
        }
        let known = |at: &u8| self.shapes[usize::from(*at)].fingerprint == fingerprint;
        if !self.order.iter().any(known) {
            self.pending = self.spare.learn(sight, fingerprint).is_some();
        }
    }

    /// The frame was right to its last byte: what was learned from it counts.
    pub(super) fn commit(&mut self) {
        if !core::mem::take(&mut self.pending) {
            return;
        }
        let at = if self.order.len() < SHAPES {
            self.order.len() as u8
        } else {
            // Not empty: it is full.
            self.order.pop().unwrap_or(0)
        };
        core::mem::swap(&mut self.shapes[usize::from(at)], &mut self.spare);
        self.order.insert(0, at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::WireType;

    #[test]
    fn no_two_integers_of_a_type_go_to_one_place() {
        // They are stored by class, not in the order of the wire.
        for wire_type in WireType::ALL.iter().filter(|t| t.has_record()) {
            let plan = Plan::new(*wire_type, &[]).unwrap();
            let mut places: Vec<(u16, u16)> = Vec::new();
            for wanted in &plan.wanted {
                let Some(place) = wanted.place else { continue };
                let mark = (place.mark != NOWHERE && wanted.dest.is_some()).then_some(place.mark);
                if wanted.dest.is_some() || matches!(wanted.kind, ValueKind::Code(_)) {
                    places.push((place.at, place.at + place.size));
                }
                places.extend(mark.map(|mark| (mark, mark + 1)));
            }
            places.sort_unstable();
            for pair in places.windows(2) {
                assert!(pair[0].1 <= pair[1].0, "{wire_type:?}: {pair:?}");
            }
        }
    }

    #[test]
    fn every_integer_of_a_record_has_room_among_the_wide_ones() {
        for wire_type in WireType::ALL.iter().filter(|t| t.has_record()) {
            let plan = Plan::new(*wire_type, &[]).unwrap();
            let integers = plan.wanted.iter().filter(|wanted| wanted.dest.is_some()).count();
            assert!(integers <= INTEGERS_MAX, "{wire_type:?}: {integers}");
        }
    }
}
