//! The day's turning points: openings, closings, notices, interruptions.

use super::reading::{Fields, Shapes, read};
use super::run::Run;
use crate::clock::{Phase, SECOND, TimeOfDay, Venue};
use crate::exchange::book::Side;
use crate::generator::{Frames, Generator};

/// What a test looks at: type, item, and some values of each entry.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    kind: String,
    item: String,
    texts: Vec<String>,
}

/// Fields that tests of the day look at, by type.
fn interesting(kind: &str) -> &'static [u32] {
    match kind {
        "0B" => &[20, 15, 10],
        "0s" => &[215, 20, 214],
        "1h" => &[9001, 1221, 1223, 1224, 1236, 9069, 1490, 9068],
        "0g" => &[297, 305, 306, 307],
        "0D" => &[21, 23],
        "0E" => &[21],
        _ => &[],
    }
}

fn told(shapes: &Shapes, frames: &Frames) -> Vec<Told> {
    let mut list = Vec::new();
    for frame in frames.iter() {
        for entry in read(frame.text).data {
            let fields = Fields { values: &entry.values.pairs, shape: shapes.of(&entry) };
            let texts = interesting(entry.kind).iter().map(|fid| fields.text(*fid).to_owned());
            let (kind, item) = (entry.kind.to_owned(), entry.item.to_owned());
            list.push(Told { kind, item, texts: texts.collect() });
        }
    }
    list
}

fn market(from: TimeOfDay, compression: f64, items: &[&str], types: &[&'static str]) -> Generator {
    let run = Run {
        seed: 3,
        from,
        until: from,
        step_us: 1,
        compression,
        items: items.iter().map(|item| (*item).to_owned()).collect(),
        types: types.to_vec(),
        news_at_step: None,
    };
    let mut market = Generator::new(&run.options());
    market.set_registrations(&run.pairs());
    market
}

#[test]
fn notices_carry_their_own_times_however_fast_the_day_goes() {
    let wanted = [
        "P080000000000",
        "0084000002000",
        "o084500000000",
        "Q085000000000",
        "0085000001000",
        "0085500000500",
        "0085700000300",
        "0085800000200",
        "0085900000100",
        "0085950000010",
        "0085955000005",
        "0085959000001",
        "3090000000000",
        "R090030000000",
        "S152000000000",
        "2152000001000",
        "2152500000500",
        "2152900000100",
        "2152950000010",
        "4153000000000",
        "8153000000000",
        "T153000000000",
        "s153500000000",
        "a154000000000",
        "U154000000000",
        "e154500000000",
        "b160000000000",
        "V200000000000",
        "9200000000000",
    ];
    for compression in [1.0, 600.0, 100_000.0] {
        let mut market = market(TimeOfDay::new(7, 59, 59), compression, &[""], &["0s"]);
        let mut frames = Frames::default();
        // Looks at the clock every 7 seconds of real time.
        for look in 0..=(13.0 * 3600.0 / compression / 7.0) as u64 + 1 {
            market.advance(look * 7 * SECOND, &mut frames);
        }
        let seen: Vec<_> =
            told(&Shapes::new(), &frames).into_iter().map(|told| told.texts.concat()).collect();
        assert_eq!(seen, wanted, "compression {compression}");
    }
}

#[test]
fn the_opening_comes_at_nine_with_one_auction_print_and_a_rush() {
    let items = ["005930", "005930_AL", "000660", "035420"];
    let mut market = market(TimeOfDay::new(8, 59, 58), 1.0, &items, &["0B"]);
    let mut frames = Frames::default();
    market.advance(2 * SECOND - 1, &mut frames);
    assert_eq!(frames.len(), 0, "nothing trades at KRX before the opening");
    market.advance(2 * SECOND, &mut frames);
    let list = told(&Shapes::new(), &frames);
    for item in items {
        let mut own = list.iter().filter(|told| told.item == item);
        let first = own.next().expect("everything opens");
        assert_eq!(first.texts[0], "090000");
        assert!(first.texts[1].starts_with(char::is_numeric), "{first:?}");
        let mut later = 0;
        for told in own {
            assert!(told.texts[1].starts_with(['+', '-']), "{told:?}");
            later += 1;
        }
        assert!(later > 0, "takers rush in at the opening of {item}");
    }
}

#[test]
fn krx_closes_with_an_auction_and_nextrade_goes_on() {
    let items = ["005930", "005930_NX", "005930_AL"];
    let from = TimeOfDay::new(15, 19, 0);
    let mut market = market(from, 1.0, &items, &["0B", "0D", "0E"]);
    let (shapes, mut frames, mut list) = (Shapes::new(), Frames::default(), Vec::new());
    // Past 16:00:30 in steps of 50 ms.
    for step in 0..(41 * 60 + 30) * 20u64 {
        frames.clear();
        market.advance(step * SECOND / 20, &mut frames);
        market.step(&mut frames);
        list.extend(told(&shapes, &frames));
    }
    let times = |kind: &str, item: &str| -> Vec<u32> {
        let own = list.iter().filter(|told| told.kind == kind && told.item == item);
        let time = |told: &Told| told.texts[0].parse().unwrap();
        own.map(time).collect()
    };
    let during = |times: &[u32], from, until| times.iter().any(|t| (from..until).contains(t));
    let krx = times("0B", "005930");
    assert!(during(&krx, 151_900, 152_000));
    assert_eq!(krx.iter().filter(|time| (152_000..160_000).contains(*time)).count(), 1);
    assert!(krx.contains(&153_000), "the closing price");
    assert!(during(&krx, 160_000, 160_030), "the after-market");
    let nxt = times("0B", "005930_NX");
    assert!(!during(&nxt, 152_000, 154_000) && during(&nxt, 154_000, 155_000));
    assert!(nxt.contains(&154_000), "the end of Nextrade's single-price session");
    let both = times("0B", "005930_AL");
    assert_eq!(both.len(), krx.len() + nxt.len());
    let auction = times("0D", "005930");
    assert!(during(&auction, 152_000, 153_000) && !during(&auction, 153_000, 160_000));
    let closing = times("0E", "005930");
    assert!(during(&closing, 154_000, 160_000));
    assert!(!during(&closing, 0, 154_000) && !during(&closing, 160_000, 240_000));
}

#[test]
fn far_news_interrupts_trading_for_two_minutes() {
    for percent in [14.0, -14.0] {
        let items = ["005930", "005930_AL", ""];
        let mut market = market(TimeOfDay::new(9, 5, 0), 1.0, &items, &["0B", "0D", "1h", "0g"]);
        let index = market.by_code["005930"];
        market.instruments[index].news(percent);
        let (shapes, mut frames, mut list) = (Shapes::new(), Frames::default(), Vec::new());
        let mut halted = 0u64;
        for step in 0..10 * 60 * 20u64 {
            frames.clear();
            market.advance(step * SECOND / 20, &mut frames);
            market.step(&mut frames);
            list.extend(told(&shapes, &frames));
            let phase = market.instruments[index].phase(Venue::Krx, market.now);
            halted += u64::from(phase == Phase::Auction);
        }
        let events: Vec<_> = list.iter().filter(|told| told.kind == "1h").collect();
        assert_eq!(events.len(), 4, "{events:?}");
        let codes: Vec<_> = events.iter().map(|told| told.item.as_str()).collect();
        assert_eq!(codes, ["005930_AL", "005930", "005930_AL", "005930"]);
        let direction = if percent > 0.0 { "1" } else { "2" };
        for (place, event) in events.iter().enumerate() {
            let [code, price, begun, ended, base, side, count, kind] = &event.texts[..] else {
                panic!("{event:?}");
            };
            assert_eq!((code.as_str(), side.as_str(), count.as_str()), ("005930", direction, "1"));
            assert_eq!((kind.as_str(), begun), ("1", &events[0].texts[2]));
            let (price, base): (i64, i64) = (price.parse().unwrap(), base.parse().unwrap());
            assert!((price - base).abs() * 10 >= base, "{event:?}");
            assert_eq!(ended == "000000", place < 2, "{event:?}");
        }
        let halt = halted * 50 / 1000;
        assert!((119..=151).contains(&halt), "{halt} s");
        let (begun, ended) = (&events[0].texts[2], &events[2].texts[3]);
        let prints: Vec<_> = list
            .iter()
            .filter(|told| told.kind == "0B" && told.item == "005930")
            .filter(|told| told.texts[0] > *begun && told.texts[0] <= *ended)
            .collect();
        assert_eq!(prints[0].texts[0], *ended, "no trade before the end");
        assert!(prints[0].texts[1].starts_with(char::is_numeric), "the end is an auction");
        let infos: Vec<_> = list.iter().filter(|told| told.kind == "0g").collect();
        let reasons: Vec<_> = infos.iter().map(|told| told.texts[0].as_str()).collect();
        assert_eq!(reasons, ["정적VI", "정적VI", "", ""]);
        assert_eq!(infos[0].texts[1..], ["+349500", "-188500", "269000"]);
    }
}

#[test]
fn the_two_venues_do_not_cross_when_trading_comes_back() {
    let codes = ["005930", "000660", "035420", "005380", "051910", "035720", "068270", "105560"];
    let items = codes.map(|code| format!("{code}_AL"));
    let items: Vec<&str> = items.iter().map(String::as_str).collect();
    let mut market = market(TimeOfDay::new(9, 5, 0), 1.0, &items, &["0B"]);
    for code in codes {
        let index = market.by_code[code];
        market.instruments[index].news(14.0);
    }
    let mut frames = Frames::default();
    let mut released = [false; 8];
    for step in 0..20_000u64 {
        frames.clear();
        market.advance(step * SECOND / 50, &mut frames);
        for (code, released) in codes.iter().zip(&mut released) {
            let instrument = &market.instruments[market.by_code[*code]];
            if instrument.interruption.is_none() {
                *released |= instrument.interruptions > 0;
                let (krx, nxt) = (&instrument.krx, &instrument.nxt);
                assert!(krx.best(Side::Bid) < nxt.best(Side::Ask), "{code}");
                assert!(nxt.best(Side::Bid) < krx.best(Side::Ask), "{code}");
            }
        }
        market.step(&mut frames);
    }
    assert!(released.iter().all(|released| *released), "{released:?}");
}
