//! UTF-8 that comes in pieces.

use super::violation::Violation;

/// Who checks that text messages are UTF-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Utf8 {
    /// The reader. A message that is none ends the connection with code 1007, as RFC 6455 wants it,
    /// at the first byte that shows it.
    #[default]
    Check,
    /// Whoever takes the messages: the bytes are handed out as they came. For a taker that checks
    /// every message anyway, so that it is not done twice.
    Trust,
}

/// Checks what of `bytes` was not checked before, up to the last whole character; `checked` bytes are
/// known to be good. With `is_whole`, nothing more will come.
pub(super) fn check(bytes: &[u8], checked: &mut usize, is_whole: bool) -> Result<(), Violation> {
    let new = &bytes[*checked..];
    if is_whole {
        simdutf8::basic::from_utf8(new).map_err(|_| Violation::NotUtf8)?;
        *checked = bytes.len();
        return Ok(());
    }
    match simdutf8::compat::from_utf8(new) {
        Ok(_) => *checked = bytes.len(),
        // The last character is not complete yet.
        Err(error) if error.error_len().is_none() => *checked += error.valid_up_to(),
        Err(_) => return Err(Violation::NotUtf8),
    }
    Ok(())
}
