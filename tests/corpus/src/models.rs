//! The corpus, compiled.

#![allow(missing_docs, reason = "declarations of a test")]

use crate::entry::Entry;

include!(concat!(env!("OUT_DIR"), "/models.rs"));
