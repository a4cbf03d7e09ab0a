//! Queries, whole: pages, rate, token, deadlines. Cold; over reqwest.
//!
//! A query changes nothing at the broker, so it is asked again where that may help (too many calls,
//! trouble on the broker's side, a connection that broke), within its deadline and a number of tries.
//! Orders never go this way. An answer is whole or it is an error: half a list of open orders is worse
//! than none. The pages of a list are asked for one after the other, so an order that moves between
//! them may be missing or there twice; whoever reconciles does it against the socket's own stream.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use feed::clock::Monotonic;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::api::{ApiId, Fate, Meaning, Page, Query, QueryAnswer, ReadError, Refusal};
use super::limiter::{Class, Limiter, Rates};
use crate::token::{TokenError, USER_AGENT};

const API_ID: HeaderName = HeaderName::from_static("api-id");
const CONT_YN: HeaderName = HeaderName::from_static("cont-yn");
const NEXT_KEY: HeaderName = HeaderName::from_static("next-key");
/// Pause before a query is asked again; it grows with each try.
const PAUSE: Duration = Duration::from_millis(500);

/// Where tokens come from: the one issuer of the process.
pub trait TokenSource: Send + Sync {
    /// The token that is valid now.
    fn current(&self) -> SecretString;

    /// Called when the broker refused `stale`: gives a token that is not it. Somebody else may have
    /// renewed it meanwhile; then that one is given, and no further one is issued.
    fn renew<'a>(
        &'a self,
        stale: &'a SecretString,
    ) -> Pin<Box<dyn Future<Output = Result<SecretString, TokenError>> + Send + 'a>>;
}

/// How queries are asked.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// `https://host` or `https://host:port`.
    pub rest_url: String,
    /// Trusted besides the system's authorities.
    pub ca_pem: Option<String>,
    /// The broker's limits.
    pub rates: Rates,
    /// Of one call.
    pub call_timeout: Duration,
    /// Of a whole query: all pages, waits and tries.
    pub query_timeout: Duration,
    /// Pages of one list.
    pub pages_max: usize,
    /// Tries of one page.
    pub tries_max: u32,
    /// Bytes of one page.
    pub page_bytes_max: usize,
}

impl ClientOptions {
    /// The usual limits: 5 s a call, 60 s a query, 200 pages, 5 tries, 16 MiB a page.
    pub fn new(rest_url: impl Into<String>, rates: Rates) -> Self {
        Self {
            rest_url: rest_url.into(),
            ca_pem: None,
            rates,
            call_timeout: Duration::from_secs(5),
            query_timeout: Duration::from_secs(60),
            pages_max: 200,
            tries_max: 5,
            page_bytes_max: 16 << 20,
        }
    }
}

/// Why a query has no answer. No variant holds a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The broker said no, and another try does not change that.
    #[error("{api}: the broker refused: {refusal}")]
    Refused {
        /// The call.
        api: ApiId,
        /// What it said.
        refusal: Refusal,
    },
    /// No token is to be had.
    #[error("{api}: {error}")]
    Token {
        /// The call.
        api: ApiId,
        /// Why.
        error: TokenError,
    },
    /// No answer, after all tries.
    #[error("{api}: no answer from {url}: {reason}")]
    Unreachable {
        /// The call.
        api: ApiId,
        /// The address.
        url: String,
        /// The last failure.
        reason: String,
    },
    /// The deadline of the query has passed.
    #[error("{api}: not complete within {} s ({pages} pages had come)", time.as_secs_f64())]
    TimedOut {
        /// The call.
        api: ApiId,
        /// What it was given.
        time: Duration,
        /// Pages that had come.
        pages: usize,
    },
    /// The answer makes no sense.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// A list that does not end.
    #[error("{api}: the list does not end after {pages} pages")]
    Endless {
        /// The call.
        api: ApiId,
        /// Pages that had come.
        pages: usize,
    },
    /// A page that is too long.
    #[error("{api}: a page is longer than {max} bytes")]
    TooLong {
        /// The call.
        api: ApiId,
        /// What is allowed.
        max: usize,
    },
}

/// Asks queries. Shared freely; each query waits for its turn by itself.
pub struct Client {
    http: reqwest::Client,
    options: ClientOptions,
    tokens: Arc<dyn TokenSource>,
    limiter: Mutex<Limiter>,
    start: Instant,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("rest_url", &self.options.rest_url).finish_non_exhaustive()
    }
}

/// How one call ended.
enum Call {
    Added(Option<Page>),
    Empty,
    TokenRefused(Refusal),
    Again { reason: String, refusal: Option<Refusal> },
}

impl Client {
    /// A client with connections of its own.
    ///
    /// # Errors
    /// When the certificate authority cannot be read, or TLS refuses the options.
    pub fn new(options: ClientOptions, tokens: Arc<dyn TokenSource>) -> Result<Self, String> {
        let mut builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .timeout(options.call_timeout)
            .connect_timeout(options.call_timeout)
            .tcp_nodelay(true)
            .redirect(reqwest::redirect::Policy::none());
        if let Some(pem) = &options.ca_pem {
            let bundle = reqwest::Certificate::from_pem_bundle(pem.as_bytes())
                .map_err(|error| format!("the certificate authority is not PEM: {error}"))?;
            for certificate in bundle {
                builder = builder.add_root_certificate(certificate);
            }
        }
        let http = builder.build().map_err(|error| explain(&error))?;
        let limiter = Mutex::new(Limiter::new(options.rates));
        Ok(Self { http, options, tokens, limiter, start: Instant::now() })
    }

    /// Asks, page by page, until the list ends.
    ///
    /// # Errors
    /// When there is no whole answer; see [`QueryError`].
    pub async fn query<Q: Query + Sync>(&self, query: &Q) -> Result<Q::Answer, QueryError> {
        let mut pages = 0;
        let whole = self.pages(query, &mut pages);
        match tokio::time::timeout(self.options.query_timeout, whole).await {
            Ok(answer) => answer,
            Err(_) => {
                let time = self.options.query_timeout;
                Err(QueryError::TimedOut { api: Q::API, time, pages })
            }
        }
    }

    async fn pages<Q: Query + Sync>(
        &self,
        query: &Q,
        pages: &mut usize,
    ) -> Result<Q::Answer, QueryError> {
        let (mut answer, mut page) = (Q::Answer::default(), None::<Page>);
        let mut renewed = false;
        loop {
            let next = self.page(query, page.as_ref(), &mut answer, &mut renewed).await?;
            *pages += 1;
            match next {
                None => return Ok(answer),
                // The same key again would give the same page for ever.
                Some(_) if next == page || *pages >= self.options.pages_max => {
                    return Err(QueryError::Endless { api: Q::API, pages: *pages });
                }
                Some(_) => page = next,
            }
        }
    }

    /// One page, asked for as often as that may help.
    async fn page<Q: Query + Sync>(
        &self,
        query: &Q,
        page: Option<&Page>,
        answer: &mut Q::Answer,
        renewed: &mut bool,
    ) -> Result<Option<Page>, QueryError> {
        let mut tries = 0;
        loop {
            self.turn(Q::API).await;
            let token = self.tokens.current();
            tries += 1;
            match self.call(query, page, answer, &token).await? {
                Call::Added(next) => return Ok(next),
                Call::Empty => return Ok(None),
                Call::TokenRefused(refusal) if *renewed => {
                    return Err(QueryError::Refused { api: Q::API, refusal });
                }
                Call::TokenRefused(_) => {
                    *renewed = true;
                    let token_error = |error| QueryError::Token { api: Q::API, error };
                    self.tokens.renew(&token).await.map_err(token_error)?;
                }
                Call::Again { refusal: Some(refusal), .. } if tries >= self.options.tries_max => {
                    return Err(QueryError::Refused { api: Q::API, refusal });
                }
                Call::Again { reason, .. } if tries >= self.options.tries_max => {
                    let url = self.options.rest_url.clone();
                    return Err(QueryError::Unreachable { api: Q::API, url, reason });
                }
                // For the rate it is the limiter that waits.
                Call::Again { refusal: Some(r), .. } if r.meaning.is_rate() => {}
                Call::Again { .. } => tokio::time::sleep(PAUSE * tries).await,
            }
        }
    }

    /// Waits until the broker's rate allows the call, and takes the place.
    async fn turn(&self, api: ApiId) {
        loop {
            let taken = self.limiter().take(Class::Query(api), self.now());
            match taken {
                Ok(_) => return,
                Err(not_yet) => tokio::time::sleep(not_yet.wait).await,
            }
        }
    }

    async fn call<Q: Query + Sync>(
        &self,
        query: &Q,
        page: Option<&Page>,
        answer: &mut Q::Answer,
        token: &SecretString,
    ) -> Result<Call, QueryError> {
        let api = Q::API;
        let again = |reason: String| Ok(Call::Again { reason, refusal: None });
        let url = format!("{}{}", self.options.rest_url, api.path());
        let Some(headers) = headers(api, page, token) else {
            let refused = TokenError::Nonsense { url, reason: "the token is no text".to_owned() };
            return Err(QueryError::Token { api, error: refused });
        };
        let request = self.http.post(url).headers(headers).body(query.body());
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) => return again(explain(&error)),
        };
        let status = response.status().as_u16();
        let header =
            |name| response.headers().get(name).and_then(|v: &HeaderValue| v.to_str().ok());
        let next = Page::after(header(&CONT_YN), header(&NEXT_KEY));
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(None) => break,
                Ok(Some(bytes)) => {
                    if body.len() + bytes.len() > self.options.page_bytes_max {
                        let max = self.options.page_bytes_max;
                        return Err(QueryError::TooLong { api, max });
                    }
                    body.extend_from_slice(&bytes);
                }
                Err(error) => return again(explain(&error)),
            }
        }
        match QueryAnswer::read(query, status, &body, answer)? {
            QueryAnswer::Added => Ok(Call::Added(next)),
            QueryAnswer::Empty => Ok(Call::Empty),
            QueryAnswer::Refused(refusal) => {
                self.limiter().refused(Class::Query(api), &refusal, self.now());
                match refusal.meaning {
                    Meaning::Token => Ok(Call::TokenRefused(refusal)),
                    meaning if meaning.is_rate() || meaning.fate() == Fate::Unknown => {
                        Ok(Call::Again { reason: refusal.to_string(), refusal: Some(refusal) })
                    }
                    _ => Err(QueryError::Refused { api, refusal }),
                }
            }
        }
    }

    fn limiter(&self) -> std::sync::MutexGuard<'_, Limiter> {
        // A panic cannot leave it half changed in a way that lets more calls through.
        self.limiter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Monotonic {
        let nanos = u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        Monotonic::from_nanos(nanos)
    }
}

/// `None` when token or key cannot stand in a header.
fn headers(api: ApiId, page: Option<&Page>, token: &SecretString) -> Option<HeaderMap> {
    let mut authorization =
        HeaderValue::from_str(&format!("Bearer {}", token.expose_secret())).ok()?;
    // Kept out of every `Debug`.
    authorization.set_sensitive(true);
    let mut headers = HeaderMap::with_capacity(5);
    headers.insert(AUTHORIZATION, authorization);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json;charset=UTF-8"));
    headers.insert(API_ID, HeaderValue::from_static(api.as_str()));
    headers.insert(CONT_YN, HeaderValue::from_static(if page.is_some() { "Y" } else { "N" }));
    if let Some(page) = page {
        headers.insert(NEXT_KEY, HeaderValue::from_str(&page.next_key).ok()?);
    }
    Some(headers)
}

/// The root of an HTTP error in one line, without the address.
fn explain(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
