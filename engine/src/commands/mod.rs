//! The commands. Each returns the exit code, or an error that `main` prints.

mod decode;
mod journal;
mod kill;
mod rearm;
mod sim;
mod who;

pub(crate) use decode::decode;
pub(crate) use journal::journal;
pub(crate) use kill::kill;
pub(crate) use rearm::rearm;
pub(crate) use sim::sim;

use engine::cli::{CheckArgs, NewArgs, RunArgs, exit};
use engine::config;

/// `engine run`.
pub(crate) fn run(args: &RunArgs) -> anyhow::Result<u8> {
    engine::run::run(args)
}

/// `engine check`.
pub(crate) fn check(args: &CheckArgs) -> anyhow::Result<u8> {
    let config = config::load(&args.config)?;
    let text = if args.json {
        serde_json::to_string_pretty(&config)?
    } else {
        format!("# {} as it takes effect\n{}", args.config.display(), toml::to_string(&config)?)
    };
    println!("{text}");
    Ok(exit::FINE)
}

/// `engine new`.
pub(crate) fn new(args: &NewArgs) -> anyhow::Result<u8> {
    let api = engine::new::api_folder();
    let folder = engine::new::create(&args.name, &args.path, &api)?;
    let (folder, name) = (folder.display(), &args.name);
    println!("made {folder}: src/lib.rs (strategy and tests), {name}.toml (configuration)");
    println!("  cd {folder} && cargo test");
    println!("  engine run {name}.toml --duration 10s");
    Ok(exit::FINE)
}
