//! Tax and commission.

use super::data::{DataError, File, valid_on};
use super::date::Date;
use serde::Deserialize;
use strategy_api::{Notional, Side};
use toml::value::Datetime;

/// The market that an instrument is listed on, as far as taxes differ. A trade at NXT pays what its
/// listing pays.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Listing {
    /// KOSPI shares.
    #[default]
    Kospi,
    /// KOSDAQ shares.
    Kosdaq,
    /// KONEX shares.
    Konex,
    /// ETF and ETN, wherever listed.
    Fund,
}

impl Listing {
    const ALL: [Self; 4] = [Self::Kospi, Self::Kosdaq, Self::Konex, Self::Fund];
}

/// Whose commission.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// A real account.
    Real,
    /// A mock account (모의투자); the simulator does the same.
    #[default]
    Mock,
}

/// What one trade costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TradeCosts {
    /// Commission, agencies' fees included, KRW.
    pub commission: i64,
    /// Transaction tax (증권거래세), KRW; zero for a buy.
    pub transaction_tax: i64,
    /// Rural tax (농어촌특별세), KRW; zero for a buy.
    pub rural_tax: i64,
}

impl TradeCosts {
    /// Both taxes.
    pub const fn tax(self) -> Notional {
        Notional::new(self.transaction_tax + self.rural_tax)
    }

    /// All together.
    pub const fn total(self) -> Notional {
        Notional::new(self.commission + self.transaction_tax + self.rural_tax)
    }
}

/// A share of a value, in parts per billion.
type Rate = u32;
const WHOLE: i128 = 1_000_000_000;

/// Every rate, with the dates from which they count.
#[derive(Clone, Debug)]
pub struct Costs {
    file: String,
    taxes: Vec<(Listing, Date, [Rate; 2])>,
    commissions: Vec<(Account, Date, Commission)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Commission {
    rates: [Rate; 2],
    cut_to: i64,
}

/// The rates of one date and one account, ready for the hot path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DayCosts {
    taxes: [[Rate; 2]; Listing::ALL.len()],
    commission: Commission,
}

impl Costs {
    /// The rates that count on a date.
    ///
    /// # Errors
    /// For a date before the first rate.
    pub fn on(&self, date: Date, account: Account) -> Result<DayCosts, DataError> {
        let missing = |what: String| DataError::NotCovered {
            file: self.file.clone(),
            date,
            cure: format!("add a {what} that counts from then"),
        };
        let mut taxes = [[0; 2]; Listing::ALL.len()];
        for (listing, tax) in Listing::ALL.into_iter().zip(&mut taxes) {
            let found =
                valid_on(&self.taxes, date, |(l, from, _)| (*l == listing).then_some(*from));
            *tax = found.ok_or_else(|| missing(format!("[[tax]] of {listing:?}")))?.2;
        }
        let commission =
            valid_on(&self.commissions, date, |(a, from, _)| (*a == account).then_some(*from))
                .ok_or_else(|| missing(format!("[[commission]] of {account:?}")))?
                .2;
        Ok(DayCosts { taxes, commission })
    }

    pub(super) fn parse(file: &File) -> Result<Self, DataError> {
        let raw: Raw = file.parse()?;
        file.version(raw.version)?;
        let mut taxes = Vec::new();
        for (index, tax) in raw.tax.iter().enumerate() {
            let place = format!("tax {}", index + 1);
            let rates = [rate(file, &place, &tax.transaction)?, rate(file, &place, &tax.rural)?];
            taxes.push((tax.market, file.date(&place, &tax.from)?, rates));
        }
        let mut commissions = Vec::new();
        for (index, raw) in raw.commission.iter().enumerate() {
            let place = format!("commission {}", index + 1);
            let rates = [rate(file, &place, &raw.rate)?, rate(file, &place, &raw.agencies)?];
            if !(1..=1_000).contains(&raw.cut_to) {
                let problem = format!("cut_to = {} must be 1 to 1000 won", raw.cut_to);
                return Err(file.invalid(place, problem));
            }
            let commission = Commission { rates, cut_to: raw.cut_to };
            commissions.push((raw.account, file.date(&place, &raw.from)?, commission));
        }
        Ok(Self { file: file.name.clone(), taxes, commissions })
    }
}

impl DayCosts {
    /// What a trade of that value costs. Each part is cut on its own.
    #[inline]
    pub fn of(&self, side: Side, listing: Listing, value: Notional) -> TradeCosts {
        let [own, agencies] = self.commission.rates;
        let commission = part(value, own) + part(value, agencies);
        let [transaction, rural] =
            if side == Side::SELL { self.taxes[listing as usize] } else { [0; 2] };
        TradeCosts {
            commission: commission - commission % self.commission.cut_to,
            transaction_tax: part(value, transaction),
            rural_tax: part(value, rural),
        }
    }
}

impl DayCosts {
    /// The same for the order machine, in its unit.
    pub fn for_orders(&self, listing: Listing) -> crate::order::Costs {
        let ppm = |rate: Rate| rate / 1_000;
        let [own, agencies] = self.commission.rates;
        crate::order::Costs {
            commission_ppm: ppm(own + agencies),
            commission_unit: u32::try_from(self.commission.cut_to).unwrap_or(1),
            sell_tax_ppm: self.taxes[listing as usize].map(ppm),
        }
    }
}

/// That share of the value, cut to whole won.
#[inline]
fn part(value: Notional, rate: Rate) -> i64 {
    match value.raw().checked_mul(i64::from(rate)) {
        Some(scaled) => scaled / WHOLE as i64,
        // Nine billion won a trade and more; a value below 2^63 times a rate below one stays below it.
        None => (i128::from(value.raw()) * i128::from(rate) / WHOLE) as i64,
    }
}

/// Reads a percentage such as `0.015` without floating point.
fn rate(file: &File, place: &str, text: &str) -> Result<Rate, DataError> {
    let refuse = || {
        let problem = format!("{text:?} is no percentage such as \"0.015\", below 10, 7 decimals");
        file.invalid(place, problem)
    };
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || whole.len() > 1 || decimals.len() > 7 {
        return Err(refuse());
    }
    format!("{whole}{decimals:0<7}").parse().map_err(|_| refuse())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    version: u32,
    tax: Vec<RawTax>,
    commission: Vec<RawCommission>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTax {
    market: Listing,
    from: Datetime,
    transaction: String,
    rural: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCommission {
    account: Account,
    from: Datetime,
    rate: String,
    agencies: String,
    cut_to: i64,
}

#[cfg(test)]
mod tests {
    use super::super::MarketData;
    use super::*;

    fn on(y: u32, m: u32, d: u32, account: Account) -> DayCosts {
        MarketData::embedded().costs().on(Date::new(y, m, d).unwrap(), account).unwrap()
    }

    #[test]
    fn taxes_are_those_of_real_fills() {
        let costs = on(2026, 11, 23, Account::Mock);
        let of = |side, listing, value| costs.of(side, listing, Notional::new(value));
        let sell = of(Side::SELL, Listing::Kospi, 258_000);
        assert_eq!((sell.transaction_tax, sell.rural_tax), (129, 387));
        assert_eq!(sell.tax(), Notional::new(516));
        let sell = of(Side::SELL, Listing::Kospi, 272_500);
        assert_eq!((sell.transaction_tax, sell.rural_tax), (136, 408));
        assert_eq!(sell.tax(), Notional::new(544));
        assert_eq!(of(Side::SELL, Listing::Kosdaq, 258_000).tax(), Notional::new(516));
        assert_eq!(of(Side::SELL, Listing::Fund, 258_000).tax(), Notional::ZERO);
        assert_eq!(of(Side::BUY, Listing::Kospi, 258_000).tax(), Notional::ZERO);
    }

    #[test]
    fn the_mock_commission_is_cut_to_ten_won() {
        let costs = on(2026, 11, 23, Account::Mock);
        for (value, commission) in [(258_000, 900), (272_750, 950), (2_857, 0), (2_858, 10), (0, 0)]
        {
            let found = costs.of(Side::BUY, Listing::Kospi, Notional::new(value));
            assert_eq!(found.commission, commission, "{value}");
            assert_eq!(found.total(), Notional::new(commission));
        }
    }

    #[test]
    fn the_real_commission_has_both_parts() {
        let costs = on(2026, 11, 23, Account::Real);
        let found = costs.of(Side::BUY, Listing::Kospi, Notional::new(10_000_000));
        assert_eq!(found.commission, 1_500 + 360);
    }

    #[test]
    fn rates_change_on_their_first_day() {
        let sells = |y, m, d, listing| {
            on(y, m, d, Account::Mock).of(Side::SELL, listing, Notional::new(1_000_000)).tax().raw()
        };
        assert_eq!(sells(2025, 12, 31, Listing::Kospi), 1_500);
        assert_eq!(sells(2026, 1, 1, Listing::Kospi), 2_000);
        assert_eq!(sells(2025, 12, 31, Listing::Kosdaq), 1_500);
        assert_eq!(sells(2026, 1, 1, Listing::Kosdaq), 2_000);
        assert_eq!(sells(2024, 12, 31, Listing::Kospi), 1_800);
        assert_eq!(sells(2023, 12, 31, Listing::Kosdaq), 2_000);
        assert_eq!(sells(2026, 6, 1, Listing::Konex), 1_000);
    }

    #[test]
    fn huge_values_do_not_overflow() {
        let costs = on(2026, 11, 23, Account::Mock);
        let found = costs.of(Side::SELL, Listing::Kospi, Notional::new(i64::MAX));
        assert_eq!(found.transaction_tax, i64::MAX / 2_000);
    }

    #[test]
    fn a_date_without_rates_and_a_rate_that_is_none_are_refused() {
        let early = Date::new(2022, 12, 31).unwrap();
        let error = MarketData::embedded().costs().on(early, Account::Real).unwrap_err();
        assert!(error.to_string().contains("2022-12-31"), "{error}");
        for text in ["", ".5", "0.", "0.5%", "-0.1", "10", "0.12345678", "0,1"] {
            let error = rate(&File::test(""), "tax 1", text).unwrap_err().to_string();
            assert!(error.contains("percentage"), "{text}: {error}");
        }
        assert_eq!(rate(&File::test(""), "", "0.0036").unwrap(), 36_000);
        assert_eq!(rate(&File::test(""), "", "1").unwrap(), 10_000_000);
    }
}
