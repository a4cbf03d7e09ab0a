//! When the next call is allowed: the broker's limits, kept on our side of the wire. No I/O; time
//! comes in.
//!
//! The broker allows 5 orders a second and 5 calls a second of each query (its mock server about one,
//! two at once). How it counts is not documented, so the strictest reading is kept: **no more than N
//! calls in any window of that length**, wherever it begins. That satisfies a fixed window, a sliding one
//! and a token bucket of the same size; a token bucket on our side would let nearly twice as many
//! through in its first second. The window is a little longer than the broker's
//! ([`Rates::margin`]), because calls that left a second apart may arrive closer together.
//!
//! - **Cancels have a reserve**: new orders and replaces leave [`Rates::cancel_reserve`] places of each
//!   window free, so that risk can always be taken off.
//! - **It learns.** A refusal for too many calls (HTTP 429, 1700–1702) closes the bucket for a while and
//!   stretches its window by half (to at most eight times); each half minute without another shrinks
//!   the stretch again by a quarter. 1701 and 1702 speak of calls together, so they slow all
//!   buckets. A limit named in the refusal (`유량=5`) is believed when it is lower than ours.
//! - A call that surely was not sent gives its place back.

use std::collections::VecDeque;
use std::time::Duration;

use feed::clock::Monotonic;

use super::api::{ApiId, Meaning, Refusal};

/// Calls per window are at most this many.
const CALLS_MAX: u32 = 64;
/// The window's length is kept in eighths of the nominal one.
const NOMINAL: u32 = 8;
const STRETCH_MAX: u32 = 8 * NOMINAL;
/// Without a refusal for this long, the stretch shrinks.
const RECOVERY: Duration = Duration::from_secs(30);
/// First pause after a refusal; it grows with each further one, to four times.
const PAUSE: Duration = Duration::from_millis(500);

/// What a call counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A new order.
    New,
    /// Another price or quantity.
    Replace,
    /// A cancel: may use the reserve.
    Cancel,
    /// A query; each has a bucket of its own.
    Query(ApiId),
}

impl From<ApiId> for Class {
    fn from(api: ApiId) -> Self {
        match api {
            ApiId::Buy | ApiId::Sell => Self::New,
            ApiId::Modify => Self::Replace,
            ApiId::Cancel => Self::Cancel,
            query => Self::Query(query),
        }
    }
}

/// The broker's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Orders, replaces and cancels together, per window. `1..=64`.
    pub orders: u32,
    /// Places of them that only cancels may use; less than `orders`.
    pub cancel_reserve: u32,
    /// The broker's window of these.
    pub window: Duration,
    /// Calls of one query per window. `1..=64`.
    pub queries: u32,
    /// The broker's window of queries.
    pub query_window: Duration,
    /// Added to both.
    pub margin: Duration,
}

impl Rates {
    /// The real server: 5 a second.
    pub const REAL: Self = Self {
        orders: 5,
        cancel_reserve: 1,
        window: Duration::from_secs(1),
        queries: 5,
        query_window: Duration::from_secs(1),
        margin: Duration::from_millis(50),
    };
    /// The mock server: one a second, two at once.
    pub const MOCK: Self = Self {
        orders: 2,
        cancel_reserve: 1,
        window: Duration::from_secs(2),
        queries: 2,
        query_window: Duration::from_secs(2),
        margin: Duration::from_millis(50),
    };
}

/// Why a call has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitReason {
    /// The window is full.
    Full,
    /// What is left of it is for cancels.
    Reserved,
    /// The broker refused a call for its rate.
    Refused,
}

/// Not now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the broker's rate allows the next call in {} ms ({reason:?})", wait.as_millis())]
pub struct NotYet {
    /// When it will be allowed, if nothing else is sent until then.
    pub until: Monotonic,
    /// The same, from now.
    pub wait: Duration,
    /// Why.
    pub reason: WaitReason,
}

/// A place that a call took; hand it back if the call surely was not sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Place {
    class: Class,
    at: Monotonic,
}

/// Keeps the limits of one app key.
#[derive(Clone, Debug)]
pub struct Limiter {
    orders: Bucket,
    queries: [Bucket; ApiId::ALL.len()],
    cancel_reserve: u32,
}

/// What the limiter has learned about orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Learned {
    /// Orders per window.
    pub calls: u32,
    /// The window, stretched.
    pub window: Duration,
    /// Refusals for the rate so far, of orders and queries.
    pub refusals: u64,
}

impl Limiter {
    /// Limits as given; numbers outside of their ranges are brought into them.
    pub fn new(rates: Rates) -> Self {
        let bucket = |calls: u32, window: Duration| {
            let span = (window + rates.margin).max(Duration::from_millis(1));
            Bucket::new(calls.clamp(1, CALLS_MAX), span)
        };
        let orders = bucket(rates.orders, rates.window);
        Self {
            cancel_reserve: rates.cancel_reserve.min(orders.calls - 1),
            orders,
            queries: std::array::from_fn(|_| bucket(rates.queries, rates.query_window)),
        }
    }

    /// Whether a call of this class may go now.
    ///
    /// # Errors
    /// When it will be allowed.
    #[inline]
    pub fn check(&self, class: Class, now: Monotonic) -> Result<(), NotYet> {
        let reserve = match class {
            Class::New | Class::Replace => self.cancel_reserve,
            Class::Cancel | Class::Query(_) => 0,
        };
        self.bucket(class).check(reserve, now)
    }

    /// Takes a place for a call that goes now.
    ///
    /// # Errors
    /// When it will be allowed; no place is taken then.
    #[inline]
    pub fn take(&mut self, class: Class, now: Monotonic) -> Result<Place, NotYet> {
        self.bucket_mut(class).recover(now);
        self.check(class, now)?;
        self.bucket_mut(class).sent.push_back(now);
        Ok(Place { class, at: now })
    }

    /// The call surely was not sent.
    pub fn give_back(&mut self, place: Place) {
        let sent = &mut self.bucket_mut(place.class).sent;
        if let Some(at) = sent.iter().rposition(|at| *at == place.at) {
            sent.remove(at);
        }
    }

    /// The broker refused a call. What is not about its rate changes nothing.
    pub fn refused(&mut self, class: Class, refusal: &Refusal, now: Monotonic) {
        match refusal.meaning {
            Meaning::RateOfCall => self.bucket_mut(class).slow_down(told(&refusal.text), now),
            // The number in it is that of another, common bucket.
            Meaning::RateOfAll => {
                self.orders.slow_down(None, now);
                self.queries.iter_mut().for_each(|bucket| bucket.slow_down(None, now));
            }
            _ => {}
        }
    }

    /// What it has learned about orders.
    pub fn learned(&self) -> Learned {
        let queries: u64 = self.queries.iter().map(|bucket| bucket.refusals).sum();
        Learned {
            calls: self.orders.calls,
            window: self.orders.window(),
            refusals: self.orders.refusals + queries,
        }
    }

    fn bucket(&self, class: Class) -> &Bucket {
        match class {
            Class::Query(api) => &self.queries[api as usize],
            _ => &self.orders,
        }
    }

    fn bucket_mut(&mut self, class: Class) -> &mut Bucket {
        match class {
            Class::Query(api) => &mut self.queries[api as usize],
            _ => &mut self.orders,
        }
    }
}

/// One limit.
#[derive(Clone, Debug)]
struct Bucket {
    calls: u32,
    span: Duration,
    /// Length of the window in eighths of `span`.
    stretch: u32,
    /// The last calls, oldest first; at most `calls` of them matter.
    sent: VecDeque<Monotonic>,
    closed_until: Monotonic,
    /// Refusals in a row.
    strikes: u32,
    refusals: u64,
    /// From when the next recovery is counted.
    since: Monotonic,
}

impl Bucket {
    fn new(calls: u32, span: Duration) -> Self {
        Self {
            calls,
            span,
            stretch: NOMINAL,
            sent: VecDeque::with_capacity(CALLS_MAX as usize + 1),
            closed_until: Monotonic::ZERO,
            strikes: 0,
            refusals: 0,
            since: Monotonic::ZERO,
        }
    }

    fn window(&self) -> Duration {
        self.span * self.stretch / NOMINAL
    }

    #[inline]
    fn check(&self, reserve: u32, now: Monotonic) -> Result<(), NotYet> {
        let not_yet =
            |until: Monotonic, reason| Err(NotYet { until, wait: until.since(now), reason });
        if now < self.closed_until {
            return not_yet(self.closed_until, WaitReason::Refused);
        }
        let window = self.window();
        let gone = self.sent.iter().take_while(|at| **at + window <= now).count();
        let (inside, allowed) =
            (self.sent.len() - gone, (self.calls - reserve.min(self.calls - 1)) as usize);
        if inside < allowed {
            return Ok(());
        }
        // When this call leaves the window, there is room.
        let until = self.sent[self.sent.len() - allowed] + window;
        let reason =
            if inside < self.calls as usize { WaitReason::Reserved } else { WaitReason::Full };
        not_yet(until, reason)
    }

    /// Forgets what is long gone, and shrinks the stretch.
    fn recover(&mut self, now: Monotonic) {
        while self.sent.len() >= self.calls as usize
            && self.sent.front().is_some_and(|at| *at + self.window() <= now)
        {
            self.sent.pop_front();
        }
        while self.stretch > NOMINAL && now.since(self.since) >= RECOVERY {
            self.since = self.since + RECOVERY;
            self.stretch -= ((self.stretch - NOMINAL) / 4).max(1);
            self.strikes = 0;
        }
    }

    fn slow_down(&mut self, told: Option<u32>, now: Monotonic) {
        self.refusals += 1;
        self.strikes = (self.strikes + 1).min(4);
        self.stretch = (self.stretch * 3 / 2).min(STRETCH_MAX);
        self.since = now;
        if let Some(told) = told {
            self.calls = self.calls.min(told.clamp(1, CALLS_MAX));
        }
        // Their window is full now, whatever ours says.
        self.closed_until = self.closed_until.max(now + self.window().max(PAUSE * self.strikes));
    }
}

/// The limit that a refusal names: `유량=5`.
fn told(text: &str) -> Option<u32> {
    let (_, behind) = text.split_once("유량=")?;
    let end = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
    behind[..end].parse().ok().filter(|limit| *limit > 0)
}

#[cfg(test)]
mod tests {
    use super::super::api::QueryAnswer;
    use super::*;
    use proptest::prelude::*;

    fn at(millis: u64) -> Monotonic {
        Monotonic::from_nanos(millis * 1_000_000)
    }

    fn limited(code: &str) -> Refusal {
        let text = format!("초과 [{code}:초과하였습니다. 유량=3, API ID=kt10000]");
        let body = serde_json::json!({ "return_code": 5, "return_msg": text }).to_string();
        let query = super::super::api::AccountNumber;
        match QueryAnswer::read(&query, 429, body.as_bytes(), &mut String::new()) {
            Ok(QueryAnswer::Refused(refusal)) => refusal,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn five_go_at_once_and_the_sixth_waits_for_the_first_to_leave_the_window() {
        let mut limiter = Limiter::new(Rates::REAL);
        for _ in 0..4 {
            assert!(limiter.take(Class::New, at(1000)).is_ok());
        }
        let reserved = limiter.take(Class::New, at(1010)).unwrap_err();
        assert_eq!((reserved.reason, reserved.until), (WaitReason::Reserved, at(2050)));
        assert!(limiter.take(Class::Cancel, at(1010)).is_ok());
        let full = limiter.take(Class::Cancel, at(1010)).unwrap_err();
        assert_eq!((full.reason, full.until), (WaitReason::Full, at(2050)));
        assert_eq!(full.wait, Duration::from_millis(1040));
        assert!(limiter.take(Class::New, at(2049)).is_err());
        assert!(limiter.take(Class::New, at(2050)).is_ok());
    }

    #[test]
    fn each_query_has_its_own_bucket_and_orders_another() {
        let mut limiter = Limiter::new(Rates::MOCK);
        for class in [Class::Query(ApiId::OpenOrders), Class::Query(ApiId::Fills)] {
            assert!(limiter.take(class, at(0)).is_ok());
            assert!(limiter.take(class, at(0)).is_ok());
            assert_eq!(limiter.take(class, at(0)).unwrap_err().until, at(2050));
        }
        assert!(limiter.take(Class::New, at(0)).is_ok());
    }

    #[test]
    fn a_call_that_was_not_sent_gives_its_place_back() {
        let mut limiter = Limiter::new(Rates { cancel_reserve: 0, ..Rates::MOCK });
        let place = limiter.take(Class::New, at(0)).unwrap();
        limiter.take(Class::New, at(1)).unwrap();
        assert!(limiter.check(Class::New, at(2)).is_err());
        limiter.give_back(place);
        assert!(limiter.check(Class::New, at(2)).is_ok());
    }

    #[test]
    fn a_refusal_slows_its_bucket_down_and_calm_speeds_it_up_slowly() {
        let mut limiter = Limiter::new(Rates::REAL);
        let full = limiter.learned();
        limiter.refused(Class::New, &limited("1700"), at(0));
        let slow = limiter.learned();
        assert_eq!((slow.calls, slow.refusals), (3, 1));
        assert_eq!(slow.window, full.window * 3 / 2);
        let closed = limiter.take(Class::Cancel, at(100)).unwrap_err();
        assert_eq!(closed.reason, WaitReason::Refused);
        assert!(limiter.check(Class::Query(ApiId::Fills), at(100)).is_ok());
        limiter.take(Class::New, at(29_999)).unwrap();
        assert_eq!(limiter.learned().window, slow.window);
        limiter.take(Class::New, at(32_000)).unwrap();
        let better = limiter.learned().window;
        assert!(full.window < better && better < slow.window);
        limiter.take(Class::New, at(600_000)).unwrap();
        assert_eq!(limiter.learned().window, full.window);
    }

    #[test]
    fn a_refusal_of_all_calls_slows_every_bucket_and_others_none() {
        let mut limiter = Limiter::new(Rates::REAL);
        limiter.refused(Class::Query(ApiId::Fills), &limited("1701"), at(0));
        assert!(limiter.check(Class::Cancel, at(1)).is_err());
        assert!(limiter.check(Class::Query(ApiId::Deposit), at(1)).is_err());
        assert_eq!(limiter.learned().calls, 5, "the number is that of another bucket");
        let mut limiter = Limiter::new(Rates::REAL);
        limiter.refused(Class::New, &limited("RC4027"), at(0));
        limiter.refused(Class::New, &limited("8005"), at(0));
        assert_eq!(limiter.learned().refusals, 0, "neither is about the rate");
        assert!(limiter.take(Class::New, at(0)).is_ok());
    }

    #[test]
    fn the_stretch_and_the_pause_are_bounded() {
        let mut limiter = Limiter::new(Rates::REAL);
        for i in 0..1000 {
            limiter.refused(Class::New, &limited("1700"), at(i));
        }
        let not_yet = limiter.check(Class::New, at(1000)).unwrap_err();
        assert!(not_yet.wait <= Duration::from_millis(8 * 1050), "{not_yet}");
    }

    #[test]
    fn odd_rates_are_brought_into_range() {
        let mut odd =
            Limiter::new(Rates { orders: 0, cancel_reserve: 9, queries: 1000, ..Rates::REAL });
        assert!(odd.take(Class::New, at(0)).is_ok());
        assert!(odd.take(Class::New, at(0)).is_err());
    }

    proptest! {
        /// Whoever asks whenever: no window of the broker's length ever holds more than its limit,
        /// new orders never use the reserve, and a call is allowed when it was said to be.
        #[test]
        fn no_window_ever_holds_more_than_the_limit(steps in proptest::collection::vec((0_u64..400, any::<bool>()), 1..200)) {
            let mut limiter = Limiter::new(Rates::REAL);
            let (mut now, mut sent) = (0, Vec::new());
            for (step, cancel) in steps {
                now += step;
                let class = if cancel { Class::Cancel } else { Class::New };
                match limiter.take(class, at(now)) {
                    Ok(_) => sent.push((now, cancel)),
                    Err(not_yet) => {
                        prop_assert!(not_yet.until > at(now));
                        prop_assert!(limiter.check(class, not_yet.until).is_ok());
                    }
                }
            }
            for (start, _) in &sent {
                let inside = sent.iter().filter(|(t, _)| (*start..*start + 1000).contains(t));
                let (all, new) = inside.fold((0, 0), |(a, n), (_, c)| (a + 1, n + usize::from(!c)));
                prop_assert!(all <= 5 && new <= 4, "{} calls, {} new", all, new);
            }
        }
    }
}
