//! The broker's own certificate: made at start, trusted by whoever is given its text.

use crate::options::StartError;
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// A self-signed certificate for this machine, and the server side of TLS with it.
pub(super) struct Certificate {
    /// The certificate as PEM text, for a client's trust store.
    pub(super) pem: String,
    /// Accepts TLS connections.
    pub(super) acceptor: TlsAcceptor,
}

impl Certificate {
    /// Makes a key and a certificate for `localhost`, `127.0.0.1` and `::1`, and for `others`.
    pub(super) fn new(others: impl Iterator<Item = String>) -> Result<Self, StartError> {
        let refused = |text: String| StartError::Certificate { text };
        let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        names.extend(others);
        names.dedup();
        let made = rcgen::generate_simple_self_signed(names).map_err(|e| refused(e.to_string()))?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| refused(e.to_string()))?
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .map_err(|e| refused(e.to_string()))?;
        Ok(Self { pem: made.cert.pem(), acceptor: TlsAcceptor::from(Arc::new(config)) })
    }
}
