//! One picture: the percentiles of all clients, in one scenario; of frames, or of orders.

use super::clients::Client;
use super::scenario::thousands;
use anyhow::anyhow;
use hdrhistogram::Histogram;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::path::Path;

/// Size of the part with the lines; the legend lies below it, where it covers none.
const SIZE: (u32, u32) = (960, 560);
/// Height of a row of the legend, and how many clients share one.
const ROW: u32 = 24;
const COLUMNS: u32 = 2;
/// How far to the right: up to 99.99 %, beyond which a machine's own pauses are all there is to see.
const NINES_MAX: f64 = 4.0;

/// What the picture is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Frames, until they are decided on.
    Frames,
    /// Orders, until the last byte is at the sender's socket.
    Orders,
}

impl Of {
    fn axes(self) -> [&'static str; 2] {
        match self {
            Self::Frames => [
                "part of the frames that took no longer, %",
                "latency from the intended time, µs (log)",
            ],
            Self::Orders => [
                "part of the orders that took no longer, %",
                "from the frame's intended time to the whole order, µs (log)",
            ],
        }
    }
}

/// A client's line.
pub struct Line {
    /// Whose.
    pub client: Client,
    /// Its latencies, nanoseconds.
    pub latencies: Histogram<u64>,
}

/// Draws the picture as SVG. Its ground is its own, so that it reads on light and dark pages alike.
///
/// # Errors
/// When it cannot be drawn or written.
pub fn draw(path: &Path, title: &str, of: Of, lines: &[Line]) -> anyhow::Result<()> {
    let failed = |error: &dyn std::fmt::Display| anyhow!("the picture cannot be drawn: {error}");
    let lines: Vec<&Line> = lines.iter().filter(|line| !line.latencies.is_empty()).collect();
    let rows = (lines.len() as u32).div_ceil(COLUMNS);
    let size = (SIZE.0, SIZE.1 + (rows + 1) * ROW);
    let root = SVGBackend::new(path, size).into_drawing_area();
    root.fill(&WHITE).map_err(|error| failed(&error))?;
    let (plot, below) = root.split_vertically(SIZE.1);
    let cells = below.margin(0, ROW, 0, 0).split_evenly((rows.max(1) as usize, COLUMNS as usize));
    let [x, y] = of.axes();
    let range = micros_range(&lines);
    let mut chart = ChartBuilder::on(&plot)
        .caption(title, ("sans-serif", 20))
        .margin(16)
        .x_label_area_size(46)
        .y_label_area_size(72)
        .build_cartesian_2d(0.0..NINES_MAX, range.log_scale())
        .map_err(|error| failed(&error))?;
    chart
        .configure_mesh()
        .x_desc(x)
        .y_desc(y)
        .axis_desc_style(("sans-serif", 15))
        .label_style(("sans-serif", 14))
        .x_labels(5)
        .x_label_formatter(&|nines| percent(*nines))
        .y_label_formatter(&|micros| micros_label(*micros))
        .light_line_style(RGBColor(238, 238, 238))
        .bold_line_style(RGBColor(208, 208, 208))
        .draw()
        .map_err(|error| failed(&error))?;
    for (line, area) in lines.iter().zip(cells) {
        let style = ShapeStyle {
            color: color(line.client).into(),
            filled: false,
            stroke_width: width(line.client),
        };
        chart
            .draw_series(LineSeries::new(points(&line.latencies), style))
            .map_err(|error| failed(&error))?;
        let middle = ROW as i32 / 2;
        area.draw(&PathElement::new([(88, middle), (116, middle)], style))
            .map_err(|error| failed(&error))?;
        let font =
            ("sans-serif", 15).into_text_style(&area).pos(Pos::new(HPos::Left, VPos::Center));
        area.draw(&Text::new(legend(line), (126, middle), font)).map_err(|error| failed(&error))?;
    }
    root.present().map_err(|error| failed(&error))
}

/// The line: one point for each hundredth of a nine.
fn points(latencies: &Histogram<u64>) -> Vec<(f64, f64)> {
    (0..=(NINES_MAX * 100.0) as u32)
        .map(|step| {
            let nines = f64::from(step) / 100.0;
            let quantile = 1.0 - 10_f64.powf(-nines);
            (nines, latencies.value_at_quantile(quantile).max(1) as f64 / 1e3)
        })
        .collect()
}

fn micros_range(lines: &[&Line]) -> std::ops::Range<f64> {
    let values = || lines.iter().flat_map(|line| points(&line.latencies)).map(|(_, micros)| micros);
    let least = values().fold(f64::INFINITY, f64::min).clamp(0.1, 1e6);
    let most = values().fold(0.0, f64::max).max(least * 10.0);
    // Whole halves of a decade.
    let down = |micros: f64| 10_f64.powf((micros.log10() * 2.0).floor() / 2.0);
    down(least)..10_f64.powf((most.log10() * 2.0).ceil() / 2.0)
}

fn percent(nines: f64) -> String {
    let percent = 100.0 * (1.0 - 10_f64.powf(-nines));
    if nines.fract() == 0.0 { format!("{}", (percent * 1e6).round() / 1e6) } else { String::new() }
}

fn micros_label(micros: f64) -> String {
    if micros >= 10.0 { thousands(micros.round() as u64) } else { format!("{micros:.1}") }
}

fn legend(line: &Line) -> String {
    let at = |quantile| line.latencies.value_at_quantile(quantile) as f64 / 1e3;
    format!("{}: p50 {:.1}, p99 {:.0} µs", line.client.name(), at(0.5), at(0.99))
}

/// Colours that most colour-blind people tell apart (Okabe and Ito).
fn color(client: Client) -> RGBColor {
    match client {
        Client::Engine => RGBColor(213, 94, 0),
        Client::EngineThreads => RGBColor(230, 159, 0),
        Client::TokioSerde => RGBColor(86, 180, 233),
        Client::TokioSonic => RGBColor(0, 114, 178),
        Client::PolledSonic => RGBColor(0, 158, 115),
        Client::Floor => RGBColor(120, 120, 120),
        Client::Python => RGBColor(204, 121, 167),
    }
}

fn width(client: Client) -> u32 {
    if matches!(client, Client::Engine | Client::EngineThreads) { 3 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use feed::handler::hop_histogram;

    #[test]
    fn the_picture_names_every_client_and_both_axes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.svg");
        let line = |client, base: u64| {
            let mut latencies = hop_histogram();
            (0..10_000).for_each(|n| latencies.record(base + n).unwrap());
            Line { client, latencies }
        };
        draw(
            &path,
            "a title",
            Of::Frames,
            &[line(Client::Engine, 5_000), line(Client::Python, 60_000)],
        )
        .unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        for part in ["a title", "engine: p50", "python: p50", "part of the frames", "µs (log)"] {
            assert!(text.contains(part), "{part}");
        }
    }

    #[test]
    fn no_latencies_at_all_still_give_a_picture() {
        let folder = tempfile::tempdir().unwrap();
        draw(&folder.path().join("x.svg"), "nothing", Of::Orders, &[]).unwrap();
    }
}
