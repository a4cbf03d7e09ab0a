//! What one session is registered for, and the rules of REG and REMOVE.
//!
//! Whether `refresh:"0"` and REMOVE are bound to their `grp_no` is not known; here they are not:
//! `refresh:"0"` drops everything of the session, REMOVE drops an item and type in any group.

use super::replies::{MISSING, NOT_REGISTERED, Refusal};
use super::types::RealType;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Most items in one `data` entry.
const ENTRY_ITEMS_MAX: usize = 100;

/// Items of a session, each with the mask of its types.
#[derive(Clone, Debug, Default)]
pub(super) struct Registrations {
    by_item: BTreeMap<String, u32>,
}

impl Registrations {
    /// Carries out a REG: all of it or, when it is refused, nothing of it.
    pub(super) fn register(
        &mut self,
        message: &Map<String, Value>,
        items_max: usize,
    ) -> Result<(), Refusal> {
        let entries = entries(message)?;
        let keep = message.get("refresh").and_then(Value::as_str) != Some("0");
        let mut next = if keep { self.by_item.clone() } else { BTreeMap::new() };
        for (items, types) in entries {
            for item in items {
                *next.entry(item.to_owned()).or_default() |= types;
            }
        }
        if next.keys().filter(|item| !item.is_empty()).count() > items_max {
            return Err(NOT_REGISTERED);
        }
        self.by_item = next;
        Ok(())
    }

    /// Carries out a REMOVE; removing what is not registered is no error.
    pub(super) fn remove(&mut self, message: &Map<String, Value>) -> Result<(), Refusal> {
        for (items, types) in entries(message)? {
            for item in items {
                if let Some(mask) = self.by_item.get_mut(item) {
                    *mask &= !types;
                    if *mask == 0 {
                        self.by_item.remove(item);
                    }
                }
            }
        }
        Ok(())
    }

    /// Every item with the mask of its types. Own orders and balances come "regardless of the
    /// registered item", and the market's session notices have none: these types count as
    /// registered for `""`.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, u32)> {
        let itemless = RealType::Order.bit() | RealType::Balance.bit() | RealType::Session.bit();
        let wide = self.by_item.values().fold(0, |all, mask| all | mask & itemless);
        let wide = Some(("", wide)).filter(|(_, mask)| *mask != 0);
        let named = self.by_item.iter().map(move |(item, mask)| (item.as_str(), mask & !itemless));
        named.filter(|(_, mask)| *mask != 0).chain(wide)
    }
}

/// The entries of `data` as (items, mask of types), checked in full before anything is done.
fn entries(message: &Map<String, Value>) -> Result<Vec<(Vec<&str>, u32)>, Refusal> {
    if !message.get("grp_no").is_some_and(Value::is_string) {
        return Err(MISSING);
    }
    let data = message.get("data").ok_or(MISSING)?.as_array().ok_or(NOT_REGISTERED)?;
    data.iter().map(entry).collect()
}

fn entry(entry: &Value) -> Result<(Vec<&str>, u32), Refusal> {
    let mut items = texts(entry, "item")?;
    if items.len() > ENTRY_ITEMS_MAX {
        return Err(NOT_REGISTERED);
    }
    // Clients send `[]` as well as `[""]` for the account's and the market's own types.
    if items.is_empty() {
        items.push("");
    }
    let mut types = 0;
    for code in texts(entry, "type")? {
        types |= RealType::from_code(code).ok_or(NOT_REGISTERED)?.bit();
    }
    Ok((items, types))
}

/// The array of texts at `key` of an entry.
fn texts<'a>(entry: &'a Value, key: &str) -> Result<Vec<&'a str>, Refusal> {
    let list = entry.get(key).and_then(Value::as_array).ok_or(NOT_REGISTERED)?;
    list.iter().map(|text| text.as_str().ok_or(NOT_REGISTERED)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reg(data: Value) -> Map<String, Value> {
        let message = json!({"trnm": "REG", "grp_no": "1", "refresh": "1", "data": data});
        message.as_object().unwrap().clone()
    }

    fn items(count: usize, suffix: &str) -> Vec<String> {
        (0..count).map(|n| format!("{n:06}{suffix}")).collect()
    }

    #[test]
    fn every_item_is_registered_for_every_type_of_its_entry() {
        let mut held = Registrations::default();
        let data = json!([{"item": ["005930", "000660"], "type": ["0B", "0D"]},
                          {"item": ["005930"], "type": ["0C"]}]);
        held.register(&reg(data), 200).unwrap();
        let (trade, depth, best) =
            (RealType::Trade.bit(), RealType::Depth.bit(), RealType::BestQuote.bit());
        let all: Vec<_> = held.iter().collect();
        assert_eq!(all, [("000660", trade | depth), ("005930", trade | depth | best)]);
    }

    #[test]
    fn a_refused_registration_changes_nothing() {
        let refused = [
            json!({"item": ["1"], "type": ["0B"]}),
            json!([{"item": "005930", "type": ["0B"]}]),
            json!([{"item": ["005930"], "type": "0B"}]),
            json!([{"item": ["005930"], "type": ["0B"]}, {"item": ["000660"], "type": ["ZZ"]}]),
            json!([{"item": items(101, ""), "type": ["0B"]}]),
        ];
        for data in refused {
            let mut held = Registrations::default();
            assert_eq!(held.register(&reg(data.clone()), 200), Err(NOT_REGISTERED), "{data}");
            assert_eq!(held.iter().count(), 0, "{data}");
        }
    }

    #[test]
    fn two_hundred_items_fit_and_one_more_does_not() {
        let mut held = Registrations::default();
        let two = json!([{"item": items(100, ""), "type": ["0B"]},
                         {"item": items(100, "_NX"), "type": ["0B"]}]);
        held.register(&reg(two), 200).unwrap();
        held.register(&reg(json!([{"item": ["000000"], "type": ["0D"]}])), 200).unwrap();
        held.register(&reg(json!([{"item": [""], "type": ["0s"]}])), 200).unwrap();
        let more = json!([{"item": ["000000_AL"], "type": ["0B"]}]);
        assert_eq!(held.register(&reg(more), 200), Err(NOT_REGISTERED));
    }

    #[test]
    fn refresh_0_drops_what_was_there() {
        let mut held = Registrations::default();
        held.register(&reg(json!([{"item": ["005930"], "type": ["0B"]}])), 200).unwrap();
        let mut fresh = reg(json!([{"item": ["000660"], "type": ["0B"]}]));
        fresh.insert("refresh".to_owned(), json!("0"));
        held.register(&fresh, 200).unwrap();
        assert_eq!(held.iter().map(|(item, _)| item).collect::<Vec<_>>(), ["000660"]);
    }

    #[test]
    fn own_orders_and_session_notices_are_registered_whatever_the_item() {
        for item in [json!([]), json!([""]), json!(["005930"])] {
            let mut held = Registrations::default();
            held.register(&reg(json!([{"item": item, "type": ["00", "0s"]}])), 200).unwrap();
            let types = RealType::Order.bit() | RealType::Session.bit();
            assert_eq!(held.iter().collect::<Vec<_>>(), [("", types)]);
        }
    }
}
