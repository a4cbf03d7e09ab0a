//! Commission and taxes, in whole KRW.

use crate::exchange::ticks::Market;

/// Rates in parts per million of the money traded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Commission of either side. The mock host takes 0.35 %, the real one about 0.015 %.
    pub commission_ppm: u32,
    /// The commission of an order is cut to a multiple of this, KRW, at least 1.
    pub commission_unit: u32,
    /// Transaction tax of a KOSPI sale. 0.05 % since 2026-01-01.
    pub kospi_transaction_ppm: u32,
    /// Rural tax of a KOSPI sale. 0.15 %.
    pub kospi_rural_ppm: u32,
    /// Transaction tax of a KOSDAQ sale. 0.20 % since 2026-01-01.
    pub kosdaq_transaction_ppm: u32,
}

impl Default for Rates {
    /// The mock host's commission, cut to 10 won, and the taxes of 2026.
    fn default() -> Self {
        Self {
            commission_ppm: 3_500,
            commission_unit: 10,
            kospi_transaction_ppm: 500,
            kospi_rural_ppm: 1_500,
            kosdaq_transaction_ppm: 2_000,
        }
    }
}

impl Rates {
    /// Commission of an order that traded `money` so far.
    pub(crate) fn commission(&self, money: i64) -> i64 {
        let unit = i64::from(self.commission_unit.max(1));
        part(money, self.commission_ppm) / unit * unit
    }

    /// Taxes of a sale of `money`; each part is cut to whole won. Funds, notes and warrants pay none.
    pub(crate) fn tax(&self, market: Market, money: i64) -> i64 {
        match market {
            Market::Kospi => {
                part(money, self.kospi_transaction_ppm) + part(money, self.kospi_rural_ppm)
            }
            Market::Kosdaq => part(money, self.kosdaq_transaction_ppm),
            _ => 0,
        }
    }
}

fn part(money: i64, ppm: u32) -> i64 {
    (i128::from(money) * i128::from(ppm) / 1_000_000) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commission_and_taxes_are_those_that_were_recorded() {
        let rates = Rates::default();
        assert_eq!(rates.commission(258_000), 900);
        assert_eq!(rates.commission(272_750), 950);
        assert_eq!(rates.tax(Market::Kospi, 258_000), 516);
        assert_eq!(rates.tax(Market::Kospi, 272_500), 544);
        assert_eq!(rates.tax(Market::Kosdaq, 272_500), 545);
        assert_eq!(rates.tax(Market::Etf, 272_500), 0);
    }
}
