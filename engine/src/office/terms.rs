//! What the gate has to know of each instrument: first roughly from the broker's lists (ka10099), then
//! exactly, one by one (ka10001).
//!
//! ```text
//! every round:
//!     lists that were not read yet, until each code is found     -> Terms, not exact
//!     if a list cannot be read: the codes one by one (ka10100)    -> the same
//!     halted ones, from the second round on, one by one (ka10100) -> the same, once they go on
//!     limits of those that are listed, one by one                 -> Terms, exact
//! ```
//!
//! Rounds end when nothing is open; between them is a pause that grows. A round ends early when the
//! broker does not answer, so that hundreds of instruments do not each wait for that.

use super::end::Teller;
use super::rows::{Row, exact};
use super::tokens::Tokens;
use super::{Done, Pauses};
use crate::broker::api::{self, Instruments, Listing, ListingQuery, PriceLimitsQuery};
use crate::broker::client::{Client, QueryError};
use crate::risk::InstrumentTerms;
use std::collections::BTreeMap;
use strategy_api::{InstrumentId, Symbol};
use tokio::sync::watch;

/// The lists, in the order in which they are read: KOSPI, KOSDAQ, ETF, ETN, ELW, KONEX.
const MARKETS: [u8; 6] = [0, 10, 8, 60, 3, 50];

/// Learns terms.
pub(super) struct Terms<'a> {
    pub(super) tokens: &'a Tokens,
    pub(super) client: &'a Client,
    pub(super) teller: Teller,
    pub(super) pauses: Pauses,
    /// Queries that wait.
    pub(super) waiting: watch::Receiver<usize>,
}

/// An instrument whose terms are not exact yet.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Open {
    id: InstrumentId,
    symbol: Symbol,
    stage: Stage,
    /// That its list has failed.
    told: bool,
}

/// How much is known of it.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Stage {
    /// Nothing.
    Unlisted,
    /// The list has it.
    Listed(InstrumentTerms),
    /// The list says that its trading is halted.
    Halted,
    /// Nothing more can be known.
    Over,
}

/// No answer.
struct Failure {
    text: String,
    /// The next call would meet the same.
    all: bool,
}

impl Terms<'_> {
    /// Learns the terms of all, in rounds, until nothing is open.
    pub(super) async fn learn(mut self, instruments: Vec<(InstrumentId, Symbol)>) {
        let unlisted = |(id, symbol)| Open { id, symbol, stage: Stage::Unlisted, told: false };
        let mut open: Vec<Open> = instruments.into_iter().map(unlisted).collect();
        let mut markets = MARKETS.to_vec();
        let mut pause = self.pauses.terms_min;
        while !open.is_empty() {
            if let Err(failure) = self.round(&mut open, &mut markets).await {
                tracing::warn!("the broker tells no terms: {failure}; tried again");
            }
            open.retain(|open| open.stage != Stage::Over);
            if !open.is_empty() {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(self.pauses.terms_max);
            }
        }
        tracing::info!("the terms of all instruments are known, as far as the broker has any");
    }

    /// One round; an error ends it early.
    async fn round(&mut self, open: &mut [Open], markets: &mut Vec<u8>) -> Result<(), String> {
        // From the second round on: the lists of the first were asked just now.
        for open in open.iter_mut().filter(|open| open.stage == Stage::Halted) {
            self.list_one(open).await?;
        }
        if let Some(text) = self.read_lists(open, markets).await {
            for open in open.iter_mut().filter(|open| open.stage == Stage::Unlisted) {
                if !std::mem::replace(&mut open.told, true) {
                    let text = format!("{}: {text}; asked for by itself", open.symbol);
                    self.teller.tell(Done::TermsFailed { instrument: open.id, text });
                }
            }
            for open in open.iter_mut().filter(|open| open.stage == Stage::Unlisted) {
                self.list_one(open).await?;
            }
        } else {
            for open in open.iter_mut().filter(|open| open.stage == Stage::Unlisted) {
                open.stage = Stage::Over;
                let text =
                    format!("{}: in no list of the broker; it cannot be traded", open.symbol);
                self.teller.tell(Done::TermsFailed { instrument: open.id, text });
            }
        }
        for open in open {
            if let Stage::Listed(terms) = open.stage {
                self.make_exact(open, terms).await?;
            }
        }
        Ok(())
    }

    /// Reads lists until every code is found. Those that could not be read stay in `markets`; gives
    /// back why, if there are any.
    async fn read_lists(&mut self, open: &mut [Open], markets: &mut Vec<u8>) -> Option<String> {
        let mut why = None;
        let mut silent = false;
        for market in std::mem::take(markets) {
            if !open.iter().any(|open| open.stage == Stage::Unlisted) {
                return None;
            }
            if silent {
                markets.push(market);
                continue;
            }
            // Its rows say themselves what they are; the list of KOSPI has most of the others too.
            match self.ask(&Instruments { market, only_this_market: false }).await {
                Ok(list) => self.take_list(open, &list),
                Err(failure) => {
                    tracing::warn!("the list of market {market} has failed: {}", failure.text);
                    markets.push(market);
                    silent = failure.all;
                    why.get_or_insert(failure.text);
                }
            }
        }
        why
    }

    fn take_list(&self, open: &mut [Open], list: &[Listing]) {
        let rows: BTreeMap<Symbol, &Listing> = list.iter().map(|row| (row.symbol, row)).collect();
        for open in open.iter_mut().filter(|open| open.stage == Stage::Unlisted) {
            if let Some(listing) = rows.get(&open.symbol) {
                self.take_listing(open, listing);
            }
        }
    }

    /// Asks for the row of one instrument.
    async fn list_one(&mut self, open: &mut Open) -> Result<(), String> {
        match self.ask(&ListingQuery { symbol: open.symbol }).await {
            Ok(listing) if listing.symbol == open.symbol => self.take_listing(open, &listing),
            Ok(listing) => {
                tracing::warn!("asked for {}, got the row of {}", open.symbol, listing.symbol);
            }
            Err(failure) if failure.all => return Err(failure.text),
            Err(failure) => tracing::warn!("{}: {}", open.symbol, failure.text),
        }
        Ok(())
    }

    fn take_listing(&self, open: &mut Open, listing: &Listing) {
        let (instrument, symbol) = (open.id, open.symbol);
        let failed = |text| self.teller.tell(Done::TermsFailed { instrument, text });
        open.stage = match Row::read(listing) {
            Row::Usable(terms) => {
                if terms.base_price.raw() > 0 {
                    self.teller.tell(Done::Terms { instrument, terms, exact: false });
                }
                Stage::Listed(terms)
            }
            Row::Halted => {
                if open.stage != Stage::Halted {
                    failed(format!("{symbol}: trading is halted (거래정지); looked at again"));
                }
                Stage::Halted
            }
            Row::Foreign(text) => {
                failed(format!("{symbol}: {text}"));
                Stage::Over
            }
        };
    }

    /// Asks for the base price and the limits of the day.
    async fn make_exact(&mut self, open: &mut Open, terms: InstrumentTerms) -> Result<(), String> {
        let (instrument, symbol) = (open.id, open.symbol);
        let text = match self.ask(&PriceLimitsQuery { symbol }).await {
            Ok(limits) => match exact(terms, &limits) {
                Some(terms) => {
                    open.stage = Stage::Over;
                    self.teller.tell(Done::Terms { instrument, terms, exact: true });
                    return Ok(());
                }
                None => "ka10001 has no base price".to_owned(),
            },
            Err(failure) if failure.all => return Err(failure.text),
            Err(failure) => failure.text,
        };
        let text = format!("{symbol}: {text}; tried again");
        self.teller.tell(Done::TermsFailed { instrument, text });
        Ok(())
    }

    /// Asks once no query waits.
    async fn ask<Q: api::Query + Sync>(&mut self, query: &Q) -> Result<Q::Answer, Failure> {
        // Fails only when nobody can ask any more.
        let _ = self.waiting.wait_for(|waiting| *waiting == 0).await;
        let token = self.tokens.fresh_async().await;
        token.map_err(|error| Failure { text: error.to_string(), all: true })?;
        self.client.query(query).await.map_err(|error| Failure {
            text: error.to_string(),
            all: matches!(
                error,
                QueryError::Token { .. }
                    | QueryError::Unreachable { .. }
                    | QueryError::TimedOut { .. }
            ),
        })
    }
}
