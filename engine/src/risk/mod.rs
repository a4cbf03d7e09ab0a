//! The risk gate: what every order has to pass before it can leave.
//!
//! # Hot path
//! [`Gate::check`] allocates nothing, takes no lock, reads no clock and calls nobody. Budget: 200 ns for
//! all checks together; a denial is as fast as an approval.
//!
//! # What it checks, in this order
//! The first reason counts. *new*: new orders, *rep*: replaces, checked like the difference they make.
//!
//! | # | reason | denies | applies to |
//! |---|---|---|---|
//! | 1 | [`InvalidVenue`](Refusal::InvalidVenue), [`InvalidSide`](Refusal::InvalidSide), [`InvalidOrderType`](Refusal::InvalidOrderType), [`InvalidPrice`](Refusal::InvalidPrice), [`InvalidStopPrice`](Refusal::InvalidStopPrice), [`InvalidQuantity`](Refusal::InvalidQuantity) | what [`OrderRequest::check`](strategy_api::OrderRequest::check) finds in the form | new, rep |
//! | 2 | [`UnknownOrder`](Refusal::UnknownOrder), [`Unsupported`](Refusal::Unsupported) | a replace of an order that is not working, another's, or without a price | rep |
//! | 3 | [`Killed`](Refusal::Killed) | the kill switch is latched | new, rep |
//! | 4 | [`NotAllowed`](Refusal::NotAllowed) | there is no such strategy | new, rep |
//! | 5 | [`StrategyStopped`](Refusal::StrategyStopped) | it is stopped until a person re-arms it | new, rep |
//! | 6 | [`FeedStale`](Refusal::FeedStale) | no market data | new, rep |
//! | 7 | [`UnknownInstrument`](Refusal::UnknownInstrument) | nothing is known about the instrument | new, rep |
//! | 8 | [`InstrumentClosed`](Refusal::InstrumentClosed) | an earlier order of the strategy is in doubt | new, rep |
//! | 9 | [`Restricted`](Refusal::Restricted) | the restricted list | new, rep |
//! | 10 | [`Halted`](Refusal::Halted) | the instrument or the market is halted | new, rep |
//! | 11 | [`Interrupted`](Refusal::Interrupted) | a volatility interruption is on | new, rep |
//! | 12 | [`SessionClosed`](Refusal::SessionClosed), [`WrongSession`](Refusal::WrongSession), [`NotAtVenue`](Refusal::NotAtVenue) | the venue, the hour, the order type | new, rep |
//! | 13 | [`OffTick`](Refusal::OffTick) | the price is not on a step | new, rep |
//! | 14 | [`OutsideLimits`](Refusal::OutsideLimits) | the limits of the day | new, rep |
//! | 15 | [`ReferenceMissing`](Refusal::ReferenceMissing), [`ReferenceOld`](Refusal::ReferenceOld) | no price to compare with, or too old a one | new, rep |
//! | 16 | [`Collar`](Refusal::Collar) | too far from the last trade, on the side that would fill | new, rep |
//! | 17 | [`FastMarket`](Refusal::FastMarket) | the price moved too much within the window | new, rep; buys, sells if so configured |
//! | 18 | [`OrderQuantity`](Refusal::OrderQuantity) | shares of one order | new, rep |
//! | 19 | [`OrderValue`](Refusal::OrderValue) | worth of one order | new, rep |
//! | 20 | [`SelfTrade`](Refusal::SelfTrade) | it could meet an own order | new, rep |
//! | 21 | [`NotHeld`](Refusal::NotHeld) | the strategy does not have the shares | sells that add |
//! | 22 | [`NotSellable`](Refusal::NotSellable) | the account does not have the shares: there is no short selling | sells that add |
//! | 23 | [`StrategyPosition`](Refusal::StrategyPosition), [`AccountPosition`](Refusal::AccountPosition) | shares and worth of one instrument | buys that add |
//! | 24 | [`StrategyExposure`](Refusal::StrategyExposure), [`AccountExposure`](Refusal::AccountExposure) | worth of all instruments | buys that add |
//! | 25 | [`StrategyLoss`](Refusal::StrategyLoss), [`AccountLoss`](Refusal::AccountLoss) | the loss of the day | buys that add |
//! | 26 | [`Cash`](Refusal::Cash) | cash, costs included | buys that add |
//! | 27 | [`WorkingOrders`](Refusal::WorkingOrders), [`AccountWorkingOrders`](Refusal::AccountWorkingOrders) | orders that can still fill | new |
//! | 28 | [`Repeated`](Refusal::Repeated) | the same order too often; stops the strategy | new |
//! | 29 | [`MessageRate`](Refusal::MessageRate) | our own messages per second | new, rep |
//! | 30 | [`BrokerRate`](Refusal::BrokerRate) | the broker's orders per second | new, rep, cancels |
//!
//! - **Cancels always pass**, as far as the broker takes them; a part of its limit is kept for them.
//! - **What reduces is never held back by exposure** (23 to 26): a sell needs shares, nothing else,
//!   because nobody can be short here.
//! - **The worst case counts**: an order counts in full from [`Gate::sent`] on until it is
//!   [`done`](Gate::done), a buy at the highest price that it could pay, and no sell is trusted to fill.
//!   So, as long as prices stand still, whatever fills and in whatever order, no limit is exceeded; and
//!   quantities, cash and shares for sale hold whatever prices do.
//! - A buy without a price counts at the upper limit of the day, as the broker itself reckons.
//!
//! # Use
//! ```
//! use engine::market::{Account, Date, DayPlan, MarketData, SessionOptions, Sessions};
//! use engine::risk::{Gate, GateSizes, InstrumentTerms, RiskConfig};
//! use strategy_api::*;
//!
//! let market = MarketData::embedded();
//! let today = Date::new(2026, 11, 23).unwrap();
//! let rules = market.ticks().on(today)?;
//! let costs = market.costs().on(today, Account::Mock)?;
//! let sizes = GateSizes { instruments: 1, strategies: 1 };
//! let mut gate = Gate::new(&RiskConfig::default(), rules, costs, sizes).unwrap();
//!
//! // What opens it: facts.
//! let samsung = InstrumentId(0);
//! let now = today.at(10, 0, 0);
//! let mut sessions = Sessions::new(market.day(today)?, SessionOptions::default());
//! sessions.on_clock(now);
//! gate.set_sessions(sessions.view());
//! let base_price = Price::new(60_300);
//! gate.set_terms(samsung, &InstrumentTerms { base_price, ..Default::default() }).unwrap();
//! gate.set_cash(Notional::new(10_000_000));
//! gate.set_killed(false);
//! gate.set_feed_fresh(true);
//! gate.trade(samsung, Price::new(60_500), now);
//!
//! // Check, send, and count at once.
//! let bid = Order::limit(samsung, Venue::KRX, Side::BUY, Price::new(60_400), Quantity::new(10));
//! let approval = gate.check(0, &bid, now).unwrap();
//! gate.sent(ClientOrderId(1), approval, now).unwrap();
//! assert_eq!(gate.free_cash(), Notional::new(10_000_000 - 604_000 - 2_110));
//!
//! let wild = bid.at(Price::new(70_000));
//! assert_eq!(gate.check(0, &wild, now).unwrap_err(), Refusal::Collar);
//! # Ok::<(), engine::market::DataError>(())
//! ```

mod book;
mod config;
mod gate;
mod state;
mod update;
mod window;

pub(crate) use config::ranges;
pub use config::{Limits, RiskConfig, RiskProblem, WORKING_ORDERS_MAX};
pub use gate::{Approval, FOREIGN, Gate, GateSizes, ReplaceApproval};
pub use state::InstrumentTerms;
pub use update::Fill;
pub use window::RateWindow;

#[allow(unused_imports)] // The table above links to it.
use strategy_api::Refusal;

#[cfg(test)]
mod tests;
