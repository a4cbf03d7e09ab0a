//! The engine's own records: what happened to the feed, and extra fields.

use super::{Header, Record, open_enum, record};
use crate::text::Text;
use crate::units::Count;

open_enum! {
    /// What happened to the feed.
    FeedChange {
        NONE = 0, "none";
        /// The broker accepted the login.
        CONNECTED = 1, "connected";
        /// Every registration was answered; data is flowing.
        SUBSCRIBED = 2, "subscribed";
        /// No bytes came for the configured time; prices may be old.
        STALE = 3, "stale";
        /// Records were missed: by this strategy (it was too slow) or on the wire.
        GAP = 4, "gap";
        /// The connection is gone; what happens until `SUBSCRIBED` is not seen.
        DISCONNECTED = 5, "disconnected";
        /// Connected again after a break.
        RECONNECTED = 6, "reconnected";
        /// The broker let another session take over this app key; the feed has ended.
        TAKEN_OVER = 7, "taken_over";
        /// The feed has ended and does not come back; the text says why.
        ENDED = 8, "ended";
        /// A registration was refused; the text says which.
        REFUSED = 9, "refused";
        /// Bytes flow again after `STALE`.
        FRESH = 10, "fresh";
    }
}

/// A change of the feed, in order with the data.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct FeedEvent {
    /// See [`Header`].
    pub header: Header,
    /// How many records were lost; set with [`FeedChange::GAP`].
    pub lost: Count,
    /// Why, in words.
    pub reason: Text<128>,
    /// What happened.
    pub change: FeedChange,
    /// Number of the connection, from 0.
    pub connection: u8,
    /// Zero.
    pub reserved: [u8; 6],
}
record!(FeedEvent, FEED_EVENT, "", bytes = 184);

/// Bytes of payload in an [`Extras`] record.
pub const EXTRAS_BYTES: usize = 624;

/// Fields that somebody asked for beyond the typed ones, as text exactly as on the wire (unescaped).
/// It stands right before the record it belongs to; several stand in a row when one is too small.
///
/// In a ring it is cut to the bytes in use. The payload is a sequence of entries: FID (`u16`), length
/// in bytes (`u16`), bytes; all in the machine's byte order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct Extras {
    /// See [`Header`]; `size` tells how much of the record is in use.
    pub header: Header,
    /// Number of fields.
    pub count: u16,
    /// Bytes of payload in use.
    pub bytes_used: u16,
    /// Zero.
    pub reserved: u32,
    /// The entries.
    pub bytes: [u8; EXTRAS_BYTES],
}
record!(Extras, EXTRAS, "", bytes = 672);

impl Default for Extras {
    fn default() -> Self {
        Self {
            header: Header::default(),
            count: 0,
            bytes_used: 0,
            reserved: 0,
            bytes: [0; EXTRAS_BYTES],
        }
    }
}

impl Extras {
    /// Bytes in front of the payload.
    const PREFIX: usize = size_of::<Self>() - EXTRAS_BYTES;

    /// Adds a field; `false` (and nothing added) when it does not fit.
    pub fn push(&mut self, fid: u16, text: &[u8]) -> bool {
        let start = self.bytes_used as usize;
        let end = start + 4 + text.len();
        if end > EXTRAS_BYTES {
            return false;
        }
        self.bytes[start..start + 2].copy_from_slice(&fid.to_ne_bytes());
        self.bytes[start + 2..start + 4].copy_from_slice(&(text.len() as u16).to_ne_bytes());
        self.bytes[start + 4..end].copy_from_slice(text);
        self.bytes_used = end as u16;
        self.count += 1;
        self.header.size = (Self::PREFIX + end).next_multiple_of(8) as u16;
        true
    }

    /// The words in use, as they travel through a ring.
    pub fn words_used(&self) -> &[u64] {
        &self.words()
            [..(self.header.size as usize / 8).clamp(Self::PREFIX / 8, size_of::<Self>() / 8)]
    }
}

/// The fields in the words of an [`Extras`] record (which may be cut to the bytes in use): FID and
/// text. Yields nothing for words that are not one.
pub fn extra_fields(words: &[u64]) -> impl Iterator<Item = (u16, &[u8])> {
    let is_extras = super::header_of(words).is_some_and(|h| h.kind == super::Kind::EXTRAS);
    // SAFETY: any initialised words are initialised bytes; the length is the same memory.
    let bytes =
        unsafe { core::slice::from_raw_parts(words.as_ptr().cast::<u8>(), words.len() * 8) };
    let used = match bytes.get(42..44) {
        Some(pair) if is_extras => u16::from_ne_bytes([pair[0], pair[1]]) as usize,
        _ => 0,
    };
    let mut rest = bytes.get(Extras::PREFIX..Extras::PREFIX + used).unwrap_or_default();
    core::iter::from_fn(move || {
        let fid = u16::from_ne_bytes([*rest.first()?, *rest.get(1)?]);
        let length = u16::from_ne_bytes([*rest.get(2)?, *rest.get(3)?]) as usize;
        let text = rest.get(4..4 + length)?;
        rest = &rest[4 + length..];
        Some((fid, text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extra_fields_come_back_as_they_went_in() {
        let mut extras = Extras::unset();
        assert!(extras.push(732, b"1294"));
        assert!(extras.push(9081, b""));
        assert!(extras.push(302, "삼성전자".as_bytes()));
        let found: Vec<_> = extra_fields(extras.words_used()).collect();
        assert_eq!(found, [(732, &b"1294"[..]), (9081, b""), (302, "삼성전자".as_bytes())]);
        assert!(extras.words_used().len() < extras.words().len());
    }

    #[test]
    fn a_field_that_does_not_fit_is_handed_back() {
        let mut extras = Extras::unset();
        assert!(extras.push(1, &[b'x'; EXTRAS_BYTES - 4]));
        assert!(!extras.push(2, b""));
        assert_eq!(extra_fields(extras.words_used()).count(), 1);
    }

    #[test]
    fn words_of_another_kind_hold_no_extra_fields() {
        assert_eq!(extra_fields(super::super::Trade::unset().words()).count(), 0);
        assert_eq!(extra_fields(&[0, 0]).count(), 0);
    }
}
