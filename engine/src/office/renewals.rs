//! New tokens for the gateway: because it asked, or because somebody else needed one.

use super::end::Teller;
use super::tokens::{Seen, Tokens, is_forbidden, same};
use super::{Done, Pauses};
use crate::broker::api::AccountNumber;
use crate::broker::client::{Client, QueryError, TokenSource};
use crate::token::TokenError;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// A token so young may be refused in answers to orders that left with the one before it; whether the
/// broker takes it is asked before it is replaced, because replacing may kill it under further orders.
const YOUNG: Duration = Duration::from_secs(30);

/// How often the end of the token is looked at: it is replaced before, not by a refused order.
const LOOK_AFTER: Duration = Duration::from_secs(60);

/// Hands tokens to the gateway.
pub(super) struct Renewals<'a> {
    pub(super) tokens: &'a Tokens,
    pub(super) client: &'a Client,
    pub(super) teller: Teller,
    pub(super) pauses: Pauses,
    pub(super) changed: watch::Receiver<u64>,
    /// Generation that the gateway was told last.
    pub(super) told: u64,
}

/// Why a try did not give a token.
struct Failure {
    text: String,
    next: Next,
}

/// What comes after a failure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Next {
    /// A try after a pause that grows.
    Soon,
    /// A try after the longest pause: only a person can change it, and may.
    Late,
    /// Nothing: the broker forbids it.
    Never,
}

impl Renewals<'_> {
    /// Works until the gateway has gone.
    pub(super) async fn run(mut self, mut asks: mpsc::UnboundedReceiver<u64>) {
        self.tell_news();
        loop {
            tokio::select! {
                asked = asks.recv() => match asked {
                    Some(generation) => self.renew(generation).await,
                    None => return,
                },
                changed = self.changed.changed() => match changed {
                    Ok(()) => self.tell_news(),
                    // Cannot be: `tokens` holds the other end.
                    Err(_) => return,
                },
                () = tokio::time::sleep(LOOK_AFTER) => self.look_at_end().await,
            }
        }
    }

    /// Replaces a token that ends soon; nobody's first token is fetched here.
    async fn look_at_end(&self) {
        if self.newest() > 0
            && let Err(error) = self.tokens.fresh_async().await
        {
            tracing::error!("the token ends soon, and there is no new one: {error}");
        }
    }

    /// Tells of a token that the gateway does not know.
    fn tell_news(&mut self) {
        if let Some(seen) = self.tokens.seen().filter(|seen| seen.generation > self.told) {
            self.tell(seen);
        }
    }

    fn tell(&mut self, seen: Seen) {
        self.told = seen.generation;
        self.teller.tell_token(seen.secret, seen.generation);
    }

    /// Replaces the token of that generation, however long it takes.
    async fn renew(&mut self, refused: u64) {
        let mut pause = self.pauses.token_min;
        loop {
            let before = self.tokens.seen();
            match before {
                // Somebody has replaced it already; the gateway asked before it heard.
                Some(seen) if seen.generation > refused => return self.tell(seen),
                _ => {}
            }
            let failure = match self.attempt(before.as_ref()).await {
                Ok(()) => match self.tokens.seen() {
                    Some(seen) => {
                        if before.is_some_and(|before| same(&before.secret, &seen.secret)) {
                            // The broker stands by it. Were it refused again, not at full speed.
                            tokio::time::sleep(self.pauses.token_min).await;
                        }
                        return self.tell(seen);
                    }
                    // Cannot be: a holder that has a token keeps one.
                    None => Failure { text: "no token is held".to_owned(), next: Next::Soon },
                },
                // The broker gave a token and then refused to say whether it takes it.
                Err(_) if self.newest() > refused => continue,
                Err(failure) => failure,
            };
            let Failure { text, next } = failure;
            let wait = match next {
                Next::Soon => pause,
                Next::Late => self.pauses.token_max,
                Next::Never => {
                    tracing::error!("no new token: {text}; not tried again");
                    let text = format!("{text}; it is not tried again");
                    return self.teller.tell(Done::TokenFailed { text });
                }
            };
            tracing::error!("no new token: {text}; tried again in {} ms", wait.as_millis());
            self.teller.tell(Done::TokenFailed { text });
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = self.changed.changed() => {}
            }
            pause = (pause * 2).min(self.pauses.token_max);
        }
    }

    fn newest(&self) -> u64 {
        self.tokens.seen().map_or(0, |seen| seen.generation)
    }

    async fn attempt(&self, held: Option<&Seen>) -> Result<(), Failure> {
        match held {
            None => self.tokens.fresh_async().await.map(drop).map_err(Failure::of_token),
            // The client replaces it by itself if the broker refuses it.
            Some(seen) if seen.age < YOUNG => {
                self.client.query(&AccountNumber).await.map(drop).map_err(Failure::of_query)
            }
            Some(seen) => TokenSource::renew(self.tokens, &seen.secret)
                .await
                .map(drop)
                .map_err(Failure::of_token),
        }
    }
}

impl Failure {
    fn of_token(error: TokenError) -> Self {
        let next = match &error {
            error if is_forbidden(error) => Next::Never,
            error if error.is_transient() => Next::Soon,
            _ => Next::Late,
        };
        Self { text: error.to_string(), next }
    }

    fn of_query(error: QueryError) -> Self {
        match error {
            QueryError::Token { error, .. } => Self::of_token(error),
            error => Self { text: error.to_string(), next: Next::Soon },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_a_person_can_change_is_tried_late_and_what_the_broker_forbids_never() {
        let refused = |code| TokenError::Refused { code, message: String::new() };
        assert_eq!(Failure::of_token(TokenError::Later(String::new())).next, Next::Soon);
        assert_eq!(Failure::of_token(refused(8001)).next, Next::Late);
        for code in [8040, 8050] {
            assert_eq!(Failure::of_token(refused(code)).next, Next::Never);
        }
    }
}
