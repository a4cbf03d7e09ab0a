//! Rate limits: so many calls a second per account and api-id, in buckets of their own.

use crate::clock::SECOND;
use crate::orders::AccountId;
use std::collections::{HashMap, VecDeque};

/// Api-ids are few; a client that makes up names shares one bucket past this many.
const BUCKETS_MAX: usize = 4_096;

/// Remembers the calls of the last second.
#[derive(Debug)]
pub(crate) struct Limiter {
    per_second: u32,
    calls: HashMap<(AccountId, String), VecDeque<u64>>,
}

impl Limiter {
    /// So many calls a second; 0 = no limit.
    pub(crate) fn new(per_second: u32) -> Self {
        Self { per_second, calls: HashMap::new() }
    }

    /// Counts a call, unless it is one too many: then the limit.
    pub(crate) fn pass(&mut self, account: AccountId, api_id: &str, now: u64) -> Result<(), u32> {
        if self.per_second == 0 {
            return Ok(());
        }
        let full = self.calls.len() >= BUCKETS_MAX;
        let key = (account, api_id.to_owned());
        let key =
            if full && !self.calls.contains_key(&key) { (account, String::new()) } else { key };
        let calls = self.calls.entry(key).or_default();
        while calls.front().is_some_and(|at| at + SECOND <= now) {
            calls.pop_front();
        }
        if calls.len() >= self.per_second as usize {
            return Err(self.per_second);
        }
        calls.push_back(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_calls_a_second_pass_and_each_api_has_its_own_five() {
        let mut limiter = Limiter::new(5);
        let account = AccountId(0);
        for at in 0..5 {
            assert_eq!(limiter.pass(account, "kt10000", at * 1_000), Ok(()));
        }
        assert_eq!(limiter.pass(account, "kt10000", SECOND - 1), Err(5));
        assert_eq!(limiter.pass(account, "kt10001", SECOND - 1), Ok(()));
        assert_eq!(limiter.pass(AccountId(1), "kt10000", SECOND - 1), Ok(()));
        assert_eq!(limiter.pass(account, "kt10000", SECOND), Ok(()));
        assert_eq!(limiter.pass(account, "kt10000", SECOND), Err(5));
    }
}
