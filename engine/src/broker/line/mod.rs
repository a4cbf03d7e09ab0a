//! Warm lines for orders: connections that stand, with requests that lie ready.
//!
//! ```text
//!  send ─▶ still open? ─▶ patch body ─▶ encrypt ─▶ one write ─▶ poll ─▶ reply ─▶ Outcome
//!            │ no                                   │ no byte left      │ silence, half a reply,
//!            ▼                                      ▼                   ▼ garbage, reset, deadline
//!          NotSent                               NotSent             Unknown
//! ```
//!
//! Every order that was handed over ends in **exactly one** [`Outcome`]:
//!
//! - [`Outcome::Answer`]: a whole reply to this request. What it means, [`super::api::OrderAnswer`]
//!   tells.
//! - [`Outcome::NotSent`]: surely no byte of it left this machine. It may be sent again.
//! - [`Outcome::Unknown`]: bytes may have left. It is never sent again on a guess.
//!
//! # Decisions
//!
//! - **One request at a time on a line, several lines** ([`LinePool`]), no pipelining: behind a
//!   broken line every pipelined order would be `Unknown`, a slow one would hold up the others, and RFC
//!   9112 (9.3.2) forbids it for calls that must not be repeated. Orders on different lines may
//!   overtake each other; whoever needs an order between two waits for the first answer.
//! - **Read before write.** Before the first byte goes out, the socket is asked for what lies there: an
//!   end, a reset, a TLS goodbye or a stray reply means that the line is of no use and that nothing
//!   was sent. What the broker closes while our bytes travel remains `Unknown`; nobody can know. A
//!   thread that spins asks every millisecond instead ([`LinePool::keep_warm`]), and an order within
//!   two of it does not.
//! - **Kept warm by renewal, not by pings.** A ping is a call that counts against the broker's rate and
//!   occupies the line when an order comes. Instead a line that has been idle for long is replaced
//!   by a fresh one before it is given up. How long is too long is learned from the broker: from
//!   `Keep-Alive: timeout=` and from idle lines that it closed.
//! - **No TLS early data**: it could be replayed.
//! - **The reply must be ours.** A reply whose `api-id` names another call, or one with further bytes
//!   behind it, is not believed: `Unknown`, and the line is given up.
//! - Names, connections and handshakes are made on a helper thread; the gateway's thread sees finished
//!   lines.
//!
//! # Hot path
//!
//! [`Line::send`] makes two system calls (`recvmsg`, `writev`) and allocates nothing of its own; the
//! TLS library allocates its record.
//!
//! ```no_run
//! use engine::broker::api::{OrderAnswer, OrderCall};
//! use engine::broker::line::{LineOptions, LinePool, Outcome};
//! use feed::clock::Clock;
//! use secrecy::SecretString;
//! use std::time::Duration;
//!
//! # fn call() -> OrderCall { unreachable!() }
//! let mut clock = Clock::new();
//! let token = SecretString::from("…");
//! let options = LineOptions::new("https://mockapi.kiwoom.com");
//! let mut lines = LinePool::new(options, &token)?;
//! lines.wait_ready(1, &mut clock, Duration::from_secs(5));
//!
//! let call = call();
//! if let Err(error) = lines.send(7, &call, &mut clock) {
//!     eprintln!("order 7 was surely not sent: {error}");
//! }
//! loop {
//!     lines.tend(&mut clock); // housekeeping: now and then
//!     let Some(done) = lines.poll(&mut clock) else { continue };
//!     match done.outcome {
//!         Outcome::Answer(reply) => match OrderAnswer::read(call.api(), reply.status, &reply.body) {
//!             OrderAnswer::Accepted(order) => println!("order {} is {}", done.tag, order.number),
//!             OrderAnswer::Refused(refusal) => println!("order {} refused: {refusal}", done.tag),
//!             OrderAnswer::Unknown(why) => println!("order {} unknown: {why}", done.tag),
//!         },
//!         Outcome::NotSent(why) => println!("order {} was not sent: {why}", done.tag),
//!         Outcome::Unknown(why) => println!("order {} unknown, ask the broker: {why}", done.tag),
//!     }
//!     break;
//! }
//! # Ok::<(), engine::broker::line::LineError>(())
//! ```

mod dial;
mod error;
mod exchange;
mod nowhere;
mod pool;
#[allow(unsafe_code, reason = "`recvmsg` with time stamps and `poll` have no safe form in std")]
mod socket;
mod wire;

pub use dial::{Dialer, LineOptions};
pub use error::{DialError, LineError, Lost, NotSent};
pub use exchange::{Outcome, Reply, Stamps};
pub use nowhere::NowhereLine;
pub use pool::{Finished, LinePool, PoolHealth};
pub use wire::Line;
