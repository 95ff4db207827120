//! Writes one test for each golden file of the folder that `FIRECLAY_GOLDEN` names (`vectors/` unless set): a layer becomes a `network!`
//! declaration; losses, metrics, optimizers, schedules and clipping become calls.

#[path = "build/common.rs"]
mod common;
#[allow(dead_code, reason = "the tests use the rest")]
#[path = "src/file.rs"]
mod file;
#[path = "build/layer.rs"]
mod layer;
#[path = "build/loss.rs"]
mod loss;
#[path = "build/metric.rs"]
mod metric;
#[path = "build/optim.rs"]
mod optim;

use file::Golden;
use std::path::{Path, PathBuf};

/// Whole networks that `tests/networks.rs` knows.
const NETWORKS: &[&str] = &[
    "net_lenet",
    "net_resnet8_train",
    "net_resnet8_eval",
    "net_unet",
    "net_dcgan_g",
    "net_dcgan_d",
    "net_dcgan_joint",
    "net_charlstm2",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-env-changed=FIRECLAY_GOLDEN");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src/file.rs");
    let folder = folder()?;
    println!("cargo::rerun-if-changed={}", folder.display());
    println!("cargo::rustc-env=FIRECLAY_GOLDEN_GIVEN={}", folder.display());

    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&folder)?.collect::<Result<Vec<_>, _>>()?.into_iter().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "safetensors"));
    files.sort();
    if files.is_empty() {
        return Err(format!("{} holds no safetensors files", folder.display()).into());
    }
    let mut tests = String::new();
    for path in &files {
        println!("cargo::rerun-if-changed={}", path.display());
        tests += &test(path);
    }
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("golden.rs"), tests)?;
    Ok(())
}

/// Where the files are: absolute, or relative to where cargo was called, the workspace, or this package.
fn folder() -> Result<PathBuf, String> {
    let package = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").map_err(|error| error.to_string())?);
    let Some(given) = std::env::var_os("FIRECLAY_GOLDEN").filter(|given| !given.is_empty()) else {
        return Ok(package.join("vectors"));
    };
    let bases = [std::env::var_os("PWD").map(PathBuf::from), Some(package.join("../..")), Some(package.clone())];
    let mut folders = bases.into_iter().flatten().map(|base| base.join(&given));
    let found = folders
        .find(|folder| folder.is_dir())
        .ok_or_else(|| format!("FIRECLAY_GOLDEN: there is no folder {}", given.display()))?;
    found.canonicalize().map_err(|error| error.to_string())
}

/// The test of one file.
fn test(path: &Path) -> String {
    let name = common::identifier(&path.file_stem().unwrap_or_default().to_string_lossy());
    let file = match Golden::read(path) {
        Ok(file) => file,
        Err(error) => return failing(&name, &error),
    };
    if file.op == "network" {
        if NETWORKS.iter().any(|known| name == *known) {
            return String::new();
        }
        return failing(&name, &format!("network {name} has no test in tests/networks.rs yet"));
    }
    // Of one network, which `tests/explain.rs` knows.
    if file.op == "explain" {
        return String::new();
    }
    let families = [layer::test, loss::test, metric::test, optim::test];
    let written = families.iter().find_map(|family| family(&name, &file));
    match written {
        Some(Ok(test)) => test,
        Some(Err(why)) => failing(&name, &format!("op {} with {}: {why}", file.op, file.config)),
        None => failing(&name, &format!("op {} is not known to Fireclay yet", file.op)),
    }
}

/// A test that says why it cannot be run.
fn failing(name: &str, message: &str) -> String {
    format!("#[test]\nfn {name}() {{\n    panic!(\"{{}}\", {message:?});\n}}\n\n")
}
