//! Another value of the same form.

use fastrand::Rng;
use feed::schema::{CodeSet, ValueKind};

/// A text that could stand where `text` stands.
pub(super) fn text(kind: ValueKind, text: &str, rng: &mut Rng) -> String {
    use ValueKind as K;
    match kind {
        // Not applicable, and zero times ("did not happen"), stay what they are.
        _ if text.is_empty() || text == "000000" => text.to_owned(),
        K::EventTime | K::LenientEventTime | K::Time | K::TimeOrNone | K::LenientTime => {
            let [hour, minute, second] = [rng.u32(9..15), rng.u32(0..60), rng.u32(0..60)];
            format!("{hour:02}{minute:02}{second:02}")
        }
        K::Code(CodeSet::ChangeSign) => rng.u32(1..6).to_string(),
        K::Side => rng.u32(1..3).to_string(),
        K::SessionText => ["0", "2", "3", "4", "8", "9", "b", "c"][rng.usize(0..8)].to_owned(),
        K::Price
        | K::PriceDelta
        | K::Quantity
        | K::Aggressor
        | K::Notional(_)
        | K::Hundredths
        | K::MarkedHundredths
        | K::Count => number(kind, text, rng),
        K::Ident if text.len() == 7 => format!("{:07}", rng.u32(1..10_000_000)),
        _ => text.to_owned(),
    }
}

fn number(kind: ValueKind, text: &str, rng: &mut Rng) -> String {
    let sign = match (kind, text.as_bytes()[0]) {
        (ValueKind::Price, b'+' | b'-' | b' ') => ["+", "-", "+", "-", " "][rng.usize(0..5)],
        (_, b'+' | b'-') => ["+", "-"][rng.usize(0..2)],
        (_, b' ') => " ",
        // Changes of a level stand at zero most of the time.
        (ValueKind::Quantity, b'0') if text == "0" && rng.u32(0..4) == 0 => {
            return format!("{}{}", ["+", "-"][rng.usize(0..2)], digits(rng, 4));
        }
        _ => "",
    };
    let plain = text.trim_start_matches(['+', '-', ' ']);
    let (whole, decimals) = plain.split_once('.').unwrap_or((plain, ""));
    if whole == "0" && decimals.bytes().all(|digit| digit == b'0') {
        return text.to_owned();
    }
    let mut value = format!("{sign}{}", digits(rng, whole.len()));
    if !decimals.is_empty() {
        value.push('.');
        value.extend(decimals.bytes().map(|_| char::from(rng.u8(b'0'..=b'9'))));
    }
    value
}

/// About `length` digits, at most 12; no zero in front.
fn digits(rng: &mut Rng, length: usize) -> String {
    let length = rng.usize(length.saturating_sub(1).max(1)..=(length + 1).min(12).max(length));
    let rest = (1..length).map(|_| char::from(rng.u8(b'0'..=b'9'))).collect::<String>();
    format!("{}{rest}", rng.u8(1..=9))
}
