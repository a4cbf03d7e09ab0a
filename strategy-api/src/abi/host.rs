//! The table of functions that the engine gives to a plugin.

use core::ffi::c_char;
use core::marker::{PhantomData, PhantomPinned};

use crate::host::LogLevel;
use crate::instrument::Instrument;
use crate::order::{
    CancelRequest, ClientOrderId, OrderRequest, Position, ReplaceRequest, WorkingOrder,
};
use crate::pnl::Pnl;
use crate::record::InstrumentId;

/// The engine's side of one instance: only the engine knows what is inside.
#[repr(C)]
pub struct HostContext {
    bytes: [u8; 0],
    /// Neither moved nor shared nor sent by safe code.
    marker: PhantomData<(*mut u8, PhantomPinned)>,
}

/// What the engine offers. Every function takes the context of `create` first. Those that return
/// `int32_t` return 0, or the code of a refusal (`Refusal`). In a table of this minor version no slot
/// is null.
///
/// A new minor version appends slots at the end.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct HostTable {
    /// `sizeof` this table, as the engine knows it.
    pub size: u32,
    /// `ABI_MAJOR` of the engine.
    pub abi_major: u16,
    /// `ABI_MINOR` of the engine.
    pub abi_minor: u16,

    /// Sends an order; writes its id to `*id`.
    pub submit: Option<
        unsafe extern "C" fn(
            context: *mut HostContext,
            order: *const OrderRequest,
            id: *mut ClientOrderId,
        ) -> i32,
    >,
    /// Changes price and quantity of a working order.
    pub replace: Option<
        unsafe extern "C" fn(context: *mut HostContext, request: *const ReplaceRequest) -> i32,
    >,
    /// Cancels a working order, whole or in part.
    pub cancel: Option<
        unsafe extern "C" fn(context: *mut HostContext, request: *const CancelRequest) -> i32,
    >,
    /// Cancels every working order of this strategy.
    pub cancel_all: Option<unsafe extern "C" fn(context: *mut HostContext) -> i32>,

    /// The strategy's clock, nanoseconds since 1970: the same for the whole of a callback, and the
    /// same in every replay. A strategy knows no other clock.
    pub now: Option<unsafe extern "C" fn(context: *mut HostContext) -> u64>,
    /// The next number of the strategy's random sequence; the same in every replay.
    pub random: Option<unsafe extern "C" fn(context: *mut HostContext) -> u64>,
    /// Sets (or moves) the timer named `tag`: due in `after_ns`, then every `period_ns` unless that
    /// is 0.
    pub set_timer: Option<
        unsafe extern "C" fn(
            context: *mut HostContext,
            tag: u64,
            after_ns: u64,
            period_ns: u64,
        ) -> i32,
    >,
    /// Takes a timer away.
    pub cancel_timer: Option<unsafe extern "C" fn(context: *mut HostContext, tag: u64) -> i32>,

    /// Writes a line to the log. Never blocks: a line that finds no room is dropped and counted.
    pub log: Option<
        unsafe extern "C" fn(
            context: *mut HostContext,
            level: LogLevel,
            text: *const c_char,
            length: usize,
        ),
    >,
    /// Says why the callback is about to return a status other than `STATUS_OK`.
    pub set_error:
        Option<unsafe extern "C" fn(context: *mut HostContext, text: *const c_char, length: usize)>,
    /// Asks to be stopped after this callback, in order: working orders are cancelled, `on_stop` is
    /// called. The text says why.
    pub stop: Option<
        unsafe extern "C" fn(context: *mut HostContext, reason: *const c_char, length: usize),
    >,

    /// How many instruments this run has; their ids are 0 to this less one.
    pub instrument_count: Option<unsafe extern "C" fn(context: *mut HostContext) -> u32>,
    /// Writes what is known about an instrument to `*instrument`.
    pub instrument: Option<
        unsafe extern "C" fn(
            context: *mut HostContext,
            id: InstrumentId,
            instrument: *mut Instrument,
        ) -> i32,
    >,
    /// Finds an instrument by its code without a venue suffix; writes its id to `*id`.
    pub find_instrument: Option<
        unsafe extern "C" fn(
            context: *mut HostContext,
            symbol: *const c_char,
            length: usize,
            id: *mut InstrumentId,
        ) -> i32,
    >,
    /// The text of a further field of the record that the current callback is for, exactly as on the
    /// wire; such fields are named in the configuration. Writes where it stands (until the callback
    /// returns) and its length.
    pub field: Option<
        unsafe extern "C" fn(
            context: *mut HostContext,
            fid: u16,
            text: *mut *const c_char,
            length: *mut usize,
        ) -> i32,
    >,
    /// Writes what the strategy holds in an instrument to `*position`.
    pub position: Option<
        unsafe extern "C" fn(
            context: *mut HostContext,
            instrument: InstrumentId,
            position: *mut Position,
        ) -> i32,
    >,
    /// Writes a working order to `*order`.
    pub working_order: Option<
        unsafe extern "C" fn(
            context: *mut HostContext,
            id: ClientOrderId,
            order: *mut WorkingOrder,
        ) -> i32,
    >,
    /// Writes at most `capacity` working orders, oldest first, and their whole number to `*count`.
    pub working_orders: Option<
        unsafe extern "C" fn(
            context: *mut HostContext,
            orders: *mut WorkingOrder,
            capacity: usize,
            count: *mut usize,
        ) -> i32,
    >,
    /// In `create` only: the value of a key of the parameters, as text (a string without its quotes,
    /// anything else as TOML writes it); a key inside a table is written `table.key`. Writes where it
    /// stands (until `create` returns) and its length. A plugin that reads its parameters this way
    /// must ask for every key that the user may write: what it did not ask for is refused as unknown.
    pub param: Option<
        unsafe extern "C" fn(
            context: *mut HostContext,
            key: *const c_char,
            key_length: usize,
            text: *mut *const c_char,
            length: *mut usize,
        ) -> i32,
    >,

    /// Since minor version 1: writes what this strategy earned today to `*pnl`. Amounts are unset where
    /// nobody has told them.
    pub pnl: Option<unsafe extern "C" fn(context: *mut HostContext, pnl: *mut Pnl) -> i32>,
    /// Since minor version 1: the same for the whole account.
    pub account_pnl: Option<unsafe extern "C" fn(context: *mut HostContext, pnl: *mut Pnl) -> i32>,
}

impl HostTable {
    /// Bytes of a table of minor version 0: the least that any engine brings.
    pub const SIZE_MIN: usize = core::mem::offset_of!(Self, param) + size_of::<usize>();

    /// A table of this version with every slot null.
    pub const EMPTY: Self = Self {
        size: size_of::<Self>() as u32,
        abi_major: super::ABI_MAJOR,
        abi_minor: super::ABI_MINOR,
        submit: None,
        replace: None,
        cancel: None,
        cancel_all: None,
        now: None,
        random: None,
        set_timer: None,
        cancel_timer: None,
        log: None,
        set_error: None,
        stop: None,
        instrument_count: None,
        instrument: None,
        find_instrument: None,
        field: None,
        position: None,
        working_order: None,
        working_orders: None,
        param: None,
        pnl: None,
        account_pnl: None,
    };
}
