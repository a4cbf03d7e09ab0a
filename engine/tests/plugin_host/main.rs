//! The plugin host against real libraries: good ones, bad ones, and files that are none.

mod crates;
mod files;
mod support;
