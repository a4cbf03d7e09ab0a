//! Builds the strategies in C that suites and guard call through the real plugin host.

use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=plugins/probe.c");
    println!("cargo::rerun-if-changed=../strategy-api/include/strategy.h");
    let folder = env::var("OUT_DIR").expect("cargo sets it");
    for (name, flags) in [("counts", &[][..]), ("orders", &["-DORDERS"][..])] {
        let library = Path::new(&folder).join(format!("{name}.so"));
        // A library that a process has open is replaced, never written into.
        let _ = fs::remove_file(&library);
        let compiler = cc::Build::new().opt_level(2).cargo_metadata(false).get_compiler();
        let status = compiler
            .to_command()
            .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared"])
            .args(["-I../strategy-api/include", "plugins/probe.c", "-o"])
            .arg(&library)
            .args(flags)
            .status();
        match status {
            Ok(status) if status.success() => {}
            other => panic!("the C compiler did not build plugins/probe.c: {other:?}"),
        }
        let variable = format!("PLUGIN_{}", name.to_uppercase());
        println!("cargo::rustc-env={variable}={}", library.display());
    }
}
