//! What the wire carries: realtime types, their fields, and where each value goes.
//!
//! The tables are the one place that knows FIDs. The scanner turns them into look-up plans at start;
//! `decode` prints from them. Every FID of the broker's specification is in them, also those that
//! no record holds: a strategy may ask for any of them as extra fields.

mod account;
mod field;
mod index;
mod market;
mod overseas;
mod stock;

use strategy_api::record::{self, Record};

pub use field::{CodeSet, Field, NOWHERE, Place, ValueKind};

macro_rules! wire_types {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $event:literal, $table:path, $record:expr;)*) => {
        /// A realtime type of the broker.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum WireType {
            $($(#[$doc])* $variant),*
        }

        impl WireType {
            /// Every type: the 20 with a record first, then those that are only decoded.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The type's code on the wire.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// The type with this code.
            #[inline]
            pub fn from_code(code: &[u8]) -> Option<Self> {
                $(if code == $code.as_bytes() { return Some(Self::$variant); })*
                None
            }

            /// The name of its event: that of the record's kind.
            pub const fn event(self) -> &'static str {
                match self { $(Self::$variant => $event),* }
            }

            /// Its fields, in the order of the broker's specification.
            pub const fn fields(self) -> &'static [Field] {
                match self { $(Self::$variant => $table),* }
            }

            /// A record of this type with everything unset, as words; empty for types without one.
            pub fn template(self) -> Vec<u64> {
                match self { $(Self::$variant => $record),* }
            }
        }
    };
}

/// The words of an unset record.
fn unset<R: Record + Default>() -> Vec<u64> {
    R::unset().words().to_vec()
}

wire_types! {
    /// `0B` 주식체결.
    Trade = "0B", "trade", market::TRADE, unset::<record::Trade>();
    /// `0D` 주식호가잔량.
    Depth = "0D", "depth", market::DEPTH, unset::<record::Depth>();
    /// `0C` 주식우선호가.
    BestQuote = "0C", "best_quote", market::BEST_QUOTE, unset::<record::BestQuote>();
    /// `0A` 주식기세.
    IndicativePrice = "0A", "indicative_price", stock::INDICATIVE_PRICE, unset::<record::IndicativePrice>();
    /// `0E` 주식시간외호가.
    OffHoursQuote = "0E", "off_hours_quote", market::OFF_HOURS_QUOTE, unset::<record::OffHoursQuote>();
    /// `0F` 주식당일거래원.
    BrokerFlow = "0F", "broker_flow", stock::BROKER_FLOW, unset::<record::BrokerFlow>();
    /// `0G` ETF NAV.
    EtfNav = "0G", "etf_nav", stock::ETF_NAV, unset::<record::EtfNav>();
    /// `0H` 주식예상체결.
    IndicativeMatch = "0H", "indicative_match", market::INDICATIVE_MATCH, unset::<record::IndicativeMatch>();
    /// `0I` 국제금환산가격.
    GoldPrice = "0I", "gold_price", stock::GOLD_PRICE, unset::<record::GoldPrice>();
    /// `0J` 업종지수.
    IndexValue = "0J", "index_value", index::INDEX_VALUE, unset::<record::IndexValue>();
    /// `0U` 업종등락.
    IndexBreadth = "0U", "index_breadth", index::INDEX_BREADTH, unset::<record::IndexBreadth>();
    /// `0g` 주식종목정보.
    InstrumentInfo = "0g", "instrument_info", stock::INSTRUMENT_INFO, unset::<record::InstrumentInfo>();
    /// `0m` ELW 이론가.
    WarrantTheory = "0m", "warrant_theory", stock::WARRANT_THEORY, unset::<record::WarrantTheory>();
    /// `0s` 장시작시간.
    SessionState = "0s", "session_state", index::SESSION_STATE, unset::<record::SessionState>();
    /// `0u` ELW 지표.
    WarrantIndicators = "0u", "warrant_indicators", stock::WARRANT_INDICATORS, unset::<record::WarrantIndicators>();
    /// `0w` 종목별프로그램매매.
    ProgramTrading = "0w", "program_trading", stock::PROGRAM_TRADING, unset::<record::ProgramTrading>();
    /// `1h` VI발동/해제.
    VolatilityInterruption = "1h", "volatility_interruption", stock::VOLATILITY_INTERRUPTION, unset::<record::VolatilityInterruption>();
    /// `02` 조건검색.
    ConditionMatch = "02", "condition_match", stock::CONDITION_MATCH, unset::<record::ConditionMatch>();
    /// `00` 주문체결.
    OrderUpdate = "00", "order_update", account::ORDER_UPDATE, unset::<record::OrderUpdate>();
    /// `04` 현물잔고.
    Balance = "04", "balance", account::BALANCE, unset::<record::Balance>();
    /// `F4` 해외주식주문, decoded only.
    UsOrder = "F4", "us_order", overseas::US_ORDER, Vec::new();
    /// `F5` 해외주식체결, decoded only.
    UsFill = "F5", "us_fill", overseas::US_FILL, Vec::new();
    /// `FE` 미국체결, decoded only.
    UsTrade = "FE", "us_trade", overseas::US_TRADE, Vec::new();
    /// `FT` 미국10호가, decoded only.
    UsDepth = "FT", "us_depth", overseas::US_DEPTH, Vec::new();
}

impl WireType {
    /// How many types have a record: the first so many of [`WireType::ALL`].
    pub const WITH_RECORD: usize = 20;

    /// Its place in [`WireType::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Whether the engine has a record for it.
    pub const fn has_record(self) -> bool {
        (self as usize) < Self::WITH_RECORD
    }

    /// Whether it tells about one's own account: such records travel on a ring that loses nothing.
    pub const fn is_account(self) -> bool {
        matches!(self, Self::OrderUpdate | Self::Balance)
    }

    /// The field with this number.
    pub fn field(self, fid: u16) -> Option<&'static Field> {
        self.fields().iter().find(|field| field.fid == fid)
    }
}
