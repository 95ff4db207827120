//! Runs every program of the gallery and writes `docs/gallery.md` from what they found.
//!
//! `cargo run --release --example gallery` runs all of them; names run these, and the page is then made of these and of what earlier runs left
//! (here, or in `docs/gallery/figures.json`).
//! The text of each is the comment at the top of its file, the figures are those of its run, and the picture is the first that it wrote.

use clap::Parser;
use fireclay_examples::{Figures, Result};
use serde_json::json;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// In the order of the page: heading, programs.
const SECTIONS: [(&str, &[&str]); 6] = [
    ("First steps", &["graph", "playground", "regression", "mlp"]),
    ("Training", &["optimizers", "regularization", "normalization", "transfer"]),
    (
        "Seeing",
        &[
            "imagenet_nets",
            "tagging",
            "localization",
            "sliding_window",
            "yolo",
            "ssd",
            "rcnn",
            "fast_rcnn",
            "faster_rcnn",
            "mask_rcnn",
            "segmentation",
            "faces",
        ],
    ),
    ("Looking inside", &["inside", "adversarial"]),
    ("Sequences", &["vanishing", "time_series", "char_rnn_gru", "voice_activity"]),
    ("Generating", &["autoencoder", "vae", "gan", "dcgan", "conditional_gan", "pixel_rnn", "pixel_cnn", "gated_pixel_cnn"]),
];

/// Runs the programs of the gallery and writes its page.
#[derive(Parser)]
struct Args {
    /// The programs to run; all, if none are named
    programs: Vec<String>,
    /// Runs nothing: the page of what earlier runs left
    #[arg(long)]
    page: bool,
}

fn main() -> Result {
    let args = Args::parse();
    let all = || SECTIONS.iter().flat_map(|(_, programs)| *programs);
    let chosen = |name: &str| args.programs.is_empty() || args.programs.iter().any(|program| program == name);
    if let Some(unknown) = args.programs.iter().find(|program| !all().any(|name| name == program)) {
        return Err(format!("no program of the gallery is called `{unknown}`").into());
    }
    if !args.page {
        let programs: Vec<&str> = all().copied().filter(|name| chosen(name)).collect();
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        for name in &programs {
            println!("\n== {name}");
            // A program that misses its figure ends with an error, and so does this one.
            let status = Command::new(&cargo).args(["run", "--release", "--quiet", "--example", name]).status()?;
            if !status.success() {
                return Err(format!("`{name}` failed").into());
            }
        }
    }
    write_page()
}

/// The page, its pictures, and the figures as JSON.
fn write_page() -> Result {
    let folder = Path::new("docs/gallery");
    std::fs::create_dir_all(folder)?;
    let mut page = String::from(
        "# The gallery\n\nEach of these is one file in [`examples/`](../examples): the network is declared at its top, the rest trains it, measures it on data that it has not \
         learned from, and draws what it found. `cargo run --release --example NAME` runs one, offline, in seconds to minutes, and with `-- --data DIR` on larger real data (the four files of MNIST or \
         Fashion-MNIST where it is about digits, `.txt` files where it is about text); \
         `cargo run --release --example gallery` ran all of them and wrote this page.\n",
    );
    let committed = committed(folder);
    let mut found = Vec::new();
    for (heading, programs) in SECTIONS {
        let run = programs.iter().map(|name| (*name, read(name)));
        let there: Vec<_> =
            run.filter_map(|(name, run)| Some((name, run.is_some(), run.or_else(|| of(&committed, name))?))).collect();
        if there.is_empty() {
            continue;
        }
        let _ = write!(page, "\n## {heading}\n");
        for (name, here, figures) in there {
            entry(&mut page, name, &figures)?;
            for picture in figures.pictures.iter().take(usize::from(here)) {
                std::fs::copy(results(name).join(picture), folder.join(picture_name(name, picture)))?;
            }
            found.push(figures);
        }
    }
    let machine = format!("{} cores, {}", std::thread::available_parallelism()?, processor());
    let seconds: f64 = found.iter().map(|figures| figures.seconds).sum();
    let _ = write!(
        page,
        "\n---\n{} programs, {seconds:.0} seconds, each in its last run, of some beside other work; {machine}, {}.\n",
        found.len(),
        today()?
    );
    std::fs::write("docs/gallery.md", page)?;
    let figures = json!({ "date": today()?, "machine": machine, "programs": found });
    std::fs::write(folder.join("figures.json"), serde_json::to_string_pretty(&figures)? + "\n")?;
    println!("docs/gallery.md has {} programs", found.len());
    Ok(())
}

/// One program: title, text, picture, table, figures.
fn entry(page: &mut String, name: &str, figures: &Figures) -> Result {
    let file =
        [format!("{name}.rs"), format!("{name}/main.rs")].into_iter().find(|file| Path::new("examples").join(file).exists());
    let file = file.ok_or_else(|| format!("`{name}` has no file in examples/"))?;
    let source = std::fs::read_to_string(Path::new("examples").join(&file))?;
    let mut lines = source.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
    let title = lines.next().unwrap_or(name).trim_end_matches('.');
    let text: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    let _ = write!(page, "\n### {title}\n\n[`examples/{file}`](../examples/{file})\n\n{}\n", text.join("\n"));
    if let Some(picture) = figures.pictures.first() {
        let _ = write!(page, "\n![{title}](gallery/{})\n", picture_name(name, picture));
    }
    for (i, row) in figures.table.iter().enumerate() {
        let _ = writeln!(page, "{}| {} |", if i == 0 { "\n" } else { "" }, row.join(" | "));
        if i == 0 {
            let _ = writeln!(page, "|---|{}", "---:|".repeat(row.len().saturating_sub(1)));
        }
    }
    let _ = write!(page, "\n| | | |\n|---|---|---|\n");
    for figure in &figures.figures {
        let bold = if figure.wanted().is_empty() { "" } else { "**" };
        let _ = writeln!(page, "| {} | {bold}{}{bold} | {} |", figure.name, short(figure.value), figure.wanted());
    }
    let _ = writeln!(page, "| seconds, seed | {:.0}, {} | |", figures.seconds, figures.seed);
    Ok(())
}

/// A number with about four digits.
fn short(x: f64) -> String {
    match x.abs() {
        0.0 => "0".to_owned(),
        size if size < 1e-3 => format!("{x:.1e}"),
        size if size < 10.0 => format!("{x:.3}"),
        size if size < 1e5 => format!("{x:.0}"),
        _ => format!("{x:.1e}"),
    }
}

fn results(name: &str) -> PathBuf {
    Path::new("target/gallery").join(name)
}

/// What the last full run found, if there was one and all figures are reached.
fn read(name: &str) -> Option<Figures> {
    let figures = std::fs::read_to_string(results(name).join("figures.json")).ok()?;
    let figures: Figures = serde_json::from_str(&figures).ok()?;
    figures.figures.iter().all(fireclay_examples::Figure::is_reached).then_some(figures)
}

/// The figures of the page that is there.
fn committed(folder: &Path) -> Vec<Figures> {
    let read = || {
        let text = std::fs::read_to_string(folder.join("figures.json")).ok()?;
        let mut all: serde_json::Value = serde_json::from_str(&text).ok()?;
        serde_json::from_value(all["programs"].take()).ok()
    };
    read().unwrap_or_default()
}

fn of(all: &[Figures], name: &str) -> Option<Figures> {
    all.iter().find(|figures| figures.program == name).cloned()
}

fn picture_name(name: &str, picture: &str) -> String {
    format!("{name}.{}", picture.rsplit('.').next().unwrap_or("png"))
}

fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    name.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.to_owned())
}

/// The date in UTC as year-month-day (days since 1970 to a date: Hinnant 2013, "chrono-compatible low-level date algorithms").
fn today() -> Result<String> {
    let days = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs() / 86_400 + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, month) = (day - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    Ok(format!("{}-{month:02}-{day:02}", era * 400 + year + u64::from(month <= 2)))
}
