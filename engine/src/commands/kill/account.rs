//! The account as the kill sees it: a token of its own, queries, and lines for cancels.

use anyhow::Context;
use engine::broker::api::{
    Fate, FillsQuery, Meaning, OpenOrdersQuery, OrderAnswer, OrderCall, Refusal,
};
use engine::broker::client::{Client, ClientOptions, QueryError, TokenSource};
use engine::broker::limiter::{Class, Limiter, Rates};
use engine::broker::line::{Finished, LineOptions, LinePool, Outcome};
use engine::config::Config;
use engine::credentials::AppKeys;
use engine::kill::{CancelOutcome, FoundOrder, OpenOrder};
use engine::token::{TokenClient, TokenError};
use feed::clock::Clock;
use feed::connection::TrustedRoots;
use secrecy::{ExposeSecret, SecretString};
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use strategy_api::{OrderNumber, Quantity};

use super::report::{Fills, Row};
use super::say;

/// Cancels that may be under way at once.
pub(super) const LINES: usize = 4;
/// How long a cancel waits for its answer; a little less than the run does, so the answer comes first.
const REPLY_TIMEOUT: Duration = Duration::from_millis(2_900);
/// How long one call of a query may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a whole list may take: 100 pages at the broker's pace.
const LIST_TIMEOUT: Duration = Duration::from_secs(25);
/// How long a cancel waits for a line.
const LINE_TIMEOUT: Duration = Duration::from_secs(2);

/// The one issuer of tokens.
struct Tokens {
    client: TokenClient,
    current: Mutex<SecretString>,
}

impl TokenSource for Tokens {
    fn current(&self) -> SecretString {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn renew<'a>(
        &'a self,
        stale: &'a SecretString,
    ) -> Pin<Box<dyn Future<Output = Result<SecretString, TokenError>> + Send + 'a>> {
        Box::pin(async move {
            let current = self.current();
            if !same(&current, stale) {
                return Ok(current);
            }
            let fresh = self.client.issue().await?.secret;
            *self.current.lock().unwrap_or_else(PoisonError::into_inner) = fresh.clone();
            Ok(fresh)
        })
    }
}

fn same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}

/// An account before the log-in.
pub(super) struct Unready {
    runtime: tokio::runtime::Runtime,
    tokens: TokenClient,
    rest_url: String,
    ca_pem: Option<String>,
    rates: Rates,
}

impl Unready {
    /// Reads what the configuration names.
    pub(super) fn new(config: &Config, keys: AppKeys) -> anyhow::Result<Self> {
        let broker = &config.broker;
        let ca_pem = match &broker.ca_file {
            None => None,
            Some(path) => Some(
                std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read ca_file {}", path.display()))?,
            ),
        };
        let tokens = TokenClient::new(&broker.rest_url, ca_pem.as_deref(), keys)
            .map_err(anyhow::Error::msg)?;
        Ok(Self {
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build()?,
            tokens,
            rest_url: broker.rest_url.clone(),
            ca_pem,
            rates: config.rates(),
        })
    }

    /// Asks for a token once.
    ///
    /// # Errors
    /// [`TokenError`]; a transient one may be worth another try.
    pub(super) fn log_in(&self, left: Duration) -> Result<SecretString, TokenError> {
        let issue =
            self.runtime.block_on(async { tokio::time::timeout(left, self.tokens.issue()).await });
        match issue {
            Ok(issued) => Ok(issued?.secret),
            Err(_) => Err(TokenError::Later("no answer before the time was over".to_owned())),
        }
    }
}

/// A cancel that was handed to a line: the order, and the token it went out with.
struct Sent {
    number: OrderNumber,
    token: SecretString,
}

/// A logged-in account.
pub(super) struct Account {
    runtime: tokio::runtime::Runtime,
    tokens: Arc<Tokens>,
    client: Client,
    lines: LinePool,
    /// The token that the lines have.
    line_token: SecretString,
    clock: Clock,
    limiter: Limiter,
    /// By tag.
    sent: Vec<Sent>,
    answers: VecDeque<(OrderNumber, CancelOutcome)>,
    /// Shares that each order had filled when it was first listed.
    filled_before: BTreeMap<OrderNumber, i64>,
}

impl Account {
    /// Starts the lines.
    pub(super) fn new(unready: Unready, token: SecretString) -> anyhow::Result<Self> {
        let Unready { runtime, tokens, rest_url, ca_pem, rates } = unready;
        let lines = LineOptions {
            lines: LINES,
            roots: TrustedRoots { system: true, pem: ca_pem.clone() },
            reply_timeout: REPLY_TIMEOUT,
            ..LineOptions::new(rest_url.as_str())
        };
        let lines = LinePool::new(lines, &token)?;
        let options = ClientOptions {
            ca_pem,
            call_timeout: CALL_TIMEOUT,
            query_timeout: LIST_TIMEOUT,
            ..ClientOptions::new(rest_url, rates)
        };
        let tokens = Arc::new(Tokens { client: tokens, current: Mutex::new(token.clone()) });
        let shared: Arc<dyn TokenSource> = tokens.clone();
        Ok(Self {
            runtime,
            tokens,
            client: Client::new(options, shared).map_err(anyhow::Error::msg)?,
            lines,
            line_token: token,
            clock: Clock::system(),
            limiter: Limiter::new(rates),
            sent: Vec::new(),
            answers: VecDeque::new(),
            filled_before: BTreeMap::new(),
        })
    }

    /// Every open order, all pages of the list, within the time that is left.
    ///
    /// # Errors
    /// What went wrong, in words.
    pub(super) fn open_orders(&mut self, left: Duration) -> Result<Vec<OpenOrder>, String> {
        let query = OpenOrdersQuery::default();
        let list = self.ask(left, |client| client.query(&query))?;
        for order in &list.orders {
            let filled = order
                .filled
                .get()
                .unwrap_or_else(|| order.quantity.raw().saturating_sub(order.leaves.raw()));
            self.filled_before.entry(order.number).or_insert(filled);
        }
        let open = |order: &engine::broker::api::OpenOrder| OpenOrder {
            number: order.number,
            symbol: order.symbol,
            venue: order.venue,
            side: order.side,
            open: order.leaves,
        };
        Ok(list.orders.iter().map(open).collect())
    }

    /// Shares filled of each order today; `None` when the broker does not tell.
    pub(super) fn fills(&mut self) -> Option<Fills> {
        let query = FillsQuery::default();
        match self.ask(LIST_TIMEOUT, |client| client.query(&query)) {
            Ok(list) => Some(list.orders.iter().map(|o| (o.number, o.filled.raw())).collect()),
            Err(problem) => {
                say(&problem);
                None
            }
        }
    }

    /// What the report needs to know of each order.
    pub(super) fn rows(&self, orders: &[FoundOrder]) -> Vec<Row> {
        let before = |number| self.filled_before.get(&number).copied().unwrap_or(0);
        let row = |found: &FoundOrder| Row {
            found: found.clone(),
            filled_before: before(found.order.number),
        };
        orders.iter().map(row).collect()
    }

    fn ask<'a, T>(
        &'a self,
        left: Duration,
        query: impl FnOnce(&'a Client) -> T,
    ) -> Result<<T::Output as Answered>::Answer, String>
    where
        T: Future,
        T::Output: Answered,
    {
        let whole = async { tokio::time::timeout(left, query(&self.client)).await };
        match self.runtime.block_on(whole) {
            Ok(answered) => answered.in_words(),
            Err(_) => Err("the time was over before the list was complete".to_owned()),
        }
    }

    /// Sends a cancel as soon as pace and lines allow; how it went comes from [`Self::answered`].
    pub(super) fn cancel(&mut self, order: &OpenOrder, left: Duration) {
        let end = Instant::now() + left;
        let place = loop {
            match self.limiter.take(Class::Cancel, self.clock.mono()) {
                Ok(place) => break place,
                Err(not_yet) => {
                    let left = end.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        let late = "the time was over before the pace allowed it".to_owned();
                        self.answers.push_back((order.number, CancelOutcome::NotSent(late)));
                        return;
                    }
                    self.wait(not_yet.wait.min(left));
                }
            }
        };
        self.take_token();
        self.lines.wait_ready(1, &mut self.clock, LINE_TIMEOUT.min(left));
        let call = OrderCall::Cancel {
            venue: order.venue,
            original: order.number,
            symbol: order.symbol,
            quantity: Quantity::ZERO,
        };
        let tag = self.sent.len() as u64;
        self.sent.push(Sent { number: order.number, token: self.line_token.clone() });
        if let Err(why) = self.lines.send(tag, &call, &mut self.clock) {
            self.limiter.give_back(place);
            self.answers.push_back((order.number, CancelOutcome::NotSent(why.to_string())));
        }
    }

    /// Waits so long, or until the next answer.
    pub(super) fn wait(&mut self, time: Duration) {
        self.lines.tend(&mut self.clock);
        if self.lines.under_way() == 0 {
            // The lines are looked after some times a second, or idle ones go bad unseen.
            std::thread::sleep(time.min(Duration::from_millis(100)));
        } else if let Some(finished) = self.lines.wait(&mut self.clock, time) {
            self.finish(finished);
        }
    }

    /// An answer to a cancel, once.
    pub(super) fn answered(&mut self) -> Option<(OrderNumber, CancelOutcome)> {
        while let Some(finished) = self.lines.poll(&mut self.clock) {
            self.finish(finished);
        }
        self.answers.pop_front()
    }

    fn finish(&mut self, finished: Finished) {
        let Some(sent) = self.sent.get(finished.tag as usize) else { return };
        let (number, token) = (sent.number, sent.token.clone());
        let (outcome, refusal) = outcome(finished.outcome);
        if let Some(refusal) = refusal {
            self.limiter.refused(Class::Cancel, &refusal, self.clock.mono());
            if refusal.meaning == Meaning::Token {
                // A failure shows again at the next call, which is refused as this one was.
                if let Err(error) = self.runtime.block_on(self.tokens.renew(&token)) {
                    say(&error);
                }
            }
        }
        if !matches!(outcome, CancelOutcome::Accepted) {
            say(&format_args!("order {number}: {}", words(&outcome)));
        }
        self.answers.push_back((number, outcome));
    }

    /// Gives the lines the token that is valid now.
    fn take_token(&mut self) {
        let current = self.tokens.current();
        if !same(&current, &self.line_token) {
            match self.lines.set_token(&current) {
                Ok(()) => self.line_token = current,
                Err(error) => say(&error),
            }
        }
    }
}

/// The result of a query, whatever is asked for.
trait Answered {
    type Answer;
    fn in_words(self) -> Result<Self::Answer, String>;
}

impl<A> Answered for Result<A, QueryError> {
    type Answer = A;
    fn in_words(self) -> Result<A, String> {
        self.map_err(|error| error.to_string())
    }
}

/// What an end on the wire means for the run, with the refusal that the pace has to hear of.
fn outcome(outcome: Outcome) -> (CancelOutcome, Option<Refusal>) {
    let reply = match outcome {
        Outcome::Answer(reply) => reply,
        Outcome::NotSent(why) => return (CancelOutcome::NotSent(why.to_string()), None),
        Outcome::Unknown(why) => return (CancelOutcome::Unknown(why.to_string()), None),
    };
    let api = engine::broker::api::ApiId::Cancel;
    match OrderAnswer::read(api, reply.status, &reply.body) {
        OrderAnswer::Accepted(_) => (CancelOutcome::Accepted, None),
        OrderAnswer::Unknown(why) => (CancelOutcome::Unknown(why.to_string()), None),
        OrderAnswer::Refused(refusal) => (refused(&refusal), Some(refusal)),
    }
}

fn words(outcome: &CancelOutcome) -> &str {
    match outcome {
        CancelOutcome::Accepted => "accepted",
        CancelOutcome::NothingLeft => "nothing left to cancel",
        CancelOutcome::WrongVenue(text)
        | CancelOutcome::Refused(text)
        | CancelOutcome::Busy(text)
        | CancelOutcome::Unknown(text)
        | CancelOutcome::NotSent(text) => text,
    }
}

fn refused(refusal: &Refusal) -> CancelOutcome {
    let words = refusal.to_string();
    match refusal.meaning {
        // The broker says this of an order that stands at another venue than the cancel names.
        Meaning::Rules if refusal.code.as_str() == "571412" => CancelOutcome::WrongVenue(words),
        Meaning::Gone => CancelOutcome::NothingLeft,
        Meaning::Token => CancelOutcome::Busy(words),
        meaning if meaning.is_rate() => CancelOutcome::Busy(words),
        meaning if meaning.fate() == Fate::Unknown => CancelOutcome::Unknown(words),
        _ => CancelOutcome::Refused(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::broker::line::Reply;

    fn read(status: u16, body: &str) -> CancelOutcome {
        outcome(Outcome::Answer(Reply { status, body: body.as_bytes().to_vec() })).0
    }

    fn refusal(message: &str) -> CancelOutcome {
        read(200, &format!(r#"{{"return_code":20,"return_msg":"{message}"}}"#))
    }

    #[test]
    fn an_answer_means_what_the_broker_means() {
        let accepted = r#"{"ord_no":"0000141","base_orig_ord_no":"0000139","cncl_qty":"000000000001","return_code":0,"return_msg":"ok"}"#;
        assert_eq!(read(200, accepted), CancelOutcome::Accepted);
        assert_eq!(refusal("[2000](RC4033:x)"), CancelOutcome::NothingLeft);
        assert!(matches!(refusal("[2000](571412:SOR)"), CancelOutcome::WrongVenue(_)));
        assert!(matches!(refusal("[2000](RC4058:closed)"), CancelOutcome::Refused(_)));
        assert!(matches!(refusal("x[8005:Token]"), CancelOutcome::Busy(_)));
        assert!(matches!(refusal("x [1700:유량=5]"), CancelOutcome::Busy(_)));
        assert!(matches!(read(429, "<html>"), CancelOutcome::Busy(_)));
        assert!(matches!(read(502, "<html>"), CancelOutcome::Unknown(_)));
        assert!(matches!(read(200, "<html>"), CancelOutcome::Unknown(_)));
        assert!(matches!(read(403, "<html>"), CancelOutcome::Refused(_)));
    }

    #[test]
    fn what_never_left_and_what_may_have_left_are_told_apart() {
        use engine::broker::line::{Lost, NotSent};
        let not_sent = Outcome::NotSent(NotSent::WriteTimedOut);
        assert!(matches!(outcome(not_sent).0, CancelOutcome::NotSent(_)));
        let lost = Outcome::Unknown(Lost::WriteTimedOut { taken: 3 });
        assert!(matches!(outcome(lost).0, CancelOutcome::Unknown(_)));
    }
}
