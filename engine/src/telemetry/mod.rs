//! Where every microsecond went: hops, histograms, interval logs, tables.

mod hlog;
mod recorder;
mod table;

pub use hlog::HistogramLog;
pub use recorder::{Collector, Recorder, empty_histogram, recorder};
pub use table::{HopRow, group, latency_rows, render_rows};
