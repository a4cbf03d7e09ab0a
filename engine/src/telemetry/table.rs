//! The latency table.

use hdrhistogram::Histogram;
use serde::Serialize;

/// One hop of the table. All spans in nanoseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HopRow {
    /// From where to where.
    pub hop: String,
    /// How many spans.
    pub count: u64,
    /// Median.
    pub p50: u64,
    /// 99th percentile.
    pub p99: u64,
    /// 99.9th percentile.
    pub p999: u64,
    /// The longest.
    pub max: u64,
}

/// Rows for the hops that saw anything.
pub fn latency_rows<'a>(
    hops: impl IntoIterator<Item = (&'a str, &'a Histogram<u64>)>,
) -> Vec<HopRow> {
    hops.into_iter()
        .filter(|(_, histogram)| !histogram.is_empty())
        .map(|(hop, histogram)| HopRow {
            hop: hop.to_owned(),
            count: histogram.len(),
            p50: histogram.value_at_quantile(0.5),
            p99: histogram.value_at_quantile(0.99),
            p999: histogram.value_at_quantile(0.999),
            max: histogram.max(),
        })
        .collect()
}

/// The table as text, times in microseconds.
pub fn render_rows(rows: &[HopRow]) -> String {
    let width = rows.iter().map(|row| row.hop.chars().count()).max().unwrap_or(0).max(10);
    let mut text = format!(
        "  {:width$} {:>12} {:>10} {:>10} {:>10} {:>10}\n",
        "hop", "count", "p50 µs", "p99 µs", "p99.9 µs", "max µs"
    );
    for row in rows {
        let micros = |nanos: u64| format!("{:.2}", nanos as f64 / 1000.0);
        text.push_str(&format!(
            "  {:width$} {:>12} {:>10} {:>10} {:>10} {:>10}\n",
            row.hop,
            group(row.count),
            micros(row.p50),
            micros(row.p99),
            micros(row.p999),
            micros(row.max)
        ));
    }
    text
}

/// A number with commas between groups of three digits.
pub fn group(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::empty_histogram;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(["0", "999", "1,000", "1,234,567"], [0, 999, 1000, 1_234_567].map(group)[..]);
    }

    #[test]
    fn a_hop_without_spans_has_no_row() {
        let mut histogram = empty_histogram();
        histogram.record(1500).unwrap();
        let empty = empty_histogram();
        let rows = latency_rows([("a → b", &histogram), ("b → c", &empty)]);
        assert_eq!(rows.len(), 1);
        assert!(render_rows(&rows).contains("1.50"));
    }
}
