//! Delivers own frames (00, 04) that are due later than what caused them.

use super::hub::Hub;
use std::rc::Rc;
use tokio::time::sleep_until;

/// Runs until the broker stops.
pub(super) async fn run(hub: Rc<Hub>) {
    loop {
        let due = hub.exchange.borrow().next_event();
        if due == u64::MAX {
            hub.own_wake.notified().await;
        } else {
            tokio::select! {
                () = sleep_until(hub.moment(due)) => {}
                () = hub.own_wake.notified() => {}
            }
            if hub.clock() >= due {
                hub.deliver_own();
            }
        }
        if hub.stopping.get() {
            return;
        }
    }
}
