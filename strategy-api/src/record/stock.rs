//! Slower records of a stock, a fund or a warrant.

use super::{ChangeSign, Direction, Header, Venue, open_enum, record};
use crate::text::{Symbol, Text};
use crate::units::{
    Count, Hundredths, Millionths, Notional, Price, PriceDelta, Quantity, TimeOfDay,
};

/// A price change without a trade: type `0A` 주식기세.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct IndicativePrice {
    /// See [`Header`].
    pub header: Header,
    /// Price, KRW. FID 10.
    pub price: Price,
    /// Against the previous close, KRW, signed. FID 11.
    pub change: PriceDelta,
    /// Best ask, KRW. FID 27.
    pub ask: Price,
    /// Best bid, KRW. FID 28.
    pub bid: Price,
    /// Open, KRW. FID 16.
    pub open: Price,
    /// High, KRW. FID 17.
    pub high: Price,
    /// Low, KRW. FID 18.
    pub low: Price,
    /// When the upper limit was reached; unset when it was not (`000000`). FID 567.
    pub upper_limit_time: TimeOfDay,
    /// When the lower limit was reached; unset when it was not (`000000`). FID 568.
    pub lower_limit_time: TimeOfDay,
    /// The sign of FID 10.
    pub direction: Direction,
    /// FID 25.
    pub change_sign: ChangeSign,
    /// Zero.
    pub reserved: [u8; 2],
    /// Change since the previous close, percent, signed. FID 12.
    pub change_rate: Hundredths,
    /// Shares traded today. FID 13.
    pub cumulative_volume: Quantity,
    /// Value traded today, KRW, cut to whole millions. FID 14.
    pub cumulative_value: Notional,
    /// Volume minus yesterday's, shares, signed. FID 26.
    pub volume_change: Quantity,
    /// Value minus yesterday's, KRW, signed. FID 29.
    pub value_change: Notional,
    /// Volume over yesterday's, percent. The sign on the wire only marks up or down and is left out
    /// (`volume_change` has it). FID 30.
    pub volume_ratio: Hundredths,
    /// Turnover, percent. FID 31.
    pub turnover: Hundredths,
    /// 거래비용, as sent. FID 32.
    pub trading_cost: Count,
    /// Market capitalisation, KRW, in steps of 100 million. FID 311.
    pub market_cap: Notional,
}
record!(IndicativePrice, INDICATIVE_PRICE, "0A", bytes = 152);

/// One broker in a [`BrokerFlow`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct BrokerRow {
    /// Shares today.
    pub quantity: Quantity,
    /// Change since the message before, shares, signed.
    pub change: Quantity,
    /// Broker's name; may hold inner double spaces (`삼  성`).
    pub name: Text<32>,
    /// Broker's code, three digits.
    pub code: Text<8>,
}

/// The five largest selling and buying brokers of the day: type `0F` 주식당일거래원.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct BrokerFlow {
    /// See [`Header`].
    pub header: Header,
    /// Sellers: names FIDs 141–145, codes 146–150, shares 161–165, changes 166–170.
    pub sellers: [BrokerRow; 5],
    /// Buyers: names FIDs 151–155, codes 156–160, shares 171–175, changes 176–180.
    pub buyers: [BrokerRow; 5],
    /// Estimated sum sold by foreign brokers, shares. FID 261.
    pub foreign_sold: Quantity,
    /// Change of that, signed. FID 262.
    pub foreign_sold_change: Quantity,
    /// Estimated sum bought by foreign brokers, shares. FID 263.
    pub foreign_bought: Quantity,
    /// Change of that, signed. FID 264.
    pub foreign_bought_change: Quantity,
    /// Bought minus sold, signed. FID 267.
    pub foreign_net: Quantity,
    /// Change of that, signed. FID 268.
    pub foreign_net_change: Quantity,
}
record!(BrokerFlow, BROKER_FLOW, "0F", bytes = 648);

/// Net asset value of a fund: type `0G` ETF NAV. `ts_event` is FID 20.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct EtfNav {
    /// See [`Header`].
    pub header: Header,
    /// Net asset value, KRW with two decimals. The sign on the wire only marks up or down and is left
    /// out (`nav_change` has it). FID 36.
    pub nav: Hundredths,
    /// Change since yesterday, KRW with two decimals, signed. FID 37.
    pub nav_change: Hundredths,
    /// The same in percent, signed. FID 38.
    pub nav_change_rate: Hundredths,
    /// Tracking error, percent. FID 39.
    pub tracking_error: Hundredths,
    /// NAV against the index, percent, signed. FID 265.
    pub index_disparity: Hundredths,
    /// NAV against the fund's price, percent, signed. FID 266.
    pub fund_disparity: Hundredths,
    /// Price change since yesterday, percent, signed. FID 12.
    pub change_rate: Hundredths,
    /// Shares traded today. FID 13.
    pub cumulative_volume: Quantity,
    /// Gearing. FID 667.
    pub gearing: Hundredths,
    /// Break-even, percent. FID 668.
    pub break_even: Hundredths,
    /// Capital support point, percent. FID 669.
    pub capital_support: Hundredths,
    /// Price of the fund, KRW. FID 10.
    pub price: Price,
    /// Price minus previous close, KRW, signed. FID 11.
    pub change: PriceDelta,
    /// FID 25.
    pub change_sign: ChangeSign,
    /// The sign of FID 10.
    pub direction: Direction,
    /// Zero.
    pub reserved: [u8; 6],
}
record!(EtfNav, ETF_NAV, "0G", bytes = 144);

/// International gold converted to KRW: type `0I` 국제금환산가격.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct GoldPrice {
    /// See [`Header`].
    pub header: Header,
    /// Price, KRW. FID 10.
    pub price: Price,
    /// Against yesterday, KRW, signed. FID 11.
    pub change: PriceDelta,
    /// The same in percent, signed. FID 12.
    pub change_rate: Hundredths,
    /// FID 25.
    pub change_sign: ChangeSign,
    /// The sign of FID 10.
    pub direction: Direction,
    /// Zero.
    pub reserved: [u8; 6],
}
record!(GoldPrice, GOLD_PRICE, "0I", bytes = 64);

/// Limits and notes of an instrument, sent on market measures: type `0g` 주식종목정보.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct InstrumentInfo {
    /// See [`Header`].
    pub header: Header,
    /// Upper price limit, KRW. FID 305.
    pub upper_limit: Price,
    /// Lower price limit, KRW. FID 306.
    pub lower_limit: Price,
    /// Base price of the limits, KRW. FID 307.
    pub base_price: Price,
    /// Zero.
    pub reserved: u32,
    /// Extension of the auction and why (`동정적VI`). FID 297.
    pub extension: Text<32>,
    /// Extension before the session. FID 592.
    pub extension_pre: Text<16>,
    /// Extension after the session. FID 593.
    pub extension_post: Text<16>,
    /// Early end of a warrant. FID 689.
    pub warrant_early_end: Text<16>,
    /// Currency. FID 594.
    pub currency: Text<16>,
    /// Margin rate as shown. FID 382.
    pub margin_rate: Text<16>,
    /// Notes on the instrument. FID 370.
    pub notes: Text<64>,
}
record!(InstrumentInfo, INSTRUMENT_INFO, "0g", bytes = 232);

/// Model values of a warrant: type `0m` ELW 이론가. `ts_event` is FID 20.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct WarrantTheory {
    /// See [`Header`].
    pub header: Header,
    /// Theoretical price, KRW. FID 670.
    pub theoretical_price: Millionths,
    /// Implied volatility, percent. FID 671.
    pub implied_volatility: Millionths,
    /// FID 672.
    pub delta: Millionths,
    /// FID 673.
    pub gamma: Millionths,
    /// FID 674.
    pub theta: Millionths,
    /// FID 675.
    pub vega: Millionths,
    /// FID 676.
    pub rho: Millionths,
    /// Implied volatility of the liquidity provider's quote, percent. FID 706.
    pub provider_volatility: Millionths,
    /// Price, KRW. FID 10.
    pub price: Price,
    /// The sign of FID 10.
    pub direction: Direction,
    /// Zero.
    pub reserved: [u8; 3],
}
record!(WarrantTheory, WARRANT_THEORY, "0m", bytes = 112);

/// Indicators of a warrant: type `0u` ELW 지표. `ts_event` is FID 20.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct WarrantIndicators {
    /// See [`Header`].
    pub header: Header,
    /// Parity, percent. FID 666.
    pub parity: Hundredths,
    /// Premium. FID 1211.
    pub premium: Hundredths,
    /// Gearing. FID 667.
    pub gearing: Hundredths,
    /// Break-even, percent, signed. FID 668.
    pub break_even: Hundredths,
    /// Capital support point, percent, signed. FID 669.
    pub capital_support: Hundredths,
}
record!(WarrantIndicators, WARRANT_INDICATORS, "0u", bytes = 80);

/// Program trading in an instrument: type `0w` 종목별프로그램매매. `ts_event` is FID 20.
///
/// The wire counts the money fields in millions of KRW (the public specification says KRW for FID
/// 204; recorded frames show millions).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct ProgramTrading {
    /// See [`Header`].
    pub header: Header,
    /// Price, KRW. FID 10.
    pub price: Price,
    /// Against the previous close, KRW, signed. FID 11.
    pub change: PriceDelta,
    /// The same in percent, signed. FID 12.
    pub change_rate: Hundredths,
    /// Shares traded today by everybody. FID 13.
    pub cumulative_volume: Quantity,
    /// Shares sold by programs. FID 202.
    pub sold: Quantity,
    /// Value sold, KRW, in steps of a million. FID 204.
    pub sold_value: Notional,
    /// Shares bought by programs. FID 206.
    pub bought: Quantity,
    /// Value bought, KRW, in steps of a million. FID 208.
    pub bought_value: Notional,
    /// Bought minus sold, shares, signed. FID 210.
    pub net: Quantity,
    /// Change of that, signed. FID 211.
    pub net_change: Quantity,
    /// Value bought minus sold, KRW, in steps of a million, signed. FID 212.
    pub net_value: Notional,
    /// Change of that, KRW, in steps of a million, signed. FID 213.
    pub net_value_change: Notional,
    /// FID 25.
    pub change_sign: ChangeSign,
    /// The sign of FID 10.
    pub direction: Direction,
    /// Zero.
    pub reserved: [u8; 6],
}
record!(ProgramTrading, PROGRAM_TRADING, "0w", bytes = 136);

open_enum! {
    /// What set off a volatility interruption, FID 9068.
    InterruptionKind {
        NONE = 0, "none";
        STATIC = 1, "static";
        DYNAMIC = 2, "dynamic";
        BOTH = 3, "both";
    }
}

open_enum! {
    /// Direction of a volatility interruption, FID 9069.
    InterruptionDirection {
        NONE = 0, "none";
        UP = 1, "up";
        DOWN = 2, "down";
    }
}

/// A volatility interruption began or ended: type `1h` VI발동/해제. Registered market-wide, the same
/// event comes twice, once per code form (`109670_AL` and `109670`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct VolatilityInterruption {
    /// See [`Header`].
    pub header: Header,
    /// Code of the instrument. FID 9001.
    pub symbol: Symbol,
    /// Its name. FID 302.
    pub name: Text<48>,
    /// Shares traded today. FID 13.
    pub cumulative_volume: Quantity,
    /// Value traded today, KRW, in steps of a million. FID 14.
    pub cumulative_value: Notional,
    /// Distance to the static base price, percent, signed. FID 1238.
    pub static_disparity: Hundredths,
    /// Distance to the dynamic base price, percent, signed. FID 1239.
    pub dynamic_disparity: Hundredths,
    /// The trigger price's change since the previous close, percent, signed. FID 1489.
    pub trigger_rate: Hundredths,
    /// Price that set it off, KRW. FID 1221.
    pub trigger_price: Price,
    /// Static base price, KRW; 0 when dynamic. FID 1236.
    pub static_base: Price,
    /// Dynamic base price, KRW; 0 when static. FID 1237.
    pub dynamic_base: Price,
    /// When it began. FID 1223.
    pub trigger_time: TimeOfDay,
    /// When it ended; unset while it lasts (`000000`). FID 1224.
    pub release_time: TimeOfDay,
    /// How many today in this instrument. FID 1490.
    pub count_today: u32,
    /// Market, as sent (`101` KOSDAQ). FID 9008.
    pub market: Text<16>,
    /// FID 9068.
    pub interruption: InterruptionKind,
    /// FID 9069.
    pub direction: InterruptionDirection,
    /// Session, 1 = regular. FID 9075.
    pub session: u8,
    /// Zero.
    pub reserved: [u8; 5],
}
record!(VolatilityInterruption, VOLATILITY_INTERRUPTION, "1h", bytes = 192);

/// An instrument entered or left a condition search: type `02` 조건검색. `ts_event` is FID 20.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct ConditionMatch {
    /// See [`Header`].
    pub header: Header,
    /// Code of the instrument, without the letter in front. FID 9001.
    pub symbol: Symbol,
    /// Number of the condition. FID 841.
    pub condition: Text<8>,
    /// `I` entered, `D` left. FID 843.
    pub change: u8,
    /// Zero.
    pub reserved: [u8; 7],
}
record!(ConditionMatch, CONDITION_MATCH, "02", bytes = 72);

impl ConditionMatch {
    /// Whether the instrument came in (rather than left).
    pub fn entered(&self) -> bool {
        self.change == b'I'
    }
}

impl VolatilityInterruption {
    /// Whether trading in the instrument is interrupted from here on (rather than resumed).
    pub fn is_active(&self) -> bool {
        !self.release_time.is_set()
    }
}

/// The venue that the wire's words and numbers mean (FID 9081, 2134, 337): `KRX`/`1`, `NXT`/`2`,
/// `통합`/`SOR`/`0`.
pub fn venue_from_wire(text: &str) -> Venue {
    match text {
        "KRX" | "1" => Venue::KRX,
        "NXT" | "2" => Venue::NXT,
        "통합" | "SOR" | "0" => Venue::SOR,
        _ => Venue::UNKNOWN,
    }
}
