//! A broker in a process of its own, an account with working orders, and a configuration for it.

use crate::process::{Finished, Running, engine, run};
use engine::broker::api::OpenOrdersQuery;
use engine::broker::client::{Client, ClientOptions, TokenSource};
use engine::broker::limiter::Rates;
use engine::credentials::AppKeys;
use engine::token::{TokenClient, TokenError};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

const APP_KEY: &str = "CANARY-APPKEY-51d2e84b607f3a9c";
const SECRET_KEY: &str = "CANARY-SECRET-6f4d93c08be2517a";
/// The lowest price of the day: a buy order there rests.
const FLOOR: &str = "188500";

/// A broker and a folder with `run.toml` for it.
pub(crate) struct Setup {
    folder: TempDir,
    pub(crate) broker: Running,
    rest_url: String,
    ca_pem: Option<String>,
}

impl Setup {
    /// `engine sim` with further arguments, with TLS.
    pub(crate) fn tls(arguments: &[&str]) -> Self {
        Self::start(arguments, true)
    }

    /// `engine sim --plain` with further arguments.
    pub(crate) fn plain(arguments: &[&str]) -> Self {
        Self::start(arguments, false)
    }

    fn start(arguments: &[&str], tls: bool) -> Self {
        let folder = TempDir::new().unwrap();
        let mut command = engine();
        command.current_dir(folder.path()).args(["sim", "--day-start", "10:00:00"]);
        command.args(["--ws-listen", "127.0.0.1:0", "--rest-listen", "127.0.0.1:0"]);
        command.args(if tls { &["--cert-out", "."][..] } else { &["--plain"] }).args(arguments);
        let mut broker = Running::start(command);
        let rest_url = broker.line_after("REST");
        let websocket_url = broker.line_after("WebSocket");
        if tls {
            broker.line_after("trust");
        }
        let ca_file = if tls { "ca_file = \"ca.pem\"\n" } else { "" };
        let config = format!(
            "mode = \"dry-run\"\n[broker]\nrest_url = \"{rest_url}\"\n\
             websocket_url = \"{websocket_url}\"\n{ca_file}app_key_env = \"KILL_APP_KEY\"\n\
             secret_key_env = \"KILL_SECRET_KEY\"\n[session]\ncalendar = \"always\"\n[telemetry]\ndirectory = \"runs\"\n"
        );
        std::fs::write(folder.path().join("run.toml"), config).unwrap();
        let ca_pem = tls.then(|| std::fs::read_to_string(folder.path().join("ca.pem")).unwrap());
        Self { folder, broker, rest_url, ca_pem }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where the latch stands by default.
    pub(crate) fn latch(&self) -> std::path::PathBuf {
        self.path().join("kill-dry-run.latch")
    }

    /// `engine ARGUMENTS` in the folder of the configuration.
    pub(crate) fn engine(&self, arguments: &[&str]) -> Command {
        let mut command = engine();
        command.current_dir(self.path()).args(arguments);
        command.env("KILL_APP_KEY", APP_KEY).env("KILL_SECRET_KEY", SECRET_KEY);
        command
    }

    /// `engine kill run.toml --json` with further arguments, to its end; also its report.
    #[track_caller]
    pub(crate) fn kill(&self, code: i32, arguments: &[&str]) -> (Finished, Value) {
        let all = [&["kill", "run.toml", "--json"], arguments].concat();
        let finished = run(self.engine(&all)).ended_with(code);
        for secret in [APP_KEY, SECRET_KEY] {
            assert!(!finished.stdout.contains(secret) && !finished.stderr.contains(secret));
        }
        let report = serde_json::from_str(&finished.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", finished.stdout));
        (finished, report)
    }

    /// The account of the configuration, seen by somebody else.
    pub(crate) fn account(&self) -> Account {
        Account::new(&self.rest_url, self.ca_pem.as_deref())
    }
}

/// The same account over REST: what a hung engine left behind.
pub(crate) struct Account {
    runtime: tokio::runtime::Runtime,
    http: reqwest::Client,
    rest_url: String,
    token: SecretString,
    client: Client,
}

struct OneToken(SecretString);

impl TokenSource for OneToken {
    fn current(&self) -> SecretString {
        self.0.clone()
    }

    fn renew<'a>(
        &'a self,
        _: &'a SecretString,
    ) -> Pin<Box<dyn Future<Output = Result<SecretString, TokenError>> + Send + 'a>> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}

impl Account {
    fn new(rest_url: &str, ca_pem: Option<&str>) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let keys = AppKeys { app_key: APP_KEY.into(), secret_key: SECRET_KEY.into() };
        let tokens = TokenClient::new(rest_url, ca_pem, keys).unwrap();
        let token = runtime.block_on(tokens.issue()).unwrap().secret;
        let mut http = reqwest::Client::builder();
        if let Some(pem) = ca_pem {
            let root = reqwest::Certificate::from_pem(pem.as_bytes()).unwrap();
            http = http.add_root_certificate(root);
        }
        let mut options = ClientOptions::new(rest_url, Rates::REAL);
        options.ca_pem = ca_pem.map(str::to_owned);
        let client = Client::new(options, Arc::new(OneToken(token.clone()))).unwrap();
        let rest_url = rest_url.to_owned();
        Self { runtime, http: http.build().unwrap(), rest_url, token, client }
    }

    /// Places so many buy orders that rest; with a pause between two.
    #[track_caller]
    pub(crate) fn place(&self, count: usize, pause: Duration) -> Vec<String> {
        (0..count)
            .map(|_| {
                std::thread::sleep(pause);
                self.buy(FLOOR)
            })
            .collect()
    }

    /// Places an order for one share and returns its number.
    #[track_caller]
    pub(crate) fn buy(&self, price: &str) -> String {
        let order = json!({"dmst_stex_tp": "KRX", "stk_cd": "005930", "ord_qty": "1",
                           "ord_uv": price, "trde_tp": "0", "cond_uv": ""});
        let request = self
            .http
            .post(format!("{}/api/dostk/ordr", self.rest_url))
            .header("authorization", format!("Bearer {}", self.token.expose_secret()))
            .header("content-type", "application/json;charset=UTF-8")
            .header("api-id", "kt10000")
            .body(order.to_string());
        let text = self.runtime.block_on(async { request.send().await?.text().await }).unwrap();
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(answer["return_code"], 0, "{text}");
        answer["ord_no"].as_str().unwrap().to_owned()
    }

    /// The numbers of all open orders.
    #[track_caller]
    pub(crate) fn open(&self) -> Vec<String> {
        let query = OpenOrdersQuery::default();
        let list = self.runtime.block_on(self.client.query(&query)).unwrap();
        let mut numbers: Vec<String> =
            list.orders.iter().map(|order| order.number.to_string()).collect();
        numbers.sort();
        numbers
    }
}

/// The numbers of the orders in a report that came to such an end.
pub(crate) fn with_fate(report: &Value, fate: &str) -> Vec<String> {
    let orders = report["orders"].as_array().unwrap().iter();
    let mut numbers: Vec<String> = orders
        .filter(|order| order["fate"] == fate)
        .map(|order| order["number"].as_str().unwrap().to_owned())
        .collect();
    numbers.sort();
    numbers
}
