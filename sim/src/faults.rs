//! Faults on demand: what goes wrong, to which request or frame, and when.
//!
//! A [`Rule`] is asked at every request and at every own frame (00, 04). The first rule that applies
//! decides. Everything is counted and drawn from a seed, so a run repeats exactly.

mod text;

pub use text::RuleError;

use crate::rng::Rng;
use std::time::Duration;

/// One fault, and when it strikes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// An api-id such as `kt10000`, or a realtime type (`00`, `04`) for the faults of frames; empty =
    /// every one.
    pub target: String,
    /// Matching requests or frames that pass before the rule strikes.
    pub skip: u64,
    /// How often it strikes; 0 = for ever.
    pub times: u64,
    /// How often it strikes when it could, out of 1,000.
    pub permille: u16,
    /// From this time of the caller's clock on, nanoseconds.
    pub from: u64,
    /// Until this time, nanoseconds.
    pub until: u64,
    /// What goes wrong.
    pub fault: Fault,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The request is carried out; the answer never comes, the connection stays open.
    ReplyLost,
    /// The request is carried out; the answer comes so much later.
    ReplyLate(Duration),
    /// The answer comes after the 00 frames of the request, by this much.
    FramesFirst(Duration),
    /// The connection is reset before the request is carried out.
    ResetBefore,
    /// The request is carried out, then the connection is reset without an answer.
    ResetAfter,
    /// The request is not carried out; this HTTP status with a page instead of JSON.
    StatusBefore(u16),
    /// The request is carried out; this HTTP status with a page instead of JSON.
    StatusAfter(u16),
    /// HTTP 429 with 1700; not carried out.
    TooMany,
    /// The account's token dies: 8005, not carried out.
    TokenDead,
    /// A new order is taken and its 접수 sent; then the exchange refuses it: 거부, nothing open.
    RejectedLate,
    /// The frame never comes.
    FrameLost,
    /// The frame comes twice.
    FrameTwice,
    /// The frame comes so much later; others may overtake it.
    FrameLate(Duration),
    /// From this frame on, the account's WebSocket stream is cut after so many more bytes.
    Cut(u64),
    /// From this frame on, nothing is read from or sent to any WebSocket; connections stay open.
    HalfOpen,
}

impl Fault {
    /// True for the faults that strike frames; the others strike requests.
    pub fn strikes_frames(self) -> bool {
        use Fault::*;
        matches!(self, FrameLost | FrameTwice | FrameLate(_) | Cut(_) | HalfOpen)
    }
}

impl Rule {
    /// Strikes every time, everywhere; narrow it with the other methods.
    pub fn new(fault: Fault) -> Self {
        let target = String::new();
        Self { target, skip: 0, times: 0, permille: 1_000, from: 0, until: u64::MAX, fault }
    }

    /// Only this api-id or realtime type.
    #[must_use]
    pub fn on(self, target: &str) -> Self {
        Self { target: target.to_owned(), ..self }
    }

    /// Only the `nth` match, counted from 1.
    #[must_use]
    pub fn nth(self, nth: u64) -> Self {
        Self { skip: nth.saturating_sub(1), times: 1, ..self }
    }

    /// At most so many times.
    #[must_use]
    pub fn times(self, times: u64) -> Self {
        Self { times, ..self }
    }

    /// By chance, so often out of 1,000.
    #[must_use]
    pub fn permille(self, permille: u16) -> Self {
        Self { permille, ..self }
    }

    /// Only between these times of the caller's clock, nanoseconds.
    #[must_use]
    pub fn between(self, from: u64, until: u64) -> Self {
        Self { from, until, ..self }
    }
}

/// The rules in force, with their counts.
#[derive(Debug)]
pub(crate) struct Faults {
    rules: Vec<Armed>,
    rng: Rng,
}

#[derive(Debug)]
struct Armed {
    rule: Rule,
    matched: u64,
    struck: u64,
}

impl Faults {
    /// These rules, drawn from a seed.
    pub(crate) fn new(rules: &[Rule], seed: u64) -> Self {
        let mut faults = Self { rules: Vec::new(), rng: Rng::new(seed, 0xFA_17) };
        rules.iter().for_each(|rule| faults.add(rule.clone()));
        faults
    }

    /// Adds a rule behind the others.
    pub(crate) fn add(&mut self, rule: Rule) {
        self.rules.push(Armed { rule, matched: 0, struck: 0 });
    }

    /// Drops every rule.
    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    /// How often faults have struck.
    pub(crate) fn struck(&self) -> u64 {
        self.rules.iter().map(|armed| armed.struck).sum()
    }

    /// What goes wrong with this request.
    pub(crate) fn on_request(&mut self, api_id: &str, now: u64) -> Option<Fault> {
        self.strike(api_id, now, false)
    }

    /// What goes wrong with this frame.
    pub(crate) fn on_frame(&mut self, kind: &str, now: u64) -> Option<Fault> {
        self.strike(kind, now, true)
    }

    fn strike(&mut self, target: &str, now: u64, frame: bool) -> Option<Fault> {
        for armed in &mut self.rules {
            let Armed { rule, matched, struck } = armed;
            let meant = rule.target.is_empty() || rule.target == target;
            let in_time = (rule.from..rule.until).contains(&now);
            if rule.fault.strikes_frames() != frame || !meant || !in_time {
                continue;
            }
            *matched += 1;
            let spent = rule.times > 0 && *struck >= rule.times;
            if *matched <= rule.skip || spent {
                continue;
            }
            if rule.permille < 1_000 && !self.rng.chance(u64::from(rule.permille)) {
                continue;
            }
            *struck += 1;
            return Some(rule.fault);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_strikes_where_when_and_as_often_as_it_says() {
        let rules = [
            Rule::new(Fault::ReplyLost).on("kt10000").nth(2),
            Rule::new(Fault::FrameLost).on("00").times(2),
            Rule::new(Fault::TooMany).between(10, 20),
        ];
        let mut faults = Faults::new(&rules, 1);
        assert_eq!(faults.on_request("kt10000", 0), None);
        assert_eq!(faults.on_request("kt10001", 0), None);
        assert_eq!(faults.on_request("kt10000", 0), Some(Fault::ReplyLost));
        assert_eq!(faults.on_request("kt10000", 0), None);
        assert_eq!(faults.on_request("ka10075", 10), Some(Fault::TooMany));
        assert_eq!(faults.on_request("ka10075", 20), None);
        assert_eq!(faults.on_frame("04", 0), None);
        let struck = (0..4).filter(|_| faults.on_frame("00", 0).is_some()).count();
        assert_eq!((struck, faults.struck()), (2, 4));
    }

    #[test]
    fn chance_is_drawn_from_the_seed() {
        let strikes = |seed| -> Vec<bool> {
            let mut faults = Faults::new(&[Rule::new(Fault::ReplyLost).permille(300)], seed);
            (0..200).map(|_| faults.on_request("kt10000", 0).is_some()).collect()
        };
        assert_eq!(strikes(1), strikes(1));
        assert_ne!(strikes(1), strikes(2));
        assert!((30..90).contains(&strikes(1).iter().filter(|struck| **struck).count()));
    }
}
