//! `include/strategy.h` is generated from the Rust types. This test says when it is stale;
//! `UPDATE_HEADER=1 cargo test -p strategy-api --test header` writes it.

mod flatten;

use std::path::Path;

const BANNER: &str = "\
/* The strategy ABI: what a plugin sees and what it exports. For C, C++, Zig and anything else that
 * reads C headers. Generated from the Rust types of strategy-api; do not edit.
 *
 * A plugin is a shared library (cc -O2 -fPIC -shared) that exports strategy_plugin(), which returns
 * a table of callbacks. The engine passes a table of functions to create(). Rules:
 *
 * - Callbacks of one instance run one at a time, all on one thread; only create() and destroy() may
 *   run on another. Functions of the host may be called from inside a callback only, with the
 *   context given to create(), on the thread of that callback.
 * - Pointers passed by either side live until the call returns. Nobody frees what the other side
 *   allocated. Text is UTF-8 with a length, not NUL-terminated, unless a comment says otherwise.
 * - A callback returns STRATEGY_STATUS_OK, or a status that stops this instance. No C++ exception
 *   may leave it.
 * - A null callback is skipped. create and destroy must be there.
 * - Reserved fields are zero. A value without a name here comes from a later version: take it as
 *   \"other\".
 * - Prices and other numbers are integers in the unit that their type says. An empty field holds
 *   STRATEGY_..._UNSET.
 *
 * examples/vwap_c/strategy.c is a complete strategy. */";

#[test]
fn the_committed_header_is_what_the_types_say() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = package.join("include/strategy.h");
    let generated = generate(&package.join("src"));
    if std::env::var_os("UPDATE_HEADER").is_some() {
        std::fs::write(&path, &generated).expect("the header can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "include/strategy.h is stale: UPDATE_HEADER=1 cargo test -p strategy-api --test header"
    );
}

fn generate(source: &Path) -> String {
    let (rust, unset) = flatten::flatten(source);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("strategy.rs");
    std::fs::write(&file, rust).expect("a temporary file");
    let mut header = Vec::new();
    cbindgen::Builder::new()
        .with_config(config(unset))
        .with_src(file)
        .generate()
        .expect("the types can be said in C")
        .write(&mut header);
    polish(&String::from_utf8(header).expect("a header is text"))
}

fn config(unset: String) -> cbindgen::Config {
    let mut config = cbindgen::Config {
        language: cbindgen::Language::C,
        cpp_compat: true,
        pragma_once: false,
        include_guard: Some(String::from("STRATEGY_H")),
        documentation: true,
        documentation_style: cbindgen::DocumentationStyle::C99,
        style: cbindgen::Style::Both,
        usize_is_size_t: true,
        line_length: 100,
        tab_width: 4,
        header: Some(String::from(BANNER)),
        no_includes: true,
        sys_includes: vec![String::from("stddef.h"), String::from("stdint.h")],
        after_includes: Some(format!(
            "\n// What a field holds that the broker left empty.\n{unset}"
        )),
        ..cbindgen::Config::default()
    };
    config.export.prefix = Some(String::from("Strategy"));
    // Reached by their codes only.
    config.export.include = vec![String::from("Refusal")];
    config.enumeration.rename_variants = cbindgen::RenameRule::ScreamingSnakeCase;
    config.enumeration.prefix_with_name = true;
    config
}

/// `StrategyKind_TRADE` to `STRATEGY_KIND_TRADE`, Rust's links to plain words.
fn polish(header: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    for c in header.chars() {
        if c.is_ascii_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        out += &constant(&word);
        word.clear();
        out.push(c);
    }
    out += &constant(&word);
    plain_links(&out)
}

fn constant(word: &str) -> String {
    let upper = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let Some(rest) = word.strip_prefix("Strategy") else {
        return word.to_string();
    };
    match rest.split_once('_') {
        Some((kind, name)) if !name.is_empty() && name.chars().all(upper) => {
            // `Text_16` is a type, not a constant.
            if name.chars().all(|c| c.is_ascii_digit()) {
                return word.to_string();
            }
            let kind = if kind.chars().all(upper) { kind.to_string() } else { screaming(kind) };
            format!("STRATEGY_{kind}_{name}")
        }
        None if rest.len() > 1 && rest.chars().all(upper) => format!("STRATEGY_{rest}"),
        _ => word.to_string(),
    }
}

/// `InstrumentId` to `INSTRUMENT_ID`.
pub(crate) fn screaming(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_uppercase());
    }
    out
}

fn plain_links(text: &str) -> String {
    let mut text = text.replace("[`", "`").replace("`]", "`");
    for start in ["`(crate::", "`(super::", "`(Self::"] {
        while let Some(at) = text.find(start) {
            let end = at + text[at..].find(')').expect("a link ends");
            text.replace_range(at + 1..=end, "");
        }
    }
    text
}
