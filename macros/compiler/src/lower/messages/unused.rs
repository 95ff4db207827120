//! Values that nothing uses.

pub fn unused_let(name: &str) -> String {
    format!("`{name}` reaches no output\n  help: use it, remove it, or name it `_{name}`")
}

pub fn unused_input(name: &str) -> String {
    format!("input `{name}` is used by nothing\n  help: use it, remove it, or name it `_{name}`")
}

pub fn unused_block_value(name: &str) -> String {
    format!("`{name}` is used by nothing in this block\n  help: use it, remove it, or name it `_{name}`")
}
