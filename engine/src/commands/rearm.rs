//! `engine rearm`: a person lets trading go on.

use super::who;
use anyhow::Context;
use engine::cli::{RearmArgs, exit};
use engine::config;
use engine::kill::{Found, LatchFile};
use std::io::{IsTerminal, Write};

/// What has to be typed.
const WORD: &str = "rearm";

/// `engine rearm`.
pub(crate) fn rearm(args: &RearmArgs) -> anyhow::Result<u8> {
    let config = config::load(&args.config)?;
    let latch = LatchFile::new(&config.kill.latch);
    let path = latch.path().display();
    let Found::Latched(record) = latch.read() else {
        println!("trading is not stopped: there is no latch at {path}");
        return Ok(exit::FINE);
    };
    println!("trading is stopped: {record}\n  the latch is {path}");
    println!(
        "Re-arming lets an engine send orders again. Look at positions and open orders first."
    );
    if !args.yes {
        if !std::io::stdin().is_terminal() {
            eprintln!("error: not re-armed: there is no terminal to ask on; say --yes");
            return Ok(exit::USAGE);
        }
        if !confirmed()? {
            eprintln!("error: not re-armed: that was not {WORD:?}; the latch stays");
            return Ok(exit::FAILED);
        }
    }
    let was = latch.rearm(&who::who(), who::now())?;
    println!("re-armed; it was: {was}\n  the history is {}", latch.history_path().display());
    Ok(exit::FINE)
}

/// Whether a person typed the word.
fn confirmed() -> anyhow::Result<bool> {
    print!("Type {WORD} to go on: ");
    std::io::stdout().flush().context("cannot ask")?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("cannot read the answer")?;
    Ok(line.trim() == WORD)
}
