//! Access tokens: asked for over REST, kept until shortly before they expire.
//!
//! Calls au10001 (issue) and au10002 (revoke). Off the hot path.

use crate::credentials::AppKeys;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use strategy_api::{TimeOfDay, UnixNanos};

/// How long before its end a token is not used any more.
const RENEW_BEFORE: Duration = Duration::from_secs(600);
/// Deadline of one call.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// The broker's firewall refuses some default user agents; any plain one passes.
pub const USER_AGENT: &str = concat!("engine/", env!("CARGO_PKG_VERSION"));

/// How the TLS library begins what it says about a certificate. Another try meets the same one.
const BAD_CERTIFICATE: &str = "invalid peer certificate";

/// A token and its end.
#[derive(Clone, Debug)]
pub struct Token {
    /// The bare token, without `Bearer`.
    pub secret: SecretString,
    /// When the broker stops taking it.
    pub expires: UnixNanos,
}

impl Token {
    /// Whether it can still be used for a new session at `now`.
    pub fn is_fresh(&self, now: UnixNanos) -> bool {
        now.raw() + (RENEW_BEFORE.as_nanos() as u64) < self.expires.raw()
    }
}

/// Why there is no token. No variant holds a key or a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The broker's answer is a refusal that another try does not change.
    #[error("the broker refused the app key: {message} (code {code}); {}", cure(*code))]
    Refused {
        /// The broker's code: the one in brackets in its message, else the outer one.
        code: u32,
        /// The broker's words.
        message: String,
    },
    /// Too many calls, or trouble on the broker's side: try again later.
    #[error("the broker has no token for us now: {0}; trying again")]
    Later(String),
    /// No answer could be had.
    #[error("cannot reach {url}: {reason}")]
    Unreachable {
        /// The address, which holds no secret.
        url: String,
        /// Why.
        reason: String,
    },
    /// Somebody answers whose certificate is not to be trusted.
    #[error("{url} cannot be trusted: {reason}; check rest_url, ca_file and this machine's clock")]
    Untrusted {
        /// The address.
        url: String,
        /// Why.
        reason: String,
    },
    /// An answer that is none.
    #[error("the answer of {url} makes no sense: {reason}")]
    Nonsense {
        /// The address.
        url: String,
        /// Why.
        reason: String,
    },
}

impl TokenError {
    /// Whether another try later may help.
    pub fn is_transient(&self) -> bool {
        !matches!(self, Self::Refused { .. } | Self::Untrusted { .. })
    }
}

fn cure(code: u32) -> &'static str {
    match code {
        8001 | 8002 | 8020 => "check app key and secret key",
        8010 => "the token was issued to another IP address; register this machine's address",
        8030 => "the app key is for the other server: mock and real have keys of their own",
        8040 | 8050 => "the broker's device check failed; do not retry, call the broker",
        _ => "see the broker's error list",
    }
}

/// Asks the broker for tokens.
#[derive(Debug)]
pub struct TokenClient {
    http: reqwest::Client,
    rest_url: String,
    keys: AppKeys,
}

impl TokenClient {
    /// A client for the broker at `rest_url`; `ca_pem` is trusted besides the system's authorities.
    pub fn new(rest_url: &str, ca_pem: Option<&str>, keys: AppKeys) -> Result<Self, String> {
        let mut builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .timeout(CALL_TIMEOUT)
            .connect_timeout(CALL_TIMEOUT)
            // A call a day: a kept connection would only go stale, and belong to the runtime of the
            // first caller.
            .pool_max_idle_per_host(0)
            .redirect(reqwest::redirect::Policy::none());
        if let Some(pem) = ca_pem {
            let bundle = reqwest::Certificate::from_pem_bundle(pem.as_bytes())
                .map_err(|error| format!("the certificate authority is not PEM: {error}"))?;
            for certificate in bundle {
                builder = builder.add_root_certificate(certificate);
            }
        }
        let http = builder.build().map_err(|error| explain(&error))?;
        Ok(Self { http, rest_url: rest_url.to_owned(), keys })
    }

    /// Issues a token (au10001).
    pub async fn issue(&self) -> Result<Token, TokenError> {
        let body = serde_json::json!({
            "grant_type": "client_credentials",
            "appkey": self.keys.app_key.expose_secret(),
            "secretkey": self.keys.secret_key.expose_secret(),
        });
        let url = format!("{}/oauth2/token", self.rest_url);
        let (status, text) = self.post(&url, &body).await?;
        read_issued(&url, status, &text)
    }

    /// Revokes a token (au10002).
    pub async fn revoke(&self, token: &Token) -> Result<(), TokenError> {
        let body = serde_json::json!({
            "appkey": self.keys.app_key.expose_secret(),
            "secretkey": self.keys.secret_key.expose_secret(),
            "token": token.secret.expose_secret(),
        });
        let url = format!("{}/oauth2/revoke", self.rest_url);
        let (status, text) = self.post(&url, &body).await?;
        read_answer(&url, status, &text).map(|_| ())
    }

    async fn post(&self, url: &str, body: &serde_json::Value) -> Result<(u16, String), TokenError> {
        let unreachable = |error| {
            let (url, reason) = (url.to_owned(), explain(&error));
            match reason.starts_with(BAD_CERTIFICATE) {
                true => TokenError::Untrusted { url, reason },
                false => TokenError::Unreachable { url, reason },
            }
        };
        let request = self
            .http
            .post(url)
            .header("content-type", "application/json;charset=UTF-8")
            .body(body.to_string());
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status().as_u16();
        Ok((status, response.text().await.map_err(unreachable)?))
    }
}

/// The whole chain of an HTTP error in one line, without the address (it is told beside).
fn explain(error: &reqwest::Error) -> String {
    let mut parts = Vec::new();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        parts.push(cause.to_string());
        source = cause.source();
    }
    match parts.pop() {
        Some(root) => root,
        None if error.is_timeout() => "no answer in time".to_owned(),
        None => error.to_string(),
    }
}

fn read_answer(url: &str, status: u16, text: &str) -> Result<serde_json::Value, TokenError> {
    let nonsense = |reason: String| TokenError::Nonsense { url: url.to_owned(), reason };
    if status == 429 || status >= 500 {
        return Err(TokenError::Later(format!("HTTP status {status}")));
    }
    let answer: serde_json::Value = serde_json::from_str(text)
        .map_err(|_| nonsense(format!("HTTP status {status} and a body that is not JSON")))?;
    let code = match &answer["return_code"] {
        serde_json::Value::Number(number) => number.as_i64(),
        serde_json::Value::String(digits) => digits.trim().parse().ok(),
        serde_json::Value::Null if answer["token"].is_string() => Some(0),
        _ => None,
    };
    let message = answer["return_msg"].as_str().unwrap_or_default().trim().to_owned();
    match code {
        Some(0) => Ok(answer),
        Some(5) => Err(TokenError::Later(message)),
        Some(outer) => {
            let code = bracketed_code(&message).unwrap_or(outer.unsigned_abs() as u32);
            match code {
                1700..=1702 => Err(TokenError::Later(message)),
                _ => Err(TokenError::Refused { code, message }),
            }
        }
        None => Err(nonsense(format!("HTTP status {status} and no return_code"))),
    }
}

/// The code in `…[8005:…]`.
fn bracketed_code(message: &str) -> Option<u32> {
    let inside = message.rsplit('[').next()?;
    inside.split(':').next()?.trim().parse().ok()
}

fn read_issued(url: &str, status: u16, text: &str) -> Result<Token, TokenError> {
    let answer = read_answer(url, status, text)?;
    let nonsense =
        |reason: &str| TokenError::Nonsense { url: url.to_owned(), reason: reason.into() };
    let token = answer["token"].as_str().unwrap_or_default();
    if token.is_empty() {
        return Err(nonsense("it holds no token"));
    }
    let expires = answer["expires_dt"].as_str().and_then(read_kst);
    let expires = expires.ok_or_else(|| nonsense("expires_dt is not yyyyMMddHHmmss"))?;
    Ok(Token { secret: SecretString::from(token), expires })
}

/// Reads `yyyyMMddHHmmss`, Korean time.
fn read_kst(text: &str) -> Option<UnixNanos> {
    if text.len() != 14 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| text[range].parse::<u32>().ok();
    let (year, month, day) = (number(0..4)?, number(4..6)?, number(6..8)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let time = TimeOfDay::from_hhmmss(number(8..14)?)?;
    let seconds = days_from_civil(i64::from(year), i64::from(month), i64::from(day)) * 86_400
        + i64::from(time.raw())
        - 9 * 3600;
    Some(UnixNanos::new(u64::try_from(seconds).ok()?.checked_mul(1_000_000_000)?))
}

/// Days from 1970-01-01 to a date of the Gregorian calendar.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issued(status: u16, text: &str) -> Result<Token, TokenError> {
        read_issued("https://broker/oauth2/token", status, text)
    }

    #[test]
    fn a_token_comes_with_its_end_in_korean_time() {
        let text = r#"{"expires_dt":"20261123000000","token_type":"bearer","token":"T","return_code":0,"return_msg":""}"#;
        let token = issued(200, text).unwrap();
        assert_eq!(token.expires, UnixNanos::new(1_795_359_600_000_000_000));
        assert_eq!(token.secret.expose_secret(), "T");
        assert!(!format!("{token:?}").contains("\"T\""));
        assert!(token.is_fresh(UnixNanos::new(token.expires.raw() - 601_000_000_000)));
        assert!(!token.is_fresh(UnixNanos::new(token.expires.raw() - 599_000_000_000)));
    }

    #[test]
    fn a_refusal_shows_the_inner_code_and_the_cure() {
        let text = r#"{"return_code":"3","return_msg":"인증에 실패했습니다[8030:투자구분(실전/모의)이 달라서]"}"#;
        let error = issued(200, text).unwrap_err();
        assert!(matches!(error, TokenError::Refused { code: 8030, .. }), "{error}");
        assert!(error.to_string().contains("mock and real have keys of their own"));
        assert!(!error.is_transient());
    }

    #[test]
    fn rate_limits_and_server_trouble_are_for_later() {
        let limited = r#"{"return_code":5,"return_msg":"초과 [1700:…]"}"#;
        assert!(matches!(issued(429, limited), Err(TokenError::Later(_))));
        assert!(matches!(issued(200, limited), Err(TokenError::Later(_))));
        assert!(matches!(issued(502, "<html>"), Err(TokenError::Later(_))));
    }

    #[test]
    fn an_answer_without_sense_is_told_apart() {
        for text in [
            "",
            "<html>",
            "[]",
            r#"{"return_code":0}"#,
            r#"{"return_code":0,"token":"T","expires_dt":"2026"}"#,
        ] {
            assert!(matches!(issued(200, text), Err(TokenError::Nonsense { .. })), "{text}");
        }
    }
}
