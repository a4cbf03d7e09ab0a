//! Lists of orders and positions: ka10075, ka10076, kt00018, kt00004, kt00005.

use super::page::{self, Page, check_empty};
use super::{Body, DONE, FOUND, marked, padded, percent};
use crate::exchange::instrument::Instrument;
use crate::exchange::stats::View;
use crate::generator::Generator;
use crate::orders::account::{Position, letter};
use crate::orders::desk::Desk;
use crate::orders::record::{Kind, Order};
use crate::orders::{AccountId, OrderVenue, Refusal, Side};
use crate::realtime::{percent_hundredths, trade};
use serde_json::{Map, Value, json};

/// ka10075: orders with shares open, newest first.
pub(super) fn open_orders(
    desk: &Desk,
    market: &Generator,
    account: AccountId,
    body: &Body<'_>,
    from: Option<&str>,
) -> Result<Page, Refusal> {
    let one = body.one_of("all_stk_tp", &["0", "1"])? == "1";
    let filter = Filter::read(body, market, one, "trde_tp")?;
    let open = |order: &&Order| order.account == account && order.open > 0 && filter.passes(order);
    let orders = desk.orders.values().rev().filter(open);
    let rows = orders.map(|order| (u64::from(order.number), order));
    let (orders, next_key) = page::rows(rows, from, desk.trading.page_rows, false)?;
    check_empty(orders.is_empty() && from.is_none(), desk.trading.empty)?;
    let number = &desk.accounts[account.0].number;
    let rows = orders.iter().map(|order| open_row(order, number, market.instrument(order.index)));
    Ok(list("oso", rows.collect(), next_key))
}

fn open_row(order: &Order, account: &str, instrument: &Instrument) -> Value {
    let info = &instrument.info;
    let (last, ask, bid) = quote(instrument);
    let average = if order.filled == 0 { 0 } else { order.money / order.filled };
    let fill = order.last_fill;
    let text = |number: Option<i64>| number.map_or(String::new(), |number| number.to_string());
    let (venue, venue_text) = venue(order);
    json!({
        "acnt_no": account,
        "ord_no": format!("{:07}", order.number),
        "mang_empno": "",
        "stk_cd": info.code,
        "tsk_tp": "",
        "ord_stt": order.state(),
        "stk_nm": info.name,
        "ord_qty": order.ordered.to_string(),
        "ord_pric": order.price.to_string(),
        "oso_qty": order.open.to_string(),
        "cntr_tot_amt": order.money.to_string(),
        "orig_ord_no": format!("{:07}", order.original),
        "io_tp_nm": order.side_text(),
        "trde_tp": order.order_type.name(),
        "tm": format!("{:06}", order.time),
        "cntr_no": text(fill.map(|fill| i64::from(fill.number))),
        "cntr_pric": average.to_string(),
        "cntr_qty": order.filled.to_string(),
        "cur_prc": marked(last, info.base_price),
        "sel_bid": marked(ask, info.base_price),
        "buy_bid": marked(bid, info.base_price),
        "unit_cntr_pric": text(fill.map(|fill| fill.price)),
        "unit_cntr_qty": text(fill.map(|fill| fill.quantity)),
        "tdy_trde_cmsn": order.fee.to_string(),
        "tdy_trde_tax": order.tax.to_string(),
        "ind_invsr": "",
        "stex_tp": venue,
        "stex_tp_txt": venue_text,
        "sor_yn": if order.venue == OrderVenue::Sor { "Y" } else { "N" },
        "stop_pric": order.trigger.to_string(),
    })
}

/// ka10076: orders that traded today, newest first, from before `ord_no` when one is given.
pub(super) fn filled_orders(
    desk: &Desk,
    market: &Generator,
    account: AccountId,
    body: &Body<'_>,
    from: Option<&str>,
) -> Result<Page, Refusal> {
    let one = body.one_of("qry_tp", &["0", "1"])? == "1";
    let filter = Filter::read(body, market, one, "sell_tp")?;
    let before = body.optional_number("ord_no")?.filter(|number| *number > 0);
    let filled = |order: &&Order| {
        order.account == account
            && order.filled > 0
            && filter.passes(order)
            && before.is_none_or(|before| i64::from(order.number) < before)
    };
    let orders = desk.orders.values().rev().filter(filled);
    let rows = orders.map(|order| (u64::from(order.number), order));
    let (orders, next_key) = page::rows(rows, from, desk.trading.page_rows, false)?;
    check_empty(orders.is_empty() && from.is_none(), desk.trading.empty)?;
    let rows = orders.iter().map(|order| filled_row(order, market.instrument(order.index)));
    Ok(list("cntr", rows.collect(), next_key))
}

fn filled_row(order: &Order, instrument: &Instrument) -> Value {
    let (venue, venue_text) = venue(order);
    json!({
        "ord_no": format!("{:07}", order.number),
        "stk_nm": instrument.info.name,
        "io_tp_nm": order.side_text(),
        "ord_pric": order.price.to_string(),
        "ord_qty": order.ordered.to_string(),
        "cntr_pric": (order.money / order.filled.max(1)).to_string(),
        "cntr_qty": order.filled.to_string(),
        "oso_qty": order.open.to_string(),
        "tdy_trde_cmsn": order.fee.to_string(),
        "tdy_trde_tax": order.tax.to_string(),
        "ord_stt": order.state(),
        "trde_tp": order.order_type.name(),
        "orig_ord_no": format!("{:07}", order.original),
        "ord_tm": format!("{:06}", order.time),
        "stk_cd": instrument.info.code,
        "stex_tp": venue,
        "stex_tp_txt": venue_text,
        "sor_yn": if order.venue == OrderVenue::Sor { "Y" } else { "N" },
        "stop_pric": order.trigger.to_string(),
    })
}

/// kt00018: positions valued at the last price.
pub(super) fn positions(
    desk: &Desk,
    market: &Generator,
    account: AccountId,
    body: &Body<'_>,
    from: Option<&str>,
) -> Result<Page, Refusal> {
    body.one_of("qry_tp", &["1", "2"])?;
    body.one_of("dmst_stex_tp", &["KRX", "NXT", "SOR"])?;
    let held = Held::of(desk, market, account, from)?;
    let total = &held.total;
    let rows = held.rows.iter().map(|row| {
        let Row { instrument, position, value } = row;
        json!({
            "stk_cd": lettered(instrument),
            "stk_nm": instrument.info.name,
            "evltv_prft": padded(value.profit(), 15),
            "prft_rt": percent(percent_hundredths(value.profit(), value.cost)),
            "pur_pric": padded(position.average(), 15),
            "pred_close_pric": padded(instrument.info.base_price, 12),
            "rmnd_qty": padded(position.quantity, 15),
            "trde_able_qty": padded(position.sellable(), 15),
            "cur_prc": padded(value.price, 12),
            "pred_buyq": padded(0, 15),
            "pred_sellq": padded(0, 15),
            "tdy_buyq": padded(position.bought, 15),
            "tdy_sellq": padded(position.sold, 15),
            "pur_amt": padded(value.cost, 15),
            "pur_cmsn": padded(value.buy_fee, 15),
            "evlt_amt": padded(value.worth, 15),
            "sell_cmsn": padded(value.sell_fee, 15),
            "tax": padded(value.tax, 15),
            "sum_cmsn": padded(value.buy_fee + value.sell_fee, 15),
            "poss_rt": percent(percent_hundredths(value.cost, total.cost)),
            "crd_tp": "00",
            "crd_tp_nm": "",
            "crd_loan_dt": "",
        })
    });
    let rows: Vec<Value> = rows.collect();
    let body = json!({
        "tot_pur_amt": padded(total.cost, 15),
        "tot_evlt_amt": padded(total.worth, 15),
        "tot_evlt_pl": padded(total.profit(), 15),
        "tot_prft_rt": percent(percent_hundredths(total.profit(), total.cost)),
        "prsm_dpst_aset_amt": padded(desk.accounts[account.0].cash + total.worth, 15),
        "tot_loan_amt": padded(0, 15),
        "tot_crd_loan_amt": padded(0, 15),
        "tot_crd_ls_amt": padded(0, 15),
        "acnt_evlt_remn_indv_tot": rows,
        "return_code": 0,
        "return_msg": "조회가 완료되었습니다",
    });
    Ok(Page { body, next_key: held.next_key })
}

/// kt00004: the account at a glance.
pub(super) fn overview(
    desk: &Desk,
    market: &Generator,
    account: AccountId,
    body: &Body<'_>,
    from: Option<&str>,
) -> Result<Page, Refusal> {
    body.one_of("qry_tp", &["0", "1"])?;
    body.one_of("dmst_stex_tp", &["KRX", "NXT", "SOR"])?;
    let held = Held::of(desk, market, account, from)?;
    let (total, money) = (&held.total, &desk.accounts[account.0]);
    let realised: i64 = money.positions.values().map(|position| position.realised).sum();
    let rows = held.rows.iter().map(|row| {
        let Row { instrument, position, value } = row;
        json!({
            "stk_cd": lettered(instrument),
            "stk_nm": instrument.info.name,
            "rmnd_qty": padded(position.quantity, 12),
            "avg_prc": padded(position.average(), 12),
            "cur_prc": padded(value.price, 12),
            "evlt_amt": padded(value.worth, 12),
            "pl_amt": padded(value.profit(), 12),
            "pl_rt": four_decimals(value.profit(), value.cost),
            "loan_dt": "",
            "pur_amt": padded(value.cost, 12),
            "setl_remn": padded(position.at_start, 12),
            "pred_buyq": padded(0, 12),
            "pred_sellq": padded(0, 12),
            "tdy_buyq": padded(position.bought, 12),
            "tdy_sellq": padded(position.sold, 12),
        })
    });
    let rows: Vec<Value> = rows.collect();
    let body = json!({
        "acnt_nm": "김키움",
        "brch_nm": "키움은행",
        "entr": padded(money.start_cash, 12),
        "d2_entra": padded(money.cash, 12),
        "tot_est_amt": padded(total.worth, 12),
        "aset_evlt_amt": padded(money.cash + total.worth, 12),
        "tot_pur_amt": padded(total.cost, 12),
        "prsm_dpst_aset_amt": padded(money.cash + total.worth, 12),
        "tot_grnt_sella": padded(0, 12),
        "tdy_lspft_amt": padded(realised, 12),
        "invt_bsamt": padded(0, 12),
        "lspft_amt": padded(realised, 12),
        "tdy_lspft": padded(realised, 12),
        "lspft2": padded(realised, 12),
        "lspft": padded(realised, 12),
        "tdy_lspft_rt": "0.00",
        "lspft_ratio": "0.00",
        "lspft_rt": "0.00",
        "stk_acnt_evlt_prst": rows,
        "return_code": 0,
        "return_msg": "조회가 완료되었습니다.",
    });
    Ok(Page { body, next_key: held.next_key })
}

/// kt00005: positions with today's fills.
pub(super) fn positions_by_fill(
    desk: &Desk,
    market: &Generator,
    account: AccountId,
    body: &Body<'_>,
    from: Option<&str>,
) -> Result<Page, Refusal> {
    body.one_of("dmst_stex_tp", &["KRX", "NXT", "SOR"])?;
    let held = Held::of(desk, market, account, from)?;
    let (total, money) = (&held.total, &desk.accounts[account.0]);
    let rows = held.rows.iter().map(|row| {
        let Row { instrument, position, value } = row;
        json!({
            "crd_tp": "00",
            "loan_dt": "",
            "expr_dt": "",
            "stk_cd": lettered(instrument),
            "stk_nm": instrument.info.name,
            "setl_remn": padded(position.at_start, 12),
            "cur_qty": padded(position.quantity, 12),
            "cur_prc": padded(value.price, 12),
            "buy_uv": padded(position.average(), 12),
            "pur_amt": padded(value.cost, 12),
            "evlt_amt": padded(value.worth, 12),
            "evltv_prft": padded(value.profit(), 12),
            "pl_rt": four_decimals(value.profit(), value.cost),
        })
    });
    let rows: Vec<Value> = rows.collect();
    let mut fields = Map::new();
    let mut put = |name: &str, value: String| fields.insert(name.to_owned(), Value::from(value));
    put("entr", padded(money.start_cash, 12));
    put("entr_d1", padded(money.start_cash, 12));
    put("entr_d2", padded(money.cash, 12));
    for name in ["pymn_alow_amt", "ord_alowa", "tot_re_buy_alowa"] {
        put(name, padded(money.free_cash(), 12));
    }
    for share in ["20", "30", "40", "50", "60", "100"] {
        put(&format!("{share}ord_alow_amt"), padded(money.free_cash(), 12));
    }
    for name in [
        "uncl_stk_amt",
        "repl_amt",
        "rght_repl_amt",
        "ch_uncla",
        "crd_int_npay_gold",
        "etc_loana",
        "nrpy_loan",
        "repl_profa",
        "crd_loan_tot",
        "crd_loan_ls_tot",
        "dpst_grnt_use_amt_amt",
        "grnt_loan_amt",
    ] {
        put(name, padded(0, 12));
    }
    put("profa_ch", padded(money.held_cash, 12));
    put("stk_buy_tot_amt", padded(total.cost, 12));
    put("evlt_amt_tot", padded(total.worth, 12));
    put("tot_pl_tot", padded(total.profit(), 12));
    put("tot_pl_rt", four_decimals(total.profit(), total.cost));
    put("crd_grnt_rt", "0.00".to_owned());
    fields.insert("stk_cntr_remn".to_owned(), Value::from(rows));
    fields.insert("return_code".to_owned(), Value::from(0));
    fields.insert("return_msg".to_owned(), Value::from("조회가 완료되었습니다."));
    Ok(Page { body: Value::Object(fields), next_key: held.next_key })
}

/// Which orders are asked for.
struct Filter {
    index: Option<usize>,
    side: Option<Side>,
    venue: Option<OrderVenue>,
}

impl Filter {
    fn read(
        body: &Body<'_>,
        market: &Generator,
        one: bool,
        side_field: &'static str,
    ) -> Result<Self, Refusal> {
        let index = match one {
            true => Some(market.find(body.required("stk_cd")?).ok_or(Refusal::NoSuchStock)?),
            false => None,
        };
        let side = match body.one_of(side_field, &["0", "1", "2"])? {
            "1" => Some(Side::Sell),
            "2" => Some(Side::Buy),
            _ => None,
        };
        let venue = match body.one_of("stex_tp", &["0", "1", "2"])? {
            "1" => Some(OrderVenue::Krx),
            "2" => Some(OrderVenue::Nxt),
            _ => None,
        };
        Ok(Self { index, side, venue })
    }

    fn passes(&self, order: &Order) -> bool {
        order.kind != Kind::Cancel
            && self.index.is_none_or(|index| index == order.index)
            && self.side.is_none_or(|side| side == order.side)
            && self.venue.is_none_or(|venue| venue == order.venue)
    }
}

/// `stex_tp` and its text: an SOR order shows 0 and SOR.
fn venue(order: &Order) -> (&'static str, &'static str) {
    match order.venue {
        OrderVenue::Sor => ("0", "SOR"),
        OrderVenue::Krx => ("1", "KRX"),
        OrderVenue::Nxt => ("2", "NXT"),
    }
}

/// What shares cost and would bring, KRW.
#[derive(Clone, Debug, Default)]
struct Valued {
    price: i64,
    cost: i64,
    worth: i64,
    buy_fee: i64,
    sell_fee: i64,
    tax: i64,
}

impl Valued {
    fn profit(&self) -> i64 {
        self.worth - self.cost - self.buy_fee - self.sell_fee - self.tax
    }
}

struct Row<'a> {
    instrument: &'a Instrument,
    position: &'a Position,
    value: Valued,
}

/// One page of positions, and the sums over all of them.
struct Held<'a> {
    rows: Vec<Row<'a>>,
    total: Valued,
    next_key: Option<String>,
}

impl<'a> Held<'a> {
    fn of(
        desk: &'a Desk,
        market: &'a Generator,
        account: AccountId,
        from: Option<&str>,
    ) -> Result<Self, Refusal> {
        let rates = &desk.trading.rates;
        let held = desk.accounts[account.0].positions.iter().filter(|(_, p)| p.quantity > 0);
        let rows = held.map(|(index, position)| {
            let instrument = market.instrument(*index);
            let price = instrument.stats(View::All).last;
            let worth = price * position.quantity;
            let value = Valued {
                price,
                cost: position.cost,
                worth,
                buy_fee: rates.commission(position.cost),
                sell_fee: rates.commission(worth),
                tax: rates.tax(instrument.info.market, worth),
            };
            (*index as u64 + 1, Row { instrument, position, value })
        });
        let rows: Vec<_> = rows.collect();
        let mut total = Valued::default();
        for (_, Row { value, .. }) in &rows {
            total.cost += value.cost;
            total.worth += value.worth;
            total.buy_fee += value.buy_fee;
            total.sell_fee += value.sell_fee;
            total.tax += value.tax;
        }
        let (rows, next_key) = page::rows(rows.into_iter(), from, desk.trading.page_rows, true)?;
        check_empty(rows.is_empty() && from.is_none(), desk.trading.empty)?;
        Ok(Self { rows, total, next_key })
    }
}

fn list(name: &str, rows: Vec<Value>, next_key: Option<String>) -> Page {
    let none = rows.is_empty();
    let mut fields = Map::new();
    fields.insert(name.to_owned(), Value::from(rows));
    fields.insert("return_code".to_owned(), Value::from(0));
    fields.insert("return_msg".to_owned(), Value::from(if none { DONE } else { FOUND }));
    Page { body: Value::Object(fields), next_key }
}

/// Last price, best ask, best bid over both venues.
fn quote(instrument: &Instrument) -> (i64, i64, i64) {
    let (ask, bid) = trade::best(instrument, View::All);
    (instrument.stats(View::All).last, ask, bid)
}

fn lettered(instrument: &Instrument) -> String {
    format!("{}{}", letter(instrument.info.market), instrument.info.code)
}

/// A percentage with four decimals, as kt00004 and kt00005 have it.
fn four_decimals(part: i64, whole: i64) -> String {
    if whole == 0 {
        return "0.0000".to_owned();
    }
    let scaled = (i128::from(part) * 1_000_000 / i128::from(whole)) as i64;
    let sign = if scaled < 0 { "-" } else { "" };
    let magnitude = scaled.unsigned_abs();
    format!("{sign}{}.{:04}", magnitude / 10_000, magnitude % 10_000)
}
