//! Integers of a learned entry: from their texts into the fields of the record, two at a time.

use strategy_api::UnixNanos;
use strategy_api::record::Side;
use strategy_api::{Direction, TimeOfDay};

use super::plan::Plan;
use super::shape::{Class, Dest, Target};
use super::wide::{Ends, INTEGERS_MAX, Integers, MARKS, Machine, Pairs, mark};

// The marks are the directions.
const _: () = assert!(
    mark::NONE == Direction::NONE.0
        && mark::PLUS == Direction::UP.0
        && mark::SPACE == Direction::UNCHANGED.0
        && mark::MINUS == Direction::DOWN.0
);

/// One integer: which value it is, and where it goes.
#[derive(Clone, Copy, Debug)]
struct Step {
    value: u16,
    dest: Dest,
}

/// The integers of a shape, sorted by class, whole pairs in each of three parts: [prices](Class::Price),
/// [whole numbers](Class::Whole), all others. What fills a pair is the step before it again.
#[derive(Debug)]
pub(super) struct Steps {
    all: Vec<Step>,
    narrow_end: usize,
    whole_end: usize,
}

impl Steps {
    /// None, with room for as many as a shape can have.
    pub(super) fn with_room() -> Self {
        Self { all: Vec::with_capacity(INTEGERS_MAX + 3), narrow_end: 0, whole_end: 0 }
    }

    /// Takes the places of sorted targets. Allocates nothing.
    pub(super) fn fill(&mut self, plan: &Plan, targets: &[Target]) {
        self.all.clear();
        let (mut narrow_end, mut whole_end) = (None, None);
        for target in targets {
            let Some(dest) = plan.dest(target.kind, target.place) else { continue };
            if dest.class > Class::Price && narrow_end.is_none() {
                narrow_end = Some(self.even());
            }
            if dest.class > Class::Whole && whole_end.is_none() {
                whole_end = Some(self.even());
            }
            self.all.push(Step { value: target.value, dest });
        }
        let end = self.even();
        self.narrow_end = narrow_end.unwrap_or(end);
        self.whole_end = whole_end.unwrap_or(end);
    }

    /// Ends a part: fills its last pair. Returns where it ends.
    fn even(&mut self) -> usize {
        if let (true, Some(last)) = (self.all.len() % 2 == 1, self.all.last().copied()) {
            self.all.push(last);
        }
        self.all.len()
    }

    /// Reads all texts and stores what they are. `false` if one of them is of another form than
    /// `[+- or space] digits` with at most 15 bytes or nothing at all, or does not fit its field: then
    /// the record is not worth anything.
    ///
    /// # Safety
    /// - The machine has what `M` needs.
    /// - `ends` are those of the values of one entry of `frame`, verified, the last one filled in, and the
    ///   values of the steps are among them.
    /// - `record` is the unset one of the plan that the steps were made with, and so is `unset`, with
    ///   one word behind it that does not belong to it.
    #[inline(always)]
    pub(super) unsafe fn put_all<M: Machine>(
        &self,
        frame: &[u8],
        ends: &Ends,
        record: &mut [u64],
        unset: &[u64],
        recv: UnixNanos,
    ) -> bool {
        debug_assert!(record.len() == unset.len());
        // SAFETY: the caller's promises. `Plan::dest` has checked that fields and marks are inside of
        // the record, or in the spare word behind it; all three parts are whole pairs.
        unsafe {
            let mut pairs = M::Pairs::none();
            let fields = record.as_mut_ptr().cast::<u8>();
            let texts = Texts { frame: frame.as_ptr(), ends };
            let mut step = self.all.as_ptr();
            let narrow_end = step.add(self.narrow_end);
            let whole_end = step.add(self.whole_end);
            let end = step.add(self.all.len());
            // Changes and other prices have 31 bits; all are looked at together in the end.
            let mut narrow = 0;
            let mut all_marks = 0;
            while step < narrow_end {
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
            while step < whole_end {
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
            while step < end {
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
                self.unset(fields, unset.as_ptr().cast(), ends);
            }
            fits && pairs.fine() && all_marks < mark::BAD && narrow <= i32::MAX as u64
        }
    }

    /// Makes the prices and whole numbers of empty values what they were.
    ///
    /// # Safety
    /// As [`put_all`](Self::put_all).
    #[cold]
    unsafe fn unset(&self, fields: *mut u8, unset: *const u8, ends: &Ends) {
        for (place, step) in self.all[..self.whole_end].iter().enumerate() {
            if ends.length(usize::from(step.value)) != 0 {
                continue;
            }
            let (at, mark) = (usize::from(step.dest.at), usize::from(step.dest.mark));
            let bytes = if place < self.narrow_end { 4 } else { 8 };
            // SAFETY: the caller's promise.
            unsafe {
                for byte in at..at + bytes {
                    *fields.add(byte) = *unset.add(byte);
                }
                if place < self.narrow_end {
                    *fields.add(mark) = *unset.add(mark);
                }
            }
        }
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
    /// As [`Steps::put_all`].
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

/// Puts integers into a record. `false`: one of them does not fit its field. A field whose value is
/// empty stays as it is, unset.
///
/// # Safety
/// `record` has one word behind it that does not belong to it, and the dests are of its plan.
#[inline]
pub(super) unsafe fn put_integers(
    record: &mut [u64],
    dests: &[Dest],
    integers: &Integers,
    recv: UnixNanos,
) -> bool {
    let fields = record.as_mut_ptr().cast::<u8>();
    let (mut narrow, mut fits) = (0, true);
    let values = integers.magnitudes.iter().zip(&integers.marks);
    for (dest, (number, mark)) in dests.iter().zip(values) {
        if *mark != mark::EMPTY {
            // SAFETY: `Plan::dest` has checked that field and mark are inside of the record, or in the
            // spare word behind it.
            fits &= unsafe { put(fields, dest, *number, *mark, recv, &mut narrow) };
        }
    }
    fits && narrow <= i32::MAX as u64
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
