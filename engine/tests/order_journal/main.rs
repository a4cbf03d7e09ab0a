//! The journal on a real disk: cut anywhere, damaged anywhere, gone on with, and read by the command.

#[path = "../keeper/mod.rs"]
mod keeper;

use engine::journal::{Head, Journal, JournalError, Options, Sync, carried_over, recover, report};
use engine::order::{
    BrokerNumber, Input, Machine, Output, Query, Reply, RequestId, Settings, Update, Want, Wish,
};
use keeper::Keeper;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use strategy_api::{
    ClientOrderId, DurationNanos, InstrumentId, Notional, OrderAction, OrderRequest, OrderState,
    OrderStatus, OrderType, Price, Quantity, Side, Symbol, Text, UnixNanos, Venue,
};

/// 2026-11-23 09:00:00 in Korea.
const OPEN: UnixNanos = UnixNanos::new(1_795_392_000_000_000_000);
const DAY: &str = "20261123";

fn settings() -> Settings {
    Settings {
        orders_max: 64,
        requests_max: 256,
        numbers_max: 256,
        fills_max: 512,
        instruments_max: 16,
        positions_max: 16,
        rows_max: 64,
        ..Settings::default()
    }
}

fn head(strategies: &[&str], instruments: &[&str]) -> Head {
    let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Head::new(OPEN, own(strategies), own(instruments), settings())
}

fn fill(n: u32, last: i64, total: i64) -> Update {
    Update {
        number: BrokerNumber::new(n).unwrap(),
        original: None,
        symbol: Symbol::new("005930").unwrap(),
        side: Side::BUY,
        action: OrderAction::NEW,
        state: OrderState::FILLED,
        order_type: Some(OrderType::LIMIT),
        venue: Venue::KRX,
        quantity: Quantity::new(10),
        leaves: Quantity::new(10 - total),
        cumulative: Quantity::new(total),
        last_quantity: Quantity::new(last),
        price: Price::new(60_000),
        last_price: Price::new(60_000),
        value: Notional::new(60_000 * total),
        fee: Notional::UNSET,
        tax: Notional::UNSET,
        fill_number: Text::new(&total.to_string()).unwrap(),
        reject_reason: Text::EMPTY,
        ts_event: OPEN,
        ts_recv: OPEN,
    }
}

fn ready() -> Vec<Input> {
    let mut inputs = vec![Input::Begin, Input::FeedBack];
    for query in Query::ALL {
        inputs.push(Input::QueryBegun { round: 1, query });
        inputs.push(Input::QueryEnded { round: 1, query, complete: true });
    }
    inputs
}

fn order(id: u64, instrument: u16) -> Input {
    let request = OrderRequest::limit(
        InstrumentId(instrument),
        Venue::KRX,
        Side::BUY,
        Price::new(60_000),
        Quantity::new(10),
    );
    Input::Wish(Wish {
        strategy: 0,
        ts_submit: OPEN,
        ts_cause: OPEN,
        want: Want::New { order: ClientOrderId(id), request },
    })
}

/// One order's life: wanted, written, answered, filled in two parts.
fn a_day() -> Vec<Input> {
    let request = RequestId(0);
    let number = BrokerNumber::new(138).unwrap();
    let reply = Reply::Accepted { number, base: None, quantity: Quantity::UNSET };
    let mut inputs = ready();
    inputs.extend([
        order(7, 0),
        Input::Written { request },
        Input::Replied { request, reply },
        Input::Update(fill(138, 4, 4)),
        Input::Update(fill(138, 6, 10)),
    ]);
    inputs
}

/// Writes a run and gives the machine as it was, the file, and where each line ends in it.
fn write_run(folder: &Path, head: &Head, inputs: &[Input]) -> (Machine, PathBuf, Vec<usize>) {
    let recovered = recover(folder, head).unwrap();
    let options = Options { sync: Sync::Always, ..Options::default() };
    let journal = Journal::create(folder, &recovered.head, options).unwrap();
    let path = journal.path().to_owned();
    let mut keeper = Keeper::new(recovered.machine, journal);
    let mut out = Vec::new();
    for (index, input) in inputs.iter().enumerate() {
        let now = OPEN + DurationNanos::from_millis(index as u64);
        let ticket = keeper.take(now, input, &mut out).unwrap();
        keeper.wait(ticket).unwrap();
    }
    let machine = keeper.machine().clone();
    keeper.close().unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let ends = bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at + 1);
    (machine, path, ends.collect())
}

/// The machine after the first `count` inputs.
fn after(inputs: &[Input], count: usize) -> Machine {
    let mut machine = Machine::new(settings(), &[Symbol::new("005930").unwrap()]);
    for (index, input) in inputs[..count].iter().enumerate() {
        let now = OPEN + DurationNanos::from_millis(index as u64);
        machine.apply(now, input, &mut Vec::new());
    }
    machine
}

#[test]
fn a_file_cut_at_any_byte_gives_the_machine_of_its_last_whole_line() {
    let folder = tempfile::tempdir().unwrap();
    let head = head(&["maker"], &["005930"]);
    let (_, path, ends) = write_run(folder.path(), &head, &a_day());
    let whole = std::fs::read(&path).unwrap();
    // Every byte around each line's ends, and a stride between.
    let near = |cut: &usize| {
        cut.is_multiple_of(61) || ends.iter().any(|end| cut.abs_diff(*end) < 3) || *cut < 3
    };
    for cut in (0..=whole.len()).rev().filter(near) {
        std::fs::write(&path, &whole[..cut]).unwrap();
        let recovered = recover(folder.path(), &head).unwrap();
        let lines = ends.iter().filter(|end| **end <= cut).count();
        let expected = after(&a_day(), lines.saturating_sub(1));
        assert!(recovered.machine == expected, "cut at {cut}, after line {lines}");
        let torn = !ends.contains(&cut) && cut > 0;
        assert_eq!(recovered.torn.len(), usize::from(torn), "cut at {cut}");
        let left = std::fs::metadata(&path).unwrap().len() as usize;
        assert_eq!(left, ends.iter().copied().filter(|end| *end <= cut).max().unwrap_or(0));
    }
}

#[test]
fn a_damaged_byte_in_the_middle_is_an_error_with_line_and_offset() {
    let folder = tempfile::tempdir().unwrap();
    let head = head(&["maker"], &["005930"]);
    let (_, path, ends) = write_run(folder.path(), &head, &a_day());
    let whole = std::fs::read(&path).unwrap();
    for line in [0, 3, ends.len() - 2] {
        let start = if line == 0 { 0 } else { ends[line - 1] };
        let mut damaged = whole.clone();
        damaged[start + 30] ^= 0x40;
        std::fs::write(&path, &damaged).unwrap();
        let error = recover(folder.path(), &head).unwrap_err();
        match &error {
            JournalError::Damaged { line: told, offset, .. } => {
                assert_eq!((*told, *offset as usize), (line + 1, start), "{error}");
            }
            other => panic!("{other}"),
        }
        assert_eq!(std::fs::read(&path).unwrap(), damaged, "nothing was cut");
    }
    // In the last line it is a torn end: nothing that left depends on it.
    let mut damaged = whole.clone();
    let last = whole.len() - 5;
    damaged[last] ^= 0x40;
    std::fs::write(&path, &damaged).unwrap();
    let recovered = recover(folder.path(), &head).unwrap();
    assert_eq!(recovered.torn.len(), 1);
}

#[test]
fn a_missing_file_or_line_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let head = head(&["maker"], &["005930"]);
    let (_, first, ends) = write_run(folder.path(), &head, &a_day());
    write_run(folder.path(), &head, &[Input::Begin]);
    let whole = std::fs::read(&first).unwrap();
    let mut hole = whole[..ends[3]].to_vec();
    hole.extend_from_slice(&whole[ends[4]..]);
    std::fs::write(&first, hole).unwrap();
    let error = recover(folder.path(), &head).unwrap_err();
    assert!(matches!(error, JournalError::OutOfOrder { line: 5, .. }), "{error}");
    std::fs::remove_file(&first).unwrap();
    let error = recover(folder.path(), &head).unwrap_err();
    assert!(matches!(error, JournalError::OutOfOrder { line: 2, .. }), "{error}");
}

#[test]
fn a_second_run_goes_on_where_the_first_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let first = head(&["maker"], &["005930"]);
    let mut inputs = a_day();
    inputs.push(order(8, 0));
    let (before, ..) = write_run(folder.path(), &first, &inputs);
    assert_eq!(before.order(ClientOrderId(8)).unwrap().status, OrderStatus::SUBMITTING);

    // The second run numbers its strategies and instruments otherwise.
    let second = head(&["taker", "maker"], &["000660", "005930"]);
    let recovered = recover(folder.path(), &second).unwrap();
    assert_eq!(recovered.inputs, inputs.len() as u64);
    let filled = recovered.machine.order(ClientOrderId(7)).unwrap();
    assert_eq!((filled.strategy, filled.request.instrument), (1, InstrumentId(1)));
    assert_eq!(recovered.machine.position(1, InstrumentId(1)).quantity, Quantity::new(10));
    assert_eq!(recovered.machine.last_order_id(1), Some(ClientOrderId(8)));

    let (machine, ..) = write_run(folder.path(), &second, &[Input::Begin]);
    let open = machine.order(ClientOrderId(8)).unwrap();
    assert_eq!(open.status, OrderStatus::UNKNOWN, "it may have left: the broker is asked");
    let third = recover(folder.path(), &second).unwrap();
    assert!(third.machine == machine);
    assert_eq!(third.machine.sequence(), inputs.len() as u64 + 1);

    // A run without the strategy still knows its order.
    let other = recover(folder.path(), &head(&["taker"], &["000660"])).unwrap();
    assert_eq!(other.head.strategies, ["taker", "maker"]);
    assert_eq!(other.head.instruments, ["000660", "005930"]);
}

#[test]
fn a_machine_that_decides_otherwise_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let head = head(&["maker"], &["005930"]);
    let journal = Journal::create(folder.path(), &head, Options::default()).unwrap();
    let mut journal = journal;
    let entry = engine::journal::Entry { seq: 1, ts: OPEN, sum: 99, input: Input::Begin };
    journal.append(&entry).unwrap();
    journal.close().unwrap();
    let error = recover(folder.path(), &head).unwrap_err();
    assert!(matches!(error, JournalError::Diverges { line: 2, .. }), "{error}");
}

#[test]
fn a_disk_that_fails_stops_everything_and_says_why() {
    // A device that is always full.
    let full = std::fs::OpenOptions::new().append(true).open("/dev/full").unwrap();
    let options = Options { patience: Duration::from_secs(20), ..Options::default() };
    let journal = Journal::over(full, "/dev/full".into(), options).unwrap();
    let mut keeper = Keeper::new(after(&a_day(), 0), journal);
    let mut out = Vec::new();
    let failed = keeper.take(OPEN, &Input::Begin, &mut out).and_then(|ticket| keeper.wait(ticket));
    let error = failed.unwrap_err();
    assert!(matches!(error, JournalError::Stopped(_)), "{error}");
    assert!(error.to_string().contains("No space left"), "{error}");
    let Input::Wish(wish) = order(7, 0) else { panic!("it is a wish") };
    assert!(!keeper.has_room_for(&wish.want), "no order is taken any more");
    assert!(keeper.take(OPEN, &Input::Tick, &mut out).is_err());
    assert!(keeper.close().is_err());
}

#[test]
fn no_file_is_ever_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join(format!("orders-{DAY}-001.jsonl"));
    std::fs::write(&taken, "mine").unwrap();
    let head = head(&["maker"], &["005930"]);
    let journal = Journal::create(folder.path(), &head, Options::default()).unwrap();
    assert!(journal.path().ends_with(format!("orders-{DAY}-002.jsonl")));
    journal.close().unwrap();
    assert_eq!(std::fs::read_to_string(taken).unwrap(), "mine");
}

#[test]
fn a_full_queue_refuses_wishes_and_keeps_room_for_events() {
    let folder = tempfile::tempdir().unwrap();
    let head = head(&["maker"], &["005930"]);
    let options = Options { sync: Sync::Always, queue: 4, patience: Duration::from_secs(20) };
    let mut journal = Journal::create(folder.path(), &head, options).unwrap();
    assert!(journal.has_room());
    let mut last = None;
    for seq in 1..=500 {
        let entry = engine::journal::Entry { seq, ts: OPEN, sum: 0, input: Input::Tick };
        last = Some(journal.append(&entry).unwrap());
    }
    journal.wait(last.unwrap()).unwrap();
    let path = journal.path().to_owned();
    journal.close().unwrap();
    let reading = engine::journal::read_file(&path).unwrap();
    assert_eq!(reading.entries.len(), 500, "events wait for room, none is lost");
}

#[test]
fn the_journal_holds_no_account_and_no_token() {
    let folder = tempfile::tempdir().unwrap();
    let record = strategy_api::OrderUpdate {
        order_number: strategy_api::OrderNumber::new("0000138").unwrap(),
        account: Text::new("5012345678").unwrap(),
        symbol: Symbol::new("005930").unwrap(),
        ..strategy_api::OrderUpdate::default()
    };
    let update = Update::try_from(&record).unwrap();
    let head = head(&["maker"], &["005930"]);
    let (_, path, _) = write_run(folder.path(), &head, &[Input::Begin, Input::Update(update)]);
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains("0000138") && !text.contains("5012345678"), "{text}");
}

#[test]
fn every_line_is_json_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let head = head(&["maker"], &["005930"]);
    let (_, path, ends) = write_run(folder.path(), &head, &a_day());
    let text = std::fs::read_to_string(path).unwrap();
    let kinds: Vec<String> = text
        .lines()
        .skip(1)
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["in"].to_string())
        .collect();
    assert_eq!(kinds.len() + 1, ends.len());
    assert!(kinds.contains(&"\"wish\"".to_owned()) && kinds.contains(&"\"update\"".to_owned()));
}

fn engine(args: &[&str]) -> (String, String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_engine")).args(args).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr), output.status.code().unwrap())
}

#[test]
fn the_command_shows_the_day_and_the_life_of_an_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let (_, missing, code) = engine(&["journal", path]);
    assert_eq!(code, 1);
    assert!(missing.contains("holds no journal"), "{missing}");

    let head = head(&["maker"], &["005930"]);
    let (_, file, ends) = write_run(folder.path(), &head, &a_day());
    let (day, _, code) = engine(&["journal", path]);
    assert_eq!(code, 0);
    assert!(day.contains("20261123: 1 orders"), "{day}");
    assert!(day.contains("maker") && day.contains("0000138") && day.contains("filled"), "{day}");

    let (json, _, _) = engine(&["journal", path, "--json"]);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    let order = &value["orders"][0];
    assert_eq!((&order["filled"], &order["average_price"]), (&10.into(), &60_000.into()));
    let request = &order["requests"][0];
    assert_eq!(request["gate_to_written"], 1_000_000);
    assert_eq!(request["written_to_reply"], 1_000_000);
    assert_eq!(request["reply_to_event"], 1_000_000);

    // By the engine's id and by the broker's number.
    for id in ["7", "138"] {
        let (life, _, code) = engine(&["journal", file.to_str().unwrap(), "--order", id]);
        assert_eq!(code, 0);
        for word in ["wanted", "new written", "answered", "4 so far", "10 so far", "gate→written"]
        {
            assert!(life.contains(word), "{word} in {life}");
        }
    }
    let (_, error, code) = engine(&["journal", path, "--order", "99"]);
    assert_eq!(code, 1);
    assert!(error.contains("no order 99"), "{error}");

    let mut damaged = std::fs::read(&file).unwrap();
    damaged[ends[1] + 30] ^= 0x40;
    std::fs::write(&file, damaged).unwrap();
    let (_, error, code) = engine(&["journal", path]);
    assert_eq!(code, 1);
    assert!(error.contains("line 3") && error.contains("byte"), "{error}");
}

#[test]
fn the_report_reads_a_file_with_those_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let head = head(&["maker"], &["005930"]);
    let (_, first, _) = write_run(folder.path(), &head, &a_day());
    let (_, second, _) = write_run(folder.path(), &head, &[Input::Begin]);
    let alone = report::files_to_read(&first, None).unwrap();
    assert_eq!(alone, std::slice::from_ref(&first));
    assert_eq!(report::files_to_read(&second, None).unwrap(), [first, second.clone()]);
    let day = report::day(&report::files_to_read(&second, None).unwrap()).unwrap();
    assert_eq!((day.orders.len(), day.date.as_str()), (1, DAY));
}

#[test]
fn positions_are_carried_into_the_next_day() {
    let folder = tempfile::tempdir().unwrap();
    let today = head(&["maker"], &["005930"]);
    assert!(carried_over(folder.path(), &today).unwrap().is_empty());
    write_run(folder.path(), &today, &a_day());
    let mut tomorrow = head(&["taker", "maker"], &["000660", "005930"]);
    tomorrow.date = "20261124".to_owned();
    let carried = carried_over(folder.path(), &tomorrow).unwrap();
    assert_eq!(carried.len(), 1);
    let mut machine = recover(folder.path(), &tomorrow).unwrap().machine;
    assert_eq!(machine.sequence(), 0, "a new day is a new journal");
    machine.apply(OPEN, &Input::Carry(carried[0]), &mut Vec::new());
    let position = machine.position(1, InstrumentId(1));
    assert_eq!(
        (position.quantity, position.average_price),
        (Quantity::new(10), Price::new(60_000))
    );
    // The strategy is gone: its shares are the account's.
    tomorrow.strategies = vec!["taker".to_owned()];
    assert!(carried_over(folder.path(), &tomorrow).unwrap().is_empty());
}

#[test]
fn what_is_not_safe_yet_does_not_leave() {
    let folder = tempfile::tempdir().unwrap();
    let head = head(&["maker"], &["005930"]);
    let recovered = recover(folder.path(), &head).unwrap();
    let journal = Journal::create(folder.path(), &recovered.head, Options::default()).unwrap();
    let path = journal.path().to_owned();
    let mut keeper = Keeper::new(recovered.machine, journal);
    for input in ready() {
        keeper.take(OPEN, &input, &mut Vec::new()).unwrap();
    }
    let mut out = Vec::new();
    let ticket = keeper.take(OPEN, &order(7, 0), &mut out).unwrap();
    assert!(out.iter().any(|output| matches!(output, Output::Send(_))));
    keeper.wait(ticket).unwrap();
    // Safe means: with the kernel, so that a death of this process takes nothing away.
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains("\"in\":\"wish\""), "{text}");
    keeper.close().unwrap();
}
