//! What the gate has to know of each instrument: first roughly from the broker's lists (ka10099), then
//! exactly, one by one (ka10001).

use super::end::Teller;
use super::tokens::Tokens;
use super::{Done, Pauses};
use crate::broker::api::{Instruments, Listing, ListingQuery, PriceLimits, PriceLimitsQuery};
use crate::broker::client::Client;
use crate::market::{InstrumentKind, Listing as ListedAt};
use crate::risk::InstrumentTerms;
use std::collections::BTreeMap;
use strategy_api::{InstrumentId, Price, Symbol};
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
}

/// What a row of the list means for the gate.
#[derive(Clone, PartialEq, Debug)]
enum Row {
    /// It can be traded.
    Usable(InstrumentTerms),
    /// Not now.
    Halted,
    /// The gate has no rules for it.
    Foreign(String),
}

impl Terms<'_> {
    /// Learns the terms of all, in rounds, until nothing is open.
    pub(super) async fn learn(mut self, instruments: Vec<(InstrumentId, Symbol)>) {
        let unlisted = |(id, symbol)| Open { id, symbol, stage: Stage::Unlisted };
        let mut open: Vec<Open> = instruments.into_iter().map(unlisted).collect();
        let mut markets = MARKETS.to_vec();
        let mut pause = self.pauses.terms_min;
        while !open.is_empty() {
            self.read_lists(&mut open, &mut markets).await;
            open = self.make_exact(open).await;
            if open.is_empty() {
                return;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(self.pauses.terms_max);
            self.look_at_halted(&mut open).await;
        }
    }

    /// Reads lists until every code is found. What is left of `markets` could not be read.
    async fn read_lists(&mut self, open: &mut Vec<Open>, markets: &mut Vec<u8>) {
        let is_unlisted = |open: &Open| open.stage == Stage::Unlisted;
        let mut failures = Vec::new();
        for market in std::mem::take(markets) {
            if !open.iter().any(is_unlisted) {
                return;
            }
            self.wait_for_queries().await;
            match self.list(market).await {
                Ok(list) => self.take_list(open, &list),
                Err(text) => {
                    tracing::warn!("the list of market {market} could not be read: {text}");
                    markets.push(market);
                    failures.push(text);
                }
            }
        }
        // What is in no list that was read waits for those that were not, if there are any.
        open.retain(|open| {
            if !is_unlisted(open) {
                return true;
            }
            let text = match failures.first() {
                Some(text) => format!("{}: {text}; tried again", open.symbol),
                None => format!("{}: in no list of the broker; it cannot be traded", open.symbol),
            };
            self.teller.tell(Done::TermsFailed { instrument: open.id, text });
            !failures.is_empty()
        });
    }

    async fn list(&self, market: u8) -> Result<Vec<Listing>, String> {
        self.tokens.fresh_async().await.map_err(|error| error.to_string())?;
        // Its rows say themselves what they are; the list of KOSPI has most of the others too.
        let query = Instruments { market, only_this_market: false };
        self.client.query(&query).await.map_err(|error| error.to_string())
    }

    fn take_list(&self, open: &mut Vec<Open>, list: &[Listing]) {
        let rows: BTreeMap<Symbol, &Listing> = list.iter().map(|row| (row.symbol, row)).collect();
        open.retain_mut(|open| match rows.get(&open.symbol) {
            Some(listing) if open.stage == Stage::Unlisted => self.take_listing(open, listing),
            _ => true,
        });
    }

    /// False when it is of no use to ask further.
    fn take_listing(&self, open: &mut Open, listing: &Listing) -> bool {
        let failed = |text| Done::TermsFailed { instrument: open.id, text };
        match read(listing) {
            Row::Usable(terms) => {
                open.stage = Stage::Listed(terms);
                if terms.base_price.raw() > 0 {
                    self.teller.tell(Done::Terms { instrument: open.id, terms, exact: false });
                }
                true
            }
            Row::Halted => {
                if open.stage != Stage::Halted {
                    let text = format!("{}: trading is halted (거래정지)", open.symbol);
                    self.teller.tell(failed(format!("{text}; looked at again")));
                }
                open.stage = Stage::Halted;
                true
            }
            Row::Foreign(text) => {
                self.teller.tell(failed(format!("{}: {text}", open.symbol)));
                false
            }
        }
    }

    /// Asks for the base price and the limits of each that is listed; gives back what stays open.
    async fn make_exact(&mut self, open: Vec<Open>) -> Vec<Open> {
        let mut left = Vec::new();
        for open in open {
            let Stage::Listed(terms) = open.stage else {
                left.push(open);
                continue;
            };
            self.wait_for_queries().await;
            let (instrument, symbol) = (open.id, open.symbol);
            match self.limits(symbol).await {
                Ok(limits) => {
                    let terms = exact(terms, &limits);
                    self.teller.tell(Done::Terms { instrument, terms, exact: true });
                }
                Err(text) => {
                    tracing::warn!("{symbol}: no limits of the day: {text}; tried again");
                    let text = format!("{symbol}: {text}; tried again");
                    self.teller.tell(Done::TermsFailed { instrument, text });
                    left.push(open);
                }
            }
        }
        left
    }

    async fn limits(&self, symbol: Symbol) -> Result<PriceLimits, String> {
        self.tokens.fresh_async().await.map_err(|error| error.to_string())?;
        let query = PriceLimitsQuery { symbol };
        self.client.query(&query).await.map_err(|error| error.to_string())
    }

    /// Whether those that were halted still are (ka10100).
    async fn look_at_halted(&mut self, open: &mut Vec<Open>) {
        let mut left = Vec::new();
        for mut open in std::mem::take(open) {
            if open.stage == Stage::Halted {
                self.wait_for_queries().await;
                let query = ListingQuery { symbol: open.symbol };
                let keep = match self.client.query(&query).await {
                    Ok(listing) => self.take_listing(&mut open, &listing),
                    Err(error) => {
                        tracing::warn!("{}: still halted? {error}", open.symbol);
                        true
                    }
                };
                if !keep {
                    continue;
                }
            }
            left.push(open);
        }
        *open = left;
    }

    async fn wait_for_queries(&mut self) {
        // Fails only when nobody can ask any more.
        let _ = self.waiting.wait_for(|waiting| *waiting == 0).await;
    }
}

/// What a row means. Only a halt closes an instrument; what else the words in `state`, `auditInfo` and
/// `orderWarning` say is advice to people.
fn read(listing: &Listing) -> Row {
    let (kind, listed_at) = match listing.market_code.as_str() {
        // Infrastructure funds (2) and REITs (6) are shares of KOSPI.
        "0" | "2" | "6" => (InstrumentKind::Share, ListedAt::Kospi),
        "10" => (InstrumentKind::Share, ListedAt::Kosdaq),
        "50" => (InstrumentKind::Share, ListedAt::Konex),
        // ETN come as three kinds.
        "8" | "60" | "70" | "90" => (InstrumentKind::Fund, ListedAt::Fund),
        code => {
            let name = &listing.market_name;
            return Row::Foreign(format!(
                "the gate has no price steps for market {code:?} ({name}); it cannot be traded"
            ));
        }
    };
    if listing.is_halted() {
        return Row::Halted;
    }
    Row::Usable(InstrumentTerms {
        kind,
        listing: listed_at,
        nxt: listing.on_nxt,
        base_price: listing.previous_close,
        upper_limit: Price::default(),
        lower_limit: Price::default(),
    })
}

fn exact(terms: InstrumentTerms, limits: &PriceLimits) -> InstrumentTerms {
    InstrumentTerms {
        base_price: limits.base,
        upper_limit: limits.upper,
        lower_limit: limits.lower,
        ..terms
    }
}
