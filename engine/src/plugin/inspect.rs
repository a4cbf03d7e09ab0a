//! Looks at a plugin's file before the system's linker does: the linker maps what the header says
//! and runs constructors, and a file that is cut short would kill the process with a bus error.

use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::error::PluginError;

/// What is demanded of a plugin's file besides being safe to load.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Checks {
    /// The checksum that the file must have.
    pub sha256: Option<[u8; 32]>,
    /// Whether a checksum must be given (live mode).
    pub require_sha256: bool,
}

/// The largest plugin that is read, bytes.
const FILE_BYTES_MAX: u64 = 1 << 30;

/// What the file was when it was checked; to be compared after loading.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl Identity {
    fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

/// A checksum as people write it.
pub fn sha256_hex(digest: &[u8; 32]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Checks the file (`path` is absolute and free of links) and returns its checksum and what it was.
///
/// # Errors
/// The first thing that is wrong.
pub(super) fn inspect(path: &Path, checks: &Checks) -> Result<([u8; 32], Identity), PluginError> {
    let unreadable = |source| PluginError::Unreadable { path: path.to_path_buf(), source };
    let mut file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(PluginError::NotAFile { path: path.to_path_buf() });
    }
    check_access(path, metadata.uid(), metadata.mode(), effective_user())?;
    if let Some(parent) = path.parent() {
        check_directory(parent, &parent.metadata().map_err(unreadable)?)?;
    }
    let not_a_library =
        |reason: String| PluginError::NotALibrary { path: path.to_path_buf(), reason };
    if metadata.size() > FILE_BYTES_MAX {
        return Err(not_a_library(format!("{} bytes are too many", metadata.size())));
    }
    let mut bytes = Vec::with_capacity(metadata.size() as usize);
    file.read_to_end(&mut bytes).map_err(unreadable)?;
    match check_elf(&bytes) {
        Ok(()) => (),
        Err(ElfProblem::Machine(found)) => {
            return Err(PluginError::WrongArchitecture {
                path: path.to_path_buf(),
                found: machine_name(found),
                wanted: std::env::consts::ARCH,
            });
        }
        Err(ElfProblem::Other(reason)) => return Err(not_a_library(reason.to_string())),
    }
    let digest: [u8; 32] = Sha256::digest(&bytes).into();
    check_digest(path, &digest, checks)?;
    Ok((digest, Identity::of(&metadata)))
}

/// Says whether the file is still the one that was checked.
pub(super) fn check_unchanged(path: &Path, identity: Identity) -> Result<(), PluginError> {
    let same = path.metadata().is_ok_and(|metadata| Identity::of(&metadata) == identity);
    if same { Ok(()) } else { Err(PluginError::Changed { path: path.to_path_buf() }) }
}

fn check_digest(path: &Path, digest: &[u8; 32], checks: &Checks) -> Result<(), PluginError> {
    let path = || path.to_path_buf();
    match checks.sha256 {
        Some(wanted) if wanted != *digest => Err(PluginError::WrongChecksum {
            path: path(),
            actual: sha256_hex(digest),
            wanted: sha256_hex(&wanted),
        }),
        None if checks.require_sha256 => {
            Err(PluginError::NoChecksum { path: path(), actual: sha256_hex(digest) })
        }
        _ => Ok(()),
    }
}

/// Only root and whoever runs the engine may be able to change what the engine runs.
fn check_access(path: &Path, owner: u32, mode: u32, user: u32) -> Result<(), PluginError> {
    let wrong = |problem, cure| PluginError::Unsafe { path: path.to_path_buf(), problem, cure };
    if owner != user && owner != 0 {
        let cure = format!("chown it to the user who runs the engine (uid {user})");
        return Err(wrong("belongs to another user", cure));
    }
    if mode & 0o002 != 0 {
        let cure = format!("chmod o-w {}", path.display());
        return Err(wrong("can be written by everybody", cure));
    }
    Ok(())
}

/// In a directory that everybody may write, everybody may swap the file, unless it is sticky.
fn check_directory(path: &Path, metadata: &Metadata) -> Result<(), PluginError> {
    const STICKY: u32 = 0o1000;
    if metadata.mode() & 0o002 != 0 && metadata.mode() & STICKY == 0 {
        return Err(PluginError::Unsafe {
            path: path.to_path_buf(),
            problem: "holds the plugin and can be written by everybody",
            cure: format!("chmod o-w {}", path.display()),
        });
    }
    Ok(())
}

/// The user whose rights this process has.
fn effective_user() -> u32 {
    // SAFETY: the call takes nothing, changes nothing and cannot fail.
    unsafe { libc::geteuid() }
}

enum ElfProblem {
    Machine(u16),
    Other(&'static str),
}

/// `e_machine` of the machine that this engine is built for.
const MACHINE: u16 = if cfg!(target_arch = "x86_64") {
    62
} else if cfg!(target_arch = "aarch64") {
    183
} else if cfg!(target_arch = "riscv64") {
    243
} else {
    0
};

fn machine_name(machine: u16) -> String {
    let name = match machine {
        3 => "x86 (32 bits)",
        40 => "arm (32 bits)",
        62 => "x86_64",
        183 => "aarch64",
        243 => "riscv64",
        other => return format!("machine number {other}"),
    };
    name.to_string()
}

/// Checks the header of a 64-bit little-endian ELF file, and that every part that would be mapped is
/// inside the file. Field offsets: System V ABI, chapter 4 and 5.
fn check_elf(bytes: &[u8]) -> Result<(), ElfProblem> {
    const HEADER_BYTES: usize = 64;
    const PROGRAM_HEADER_BYTES: usize = 56;
    const TYPE_SHARED: u16 = 3;
    const SEGMENT_LOAD: u32 = 1;
    let other = |reason| Err(ElfProblem::Other(reason));

    if bytes.is_empty() {
        return other("it is empty");
    }
    if !bytes.starts_with(b"\x7fELF") {
        return other("it does not start like an ELF file");
    }
    if bytes.len() < HEADER_BYTES {
        return other("it is cut short");
    }
    // `e_machine` stands at the same place in every class, so it can be told first.
    let machine = u16_at(bytes, 18).unwrap_or_default();
    if bytes[5] != 1 {
        return other("its byte order is not that of this machine");
    }
    if MACHINE != 0 && machine != MACHINE {
        return Err(ElfProblem::Machine(machine));
    }
    if bytes[4] != 2 {
        return other("it has 32 bits, the engine has 64");
    }
    if u16_at(bytes, 16) != Some(TYPE_SHARED) {
        return other(
            "it is an object or a program, not a shared library (cc needs -shared -fPIC)",
        );
    }
    let (table, size, count) = (u64_at(bytes, 32), u16_at(bytes, 54), u16_at(bytes, 56));
    let (Some(table), Some(size), Some(count)) = (table, size, count) else {
        return other("it is cut short");
    };
    if size as usize != PROGRAM_HEADER_BYTES || count == 0 {
        return other("it has no program headers");
    }
    for index in 0..u64::from(count) {
        let start = table.checked_add(index * PROGRAM_HEADER_BYTES as u64);
        let Some(header) = start.and_then(|start| part(bytes, start, PROGRAM_HEADER_BYTES as u64))
        else {
            return other("it is cut short");
        };
        if u32_at(header, 0) == Some(SEGMENT_LOAD) {
            let (offset, length) = (u64_at(header, 8), u64_at(header, 32));
            let inside =
                offset.zip(length).and_then(|(offset, length)| part(bytes, offset, length));
            if inside.is_none() {
                return other("it is cut short");
            }
        }
    }
    Ok(())
}

fn part(bytes: &[u8], start: u64, length: u64) -> Option<&[u8]> {
    let end = usize::try_from(start.checked_add(length)?).ok()?;
    bytes.get(usize::try_from(start).ok()?..end)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(bytes: &[u8]) -> Option<String> {
        match check_elf(bytes) {
            Ok(()) => None,
            Err(ElfProblem::Machine(machine)) => Some(machine_name(machine)),
            Err(ElfProblem::Other(reason)) => Some(reason.to_string()),
        }
    }

    /// A header and one load segment of 16 bytes.
    fn smallest() -> Vec<u8> {
        let mut bytes = vec![0_u8; 64 + 56 + 16];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        bytes[16..18].copy_from_slice(&3_u16.to_le_bytes());
        bytes[18..20].copy_from_slice(&MACHINE.to_le_bytes());
        bytes[32..40].copy_from_slice(&64_u64.to_le_bytes());
        bytes[54..56].copy_from_slice(&56_u16.to_le_bytes());
        bytes[56..58].copy_from_slice(&1_u16.to_le_bytes());
        bytes[64..68].copy_from_slice(&1_u32.to_le_bytes());
        bytes[72..80].copy_from_slice(&120_u64.to_le_bytes());
        bytes[96..104].copy_from_slice(&16_u64.to_le_bytes());
        bytes
    }

    #[test]
    fn a_library_cut_at_any_byte_is_refused() {
        let whole = smallest();
        assert_eq!(reason(&whole), None);
        for end in 0..whole.len() {
            assert!(reason(&whole[..end]).is_some(), "cut at {end}");
        }
    }

    #[test]
    fn offsets_that_overflow_are_refused() {
        for at in [32, 72, 96] {
            let mut bytes = smallest();
            bytes[at..at + 8].copy_from_slice(&u64::MAX.to_le_bytes());
            assert_eq!(reason(&bytes).as_deref(), Some("it is cut short"), "at {at}");
        }
    }

    #[test]
    fn each_kind_of_wrong_file_is_told_apart() {
        let spoiled = |at: usize, value: u8| {
            let mut bytes = smallest();
            bytes[at] = value;
            reason(&bytes).unwrap()
        };
        assert!(spoiled(0, b'x').contains("ELF"));
        assert!(spoiled(5, 2).contains("byte order"));
        assert!(spoiled(4, 1).contains("32 bits"));
        assert!(spoiled(16, 1).contains("object"));
        assert!(spoiled(18, 8).contains("machine number 8"));
        assert!(spoiled(56, 0).contains("program headers"));
    }

    #[test]
    fn only_root_and_the_user_of_the_engine_may_own_a_plugin() {
        let refused = |owner, mode| {
            let result = check_access(Path::new("x.so"), owner, mode, 1000);
            result.err().map(|error| error.to_string())
        };
        assert_eq!(refused(1000, 0o755), None);
        assert_eq!(refused(0, 0o644), None);
        assert!(refused(1001, 0o755).unwrap().contains("another user: chown it"));
        assert!(refused(1000, 0o757).unwrap().contains("chmod o-w x.so"));
    }

    #[test]
    fn this_process_belongs_to_somebody() {
        let own = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(own.path().metadata().unwrap().uid(), effective_user());
    }
}
