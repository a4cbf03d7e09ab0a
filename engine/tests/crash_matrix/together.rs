//! Cases that mostly wait, several at a time.
//!
//! An order of which there is no trace is given up after ten seconds, and there are as many test threads
//! as cores: one after the other, the cases would take minutes. The first test of a file that runs starts
//! all cases of the file; each test then waits for its own and fails when that one failed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex};

/// Cases of a file that run at once. Engines are cheap while they wait, and dear while they start.
const AT_ONCE: usize = 6;

/// A test: its name and what it does.
pub(crate) type Case = (&'static str, fn());

/// The cases of a file and what came of them.
pub(crate) struct Cases {
    state: Mutex<State>,
    ended: Condvar,
}

struct State {
    /// How many have been begun.
    begun: usize,
    /// Whether the workers are there.
    started: bool,
    /// Name, and whether it went well.
    ended: Vec<(&'static str, bool)>,
}

impl Cases {
    pub(crate) const fn new() -> Self {
        let state = State { begun: 0, started: false, ended: Vec::new() };
        Self { state: Mutex::new(state), ended: Condvar::new() }
    }

    /// Waits for the end of a case. What went wrong, its own thread has printed.
    #[track_caller]
    pub(crate) fn wait_for(&'static self, all: &'static [Case], name: &str) {
        let mut state = self.state.lock().unwrap();
        if !state.started {
            state.started = true;
            for _ in 0..AT_ONCE {
                std::thread::spawn(move || self.work(all));
            }
        }
        loop {
            if let Some((_, well)) = state.ended.iter().find(|(ended, _)| *ended == name) {
                assert!(well, "it failed in a thread of its own: see above");
                return;
            }
            state = self.ended.wait(state).unwrap();
        }
    }

    fn work(&self, all: &'static [Case]) {
        loop {
            let mut state = self.state.lock().unwrap();
            let Some((name, case)) = all.get(state.begun) else { return };
            state.begun += 1;
            drop(state);
            let well = catch_unwind(AssertUnwindSafe(case));
            if well.is_err() {
                eprintln!("the case that failed is {name}");
            }
            self.state.lock().unwrap().ended.push((*name, well.is_ok()));
            self.ended.notify_all();
        }
    }
}

/// Makes a test of each function; see the [module documentation](self).
macro_rules! together {
    ($($(#[$attribute:meta])* fn $name:ident() $body:block)*) => {
        static CASES: $crate::together::Cases = $crate::together::Cases::new();
        const ALL: &[$crate::together::Case] = &[$((stringify!($name), || $body)),*];
        $(
            $(#[$attribute])*
            #[test]
            fn $name() {
                CASES.wait_for(ALL, stringify!($name));
            }
        )*
    };
}

pub(crate) use together;
