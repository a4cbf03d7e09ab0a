//! From texts to a record, for parsers that only find the texts: a plain byte loop per number.
//!
//! Written for the frames measured here; what the broker's texts mean in every case is the scanner's
//! business.

use feed::schema::{NOWHERE, Place, ValueKind, WireType};
use strategy_api::record::{Header, OrderAction, OrderState, Side, venue_from_wire};
use strategy_api::{Direction, UnixNanos};

/// When the frames of these suites arrived: 2026-09-11 11:56:19.5 in Korea.
pub const RECV: UnixNanos = UnixNanos::new(1_789_095_379_500_000_000);
const DAY_NANOS: u64 = 86_400_000_000_000;
const KST_NANOS: u64 = 9 * 3_600_000_000_000;

/// One FID that a record holds.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// How its text is read.
    pub kind: ValueKind,
    /// Where it goes.
    pub place: Place,
}

/// The FIDs that the record of a type holds, in the schema's order: as text, and what they become.
pub fn wanted(wire_type: WireType) -> (Vec<String>, Vec<Wanted>) {
    let placed = wire_type.fields().iter().filter_map(|field| {
        let place = field.place?;
        Some((field.fid.to_string(), Wanted { kind: field.kind, place }))
    });
    placed.unzip()
}

/// Records under construction, as bytes.
#[derive(Debug)]
pub struct Records {
    template: Vec<u8>,
    bytes: Vec<u8>,
    at: usize,
}

impl Records {
    /// No records yet.
    pub fn new(wire_type: WireType) -> Self {
        let template: Vec<u8> =
            wire_type.template().iter().flat_map(|word| word.to_ne_bytes()).collect();
        Self { bytes: Vec::with_capacity(8 * template.len()), template, at: 0 }
    }

    /// Forgets the records of the frame before.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Begins the next record.
    pub fn begin(&mut self) {
        self.at = self.bytes.len();
        self.bytes.extend_from_slice(&self.template);
    }

    /// The bodies of the records: everything behind the header, and the time of the event in it.
    pub fn bodies(&self) -> Vec<Vec<u8>> {
        self.bytes.chunks(self.template.len()).map(body).collect()
    }

    /// Puts one value into the record begun last.
    #[inline]
    pub fn put(&mut self, wanted: Wanted, text: &str) {
        use ValueKind as K;
        let Place { at, size, mark } = wanted.place;
        match wanted.kind {
            K::Price => {
                if let Some((sign, price)) = number(text, 0) {
                    self.write(at, &(price as i32).to_ne_bytes());
                    let direction = match sign {
                        b'+' => Direction::UP,
                        b'-' => Direction::DOWN,
                        b' ' => Direction::UNCHANGED,
                        _ => Direction::NONE,
                    };
                    self.mark(mark, direction.0);
                }
            }
            K::PriceDelta => {
                if let Some(change) = signed(text, 0) {
                    self.write(at, &(change as i32).to_ne_bytes());
                }
            }
            K::Quantity => self.write_signed(at, text, 0, 1),
            K::Hundredths => self.write_signed(at, text, 2, 1),
            K::Notional(step) => self.write_signed(at, text, 0, i64::from(step)),
            K::Aggressor => {
                if let Some((sign, quantity)) = number(text, 0) {
                    self.write(at, &quantity.to_ne_bytes());
                    let side = match sign {
                        b'+' if quantity != 0 => Side::BUY,
                        b'-' if quantity != 0 => Side::SELL,
                        _ => Side::NONE,
                    };
                    self.mark(mark, side.0);
                }
            }
            K::EventTime | K::LenientEventTime => {
                if let Some((_, clock)) = number(text, 0) {
                    let seconds = seconds_of_day(clock);
                    let midnight = (RECV.raw() + KST_NANOS) / DAY_NANOS * DAY_NANOS - KST_NANOS;
                    let event = midnight + seconds as u64 * 1_000_000_000;
                    self.write(at, &event.to_ne_bytes());
                }
            }
            K::Code(_) => self.mark(at, number(text, 0).map_or(0, |(_, code)| code as u8)),
            K::Char => self.mark(at, text.bytes().next().unwrap_or(0)),
            K::Side => self.mark(at, if text == "1" { Side::SELL.0 } else { Side::BUY.0 }),
            K::State => self.mark(at, state(text).0),
            K::Action => self.mark(at, action(text).0),
            K::Venue => self.mark(at, venue_from_wire(text).0),
            K::LenientTime => {
                if let Some((_, clock)) = number(text, 0) {
                    self.write(at, &(seconds_of_day(clock) as u32).to_ne_bytes());
                }
            }
            K::SessionText => {
                self.write(at, text.as_bytes());
                self.mark(mark, if text.len() == 1 { text.as_bytes()[0] } else { 0 });
            }
            K::Text | K::Ident | K::Symbol | K::Date => {
                assert!(text.len() < size as usize, "the texts measured here fit their places");
                self.write(at, text.as_bytes());
            }
            other => panic!("no frame measured here has a {other:?}"),
        }
    }

    #[inline]
    fn write_signed(&mut self, at: u16, text: &str, decimals: usize, step: i64) {
        if let Some(value) = signed(text, decimals) {
            self.write(at, &(value * step).to_ne_bytes());
        }
    }

    #[inline]
    fn write(&mut self, at: u16, value: &[u8]) {
        self.bytes[self.at + at as usize..][..value.len()].copy_from_slice(value);
    }

    #[inline]
    fn mark(&mut self, at: u16, value: u8) {
        if at != NOWHERE {
            self.bytes[self.at + at as usize] = value;
        }
    }
}

/// What peers and scanner must agree on: the rest of the header is the scanner's own.
pub fn body(record: &[u8]) -> Vec<u8> {
    let event = std::mem::offset_of!(Header, ts_event);
    [&record[event..event + 8], &record[size_of::<Header>()..]].concat()
}

fn seconds_of_day(clock: i64) -> i64 {
    clock / 10_000 * 3600 + clock / 100 % 100 * 60 + clock % 100
}

/// A number in units of `10^-decimals` and the sign in front of it (0 for none); `None` for `""`.
#[inline]
fn number(text: &str, decimals: usize) -> Option<(u8, i64)> {
    let (sign, digits) = match text.as_bytes() {
        [] => return None,
        [sign @ (b'+' | b'-' | b' '), digits @ ..] => (*sign, digits),
        digits => (0, digits),
    };
    let (mut value, mut behind_point) = (0, None);
    for byte in digits {
        match byte {
            b'.' => behind_point = Some(0),
            digit => {
                value = value * 10 + i64::from(digit - b'0');
                behind_point = behind_point.map(|count: usize| count + 1);
            }
        }
    }
    let missing = decimals - behind_point.unwrap_or(0);
    Some((sign, value * 10_i64.pow(missing as u32)))
}

#[inline]
fn signed(text: &str, decimals: usize) -> Option<i64> {
    number(text, decimals).map(|(sign, value)| if sign == b'-' { -value } else { value })
}

fn state(text: &str) -> OrderState {
    match text {
        "접수" => OrderState::ACCEPTED,
        "체결" => OrderState::FILLED,
        "확인" => OrderState::CONFIRMED,
        "취소" => OrderState::CANCELLED,
        "거부" => OrderState::REJECTED,
        _ => OrderState::NONE,
    }
}

fn action(text: &str) -> OrderAction {
    if text.contains("취소") {
        OrderAction::CANCEL
    } else if text.contains("정정") {
        OrderAction::MODIFY
    } else {
        OrderAction::NEW
    }
}
