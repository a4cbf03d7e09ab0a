//! The phase of each venue, as the clock goes on and as the broker's `0s` frames correct it.
//!
//! The clock follows the plan of the day; a frame counts more than the clock:
//!
//! | code | does |
//! |---|---|
//! | `0` before open | remembers when the market will open (time + FID 214): a later open than planned is waited for |
//! | `3` open | KRX continuous, now |
//! | `2` close notice | KRX closing auction, unless it says that the close is more than ten minutes away |
//! | `4` close, `8` regular closed | KRX leaves the auction or continuous trading; nothing later in the day |
//! | `a`, `b` | KRX off-hours at the close begins; ends, and what the plan has next begins |
//! | `c`, `d` | single price begins, ends. A plan with an after-market has no single price: `c` begins the after-market, `d` says nothing |
//! | `9` all closed | KRX closed, also where the plan has more: sending too little is the smaller mistake |
//! | `P` `Q` `R` `S` `T` `U` `V` | NXT pre-market, pause, continuous, pause, single price, after-market, closed |
//! | `e` `f` `o` `s` | derivatives: nothing |
//!
//! A frame whose own time lies more than a minute before the current phase is an old one (a repeat
//! after a login) and says nothing. A call auction ends at random up to 30 s late: the clock opens
//! continuous trading only [`open_wait`](SessionOptions::open_wait) after its time when `0s` frames come
//! at all and the opening one has not; then the transition says [`Cause::Unconfirmed`].

use super::plan::{DayPlan, OrderTypes, Phase, SessionPlan};
use super::ticks::InstrumentKind;
use strategy_api::{
    DurationNanos, OrderType, Refusal, SessionCode, SessionState, UnixNanos, Venue,
};

/// How far frames and the clock may differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionOptions {
    /// How long the clock waits for the opening frame. Default 40 s: auctions end up to 30 s late.
    pub open_wait: DurationNanos,
    /// How much later than planned an announced open may be and is still believed. Default 3 h.
    pub open_delay_max: DurationNanos,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self {
            open_wait: DurationNanos::from_secs(40),
            open_delay_max: DurationNanos::from_secs(3 * 3600),
        }
    }
}

/// Why a phase changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// The planned time came.
    Clock,
    /// A `0s` frame with this code.
    Frame(SessionCode),
    /// The planned time came and the frame that should have come did not.
    Unconfirmed,
}

/// A change of phase.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Transition {
    /// KRX or NXT.
    pub venue: Venue,
    /// What it was doing.
    pub from: Phase,
    /// What it is doing now.
    pub to: Phase,
    /// When this was decided.
    pub at: UnixNanos,
    /// By what.
    pub cause: Cause,
}

/// At most one change of phase for each venue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Transitions([Option<Transition>; 2]);

impl Transitions {
    /// KRX first.
    pub fn iter(&self) -> impl Iterator<Item = &Transition> {
        self.0.iter().flatten()
    }

    /// Whether nothing changed.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }
}

/// What may be sent now: a copy for whoever checks orders.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SessionView {
    venues: [VenueView; 2],
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct VenueView {
    phase: Phase,
    share_orders: OrderTypes,
    fund_orders: OrderTypes,
}

impl VenueView {
    const fn orders(&self, kind: InstrumentKind) -> OrderTypes {
        match kind {
            InstrumentKind::Share => self.share_orders,
            InstrumentKind::Fund => self.fund_orders,
        }
    }
}

impl SessionView {
    /// Whether an order of that type may be sent now. An order for SOR may be sent when either venue
    /// takes it; `nxt` tells whether the instrument trades at NXT.
    ///
    /// # Errors
    /// [`Refusal::SessionClosed`], [`Refusal::WrongSession`], or [`Refusal::NotAtVenue`] for an
    /// instrument that does not trade there (or a fund in a phase without funds).
    #[inline]
    pub fn permits(
        &self,
        venue: Venue,
        order_type: OrderType,
        kind: InstrumentKind,
        nxt: bool,
    ) -> Result<(), Refusal> {
        let [krx, nextrade] = &self.venues;
        match venue {
            Venue::KRX => Self::permitted(krx, order_type, kind),
            Venue::NXT if !nxt => Err(Refusal::NotAtVenue),
            Venue::NXT => Self::permitted(nextrade, order_type, kind),
            Venue::SOR if nxt && nextrade.orders(kind).contains(order_type) => Ok(()),
            Venue::SOR => Self::permitted(krx, order_type, kind),
            _ => Err(Refusal::InvalidVenue),
        }
    }

    #[inline]
    fn permitted(
        venue: &VenueView,
        order_type: OrderType,
        kind: InstrumentKind,
    ) -> Result<(), Refusal> {
        let orders = venue.orders(kind);
        if orders.contains(order_type) {
            Ok(())
        } else if !venue.phase.is_open() {
            Err(Refusal::SessionClosed)
        } else if orders.is_empty() {
            Err(Refusal::NotAtVenue)
        } else {
            Err(Refusal::WrongSession)
        }
    }

    /// Whether prices move at that venue now (at either one for SOR).
    #[inline]
    pub fn is_continuous(&self, venue: Venue) -> bool {
        let [krx, nxt] = &self.venues;
        match venue {
            Venue::KRX => krx.phase.is_continuous(),
            Venue::NXT => nxt.phase.is_continuous(),
            _ => krx.phase.is_continuous() || nxt.phase.is_continuous(),
        }
    }
}

/// The day, live.
///
/// ```
/// use engine::market::{Date, MarketData, Phase, SessionOptions, Sessions};
/// use strategy_api::Venue;
///
/// let today = Date::new(2026, 11, 23).unwrap();
/// let mut sessions = Sessions::new(MarketData::embedded().day(today)?, SessionOptions::default());
/// assert!(sessions.on_clock(today.at(7, 30, 0)).is_empty());
/// let changes = sessions.on_clock(today.at(8, 0, 0));
/// assert_eq!(changes.iter().next().unwrap().to, Phase::PreMarket);
/// assert_eq!(sessions.phase(Venue::NXT), Phase::PreMarket);
/// # Ok::<(), engine::market::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Sessions {
    day: DayPlan,
    options: SessionOptions,
    /// Whether a frame of this day came: only then is one waited for.
    frames_come: bool,
    states: [State; 2],
}

#[derive(Clone, Copy, Debug)]
struct State {
    venue: Venue,
    phase: Phase,
    since: UnixNanos,
    /// The next instant at which the clock has to be looked at.
    next_edge: UnixNanos,
    /// When continuous trading is announced to begin.
    open_expected: UnixNanos,
}

const VENUES: [Venue; 2] = [Venue::KRX, Venue::NXT];
/// A frame that is this much older than the current phase says nothing.
const OLD_FRAME: DurationNanos = DurationNanos::from_secs(60);
/// Seconds before the close at which the closing auction begins.
const CLOSING_AUCTION_SECONDS: u32 = 600;

/// Two changes of one venue at one moment are one, from where it was to where it is.
fn joined(clock: Option<Transition>, frame: Option<Transition>) -> Option<Transition> {
    match (clock, frame) {
        (Some(clock), Some(frame)) => {
            (clock.from != frame.to).then_some(Transition { from: clock.from, ..frame })
        }
        (clock, frame) => frame.or(clock),
    }
}

impl Sessions {
    /// A day whose clock has not begun.
    pub fn new(day: DayPlan, options: SessionOptions) -> Self {
        let state = |venue| State {
            venue,
            phase: Phase::Closed,
            since: UnixNanos::UNSET,
            next_edge: UnixNanos::UNSET,
            open_expected: UnixNanos::UNSET,
        };
        Self { day, options, frames_come: false, states: VENUES.map(state) }
    }

    /// The plan that it follows.
    pub fn day(&self) -> &DayPlan {
        &self.day
    }

    /// What a venue is doing. For SOR: KRX, or NXT while KRX is closed.
    pub fn phase(&self, venue: Venue) -> Phase {
        let [krx, nxt] = self.states.map(|state| state.phase);
        match venue {
            Venue::KRX => krx,
            Venue::NXT => nxt,
            _ if krx == Phase::Closed => nxt,
            _ => krx,
        }
    }

    /// What may be sent now.
    pub fn view(&self) -> SessionView {
        let view = |state: &State| {
            let span = self.plan(state.venue).span_of(state.phase);
            VenueView {
                phase: state.phase,
                share_orders: span.map_or(OrderTypes::NONE, |span| span.share_orders),
                fund_orders: span.map_or(OrderTypes::NONE, |span| span.fund_orders),
            }
        };
        let [krx, nxt] = &self.states;
        SessionView { venues: [view(krx), view(nxt)] }
    }

    /// The clock shows `now`. Cheap when no planned time has come.
    #[inline]
    pub fn on_clock(&mut self, now: UnixNanos) -> Transitions {
        if self.states.iter().all(|state| now < state.next_edge) {
            return Transitions::default();
        }
        self.follow_plan(now)
    }

    /// A `0s` frame came. `now` is our clock.
    pub fn on_session_state(&mut self, record: &SessionState, now: UnixNanos) -> Transitions {
        let time = if record.header.ts_event.is_set() { record.header.ts_event } else { now };
        let mut transitions = self.on_clock(now);
        // A repeat of a day before says nothing about this one.
        if time < self.day.date().midnight() {
            return transitions;
        }
        self.frames_come = true;
        let code = record.code;
        if code == SessionCode::OPEN_NOTICE {
            self.expect_open(time, record);
            return transitions;
        }
        let index = usize::from(code.0.is_ascii_uppercase());
        let state = self.states[index];
        if time + OLD_FRAME < state.since {
            return transitions;
        }
        if let Some(to) = self.phase_by_frame(index, code, record) {
            let change = self.enter(index, to, now, Cause::Frame(code));
            transitions.0[index] = joined(transitions.0[index], change);
        }
        transitions
    }

    /// Whether every one of these venues has closed for the day.
    pub fn is_over(&self, venues: &[Venue], now: UnixNanos) -> bool {
        matches!(self.day.wait(venues, now), super::Wait::Over)
    }

    fn plan(&self, venue: Venue) -> &SessionPlan {
        // Both venues of `VENUES` have a plan.
        self.day.plan(venue).unwrap_or_else(|| unreachable!("{venue} has a plan"))
    }

    #[cold]
    fn follow_plan(&mut self, now: UnixNanos) -> Transitions {
        let mut transitions = Transitions::default();
        for index in 0..VENUES.len() {
            let state = self.states[index];
            if now < state.next_edge {
                continue;
            }
            let plan = self.plan(state.venue);
            let planned = plan.phase_at(now);
            let begin = plan.span_at(now).map_or(now, |span| span.begin);
            let next_edge = plan.next_change(now).unwrap_or(UnixNanos::new(u64::MAX));
            // A run that starts later in the day has seen no auction end, and waits for none.
            let opens = planned == Phase::Continuous
                && state.phase != Phase::Continuous
                && state.since.is_set()
                && state.since < begin;
            let hold = if opens { self.open_hold(&state, begin) } else { begin };
            if now < hold {
                self.states[index].next_edge = hold.min(next_edge);
                continue;
            }
            let cause = if hold > begin { Cause::Unconfirmed } else { Cause::Clock };
            transitions.0[index] = self.enter(index, planned, now, cause);
            self.states[index].next_edge = next_edge;
        }
        transitions
    }

    /// Until when the clock alone does not open continuous trading.
    fn open_hold(&self, state: &State, planned: UnixNanos) -> UnixNanos {
        if !self.frames_come {
            return planned;
        }
        let latest = planned + self.options.open_delay_max;
        let expected = state.open_expected.max(planned).min(latest);
        expected + self.options.open_wait
    }

    fn expect_open(&mut self, time: UnixNanos, record: &SessionState) {
        if !record.remaining.is_set() {
            return;
        }
        let left = DurationNanos::from_secs(u64::from(record.remaining.raw()));
        let krx = self.plan(Venue::KRX).span_of(Phase::Continuous).map(|span| span.begin);
        let Some(planned) = krx else { return };
        let expected = time + left;
        self.states[0].open_expected = expected;
        // NXT follows KRX half a minute later.
        let nxt = self.plan(Venue::NXT).span_of(Phase::Continuous).map(|span| span.begin);
        if let Some(nxt) = nxt {
            self.states[1].open_expected = nxt + (expected - planned);
        }
    }

    /// The phase that a frame tells; `None` when it tells none.
    fn phase_by_frame(
        &self,
        index: usize,
        code: SessionCode,
        record: &SessionState,
    ) -> Option<Phase> {
        let plan = self.plan(VENUES[index]);
        let now_in = self.states[index].phase;
        let has = |phase| plan.span_of(phase).is_some();
        Some(match code.0 {
            b'3' | b'R' => Phase::Continuous,
            b'2' => {
                let left = record.remaining;
                if left.is_set() && left.raw() > CLOSING_AUCTION_SECONDS {
                    return None;
                }
                Phase::ClosingAuction
            }
            b'4' | b'8' => match now_in {
                Phase::Continuous | Phase::ClosingAuction => Phase::OffHoursQueue,
                _ => return None,
            },
            b'a' => Phase::OffHours,
            b'b' => self.after_off_hours(plan),
            b'c' if has(Phase::OffHoursSingle) => Phase::OffHoursSingle,
            b'c' if has(Phase::AfterMarket) => Phase::AfterMarket,
            b'd' if has(Phase::OffHoursSingle) => Phase::Closed,
            b'9' | b'Q' | b'S' | b'V' => Phase::Closed,
            b'P' => Phase::PreMarket,
            b'T' => Phase::AfterAuction,
            b'U' => Phase::AfterMarket,
            _ => return None,
        })
    }

    fn after_off_hours(&self, plan: &SessionPlan) -> Phase {
        let Some(end) = plan.span_of(Phase::OffHours).map(|span| span.end) else {
            return Phase::Closed;
        };
        plan.phase_at(end)
    }

    fn enter(
        &mut self,
        index: usize,
        to: Phase,
        now: UnixNanos,
        cause: Cause,
    ) -> Option<Transition> {
        let state = &mut self.states[index];
        let from = std::mem::replace(&mut state.phase, to);
        if from == to && state.since.is_set() {
            return None;
        }
        state.since = now;
        (from != to).then_some(Transition { venue: state.venue, from, to, at: now, cause })
    }
}
