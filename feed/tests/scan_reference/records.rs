//! One record per type, field by field.

use feed::schema::WireType;
use strategy_api::record::{InterruptionDirection, InterruptionKind};
use strategy_api::*;

use super::fields::Fields;
use super::finish;

const MILLION: i128 = 1_000_000;

pub(crate) fn read(wire_type: WireType, f: &mut Fields<'_>, header: Header) -> Vec<u64> {
    match wire_type {
        WireType::Trade => finish(trade(f), header),
        WireType::Depth => finish(depth(f), header),
        WireType::BestQuote => finish(best_quote(f), header),
        WireType::IndicativePrice => finish(indicative_price(f), header),
        WireType::OffHoursQuote => finish(off_hours_quote(f), header),
        WireType::BrokerFlow => finish(broker_flow(f), header),
        WireType::EtfNav => finish(etf_nav(f), header),
        WireType::IndicativeMatch => finish(indicative_match(f), header),
        WireType::GoldPrice => finish(gold_price(f), header),
        WireType::IndexValue => finish(index_value(f), header),
        WireType::IndexBreadth => finish(index_breadth(f), header),
        WireType::InstrumentInfo => finish(instrument_info(f), header),
        WireType::WarrantTheory => finish(warrant_theory(f), header),
        WireType::SessionState => finish(session_state(f), header),
        WireType::WarrantIndicators => finish(warrant_indicators(f), header),
        WireType::ProgramTrading => finish(program_trading(f), header),
        WireType::VolatilityInterruption => finish(volatility_interruption(f), header),
        WireType::ConditionMatch => finish(condition_match(f), header),
        WireType::OrderUpdate => finish(order_update(f), header),
        WireType::Balance => finish(balance(f), header),
        other => panic!("{other:?} has no record"),
    }
}

fn at(ts_event: UnixNanos) -> Header {
    Header { ts_event, ..Header::default() }
}

fn trade(f: &mut Fields<'_>) -> Trade {
    let (quantity, side) = f.traded(15);
    Trade {
        header: at(f.event_time(20)),
        price: f.price(10),
        change: f.delta(11),
        ask: f.price(27),
        bid: f.price(28),
        open: f.price(16),
        high: f.price(17),
        low: f.price(18),
        vwap: f.price(620),
        quantity,
        cumulative_volume: f.quantity(13),
        buy_volume: f.quantity(1031),
        sell_volume: f.quantity(1030),
        cumulative_value: f.won_in(14, MILLION),
        strength: f.hundredths(228),
        side,
        direction: f.direction(10),
        change_sign: ChangeSign(f.code(25)),
        session: TradeSession(f.code(290)),
        traded_venue: f.venue(9081),
        reserved: [0; 3],
    }
}

fn depth(f: &mut Fields<'_>) -> Depth {
    let mut depth = Depth { header: at(f.event_time(21)), ..Depth::default() };
    for level in 0..10 {
        let n = level as u16 + 1;
        depth.ask_price[level] = f.price(40 + n);
        depth.bid_price[level] = f.price(50 + n);
        depth.ask_quantity[level] = f.quantity(60 + n);
        depth.bid_quantity[level] = f.quantity(70 + n);
    }
    depth.ask_total = f.quantity(121);
    depth.bid_total = f.quantity(125);
    depth.indicative_price = f.price(23);
    depth.indicative_quantity = f.quantity(24);
    depth.session_code = f.character(215);
    depth
}

fn best_quote(f: &mut Fields<'_>) -> BestQuote {
    BestQuote { header: Header::default(), ask: f.price(27), bid: f.price(28) }
}

fn indicative_price(f: &mut Fields<'_>) -> IndicativePrice {
    IndicativePrice {
        header: Header::default(),
        price: f.price(10),
        change: f.delta(11),
        ask: f.price(27),
        bid: f.price(28),
        open: f.price(16),
        high: f.price(17),
        low: f.price(18),
        upper_limit_time: f.time_or_none(567),
        lower_limit_time: f.time_or_none(568),
        direction: f.direction(10),
        change_sign: ChangeSign(f.code(25)),
        reserved: [0; 2],
        change_rate: f.hundredths(12),
        cumulative_volume: f.quantity(13),
        cumulative_value: f.won_in(14, MILLION),
        volume_change: f.quantity(26),
        value_change: f.won(29),
        volume_ratio: f.marked_hundredths(30),
        turnover: f.hundredths(31),
        trading_cost: f.count(32),
        market_cap: f.won_in(311, 100 * MILLION),
    }
}

fn off_hours_quote(f: &mut Fields<'_>) -> OffHoursQuote {
    OffHoursQuote {
        header: at(f.event_time(21)),
        ask_total: f.quantity(131),
        ask_total_change: f.quantity(132),
        bid_total: f.quantity(135),
        bid_total_change: f.quantity(136),
    }
}

fn broker_flow(f: &mut Fields<'_>) -> BrokerFlow {
    let mut flow = BrokerFlow::default();
    for i in 0..5u16 {
        flow.sellers[usize::from(i)] = BrokerRow {
            name: f.text(141 + i),
            code: f.text(146 + i),
            quantity: f.quantity(161 + i),
            change: f.quantity(166 + i),
        };
        flow.buyers[usize::from(i)] = BrokerRow {
            name: f.text(151 + i),
            code: f.text(156 + i),
            quantity: f.quantity(171 + i),
            change: f.quantity(176 + i),
        };
    }
    flow.foreign_sold = f.quantity(261);
    flow.foreign_sold_change = f.quantity(262);
    flow.foreign_bought = f.quantity(263);
    flow.foreign_bought_change = f.quantity(264);
    flow.foreign_net = f.quantity(267);
    flow.foreign_net_change = f.quantity(268);
    flow
}

fn etf_nav(f: &mut Fields<'_>) -> EtfNav {
    EtfNav {
        header: at(f.event_time(20)),
        nav: f.marked_hundredths(36),
        nav_change: f.hundredths(37),
        nav_change_rate: f.hundredths(38),
        tracking_error: f.hundredths(39),
        index_disparity: f.hundredths(265),
        fund_disparity: f.hundredths(266),
        change_rate: f.hundredths(12),
        cumulative_volume: f.quantity(13),
        gearing: f.hundredths(667),
        break_even: f.hundredths(668),
        capital_support: f.hundredths(669),
        price: f.price(10),
        change: f.delta(11),
        change_sign: ChangeSign(f.code(25)),
        direction: f.direction(10),
        reserved: [0; 6],
    }
}

fn indicative_match(f: &mut Fields<'_>) -> IndicativeMatch {
    let (quantity, side) = f.traded(15);
    IndicativeMatch {
        header: at(f.event_time(20)),
        price: f.price(10),
        change: f.delta(11),
        change_rate: f.hundredths(12),
        quantity,
        cumulative_volume: f.quantity(13),
        side,
        direction: f.direction(10),
        change_sign: ChangeSign(f.code(25)),
        reserved: [0; 5],
    }
}

fn gold_price(f: &mut Fields<'_>) -> GoldPrice {
    GoldPrice {
        header: Header::default(),
        price: f.price(10),
        change: f.delta(11),
        change_rate: f.hundredths(12),
        change_sign: ChangeSign(f.code(25)),
        direction: f.direction(10),
        reserved: [0; 6],
    }
}

fn index_value(f: &mut Fields<'_>) -> IndexValue {
    IndexValue {
        header: at(f.event_time(20)),
        value: f.marked_hundredths(10),
        change: f.hundredths(11),
        change_rate: f.hundredths(12),
        open: f.marked_hundredths(16),
        high: f.marked_hundredths(17),
        low: f.marked_hundredths(18),
        volume: f.count(15),
        cumulative_volume: f.count(13),
        cumulative_value: f.won_in(14, MILLION),
        volume_change: f.count(26),
        change_sign: ChangeSign(f.code(25)),
        direction: f.direction(10),
        reserved: [0; 6],
    }
}

fn index_breadth(f: &mut Fields<'_>) -> IndexBreadth {
    IndexBreadth {
        header: at(f.event_time(20)),
        value: f.marked_hundredths(10),
        change: f.hundredths(11),
        change_rate: f.hundredths(12),
        cumulative_volume: f.count(13),
        cumulative_value: f.won_in(14, MILLION),
        up: f.count(252),
        upper_limit: f.count(251),
        unchanged: f.count(253),
        down: f.count(255),
        lower_limit: f.count(254),
        traded: f.count(256),
        traded_ratio: f.hundredths(257),
        change_sign: ChangeSign(f.code(25)),
        direction: f.direction(10),
        reserved: [0; 6],
    }
}

fn instrument_info(f: &mut Fields<'_>) -> InstrumentInfo {
    InstrumentInfo {
        header: Header::default(),
        upper_limit: f.price(305),
        lower_limit: f.price(306),
        base_price: f.price(307),
        reserved: 0,
        extension: f.text(297),
        extension_pre: f.text(592),
        extension_post: f.text(593),
        warrant_early_end: f.text(689),
        currency: f.text(594),
        margin_rate: f.text(382),
        notes: f.text(370),
    }
}

fn warrant_theory(f: &mut Fields<'_>) -> WarrantTheory {
    WarrantTheory {
        header: at(f.event_time(20)),
        theoretical_price: f.millionths(670),
        implied_volatility: f.millionths(671),
        delta: f.millionths(672),
        gamma: f.millionths(673),
        theta: f.millionths(674),
        vega: f.millionths(675),
        rho: f.millionths(676),
        provider_volatility: f.millionths(706),
        price: f.price(10),
        direction: f.direction(10),
        reserved: [0; 3],
    }
}

fn session_state(f: &mut Fields<'_>) -> SessionState {
    SessionState {
        header: at(f.lenient_event_time(20)),
        text: f.text(215),
        remaining: f.lenient_time(214),
        code: SessionCode(f.character(215)),
        reserved: [0; 3],
    }
}

fn warrant_indicators(f: &mut Fields<'_>) -> WarrantIndicators {
    WarrantIndicators {
        header: at(f.event_time(20)),
        parity: f.hundredths(666),
        premium: f.hundredths(1211),
        gearing: f.hundredths(667),
        break_even: f.hundredths(668),
        capital_support: f.hundredths(669),
    }
}

fn program_trading(f: &mut Fields<'_>) -> ProgramTrading {
    ProgramTrading {
        header: at(f.event_time(20)),
        price: f.price(10),
        change: f.delta(11),
        change_rate: f.hundredths(12),
        cumulative_volume: f.quantity(13),
        sold: f.quantity(202),
        sold_value: f.won_in(204, MILLION),
        bought: f.quantity(206),
        bought_value: f.won_in(208, MILLION),
        net: f.quantity(210),
        net_change: f.quantity(211),
        net_value: f.won_in(212, MILLION),
        net_value_change: f.won_in(213, MILLION),
        change_sign: ChangeSign(f.code(25)),
        direction: f.direction(10),
        reserved: [0; 6],
    }
}

fn volatility_interruption(f: &mut Fields<'_>) -> VolatilityInterruption {
    VolatilityInterruption {
        header: Header::default(),
        symbol: f.symbol(9001),
        name: f.text(302),
        cumulative_volume: f.quantity(13),
        cumulative_value: f.won_in(14, MILLION),
        static_disparity: f.hundredths(1238),
        dynamic_disparity: f.hundredths(1239),
        trigger_rate: f.hundredths(1489),
        trigger_price: f.price(1221),
        static_base: f.price(1236),
        dynamic_base: f.price(1237),
        trigger_time: f.time(1223),
        release_time: f.time_or_none(1224),
        count_today: f.small_count(1490),
        market: f.text(9008),
        interruption: InterruptionKind(f.code(9068)),
        direction: InterruptionDirection(f.code(9069)),
        session: f.code(9075),
        reserved: [0; 5],
    }
}

fn condition_match(f: &mut Fields<'_>) -> ConditionMatch {
    ConditionMatch {
        header: at(f.event_time(20)),
        symbol: f.condition_symbol(9001),
        condition: f.ident(841),
        change: f.character(843),
        reserved: [0; 7],
    }
}

fn order_update(f: &mut Fields<'_>) -> OrderUpdate {
    let (action, by_words) = f.action(905);
    let by_code = f.side(907);
    OrderUpdate {
        header: at(f.event_time(908)),
        order_number: f.ident(9203),
        original_order_number: f.ident(904),
        symbol: f.symbol(9001),
        account: f.ident(9201),
        fill_number: f.ident(909),
        order_type: f.text(906),
        reject_reason: f.text(919),
        quantity: f.quantity(900),
        leaves: f.quantity(902),
        cumulative_filled: f.quantity(911),
        last_quantity: f.quantity(915),
        cumulative_value: f.won(903),
        fee: f.won(938),
        tax: f.won(939),
        price: f.price(901),
        fill_price: f.price(910),
        last_price: f.price(914),
        market_price: f.price(10),
        ask: f.price(27),
        bid: f.price(28),
        state: f.state(913),
        action,
        side: if by_code == Side::NONE { by_words } else { by_code },
        traded_venue: f.venue(2134),
        smart_routed: f.character(2136),
        reserved: [0; 3],
    }
}

fn balance(f: &mut Fields<'_>) -> Balance {
    Balance {
        header: Header::default(),
        symbol: f.symbol(9001),
        account: f.ident(9201),
        name: f.text(302),
        credit: f.text(917),
        loan_date: f.text(916),
        expiry_date: f.text(918),
        quantity: f.quantity(930),
        sellable: f.quantity(933),
        net_bought_today: f.quantity(945),
        pledged: f.quantity(959),
        total_cost: f.won(932),
        realised_today: f.won(950),
        realised_securities: f.won(990),
        realised_credit: f.won(992),
        credit_amount: f.won(957),
        credit_interest: f.won(958),
        realised_rate: f.hundredths(8019),
        realised_securities_rate: f.hundredths(991),
        realised_credit_rate: f.hundredths(993),
        average_price: f.price(931),
        market_price: f.price(10),
        ask: f.price(27),
        bid: f.price(28),
        base_price: f.price(307),
        side: f.side(946),
        reserved: [0; 3],
    }
}
