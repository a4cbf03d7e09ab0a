//! What a client leaves behind: when it was done with which frame, and what it cost.
//!
//! The file begins with [`HEAD`] words: frames taken, processor time in nanoseconds (user, system) at the
//! first frame and at the end; then one word for each frame, the moment at which it was done with, 0 for
//! never. The plugin of the engine and the Python client write the same.

use super::files;
use anyhow::ensure;
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use std::path::Path;

/// Words before the frames' own.
pub const HEAD: usize = 5;

/// The marks of a client while it runs.
pub struct Marks {
    words: Vec<u64>,
}

impl Marks {
    /// Room for so many frames, every page of it touched.
    pub fn new(frames: usize) -> Self {
        let mut words = vec![u64::MAX; HEAD + frames];
        words.fill(0);
        Self { words }
    }

    /// Frame `number` is done with, now.
    #[inline]
    pub fn mark(&mut self, number: u64, now: u64) {
        if self.words[0] == 0 {
            self.begin();
        }
        self.words[0] += 1;
        if let Some(place) = self.words.get_mut(HEAD + number as usize) {
            *place = now;
        }
    }

    #[cold]
    fn begin(&mut self) {
        let [user, system] = processor_nanos();
        self.words[1] = user;
        self.words[2] = system;
    }

    /// Writes everything down.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(mut self, path: &Path) -> anyhow::Result<()> {
        let [user, system] = processor_nanos();
        self.words[3] = user;
        self.words[4] = system;
        files::write_words(path, &self.words)
    }
}

/// What a client left behind.
#[derive(Clone, Debug)]
pub struct Marked {
    /// Frames taken, those that came twice counted twice.
    pub received: u64,
    /// Processor time in the program from the first frame on, nanoseconds.
    pub user_nanos: u64,
    /// Processor time in the kernel from the first frame on, nanoseconds.
    pub system_nanos: u64,
    /// When each frame was done with, nanoseconds since 1970; 0: never.
    pub ends: Vec<u64>,
}

impl Marked {
    /// Reads a client's file.
    ///
    /// # Errors
    /// When there is none, or it was not finished.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let words = files::read_words(path)?;
        ensure!(words.len() >= HEAD, "{} is too short", path.display());
        Ok(Self {
            received: words[0],
            user_nanos: words[3].saturating_sub(words[1]),
            system_nanos: words[4].saturating_sub(words[2]),
            ends: words[HEAD..].to_vec(),
        })
    }
}

/// Processor time of this process so far, in the program and in the kernel.
fn processor_nanos() -> [u64; 2] {
    // Fails only for a wrong first argument.
    let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else { return [0; 2] };
    let nanos = |time: fn(&Usage) -> nix::sys::time::TimeVal| {
        time(&usage).num_microseconds().unsigned_abs() * 1_000
    };
    [nanos(Usage::user_time), nanos(Usage::system_time)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_marked_is_read_back_and_what_was_not_is_a_hole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("marks");
        let mut marks = Marks::new(4);
        for (number, now) in [(0, 7), (2, 9), (3, 10), (99, 1)] {
            marks.mark(number, now);
        }
        marks.finish(&path).unwrap();
        let marked = Marked::read(&path).unwrap();
        assert_eq!((marked.received, marked.ends), (4, vec![7, 0, 9, 10]));
    }
}
