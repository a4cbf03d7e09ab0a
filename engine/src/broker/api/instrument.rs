//! Queries about instruments: names, states, price limits.

use serde_json::json;
use strategy_api::{Price, Quantity, Symbol};

use super::value::{ReadError, Row};
use super::{ApiId, Query};

/// ka10001: base price and limits of one instrument, today.
#[derive(Clone, Copy, Debug)]
pub struct PriceLimitsQuery {
    /// Which.
    pub symbol: Symbol,
}

/// Answer of ka10001, as far as it is about limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceLimits {
    /// `stk_cd`.
    pub symbol: Symbol,
    /// `stk_nm`.
    pub name: String,
    /// `base_pric`, KRW.
    pub base: Price,
    /// `upl_pric`, KRW.
    pub upper: Price,
    /// `lst_pric`, KRW.
    pub lower: Price,
    /// `cur_prc`, KRW; unset when empty.
    pub last: Price,
}

impl Query for PriceLimitsQuery {
    type Answer = PriceLimits;
    const API: ApiId = ApiId::PriceLimits;

    fn body(&self) -> String {
        json!({ "stk_cd": self.symbol.as_str() }).to_string()
    }

    fn add_page(&self, page: Row<'_>, answer: &mut PriceLimits) -> Result<(), ReadError> {
        let limits = PriceLimits {
            symbol: page.symbol("stk_cd")?,
            name: page.text("stk_nm"),
            base: page.needed_price("base_pric")?,
            upper: page.needed_price("upl_pric")?,
            lower: page.needed_price("lst_pric")?,
            last: page.price("cur_prc")?,
        };
        // Values that stand under the wrong keys would open the gate for wrong prices.
        if limits.symbol != self.symbol {
            return Err(page_error(page, "stk_cd", "not the instrument that was asked for"));
        }
        if !(limits.lower <= limits.base && limits.base <= limits.upper)
            || limits.lower < Price::ZERO
        {
            return Err(page_error(page, "base_pric", "not between lst_pric and upl_pric"));
        }
        *answer = limits;
        Ok(())
    }
}

fn page_error(page: Row<'_>, key: &'static str, problem: &'static str) -> ReadError {
    ReadError::Value { api: page.api, row: 0, key, value: page.text(key), problem }
}

/// ka10099: all instruments of a market.
#[derive(Clone, Copy, Debug)]
pub struct Instruments {
    /// `mrkt_tp`: 0 KOSPI, 10 KOSDAQ, 8 ETF, 60 ETN, 3 ELW, 50 KONEX, ….
    pub market: u8,
    /// Keep only rows whose `marketCode` is the same: the broker lists others as well.
    pub only_this_market: bool,
}

/// ka10100: one instrument.
#[derive(Clone, Copy, Debug)]
pub struct ListingQuery {
    /// Which.
    pub symbol: Symbol,
}

/// What the broker's list says about an instrument.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// `code`.
    pub symbol: Symbol,
    /// `name`.
    pub name: String,
    /// `lastPrice`, KRW: yesterday's close.
    pub previous_close: Price,
    /// `listCount`: shares listed.
    pub shares: Quantity,
    /// `state`: words joined with `|`, 거래정지 (halted) among them.
    pub state: String,
    /// `auditInfo`.
    pub audit: String,
    /// `marketCode`.
    pub market_code: String,
    /// `marketName`.
    pub market_name: String,
    /// `orderWarning`: 0 none, 1 ETF notice, 2 clearance, 3 overheated, 4 risk, 5 warning.
    pub order_warning: String,
    /// `nxtEnable` is `Y`: traded on NXT too.
    pub on_nxt: bool,
}

impl Listing {
    fn read(row: Row<'_>) -> Result<Self, ReadError> {
        Ok(Self {
            symbol: row.symbol("code")?,
            name: row.text("name"),
            previous_close: row.price("lastPrice")?,
            shares: row.quantity("listCount")?,
            state: row.text("state"),
            audit: row.text("auditInfo"),
            market_code: row.text("marketCode"),
            market_name: row.text("marketName"),
            order_warning: row.text("orderWarning"),
            on_nxt: row.text("nxtEnable") == "Y",
        })
    }

    /// Whether trading is halted (거래정지).
    pub fn is_halted(&self) -> bool {
        self.state.split('|').any(|word| word.trim() == "거래정지")
    }
}

impl Query for Instruments {
    type Answer = Vec<Listing>;
    const API: ApiId = ApiId::Instruments;

    fn body(&self) -> String {
        json!({ "mrkt_tp": self.market.to_string() }).to_string()
    }

    fn add_page(&self, page: Row<'_>, answer: &mut Self::Answer) -> Result<(), ReadError> {
        let market = self.market.to_string();
        for row in page.rows("list")? {
            if !self.only_this_market || row.text("marketCode") == market {
                answer.push(Listing::read(row)?);
            }
        }
        Ok(())
    }
}

impl Query for ListingQuery {
    type Answer = Listing;
    const API: ApiId = ApiId::Instrument;

    fn body(&self) -> String {
        json!({ "stk_cd": self.symbol.as_str() }).to_string()
    }

    fn add_page(&self, page: Row<'_>, answer: &mut Listing) -> Result<(), ReadError> {
        *answer = Listing::read(page)?;
        Ok(())
    }
}
