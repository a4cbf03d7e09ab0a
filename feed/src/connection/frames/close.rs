//! The payload of a Close frame (RFC 6455, sections 5.5.1 and 7.4).

use super::header::CONTROL_BYTES_MAX;
use super::violation::Violation;

/// What a Close frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Close<'a> {
    /// The code; a Close frame may have none.
    pub code: Option<u16>,
    /// The reason; often empty.
    pub reason: &'a str,
}

impl<'a> Close<'a> {
    /// Reads and checks the payload.
    pub(super) fn parse(payload: &'a [u8]) -> Result<Self, Violation> {
        match payload {
            [] => Ok(Self { code: None, reason: "" }),
            [_] => Err(Violation::CloseCodeCut),
            [high, low, reason @ ..] => {
                let code = u16::from_be_bytes([*high, *low]);
                if !may_be_sent(code) {
                    return Err(Violation::CloseCode { code });
                }
                let reason =
                    std::str::from_utf8(reason).map_err(|_| Violation::CloseReasonNotUtf8)?;
                Ok(Self { code: Some(code), reason })
            }
        }
    }
}

/// Whether a Close frame may hold this code: those that the RFC and its registry define for the wire,
/// and those for libraries and applications. 1004 has no meaning; 1005, 1006 and 1015 are for use
/// inside a program only.
pub(super) fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// The payload of a Close frame of ours, in a buffer of the greatest size, with its length. A reason
/// that does not fit is cut at a character.
pub(super) fn payload(code: Option<u16>, reason: &str) -> ([u8; CONTROL_BYTES_MAX], usize) {
    let mut bytes = [0; CONTROL_BYTES_MAX];
    let Some(code) = code else { return (bytes, 0) };
    let (head, tail) = bytes.split_at_mut(2);
    head.copy_from_slice(&code.to_be_bytes());
    let longest = reason.len().min(tail.len());
    // Zero is always a boundary.
    let cut = (0..=longest).rev().find(|at| reason.is_char_boundary(*at)).unwrap_or(0);
    tail[..cut].copy_from_slice(&reason.as_bytes()[..cut]);
    (bytes, 2 + cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_as_in_the_registry() {
        for code in 0..=u16::MAX {
            // 1004 is reserved, 1005, 1006 and 1015 never stand in a frame, the others below 3000 have
            // no meaning yet, and from 5000 on there are none.
            let defined = (1000..=1014).contains(&code) && ![1004, 1005, 1006].contains(&code);
            let wanted = defined || (3000..5000).contains(&code);
            assert_eq!(may_be_sent(code), wanted, "{code}");
        }
    }

    #[test]
    fn a_reason_that_does_not_fit_is_cut_at_a_character() {
        let (bytes, length) = payload(Some(1000), &"가".repeat(42));
        assert_eq!(length, 2 + 123);
        assert_eq!(
            Close::parse(&bytes[..length]),
            Ok(Close { code: Some(1000), reason: &"가".repeat(41) })
        );
        let (_, length) = payload(Some(1000), &format!("x{}", "가".repeat(42)));
        assert_eq!(length, 2 + 121);
    }
}
