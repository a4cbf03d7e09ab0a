//! The broker's side of a run: addresses, trust, tokens, and the simulated broker where it is used.

use super::assemble::Names;
use super::summary::BrokerSummary;
use crate::config::{Config, Mode};
use crate::credentials::AppKeys;
use crate::office::Tokens;
use crate::token::TokenClient;
use anyhow::Context;
use feed::connection::TrustedRoots;
use std::sync::Arc;

/// The broker that a run talks to.
pub(super) struct Broker {
    embedded: Option<sim::Broker>,
    rest_url: String,
    websocket_url: String,
    ca_pem: Option<String>,
    items: Vec<String>,
    names: Names,
    tokens: Arc<Tokens>,
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
        let rest_url = config.broker.rest_url.clone();
        Ok(Self {
            embedded: None,
            tokens: tokens(&rest_url, ca_pem.as_deref(), keys)?,
            rest_url,
            websocket_url: config.broker.websocket_url.clone(),
            ca_pem,
            items: Vec::new(),
            names: Names::new(),
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
        let rest_url = broker.rest_url();
        let ca_pem = (!config.sim.plain).then(|| broker.certificate_pem().to_owned());
        Ok(Self {
            tokens: tokens(&rest_url, ca_pem.as_deref(), keys)?,
            rest_url,
            websocket_url: broker.ws_url(),
            ca_pem,
            items: listed.iter().map(|listed| listed.code.to_string()).collect(),
            names: listed
                .iter()
                .map(|listed| (listed.code.to_string(), listed.name.to_string()))
                .collect(),
            embedded: Some(broker),
        })
    }

    /// The one holder of the token.
    pub(super) fn tokens(&self) -> Arc<Tokens> {
        self.tokens.clone()
    }

    /// Address of REST, without a path.
    pub(super) fn rest_url(&self) -> &str {
        &self.rest_url
    }

    /// Trusted besides the system's authorities.
    pub(super) fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
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

fn tokens(rest_url: &str, ca_pem: Option<&str>, keys: AppKeys) -> anyhow::Result<Arc<Tokens>> {
    let client = TokenClient::new(rest_url, ca_pem, keys).map_err(anyhow::Error::msg)?;
    Ok(Arc::new(Tokens::new(client)))
}
