//! The broker's side of a run: addresses, trust, tokens, and the simulated broker where it is used.

use super::assemble::Names;
use super::summary::BrokerSummary;
use crate::config::{Config, Mode};
use crate::credentials::AppKeys;
use crate::token::{Token, TokenClient};
use anyhow::Context;
use feed::connection::TrustedRoots;
use feed::handler::TokenSource;
use feed::session::TokenFailure;
use secrecy::SecretString;
use std::time::SystemTime;
use strategy_api::UnixNanos;

/// The broker that a run talks to.
pub(super) struct Broker {
    embedded: Option<sim::Broker>,
    rest_url: String,
    websocket_url: String,
    ca_pem: Option<String>,
    items: Vec<String>,
    names: Names,
    keys: AppKeys,
}

impl Broker {
    /// Starts the embedded broker in sim mode; takes the configured addresses otherwise.
    pub(super) fn start(config: &Config, keys: AppKeys) -> anyhow::Result<Self> {
        if config.mode == Mode::Sim {
            return Self::embedded(config, keys);
        }
        let ca_pem = match &config.broker.ca_file {
            None => None,
            Some(path) => Some(
                std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read ca_file {}", path.display()))?,
            ),
        };
        Ok(Self {
            embedded: None,
            rest_url: config.broker.rest_url.clone(),
            websocket_url: config.broker.websocket_url.clone(),
            ca_pem,
            items: Vec::new(),
            names: Names::new(),
            keys,
        })
    }

    fn embedded(config: &Config, keys: AppKeys) -> anyhow::Result<Self> {
        let options = sim::Options {
            seed: config.sim.seed,
            frames_per_second: config.sim.frames_per_second,
            instruments: config.sim.instruments,
            plain: config.sim.plain,
            day_start: config.sim.day_start.parse().context("sim.day_start is no time")?,
            time_compression: config.sim.time_compression,
            thread_core: config.sim.core,
            ..sim::Options::default()
        };
        let listed = sim::symbols(&options);
        let broker = sim::start(options).context("cannot start the simulated broker")?;
        Ok(Self {
            rest_url: broker.rest_url(),
            websocket_url: broker.ws_url(),
            ca_pem: (!config.sim.plain).then(|| broker.certificate_pem().to_owned()),
            items: listed.iter().map(|listed| listed.code.to_string()).collect(),
            names: listed
                .iter()
                .map(|listed| (listed.code.to_string(), listed.name.to_string()))
                .collect(),
            embedded: Some(broker),
            keys,
        })
    }

    /// Address of the WebSocket.
    pub(super) fn websocket_url(&self) -> &str {
        &self.websocket_url
    }

    /// The simulated broker's instruments, in its order; empty for a real one.
    pub(super) fn items(&self) -> &[String] {
        &self.items
    }

    /// Names of instruments, as far as they are known before the start.
    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    /// Whose certificates to accept. The embedded broker's certificate is the only one then.
    pub(super) fn roots(&self) -> TrustedRoots {
        match (&self.embedded, &self.ca_pem) {
            (Some(_), Some(pem)) => TrustedRoots::only(pem.clone()),
            (_, pem) => TrustedRoots { system: true, pem: pem.clone() },
        }
    }

    /// Ends the embedded broker; what it says it sent.
    pub(super) fn stop(self) -> Option<BrokerSummary> {
        let report = self.embedded?.stop();
        Some(BrokerSummary {
            frames: report.frames_sent,
            entries: report.entries_sent.into_iter().collect(),
        })
    }
}

/// Gives the feed its tokens: one is kept as long as it is fresh.
pub(super) struct EngineTokens {
    client: TokenClient,
    runtime: tokio::runtime::Runtime,
    kept: Option<Token>,
}

impl EngineTokens {
    /// Tokens of this broker.
    pub(super) fn new(broker: &Broker) -> anyhow::Result<Self> {
        let client =
            TokenClient::new(&broker.rest_url, broker.ca_pem.as_deref(), broker.keys.clone())
                .map_err(anyhow::Error::msg)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { client, runtime, kept: None })
    }
}

impl TokenSource for EngineTokens {
    fn token(&mut self, refresh: bool) -> Result<SecretString, TokenFailure> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let now = UnixNanos::new(now.as_nanos() as u64);
        if let Some(token) = self.kept.as_ref().filter(|token| !refresh && token.is_fresh(now)) {
            return Ok(token.secret.clone());
        }
        match self.runtime.block_on(self.client.issue()) {
            Ok(token) => Ok(self.kept.insert(token).secret.clone()),
            Err(error) if error.is_transient() => {
                Err(TokenFailure::Temporary { text: error.to_string() })
            }
            Err(error) => Err(TokenFailure::Refused { text: error.to_string() }),
        }
    }
}
