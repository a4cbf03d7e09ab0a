//! The trading engine: configuration, threads, plugin host, telemetry, command line.

pub mod broker;
pub mod cli;
pub mod config;
pub mod credentials;
pub mod desk;
pub mod gateway;
pub mod journal;
pub mod kill;
pub mod logging;
pub mod market;
mod memory;
pub mod new;
pub mod office;
pub mod order;
pub mod plugin;
pub mod risk;
pub mod run;
pub mod strategy;
pub mod telemetry;
pub mod threads;
pub mod token;
