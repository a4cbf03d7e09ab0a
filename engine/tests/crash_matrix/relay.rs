//! Stands between the engine and the broker's REST: counts what the engine sends, and holds a request or
//! its reply for as long as the test wants.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// Longest wait for something that must happen.
const DEADLINE: Duration = Duration::from_secs(60);

/// Where a message is held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Hold {
    /// The broker does not see the request.
    Request,
    /// The broker has carried it out; the engine does not see the reply.
    Reply,
}

/// What becomes of a request that was held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Release {
    /// It goes on.
    Pass,
    /// It is lost.
    Drop,
}

/// An order, modification or cancel that the engine wrote whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Sent {
    /// `kt10000` to `kt10003`.
    pub(crate) api: String,
    /// The form.
    pub(crate) body: String,
}

#[derive(Default)]
struct State {
    sent: Vec<Sent>,
    hold: Option<(String, Hold)>,
    held: bool,
    release: Option<Release>,
    /// Requests between the engine's last byte and the end of what becomes of them.
    under_way: usize,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// See the [module documentation](self). Its threads end with their connections.
pub(crate) struct Relay {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Relay {
    /// In front of this address (`http://…`).
    pub(crate) fn before(rest_url: &str) -> Self {
        let broker: SocketAddr = rest_url.strip_prefix("http://").unwrap().parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::<Shared>::default();
        let of_thread = Arc::clone(&shared);
        std::thread::spawn(move || {
            for engine in listener.incoming() {
                let (Ok(engine), Ok(broker)) = (engine, TcpStream::connect(broker)) else { return };
                let shared = Arc::clone(&of_thread);
                std::thread::spawn(move || relay(engine, broker, &shared));
            }
        });
        Self { address, shared }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The orders, modifications and cancels so far.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.shared.state.lock().unwrap().sent.clone()
    }

    /// Holds the next request with this api-id.
    pub(crate) fn hold(&self, api: &str, hold: Hold) {
        let mut state = self.shared.state.lock().unwrap();
        state.hold = Some((api.to_owned(), hold));
        (state.held, state.release) = (false, None);
    }

    /// Whether the request or reply is being held.
    pub(crate) fn is_holding(&self) -> bool {
        self.shared.state.lock().unwrap().held
    }

    /// Lets go of it.
    pub(crate) fn release(&self, release: Release) {
        self.shared.state.lock().unwrap().release = Some(release);
        self.shared.changed.notify_all();
    }

    /// Waits until nothing is between the engine and the broker any more.
    #[track_caller]
    pub(crate) fn wait_until_calm(&self) {
        let state = self.shared.state.lock().unwrap();
        let calm = |state: &mut State| state.under_way > 0;
        let (state, late) = self.shared.changed.wait_timeout_while(state, DEADLINE, calm).unwrap();
        drop(state);
        assert!(!late.timed_out(), "a request is still under way");
    }
}

impl Shared {
    /// Holds it here if that is wanted.
    fn pass(&self, api: &str, place: Hold) -> Release {
        let mut state = self.state.lock().unwrap();
        if state.hold.as_ref().is_none_or(|(held, at)| held != api || *at != place) {
            return Release::Pass;
        }
        (state.hold, state.held) = (None, true);
        self.changed.notify_all();
        loop {
            if let Some(release) = state.release.take() {
                state.held = false;
                return release;
            }
            state = self.changed.wait(state).unwrap();
        }
    }
}

/// Carries requests and replies of one connection until it ends.
fn relay(mut engine: TcpStream, mut broker: TcpStream, shared: &Shared) {
    let mut from_engine = Messages::default();
    let mut from_broker = Messages::default();
    while let Some(request) = from_engine.next(&mut engine) {
        let api = header(&request, "api-id").unwrap_or_default();
        shared.state.lock().unwrap().under_way += 1;
        if api.starts_with("kt1000") {
            let body = request[head_length(&request).unwrap_or(0)..].to_vec();
            let body = String::from_utf8_lossy(&body).into_owned();
            shared.state.lock().unwrap().sent.push(Sent { api: api.clone(), body });
        }
        let done = carry(&request, &api, &mut broker, &mut from_broker, shared)
            .and_then(|reply| engine.write_all(&reply).ok());
        shared.state.lock().unwrap().under_way -= 1;
        shared.changed.notify_all();
        if done.is_none() {
            return;
        }
    }
}

fn carry(
    request: &[u8],
    api: &str,
    broker: &mut TcpStream,
    from_broker: &mut Messages,
    shared: &Shared,
) -> Option<Vec<u8>> {
    if shared.pass(api, Hold::Request) == Release::Drop {
        return None;
    }
    broker.write_all(request).ok()?;
    let reply = from_broker.next(broker)?;
    (shared.pass(api, Hold::Reply) == Release::Pass).then_some(reply)
}

/// HTTP messages with a length, cut out of a stream.
#[derive(Default)]
struct Messages {
    bytes: Vec<u8>,
}

impl Messages {
    /// The next whole message; `None` at the end of the stream, which may be in the middle of one.
    fn next(&mut self, stream: &mut TcpStream) -> Option<Vec<u8>> {
        loop {
            if let Some(head) = head_length(&self.bytes) {
                let body = header(&self.bytes, "content-length");
                let whole = head + body.map_or(0, |length| length.parse().unwrap());
                if self.bytes.len() >= whole {
                    let rest = self.bytes.split_off(whole);
                    return Some(std::mem::replace(&mut self.bytes, rest));
                }
            }
            let mut piece = [0; 4096];
            match stream.read(&mut piece) {
                Ok(length @ 1..) => self.bytes.extend_from_slice(&piece[..length]),
                _ => return None,
            }
        }
    }
}

fn head_length(bytes: &[u8]) -> Option<usize> {
    Some(bytes.windows(4).position(|end| end == b"\r\n\r\n")? + 4)
}

fn header(message: &[u8], wanted: &str) -> Option<String> {
    let head = String::from_utf8_lossy(&message[..head_length(message)?]).into_owned();
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.find_map(|(name, value)| {
        name.eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
    })
}
