//! The plugin host and files that are no plugins, or bad ones: each is refused with its own words.
//! Needs a C compiler.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::{Notebook, compile, compile_text, workspace};
use engine::plugin::{Checks, Plugin, PluginError, StopCause};
use strategy_api::abi::PluginTable;
use strategy_api::{
    InstrumentId, Notional, Pnl, Price, Quantity, Record, SessionCause, SessionChange,
    SessionPhase, Side, Trade, UnixNanos, Venue,
};
use tempfile::TempDir;

/// A table in C; `fields` come behind the usual ones and win.
fn table(fields: &str) -> String {
    format!(
        r#"
#include "strategy.h"
static int32_t make(const StrategyHostTable *host, StrategyHostContext *context,
                    const char *params, size_t length, StrategyPluginInstance **instance) {{
    static int one;
    (void)host; (void)context; (void)params; (void)length;
    *instance = (StrategyPluginInstance *)&one;
    return STRATEGY_STATUS_OK;
}}
static void unmake(StrategyPluginInstance *instance) {{ (void)instance; }}
#pragma GCC diagnostic ignored "-Woverride-init"
const StrategyPluginTable *strategy_plugin(void) {{
    static const StrategyPluginTable table = {{
        .size = sizeof(StrategyPluginTable), .abi_major = STRATEGY_ABI_MAJOR,
        .abi_minor = STRATEGY_ABI_MINOR, .name = "bad", .create = make, .destroy = unmake,
        {fields}
    }};
    return &table;
}}
"#
    )
}

fn load_text(code: &str) -> Result<Plugin, PluginError> {
    let directory = TempDir::new().unwrap();
    Plugin::load(&compile_text(code, directory.path()), &Checks::default())
}

/// A file with these bytes, loaded as a plugin.
fn load_bytes(bytes: &[u8]) -> PluginError {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("plugin.so");
    std::fs::write(&path, bytes).unwrap();
    Plugin::load(&path, &Checks::default()).unwrap_err()
}

fn vwap(directory: &Path) -> std::path::PathBuf {
    compile(&workspace().join("strategy-api/examples/vwap_c/strategy.c"), directory)
}

#[test]
fn what_is_no_library_is_told_apart() {
    let missing = Plugin::load(Path::new("/nonexistent/x.so"), &Checks::default()).unwrap_err();
    assert!(matches!(missing, PluginError::Unreadable { .. }));
    assert!(missing.to_string().contains("/nonexistent/x.so"));

    let directory = TempDir::new().unwrap();
    let folder = Plugin::load(directory.path(), &Checks::default()).unwrap_err();
    assert!(matches!(folder, PluginError::NotAFile { .. }), "{folder}");

    for bytes in [&b""[..], b"plain text, named .so", b"\x7fELF"] {
        let error = load_bytes(bytes);
        assert!(matches!(error, PluginError::NotALibrary { .. }), "{error}");
    }
}

#[test]
fn a_library_cut_anywhere_is_refused_before_the_linker_sees_it() {
    let directory = TempDir::new().unwrap();
    let whole = std::fs::read(vwap(directory.path())).unwrap();
    let ends = [8, 63, 64, 200, 4096, whole.len() / 4, whole.len() / 2];
    for end in ends {
        let error = load_bytes(&whole[..end]);
        assert!(matches!(error, PluginError::NotALibrary { .. }), "cut at {end}: {error}");
    }
}

#[test]
fn a_library_for_another_machine_names_both() {
    let directory = TempDir::new().unwrap();
    let mut bytes = std::fs::read(vwap(directory.path())).unwrap();
    // `e_machine`: 21 is 64-bit PowerPC.
    bytes[18..20].copy_from_slice(&21_u16.to_le_bytes());
    let error = load_bytes(&bytes);
    assert!(matches!(error, PluginError::WrongArchitecture { .. }), "{error}");
    assert!(error.to_string().contains(std::env::consts::ARCH), "{error}");
}

#[test]
fn a_program_is_not_a_library() {
    let error = Plugin::load(&std::env::current_exe().unwrap(), &Checks::default()).unwrap_err();
    let refused = matches!(error, PluginError::NotALibrary { .. } | PluginError::Linker { .. });
    assert!(refused, "{error}");
}

#[test]
fn what_everybody_can_write_is_not_loaded() {
    let directory = TempDir::new().unwrap();
    let path = vwap(directory.path());
    std::fs::set_permissions(&path, Permissions::from_mode(0o757)).unwrap();
    let error = Plugin::load(&path, &Checks::default()).unwrap_err();
    assert!(matches!(error, PluginError::Unsafe { .. }), "{error}");
    assert!(error.to_string().contains("chmod o-w"), "{error}");

    std::fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    std::fs::set_permissions(directory.path(), Permissions::from_mode(0o777)).unwrap();
    let error = Plugin::load(&path, &Checks::default()).unwrap_err();
    assert!(matches!(error, PluginError::Unsafe { .. }), "{error}");

    // In a sticky directory (`/tmp`) only the owner can swap the file.
    std::fs::set_permissions(directory.path(), Permissions::from_mode(0o1777)).unwrap();
    Plugin::load(&path, &Checks::default()).unwrap();
}

#[test]
fn checksums_are_compared_and_demanded() {
    let directory = TempDir::new().unwrap();
    let path = vwap(directory.path());
    let right = Plugin::load(&path, &Checks::default()).unwrap().sha256_hex();

    let demanded = Checks { sha256: None, require_sha256: true };
    let error = Plugin::load(&path, &demanded).unwrap_err();
    assert!(matches!(error, PluginError::NoChecksum { .. }), "{error}");
    assert!(error.to_string().contains(&right), "the message says what to write: {error}");

    let wrong = Checks { sha256: Some([7; 32]), require_sha256: true };
    let error = Plugin::load(&path, &wrong).unwrap_err();
    assert!(matches!(error, PluginError::WrongChecksum { .. }), "{error}");

    let mut digest = [0; 32];
    for (index, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&right[2 * index..2 * index + 2], 16).unwrap();
    }
    Plugin::load(&path, &Checks { sha256: Some(digest), require_sha256: true }).unwrap();
}

#[test]
fn a_library_without_the_symbol_is_no_strategy() {
    let error = load_text("int something_else(void) { return 1; }").unwrap_err();
    assert!(matches!(error, PluginError::MissingSymbol { .. }), "{error}");
    assert!(error.to_string().contains("strategy_plugin"), "{error}");
}

#[test]
fn a_library_with_an_undefined_symbol_is_refused_by_the_linker() {
    let code = "extern int nowhere(void); int call(void) { return nowhere(); }";
    let error = load_text(code).unwrap_err();
    let PluginError::Linker { source, .. } = &error else { panic!("{error}") };
    assert!(format!("{source:?}").contains("nowhere"), "{source:?}");
}

#[test]
fn tables_of_another_version_or_shape_are_refused() {
    let error = load_text(&table(".abi_major = 9,")).unwrap_err();
    assert!(matches!(error, PluginError::WrongVersion { found_major: 9, .. }), "{error}");

    let null = "const void *strategy_plugin(void) { return 0; }";
    let odd = "const void *strategy_plugin(void) { return (const char *)8 + 1; }";
    let short = table(".size = 64,");
    let huge = table(".size = 1u << 20,");
    for code in [null, odd, &short, &huge] {
        let error = load_text(code).unwrap_err();
        assert!(matches!(error, PluginError::BadTable { .. }), "{error}");
    }
}

#[test]
fn a_missing_mandatory_function_is_named() {
    for slot in ["create", "destroy"] {
        let error = load_text(&table(&format!(".{slot} = 0,"))).unwrap_err();
        assert!(matches!(&error, PluginError::NullSlot { slot: s, .. } if *s == slot), "{error}");
        assert!(error.to_string().contains(slot));
    }
}

#[test]
fn names_that_cannot_be_shown_are_refused() {
    let long = format!(".name = \"{}\",", "x".repeat(128));
    let fields =
        [".name = 0,", ".name = \"\",", ".name = \"\\xff\\xfe\",", ".name = \"a\\nb\",", &long];
    for field in fields {
        let error = load_text(&table(field)).unwrap_err();
        assert!(matches!(error, PluginError::BadTable { .. }), "{field}: {error}");
        assert!(error.to_string().contains("name"), "{field}: {error}");
    }
}

#[test]
fn a_plugin_of_a_later_minor_version_is_loaded() {
    let code = table("").replace(
        "static const StrategyPluginTable table = {",
        "static const struct { StrategyPluginTable known; void *later[4]; } table = {{",
    );
    let code = code.replace("    };\n    return &table;", "    }, {0}};\n    return &table.known;");
    let code = code.replace("sizeof(StrategyPluginTable)", "sizeof table");
    let code = code.replace(".abi_minor = STRATEGY_ABI_MINOR", ".abi_minor = 7");
    let plugin = load_text(&code).unwrap();
    assert_eq!(plugin.abi(), (1, 7));
    plugin.create("later", "", Notebook::new().0).unwrap();
}

/// A change that every test of `on_session` uses.
fn krx_opens() -> SessionChange {
    let mut change = SessionChange::unset();
    change.header.venue = Venue::KRX;
    (change.before, change.after) = (SessionPhase::OPENING_AUCTION, SessionPhase::CONTINUOUS);
    change.cause = SessionCause::FRAME;
    change
}

/// A plugin with `on_session` that logs the change and the profit that it is told.
fn session_code(fields: &str) -> String {
    let code = table(&format!(".on_session = on_session, {fields}")).replace(
        "static void unmake",
        r#"
#include <stdio.h>
static int32_t on_session(StrategyPluginInstance *instance, const StrategySessionChange *change) {
    char text[128];
    StrategyPnl own = {0}, account = {0};
    (void)instance;
    int32_t codes = given->pnl(mine, &own) + given->account_pnl(mine, &account);
    int length = snprintf(text, sizeof text, "%d: %d -> %d by %d, net %lld, codes %d, null %d",
        change->header.venue, change->before, change->after, change->cause, (long long)own.net,
        codes + (account.net == STRATEGY_NOTIONAL_UNSET ? 0 : 1000), given->pnl(mine, 0));
    given->log(mine, STRATEGY_LOG_LEVEL_INFO, text, (size_t)length);
    return STRATEGY_STATUS_OK;
}
static void unmake"#,
    );
    let code = code.replace("(void)host; (void)context;", "given = host; mine = context;");
    code.replace(
        "static int32_t make(",
        "static const StrategyHostTable *given; static StrategyHostContext *mine;
         static int32_t make(",
    )
}

#[test]
fn a_strategy_is_told_the_phase_of_a_venue_and_its_profit() {
    let (mut host, seen) = Notebook::new();
    host.pnl =
        Pnl::new(Notional::new(1_000), Notional::new(-1), Notional::new(2), Notional::ZERO, 0);
    let plugin = load_text(&session_code("")).unwrap();
    assert_eq!(plugin.abi(), (1, 1));
    assert!(plugin.kinds().contains(SessionChange::KIND));
    let mut instance = plugin.create("told", "", host).unwrap();
    instance.dispatch(krx_opens().words()).unwrap();
    assert_eq!(seen.borrow().logged, ["1: 4 -> 5 by 2, net 997, codes 0, null 13"]);
}

#[test]
fn a_plugin_of_minor_version_0_is_loaded_and_not_told_of_phases() {
    // As it was compiled then: the slot does not exist, and what lies behind the table is no function.
    let size = PluginTable::size_of_minor(0);
    assert_eq!(size, std::mem::offset_of!(PluginTable, on_session));
    let code = session_code(&format!(".size = {size}, .abi_minor = 0,"));
    let (host, seen) = Notebook::new();
    let plugin = load_text(&code).unwrap();
    assert_eq!(plugin.abi(), (1, 0));
    assert!(!plugin.kinds().contains(SessionChange::KIND));
    let mut instance = plugin.create("older", "", host).unwrap();
    instance.start().unwrap();
    instance.dispatch(krx_opens().words()).unwrap();
    instance.dispatch(Trade::unset().words()).unwrap();
    assert!(seen.borrow().logged.is_empty(), "a slot that its version does not have was called");
}

#[test]
fn a_table_of_minor_version_1_must_be_as_long_as_that() {
    let size = PluginTable::size_of_minor(0);
    let error = load_text(&table(&format!(".size = {size},"))).unwrap_err();
    assert!(matches!(error, PluginError::BadTable { .. }), "{error}");
    assert!(error.to_string().contains("version 1.1"), "{error}");
}

#[test]
fn an_instance_that_is_not_there_is_noticed() {
    let code = table("").replace("*instance = ", "(void)one; (void)instance; (void)");
    let plugin = load_text(&code).unwrap();
    let error = plugin.create("empty", "", Notebook::new().0).unwrap_err();
    assert!(matches!(error, PluginError::NoInstance { .. }), "{error}");
}

#[test]
fn a_status_without_a_meaning_stops_the_strategy() {
    let code = table(".on_trade = on_trade,").replace(
        "static void unmake",
        "static int32_t on_trade(StrategyPluginInstance *instance, const StrategyTrade *trade) {
             (void)instance; (void)trade; return -77;
         }
         static void unmake",
    );
    let mut instance = load_text(&code).unwrap().create("odd", "", Notebook::new().0).unwrap();
    let stopped = instance.dispatch(Trade::unset().words()).unwrap_err();
    assert_eq!(stopped.report().cause, StopCause::UnknownStatus(-77));
    assert!(stopped.to_string().contains("-77"), "{stopped}");
    assert!(instance.dispatch(Trade::unset().words()).is_err(), "it takes no more records");
}

#[test]
fn null_arguments_are_refused_not_followed() {
    let code = table(".on_start = on_start,").replace(
        "static void unmake",
        r#"
static const StrategyHostTable *given;
static StrategyHostContext *mine;
static int32_t on_start(StrategyPluginInstance *instance) {
    const char *text = 0;
    size_t length = 0;
    uint64_t id = 0;
    StrategyOrderRequest order = {0};
    int32_t codes[] = {
        given->submit(mine, 0, &id), given->submit(mine, &order, 0), given->submit(0, &order, &id),
        given->replace(mine, 0), given->cancel(mine, 0), given->instrument(mine, 0, 0),
        given->find_instrument(mine, 0, 6, 0), given->field(mine, 10, &text, &length),
        given->working_orders(mine, 0, 4, &length), given->position(mine, 0, 0),
        given->param(mine, 0, 3, &text, &length), given->set_timer(mine, 1, UINT64_MAX, 0),
    };
    (void)instance;
    given->log(mine, STRATEGY_LOG_LEVEL_INFO, 0, 10);
    given->log(mine, 99, "\xff", 1);
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i] == 0) {
            given->set_error(mine, "a call with null went through", 29);
            return STRATEGY_STATUS_ERROR;
        }
    }
    return codes[7] == STRATEGY_REFUSAL_NOT_FOUND ? STRATEGY_STATUS_OK : STRATEGY_STATUS_ERROR;
}
static void unmake"#,
    );
    let code = code.replace("(void)host; (void)context;", "given = host; mine = context;");
    // `create` stands before the variables that it sets.
    let code = code.replace(
        "static int32_t make(",
        "static const StrategyHostTable *given; static StrategyHostContext *mine;
         static int32_t make(",
    );
    let (host, seen) = Notebook::new();
    let mut instance = load_text(&code).unwrap().create("null", "", host).unwrap();
    instance.start().unwrap();
    assert_eq!(seen.borrow().logged, ["", "\u{fffd}"]);
}

#[test]
fn the_example_in_c_buys_below_the_average() {
    let directory = TempDir::new().unwrap();
    let plugin = Plugin::load(&vwap(directory.path()), &Checks::default()).unwrap();
    assert_eq!((plugin.name(), plugin.version()), ("vwap", "0.1.0"));
    let (host, seen) = Notebook::new();
    let params = "symbol = \"005930\"\nquantity = 15\nslice = 10\ninterval_ms = 250\n";
    let mut vwap = plugin.create("vwap", params, host).unwrap();
    vwap.start().unwrap();
    assert_eq!(seen.borrow().timers, [(1, 250_000_000)]);

    let mut trade = Trade::unset();
    trade.header.instrument = InstrumentId(0);
    trade.quantity = Quantity::new(10);
    for (price, ask) in [(60_900, 61_000), (60_700, 60_800)] {
        trade.price = Price::new(price);
        trade.ask = Price::new(ask);
        vwap.dispatch(trade.words()).unwrap();
    }
    let due = UnixNanos::new(1_767_571_201_000_000_000);
    vwap.timer(1, due).unwrap();
    vwap.timer(1, due).unwrap();
    {
        let seen = seen.borrow();
        assert_eq!(seen.submitted.len(), 1, "the next slice waits for the end of this one");
        let order = seen.submitted[0];
        assert_eq!((order.side, order.price), (Side::BUY, Price::new(60_800)));
        assert_eq!(order.quantity, Quantity::new(10));
        assert!(seen.logged[0].contains("buying 10 at 60800, average 60800"));
    }

    let mut report = strategy_api::OrderReport::unset();
    report.event = strategy_api::OrderEvent::FILLED;
    report.status = strategy_api::OrderStatus::FILLED;
    report.last_quantity = Quantity::new(10);
    vwap.dispatch(report.words()).unwrap();
    vwap.timer(1, due).unwrap();
    assert_eq!(seen.borrow().submitted[1].quantity, Quantity::new(5), "only what is left");
}

#[test]
fn the_example_in_c_refuses_wrong_parameters() {
    let directory = TempDir::new().unwrap();
    let plugin = Plugin::load(&vwap(directory.path()), &Checks::default()).unwrap();
    let cases = [
        ("", "symbol"),
        ("symbol = \"999999\"", "does not have"),
        ("symbol = \"005930\"\nslice = 0", "slice"),
        ("symbol = \"005930\"\nslice = \"x\"", "slice"),
    ];
    for (params, word) in cases {
        let error = plugin.create("vwap", params, Notebook::new().0).unwrap_err();
        assert!(matches!(error, PluginError::Refused { .. }), "{params}: {error}");
        assert!(error.to_string().contains(word), "{params}: {error}");
    }
    let params = "symbol = \"005930\"\nslize = 10\n";
    let error = plugin.create("vwap", params, Notebook::new().0).unwrap_err();
    assert!(matches!(error, PluginError::UnknownParameters { .. }), "{error}");
    assert!(error.to_string().contains("`slize`"), "{error}");
}
