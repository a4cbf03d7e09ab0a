//! The broker's REST side: what is asked, what the answers mean, and the wires they travel on.
//!
//! ```text
//!  gateway thread ─ api::OrderCall ─▶ LinePool ─▶ Line ─▶ HTTP/1.1 in one write ─▶ broker
//!                 ◀ api::OrderAnswer ◀ Outcome ◀──────── one reply, or the reason why not
//!
//!  cold threads   ─ api::Query ─▶ Client (reqwest) ─▶ pages ─▶ typed answer
//! ```
//!
//! | module | does | I/O |
//! |---|---|---|
//! | [`api`] | typed requests and answers, and what every refusal means | none |
//! | [`limiter`] | when the next call is allowed | none |
//! | [`http`] | requests to bytes, bytes to one reply | none |
//! | [`mod@line`] | warm connections for orders | sockets, one helper thread |
//! | [`client`] | queries page by page | reqwest |

pub mod api;
pub mod client;
pub mod http;
pub mod limiter;
pub mod line;
