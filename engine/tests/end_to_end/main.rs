//! The whole engine as a user has it: the binary, its configuration, its output, its exit code.
//! Needs a C compiler; no network but 127.0.0.1.

mod cli_decode;
mod cli_errors;
mod new_strategy;
mod process;
mod run_faults;
mod run_profit;
mod run_secrets;
mod run_sim;
mod setup;
