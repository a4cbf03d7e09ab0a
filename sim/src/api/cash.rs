//! kt00001: cash.

use super::{Body, padded};
use crate::orders::desk::Desk;
use crate::orders::{AccountId, Refusal};
use serde_json::{Map, Value};

/// Fields that are zero in an account without credit, loans and funds.
const ZEROES: &[&str] = &[
    "bncr_profa_ch",
    "nxdy_bncr_sell_exct",
    "fc_stk_krw_repl_set_amt",
    "crd_grnta_ch",
    "crd_grnt_ch",
    "add_grnt_ch",
    "etc_profa",
    "uncl_stk_amt",
    "shrts_prica",
    "crd_set_grnta",
    "chck_ina_amt",
    "etc_chck_ina_amt",
    "crd_grnt_ruse",
    "knx_asset_evltv",
    "elwdpst_evlta",
    "crd_ls_rght_frcs_amt",
    "lvlh_join_amt",
    "lvlh_trns_alowa",
    "repl_amt",
    "remn_repl_evlta",
    "trst_remn_repl_evlta",
    "bncr_remn_repl_evlta",
    "profa_repl",
    "crd_grnta_repl",
    "crd_grnt_repl",
    "add_grnt_repl",
    "rght_repl_amt",
    "wrap_pymn_alow_amt",
    "ch_uncla",
    "ch_uncla_dlfe",
    "ch_uncla_tot",
    "crd_int_npay",
    "int_npay_amt_dlfe",
    "int_npay_amt_tot",
    "etc_loana",
    "etc_loana_dlfe",
    "etc_loan_tot",
    "nrpy_loan",
    "loan_sum",
    "ls_sum",
    "mdstrm_usfe",
    "min_ord_alow_yn",
    "loan_remn_evlt_amt",
    "dpst_grntl_remn",
    "sell_grntl_remn",
    "d1_slby_exct_amt",
    "d1_buy_exct_amt",
    "d1_out_rep_mor",
    "d1_sel_exct_amt",
    "d2_out_rep_mor",
];

/// Fields that say how much can be ordered for or taken out.
const FREE: &[&str] = &[
    "pymn_alow_amt",
    "ord_alow_amt",
    "bncr_buy_alowa",
    "20stk_ord_alow_amt",
    "30stk_ord_alow_amt",
    "40stk_ord_alow_amt",
    "50stk_ord_alow_amt",
    "60stk_ord_alow_amt",
    "100stk_ord_alow_amt",
    "d1_pymn_alow_amt",
    "d2_pymn_alow_amt",
];

/// kt00001. Today's trades settle in two days: `entr` and `d1_entra` know nothing of them.
pub(super) fn deposit(desk: &Desk, account: AccountId, body: &Body<'_>) -> Result<Value, Refusal> {
    body.one_of("qry_tp", &["2", "3"])?;
    let money = &desk.accounts[account.0];
    let mut fields = Map::new();
    let mut put = |name: &str, won: i64| {
        fields.insert(name.to_owned(), Value::from(padded(won, 15)));
    };
    ZEROES.iter().for_each(|name| put(name, 0));
    FREE.iter().for_each(|name| put(name, money.free_cash()));
    put("entr", money.start_cash);
    put("d1_entra", money.start_cash);
    put("d2_entra", money.cash);
    put("profa_ch", money.held_cash);
    put("d2_buy_exct_amt", money.bought);
    put("d2_sel_exct_amt", money.sold);
    put("d2_slby_exct_amt", money.sold - money.bought);
    fields.insert("crd_grnt_rt".to_owned(), Value::from("0.00"));
    fields.insert("stk_entr_prst".to_owned(), Value::Array(Vec::new()));
    fields.insert("return_code".to_owned(), Value::from(0));
    fields.insert("return_msg".to_owned(), Value::from("조회가 완료되었습니다."));
    Ok(Value::Object(fields))
}
