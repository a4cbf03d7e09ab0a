//! Inline strings: fixed size, no pointer, the same bytes in Rust and in C.

use core::fmt;

/// UTF-8 text of at most `N - 1` bytes, followed by zero bytes to the end. In C it is a `char[N]`
/// that always ends in NUL.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(C)]
pub struct Text<const N: usize> {
    bytes: [u8; N],
}

/// The exchange code of an instrument as the broker writes it, without a venue suffix: `005930`,
/// `0004V0`, `57JBHH`, or an index code such as `001`.
pub type Symbol = Text<16>;

impl<const N: usize> Text<N> {
    /// No text.
    pub const EMPTY: Self = Self { bytes: [0; N] };

    /// Stores `text` whole, or returns `None` if it is longer than `N - 1` bytes or holds a NUL.
    #[inline]
    pub fn new(text: &str) -> Option<Self> {
        if text.len() >= N || text.as_bytes().contains(&0) {
            return None;
        }
        let mut bytes = [0; N];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Some(Self { bytes })
    }

    /// Stores as much of `text` as fits, cut between characters and before a NUL; tells whether
    /// something was left out.
    pub fn truncated(text: &str) -> (Self, bool) {
        let mut end = text.bytes().position(|b| b == 0).unwrap_or(text.len()).min(N - 1);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let mut bytes = [0; N];
        bytes[..end].copy_from_slice(&text.as_bytes()[..end]);
        (Self { bytes }, end < text.len())
    }

    /// The text.
    #[inline]
    pub fn as_str(&self) -> &str {
        let raw = self.as_bytes();
        match core::str::from_utf8(raw) {
            Ok(text) => text,
            // Only reachable when a foreign plugin wrote the bytes: keep the part that is text.
            Err(error) => core::str::from_utf8(&raw[..error.valid_up_to()]).unwrap_or_default(),
        }
    }

    /// The bytes of the text, without the padding.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        let end = self.bytes.iter().position(|b| *b == 0).unwrap_or(N);
        &self.bytes[..end]
    }

    /// Whether there is no text.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.bytes[0] == 0
    }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<const N: usize> PartialEq<str> for Text<N> {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl<const N: usize> PartialEq<&str> for Text<N> {
    fn eq(&self, other: &&str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_does_not_fit_is_refused_or_cut_between_characters() {
        assert!(Text::<8>::new("005930").is_some());
        assert!(Text::<8>::new("005930_NX").is_none());
        assert!(Text::<8>::new("a\0b").is_none());
        assert_eq!(Text::<8>::truncated("삼성전자"), (Text::new("삼성").unwrap(), true));
        assert_eq!(Text::<8>::truncated("a\0b"), (Text::new("a").unwrap(), true));
        assert_eq!(Text::<8>::truncated("1234567"), (Text::new("1234567").unwrap(), false));
    }
}
