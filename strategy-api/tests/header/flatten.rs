//! Lays the crate's `repr(C)` types out in one file without macros, as the header generator wants
//! them: it reads Rust but expands no macros.

use std::fmt::Write;
use std::path::Path;

/// Files whose types cross the ABI, in the order of the header.
const FILES: [&str; 18] = [
    "abi/mod.rs",
    "text.rs",
    "units.rs",
    "refusal.rs",
    "fid.rs",
    "record/header.rs",
    "record/market.rs",
    "record/session.rs",
    "record/stock.rs",
    "record/index.rs",
    "record/account.rs",
    "record/meta.rs",
    "order.rs",
    "record/report.rs",
    "instrument.rs",
    "pnl.rs",
    "host.rs",
    "abi/host.rs",
];

/// One Rust source with every type of the ABI, and the C lines for the values that mean "unset".
pub(crate) fn flatten(source: &Path) -> (String, String) {
    let mut rust = String::new();
    let mut unset = String::new();
    for file in FILES.iter().chain(&["abi/plugin.rs"]) {
        let text = std::fs::read_to_string(source.join(file)).expect("the file is there");
        // Tests stand last in a file.
        let text = text.split("\n#[cfg(test)]\nmod tests").next().unwrap_or_default();
        // The documentation of a module may only stand at the start of a file.
        let text = text.split_inclusive('\n').filter(|line| !line.starts_with("//!"));
        let mut text = text.collect::<String>();
        if *file == "fid.rs" {
            text = text.replace("pub const ", "pub const FID_");
        }
        rust += &without_examples(&expand(&text, &mut unset));
    }
    // Only pointers to these cross the ABI: what is inside stays hidden.
    for opaque in ["HostContext", "PluginInstance"] {
        let shown = format!("#[repr(C)]\npub struct {opaque}");
        assert!(rust.contains(&shown), "{opaque} is opaque");
        rust = rust.replace(&shown, &format!("pub struct {opaque}"));
    }
    rust += "/// What a plugin exports, and all that it exports.\n\
             #[no_mangle]\npub extern \"C\" fn strategy_plugin() -> *const PluginTable {}\n";
    (rust, unset)
}

/// Replaces the uses of `unit!` and `open_enum!` by the types that they make.
fn expand(text: &str, unset: &mut String) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((at, name)) = next_use(rest) {
        out += &rest[..at];
        let open = at + rest[at..].find('{').expect("a macro is used with braces");
        let close = open + closing_brace(&rest[open..]);
        let body = &rest[open + 1..close];
        match name {
            "unit" => out += &expand_unit(body, unset),
            _ => out += &expand_enum(body),
        }
        rest = &rest[close + 1..];
    }
    out + rest
}

fn next_use(text: &str) -> Option<(usize, &'static str)> {
    let find = |name: &'static str| Some((text.find(&format!("\n{name}! {{"))? + 1, name));
    [find("unit"), find("open_enum")].into_iter().flatten().min()
}

fn closing_brace(text: &str) -> usize {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return at,
            '}' => depth -= 1,
            _ => (),
        }
    }
    panic!("a macro use without an end");
}

/// `/// doc\n Price(i32), unset = i32::MIN`
fn expand_unit(body: &str, unset: &mut String) -> String {
    let (docs, line) = split_docs(body);
    let (head, value) = line.split_once(", unset = ").expect("a unit has a value for unset");
    let (name, integer) = head.trim_end_matches(')').split_once('(').expect("Name(integer)");
    let limit = match value.trim() {
        "i32::MIN" => "INT32_MIN",
        "i64::MIN" => "INT64_MIN",
        "u32::MAX" => "UINT32_MAX",
        "u64::MAX" => "UINT64_MAX",
        "0" => "0",
        other => panic!("no C name for {other}"),
    };
    let upper = super::screaming(name);
    let _ = writeln!(unset, "#define STRATEGY_{upper}_UNSET {limit}");
    format!("{docs}#[repr(transparent)]\npub struct {name}({integer});\n")
}

/// `/// doc\n Name { /// doc\n VARIANT = 1, "label"; … }`
fn expand_enum(body: &str) -> String {
    let open = body.find('{').expect("an enum has braces");
    let (docs, name) = split_docs(&body[..open]);
    let mut constants = String::new();
    let (mut pending, inner) = (String::new(), &body[open + 1..]);
    for line in inner.lines().map(str::trim).filter(|line| !line.is_empty() && *line != "}") {
        if line.starts_with("///") {
            pending += line;
            pending += "\n";
            continue;
        }
        let (variant, value) = line.split_once(" = ").expect("VARIANT = value");
        let value = value.split_once(", \"").expect("value, \"label\"").0;
        constants += &pending;
        pending.clear();
        let _ = writeln!(constants, "pub const {variant}: {name} = {name}({value});");
    }
    format!(
        "{docs}#[repr(transparent)]\npub struct {name}(pub u8);\nimpl {name} {{\n{constants}}}\n"
    )
}

/// Examples in Rust say nothing to a reader of C.
fn without_examples(text: &str) -> String {
    let mut inside = false;
    let mut keep = |line: &&str| {
        let fence = line.trim_start() == "/// ```";
        inside ^= fence;
        !inside && !fence
    };
    text.lines().filter(|line| keep(line)).flat_map(|line| [line, "\n"]).collect()
}

/// Doc lines, and the words after them.
fn split_docs(text: &str) -> (String, &str) {
    let mut docs = String::new();
    let mut last = "";
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if line.starts_with("///") {
            docs += line;
            docs += "\n";
        } else {
            last = line;
        }
    }
    (docs, last)
}
