//! Integers of a learned entry: from their texts into the fields of the record, two at a time.

use strategy_api::UnixNanos;
use strategy_api::record::Side;
use strategy_api::{Direction, TimeOfDay};

use super::plan::Plan;
use super::shape::{Class, Dest, Target};
use super::wide::{Ends, INTEGERS_MAX, MARKS, Machine, Pairs, VALUES_MAX, mark};
use crate::schema::ValueKind;

// The marks are the directions.
const _: () = assert!(
    mark::NONE == Direction::NONE.0
        && mark::PLUS == Direction::UP.0
        && mark::SPACE == Direction::UNCHANGED.0
        && mark::MINUS == Direction::DOWN.0
);

/// How a value is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Group {
    /// An integer: a [price](Class::Price) with or without a mark.
    Price,
    /// An integer: a [whole number](Class::Whole).
    Whole,
    /// Any other integer.
    Integer,
    /// A code, which is one digit most of the time.
    Code,
    /// A number that has two decimals most of the time.
    Hundredths,
    /// Any other field.
    Other,
    /// No field of the record.
    Nothing,
}

impl Group {
    const COUNT: usize = Self::Nothing as usize + 1;

    pub(super) fn of(kind: ValueKind, dest: Option<Dest>) -> Self {
        match (dest.map(|dest| dest.class), kind) {
            (Some(Class::MarkedPrice | Class::Price), _) => Self::Price,
            (Some(Class::Whole), _) => Self::Whole,
            (Some(_), _) => Self::Integer,
            (None, ValueKind::Code(_)) => Self::Code,
            (None, ValueKind::Hundredths) => Self::Hundredths,
            (None, _) => Self::Other,
        }
    }
}

/// One value: which one it is, how it is read, and where it goes if it is an integer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) value: u16,
    /// Place among the plan's wanted fields; that of an entry of a table that is empty is the last.
    pub(super) wanted: u8,
    pub(super) group: Group,
    pub(super) dest: Dest,
}

impl Step {
    /// That of no field.
    pub(super) const NOTHING: Self = Self {
        value: 0,
        wanted: u8::MAX,
        group: Group::Nothing,
        dest: Dest { class: Class::Price, at: 0, mark: 0, step: 0 },
    };
}

/// The values of an entry whose order of keys is new, each with those that are read as it is.
pub(super) struct Sorted {
    /// The lists, [`LIST`] steps each.
    steps: [Step; LIST * Group::COUNT],
    /// Where each list ends.
    ends: [usize; Group::COUNT],
}

/// Room of a list: no more values than an entry can have, one that fills a pair, and one so that lists
/// do not lie 4,096 bytes apart.
const LIST: usize = VALUES_MAX + 2;

/// Where lists begin.
const BEGINNINGS: [usize; Group::COUNT] = {
    let mut beginnings = [0; Group::COUNT];
    let mut group = 0;
    while group < Group::COUNT {
        beginnings[group] = group * LIST;
        group += 1;
    }
    beginnings
};

impl Sorted {
    pub(super) fn new() -> Box<Self> {
        Box::new(Self { steps: [Step::NOTHING; LIST * Group::COUNT], ends: BEGINNINGS })
    }

    /// Looks up the keys of an entry. Returns a number for their order; `None` if a field that somebody
    /// reads stands twice, or if there are too many values.
    ///
    /// Which keys are those of fields cannot be predicted where the order is new: there is no branch on
    /// it.
    // On its own it has enough registers.
    #[inline(never)]
    pub(super) fn fill(&mut self, plan: &Plan, keys: &[u64]) -> Option<u64> {
        if keys.len() >= VALUES_MAX {
            return None;
        }
        let mut ends = BEGINNINGS;
        // How often each field stood there: less than 256 times, as there are so many values.
        let mut times = [0u8; u8::MAX as usize + 1];
        let mut order = keys.len() as u64;
        for (value, word) in keys.iter().enumerate() {
            let (found, step, product) = plan.look_up(*word);
            order = order.rotate_left(27).wrapping_add(product);
            let group =
                core::hint::select_unpredictable(found, step.group, Group::Nothing) as usize;
            let end = ends[group];
            let times = &mut times[usize::from(step.wanted)];
            *times += u8::from(found);
            debug_assert!(end < BEGINNINGS[group] + VALUES_MAX);
            // SAFETY: a list grows by one for each of less than `VALUES_MAX` keys.
            unsafe {
                let to = self.steps.as_mut_ptr().add(end);
                to.copy_from_nonoverlapping(step, 1);
                (*to).value = value as u16;
            }
            ends[group] = end + 1;
        }
        self.ends = ends;
        for group in [Group::Price, Group::Whole, Group::Integer] {
            self.even(group);
        }
        let most = times.iter().fold(0, |all, times| all | times);
        (most <= 1).then_some(order)
    }

    /// Fills the last pair of a list.
    #[inline(always)]
    fn even(&mut self, group: Group) {
        let (begin, end) = (BEGINNINGS[group as usize], self.ends[group as usize]);
        if !(end - begin).is_multiple_of(2) {
            self.steps[end] = self.steps[end - 1];
            self.ends[group as usize] = end + 1;
        }
    }

    /// The values of one group, in the order of the wire.
    #[inline(always)]
    pub(super) fn of(&self, group: Group) -> &[Step] {
        &self.steps[BEGINNINGS[group as usize]..self.ends[group as usize]]
    }

    /// The integers.
    #[inline(always)]
    pub(super) fn integers(&self) -> [&[Step]; 3] {
        [self.of(Group::Price), self.of(Group::Whole), self.of(Group::Integer)]
    }
}

impl core::fmt::Debug for Sorted {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Sorted").field("ends", &self.ends).finish_non_exhaustive()
    }
}

/// The integers of a shape, sorted by class, whole pairs in each of three parts: [prices](Class::Price),
/// [whole numbers](Class::Whole), all others. What fills a pair is the step before it again.
#[derive(Debug)]
pub(super) struct Steps {
    parts: [Vec<Step>; 3],
}

impl Steps {
    /// None, with room for as many as a shape can have.
    pub(super) fn with_room() -> Self {
        Self { parts: [(); 3].map(|()| Vec::with_capacity(INTEGERS_MAX + 1)) }
    }

    /// Takes the places of sorted targets. Allocates nothing.
    pub(super) fn fill(&mut self, plan: &Plan, targets: &[Target]) {
        self.parts.iter_mut().for_each(Vec::clear);
        for target in targets {
            let dest = plan.dest(target.kind, target.place);
            let group = Group::of(target.kind, dest);
            if let (Some(dest), Some(part)) = (dest, self.parts.get_mut(group as usize)) {
                part.push(Step { value: target.value, wanted: u8::MAX, group, dest });
            }
        }
        for part in &mut self.parts {
            if let (true, Some(last)) = (part.len() % 2 == 1, part.last().copied()) {
                part.push(last);
            }
        }
    }

    /// The three parts.
    #[inline(always)]
    pub(super) fn integers(&self) -> [&[Step]; 3] {
        let [prices, wholes, others] = &self.parts;
        [prices, wholes, others]
    }
}

/// Reads all texts and stores what they are. `false` if one of them is of another form than
/// `[+- or space] digits` with at most 15 bytes or nothing at all, or does not fit its field: then
/// the record is not worth anything.
///
/// # Safety
/// - The machine has what `M` needs.
/// - `ends` are those of the values of one entry of `frame`, verified, the last one filled in, and the
///   values of the steps are among them.
/// - All parts are whole pairs.
/// - `record` is the unset one of the plan that the steps were made with, and so is `unset`, with
///   one word behind it that does not belong to it.
#[inline(always)]
pub(super) unsafe fn put_all<M: Machine>(
    parts: [&[Step]; 3],
    frame: &[u8],
    ends: &Ends,
    record: &mut [u64],
    unset: &[u64],
    recv: UnixNanos,
) -> bool {
    debug_assert!(record.len() == unset.len());
    debug_assert!(parts.iter().all(|part| part.len().is_multiple_of(2)));
    // SAFETY: the caller's promises. `Plan::dest` has checked that fields and marks are inside of
    // the record, or in the spare word behind it; all three parts are whole pairs.
    unsafe {
        let mut pairs = M::Pairs::none();
        let fields = record.as_mut_ptr().cast::<u8>();
        let texts = Texts { frame: frame.as_ptr(), ends };
        let [prices, wholes, others] = parts.map(<[Step]>::as_ptr_range);
        // Changes and other prices have 31 bits; all are looked at together in the end.
        let mut narrow = 0;
        let mut all_marks = 0;
        let mut step = prices.start;
        while step < prices.end {
            let at = texts.at(step);
            let numbers = pairs.read_narrow(texts.frame, at.ends, at.lengths);
            for (pair, number) in numbers.into_iter().enumerate() {
                let to = &(*step.add(pair)).dest;
                let mark = at.marks[pair];
                all_marks |= mark;
                fields.add(usize::from(to.at)).cast::<u32>().write_unaligned(number as u32);
                *fields.add(usize::from(to.mark)) = mark;
            }
            step = step.add(2);
        }
        let mut step = wholes.start;
        while step < wholes.end {
            let at = texts.at(step);
            let numbers = pairs.read(texts.frame, at.ends, at.lengths);
            for (pair, number) in numbers.into_iter().enumerate() {
                let to = &(*step.add(pair)).dest;
                let mark = at.marks[pair];
                all_marks |= mark;
                let number = signed(number, mark);
                fields.add(usize::from(to.at)).cast::<u64>().write_unaligned(number);
            }
            step = step.add(2);
        }
        let mut fits = true;
        let mut step = others.start;
        while step < others.end {
            let at = texts.at(step);
            let numbers = pairs.read(texts.frame, at.ends, at.lengths);
            for (pair, number) in numbers.into_iter().enumerate() {
                let to = &(*step.add(pair)).dest;
                let mark = at.marks[pair];
                all_marks |= mark;
                if mark != mark::EMPTY {
                    fits &= put(fields, to, number, mark, recv, &mut narrow);
                }
            }
            step = step.add(2);
        }
        if all_marks & mark::EMPTY != 0 {
            make_unset(parts, fields, unset.as_ptr().cast(), ends);
        }
        fits && pairs.fine() && all_marks < mark::BAD && narrow <= i32::MAX as u64
    }
}

/// Makes the prices and whole numbers of empty values what they were.
///
/// # Safety
/// As [`put_all`].
#[cold]
unsafe fn make_unset(parts: [&[Step]; 3], fields: *mut u8, unset: *const u8, ends: &Ends) {
    let [prices, wholes, _] = parts;
    let empty = |step: &&Step| ends.length(usize::from(step.value)) == 0;
    // SAFETY: the caller's promise.
    let copy = |at: u16, bytes: usize| unsafe {
        let at = usize::from(at);
        unset.add(at).copy_to_nonoverlapping(fields.add(at), bytes);
    };
    for step in prices.iter().filter(empty) {
        copy(step.dest.at, 4);
        copy(step.dest.mark, 1);
    }
    for step in wholes.iter().filter(empty) {
        copy(step.dest.at, 8);
    }
}

/// The texts of an entry's values.
#[derive(Clone, Copy)]
struct Texts<'a> {
    frame: *const u8,
    ends: &'a Ends,
}

/// Where two texts are, and their marks.
struct Two {
    ends: [usize; 2],
    lengths: [usize; 2],
    marks: [u8; 2],
}

impl Texts<'_> {
    /// The values of a step and the one behind it.
    ///
    /// # Safety
    /// As [`put_all`].
    #[inline(always)]
    unsafe fn at(self, step: *const Step) -> Two {
        // SAFETY: the caller's promise: values of the entry, which has less than can be; the first byte of
        // each, or its closing quote, is in the frame.
        unsafe {
            let one = self.ends.of(usize::from((*step).value));
            let two = self.ends.of(usize::from((*step.add(1)).value));
            let first = |(end, length): (usize, usize)| usize::from(*self.frame.add(end - length));
            let marks = [*MARKS.get_unchecked(first(one)), *MARKS.get_unchecked(first(two))];
            Two { ends: [one.0, two.0], lengths: [one.1, two.1], marks }
        }
    }
}

/// Stores an integer of any class. `false` if it does not fit; of `narrow` that is to be told in the end,
/// by whether it has grown beyond 31 bits.
///
/// # Safety
/// `fields` are those of a record that the field and its mark are inside of, or in a word behind it.
#[inline(always)]
unsafe fn put(
    fields: *mut u8,
    to: &Dest,
    number: u64,
    mark: u8,
    recv: UnixNanos,
    narrow: &mut u64,
) -> bool {
    // SAFETY: the caller's promise.
    let put_u64 = |value: u64| unsafe {
        fields.add(usize::from(to.at)).cast::<u64>().write_unaligned(value);
    };
    // SAFETY: the same.
    let put_u32 = |value: u32| unsafe {
        fields.add(usize::from(to.at)).cast::<u32>().write_unaligned(value);
    };
    // SAFETY: the same.
    let put_mark = |value: u8| unsafe { *fields.add(usize::from(to.mark)) = value };
    match to.class {
        Class::MarkedPrice | Class::Price => {
            *narrow |= number;
            put_u32(number as u32);
            put_mark(mark);
        }
        Class::Whole => put_u64(signed(number, mark)),
        Class::Stepped => {
            let won = (signed(number, mark) as i64).checked_mul(i64::from(to.step));
            put_u64(won.unwrap_or_default() as u64);
            return won.is_some();
        }
        Class::Delta => {
            *narrow |= number;
            put_u32(signed(number, mark) as u32);
        }
        Class::SmallCount => {
            put_u32(number as u32);
            return number <= u64::from(u32::MAX) && (mark != mark::MINUS || number == 0);
        }
        Class::Aggressor => {
            let side = match mark {
                mark::PLUS if number != 0 => Side::BUY,
                mark::MINUS if number != 0 => Side::SELL,
                _ => Side::NONE,
            };
            put_u64(number);
            put_mark(side.0);
        }
        Class::EventTime => {
            let time = u32::try_from(number).ok().and_then(TimeOfDay::from_hhmmss);
            let Some(time) = time.filter(|_| mark == mark::NONE) else { return false };
            put_u64(recv.nearest_kst(time).raw());
        }
    }
    true
}

/// At most 16 digits: fits.
#[inline(always)]
fn signed(number: u64, mark: u8) -> u64 {
    if mark == mark::MINUS { number.wrapping_neg() } else { number }
}
