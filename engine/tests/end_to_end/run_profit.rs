//! What a strategy is told of its profit, against what the run says in the end.

use crate::process::run;
use crate::setup::{Setup, compile, number_in, summary};
use tempfile::TempDir;

#[test]
fn a_strategy_knows_what_a_fill_cost_when_it_is_told_of_the_fill() {
    let folder = TempDir::new().unwrap();
    let plugin = compile(include_str!("plugins/buyer.c"), folder.path(), "buyer");
    let setup = Setup::new(&format!(
        "mode = \"sim\"\n[sim]\nframes_per_second = 2000\nday_start = \"09:00:05\"\n\
         [[strategy]]\nname = \"buyer\"\nplugin = \"{}\"\ntypes = [\"0B\", \"0D\"]\n\
         symbols = [\"005930\"]\n",
        plugin.display()
    ));
    let finished = run(setup.run(&["--duration", "3s", "--json"])).ended_with(0);
    let trading = &summary(&finished.stdout)["trading"];
    let fees = trading["strategies"][0]["money"]["fees"].as_u64().unwrap();
    assert!(fees > 0, "it bought and paid for it: {trading}");

    let line = |when: &str| setup.logged("buyer", &format!("profit {when} ")).pop().unwrap();
    let (before, filled, end) = (line("before"), line("filled"), line("at the end"));
    for line in [&before, &filled, &end] {
        assert_eq!((number_in(line, "codes"), number_in(line, "gap")), (0, 0), "{line}");
        assert_eq!(number_in(line, "taxes"), 0, "nothing was sold: {line}");
    }
    assert_eq!((number_in(&before, " fees"), number_in(&before, "account_fees")), (0, 0));
    for line in [&filled, &end] {
        assert_eq!((number_in(line, " fees"), number_in(line, "account_fees")), (fees, fees));
        assert_eq!(number_in(line, "unpriced"), 0, "the last trade is its price: {line}");
    }
}
