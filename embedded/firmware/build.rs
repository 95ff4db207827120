//! Tells the linker the memory of the board.

use std::path::Path;

fn main() {
    let out = std::env::var_os("OUT_DIR").expect("cargo sets it");
    std::fs::copy("memory.x", Path::new(&out).join("memory.x")).expect("a writable folder");
    println!("cargo:rustc-link-search={}", Path::new(&out).display());
    println!("cargo:rerun-if-changed=memory.x");
}
