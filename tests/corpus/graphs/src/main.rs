//! Prints the graphs of the corpus, or of the file that is given, as a JSON list.

use std::process::ExitCode;

fn main() -> ExitCode {
    let path = std::env::args().nth(1).unwrap_or_else(|| fireclay_corpus_graphs::CORPUS.to_owned());
    let graphs = std::fs::read_to_string(&path).map_err(|error| error.to_string());
    match graphs.and_then(|text| fireclay_corpus_graphs::graphs(&text)) {
        Ok(graphs) => {
            println!("{}", serde_json::Value::from_iter(graphs.into_iter().map(|(_, graph)| graph)));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{path}: {error}");
            ExitCode::FAILURE
        }
    }
}
