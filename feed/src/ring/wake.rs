//! Sleeping without lost wakeups, at the price of one fence and one load for the writer.
//!
//! ```text
//!  sleeper                                writer
//!  sleeping += 1, asleep ← true           publish the record
//!  fence (SeqCst)                         fence (SeqCst)
//!  look at the ring again                 sleeping == 0?  then done
//!  park while asleep                      else for every bed: asleep ← false, unpark
//! ```
//!
//! One of the two fences comes first in the one order that all agree on: either the sleeper sees the
//! record when it looks again, or the writer sees the sleeper.
//!
//! Who turns `asleep` from true to false takes one from `sleeping` as well, be it the writer or the
//! sleeper itself. So a burst of records pays for one `unpark`, and `sleeping` is never less than the
//! number of beds somebody sleeps in.
//!
//! The writer takes no lock: beds hang on a list that only grows, by one for every thread that ever
//! slept here, and goes with the last end of the bell. A token that some other `unpark` left behind,
//! or that came too late, ends a `park` but not a sleep; in the same way ours disturbs no other user
//! of the thread, since `park` may return without a reason anyway.

use std::iter::successors;
use std::time::Duration;

use super::sync::Ordering::{AcqRel, Acquire, Relaxed, SeqCst};
use super::sync::{
    Arc, AtomicBool, AtomicU64, Countdown, OnceLock, Thread, current, fence, park_timeout,
};

/// Makes a pair: clone the waker for every writer, the sleeper for every thread that sleeps.
pub fn bell() -> (Waker, Sleeper) {
    let bell = Arc::new(Bell { sleeping: AtomicU64::new(0), first: OnceLock::new() });
    (Waker { bell: bell.clone() }, Sleeper { bell, bed: None })
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
        // SeqCst: see the picture at the top; pairs with the fence in `Sleeper::sleep`.
        fence(SeqCst);
        if self.bell.sleeping.load(Relaxed) != 0 {
            self.wake_all();
        }
    }

    /// How many threads sleep right now, or are about to. For watchers: may be old by the time it is
    /// looked at.
    pub fn sleeping(&self) -> u64 {
        self.bell.sleeping.load(Relaxed)
    }

    #[cold]
    fn wake_all(&self) {
        for bed in self.bell.beds() {
            if self.bell.rouse(bed) {
                bed.thread.unpark();
            }
        }
    }
}

/// The reader's end. Each thread that sleeps has its own clone.
#[derive(Debug)]
pub struct Sleeper {
    bell: Arc<Bell>,
    /// Where this end slept last.
    bed: Option<Arc<Bed>>,
}

impl Clone for Sleeper {
    fn clone(&self) -> Self {
        Self { bell: Arc::clone(&self.bell), bed: None }
    }
}

impl Sleeper {
    /// Sleeps until `ready` says yes, a writer wakes it, or `max` is over; does not say which of
    /// these it was. `ready` looks at the ring.
    ///
    /// The first sleep of a thread allocates its bed.
    pub fn sleep(&mut self, ready: impl Fn() -> bool, max: Duration) {
        let me = current();
        let bed = self.bed.take().filter(|bed| bed.thread.id() == me.id());
        let bed = &**self.bed.insert(bed.unwrap_or_else(|| self.bell.bed_of(me)));
        let _rising = self.bell.lie_down(bed);
        // SeqCst: see the picture at the top; pairs with the fence in `Waker::wake`.
        fence(SeqCst);
        if ready() {
            return;
        }
        let countdown = Countdown::start(max);
        while let Some(left) = countdown.left() {
            // Acquire: pairs with the AcqRel of `Bell::rouse`, so that whoever was woken sees what it
            // was woken for.
            if !bed.asleep.load(Acquire) {
                return;
            }
            park_timeout(left);
            if ready() {
                return;
            }
        }
    }
}

#[derive(Debug)]
struct Bell {
    /// How many beds somebody sleeps in, or is about to.
    sleeping: AtomicU64,
    first: Link,
}

type Link = OnceLock<Arc<Bed>>;

/// The place of one thread.
#[derive(Debug)]
struct Bed {
    thread: Thread,
    /// Set by the thread itself, cleared by whoever comes first: the thread or a writer.
    asleep: AtomicBool,
    next: Link,
}

impl Bell {
    fn beds(&self) -> impl Iterator<Item = &Arc<Bed>> {
        successors(self.first.get(), |bed| bed.next.get())
    }

    /// Finds the bed of `thread`, or puts a new one at the end of the list.
    fn bed_of(&self, thread: Thread) -> Arc<Bed> {
        if let Some(bed) = self.beds().find(|bed| bed.thread.id() == thread.id()) {
            return Arc::clone(bed);
        }
        let bed = Bed { thread, asleep: AtomicBool::new(false), next: Link::new() };
        let bed = Arc::new(bed);
        let (mut link, mut hanging) = (&self.first, Arc::clone(&bed));
        while let Err(still_hanging) = link.set(hanging) {
            hanging = still_hanging;
            link = &link.get().expect("`set` failed because the link is taken").next;
        }
        bed
    }

    fn lie_down<'b>(&'b self, bed: &'b Bed) -> Rising<'b> {
        // First the count, so that it is never too low.
        self.sleeping.fetch_add(1, Relaxed);
        // AcqRel: pairs with the AcqRel of `rouse`, whose subtraction comes after the addition above.
        if bed.asleep.swap(true, AcqRel) {
            // `ready` sleeps itself: one sleep, counted once.
            self.sleeping.fetch_sub(1, Relaxed);
        }
        Rising { bell: self, bed }
    }

    /// Says whether somebody slept in this bed, who now does so no more.
    fn rouse(&self, bed: &Bed) -> bool {
        // Relaxed: the fence of `Waker::wake` is what makes this look late enough.
        // AcqRel: pairs with the swap in `lie_down` and with the Acquire load in `Sleeper::sleep`.
        let slept = bed.asleep.load(Relaxed) && bed.asleep.swap(false, AcqRel);
        if slept {
            self.sleeping.fetch_sub(1, Relaxed);
        }
        slept
    }
}

/// Ends a sleep on every way out, a panic of `ready` included.
struct Rising<'b> {
    bell: &'b Bell,
    bed: &'b Bed,
}

impl Drop for Rising<'_> {
    fn drop(&mut self) {
        self.bell.rouse(self.bed);
    }
}
