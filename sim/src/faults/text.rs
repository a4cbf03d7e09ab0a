//! Faults as text, for a command line or a configuration.

use super::{Fault, Rule};
use std::str::FromStr;
use std::time::Duration;

/// A text that names no fault.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{text}` is no fault: {why}; write NAME[=VALUE][@API-ID or type][#NTH][%PERMILLE], for example \
     reply-late=200@kt10000#3 or frame-lost@00%50"
)]
pub struct RuleError {
    text: String,
    why: &'static str,
}

/// Reads `NAME[=VALUE][@TARGET][#NTH][%PERMILLE]`.
///
/// Names: `reply-lost`, `reply-late=MS`, `frames-first=MS`, `reset-before`, `reset-after`,
/// `status-before=CODE`, `status-after=CODE`, `too-many`, `token-dead`, `rejected-late`,
/// `frame-lost`, `frame-twice`, `frame-late=MS`, `cut=BYTES`, `half-open`.
///
/// ```
/// use sim::faults::{Fault, Rule};
///
/// let rule: Rule = "status-after=502@kt10000#2".parse()?;
/// assert_eq!(rule, Rule::new(Fault::StatusAfter(502)).on("kt10000").nth(2));
/// # Ok::<(), sim::faults::RuleError>(())
/// ```
impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let refused = |why| RuleError { text: text.to_owned(), why };
        let (rest, permille) = split(text, '%');
        let (rest, nth) = split(rest, '#');
        let (rest, target) = split(rest, '@');
        let (name, value) = split(rest, '=');
        let number = |what: Option<&str>, why| match what {
            None => Ok(None),
            Some(digits) => digits.parse::<u64>().map(Some).map_err(|_| refused(why)),
        };
        let value = number(value, "the value is no number")?;
        let fault = fault(name, value).map_err(refused)?;
        let mut rule = Self::new(fault).on(target.unwrap_or_default());
        if let Some(nth) = number(nth, "the place behind # is no number")? {
            if nth == 0 {
                return Err(refused("the first one is #1"));
            }
            rule = rule.nth(nth);
        }
        match number(permille, "the chance behind % is no number")? {
            None => Ok(rule),
            Some(permille @ 1..=1_000) => Ok(rule.permille(permille as u16)),
            Some(_) => Err(refused("the chance behind % is 1 to 1000")),
        }
    }
}

fn split(text: &str, mark: char) -> (&str, Option<&str>) {
    match text.split_once(mark) {
        Some((front, back)) => (front, Some(back)),
        None => (text, None),
    }
}

fn fault(name: &str, value: Option<u64>) -> Result<Fault, &'static str> {
    let needed = value.ok_or("it needs a value behind =");
    let time = || needed.map(Duration::from_millis);
    let status = || match needed? {
        code @ 400..=599 => Ok(code as u16),
        _ => Err("the status is 400 to 599"),
    };
    let fault = match name {
        "reply-late" => Fault::ReplyLate(time()?),
        "frames-first" => Fault::FramesFirst(time()?),
        "status-before" => Fault::StatusBefore(status()?),
        "status-after" => Fault::StatusAfter(status()?),
        "frame-late" => Fault::FrameLate(time()?),
        "cut" => Fault::Cut(needed?),
        _ if value.is_some() && name != "cut" => return Err("no fault with a value has this name"),
        "reply-lost" => Fault::ReplyLost,
        "reset-before" => Fault::ResetBefore,
        "reset-after" => Fault::ResetAfter,
        "too-many" => Fault::TooMany,
        "token-dead" => Fault::TokenDead,
        "rejected-late" => Fault::RejectedLate,
        "frame-lost" => Fault::FrameLost,
        "frame-twice" => Fault::FrameTwice,
        "half-open" => Fault::HalfOpen,
        _ => return Err("no fault has this name"),
    };
    Ok(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_can_be_written() {
        let ms = Duration::from_millis;
        for (text, rule) in [
            ("reply-lost", Rule::new(Fault::ReplyLost)),
            ("reply-late=200@kt10000#3", Rule::new(Fault::ReplyLate(ms(200))).on("kt10000").nth(3)),
            ("frames-first=1", Rule::new(Fault::FramesFirst(ms(1)))),
            ("reset-before@kt10003", Rule::new(Fault::ResetBefore).on("kt10003")),
            ("reset-after%10", Rule::new(Fault::ResetAfter).permille(10)),
            ("status-before=500", Rule::new(Fault::StatusBefore(500))),
            ("status-after=502", Rule::new(Fault::StatusAfter(502))),
            ("too-many", Rule::new(Fault::TooMany)),
            ("token-dead", Rule::new(Fault::TokenDead)),
            ("rejected-late", Rule::new(Fault::RejectedLate)),
            ("frame-lost@00%50", Rule::new(Fault::FrameLost).on("00").permille(50)),
            ("frame-twice", Rule::new(Fault::FrameTwice)),
            ("frame-late=5", Rule::new(Fault::FrameLate(ms(5)))),
            ("cut=77@00#2", Rule::new(Fault::Cut(77)).on("00").nth(2)),
            ("half-open", Rule::new(Fault::HalfOpen)),
        ] {
            assert_eq!(text.parse::<Rule>().unwrap(), rule, "{text}");
        }
    }

    #[test]
    fn a_text_that_is_no_fault_is_refused_with_its_reason() {
        for (text, why) in [
            ("", "no fault has this name"),
            ("reply_lost", "no fault has this name"),
            ("reply-lost=3", "no fault with a value"),
            ("reply-late", "needs a value"),
            ("reply-late=x", "no number"),
            ("status-after=200", "400 to 599"),
            ("frame-lost#0", "#1"),
            ("frame-lost%1001", "1 to 1000"),
        ] {
            let error = text.parse::<Rule>().unwrap_err().to_string();
            assert!(error.contains(why) && error.contains(&format!("`{text}`")), "{error}");
        }
    }
}
