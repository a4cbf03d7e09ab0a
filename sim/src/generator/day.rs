//! What happens by itself as the day goes on: notices, openings, closings, ends of interruptions.

use super::trades::Printed;
use super::{Frames, Generator};
use crate::clock::{self, NOTICES, Phase, Venue, hhmmss};
use crate::exchange::instrument::Interruption;
use crate::exchange::stats::View;
use crate::realtime::other;

/// Most frames of takers who rush into one instrument at the opening.
const RUSH_MAX: u64 = 4;

impl Generator {
    /// When something happens by itself next, in nanoseconds since midnight.
    pub(super) fn next_event(&self) -> u64 {
        let notice = NOTICES.get(self.next_notice).map_or(u64::MAX, |notice| notice.at);
        let release = self.interrupted.iter().filter_map(|index| {
            self.instruments[*index].interruption.as_ref().map(|event| event.until)
        });
        release.chain([notice, self.next_change, self.clients.due()]).min().unwrap_or(u64::MAX)
    }

    /// Makes everything happen that is due now.
    pub(super) fn make_events(&mut self, out: &mut Frames) {
        self.tell_notices(out);
        if self.next_change <= self.now {
            self.next_change = clock::next_change(self.now);
            for (place, venue) in [Venue::Krx, Venue::Nxt].into_iter().enumerate() {
                let phase = clock::phase(venue, self.now, true);
                let before = std::mem::replace(&mut self.phases[place], phase);
                if before != phase {
                    self.change_phase(venue, before, phase, out);
                }
            }
        }
        self.end_interruptions(out);
        self.turn_clients(out);
    }

    fn tell_notices(&mut self, out: &mut Frames) {
        while let Some(notice) = NOTICES.get(self.next_notice).filter(|n| n.at <= self.now) {
            self.next_notice += 1;
            if self.streams.session {
                out.one("0s", &self.nowhere, "", |w| other::write_session(w, notice));
            }
        }
    }

    /// A venue goes from one phase to the next: auctions are uncrossed, closed books emptied.
    fn change_phase(&mut self, venue: Venue, before: Phase, phase: Phase, out: &mut Frames) {
        for index in 0..self.instruments.len() {
            if !self.instruments[index].trades_on(venue) {
                continue;
            }
            if before == Phase::Auction {
                self.uncross(index, venue, out);
            }
            self.instruments[index].enter(venue, self.now);
        }
        if venue == Venue::Krx && before == Phase::Auction && phase == Phase::Continuous {
            self.rush(out);
        }
    }

    /// Orders that waited for the opening hit the new book at once.
    fn rush(&mut self, out: &mut Frames) {
        for _ in 0..RUSH_MAX {
            for index in 0..self.instruments.len() {
                if self.rng.chance(600) {
                    self.make_trades(index, View::Krx, out);
                }
            }
        }
    }

    fn uncross(&mut self, index: usize, venue: Venue, out: &mut Frames) {
        let instrument = &mut self.instruments[index];
        if let Some(print) = instrument.uncross(venue, self.now) {
            let printed = Printed::now(instrument, print);
            self.print(index, &[printed], out);
        }
    }

    /// Tells that an instrument went into a call auction.
    pub(super) fn begin_interruption(
        &mut self,
        index: usize,
        event: &Interruption,
        out: &mut Frames,
    ) {
        self.interrupted.push(index);
        self.tell_interruption(index, event, 0, out);
    }

    fn end_interruptions(&mut self, out: &mut Frames) {
        let mut place = 0;
        while let Some(index) = self.interrupted.get(place).copied() {
            let Some(event) =
                self.instruments[index].interruption.take_if(|event| event.until <= self.now)
            else {
                place += 1;
                continue;
            };
            self.interrupted.remove(place);
            for venue in [Venue::Krx, Venue::Nxt] {
                if self.instruments[index].phase(venue, self.now) == Phase::Continuous {
                    self.uncross(index, venue, out);
                }
            }
            self.instruments[index].separate(self.now);
            self.tell_interruption(index, &event, hhmmss(self.now), out);
        }
    }

    /// Types 1h (market-wide, once per code form) and 0g.
    fn tell_interruption(
        &self,
        index: usize,
        event: &Interruption,
        released: u32,
        out: &mut Frames,
    ) {
        let instrument = &self.instruments[index];
        if self.streams.interruptions {
            let code = &instrument.info.code;
            for (shown, view) in [(format!("{code}_AL"), View::All), (code.clone(), View::Krx)] {
                out.one("1h", &self.nowhere, &shown, |w| {
                    other::write_interruption(w, instrument, view, event, released);
                });
            }
        }
        let why = if released == 0 { "정적VI" } else { "" };
        for item in self.streams.infos(index) {
            out.one("0g", item, item, |w| other::write_info(w, instrument, why));
        }
    }
}
