//! Sliding windows: how many messages within a second, how far a price moved within seconds.

use strategy_api::{DurationNanos, Price, UnixNanos};

/// At most `limit` events within any `span`, exactly: the moments of the last `limit` are kept.
#[derive(Clone, Debug)]
pub struct RateWindow {
    /// Moments of the last events, a ring.
    times: Box<[u64]>,
    /// Place of the oldest, which the next one replaces.
    next: usize,
    span: u64,
}

impl RateWindow {
    /// A window in which nothing has happened.
    pub fn new(limit: u32, span: DurationNanos) -> Self {
        Self { times: vec![0; limit.max(1) as usize].into(), next: 0, span: span.raw() }
    }

    /// Whether one more may happen now and still leave room for `reserve` others.
    #[inline]
    pub fn allows(&self, now: UnixNanos, reserve: u32) -> bool {
        self.allowed_at(reserve) <= now.raw()
    }

    /// When one more may happen at the earliest; 0 when at any time.
    #[inline]
    pub fn allowed_at(&self, reserve: u32) -> u64 {
        let count = self.times.len();
        // With `reserve` places kept free, the event that has to be old enough is that much younger.
        let mut index = self.next + (reserve as usize).min(count - 1);
        if index >= count {
            index -= count;
        }
        match self.times[index] {
            0 => 0,
            time => time.saturating_add(self.span),
        }
    }

    /// One happened.
    #[inline]
    pub fn record(&mut self, now: UnixNanos) {
        // Zero says "never"; a clock that goes back must not free a place.
        let newest = self.times[self.next.checked_sub(1).unwrap_or(self.times.len() - 1)];
        self.times[self.next] = now.raw().max(newest).max(1);
        self.next += 1;
        if self.next == self.times.len() {
            self.next = 0;
        }
    }
}

/// Pieces of a price window; one more than cover it, so that it is never shorter than configured.
const PIECES: usize = 9;

/// Highest and lowest price within a span, in pieces of an eighth of it: it covers the span and up to
/// an eighth more. A jump from one price to the next counts when it happens, however old the first is.
#[derive(Clone, Copy, Debug)]
pub(super) struct PriceWindow {
    pieces: [Piece; PIECES],
    /// The price before; 0 before the first.
    last: i32,
}

#[derive(Clone, Copy, Debug)]
struct Piece {
    /// Number of the piece since 1970.
    number: u64,
    low: i32,
    high: i32,
}

impl PriceWindow {
    /// No price yet.
    pub(super) const EMPTY: Self =
        Self { pieces: [Piece { number: u64::MAX, low: 0, high: 0 }; PIECES], last: 0 };

    /// Length of a piece for a window of that many seconds.
    pub(super) const fn piece(seconds: u32) -> DurationNanos {
        DurationNanos::new(seconds as u64 * 1_000_000_000 / (PIECES as u64 - 1))
    }

    /// A price was seen.
    #[inline]
    pub(super) fn record(&mut self, price: Price, now: UnixNanos, piece: DurationNanos) {
        let number = now.raw() / piece.raw();
        let price = price.raw();
        let place = &mut self.pieces[(number % PIECES as u64) as usize];
        if place.number == number {
            place.low = place.low.min(price);
            place.high = place.high.max(price);
        } else {
            let before = if self.last > 0 { self.last } else { price };
            *place = Piece { number, low: price.min(before), high: price.max(before) };
        }
        self.last = price;
    }

    /// Whether highest and lowest are further apart than `limit` hundredths of a percent of the lowest.
    #[inline]
    pub(super) fn moved_more_than(&self, limit: u32, now: UnixNanos, piece: DurationNanos) -> bool {
        let number = now.raw() / piece.raw();
        let oldest = number.saturating_sub(PIECES as u64 - 1);
        let (mut low, mut high) = (i32::MAX, i32::MIN);
        for piece in &self.pieces {
            if piece.number >= oldest && piece.number <= number {
                low = low.min(piece.low);
                high = high.max(piece.high);
            }
        }
        low <= high
            && (i64::from(high) - i64::from(low)) * 10_000 > i64::from(limit) * i64::from(low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn at(nanos: u64) -> UnixNanos {
        UnixNanos::new(1_000 * SECOND + nanos)
    }

    #[test]
    fn never_more_than_the_limit_within_any_second() {
        let mut window = RateWindow::new(5, DurationNanos::from_secs(1));
        let mut sent: Vec<u64> = Vec::new();
        for step in 0..50_000 {
            // Uneven steps, so that boundaries are met from both sides.
            let now = step * 37_000_003 % (20 * SECOND) + step / 600 * 20 * SECOND;
            if sent.last().is_some_and(|last| now < *last) {
                continue;
            }
            if window.allows(at(now), 0) {
                window.record(at(now));
                sent.push(now);
            }
            let recent = sent.iter().rev().take_while(|time| **time + SECOND > now).count();
            assert!(recent <= 5, "{recent} at {now}");
        }
        assert!(sent.len() > 100);
    }

    #[test]
    fn the_place_is_free_again_after_exactly_the_span() {
        let mut window = RateWindow::new(2, DurationNanos::from_secs(1));
        window.record(at(0));
        assert!(window.allows(at(0), 0));
        assert!(!window.allows(at(0), 1), "the second place is kept");
        window.record(at(1));
        assert!(!window.allows(at(SECOND - 1), 0));
        assert!(window.allows(at(SECOND), 0));
        assert!(!window.allows(at(SECOND), 1));
        assert!(window.allows(at(SECOND + 1), 1));
        assert_eq!(window.allowed_at(0), at(SECOND).raw());
    }

    #[test]
    fn a_clock_that_goes_back_frees_no_place() {
        let mut window = RateWindow::new(1, DurationNanos::from_secs(1));
        window.record(at(5 * SECOND));
        assert!(!window.allows(at(0), 0));
        window.record(at(0));
        assert!(!window.allows(at(6 * SECOND - 1), 0));
        assert!(window.allows(at(6 * SECOND), 0));
    }

    #[test]
    fn a_move_counts_for_the_whole_window_and_not_much_longer() {
        let piece = PriceWindow::piece(8);
        let mut window = PriceWindow::EMPTY;
        assert!(!window.moved_more_than(1, at(0), piece));
        window.record(Price::new(10_000), at(0), piece);
        window.record(Price::new(10_300), at(SECOND), piece);
        assert!(!window.moved_more_than(300, at(SECOND), piece), "exactly the limit");
        window.record(Price::new(10_301), at(SECOND), piece);
        assert!(window.moved_more_than(300, at(SECOND), piece));
        assert!(window.moved_more_than(300, at(9 * SECOND), piece), "the whole window");
        assert!(!window.moved_more_than(300, at(10 * SECOND), piece), "an eighth later");
        assert!(!window.moved_more_than(300, at(100 * SECOND), piece));
        window.record(Price::new(9_900), at(200 * SECOND), piece);
        assert!(window.moved_more_than(300, at(200 * SECOND), piece), "a jump after a silence");
    }
}
