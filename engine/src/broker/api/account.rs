//! Queries about the account: number, open orders, fills, positions, cash.

use serde_json::json;
use strategy_api::{Notional, OrderNumber, Price, Quantity, Side, Symbol, Text, TimeOfDay, Venue};

use super::value::{ReadError, Row};
use super::{ApiId, Query};

/// ka00001: the number of the account that the token belongs to.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccountNumber;

impl Query for AccountNumber {
    /// Ten digits.
    type Answer = String;
    const API: ApiId = ApiId::AccountNumber;

    fn body(&self) -> String {
        "{}".to_owned()
    }

    fn add_page(&self, page: Row<'_>, answer: &mut String) -> Result<(), ReadError> {
        *answer = page.text("acctNo");
        Ok(())
    }
}

/// ka10075: open orders of all instruments and venues, or of one.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenOrdersQuery {
    /// Only this instrument.
    pub symbol: Option<Symbol>,
}

/// Answer of ka10075.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenOrders {
    /// In the broker's order.
    pub orders: Vec<OpenOrder>,
}

/// One open order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenOrder {
    /// `ord_no`.
    pub number: OrderNumber,
    /// `orig_ord_no`; empty when there is none.
    pub original: OrderNumber,
    /// `stk_cd`.
    pub symbol: Symbol,
    /// From `io_tp_nm`, by content: its sign is a colour.
    pub side: Side,
    /// From `stex_tp`, `stex_tp_txt`, `sor_yn`.
    pub venue: Venue,
    /// `ord_stt`, in the broker's words: 접수, 체결, ….
    pub status: String,
    /// `trde_tp`, in the broker's words: 보통, 시장가, ….
    pub order_type: String,
    /// `io_tp_nm` without its sign: 매수, 매도정정, ….
    pub kind: String,
    /// `ord_qty`, shares.
    pub quantity: Quantity,
    /// `ord_pric`, KRW; zero for a market order.
    pub price: Price,
    /// `oso_qty`: shares still open.
    pub leaves: Quantity,
    /// `cntr_tot_amt`: KRW filled so far.
    pub filled_amount: Notional,
    /// `cntr_qty`: shares; unset when empty.
    pub filled: Quantity,
    /// `stop_pric`, KRW; unset when empty.
    pub stop_price: Price,
    /// `tm`.
    pub time: TimeOfDay,
}

impl Query for OpenOrdersQuery {
    type Answer = OpenOrders;
    const API: ApiId = ApiId::OpenOrders;

    fn body(&self) -> String {
        let symbol = self.symbol.unwrap_or(Text::EMPTY);
        json!({
            "all_stk_tp": if self.symbol.is_some() { "1" } else { "0" },
            "trde_tp": "0",
            "stk_cd": symbol.as_str(),
            "stex_tp": "0",
        })
        .to_string()
    }

    fn add_page(&self, page: Row<'_>, answer: &mut OpenOrders) -> Result<(), ReadError> {
        for row in page.rows("oso")? {
            answer.orders.push(OpenOrder {
                number: row.order_number("ord_no")?,
                original: row.origin("orig_ord_no")?,
                symbol: row.symbol("stk_cd")?,
                side: side(row)?,
                venue: venue(row),
                status: row.text("ord_stt"),
                order_type: row.text("trde_tp"),
                kind: kind(row),
                quantity: row.needed_quantity("ord_qty")?,
                price: row.price("ord_pric")?,
                leaves: row.needed_quantity("oso_qty")?,
                filled_amount: row.notional("cntr_tot_amt")?,
                filled: row.quantity("cntr_qty")?,
                stop_price: row.price("stop_pric")?,
                time: row.time("tm"),
            });
        }
        Ok(())
    }
}

/// ka10076: today's orders that filled, one row per **order** (not per fill).
#[derive(Clone, Copy, Debug, Default)]
pub struct FillsQuery {
    /// Only this instrument.
    pub symbol: Option<Symbol>,
    /// Only orders older than this number.
    pub before: Option<OrderNumber>,
}

/// Answer of ka10076.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fills {
    /// In the broker's order: newest first.
    pub orders: Vec<Fill>,
}

/// One order that filled, in part or whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fill {
    /// `ord_no`.
    pub number: OrderNumber,
    /// `orig_ord_no`; empty when there is none.
    pub original: OrderNumber,
    /// `stk_cd`.
    pub symbol: Symbol,
    /// From `io_tp_nm`, by content.
    pub side: Side,
    /// From `stex_tp`, `stex_tp_txt`, `sor_yn`.
    pub venue: Venue,
    /// `ord_stt`, in the broker's words.
    pub status: String,
    /// `trde_tp`, in the broker's words.
    pub order_type: String,
    /// `ord_qty`, shares.
    pub quantity: Quantity,
    /// `ord_pric`, KRW.
    pub price: Price,
    /// `cntr_qty`: shares filled so far.
    pub filled: Quantity,
    /// `cntr_pric`, KRW: the average where several prices filled it.
    pub fill_price: Price,
    /// `oso_qty`: shares still open.
    pub leaves: Quantity,
    /// `tdy_trde_cmsn`, KRW.
    pub fee: Notional,
    /// `tdy_trde_tax`, KRW.
    pub tax: Notional,
    /// `ord_tm`.
    pub time: TimeOfDay,
}

impl Query for FillsQuery {
    type Answer = Fills;
    const API: ApiId = ApiId::Fills;

    fn body(&self) -> String {
        json!({
            "stk_cd": self.symbol.unwrap_or(Text::EMPTY).as_str(),
            "qry_tp": if self.symbol.is_some() { "1" } else { "0" },
            "sell_tp": "0",
            "ord_no": self.before.unwrap_or(Text::EMPTY).as_str(),
            "stex_tp": "0",
        })
        .to_string()
    }

    fn add_page(&self, page: Row<'_>, answer: &mut Fills) -> Result<(), ReadError> {
        for row in page.rows("cntr")? {
            answer.orders.push(Fill {
                number: row.order_number("ord_no")?,
                original: row.origin("orig_ord_no")?,
                symbol: row.symbol("stk_cd")?,
                side: side(row)?,
                venue: venue(row),
                status: row.text("ord_stt"),
                order_type: row.text("trde_tp"),
                quantity: row.needed_quantity("ord_qty")?,
                price: row.price("ord_pric")?,
                filled: row.needed_quantity("cntr_qty")?,
                fill_price: row.price("cntr_pric")?,
                leaves: row.needed_quantity("oso_qty")?,
                fee: row.notional("tdy_trde_cmsn")?,
                tax: row.notional("tdy_trde_tax")?,
                time: row.time("ord_tm"),
            });
        }
        Ok(())
    }
}

/// kt00018: positions, one row per instrument or per lot.
#[derive(Clone, Copy, Debug)]
pub struct PositionsQuery {
    /// Add up the lots of an instrument (`qry_tp` 1), or list each (2).
    pub summed: bool,
    /// KRX or NXT.
    pub venue: Venue,
}

impl Default for PositionsQuery {
    fn default() -> Self {
        Self { summed: true, venue: Venue::KRX }
    }
}

/// Answer of kt00018.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Positions {
    /// `tot_pur_amt`, KRW.
    pub cost: Notional,
    /// `tot_evlt_amt`, KRW.
    pub value: Notional,
    /// `prsm_dpst_aset_amt`, KRW: estimated assets.
    pub assets: Notional,
    /// One row per instrument or lot.
    pub positions: Vec<Position>,
}

/// One position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// `stk_cd`, without its letter.
    pub symbol: Symbol,
    /// `rmnd_qty`: shares held.
    pub quantity: Quantity,
    /// `trde_able_qty`: shares that may be sold.
    pub sellable: Quantity,
    /// `pur_pric`, KRW: average buy price.
    pub average_price: Price,
    /// `cur_prc`, KRW.
    pub last_price: Price,
    /// `pur_amt`, KRW.
    pub cost: Notional,
    /// `tdy_buyq`, shares.
    pub bought_today: Quantity,
    /// `tdy_sellq`, shares.
    pub sold_today: Quantity,
}

impl Query for PositionsQuery {
    type Answer = Positions;
    const API: ApiId = ApiId::Positions;

    fn body(&self) -> String {
        let summed = if self.summed { "1" } else { "2" };
        json!({ "qry_tp": summed, "dmst_stex_tp": venue_name(self.venue) }).to_string()
    }

    fn add_page(&self, page: Row<'_>, answer: &mut Positions) -> Result<(), ReadError> {
        if answer.positions.is_empty() {
            answer.cost = page.notional("tot_pur_amt")?;
            answer.value = page.notional("tot_evlt_amt")?;
            answer.assets = page.notional("prsm_dpst_aset_amt")?;
        }
        for row in page.rows("acnt_evlt_remn_indv_tot")? {
            answer.positions.push(Position {
                symbol: row.symbol("stk_cd")?,
                quantity: row.needed_quantity("rmnd_qty")?,
                sellable: row.needed_quantity("trde_able_qty")?,
                average_price: row.price("pur_pric")?,
                last_price: row.price("cur_prc")?,
                cost: row.notional("pur_amt")?,
                bought_today: row.quantity("tdy_buyq")?,
                sold_today: row.quantity("tdy_sellq")?,
            });
        }
        Ok(())
    }
}

/// kt00005: positions with today's fills in them.
#[derive(Clone, Copy, Debug)]
pub struct FilledPositions {
    /// KRX or NXT.
    pub venue: Venue,
}

impl Default for FilledPositions {
    fn default() -> Self {
        Self { venue: Venue::KRX }
    }
}

/// One row of kt00005.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilledPosition {
    /// `stk_cd`, without its letter.
    pub symbol: Symbol,
    /// `cur_qty`: shares, today's fills included.
    pub quantity: Quantity,
    /// `setl_remn`: shares settled.
    pub settled: Quantity,
    /// `buy_uv`, KRW: average buy price.
    pub average_price: Price,
    /// `pur_amt`, KRW.
    pub cost: Notional,
}

impl Query for FilledPositions {
    type Answer = Vec<FilledPosition>;
    const API: ApiId = ApiId::FilledPositions;

    fn body(&self) -> String {
        json!({ "dmst_stex_tp": venue_name(self.venue) }).to_string()
    }

    fn add_page(&self, page: Row<'_>, answer: &mut Self::Answer) -> Result<(), ReadError> {
        for row in page.rows("stk_cntr_remn")? {
            answer.push(FilledPosition {
                symbol: row.symbol("stk_cd")?,
                quantity: row.needed_quantity("cur_qty")?,
                settled: row.quantity("setl_remn")?,
                average_price: row.price("buy_uv")?,
                cost: row.notional("pur_amt")?,
            });
        }
        Ok(())
    }
}

/// kt00004: the account in one view.
#[derive(Clone, Copy, Debug)]
pub struct Overview {
    /// KRX or NXT.
    pub venue: Venue,
}

impl Default for Overview {
    fn default() -> Self {
        Self { venue: Venue::KRX }
    }
}

/// Answer of kt00004.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountOverview {
    /// `entr`, KRW: cash.
    pub cash: Notional,
    /// `d2_entra`, KRW: cash the day after tomorrow.
    pub cash_d2: Notional,
    /// `aset_evlt_amt`, KRW.
    pub assets: Notional,
    /// One row per position.
    pub positions: Vec<OverviewPosition>,
}

/// One row of kt00004.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverviewPosition {
    /// `stk_cd`, without its letter.
    pub symbol: Symbol,
    /// `rmnd_qty`, shares.
    pub quantity: Quantity,
    /// `avg_prc`, KRW.
    pub average_price: Price,
    /// `pl_amt`, KRW: open profit or loss.
    pub open_pnl: Notional,
}

impl Query for Overview {
    type Answer = AccountOverview;
    const API: ApiId = ApiId::Overview;

    fn body(&self) -> String {
        json!({ "qry_tp": "0", "dmst_stex_tp": venue_name(self.venue) }).to_string()
    }

    fn add_page(&self, page: Row<'_>, answer: &mut AccountOverview) -> Result<(), ReadError> {
        if answer.positions.is_empty() {
            answer.cash = page.notional("entr")?;
            answer.cash_d2 = page.notional("d2_entra")?;
            answer.assets = page.notional("aset_evlt_amt")?;
        }
        for row in page.rows("stk_acnt_evlt_prst")? {
            answer.positions.push(OverviewPosition {
                symbol: row.symbol("stk_cd")?,
                quantity: row.needed_quantity("rmnd_qty")?,
                average_price: row.price("avg_prc")?,
                open_pnl: row.notional("pl_amt")?,
            });
        }
        Ok(())
    }
}

/// kt00001: cash.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deposit {
    /// Plain figures (`qry_tp` 2) instead of estimated ones (3).
    pub plain: bool,
}

/// Answer of kt00001.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DepositView {
    /// `entr`, KRW: cash.
    pub cash: Notional,
    /// `d1_entra`, KRW: cash tomorrow.
    pub cash_d1: Notional,
    /// `d2_entra`, KRW: cash the day after.
    pub cash_d2: Notional,
    /// `ord_alow_amt`, KRW: what may be ordered for.
    pub orderable: Notional,
    /// `100stk_ord_alow_amt`, KRW: the same at 100 % margin.
    pub orderable_full_margin: Notional,
}

impl Query for Deposit {
    type Answer = DepositView;
    const API: ApiId = ApiId::Deposit;

    fn body(&self) -> String {
        json!({ "qry_tp": if self.plain { "2" } else { "3" } }).to_string()
    }

    fn add_page(&self, page: Row<'_>, answer: &mut DepositView) -> Result<(), ReadError> {
        *answer = DepositView {
            cash: page.needed_notional("entr")?,
            cash_d1: page.notional("d1_entra")?,
            cash_d2: page.notional("d2_entra")?,
            orderable: page.needed_notional("ord_alow_amt")?,
            orderable_full_margin: page.notional("100stk_ord_alow_amt")?,
        };
        Ok(())
    }
}

/// Buy or sell, by content: the sign in front is a colour of the screen.
fn side(row: Row<'_>) -> Result<Side, ReadError> {
    let text = row.text("io_tp_nm");
    match (text.contains("매수"), text.contains("매도")) {
        (true, false) => Ok(Side::BUY),
        (false, true) => Ok(Side::SELL),
        _ => Err(ReadError::Value {
            api: row.api,
            row: row.number,
            key: "io_tp_nm",
            value: text,
            problem: "neither 매수 nor 매도",
        }),
    }
}

fn kind(row: Row<'_>) -> String {
    row.text("io_tp_nm").trim_start_matches(['+', '-']).to_owned()
}

/// An order that was routed shows as `stex_tp` 0 with `sor_yn` Y.
fn venue(row: Row<'_>) -> Venue {
    match (row.text("sor_yn").as_str(), row.text("stex_tp_txt").as_str()) {
        ("Y", _) | (_, "SOR" | "통합") => Venue::SOR,
        (_, "KRX") => Venue::KRX,
        (_, "NXT") => Venue::NXT,
        _ => match row.text("stex_tp").as_str() {
            "1" => Venue::KRX,
            "2" => Venue::NXT,
            _ => Venue::UNKNOWN,
        },
    }
}

fn venue_name(venue: Venue) -> &'static str {
    match venue {
        Venue::NXT => "NXT",
        _ => "KRX",
    }
}
