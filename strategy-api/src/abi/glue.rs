//! The plugin's side in Rust: turns the C callbacks into calls of a [`Strategy`].
//!
//! # Hot path
//! A callback finds the instance, makes a [`Context`] on the stack and calls the method inside
//! `catch_unwind`, which costs nothing while nobody panics. It allocates nothing.

use core::any::Any;
use core::ffi::{CStr, c_char};
use std::boxed::Box;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::string::{String, ToString};
use std::sync::Once;

use super::context::Context;
use super::host::{HostContext, HostTable};
use super::plugin::{PluginInstance, PluginTable};
use super::{ABI_MAJOR, STATUS_ERROR, STATUS_OK, STATUS_PANIC, STATUS_VERSION};
use crate::error::Error;
use crate::record::Kind;
use crate::strategy::{Outcome, Strategy, params_from_toml};
use crate::units::UnixNanos;

/// What the instance pointer of a Rust plugin leads to.
struct Shell<S> {
    strategy: S,
    /// Our own copy: the engine's table may be longer or shorter than ours.
    host: HostTable,
    context: *mut HostContext,
}

/// The table of a strategy.
pub const fn table<S: Strategy>(
    name: &'static CStr,
    version: &'static CStr,
    description: &'static CStr,
) -> PluginTable {
    macro_rules! slot {
        ($kind:ident, $callback:ident) => {
            if S::KINDS.contains(Kind::$kind) { Some($callback::<S>) } else { None }
        };
    }
    PluginTable {
        name: name.as_ptr(),
        version: version.as_ptr(),
        description: description.as_ptr(),
        create: Some(create::<S>),
        destroy: Some(destroy::<S>),
        on_start: Some(on_start::<S>),
        on_stop: Some(on_stop::<S>),
        on_timer: Some(on_timer::<S>),
        on_feed: slot!(FEED_EVENT, on_feed),
        on_order: slot!(ORDER_REPORT, on_order),
        on_trade: slot!(TRADE, on_trade),
        on_depth: slot!(DEPTH, on_depth),
        on_best_quote: slot!(BEST_QUOTE, on_best_quote),
        on_indicative_price: slot!(INDICATIVE_PRICE, on_indicative_price),
        on_off_hours_quote: slot!(OFF_HOURS_QUOTE, on_off_hours_quote),
        on_broker_flow: slot!(BROKER_FLOW, on_broker_flow),
        on_etf_nav: slot!(ETF_NAV, on_etf_nav),
        on_indicative_match: slot!(INDICATIVE_MATCH, on_indicative_match),
        on_gold_price: slot!(GOLD_PRICE, on_gold_price),
        on_index_value: slot!(INDEX_VALUE, on_index_value),
        on_index_breadth: slot!(INDEX_BREADTH, on_index_breadth),
        on_instrument_info: slot!(INSTRUMENT_INFO, on_instrument_info),
        on_warrant_theory: slot!(WARRANT_THEORY, on_warrant_theory),
        on_session_state: slot!(SESSION_STATE, on_session_state),
        on_warrant_indicators: slot!(WARRANT_INDICATORS, on_warrant_indicators),
        on_program_trading: slot!(PROGRAM_TRADING, on_program_trading),
        on_volatility_interruption: slot!(VOLATILITY_INTERRUPTION, on_volatility_interruption),
        on_condition_match: slot!(CONDITION_MATCH, on_condition_match),
        on_order_update: slot!(ORDER_UPDATE, on_order_update),
        on_balance: slot!(BALANCE, on_balance),
        on_session: slot!(SESSION_CHANGE, on_session),
        ..PluginTable::EMPTY
    }
}

/// A string literal that ends in NUL as a C string; for `export_strategy!`, at compile time.
///
/// # Panics
/// When there is a NUL before the end, or none.
pub const fn c_text(text: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(text.as_bytes()) {
        Ok(text) => text,
        Err(_) => panic!("the name, version and description of the package hold no NUL"),
    }
}

/// Copies the engine's table as far as both sides know it; what is missing stays null.
///
/// # Safety
/// `host` is null or points at a table whose `size` says how many bytes are there.
unsafe fn copy_host(host: *const HostTable) -> Option<HostTable> {
    if host.is_null() {
        return None;
    }
    // SAFETY: the first 8 bytes are there in every version.
    let (size, major) = unsafe { ((*host).size as usize, (*host).abi_major) };
    if major != ABI_MAJOR || size < HostTable::SIZE_MIN {
        return None;
    }
    let mut copy = HostTable::EMPTY;
    // SAFETY: both tables have that many bytes; a slot is a pointer or null in either.
    unsafe {
        core::ptr::copy_nonoverlapping(
            host.cast::<u8>(),
            (&raw mut copy).cast::<u8>(),
            size.min(size_of::<HostTable>()),
        );
    }
    Some(copy)
}

unsafe extern "C" fn create<S: Strategy>(
    host: *const HostTable,
    context: *mut HostContext,
    params: *const c_char,
    params_length: usize,
    instance: *mut *mut PluginInstance,
) -> i32 {
    catch_messages();
    // SAFETY: the host promises a table that is good (rules of the ABI).
    let Some(table) = (unsafe { copy_host(host) }) else {
        return STATUS_VERSION;
    };
    // SAFETY: the host promises that both belong together and stay until `destroy`.
    let mut view = unsafe { Context::new(&table, context) };
    let result = catch_unwind(AssertUnwindSafe(|| {
        let bytes: &[u8] = if params_length == 0 {
            &[]
        } else {
            // SAFETY: the host promises `params_length` bytes until we return.
            unsafe { core::slice::from_raw_parts(params.cast(), params_length) }
        };
        let text = core::str::from_utf8(bytes)?;
        S::new(params_from_toml(text)?, &mut view)
    }));
    match result {
        Ok(Ok(strategy)) => {
            let shell = Box::new(Shell { strategy, host: table, context });
            // SAFETY: the host promises a place for the instance.
            unsafe { instance.write(Box::into_raw(shell).cast()) };
            STATUS_OK
        }
        Ok(Err(error)) => failed(&view, &error),
        Err(payload) => panicked(&view, payload),
    }
}

unsafe extern "C" fn destroy<S: Strategy>(instance: *mut PluginInstance) {
    if instance.is_null() {
        return;
    }
    // SAFETY: made by `create::<S>` and destroyed once (rules of the ABI).
    let shell = unsafe { Box::from_raw(instance.cast::<Shell<S>>()) };
    let Shell { strategy, host, context } = *shell;
    if let Err(payload) = catch_unwind(AssertUnwindSafe(move || drop(strategy))) {
        // SAFETY: still inside `destroy`, until whose end both stay good.
        let context = unsafe { Context::new(&host, context) };
        panicked(&context, payload);
    }
}

/// Runs a method of the strategy; a panic ends here.
///
/// # Safety
/// `instance` came from `create::<S>`, is not destroyed, and no other callback of it is running.
#[inline]
unsafe fn enter<S: Strategy>(
    instance: *mut PluginInstance,
    method: impl FnOnce(&mut S, &mut Context<'_>) -> Outcome,
) -> i32 {
    // SAFETY: the caller's promise.
    let shell = unsafe { &mut *instance.cast::<Shell<S>>() };
    // SAFETY: we are inside a callback of this instance.
    let mut context = unsafe { Context::new(&shell.host, shell.context) };
    let strategy = &mut shell.strategy;
    match catch_unwind(AssertUnwindSafe(|| method(strategy, &mut context))) {
        Ok(Ok(())) => STATUS_OK,
        Ok(Err(error)) => failed(&context, &error),
        Err(payload) => panicked(&context, payload),
    }
}

#[cold]
fn failed(context: &Context<'_>, error: &Error) -> i32 {
    context.set_error(error.message());
    STATUS_ERROR
}

#[cold]
fn panicked(context: &Context<'_>, payload: Box<dyn Any + Send>) -> i32 {
    let told = MESSAGE.with(|message| core::mem::take(&mut *message.borrow_mut()));
    if told.is_empty() {
        context.set_error(words_of(&*payload));
    } else {
        context.set_error(&told);
    }
    // Whatever the payload is, its destructor must not run here: it could panic again.
    core::mem::forget(payload);
    STATUS_PANIC
}

fn words_of(payload: &dyn Any) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without words")
}

unsafe extern "C" fn on_start<S: Strategy>(instance: *mut PluginInstance) -> i32 {
    catch_messages();
    // SAFETY: rules of the ABI.
    unsafe { enter::<S>(instance, |strategy, ctx| strategy.on_start(ctx)) }
}

unsafe extern "C" fn on_stop<S: Strategy>(instance: *mut PluginInstance) -> i32 {
    // SAFETY: rules of the ABI.
    unsafe { enter::<S>(instance, |strategy, ctx| strategy.on_stop(ctx)) }
}

unsafe extern "C" fn on_timer<S: Strategy>(
    instance: *mut PluginInstance,
    tag: u64,
    due_ns: u64,
) -> i32 {
    let due = UnixNanos::new(due_ns);
    // SAFETY: rules of the ABI.
    unsafe { enter::<S>(instance, |strategy, ctx| strategy.on_timer(ctx, tag, due)) }
}

macro_rules! callbacks {
    ($($callback:ident($record:ident)),* $(,)?) => {$(
        unsafe extern "C" fn $callback<S: Strategy>(
            instance: *mut PluginInstance,
            record: *const crate::record::$record,
        ) -> i32 {
            // SAFETY: rules of the ABI; the record stays as it is until we return.
            unsafe { enter::<S>(instance, |strategy, ctx| strategy.$callback(ctx, &*record)) }
        }
    )*};
}

callbacks! {
    on_feed(FeedEvent),
    on_order(OrderReport),
    on_trade(Trade),
    on_depth(Depth),
    on_best_quote(BestQuote),
    on_indicative_price(IndicativePrice),
    on_off_hours_quote(OffHoursQuote),
    on_broker_flow(BrokerFlow),
    on_etf_nav(EtfNav),
    on_indicative_match(IndicativeMatch),
    on_gold_price(GoldPrice),
    on_index_value(IndexValue),
    on_index_breadth(IndexBreadth),
    on_instrument_info(InstrumentInfo),
    on_warrant_theory(WarrantTheory),
    on_session_state(SessionState),
    on_warrant_indicators(WarrantIndicators),
    on_program_trading(ProgramTrading),
    on_volatility_interruption(VolatilityInterruption),
    on_condition_match(ConditionMatch),
    on_order_update(OrderUpdate),
    on_balance(Balance),
    on_session(SessionChange),
}

std::thread_local! {
    /// Whether the engine calls us on this thread.
    static ENGINE_THREAD: Cell<bool> = const { Cell::new(false) };
    /// Words and place of the last panic on this thread.
    static MESSAGE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Makes panics on this thread keep their words and place for the engine instead of printing them.
/// Threads that the strategy started print as ever. The hook is this library's own: each plugin
/// brings its own standard library.
fn catch_messages() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !ENGINE_THREAD.with(Cell::get) {
                return before(info);
            }
            let text = words_of(info.payload());
            let place = info.location().map(ToString::to_string).unwrap_or_default();
            MESSAGE.with(|message| *message.borrow_mut() = std::format!("{text} ({place})"));
        }));
    });
    ENGINE_THREAD.with(|flag| flag.set(true));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::STATUS_OK;
    use crate::pnl::Pnl;
    use crate::strategy::NoParams;

    /// Says what it sees of the profit, as the reason of its stop.
    struct Teller;

    impl Strategy for Teller {
        type Params = NoParams;

        fn new(_: NoParams, _: &mut Context<'_>) -> Result<Self, Error> {
            Ok(Self)
        }

        fn on_start(&mut self, ctx: &mut Context<'_>) -> Outcome {
            assert_eq!((ctx.pnl(), ctx.account_pnl()), (Pnl::UNKNOWN, Pnl::UNKNOWN));
            assert_eq!(ctx.find_instrument("005930"), None);
            Err(Error::new("looked"))
        }
    }

    /// Runs `Teller` under this table; what `create` and `on_start` said.
    fn run(host: &HostTable) -> (i32, Option<i32>) {
        let plugin = table::<Teller>(c"teller", c"", c"");
        let mut instance = core::ptr::null_mut();
        let (context, params) = (core::ptr::null_mut(), c"".as_ptr());
        // SAFETY: the functions of `host` ignore their context; the place is writable.
        let made = unsafe { plugin.create.unwrap()(host, context, params, 0, &raw mut instance) };
        if made != STATUS_OK {
            return (made, None);
        }
        // SAFETY: made above, alive, destroyed once.
        let started = unsafe {
            let started = plugin.on_start.unwrap()(instance);
            plugin.destroy.unwrap()(instance);
            started
        };
        (made, Some(started))
    }

    unsafe extern "C" fn must_not_be_called(_: *mut HostContext, _: *mut Pnl) -> i32 {
        panic!("what lies behind an older engine's table was called")
    }

    #[test]
    fn a_plugin_runs_under_an_engine_of_minor_version_0_without_the_newer_functions() {
        // An older engine's table ends before these slots: what lies there means nothing.
        let older = HostTable {
            size: HostTable::SIZE_MIN as u32,
            abi_minor: 0,
            pnl: Some(must_not_be_called),
            account_pnl: Some(must_not_be_called),
            ..HostTable::EMPTY
        };
        assert_eq!(HostTable::SIZE_MIN, core::mem::offset_of!(HostTable, pnl));
        assert_eq!(run(&older), (STATUS_OK, Some(STATUS_ERROR)));
    }

    #[test]
    fn a_plugin_refuses_an_engine_with_a_shorter_table_than_any_had() {
        let short = HostTable { size: HostTable::SIZE_MIN as u32 - 8, ..HostTable::EMPTY };
        assert_eq!(run(&short), (STATUS_VERSION, None));
    }
}
