//! A scripted life of an own order, in the form the wire gives it, for a client's account path.
//!
//! A buy of ten at the base price is accepted, filled in three and then four, its rest cancelled:
//! the cancel's own two frames follow, then the frame that clears the original's open quantity.
//! Each fill is followed by a balance.

use super::types::RealType;
use crate::generator::InstrumentInfo;

const ACCOUNT: &str = "5012345610";
const ORDERED: i64 = 10;
const FILLS: [i64; 2] = [3, 4];

/// The frames of one order's life, in order, each with its type.
///
/// `first_number` is the order's number; the cancel takes the next one.
pub(super) fn life(
    instrument: &InstrumentInfo,
    first_number: u32,
    hhmmss: u32,
) -> Vec<(RealType, String)> {
    let mut script = Script { instrument, number: first_number, hhmmss, frames: Vec::new() };
    script.original("접수", 0, None);
    let mut filled = 0;
    for (at, quantity) in FILLS.into_iter().enumerate() {
        filled += quantity;
        script.original("체결", filled, Some((at as u32 + 1, quantity)));
        script.balance(filled);
    }
    script.cancel("접수", ORDERED - filled);
    script.cancel("확인", 0);
    script.clear(filled);
    script.frames
}

struct Script<'a> {
    instrument: &'a InstrumentInfo,
    number: u32,
    hhmmss: u32,
    frames: Vec<(RealType, String)>,
}

/// What differs between the 00 frames of a life.
struct Step {
    number: u32,
    original: u32,
    status: &'static str,
    side_text: &'static str,
    ordered: i64,
    open: i64,
    filled: i64,
    /// Number and quantity of the fill that this frame tells.
    fill: Option<(u32, i64)>,
}

impl Script<'_> {
    fn original(&mut self, status: &'static str, filled: i64, fill: Option<(u32, i64)>) {
        self.push(Step {
            number: self.number,
            original: 0,
            status,
            side_text: "+매수",
            ordered: ORDERED,
            open: ORDERED - filled,
            filled,
            fill,
        });
    }

    fn cancel(&mut self, status: &'static str, open: i64) {
        let ordered = ORDERED - FILLS.iter().sum::<i64>();
        self.push(Step {
            number: self.number + 1,
            original: self.number,
            status,
            side_text: "매수취소",
            ordered,
            open,
            filled: 0,
            fill: None,
        });
    }

    /// The original's last frame: nothing new is filled, its open quantity falls to 0, and its
    /// status is 체결 because it had been filled in part. It repeats the last fill.
    fn clear(&mut self, filled: i64) {
        let last = (FILLS.len() as u32, FILLS[FILLS.len() - 1]);
        self.push(Step {
            number: self.number,
            original: 0,
            status: "체결",
            side_text: "+매수",
            ordered: ORDERED,
            open: 0,
            filled,
            fill: Some(last),
        });
    }

    fn push(&mut self, step: Step) {
        let price = self.instrument.base_price;
        let (code, name, time) = (&self.instrument.code, &self.instrument.name, self.hhmmss);
        let Step { number, original, status, side_text, ordered, open, filled, .. } = step;
        let money = price * filled;
        let (fill_number, fill_price, total, last) = match step.fill {
            None => Default::default(),
            Some((at, quantity)) => {
                (at.to_string(), price.to_string(), filled.to_string(), quantity.to_string())
            }
        };
        // Mock commission: 0.35 % of the money filled, cut to ten won.
        let fee = money * 35 / 10_000 / 10 * 10;
        self.frames.push((
            RealType::Order,
            format!(
                r#"{{"data":[{{"values":{{"9201":"{ACCOUNT}","9203":"{number:07}","9205":"","9001":"{code}","912":"JJ","913":"{status}","302":"{name}","900":"{ordered}","901":"{price}","902":"{open}","903":"{money}","904":"{original:07}","905":"{side_text}","906":"보통","907":"2","908":"{time:06}","909":"{fill_number}","910":"{fill_price}","911":"{total}","10":" {price}","27":" {price}","28":" {price}","914":"{fill_price}","915":"{last}","938":"{fee}","939":"0","919":"0","920":"","921":"6801005","922":"00","923":"","10010":" {price}","2134":"1","2135":"KRX","2136":"N"}},"type":"00","name":"주문체결","item":"{code}"}}],"trnm":"REAL"}}"#
            ),
        ));
    }

    fn balance(&mut self, held: i64) {
        let price = self.instrument.base_price;
        let (code, name, money) = (&self.instrument.code, &self.instrument.name, price * held);
        self.frames.push((
            RealType::Balance,
            format!(
                r#"{{"data":[{{"values":{{"9201":"{ACCOUNT}","9001":"{code}","917":"00","916":"00000000","302":"{name}","10":" {price}","930":"{held}","931":"{price}","932":"{money}","933":"{held}","945":"{held}","946":"2","950":"0","951":"0","27":" {price}","28":" {price}","307":"{price}","8019":"0.00","957":"0","958":"0","918":"00000000","990":"0","991":"0.00","992":"0","993":"0.00","959":"0","924":"0"}},"type":"04","name":"현물잔고","item":"{code}"}}],"trnm":"REAL"}}"#
            ),
        ));
    }
}
