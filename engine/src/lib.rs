//! The trading engine: configuration, threads, plugin host, telemetry, command line.

pub mod cli;
pub mod config;
pub mod credentials;
pub mod gateway;
pub mod journal;
pub mod logging;
pub mod new;
pub mod order;
pub mod plugin;
pub mod run;
pub mod strategy;
pub mod telemetry;
pub mod threads;
pub mod token;
