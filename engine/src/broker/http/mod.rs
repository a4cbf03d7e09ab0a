//! HTTP/1.1 as far as one order needs it: bytes out, bytes in. No I/O.
//!
//! [`PreparedRequest`] holds a whole request whose headers never change; an order patches its body,
//! its `api-id` and its `content-length` in place. [`ResponseReader`] takes whatever bytes arrive and
//! knows when the reply is complete.

mod request;
mod response;

pub use request::{PreparedRequest, RequestError};
pub use response::{Response, ResponseError, ResponseReader};
