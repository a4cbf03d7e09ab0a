//! A client that sends back what it is sent: what an outside referee for WebSocket clients (Autobahn's
//! cases) drives. Built on the same [`Connection`] as the feed.
//!
//! ```console
//! $ kosoku -m fuzzingserver 127.0.0.1:9001 &
//! $ cargo run --release -p feed --example websocket_echo -- ws://127.0.0.1:9001 feed
//! ```
//!
//! The results stand in `benches/record/websocket-conformance.md`.

use std::error::Error;
use std::time::Duration;

use feed::clock::Clock;
use feed::connection::{
    Connection, ConnectionError, ConnectionOptions, Connector, Frame, Limits, NextFrame, Poller,
    TrustedRoots,
};

/// The largest messages of the referee have 16 MiB.
const LIMITS: Limits =
    Limits { message_bytes_max: 16 << 20, send_bytes_max: 64 << 20, ..Limits::DEFAULT };

/// How long a step may take before the referee counts as gone.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long the server gets to hang up first, after both said Close.
const GOODBYE: Duration = Duration::from_secs(2);

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(server), Some(agent)) = (arguments.next(), arguments.next()) else {
        return Err("usage: websocket_echo ws://HOST:PORT AGENT".into());
    };
    let mut count = 0;
    converse(&format!("{server}/getCaseCount"), |frame| {
        if let Frame::Text(text) = frame {
            count = std::str::from_utf8(text).unwrap_or_default().parse().unwrap_or(0);
        }
        Answer::None
    })?;
    println!("{count} cases");
    for case in 1..=count {
        // A case may break every rule: an error here is part of the game, and the referee judges.
        if let Err(error) = converse(&format!("{server}/runCase?case={case}&agent={agent}"), echo) {
            println!("case {case}: {error}");
        }
    }
    // The referee writes its reports and may hang up without a word.
    let _ = converse(&format!("{server}/updateReports?agent={agent}"), |_| Answer::None);
    Ok(())
}

enum Answer {
    None,
    Text(String),
    Binary(Vec<u8>),
}

fn echo(frame: Frame<'_>) -> Answer {
    match frame {
        // The connection has checked it.
        Frame::Text(text) => Answer::Text(String::from_utf8_lossy(text).into_owned()),
        Frame::Binary(bytes) => Answer::Binary(bytes.to_vec()),
        _ => Answer::None,
    }
}

/// Connects, answers until the server says Close, and lets it hang up.
fn converse(url: &str, mut answer: impl FnMut(Frame<'_>) -> Answer) -> Result<(), Box<dyn Error>> {
    let roots = TrustedRoots::default();
    let options =
        ConnectionOptions { roots, limits: LIMITS, ..ConnectionOptions::new(url.parse()?) };
    let connector = Connector::new(&options)?;
    let mut poller = Poller::new()?;
    let mut clock = Clock::system();
    let mut connection = connect(&connector, &mut poller, &mut clock)?;
    let mut last = clock.mono();
    let result = loop {
        let reply = match connection.next_frame() {
            Ok(Some(Frame::Closed { .. })) => break Ok(()),
            Ok(Some(frame)) => answer(frame),
            Ok(None) => {
                if clock.mono().since(last) > PATIENCE {
                    break Err("the server has gone silent".into());
                }
                connection.flush()?;
                poller.wait(Some(Duration::from_secs(1)))?;
                continue;
            }
            Err(error) => break Err(Box::<dyn Error>::from(error)),
        };
        last = clock.mono();
        send(&mut connection, reply)?;
    };
    let until = clock.mono() + GOODBYE;
    while !connection.peer_hung_up() && clock.mono() < until {
        let _ = connection.flush();
        poller.wait(Some(Duration::from_millis(50)))?;
    }
    result
}

fn send(connection: &mut Connection, reply: Answer) -> Result<(), ConnectionError> {
    match reply {
        Answer::None => Ok(()),
        Answer::Text(text) => connection.send_text(&text),
        Answer::Binary(bytes) => connection.send_binary(&bytes),
    }
}

fn connect(
    connector: &Connector,
    poller: &mut Poller,
    clock: &mut Clock,
) -> Result<Connection, Box<dyn Error>> {
    let mut dialing = connector.dial(clock.mono(), PATIENCE, poller);
    loop {
        if let Some(connection) = dialing.progress(poller, clock)? {
            return Ok(connection);
        }
        poller.wait(Some(Duration::from_millis(100)))?;
    }
}
