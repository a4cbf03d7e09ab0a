//! Access tokens: issued for a pair of keys, good for 24 hours, until revoked or replaced.

use crate::options::{Options, TokenReissue};
use rustls::crypto::SecureRandom;
use std::collections::HashMap;
use std::time::{Duration, SystemTime};

/// How long a token lives.
const LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// All tokens that are good now.
pub(super) struct Tokens {
    keys: Option<Vec<(String, String)>>,
    reissue: TokenReissue,
    live: HashMap<String, Grant>,
}

/// Who holds a token and until when.
struct Grant {
    app_key: String,
    expires: SystemTime,
}

/// A token as it is handed out. No `Debug`: it holds a secret.
pub(super) struct Issued {
    pub(super) token: String,
    pub(super) expires: SystemTime,
}

/// Why keys were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyRefusal {
    /// Nobody has this app key.
    AppKey,
    /// The secret belongs to another app key.
    Secret,
}

impl Tokens {
    /// No tokens yet.
    pub(super) fn new(options: &Options) -> Self {
        Self { keys: options.keys.clone(), reissue: options.token_reissue, live: HashMap::new() }
    }

    /// Checks a pair of non-empty keys.
    pub(super) fn check(&self, app_key: &str, secret: &str) -> Result<(), KeyRefusal> {
        let Some(keys) = &self.keys else { return Ok(()) };
        match keys.iter().find(|(known, _)| known == app_key) {
            None => Err(KeyRefusal::AppKey),
            Some((_, known)) if known != secret => Err(KeyRefusal::Secret),
            Some(_) => Ok(()),
        }
    }

    /// Issues a token to the holder of `app_key`, whose keys were checked.
    pub(super) fn issue(&mut self, app_key: &str, now: SystemTime) -> Issued {
        self.live.retain(|_, grant| grant.expires > now);
        let held = self.live.iter().find(|(_, grant)| grant.app_key == app_key);
        if let (Some((token, grant)), TokenReissue::SameToken) = (held, self.reissue) {
            return Issued { token: token.clone(), expires: grant.expires };
        }
        self.live.retain(|_, grant| grant.app_key != app_key);
        let issued = Issued { token: random_token(), expires: now + LIFETIME };
        let grant = Grant { app_key: app_key.to_owned(), expires: issued.expires };
        self.live.insert(issued.token.clone(), grant);
        issued
    }

    /// Takes `token` back from `app_key`; false when it is not that key's live token.
    pub(super) fn revoke(&mut self, app_key: &str, token: &str) -> bool {
        let held = self.live.get(token).is_some_and(|grant| grant.app_key == app_key);
        held && self.live.remove(token).is_some()
    }

    /// The app key that `token` stands for, when it is good.
    pub(super) fn holder(&self, token: &str, now: SystemTime) -> Option<&str> {
        self.live.get(token).filter(|grant| grant.expires > now).map(|grant| grant.app_key.as_str())
    }

    /// Makes the tokens of one app key dead ones.
    pub(super) fn expire_key(&mut self, app_key: &str) {
        self.live.retain(|_, grant| grant.app_key != app_key);
    }

    /// Makes every token a dead one.
    pub(super) fn expire_all(&mut self) {
        self.live.clear();
    }
}

/// 86 letters and digits, like the real broker's tokens.
fn random_token() -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bytes = [0u8; 86];
    let random: &dyn SecureRandom = rustls::crypto::aws_lc_rs::default_provider().secure_random;
    // The provider's generator fails only when the system has no randomness at all; a token that
    // can be guessed is no harm in a simulator, one that repeats is.
    if random.fill(&mut bytes).is_err() {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        bytes[..16].copy_from_slice(&since.as_nanos().to_le_bytes());
    }
    bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 64)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(reissue: TokenReissue) -> Tokens {
        let keys = Some(vec![("key".to_owned(), "secret".to_owned())]);
        Tokens::new(&Options { keys, token_reissue: reissue, ..Options::default() })
    }

    #[test]
    fn keys_are_told_apart_by_what_is_wrong() {
        let tokens = tokens(TokenReissue::SameToken);
        assert_eq!(tokens.check("key", "secret"), Ok(()));
        assert_eq!(tokens.check("kez", "secret"), Err(KeyRefusal::AppKey));
        assert_eq!(tokens.check("key", "secrex"), Err(KeyRefusal::Secret));
    }

    #[test]
    fn a_second_issue_returns_the_same_token_or_kills_the_old_one() {
        let now = SystemTime::now();
        let mut same = tokens(TokenReissue::SameToken);
        let first = same.issue("key", now).token;
        assert_eq!(same.issue("key", now).token, first);

        let mut kills = tokens(TokenReissue::NewKillsOld);
        let first = kills.issue("key", now).token;
        let second = kills.issue("key", now).token;
        assert_ne!(first, second);
        assert_eq!(kills.holder(&first, now), None);
        assert_eq!(kills.holder(&second, now), Some("key"));
    }

    #[test]
    fn a_token_is_good_for_24_hours() {
        let now = SystemTime::now();
        let mut tokens = tokens(TokenReissue::SameToken);
        let token = tokens.issue("key", now).token;
        assert_eq!(tokens.holder(&token, now + LIFETIME - Duration::from_secs(1)), Some("key"));
        assert_eq!(tokens.holder(&token, now + LIFETIME), None);
        assert_ne!(tokens.issue("key", now + LIFETIME).token, token);
    }

    #[test]
    fn only_its_own_key_revokes_a_token() {
        let now = SystemTime::now();
        let mut tokens = tokens(TokenReissue::SameToken);
        let token = tokens.issue("key", now).token;
        assert!(!tokens.revoke("other", &token));
        assert!(tokens.revoke("key", &token));
        assert!(!tokens.revoke("key", &token));
    }
}
