//! One engine a journal: whoever trades holds the lock of the folder.
//!
//! Two engines on one folder would each play back the other's orders and write past them. The lock is
//! an advisory one of the kernel (`flock`) on a file in the folder: it ends with the process, however
//! that dies, so nobody ever has to take it away. The file stays; what is in it is for a person.

use super::error::JournalError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Name of the file within the folder.
const NAME: &str = "lock";

/// The folder is ours until this is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the folder, which is made if there is none. Does not wait.
    ///
    /// # Errors
    /// [`JournalError::Locked`] when another process has it, or this one already; others when the file
    /// cannot be made.
    pub fn take(folder: &Path) -> Result<Self, JournalError> {
        std::fs::create_dir_all(folder).map_err(JournalError::io("creating", folder))?;
        let path = folder.join(NAME);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(&path).map_err(JournalError::io("opening", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // It is only a hint: a holder that cannot be read is one without a name.
                let _ = file.take(20).read_to_string(&mut holder);
                let process = holder.trim().parse().ok();
                return Err(JournalError::Locked { folder: folder.to_owned(), process });
            }
            Err(TryLockError::Error(error)) => {
                return Err(JournalError::io("locking", &path)(error));
            }
        }
        let written = file.set_len(0).and_then(|()| file.rewind());
        let written = written.and_then(|()| writeln!(file, "{}", std::process::id()));
        written.map_err(JournalError::io("writing", &path))?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_holder_and_the_next_when_that_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let orders = folder.path().join("new/orders");
        let first = Lock::take(&orders).unwrap();
        let refused = Lock::take(&orders).unwrap_err();
        assert!(
            matches!(&refused, JournalError::Locked { process, .. }
                if *process == Some(std::process::id())),
            "{refused}"
        );
        assert!(refused.to_string().contains("another engine"), "{refused}");
        drop(first);
        Lock::take(&orders).unwrap();
    }

    #[test]
    fn a_lock_file_that_was_left_behind_holds_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(NAME), "4194304\n").unwrap();
        let _held = Lock::take(folder.path()).unwrap();
        let text = std::fs::read_to_string(folder.path().join(NAME)).unwrap();
        assert_eq!(text, format!("{}\n", std::process::id()));
    }
}
