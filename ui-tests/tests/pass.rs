//! Programs that must compile and run: cargo builds `examples/` before it runs this.

use std::path::Path;
use std::process::Command;

#[test]
fn programs() {
    // target/debug/deps/pass-… → target/debug/examples
    let test = std::env::current_exe().expect("a path");
    let built = test.parent().and_then(Path::parent).expect("a folder").join("examples");
    let mut run = 0;
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/examples")).expect("a folder") {
        let source = entry.expect("a file").path();
        let name = source.file_stem().expect("a name");
        let program = built.join(name).with_extension(std::env::consts::EXE_EXTENSION);
        let time = |path: &Path| path.metadata().and_then(|data| data.modified());
        // `--test pass` alone does not build them.
        let current = time(&program).is_ok_and(|built| built >= time(&source).expect("a time"));
        assert!(current, "{} is not built: cargo test -p fireclay-ui-tests", program.display());
        let output = Command::new(&program).output().expect("it starts");
        assert!(output.status.success(), "{}: {}", source.display(), String::from_utf8_lossy(&output.stderr));
        run += 1;
    }
    assert!(run > 0, "no programs");
}
