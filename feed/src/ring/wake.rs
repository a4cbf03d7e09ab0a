//! Sleeping without lost wakeups, at the price of one fence and one load for the writer.
//!
//! ```text
//!  sleeper                                writer
//!  sleeping += 1                          publish the record
//!  fence (SeqCst)                         fence (SeqCst)
//!  look at the ring again                 sleeping == 0?  then done
//!  park                                   else unpark every sleeper
//! ```
//!
//! One of the two fences comes first in the one order that all agree on: either the sleeper sees the
//! record when it looks again, or the writer sees the sleeper.

use super::sync::Ordering::{Relaxed, SeqCst};
use super::sync::{Arc, AtomicU64, Countdown, Mutex, Thread, ThreadId, current, fence, park_timeout};
use std::time::Duration;

#[derive(Debug)]
struct Bell {
    /// How many threads sleep or are about to.
    sleeping: AtomicU64,
    /// Those threads. Only locked by a thread that goes to sleep and by a writer that saw one.
    threads: Mutex<Vec<(ThreadId, Thread)>>,
}

/// Makes a pair: clone the waker for every writer, the sleeper for every thread that sleeps.
pub fn bell() -> (Waker, Sleeper) {
    let bell = Arc::new(Bell { sleeping: AtomicU64::new(0), threads: Mutex::new(Vec::new()) });
    (Waker { bell: bell.clone() }, Sleeper { bell })
}

/// The writer's end.
#[derive(Clone, Debug)]
pub struct Waker {
    bell: Arc<Bell>,
}

impl Waker {
    /// Wakes every sleeper; call it after the record is in the ring.
    #[inline]
    pub fn wake(&self) {
        // SeqCst: see the picture at the top; pairs with the fence in `sleep`.
        fence(SeqCst);
        if self.bell.sleeping.load(Relaxed) != 0 {
            self.wake_all();
        }
    }

    #[cold]
    fn wake_all(&self) {
        // A poisoned lock still holds a good list: the list is changed by single calls only.
        let threads = match self.bell.threads.lock() {
            Ok(threads) => threads,
            Err(poisoned) => poisoned.into_inner(),
        };
        for (_, thread) in threads.iter() {
            thread.unpark();
        }
    }
}

/// The reader's end. Each thread that sleeps has its own clone.
#[derive(Clone, Debug)]
pub struct Sleeper {
    bell: Arc<Bell>,
}

impl Sleeper {
    /// Sleeps until `ready` says yes, a writer wakes it, or `max` is over. `ready` looks at the ring.
    pub fn sleep(&mut self, ready: impl Fn() -> bool, max: Duration) {
        let me = current();
        self.with_threads(|threads| threads.push((me.id(), me.clone())));
        self.bell.sleeping.fetch_add(1, Relaxed);
        // SeqCst: see the picture at the top; pairs with the fence in `wake`.
        fence(SeqCst);
        let countdown = Countdown::start(max);
        while !ready() {
            match countdown.left() {
                Some(left) => park_timeout(left),
                None => break,
            }
        }
        self.bell.sleeping.fetch_sub(1, Relaxed);
        self.with_threads(|threads| threads.retain(|(id, _)| *id != me.id()));
    }

    fn with_threads(&self, change: impl FnOnce(&mut Vec<(ThreadId, Thread)>)) {
        match self.bell.threads.lock() {
            Ok(mut threads) => change(&mut threads),
            Err(poisoned) => change(&mut poisoned.into_inner()),
        }
    }
}
