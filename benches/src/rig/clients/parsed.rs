//! What the peers do with a frame: parse it with serde into a struct of texts, turn the texts into the
//! numbers that the engine's `Trade` has, call the decision function, stamp.
//!
//! Every choice is in the peers' favour: the struct knows that only trades come, texts are borrowed, no
//! value is checked beyond being a number, no time is turned into nanoseconds.

use super::Job;
use crate::rig::frames::{self, NUMBER_BASE};
use crate::rig::marks::Marks;
use crate::rig::{now_nanos, orders};
use anyhow::Context;
use serde::Deserialize;
use std::collections::HashMap;
use std::hint::black_box;

/// A parser of frames.
pub type Parse = for<'a> fn(&'a str) -> anyhow::Result<Frame<'a>>;

/// serde_json.
///
/// # Errors
/// When the text is no frame.
pub fn serde(text: &str) -> anyhow::Result<Frame<'_>> {
    Ok(serde_json::from_str(text)?)
}

/// sonic-rs.
///
/// # Errors
/// When the text is no frame.
pub fn sonic(text: &str) -> anyhow::Result<Frame<'_>> {
    Ok(sonic_rs::from_str(text)?)
}

/// A frame of trades, or a message.
#[derive(Debug, Deserialize)]
pub struct Frame<'a> {
    trnm: &'a str,
    #[serde(borrow, default)]
    data: Vec<Entry<'a>>,
}

#[derive(Debug, Deserialize)]
struct Entry<'a> {
    #[serde(rename = "type")]
    code: &'a str,
    item: &'a str,
    #[serde(borrow)]
    values: Values<'a>,
}

/// The fields that the engine's `Trade` has.
#[derive(Debug, Deserialize)]
struct Values<'a> {
    #[serde(rename = "20")]
    time: &'a str,
    #[serde(rename = "10")]
    price: &'a str,
    #[serde(rename = "11")]
    change: &'a str,
    #[serde(rename = "27")]
    ask: &'a str,
    #[serde(rename = "28")]
    bid: &'a str,
    #[serde(rename = "15")]
    quantity: &'a str,
    #[serde(rename = "13")]
    cumulative_volume: &'a str,
    #[serde(rename = "14")]
    cumulative_value: &'a str,
    #[serde(rename = "16")]
    open: &'a str,
    #[serde(rename = "17")]
    high: &'a str,
    #[serde(rename = "18")]
    low: &'a str,
    #[serde(rename = "25")]
    change_sign: &'a str,
    #[serde(rename = "228")]
    strength: &'a str,
    #[serde(rename = "290")]
    session: &'a str,
    #[serde(rename = "1030")]
    sell_volume: &'a str,
    #[serde(rename = "1031")]
    buy_volume: &'a str,
    #[serde(rename = "620")]
    vwap: &'a str,
    #[serde(rename = "9081")]
    venue: &'a str,
}

/// A trade in numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trade {
    /// Number of the instrument.
    pub instrument: u32,
    /// FID 20.
    pub time: i64,
    /// FID 10.
    pub price: i64,
    /// FID 11.
    pub change: i64,
    /// FID 27.
    pub ask: i64,
    /// FID 28.
    pub bid: i64,
    /// FID 15.
    pub quantity: i64,
    /// FID 13.
    pub cumulative_volume: i64,
    /// FID 14.
    pub cumulative_value: i64,
    /// FID 16.
    pub open: i64,
    /// FID 17.
    pub high: i64,
    /// FID 18.
    pub low: i64,
    /// FID 25.
    pub change_sign: i64,
    /// FID 228.
    pub strength: i64,
    /// FID 290.
    pub session: i64,
    /// FID 1030.
    pub sell_volume: i64,
    /// FID 1031.
    pub buy_volume: i64,
    /// FID 620.
    pub vwap: i64,
    /// The sign of FID 15.
    pub is_buy: bool,
    /// Whether FID 9081 says KRX.
    pub is_krx: bool,
}

/// An order as the decision function hands it over.
#[derive(Clone, Copy, Debug, Default)]
pub struct Order {
    /// Number of the instrument.
    pub instrument: u32,
    /// KRW.
    pub price: i64,
    /// Shares; they name the frame, see [`orders`].
    pub quantity: u64,
}

/// The peers' end: from text to stamp.
pub struct Desk {
    parse: Parse,
    instruments: HashMap<String, u32>,
    strategy: Strategy,
    decide: fn(&mut Strategy, &Trade),
    marks: Marks,
}

/// The decision function's own.
pub struct Strategy {
    every: u64,
    orders: Vec<Order>,
    sent: usize,
}

impl Desk {
    /// A desk for a client's frames.
    pub fn new(parse: Parse, job: &Job) -> Self {
        let instruments = frames::items().into_iter().zip(0..).collect();
        let (every, orders) = (job.decide_every(), vec![Order::default(); 256]);
        let strategy = Strategy { every, orders, sent: 0 };
        // As opaque to the compiler as a plugin is.
        let decide = black_box(decide as fn(&mut Strategy, &Trade));
        Self { parse, instruments, strategy, decide, marks: Marks::new(job.frames) }
    }

    /// Takes a frame; the order that the decision function handed over, if any.
    ///
    /// # Errors
    /// When it is none.
    #[inline]
    pub fn take(&mut self, text: &str) -> anyhow::Result<Option<Order>> {
        let frame = (self.parse)(text)?;
        if frame.trnm != "REAL" {
            return Ok(None);
        }
        let before = self.strategy.sent;
        for entry in frame.data.iter().filter(|entry| entry.code == "0B") {
            let instrument = *self.instruments.get(entry.item).context("an unknown instrument")?;
            let trade = Trade::new(instrument, &entry.values);
            (self.decide)(&mut self.strategy, &trade);
            let now = now_nanos();
            self.marks.mark((trade.cumulative_volume as u64).wrapping_sub(NUMBER_BASE), now);
        }
        // A frame has one trade, so there is at most one.
        Ok((self.strategy.sent > before).then(|| self.strategy.newest()))
    }

    /// The marks, at the end.
    pub fn into_marks(self) -> Marks {
        self.marks
    }
}

/// The decision function.
fn decide(strategy: &mut Strategy, trade: &Trade) {
    let number = (trade.cumulative_volume as u64).wrapping_sub(NUMBER_BASE);
    let Some(quantity) = orders::quantity_for(number, strategy.every) else { return };
    let place = strategy.sent % strategy.orders.len();
    strategy.orders[place] = Order { instrument: trade.instrument, price: trade.price, quantity };
    strategy.sent += 1;
    black_box(&strategy.orders[place]);
}

impl Strategy {
    fn newest(&self) -> Order {
        self.orders[(self.sent - 1) % self.orders.len()]
    }
}

impl Trade {
    #[inline]
    fn new(instrument: u32, values: &Values<'_>) -> Self {
        Self {
            instrument,
            time: number(values.time),
            price: number(values.price).abs(),
            change: number(values.change),
            ask: number(values.ask).abs(),
            bid: number(values.bid).abs(),
            quantity: number(values.quantity).abs(),
            cumulative_volume: number(values.cumulative_volume),
            cumulative_value: number(values.cumulative_value) * 1_000_000,
            open: number(values.open).abs(),
            high: number(values.high).abs(),
            low: number(values.low).abs(),
            change_sign: number(values.change_sign),
            strength: number(values.strength),
            session: number(values.session),
            sell_volume: number(values.sell_volume),
            buy_volume: number(values.buy_volume),
            vwap: number(values.vwap).abs(),
            is_buy: values.quantity.starts_with('+'),
            is_krx: values.venue == "KRX",
        }
    }
}

/// A number without its decimal point; signs and spaces in front.
#[inline]
fn number(text: &str) -> i64 {
    let (negative, digits) = match text.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        [b'+' | b' ', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let mut value = 0_i64;
    for digit in digits.iter().filter(|byte| byte.is_ascii_digit()) {
        value = value * 10 + i64::from(digit - b'0');
    }
    if negative { -value } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rig::frames::Frames;

    #[test]
    fn both_parsers_read_every_frame_to_the_same_trade() {
        let mut frames = Frames::new();
        for frame in 0..1_000 {
            let text = String::from_utf8(frames.stamped(frame, 1)[4..].to_vec()).unwrap();
            let json: serde_json::Value = serde_json::from_str(&text).unwrap();
            let values = &json["data"][0]["values"];
            for parse in [serde as Parse, sonic as Parse] {
                let parsed = parse(&text).unwrap();
                let trade = Trade::new(3, &parsed.data[0].values);
                let price: i64 = values["10"].as_str().unwrap().parse().unwrap();
                assert_eq!(trade.price, price.abs());
                assert_eq!(trade.cumulative_volume as u64, NUMBER_BASE + frame);
                assert_eq!(trade.is_buy, values["15"].as_str().unwrap().starts_with('+'));
                assert!(trade.is_krx);
            }
        }
    }

    #[test]
    fn numbers_have_signs_spaces_and_points() {
        for (text, value) in [("", 0), ("+60700", 60_700), ("-4.18", -418), (" 0", 0), ("595", 595)]
        {
            assert_eq!(number(text), value, "{text:?}");
        }
    }
}
