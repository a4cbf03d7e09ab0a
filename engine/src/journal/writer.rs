//! How the journal gets to the disk.
//!
//! With [`Sync::Every`] whoever appends also writes, in one system call per [`Journal::commit`]: the
//! kernel has the lines when it returns, which is as soon as a thread of its own could have been
//! woken. A thread only forces them out to the disk now and then. With [`Sync::Always`] a thread
//! writes and forces out, because that takes a disk's round trip.

use super::error::JournalError;
use super::files::create_next;
use super::line::{Entry, Head, write_entry, write_head};
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{JoinHandle, Thread};
use std::time::{Duration, Instant};

/// Entries that are put into one write.
const BATCH_MAX: usize = 256;
/// How long the writer looks for work before it sleeps.
const SPIN: Duration = Duration::from_micros(50);
/// Longest sleep.
const SLEEP_MAX: Duration = Duration::from_millis(10);

/// When lines are forced out of the kernel to the disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sync {
    /// Before anything that was decided on them leaves: survives a power cut, costs a disk's
    /// round trip an order.
    Always,
    /// This often, and at the end: survives the death of the process, not that of the machine.
    Every(Duration),
}

/// How a journal is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// See [`Sync`].
    pub sync: Sync,
    /// Entries that may be on their way to the disk; [`Sync::Always`] only.
    pub queue: usize,
    /// How long an entry may be on its way before that is a failure; [`Sync::Always`] only.
    pub patience: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            sync: Sync::Every(Duration::from_millis(200)),
            queue: 4096,
            patience: Duration::from_secs(1),
        }
    }
}

/// An entry on its way; see [`Journal::is_safe`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Ticket(u64);

/// The gateway's end of the journal.
#[derive(Debug)]
pub struct Journal {
    way: Way,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    helper: Thread,
    appended: u64,
    options: Options,
    path: PathBuf,
}

/// How entries get into the file.
#[derive(Debug)]
enum Way {
    /// Another thread writes.
    Queued(rtrb::Producer<Entry>),
    /// We write. `end`: where the file ends, behind a newline; 0 where that is not known.
    Direct { file: File, buffer: Vec<u8>, end: u64 },
}

#[derive(Debug, Default)]
struct Shared {
    /// Entries that are safe. Written by whoever writes the file.
    safe: AtomicU64,
    /// Whether the kernel has lines that the disk may not have; direct writing only.
    unsynced: AtomicBool,
    /// Set by the writer before it sleeps, cleared by whoever wakes it.
    asleep: AtomicBool,
    stop: AtomicBool,
    failure: OnceLock<String>,
}

impl Journal {
    /// Creates the file of the day's next run and starts its writer.
    ///
    /// # Errors
    /// When the file or the thread cannot be created.
    pub fn create(folder: &Path, head: &Head, options: Options) -> Result<Self, JournalError> {
        let (mut file, path) = create_next(folder, &head.date)?;
        let mut first = Vec::new();
        let written = write_head(head, &mut first).and_then(|()| file.write_all(&first));
        written.and_then(|()| file.sync_all()).map_err(JournalError::io("writing", &path))?;
        let mut journal = Self::over(file, path, options)?;
        if let Way::Direct { end, .. } = &mut journal.way {
            *end = first.len() as u64;
        }
        Ok(journal)
    }

    /// Starts a writer over a file that is open already and has its head.
    ///
    /// # Errors
    /// When the thread cannot be created.
    pub fn over(file: File, path: PathBuf, options: Options) -> Result<Self, JournalError> {
        let shared = Arc::new(Shared::default());
        let builder = std::thread::Builder::new().name("journal".into());
        let (way, thread) = match options.sync {
            Sync::Always => {
                let (queue, entries) = rtrb::RingBuffer::new(options.queue.max(2));
                let work = Work { file, entries, shared: Arc::clone(&shared) };
                (Way::Queued(queue), builder.spawn(move || work.run()))
            }
            Sync::Every(span) => {
                let other = file.try_clone().map_err(JournalError::io("opening again", &path))?;
                let syncer = Syncer { file: other, span, shared: Arc::clone(&shared) };
                let buffer = Vec::with_capacity(64 * 1024);
                (Way::Direct { file, buffer, end: 0 }, builder.spawn(move || syncer.run()))
            }
        };
        let thread = thread.map_err(JournalError::io("starting the thread of", &path))?;
        let helper = thread.thread().clone();
        Ok(Self { way, shared, thread: Some(thread), helper, appended: 0, options, path })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a strategy's wish may be taken: it works, and half of the queue is free. The other
    /// half is for what cannot be refused.
    pub fn has_room(&self) -> bool {
        let room = match &self.way {
            Way::Queued(queue) => queue.slots() > self.options.queue / 2,
            Way::Direct { .. } => true,
        };
        room && self.failure().is_none()
    }

    /// Why nothing reaches the disk any more.
    pub fn failure(&self) -> Option<&str> {
        self.shared.failure.get().map(String::as_str)
    }

    /// Puts an entry on its way; [`commit`](Self::commit) sends it off. Waits for room when there is none.
    ///
    /// # Errors
    /// When the journal has failed, or there is no room within the patience.
    pub fn append(&mut self, entry: &Entry) -> Result<Ticket, JournalError> {
        let begun = Instant::now();
        let mut entry = *entry;
        loop {
            match &mut self.way {
                Way::Direct { buffer, .. } => match write_entry(&entry, buffer) {
                    Ok(()) => break,
                    Err(error) => return Err(self.fail(&error)),
                },
                Way::Queued(queue) => match queue.push(entry) {
                    Ok(()) => break,
                    Err(rtrb::PushError::Full(back)) => entry = back,
                },
            }
            self.look(begun)?;
        }
        if let Some(failure) = self.failure() {
            return Err(JournalError::Stopped(failure.to_owned()));
        }
        self.appended += 1;
        if matches!(self.way, Way::Queued(_)) {
            // SeqCst on both sides: either the writer sees the entry, or we see that it sleeps.
            std::sync::atomic::fence(Ordering::SeqCst);
            if self.shared.asleep.swap(false, Ordering::SeqCst) {
                self.helper.unpark();
            }
        }
        Ok(Ticket(self.appended))
    }

    /// Sends off what was appended: one write, after which it is safe. With [`Sync::Always`] the thread
    /// is at it already, and [`is_safe`](Self::is_safe) tells when it is done.
    ///
    /// # Errors
    /// When the file takes it no more. Some of it may be there, the last line cut.
    pub fn commit(&mut self) -> Result<(), JournalError> {
        let Way::Direct { file, buffer, end } = &mut self.way else { return Ok(()) };
        if buffer.is_empty() {
            return Ok(());
        }
        let written = file.write_all(buffer);
        if *end > 0 {
            *end += buffer.len() as u64;
        }
        buffer.clear();
        if let Err(error) = written {
            return Err(self.fail(&error));
        }
        self.shared.unsynced.store(true, Ordering::Release);
        self.shared.safe.store(self.appended, Ordering::Release);
        Ok(())
    }

    /// Makes an entry's line and writes it into another file, through the buffer that real lines take;
    /// and writes the newline at the end of the journal once more, in its place: what makes and writes
    /// real lines stays warm, and the journal stays as it is. Without effect where another thread writes,
    /// while something is in the buffer, and after a failure.
    pub fn rehearse(&mut self, entry: &Entry, elsewhere: &mut File) {
        let Way::Direct { file, buffer, end } = &mut self.way else { return };
        if !buffer.is_empty() || self.shared.failure.get().is_some() {
            return;
        }
        // What a disk refuses here, it refuses a real line, too, and that one tells.
        if write_entry(entry, buffer).is_ok() {
            let _ = elsewhere.write_all(buffer);
        }
        buffer.clear();
        if *end > 0 {
            let _ = file.write_all_at(b"\n", *end - 1);
        }
    }

    #[cold]
    fn fail(&self, error: &std::io::Error) -> JournalError {
        let _ = self.shared.failure.set(error.to_string());
        JournalError::Stopped(self.failure().unwrap_or("unknown").to_owned())
    }

    /// Whether what was decided on the entry may leave the process.
    pub fn is_safe(&self, ticket: Ticket) -> bool {
        // Acquire: pairs with the release of the writer after the write.
        self.shared.safe.load(Ordering::Acquire) >= ticket.0
    }

    /// Waits until it may.
    ///
    /// # Errors
    /// When the writer has stopped, or it takes longer than the patience.
    pub fn wait(&self, ticket: Ticket) -> Result<(), JournalError> {
        if self.is_safe(ticket) {
            return Ok(());
        }
        let begun = Instant::now();
        while !self.is_safe(ticket) {
            self.look(begun)?;
        }
        Ok(())
    }

    fn look(&self, begun: Instant) -> Result<(), JournalError> {
        if let Some(failure) = self.failure() {
            return Err(JournalError::Stopped(failure.to_owned()));
        }
        let waited = begun.elapsed();
        if waited > self.options.patience {
            return Err(JournalError::TooSlow(waited));
        }
        if waited > SPIN {
            std::thread::yield_now()
        } else {
            std::hint::spin_loop()
        }
        Ok(())
    }

    /// Brings everything to the disk and ends the writer.
    ///
    /// # Errors
    /// When something did not reach the disk.
    pub fn close(mut self) -> Result<(), JournalError> {
        self.finish()
    }

    /// The same for whoever keeps it a little longer; nothing may be appended after it.
    ///
    /// # Errors
    /// When something did not reach the disk.
    pub fn finish(&mut self) -> Result<(), JournalError> {
        // What it finds, the failure tells.
        let _ = self.commit();
        self.end();
        match self.failure() {
            Some(failure) => Err(JournalError::Stopped(failure.to_owned())),
            None => Ok(()),
        }
    }

    fn end(&mut self) {
        // Release: the writer sees every entry that was appended before.
        self.shared.stop.store(true, Ordering::Release);
        self.helper.unpark();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            let _ = self.shared.failure.set("the writer panicked".to_owned());
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        let _ = self.commit();
        self.end();
    }
}

/// Forces out what was written directly.
struct Syncer {
    file: File,
    span: Duration,
    shared: Arc<Shared>,
}

impl Syncer {
    fn run(self) {
        loop {
            std::thread::park_timeout(self.span);
            // Acquire: pairs with the release in `end`, behind the last commit.
            let stopping = self.shared.stop.load(Ordering::Acquire);
            if self.shared.unsynced.swap(false, Ordering::AcqRel)
                && let Err(error) = self.file.sync_data()
            {
                let _ = self.shared.failure.set(error.to_string());
                return;
            }
            if stopping {
                return;
            }
        }
    }
}

/// Writes and forces out.
struct Work {
    file: File,
    entries: rtrb::Consumer<Entry>,
    shared: Arc<Shared>,
}

impl Work {
    fn run(mut self) {
        if let Err(error) = self.write_all() {
            let _ = self.shared.failure.set(error.to_string());
        }
    }

    fn write_all(&mut self) -> std::io::Result<()> {
        let mut buffer = Vec::with_capacity(64 * 1024);
        let mut done = 0;
        let mut idle_since = Instant::now();
        loop {
            // Acquire: pairs with the release in `end`; what was pushed before it is seen below.
            let stopping = self.shared.stop.load(Ordering::Acquire);
            let mut taken = 0;
            buffer.clear();
            while taken < BATCH_MAX
                && let Ok(entry) = self.entries.pop()
            {
                write_entry(&entry, &mut buffer)?;
                taken += 1;
            }
            if taken > 0 {
                self.file.write_all(&buffer)?;
                self.file.sync_data()?;
                done += taken as u64;
                // Release: pairs with the acquire in `is_safe`.
                self.shared.safe.store(done, Ordering::Release);
                idle_since = Instant::now();
            } else if stopping {
                return Ok(());
            } else {
                self.rest(idle_since);
            }
        }
    }

    fn rest(&self, idle_since: Instant) {
        if idle_since.elapsed() < SPIN {
            return std::hint::spin_loop();
        }
        self.shared.asleep.store(true, Ordering::SeqCst);
        std::sync::atomic::fence(Ordering::SeqCst);
        if self.entries.is_empty() && !self.shared.stop.load(Ordering::Acquire) {
            std::thread::park_timeout(SLEEP_MAX);
        }
        self.shared.asleep.store(false, Ordering::SeqCst);
    }
}
