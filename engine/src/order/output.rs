//! What the order machine decides.

use super::input::RequestId;
use super::number::BrokerNumber;
use serde::Serialize;
use strategy_api::{
    ClientOrderId, InstrumentId, OrderReport, OrderRequest, Price, Quantity, Symbol, Venue,
};

/// One decision. The driver carries them out in order, after the input that led to them is on its
/// way to the disk.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Output {
    /// Write this request on an order line.
    Send(Request),
    /// Tell a strategy.
    Report {
        /// Its number.
        strategy: u16,
        /// What happened.
        report: OrderReport,
    },
    /// Ask the broker: all of [`Query::ALL`](super::Query::ALL), one after the other, each begun
    /// after the one before has ended. What comes of an earlier round is of no use any more.
    Reconcile {
        /// Number of the round.
        round: u32,
        /// Why.
        why: Doubt,
    },
    /// Orders may be taken: the books agree with the broker's.
    Ready,
    /// The instrument is closed for that strategy until the broker has told.
    Close {
        /// Number of the strategy.
        strategy: u16,
        /// The instrument.
        instrument: InstrumentId,
    },
    /// It is open again.
    Open {
        /// Number of the strategy.
        strategy: u16,
        /// The instrument.
        instrument: InstrumentId,
    },
    /// The broker's books and ours differed; ours were corrected.
    Difference(Difference),
    /// Something that a person should see. Nothing was lost by it.
    Notice(Notice),
    /// No new order from here on until [`Input::Resume`](super::Input::Resume).
    Halt(HaltReason),
}

/// A request as the order line sends it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request {
    /// Its number; written and reply come back under it.
    pub id: RequestId,
    /// Number of the strategy.
    pub strategy: u16,
    /// The order.
    pub order: ClientOrderId,
    /// The instrument.
    pub instrument: InstrumentId,
    /// `dmst_stex_tp`.
    pub venue: Venue,
    /// What to ask.
    pub ask: Ask,
}

/// What a request asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ask {
    /// kt10000 or kt10001, by the side.
    New(OrderRequest),
    /// kt10002.
    Replace {
        /// `orig_ord_no`.
        original: BrokerNumber,
        /// `mdfy_qty`; zero for everything that is left.
        quantity: Quantity,
        /// `mdfy_uv`.
        price: Price,
        /// `mdfy_cond_uv`; unset for most types.
        stop_price: Price,
    },
    /// kt10003.
    Cancel {
        /// `orig_ord_no`.
        original: BrokerNumber,
        /// `cncl_qty`; zero for everything that is left.
        quantity: Quantity,
    },
}

/// Why the broker is asked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Doubt {
    /// A run begins.
    Start,
    /// The feed was down.
    FeedWasDown,
    /// A request has no clear answer.
    NoAnswer,
    /// A reply said yes and no event followed.
    NoEvent,
    /// 911 fell, or 915 is not its rise.
    FillsDisagree,
    /// Quantities of an event cannot all be true.
    QuantitiesDisagree,
    /// A cancel was refused because nothing is left, and we know of shares that are.
    CancelRefused,
    /// A `04` event and our position differ.
    HoldingDiffers,
    /// The round before left something open.
    NotSettled,
    /// The round before did not come to its end.
    RoundFailed,
}

/// What was corrected in a reconciliation, and from what.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "difference", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Difference {
    /// The broker's list had more fills than were told by events.
    Fills {
        /// The order.
        number: BrokerNumber,
        /// Filled by our books.
        ours: i64,
        /// Filled by the broker's.
        theirs: i64,
    },
    /// An order that we held open is not among the open ones.
    Ended {
        /// The order.
        number: BrokerNumber,
        /// Shares that we held open.
        ours: i64,
    },
    /// Fewer shares are open than we knew.
    Leaves {
        /// The order.
        number: BrokerNumber,
        /// Open by our books.
        ours: i64,
        /// Open by the broker's.
        theirs: i64,
    },
    /// An order of this account that no strategy sent.
    Foreign {
        /// The order.
        number: BrokerNumber,
    },
    /// An order without an answer is at the broker under this number.
    Found {
        /// The order.
        number: BrokerNumber,
    },
    /// A request without an answer left no trace at the broker.
    NoTrace {
        /// The request.
        request: RequestId,
    },
    /// The account holds another number of shares than its fills explain.
    Position {
        /// The instrument.
        #[serde(with = "super::serial::text")]
        symbol: Symbol,
        /// Held by our books.
        ours: i64,
        /// Held by the broker's.
        theirs: i64,
    },
}

/// See [`Output::Notice`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "notice", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Notice {
    /// An order of this account that no strategy sent was seen.
    Foreign {
        /// Its number.
        number: BrokerNumber,
    },
    /// Several orders of the broker fit an order without an answer, or the other way round. A person
    /// must say which; until then the instrument stays closed.
    Ambiguous {
        /// The order.
        #[serde(with = "super::serial::client_order_id")]
        order: ClientOrderId,
    },
    /// An order was given up as lost, and now there is one that looks just like it. It counts for
    /// the account; whether it is the strategy's, a person must say.
    Resurfaced {
        /// The order that was given up.
        #[serde(with = "super::serial::client_order_id")]
        order: ClientOrderId,
        /// The broker's.
        number: BrokerNumber,
    },
    /// The money of the fills is not what the broker says (FID 903).
    ValueDiffers {
        /// The order.
        number: BrokerNumber,
        /// By the fills, KRW.
        ours: i64,
        /// FID 903, KRW.
        theirs: i64,
    },
    /// A fill came after the end of its order. It counts.
    LateFill {
        /// The order.
        number: BrokerNumber,
    },
    /// The first number of a chain differs from what we know.
    BaseDiffers {
        /// The order.
        number: BrokerNumber,
    },
    /// Doubt began.
    Doubt {
        /// The order.
        number: BrokerNumber,
        /// Why.
        why: Doubt,
    },
}

/// Why the machine takes no new orders.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HaltReason {
    /// An order was about to move where no edge leads. A fault of the engine.
    IllegalMove,
    /// The broker says two things that cannot both be true.
    Contradiction,
    /// A table is full: what was told last could not be kept.
    TableFull,
    /// Reconciliation did not come to an end several times in a row.
    ReconciliationFailed,
    /// An input came that the order of things does not allow (a row outside of a query).
    Misuse,
}

impl HaltReason {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::IllegalMove => "an order was about to move where no edge leads",
            Self::Contradiction => "the broker says two things that cannot both be true",
            Self::TableFull => "a table is full",
            Self::ReconciliationFailed => "reconciliation failed several times in a row",
            Self::Misuse => "an input came that the order of things does not allow",
        }
    }
}

impl Doubt {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Start => "a run begins",
            Self::FeedWasDown => "the feed was down",
            Self::NoAnswer => "a request has no clear answer",
            Self::NoEvent => "no event followed a reply that said yes",
            Self::FillsDisagree => "its fills do not add up",
            Self::QuantitiesDisagree => "its quantities cannot all be true",
            Self::CancelRefused => "its cancel was refused because nothing is left",
            Self::HoldingDiffers => "what is held differs from the broker's word",
            Self::NotSettled => "the round before left something open",
            Self::RoundFailed => "the round before did not come to its end",
        }
    }
}

impl Output {
    /// Mixes the decision into a running sum, so that a replay can tell whether it decided the same.
    /// Numbers of strategies and instruments stay out: another run may number them otherwise.
    pub fn mix(&self, sum: u64) -> u64 {
        let words: [u64; 5] = match self {
            Self::Send(request) => {
                let (kind, number, quantity, price) = match request.ask {
                    Ask::New(new) => (1, 0, new.quantity, new.price),
                    Ask::Replace { original, quantity, price, .. } => {
                        (2, original.get(), quantity, price)
                    }
                    Ask::Cancel { original, quantity } => {
                        (3, original.get(), quantity, Price::ZERO)
                    }
                };
                [kind, request.id.0.into(), number.into(), bits(quantity.raw()), price.raw() as u64]
            }
            Self::Report { report, .. } => [
                4,
                report.order.0,
                u64::from(report.event.0) << 8 | u64::from(report.status.0),
                bits(report.cumulative_filled.raw()),
                bits(report.leaves.raw()),
            ],
            Self::Reconcile { round, why } => [5, *why as u64, u64::from(*round), 0, 0],
            Self::Ready => [6, 0, 0, 0, 0],
            Self::Close { .. } => [7, 0, 0, 0, 0],
            Self::Open { .. } => [8, 0, 0, 0, 0],
            Self::Difference(_) => [9, 0, 0, 0, 0],
            Self::Notice(_) => [10, 0, 0, 0, 0],
            Self::Halt(why) => [11, *why as u64, 0, 0, 0],
        };
        words
            .iter()
            .fold(sum, |sum, word| (sum.rotate_left(5) ^ word).wrapping_mul(0x517C_C1B7_2722_0A95))
    }
}

fn bits(number: i64) -> u64 {
    number as u64
}
