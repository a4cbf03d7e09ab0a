//! What the order machine is told. An [`Input`] is everything it ever learns: whoever keeps them in
//! order can rebuild the machine, and that is what the journal does.

use super::number::BrokerNumber;
use super::serial::{self, bare_code};
use serde::{Deserialize, Serialize};
use strategy_api::{
    Balance, CancelRequest, ClientOrderId, Notional, OrderAction, OrderRequest, OrderState,
    OrderType, OrderUpdate, Price, Quantity, ReplaceRequest, Side, Symbol, Text, TimeOfDay,
    UnixNanos, Venue,
};

/// Number of a request on an order line, given by the machine, rising from 0 within a day.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub struct RequestId(pub u32);

/// One thing that the machine learns.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "in", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Input {
    /// A run begins. Requests that have no answer yet are unknown from here on: the process that
    /// waited for it is gone. Orders are taken after the first [`FeedBack`](Self::FeedBack) and the
    /// reconciliation that follows it.
    Begin,
    /// A position that a strategy brings along from the day before. Before everything else.
    Carry(Carry),
    /// A strategy's wish that has passed the risk gate.
    Wish(Wish),
    /// A strategy's wish that the risk gate refused. Changes nothing; the journal keeps it.
    Denied(Denied),
    /// The last byte of a request is written.
    Written {
        /// Which.
        request: RequestId,
    },
    /// How a request ended.
    Replied {
        /// Which.
        request: RequestId,
        /// How.
        reply: Reply,
    },
    /// A `00` event of this account.
    Update(Update),
    /// A `04` event of this account.
    Holding(Holding),
    /// The feed is down: events of own orders may be missed from here on.
    FeedLost,
    /// The feed is logged in and subscribed to own orders (`00`, `04`), for the first time or again.
    FeedBack,
    /// A query of a reconciliation is about to be sent.
    QueryBegun {
        /// The round that asked for it.
        round: u32,
        /// Which.
        query: Query,
    },
    /// A row of ka10075.
    OpenRow(OpenRow),
    /// A row of ka10076.
    FilledRow(FilledRow),
    /// A row of kt00018 or kt00005.
    PositionRow(PositionRow),
    /// The answer of kt00001.
    Cash(Cash),
    /// A query of a reconciliation has ended.
    QueryEnded {
        /// The round that asked for it.
        round: u32,
        /// Which.
        query: Query,
        /// Whether every page was read. A query that failed is no evidence.
        complete: bool,
    },
    /// All working orders of all strategies shall be cancelled.
    CancelEverything,
    /// A person says what became of an order without an answer, where the broker's books leave it
    /// open ([`Notice::Ambiguous`](super::Notice::Ambiguous)).
    Settle {
        /// The order.
        #[serde(with = "serial::client_order_id")]
        order: ClientOrderId,
        /// Its number; `None`: it never arrived.
        number: Option<BrokerNumber>,
    },
    /// A person has looked: a halted machine may take orders again.
    Resume,
    /// Only the time has passed; due at [`Machine::next_deadline`](super::Machine::next_deadline).
    Tick,
}

/// Which query of a reconciliation. They are asked in this order, each after the one before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Query {
    /// ka10075 미체결.
    Open,
    /// ka10076 체결.
    Filled,
    /// kt00018 or kt00005.
    Positions,
    /// kt00001 예수금.
    Cash,
}

impl Query {
    /// All, in the order in which they are asked.
    pub const ALL: [Self; 4] = [Self::Open, Self::Filled, Self::Positions, Self::Cash];
}

/// See [`Input::Wish`].
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Wish {
    /// Number of the strategy.
    pub strategy: u16,
    /// When it was wanted.
    #[serde(with = "serial::nanos")]
    pub ts_submit: UnixNanos,
    /// Kernel timestamp (read, where there is none) of the record that made the strategy want it;
    /// unset for a timer.
    #[serde(with = "serial::nanos")]
    pub ts_cause: UnixNanos,
    /// What it wants.
    pub want: Want,
}

/// What a strategy wants.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Want {
    /// A new order.
    New {
        /// The id it was given.
        #[serde(with = "serial::client_order_id")]
        order: ClientOrderId,
        /// The order.
        #[serde(with = "serial::OrderRequestForm")]
        request: OrderRequest,
    },
    /// Another price or quantity.
    Replace(#[serde(with = "serial::ReplaceRequestForm")] ReplaceRequest),
    /// The end of an order, or of a part of it.
    Cancel(#[serde(with = "serial::CancelRequestForm")] CancelRequest),
    /// The end of all its orders.
    CancelAll,
}

impl From<&crate::gateway::Command> for Wish {
    fn from(command: &crate::gateway::Command) -> Self {
        use crate::gateway::CommandKind;
        let cause = &command.cause;
        Self {
            strategy: command.strategy,
            ts_submit: command.ts_submit,
            ts_cause: if cause.ts_kernel.is_set() { cause.ts_kernel } else { cause.ts_recv },
            want: match command.kind {
                CommandKind::Submit { id, request } => Want::New { order: id, request },
                CommandKind::Replace(request) => Want::Replace(request),
                CommandKind::Cancel(request) => Want::Cancel(request),
                CommandKind::CancelAll => Want::CancelAll,
            },
        }
    }
}

/// See [`Input::Denied`].
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Denied {
    /// The wish.
    pub wish: Wish,
    /// Code of the [`Refusal`](strategy_api::Refusal).
    pub refusal: i32,
}

/// See [`Input::Carry`].
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Carry {
    /// Number of the strategy.
    pub strategy: u16,
    /// Code of the instrument.
    #[serde(with = "serial::text")]
    pub symbol: Symbol,
    /// Shares.
    #[serde(with = "serial::quantity")]
    pub quantity: Quantity,
    /// What they cost, KRW, without fees.
    #[serde(with = "serial::notional")]
    pub cost: Notional,
}

/// How a request on an order line ended. Exactly one of these comes for each request; a late answer
/// may follow the ones that leave it open.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reply {
    /// `return_code` 0 with a number.
    Accepted {
        /// `ord_no`: for a modify and a cancel a new one.
        number: BrokerNumber,
        /// `base_orig_ord_no`: the first of the chain.
        base: Option<BrokerNumber>,
        /// `mdfy_qty`, `cncl_qty`; unset for a new order, or where it is missing.
        #[serde(with = "serial::quantity")]
        quantity: Quantity,
    },
    /// The broker surely did not take it.
    Refused {
        /// The code in the message (`RC4027`, `1700`, …).
        #[serde(with = "serial::text")]
        code: Text<16>,
        /// The message. No secrets: it goes into the journal.
        #[serde(with = "serial::text")]
        text: Text<64>,
    },
    /// The line broke before the first byte left, or refused to take the request: surely not sent.
    NotSent {
        /// Why.
        #[serde(with = "serial::text")]
        text: Text<64>,
    },
    /// No answer in time.
    TimedOut,
    /// The line broke after the write.
    LineBroke,
    /// There was an answer that says neither yes nor no (HTTP 5xx, a body that cannot be read).
    Unclear,
}

/// A `00` event, reduced to what the machine decides on. All events of an order number are true
/// statements about one moment each; `cumulative` only rises and `leaves` only falls.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Update {
    /// FID 9203.
    pub number: BrokerNumber,
    /// FID 904; `None` for `0000000`.
    pub original: Option<BrokerNumber>,
    /// FID 9001, bare.
    #[serde(with = "serial::text")]
    pub symbol: Symbol,
    /// FID 907.
    #[serde(with = "serial::side")]
    pub side: Side,
    /// FID 905.
    #[serde(with = "serial::action")]
    pub action: OrderAction,
    /// FID 913.
    #[serde(with = "serial::state")]
    pub state: OrderState,
    /// FID 906; `None` for words that are not known.
    #[serde(with = "optional_order_type")]
    pub order_type: Option<OrderType>,
    /// FID 2134: where it rests or was filled.
    #[serde(with = "serial::venue")]
    pub venue: Venue,
    /// FID 900.
    #[serde(with = "serial::quantity")]
    pub quantity: Quantity,
    /// FID 902.
    #[serde(with = "serial::quantity")]
    pub leaves: Quantity,
    /// FID 911.
    #[serde(with = "serial::quantity")]
    pub cumulative: Quantity,
    /// FID 915.
    #[serde(with = "serial::quantity")]
    pub last_quantity: Quantity,
    /// FID 901.
    #[serde(with = "serial::price")]
    pub price: Price,
    /// FID 914, or 910 where that is empty.
    #[serde(with = "serial::price")]
    pub last_price: Price,
    /// FID 903.
    #[serde(with = "serial::notional")]
    pub value: Notional,
    /// FID 938.
    #[serde(with = "serial::notional")]
    pub fee: Notional,
    /// FID 939.
    #[serde(with = "serial::notional")]
    pub tax: Notional,
    /// FID 909.
    #[serde(with = "serial::text")]
    pub fill_number: Text<16>,
    /// FID 919; empty when there is none.
    #[serde(with = "serial::text")]
    pub reject_reason: Text<48>,
    /// FID 908 with the date.
    #[serde(with = "serial::nanos")]
    pub ts_event: UnixNanos,
    /// Our clock after the read.
    #[serde(with = "serial::nanos")]
    pub ts_recv: UnixNanos,
}

/// A `00` event whose order number cannot be read: it says that something happened and not to what.
/// Give the machine [`Input::FeedLost`] and [`Input::FeedBack`], so that it asks the broker.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a 00 event has no readable order number (FID 9203): {0:?}; reconciliation is needed")]
pub struct UnreadableUpdate(pub strategy_api::OrderNumber);

impl TryFrom<&OrderUpdate> for Update {
    type Error = UnreadableUpdate;

    fn try_from(record: &OrderUpdate) -> Result<Self, UnreadableUpdate> {
        let number = BrokerNumber::read(record.order_number.as_str())
            .ok_or(UnreadableUpdate(record.order_number))?;
        let no_reason = matches!(record.reject_reason.as_str(), "" | "0");
        Ok(Self {
            number,
            original: BrokerNumber::read(record.original_order_number.as_str()),
            symbol: bare_code(record.symbol.as_str()),
            side: record.side,
            action: record.action,
            state: record.state,
            order_type: order_type_of_words(record.order_type.as_str()),
            venue: record.traded_venue,
            quantity: record.quantity,
            leaves: record.leaves,
            cumulative: record.cumulative_filled,
            last_quantity: record.last_quantity,
            price: record.price,
            last_price: if record.last_price.is_set() {
                record.last_price
            } else {
                record.fill_price
            },
            value: record.cumulative_value,
            fee: record.fee,
            tax: record.tax,
            fill_number: record.fill_number,
            reject_reason: if no_reason { Text::EMPTY } else { record.reject_reason },
            ts_event: record.header.ts_event,
            ts_recv: record.header.ts_recv,
        })
    }
}

/// What the broker calls an order type in words (FID 906, `trde_tp` in lists), as its type.
pub fn order_type_of_words(words: &str) -> Option<OrderType> {
    Some(match words.trim() {
        "보통" | "지정가" => OrderType::LIMIT,
        "시장가" => OrderType::MARKET,
        "조건부지정가" => OrderType::CONDITIONAL_LIMIT,
        "최유리지정가" => OrderType::BEST_OPPOSITE,
        "최우선지정가" => OrderType::BEST_SAME,
        "보통(IOC)" => OrderType::LIMIT_IOC,
        "시장가(IOC)" => OrderType::MARKET_IOC,
        "최유리(IOC)" => OrderType::BEST_OPPOSITE_IOC,
        "보통(FOK)" => OrderType::LIMIT_FOK,
        "시장가(FOK)" => OrderType::MARKET_FOK,
        "최유리(FOK)" => OrderType::BEST_OPPOSITE_FOK,
        // The broker's document writes it both ways.
        "스톱지정가" | "스톰지정가" => OrderType::STOP_LIMIT,
        "중간가" => OrderType::MIDPOINT,
        "중간가(IOC)" => OrderType::MIDPOINT_IOC,
        "중간가(FOK)" => OrderType::MIDPOINT_FOK,
        "장전시간외" => OrderType::PRE_OPEN_AT_CLOSE,
        "시간외단일가" => OrderType::OFF_HOURS_SINGLE,
        "장후시간외" => OrderType::AFTER_CLOSE_AT_CLOSE,
        _ => return None,
    })
}

/// A `04` event.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Holding {
    /// FID 9001, bare.
    #[serde(with = "serial::text")]
    pub symbol: Symbol,
    /// FID 930.
    #[serde(with = "serial::quantity")]
    pub quantity: Quantity,
    /// FID 933.
    #[serde(with = "serial::quantity")]
    pub sellable: Quantity,
}

impl From<&Balance> for Holding {
    fn from(record: &Balance) -> Self {
        Self {
            symbol: bare_code(record.symbol.as_str()),
            quantity: record.quantity,
            sellable: record.sellable,
        }
    }
}

/// What both lists of orders tell about one order number.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct OrderRow {
    /// `ord_no`.
    pub number: BrokerNumber,
    /// `orig_ord_no`; `None` for `0000000`.
    pub original: Option<BrokerNumber>,
    /// `stk_cd`, bare.
    #[serde(with = "serial::text")]
    pub symbol: Symbol,
    /// From `io_tp_nm`.
    #[serde(with = "serial::side")]
    pub side: Side,
    /// From `io_tp_nm`.
    #[serde(with = "serial::action")]
    pub action: OrderAction,
    /// From `trde_tp`; `None` for words that are not known.
    #[serde(with = "optional_order_type")]
    pub order_type: Option<OrderType>,
    /// `ord_qty`.
    #[serde(with = "serial::quantity")]
    pub quantity: Quantity,
    /// `ord_pric`.
    #[serde(with = "serial::price")]
    pub price: Price,
    /// `oso_qty`.
    #[serde(with = "serial::quantity")]
    pub leaves: Quantity,
    /// `tm`, `ord_tm`: seconds since midnight in Korea.
    #[serde(with = "time_of_day")]
    pub time: TimeOfDay,
}

/// A row of ka10075: an order that is open.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct OpenRow {
    /// The order.
    #[serde(flatten)]
    pub order: OrderRow,
}

/// A row of ka10076: an order that was filled, in part or whole. One row an order, not a fill.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct FilledRow {
    /// The order.
    #[serde(flatten)]
    pub order: OrderRow,
    /// `cntr_qty`: filled so far.
    #[serde(with = "serial::quantity")]
    pub cumulative: Quantity,
    /// `cntr_pric`: the average.
    #[serde(with = "serial::price")]
    pub average_price: Price,
    /// `tdy_trde_cmsn`.
    #[serde(with = "serial::notional")]
    pub fee: Notional,
    /// `tdy_trde_tax`.
    #[serde(with = "serial::notional")]
    pub tax: Notional,
}

/// A row of kt00018 or kt00005: what the account holds.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct PositionRow {
    /// `stk_cd`, bare.
    #[serde(with = "serial::text")]
    pub symbol: Symbol,
    /// `rmnd_qty`, `cur_qty`.
    #[serde(with = "serial::quantity")]
    pub quantity: Quantity,
    /// `trde_able_qty`; unset where the list has none.
    #[serde(with = "serial::quantity")]
    pub sellable: Quantity,
    /// `pur_pric`, `buy_uv`.
    #[serde(with = "serial::price")]
    pub average_price: Price,
}

/// The answer of kt00001, KRW.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Cash {
    /// `entr`.
    #[serde(with = "serial::notional")]
    pub deposit: Notional,
    /// `ord_alow_amt`.
    #[serde(with = "serial::notional")]
    pub orderable: Notional,
    /// `100stk_ord_alow_amt`: orderable without margin.
    #[serde(with = "serial::notional")]
    pub orderable_full_margin: Notional,
    /// `d2_entra`: after settlement of everything done so far.
    #[serde(with = "serial::notional")]
    pub deposit_d2: Notional,
}

mod optional_order_type {
    use super::serial::order_type;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use strategy_api::OrderType;

    #[derive(Serialize, Deserialize)]
    struct Form(#[serde(with = "order_type")] OrderType);

    pub(super) fn serialize<S: Serializer>(
        value: &Option<OrderType>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        value.map(Form).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<OrderType>, D::Error> {
        Ok(Option::<Form>::deserialize(from)?.map(|form| form.0))
    }
}

mod time_of_day {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use strategy_api::TimeOfDay;

    pub(super) fn serialize<S: Serializer>(time: &TimeOfDay, to: S) -> Result<S::Ok, S::Error> {
        time.get().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<TimeOfDay, D::Error> {
        Ok(Option::<u32>::deserialize(from)?.map_or(TimeOfDay::UNSET, TimeOfDay::new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_broker_has_words_for_every_type() {
        let words = [
            "보통",
            "시장가",
            "조건부지정가",
            "최유리지정가",
            "최우선지정가",
            "보통(IOC)",
            "시장가(IOC)",
            "최유리(IOC)",
            "보통(FOK)",
            "시장가(FOK)",
            "최유리(FOK)",
            "스톱지정가",
            "중간가",
            "중간가(IOC)",
            "중간가(FOK)",
            "장전시간외",
            "시간외단일가",
            "장후시간외",
        ];
        let mut types: Vec<_> = words.iter().filter_map(|w| order_type_of_words(w)).collect();
        types.sort();
        assert_eq!(types, OrderType::ALL);
        assert_eq!(order_type_of_words("시간외대량"), None);
    }

    #[test]
    fn an_update_without_a_number_is_refused_and_says_so() {
        let none = strategy_api::OrderNumber::new("0000000").unwrap();
        let mut record = OrderUpdate { order_number: none, ..OrderUpdate::default() };
        let error = Update::try_from(&record).unwrap_err();
        assert!(error.to_string().contains("0000000"), "{error}");
        record.order_number = strategy_api::OrderNumber::new("0000018").unwrap();
        record.reject_reason = Text::new("0").unwrap();
        let update = Update::try_from(&record).unwrap();
        assert_eq!(update.number.get(), 18);
        assert!(update.reject_reason.is_empty(), "a zero is no reason");
    }
}
