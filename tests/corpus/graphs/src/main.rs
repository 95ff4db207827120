//! Prints the graphs of the corpus, or of the declarations in the file that is given, as a JSON list.

use std::process::ExitCode;

fn main() -> ExitCode {
    let text = match std::env::args().nth(1) {
        Some(path) => std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}")),
        None => fireclay_corpus_graphs::corpus(),
    };
    match text.and_then(|text| fireclay_corpus_graphs::graphs(&text)) {
        Ok(graphs) => {
            println!("{}", serde_json::Value::from_iter(graphs.into_iter().map(|(_, graph)| graph)));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
