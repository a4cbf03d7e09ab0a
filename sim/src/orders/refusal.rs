//! Why an order was refused, with the broker's codes and texts.

use std::fmt;

/// A refusal in a REST reply. `Display` gives `return_msg`.
///
/// Business refusals have `return_code` 20 and read `[2000](RC4027:…)`: the code stands in the round
/// brackets. Input errors have `return_code` 2 and the gateway's code in square brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// RC4003: the price is not on the tick grid.
    OffTick,
    /// RC4007: trading in the instrument is halted.
    Halted,
    /// RC4027: the price is outside the day's limits.
    OutsideLimits,
    /// RC4032 (mock) or 506550: a modification finds nothing left, filled or gone.
    NothingToModify {
        /// The mock host's code instead of the real one's.
        mock: bool,
    },
    /// RC4033 (mock) or 506550: a cancel finds nothing left, filled or gone.
    NothingToCancel {
        /// The mock host's code instead of the real one's.
        mock: bool,
    },
    /// RC4057: the market has not opened yet.
    NotOpenYet,
    /// RC4058: the market is closed.
    Closed,
    /// RC9000: not offered on the mock host, which knows the KRX only.
    NotOffered,
    /// 407022: no such order type, or not at this venue, or not changeable.
    WrongType,
    /// 509193: a market-wide circuit breaker is on.
    CircuitBreaker,
    /// 521790: the order type is not allowed at this hour.
    NotAtThisHour,
    /// 571357: 시간외종가 takes no price.
    TakesNoPrice,
    /// 571412: an SOR order is changed under another venue, or another order as an SOR one.
    SorMismatch,
    /// 571435: the original is itself a cancel.
    OriginalIsCancel,
    /// 571557: a price is missing, or has no meaning here.
    WrongPrice,
    /// 800033: not enough sellable shares.
    NotEnoughShares {
        /// Shares that could be sold.
        sellable: i64,
    },
    /// 855056: not enough cash.
    NotEnoughCash {
        /// Shares that could be bought.
        buyable: i64,
    },
    /// 1511: a required field is missing.
    Missing {
        /// Its name.
        field: &'static str,
    },
    /// 1517: a field cannot be read.
    Malformed {
        /// Its name.
        field: &'static str,
    },
    /// 1902: no such stock.
    NoSuchStock,
    /// 1903: the stock is not traded at this venue.
    NotAtVenue,
    /// 1999: the day's order numbers are used up.
    NumbersUsedUp,
    /// 571758: nothing found; only with [`super::EmptyResult::Real`].
    NothingFound,
}

impl Refusal {
    /// The code: in round brackets for business refusals, in square ones for input errors.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OffTick => "RC4003",
            Self::Halted => "RC4007",
            Self::OutsideLimits => "RC4027",
            Self::NothingToModify { mock: true } => "RC4032",
            Self::NothingToCancel { mock: true } => "RC4033",
            Self::NothingToModify { mock: false } | Self::NothingToCancel { mock: false } => {
                "506550"
            }
            Self::NotOpenYet => "RC4057",
            Self::Closed => "RC4058",
            Self::NotOffered => "RC9000",
            Self::WrongType => "407022",
            Self::CircuitBreaker => "509193",
            Self::NotAtThisHour => "521790",
            Self::TakesNoPrice => "571357",
            Self::SorMismatch => "571412",
            Self::OriginalIsCancel => "571435",
            Self::WrongPrice => "571557",
            Self::NotEnoughShares { .. } => "800033",
            Self::NotEnoughCash { .. } => "855056",
            Self::Missing { .. } => "1511",
            Self::Malformed { .. } => "1517",
            Self::NoSuchStock => "1902",
            Self::NotAtVenue => "1903",
            Self::NumbersUsedUp => "1999",
            Self::NothingFound => "571758",
        }
    }

    /// `return_code`: 2 for input errors, 20 for the rest.
    pub fn return_code(&self) -> u32 {
        if self.code().len() == 4 { 2 } else { 20 }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code();
        let text = match self {
            Self::OffTick => "주문단가가 호가단위에 맞지 않습니다",
            Self::Halted => "거래가 정지된 종목입니다",
            Self::OutsideLimits => "상하한가를 벗어난 주문단가입니다",
            Self::NothingToModify { .. } => "정정가능수량이 없습니다",
            Self::NothingToCancel { .. } => "취소가능수량이 없습니다",
            Self::NotOpenYet => "장개시전입니다",
            Self::Closed => "장종료되었습니다",
            Self::NotOffered => "모의투자에서 제공하지 않는 업무입니다",
            Self::WrongType => "매매구분이 올바르지 않습니다",
            Self::CircuitBreaker => "서킷브레이커가 발동중입니다",
            Self::NotAtThisHour => "해당 시간에 주문할 수 없는 매매구분입니다",
            Self::TakesNoPrice => "시간외종가 주문은 단가를 입력할 수 없습니다",
            Self::SorMismatch => "SOR 주문은 해당 거래소로 정정취소할 수 없습니다",
            Self::OriginalIsCancel => "원주문이 취소주문입니다",
            Self::WrongPrice => "주문단가를 확인하십시오",
            Self::NotEnoughShares { sellable } => {
                let text = "매도가능수량이 부족합니다";
                return write!(f, "[2000]({code}:{text}. {sellable}주 매도가능)");
            }
            Self::NotEnoughCash { buyable } => {
                let text = "매수증거금이 부족합니다";
                return write!(f, "[2000]({code}:{text}. {buyable}주 매수가능)");
            }
            Self::Missing { field } => {
                let text = "필수 입력 값에 값이 존재하지 않습니다. 필수입력 파라미터";
                return write!(f, "입력 값 오류입니다[{code}:{text}={field}]");
            }
            Self::Malformed { field } => {
                let text = "입력 값 형식이 올바르지 않습니다";
                return write!(f, "입력 값 오류입니다[{code}:{text}. 파라미터={field}]");
            }
            Self::NoSuchStock => "종목 정보가 없습니다",
            Self::NotAtVenue => "해당 거래소에 종목 정보가 없습니다",
            Self::NumbersUsedUp => "예기치 못한 에러가 발생하였습니다",
            Self::NothingFound => "조회된 내역이 없습니다",
        };
        match self.return_code() {
            2 => write!(f, "입력 값 오류입니다[{code}:{text}]"),
            _ => write!(f, "[2000]({code}:{text})"),
        }
    }
}

impl std::error::Error for Refusal {}
