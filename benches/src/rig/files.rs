//! How the processes of a run hand their stamps over: words in little endian, one file each.

use anyhow::Context;
use std::path::Path;

/// Writes words.
///
/// # Errors
/// When the file cannot be written.
pub fn write_words(path: &Path, words: &[u64]) -> anyhow::Result<()> {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// Reads words.
///
/// # Errors
/// When the file cannot be read or ends within a word.
pub fn read_words(path: &Path) -> anyhow::Result<Vec<u64>> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let (words, rest) = bytes.as_chunks::<8>();
    anyhow::ensure!(rest.is_empty(), "{} ends within a word", path.display());
    Ok(words.iter().map(|word| u64::from_le_bytes(*word)).collect())
}
