//! Who holds what: one ledger for each strategy and instrument, and one for the account.

use super::ledger::Ledger;
use super::number::Table;
use std::collections::HashMap;
use strategy_api::{InstrumentId, Notional, Price, Quantity, Side, Symbol, UnixNanos};

/// What one strategy has in one instrument.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct StrategyPosition {
    /// Number of the strategy.
    pub strategy: u16,
    /// The instrument.
    pub instrument: InstrumentId,
    /// Its shares and profit.
    pub ledger: Ledger,
    /// Reasons for which the instrument is closed for it; 0 is open.
    pub(super) closed: u32,
}

/// What the account has in one instrument, other hands and earlier days included.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct AccountPosition {
    /// Shares and profit. The shares that were there at the start cost what the broker says.
    pub ledger: Ledger,
    /// Whether the broker has told what is held; before that the ledger only has today's fills.
    pub known: bool,
    /// Shares that can be sold, as told last; unset when never told.
    pub sellable: Quantity,
    /// Held by the newest `04` event.
    pub(super) told: Option<i64>,
    /// Since when that differs from the ledger.
    pub(super) differs_since: UnixNanos,
    /// Difference that the round before saw, for another round to confirm.
    pub(super) unexplained: Option<i64>,
    /// Input of the last fill that an event told.
    pub(super) seq_fill: u64,
}

impl AccountPosition {
    /// Notes whether the ledger agrees with the newest `04` event.
    pub(super) fn compare(&mut self, now: UnixNanos) {
        let differs = self.known && self.told.is_some_and(|t| t != self.ledger.quantity.raw());
        if !differs {
            self.differs_since = UnixNanos::UNSET;
        } else if !self.differs_since.is_set() {
            self.differs_since = now;
        }
    }
}

/// All positions.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Book {
    pub(super) strategies: Vec<StrategyPosition>,
    by_pair: Table,
    pub(super) accounts: Vec<AccountPosition>,
    codes: Vec<Symbol>,
    by_code: HashMap<Symbol, u16>,
}

impl Book {
    pub(super) fn new(instruments: &[Symbol], instruments_max: usize, positions: usize) -> Self {
        let capacity = instruments_max.max(instruments.len()).min(usize::from(u16::MAX));
        let mut book = Self {
            strategies: Vec::with_capacity(positions),
            by_pair: Table::with_capacity(positions),
            accounts: Vec::with_capacity(capacity),
            codes: Vec::with_capacity(capacity),
            by_code: HashMap::with_capacity(capacity),
        };
        for code in instruments {
            book.instrument(*code);
        }
        book
    }

    /// The number of a code; a new code gets the next one. `None` when there is no room.
    pub(super) fn instrument(&mut self, code: Symbol) -> Option<InstrumentId> {
        if let Some(index) = self.by_code.get(&code) {
            return Some(InstrumentId(*index));
        }
        if self.codes.len() == self.codes.capacity() {
            return None;
        }
        let index = self.codes.len() as u16;
        self.codes.push(code);
        self.accounts.push(AccountPosition::default());
        self.by_code.insert(code, index);
        Some(InstrumentId(index))
    }

    pub(super) fn code(&self, instrument: InstrumentId) -> Symbol {
        self.codes.get(instrument.index()).copied().unwrap_or_default()
    }

    pub(super) fn codes(&self) -> &[Symbol] {
        &self.codes
    }

    /// The strategy's place for an instrument, made when it is not there; `None` without room.
    pub(super) fn position(&mut self, strategy: u16, instrument: InstrumentId) -> Option<usize> {
        if let Some(index) = self.find(strategy, instrument) {
            return Some(index);
        }
        if self.strategies.len() == self.strategies.capacity() {
            return None;
        }
        let index = self.strategies.len();
        if !self.by_pair.insert(pair(strategy, instrument), index as u32) {
            return None;
        }
        let ledger = Ledger::default();
        self.strategies.push(StrategyPosition { strategy, instrument, ledger, closed: 0 });
        Some(index)
    }

    pub(super) fn find(&self, strategy: u16, instrument: InstrumentId) -> Option<usize> {
        self.by_pair.get(pair(strategy, instrument)).map(|index| index as usize)
    }

    /// A fill of the account.
    pub(super) fn account_fill(
        &mut self,
        instrument: InstrumentId,
        side: Side,
        quantity: i64,
        value: i64,
        now: UnixNanos,
    ) {
        if let Some(account) = self.accounts.get_mut(instrument.index()) {
            account.ledger.fill(side, Quantity::new(quantity), Notional::new(value));
            account.compare(now);
        }
    }

    /// The broker's word on what is held, taken over: shares that appear cost `price`, shares that
    /// go take their part of the cost with them. No profit is made of it.
    pub(super) fn adopt(&mut self, instrument: InstrumentId, quantity: i64, price: Price) {
        let Some(account) = self.accounts.get_mut(instrument.index()) else { return };
        let ledger = &mut account.ledger;
        ledger.quantity = Quantity::new(quantity);
        let price = if price.is_set() { price } else { ledger.average_price() };
        let cost = i64::from(price.get().unwrap_or(0)).saturating_mul(quantity);
        ledger.cost = Notional::new(cost);
        account.known = true;
    }
}

fn pair(strategy: u16, instrument: InstrumentId) -> u64 {
    u64::from(strategy) << 16 | u64::from(instrument.0)
}
