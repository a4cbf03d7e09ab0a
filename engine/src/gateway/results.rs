//! What strategies are told about profit, theirs and the account's.
//!
//! With each fill a strategy is told before the report of the fill; as prices move, when
//! [`tend`](Results::tend) is called. What has not changed is not told again.
//!
//! # Hot path
//! Only after a fill, never between a wish and its order: one walk over the positions, a few
//! nanoseconds each; nothing is allocated.

use super::ends::Ends;
use crate::desk::{Desk, Money};
use crate::strategy::notes::{self, Whose};
use strategy_api::{Pnl, Record};

/// What was told last.
#[derive(Debug)]
pub(super) struct Results {
    /// By strategy: its own and the account's, as it knows them.
    told: Vec<Told>,
}

#[derive(Clone, Copy, Debug)]
struct Told {
    own: Pnl,
    account: Pnl,
}

impl Results {
    /// Nobody has been told anything. A strategy begins with nothing earned, and not knowing of the
    /// account.
    pub(super) fn new(strategies: usize) -> Self {
        Self { told: vec![Told { own: Pnl::ZERO, account: Pnl::UNKNOWN }; strategies] }
    }

    /// Tells a strategy that has filled.
    pub(super) fn filled(&mut self, strategy: usize, desk: &Desk, ends: &mut Ends) {
        let account = Money::of_account(desk).to_pnl();
        self.tell(strategy, desk, account, ends);
    }

    /// Tells everyone whose picture is old, leaving out those that have `stopped` or do not read.
    pub(super) fn tend(&mut self, desk: &Desk, stopped: &[bool], ends: &mut Ends) {
        let account = Money::of_account(desk).to_pnl();
        for strategy in 0..self.told.len() {
            let has_stopped = stopped.get(strategy).is_some_and(|stopped| *stopped);
            // What moves with prices must not fill the ring that own orders come through.
            if !has_stopped && ends.is_reading(strategy) {
                self.tell(strategy, desk, account, ends);
            }
        }
    }

    fn tell(&mut self, strategy: usize, desk: &Desk, account: Pnl, ends: &mut Ends) {
        let Some(told) = self.told.get_mut(strategy) else { return };
        let own = Money::of_strategy(desk, strategy as u16).to_pnl();
        for (known, new, whose) in
            [(&mut told.own, own, Whose::Strategy), (&mut told.account, account, Whose::Account)]
        {
            if *known != new {
                *known = new;
                ends.tell(strategy, notes::pnl(whose, &new).words());
            }
        }
    }
}
