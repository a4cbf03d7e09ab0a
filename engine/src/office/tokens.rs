//! The one holder of the token.
//!
//! At this broker a new issue may kill the token before it, so the process has one issuer: feed, queries
//! and order lines all borrow from here. Whoever finds a token refused names it; a token that somebody
//! else has replaced meanwhile is not replaced again, and who asks while an issue is under way shares
//! what comes of it.

use crate::broker::client;
use crate::token::{Token, TokenClient, TokenError};
use feed::handler::TokenSource;
use feed::session::TokenFailure;
use secrecy::{ExposeSecret, SecretString};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use strategy_api::UnixNanos;
use tokio::sync::watch;

/// A token near its end for which the broker gave no later one is used for so long before the next try,
/// while it lasts.
const AGAIN_AFTER: Duration = Duration::from_secs(60);

/// A refusal that another try does not change is the answer to every wish for so long: keys that are
/// tried too often may be locked.
const REFUSED_FOR: Duration = Duration::from_secs(10);

/// Holds the token; prints nothing of it. Clones share it.
#[derive(Clone, Debug)]
pub struct Tokens {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    client: TokenClient,
    held: Mutex<Held>,
    /// Locked by whoever issues.
    issuing: Mutex<()>,
    /// The newest generation.
    changed: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Held {
    token: Option<Token>,
    /// Which token of this process it is, counted from 1.
    generation: u64,
    /// When the broker last gave one, the same or another.
    issued: Option<Instant>,
    /// When it was last asked for one.
    asked: Option<Instant>,
    /// Issues that were begun.
    begun: u64,
    /// How the last one failed.
    failure: Option<TokenError>,
}

/// What is good enough.
enum Want<'a> {
    /// One that does not end soon.
    Fresh,
    /// Any but this one.
    Other(&'a SecretString),
}

/// The held token, as seen at one moment.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) secret: SecretString,
    pub(super) generation: u64,
    /// Time since the broker gave it.
    pub(super) age: Duration,
}

impl Tokens {
    /// A holder of nothing yet.
    pub fn new(client: TokenClient) -> Self {
        let changed = watch::Sender::new(0);
        let (held, issuing) = (Mutex::default(), Mutex::default());
        Self { shared: Arc::new(Shared { client, held, issuing, changed }) }
    }

    /// The token as it is held, fresh or not; empty before the first.
    pub fn current(&self) -> SecretString {
        let token = self.held().token.as_ref().map(|token| token.secret.clone());
        token.unwrap_or_default()
    }

    /// A token that does not end soon: the held one, or a new one. Waits for the broker, at most about
    /// twice the deadline of one call; not for async code.
    ///
    /// # Errors
    /// When there is none.
    pub fn fresh(&self) -> Result<SecretString, TokenError> {
        self.obtain(Want::Fresh)
    }

    /// A token in place of one that the broker refused. When somebody else has replaced it already, that
    /// is the one. The broker may give the refused one again. Waits as [`fresh`](Self::fresh) does.
    ///
    /// # Errors
    /// When there is none.
    pub fn renew_blocking(&self, stale: &SecretString) -> Result<SecretString, TokenError> {
        self.obtain(Want::Other(stale))
    }

    /// [`fresh`](Self::fresh) for async code. What was begun is brought to its end even when nobody waits
    /// for it any more: a token that was issued must not be lost.
    pub(super) async fn fresh_async(&self) -> Result<SecretString, TokenError> {
        if let Some(secret) = self.held().serves(&Want::Fresh, now()) {
            return Ok(secret);
        }
        let tokens = self.clone();
        joined(tokio::task::spawn_blocking(move || tokens.fresh())).await
    }

    pub(super) fn seen(&self) -> Option<Seen> {
        let held = self.held();
        let secret = held.token.as_ref()?.secret.clone();
        let age = held.issued.map_or(Duration::MAX, |at| at.elapsed());
        Some(Seen { secret, generation: held.generation, age })
    }

    /// Tells of each new token.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.shared.changed.subscribe()
    }

    fn obtain(&self, want: Want<'_>) -> Result<SecretString, TokenError> {
        let begun = {
            let held = self.held();
            if let Some(secret) = held.serves(&want, now()) {
                return Ok(secret);
            }
            if let Some(refusal) = held.stands() {
                return Err(refusal);
            }
            held.begun
        };
        let _issuing = self.shared.issuing.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let mut held = self.held();
            if let Some(secret) = held.serves(&want, now()) {
                return Ok(secret);
            }
            // Somebody tried while we waited: another try right behind it would meet the same.
            if let Some(failure) = held.failure.as_ref().filter(|_| held.begun != begun) {
                return Err(failure.clone());
            }
            held.begun += 1;
            held.asked = Some(Instant::now());
        }
        let issued = issue(&self.shared.client);
        let mut held = self.held();
        match issued {
            Ok(token) => {
                held.failure = None;
                held.issued = Some(Instant::now());
                let secret = token.secret.clone();
                if !held.token.as_ref().is_some_and(|held| same(&held.secret, &secret)) {
                    held.generation += 1;
                    self.shared.changed.send_replace(held.generation);
                }
                held.token = Some(token);
                Ok(secret)
            }
            Err(error) => {
                held.failure = Some(error.clone());
                // One that still holds for a while is better than none.
                held.serves(&want, now()).ok_or(error)
            }
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // Each change is one assignment: a panic leaves nothing half done.
        self.shared.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn serves(&self, want: &Want<'_>, now: UnixNanos) -> Option<SecretString> {
        let token = self.token.as_ref()?;
        let good = match want {
            Want::Other(stale) => !same(&token.secret, stale),
            Want::Fresh => {
                let asked_lately = self.asked.is_some_and(|at| at.elapsed() < AGAIN_AFTER);
                token.is_fresh(now) || (asked_lately && now < token.expires)
            }
        };
        good.then(|| token.secret.clone())
    }

    /// A refusal behind which there is no use, or harm, in another try now.
    fn stands(&self) -> Option<TokenError> {
        let failure = self.failure.as_ref()?;
        let lately = self.asked.is_some_and(|at| at.elapsed() < REFUSED_FOR);
        let stands = is_forbidden(failure) || (lately && !failure.is_transient());
        stands.then(|| failure.clone())
    }
}

/// The broker's device check has failed: it wants no further try, but a call from a person.
pub(super) fn is_forbidden(error: &TokenError) -> bool {
    matches!(error, TokenError::Refused { code: 8040 | 8050, .. })
}

/// Issues on a runtime of its own, so that it does not depend on who asks.
fn issue(client: &TokenClient) -> Result<Token, TokenError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| TokenError::Later(format!("no runtime for the call: {error}")))?;
    let issued = runtime.block_on(client.issue());
    // A name that is being looked up must not hold us up.
    runtime.shutdown_background();
    issued
}

async fn joined<T>(task: tokio::task::JoinHandle<Result<T, TokenError>>) -> Result<T, TokenError> {
    task.await.unwrap_or_else(|error| Err(TokenError::Later(format!("the call ended: {error}"))))
}

/// Whether two tokens are the same.
pub(super) fn same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}

fn now() -> UnixNanos {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixNanos::new(since.as_nanos() as u64)
}

impl client::TokenSource for Tokens {
    fn current(&self) -> SecretString {
        Self::current(self)
    }

    fn renew<'a>(
        &'a self,
        stale: &'a SecretString,
    ) -> Pin<Box<dyn Future<Output = Result<SecretString, TokenError>> + Send + 'a>> {
        let (tokens, stale) = (self.clone(), stale.clone());
        Box::pin(async move {
            joined(tokio::task::spawn_blocking(move || tokens.renew_blocking(&stale))).await
        })
    }
}

/// The feed's way to the token.
#[derive(Debug)]
pub struct FeedTokens {
    tokens: Arc<Tokens>,
    /// What the feed was given last.
    given: Option<SecretString>,
}

impl FeedTokens {
    /// For one feed.
    pub fn new(tokens: Arc<Tokens>) -> Self {
        Self { tokens, given: None }
    }
}

impl TokenSource for FeedTokens {
    fn token(&mut self, refresh: bool) -> Result<SecretString, TokenFailure> {
        let had = match self.given.as_ref().filter(|_| refresh) {
            Some(refused) => self.tokens.renew_blocking(refused),
            None => self.tokens.fresh(),
        };
        match had {
            Ok(secret) => Ok(self.given.insert(secret).clone()),
            Err(error) if error.is_transient() => {
                Err(TokenFailure::Temporary { text: error.to_string() })
            }
            Err(error) => Err(TokenFailure::Refused { text: error.to_string() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: UnixNanos = UnixNanos::new(1_795_395_600_000_000_000);

    fn held(asked: Option<Instant>) -> Held {
        let token = Token { secret: "one".into(), expires: END };
        Held { token: Some(token), asked, ..Held::default() }
    }

    fn before_end(seconds: u64) -> UnixNanos {
        UnixNanos::new(END.raw() - seconds * 1_000_000_000)
    }

    #[test]
    fn a_token_near_its_end_is_used_only_when_the_broker_was_just_asked_for_a_later_one() {
        let just_now = Some(Instant::now());
        for (asked, seconds, serves) in [
            (None, 3_600, true),
            (None, 601, true),
            (None, 599, false),
            (just_now, 599, true),
            (just_now, 1, true),
            (just_now, 0, false),
        ] {
            let served = held(asked).serves(&Want::Fresh, before_end(seconds));
            assert_eq!(served.is_some(), serves, "{asked:?} {seconds} s before the end");
        }
        assert!(Held::default().serves(&Want::Fresh, END).is_none());
    }

    #[test]
    fn a_refused_token_does_not_serve_whatever_its_end() {
        let (same, other) = (SecretString::from("one"), SecretString::from("another"));
        let held = held(None);
        assert!(held.serves(&Want::Other(&same), before_end(3_600)).is_none());
        let served = held.serves(&Want::Other(&other), before_end(3_600)).unwrap();
        assert_eq!(served.expose_secret(), "one");
    }

    #[test]
    fn a_refusal_stands_for_a_while_and_a_failed_device_check_for_good() {
        let refused = |code| TokenError::Refused { code, message: String::new() };
        let now = Instant::now();
        let long_ago = now.checked_sub(2 * REFUSED_FOR);
        for (failure, asked, stands) in [
            (refused(8001), Some(now), true),
            (refused(8001), long_ago, false),
            (refused(8040), long_ago, true),
            (refused(8050), None, true),
            (TokenError::Later(String::new()), Some(now), false),
        ] {
            let held = Held { failure: Some(failure.clone()), asked, ..Held::default() };
            assert_eq!(held.stands(), stands.then_some(failure));
        }
    }
}
