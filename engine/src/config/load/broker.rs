//! `[broker]`.

use super::Section;
use crate::config::{Broker, Credentials, Mode};
use std::net::Ipv4Addr;
use std::path::Path;

pub(super) fn read_broker(section: Section<'_, '_>, mode: Mode, base: &Path) -> Option<Broker> {
    let (rest, websocket) = match mode {
        Mode::Sim => ("", ""),
        Mode::Mock => {
            ("https://mockapi.kiwoom.com", "wss://mockapi.kiwoom.com:10000/api/dostk/websocket")
        }
        Mode::DryRun | Mode::Live => {
            ("https://api.kiwoom.com", "wss://api.kiwoom.com:10000/api/dostk/websocket")
        }
    };
    let url = |key: &'static str, default: &str, schemes: [&str; 2]| {
        let Some(found) = section.string(key) else { return default.to_owned() };
        if mode == Mode::Sim {
            section.problem(
                found.offset,
                key,
                "the embedded broker has its own address; remove it",
            );
        } else if !schemes.iter().any(|scheme| found.value.starts_with(scheme)) {
            let message = format!("{:?} must start with {}", found.value, schemes[0]);
            section.problem(found.offset, key, message);
        } else if found.value.starts_with(schemes[1]) && !is_loopback(&found.value) {
            let message = "unencrypted addresses are only for this machine (127.0.0.1, localhost)";
            section.problem(found.offset, key, message);
        }
        found.value.trim_end_matches('/').to_owned()
    };
    let rest_url = url("rest_url", rest, ["https://", "http://"]);
    let websocket_url = url("websocket_url", websocket, ["wss://", "ws://"]);
    let ca_file = section.string("ca_file").map(|found| base.join(found.value));
    let app_key_env = section.string("app_key_env");
    let secret_key_env = section.string("secret_key_env");
    let file = section.string("credentials_file");
    let credentials = match (mode, app_key_env, secret_key_env, file) {
        (Mode::Sim, None, None, None) => Some(Credentials::Embedded),
        (_, Some(app_key), Some(secret_key), None) => Some(Credentials::Environment {
            app_key_env: app_key.value,
            secret_key_env: secret_key.value,
        }),
        (_, None, None, Some(file)) => {
            Some(Credentials::File { credentials_file: base.join(file.value) })
        }
        (_, None, None, None) => {
            section.missing(
                "credentials_file",
                "name a file, or the environment variables app_key_env and secret_key_env",
            );
            None
        }
        (_, Some(_), None, None) => {
            section.missing("secret_key_env", "app_key_env needs it beside");
            None
        }
        (_, None, Some(_), None) => {
            section.missing("app_key_env", "secret_key_env needs it beside");
            None
        }
        (_, _, _, Some(file)) => {
            let message = "either a file or environment variables, not both";
            section.problem(file.offset, "credentials_file", message);
            None
        }
    };
    section.finish();
    Some(Broker { rest_url, websocket_url, ca_file, credentials: credentials? })
}

/// Whether an address is on this machine, and not only looks so (`127.example.com`, `localhost@…`).
pub(super) fn is_loopback(url: &str) -> bool {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix("[::1]") {
        Some(port) => return port.is_empty() || is_port(port),
        None => authority
            .split_once(':')
            .map_or(authority, |(host, port)| if is_port(&format!(":{port}")) { host } else { "" }),
    };
    host == "localhost" || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

fn is_port(text: &str) -> bool {
    text.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok())
}
