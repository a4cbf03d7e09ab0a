//! `engine run`.

pub mod hops;
pub mod summary;
pub mod view;
