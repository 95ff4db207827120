//! Times Fireclay on the workloads that `README.md` lists: one JSON line each, in the form of the peers' programs.

mod bandwidth;
mod breakdown;
mod expand;
mod infer;
mod layers;
mod models;
mod peak;
mod simulate;
mod timing;
mod train;

use clap::{Parser, Subcommand};

/// Times Fireclay: one JSON line for each workload.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    what: What,
    /// At most so many threads
    #[arg(long, global = true, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    threads: u16,
    /// At least so many seconds for each workload
    #[arg(long, global = true, default_value_t = 2.0)]
    seconds: f64,
    /// A table of layers instead of the line: time, speed, share of what the machine can do; on one thread
    #[arg(long, global = true)]
    breakdown: bool,
    /// A table of workers instead of the line: what a training step would take, by its pieces on one thread
    #[arg(long, global = true)]
    simulate: bool,
}

#[derive(Subcommand)]
enum What {
    /// A training step: forward, loss, backward, optimizer
    Train {
        /// mlp, lenet, resnet20, charlstm, dcgan or all; unet, vgg11, denseblock, mobilenet, tiny, gru, unet572, vgg16
        name: String,
        /// Samples of a batch
        #[arg(long)]
        batch: Option<usize>,
        /// How samples lie, where that is not to be chosen: chw (one at a time) or chwn16 (sixteen side by side)
        #[arg(long)]
        layout: Option<String>,
    },
    /// One sample, or a batch
    Infer {
        /// mlp, lenet, resnet20, lstm (64), lstm16, lstm24, autoencoder, dscnn, resnet8, mobilenet, squeezenet, resnet18, vgg16 or all
        name: String,
        /// Samples at once
        #[arg(long)]
        batch: Option<usize>,
    },
    /// One layer at a time: forward and backward at each batch, then the inference of one sample; on one thread
    Layers {
        /// A layer, or all
        #[arg(default_value = "all")]
        name: String,
        /// Samples of a batch, or several with commas
        #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 32])]
        batch: Vec<usize>,
    },
    /// The macro alone, on the `network!` of a file
    Expand {
        /// A Rust file
        file: String,
    },
    /// Multiply-accumulates, parameters and bytes of each network
    Counts,
}

fn main() -> Result<(), String> {
    let args = Args::parse();
    if (args.breakdown || args.simulate) && args.threads > 1 {
        eprintln!("a breakdown is measured on one thread, and so are the pieces of a step");
    }
    let threads = if args.breakdown || args.simulate { 1 } else { usize::from(args.threads) };
    // Programs that train in their main thread do well to make it one of rayon's: else each step would wake another one and wait for it.
    // What a join takes is measured between two.
    let pool = if args.simulate { 2 } else { threads.max(1) };
    rayon::ThreadPoolBuilder::new().num_threads(pool).use_current_thread().build_global().map_err(|e| e.to_string())?;
    let mut run = timing::Run {
        threads,
        seconds: args.seconds,
        breakdown: args.breakdown,
        simulate: args.simulate,
        batch: None,
        layout: None,
    };
    match args.what {
        What::Train { name, batch, layout } => {
            run.batch = batch;
            run.layout = match layout.as_deref() {
                None => None,
                Some("chw") => Some(fireclay::Layout::Chw),
                Some("chwn16") => Some(fireclay::Layout::Chwn16),
                Some(other) => return Err(format!("there is no layout `{other}`; there are chw and chwn16")),
            };
            let more = train::MORE.iter().any(|(known, _)| *known == name);
            each(if more { train::MORE } else { train::ALL }, &name, |work| work(&run))
        }
        What::Infer { name, batch } => each(infer::ALL, &name, |work| work(&run, batch)),
        What::Layers { name, batch } => layers::measure(&run, &name, &batch),
        What::Expand { file } => expand::measure(&file),
        What::Counts => {
            models::counts();
            Ok(())
        }
    }
}

/// Runs the workloads of this name, or all.
fn each<W>(all: &[(&str, W)], name: &str, run: impl Fn(&W)) -> Result<(), String> {
    let chosen: Vec<_> = all.iter().filter(|(known, _)| name == "all" || name == *known).collect();
    if chosen.is_empty() {
        let known: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        return Err(format!("there is no workload `{name}`; there are {} and all", known.join(", ")));
    }
    chosen.into_iter().for_each(|(_, work)| run(work));
    Ok(())
}
