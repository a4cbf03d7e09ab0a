//! A loaded library and the table that it exports.

use std::ffi::{CStr, c_char};
use std::path::{Path, PathBuf};

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW, Symbol};
use strategy_api::Kinds;
use strategy_api::abi::{ABI_MAJOR, ABI_MINOR, PLUGIN_TEXT_BYTES_MAX, PluginTable, SYMBOL};
use strategy_api::host::Host;

use super::error::PluginError;
use super::inspect::{self, Checks, sha256_hex};
use super::instance::{Instance, kinds_of};

/// The function behind [`SYMBOL`].
type Entry = unsafe extern "C" fn() -> *const PluginTable;

/// Larger tables are garbage, not a later version.
const TABLE_BYTES_MAX: usize = 1 << 16;

/// A plugin that passed every check and is loaded. It stays loaded until the process ends, also when
/// this is dropped.
#[derive(Clone, Debug)]
pub struct Plugin {
    path: PathBuf,
    table: PluginTable,
    name: String,
    version: String,
    description: String,
    sha256: [u8; 32],
}

impl Plugin {
    /// Checks the file at `path` and loads it.
    ///
    /// # Errors
    /// The first check that fails; nothing of the library has run before its header was checked.
    pub fn load(path: &Path, checks: &Checks) -> Result<Self, PluginError> {
        let unreadable = |source| PluginError::Unreadable { path: path.to_path_buf(), source };
        let path = path.canonicalize().map_err(unreadable)?;
        let (sha256, identity) = inspect::inspect(&path, checks)?;
        let table = open(&path)?;
        inspect::check_unchanged(&path, identity)?;
        // SAFETY: the library promises that its table is good, and it stays loaded.
        let table = unsafe { copy_table(&path, table) }?;
        check_slots(&path, &table)?;
        // SAFETY: the table promises text that ends in NUL, or null.
        let (name, version, description) = unsafe {
            (
                text(&path, "name", table.name)?,
                text(&path, "version", table.version)?,
                text(&path, "description", table.description)?,
            )
        };
        if name.is_empty() {
            let reason = String::from("its table has no `name`");
            return Err(PluginError::BadTable { path, reason });
        }
        Ok(Self { path, table, name, version, description, sha256 })
    }

    /// Name of the strategy, as the plugin says.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version, as the plugin says; may be empty.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What it does, as the plugin says; may be empty.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Version of the ABI that it was built for: major, minor.
    pub fn abi(&self) -> (u16, u16) {
        (self.table.abi_major, self.table.abi_minor)
    }

    /// The file, absolute and without links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Checksum of the file that was loaded, as people write it.
    pub fn sha256_hex(&self) -> String {
        sha256_hex(&self.sha256)
    }

    /// The records that it has a callback for.
    pub fn kinds(&self) -> Kinds {
        kinds_of(&self.table)
    }

    /// Makes an instance that runs under `name` with these parameters (TOML text) on this host.
    ///
    /// # Errors
    /// What the strategy said, when it refused or panicked, or a key of the parameters that it does
    /// not know.
    ///
    /// # Panics
    /// When a function of the host panics.
    pub fn create<H: Host>(
        &self,
        name: &str,
        params: &str,
        host: H,
    ) -> Result<Instance<H>, PluginError> {
        Instance::create(&self.table, name, params, host)
    }
}

/// Loads the library and asks for its table.
fn open(path: &Path) -> Result<*const PluginTable, PluginError> {
    let linker = |source| PluginError::Linker { path: path.to_path_buf(), source };
    // `NOW`: an undefined symbol is an error here, not a crash in the first trade. `LOCAL`: plugins
    // do not see each other's symbols.
    // SAFETY: runs the library's constructors; that the user named this library is the permission.
    let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }.map_err(linker)?;
    // SAFETY: the name means this type, by the rules of the ABI.
    let entry: Result<Symbol<Entry>, _> = unsafe { library.get(SYMBOL.to_bytes_with_nul()) };
    let Ok(entry) = entry else {
        std::mem::forget(library);
        return Err(PluginError::MissingSymbol { path: path.to_path_buf() });
    };
    // SAFETY: as above; it takes nothing.
    let table = unsafe { entry() };
    // Never unloaded: see the module's documentation.
    std::mem::forget(library);
    Ok(table)
}

/// Copies the table as far as both sides know it; what is missing stays null.
///
/// # Safety
/// `table` is null, or points at a table whose `size` says how many bytes are there.
unsafe fn copy_table(path: &Path, table: *const PluginTable) -> Result<PluginTable, PluginError> {
    let bad = |reason| Err(PluginError::BadTable { path: path.to_path_buf(), reason });
    if table.is_null() {
        return bad(String::from("`strategy_plugin` returned null instead of its table"));
    }
    if !table.is_aligned() {
        return bad(String::from("`strategy_plugin` returned an address that holds no table"));
    }
    // SAFETY: these 8 bytes are there in every version.
    let (size, found_major, found_minor) =
        unsafe { ((*table).size as usize, (*table).abi_major, (*table).abi_minor) };
    if found_major != ABI_MAJOR {
        return Err(PluginError::WrongVersion {
            path: path.to_path_buf(),
            found_major,
            found_minor,
            major: ABI_MAJOR,
            minor: ABI_MINOR,
        });
    }
    let needed = PluginTable::size_of_minor(found_minor);
    if size < needed || size > TABLE_BYTES_MAX {
        return bad(format!(
            "its table has {size} bytes, version {found_major}.{found_minor} has {needed}: set \
             `size` to sizeof(StrategyPluginTable)"
        ));
    }
    let mut copy = PluginTable::EMPTY;
    // SAFETY: both tables have that many bytes; a slot is a function or null in either.
    unsafe {
        std::ptr::copy_nonoverlapping(
            table.cast::<u8>(),
            (&raw mut copy).cast::<u8>(),
            size.min(size_of::<PluginTable>()),
        );
    }
    Ok(copy)
}

fn check_slots(path: &Path, table: &PluginTable) -> Result<(), PluginError> {
    let slots = [("create", table.create.is_none()), ("destroy", table.destroy.is_none())];
    match slots.into_iter().find(|(_, missing)| *missing) {
        Some((slot, _)) => Err(PluginError::NullSlot { path: path.to_path_buf(), slot }),
        None => Ok(()),
    }
}

/// Reads one of the table's texts; null is no text.
///
/// # Safety
/// `text` is null or points at readable bytes up to a NUL, or up to the limit.
unsafe fn text(path: &Path, field: &str, text: *const c_char) -> Result<String, PluginError> {
    let bad = |problem: &str| {
        let reason = format!("the `{field}` in its table {problem}");
        Err(PluginError::BadTable { path: path.to_path_buf(), reason })
    };
    if text.is_null() {
        return Ok(String::new());
    }
    let is_end = |index: &usize| {
        // SAFETY: the caller's promise; `find` stops at the first NUL.
        unsafe { *text.add(*index) == 0 }
    };
    if (0..PLUGIN_TEXT_BYTES_MAX).find(is_end).is_none() {
        return bad(&format!("is longer than {} bytes", PLUGIN_TEXT_BYTES_MAX - 1));
    }
    // SAFETY: a NUL was found.
    match unsafe { CStr::from_ptr(text) }.to_str() {
        Ok(text) if text.chars().any(char::is_control) => bad("holds control characters"),
        Ok(text) => Ok(text.to_string()),
        Err(_) => bad("is not UTF-8"),
    }
}
