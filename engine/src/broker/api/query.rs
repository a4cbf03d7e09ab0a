//! What all queries have in common: a body, pages, and an answer that grows page by page.

use serde_json::Value;

use super::ApiId;
use super::refusal::{Meaning, Refusal};
use super::value::{ReadError, Row, whole};

/// A call that changes nothing at the broker.
pub trait Query {
    /// What it gives once all pages are read.
    type Answer: Default + Send;
    /// Which call.
    const API: ApiId;

    /// The JSON body; the same for every page.
    fn body(&self) -> String;

    /// Adds one page to the answer.
    ///
    /// # Errors
    /// When a value that matters is missing or makes no sense.
    fn add_page(&self, page: Row<'_>, answer: &mut Self::Answer) -> Result<(), ReadError>;
}

/// How one page of a query ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryAnswer {
    /// It was added to the answer.
    Added,
    /// There is nothing to list.
    Empty,
    /// The broker said no.
    Refused(Refusal),
}

/// The headers that tell whether and where a list goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// `next-key`, to be sent back with `cont-yn: Y`.
    pub next_key: String,
}

impl Page {
    /// The page after an answer with these headers; `None` when it was the last one.
    pub fn after(cont_yn: Option<&str>, next_key: Option<&str>) -> Option<Self> {
        let more = cont_yn.is_some_and(|value| value.trim().eq_ignore_ascii_case("y"));
        let next_key = next_key.map(str::trim).unwrap_or_default();
        (more && !next_key.is_empty()).then(|| Self { next_key: next_key.to_owned() })
    }
}

impl QueryAnswer {
    /// Reads one page of `query` into `answer`.
    ///
    /// An empty list comes in two forms, and both mean the same: `return_code` 20 with 571758 or
    /// 501724, and `return_code` 0 with an empty list.
    ///
    /// # Errors
    /// When the body is no answer, or a value in it makes no sense.
    pub fn read<Q: Query>(
        query: &Q,
        status: u16,
        body: &[u8],
        answer: &mut Q::Answer,
    ) -> Result<Self, ReadError> {
        let object = match serde_json::from_slice::<Value>(body) {
            Ok(Value::Object(object)) => object,
            _ if status != 200 => return Ok(Self::Refused(Refusal::from_status(status, body))),
            _ => {
                let beginning = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
                return Err(ReadError::NotAnObject { api: Q::API, beginning });
            }
        };
        let page = Row { api: Q::API, number: 0, object: &object };
        let return_code = match whole(&page.text("return_code")) {
            Some(Some(return_code)) => return_code,
            _ if status != 200 => return Ok(Self::Refused(Refusal::from_status(status, body))),
            _ => return Err(ReadError::NoReturnCode { api: Q::API }),
        };
        if return_code != 0 {
            let refusal = Refusal::from_answer(return_code, &page.text("return_msg"));
            return Ok(match refusal.meaning {
                Meaning::Empty if status == 200 => Self::Empty,
                _ => Self::Refused(refusal),
            });
        }
        if status != 200 {
            return Ok(Self::Refused(Refusal::from_status(status, body)));
        }
        query.add_page(page, answer)?;
        Ok(Self::Added)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_goes_on_only_with_a_key() {
        let key = |k: &str| Some(Page { next_key: k.into() });
        assert_eq!(Page::after(Some("Y"), Some(" 005930 ")), key("005930"));
        assert_eq!(Page::after(Some("y"), Some("k")), key("k"));
        assert_eq!(Page::after(Some("Y"), Some(" ")), None);
        assert_eq!(Page::after(Some("N"), Some("k")), None);
        assert_eq!(Page::after(None, Some("k")), None);
    }
}
