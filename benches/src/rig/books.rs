//! What the order desk answers to calls other than orders: what an engine asks before it trades. A rich
//! account without orders and positions, and the instruments of the rig.

use super::frames;
use super::orders::TOKEN;
use engine::market::{Date, InstrumentKind, MarketData};
use serde_json::{Value, json};
use std::collections::HashMap;
use strategy_api::Price;

/// Cash of the account, KRW.
const CASH: &str = "000900000000000000";

/// The answers, made beforehand as far as they are long.
pub struct Books {
    list: String,
    limits: HashMap<String, String>,
}

impl Books {
    /// The books of the day.
    pub fn new() -> Self {
        let (items, closes) = (frames::items(), frames::closes());
        let row = |(item, close): (&String, &u64)| {
            json!({
                "code": item, "name": item, "listCount": "0000000100000000", "state": "증거금20%",
                "lastPrice": format!("{close:08}"), "marketCode": "0", "marketName": "거래소",
                "orderWarning": "0", "nxtEnable": "N", "auditInfo": "정상",
            })
        };
        let rows: Vec<_> = items.iter().zip(&closes).map(row).collect();
        let list = done(json!({ "list": rows }));
        // Any day will do: price steps have been the same since 2023.
        let rules =
            Date::new(2026, 11, 23).and_then(|day| MarketData::embedded().ticks().on(day).ok());
        let limits = items.iter().zip(&closes).filter_map(|(item, close)| {
            let limits = rules.as_ref()?.limits(Price::new(*close as i32), InstrumentKind::Share);
            let answer = done(json!({
                "stk_cd": item, "stk_nm": item, "base_pric": close.to_string(),
                "upl_pric": format!("+{}", limits.upper.raw()),
                "lst_pric": format!("-{}", limits.lower.raw()), "cur_prc": close.to_string(),
            }));
            Some((item.clone(), answer))
        });
        Self { limits: limits.collect(), list }
    }

    /// The answer to a call; what is not known is done, and there is nothing to tell.
    pub fn answer(&self, path: &str, api: &str, body: &[u8]) -> String {
        if path == "/oauth2/token" {
            return done(json!({
                "token": TOKEN, "token_type": "bearer", "expires_dt": "20991231235959",
            }));
        }
        let item = || {
            let body: Value = serde_json::from_slice(body).unwrap_or_default();
            body["stk_cd"].as_str().unwrap_or_default().to_owned()
        };
        match api {
            "ka10099" => self.list.clone(),
            "ka10001" => self.limits.get(&item()).cloned().unwrap_or_else(|| done(json!({}))),
            "ka10075" => done(json!({ "oso": [] })),
            "ka10076" => done(json!({ "cntr": [] })),
            "kt00018" => done(json!({ "acnt_evlt_remn_indv_tot": [] })),
            "kt00001" => done(json!({
                "entr": CASH, "d1_entra": CASH, "d2_entra": CASH, "ord_alow_amt": CASH,
                "100stk_ord_alow_amt": CASH,
            })),
            _ => done(json!({})),
        }
    }
}

impl Default for Books {
    fn default() -> Self {
        Self::new()
    }
}

fn done(mut body: Value) -> String {
    body["return_code"] = 0.into();
    body["return_msg"] = "정상적으로 처리되었습니다".into();
    body.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instrument_is_listed_and_has_its_limits() {
        let books = Books::new();
        let list: Value = serde_json::from_str(&books.answer("", "ka10099", b"{}")).unwrap();
        assert_eq!(list["list"].as_array().unwrap().len(), frames::INSTRUMENTS);
        for item in frames::items() {
            let body = json!({ "stk_cd": item }).to_string();
            let text = books.answer("/api/dostk/stkinfo", "ka10001", body.as_bytes());
            let answer: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(answer["stk_cd"], *item, "{text}");
            assert_eq!(answer["return_code"], 0);
        }
    }
}
