//! The same as `websocket_echo` on tungstenite alone, so that the referee's table has a row to compare
//! with.

use std::error::Error;
use std::io::Read;
use std::net::TcpStream;

use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Message, WebSocket};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(server), Some(agent)) = (arguments.next(), arguments.next()) else {
        return Err("usage: websocket_echo_tungstenite ws://HOST:PORT AGENT".into());
    };
    let mut socket = connect(&server, "getCaseCount")?;
    let count: u32 = match socket.read()? {
        Message::Text(text) => text.parse()?,
        other => return Err(format!("no number of cases: {other}").into()),
    };
    while socket.read().is_ok() {}
    println!("{count} cases");
    for case in 1..=count {
        let mut socket = connect(&server, &format!("runCase?case={case}&agent={agent}"))?;
        // A case may break every rule: an error here is part of the game, and the referee judges.
        if let Err(error) = echo(&mut socket) {
            println!("case {case}: {error}");
        }
    }
    let mut socket = connect(&server, &format!("updateReports?agent={agent}"))?;
    while socket.read().is_ok() {}
    Ok(())
}

fn echo(socket: &mut WebSocket<TcpStream>) -> Result<(), tungstenite::Error> {
    loop {
        match socket.read() {
            Ok(message @ (Message::Text(_) | Message::Binary(_))) => socket.send(message)?,
            Ok(_) => {}
            Err(tungstenite::Error::ConnectionClosed) => return Ok(()),
            Err(error) => {
                let _ = socket.flush();
                // What the server still had to say.
                let _ = socket.get_mut().read_to_end(&mut Vec::new());
                return Err(error);
            }
        }
    }
}

fn connect(server: &str, path: &str) -> Result<WebSocket<TcpStream>, Box<dyn Error>> {
    let url = format!("{server}/{path}");
    let address = server.strip_prefix("ws://").ok_or("the address must begin with ws://")?;
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(std::time::Duration::from_secs(60)))?;
    let config = WebSocketConfig::default().max_frame_size(Some(16 << 20));
    let (socket, _) = tungstenite::client::client_with_config(url, stream, Some(config))
        .map_err(|error| error.to_string())?;
    Ok(socket)
}
