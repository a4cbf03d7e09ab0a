//! The office's thread: queries in their order, renewals, and terms when nobody waits.

use super::end::{OfficeWires, Teller};
use super::renewals::Renewals;
use super::terms::Terms;
use super::tokens::Tokens;
use super::{Done, Pauses};
use crate::broker::api::{self, Deposit, FillsQuery, OpenOrdersQuery, PositionsQuery};
use crate::broker::client::Client;
use crate::desk::{QueryResult, QueryTag};
use crate::order::Query;
use crossbeam::channel::{Receiver, bounded};
use std::io;
use std::sync::Arc;
use strategy_api::{InstrumentId, Symbol};
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot, watch};

/// What the thread works with.
pub(super) struct Desk {
    pub(super) client: Client,
    pub(super) tokens: Arc<Tokens>,
    pub(super) instruments: Vec<(InstrumentId, Symbol)>,
    pub(super) pauses: Pauses,
    pub(super) wires: OfficeWires,
}

impl Desk {
    /// Starts the thread; what comes back gives a word at its regular end.
    pub(super) fn start(
        self,
        runtime: Runtime,
        stopped: oneshot::Receiver<()>,
    ) -> io::Result<Receiver<()>> {
        let (ended, end) = bounded(1);
        std::thread::Builder::new().name("office".to_owned()).spawn(move || {
            self.run(runtime, stopped);
            let _ = ended.send(());
        })?;
        Ok(end)
    }

    fn run(self, runtime: Runtime, stopped: oneshot::Receiver<()>) {
        let Self { client, tokens, instruments, pauses, wires } = self;
        let OfficeWires { queries, renewals, waiting, teller, present } = wires;
        // Dropped after the runtime: nothing is told any more when it says that we are gone.
        let _present = present;
        let renewing = Renewals {
            tokens: &tokens,
            client: &client,
            teller: teller.clone(),
            pauses,
            changed: tokens.watch(),
            told: 0,
        };
        let terms = Terms {
            tokens: &tokens,
            client: &client,
            teller: teller.clone(),
            pauses,
            waiting: waiting.subscribe(),
        };
        runtime.block_on(async {
            let work = async {
                tokio::join!(
                    answer_all(&client, &tokens, queries, &waiting, &teller),
                    renewing.run(renewals),
                    terms.learn(instruments),
                )
            };
            tokio::select! {
                // Also when the office was dropped.
                _ = stopped => {}
                _ = work => {}
            }
        });
        // An issue that is under way ends by itself.
        runtime.shutdown_background();
    }
}

/// One query after the other, in the order asked, until the gateway has gone.
async fn answer_all(
    client: &Client,
    tokens: &Tokens,
    mut queries: mpsc::UnboundedReceiver<(QueryTag, Query)>,
    waiting: &watch::Sender<usize>,
    teller: &Teller,
) {
    while let Some((tag, query)) = queries.recv().await {
        let (result, why) = match answer(client, tokens, query).await {
            Ok(QueryResult::Failed) => {
                let why = "a row of the answer has no order number that can be read";
                (QueryResult::Failed, Some(why.to_owned()))
            }
            Ok(result) => (result, None),
            Err(why) => (QueryResult::Failed, Some(why)),
        };
        if let Some(why) = &why {
            tracing::error!("query {} ({query:?}) failed: {why}", tag.0);
        }
        teller.tell(Done::Queried { tag, result, why });
        waiting.send_modify(|waiting| *waiting = waiting.saturating_sub(1));
    }
}

async fn answer(client: &Client, tokens: &Tokens, query: Query) -> Result<QueryResult, String> {
    tokens.fresh_async().await.map_err(|error| error.to_string())?;
    match query {
        Query::Open => ask(client, &OpenOrdersQuery::default()).await,
        Query::Filled => ask(client, &FillsQuery::default()).await,
        Query::Positions => ask(client, &PositionsQuery::default()).await,
        Query::Cash => ask(client, &Deposit::default()).await,
    }
}

async fn ask<Q>(client: &Client, query: &Q) -> Result<QueryResult, String>
where
    Q: api::Query + Sync,
    for<'a> QueryResult: From<&'a Q::Answer>,
{
    let answer = client.query(query).await.map_err(|error| error.to_string())?;
    Ok(QueryResult::from(&answer))
}
