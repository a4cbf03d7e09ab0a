//! The engine as a strategy in Rust sees it.

use core::ffi::c_char;
use core::fmt;
use core::fmt::Write;

use super::host::{HostContext, HostTable};
use crate::host::LogLevel;
use crate::instrument::Instrument;
use crate::order::{
    CancelRequest, ClientOrderId, OrderRequest, Position, ReplaceRequest, WorkingOrder,
};
use crate::pnl::Pnl;
use crate::record::InstrumentId;
use crate::refusal::Refusal;
use crate::units::{DurationNanos, Hundredths, Price, Quantity, UnixNanos};

/// Bytes of a line of the log; what is longer is cut.
const LOG_BYTES_MAX: usize = 1024;

/// What a strategy can do and ask: orders, time, timers, chance, log, instruments, positions, profit.
///
/// It is lent to each callback and is the strategy's **only** source of time and randomness: that is
/// what makes the same library decide the same in simulation, replay, backtest and live.
///
/// No call blocks, none allocates.
#[derive(Debug)]
pub struct Context<'a> {
    table: &'a HostTable,
    context: *mut HostContext,
}

/// Calls a function of the table, if it is there.
macro_rules! call {
    ($self:ident.$slot:ident($($argument:expr),*)) => {
        match $self.table.$slot {
            // SAFETY: `new` promised that table and context belong together and are good for `'a`;
            // the arguments are references, or pointers made from references that outlive the call.
            Some(function) => Refusal::from_code(unsafe { function($self.context, $($argument),*) }),
            None => Err(Refusal::Unsupported),
        }
    };
}

impl<'a> Context<'a> {
    /// # Safety
    /// `context` belongs to `table`, both stay good for `'a`, and this is the thread and the time in
    /// which the rules of the ABI allow calls.
    #[inline]
    pub(super) unsafe fn new(table: &'a HostTable, context: *mut HostContext) -> Self {
        Self { table, context }
    }

    /// Sends an order. The id is the engine's; what becomes of the order is told by `on_order`.
    ///
    /// # Errors
    /// Why it was not taken. Nothing was sent then.
    #[inline]
    pub fn submit(&mut self, order: OrderRequest) -> Result<ClientOrderId, Refusal> {
        let mut id = ClientOrderId::default();
        call!(self.submit(&raw const order, &raw mut id)).map(|()| id)
    }

    /// Changes price and open quantity of a working order.
    ///
    /// # Errors
    /// Why it was not taken. The order stands as it was.
    #[inline]
    pub fn replace(
        &mut self,
        order: ClientOrderId,
        price: Price,
        quantity: Quantity,
    ) -> Result<(), Refusal> {
        let request = ReplaceRequest { order, price, stop_price: Price::UNSET, quantity };
        call!(self.replace(&raw const request))
    }

    /// The same for a stop order.
    ///
    /// # Errors
    /// Why it was not taken. The order stands as it was.
    #[inline]
    pub fn replace_stop(&mut self, request: ReplaceRequest) -> Result<(), Refusal> {
        call!(self.replace(&raw const request))
    }

    /// Cancels all that is left of a working order.
    ///
    /// # Errors
    /// Why it was not taken. The order stands as it was.
    #[inline]
    pub fn cancel(&mut self, order: ClientOrderId) -> Result<(), Refusal> {
        self.cancel_part(order, Quantity::ZERO)
    }

    /// Cancels `quantity` shares of a working order.
    ///
    /// # Errors
    /// Why it was not taken. The order stands as it was.
    #[inline]
    pub fn cancel_part(&mut self, order: ClientOrderId, quantity: Quantity) -> Result<(), Refusal> {
        let request = CancelRequest { order, quantity };
        call!(self.cancel(&raw const request))
    }

    /// Cancels every working order of this strategy.
    ///
    /// # Errors
    /// Why it was not taken.
    pub fn cancel_all(&mut self) -> Result<(), Refusal> {
        call!(self.cancel_all())
    }

    /// The time: the same for the whole of a callback, the same in every replay.
    #[inline]
    pub fn now(&self) -> UnixNanos {
        // SAFETY: as in `call!`.
        UnixNanos::new(self.table.now.map_or(0, |function| unsafe { function(self.context) }))
    }

    /// The next number of the strategy's random sequence, evenly over all of `u64`; the same in every
    /// replay.
    #[inline]
    pub fn random(&mut self) -> u64 {
        // SAFETY: as in `call!`.
        self.table.random.map_or(0, |function| unsafe { function(self.context) })
    }

    /// Sets (or moves) the timer named `tag`, due once, `after` from now.
    ///
    /// # Errors
    /// [`Refusal::Full`] when too many are set.
    pub fn set_timer(&mut self, tag: u64, after: DurationNanos) -> Result<(), Refusal> {
        call!(self.set_timer(tag, after.raw(), 0))
    }

    /// Sets (or moves) the timer named `tag`, due every `period` from now.
    ///
    /// # Errors
    /// [`Refusal::Full`] when too many are set; [`Refusal::InvalidArgument`] for a period of zero.
    pub fn set_periodic_timer(&mut self, tag: u64, period: DurationNanos) -> Result<(), Refusal> {
        if period == DurationNanos::ZERO {
            return Err(Refusal::InvalidArgument);
        }
        call!(self.set_timer(tag, period.raw(), period.raw()))
    }

    /// Takes the timer named `tag` away.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when it is not set.
    pub fn cancel_timer(&mut self, tag: u64) -> Result<(), Refusal> {
        call!(self.cancel_timer(tag))
    }

    /// Writes a line to the log. Formats on the stack (a longer line is cut), never blocks, never
    /// allocates: `ctx.log(LogLevel::INFO, format_args!("spread {spread}"))`.
    pub fn log(&self, level: LogLevel, message: impl fmt::Display) {
        let mut line = Line { bytes: [0; LOG_BYTES_MAX], used: 0 };
        // A line that is too long ends the formatting early; what fits is written.
        let _ = write!(line, "{message}");
        if let Some(function) = self.table.log {
            // SAFETY: as in `call!`.
            unsafe { function(self.context, level, line.bytes.as_ptr().cast(), line.used) }
        }
    }

    /// [`log`](Self::log) at `ERROR`.
    pub fn error(&self, message: impl fmt::Display) {
        self.log(LogLevel::ERROR, message);
    }

    /// [`log`](Self::log) at `WARN`.
    pub fn warn(&self, message: impl fmt::Display) {
        self.log(LogLevel::WARN, message);
    }

    /// [`log`](Self::log) at `INFO`.
    pub fn info(&self, message: impl fmt::Display) {
        self.log(LogLevel::INFO, message);
    }

    /// [`log`](Self::log) at `DEBUG`.
    pub fn debug(&self, message: impl fmt::Display) {
        self.log(LogLevel::DEBUG, message);
    }

    /// Asks to be stopped after this callback, in order: working orders are cancelled, `on_stop` is
    /// called.
    pub fn stop(&mut self, reason: &str) {
        if let Some(function) = self.table.stop {
            // SAFETY: as in `call!`.
            unsafe { function(self.context, reason.as_ptr().cast(), reason.len()) }
        }
    }

    /// How many instruments this run has; their ids are `0..count`.
    pub fn instrument_count(&self) -> usize {
        // SAFETY: as in `call!`.
        self.table.instrument_count.map_or(0, |function| unsafe { function(self.context) }) as usize
    }

    /// An instrument by its id.
    pub fn instrument(&self, id: InstrumentId) -> Option<Instrument> {
        let mut instrument = Instrument::default();
        call!(self.instrument(id, &raw mut instrument)).ok().map(|()| instrument)
    }

    /// Every instrument of this run.
    pub fn instruments(&self) -> impl Iterator<Item = Instrument> {
        let count = u16::try_from(self.instrument_count()).unwrap_or(u16::MAX);
        (0..count).filter_map(|id| self.instrument(InstrumentId(id)))
    }

    /// The id of a code without a venue suffix (`005930`).
    pub fn find_instrument(&self, symbol: &str) -> Option<InstrumentId> {
        let mut id = InstrumentId::NONE;
        call!(self.find_instrument(symbol.as_ptr().cast(), symbol.len(), &raw mut id))
            .ok()
            .map(|()| id)
    }

    /// The text of a further field of the record that this callback is for, exactly as on the wire.
    /// Only FIDs that the configuration names are there.
    pub fn fid(&self, fid: u16) -> Option<&str> {
        let (mut text, mut length) = (core::ptr::null::<c_char>(), 0_usize);
        call!(self.field(fid, &raw mut text, &raw mut length)).ok()?;
        if length == 0 {
            return Some("");
        }
        if text.is_null() {
            return None;
        }
        // SAFETY: the host wrote `length` bytes that stay until the callback returns, which is after
        // the borrow of `self` ends.
        core::str::from_utf8(unsafe { core::slice::from_raw_parts(text.cast(), length) }).ok()
    }

    /// A further field as a whole number with its sign; `None` when it is absent, empty, or none.
    pub fn fid_number(&self, fid: u16) -> Option<i64> {
        self.fid(fid)?.trim().parse().ok()
    }

    /// A further field as a price, KRW; its sign (a colour mark) is dropped.
    pub fn fid_price(&self, fid: u16) -> Option<Price> {
        let number = i32::try_from(self.fid_number(fid)?.checked_abs()?).ok()?;
        Some(Price::new(number))
    }

    /// A further field as a number of shares, signed.
    pub fn fid_quantity(&self, fid: u16) -> Option<Quantity> {
        self.fid_number(fid).map(Quantity::new)
    }

    /// A further field with up to two decimals, signed (`"-4.18"`).
    pub fn fid_hundredths(&self, fid: u16) -> Option<Hundredths> {
        parse_hundredths(self.fid(fid)?.trim()).map(Hundredths::new)
    }

    /// What the strategy holds in an instrument, by its own fills.
    pub fn position(&self, instrument: InstrumentId) -> Position {
        let mut position = Position::flat(instrument);
        match call!(self.position(instrument, &raw mut position)) {
            Ok(()) => position,
            Err(_) => Position::flat(instrument),
        }
    }

    /// A working order by its id; `None` once nothing more can happen to it.
    pub fn working_order(&self, id: ClientOrderId) -> Option<WorkingOrder> {
        let mut order = WorkingOrder::default();
        call!(self.working_order(id, &raw mut order)).ok().map(|()| order)
    }

    /// Fills `buffer` with working orders, oldest first. Returns those that fitted, and how many
    /// there are in all.
    pub fn working_orders<'b>(
        &self,
        buffer: &'b mut [WorkingOrder],
    ) -> (&'b [WorkingOrder], usize) {
        let mut count = 0_usize;
        let places = (buffer.as_mut_ptr(), buffer.len());
        match call!(self.working_orders(places.0, places.1, &raw mut count)) {
            Ok(()) => {
                let fitted = count.min(buffer.len());
                (&buffer[..fitted], count)
            }
            Err(_) => (&[], 0),
        }
    }

    /// What this strategy earned today: of what it closed, of what it holds at the prices that the engine
    /// knew last, less fees and taxes. Renewed with each of its fills, before `on_order` tells of it, and
    /// at most four times a second as prices move; it does not change within a callback.
    ///
    /// [`Pnl::UNKNOWN`] under an engine of minor version 0.
    pub fn pnl(&self) -> Pnl {
        let mut pnl = Pnl::UNKNOWN;
        call!(self.pnl(&raw mut pnl)).map_or(Pnl::UNKNOWN, |()| pnl)
    }

    /// The same for the whole account: every strategy, and shares of earlier days and other hands.
    /// [`Pnl::UNKNOWN`] until the broker's books are known, so also in `dry-run`.
    pub fn account_pnl(&self) -> Pnl {
        let mut pnl = Pnl::UNKNOWN;
        call!(self.account_pnl(&raw mut pnl)).map_or(Pnl::UNKNOWN, |()| pnl)
    }

    /// Tells the host why the callback fails.
    pub(super) fn set_error(&self, text: &str) {
        if let Some(function) = self.table.set_error {
            // SAFETY: as in `call!`.
            unsafe { function(self.context, text.as_ptr().cast(), text.len()) }
        }
    }
}

/// A buffer on the stack that takes what fits, cut between characters.
struct Line {
    bytes: [u8; LOG_BYTES_MAX],
    used: usize,
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut end = text.len().min(LOG_BYTES_MAX - self.used);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.bytes[self.used..self.used + end].copy_from_slice(&text.as_bytes()[..end]);
        self.used += end;
        if end < text.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

/// `"-4.18"` is -418; more than two decimals is not a number of this kind.
fn parse_hundredths(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || decimals.len() > 2 || !is_digits(whole) || !is_digits(decimals) {
        return None;
    }
    let scale = [100, 10, 1][decimals.len()];
    let decimals = if decimals.is_empty() { 0 } else { decimals.parse::<i64>().ok()? };
    let number = whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(decimals * scale)?;
    Some(if negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hundredths_keep_the_sign_below_one() {
        let cases = [
            ("-4.18", Some(-418)),
            ("-0.04", Some(-4)),
            ("+12", Some(1200)),
            ("3.5", Some(350)),
            ("0", Some(0)),
            ("1.234", None),
            (".5", None),
            ("", None),
            ("--1", None),
            ("1e3", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_hundredths(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        let mut line = Line { bytes: [0; LOG_BYTES_MAX], used: 0 };
        let text = "삼".repeat(LOG_BYTES_MAX);
        assert!(write!(line, "x{text}").is_err());
        assert_eq!(line.used, 1 + (LOG_BYTES_MAX - 1) / 3 * 3);
        assert!(core::str::from_utf8(&line.bytes[..line.used]).is_ok());
    }
}
