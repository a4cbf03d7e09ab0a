//! Memory that is there before it is needed.
//!
//! The kernel gives a page only when it is first written, which takes several microseconds: as long as all
//! checks of an order together. Tables that orders are written into are therefore touched beforehand.

use std::hint::black_box;
use std::mem::MaybeUninit;

/// Smallest page.
const PAGE: usize = 4096;

/// Elements from one page to the next.
fn step<T>() -> usize {
    (PAGE / size_of::<T>().max(1)).max(1)
}

/// Writes to every page of a table that was allocated as zeros, without changing it.
pub(crate) fn touch<T: Copy>(table: &mut [T]) {
    for slot in table.iter_mut().step_by(step::<T>()) {
        // The compiler must not see that this is the same value.
        *slot = black_box(*slot);
    }
    black_box(table);
}

/// Writes to the pages into which the next `ahead` elements of a list will go, as far as it has room.
pub(crate) fn touch_ahead<T>(list: &mut Vec<T>, ahead: usize) {
    let spare = list.spare_capacity_mut();
    let ahead = ahead.min(spare.len());
    for slot in spare[..ahead].iter_mut().step_by(step::<T>()) {
        *slot = MaybeUninit::zeroed();
    }
    black_box(spare);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_stays_as_it_is() {
        let mut table: Vec<u32> = (0..10_000).collect();
        touch(&mut table);
        assert!(table.iter().copied().eq(0..10_000));
        let mut list = Vec::with_capacity(5_000);
        list.extend(0..7_u64);
        touch_ahead(&mut list, 100_000);
        assert_eq!((list.as_slice(), list.capacity()), (&[0, 1, 2, 3, 4, 5, 6][..], 5_000));
        touch_ahead(&mut Vec::<u8>::new(), 10);
        touch::<()>(&mut [(); 3]);
    }
}
