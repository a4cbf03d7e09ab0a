//! Clients' orders in the market: into the instrument they go, and what they print goes to everybody.

use super::trades::Printed;
use super::{Frames, Generator};
use crate::clock::SECOND;
use crate::exchange::clients::{ClientOrder, Execution};
use crate::exchange::instrument::{Instrument, Print};
use crate::exchange::stats::View;

/// Market time between two turns of the crowd in an instrument where clients have orders.
const TURN_EVERY: u64 = SECOND / 40;

/// Where clients have orders, and when the crowd looks at them next.
#[derive(Debug, Default)]
pub(super) struct ClientTurns {
    /// Places of the instruments, in order.
    instruments: Vec<usize>,
    next: u64,
}

impl ClientTurns {
    /// When the next turn is due; `u64::MAX` while no client has an order.
    pub(super) fn due(&self) -> u64 {
        if self.instruments.is_empty() { u64::MAX } else { self.next }
    }
}

impl Generator {
    /// An instrument.
    pub(crate) fn instrument(&self, index: usize) -> &Instrument {
        &self.instruments[index]
    }

    /// Place of the instrument with this code.
    pub(crate) fn find(&self, code: &str) -> Option<usize> {
        self.by_code.get(code).copied()
    }

    /// The market's time of day, in nanoseconds since midnight.
    pub(crate) fn now(&self) -> u64 {
        self.now
    }

    /// A client's order enters.
    pub(crate) fn submit(&mut self, index: usize, order: ClientOrder, out: &mut Frames) {
        self.with_client(index, out, |instrument, now, told| instrument.submit(order, now, told));
    }

    /// A client's order replaces shares of another one.
    pub(crate) fn amend(&mut self, index: usize, from: u32, to: ClientOrder, out: &mut Frames) {
        self.with_client(index, out, |instrument, now, told| instrument.amend(from, to, now, told));
    }

    /// Takes shares out of a client's waiting order; what was taken.
    pub(crate) fn withdraw(&mut self, index: usize, number: u32, quantity: i64) -> i64 {
        self.instruments[index].withdraw(number, quantity)
    }

    /// Moves what happened to clients' orders to `into`.
    pub(crate) fn drain_executions(&mut self, into: &mut Vec<Execution>) {
        let mut place = 0;
        while let Some(index) = self.clients.instruments.get(place).copied() {
            let clients = &mut self.instruments[index].clients;
            clients.drain(into);
            if clients.is_empty() {
                self.clients.instruments.remove(place);
            } else {
                place += 1;
            }
        }
    }

    /// Market time until something may happen to a client's order by itself: the next turn, or the
    /// next event of the day.
    pub(crate) fn next_turn(&self) -> u64 {
        self.next_event().saturating_sub(self.now).max(1)
    }

    /// Lets the crowd act where clients have orders, if it is time.
    pub(super) fn turn_clients(&mut self, out: &mut Frames) {
        if self.clients.due() > self.now {
            return;
        }
        self.clients.next = self.now + TURN_EVERY;
        for place in 0..self.clients.instruments.len() {
            let index = self.clients.instruments[place];
            self.make_trades(index, View::All, out);
            self.with_client(index, out, |instrument, now, told| {
                instrument.turn_clients(now, told);
            });
        }
    }

    /// Acts on an instrument, and prints what traded.
    fn with_client(
        &mut self,
        index: usize,
        out: &mut Frames,
        act: impl FnOnce(&mut Instrument, u64, &mut dyn FnMut(&Instrument, Print)),
    ) {
        if let Err(place) = self.clients.instruments.binary_search(&index) {
            if self.clients.instruments.is_empty() {
                self.clients.next = self.now + TURN_EVERY;
            }
            self.clients.instruments.insert(place, index);
        }
        let mut printed = Vec::new();
        act(&mut self.instruments[index], self.now, &mut |instrument, print| {
            printed.push(Printed::now(instrument, print));
        });
        for one in printed {
            self.print(index, &[one], out);
        }
        if let Some(event) = self.instruments[index].check_interruption(self.now) {
            self.begin_interruption(index, &event, out);
        }
    }
}
