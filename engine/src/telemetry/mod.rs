//! Where every microsecond went: hops, histograms, interval logs, tables.

mod book;
mod hlog;
mod recorder;
mod table;

pub use book::LatencyBook;
pub use feed::handler::hop_histogram as empty_histogram;
pub use hlog::HistogramLog;
pub use recorder::{Collector, Recorder, recorder};
pub use table::{HopRow, group, latency_rows, render_rows};
