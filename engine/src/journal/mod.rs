//! The journal of orders: every input of the order machine, on its way to the disk before what was
//! decided on it leaves the process.
//!
//! A day in Korea is one journal, in one file a run (`orders-20261123-001.jsonl`). The machine is a
//! function of its inputs, so the journal is the machine: [`recover`] plays it back. A request that
//! was journaled and has no reply in it may or may not have left; [`Input::Begin`] makes it unknown,
//! and the broker is asked. Nothing is ever sent again because a journal says so.
//!
//! | what happens | answer |
//! |---|---|
//! | the process is killed | every line that was acted upon is with the kernel; the last may be cut |
//! | the machine loses power | as above with [`Sync::Always`]; with [`Sync::Every`], lines of that span may be gone, and their orders come back from the broker as orders of other hands |
//! | the last line is cut or damaged | it is cut off and reported: nothing was decided on it that left |
//! | a line in the middle is damaged | an error with file, line and offset; the engine does not start |
//! | a second engine starts on the folder | it is refused ([`Lock`]); the lock ends with the process that has it |
//! | the disk is full or fails | [`Journal::failure`] says so; the engine takes no orders from there on |
//! | the queue to the disk is full | new orders are refused; events have a reserve, and wait |
//!
//! No token and no key is in it; account numbers are left out.
//!
//! # Driving it
//! ```
//! use engine::journal::{Entry, Head, Journal, Options, recover};
//! use engine::order::{Input, Output, Settings};
//! use strategy_api::{Symbol, UnixNanos};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let now = UnixNanos::new(1_795_392_000_000_000_000);
//! let head = Head::new(now, vec!["maker".into()], vec!["005930".into()], Settings::default());
//! // What earlier runs of the day left, or nothing.
//! let recovered = recover(folder.path(), &head)?;
//! let mut journal = Journal::create(folder.path(), &recovered.head, Options::default())?;
//! let mut machine = recovered.machine;
//!
//! let mut out = Vec::with_capacity(64);
//! let mut ticket = None;
//! for input in [Input::Begin, Input::FeedBack] {
//!     let sum = machine.apply(now, &input, &mut out);
//!     let entry = Entry { seq: machine.sequence(), ts: now, sum, input };
//!     ticket = Some(journal.append(&entry)?);
//! }
//! journal.commit()?;
//! journal.wait(ticket.expect("two inputs"))?; // before anything goes out
//! for output in out.drain(..) {
//!     match output {
//!         Output::Send(request) => println!("write {request:?} on an order line"),
//!         Output::Report { strategy, report } => println!("{strategy}: {report:?}"),
//!         Output::Reconcile { round, why } => println!("ask the broker, round {round}: {why:?}"),
//!         other => println!("{other:?}"),
//!     }
//! }
//! journal.close()?;
//! # Ok(())
//! # }
//! ```
//!
//! [`Input::Begin`]: crate::order::Input::Begin

mod error;
mod files;
mod line;
mod lock;
mod quick;
mod read;
mod recover;
pub mod report;
mod writer;

pub use error::JournalError;
pub use files::{date_in_korea, days, files_of};
pub use line::{Entry, FORMAT, Head, Line, LineError, write_entry, write_head};
pub use lock::Lock;
pub use read::{Reading, TornTail, read_file};
pub use recover::{Recovered, Replay, carried_over, recover, replay};
pub use writer::{Journal, Options, Sync, Ticket};
