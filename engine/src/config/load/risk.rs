//! `[risk]`, `[risk.account]`, `[risk.strategy]` and a strategy's own `[strategy.risk]`.

use super::Section;
use crate::broker::limiter::Rates;
use crate::config::{Mode, split_item};
use crate::risk::{Limits, RiskConfig, ranges};
use strategy_api::{Symbol, Venue};

pub(super) fn read_risk(section: Section<'_, '_>, mode: Mode) -> RiskConfig {
    let usual = defaults(mode);
    let small = |key, range, usual: u32| {
        section.integer(key, range).and_then(|value| u32::try_from(value).ok()).unwrap_or(usual)
    };
    let long = |key, range, usual: u64| {
        section.integer(key, range).and_then(|value| u64::try_from(value).ok()).unwrap_or(usual)
    };
    let flag = |key, usual| section.boolean(key).unwrap_or(usual);
    let rate = small(
        "broker_orders_per_second",
        ranges::ORDERS_PER_SECOND,
        usual.broker_orders_per_second,
    );
    let reserve = ranges::cancel_reserve(rate);
    let risk = RiskConfig {
        order_quantity_max: section
            .integer("order_quantity_max", ranges::ORDER_QUANTITY)
            .unwrap_or(usual.order_quantity_max),
        order_value_max: section
            .integer("order_value_max", ranges::ORDER_VALUE)
            .unwrap_or(usual.order_value_max),
        collar_bps: small("collar_bps", ranges::COLLAR, usual.collar_bps),
        window_seconds: small("window_seconds", ranges::WINDOW_SECONDS, usual.window_seconds),
        window_move_bps: small("window_move_bps", ranges::WINDOW_MOVE, usual.window_move_bps),
        window_spares_sells: flag("window_spares_sells", usual.window_spares_sells),
        reference_age_max_ms: long(
            "reference_age_max_ms",
            ranges::REFERENCE_AGE,
            usual.reference_age_max_ms,
        ),
        unpriced_in_auctions: flag("unpriced_in_auctions", usual.unpriced_in_auctions),
        allow_in_interruption: flag("allow_in_interruption", usual.allow_in_interruption),
        sell_unowned: flag("sell_unowned", usual.sell_unowned),
        reuse_proceeds: flag("reuse_proceeds", usual.reuse_proceeds),
        repeat_orders_max: small("repeat_orders_max", ranges::REPEATS, usual.repeat_orders_max),
        repeat_window_ms: long("repeat_window_ms", ranges::REPEAT_WINDOW, usual.repeat_window_ms),
        broker_orders_per_second: rate,
        // With a rate of one a second nothing can be kept.
        broker_cancel_reserve: small(
            "broker_cancel_reserve",
            reserve.clone(),
            usual.broker_cancel_reserve.min(rate - 1),
        ),
        restricted: restricted(&section),
        account: read_limits(section.section("account"), usual.account),
        strategy: read_limits(section.section("strategy"), usual.strategy),
    };
    section.finish();
    risk
}

/// The mock server takes fewer orders than the real one.
fn defaults(mode: Mode) -> RiskConfig {
    let rates = if mode == Mode::Mock { Rates::MOCK } else { Rates::REAL };
    RiskConfig {
        broker_orders_per_second: rates.orders,
        broker_cancel_reserve: rates.cancel_reserve,
        ..RiskConfig::default()
    }
}

/// The limits of a section; those that are not in it are the `usual` ones.
pub(super) fn read_limits(section: Section<'_, '_>, usual: Limits) -> Limits {
    let small = |key, range, usual: u32| {
        section.integer(key, range).and_then(|value| u32::try_from(value).ok()).unwrap_or(usual)
    };
    let large = |key, range, usual| section.integer(key, range).unwrap_or(usual);
    let limits = Limits {
        position_quantity_max: large(
            "position_quantity_max",
            ranges::POSITION_QUANTITY,
            usual.position_quantity_max,
        ),
        position_value_max: large(
            "position_value_max",
            ranges::POSITION_VALUE,
            usual.position_value_max,
        ),
        exposure_max: large("exposure_max", ranges::EXPOSURE, usual.exposure_max),
        daily_loss_max: large("daily_loss_max", ranges::DAILY_LOSS, usual.daily_loss_max),
        working_orders_max: small(
            "working_orders_max",
            ranges::WORKING_ORDERS,
            usual.working_orders_max,
        ),
        messages_per_second: small(
            "messages_per_second",
            ranges::MESSAGES_PER_SECOND,
            usual.messages_per_second,
        ),
    };
    section.finish();
    limits
}

/// A code with a venue's suffix would restrict nothing: the gate knows instruments, not items.
fn restricted(section: &Section<'_, '_>) -> Vec<String> {
    let mut codes: Vec<String> = Vec::new();
    for found in section.strings("restricted").unwrap_or_default() {
        let (_, venue) = split_item(&found.value);
        let good = venue == Venue::KRX
            && Symbol::new(&found.value).is_some()
            && !found.value.is_empty()
            && found.value.chars().all(|c| c.is_ascii_alphanumeric());
        if !good {
            let message = format!(
                "{:?} is no code; write it without a venue suffix, such as \"005930\"",
                found.value
            );
            section.problem(found.offset, "restricted", message);
        } else if codes.contains(&found.value) {
            section.problem(found.offset, "restricted", format!("{:?} stands twice", found.value));
        } else {
            codes.push(found.value);
        }
    }
    codes
}
