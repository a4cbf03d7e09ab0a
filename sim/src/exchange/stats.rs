//! What a venue knows of an instrument's day: the sums behind types 0A, 0B, 0F and 0w.

use crate::clock::Venue;

/// How many views there are.
pub(crate) const VIEWS: usize = 3;

/// Which trades are counted together, as the item's suffix chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum View {
    /// The Korea Exchange alone: the bare code.
    Krx = 0,
    /// Nextrade alone: `_NX`.
    Nxt = 1,
    /// Both: `_AL`.
    All = 2,
}

impl View {
    /// Whether the view shows a venue.
    pub(crate) fn shows(self, venue: Venue) -> bool {
        match self {
            Self::Krx => venue == Venue::Krx,
            Self::Nxt => venue == Venue::Nxt,
            Self::All => true,
        }
    }

    /// The two views that show a venue's trades.
    pub(crate) fn of(venue: Venue) -> [Self; 2] {
        match venue {
            Venue::Krx => [Self::Krx, Self::All],
            Venue::Nxt => [Self::Nxt, Self::All],
        }
    }
}

/// Who made a trade happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aggressor {
    /// A buyer hit the offer.
    Buyer,
    /// A seller hit the bid.
    Seller,
    /// Nobody: a call auction.
    Auction,
}

/// The day so far, in one view. Prices in KRW, money in KRW, times as the number HHmmss.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stats {
    pub(crate) last: i64,
    pub(crate) open: i64,
    pub(crate) high: i64,
    pub(crate) low: i64,
    pub(crate) open_time: u32,
    pub(crate) high_time: u32,
    pub(crate) low_time: u32,
    pub(crate) upper_time: u32,
    pub(crate) lower_time: u32,
    pub(crate) volume: i64,
    pub(crate) value: i64,
    pub(crate) buy_volume: i64,
    pub(crate) sell_volume: i64,
    pub(crate) buy_count: i64,
    pub(crate) sell_count: i64,
}

impl Stats {
    /// Counts a trade.
    pub(crate) fn trade(&mut self, price: i64, quantity: i64, who: Aggressor, time: u32) {
        if self.volume == 0 {
            (self.open, self.high, self.low) = (price, price, price);
            (self.open_time, self.high_time, self.low_time) = (time, time, time);
        }
        if price > self.high {
            (self.high, self.high_time) = (price, time);
        }
        if price < self.low {
            (self.low, self.low_time) = (price, time);
        }
        self.last = price;
        self.volume += quantity;
        self.value += price * quantity;
        match who {
            Aggressor::Buyer => {
                self.buy_volume += quantity;
                self.buy_count += 1;
            }
            Aggressor::Seller => {
                self.sell_volume += quantity;
                self.sell_count += 1;
            }
            Aggressor::Auction => {}
        }
    }
}

/// Trades of programs in one view (type 0w), in shares and KRW.
#[derive(Clone, Debug, Default)]
pub(crate) struct Programs {
    pub(crate) sold: i64,
    pub(crate) sold_value: i64,
    pub(crate) bought: i64,
    pub(crate) bought_value: i64,
    /// Net shares and net millions as of the last message, for the changes in it.
    pub(crate) told_net: i64,
    pub(crate) told_net_value: i64,
}

/// Brokers that trade; the second number is their code. A foreign one has `true`.
pub(crate) const BROKERS: [(&str, &str, bool); 10] = [
    ("키움증권", "050", false),
    ("미래에셋", "005", false),
    ("KB증권", "017", false),
    ("삼  성", "030", false),
    ("한국투자증권", "003", false),
    ("유진투자증권", "008", false),
    ("신한투자증권", "002", false),
    ("골드만삭스", "045", true),
    ("씨티그룹", "037", true),
    ("JP모간", "033", true),
];

/// Shares of each broker in one view (type 0F), and what the last message told.
#[derive(Clone, Debug, Default)]
pub(crate) struct BrokerBook {
    pub(crate) sold: [i64; BROKERS.len()],
    pub(crate) bought: [i64; BROKERS.len()],
    pub(crate) told_sold: [i64; BROKERS.len()],
    pub(crate) told_bought: [i64; BROKERS.len()],
}
