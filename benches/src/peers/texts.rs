//! The FIDs of each hot type as structs of texts, for parsers that fill structs.

use serde::Deserialize;

use super::derive::{Family, Texts};

macro_rules! texts {
    ($(#[doc = $doc:literal])* $family:ident, $texts:ident: $($fid:literal $field:ident)*) => {
        $(#[doc = $doc])*
        #[derive(Debug, Deserialize)]
        pub struct $texts<'a> {
            $(#[serde(borrow, default, rename = $fid)] $field: &'a str,)*
        }

        impl<'a> Texts<'a> for $texts<'a> {
            #[inline]
            fn each(&self, mut put: impl FnMut(&'a str)) {
                $(put(self.$field);)*
            }
        }

        $(#[doc = $doc])*
        #[derive(Debug)]
        pub enum $family {}

        impl Family for $family {
            type Of<'a> = $texts<'a>;
        }
    };
}

texts! {
    /// `0B`, in the schema's order.
    Trade, TradeTexts:
    "20" f20 "10" f10 "11" f11 "27" f27 "28" f28 "15" f15 "13" f13 "14" f14 "16" f16 "17" f17
    "18" f18 "25" f25 "228" f228 "290" f290 "1030" f1030 "1031" f1031 "620" f620 "9081" f9081
}

texts! {
    /// `0D`, in the schema's order.
    Depth, DepthTexts:
    "21" f21 "41" f41 "61" f61 "51" f51 "71" f71 "42" f42 "62" f62 "52" f52 "72" f72 "43" f43
    "63" f63 "53" f53 "73" f73 "44" f44 "64" f64 "54" f54 "74" f74 "45" f45 "65" f65 "55" f55
    "75" f75 "46" f46 "66" f66 "56" f56 "76" f76 "47" f47 "67" f67 "57" f57 "77" f77 "48" f48
    "68" f68 "58" f58 "78" f78 "49" f49 "69" f69 "59" f59 "79" f79 "50" f50 "70" f70 "60" f60
    "80" f80 "121" f121 "125" f125 "23" f23 "24" f24 "215" f215
}

texts! {
    /// `00`, in the schema's order.
    Order, OrderTexts:
    "9201" f9201 "9203" f9203 "9001" f9001 "913" f913 "900" f900 "901" f901 "902" f902 "903" f903
    "904" f904 "905" f905 "906" f906 "907" f907 "908" f908 "909" f909 "910" f910 "911" f911
    "10" f10 "27" f27 "28" f28 "914" f914 "915" f915 "938" f938 "939" f939 "919" f919 "2134" f2134
    "2136" f2136
}

texts! {
    /// `0C`, in the schema's order.
    BestQuote, BestQuoteTexts:
    "27" f27 "28" f28
}

texts! {
    /// `0H`, in the schema's order.
    IndicativeMatch, IndicativeMatchTexts:
    "20" f20 "10" f10 "11" f11 "12" f12 "15" f15 "13" f13 "25" f25
}

texts! {
    /// `04`, in the schema's order.
    Balance, BalanceTexts:
    "9201" f9201 "9001" f9001 "917" f917 "916" f916 "302" f302 "10" f10 "930" f930 "931" f931
    "932" f932 "933" f933 "945" f945 "946" f946 "950" f950 "27" f27 "28" f28 "307" f307
    "8019" f8019 "957" f957 "958" f958 "918" f918 "990" f990 "991" f991 "992" f992 "993" f993
    "959" f959
}

texts! {
    /// `0s`, in the schema's order.
    SessionState, SessionStateTexts:
    "215" f215 "20" f20 "214" f214
}
