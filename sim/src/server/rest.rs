//! The REST side: tokens and headers. Bodies of orders and queries are [`crate::api`]'s.
//!
//! A business error is HTTP 200 with `return_code` 2 (input) or 3 (authentication); the code that
//! tells what is wrong stands in brackets in the message.

use super::calendar::kst_stamp;
use super::hub::Hub;
use super::line::LineState;
use super::tokens::{Issued, KeyRefusal};
use crate::api;
use crate::virtual_time::{Answer, Call};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value, json};
use std::convert::Infallible;
use std::rc::Rc;
use std::time::SystemTime;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::sleep_until;

/// Largest body of a request, in bytes.
const BODY_MAX: usize = 64 << 10;
const ISSUE: (&str, &str) = ("/oauth2/token", "au10001");
const REVOKE: (&str, &str) = ("/oauth2/revoke", "au10002");

/// Serves one keep-alive connection.
pub(super) async fn serve<S>(hub: Rc<Hub>, stream: S, line: Rc<LineState>)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let state = Rc::clone(&line);
    let service = hyper::service::service_fn(move |request| {
        let (hub, line) = (Rc::clone(&hub), Rc::clone(&line));
        async move { Ok::<_, Infallible>(respond(&hub, &line, request).await) }
    });
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // A client that breaks off is its own affair.
        _ = connection => {}
        () = state.broken.notified() => {}
    }
}

async fn respond(hub: &Hub, line: &LineState, request: Request<Incoming>) -> Response<Full<Bytes>> {
    if request.method() != Method::POST {
        return reply(StatusCode::METHOD_NOT_ALLOWED, None, &json!({}));
    }
    let (head, body) = request.into_parts();
    let api_id = head.headers.get("api-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let Ok(body) = Limited::new(body, BODY_MAX).collect().await else {
        return reply(StatusCode::PAYLOAD_TOO_LARGE, None, &json!({}));
    };
    let body = body.to_bytes();
    let answered = answer(hub, head.uri.path(), api_id.as_deref(), &head.headers, &body);
    match answered {
        Ok(Answered::Now(value)) => reply(StatusCode::OK, api_id.as_deref(), &value),
        Ok(Answered::ByBroker(answer)) => deliver(hub, line, api_id.as_deref(), answer).await,
        Err(refusal) => reply(StatusCode::OK, api_id.as_deref(), &refusal.value()),
    }
}

/// Gives an answer at its moment, or the end that the client is to see instead.
async fn deliver(
    hub: &Hub,
    line: &LineState,
    api_id: Option<&str>,
    answer: Answer,
) -> Response<Full<Bytes>> {
    if answer.due == u64::MAX {
        // The connection stays open and silent until the client gives up.
        std::future::pending::<()>().await;
    }
    if answer.due > hub.clock() {
        sleep_until(hub.moment(answer.due)).await;
    }
    let Some(text) = answer.reply else {
        line.reset();
        return std::future::pending().await;
    };
    let kind = match text.body.starts_with('<') {
        true => "text/html",
        false => "application/json;charset=UTF-8",
    };
    let mut response = Response::new(Full::new(Bytes::from(text.body)));
    *response.status_mut() =
        StatusCode::from_u16(text.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Some(id) = api_id.and_then(|id| HeaderValue::from_str(id).ok()) {
        headers.insert("api-id", id);
    }
    let key = text.next_key.unwrap_or_default();
    headers.insert("cont-yn", HeaderValue::from_static(if key.is_empty() { "N" } else { "Y" }));
    if let Ok(key) = HeaderValue::from_str(&key) {
        headers.insert("next-key", key);
    }
    response
}

fn reply(status: StatusCode, api_id: Option<&str>, value: &Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(value.to_string())));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json;charset=UTF-8"));
    if let Some(id) = api_id.and_then(|id| HeaderValue::from_str(id).ok()) {
        headers.insert("api-id", id);
    }
    response
}

/// A refusal: the outer code, the code in brackets, its text.
#[derive(Clone, Copy)]
struct Refusal(u32, u32, &'static str);

impl Refusal {
    fn value(self) -> Value {
        let front =
            if self.0 == 3 { "인증에 실패했습니다" } else { "입력 값 오류입니다" };
        json!({ "return_code": self.0, "return_msg": format!("{front}[{}:{}]", self.1, self.2) })
    }
}

const NO_API_ID: Refusal = Refusal(2, 1501, "API ID가 Null이거나 값이 없습니다");
const WRONG_PATH: Refusal = Refusal(2, 1504, "해당 URI에서는 지원하는 API ID가 아닙니다");
const NO_SUCH_API: Refusal = Refusal(2, 1505, "해당 API ID는 존재하지 않습니다");
const NO_AUTHORIZATION: Refusal =
    Refusal(2, 1513, "Http Header에 authorization 필드가 설정되어 있지 않습니다");
const BAD_AUTHORIZATION: Refusal =
    Refusal(2, 1514, "Http Header의 authorization 필드 형식이 맞지 않습니다");
const EMPTY_AUTHORIZATION: Refusal = Refusal(2, 1516, "authorization 필드에 Token이 없습니다");
const BAD_BODY: Refusal = Refusal(2, 1517, "입력 값 형식이 올바르지 않습니다");
const BAD_APP_KEY: Refusal = Refusal(3, 8001, "App Key와 Secret Key 검증에 실패했습니다");
const BAD_SECRET: Refusal = Refusal(3, 8002, "App Key와 Secret Key 검증에 실패했습니다");
const BAD_TOKEN: Refusal = Refusal(3, 8005, "Token이 유효하지 않습니다");
const NO_GRANT_TYPE: Refusal = Refusal(2, 8011, "grant_type이 들어오지 않았습니다");
const BAD_GRANT_TYPE: Refusal = Refusal(2, 8012, "grant_type의 값이 맞지 않습니다");
const NOT_REVOKED: Refusal = Refusal(3, 8015, "접근토큰을 폐기하는데 실패했습니다");
const NO_TOKEN: Refusal = Refusal(2, 8016, "폐기할 Token이 들어오지 않았습니다");
const NO_KEYS: Refusal = Refusal(2, 8020, "appkey 또는 secretkey가 들어오지 않았습니다");

/// What is to be answered.
enum Answered {
    Now(Value),
    ByBroker(Answer),
}

fn answer(
    hub: &Hub,
    path: &str,
    api_id: Option<&str>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Answered, Refusal> {
    for (own_path, own_id) in [ISSUE, REVOKE] {
        if path == own_path {
            if api_id.is_some_and(|id| id != own_id) {
                return Err(WRONG_PATH);
            }
            let body: Value = serde_json::from_slice(body).map_err(|_| BAD_BODY)?;
            let body = body.as_object().ok_or(BAD_BODY)?;
            let value = if own_path == ISSUE.0 { issue(hub, body) } else { revoke(hub, body) };
            return value.map(Answered::Now);
        }
    }
    let api_id = api_id.filter(|id| !id.is_empty()).ok_or(NO_API_ID)?;
    if [ISSUE.1, REVOKE.1].contains(&api_id) {
        return Err(WRONG_PATH);
    }
    let app_key = check_authorization(hub, headers)?;
    let known_path = api::path(api_id).ok_or(NO_SUCH_API)?;
    if known_path != path {
        return Err(WRONG_PATH);
    }
    let body = std::str::from_utf8(body).map_err(|_| BAD_BODY)?;
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let goes_on = header("cont-yn").is_some_and(|value| value.eq_ignore_ascii_case("y"));
    let next_key = header("next-key").filter(|_| goes_on);
    let account = hub.account(&app_key);
    let mut exchange = hub.exchange.borrow_mut();
    exchange.desk.clock = hub.clock();
    let answer = exchange.answer(account, Call { api_id, next_key, body });
    if hub.market_stopped.get() {
        // Nobody hands out what an order prints any more.
        exchange.frames.clear();
    }
    drop(exchange);
    if answer.token_dead {
        hub.tokens.borrow_mut().expire_key(&app_key);
    }
    hub.market_wake.notify_one();
    hub.deliver_own();
    Ok(Answered::ByBroker(answer))
}

/// The app key of a call whose token is good.
fn check_authorization(hub: &Hub, headers: &HeaderMap) -> Result<String, Refusal> {
    let value = headers.get("authorization").ok_or(NO_AUTHORIZATION)?;
    let value = value.to_str().map_err(|_| BAD_AUTHORIZATION)?.trim();
    let token = value.strip_prefix("Bearer").ok_or(BAD_AUTHORIZATION)?;
    let token = token.trim();
    if token.is_empty() {
        return Err(EMPTY_AUTHORIZATION);
    }
    let tokens = hub.tokens.borrow();
    tokens.holder(token, SystemTime::now()).map(str::to_owned).ok_or(BAD_TOKEN)
}

/// au10001.
fn issue(hub: &Hub, body: &Map<String, Value>) -> Result<Value, Refusal> {
    match text(body, "grant_type").ok_or(NO_GRANT_TYPE)? {
        "client_credentials" => {}
        _ => return Err(BAD_GRANT_TYPE),
    }
    let app_key = check_keys(hub, body)?;
    let issued = hub.tokens.borrow_mut().issue(app_key, SystemTime::now());
    hub.counts.borrow_mut().plain.tokens_issued += 1;
    let Issued { token, expires } = issued;
    Ok(json!({
        "expires_dt": kst_stamp(expires),
        "token_type": "bearer",
        "token": token,
        "return_code": 0,
        "return_msg": "정상적으로 처리되었습니다",
    }))
}

/// au10002.
fn revoke(hub: &Hub, body: &Map<String, Value>) -> Result<Value, Refusal> {
    let app_key = check_keys(hub, body)?;
    let token = text(body, "token").ok_or(NO_TOKEN)?;
    if !hub.tokens.borrow_mut().revoke(app_key, token) {
        return Err(NOT_REVOKED);
    }
    Ok(json!({ "return_code": 0, "return_msg": "정상적으로 처리되었습니다" }))
}

/// The app key of a body whose two keys are good.
fn check_keys<'a>(hub: &Hub, body: &'a Map<String, Value>) -> Result<&'a str, Refusal> {
    let app_key = text(body, "appkey").ok_or(NO_KEYS)?;
    let secret = text(body, "secretkey").ok_or(NO_KEYS)?;
    hub.tokens.borrow().check(app_key, secret).map_err(|refusal| match refusal {
        KeyRefusal::AppKey => BAD_APP_KEY,
        KeyRefusal::Secret => BAD_SECRET,
    })?;
    Ok(app_key)
}

/// A text of the body; an empty one counts as missing.
fn text<'a>(body: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    body.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}
