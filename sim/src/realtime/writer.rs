//! Writes values into a frame without allocating for each of them.

/// `"00"` to `"99"`, so that digits are copied two at a time and need no check.
const PAIRS: [&str; 100] = [
    "00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14", "15",
    "16", "17", "18", "19", "20", "21", "22", "23", "24", "25", "26", "27", "28", "29", "30", "31",
    "32", "33", "34", "35", "36", "37", "38", "39", "40", "41", "42", "43", "44", "45", "46", "47",
    "48", "49", "50", "51", "52", "53", "54", "55", "56", "57", "58", "59", "60", "61", "62", "63",
    "64", "65", "66", "67", "68", "69", "70", "71", "72", "73", "74", "75", "76", "77", "78", "79",
    "80", "81", "82", "83", "84", "85", "86", "87", "88", "89", "90", "91", "92", "93", "94", "95",
    "96", "97", "98", "99",
];

/// Appends frames to a text.
pub(crate) struct Writer<'t> {
    text: &'t mut String,
    /// Whether a value stands before the next one.
    follows: bool,
}

impl<'t> Writer<'t> {
    /// Begins a frame.
    pub(crate) fn new(text: &'t mut String) -> Self {
        text.push_str("{\"data\":[");
        Self { text, follows: false }
    }

    /// Begins an entry.
    pub(crate) fn entry(&mut self) {
        self.text.push_str("{\"values\":{");
        self.follows = false;
    }

    /// Ends an entry.
    pub(crate) fn end_entry(&mut self, kind: &str, item: &str) {
        self.text.push_str("},\"type\":\"");
        self.text.push_str(kind);
        self.text.push_str("\",\"name\":\"");
        self.text.push_str(super::type_name(kind));
        self.text.push_str("\",\"item\":\"");
        self.text.push_str(item);
        self.text.push_str("\"}");
    }

    /// Another entry follows.
    pub(crate) fn comma(&mut self) {
        self.text.push(',');
    }

    /// Ends the frame.
    pub(crate) fn end(self) {
        self.text.push_str("],\"trnm\":\"REAL\"}");
    }

    /// Appends text that is JSON already.
    pub(crate) fn raw(&mut self, json: &str) {
        self.text.push_str(json);
        self.follows = true;
    }

    fn key(&mut self, fid: u32) {
        self.text.push_str(if self.follows { ",\"" } else { "\"" });
        self.follows = true;
        push_number(self.text, u64::from(fid));
        self.text.push_str("\":\"");
    }

    /// A value as it stands.
    pub(crate) fn str(&mut self, fid: u32, value: &str) {
        self.key(fid);
        self.text.push_str(value);
        self.text.push('"');
    }

    /// A number: a minus when it is negative, nothing else.
    pub(crate) fn number(&mut self, fid: u32, value: i64) {
        self.key(fid);
        if value < 0 {
            self.text.push('-');
        }
        push_number(self.text, value.unsigned_abs());
        self.text.push('"');
    }

    /// A number whose sign is always there; a space stands in front of zero.
    pub(crate) fn signed(&mut self, fid: u32, value: i64) {
        self.marked(fid, value.signum(), value.unsigned_abs());
    }

    /// A magnitude with a mark in front: `+`, a space, or `-`.
    pub(crate) fn marked(&mut self, fid: u32, mark: i64, magnitude: u64) {
        self.key(fid);
        self.text.push(mark_char(mark));
        push_number(self.text, magnitude);
        self.text.push('"');
    }

    /// A price, marked with its direction against `reference`; zero is ` 0`.
    pub(crate) fn price(&mut self, fid: u32, price: i64, reference: i64) {
        let mark = if price == 0 { 0 } else { (price - reference).signum() };
        self.marked(fid, mark, price.unsigned_abs());
    }

    /// A time `HHmmss`, six digits.
    pub(crate) fn time(&mut self, fid: u32, hhmmss: u32) {
        self.key(fid);
        for part in [hhmmss / 10_000, hhmmss / 100, hhmmss] {
            self.text.push_str(PAIRS[(part % 100) as usize]);
        }
        self.text.push('"');
    }

    /// Hundredths, with a minus when negative.
    pub(crate) fn hundredths(&mut self, fid: u32, value: i64) {
        self.key(fid);
        if value < 0 {
            self.text.push('-');
        }
        push_hundredths(self.text, value.unsigned_abs());
    }

    /// Hundredths with a mark in front: `+`, a space, or `-`.
    pub(crate) fn marked_hundredths(&mut self, fid: u32, mark: i64, magnitude: u64) {
        self.key(fid);
        self.text.push(mark_char(mark));
        push_hundredths(self.text, magnitude);
    }

    /// Hundredths whose sign is always there.
    pub(crate) fn signed_hundredths(&mut self, fid: u32, value: i64) {
        self.marked_hundredths(fid, value.signum(), value.unsigned_abs());
    }
}

fn mark_char(mark: i64) -> char {
    match mark {
        0 => ' ',
        1.. => '+',
        _ => '-',
    }
}

fn push_hundredths(text: &mut String, magnitude: u64) {
    push_number(text, magnitude / 100);
    text.push('.');
    text.push_str(PAIRS[(magnitude % 100) as usize]);
    text.push('"');
}

fn push_number(text: &mut String, number: u64) {
    if number >= 100 {
        push_number(text, number / 100);
        text.push_str(PAIRS[(number % 100) as usize]);
    } else {
        let pair = PAIRS[number as usize];
        text.push_str(if number < 10 { &pair[1..] } else { pair });
    }
}

/// `part / whole` in hundredths of a percent, rounded to the nearest; 0 when there is no whole.
pub(crate) fn percent_hundredths(part: i64, whole: i64) -> i64 {
    if whole == 0 {
        return 0;
    }
    let scaled = i128::from(part) * 10_000;
    let whole = i128::from(whole);
    let half = whole.abs() / 2;
    let rounded = if (scaled < 0) == (whole < 0) {
        scaled + half * whole.signum()
    } else {
        scaled - half * whole.signum()
    };
    (rounded / whole) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Writer<'_>)) -> String {
        let mut text = String::new();
        let mut writer = Writer::new(&mut text);
        writer.entry();
        write(&mut writer);
        writer.end_entry("0B", "005930");
        writer.end();
        text
    }

    #[test]
    fn values_have_the_live_forms() {
        let text = written(|w| {
            w.time(20, 90_001);
            w.price(10, 269_500, 269_000);
            w.price(27, 269_000, 269_000);
            w.price(28, 0, 269_000);
            w.signed(11, -11_250);
            w.signed(1315, 0);
            w.signed_hundredths(12, -418);
            w.signed_hundredths(12, 0);
            w.number(13, 1_002_003);
            w.hundredths(228, 8_962);
        });
        assert_eq!(
            text,
            "{\"data\":[{\"values\":{\"20\":\"090001\",\"10\":\"+269500\",\"27\":\" 269000\",\
             \"28\":\" 0\",\"11\":\"-11250\",\"1315\":\" 0\",\"12\":\"-4.18\",\"12\":\" 0.00\",\
             \"13\":\"1002003\",\"228\":\"89.62\"},\"type\":\"0B\",\"name\":\"주식체결\",\
             \"item\":\"005930\"}],\"trnm\":\"REAL\"}"
        );
    }

    #[test]
    fn percentages_round_as_the_recorded_ones_do() {
        // Recorded: -11250 on 269000, 9000 on 1842000, 8000 on 1842000.
        assert_eq!(percent_hundredths(-11_250, 269_000), -418);
        assert_eq!(percent_hundredths(9_000, 1_842_000), 49);
        assert_eq!(percent_hundredths(8_000, 1_842_000), 43);
        assert_eq!(percent_hundredths(-11_000, 269_000), -409);
        assert_eq!(percent_hundredths(3_266_718, 3_645_181), 8_962);
        assert_eq!(percent_hundredths(5, 0), 0);
    }
}
