//! What a client asks for: the bodies of kt10000 to kt10003 as types.

use std::fmt;

/// Buy or sell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// 매수, kt10000.
    Buy,
    /// 매도, kt10001.
    Sell,
}

/// `dmst_stex_tp`: where an order may trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrderVenue {
    /// The Korea Exchange.
    Krx,
    /// Nextrade.
    Nxt,
    /// Smart order routing: the better price of the two.
    Sor,
}

impl OrderVenue {
    /// The venue with this name on the wire.
    pub fn from_code(code: &str) -> Option<Self> {
        Some(match code {
            "KRX" => Self::Krx,
            "NXT" => Self::Nxt,
            "SOR" => Self::Sor,
            _ => return None,
        })
    }

    /// Name on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Krx => "KRX",
            Self::Nxt => "NXT",
            Self::Sor => "SOR",
        }
    }
}

/// What an order type wants in `ord_uv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PriceNeed {
    /// A price.
    Price,
    /// A price there, and one in `cond_uv`.
    PriceAndTrigger,
    /// Nothing.
    Nothing,
}

macro_rules! order_types {
    ($($variant:ident $code:literal $name:literal $need:ident,)*) => {
        /// `trde_tp`: the order types of kt10000, by their codes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum OrderType {
            $(#[doc = concat!("`", $code, "` ", $name, ".")] $variant,)*
        }

        impl OrderType {
            /// All order types.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The type with this code on the wire.
            pub fn from_code(code: &str) -> Option<Self> {
                match code {
                    $($code => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// Code on the wire, one or two digits.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// Korean name, as FID 906 and `trde_tp` of replies show it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            pub(crate) const fn price_need(self) -> PriceNeed {
                match self { $(Self::$variant => PriceNeed::$need),* }
            }
        }
    };
}

order_types! {
    Limit "0" "보통" Price,
    Market "3" "시장가" Nothing,
    Conditional "5" "조건부지정가" Price,
    BestOpposite "6" "최유리지정가" Nothing,
    BestSame "7" "최우선지정가" Nothing,
    LimitIoc "10" "보통(IOC)" Price,
    MarketIoc "13" "시장가(IOC)" Nothing,
    BestOppositeIoc "16" "최유리(IOC)" Nothing,
    LimitFok "20" "보통(FOK)" Price,
    MarketFok "23" "시장가(FOK)" Nothing,
    BestOppositeFok "26" "최유리(FOK)" Nothing,
    StopLimit "28" "스톱지정가" PriceAndTrigger,
    Middle "29" "중간가" Nothing,
    MiddleIoc "30" "중간가(IOC)" Nothing,
    MiddleFok "31" "중간가(FOK)" Nothing,
    ClosingBefore "61" "장전시간외" Nothing,
    SinglePrice "62" "시간외단일가" Price,
    ClosingAfter "81" "장후시간외" Nothing,
}

/// A new order: kt10000, kt10001.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// Buy or sell.
    pub side: Side,
    /// `dmst_stex_tp`.
    pub venue: OrderVenue,
    /// `stk_cd`: the code without a suffix.
    pub symbol: String,
    /// `ord_qty`: shares, at least 1.
    pub quantity: i64,
    /// `ord_uv`: KRW; `None` when empty.
    pub price: Option<i64>,
    /// `trde_tp`.
    pub order_type: OrderType,
    /// `cond_uv`: the stop price, KRW.
    pub trigger: Option<i64>,
}

impl NewOrder {
    /// A limit order (`trde_tp` 0) at KRX.
    pub fn limit(side: Side, symbol: &str, quantity: i64, price: i64) -> Self {
        let price = Some(price);
        Self { price, ..Self::of_type(OrderType::Limit, side, symbol, quantity) }
    }

    /// An order of a type that takes no price, at KRX.
    pub fn of_type(order_type: OrderType, side: Side, symbol: &str, quantity: i64) -> Self {
        Self {
            side,
            venue: OrderVenue::Krx,
            symbol: symbol.to_owned(),
            quantity,
            price: None,
            order_type,
            trigger: None,
        }
    }
}

/// A change of price or quantity: kt10002.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modify {
    /// `dmst_stex_tp`: must be the order's.
    pub venue: OrderVenue,
    /// `orig_ord_no`: the newest number of the chain.
    pub original: OrderNumber,
    /// `stk_cd`.
    pub symbol: String,
    /// `mdfy_qty`: how many of the open shares; 0 = all of them.
    pub quantity: i64,
    /// `mdfy_uv`: the new price, KRW.
    pub price: Option<i64>,
    /// `mdfy_cond_uv`: the new stop price, KRW.
    pub trigger: Option<i64>,
}

/// A cancel: kt10003.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancel {
    /// `dmst_stex_tp`: must be the order's.
    pub venue: OrderVenue,
    /// `orig_ord_no`: the newest number of the chain.
    pub original: OrderNumber,
    /// `stk_cd`.
    pub symbol: String,
    /// `cncl_qty`: how many of the open shares; 0 = all of them.
    pub quantity: i64,
}

/// An order number of the broker: seven digits, unique over the day and all accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderNumber(pub u32);

impl OrderNumber {
    /// The largest number of seven digits.
    pub(crate) const MAX: u32 = 9_999_999;

    /// Reads up to seven digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = (1..=7).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if digits { text.parse().ok().map(Self) } else { None }
    }
}

impl fmt::Display for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:07}", self.0)
    }
}

/// What the broker answers to an order that it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// `ord_no`: the number of this order, modification or cancel.
    pub number: OrderNumber,
    /// `base_orig_ord_no`: the first order of the chain; `None` for a new order.
    pub base: Option<OrderNumber>,
    /// Shares ordered, modified or cancelled.
    pub quantity: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_kt10000_is_known_and_no_other() {
        let codes: Vec<_> = OrderType::ALL.iter().map(|ty| ty.code()).collect();
        let expected = [
            "0", "3", "5", "6", "7", "10", "13", "16", "20", "23", "26", "28", "29", "30", "31",
            "61", "62", "81",
        ];
        assert_eq!(codes, expected);
        for code in expected {
            assert_eq!(OrderType::from_code(code).unwrap().code(), code);
        }
        for code in ["", "00", "1", "03", "99"] {
            assert_eq!(OrderType::from_code(code), None, "{code}");
        }
    }

    #[test]
    fn order_numbers_have_seven_digits() {
        assert_eq!(OrderNumber(139).to_string(), "0000139");
        assert_eq!(OrderNumber::parse("0000139"), Some(OrderNumber(139)));
        for text in ["", "00000139", "+139", "13a"] {
            assert_eq!(OrderNumber::parse(text), None, "{text}");
        }
    }
}
