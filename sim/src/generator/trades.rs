//! Trades: takers act, and their prints go to everybody who is registered for a view of them.

use super::streams::venues;
use super::{Frames, Generator};
use crate::clock::{Phase, Venue};
use crate::exchange::instrument::{Instrument, Print};
use crate::exchange::stats::{Stats, View};
use crate::realtime::trade;

/// Frames with several prints, out of 1,000.
const SEVERAL_PERMILLE: u64 = 100;

/// A print, with the sums and quotes right after it in the two views that show it.
#[derive(Debug)]
pub(super) struct Printed {
    print: Print,
    stats: [Stats; 2],
    quotes: [(i64, i64); 2],
}

impl Printed {
    /// What stands right after `print`.
    pub(super) fn now(instrument: &Instrument, print: Print) -> Self {
        let views = View::of(print.venue);
        Self {
            print,
            stats: views.map(|view| instrument.stats(view).clone()),
            quotes: views.map(|view| trade::best(instrument, view)),
        }
    }
}

impl Generator {
    /// Lets takers trade on one of the open venues of a view.
    pub(super) fn make_trades(&mut self, index: usize, view: View, out: &mut Frames) {
        let Some(venue) = self.open_venue(index, view) else { return };
        let now = self.now;
        let wanted = if self.rng.chance(SEVERAL_PERMILLE) { 2 + self.rng.below(3) } else { 1 };
        let mut printed = std::mem::take(&mut self.printed);
        printed.clear();
        let instrument = &mut self.instruments[index];
        instrument.quote(venue, now);
        for _ in 0..wanted {
            let Some(print) = instrument.take(venue, now) else { break };
            printed.push(Printed::now(instrument, print));
        }
        self.print(index, &printed, out);
        self.printed = printed;
        if let Some(event) = self.instruments[index].check_interruption(now) {
            self.begin_interruption(index, &event, out);
        }
    }

    /// One frame for each view in which the prints, all of one venue, are wanted.
    pub(super) fn print(&self, index: usize, printed: &[Printed], out: &mut Frames) {
        let Some(first) = printed.first() else { return };
        let instrument = &self.instruments[index];
        for (place, view) in View::of(first.print.venue).into_iter().enumerate() {
            let Some(item) = self.streams.trades(index, view) else { continue };
            out.several("0B", item, printed.len(), |w, number| {
                let Printed { print, stats, quotes } = &printed[number];
                let (stats, quotes) = (&stats[place], quotes[place]);
                trade::write_trade(w, instrument, stats, print, quotes, self.now);
            });
        }
    }

    /// A venue of the view that trades continuously now, by chance when both do.
    fn open_venue(&mut self, index: usize, view: View) -> Option<Venue> {
        let instrument = &self.instruments[index];
        let now = self.now;
        let open = |venue: &Venue| instrument.phase(*venue, now) == Phase::Continuous;
        let mut found = venues(view).filter(open);
        match (found.next(), found.next()) {
            (Some(first), Some(second)) => Some(if self.rng.chance(500) { first } else { second }),
            (first, _) => first,
        }
    }
}
