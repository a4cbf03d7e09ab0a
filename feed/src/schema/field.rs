//! One field: its number, its name, how its text is read, where its value stands in the record.

/// Marks an offset that does not exist.
pub const NOWHERE: u16 = u16::MAX;

/// One FID of one realtime type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Number on the wire.
    pub fid: u16,
    /// English name, snake case, unique within its type.
    pub name: &'static str,
    /// How the text is read.
    pub kind: ValueKind,
    /// Where the value stands in the record; `None` when the record does not hold it.
    pub place: Option<Place>,
}

/// Where a value stands in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Offset of the value in bytes.
    pub at: u16,
    /// Size of the value in bytes.
    pub size: u16,
    /// Offset of the byte for direction or side, or [`NOWHERE`].
    pub mark: u16,
}

/// How the text of a field is read. `""` is "unset" for every kind that is not text.
///
/// Numbers are `[+- or one space] digits [. digits]`. Zeros in front are accepted everywhere, and so
/// are decimals beyond the unit's own as long as they are zeros: nothing is ever rounded away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// Whole KRW; the sign is the direction against the previous close, never part of the price.
    Price,
    /// Whole KRW, signed.
    PriceDelta,
    /// Shares, signed where the field is a difference.
    Quantity,
    /// Shares whose sign tells the aggressor: `+` bought, `-` sold.
    Aggressor,
    /// Money, signed, converted to whole KRW from steps of this many.
    Notional(u32),
    /// Two decimals, signed.
    Hundredths,
    /// Two decimals; the sign is only a mark of direction.
    MarkedHundredths,
    /// Up to six decimals, signed.
    Millionths,
    /// A plain number, signed.
    Count,
    /// A small count in 32 bits; `""` is 0.
    SmallCount,
    /// `HHmmss` in Korea; becomes the record's `ts_event` with the date of reception.
    EventTime,
    /// As `EventTime`, but digits that are no time of day are "unset": the session clock must not
    /// lose a session change to a placeholder such as `888888`.
    LenientEventTime,
    /// `HHmmss`.
    Time,
    /// `HHmmss`, where `000000` means "did not happen".
    TimeOrNone,
    /// `HHmmss`; digits that are no time of day are "unset".
    LenientTime,
    /// `YYYYMMDD` as text; `00000000` means none.
    Date,
    /// Text for people, cut if it does not fit its place.
    Text,
    /// Text that identifies something: refused if it does not fit.
    Ident,
    /// Code of an instrument, stored without a venue suffix; refused if it does not fit.
    Symbol,
    /// As `Symbol`, also without the letter that condition searches put in front (`A005930`).
    ConditionSymbol,
    /// A code number `0..=255`, or one other ASCII character (its byte).
    Code(CodeSet),
    /// One ASCII character; anything else is 0.
    Char,
    /// The session code: the text whole, and its one character.
    SessionText,
    /// `1` sell, `2` buy (also `01`, `02`).
    Side,
    /// The broker's words for what an order does; also gives the side where no other field does.
    Action,
    /// The broker's word for the state of an order; 255 for a word that is not known.
    State,
    /// `KRX`/`1`, `NXT`/`2`, `통합`/`SOR`/`0`; anything else is "unknown".
    Venue,
    /// Any number of decimals, signed. Not in records.
    Decimal,
    /// Any number of decimals; the sign is only a mark of direction. Not in records.
    MarkedDecimal,
}

/// Which list names the numbers of a [`ValueKind::Code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeSet {
    /// Only numbers.
    Plain,
    /// FID 25.
    ChangeSign,
    /// FID 290.
    TradeSession,
    /// FID 9068.
    Interruption,
    /// FID 9069.
    InterruptionDirection,
}

impl ValueKind {
    /// Whether `size` bytes are what a record needs for this kind.
    const fn fits(self, size: usize) -> bool {
        use ValueKind::*;
        match self {
            Price | PriceDelta | Time | TimeOrNone | LenientTime | SmallCount => size == 4,
            Quantity | Aggressor | Notional(_) | Hundredths | MarkedHundredths | Millionths
            | Count | EventTime | LenientEventTime => size == 8,
            Code(_) | Char | Side | Action | State | Venue => size == 1,
            Text | Ident | Symbol | ConditionSymbol | SessionText | Date => {
                size >= 8 && size.is_multiple_of(8)
            }
            Decimal | MarkedDecimal => false,
        }
    }

    /// Whether the sign of the number is a mark (direction, aggressor) and not part of it.
    pub const fn is_marked(self) -> bool {
        use ValueKind::*;
        matches!(self, Price | Aggressor | MarkedHundredths | MarkedDecimal)
    }
}

/// A field that the record does not hold: read only by those who ask for it.
pub(super) const fn seen(fid: u16, name: &'static str, kind: ValueKind) -> Field {
    Field { fid, name, kind, place: None }
}

/// A field that the record holds at `place`. Wrong sizes do not compile.
pub(super) const fn placed(fid: u16, name: &'static str, kind: ValueKind, place: Place) -> Field {
    assert!(kind.fits(place.size as usize), "the record's field has another size");
    assert!(
        place.size < 8 || place.at.is_multiple_of(8),
        "eight bytes and more are stored by whole words"
    );
    Field { fid, name, kind, place: Some(place) }
}

/// A place from a field's offset, a way to reach it (for its size), and its mark.
pub(super) const fn place<R, F>(at: usize, _reach: fn(&R) -> &F, mark: usize) -> Place {
    Place { at: at as u16, size: size_of::<F>() as u16, mark: mark as u16 }
}

/// The place of a record's field, of an element of it, or of a field with its mark.
macro_rules! at {
    ($record:ident, $field:ident) => {
        $crate::schema::field::place(
            core::mem::offset_of!($record, $field),
            |r: &$record| &r.$field,
            $crate::schema::field::NOWHERE as usize,
        )
    };
    ($record:ident, $field:ident [ $index:literal ]) => {
        $crate::schema::field::element(
            core::mem::offset_of!($record, $field),
            |r: &$record| &r.$field[$index],
            $index,
        )
    };
    ($record:ident, $field:ident, $mark:ident) => {
        $crate::schema::field::place(
            core::mem::offset_of!($record, $field),
            |r: &$record| &r.$field,
            core::mem::offset_of!($record, $mark),
        )
    };
}

/// The place of element `index` of an array at `at`.
pub(super) const fn element<R, F>(at: usize, reach: fn(&R) -> &F, index: usize) -> Place {
    place(at + index * size_of::<F>(), reach, NOWHERE as usize)
}

/// The place of a field of one broker's row.
macro_rules! row {
    ($side:ident, $index:literal, $field:ident) => {
        $crate::schema::field::place(
            core::mem::offset_of!(BrokerFlow, $side)
                + $index * size_of::<BrokerRow>()
                + core::mem::offset_of!(BrokerRow, $field),
            |r: &BrokerRow| &r.$field,
            $crate::schema::field::NOWHERE as usize,
        )
    };
}

/// The place of `ts_event` in the header.
macro_rules! event_time {
    () => {
        $crate::schema::field::place(
            core::mem::offset_of!(strategy_api::Header, ts_event),
            |h: &strategy_api::Header| &h.ts_event,
            $crate::schema::field::NOWHERE as usize,
        )
    };
}

pub(super) use {at, event_time, row};
