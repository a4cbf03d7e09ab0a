//! The committed limits, and how what was counted or measured is held against them. No I/O.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Deserialize;

/// A count this much above its limit fails, in percent: more than a compiler's patch release moves it.
pub const OVER_PERCENT: f64 = 2.0;

/// A count this much below its limit is worth lowering the limit, in percent.
pub const BELOW_PERCENT: f64 = 5.0;

/// The file `benches/guard/limits.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Instructions for one operation, by case: the most that pass.
    pub instructions: BTreeMap<String, f64>,
    /// How many times as fast as the best peer, by frame: the least that passes.
    pub ratios: BTreeMap<String, f64>,
}

/// What came out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// A line for each case.
    pub table: String,
    /// What is over a limit, missing, or without a limit. Empty: all is well.
    pub failures: Vec<String>,
    /// What could be tightened.
    pub hints: Vec<String>,
}

impl Limits {
    /// The limits in a text.
    ///
    /// # Errors
    /// The text is no TOML, lacks a table, has a key that is not known, or a limit that is no
    /// positive number.
    pub fn parse(text: &str) -> Result<Self, String> {
        let limits: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        for (name, limit) in limits.instructions.iter().chain(&limits.ratios) {
            if !(limit.is_finite() && *limit > 0.0) {
                return Err(format!("the limit of {name} is {limit}: it must be above zero"));
            }
        }
        Ok(limits)
    }

    /// Holds instruction counts against their limits. `skipped` cases have none on this machine.
    pub fn judge_counts(&self, counts: &BTreeMap<String, f64>, skipped: &[&str]) -> Verdict {
        let mut verdict = Verdict::default();
        let table = &mut verdict.table;
        writeln!(table, "{:<24} {:>12} {:>12} {:>8}", "instructions", "counted", "limit", "")
            .expect("a String takes it");
        for (name, count) in counts {
            let Some(limit) = self.instructions.get(name) else {
                verdict.failures.push(format!(
                    "{name} has no limit in guard/limits.toml ({count:.1} counted): \
                     `.ci/guard --update` adds it"
                ));
                continue;
            };
            let percent = (count / limit - 1.0) * 100.0;
            writeln!(table, "{name:<24} {count:>12.1} {limit:>12.1} {percent:>+7.1}%")
                .expect("a String takes it");
            if percent > OVER_PERCENT {
                verdict.failures.push(format!(
                    "{name}: {count:.1} instructions, {percent:.1} % over the limit of {limit:.1}; \
                     make it cheaper, or take the new limit with `.ci/guard --update` and say why"
                ));
            } else if percent < -BELOW_PERCENT {
                verdict.hints.push(format!(
                    "{name}: {count:.1} instructions, {:.1} % below the limit of {limit:.1}; \
                     `.ci/guard --update` lowers it",
                    -percent
                ));
            }
        }
        for name in self.instructions.keys() {
            if skipped.contains(&name.as_str()) {
                writeln!(table, "{name:<24} {:>12}", "skipped").expect("a String takes it");
            } else if !counts.contains_key(name) {
                verdict.failures.push(format!(
                    "{name} has a limit but was not counted: is it gone from benches/guard.rs?"
                ));
            }
        }
        verdict
    }

    /// Holds measured ratios against their limits.
    pub fn judge_ratios(&self, ratios: &BTreeMap<String, f64>) -> Verdict {
        let mut verdict = Verdict::default();
        for (name, limit) in &self.ratios {
            let Some(ratio) = ratios.get(name) else {
                verdict.failures.push(format!("{name} has a limit but was not measured"));
                continue;
            };
            writeln!(verdict.table, "{name:<24} {ratio:>7.2} times, at least {limit:.2}")
                .expect("a String takes it");
            if ratio < limit {
                verdict.failures.push(format!(
                    "{name}: {ratio:.2} times as fast as the best peer, the limit is {limit:.2}; \
                     make the scanner faster, or lower the limit in guard/limits.toml and say why"
                ));
            }
        }
        verdict
    }
}

/// The text of the limits with new instruction counts in it; everything else, comments included,
/// stays as it is. Cases without a line get one at the end of the table.
pub fn rewrite(text: &str, counts: &BTreeMap<String, f64>) -> String {
    let mut left = counts.clone();
    let mut lines: Vec<String> = Vec::new();
    let mut inside = false;
    // Behind the table's last key.
    let mut end = None;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.starts_with('[') {
            inside = trimmed == "[instructions]";
        }
        let name = trimmed.split('=').next().unwrap_or("").trim();
        let counted = if inside && trimmed.contains('=') { left.remove(name) } else { None };
        lines.push(match counted {
            Some(count) => {
                let comment = line.find('#').map_or("", |at| &line[at..]);
                format!("{:<40}{comment}", format!("{name} = {count:.1}")).trim_end().to_owned()
            }
            None => line.to_owned(),
        });
        if inside && trimmed.contains('=') && !trimmed.starts_with('#') {
            end = Some(lines.len());
        }
    }
    let end = end.unwrap_or(lines.len());
    let new = left.iter().map(|(name, count)| format!("{name} = {count:.1}"));
    lines.splice(end..end, new.collect::<Vec<_>>());
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Head.\n[instructions]\n# What.\nscan = 100.0  # learned\nring = 50.0\n\n\
                        # Foot.\n[ratios]\nscan = 2.0\n";

    fn counts(of: &[(&str, f64)]) -> BTreeMap<String, f64> {
        of.iter().map(|(name, count)| (name.to_string(), *count)).collect()
    }

    fn judge(of: &[(&str, f64)]) -> Verdict {
        Limits::parse(TEXT).unwrap().judge_counts(&counts(of), &[])
    }

    #[test]
    fn the_committed_limits_are_those_of_the_cases() {
        let limits = Limits::parse(include_str!("../guard/limits.toml")).unwrap();
        let names: Vec<&str> = limits.instructions.keys().map(String::as_str).collect();
        let mut cases = crate::cases::CASES.map(|(name, ..)| name);
        cases.sort_unstable();
        assert_eq!(names, cases);
    }

    #[test]
    fn two_percent_over_passes_and_more_says_which_and_by_how_much() {
        assert_eq!(judge(&[("scan", 101.9), ("ring", 50.0)]).failures, [""; 0]);
        let failures = judge(&[("scan", 103.0), ("ring", 50.0)]).failures;
        assert_eq!(failures.len(), 1);
        assert!(failures[0].starts_with("scan: 103.0 instructions, 3.0 % over"), "{failures:?}");
    }

    #[test]
    fn five_percent_below_is_only_a_hint() {
        let verdict = judge(&[("scan", 96.0), ("ring", 47.0)]);
        assert_eq!((verdict.failures.len(), verdict.hints.len()), (0, 1));
        assert!(verdict.hints[0].starts_with("ring: 47.0 instructions, 6.0 % below"));
    }

    #[test]
    fn a_case_without_a_limit_or_a_limit_without_a_case_fails() {
        let failures = judge(&[("scan", 100.0), ("span", 1.0)]).failures;
        assert!(failures[0].starts_with("span has no limit"), "{failures:?}");
        assert!(failures[1].starts_with("ring has a limit but was not counted"), "{failures:?}");
    }

    #[test]
    fn what_a_machine_cannot_count_is_skipped_with_a_word() {
        let verdict =
            Limits::parse(TEXT).unwrap().judge_counts(&counts(&[("scan", 1.0)]), &["ring"]);
        assert_eq!(verdict.failures, [""; 0]);
        assert!(verdict.table.contains("ring                          skipped"), "{verdict:?}");
    }

    #[test]
    fn a_ratio_below_its_limit_or_not_measured_fails() {
        let limits = Limits::parse(TEXT).unwrap();
        assert_eq!(limits.judge_ratios(&counts(&[("scan", 2.0)])).failures, [""; 0]);
        assert!(
            limits.judge_ratios(&counts(&[("scan", 1.99)])).failures[0].starts_with("scan: 1.99")
        );
        assert_eq!(limits.judge_ratios(&BTreeMap::new()).failures.len(), 1);
    }

    #[test]
    fn rewriting_changes_the_counts_and_nothing_else() {
        let new = rewrite(TEXT, &counts(&[("scan", 90.25), ("span", 7.0)]));
        let comment = format!("{:<40}# learned", "scan = 90.2");
        let expected = TEXT.replace("scan = 100.0  # learned", &comment);
        assert_eq!(new, expected.replace("ring = 50.0\n", "ring = 50.0\nspan = 7.0\n"));
        assert_eq!(rewrite(&new, &counts(&[("scan", 90.25), ("span", 7.0)])), new);
    }

    #[test]
    fn limits_that_no_number_can_meet_are_refused() {
        for wrong in ["0.0", "-1.0", "nan", "inf", "\"1\""] {
            let text = TEXT.replace("100.0", wrong);
            assert!(Limits::parse(&text).is_err(), "{wrong}");
        }
        assert!(Limits::parse("[instructions]\n").is_err());
        assert!(Limits::parse(&format!("{TEXT}[more]\n")).is_err());
    }
}
