//! Where an order may go from where it stands. The table is the law: a move that is not in it is a
//! fault of the engine, which halts instead of making it.

use strategy_api::OrderStatus;

/// A state and one that may follow it, with what leads there.
pub const EDGES: &[(OrderStatus, OrderStatus, &str)] = &[
    (OrderStatus::NONE, OrderStatus::SUBMITTING, "the gate let it pass; journaled, then sent"),
    (OrderStatus::SUBMITTING, OrderStatus::WORKING, "the reply gave its number"),
    (OrderStatus::SUBMITTING, OrderStatus::REJECTED, "refused, or surely never sent"),
    (OrderStatus::SUBMITTING, OrderStatus::UNKNOWN, "no answer, or the line broke after the write"),
    (OrderStatus::UNKNOWN, OrderStatus::WORKING, "a late reply, or the broker's lists, told"),
    (OrderStatus::UNKNOWN, OrderStatus::REJECTED, "refused late, or no trace of it at the broker"),
    (OrderStatus::WORKING, OrderStatus::PARTIALLY_FILLED, "a fill, and more is open"),
    (OrderStatus::WORKING, OrderStatus::FILLED, "filled whole"),
    (OrderStatus::WORKING, OrderStatus::CANCELLED, "nothing is open and nothing was filled"),
    (OrderStatus::WORKING, OrderStatus::REJECTED, "거부 after 접수, without a fill"),
    (OrderStatus::PARTIALLY_FILLED, OrderStatus::FILLED, "filled whole"),
    (OrderStatus::PARTIALLY_FILLED, OrderStatus::CANCELLED, "the rest was cancelled"),
    (OrderStatus::CANCELLED, OrderStatus::FILLED, "a late fill: it was filled before the cancel"),
    (
        OrderStatus::REJECTED,
        OrderStatus::CANCELLED,
        "a fill after all: it counts, the rest is gone",
    ),
    (OrderStatus::REJECTED, OrderStatus::FILLED, "a fill after all, of everything"),
    (OrderStatus::CANCELLED, OrderStatus::WORKING, "another hand's modify went on with it"),
    (OrderStatus::CANCELLED, OrderStatus::PARTIALLY_FILLED, "the same, after a fill"),
];

/// Whether an order may move from one state to the other. Staying is no move.
pub fn may_move(from: OrderStatus, to: OrderStatus) -> bool {
    EDGES.iter().any(|(a, b, _)| *a == from && *b == to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_filled_and_every_state_can_be_reached() {
        assert!(EDGES.iter().all(|(from, ..)| *from != OrderStatus::FILLED));
        let reachable = [
            OrderStatus::SUBMITTING,
            OrderStatus::WORKING,
            OrderStatus::PARTIALLY_FILLED,
            OrderStatus::FILLED,
            OrderStatus::CANCELLED,
            OrderStatus::REJECTED,
            OrderStatus::UNKNOWN,
        ];
        for state in reachable {
            assert!(EDGES.iter().any(|(_, to, _)| *to == state), "{state}");
        }
        assert!(!may_move(OrderStatus::UNKNOWN, OrderStatus::SUBMITTING), "never sent again");
        assert!(!may_move(OrderStatus::REJECTED, OrderStatus::WORKING));
    }
}
