//! Puts a safe [`Host`] behind the C table of functions.
//!
//! One generic trampoline per slot checks the arguments, finds the state behind the context pointer
//! and calls the host. A panic of the host must not unwind through the plugin's frames: it is kept
//! and goes on once the callback has returned ([`Bridge::check_panic`]).
//!
//! # Hot path
//! A call through the table allocates nothing, locks nothing and calls no kernel, as far as the host
//! does not. Extra fields are copied into one buffer that is reused.

use core::any::Any;
use core::ffi::c_char;
use core::marker::PhantomData;
use core::ptr::NonNull;
use std::borrow::Cow;
use std::boxed::Box;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::string::String;
use std::vec::Vec;

use super::context::Context;
use super::host::{HostContext, HostTable};
use super::params::Params;
use crate::host::{Host, LogLevel};
use crate::instrument::Instrument;
use crate::order::{
    CancelRequest, ClientOrderId, OrderRequest, Position, ReplaceRequest, WorkingOrder,
};
use crate::pnl::Pnl;
use crate::record::{InstrumentId, RECORD_WORDS_MAX, extra_fields, header_of};
use crate::refusal::Refusal;
use crate::units::DurationNanos;

/// Words of extra fields that are kept without allocating: several full records.
const EXTRAS_WORDS: usize = 8 * RECORD_WORDS_MAX;
/// Bytes of an error or a reason that are kept.
const MESSAGE_BYTES_MAX: usize = 4096;

/// What a callback left behind, to be looked at after it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Pending(u8);

impl Pending {
    const STOP: u8 = 1;
    const PANIC: u8 = 2;

    /// Whether there is anything at all; the usual answer is no.
    #[inline]
    pub const fn any(self) -> bool {
        self.0 != 0
    }

    /// Whether the plugin asked to be stopped.
    #[inline]
    pub const fn stop(self) -> bool {
        self.0 & Self::STOP != 0
    }

    /// Whether a function of the host panicked.
    #[inline]
    pub const fn host_panic(self) -> bool {
        self.0 & Self::PANIC != 0
    }
}

/// Owns a host and what stands between it and a plugin. The table and the context that a plugin gets
/// stay at their address until this is dropped.
#[derive(Debug)]
pub struct Bridge<H: Host> {
    state: NonNull<State<H>>,
    /// Apart from the state: it is read while a function of it changes the state.
    table: NonNull<HostTable>,
    owns: PhantomData<State<H>>,
}

/// What the context pointer leads to.
struct State<H> {
    host: H,
    /// `Extras` records of the current event, one behind the other.
    extras: Vec<u64>,
    error: String,
    stop_reason: String,
    params_text: String,
    params: Option<Result<Params, String>>,
    panic: Option<Box<dyn Any + Send>>,
    pending: Pending,
}

// SAFETY: a bridge is the only owner of its state, as a `Box` would be; the pointers that a plugin
// keeps are used inside callbacks only, on the thread that owns the bridge (rules of the ABI).
unsafe impl<H: Host + Send> Send for Bridge<H> {}

impl<H: Host> Bridge<H> {
    /// Puts `host` behind a table.
    pub fn new(host: H) -> Self {
        let state = Box::new(State {
            host,
            extras: Vec::with_capacity(EXTRAS_WORDS),
            error: String::new(),
            stop_reason: String::new(),
            params_text: String::new(),
            params: None,
            panic: None,
            pending: Pending::default(),
        });
        let table = Box::new(table_of::<H>());
        Self {
            state: NonNull::from(Box::leak(state)),
            table: NonNull::from(Box::leak(table)),
            owns: PhantomData,
        }
    }

    /// The host.
    #[inline]
    pub fn host(&self) -> &H {
        &self.state().host
    }

    /// The host, to change it between callbacks.
    #[inline]
    pub fn host_mut(&mut self) -> &mut H {
        &mut self.state_mut().host
    }

    /// The table for `create`.
    pub fn table(&self) -> *const HostTable {
        self.table.as_ptr()
    }

    /// The context for `create`.
    pub fn raw_context(&self) -> *mut HostContext {
        self.state.as_ptr().cast()
    }

    /// The safe view that a strategy in Rust has of this host.
    pub fn context(&mut self) -> Context<'_> {
        // SAFETY: table and context live as long as `self`, which stays borrowed.
        unsafe { Context::new(&*self.table(), self.raw_context()) }
    }

    /// What the last callback left behind.
    #[inline]
    pub fn pending(&self) -> Pending {
        // SAFETY: as in `state`; one byte is read.
        unsafe { (*self.state.as_ptr()).pending }
    }

    /// Adds an `Extras` record to those of the next event. What stands behind the record in `words` is
    /// left out; words that are no such record are not taken.
    #[inline]
    pub fn push_extras(&mut self, words: &[u64]) {
        let size = header_of(words).map_or(0, |header| usize::from(header.size) / 8);
        if let Some(record) = words.get(..size) {
            self.state_mut().extras.extend_from_slice(record);
        }
    }

    /// Whether there are extra fields for the next event.
    #[inline]
    pub fn has_extras(&self) -> bool {
        !self.state().extras.is_empty()
    }

    /// Header of the last `Extras` record that was pushed.
    pub fn extras_header(&self) -> Option<&crate::record::Header> {
        header_of(&self.state().extras)
    }

    /// Forgets the extra fields.
    #[inline]
    pub fn clear_extras(&mut self) {
        self.state_mut().extras.clear();
    }

    /// Takes what `set_error` was told.
    pub fn take_error(&mut self) -> String {
        core::mem::take(&mut self.state_mut().error)
    }

    /// Takes the wish to be stopped, with its reason.
    pub fn take_stop(&mut self) -> Option<String> {
        let state = self.state_mut();
        if !state.pending.stop() {
            return None;
        }
        state.pending.0 &= !Pending::STOP;
        Some(core::mem::take(&mut state.stop_reason))
    }

    /// Goes on with a panic of the host that was held back while the plugin's frames were below.
    ///
    /// # Panics
    /// When a function of the host panicked during the last callback.
    pub fn check_panic(&mut self) {
        let state = self.state_mut();
        if let Some(payload) = state.panic.take() {
            state.pending.0 &= !Pending::PANIC;
            resume_unwind(payload);
        }
    }

    /// Lets the plugin ask for single keys of `text` (TOML) from now on.
    pub fn open_params(&mut self, text: &str) {
        let state = self.state_mut();
        state.params_text = String::from(text);
        state.params = None;
    }

    /// Ends that. Where the plugin asked for keys one by one, returns those that it did not ask for:
    /// the user wrote something that nobody knows.
    pub fn close_params(&mut self) -> Vec<String> {
        let state = self.state_mut();
        state.params_text = String::new();
        match state.params.take() {
            Some(Ok(params)) => params.unknown().into_iter().map(String::from).collect(),
            _ => Vec::new(),
        }
    }

    #[inline]
    fn state(&self) -> &State<H> {
        // SAFETY: `state` came from a box and is freed in `drop` only. A plugin reaches it through
        // the context pointer, but inside callbacks only, and whoever calls one gives up its borrows
        // first: callbacks are entered with the raw pointer, not through `&self`.
        unsafe { self.state.as_ref() }
    }

    #[inline]
    fn state_mut(&mut self) -> &mut State<H> {
        // SAFETY: as in `state`; `self` is borrowed exclusively.
        unsafe { self.state.as_mut() }
    }
}

impl<H: Host> Drop for Bridge<H> {
    fn drop(&mut self) {
        // SAFETY: made by `Box::leak` in `new`, freed once.
        drop(unsafe { Box::from_raw(self.state.as_ptr()) });
        // SAFETY: likewise.
        drop(unsafe { Box::from_raw(self.table.as_ptr()) });
    }
}

impl<H: Host> State<H> {
    /// Calls into the host and keeps its panic.
    #[inline]
    fn guard<R>(&mut self, otherwise: R, call: impl FnOnce(&mut Self) -> R) -> R {
        match catch_unwind(AssertUnwindSafe(|| call(self))) {
            Ok(result) => result,
            Err(payload) => {
                self.panic = Some(payload);
                self.pending.0 |= Pending::PANIC;
                otherwise
            }
        }
    }

    /// The same for calls that give a code.
    #[inline]
    fn answer(&mut self, call: impl FnOnce(&mut Self) -> Result<(), Refusal>) -> i32 {
        let result = self.guard(Err(Refusal::Internal), call);
        result.map_or_else(Refusal::code, |()| 0)
    }

    fn ask_param(&mut self, key: &str) -> Result<&str, Refusal> {
        let text = &self.params_text;
        match self.params.get_or_insert_with(|| Params::parse(text)) {
            Ok(params) => params.ask(key).ok_or(Refusal::NotFound),
            Err(_) => Err(Refusal::InvalidArgument),
        }
    }

    fn find_field(&self, fid: u16) -> Option<&[u8]> {
        let mut rest = &self.extras[..];
        while let Some(header) = header_of(rest) {
            let words = (header.size as usize / 8).clamp(1, rest.len());
            if let Some((_, text)) = extra_fields(&rest[..words]).find(|(f, _)| *f == fid) {
                return Some(text);
            }
            rest = &rest[words..];
        }
        None
    }
}

/// The state behind a context pointer.
///
/// # Safety
/// `context` is null or came from a living `Bridge<H>`, and no other reference to its state is live.
#[inline]
unsafe fn state_of<'a, H: Host>(context: *mut HostContext) -> Option<&'a mut State<H>> {
    // SAFETY: the caller's promise.
    unsafe { context.cast::<State<H>>().as_mut() }
}

/// The bytes that a plugin points at; `None` for null with a length.
///
/// # Safety
/// `bytes` is null or points at `length` bytes that stay as they are for `'a`.
unsafe fn bytes_of<'a>(bytes: *const c_char, length: usize) -> Option<&'a [u8]> {
    if length == 0 {
        return Some(&[]);
    }
    if bytes.is_null() || length > isize::MAX as usize {
        return None;
    }
    // SAFETY: not null, and the caller's promise.
    Some(unsafe { core::slice::from_raw_parts(bytes.cast(), length) })
}

/// The text that a plugin points at, made valid where it is not, cut to a sane length.
///
/// # Safety
/// As for [`bytes_of`].
unsafe fn message_of<'a>(bytes: *const c_char, length: usize) -> Cow<'a, str> {
    // SAFETY: the caller's promise.
    let bytes = unsafe { bytes_of(bytes, length.min(MESSAGE_BYTES_MAX)) };
    String::from_utf8_lossy(bytes.unwrap_or_default())
}

/// Reads what a plugin points at; `None` for null.
///
/// # Safety
/// `value` is null or points at a readable `T`.
unsafe fn read<T: Copy>(value: *const T) -> Option<T> {
    if value.is_null() {
        return None;
    }
    // SAFETY: not null, and the caller's promise; foreign code may not know about alignment.
    Some(unsafe { value.read_unaligned() })
}

/// Writes a result to where a plugin wants it.
///
/// # Safety
/// `place` is null or points at a writable `T`.
unsafe fn write<T: Copy>(place: *mut T, value: T) -> Result<(), Refusal> {
    if place.is_null() {
        return Err(Refusal::InvalidArgument);
    }
    // SAFETY: not null, and the caller's promise.
    unsafe { place.write_unaligned(value) };
    Ok(())
}

const BAD: i32 = Refusal::InvalidArgument.code();

// Every trampoline below is unsafe for the same reason: it is called by a plugin, which promises by
// the rules of the ABI that `context` is the one it was given, that it calls inside a callback on the
// callback's thread, and that its pointers are null or good for the type (and length) that the table
// names. `Bridge` hands the context out for `H` only together with the table made for `H`.

unsafe extern "C" fn submit<H: Host>(
    context: *mut HostContext,
    order: *const OrderRequest,
    id: *mut ClientOrderId,
) -> i32 {
    // SAFETY: rules of the ABI, above.
    let (Some(state), Some(order)) = (unsafe { state_of::<H>(context) }, unsafe { read(order) })
    else {
        return BAD;
    };
    if id.is_null() {
        return BAD;
    }
    state.answer(|state| {
        order.check()?;
        if state.host.instrument(order.instrument).is_none() {
            return Err(Refusal::UnknownInstrument);
        }
        let given = state.host.submit(&order)?;
        // SAFETY: rules of the ABI, above.
        unsafe { write(id, given) }
    })
}

unsafe extern "C" fn replace<H: Host>(
    context: *mut HostContext,
    request: *const ReplaceRequest,
) -> i32 {
    // SAFETY: rules of the ABI, above.
    match (unsafe { state_of::<H>(context) }, unsafe { read(request) }) {
        (Some(state), Some(request)) => {
            state.answer(|state| request.check().and_then(|()| state.host.replace(&request)))
        }
        _ => BAD,
    }
}

unsafe extern "C" fn cancel<H: Host>(
    context: *mut HostContext,
    request: *const CancelRequest,
) -> i32 {
    // SAFETY: rules of the ABI, above.
    match (unsafe { state_of::<H>(context) }, unsafe { read(request) }) {
        (Some(state), Some(request)) => {
            state.answer(|state| request.check().and_then(|()| state.host.cancel(&request)))
        }
        _ => BAD,
    }
}

unsafe extern "C" fn cancel_all<H: Host>(context: *mut HostContext) -> i32 {
    // SAFETY: rules of the ABI, above.
    unsafe { state_of::<H>(context) }.map_or(BAD, |s| s.answer(|s| s.host.cancel_all()))
}

unsafe extern "C" fn now<H: Host>(context: *mut HostContext) -> u64 {
    // SAFETY: rules of the ABI, above.
    unsafe { state_of::<H>(context) }.map_or(0, |s| s.guard(0, |s| s.host.now().raw()))
}

unsafe extern "C" fn random<H: Host>(context: *mut HostContext) -> u64 {
    // SAFETY: rules of the ABI, above.
    unsafe { state_of::<H>(context) }.map_or(0, |s| s.guard(0, |s| s.host.random()))
}

unsafe extern "C" fn set_timer<H: Host>(
    context: *mut HostContext,
    tag: u64,
    after_ns: u64,
    period_ns: u64,
) -> i32 {
    let (after, period) = (DurationNanos::new(after_ns), DurationNanos::new(period_ns));
    if !after.is_set() || !period.is_set() {
        return BAD;
    }
    // SAFETY: rules of the ABI, above.
    unsafe { state_of::<H>(context) }
        .map_or(BAD, |s| s.answer(|s| s.host.set_timer(tag, after, period)))
}

unsafe extern "C" fn cancel_timer<H: Host>(context: *mut HostContext, tag: u64) -> i32 {
    // SAFETY: rules of the ABI, above.
    unsafe { state_of::<H>(context) }.map_or(BAD, |s| s.answer(|s| s.host.cancel_timer(tag)))
}

unsafe extern "C" fn log<H: Host>(
    context: *mut HostContext,
    level: LogLevel,
    text: *const c_char,
    length: usize,
) {
    // SAFETY: rules of the ABI, above.
    if let Some(state) = unsafe { state_of::<H>(context) } {
        // SAFETY: rules of the ABI, above.
        let text = unsafe { message_of(text, length) };
        state.guard((), |state| state.host.log(level, &text));
    }
}

unsafe extern "C" fn set_error<H: Host>(
    context: *mut HostContext,
    text: *const c_char,
    length: usize,
) {
    // SAFETY: rules of the ABI, above.
    if let Some(state) = unsafe { state_of::<H>(context) } {
        // SAFETY: rules of the ABI, above.
        state.error = unsafe { message_of(text, length) }.into_owned();
    }
}

unsafe extern "C" fn stop<H: Host>(
    context: *mut HostContext,
    reason: *const c_char,
    length: usize,
) {
    // SAFETY: rules of the ABI, above.
    if let Some(state) = unsafe { state_of::<H>(context) } {
        // SAFETY: rules of the ABI, above.
        state.stop_reason = unsafe { message_of(reason, length) }.into_owned();
        state.pending.0 |= Pending::STOP;
    }
}

unsafe extern "C" fn instrument_count<H: Host>(context: *mut HostContext) -> u32 {
    // SAFETY: rules of the ABI, above.
    unsafe { state_of::<H>(context) }
        .map_or(0, |s| s.guard(0, |s| s.host.instrument_count() as u32))
}

unsafe extern "C" fn instrument<H: Host>(
    context: *mut HostContext,
    id: InstrumentId,
    place: *mut Instrument,
) -> i32 {
    // SAFETY: rules of the ABI, above.
    unsafe { state_of::<H>(context) }.map_or(BAD, |state| {
        state.answer(|state| {
            let found = state.host.instrument(id).ok_or(Refusal::UnknownInstrument)?;
            // SAFETY: rules of the ABI, above.
            unsafe { write(place, *found) }
        })
    })
}

unsafe extern "C" fn find_instrument<H: Host>(
    context: *mut HostContext,
    symbol: *const c_char,
    length: usize,
    id: *mut InstrumentId,
) -> i32 {
    // SAFETY: rules of the ABI, above.
    let (state, symbol) = unsafe { (state_of::<H>(context), bytes_of(symbol, length)) };
    let symbol = symbol.and_then(|bytes| core::str::from_utf8(bytes).ok());
    let (Some(state), Some(symbol)) = (state, symbol) else {
        return BAD;
    };
    state.answer(|state| {
        let found = state.host.find_instrument(symbol).ok_or(Refusal::UnknownInstrument)?;
        // SAFETY: rules of the ABI, above.
        unsafe { write(id, found) }
    })
}

unsafe extern "C" fn field<H: Host>(
    context: *mut HostContext,
    fid: u16,
    text: *mut *const c_char,
    length: *mut usize,
) -> i32 {
    // SAFETY: rules of the ABI, above.
    unsafe { state_of::<H>(context) }.map_or(BAD, |state| {
        state.answer(|state| {
            let found = state.find_field(fid).ok_or(Refusal::NotFound)?;
            // SAFETY: rules of the ABI, above.
            unsafe { write(text, found.as_ptr().cast()).and_then(|()| write(length, found.len())) }
        })
    })
}

unsafe extern "C" fn position<H: Host>(
    context: *mut HostContext,
    instrument: InstrumentId,
    place: *mut Position,
) -> i32 {
    // SAFETY: rules of the ABI, above.
    unsafe { state_of::<H>(context) }.map_or(BAD, |state| {
        state.answer(|state| {
            let position = state.host.position(instrument);
            // SAFETY: rules of the ABI, above.
            unsafe { write(place, position) }
        })
    })
}

unsafe extern "C" fn working_order<H: Host>(
    context: *mut HostContext,
    id: ClientOrderId,
    place: *mut WorkingOrder,
) -> i32 {
    // SAFETY: rules of the ABI, above.
    unsafe { state_of::<H>(context) }.map_or(BAD, |state| {
        state.answer(|state| {
            let order = state.host.working_order(id).ok_or(Refusal::UnknownOrder)?;
            // SAFETY: rules of the ABI, above.
            unsafe { write(place, order) }
        })
    })
}

unsafe extern "C" fn working_orders<H: Host>(
    context: *mut HostContext,
    orders: *mut WorkingOrder,
    capacity: usize,
    count: *mut usize,
) -> i32 {
    if (orders.is_null() && capacity > 0)
        || !orders.is_aligned()
        || capacity > isize::MAX as usize / size_of::<WorkingOrder>()
    {
        return BAD;
    }
    let places: &mut [WorkingOrder] = if capacity == 0 {
        &mut []
    } else {
        // SAFETY: not null, aligned, a sane length, initialised by the plugin (rules of the ABI).
        unsafe { core::slice::from_raw_parts_mut(orders, capacity) }
    };
    // SAFETY: rules of the ABI, above.
    unsafe { state_of::<H>(context) }.map_or(BAD, |state| {
        state.answer(|state| {
            let found = state.host.working_orders(places);
            // SAFETY: rules of the ABI, above.
            unsafe { write(count, found) }
        })
    })
}

unsafe extern "C" fn param<H: Host>(
    context: *mut HostContext,
    key: *const c_char,
    key_length: usize,
    text: *mut *const c_char,
    length: *mut usize,
) -> i32 {
    // SAFETY: rules of the ABI, above.
    let (state, key) = unsafe { (state_of::<H>(context), bytes_of(key, key_length)) };
    let key = key.and_then(|bytes| core::str::from_utf8(bytes).ok());
    let (Some(state), Some(key)) = (state, key) else {
        return BAD;
    };
    state.answer(|state| {
        let found = state.ask_param(key)?;
        // SAFETY: rules of the ABI, above.
        unsafe { write(text, found.as_ptr().cast()).and_then(|()| write(length, found.len())) }
    })
}

unsafe extern "C" fn pnl<H: Host>(context: *mut HostContext, place: *mut Pnl) -> i32 {
    // SAFETY: rules of the ABI, above.
    unsafe { state_of::<H>(context) }.map_or(BAD, |state| {
        state.answer(|state| {
            let pnl = state.host.pnl();
            // SAFETY: rules of the ABI, above.
            unsafe { write(place, pnl) }
        })
    })
}

unsafe extern "C" fn account_pnl<H: Host>(context: *mut HostContext, place: *mut Pnl) -> i32 {
    // SAFETY: rules of the ABI, above.
    unsafe { state_of::<H>(context) }.map_or(BAD, |state| {
        state.answer(|state| {
            let pnl = state.host.account_pnl();
            // SAFETY: rules of the ABI, above.
            unsafe { write(place, pnl) }
        })
    })
}

/// The table whose functions lead to a host of type `H`.
const fn table_of<H: Host>() -> HostTable {
    HostTable {
        submit: Some(submit::<H>),
        replace: Some(replace::<H>),
        cancel: Some(cancel::<H>),
        cancel_all: Some(cancel_all::<H>),
        now: Some(now::<H>),
        random: Some(random::<H>),
        set_timer: Some(set_timer::<H>),
        cancel_timer: Some(cancel_timer::<H>),
        log: Some(log::<H>),
        set_error: Some(set_error::<H>),
        stop: Some(stop::<H>),
        instrument_count: Some(instrument_count::<H>),
        instrument: Some(instrument::<H>),
        find_instrument: Some(find_instrument::<H>),
        field: Some(field::<H>),
        position: Some(position::<H>),
        working_order: Some(working_order::<H>),
        working_orders: Some(working_orders::<H>),
        param: Some(param::<H>),
        pnl: Some(pnl::<H>),
        account_pnl: Some(account_pnl::<H>),
        ..HostTable::EMPTY
    }
}
