//! The frames: trades (0B) as the broker sends them live (`data` first, `values` before `type` and
//! `item`, `trnm` last, FIDs in the order of the broker's table), about 900 bytes, over 100 instruments,
//! every value different from frame to frame.
//!
//! Prices stand on the exchange's price steps and stay within a tenth of their instrument's close, so that
//! an order at the price of any trade is one that a risk gate lets pass.
//!
//! At the end of the values stand fields that no table knows, up to the size of 900 bytes, and last the
//! time at which the frame is meant to go. Who knows neither skips them.

use std::fmt::Write;

/// How many instruments.
pub const INSTRUMENTS: usize = 100;
/// FID 13 of frame number 0; the frame's number is what it has above.
pub const NUMBER_BASE: u64 = 10_000_000;
/// The most frames of a run: FID 13 keeps its eight digits.
pub const FRAMES_MAX: u64 = 80_000_000;
/// Field with the time at which the frame was meant to go, nanoseconds since 1970.
pub const FID_SCHEDULED: u16 = 9998;
/// Digits of that time.
const STAMP_DIGITS: usize = 19;
/// Digits of FID 13.
const NUMBER_DIGITS: usize = 8;
/// Size of a frame's text that the filling aims at, bytes.
const SIZE: usize = 900;
/// Different frames of each instrument.
const VARIATIONS: usize = 10;

/// The codes of the instruments.
pub fn items() -> Vec<String> {
    (0..INSTRUMENTS).map(|index| format!("{:06}", 5_930 + 70 * index)).collect()
}

/// The close of the day before, by instrument, KRW.
pub fn closes() -> Vec<u64> {
    let mut random = Random(2);
    (0..INSTRUMENTS).map(|_| on_step(2_500 + random.below(400_000))).collect()
}

/// The next price below that stands on a price step of shares.
fn on_step(price: u64) -> u64 {
    let step = match price {
        0..2_000 => 1,
        2_000..5_000 => 5,
        5_000..20_000 => 10,
        20_000..50_000 => 50,
        50_000..200_000 => 100,
        200_000..500_000 => 500,
        _ => 1_000,
    };
    price / step * step
}

/// Frames ready to go, with the WebSocket's header in front.
pub struct Frames {
    frames: Vec<Frame>,
}

struct Frame {
    bytes: Vec<u8>,
    number_at: usize,
    scheduled_at: usize,
}

impl Frames {
    /// Makes the frames; the same ones every time.
    pub fn new() -> Self {
        let items = items();
        let closes = closes();
        let mut random = Random(1);
        let mut frames = Vec::new();
        for variation in 0..VARIATIONS {
            for (item, close) in items.iter().zip(&closes) {
                frames.push(Frame::new(&text(item, *close, variation, &mut random)));
            }
        }
        Self { frames }
    }

    /// Frame number `number`, meant to go at `scheduled`, to be written as it stands.
    #[inline]
    pub fn stamped(&mut self, number: u64, scheduled: u64) -> &[u8] {
        let count = self.frames.len() as u64;
        let frame = &mut self.frames[(number % count) as usize];
        digits(&mut frame.bytes[frame.number_at..][..NUMBER_DIGITS], NUMBER_BASE + number);
        digits(&mut frame.bytes[frame.scheduled_at..][..STAMP_DIGITS], scheduled);
        &frame.bytes
    }
}

impl Default for Frames {
    fn default() -> Self {
        Self::new()
    }
}

impl Frame {
    fn new(text: &str) -> Self {
        // Fin and text; the length in two bytes; no mask, as from every server.
        let mut bytes = vec![0x81, 126];
        bytes.extend((text.len() as u16).to_be_bytes());
        bytes.extend(text.as_bytes());
        let at = |fid: u16| {
            let key = format!("\"{fid}\":\"");
            // The text was made with these fields.
            4 + text.find(&key).expect("the field is in the frame") + key.len()
        };
        Self { number_at: at(13), scheduled_at: at(FID_SCHEDULED), bytes }
    }
}

#[inline]
fn digits(place: &mut [u8], mut value: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

fn text(item: &str, close: u64, variation: usize, random: &mut Random) -> String {
    let move_ = random.below(close / 10);
    let up = random.below(2) == 0;
    let price = on_step(if up { close + move_ } else { close - move_ });
    let (sign, up, move_) =
        if price >= close { ('+', true, price - close) } else { ('-', false, close - price) };
    let side = if random.below(2) == 0 { '+' } else { '-' };
    let quantity = 1 + random.below(3_000);
    let (sold, bought) = (1_000 + random.below(4_000_000), 1_000 + random.below(4_000_000));
    let rate = move_ as f64 / close as f64 * 100.0;
    let share = bought as f64 / (sold + bought) as f64 * 100.0;
    let strength = bought as f64 / sold as f64 * 100.0;
    let second = variation * 5 + random.below(5) as usize;
    let (to_sell, to_buy) = match side {
        '-' => (format!("-{quantity}"), " 0".to_owned()),
        _ => (" 0".to_owned(), format!("+{quantity}")),
    };
    let millions = price * (sold + bought) / 1_000_000;
    let value = price * quantity / 1_000;
    let (open, high, low) = (close + random.below(50), price + move_, price - price / 50);
    let (fourth, third) = (price * 4 / 10, price * 32 / 100);
    let (trades_sold, trades_bought) = (random.below(99_999), random.below(99_999));
    let size = 1_000 + random.below(20_000_000);
    let before = random.below(20_000_000);
    let mut values = format!(
        "\"20\":\"0900{second:02}\",\"10\":\"{sign}{price}\",\"11\":\"{sign}{move_}\",\
         \"12\":\"{sign}{rate:.2}\",\"27\":\"{sign}{}\",\"28\":\"{sign}{price}\",\
         \"15\":\"{side}{quantity}\",\"13\":\"{:08}\",\"14\":\"{millions}\",\"16\":\"+{open}\",\
         \"17\":\"+{high}\",\"18\":\"-{low}\",\"25\":\"{}\",\"26\":\"-{before}\",\"29\":\"-{}\",\
         \"30\":\"-{:.2}\",\"31\":\"{:.2}\",\"32\":\"{}\",\"228\":\"{strength:.2}\",\
         \"311\":\"{size}\",\"290\":\"2\",\"691\":\"0\",\"567\":\"000000\",\"568\":\"000000\",\
         \"851\":\"{}\",\"1890\":\"090016\",\"1891\":\"053039\",\"1892\":\"114556\",\
         \"1030\":\"{sold}\",\"1031\":\"{bought}\",\"1032\":\"{side}{share:.2}\",\
         \"1071\":\"{trades_sold}\",\"1072\":\"{trades_bought}\",\"1313\":\"{side}{value}\",\
         \"1315\":\"{to_sell}\",\"1316\":\"{to_buy}\",\"1314\":\"{side}{quantity}\",\
         \"1497\":\"{fourth}\",\"1498\":\"{third}\",\"620\":\"{close}\",\"732\":\"{}\",\"852\":\"{}\",\
         \"9081\":\"KRX\"",
        price + 50,
        NUMBER_BASE,
        if up { 2 } else { 5 },
        before * close,
        random.below(10_000) as f64 / 100.0,
        random.below(1_000) as f64 / 100.0,
        random.below(10_000),
        random.below(20_000),
        random.below(9_999),
        random.below(9_999),
    );
    let stamp = format!(",\"{FID_SCHEDULED}\":\"{:0STAMP_DIGITS$}\"", 0);
    let tail = format!(
        "}},\"type\":\"0B\",\"name\":\"주식체결\",\"item\":\"{item}\"}}],\"trnm\":\"REAL\"}}"
    );
    let head = "{\"data\":[{\"values\":{";
    let mut fid = 9_900;
    while head.len() + values.len() + stamp.len() + tail.len() + 20 < SIZE {
        // Writing to a string cannot fail.
        let _ = write!(values, ",\"{fid}\":\"{}\"", 1_000_000 + random.below(9_000_000));
        fid += 1;
    }
    format!("{head}{values}{stamp}{tail}")
}

/// SplitMix64, as the frames need to be varied, not unpredictable.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::market::{Date, InstrumentKind, MarketData};
    use feed::instruments::Instruments;
    use feed::scan::{Scanned, Scanner, ScannerOptions, Stamps};
    use strategy_api::UnixNanos;
    use strategy_api::{Price, Record, Trade};

    #[test]
    fn every_frame_is_a_trade_in_live_form_that_carries_its_number_and_its_time() {
        let (mut registrar, instruments) = Instruments::with_capacity(INSTRUMENTS);
        registrar.register_all(items().iter().map(String::as_str)).unwrap();
        let mut scanner = Scanner::new(ScannerOptions::new(instruments)).unwrap();
        let mut frames = Frames::new();
        let rules = MarketData::embedded().ticks().on(Date::new(2026, 11, 23).unwrap()).unwrap();
        for number in 0..2_000 {
            let bytes = frames.stamped(number, 1_789_095_379_500_000_001);
            let text = std::str::from_utf8(&bytes[4..]).unwrap();
            assert_eq!(u16::from_be_bytes([bytes[2], bytes[3]]) as usize, text.len());
            assert!((860..=920).contains(&text.len()), "{}", text.len());
            let json: serde_json::Value = serde_json::from_str(text).unwrap();
            let values = &json["data"][0]["values"];
            assert_eq!(values["9998"], "1789095379500000001");
            assert!(text.ends_with(&format!(
                "\"item\":\"{}\"}}],\"trnm\":\"REAL\"}}",
                items()[number as usize % 100]
            )));
            let stamps = Stamps {
                kernel: UnixNanos::UNSET,
                recv: UnixNanos::new(1_789_095_379_500_000_003),
            };
            let Ok(Scanned::Real(batch)) = scanner.scan(text.as_bytes(), stamps) else {
                panic!("{text}")
            };
            assert_eq!((batch.entries(), batch.refused_count()), (1, 0), "{text}");
            let price: i32 = values["10"].as_str().unwrap().parse().unwrap();
            let price = Price::new(price.abs());
            assert!(rules.is_on_tick(price, InstrumentKind::Share), "{price:?}");
            let close = Price::new(closes()[number as usize % 100] as i32);
            let limits = rules.limits(close, InstrumentKind::Share);
            assert!(limits.lower < price && price < limits.upper, "{price:?} {close:?}");
            let record = batch.records().next().unwrap();
            let trade = Trade::from_words(&record).unwrap();
            assert_eq!(trade.cumulative_volume.raw() as u64, NUMBER_BASE + number);
        }
    }
}
