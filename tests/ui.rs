//! Programs that must not compile, with their messages, and programs that must; all are built together, by one `cargo build`.
//!
//! After changing a message: `TRYBUILD=overwrite cargo test --test ui`, and read the difference.

use std::process::Command;

/// What `ui-tests/fail-rustc/*.stderr` was made with. Those messages are rustc's own (types at the border) and change with it;
/// on other versions they are not compared. The messages of `network!` in `ui-tests/fail/` are ours and are always compared.
const RUSTC: &str = "rustc 1.95.";

fn rustc() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().expect("rustc runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn programs() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui-tests/pass/*.rs");
    cases.compile_fail("ui-tests/fail/*.rs");
    let version = rustc();
    if version.starts_with(RUSTC) {
        cases.compile_fail("ui-tests/fail-rustc/*.rs");
    } else {
        println!("ui-tests/fail-rustc is skipped: its messages are of {RUSTC}x, this is {version}");
    }
}
