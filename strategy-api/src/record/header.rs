//! What stands at the start of every record.

use crate::units::UnixNanos;

/// A byte that names one of a known list, and stays valid when it is none of them: records come from
/// other threads and other languages, where a closed `enum` would be undefined behaviour.
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $value:expr, $label:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        #[repr(transparent)]
        pub struct $name(pub u8);

        #[allow(missing_docs)]
        impl $name {
            $($(#[$vdoc])* pub const $variant: Self = Self($value);)*

            /// Every named value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name, or `"?"` for a value without one.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $label,)*
                    _ => "?",
                }
            }
        }

        impl ::core::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match self.name() {
                    "?" => write!(f, concat!(stringify!($name), "({})"), self.0),
                    name => f.write_str(name),
                }
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.pad(self.name())
            }
        }
    };
}
pub(crate) use open_enum;

open_enum! {
    /// Which record follows the header. The comment names the broker's realtime type.
    Kind {
        /// `0B` 주식체결.
        TRADE = 1, "trade";
        /// `0D` 주식호가잔량.
        DEPTH = 2, "depth";
        /// `0C` 주식우선호가.
        BEST_QUOTE = 3, "best_quote";
        /// `0A` 주식기세.
        INDICATIVE_PRICE = 4, "indicative_price";
        /// `0E` 주식시간외호가.
        OFF_HOURS_QUOTE = 5, "off_hours_quote";
        /// `0F` 주식당일거래원.
        BROKER_FLOW = 6, "broker_flow";
        /// `0G` ETF NAV.
        ETF_NAV = 7, "etf_nav";
        /// `0H` 주식예상체결.
        INDICATIVE_MATCH = 8, "indicative_match";
        /// `0I` 국제금환산가격.
        GOLD_PRICE = 9, "gold_price";
        /// `0J` 업종지수.
        INDEX_VALUE = 10, "index_value";
        /// `0U` 업종등락.
        INDEX_BREADTH = 11, "index_breadth";
        /// `0g` 주식종목정보.
        INSTRUMENT_INFO = 12, "instrument_info";
        /// `0m` ELW 이론가.
        WARRANT_THEORY = 13, "warrant_theory";
        /// `0s` 장시작시간.
        SESSION_STATE = 14, "session_state";
        /// `0u` ELW 지표.
        WARRANT_INDICATORS = 15, "warrant_indicators";
        /// `0w` 종목별프로그램매매.
        PROGRAM_TRADING = 16, "program_trading";
        /// `1h` VI발동/해제.
        VOLATILITY_INTERRUPTION = 17, "volatility_interruption";
        /// `02` 조건검색.
        CONDITION_MATCH = 18, "condition_match";
        /// `00` 주문체결, an event of an own order.
        ORDER_UPDATE = 19, "order_update";
        /// `04` 현물잔고, a change of an own position.
        BALANCE = 20, "balance";
        /// The engine's own: the state of the feed changed.
        FEED_EVENT = 32, "feed_event";
        /// The engine's own: further fields of the record that follows.
        EXTRAS = 33, "extras";
        /// The engine's own: where an order of this strategy stands.
        ORDER_REPORT = 34, "order_report";
        /// The engine's own: a venue is in another phase of its day. Since minor version 1.
        SESSION_CHANGE = 35, "session_change";
    }
}

open_enum! {
    /// A trading venue.
    Venue {
        /// Not said, or not one of the others.
        UNKNOWN = 0, "unknown";
        /// Korea Exchange: the bare code.
        KRX = 1, "KRX";
        /// Nextrade: the code with `_NX`.
        NXT = 2, "NXT";
        /// Both venues merged (smart order routing, 통합): the code with `_AL`.
        SOR = 3, "SOR";
    }
}

/// Number of an instrument in this run, dense from 0. The same base code on several venues is one
/// instrument; [`Header::venue`] tells them apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(transparent)]
pub struct InstrumentId(pub u16);

impl InstrumentId {
    /// No instrument: an account- or market-wide record, or a code that nobody registered.
    pub const NONE: Self = Self(u16::MAX);

    /// Whether this names an instrument.
    #[inline]
    pub const fn is_some(self) -> bool {
        self.0 != u16::MAX
    }

    /// As an index into a table of instruments.
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl Default for InstrumentId {
    fn default() -> Self {
        Self::NONE
    }
}

/// Bits that say something about the whole record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
#[repr(transparent)]
pub struct Flags(pub u16);

impl Flags {
    /// More entries of the same frame follow this one.
    pub const MORE_IN_FRAME: Self = Self(1);
    /// A text was longer than its field and was cut between two characters.
    pub const TEXT_CUT: Self = Self(1 << 1);
    /// Extra fields were asked for and stand in the `Extras` records right before this one.
    pub const HAS_EXTRAS: Self = Self(1 << 2);
    /// Nobody registered this item; `instrument` is `NONE`.
    pub const UNREGISTERED: Self = Self(1 << 3);

    /// Whether every bit of `other` is set.
    #[inline]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both sets of bits.
    #[inline]
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The first 40 bytes of every record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Header {
    /// Bytes of the whole record, header included; a multiple of 8.
    pub size: u16,
    /// Which record this is.
    pub kind: Kind,
    /// Venue that the item was registered for (from the suffix of `item`).
    pub venue: Venue,
    /// See [`Flags`].
    pub flags: Flags,
    /// Which instrument, or [`InstrumentId::NONE`].
    pub instrument: InstrumentId,
    /// Position in the stream of its feed, rising by one per record. A hole is a gap, and the
    /// strategy is told about it. Account records have a stream of their own.
    pub sequence: u64,
    /// The exchange's clock (whole seconds on the wire: FID 20, 21 or 908) with the date added;
    /// unset for types that carry no time.
    pub ts_event: UnixNanos,
    /// When the kernel received the bytes that completed the frame; unset where it does not tell.
    pub ts_kernel: UnixNanos,
    /// Our clock right after the `read` that completed the frame.
    pub ts_recv: UnixNanos,
}
