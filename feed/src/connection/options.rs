//! Where to connect to, and whom to trust.

use std::fmt;
use std::str::FromStr;

use super::error::OptionsError;
use super::frames::{BUFFER_BYTES, MESSAGE_BYTES_MAX, ReaderOptions, Utf8};

/// What an attempt to connect needs to know.
#[derive(Clone, Debug)]
pub struct ConnectionOptions {
    /// Where to.
    pub endpoint: Endpoint,
    /// Whose certificates to accept. Unused without TLS.
    pub roots: TrustedRoots,
    /// The `User-Agent` of the handshake. The broker's firewall refuses some well-known ones.
    pub user_agent: String,
    /// How much is taken and kept, and who checks what.
    pub limits: Limits,
}

/// How much an open connection takes and keeps, and who checks what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest message that is accepted, in bytes, after reassembly of its fragments. A larger one
    /// ends the connection (1009).
    pub message_bytes_max: usize,
    /// The most bytes that wait until the peer takes them. More end the connection.
    pub send_bytes_max: usize,
    /// Who checks that text is UTF-8.
    pub utf8: Utf8,
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Limits {
    /// What an engine needs.
    pub const DEFAULT: Self =
        Self { message_bytes_max: MESSAGE_BYTES_MAX, send_bytes_max: 4 << 20, utf8: Utf8::Check };

    pub(super) fn reader(self) -> ReaderOptions {
        ReaderOptions {
            message_bytes_max: self.message_bytes_max,
            buffer_bytes: BUFFER_BYTES,
            utf8: self.utf8,
        }
    }
}

impl ConnectionOptions {
    /// Options for an endpoint, trusting the system's roots.
    pub fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            roots: TrustedRoots::default(),
            user_agent: concat!("hft-feed/", env!("CARGO_PKG_VERSION")).to_owned(),
            limits: Limits::default(),
        }
    }
}

/// Which certificate authorities are trusted.
#[derive(Clone, Debug)]
pub struct TrustedRoots {
    /// Those of the system.
    pub system: bool,
    /// Further ones, as PEM text.
    pub pem: Option<String>,
}

impl Default for TrustedRoots {
    fn default() -> Self {
        Self { system: true, pem: None }
    }
}

impl TrustedRoots {
    /// Only these, as for a simulator with a certificate of its own.
    pub fn only(pem: impl Into<String>) -> Self {
        Self { system: false, pem: Some(pem.into()) }
    }
}

/// A WebSocket address: `wss://host:port/path`, or `ws://…` without TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    tls: bool,
    host: String,
    port: u16,
    path: String,
}

impl Endpoint {
    /// Whether TLS is spoken.
    pub fn tls(&self) -> bool {
        self.tls
    }

    /// The host name or IP address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The path with its query, starting with a slash.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// `host:port`, with brackets around an IPv6 address.
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "wss" } else { "ws" };
        write!(f, "{scheme}://{}{}", self.authority(), self.path)
    }
}

impl FromStr for Endpoint {
    type Err = OptionsError;

    fn from_str(text: &str) -> Result<Self, OptionsError> {
        let bad = |why| OptionsError::Endpoint { text: text.to_owned(), why };
        let (tls, rest) = match (text.strip_prefix("wss://"), text.strip_prefix("ws://")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return Err(bad("it must begin with wss:// or ws://")),
        };
        let (authority, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, "/"),
        };
        if authority.contains('@') {
            // It would end up in logs.
            return Err(OptionsError::EndpointHasUser);
        }
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']').ok_or_else(|| bad("a ] is missing"))?;
                (host, port.strip_prefix(':'))
            }
            None => match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            },
        };
        let port = match port {
            None => {
                if tls {
                    443
                } else {
                    80
                }
            }
            Some(port) => match port.parse() {
                Ok(0) | Err(_) => return Err(bad("the port must be a number from 1 to 65535")),
                Ok(port) => port,
            },
        };
        let host_fits = !host.is_empty()
            && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_:".contains(&b));
        if !host_fits {
            return Err(bad("the host must be a name or an IP address"));
        }
        if !path.bytes().all(|b| b.is_ascii_graphic() && b != b'#') {
            return Err(bad("the path must be plain ASCII without spaces"));
        }
        Ok(Self { tls, host: host.to_owned(), port, path: path.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart_and_put_together_again() {
        for (text, tls, host, port, path) in [
            (
                "wss://api.kiwoom.com:10000/api/dostk/websocket",
                true,
                "api.kiwoom.com",
                10000,
                "/api/dostk/websocket",
            ),
            ("ws://127.0.0.1:8080/x?y=1", false, "127.0.0.1", 8080, "/x?y=1"),
            ("wss://[::1]:9/", true, "::1", 9, "/"),
            ("wss://host", true, "host", 443, "/"),
            ("ws://host/p", false, "host", 80, "/p"),
        ] {
            let endpoint: Endpoint = text.parse().unwrap();
            let parts = (endpoint.tls(), endpoint.host(), endpoint.port(), endpoint.path());
            assert_eq!(parts, (tls, host, port, path));
            assert_eq!(endpoint.to_string().parse(), Ok(endpoint));
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_reason() {
        for text in [
            "",
            "https://host/",
            "wss://",
            "wss://:1/",
            "wss://host:0/",
            "wss://host:x/",
            "wss://host:70000/",
            "wss://[::1/",
            "wss://ho st/",
            "wss://host/a b",
            "wss://host/#x",
        ] {
            let error = text.parse::<Endpoint>().unwrap_err();
            assert!(matches!(error, OptionsError::Endpoint { .. }), "{text}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_refused_and_not_repeated() {
        let error = "wss://me:canary@host/".parse::<Endpoint>().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}
