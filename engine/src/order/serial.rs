//! How records and units stand in the journal: names for kinds, plain numbers for amounts, `null`
//! for what is unset.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use strategy_api::{
    CancelRequest, ClientOrderId, InstrumentId, OrderRequest, Price, Quantity, ReplaceRequest,
    Symbol, Text,
};

/// A unit as its number, or `null`.
macro_rules! unit {
    ($($module:ident: $unit:ident($int:ty)),*) => {$(
        pub(crate) mod $module {
            use super::*;
            use strategy_api::$unit;

            pub(crate) fn serialize<S: Serializer>(unit: &$unit, to: S) -> Result<S::Ok, S::Error> {
                unit.get().serialize(to)
            }

            pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
                from: D,
            ) -> Result<$unit, D::Error> {
                Ok(Option::<$int>::deserialize(from)?.map_or($unit::UNSET, $unit::new))
            }
        }
    )*};
}

unit!(price: Price(i32), quantity: Quantity(i64), notional: Notional(i64), nanos: UnixNanos(u64),
    duration: DurationNanos(u64));

/// A named byte as its name; a byte without a name as its number.
macro_rules! named {
    ($($module:ident: $name:ident),*) => {$(
        pub(crate) mod $module {
            use super::*;
            use strategy_api::$name;

            pub(crate) fn serialize<S: Serializer>(value: &$name, to: S) -> Result<S::Ok, S::Error> {
                match value.name() {
                    "?" => to.collect_str(&value.0),
                    name => to.serialize_str(name),
                }
            }

            pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
                from: D,
            ) -> Result<$name, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
                let known = $name::ALL.iter().copied().find(|value| value.name() == text);
                known.or_else(|| text.parse().ok().map($name)).ok_or_else(|| {
                    serde::de::Error::custom(format_args!(
                        concat!("{:?} is no ", stringify!($name)),
                        text
                    ))
                })
            }
        }
    )*};
}

named!(
    venue: Venue, side: Side, order_type: OrderType, state: OrderState, action: OrderAction
);

pub(crate) mod text {
    use super::*;

    pub(crate) fn serialize<S: Serializer, const N: usize>(
        text: &Text<N>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(text.as_str())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        from: D,
    ) -> Result<Text<N>, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        Text::new(&text)
            .ok_or_else(|| serde::de::Error::custom(format_args!("{text:?} is too long")))
    }
}

pub(crate) mod client_order_id {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(id: &ClientOrderId, to: S) -> Result<S::Ok, S::Error> {
        id.0.serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<ClientOrderId, D::Error> {
        u64::deserialize(from).map(ClientOrderId)
    }
}

pub(crate) mod instrument {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(id: &InstrumentId, to: S) -> Result<S::Ok, S::Error> {
        id.0.serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<InstrumentId, D::Error> {
        u16::deserialize(from).map(InstrumentId)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "OrderRequest")]
pub(crate) struct OrderRequestForm {
    #[serde(with = "instrument")]
    instrument: InstrumentId,
    #[serde(with = "venue")]
    venue: strategy_api::Venue,
    #[serde(with = "side")]
    side: strategy_api::Side,
    #[serde(with = "order_type")]
    order_type: strategy_api::OrderType,
    #[serde(skip)]
    reserved: [u8; 3],
    #[serde(with = "price")]
    price: Price,
    #[serde(with = "price")]
    stop_price: Price,
    #[serde(with = "quantity")]
    quantity: Quantity,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ReplaceRequest")]
pub(crate) struct ReplaceRequestForm {
    #[serde(with = "client_order_id")]
    order: ClientOrderId,
    #[serde(with = "price")]
    price: Price,
    #[serde(with = "price")]
    stop_price: Price,
    #[serde(with = "quantity")]
    quantity: Quantity,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "CancelRequest")]
pub(crate) struct CancelRequestForm {
    #[serde(with = "client_order_id")]
    order: ClientOrderId,
    #[serde(with = "quantity")]
    quantity: Quantity,
}

/// The bare code of an instrument: without venue suffix (`005930_NX`) and without the letter that
/// some lists put in front (`A005930`).
pub fn bare_code(code: &str) -> Symbol {
    let code = code.trim();
    let code = code.split_once('_').map_or(code, |(bare, _)| bare);
    let code = match code.as_bytes() {
        [b'A' | b'J' | b'Q', rest @ ..] if rest.len() == 6 => &code[1..],
        _ => code,
    };
    Symbol::truncated(code).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_bare_whatever_stands_around_it() {
        for code in ["005930", "A005930", "005930_NX", "A005930_AL", " 005930 "] {
            assert_eq!(bare_code(code), "005930", "{code}");
        }
        assert_eq!(bare_code("J57JBHH"), "57JBHH");
        assert_eq!(bare_code("0004V0"), "0004V0");
    }
}
