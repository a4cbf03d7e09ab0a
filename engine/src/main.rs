//! The binary: reads the command line, runs one command, sets the exit code in one place.

mod commands;

use clap::Parser;
use engine::cli::{Cli, Command, RunArgs, exit};
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let command = cli.command.unwrap_or_else(|| {
        Command::Run(RunArgs {
            config: "configs/sim.toml".into(),
            duration: Some(Duration::from_secs(10)),
            live: false,
            json: false,
        })
    });
    let result = match command {
        Command::Run(args) => commands::run(&args),
        Command::Sim(args) => commands::sim(&args),
        Command::Decode(args) => commands::decode(&args),
        Command::Check(args) => commands::check(&args),
        Command::New(args) => commands::new(&args),
        Command::Kill(args) => commands::kill(&args),
        Command::Rearm(args) => commands::rearm(&args),
        Command::Journal(args) => commands::journal(&args),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("error: {error:#}");
            let usage = error.is::<engine::config::ConfigError>()
                || error.is::<engine::credentials::CredentialsError>();
            ExitCode::from(if usage { exit::USAGE } else { exit::FAILED })
        }
    }
}
