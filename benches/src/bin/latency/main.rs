//! The latency rig: see [`benches::rig`].

use benches::rig::cli;
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::main(cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
