//! What the broker's rows mean for the gate. No I/O.

use crate::broker::api::{Listing, PriceLimits};
use crate::market::{InstrumentKind, Listing as ListedAt};
use crate::risk::InstrumentTerms;
use strategy_api::Price;

/// What a row of the list means for the gate.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Row {
    /// It can be traded; the base price is the previous close, if there is one.
    Usable(InstrumentTerms),
    /// Not now.
    Halted,
    /// The gate has no rules for it; why, in words.
    Foreign(String),
}

impl Row {
    /// Reads a row of ka10099 or ka10100.
    ///
    /// Only a halt (거래정지) closes an instrument. What else the words in `state`, `auditInfo` and
    /// `orderWarning` say (관리종목, 정리매매, 단기과열, …) warns people; such instruments are traded, in
    /// price limits of their own, which ka10001 tells.
    pub(super) fn read(listing: &Listing) -> Self {
        let (kind, listing_at) = match listing.market_code.as_str() {
            // Infrastructure funds (2) and REITs (6) are shares of KOSPI.
            "0" | "2" | "6" => (InstrumentKind::Share, ListedAt::Kospi),
            "10" => (InstrumentKind::Share, ListedAt::Kosdaq),
            "50" => (InstrumentKind::Share, ListedAt::Konex),
            // ETN come as three kinds.
            "8" | "60" | "70" | "90" => (InstrumentKind::Fund, ListedAt::Fund),
            code => {
                let name = &listing.market_name;
                return Self::Foreign(format!(
                    "the gate has no price steps for market {code:?} ({name}); it cannot be traded"
                ));
            }
        };
        if listing.is_halted() {
            return Self::Halted;
        }
        Self::Usable(InstrumentTerms {
            kind,
            listing: listing_at,
            nxt: listing.on_nxt,
            base_price: listing.previous_close,
            upper_limit: Price::UNSET,
            lower_limit: Price::UNSET,
        })
    }
}

/// The same with what ka10001 tells of the day; `None` when its base price is none.
pub(super) fn exact(terms: InstrumentTerms, limits: &PriceLimits) -> Option<InstrumentTerms> {
    (limits.base > Price::ZERO).then_some(InstrumentTerms {
        base_price: limits.base,
        upper_limit: limits.upper,
        lower_limit: limits.lower,
        ..terms
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(market: &str, state: &str) -> Listing {
        Listing {
            market_code: market.to_owned(),
            market_name: "name".to_owned(),
            state: state.to_owned(),
            previous_close: Price::new(1_000),
            on_nxt: true,
            ..Listing::default()
        }
    }

    #[test]
    fn the_market_decides_price_steps_and_taxes() {
        let (share, fund) = (InstrumentKind::Share, InstrumentKind::Fund);
        for (market, kind, listed_at) in [
            ("0", share, ListedAt::Kospi),
            ("2", share, ListedAt::Kospi),
            ("6", share, ListedAt::Kospi),
            ("10", share, ListedAt::Kosdaq),
            ("50", share, ListedAt::Konex),
            ("8", fund, ListedAt::Fund),
            ("60", fund, ListedAt::Fund),
            ("70", fund, ListedAt::Fund),
            ("90", fund, ListedAt::Fund),
        ] {
            let terms = InstrumentTerms {
                kind,
                listing: listed_at,
                nxt: true,
                base_price: Price::new(1_000),
                upper_limit: Price::UNSET,
                lower_limit: Price::UNSET,
            };
            assert_eq!(Row::read(&listing(market, "증거금20%")), Row::Usable(terms), "{market}");
        }
    }

    #[test]
    fn a_market_without_rules_is_named() {
        for market in ["3", "30", "80", "5", "", "00", "?"] {
            let Row::Foreign(text) = Row::read(&listing(market, "")) else { panic!("{market}") };
            assert!(text.contains(&format!("{market:?} (name)")), "{text}");
        }
    }

    #[test]
    fn only_a_halt_closes() {
        let read = |state| Row::read(&listing("0", state));
        assert_eq!(read("증거금100%|거래정지"), Row::Halted);
        assert_eq!(read(" 거래정지 |관리종목"), Row::Halted);
        for state in ["관리종목", "거래정지예고", "", "증거금100%|담보대출"] {
            assert!(matches!(read(state), Row::Usable(_)), "{state}");
        }
    }

    #[test]
    fn limits_of_the_day_need_a_base_price() {
        let Row::Usable(terms) = Row::read(&listing("10", "")) else { panic!("a share") };
        let (base, upper, lower) = (Price::new(900), Price::new(1_170), Price::new(630));
        let limits = PriceLimits { base, upper, lower, ..PriceLimits::default() };
        let known = exact(terms, &limits).unwrap();
        assert_eq!((known.base_price, known.upper_limit, known.lower_limit), (base, upper, lower));
        assert_eq!((known.kind, known.listing, known.nxt), (terms.kind, terms.listing, true));
        assert_eq!(exact(terms, &PriceLimits { base: Price::ZERO, ..limits }), None);
    }
}
