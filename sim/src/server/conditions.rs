//! Condition search: a list of saved conditions, and which instruments meet them.
//!
//! On the real broker a person writes the conditions in the trading terminal; here twelve stand
//! ready. Which instruments meet one is fixed by the list of instruments; in a realtime search an
//! instrument enters or leaves now and then.

use crate::exchange::ticks::Market;
use crate::generator::InstrumentInfo;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Names of the conditions; the number is the place. The last one is met by nothing.
const NAMES: [&str; 12] = [
    "거래량 급증",
    "5일 신고가",
    "외국인 순매수",
    "박스권 돌파",
    "골든크로스",
    "저PER",
    "배당주",
    "기관 순매수",
    "거래대금 상위",
    "갭 상승",
    "눌림목",
    "상한가 임박",
];

/// Rows in one answer; more are continued with `next_key`.
const PAGE_ROWS: usize = 50;

/// The conditions and what meets them at the start.
pub(super) struct Conditions {
    met: Vec<Vec<usize>>,
}

impl Conditions {
    /// The conditions over these instruments.
    pub(super) fn new(instruments: &[InstrumentInfo]) -> Self {
        let tradable = |at: &usize| instruments[*at].code.len() == 6;
        let met = |number: usize| {
            let every = (0..instruments.len()).filter(tradable).skip(number).step_by(number + 2);
            every.take(if number + 1 == NAMES.len() { 0 } else { 100 }).collect()
        };
        Self { met: (0..NAMES.len()).map(met).collect() }
    }

    /// The rows of CNSRLST.
    pub(super) fn list(&self) -> Value {
        NAMES.iter().enumerate().map(|(number, name)| json!([number.to_string(), name])).collect()
    }

    /// The condition with this number, as a message writes it (it may be padded with spaces).
    pub(super) fn find(&self, seq: &Value) -> Option<usize> {
        let number: usize = seq.as_str()?.trim().parse().ok()?;
        Some(number).filter(|number| *number < NAMES.len())
    }

    /// The answer to a search that is made once, from the row that `next_key` names.
    pub(super) fn once(
        &self,
        number: usize,
        next_key: &str,
        instruments: &[InstrumentInfo],
    ) -> String {
        let met = &self.met[number];
        let from = next_key.trim().parse().unwrap_or(0).min(met.len());
        let to = (from + PAGE_ROWS).min(met.len());
        let rows: Vec<Value> = met[from..to].iter().map(|at| row(&instruments[*at])).collect();
        let more = to < met.len();
        let data = if rows.is_empty() { Value::Null } else { Value::from(rows) };
        let next_key = if more { to.to_string() } else { String::new() };
        // The real server pads the number with spaces here.
        format!(
            r#"{{"trnm":"CNSRREQ","seq":"{number:<3}","cont_yn":"{}","next_key":"{next_key}","return_code":0,"data":{data}}}"#,
            if more { 'Y' } else { 'N' },
        )
    }

    /// Begins a realtime search.
    pub(super) fn watch(&self, number: usize) -> Search {
        Search { number, inside: self.met[number].iter().copied().collect(), turn: 0 }
    }
}

/// A realtime search of one session.
pub(super) struct Search {
    /// The condition's number.
    pub(super) number: usize,
    inside: BTreeSet<usize>,
    turn: usize,
}

impl Search {
    /// The answer that begins the search: live ones have no `return_msg`.
    pub(super) fn answer(&self, instruments: &[InstrumentInfo]) -> String {
        let code = |at: &usize| json!({ "jmcode": lettered(&instruments[*at]) });
        let rows: Vec<Value> = self.inside.iter().map(code).collect();
        let data = if rows.is_empty() { Value::Null } else { Value::from(rows) };
        let number = self.number;
        format!(r#"{{"trnm":"CNSRREQ","seq":"{number}","return_code":0,"data":{data}}}"#)
    }

    /// Lets one instrument enter or leave; the `02` frame that says so.
    pub(super) fn turn(&mut self, instruments: &[InstrumentInfo], hhmmss: u32) -> Option<String> {
        let tradable: Vec<usize> =
            (0..instruments.len()).filter(|at| instruments[*at].code.len() == 6).collect();
        let at = *tradable.get(self.turn * 7 % tradable.len().max(1))?;
        self.turn += 1;
        let entered = self.inside.insert(at);
        if !entered {
            self.inside.remove(&at);
        }
        let (code, number) = (&instruments[at].code, self.number);
        let way = if entered { 'I' } else { 'D' };
        Some(format!(
            r#"{{"data":[{{"values":{{"841":"{number}","9001":"{code}","843":"{way}","20":"{hhmmss:06}"}},"type":"02","name":"조건검색","item":"{code}"}}],"trnm":"REAL"}}"#
        ))
    }
}

/// A row of a search made once: values padded to nine places, no change since yesterday.
fn row(instrument: &InstrumentInfo) -> Value {
    let price = format!("{:09}", instrument.base_price);
    json!({
        "9001": lettered(instrument), "302": instrument.name, "10": price, "25": "3",
        "11": "000000000", "12": "000000000", "13": "000000000",
        "16": "000000000", "17": "000000000", "18": "000000000",
    })
}

/// A code with the letter of its kind in front: A stock, J ELW, Q ETN.
fn lettered(instrument: &InstrumentInfo) -> String {
    let letter = match instrument.market {
        Market::Elw => 'J',
        Market::Etn => 'Q',
        _ => 'A',
    };
    format!("{letter}{}", instrument.code)
}
