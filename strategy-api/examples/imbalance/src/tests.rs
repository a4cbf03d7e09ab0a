//! The strategy on a test host: what it sends for which book.

use super::*;
use strategy_api::testing::TestHost;
use strategy_api::{OrderStatus, Record};

const PARAMS: &str = "symbols = [\"005930\"]\nrequote_ms = 100\n";

fn start() -> (TestHost, Imbalance) {
    let mut host = TestHost::new();
    host.add_instrument("005930", "삼성전자");
    host.add_instrument("000660", "SK하이닉스");
    let mut strategy: Imbalance = host.create(PARAMS).unwrap();
    strategy.on_start(&mut host.context()).unwrap();
    (host, strategy)
}

/// A book of one level a side: 60,700 bid, 60,800 asked.
fn book(bids: i64, asks: i64) -> Depth {
    let mut depth = Depth::unset();
    depth.header.instrument = InstrumentId(0);
    depth.bid_price[0] = Price::new(60_700);
    depth.ask_price[0] = Price::new(60_800);
    depth.bid_quantity[0] = Quantity::new(bids);
    depth.ask_quantity[0] = Quantity::new(asks);
    depth
}

fn show(host: &mut TestHost, strategy: &mut Imbalance, depth: &Depth) {
    strategy.on_depth(&mut host.context(), depth).unwrap();
}

#[test]
fn an_even_book_is_joined_with_a_bid_and_no_short_sale() {
    let (mut host, mut strategy) = start();
    show(&mut host, &mut strategy, &book(500, 500));
    let sent: Vec<_> = host.submitted().iter().map(|(_, o)| (o.side, o.price)).collect();
    assert_eq!(sent, [(Side::BUY, Price::new(60_700))]);
}

#[test]
fn a_book_full_of_sellers_takes_the_bid_away() {
    let (mut host, mut strategy) = start();
    show(&mut host, &mut strategy, &book(500, 500));
    show(&mut host, &mut strategy, &book(10, 990));
    assert!(host.working().is_empty());
    assert_eq!(host.cancelled().len(), 1);
}

#[test]
fn shares_are_offered_unless_the_price_is_likely_to_rise() {
    let (mut host, mut strategy) = start();
    host.set_position(InstrumentId(0), Quantity::new(30), Price::new(60_500));
    show(&mut host, &mut strategy, &book(500, 500));
    let asks = |host: &TestHost| {
        host.working().iter().filter(|order| order.request.side == Side::SELL).count()
    };
    assert_eq!(asks(&host), 1);
    show(&mut host, &mut strategy, &book(990, 10));
    assert_eq!(asks(&host), 0);
}

#[test]
fn a_quote_follows_the_price_but_not_too_often() {
    let (mut host, mut strategy) = start();
    show(&mut host, &mut strategy, &book(500, 500));
    let mut higher = book(500, 500);
    higher.bid_price[0] = Price::new(60_800);
    higher.ask_price[0] = Price::new(60_900);
    show(&mut host, &mut strategy, &higher);
    assert!(host.replaced().is_empty(), "the quote is still fresh");

    host.advance(&mut strategy, DurationNanos::from_millis(100)).unwrap();
    show(&mut host, &mut strategy, &higher);
    assert_eq!(host.replaced().len(), 1);
    assert_eq!(host.working()[0].request.price, Price::new(60_800));
}

#[test]
fn the_position_limit_holds_and_a_large_position_bids_lower() {
    let (mut host, mut strategy) = start();
    host.set_position(InstrumentId(0), Quantity::new(60), Price::new(60_500));
    show(&mut host, &mut strategy, &book(500, 500));
    let bid = host.working().iter().find(|order| order.request.side == Side::BUY).unwrap();
    assert_eq!(bid.request.price, Price::new(60_600));

    let (mut host, mut strategy) = start();
    host.set_position(InstrumentId(0), Quantity::new(95), Price::new(60_500));
    show(&mut host, &mut strategy, &book(500, 500));
    assert!(host.working().iter().all(|order| order.request.side == Side::SELL));
}

#[test]
fn trades_lean_the_quotes_and_fade() {
    let (mut host, mut strategy) = start();
    let mut trade = Trade::unset();
    trade.header.instrument = InstrumentId(0);
    trade.side = Side::SELL;
    trade.quantity = Quantity::new(1);
    strategy.on_trade(&mut host.context(), &trade).unwrap();
    // The book leans down by 300; with the trade by 475, which is past the threshold.
    show(&mut host, &mut strategy, &book(350, 650));
    assert!(host.submitted().is_empty());

    host.advance(&mut strategy, DurationNanos::from_secs(2)).unwrap();
    show(&mut host, &mut strategy, &book(350, 650));
    assert_eq!(host.submitted().len(), 1);
}

#[test]
fn nothing_is_quoted_in_an_auction_an_interruption_or_on_a_stale_feed() {
    let (mut host, mut strategy) = start();
    let mut auction = book(500, 500);
    auction.indicative_price = Price::new(60_700);
    show(&mut host, &mut strategy, &auction);
    assert!(host.submitted().is_empty());

    show(&mut host, &mut strategy, &book(500, 500));
    let mut stop = VolatilityInterruption::unset();
    stop.symbol = strategy_api::Symbol::new("005930").unwrap();
    strategy.on_volatility_interruption(&mut host.context(), &stop).unwrap();
    assert!(host.working().is_empty());
    show(&mut host, &mut strategy, &book(500, 500));
    assert_eq!(host.submitted().len(), 1);
    stop.release_time = strategy_api::TimeOfDay::new(36_000);
    strategy.on_volatility_interruption(&mut host.context(), &stop).unwrap();
    host.advance(&mut strategy, DurationNanos::from_secs(1)).unwrap();
    show(&mut host, &mut strategy, &book(500, 500));
    assert_eq!(host.working().len(), 1);

    let mut stale = FeedEvent::unset();
    stale.change = FeedChange::STALE;
    strategy.on_feed(&mut host.context(), &stale).unwrap();
    assert!(host.working().is_empty());
    show(&mut host, &mut strategy, &book(500, 500));
    assert!(host.working().is_empty());
}

#[test]
fn a_filled_quote_is_replaced_by_a_new_one() {
    let (mut host, mut strategy) = start();
    show(&mut host, &mut strategy, &book(500, 500));
    let (id, request) = host.submitted()[0];
    host.fill(id, Quantity::new(10));
    let mut report = OrderReport::unset();
    report.order = id;
    report.request = request;
    report.status = OrderStatus::FILLED;
    strategy.on_order(&mut host.context(), &report).unwrap();
    // Not at once: a side is touched every `requote_ms` at most.
    show(&mut host, &mut strategy, &book(500, 500));
    assert_eq!(host.submitted().iter().filter(|(_, order)| order.side == Side::BUY).count(), 1);
    host.advance(&mut strategy, DurationNanos::from_secs(1)).unwrap();
    show(&mut host, &mut strategy, &book(500, 500));
    let sides: Vec<_> = host.submitted().iter().map(|(_, order)| order.side).collect();
    assert_eq!(sides, [Side::BUY, Side::SELL, Side::BUY]);
}

#[test]
fn a_refusal_is_survived_and_other_instruments_are_left_alone() {
    let (mut host, mut strategy) = start();
    host.refuse(Some(Refusal::Full));
    show(&mut host, &mut strategy, &book(500, 500));
    host.refuse(None);
    let mut other = book(500, 500);
    other.header.instrument = InstrumentId(1);
    show(&mut host, &mut strategy, &other);
    assert!(host.submitted().is_empty());
    show(&mut host, &mut strategy, &book(500, 500));
    assert_eq!(host.submitted().len(), 1);
}

#[test]
fn wrong_parameters_are_named() {
    let cases = [
        ("symbols = [\"999999\"]", "999999"),
        ("levels = 11", "levels"),
        ("venue = \"NYSE\"", "NYSE"),
        ("order_quantity = 0", "order_quantity"),
        ("max_position = 1", "max_position"),
        ("max_positon = 1", "max_positon"),
        ("threshold = \"high\"", "threshold"),
    ];
    for (params, word) in cases {
        let mut host = TestHost::new();
        host.add_instrument("005930", "삼성전자");
        let error = host.create::<Imbalance>(params).err().expect(params);
        assert!(error.message().contains(word), "{params}: {error}");
    }
}

#[test]
fn nothing_is_quoted_outside_continuous_trading() {
    let (mut host, mut strategy) = start();
    let enter = |host: &mut TestHost, strategy: &mut Imbalance, venue, phase| {
        host.change_session(strategy, venue, phase).unwrap();
        show(host, strategy, &book(500, 500));
        host.working().len()
    };
    assert_eq!(enter(&mut host, &mut strategy, Venue::KRX, SessionPhase::OPENING_AUCTION), 0);
    assert_eq!(enter(&mut host, &mut strategy, Venue::KRX, SessionPhase::CONTINUOUS), 1);
    assert_eq!(enter(&mut host, &mut strategy, Venue::NXT, SessionPhase::CLOSED), 1, "not ours");
    assert_eq!(enter(&mut host, &mut strategy, Venue::KRX, SessionPhase::CLOSING_AUCTION), 0);
    assert_eq!(host.cancelled().len(), 1);
}
