//! What the scanner reads from the broker's own frames, spelled out by hand.

use feed::instruments::Instruments;
use feed::scan::{
    Batch, RefusedReason, ScanErrorKind, ScanPath, Scanned, Scanner, ScannerOptions, Stamps,
};
use feed::schema::WireType;
use strategy_api::record::*;
use strategy_api::{
    Count, Hundredths, Millionths, Notional, Price, PriceDelta, Quantity, Text, TimeOfDay,
    UnixNanos,
};

/// 2026-09-11 11:56:19.5 in Korea.
const RECV: UnixNanos = UnixNanos::new(1_789_095_379_500_000_000);
const STAMPS: Stamps = Stamps { kernel: UnixNanos::new(1_789_095_379_400_000_000), recv: RECV };
const RECORDED: &str = include_str!("data/recorded.jsonl");

fn scanners(extras: &[(WireType, Vec<u16>)]) -> Vec<Scanner> {
    ScanPath::ALL
        .iter()
        .filter(|path| path.is_available())
        .map(|path| {
            let (mut registrar, instruments) = Instruments::with_capacity(16);
            registrar.register_all(["005930", "000660", "069500", "57JBHH", "001"]).unwrap();
            let mut options = ScannerOptions::new(instruments);
            options.extras = extras.to_vec();
            options.path = *path;
            Scanner::new(options).unwrap()
        })
        .collect()
}

/// Runs `check` on the frame's batch, once per path.
fn each(frame: &str, check: impl Fn(Batch<'_>)) {
    each_with(&[], frame, check);
}

fn each_with(extras: &[(WireType, Vec<u16>)], frame: &str, check: impl Fn(Batch<'_>)) {
    for mut scanner in scanners(extras) {
        match scanner.scan(frame.as_bytes(), STAMPS) {
            Ok(Scanned::Real(batch)) => check(batch),
            other => panic!("not a data frame: {other:?}"),
        }
    }
}

/// The only record of a frame.
fn only<R: Record + std::fmt::Debug>(batch: Batch<'_>) -> R {
    assert_eq!(batch.refused(), []);
    let records: Vec<_> = batch.records().collect();
    assert_eq!(records.len(), 1);
    *R::from_words(&records[0]).expect("the record's kind and size")
}

fn recorded(line: usize) -> &'static str {
    RECORDED.lines().nth(line - 1).unwrap()
}

fn hundredths(value: i64) -> Hundredths {
    Hundredths::new(value)
}

#[test]
fn a_recorded_trade_reads_as_it_happened() {
    each(recorded(3), |batch| {
        let trade: Trade = only(batch);
        let mut expected = Trade {
            header: trade.header,
            price: Price::new(257_750),
            change: PriceDelta::new(-11_250),
            ask: Price::new(258_000),
            bid: Price::new(257_500),
            open: Price::new(258_000),
            high: Price::new(261_000),
            low: Price::new(257_000),
            vwap: Price::new(258_453),
            quantity: Quantity::new(19),
            cumulative_volume: Quantity::new(7_198_927),
            buy_volume: Quantity::new(3_266_718),
            sell_volume: Quantity::new(3_645_181),
            cumulative_value: Notional::new(1_860_588_000_000),
            strength: hundredths(8_962),
            side: Side::SELL,
            direction: Direction::DOWN,
            change_sign: ChangeSign::DOWN,
            session: TradeSession::REGULAR,
            traded_venue: Venue::KRX,
            reserved: [0; 3],
        };
        expected.header = Header {
            size: 128,
            kind: Kind::TRADE,
            venue: Venue::KRX,
            flags: Flags::default(),
            instrument: InstrumentId(0),
            sequence: 0,
            // 11:56:18
            ts_event: UnixNanos::new(1_789_095_378_000_000_000),
            ts_kernel: STAMPS.kernel,
            ts_recv: RECV,
        };
        assert_eq!(trade, expected);
    });
}

fn spec(name: &str) -> String {
    let path = format!("{}/tests/data/spec/type_{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap().trim_end().to_owned()
}

#[test]
fn an_upward_trade_and_one_of_the_specification_differ_only_in_what_they_say() {
    each(recorded(9), |batch| {
        let trade: Trade = only(batch);
        assert_eq!(trade.side, Side::SELL);
        assert_eq!(trade.quantity, Quantity::new(5));
    });
    each(recorded(13), |batch| {
        let trade: Trade = only(batch);
        assert_eq!(trade.header.instrument, InstrumentId(1));
        assert_eq!((trade.side, trade.quantity), (Side::BUY, Quantity::new(1)));
        assert_eq!((trade.price, trade.direction), (Price::new(1_851_000), Direction::UP));
        assert_eq!(trade.open, Price::new(1_745_000));
    });
    each(&spec("0B"), |batch| {
        let trade: Trade = only(batch);
        assert_eq!(trade.traded_venue, Venue::KRX);
        assert_eq!((trade.side, trade.quantity), (Side::BUY, Quantity::new(82)));
        assert_eq!((trade.buy_volume, trade.sell_volume), (Quantity::UNSET, Quantity::UNSET));
        assert_eq!(trade.vwap, Price::UNSET);
        assert_eq!(trade.change, PriceDelta::new(-50));
    });
}

#[test]
fn entries_of_one_frame_come_in_order_and_say_that_more_follow() {
    each(recorded(5), |batch| {
        let trades: Vec<Trade> = batch.records().map(|r| *Trade::from_words(&r).unwrap()).collect();
        let volumes: Vec<i64> = trades.iter().map(|t| t.cumulative_volume.raw()).collect();
        assert_eq!(volumes, [7_198_950, 7_198_953]);
        assert_eq!(trades[0].header.flags, Flags::MORE_IN_FRAME);
        assert_eq!(trades[1].header.flags, Flags::default());
        assert_eq!(batch.entries(), 2);
    });
}

#[test]
fn the_depth_of_the_specification() {
    each(&spec("0D"), |batch| {
        let depth: Depth = only(batch);
        let prices = |levels: &[Price]| levels.iter().map(|p| p.raw()).collect::<Vec<_>>();
        let sizes = |levels: &[Quantity]| levels.iter().map(|q| q.raw()).collect::<Vec<_>>();
        assert_eq!(
            prices(&depth.ask_price),
            [20_800, 20_900, 21_000, 21_050, 21_100, 21_150, 21_200, 21_250, 21_300, 21_350]
        );
        assert_eq!(
            prices(&depth.bid_price),
            [20_700, 20_650, 20_600, 20_550, 20_500, 20_450, 20_400, 20_350, 20_300, 20_250]
        );
        assert_eq!(
            sizes(&depth.ask_quantity),
            [
                82, 393, 674_739, 2_055_055, 1_998_461, 1_932_347, 1_723_333, 1_621_835, 1_373_291,
                1_242_991
            ]
        );
        assert_eq!(
            sizes(&depth.bid_quantity),
            [
                23_847, 834_748, 2_145_799, 2_134_689, 1_982_298, 1_853_788, 1_687_992, 1_467_869,
                1_259_995, 1_062_405
            ]
        );
        assert_eq!(depth.ask_total, Quantity::new(12_622_527));
        assert_eq!(depth.bid_total, Quantity::new(14_453_430));
        assert_eq!(depth.indicative_price, Price::new(20_850));
        assert_eq!(depth.indicative_quantity, Quantity::new(332_941));
        assert_eq!(depth.session_code, 0);
        assert_eq!(depth.header.ts_event.time_of_day_kst().hms(), (16, 52, 7));
    });
}

#[test]
fn a_recorded_order_acceptance_is_an_account_record() {
    each(recorded(11), |batch| {
        assert!(batch.records().all(|record| record.is_account()));
        assert!(batch.records().all(|record| feed::scan::is_account(&record)));
        let update: OrderUpdate = only(batch);
        let expected = OrderUpdate {
            header: update.header,
            order_number: Text::new("0119433").unwrap(),
            original_order_number: Text::new("0000000").unwrap(),
            symbol: Text::new("005930").unwrap(),
            account: Text::new("XXXXXXXXXX").unwrap(),
            fill_number: Text::EMPTY,
            order_type: Text::new("시장가").unwrap(),
            reject_reason: Text::new("0").unwrap(),
            quantity: Quantity::new(1),
            leaves: Quantity::new(1),
            cumulative_filled: Quantity::UNSET,
            last_quantity: Quantity::UNSET,
            cumulative_value: Notional::ZERO,
            fee: Notional::ZERO,
            tax: Notional::ZERO,
            price: Price::ZERO,
            fill_price: Price::UNSET,
            last_price: Price::UNSET,
            market_price: Price::new(258_000),
            ask: Price::new(258_000),
            bid: Price::new(257_500),
            state: OrderState::ACCEPTED,
            action: OrderAction::NEW,
            side: Side::BUY,
            traded_venue: Venue::KRX,
            smart_routed: b'N',
            reserved: [0; 3],
        };
        assert_eq!(update, expected);
        assert_eq!(update.header.ts_event.time_of_day_kst().hms(), (11, 56, 39));
        assert_eq!(update.header.kind, Kind::ORDER_UPDATE);
    });
}

#[test]
fn a_balance_of_the_specification() {
    each(&spec("04"), |batch| {
        let balance: Balance = only(batch);
        assert_eq!(balance.symbol, "005930");
        assert_eq!(balance.name, "삼성전자");
        assert_eq!(balance.quantity, Quantity::new(102));
        assert_eq!(balance.sellable, Quantity::new(102));
        assert_eq!(balance.average_price, Price::new(154_116));
        assert_eq!(balance.total_cost, Notional::new(15_719_834));
        assert_eq!(balance.net_bought_today, Quantity::new(4));
        assert_eq!(balance.side, Side::BUY);
        assert_eq!(balance.market_price, Price::new(60_150));
        assert_eq!(balance.base_price, Price::new(60_300));
        assert_eq!(balance.realised_rate, Hundredths::ZERO);
        assert_eq!(balance.header.ts_event, UnixNanos::UNSET);
    });
}

#[test]
fn recorded_program_trading_counts_millions() {
    each(recorded(15), |batch| {
        let program: ProgramTrading = only(batch);
        assert_eq!(program.sold, Quantity::new(563_171));
        assert_eq!(program.sold_value, Notional::new(1_019_924_000_000));
        assert_eq!(program.bought_value, Notional::new(1_409_731_000_000));
        assert_eq!(program.net_value, Notional::new(389_807_000_000));
        assert_eq!(program.net_value_change, Notional::new(68_000_000));
        assert_eq!((program.net, program.net_change), (Quantity::new(210_001), Quantity::new(37)));
    });
}

#[test]
fn recorded_brokers_keep_their_names_as_they_are() {
    each(recorded(14), |batch| {
        let flow: BrokerFlow = only(batch);
        assert_eq!(flow.sellers[3].name, "삼  성");
        assert_eq!(flow.sellers[0].name, "KB증권");
        assert_eq!(flow.sellers[0].code, "017");
        assert_eq!(flow.sellers[0].quantity, Quantity::new(271_775));
        assert_eq!(flow.sellers[0].change, Quantity::new(2_194));
        assert_eq!(flow.buyers[4].name, "씨티그룹");
        assert_eq!(flow.buyers[4].change, Quantity::new(1_244));
        assert_eq!(flow.foreign_net, Quantity::new(59_064));
    });
}

#[test]
fn slower_types_of_the_specification() {
    each(&spec("1h_lower"), |batch| {
        let vi: VolatilityInterruption = only(batch);
        assert_eq!((vi.symbol.as_str(), vi.name.as_str()), ("005930", "삼성전자"));
        assert_eq!(vi.cumulative_value, Notional::new(4_201_000_000));
        assert_eq!(vi.interruption, InterruptionKind::STATIC);
        assert_eq!(vi.direction, InterruptionDirection::UP);
        assert_eq!((vi.trigger_price, vi.static_base), (Price::new(4_125), Price::new(3_750)));
        assert_eq!(vi.dynamic_base, Price::ZERO);
        assert_eq!(vi.trigger_time.hms(), (11, 14, 54));
        assert_eq!(vi.release_time.hms(), (11, 17, 3));
        assert_eq!((vi.static_disparity, vi.count_today), (hundredths(1_000), 1));
        assert_eq!((vi.market.as_str(), vi.session), ("101", 1));
        assert!(!vi.is_active());
    });
    each(&spec("1h_lower").replace("111703", "000000"), |batch| {
        assert!(only::<VolatilityInterruption>(batch).is_active());
    });
    each(&spec("0s_lower"), |batch| {
        let state: SessionState = only(batch);
        assert_eq!((state.code, state.text.as_str()), (SessionCode::OFF_HOURS_END, "b"));
        assert_eq!(state.remaining, TimeOfDay::new(0));
        assert_eq!(state.header.instrument, InstrumentId::NONE);
        assert_eq!((state.header.venue, state.header.flags), (Venue::UNKNOWN, Flags::default()));
        assert_eq!(state.header.ts_event.time_of_day_kst().hms(), (17, 0, 0));
    });
    each(&spec("0g_lower"), |batch| {
        let info: InstrumentInfo = only(batch);
        assert_eq!(info.upper_limit, Price::new(78_300));
        assert_eq!(info.lower_limit, Price::new(42_300));
        assert_eq!(info.base_price, Price::new(60_300));
        assert_eq!((info.extension.as_str(), info.extension_pre.as_str()), ("동정적VI", " "));
    });
    each(&spec("0J"), |batch| {
        let index: IndexValue = only(batch);
        assert_eq!((index.value, index.direction), (hundredths(176_261), Direction::DOWN));
        assert_eq!((index.change, index.change_rate), (hundredths(-18_951), hundredths(-971)));
        assert_eq!(
            (index.open, index.high, index.low),
            (hundredths(194_904), hundredths(196_128), hundredths(175_613))
        );
        assert_eq!(index.cumulative_value, Notional::new(60_711_859_000_000));
        assert_eq!(
            (index.volume, index.volume_change),
            (Count::new(2_800), Count::new(-1_482_363))
        );
        assert_eq!(index.header.instrument, InstrumentId(4));
    });
    each(&spec("0A"), |batch| {
        let price: IndicativePrice = only(batch);
        assert_eq!((price.low, price.direction), (Price::new(67_300), Direction::UP));
        assert_eq!(price.market_cap, Notional::new(518_177_100_000_000));
        assert_eq!(price.value_change, Notional::new(15_843_118_000));
        assert_eq!(price.upper_limit_time.hms(), (15, 49, 12));
        assert_eq!(price.lower_limit_time, TimeOfDay::UNSET);
    });
    each(&spec("0A").replace("+156.15", "-156.15"), |batch| {
        // The sign of this ratio is only a mark.
        assert_eq!(only::<IndicativePrice>(batch).volume_ratio, hundredths(15_615));
    });
    each(&spec("0G"), |batch| {
        let nav: EtfNav = only(batch);
        assert_eq!((nav.nav, nav.nav_change), (hundredths(748_827), hundredths(957)));
        assert_eq!((nav.index_disparity, nav.fund_disparity), (hundredths(1_004), hundredths(-4)));
        assert_eq!(nav.gearing, Hundredths::UNSET);
    });
    each(&spec("0m_lower"), |batch| {
        let theory: WarrantTheory = only(batch);
        assert_eq!((theory.price, theory.direction), (Price::new(450), Direction::UNCHANGED));
        assert_eq!((theory.theta, theory.delta), (Millionths::ZERO, Millionths::ZERO));
    });
    each(&spec("0I"), |batch| {
        let gold: GoldPrice = only(batch);
        assert_eq!((gold.price, gold.change), (Price::new(337_782), PriceDelta::new(-1_674)));
        assert_eq!(gold.header.flags, Flags::UNREGISTERED);
    });
    each(recorded(16), |batch| {
        let condition: ConditionMatch = only(batch);
        assert!(condition.entered());
        assert_eq!((condition.symbol.as_str(), condition.condition.as_str()), ("079650", "3"));
    });
}

#[test]
fn a_bad_value_refuses_its_entry_alone() {
    let frame = r#"{"data":[
        {"values":{"27":"1","28":"--5"},"type":"0C","item":"005930"},
        {"values":{"27":"7","28":"8"},"type":"0C","item":"000660_AL"},
        {"values":{"9203":"a number that is too long"},"type":"00","item":"005930"}],"trnm":"REAL"}"#;
    for frame in [frame.to_owned(), frame.replace('\n', "").replace("        ", "")] {
        each(&frame, |batch| {
            let records: Vec<_> = batch.records().collect();
            assert_eq!(records.len(), 1);
            let quote = BestQuote::from_words(&records[0]).unwrap();
            assert_eq!((quote.ask, quote.bid), (Price::new(7), Price::new(8)));
            assert_eq!(
                (quote.header.instrument, quote.header.venue),
                (InstrumentId(1), Venue::SOR)
            );
            // Nothing follows that is delivered.
            assert_eq!(quote.header.flags, Flags::default());
            let [price, order] = batch.refused() else { panic!("two are refused") };
            assert_eq!((price.entry, price.fid), (0, 28));
            assert_eq!(price.reason, RefusedReason::NotANumber);
            assert_eq!(price.wire_type, Some(WireType::BestQuote));
            assert_eq!(&frame[price.offset as usize..][..3], "--5");
            assert_eq!((order.fid, order.reason), (9203, RefusedReason::TextTooLong));
        });
    }
}

#[test]
fn extra_fields_stand_before_their_record_and_share_its_header() {
    let asked = vec![(WireType::Trade, vec![732, 9081, 10, 4_711, 1_316])];
    each_with(&asked, recorded(5), |batch| {
        let records: Vec<_> = batch.records().collect();
        assert_eq!(records.len(), 4);
        let found: Vec<_> = extra_fields(&records[0]).collect();
        let expected: [(u16, &[u8]); 4] =
            [(732, b"1294"), (9081, b"KRX"), (10, b"-257750"), (1_316, b" 0")];
        assert_eq!(found, expected);
        let (extra, trade) = (header_of(&records[0]).unwrap(), header_of(&records[1]).unwrap());
        assert_eq!((extra.kind, trade.kind), (Kind::EXTRAS, Kind::TRADE));
        assert_eq!(usize::from(extra.size), records[0].len() * 8);
        assert_eq!((extra.flags, extra.instrument), (trade.flags, trade.instrument));
        assert_eq!(trade.flags, Flags::MORE_IN_FRAME.with(Flags::HAS_EXTRAS));
        assert_eq!(header_of(&records[2]).unwrap().flags, Flags::HAS_EXTRAS);
        assert_eq!(extra.ts_event, trade.ts_event);
    });
    // Nothing that was asked for is there: the record comes alone.
    each_with(
        &asked,
        r#"{"trnm":"REAL","data":[{"type":"0B","item":"1","values":{"13":"5"}}]}"#,
        |batch| {
            assert_eq!(batch.records().len(), 1);
        },
    );
}

#[test]
fn extra_fields_can_be_changed_between_frames() {
    let mut scanner = scanners(&[]).remove(0);
    let count = |scanner: &mut Scanner| match scanner.scan(recorded(3).as_bytes(), STAMPS) {
        Ok(Scanned::Real(batch)) => batch.records().len(),
        other => panic!("{other:?}"),
    };
    assert_eq!(count(&mut scanner), 1);
    scanner.set_extras(&[(WireType::Trade, vec![30])]).unwrap();
    assert_eq!(count(&mut scanner), 2);
    assert!(scanner.set_extras(&[(WireType::UsTrade, vec![30])]).is_err());
    assert_eq!(count(&mut scanner), 2);
    scanner.set_extras(&[]).unwrap();
    assert_eq!(count(&mut scanner), 1);
}

#[test]
fn text_for_people_is_cut_between_characters_and_says_so() {
    let long = "가".repeat(40);
    let frame = format!(
        r#"{{"trnm":"REAL","data":[{{"type":"0g","item":"005930","values":{{"297":"{long}"}}}}]}}"#
    );
    each(&frame, |batch| {
        let info: InstrumentInfo = only(batch);
        assert_eq!(info.extension.as_str(), "가".repeat(10));
        assert!(info.header.flags.contains(Flags::TEXT_CUT));
    });
}

#[test]
fn texts_of_continuation_bytes_alone_are_not_utf8_on_any_path_and_nothing_else() {
    // An order's type is kept in a place of the record, another field as an extra one; either is cut
    // between characters where it is too long, before anybody knows whether it is UTF-8.
    let frame = |kind: &[u8], other: &[u8]| {
        let mut frame =
            br#"{"data":[{"values":{"9201":"1234567890","9203":"0000018","9001":"005930","906":""#
                .to_vec();
        frame.extend_from_slice(kind);
        frame.extend_from_slice(br#"","922":""#);
        frame.extend_from_slice(other);
        frame.extend_from_slice(
            r#"","908":"094022"},"type":"00","name":"주문체결","item":""}],"trnm":"REAL"}"#
                .as_bytes(),
        );
        frame
    };
    let extras = [(WireType::OrderUpdate, vec![922])];
    for mut scanner in scanners(&extras) {
        // Three times: by then a path that learns has learned.
        for _ in 0..3 {
            let plain = frame("보통".as_bytes(), b"00");
            assert!(matches!(scanner.scan(&plain, STAMPS), Ok(Scanned::Real(_))));
        }
        for byte in [0x80, 0xbf] {
            for length in [1, 7, 8, 31, 32, 33, 100, 255, 300, 1_000, 4_000] {
                let odd = vec![byte; length];
                for frame in [frame(&odd, b"00"), frame("보통".as_bytes(), &odd)] {
                    let error = scanner.scan(&frame, STAMPS).expect_err("not UTF-8");
                    assert_eq!(error.kind, ScanErrorKind::Utf8, "{byte:#x} {length}");
                }
            }
        }
    }
}
