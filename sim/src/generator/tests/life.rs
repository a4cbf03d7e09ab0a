//! Whether the market is alive, the same for a seed, and fast.

use super::run::{ALL_TYPES, Run};
use crate::clock::{SECOND, TimeOfDay};
use crate::exchange::book::Side;
use crate::exchange::stats::View;
use crate::exchange::ticks;
use crate::generator::{Frames, Generator, symbols};
use crate::options::Options;
use std::time::Instant;

fn text_of(seed: u64) -> String {
    let mut run = Run::of_everything(TimeOfDay::new(8, 59, 59), TimeOfDay::new(9, 0, 3), 1_000);
    run.seed = seed;
    let mut text = String::new();
    run.go(|_, frame, _| text.push_str(frame.text));
    text
}

#[test]
fn a_seed_gives_the_same_bytes_again_and_another_seed_gives_others() {
    let first = text_of(1);
    assert!(first.len() > 1_000_000);
    assert!(first == text_of(1));
    assert!(first != text_of(2));
}

#[test]
fn an_instrument_that_nobody_registered_makes_no_frame() {
    let mut run = Run::of_everything(TimeOfDay::new(8, 59, 59), TimeOfDay::new(9, 0, 2), 1_000);
    run.items = ["005930", "NOTHING", "000660_NX", "57JBHH_NX"].map(str::to_owned).into();
    run.types = ALL_TYPES.iter().copied().filter(|kind| !["0s", "1h"].contains(kind)).collect();
    run.go(|_, frame, _| assert!(["005930", "000660_NX"].contains(&frame.item), "{}", frame.item));
}

/// All tradable instruments of a broker, with so many types.
fn everything(options: &Options, count: usize, types: &[&str]) -> Generator {
    let mut market = Generator::new(options);
    let pairs: Vec<_> = symbols(options)
        .iter()
        .filter(|listed| listed.market.is_tradable())
        .take(count)
        .flat_map(|listed| types.iter().map(|kind| (listed.code.clone(), (*kind).to_owned())))
        .collect();
    market.set_registrations(&pairs);
    market
}

#[test]
fn spreads_are_narrow_and_prices_move() {
    let options = Options { day_start: TimeOfDay::new(9, 5, 0), ..Options::default() };
    let mut market = everything(&options, 40, &["0B", "0D"]);
    let mut frames = Frames::default();
    let (mut narrow, mut all) = (0u64, 0u64);
    for step in 0..40_000u64 {
        frames.clear();
        market.advance(step * SECOND / 1000, &mut frames);
        market.step(&mut frames);
        for instrument in market.instruments[..40].iter().skip(step as usize % 40).step_by(40) {
            let (Some(bid), Some(ask)) =
                (instrument.krx.best(Side::Bid), instrument.krx.best(Side::Ask))
            else {
                continue;
            };
            all += 1;
            let tick = ticks::tick_size(instrument.info.market, bid);
            narrow += u64::from(ask - bid <= 2 * tick);
        }
    }
    let moved = market.instruments[..40]
        .iter()
        .filter(|i| {
            let stats = i.stats(View::Krx);
            let steps = (stats.high - stats.low) / ticks::tick_size(i.info.market, stats.low);
            steps >= 3 && stats.high - stats.low < i.info.base_price / 4
        })
        .count();
    println!("{narrow} of {all} spreads are at most two ticks; {moved} of 40 prices moved");
    assert!(narrow * 4 > all * 3, "{narrow} of {all} spreads are at most two ticks");
    assert!(moved > 30, "{moved} of 40 prices moved");
}

#[test]
fn interruptions_come_now_and_then_and_most_of_them_by_news() {
    let steps = if cfg!(debug_assertions) { 120_000 } else { 600_000 };
    let interruptions = |news: bool| -> u32 {
        let day_start = TimeOfDay::new(9, 0, 30);
        let mut market =
            everything(&Options { day_start, news, ..Options::default() }, 20, &["0B"]);
        let mut frames = Frames::default();
        for step in 0..steps {
            frames.clear();
            market.advance(step * SECOND / 500, &mut frames);
            market.step(&mut frames);
        }
        market.instruments.iter().map(|i| i.interruptions).sum()
    };
    let (count, drifted) = (interruptions(true), interruptions(false));
    println!("{count} interruptions in {steps} steps, {drifted} without news");
    assert!((1..60).contains(&count), "{count} interruptions");
    assert!(drifted * 2 < count, "{drifted} of {count}");
}

/// Says how fast the market alone is; run it in release with `--nocapture` for a figure.
#[test]
fn the_cost_of_a_frame_is_told() {
    let frames_wanted = if cfg!(debug_assertions) { 5_000 } else { 500_000 };
    for types in [&["0B", "0D"][..], &["0B"], &["0D"]] {
        let options = Options { day_start: TimeOfDay::new(9, 1, 0), ..Options::default() };
        let mut market = everything(&options, 100, types);
        let mut frames = Frames::default();
        let (mut count, mut bytes, mut turns) = (0, 0, 0);
        let begin = Instant::now();
        while count < frames_wanted {
            frames.clear();
            turns += 1;
            market.advance(turns * SECOND / 1000, &mut frames);
            (0..256).for_each(|_| market.step(&mut frames));
            count += frames.len();
            bytes += frames.iter().map(|frame| frame.text.len()).sum::<usize>();
        }
        let seconds = begin.elapsed().as_secs_f64();
        let (rate, size) = (count as f64 / seconds, bytes / count);
        println!("{types:?}: {rate:.0} frames/s of {size} bytes on one core");
        assert!(count >= frames_wanted);
    }
}
