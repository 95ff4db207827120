//! Programs that must not compile, with their messages; all are checked together, by one `cargo check`.
//!
//! After changing a message: `TRYBUILD=overwrite cargo test -p fireclay-ui-tests --test fail`, and read the difference.

use std::process::Command;

/// What `fail-rustc/*.stderr` was made with. Those messages are rustc's own (types at the border) and change with it;
/// on other versions they are not compared. The messages of `network!` in `fail/` are ours and are always compared.
const RUSTC: &str = "rustc 1.95.";

fn rustc() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().expect("rustc runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn programs() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("fail/*.rs");
    let version = rustc();
    if version.starts_with(RUSTC) {
        cases.compile_fail("fail-rustc/*.rs");
    } else {
        println!("fail-rustc is skipped: its messages are of {RUSTC}x, this is {version}");
    }
}
