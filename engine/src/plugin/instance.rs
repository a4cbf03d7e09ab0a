//! One running strategy: its callbacks and the host behind it.
//!
//! # Hot path
//! [`Instance::dispatch`] is one load from a small table and one call through a function pointer. It
//! allocates nothing, locks nothing, formats nothing and makes no system call; what the strategy does
//! in its callback is its own affair. Budget: 1 ns over a plain call.

use std::ffi::c_void;
use std::ptr::NonNull;

use strategy_api::abi::{Bridge, PluginInstance, PluginTable, STATUS_OK, STATUS_PANIC};
use strategy_api::host::Host;
use strategy_api::record::{
    Balance, BestQuote, BrokerFlow, ConditionMatch, Depth, EtfNav, FeedEvent, GoldPrice, Header,
    IndexBreadth, IndexValue, IndicativeMatch, IndicativePrice, InstrumentInfo, OffHoursQuote,
    OrderReport, OrderUpdate, ProgramTrading, Record, SessionChange, SessionState, Trade,
    VolatilityInterruption, WarrantIndicators, WarrantTheory, header_of,
};
use strategy_api::{Flags, Kind, Kinds, UnixNanos};

use super::error::{PluginError, StopCause, StopReport, Stopped};

/// One slot for every number that a kind can have, so that the look-up needs no check.
const SLOTS: usize = 256;

/// A callback for some record.
type Callback = unsafe extern "C" fn(*mut PluginInstance, *const c_void) -> i32;

/// What happens with a record of one kind.
#[derive(Clone, Copy)]
struct Slot {
    callback: Callback,
    /// Words of the record; the callback reads that many.
    words: usize,
}

impl Slot {
    /// A kind that the strategy has no callback for: no record has so many words, so that one comparison
    /// tells both what is not wanted and what is too short.
    const NONE: Self = Self { callback: nobody, words: usize::MAX };

    fn has_callback(&self) -> bool {
        self.words != usize::MAX
    }
}

unsafe extern "C" fn nobody(_: *mut PluginInstance, _: *const c_void) -> i32 {
    STATUS_OK
}

/// One running strategy. It is made on any thread and then lives on one.
pub struct Instance<H: Host> {
    slots: [Slot; SLOTS],
    instance: NonNull<PluginInstance>,
    /// Whether extra fields wait for their record.
    has_extras: bool,
    bridge: Bridge<H>,
    stopped: Option<Stopped>,
    table: PluginTable,
    name: String,
}

// SAFETY: the rules of the ABI let `create` run on another thread than the callbacks, as long as no
// two calls run at once: `&mut self` sees to that. The host has to be `Send` itself.
unsafe impl<H: Host + Send> Send for Instance<H> {}

impl<H: Host> std::fmt::Debug for Instance<H> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance")
            .field("name", &self.name)
            .field("stopped", &self.stopped)
            .finish_non_exhaustive()
    }
}

impl<H: Host> Instance<H> {
    /// Calls `create` of a table that was checked.
    pub(super) fn create(
        table: &PluginTable,
        name: &str,
        params: &str,
        host: H,
    ) -> Result<Self, PluginError> {
        let name = name.to_string();
        let Some(create) = table.create else {
            unreachable!("`Plugin::load` refuses a table without `create`");
        };
        let mut bridge = Bridge::new(host);
        bridge.open_params(params);
        let mut instance = std::ptr::null_mut();
        // SAFETY: the table was checked; host table and context live in `bridge`, which outlives the
        // instance; the text is valid for the call; `instance` takes the result.
        let status = unsafe {
            create(
                bridge.table(),
                bridge.raw_context(),
                params.as_ptr().cast(),
                params.len(),
                &raw mut instance,
            )
        };
        let unknown = bridge.close_params();
        bridge.check_panic();
        if status != STATUS_OK {
            let mut message = bridge.take_error();
            if message.is_empty() {
                message = format!("`create` returned status {status} without a word");
            }
            return Err(if status == STATUS_PANIC {
                PluginError::Panicked { name, message }
            } else {
                PluginError::Refused { name, message }
            });
        }
        let Some(instance) = NonNull::new(instance) else {
            return Err(PluginError::NoInstance { name });
        };
        let slots = slots_of(table);
        let made =
            Self { slots, instance, has_extras: false, bridge, stopped: None, table: *table, name };
        if unknown.is_empty() {
            return Ok(made);
        }
        // `made` is dropped here, which destroys the instance.
        Err(PluginError::UnknownParameters { name: made.name.clone(), keys: unknown })
    }

    /// Name in this run.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the strategy has a callback for records of this kind.
    pub fn wants(&self, kind: Kind) -> bool {
        self.slots[usize::from(kind.0)].has_callback()
    }

    /// The host.
    #[inline]
    pub fn host(&self) -> &H {
        self.bridge.host()
    }

    /// The host, to change it between callbacks.
    #[inline]
    pub fn host_mut(&mut self) -> &mut H {
        self.bridge.host_mut()
    }

    /// Why it has stopped, once it has.
    pub fn stopped(&self) -> Option<&Stopped> {
        self.stopped.as_ref()
    }

    /// Hands a record to the strategy. `words` come from a ring: the record from its header on. An
    /// `Extras` record is kept for the record behind it.
    ///
    /// # Errors
    /// The strategy has stopped, in this callback or before. Its working orders have to be cancelled;
    /// it takes no more records.
    ///
    /// # Panics
    /// When a function of the host panicked during the callback.
    #[inline(always)]
    pub fn dispatch(&mut self, words: &[u64]) -> Result<(), Stopped> {
        let Some(header) = header_of(words) else {
            debug_assert!(false, "a record is at least a header long");
            return Ok(());
        };
        let slot = self.slots[usize::from(header.kind.0)];
        if words.len() < slot.words {
            return self.skip(words, header.kind);
        }
        if self.has_extras {
            return self.dispatch_with_extras(words, header, slot.callback);
        }
        // SAFETY: the callback belongs to the kind in the header, whose record has `slot.words`
        // words; they are there, aligned, and stay as they are during the call. The instance is
        // alive, and `&mut self` lets no second callback run.
        let status = unsafe { (slot.callback)(self.instance.as_ptr(), words.as_ptr().cast()) };
        if status != STATUS_OK || self.bridge.pending().any() {
            return self.conclude(callback_name(header.kind), status);
        }
        Ok(())
    }

    /// The same with further fields in front of the record, if they are indeed those of this record.
    #[inline(never)]
    fn dispatch_with_extras(
        &mut self,
        words: &[u64],
        header: &Header,
        callback: Callback,
    ) -> Result<(), Stopped> {
        if !self.extras_belong_to(header) {
            self.bridge.clear_extras();
        }
        // SAFETY: as in `dispatch`, which has checked the words.
        let status = unsafe { callback(self.instance.as_ptr(), words.as_ptr().cast()) };
        self.has_extras = false;
        self.bridge.clear_extras();
        if status != STATUS_OK || self.bridge.pending().any() {
            return self.conclude(callback_name(header.kind), status);
        }
        Ok(())
    }

    /// A record without a callback: fields for the next record are kept, those of this one forgotten.
    /// A stopped strategy has no callbacks any more, so its records end here, too.
    #[inline(never)]
    fn skip(&mut self, words: &[u64], kind: Kind) -> Result<(), Stopped> {
        if self.wants(kind) {
            debug_assert!(false, "a record is as long as its kind says");
            return Ok(());
        }
        if let Some(stopped) = &self.stopped {
            return Err(stopped.clone());
        }
        self.has_extras = kind == Kind::EXTRAS;
        if self.has_extras {
            // Those of a record that was lost must not be mixed with these.
            if header_of(words).is_some_and(|header| !self.is_same_frame(header)) {
                self.bridge.clear_extras();
            }
            self.bridge.push_extras(words);
        } else {
            self.bridge.clear_extras();
        }
        Ok(())
    }

    /// Forgets further fields whose record does not come (the strategy did not ask for it, or it was
    /// lost).
    pub fn forget_extras(&mut self) {
        self.has_extras = false;
        self.bridge.clear_extras();
    }

    /// Tells the strategy that the engine is ready.
    ///
    /// # Errors
    /// The strategy has stopped.
    ///
    /// # Panics
    /// When a function of the host panicked during the callback.
    pub fn start(&mut self) -> Result<(), Stopped> {
        self.call("on_start", |this| match this.table.on_start {
            // SAFETY: the instance is alive, and `&mut self` lets no second callback run.
            Some(callback) => unsafe { callback(this.instance.as_ptr()) },
            None => STATUS_OK,
        })
    }

    /// Tells the strategy that a timer is due.
    ///
    /// # Errors
    /// The strategy has stopped.
    ///
    /// # Panics
    /// When a function of the host panicked during the callback.
    #[inline]
    pub fn timer(&mut self, tag: u64, due: UnixNanos) -> Result<(), Stopped> {
        self.call("on_timer", |this| match this.table.on_timer {
            // SAFETY: the instance is alive, and `&mut self` lets no second callback run.
            Some(callback) => unsafe { callback(this.instance.as_ptr(), tag, due.raw()) },
            None => STATUS_OK,
        })
    }

    /// Lets the strategy say goodbye (`on_stop`), unless it failed before; then it takes no more
    /// records.
    ///
    /// # Errors
    /// `on_stop` itself failed.
    ///
    /// # Panics
    /// When a function of the host panicked during the callback.
    pub fn stop(&mut self) -> Result<(), Stopped> {
        if self.stopped.as_ref().is_some_and(Stopped::is_failure) {
            return Ok(());
        }
        self.stopped = None;
        let result = self.call("on_stop", |this| match this.table.on_stop {
            // SAFETY: the instance is alive, and `&mut self` lets no second callback run.
            Some(callback) => unsafe { callback(this.instance.as_ptr()) },
            None => STATUS_OK,
        });
        match result {
            Err(stopped) if stopped.is_failure() => Err(stopped),
            _ => {
                self.table.on_stop = None;
                let message = String::from("the engine stopped it");
                self.remember("on_stop", StopCause::Requested, message);
                Ok(())
            }
        }
    }

    #[inline]
    fn call(
        &mut self,
        name: &'static str,
        callback: impl FnOnce(&mut Self) -> i32,
    ) -> Result<(), Stopped> {
        if let Some(stopped) = &self.stopped {
            return Err(stopped.clone());
        }
        let status = callback(self);
        if status != STATUS_OK || self.bridge.pending().any() {
            return self.conclude(name, status);
        }
        Ok(())
    }

    /// Extra fields stand right before their record and come from the same frame.
    fn extras_belong_to(&self, header: &Header) -> bool {
        header.flags.contains(Flags::HAS_EXTRAS) && self.is_same_frame(header)
    }

    /// Whether the fields that wait are of the same frame and instrument.
    fn is_same_frame(&self, header: &Header) -> bool {
        self.bridge.extras_header().is_some_and(|extras| {
            extras.instrument == header.instrument && extras.ts_recv == header.ts_recv
        })
    }

    /// What a callback meant that did not simply return.
    #[cold]
    fn conclude(&mut self, name: &'static str, status: i32) -> Result<(), Stopped> {
        self.bridge.check_panic();
        let stop = self.bridge.take_stop();
        let (cause, message) = match (status, stop) {
            (STATUS_OK, Some(reason)) => (StopCause::Requested, reason),
            (STATUS_OK, None) => return Ok(()),
            (STATUS_PANIC, _) => (StopCause::Panic, self.bridge.take_error()),
            (strategy_api::abi::STATUS_ERROR, _) => (StopCause::Error, self.bridge.take_error()),
            (other, _) => (StopCause::UnknownStatus(other), self.bridge.take_error()),
        };
        Err(self.remember(name, cause, message))
    }

    fn remember(&mut self, callback: &'static str, cause: StopCause, message: String) -> Stopped {
        let message =
            if message.is_empty() { String::from("(it did not say why)") } else { message };
        let report = StopReport { name: self.name.clone(), callback, cause, message };
        // From here on every record takes the way of those that nobody wants.
        self.slots = [Slot::NONE; SLOTS];
        self.stopped.insert(Stopped::new(report)).clone()
    }
}

impl<H: Host> Drop for Instance<H> {
    fn drop(&mut self) {
        let panicked =
            self.stopped.as_ref().is_some_and(|stopped| stopped.report().cause == StopCause::Panic);
        if let (Some(destroy), false) = (self.table.destroy, panicked) {
            // SAFETY: the instance came from `create` of this table and is destroyed once; the bridge
            // is still there. One that panicked is left alone: its state may be broken.
            unsafe { destroy(self.instance.as_ptr()) };
        }
    }
}

/// Makes the list of callbacks by kind: for each record its type, field of the table.
macro_rules! record_slots {
    ($($record:ident => $field:ident),* $(,)?) => {
        fn slots_of(table: &PluginTable) -> [Slot; SLOTS] {
            let mut slots = [Slot::NONE; SLOTS];
            $(
                let typed: Option<
                    unsafe extern "C" fn(*mut PluginInstance, *const $record) -> i32,
                > = table.$field;
                if let Some(callback) = typed {
                    // SAFETY: both are pointers to functions that differ only in what a thin pointer
                    // points at, which is the same calling convention.
                    let callback = unsafe {
                        std::mem::transmute::<
                            unsafe extern "C" fn(*mut PluginInstance, *const $record) -> i32,
                            Callback,
                        >(callback)
                    };
                    let words = size_of::<$record>() / 8;
                    slots[usize::from(<$record as Record>::KIND.0)] = Slot { callback, words };
                }
            )*
            slots
        }

        /// How the callback for a kind is called in the table.
        fn callback_name(kind: Kind) -> &'static str {
            match kind {
                $(<$record as Record>::KIND => stringify!($field),)*
                _ => "?",
            }
        }

        /// The kinds that a table has a callback for.
        pub(super) fn kinds_of(table: &PluginTable) -> Kinds {
            let mut kinds = Kinds::NONE;
            $(if table.$field.is_some() { kinds = kinds.with(<$record as Record>::KIND); })*
            kinds
        }
    };
}

record_slots! {
    FeedEvent => on_feed,
    OrderReport => on_order,
    Trade => on_trade,
    Depth => on_depth,
    BestQuote => on_best_quote,
    IndicativePrice => on_indicative_price,
    OffHoursQuote => on_off_hours_quote,
    BrokerFlow => on_broker_flow,
    EtfNav => on_etf_nav,
    IndicativeMatch => on_indicative_match,
    GoldPrice => on_gold_price,
    IndexValue => on_index_value,
    IndexBreadth => on_index_breadth,
    InstrumentInfo => on_instrument_info,
    WarrantTheory => on_warrant_theory,
    SessionState => on_session_state,
    WarrantIndicators => on_warrant_indicators,
    ProgramTrading => on_program_trading,
    VolatilityInterruption => on_volatility_interruption,
    ConditionMatch => on_condition_match,
    OrderUpdate => on_order_update,
    Balance => on_balance,
    SessionChange => on_session,
}
