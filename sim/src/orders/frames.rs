//! The 00 and 04 frames, in the live form.

use super::account::{Account, Position};
use super::record::{Kind, Order};
use super::types::{OrderVenue, Side};
use crate::clock::Venue;
use crate::exchange::instrument::Instrument;
use crate::exchange::stats::View;
use crate::realtime::{Writer, percent_hundredths, trade};

/// A 00 frame. `status` is FID 913, `open` FID 902, `time` FID 908 as the number HHmmss.
pub(crate) fn order_frame(
    order: &Order,
    account: &Account,
    instrument: &Instrument,
    (status, open, time): (&str, i64, u32),
) -> String {
    let info = &instrument.info;
    let base = info.base_price;
    let (ask, bid) = trade::best(instrument, view(order.at));
    let side = if order.side == Side::Buy { "2" } else { "1" };
    // A cancel's and a modification's own 접수 and 확인 tell nothing of fills.
    let fill = order.last_fill.filter(|_| order.kind != Kind::Cancel);
    frame("00", &info.code, |w| {
        w.str(9201, &account.number);
        w.str(9203, &format!("{:07}", order.number));
        w.str(9205, "");
        w.str(9001, &info.code);
        w.str(912, "JJ");
        w.str(913, status);
        w.str(302, &info.name);
        w.number(900, order.ordered);
        w.number(901, order.price);
        w.number(902, open);
        w.number(903, order.money);
        w.str(904, &format!("{:07}", order.original));
        w.str(905, order.side_text());
        w.str(906, order.order_type.name());
        w.str(907, side);
        w.time(908, time);
        match fill {
            Some(last) => {
                w.number(909, i64::from(last.number));
                w.number(910, last.price);
                w.number(911, order.filled);
            }
            None => [909, 910, 911].iter().for_each(|fid| w.str(*fid, "")),
        }
        w.price(10, instrument.stats(view(order.at)).last, base);
        w.price(27, ask, base);
        w.price(28, bid, base);
        match fill {
            Some(last) => {
                w.number(914, last.price);
                w.number(915, last.quantity);
            }
            None => [914, 915].iter().for_each(|fid| w.str(*fid, "")),
        }
        w.number(938, order.fee);
        w.number(939, order.tax);
        w.str(919, if order.rejected { "RC4007" } else { "0" });
        w.str(920, "");
        w.str(921, "6801005");
        w.str(922, "00");
        w.str(923, "");
        w.price(10_010, base, base);
        let (number, name) = match order.at {
            Venue::Krx => ("1", "KRX"),
            Venue::Nxt => ("2", "NXT"),
        };
        w.str(2134, number);
        w.str(2135, name);
        w.str(2136, if order.venue == OrderVenue::Sor { "Y" } else { "N" });
    })
}

/// A 04 frame.
pub(crate) fn balance_frame(
    account: &Account,
    position: &Position,
    instrument: &Instrument,
    (at, side): (Venue, Side),
) -> String {
    let info = &instrument.info;
    let base = info.base_price;
    let (ask, bid) = trade::best(instrument, view(at));
    frame("04", &info.code, |w| {
        w.str(9201, &account.number);
        w.str(9001, &info.code);
        w.str(917, "00");
        w.str(916, "00000000");
        w.str(302, &info.name);
        w.price(10, instrument.stats(view(at)).last, base);
        w.number(930, position.quantity);
        w.number(931, position.average());
        w.number(932, position.cost);
        w.number(933, position.sellable());
        w.number(945, position.bought - position.sold);
        w.str(946, if side == Side::Buy { "2" } else { "1" });
        w.number(950, position.realised);
        w.str(951, "0");
        w.price(27, ask, base);
        w.price(28, bid, base);
        w.number(307, base);
        w.hundredths(8019, percent_hundredths(position.realised, position.realised_cost));
        for (fid, value) in [
            (957, "0"),
            (958, "0"),
            (918, "00000000"),
            (990, "0"),
            (991, "0.00"),
            (992, "0"),
            (993, "0.00"),
            (959, "0"),
            (924, "0"),
        ] {
            w.str(fid, value);
        }
    })
}

fn view(venue: Venue) -> View {
    match venue {
        Venue::Krx => View::Krx,
        Venue::Nxt => View::Nxt,
    }
}

fn frame(kind: &str, code: &str, write: impl FnOnce(&mut Writer<'_>)) -> String {
    let mut text = String::with_capacity(1_024);
    let mut writer = Writer::new(&mut text);
    writer.entry();
    write(&mut writer);
    writer.end_entry(kind, code);
    writer.end();
    text
}
