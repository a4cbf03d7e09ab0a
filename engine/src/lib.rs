//! The trading engine: configuration, threads, plugin host, telemetry, command line.

pub mod plugin;

pub mod config;
