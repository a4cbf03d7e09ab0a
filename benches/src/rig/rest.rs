//! The sender's order desk: takes orders over HTTPS, writes down when each was complete, answers at once.
//!
//! **The stamp is the kernel's**: the moment at which the last bytes of the request reached the sender's
//! socket, whoever reads them when. So it is the same neutral ground for every client, and it does not
//! matter that the sender looks after its lines between two frames.
//!
//! Until the first frame and behind the last one a helper thread serves; in between the sender does it
//! itself ([`Serving::hold`]), because a thread of its own would have to be let onto the core on which the
//! sender spins, and that takes a scheduler's time slice.

use super::books::Books;
use super::now_nanos;
use super::orders::{self, NO_ORDER};
use feed::connection::kernel;
use rustls::{ServerConfig, ServerConnection};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Turns from one look for new lines to the next.
const ACCEPT_EVERY: u64 = 256;
/// Pause of the helper between two turns.
const HELPER_PAUSE: Duration = Duration::from_micros(200);
/// A request longer than this is none of ours.
const REQUEST_MAX: usize = 16 << 10;

/// The order desk.
pub struct Rest {
    listener: TcpListener,
    config: Arc<ServerConfig>,
    books: Books,
    lines: Vec<Line>,
    turns: u64,
    /// When each order was complete, by its number; [`NO_ORDER`] for those that have not come.
    arrivals: Vec<u64>,
    /// Orders that came again, or that nobody could have sent.
    strays: u64,
    /// When somebody last asked for something that is no order.
    asked: Instant,
}

struct Line {
    socket: TcpStream,
    tls: ServerConnection,
    bytes: Vec<u8>,
}

/// What came of a look at a line.
enum Look {
    /// Orders, or nothing.
    Quiet,
    /// Something that is no order, or the greeting before it.
    Asked,
    Over,
}

impl Rest {
    /// A desk on a port of its own, for so many orders.
    ///
    /// # Errors
    /// When there is no port.
    pub fn new(config: Arc<ServerConfig>, orders: usize) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let arrivals = vec![NO_ORDER; orders];
        let books = Books::new();
        let (lines, asked) = (Vec::new(), Instant::now());
        Ok(Self { listener, config, books, lines, turns: 0, arrivals, strays: 0, asked })
    }

    /// Its port.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn port(&self) -> std::io::Result<u16> {
        Ok(self.listener.local_addr()?.port())
    }

    /// Whether every order has come.
    pub fn is_complete(&self) -> bool {
        !self.arrivals.contains(&NO_ORDER)
    }

    /// How long nobody has asked for anything but orders.
    pub fn quiet(&self) -> Duration {
        self.asked.elapsed()
    }

    /// Looks once at every line, and now and then for new ones. Never waits.
    pub fn turn(&mut self) {
        if self.turns.is_multiple_of(ACCEPT_EVERY) {
            self.accept();
        }
        self.turns += 1;
        let mut at = 0;
        while let Some(line) = self.lines.get_mut(at) {
            match line.look(&self.books, &mut self.arrivals, &mut self.strays) {
                Look::Quiet => at += 1,
                Look::Asked => {
                    self.asked = Instant::now();
                    at += 1;
                }
                Look::Over => drop(self.lines.swap_remove(at)),
            }
        }
    }

    fn accept(&mut self) {
        if let Ok((socket, _)) = self.listener.accept() {
            self.adopt(socket);
        }
    }

    fn adopt(&mut self, socket: TcpStream) {
        let prepared = socket.set_nonblocking(true).and_then(|()| socket.set_nodelay(true));
        // A line that cannot be prepared is dropped, and its client sees that.
        if let (Ok(()), Ok(tls)) = (prepared, ServerConnection::new(Arc::clone(&self.config))) {
            kernel::enable_stamps(&socket);
            self.lines.push(Line { socket, tls, bytes: Vec::with_capacity(REQUEST_MAX) });
        }
    }
}

impl Line {
    fn look(&mut self, books: &Books, arrivals: &mut [u64], strays: &mut u64) -> Look {
        let mut wire = [0; REQUEST_MAX];
        let (count, stamp) = match kernel::receive(&mut self.socket, &mut wire) {
            Ok((0, _)) => return Look::Over,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Look::Quiet,
            Err(_) => return Look::Over,
        };
        let stamp = if stamp.is_set() { stamp.raw() } else { now_nanos() };
        let mut rest = &wire[..count];
        while !rest.is_empty() {
            if self.tls.read_tls(&mut rest).is_err() || self.tls.process_new_packets().is_err() {
                return Look::Over;
            }
        }
        let mut piece = [0; 4096];
        while let Ok(count @ 1..) = self.tls.reader().read(&mut piece) {
            self.bytes.extend_from_slice(&piece[..count]);
        }
        if self.bytes.len() > REQUEST_MAX {
            return Look::Over;
        }
        let mut look = if self.tls.is_handshaking() { Look::Asked } else { Look::Quiet };
        while let Some(request) = orders::request(&self.bytes) {
            let answer = match request.order {
                Some(number) => {
                    match arrivals.get_mut(number as usize).filter(|place| **place == NO_ORDER) {
                        Some(place) => *place = stamp,
                        None => *strays += 1,
                    }
                    orders::accepted(number, request.api)
                }
                None => {
                    look = Look::Asked;
                    let body = books.answer(request.path, request.api, request.body);
                    orders::answer(request.api, &body)
                }
            };
            let length = request.length;
            self.bytes.drain(..length);
            if self.tls.writer().write_all(answer.as_bytes()).is_err() {
                return Look::Over;
            }
        }
        while self.tls.wants_write() {
            match self.tls.write_tls(&mut self.socket) {
                Ok(_) => {}
                // An answer is far smaller than a socket's buffer; it goes with the next look.
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => return Look::Over,
            }
        }
        look
    }
}

/// A desk that is looked after by a helper thread, except while somebody holds it.
pub struct Serving {
    desk: Arc<Mutex<Rest>>,
    stop: Arc<AtomicBool>,
    helper: Option<JoinHandle<()>>,
}

impl Serving {
    /// Starts the helper.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub fn start(rest: Rest) -> std::io::Result<Self> {
        let (desk, stop) = (Arc::new(Mutex::new(rest)), Arc::new(AtomicBool::new(false)));
        let (theirs, stopped) = (Arc::clone(&desk), Arc::clone(&stop));
        let helper = std::thread::Builder::new().name("order desk".into()).spawn(move || {
            // Relaxed: nothing else is told by it.
            while !stopped.load(Ordering::Relaxed) {
                {
                    let mut desk = theirs.lock().unwrap_or_else(PoisonError::into_inner);
                    desk.accept();
                    desk.turn();
                }
                std::thread::sleep(HELPER_PAUSE);
            }
        })?;
        Ok(Self { desk, stop, helper: Some(helper) })
    }

    /// Takes the desk; the helper sleeps until the guard is dropped.
    pub fn hold(&self) -> MutexGuard<'_, Rest> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the helper and tells what came.
    pub fn finish(mut self) -> (Vec<u64>, u64) {
        self.end();
        let desk = &mut *self.hold();
        (std::mem::take(&mut desk.arrivals), desk.strays)
    }

    fn end(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(helper) = self.helper.take() {
            // Its panic has no more to say than that orders are missing, which is counted.
            let _ = helper.join();
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.end();
    }
}
