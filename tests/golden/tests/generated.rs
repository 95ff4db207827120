//! One test for each golden file, written by the build script.

include!(concat!(env!("OUT_DIR"), "/golden.rs"));
