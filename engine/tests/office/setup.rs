//! An office with a folder for its latch, and a broker that accepts connections and says nothing.

use engine::broker::client::ClientOptions;
use engine::broker::limiter::Rates;
use engine::credentials::AppKeys;
use engine::desk::{QueryResult, QueryTag};
use engine::kill::LatchFile;
use engine::office::{self, Done, Office, OfficeEnd, OfficeParts, Pauses, Tokens};
use engine::token::TokenClient;
use feed::ring::{Sleeper, bell};
use std::cell::RefCell;
use std::net::TcpListener;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};
use strategy_api::{InstrumentId, Symbol};
use tempfile::TempDir;

/// Nothing here should take this long.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);

pub(crate) const APP_KEY: &str = "CANARY-APPKEY-9be2517a6f4d93c0";

pub(crate) fn options(change: impl FnOnce(&mut sim::Options)) -> sim::Options {
    let mut options = sim::Options { plain: true, ..sim::Options::default() };
    options.trading.calls_per_second = 0;
    change(&mut options);
    options
}

pub(crate) fn tokens(rest_url: &str) -> Arc<Tokens> {
    let keys = AppKeys { app_key: APP_KEY.into(), secret_key: "CANARY-SECRET".into() };
    Arc::new(Tokens::new(TokenClient::new(rest_url, None, keys).unwrap()))
}

/// An office at work.
pub(crate) struct Setup {
    pub(crate) end: OfficeEnd,
    pub(crate) office: Office,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) latch: LatchFile,
    sleeper: RefCell<Sleeper>,
    folder: TempDir,
}

impl Setup {
    /// With short pauses, for these instruments, numbered from 0.
    pub(crate) fn new(rest_url: &str, symbols: &[&str]) -> Self {
        // A window that a test does not feel.
        let window = Duration::from_millis(1);
        let rates = Rates { window, margin: Duration::ZERO, ..Rates::REAL };
        Self::with(rest_url, symbols, rates, |_| {})
    }

    pub(crate) fn with(
        rest_url: &str,
        symbols: &[&str],
        rates: Rates,
        change: impl FnOnce(&mut ClientOptions),
    ) -> Self {
        let folder = TempDir::new().unwrap();
        let latch = LatchFile::new(folder.path().join("kill.latch"));
        let (waker, sleeper) = bell();
        let mut client = ClientOptions::new(rest_url, rates);
        change(&mut client);
        let tokens = tokens(rest_url);
        let numbered = symbols.iter().enumerate();
        let parts = OfficeParts {
            client,
            tokens: tokens.clone(),
            latch: latch.clone(),
            instruments: numbered
                .map(|(id, symbol)| (InstrumentId(id as u16), Symbol::new(symbol).unwrap()))
                .collect(),
            waker,
        };
        let (min, max) = (Duration::from_millis(20), Duration::from_millis(80));
        let pauses = Pauses { token_min: min, token_max: max, terms_min: min, terms_max: max };
        let (office, end) = office::start_with(parts, pauses).unwrap();
        Self { end, office, tokens, latch, sleeper: RefCell::new(sleeper), folder }
    }

    /// The folder of the latch is no more.
    pub(crate) fn forget_folder(&self) {
        std::fs::remove_dir_all(self.folder.path()).unwrap();
    }

    /// The next thing that is done, as the gateway waits for it.
    #[track_caller]
    pub(crate) fn take(&self) -> Done {
        let end = Instant::now() + TIMEOUT;
        loop {
            if let Some(done) = self.end.take() {
                return done;
            }
            assert!(Instant::now() < end, "nothing is done");
            // Long: whoever forgets to wake the gateway is found.
            self.sleeper.borrow_mut().sleep(|| !self.end.is_empty(), TIMEOUT);
        }
    }

    /// The next answer to a query; tokens and terms are passed over.
    #[track_caller]
    pub(crate) fn queried(&self) -> (QueryTag, QueryResult, Option<String>) {
        loop {
            match self.take() {
                Done::Queried { tag, result, why } => return (tag, result, why),
                Done::Token(_) | Done::Terms { .. } => {}
                done => panic!("{done:?}"),
            }
        }
    }
}

/// A broker that accepts connections and says nothing.
pub(crate) struct Silent {
    pub(crate) url: String,
    connected: mpsc::Receiver<()>,
}

impl Silent {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (connection, connected) = mpsc::channel();
        std::thread::spawn(move || {
            let mut held = Vec::new();
            for stream in listener.incoming() {
                held.push(stream);
                // The test is over then.
                if connection.send(()).is_err() {
                    return;
                }
            }
        });
        Self { url, connected }
    }

    #[track_caller]
    pub(crate) fn wait_for_a_connection(&self) {
        self.connected.recv_timeout(TIMEOUT).unwrap();
    }
}
