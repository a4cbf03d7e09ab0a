//! From the broker's socket to typed records.
//!
//! Bytes come in at [`connection`], [`session`] decides what to say to the broker, [`scan`] turns
//! `REAL` frames into the records of `strategy-api` with the help of the tables in [`schema`], and
//! [`ring`] hands them to other threads.

pub mod clock;
pub mod connection;
pub mod decode;
pub mod handler;
pub mod instruments;
pub mod ring;
pub mod scan;
pub mod schema;
pub mod session;
