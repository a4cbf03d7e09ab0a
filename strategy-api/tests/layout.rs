//! The layout of everything that crosses the ABI: size, alignment and every field's place.
//! `tests/data/layout.txt` is what plugins were compiled against; a change there breaks them.
//! `UPDATE_LAYOUT=1 cargo test -p strategy-api --test layout` writes it.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use strategy_api::abi::{HostTable, PluginTable};
use strategy_api::*;

/// A type: name, size, alignment, fields (name, place, size).
type Layout = (&'static str, usize, usize, Vec<(&'static str, usize, usize)>);

fn field_size<S, F>(_: fn(&S) -> &F) -> usize {
    size_of::<F>()
}

macro_rules! layouts {
    ($($name:ident { $($field:ident),* $(,)? })*) => {
        fn layouts() -> Vec<Layout> {
            vec![$({
                // Does not compile when a field is missing below.
                let _complete = |value: $name| {
                    let $name { $($field: _),* } = value;
                };
                let fields = vec![$((
                    stringify!($field),
                    core::mem::offset_of!($name, $field),
                    field_size(|value: &$name| &value.$field),
                )),*];
                (stringify!($name), size_of::<$name>(), align_of::<$name>(), fields)
            }),*]
        }
    };
}

layouts! {
    Header { size, kind, venue, flags, instrument, sequence, ts_event, ts_kernel, ts_recv }
    Trade {
        header, price, change, ask, bid, open, high, low, vwap, quantity, cumulative_volume,
        buy_volume, sell_volume, cumulative_value, strength, side, direction, change_sign, session,
        traded_venue, reserved
    }
    Depth {
        header, ask_price, bid_price, ask_quantity, bid_quantity, ask_total, bid_total,
        indicative_quantity, indicative_price, session_code, reserved
    }
    BestQuote { header, ask, bid }
    IndicativeMatch {
        header, price, change, change_rate, quantity, cumulative_volume, side, direction,
        change_sign, reserved
    }
    OffHoursQuote { header, ask_total, ask_total_change, bid_total, bid_total_change }
    IndicativePrice {
        header, price, change, ask, bid, open, high, low, upper_limit_time, lower_limit_time,
        direction, change_sign, reserved, change_rate, cumulative_volume, cumulative_value,
        volume_change, value_change, volume_ratio, turnover, trading_cost, market_cap
    }
    BrokerRow { quantity, change, name, code }
    BrokerFlow {
        header, sellers, buyers, foreign_sold, foreign_sold_change, foreign_bought,
        foreign_bought_change, foreign_net, foreign_net_change
    }
    EtfNav {
        header, nav, nav_change, nav_change_rate, tracking_error, index_disparity, fund_disparity,
        change_rate, cumulative_volume, gearing, break_even, capital_support, price, change,
        change_sign, direction, reserved
    }
    GoldPrice { header, price, change, change_rate, change_sign, direction, reserved }
    InstrumentInfo {
        header, upper_limit, lower_limit, base_price, reserved, extension, extension_pre,
        extension_post, warrant_early_end, currency, margin_rate, notes
    }
    WarrantTheory {
        header, theoretical_price, implied_volatility, delta, gamma, theta, vega, rho,
        provider_volatility, price, direction, reserved
    }
    WarrantIndicators { header, parity, premium, gearing, break_even, capital_support }
    ProgramTrading {
        header, price, change, change_rate, cumulative_volume, sold, sold_value, bought,
        bought_value, net, net_change, net_value, net_value_change, change_sign, direction, reserved
    }
    VolatilityInterruption {
        header, symbol, name, cumulative_volume, cumulative_value, static_disparity,
        dynamic_disparity, trigger_rate, trigger_price, static_base, dynamic_base, trigger_time,
        release_time, count_today, market, interruption, direction, session, reserved
    }
    ConditionMatch { header, symbol, condition, change, reserved }
    IndexValue {
        header, value, change, change_rate, open, high, low, volume, cumulative_volume,
        cumulative_value, volume_change, change_sign, direction, reserved
    }
    IndexBreadth {
        header, value, change, change_rate, cumulative_volume, cumulative_value, up, upper_limit,
        unchanged, down, lower_limit, traded, traded_ratio, change_sign, direction, reserved
    }
    SessionState { header, text, remaining, code, reserved }
    OrderUpdate {
        header, order_number, original_order_number, symbol, account, fill_number, order_type,
        reject_reason, quantity, leaves, cumulative_filled, last_quantity, cumulative_value, fee,
        tax, price, fill_price, last_price, market_price, ask, bid, state, action, side,
        traded_venue, smart_routed, reserved
    }
    Balance {
        header, symbol, account, name, credit, loan_date, expiry_date, quantity, sellable,
        net_bought_today, pledged, total_cost, realised_today, realised_securities, realised_credit,
        credit_amount, credit_interest, realised_rate, realised_securities_rate,
        realised_credit_rate, average_price, market_price, ask, bid, base_price, side, reserved
    }
    FeedEvent { header, lost, reason, change, connection, reserved }
    Extras { header, count, bytes_used, reserved, bytes }
    OrderReport {
        header, order, request, order_number, leaves, cumulative_filled, last_quantity, last_price,
        refusal, event, status, reserved, reason
    }
    SessionChange { header, before, after, cause, code, reserved }
    Pnl { realised, open, fees, taxes, net, unpriced, reserved }
    OrderRequest { instrument, venue, side, order_type, reserved, price, stop_price, quantity }
    ReplaceRequest { order, price, stop_price, quantity }
    CancelRequest { order, quantity }
    WorkingOrder {
        id, request, leaves, cumulative_filled, order_number, status, pending_cancel,
        pending_replace, reserved
    }
    Position { instrument, reserved, average_price, quantity, open_buy, open_sell }
    Instrument { id, reserved, symbol, name }
    HostTable {
        size, abi_major, abi_minor, submit, replace, cancel, cancel_all, now, random, set_timer,
        cancel_timer, log, set_error, stop, instrument_count, instrument, find_instrument, field,
        position, working_order, working_orders, param, pnl, account_pnl
    }
    PluginTable {
        size, abi_major, abi_minor, name, version, description, create, destroy, on_start, on_stop,
        on_timer, on_feed, on_order, on_trade, on_depth, on_best_quote, on_indicative_price,
        on_off_hours_quote, on_broker_flow, on_etf_nav, on_indicative_match, on_gold_price,
        on_index_value, on_index_breadth, on_instrument_info, on_warrant_theory, on_session_state,
        on_warrant_indicators, on_program_trading, on_volatility_interruption, on_condition_match,
        on_order_update, on_balance, on_session
    }
}

#[test]
fn no_layout_has_changed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/layout.txt");
    let mut text = String::new();
    for (name, size, align, fields) in layouts() {
        let _ = writeln!(text, "{name}: {size} bytes, aligned to {align}");
        for (field, offset, size) in fields {
            let _ = writeln!(text, "{offset:6} {size:4} {field}");
        }
    }
    if std::env::var_os("UPDATE_LAYOUT").is_some() {
        std::fs::write(&path, &text).expect("the snapshot can be written");
    }
    let expected = std::fs::read_to_string(&path).expect("the snapshot is there");
    for (got, expected) in text.lines().zip(expected.lines()) {
        assert_eq!(got, expected, "a layout of the ABI has changed");
    }
    assert_eq!(text, expected, "a type was added or removed");
}

#[test]
fn no_type_has_hidden_padding() {
    for (name, size, align, fields) in layouts() {
        let mut end = 0;
        for (field, offset, size) in fields {
            assert_eq!(offset, end, "padding in front of {name}.{field}");
            end = offset + size;
        }
        assert_eq!(end, size, "padding at the end of {name}");
        assert!(align <= 8, "{name}");
    }
}

#[test]
fn every_record_kind_has_a_size_of_whole_words() {
    for (name, size, ..) in layouts().into_iter().filter(|(_, _, _, f)| f[0].0 == "header") {
        assert_eq!(size % 8, 0, "{name}");
        assert!(size <= 8 * record::RECORD_WORDS_MAX, "{name}");
    }
}

/// A C compiler sees the same places through the header as Rust does.
#[test]
fn the_header_gives_c_the_same_layout() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut code = String::from("#include \"strategy.h\"\n");
    for (name, size, _, fields) in layouts().into_iter().filter(|l| l.0 != "Extras") {
        let _ = writeln!(code, "_Static_assert(sizeof(Strategy{name}) == {size}, \"{name}\");");
        for (field, offset, size) in fields {
            let _ = writeln!(
                code,
                "_Static_assert(offsetof(Strategy{name}, {field}) == {offset} && \
                 sizeof(((Strategy{name} *)0)->{field}) == {size}, \"{name}.{field}\");"
            );
        }
    }
    code += "const StrategyPluginTable *strategy_plugin(void) { return 0; }\n";
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("layout.c");
    std::fs::write(&file, code).expect("a temporary file");
    let output = Command::new("cc")
        .args(["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-I"])
        .arg(package.join("include"))
        .arg(&file)
        .output()
        .expect("cc runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
