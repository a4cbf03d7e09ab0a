//! Instruments: ka10001, ka10099, ka10100.

use super::page::{self, Page};
use super::{Body, DONE, marked, padded, percent};
use crate::exchange::instrument::Instrument;
use crate::exchange::stats::View;
use crate::exchange::ticks::Market;
use crate::generator::Generator;
use crate::orders::Refusal;
use crate::orders::desk::Desk;
use crate::realtime::percent_hundredths;
use serde_json::{Map, Value, json};

/// Every `mrkt_tp` of ka10099.
const MARKETS: [&str; 16] =
    ["0", "10", "30", "50", "60", "70", "80", "90", "2", "3", "4", "5", "6", "7", "8", "9"];

/// ka10001: prices and limits of one instrument, in the view that the suffix names.
pub(super) fn prices(market: &Generator, body: &Body<'_>) -> Result<Value, Refusal> {
    let item = body.required("stk_cd")?;
    let (code, view) = match item.rsplit_once('_') {
        Some((code, "NX")) => (code, View::Nxt),
        Some((code, "AL")) => (code, View::All),
        _ => (item, View::Krx),
    };
    let instrument = find(market, code)?;
    let (info, stats) = (&instrument.info, instrument.stats(view));
    let base = info.base_price;
    let change = stats.last - base;
    let sign = match change.signum() {
        _ if stats.last == instrument.upper => "1",
        _ if stats.last == instrument.lower => "4",
        1 => "2",
        0 => "3",
        _ => "5",
    };
    let signed = |value: i64| if value > 0 { format!("+{value}") } else { value.to_string() };
    let signed_percent = |hundredths: i64| {
        let plus = if hundredths > 0 { "+" } else { "" };
        format!("{plus}{}", percent(hundredths))
    };
    let volume = percent_hundredths(stats.volume, info.previous_volume);
    let high = marked(instrument.upper, base);
    let low = marked(instrument.lower, base);
    let fields: [(&str, String); 45] = [
        ("stk_cd", item.to_owned()),
        ("stk_nm", info.name.clone()),
        ("setl_mm", "12".to_owned()),
        ("fav", "100".to_owned()),
        ("cap", "0".to_owned()),
        ("flo_stk", (info.shares / 1_000).to_string()),
        ("crd_rt", "+0.00".to_owned()),
        ("oyr_hgst", high.clone()),
        ("oyr_lwst", low.clone()),
        ("mac", (info.shares / 100_000 * stats.last / 1_000).to_string()),
        ("mac_wght", "".to_owned()),
        ("for_exh_rt", "0.00".to_owned()),
        ("repl_pric", (base * 7 / 10).to_string()),
        ("per", "".to_owned()),
        ("eps", "".to_owned()),
        ("roe", "".to_owned()),
        ("pbr", "".to_owned()),
        ("ev", "".to_owned()),
        ("bps", "".to_owned()),
        ("sale_amt", "0".to_owned()),
        ("bus_pro", "0".to_owned()),
        ("cup_nga", "0".to_owned()),
        ("250hgst", high.clone()),
        ("250lwst", low.clone()),
        ("high_pric", marked(stats.high, base)),
        ("open_pric", marked(stats.open, base)),
        ("low_pric", marked(stats.low, base)),
        ("upl_pric", high.clone()),
        ("lst_pric", low.clone()),
        ("base_pric", base.to_string()),
        ("exp_cntr_pric", "0".to_owned()),
        ("exp_cntr_qty", "0".to_owned()),
        ("250hgst_pric_dt", "20260901".to_owned()),
        ("250hgst_pric_pre_rt", "0.00".to_owned()),
        ("250lwst_pric_dt", "20260302".to_owned()),
        ("250lwst_pric_pre_rt", "0.00".to_owned()),
        ("cur_prc", marked(stats.last, base)),
        ("pre_sig", sign.to_owned()),
        ("pred_pre", signed(change)),
        ("flu_rt", signed_percent(percent_hundredths(change, base))),
        ("trde_qty", stats.volume.to_string()),
        ("trde_pre", percent(volume)),
        ("fav_unit", "원".to_owned()),
        ("dstr_stk", (info.shares / 1_000).to_string()),
        ("dstr_rt", "100.0".to_owned()),
    ];
    let mut body: Map<String, Value> =
        fields.into_iter().map(|(name, text)| (name.to_owned(), Value::from(text))).collect();
    body.insert("return_code".to_owned(), Value::from(0));
    body.insert("return_msg".to_owned(), Value::from(DONE));
    Ok(Value::Object(body))
}

/// ka10099: what is listed in a market. The list of KOSPI also has the funds, notes and warrants that
/// trade there, as the real one's has: only `marketCode` tells them apart.
pub(super) fn list(
    desk: &Desk,
    market: &Generator,
    body: &Body<'_>,
    from: Option<&str>,
) -> Result<Page, Refusal> {
    let wanted = body.one_of("mrkt_tp", &MARKETS)?;
    let instruments =
        (0..market.instruments().len()).map(|index| (index, market.instrument(index)));
    let listed = instruments.filter(|(_, instrument)| {
        let market = instrument.info.market;
        market.is_tradable()
            && (code_of(market).0 == wanted || (wanted == "0" && market != Market::Kosdaq))
    });
    let rows = listed.map(|(index, instrument)| (index as u64 + 1, (index, instrument)));
    let (rows, next_key) = page::rows(rows, from, desk.trading.page_rows, true)?;
    page::check_empty(rows.is_empty() && from.is_none(), desk.trading.empty)?;
    let rows: Vec<Value> = rows
        .iter()
        .map(|(index, instrument)| row(instrument, desk.halted.contains(index)))
        .collect();
    let body = json!({ "return_msg": DONE, "return_code": 0, "list": rows });
    Ok(Page { body, next_key })
}

/// ka10100: the same of one instrument, flat.
pub(super) fn one(desk: &Desk, market: &Generator, body: &Body<'_>) -> Result<Value, Refusal> {
    let code = body.required("stk_cd")?;
    let instrument = find(market, code)?;
    let halted = market.find(code).is_some_and(|index| desk.halted.contains(&index));
    let mut value = row(instrument, halted);
    value["return_code"] = json!(0);
    value["return_msg"] = json!(DONE);
    Ok(value)
}

fn find<'a>(market: &'a Generator, code: &str) -> Result<&'a Instrument, Refusal> {
    let instrument = market.find(code).map(|index| market.instrument(index));
    instrument.filter(|instrument| instrument.info.market.is_tradable()).ok_or(Refusal::NoSuchStock)
}

fn row(instrument: &Instrument, halted: bool) -> Value {
    let info = &instrument.info;
    let (code, name) = code_of(info.market);
    let state = if halted {
        "증거금100%|거래정지"
    } else {
        "증거금20%|담보대출|신용가능"
    };
    json!({
        "code": info.code,
        "name": info.name,
        "listCount": padded(info.shares, 16),
        "auditInfo": "정상",
        "regDay": "20090803",
        "lastPrice": padded(info.base_price, 8),
        "state": state,
        "marketCode": code,
        "marketName": name,
        "upName": "",
        "upSizeName": "",
        "companyClassName": "",
        "orderWarning": "0",
        "nxtEnable": if info.nextrade { "Y" } else { "" },
        "kind": "A",
    })
}

/// `marketCode` and `marketName`.
fn code_of(market: Market) -> (&'static str, &'static str) {
    match market {
        Market::Kospi => ("0", "거래소"),
        Market::Kosdaq => ("10", "코스닥"),
        Market::Etf => ("8", "ETF"),
        Market::Etn => ("60", "ETN"),
        Market::Elw => ("3", "ELW"),
        Market::Index | Market::Gold => ("", ""),
    }
}
