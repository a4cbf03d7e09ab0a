//! Cases that mostly wait, several at a time.
//!
//! An order of which there is no trace is given up after ten seconds, and there are as many test threads
//! as cores: one after the other, the cases would take minutes. The first test that runs starts all of
//! them; each test then waits for its own and fails when that one failed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex};

/// Cases that run at once. Engines are cheap while they wait, and dear while they start.
const AT_ONCE: usize = 8;

/// A test: its name and what it does.
pub(crate) type Case = (&'static str, fn());

/// What came of the cases.
pub(crate) struct Cases {
    state: Mutex<State>,
    ended: Condvar,
}

struct State {
    /// How many have been begun.
    begun: usize,
    /// Whether the workers are there.
    started: bool,
    /// Name, and why it failed, if it did.
    ended: Vec<(&'static str, Option<String>)>,
}

impl Cases {
    pub(crate) const fn new() -> Self {
        let state = State { begun: 0, started: false, ended: Vec::new() };
        Self { state: Mutex::new(state), ended: Condvar::new() }
    }

    /// Waits for the end of a case, and panics in its words.
    #[track_caller]
    pub(crate) fn wait_for(&'static self, all: &'static [&'static [Case]], name: &str) {
        let mut state = self.state.lock().unwrap();
        if !state.started {
            state.started = true;
            for _ in 0..AT_ONCE {
                std::thread::spawn(move || self.work(all));
            }
        }
        loop {
            if let Some((_, why)) = state.ended.iter().find(|(ended, _)| *ended == name) {
                if let Some(why) = why {
                    panic!("{why}");
                }
                return;
            }
            state = self.ended.wait(state).unwrap();
        }
    }

    fn work(&self, all: &'static [&'static [Case]]) {
        loop {
            let mut state = self.state.lock().unwrap();
            let Some((name, case)) = all.iter().copied().flatten().nth(state.begun) else { return };
            state.begun += 1;
            drop(state);
            let why = catch_unwind(AssertUnwindSafe(case)).err().map(|why| {
                let text = why.downcast_ref::<String>().cloned();
                let text =
                    text.or_else(|| why.downcast_ref::<&str>().map(|text| (*text).to_owned()));
                text.unwrap_or_else(|| "it panicked without a word".to_owned())
            });
            self.state.lock().unwrap().ended.push((*name, why));
            self.ended.notify_all();
        }
    }
}

/// Makes a test of each function; see the [module documentation](self).
macro_rules! together {
    ($($(#[$attribute:meta])* fn $name:ident() $body:block)*) => {
        pub(crate) const ALL: &[$crate::together::Case] = &[$((stringify!($name), || $body)),*];
        $(
            $(#[$attribute])*
            #[test]
            fn $name() {
                $crate::CASES.wait_for($crate::ALL, stringify!($name));
            }
        )*
    };
}

pub(crate) use together;
