//! What a strategy returns when it cannot go on.

use core::fmt;
use std::boxed::Box;
use std::string::ToString;

/// Why a strategy cannot go on. Returned from a callback it stops the strategy: its working orders
/// are cancelled, the others go on.
///
/// Every standard error turns into it with `?`, a [`Refusal`](crate::Refusal) too: a strategy that
/// writes `ctx.submit(order)?` is stopped by the first refusal, and one that can live with a refusal
/// looks at the result instead.
pub struct Error(Box<str>);

impl Error {
    /// An error in words.
    pub fn new(message: impl fmt::Display) -> Self {
        Self(message.to_string().into_boxed_str())
    }

    /// The words.
    pub fn message(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// Not a `std::error::Error` itself, so that this conversion can exist.
impl<E: core::error::Error> From<E> for Error {
    fn from(error: E) -> Self {
        Self::new(error)
    }
}
