//! The lines that orders wait for, put together by hand: a strategy's wish, and that a request is written.
//! Byte for byte what serde makes of them, in a fifth of the time.

use super::line::Entry;
use crate::order::{Input, Want};
use strategy_api::{OrderRequest, Price, Quantity, UnixNanos};

/// Appends an entry as a JSON object; `false` when it is of another kind, and nothing is appended.
pub(super) fn write(entry: &Entry, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let mut line = Json { out };
    line.text("{\"seq\":").number(entry.seq).text(",\"ts\":").time(entry.ts);
    line.text(",\"sum\":\"").hex::<16>(entry.sum);
    let is_known = match &entry.input {
        Input::Wish(wish) => {
            line.text("\",\"in\":\"wish\",\"strategy\":").number(wish.strategy);
            line.text(",\"ts_submit\":").time(wish.ts_submit);
            line.text(",\"ts_cause\":").time(wish.ts_cause).text(",\"want\":");
            let is_known = line.want(&wish.want);
            line.text("}");
            is_known
        }
        Input::Written { request } => {
            line.text("\",\"in\":\"written\",\"request\":").number(request.0).text("}");
            true
        }
        _ => false,
    };
    if !is_known {
        out.truncate(start);
    }
    is_known
}

/// A number as so many hexadecimal digits.
pub(super) fn hex<const DIGITS: usize>(number: u64) -> [u8; DIGITS] {
    std::array::from_fn(|at| {
        let digit = (number >> (4 * (DIGITS - 1 - at))) & 15;
        b"0123456789abcdef"[digit as usize]
    })
}

struct Json<'a> {
    out: &'a mut Vec<u8>,
}

impl Json<'_> {
    fn text(&mut self, text: &str) -> &mut Self {
        self.out.extend_from_slice(text.as_bytes());
        self
    }

    fn number(&mut self, number: impl itoa::Integer) -> &mut Self {
        self.text(itoa::Buffer::new().format(number))
    }

    fn hex<const DIGITS: usize>(&mut self, number: u64) -> &mut Self {
        self.out.extend_from_slice(&hex::<DIGITS>(number));
        self
    }

    /// A number, or `null` for what is unset.
    fn unit(&mut self, unit: Option<impl itoa::Integer>) -> &mut Self {
        match unit {
            Some(number) => self.number(number),
            None => self.text("null"),
        }
    }

    fn time(&mut self, time: UnixNanos) -> &mut Self {
        self.unit(time.get())
    }

    fn prices(&mut self, price: Price, stop_price: Price, quantity: Quantity) -> &mut Self {
        self.text("\"price\":").unit(price.get()).text(",\"stop_price\":").unit(stop_price.get());
        self.text(",\"quantity\":").unit(quantity.get())
    }

    fn want(&mut self, want: &Want) -> bool {
        match want {
            Want::New { order, request } => {
                self.text("{\"new\":{\"order\":").number(order.0).text(",\"request\":");
                let is_known = self.request(request);
                self.text("}}");
                is_known
            }
            Want::Replace(replace) => {
                self.text("{\"replace\":{\"order\":").number(replace.order.0).text(",");
                self.prices(replace.price, replace.stop_price, replace.quantity).text("}}");
                true
            }
            Want::Cancel(cancel) => {
                self.text("{\"cancel\":{\"order\":").number(cancel.order.0);
                self.text(",\"quantity\":").unit(cancel.quantity.get()).text("}}");
                true
            }
            Want::CancelAll => {
                self.text("\"cancel_all\"");
                true
            }
        }
    }

    fn request(&mut self, request: &OrderRequest) -> bool {
        let names = [request.venue.name(), request.side.name(), request.order_type.name()];
        self.text("{\"instrument\":").number(request.instrument.0);
        for (key, name) in
            [",\"venue\":\"", "\",\"side\":\"", "\",\"order_type\":\""].iter().zip(names)
        {
            self.text(key).text(name);
        }
        self.text("\",").prices(request.price, request.stop_price, request.quantity).text("}");
        // What has no name is written as its number: not here.
        !names.contains(&"?")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::{RequestId, Wish};
    use proptest::prelude::*;
    use strategy_api::{
        CancelRequest, ClientOrderId, InstrumentId, OrderType, ReplaceRequest, Side, Venue,
    };

    fn time() -> impl Strategy<Value = UnixNanos> {
        prop_oneof![any::<u64>().prop_map(UnixNanos::new), Just(UnixNanos::UNSET)]
    }

    fn price() -> impl Strategy<Value = Price> {
        prop_oneof![any::<i32>().prop_map(Price::new), Just(Price::UNSET)]
    }

    fn quantity() -> impl Strategy<Value = Quantity> {
        prop_oneof![any::<i64>().prop_map(Quantity::new), Just(Quantity::UNSET)]
    }

    fn request() -> impl Strategy<Value = OrderRequest> {
        let codes = (any::<u8>(), any::<u8>(), 0..40_u8);
        let known = (
            prop::sample::select(Venue::ALL),
            prop::sample::select(Side::ALL),
            prop::sample::select(OrderType::ALL),
        );
        let odd = codes.prop_map(|(venue, side, kind)| (Venue(venue), Side(side), OrderType(kind)));
        let codes = prop_oneof![9 => known, 1 => odd];
        (any::<u16>(), codes, price(), price(), quantity()).prop_map(
            |(instrument, (venue, side, order_type), price, stop_price, quantity)| OrderRequest {
                instrument: InstrumentId(instrument),
                venue,
                side,
                order_type,
                reserved: [0; 3],
                price,
                stop_price,
                quantity,
            },
        )
    }

    fn want() -> impl Strategy<Value = Want> {
        let order = || any::<u64>().prop_map(ClientOrderId);
        prop_oneof![
            (order(), request()).prop_map(|(order, request)| Want::New { order, request }),
            (order(), price(), price(), quantity()).prop_map(
                |(order, price, stop_price, quantity)| {
                    Want::Replace(ReplaceRequest { order, price, stop_price, quantity })
                }
            ),
            (order(), quantity())
                .prop_map(|(order, quantity)| Want::Cancel(CancelRequest { order, quantity })),
            Just(Want::CancelAll),
        ]
    }

    fn input() -> impl Strategy<Value = Input> {
        prop_oneof![
            8 => (any::<u16>(), time(), time(), want()).prop_map(
                |(strategy, ts_submit, ts_cause, want)| {
                    Input::Wish(Wish { strategy, ts_submit, ts_cause, want })
                }
            ),
            1 => any::<u32>().prop_map(|request| Input::Written { request: RequestId(request) }),
            1 => Just(Input::FeedLost),
        ]
    }

    proptest! {
        #[test]
        fn a_line_is_what_serde_makes_of_it_or_left_to_serde(
            seq in any::<u64>(), ts in time(), sum in any::<u64>(), input in input(),
        ) {
            let entry = Entry { seq, ts, sum, input };
            let mut out = b"before".to_vec();
            if write(&entry, &mut out) {
                let serde = serde_json::to_string(&entry).unwrap();
                prop_assert_eq!(std::str::from_utf8(&out).unwrap(), format!("before{serde}"));
            } else {
                prop_assert_eq!(out, b"before");
                let has_odd_code = match input {
                    Input::Wish(Wish { want: Want::New { request, .. }, .. }) => {
                        let names =
                            [request.venue.name(), request.side.name(), request.order_type.name()];
                        names.contains(&"?")
                    }
                    _ => false,
                };
                prop_assert!(has_odd_code || input == Input::FeedLost);
            }
        }
    }
}
