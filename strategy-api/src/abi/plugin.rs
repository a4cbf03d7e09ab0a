//! The table that a plugin exports.

use core::ffi::c_char;
use core::marker::{PhantomData, PhantomPinned};

use super::host::{HostContext, HostTable};
use crate::record::{
    Balance, BestQuote, BrokerFlow, ConditionMatch, Depth, EtfNav, FeedEvent, GoldPrice,
    IndexBreadth, IndexValue, IndicativeMatch, IndicativePrice, InstrumentInfo, OffHoursQuote,
    OrderReport, OrderUpdate, ProgramTrading, SessionChange, SessionState, Trade,
    VolatilityInterruption, WarrantIndicators, WarrantTheory,
};

/// An instance of a strategy: only the plugin knows what is inside.
#[repr(C)]
pub struct PluginInstance {
    bytes: [u8; 0],
    /// Neither moved nor shared nor sent by safe code.
    marker: PhantomData<(*mut u8, PhantomPinned)>,
}

/// What a plugin exports. A callback may be null, then it is skipped and its events cost nothing;
/// `create` and `destroy` must be there.
///
/// A new minor version appends slots at the end.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct PluginTable {
    /// `sizeof` this table, as the plugin knows it.
    pub size: u32,
    /// `ABI_MAJOR` that the plugin was compiled with.
    pub abi_major: u16,
    /// `ABI_MINOR` that the plugin was compiled with.
    pub abi_minor: u16,
    /// Name of the strategy. UTF-8, NUL-terminated, not empty, below `PLUGIN_TEXT_BYTES_MAX` bytes.
    pub name: *const c_char,
    /// Its version, likewise; may be null.
    pub version: *const c_char,
    /// What it does, in a line, likewise; may be null.
    pub description: *const c_char,

    /// Makes an instance. `params` is the strategy's table of the configuration as TOML text (UTF-8,
    /// `params_length` bytes, not NUL-terminated); the host's function `param` reads single keys of
    /// it. Writes the instance to `*instance` and returns `STATUS_OK`, or returns another status
    /// after `set_error`. `host` and `context` stay valid until `destroy` returns.
    pub create: Option<
        unsafe extern "C" fn(
            host: *const HostTable,
            context: *mut HostContext,
            params: *const c_char,
            params_length: usize,
            instance: *mut *mut PluginInstance,
        ) -> i32,
    >,
    /// Frees an instance. Not called for one that panicked.
    pub destroy: Option<unsafe extern "C" fn(instance: *mut PluginInstance)>,
    /// The engine is ready; events follow. Orders may be sent from here on.
    pub on_start: Option<unsafe extern "C" fn(instance: *mut PluginInstance) -> i32>,
    /// The last call before `destroy`. Not called for an instance that failed.
    pub on_stop: Option<unsafe extern "C" fn(instance: *mut PluginInstance) -> i32>,
    /// The timer named `tag` is due, set for `due_ns` (nanoseconds since 1970).
    pub on_timer:
        Option<unsafe extern "C" fn(instance: *mut PluginInstance, tag: u64, due_ns: u64) -> i32>,
    /// The state of the feed changed, or records were lost.
    pub on_feed: Option<
        unsafe extern "C" fn(instance: *mut PluginInstance, record: *const FeedEvent) -> i32,
    >,
    /// Something happened to an order of this strategy.
    pub on_order: Option<
        unsafe extern "C" fn(instance: *mut PluginInstance, record: *const OrderReport) -> i32,
    >,

    /// `0B` 주식체결.
    pub on_trade:
        Option<unsafe extern "C" fn(instance: *mut PluginInstance, record: *const Trade) -> i32>,
    /// `0D` 주식호가잔량.
    pub on_depth:
        Option<unsafe extern "C" fn(instance: *mut PluginInstance, record: *const Depth) -> i32>,
    /// `0C` 주식우선호가.
    pub on_best_quote: Option<
        unsafe extern "C" fn(instance: *mut PluginInstance, record: *const BestQuote) -> i32,
    >,
    /// `0A` 주식기세.
    pub on_indicative_price: Option<
        unsafe extern "C" fn(instance: *mut PluginInstance, record: *const IndicativePrice) -> i32,
    >,
    /// `0E` 주식시간외호가.
    pub on_off_hours_quote: Option<
        unsafe extern "C" fn(instance: *mut PluginInstance, record: *const OffHoursQuote) -> i32,
    >,
    /// `0F` 주식당일거래원.
    pub on_broker_flow: Option<
        unsafe extern "C" fn(instance: *mut PluginInstance, record: *const BrokerFlow) -> i32,
    >,
    /// `0G` ETF NAV.
    pub on_etf_nav:
        Option<unsafe extern "C" fn(instance: *mut PluginInstance, record: *const EtfNav) -> i32>,
    /// `0H` 주식예상체결.
    pub on_indicative_match: Option<
        unsafe extern "C" fn(instance: *mut PluginInstance, record: *const IndicativeMatch) -> i32,
    >,
    /// `0I` 국제금환산가격.
    pub on_gold_price: Option<
        unsafe extern "C" fn(instance: *mut PluginInstance, record: *const GoldPrice) -> i32,
    >,
    /// `0J` 업종지수.
    pub on_index_value: Option<
        unsafe extern "C" fn(instance: *mut PluginInstance, record: *const IndexValue) -> i32,
    >,
    /// `0U` 업종등락.
    pub on_index_breadth: Option<
        unsafe extern "C" fn(instance: *mut PluginInstance, record: *const IndexBreadth) -> i32,
    >,
    /// `0g` 주식종목정보.
    pub on_instrument_info: Option<
        unsafe extern "C" fn(instance: *mut PluginInstance, record: *const InstrumentInfo) -> i32,
    >,
    /// `0m` ELW 이론가.
    pub on_warrant_theory: Option<
        unsafe extern "C" fn(instance: *mut PluginInstance, record: *const WarrantTheory) -> i32,
    >,
    /// `0s` 장시작시간.
    pub on_session_state: Option<
        unsafe extern "C" fn(instance: *mut PluginInstance, record: *const SessionState) -> i32,
    >,
    /// `0u` ELW 지표.
    pub on_warrant_indicators: Option<
        unsafe extern "C" fn(
            instance: *mut PluginInstance,
            record: *const WarrantIndicators,
        ) -> i32,
    >,
    /// `0w` 종목별프로그램매매.
    pub on_program_trading: Option<
        unsafe extern "C" fn(instance: *mut PluginInstance, record: *const ProgramTrading) -> i32,
    >,
    /// `1h` VI발동/해제.
    pub on_volatility_interruption: Option<
        unsafe extern "C" fn(
            instance: *mut PluginInstance,
            record: *const VolatilityInterruption,
        ) -> i32,
    >,
    /// `02` 조건검색.
    pub on_condition_match: Option<
        unsafe extern "C" fn(instance: *mut PluginInstance, record: *const ConditionMatch) -> i32,
    >,
    /// `00` 주문체결: an order of the account, as the broker tells it. `on_order` is what a strategy
    /// usually wants.
    pub on_order_update: Option<
        unsafe extern "C" fn(instance: *mut PluginInstance, record: *const OrderUpdate) -> i32,
    >,
    /// `04` 현물잔고: a position of the account, as the broker tells it.
    pub on_balance:
        Option<unsafe extern "C" fn(instance: *mut PluginInstance, record: *const Balance) -> i32>,

    /// Since minor version 1: a venue is in another phase of its day. Each venue is told once right
    /// after `on_start`, before any record of the market.
    pub on_session: Option<
        unsafe extern "C" fn(instance: *mut PluginInstance, record: *const SessionChange) -> i32,
    >,
}

// SAFETY: the table is read only, and its pointers lead to constants of the library that holds it,
// which is never unloaded.
unsafe impl Sync for PluginTable {}
// SAFETY: as for `Sync`.
unsafe impl Send for PluginTable {}

impl PluginTable {
    /// Bytes that a table of minor version 0 has: the least that any plugin brings.
    pub const SIZE_MIN: usize = core::mem::offset_of!(Self, on_balance) + size_of::<usize>();

    /// Bytes that a table of this minor version has at least.
    pub const fn size_of_minor(minor: u16) -> usize {
        // Append here when a minor version appends slots.
        match minor {
            0 => Self::SIZE_MIN,
            _ => core::mem::offset_of!(Self, on_session) + size_of::<usize>(),
        }
    }

    /// A table of this version without any callback.
    pub const EMPTY: Self = Self {
        size: size_of::<Self>() as u32,
        abi_major: super::ABI_MAJOR,
        abi_minor: super::ABI_MINOR,
        name: core::ptr::null(),
        version: core::ptr::null(),
        description: core::ptr::null(),
        create: None,
        destroy: None,
        on_start: None,
        on_stop: None,
        on_timer: None,
        on_feed: None,
        on_order: None,
        on_trade: None,
        on_depth: None,
        on_best_quote: None,
        on_indicative_price: None,
        on_off_hours_quote: None,
        on_broker_flow: None,
        on_etf_nav: None,
        on_indicative_match: None,
        on_gold_price: None,
        on_index_value: None,
        on_index_breadth: None,
        on_instrument_info: None,
        on_warrant_theory: None,
        on_session_state: None,
        on_warrant_indicators: None,
        on_program_trading: None,
        on_volatility_interruption: None,
        on_condition_match: None,
        on_order_update: None,
        on_balance: None,
        on_session: None,
    };
}
