//! The thread that writes the latch, and nothing else: a disk may take its time, and so may a broker.

use super::Done;
use super::end::{Present, Teller};
use crate::kill::{LatchFile, LatchRecord};
use crossbeam::channel::{Receiver, Sender, bounded};
use std::io;

/// What the thread is handed.
#[derive(Debug)]
pub(super) enum LatchWork {
    Write(LatchRecord),
    /// What was handed before is written first.
    Stop,
}

/// The thread's ends.
#[derive(Debug)]
pub(super) struct Wires {
    pub(super) stop: Sender<LatchWork>,
    pub(super) latches: Receiver<LatchWork>,
    pub(super) teller: Teller,
    pub(super) present: Present,
}

/// Ends the thread.
#[derive(Debug)]
pub(super) struct Stop(Sender<LatchWork>);

impl Stop {
    pub(super) fn stop(&self) {
        // Fails only when the thread has ended already.
        let _ = self.0.send(LatchWork::Stop);
    }
}

impl Wires {
    pub(super) fn start(self, file: LatchFile) -> io::Result<(Receiver<()>, Stop)> {
        let (ended, end) = bounded(1);
        let Self { stop, latches, teller, present } = self;
        std::thread::Builder::new().name("office-latch".to_owned()).spawn(move || {
            // Dropped when all is told, also by a panic.
            let _present = present;
            write_all(&file, &latches, &teller);
            let _ = ended.send(());
        })?;
        Ok((end, Stop(stop)))
    }
}

fn write_all(file: &LatchFile, latches: &Receiver<LatchWork>, teller: &Teller) {
    while let Ok(LatchWork::Write(record)) = latches.recv() {
        let written = file.write(&record);
        match &written {
            Ok(()) => tracing::warn!("trading is stopped: {record}"),
            Err(error) => tracing::error!("the latch is not on the disk: {error}; {record}"),
        }
        teller.tell(Done::LatchWritten(written));
    }
}
