//! Days, hours and the session clock, at every boundary.

use super::*;
use strategy_api::{
    OrderType, Record, Refusal, SessionCode, SessionState, TimeOfDay, UnixNanos, Venue,
};

const BOTH: [Venue; 2] = [Venue::KRX, Venue::NXT];

fn day(month: u32, day: u32) -> Date {
    Date::new(2026, month, day).unwrap()
}

fn plan(date: Date) -> DayPlan {
    MarketData::embedded().day(date).unwrap()
}

fn second_before(instant: UnixNanos) -> UnixNanos {
    UnixNanos::new(instant.raw() - 1_000_000_000)
}

#[test]
fn every_holiday_of_2026_is_closed_and_every_other_weekday_is_open() {
    let holidays = [
        (1, 1),
        (2, 16),
        (2, 17),
        (2, 18),
        (3, 2),
        (5, 1),
        (5, 5),
        (5, 25),
        (6, 3),
        (7, 17),
        (8, 17),
        (9, 24),
        (9, 25),
        (10, 5),
        (10, 9),
        (12, 25),
        (12, 31),
    ];
    let data = MarketData::embedded();
    let (mut date, mut open) = (day(1, 1), 0);
    while date <= day(12, 31) {
        let (_, month, number) = date.ymd();
        let closed = date.is_weekend() || holidays.contains(&(month, number));
        assert_eq!(data.calendar().on(date).unwrap().is_open(), !closed, "{date}");
        assert_eq!(data.day(date).unwrap().is_open(), !closed, "{date}");
        open += u32::from(!closed);
        date = date.next();
    }
    assert_eq!(data.calendar().holidays().len(), holidays.len());
    assert_eq!(open, 261 - 17);
}

#[test]
fn a_date_outside_the_calendar_is_refused_with_a_cure() {
    let data = MarketData::embedded();
    for date in [Date::new(2025, 12, 31).unwrap(), Date::new(2027, 1, 1).unwrap()] {
        let error = data.day(date).unwrap_err().to_string();
        assert!(error.contains(&date.to_string()) && error.contains("2026-12-31"), "{error}");
    }
    assert!(data.next_trading_day(day(12, 31)).is_err());
}

#[test]
fn the_next_trading_day_skips_weekends_and_holidays() {
    let next = |from| MarketData::embedded().next_trading_day(from).unwrap().date();
    assert_eq!(next(day(11, 22)), day(11, 23));
    assert_eq!(next(day(11, 23)), day(11, 23));
    assert_eq!(next(day(9, 24)), day(9, 28));
    assert_eq!(next(day(2, 14)), day(2, 19));
}

/// Phase by phase: begins to the second, has its phase a second later, and its neighbour before.
fn check_day(date: Date, venue: Venue, expected: &[(&str, Phase)]) {
    let day = plan(date);
    let plan = day.plan(venue).unwrap();
    let mut before = Phase::Closed;
    for (time, phase) in expected {
        let digits = time.replace(':', "").parse().unwrap();
        let edge = date.at_time(TimeOfDay::from_hhmmss(digits).unwrap());
        assert_eq!(plan.phase_at(second_before(edge)), before, "{date} {venue} before {time}");
        assert_eq!(plan.phase_at(UnixNanos::new(edge.raw() - 1)), before, "{date} {venue} {time}");
        assert_eq!(plan.phase_at(edge), *phase, "{date} {venue} {time}");
        let after = UnixNanos::new(edge.raw() + 1_000_000_000);
        assert_eq!(plan.phase_at(after), *phase, "{date} {venue} after {time}");
        before = *phase;
    }
    let edges: Vec<_> = plan.spans().iter().flat_map(|span| [span.begin, span.end]).collect();
    let distinct = edges.iter().collect::<std::collections::BTreeSet<_>>().len();
    assert_eq!(distinct, expected.len(), "{date} {venue}: every boundary is in the table");
}

#[test]
fn the_boundaries_of_a_plain_day_are_right_to_the_second() {
    use Phase::*;
    let krx = [
        ("08:30:00", OpeningAuctionOffHours),
        ("08:40:00", OpeningAuction),
        ("09:00:00", Continuous),
        ("15:20:00", ClosingAuction),
        ("15:30:00", OffHoursQueue),
        ("15:40:00", OffHours),
        ("16:00:00", AfterMarket),
        ("20:00:00", Closed),
    ];
    check_day(day(11, 23), Venue::KRX, &krx);
    check_day(day(9, 14), Venue::KRX, &krx);
    let mut before = krx;
    before[6] = ("16:00:00", OffHoursSingle);
    before[7] = ("18:00:00", Closed);
    check_day(day(9, 11), Venue::KRX, &before);
    let nxt = [
        ("08:00:00", PreMarket),
        ("08:50:00", Closed),
        ("09:00:30", Continuous),
        ("15:20:00", Closed),
        ("15:30:00", AfterAuction),
        ("15:40:00", AfterMarket),
        ("20:00:00", Closed),
    ];
    check_day(day(11, 23), Venue::NXT, &nxt);
}

#[test]
fn the_boundaries_of_special_days_are_right_to_the_second() {
    use Phase::*;
    let krx = [
        ("09:30:00", OpeningAuctionOffHours),
        ("09:40:00", OpeningAuction),
        ("10:00:00", Continuous),
        ("15:20:00", ClosingAuction),
        ("15:30:00", OffHoursQueue),
        ("15:40:00", OffHours),
        ("16:00:00", OffHoursSingle),
        ("18:00:00", Closed),
    ];
    check_day(day(1, 2), Venue::KRX, &krx);
    let nxt = [
        ("10:00:30", Continuous),
        ("15:20:00", Closed),
        ("15:30:00", AfterAuction),
        ("15:40:00", AfterMarket),
        ("20:00:00", Closed),
    ];
    check_day(day(1, 2), Venue::NXT, &nxt);
    let krx = [
        ("09:30:00", OpeningAuctionOffHours),
        ("09:40:00", OpeningAuction),
        ("10:00:00", Continuous),
        ("16:20:00", ClosingAuction),
        ("16:30:00", OffHoursQueue),
        ("16:40:00", OffHours),
        ("17:00:00", AfterMarket),
        ("20:00:00", Closed),
    ];
    check_day(day(11, 19), Venue::KRX, &krx);
    let nxt = [
        ("10:00:30", Continuous),
        ("16:20:00", Closed),
        ("16:30:00", AfterAuction),
        ("16:40:00", AfterMarket),
        ("20:00:00", Closed),
    ];
    check_day(day(11, 19), Venue::NXT, &nxt);
}

#[test]
fn a_run_that_begins_early_waits_trades_and_is_over() {
    let date = day(11, 23);
    let plan = plan(date);
    let half_past_seven = date.at(7, 30, 0);
    assert_eq!(plan.wait(&BOTH, half_past_seven), Wait::Until(date.at(8, 0, 0)));
    assert_eq!(plan.wait(&[Venue::KRX], half_past_seven), Wait::Until(date.at(8, 30, 0)));
    assert_eq!(plan.wait(&[Venue::SOR], half_past_seven), Wait::Until(date.at(8, 0, 0)));
    assert_eq!(plan.wait(&BOTH, date.at(8, 0, 0)), Wait::During);
    assert_eq!(plan.wait(&BOTH, date.at(8, 55, 0)), Wait::During);
    assert_eq!(plan.wait(&BOTH, second_before(date.at(20, 0, 0))), Wait::During);
    assert_eq!(plan.wait(&BOTH, date.at(20, 0, 0)), Wait::Over);
    assert_eq!(self::plan(day(11, 22)).wait(&BOTH, day(11, 22).at(10, 0, 0)), Wait::Over);
    assert_eq!(plan.next_open(&BOTH, date.at(8, 0, 0)), Some(date.at(8, 30, 0)));
    assert_eq!(plan.next_open(&[Venue::NXT], date.at(8, 0, 0)), Some(date.at(9, 0, 30)));
    assert_eq!(plan.next_open(&BOTH, date.at(16, 0, 0)), None);
    assert_eq!(plan.next_close(&BOTH, date.at(16, 0, 0)), Some(date.at(20, 0, 0)));
    assert_eq!(plan.next_close(&BOTH, date.at(20, 0, 0)), None);
}

fn sessions_at(date: Date, now: UnixNanos) -> Sessions {
    let mut sessions = Sessions::new(plan(date), SessionOptions::default());
    sessions.on_clock(now);
    sessions
}

#[test]
fn each_order_type_is_taken_in_its_hours_only() {
    let date = day(11, 23);
    let permits = |h, m, s, venue, order_type| {
        let view = sessions_at(date, date.at(h, m, s)).view();
        view.permits(venue, order_type, InstrumentKind::Share, true)
    };
    let (krx, nxt, sor) = (Venue::KRX, Venue::NXT, Venue::SOR);
    let at_close = OrderType::PRE_OPEN_AT_CLOSE;
    assert_eq!(permits(8, 29, 59, krx, at_close), Err(Refusal::SessionClosed));
    assert_eq!(permits(8, 30, 0, krx, at_close), Ok(()));
    assert_eq!(permits(8, 39, 59, krx, at_close), Ok(()));
    assert_eq!(permits(8, 40, 0, krx, at_close), Err(Refusal::WrongSession));
    let at_close = OrderType::AFTER_CLOSE_AT_CLOSE;
    assert_eq!(permits(15, 29, 59, krx, at_close), Err(Refusal::WrongSession));
    assert_eq!(permits(15, 30, 0, krx, at_close), Ok(()));
    assert_eq!(permits(15, 59, 59, krx, at_close), Ok(()));
    assert_eq!(permits(16, 0, 0, krx, at_close), Err(Refusal::WrongSession));
    // A market order in the KRX after-market is what the broker refuses with 521790.
    assert_eq!(permits(15, 19, 59, krx, OrderType::MARKET), Ok(()));
    assert_eq!(permits(15, 29, 59, krx, OrderType::MARKET), Ok(()));
    assert_eq!(permits(16, 0, 0, krx, OrderType::MARKET), Err(Refusal::WrongSession));
    assert_eq!(permits(16, 0, 0, krx, OrderType::LIMIT), Ok(()));
    assert_eq!(permits(19, 59, 59, krx, OrderType::LIMIT), Ok(()));
    assert_eq!(permits(20, 0, 0, krx, OrderType::LIMIT), Err(Refusal::SessionClosed));
    assert_eq!(permits(16, 0, 0, krx, OrderType::OFF_HOURS_SINGLE), Err(Refusal::WrongSession));
    assert_eq!(permits(8, 59, 59, krx, OrderType::LIMIT_IOC), Err(Refusal::WrongSession));
    assert_eq!(permits(9, 0, 0, krx, OrderType::LIMIT_IOC), Ok(()));
    assert_eq!(permits(15, 20, 0, krx, OrderType::LIMIT_IOC), Err(Refusal::WrongSession));
    assert_eq!(permits(8, 0, 0, nxt, OrderType::LIMIT), Ok(()));
    assert_eq!(permits(8, 50, 0, nxt, OrderType::LIMIT), Err(Refusal::SessionClosed));
    assert_eq!(permits(9, 0, 29, nxt, OrderType::LIMIT), Err(Refusal::SessionClosed));
    assert_eq!(permits(9, 0, 30, nxt, OrderType::MIDPOINT), Ok(()));
    assert_eq!(permits(15, 30, 0, nxt, OrderType::MARKET), Err(Refusal::WrongSession));
    assert_eq!(permits(8, 0, 0, sor, OrderType::LIMIT), Ok(()));
    assert_eq!(permits(7, 59, 59, sor, OrderType::LIMIT), Err(Refusal::SessionClosed));
    assert_eq!(permits(15, 25, 0, sor, OrderType::MARKET), Ok(()));
    assert_eq!(permits(9, 0, 0, Venue::UNKNOWN, OrderType::LIMIT), Err(Refusal::InvalidVenue));
}

#[test]
fn funds_and_shares_without_nxt_are_kept_out_where_they_do_not_trade() {
    let date = day(11, 23);
    let at = |h, m| sessions_at(date, date.at(h, m, 0)).view();
    let limit = OrderType::LIMIT;
    let (share, fund) = (InstrumentKind::Share, InstrumentKind::Fund);
    assert_eq!(at(10, 0).permits(Venue::KRX, limit, fund, false), Ok(()));
    assert_eq!(at(16, 0).permits(Venue::KRX, limit, fund, false), Err(Refusal::NotAtVenue));
    assert_eq!(at(10, 0).permits(Venue::NXT, limit, share, false), Err(Refusal::NotAtVenue));
    assert_eq!(at(8, 10).permits(Venue::SOR, limit, share, false), Err(Refusal::SessionClosed));
    assert_eq!(at(10, 0).permits(Venue::SOR, limit, share, false), Ok(()));
    // Old days have the single price instead.
    let old = day(9, 11);
    let view = sessions_at(old, old.at(16, 30, 0)).view();
    assert_eq!(view.permits(Venue::KRX, OrderType::OFF_HOURS_SINGLE, fund, false), Ok(()));
    assert_eq!(view.permits(Venue::KRX, limit, share, false), Err(Refusal::WrongSession));
}

fn frame(code: u8, at: UnixNanos, remaining: Option<u32>) -> SessionState {
    let mut record = SessionState::unset();
    record.header.ts_event = at;
    record.code = SessionCode(code);
    record.remaining = remaining.map_or(TimeOfDay::UNSET, TimeOfDay::new);
    record
}

fn send(sessions: &mut Sessions, code: u8, at: UnixNanos) -> Transitions {
    sessions.on_session_state(&frame(code, at, None), at)
}

#[test]
fn the_clock_alone_walks_through_the_day() {
    let date = day(11, 23);
    let mut sessions = Sessions::new(plan(date), SessionOptions::default());
    let (mut now, mut seen) = (date.at(7, 30, 0), Vec::new());
    while now < date.at(21, 0, 0) {
        for change in sessions.on_clock(now).iter() {
            assert_eq!(change.at, now);
            assert_eq!(change.cause, Cause::Clock);
            seen.push((change.venue, now.time_of_day_kst().to_string(), change.to));
        }
        now = now + strategy_api::DurationNanos::from_secs(1);
    }
    assert_eq!(seen.len(), 8 + 7);
    assert_eq!(seen[0], (Venue::NXT, "08:00:00".into(), Phase::PreMarket));
    assert!(seen.contains(&(Venue::KRX, "09:00:00".into(), Phase::Continuous)));
    assert!(seen.contains(&(Venue::KRX, "20:00:00".into(), Phase::Closed)));
    assert!(sessions.is_over(&BOTH, now));
}

#[test]
fn a_run_started_at_noon_is_in_the_right_phase_at_once() {
    let date = day(11, 23);
    let sessions = sessions_at(date, date.at(12, 0, 0));
    assert_eq!(sessions.phase(Venue::KRX), Phase::Continuous);
    assert_eq!(sessions.phase(Venue::NXT), Phase::Continuous);
    assert_eq!(sessions.phase(Venue::SOR), Phase::Continuous);
}

#[test]
fn once_frames_come_the_open_waits_for_its_frame() {
    let date = day(11, 23);
    let mut sessions = sessions_at(date, date.at(8, 45, 0));
    send(&mut sessions, b'Q', date.at(8, 50, 0));
    assert!(sessions.on_clock(date.at(9, 0, 0)).is_empty());
    assert_eq!(sessions.phase(Venue::KRX), Phase::OpeningAuction);
    let opened = send(&mut sessions, b'3', date.at(9, 0, 17));
    let change = *opened.iter().next().unwrap();
    assert_eq!((change.venue, change.to), (Venue::KRX, Phase::Continuous));
    assert_eq!(change.cause, Cause::Frame(SessionCode::OPEN));
    assert!(sessions.on_clock(date.at(9, 0, 20)).is_empty());
    assert_eq!(sessions.phase(Venue::KRX), Phase::Continuous);
}

#[test]
fn an_open_whose_frame_was_lost_comes_after_the_wait_and_says_so() {
    let date = day(11, 23);
    let mut sessions = sessions_at(date, date.at(8, 45, 0));
    send(&mut sessions, b'Q', date.at(8, 50, 0));
    assert!(sessions.on_clock(date.at(9, 0, 39)).is_empty());
    let changes = sessions.on_clock(date.at(9, 0, 40));
    let change = changes.iter().find(|change| change.venue == Venue::KRX).unwrap();
    assert_eq!((change.to, change.cause), (Phase::Continuous, Cause::Unconfirmed));
}

#[test]
fn an_announced_late_open_is_waited_for() {
    // A day that the calendar does not know to be special.
    let date = day(11, 23);
    let mut sessions = sessions_at(date, date.at(8, 30, 0));
    sessions.on_session_state(&frame(b'0', date.at(8, 40, 0), Some(80 * 60)), date.at(8, 40, 0));
    for second in 0..3_600 {
        let now = date.at(9, 0, second);
        sessions.on_clock(now);
        assert_ne!(sessions.phase(Venue::KRX), Phase::Continuous, "{second}");
        assert_ne!(sessions.phase(Venue::NXT), Phase::Continuous, "{second}");
    }
    send(&mut sessions, b'3', date.at(10, 0, 5));
    assert_eq!(sessions.phase(Venue::KRX), Phase::Continuous);
    assert_eq!(sessions.phase(Venue::NXT), Phase::Closed);
    send(&mut sessions, b'R', date.at(10, 0, 30));
    assert_eq!(sessions.phase(Venue::NXT), Phase::Continuous);
}

#[test]
fn frames_move_the_close_and_what_follows() {
    let date = day(11, 23);
    let mut sessions = sessions_at(date, date.at(15, 0, 0));
    // Ten minutes before the auction there is only a notice.
    let notice = frame(b'2', date.at(15, 10, 0), Some(1_200));
    sessions.on_session_state(&notice, date.at(15, 10, 0));
    assert_eq!(sessions.phase(Venue::KRX), Phase::Continuous);
    let notice = frame(b'2', date.at(15, 19, 59), Some(600));
    sessions.on_session_state(&notice, date.at(15, 19, 59));
    assert_eq!(sessions.phase(Venue::KRX), Phase::ClosingAuction);
    send(&mut sessions, b'4', date.at(15, 29, 59));
    assert_eq!(sessions.phase(Venue::KRX), Phase::OffHoursQueue);
    send(&mut sessions, b'8', date.at(15, 30, 20));
    assert_eq!(sessions.phase(Venue::KRX), Phase::OffHoursQueue);
    send(&mut sessions, b'a', date.at(15, 40, 0));
    assert_eq!(sessions.phase(Venue::KRX), Phase::OffHours);
    send(&mut sessions, b'b', date.at(15, 59, 59));
    assert_eq!(sessions.phase(Venue::KRX), Phase::AfterMarket);
    // The codes of the single price that is no more.
    send(&mut sessions, b'c', date.at(16, 0, 0));
    send(&mut sessions, b'd', date.at(18, 0, 0));
    assert_eq!(sessions.phase(Venue::KRX), Phase::AfterMarket);
    send(&mut sessions, b'9', date.at(19, 59, 58));
    assert_eq!(sessions.phase(Venue::KRX), Phase::Closed);
    assert_eq!(sessions.phase(Venue::NXT), Phase::AfterMarket);
    send(&mut sessions, b'V', date.at(20, 0, 1));
    assert_eq!(sessions.phase(Venue::NXT), Phase::Closed);
    assert_eq!(sessions.phase(Venue::KRX), Phase::Closed);
}

#[test]
fn the_single_price_of_older_days_follows_its_codes() {
    let date = day(9, 11);
    let mut sessions = sessions_at(date, date.at(15, 59, 0));
    send(&mut sessions, b'b', date.at(15, 59, 59));
    assert_eq!(sessions.phase(Venue::KRX), Phase::OffHoursSingle);
    send(&mut sessions, b'd', date.at(17, 59, 59));
    assert_eq!(sessions.phase(Venue::KRX), Phase::Closed);
}

#[test]
fn the_codes_of_nxt_move_nxt_alone() {
    let date = day(11, 23);
    let mut sessions = sessions_at(date, date.at(7, 59, 0));
    let steps = [
        (b'P', date.at(7, 59, 59), Phase::PreMarket),
        (b'Q', date.at(8, 49, 59), Phase::Closed),
        (b'R', date.at(9, 0, 31), Phase::Continuous),
        (b'S', date.at(15, 19, 59), Phase::Closed),
        (b'T', date.at(15, 30, 1), Phase::AfterAuction),
        (b'U', date.at(15, 40, 1), Phase::AfterMarket),
        (b'V', date.at(19, 59, 59), Phase::Closed),
    ];
    for (code, at, phase) in steps {
        let krx = plan(date).plan(Venue::KRX).unwrap().phase_at(at);
        send(&mut sessions, code, at);
        assert_eq!(sessions.phase(Venue::NXT), phase, "{}", code as char);
        // KRX waits for its own opening frame; everything else is the clock's.
        if at > date.at(9, 1, 0) {
            assert_eq!(sessions.phase(Venue::KRX), krx, "{}", code as char);
        }
    }
    for code in *b"efos" {
        assert!(send(&mut sessions, code, date.at(20, 0, 0)).iter().all(|t| t.venue == Venue::KRX));
    }
}

#[test]
fn an_old_frame_repeated_after_a_login_says_nothing() {
    let date = day(11, 23);
    let mut sessions = sessions_at(date, date.at(14, 0, 0));
    sessions.on_clock(date.at(15, 20, 0));
    let old = frame(b'3', date.at(9, 0, 0), None);
    assert!(sessions.on_session_state(&old, date.at(15, 25, 0)).is_empty());
    assert_eq!(sessions.phase(Venue::KRX), Phase::ClosingAuction);
    let yesterday = frame(b'9', day(11, 20).at(20, 0, 0), None);
    assert!(sessions.on_session_state(&yesterday, date.at(15, 25, 1)).is_empty());
    assert_eq!(sessions.phase(Venue::KRX), Phase::ClosingAuction);
}

#[test]
fn a_frame_on_a_day_without_trading_lets_nothing_through() {
    let date = day(12, 31);
    let mut sessions = sessions_at(date, date.at(9, 0, 0));
    assert_eq!(sessions.phase(Venue::KRX), Phase::Closed);
    send(&mut sessions, b'3', date.at(9, 0, 1));
    let view = sessions.view();
    let refused = view.permits(Venue::KRX, OrderType::LIMIT, InstrumentKind::Share, true);
    assert_eq!(refused, Err(Refusal::NotAtVenue));
}

#[test]
fn a_day_that_is_always_open_takes_everything() {
    let sessions = {
        let mut sessions =
            Sessions::new(DayPlan::always_open(day(11, 22)), SessionOptions::default());
        sessions.on_clock(day(11, 22).at(3, 0, 0));
        sessions
    };
    for order_type in OrderType::ALL {
        for venue in [Venue::KRX, Venue::NXT, Venue::SOR] {
            let view = sessions.view();
            assert_eq!(view.permits(venue, *order_type, InstrumentKind::Fund, true), Ok(()));
        }
    }
}

mod anything {
    use super::*;
    use proptest::prelude::*;

    /// Frames and clock in any order: time of day in seconds, code, time left, age of the frame.
    fn events() -> impl Strategy<Value = Vec<(u32, Option<u8>, Option<u32>, u32)>> {
        let code = prop::option::of(prop::sample::select(&b"0234 89abcdefosPQRSTUVx"[..]));
        let event = (27_000u32..75_600, code, prop::option::of(0u32..20_000), 0u32..7_200);
        prop::collection::vec(event, 1..60).prop_map(|mut events| {
            events.sort_by_key(|event| event.0);
            events
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

        /// Whatever frames say and when: transitions join up, nothing passes that no phase of the day
        /// takes, and the clock ends the day.
        #[test]
        fn no_frame_lets_through_what_the_day_does_not_take(events in events()) {
            let date = day(11, 23);
            static DAY: std::sync::OnceLock<DayPlan> = std::sync::OnceLock::new();
            let day = DAY.get_or_init(|| plan(date));
            let mut sessions = Sessions::new(day.clone(), SessionOptions::default());
            let mut phases = [Phase::Closed; 2];
            let mut follow = |changes: Transitions, sessions: &Sessions| {
                for change in changes.iter() {
                    let index = usize::from(change.venue == Venue::NXT);
                    prop_assert!(change.from != change.to);
                    prop_assert_eq!(change.from, phases[index]);
                    phases[index] = change.to;
                }
                prop_assert_eq!(sessions.phase(Venue::KRX), phases[0]);
                prop_assert_eq!(sessions.phase(Venue::NXT), phases[1]);
                Ok(())
            };
            for (second, code, left, age) in events {
                let now = date.at(0, 0, second);
                let changes = match code {
                    Some(code) => {
                        let time = date.at(0, 0, second.saturating_sub(age));
                        sessions.on_session_state(&frame(code, time, left), now)
                    }
                    None => sessions.on_clock(now),
                };
                follow(changes, &sessions)?;
                for order_type in OrderType::ALL {
                    for venue in BOTH {
                        let view = sessions.view();
                        if view.permits(venue, *order_type, InstrumentKind::Share, true).is_ok() {
                            let spans = day.plan(venue).unwrap().spans();
                            let takes = spans.iter().any(|span| {
                                span.phase == sessions.phase(venue)
                                    && span.share_orders.contains(*order_type)
                            });
                            prop_assert!(takes, "{venue} {order_type}");
                        }
                    }
                }
            }
            let midnight = date.next().midnight();
            follow(sessions.on_clock(midnight), &sessions)?;
            prop_assert!(sessions.is_over(&BOTH, midnight));
        }
    }
}
