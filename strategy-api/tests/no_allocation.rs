//! After warm-up nothing between the engine and a strategy allocates: neither the glue of a callback
//! nor a call of the context. Strategy and host stand in one process here, so that one counting
//! allocator sees both sides.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ffi::c_char;

use strategy_api::abi::{Bridge, PluginInstance, STATUS_OK, table};
use strategy_api::host::Host;
use strategy_api::*;

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator with the same arguments.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations_of(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.with(Cell::get);
    work();
    ALLOCATIONS.with(Cell::get) - before
}

/// Uses everything that a context offers.
struct Busy;

impl Strategy for Busy {
    type Params = NoParams;

    fn new(_: NoParams, _: &mut Context<'_>) -> Result<Self, Error> {
        Ok(Self)
    }

    fn on_trade(&mut self, ctx: &mut Context<'_>, trade: &Trade) -> Outcome {
        let at = trade.header.instrument;
        let order = Order::limit(at, Venue::KRX, Side::BUY, trade.price, Quantity::new(1));
        let id = ctx.submit(order)?;
        ctx.replace(id, trade.price, Quantity::ZERO)?;
        ctx.cancel(id)?;
        ctx.cancel_all()?;
        ctx.set_timer(1, DurationNanos::from_secs(1))?;
        ctx.cancel_timer(1)?;
        let chance = ctx.random();
        ctx.info(format_args!("{} at {:?} {chance}", trade.price, ctx.now()));
        assert_eq!(ctx.fid_hundredths(30), Some(Hundredths::new(-3197)));
        assert_eq!(ctx.fid(31), None);
        let symbol = ctx.instrument(at).unwrap_or_default().symbol;
        assert_eq!(ctx.find_instrument(symbol.as_str()), Some(at));
        assert_eq!(ctx.position(at).quantity, Quantity::ZERO);
        let mut orders = [WorkingOrder::default(); 4];
        assert_eq!(ctx.working_orders(&mut orders).1, 0);
        assert_eq!(ctx.pnl(), Pnl::ZERO);
        assert_eq!(ctx.account_pnl(), Pnl::UNKNOWN);
        Ok(())
    }
}

/// Says yes to everything and allocates nothing.
#[derive(Default)]
struct Yes {
    logged: usize,
    samsung: Instrument,
}

impl Host for Yes {
    fn submit(&mut self, _: &OrderRequest) -> Result<ClientOrderId, Refusal> {
        Ok(ClientOrderId(1))
    }
    fn replace(&mut self, _: &ReplaceRequest) -> Result<(), Refusal> {
        Ok(())
    }
    fn cancel(&mut self, _: &CancelRequest) -> Result<(), Refusal> {
        Ok(())
    }
    fn cancel_all(&mut self) -> Result<(), Refusal> {
        Ok(())
    }
    fn now(&self) -> UnixNanos {
        UnixNanos::new(1)
    }
    fn random(&mut self) -> u64 {
        4
    }
    fn set_timer(&mut self, _: u64, _: DurationNanos, _: DurationNanos) -> Result<(), Refusal> {
        Ok(())
    }
    fn cancel_timer(&mut self, _: u64) -> Result<(), Refusal> {
        Ok(())
    }
    fn log(&mut self, _: LogLevel, text: &str) {
        self.logged += text.len();
    }
    fn instrument_count(&self) -> usize {
        1
    }
    fn instrument(&self, id: InstrumentId) -> Option<&Instrument> {
        (id == InstrumentId(0)).then_some(&self.samsung)
    }
    fn find_instrument(&self, symbol: &str) -> Option<InstrumentId> {
        (self.samsung.symbol == symbol).then_some(InstrumentId(0))
    }
    fn position(&self, instrument: InstrumentId) -> Position {
        Position::flat(instrument)
    }
    fn working_order(&self, _: ClientOrderId) -> Option<WorkingOrder> {
        None
    }
    fn working_orders(&self, _: &mut [WorkingOrder]) -> usize {
        0
    }
    fn pnl(&self) -> Pnl {
        Pnl::ZERO
    }
}

#[test]
fn a_callback_and_every_call_of_the_context_allocate_nothing() {
    let plugin = table::<Busy>(c"busy", c"1", c"");
    let symbol = Symbol::new("005930").unwrap();
    let samsung = Instrument { id: InstrumentId(0), symbol, ..Instrument::default() };
    let mut bridge = Bridge::new(Yes { logged: 0, samsung });

    let mut instance: *mut PluginInstance = std::ptr::null_mut();
    let params: *const c_char = c"".as_ptr();
    // SAFETY: the table is that of `Busy`; the bridge outlives the instance.
    let status = unsafe {
        plugin.create.unwrap()(bridge.table(), bridge.raw_context(), params, 0, &raw mut instance)
    };
    assert_eq!(status, STATUS_OK);

    let mut trade = Trade::unset();
    trade.header.instrument = InstrumentId(0);
    trade.price = Price::new(60_700);
    let mut extras = Extras::unset();
    assert!(extras.push(30, b"-31.97"));
    let call = |bridge: &mut Bridge<Yes>| {
        bridge.push_extras(extras.words_used());
        // SAFETY: the instance is alive and nothing else calls it.
        let status = unsafe { plugin.on_trade.unwrap()(instance, &raw const trade) };
        bridge.clear_extras();
        assert_eq!(status, STATUS_OK, "{}", bridge.take_error());
    };
    call(&mut bridge);
    let count = allocations_of(|| (0..1000).for_each(|_| call(&mut bridge)));
    assert_eq!(count, 0);
    assert!(bridge.host().logged > 1000);
    // SAFETY: made above, destroyed once.
    unsafe { plugin.destroy.unwrap()(instance) };
}

#[test]
fn the_counter_is_awake() {
    assert_eq!(allocations_of(|| drop(std::hint::black_box(Box::new(1_u64)))), 1);
}
