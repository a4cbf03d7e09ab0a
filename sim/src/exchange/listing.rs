//! What is listed: well-known names first, then made-up ones, the same for every run with a seed.

use super::ticks::{self, Market};
use crate::rng::Rng;

/// One listed instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstrumentInfo {
    /// Code without a venue suffix.
    pub code: String,
    /// Korean name.
    pub name: String,
    /// What it is.
    pub market: Market,
    /// Yesterday's close in KRW, from which today's limits follow; hundredths of a point for indices.
    pub base_price: i64,
    /// Shares listed.
    pub shares: i64,
    /// Shares traded yesterday.
    pub previous_volume: i64,
    /// Whether Nextrade trades it too.
    pub nextrade: bool,
}

/// Code, name, market, yesterday's close, shares listed, shares traded yesterday.
type Known = (&'static str, &'static str, Market, i64, i64, i64);

const KNOWN: &[Known] = &[
    ("005930", "삼성전자", Market::Kospi, 269_000, 5_846_278_608, 22_517_075),
    ("000660", "SK하이닉스", Market::Kospi, 1_842_000, 712_702_365, 5_608_813),
    ("035420", "NAVER", Market::Kospi, 231_500, 158_437_008, 812_300),
    ("005380", "현대차", Market::Kospi, 268_000, 204_757_766, 1_204_000),
    ("051910", "LG화학", Market::Kospi, 312_500, 70_592_343, 301_200),
    ("035720", "카카오", Market::Kospi, 61_300, 442_000_000, 2_950_000),
    ("068270", "셀트리온", Market::Kospi, 178_900, 230_000_000, 640_000),
    ("105560", "KB금융", Market::Kospi, 118_700, 381_462_103, 1_011_000),
    ("012330", "현대모비스", Market::Kospi, 304_500, 92_995_094, 221_000),
    ("015760", "한국전력", Market::Kospi, 42_150, 641_964_077, 3_420_000),
    ("0004V0", "엔에이치스팩31호", Market::Kosdaq, 2_085, 5_510_000, 48_200),
    ("247540", "에코프로비엠", Market::Kosdaq, 142_800, 97_801_344, 690_000),
    ("086520", "에코프로", Market::Kosdaq, 78_400, 136_000_000, 1_730_000),
    ("196170", "알테오젠", Market::Kosdaq, 452_000, 53_465_000, 390_000),
    ("041510", "에스엠", Market::Kosdaq, 121_600, 22_900_000, 210_000),
    ("069500", "KODEX 200", Market::Etf, 61_245, 183_000_000, 7_320_000),
    ("122630", "KODEX 레버리지", Market::Etf, 41_870, 62_000_000, 12_900_000),
    ("252670", "KODEX 200선물인버스2X", Market::Etf, 1_021, 1_210_000_000, 402_000_000),
    ("500001", "신한 레버리지 원유 ETN", Market::Etn, 18_430, 10_000_000, 152_000),
    ("57JBHH", "한국JB하이닉스콜", Market::Elw, 455, 5_000_000, 930_000),
];

/// Indices and gold stand behind the tradable instruments.
const OTHERS: &[Known] = &[
    ("001", "종합(KOSPI)", Market::Index, 402_133, 0, 725_277),
    ("101", "종합(KOSDAQ)", Market::Index, 88_764, 0, 980_112),
    ("201", "KOSPI200", Market::Index, 56_812, 0, 210_441),
    ("MGU", "국제금", Market::Gold, 339_456, 0, 0),
];

const HEADS: [&str; 20] = [
    "한빛", "대성", "동원", "미래", "삼우", "신일", "우진", "유성", "일진", "태광", "하나", "현진",
    "금호", "남양", "두산", "명신", "백산", "서울", "아주", "청담",
];
const TAILS: [&str; 15] = [
    "전자",
    "화학",
    "제약",
    "건설",
    "바이오",
    "테크",
    "소재",
    "물산",
    "중공업",
    "식품",
    "로보틱스",
    "에너지",
    "반도체",
    "홀딩스",
    "소프트",
];

/// The list for a seed: `tradable` instruments with order books (at least the well-known ones), then
/// the indices and gold.
pub(crate) fn listing(seed: u64, tradable: usize) -> Vec<InstrumentInfo> {
    let mut rng = Rng::new(seed, 0x11_57);
    let mut list: Vec<InstrumentInfo> = KNOWN.iter().map(known).collect();
    let mut number = 0;
    while list.len() < tradable {
        number += 1;
        let code = format!("{:06}", 100_000 + number * 130 % 800_000);
        if list.iter().any(|listed| listed.code == code) {
            continue;
        }
        let market = if rng.chance(450) { Market::Kospi } else { Market::Kosdaq };
        let magnitude = [1_200, 3_400, 8_700, 24_000, 71_000, 180_000][rng.below(6) as usize];
        let price = ticks::floor(market, magnitude * (60 + rng.below(90) as i64) / 100);
        let name = format!(
            "{}{}",
            HEADS[number as usize % HEADS.len()],
            TAILS[number as usize / HEADS.len() % TAILS.len()]
        );
        list.push(InstrumentInfo {
            code,
            name,
            market,
            base_price: price,
            shares: 5_000_000 + rng.below(300_000_000) as i64,
            previous_volume: 20_000 + rng.below(4_000_000) as i64,
            nextrade: rng.chance(600),
        });
    }
    list.truncate(tradable.max(KNOWN.len()));
    list.extend(OTHERS.iter().map(known));
    list
}

fn known(&(code, name, market, base_price, shares, previous_volume): &Known) -> InstrumentInfo {
    InstrumentInfo {
        code: code.to_owned(),
        name: name.to_owned(),
        market,
        base_price,
        shares,
        previous_volume,
        nextrade: market.is_stock() && code != "0004V0",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_list_is_the_same_for_a_seed_and_has_no_code_twice() {
        let list = listing(7, 400);
        assert_eq!(list, listing(7, 400));
        assert_ne!(list, listing(8, 400));
        assert_eq!(list.iter().map(|i| &i.code).collect::<BTreeSet<_>>().len(), list.len());
        assert_eq!(list.iter().filter(|i| i.market.is_tradable()).count(), 400);
    }

    #[test]
    fn every_base_price_lies_on_its_tick() {
        for listed in listing(3, 1000).iter().filter(|i| i.market.is_tradable()) {
            let tick = ticks::tick_size(listed.market, listed.base_price);
            assert_eq!(listed.base_price % tick, 0, "{listed:?}");
        }
    }
}
