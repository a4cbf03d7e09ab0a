//! Indices: weighed sums of their members.

use super::Generator;
use crate::exchange::listing::InstrumentInfo;
use crate::exchange::stats::View;
use crate::exchange::ticks::Market;
use crate::realtime::other::IndexState;
use std::cmp::Ordering;

/// An index before its day.
pub(super) fn index_state(info: &InstrumentInfo) -> IndexState {
    IndexState {
        base: info.base_price,
        value: info.base_price,
        previous_volume: info.previous_volume,
        ..IndexState::default()
    }
}

impl Generator {
    /// Computes an index anew from its members.
    pub(super) fn update_index(&mut self, index: usize) {
        let wanted = match self.infos[index].code.as_str() {
            "101" => Market::Kosdaq,
            _ => Market::Kospi,
        };
        let Some(state) = self.indices.get_mut(&index) else { return };
        let members = self.instruments.iter().filter(|i| i.info.market == wanted);
        let (mut cap, mut base_cap) = (0i128, 0i128);
        *state = IndexState {
            base: state.base,
            open: state.open,
            high: state.high,
            low: state.low,
            told_volume: state.told_volume,
            previous_volume: state.previous_volume,
            ..IndexState::default()
        };
        for member in members {
            let (stats, info) = (member.stats(View::All), &member.info);
            cap += i128::from(stats.last) * i128::from(info.shares);
            base_cap += i128::from(info.base_price) * i128::from(info.shares);
            state.members += 1;
            state.traded += i64::from(stats.volume > 0);
            state.volume += stats.volume;
            state.value_traded += stats.value;
            state.upper += i64::from(stats.last == member.upper);
            state.lower += i64::from(stats.last == member.lower);
            match stats.last.cmp(&info.base_price) {
                Ordering::Greater => state.up += 1,
                Ordering::Equal => state.unchanged += 1,
                Ordering::Less => state.down += 1,
            }
        }
        state.volume /= 1_000;
        state.value_traded /= 1_000_000;
        state.value = (i128::from(state.base) * cap / base_cap.max(1)) as i64;
        if state.open == 0 {
            (state.open, state.high, state.low) = (state.value, state.value, state.value);
        }
        state.high = state.high.max(state.value);
        state.low = state.low.min(state.value);
    }
}
