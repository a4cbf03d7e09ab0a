//! From the phases of the [market](crate::market) to what a strategy is told, and what it was told
//! before it started.

use crate::market::{Cause, Phase, Transition};
use strategy_api::{Record, SessionCause, SessionChange, SessionPhase, UnixNanos, Venue};

/// A venue is in another phase.
pub fn change(transition: &Transition) -> SessionChange {
    let mut change = SessionChange::unset();
    change.header.venue = transition.venue;
    change.header.ts_recv = transition.at;
    change.before = phase_of(transition.from);
    change.after = phase_of(transition.to);
    change.cause = match transition.cause {
        Cause::Clock => SessionCause::CLOCK,
        Cause::Frame(_) => SessionCause::FRAME,
        Cause::Unconfirmed => SessionCause::UNCONFIRMED,
    };
    if let Cause::Frame(code) = transition.cause {
        change.code = code;
    }
    change
}

/// The first word about a venue: where its day stands.
pub fn standing(venue: Venue, phase: Phase, now: UnixNanos) -> SessionChange {
    let mut change = SessionChange::unset();
    change.header.venue = venue;
    change.header.ts_recv = now;
    change.after = phase_of(phase);
    change.cause = SessionCause::CLOCK;
    change
}

const fn phase_of(phase: Phase) -> SessionPhase {
    match phase {
        Phase::Closed => SessionPhase::CLOSED,
        Phase::PreMarket => SessionPhase::PRE_MARKET,
        Phase::OpeningAuctionOffHours => SessionPhase::OPENING_AUCTION_OFF_HOURS,
        Phase::OpeningAuction => SessionPhase::OPENING_AUCTION,
        Phase::Continuous => SessionPhase::CONTINUOUS,
        Phase::ClosingAuction => SessionPhase::CLOSING_AUCTION,
        Phase::OffHoursQueue => SessionPhase::OFF_HOURS_QUEUE,
        Phase::OffHours => SessionPhase::OFF_HOURS,
        Phase::OffHoursSingle => SessionPhase::OFF_HOURS_SINGLE,
        Phase::AfterAuction => SessionPhase::AFTER_AUCTION,
        Phase::AfterMarket => SessionPhase::AFTER_MARKET,
    }
}

/// What came before the strategy started: where each venue stands, to be told once it has.
#[derive(Debug, Default)]
pub(super) struct Early([Option<SessionChange>; 2]);

impl Early {
    /// Keeps the newest of its venue.
    pub(super) fn keep(&mut self, change: &SessionChange) {
        let place = match change.header.venue {
            Venue::KRX => &mut self.0[0],
            Venue::NXT => &mut self.0[1],
            _ => return,
        };
        // For the strategy it is the first word about this venue.
        *place = Some(SessionChange { before: SessionPhase::UNKNOWN, ..*change });
    }

    /// What there is to tell, KRX first; nothing the next time.
    pub(super) fn take(&mut self) -> impl Iterator<Item = SessionChange> + use<> {
        std::mem::take(&mut self.0).into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strategy_api::SessionCode;

    const OPENS: Transition = Transition {
        venue: Venue::KRX,
        from: Phase::OpeningAuction,
        to: Phase::Continuous,
        at: UnixNanos::new(7),
        cause: Cause::Frame(SessionCode(b'3')),
    };

    #[test]
    fn a_change_says_where_when_from_what_to_what_and_why() {
        let told = change(&OPENS);
        assert_eq!((told.header.venue, told.header.ts_recv), (Venue::KRX, UnixNanos::new(7)));
        assert_eq!(told.before, SessionPhase::OPENING_AUCTION);
        assert_eq!(told.after, SessionPhase::CONTINUOUS);
        assert_eq!((told.cause, told.code), (SessionCause::FRAME, SessionCode(b'3')));
        let late = change(&Transition { cause: Cause::Unconfirmed, ..OPENS });
        assert_eq!((late.cause, late.code), (SessionCause::UNCONFIRMED, SessionCode::default()));
    }

    #[test]
    fn each_phase_has_a_code_of_its_own_with_the_same_name_and_meaning() {
        for phase in Phase::ALL {
            let code = phase_of(phase);
            assert_eq!(code.name(), phase.name());
            assert_eq!(code.is_open(), phase.is_open(), "{code}");
            assert_eq!(code.is_continuous(), phase.is_continuous(), "{code}");
        }
        assert_eq!(Phase::ALL.len() + 1, SessionPhase::ALL.len());
    }

    #[test]
    fn what_came_before_the_start_is_told_once_as_the_newest_of_each_venue() {
        let mut early = Early::default();
        early.keep(&standing(Venue::NXT, Phase::Closed, UnixNanos::new(1)));
        early.keep(&standing(Venue::KRX, Phase::OpeningAuction, UnixNanos::new(2)));
        early.keep(&change(&OPENS));
        let told: Vec<_> = early.take().collect();
        assert_eq!(told.len(), 2);
        assert_eq!((told[0].header.venue, told[0].after), (Venue::KRX, SessionPhase::CONTINUOUS));
        assert_eq!((told[1].header.venue, told[1].after), (Venue::NXT, SessionPhase::CLOSED));
        assert!(told.iter().all(|change| change.before == SessionPhase::UNKNOWN));
        assert_eq!(early.take().count(), 0);
    }
}
