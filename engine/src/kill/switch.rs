//! The switch: armed, killing, latched.

use super::latch::{KillReason, LatchRecord};
use super::plan::KillReport;
use strategy_api::{DurationNanos, UnixNanos};

/// Where the switch stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KillState {
    /// Trading may go on.
    Armed,
    /// Pulled: new orders are denied, working ones are being cancelled.
    Killing,
    /// Everything was done that could be; new orders are denied until a person re-arms.
    Latched,
}

/// What follows from a trigger.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pulled {
    /// Whether this was the trigger that stopped trading; deny new orders before anything else.
    pub stops_trading: bool,
    /// Whether a [`KillRun`](super::KillRun) is to be started.
    pub starts_run: bool,
}

/// The switch cannot be re-armed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RearmError {
    /// It was not pulled.
    #[error("the kill switch was not pulled: there is nothing to re-arm")]
    Armed,
    /// Orders are still being cancelled.
    #[error("orders are still being cancelled: wait for the report, then re-arm")]
    Killing,
    /// The latch is not on the disk yet, so it cannot be taken away.
    #[error("the latch is not on the disk yet: make room there, then re-arm")]
    NotWritten,
}

/// The kill switch, decided without I/O.
#[derive(Clone, Debug)]
pub struct KillSwitch {
    state: KillState,
    record: Option<LatchRecord>,
    /// When the latch is to be written (again); unset once it is on the disk.
    latch_at: UnixNanos,
    latch_failures: u32,
    report: Option<KillReport>,
    later: u32,
}

/// How long after a failure the latch is tried again.
const LATCH_RETRY: DurationNanos = DurationNanos::from_secs(1);
/// So many failures are waited for before the run ends without a latch.
const LATCH_TRIES: u32 = 5;

impl KillSwitch {
    /// The switch at the start: latched if a latch was found on the disk.
    pub fn new(found: Option<LatchRecord>) -> Self {
        Self {
            state: if found.is_some() { KillState::Latched } else { KillState::Armed },
            record: found,
            latch_at: UnixNanos::UNSET,
            latch_failures: 0,
            report: None,
            later: 0,
        }
    }

    /// Where it stands.
    pub fn state(&self) -> KillState {
        self.state
    }

    /// Whether new orders are to be denied.
    pub fn is_killed(&self) -> bool {
        self.state != KillState::Armed
    }

    /// Why it was pulled.
    pub fn record(&self) -> Option<&LatchRecord> {
        self.record.as_ref()
    }

    /// What the last run could and could not cancel.
    pub fn report(&self) -> Option<&KillReport> {
        self.report.as_ref()
    }

    /// Triggers that came after the first.
    pub fn later_triggers(&self) -> u32 {
        self.later
    }

    /// Pulls it. The first reason is the one that is latched. While orders are being cancelled a
    /// further trigger changes nothing; once latched it cancels once more, because orders may have come
    /// from elsewhere.
    pub fn trigger(
        &mut self,
        reason: KillReason,
        who: &str,
        detail: &str,
        now: UnixNanos,
    ) -> Pulled {
        let before = std::mem::replace(&mut self.state, KillState::Killing);
        if before == KillState::Armed {
            self.record = Some(LatchRecord::new(reason, who, detail, now));
            self.latch_at = now;
            self.report = None;
            return Pulled { stops_trading: true, starts_run: true };
        }
        self.later = self.later.saturating_add(1);
        Pulled { stops_trading: false, starts_run: before == KillState::Latched }
    }

    /// The latch that has to go to the disk now: ask after every trigger and now and then.
    pub fn latch_due(&self, now: UnixNanos) -> Option<&LatchRecord> {
        let due = self.latch_at.is_set() && now >= self.latch_at;
        self.record.as_ref().filter(|_| due)
    }

    /// Whether the latch is on the disk now. A failure is tried again a second later.
    pub fn latch_written(&mut self, written: bool, now: UnixNanos) {
        if written {
            self.latch_at = UnixNanos::UNSET;
        } else {
            self.latch_failures = self.latch_failures.saturating_add(1);
            self.latch_at = now + LATCH_RETRY;
        }
    }

    /// Whether the latch is on the disk, or it could not be put there so often that nobody waits for it
    /// any longer.
    pub fn is_latch_settled(&self) -> bool {
        !self.latch_at.is_set() || self.latch_failures >= LATCH_TRIES
    }

    /// How often the latch could not be written: a problem to show.
    pub fn latch_failures(&self) -> u32 {
        self.latch_failures
    }

    /// The run is over.
    pub fn finished(&mut self, report: KillReport) {
        if self.state == KillState::Killing {
            self.state = KillState::Latched;
        }
        self.report = Some(report);
    }

    /// What a person reads before the switch is re-armed.
    pub fn rearm_text(&self) -> String {
        let Some(record) = &self.record else {
            return "The kill switch was not pulled.\n".to_owned();
        };
        let mut text = format!("Trading is stopped: {record}.\n");
        if self.later > 0 {
            text += &format!("It was triggered {} more times since.\n", self.later);
        }
        if let Some(report) = &self.report {
            text += &report.to_string();
        }
        text + "Re-arming lets strategies send orders again. Look at positions and open orders first.\n"
    }

    /// A person lets trading go on. Returns what was latched; the file is the caller's to remove
    /// ([`LatchFile::rearm`](super::LatchFile::rearm)), before this.
    ///
    /// # Errors
    /// [`RearmError`]: nothing changes.
    pub fn rearm(&mut self) -> Result<LatchRecord, RearmError> {
        match self.state {
            KillState::Armed => return Err(RearmError::Armed),
            KillState::Killing => return Err(RearmError::Killing),
            KillState::Latched if self.latch_at.is_set() => return Err(RearmError::NotWritten),
            KillState::Latched => {}
        }
        let was = self.record.take().ok_or(RearmError::Armed)?;
        *self = Self::new(None);
        Ok(was)
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan::Verdict;
    use super::*;

    const NOW: UnixNanos = UnixNanos::new(1_795_395_600_000_000_000);

    fn report() -> KillReport {
        KillReport { verdict: Verdict::Verified, ..KillReport::default() }
    }

    #[test]
    fn it_goes_from_armed_over_killing_to_latched_and_back_by_a_person_alone() {
        let mut switch = KillSwitch::new(None);
        assert!(!switch.is_killed());
        assert_eq!(switch.rearm(), Err(RearmError::Armed));
        assert_eq!(switch.latch_due(NOW), None);
        let pulled = switch.trigger(KillReason::Signal, "TERM", "", NOW);
        assert_eq!(pulled, Pulled { stops_trading: true, starts_run: true });
        assert_eq!(switch.state(), KillState::Killing);
        assert_eq!(switch.rearm(), Err(RearmError::Killing));
        switch.finished(report());
        assert_eq!(switch.state(), KillState::Latched);
        assert_eq!(switch.rearm(), Err(RearmError::NotWritten));
        switch.latch_written(true, NOW);
        assert!(switch.is_killed());
        assert_eq!(switch.rearm().unwrap().reason, KillReason::Signal);
        assert!(!switch.is_killed() && switch.record().is_none());
    }

    #[test]
    fn a_latch_found_at_the_start_stays() {
        let found = LatchRecord::new(KillReason::DailyLoss, "gate", "-500000", NOW);
        let mut switch = KillSwitch::new(Some(found.clone()));
        assert_eq!(switch.state(), KillState::Latched);
        assert_eq!(switch.latch_due(NOW), None, "it is on the disk already");
        let text = switch.rearm_text();
        assert!(text.contains("daily_loss") && text.contains("-500000"), "{text}");
        assert_eq!(switch.rearm(), Ok(found));
    }

    #[test]
    fn the_first_reason_stays_and_a_later_trigger_cancels_once_more() {
        let mut switch = KillSwitch::new(None);
        switch.trigger(KillReason::DailyLoss, "gate", "", NOW);
        let again = switch.trigger(KillReason::Command, "kim", "", NOW);
        assert_eq!(again, Pulled { stops_trading: false, starts_run: false });
        switch.latch_written(true, NOW);
        switch.finished(report());
        let again = switch.trigger(KillReason::Command, "kim", "", NOW);
        assert_eq!(again, Pulled { stops_trading: false, starts_run: true });
        assert_eq!(switch.record().unwrap().reason, KillReason::DailyLoss);
        assert_eq!(switch.later_triggers(), 2);
        switch.finished(report());
        assert!(switch.rearm_text().contains("2 more times"));
        assert!(switch.rearm().is_ok());
    }

    #[test]
    fn a_latch_that_cannot_be_written_is_tried_every_second() {
        let mut switch = KillSwitch::new(None);
        switch.trigger(KillReason::File, "stop", "", NOW);
        assert!(switch.latch_due(NOW).is_some());
        switch.latch_written(false, NOW);
        assert_eq!(switch.latch_due(NOW), None);
        let later = NOW + LATCH_RETRY;
        assert!(switch.latch_due(later).is_some());
        assert_eq!(switch.latch_failures(), 1);
        switch.latch_written(true, later);
        assert_eq!(switch.latch_due(later + LATCH_RETRY), None);
    }
}
