//! Writes the corpus as a `network!`, and a list of its networks.

use std::{env, fs, path::Path};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed={}", fireclay_corpus_graphs::CORPUS);
    let text = fireclay_corpus_graphs::corpus()?;
    let graphs = fireclay_corpus_graphs::graphs(&text)?;
    let list: String = graphs.iter().map(|(name, _)| format!("    Entry::of::<{name}>(),\n")).collect();
    let code = format!(
        "fireclay::network! {{\n{text}\n}}\n\n\
         /// Every network of the corpus, in the order of its declarations.\n\
         pub static NETWORKS: &[Entry] = &[\n{list}];\n"
    );
    fs::write(Path::new(&env::var("OUT_DIR")?).join("models.rs"), code)?;
    Ok(())
}
