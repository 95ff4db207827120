//! Runs every program of the gallery and writes `docs/gallery.md` from what they found.
//!
//! `cargo run --release --example gallery` runs all of them; names run these, and the page is then made of these and of what earlier runs left
//! (in `target/gallery`, or in `docs/gallery/figures.json`). Figures keep the date and the machine of their run. A run that missed a bound makes no page.
//! The text of each is the comment at the top of its file; figures and pictures are those of its run.

use clap::Parser;
use fireclay_examples::{FASHION_MNIST, Figure, Figures, Result};
use serde_json::json;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// In the order of the page: heading, programs.
const SECTIONS: [(&str, &[&str]); 7] = [
    ("First steps", &["graph", "playground", "regression", "mlp", "digits", "fashion"]),
    ("Training", &["optimizers", "regularization", "normalization", "transfer"]),
    ("Seeing", &["imagenet_nets", "tagging", "localization", "sliding_window", "segmentation", "faces"]),
    ("Detecting", &["yolo", "ssd", "rcnn", "fast_rcnn", "faster_rcnn", "mask_rcnn"]),
    ("Looking inside", &["inside", "adversarial"]),
    ("Sequences", &["vanishing", "time_series", "char_rnn_gru", "char_lstm", "voice_activity"]),
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
    let all: Vec<&str> = SECTIONS.iter().flat_map(|(_, programs)| *programs).copied().collect();
    if let Some(unknown) = args.programs.iter().find(|program| !all.contains(&program.as_str())) {
        return Err(format!("no program of the gallery is called `{unknown}`").into());
    }
    if !args.page {
        let programs: Vec<&str> = if args.programs.is_empty() { all } else { args.programs.iter().map(String::as_str).collect() };
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        for name in &programs {
            println!("\n== {name}");
            if *name == "fashion" && !Path::new(FASHION_MNIST).exists() {
                println!("not run: {FASHION_MNIST} is not there (Debian: dataset-fashion-mnist)");
                continue;
            }
            // A program that misses a bound ends with an error, and so does this one.
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
         Fashion-MNIST where it is about digits, `.txt` files where it is about text). `cargo run --release --example gallery` runs all of them and writes this \
         page. A figure in bold has a bound beside it: a run that misses it ends with an error. Times have none.\n",
    );
    contents(&mut page)?;
    let committed = committed(folder)?;
    let mut found = Vec::new();
    for (heading, programs) in SECTIONS {
        let _ = write!(page, "\n## {heading}\n");
        for name in programs {
            let run = read(name)?;
            for (i, picture) in run.iter().flat_map(|figures| &figures.pictures).enumerate() {
                std::fs::copy(results(name).join(picture), folder.join(picture_name(name, i, picture)))?;
            }
            let figures = run.or_else(|| committed.iter().find(|figures| figures.program == *name).cloned());
            entry(&mut page, name, figures.as_ref())?;
            found.extend(figures);
            if *name == "faster_rcnn" {
                side_by_side(&mut page, &found)?;
            }
        }
    }
    std::fs::write("docs/gallery.md", page)?;
    std::fs::write(folder.join("figures.json"), serde_json::to_string_pretty(&json!({ "programs": found }))? + "\n")?;
    println!("docs/gallery.md has {} programs", found.len());
    Ok(())
}

/// The programs of each section, as links.
fn contents(page: &mut String) -> Result {
    let _ = writeln!(page, "\n| | |\n|---|---|");
    for (heading, programs) in SECTIONS {
        let titles: Result<Vec<String>> = programs.iter().map(|name| Ok(About::of(name)?.title)).collect();
        let links: Vec<String> = titles?.iter().map(|title| format!("[{title}](#{})", anchor(title))).collect();
        let _ = writeln!(page, "| {heading} | {} |", links.join(" · "));
    }
    Ok(())
}

/// The anchor of a heading, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().replace(' ', "-");
    kept.chars().filter(|c| c.is_alphanumeric() || *c == '-').collect()
}

/// The comment at the top of a program.
struct About {
    file: String,
    title: String,
    text: String,
}

impl About {
    /// Its first line is the title; what stands behind a colon there is the first sentence of the text.
    fn of(name: &str) -> Result<Self> {
        let mut files = [format!("{name}.rs"), format!("{name}/main.rs")].into_iter();
        let file = files.find(|file| Path::new("examples").join(file).exists());
        let file = file.ok_or_else(|| format!("`{name}` has no file in examples/"))?;
        let source = std::fs::read_to_string(Path::new("examples").join(&file))?;
        let mut lines = source.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
        let first = lines.next().unwrap_or(name);
        let (title, rest) = first.split_once(": ").unwrap_or((first.trim_end_matches('.'), ""));
        let mut letters = rest.chars();
        // A formula stays as it is.
        let is_word = rest.split(' ').next().is_some_and(|word| word.chars().all(char::is_alphabetic));
        let sentence = match letters.next() {
            Some(letter) if is_word => Some(letter.to_uppercase().chain(letters).collect::<String>()),
            other => other.map(|letter| format!("{letter}{}", letters.as_str())),
        };
        let text: Vec<String> = sentence.into_iter().chain(lines.filter(|line| !line.is_empty()).map(str::to_owned)).collect();
        Ok(Self { file, title: title.to_owned(), text: text.join("\n") })
    }
}

/// One program: title, text, pictures, table, figures.
fn entry(page: &mut String, name: &str, figures: Option<&Figures>) -> Result {
    let About { file, title, text } = About::of(name)?;
    let _ = write!(page, "\n### {title}\n\n[`examples/{file}`](../examples/{file})\n\n{text}\n");
    let Some(figures) = figures else {
        let _ = write!(page, "\nIt has not been run yet.\n");
        return Ok(());
    };
    for (i, picture) in figures.pictures.iter().enumerate() {
        let _ = write!(page, "\n![{title}](gallery/{})\n", picture_name(name, i, picture));
    }
    for (i, row) in figures.table.iter().enumerate() {
        let _ = writeln!(page, "{}| {} |", if i == 0 { "\n" } else { "" }, row.join(" | "));
        if i == 0 {
            let _ = writeln!(page, "|---|{}", "---:|".repeat(row.len().saturating_sub(1)));
        }
    }
    let _ = write!(page, "\n| | | |\n|---|---|---|\n");
    for figure in &figures.figures {
        let bold = if figure.bound().is_empty() { "" } else { "**" };
        let _ = writeln!(page, "| {} | {bold}{}{bold} | {} |", figure.name, short(figure.value), figure.bound());
    }
    let Figures { date, machine, seconds, seed, .. } = figures;
    let _ = writeln!(page, "\n{seconds:.0} seconds on {date}, {machine}; seed {seed}");
    Ok(())
}

/// The three programs about regions: each has a higher precision than the one before.
fn side_by_side(page: &mut String, all: &[Figures]) -> Result {
    let _ = write!(page, "\n| side by side | mAP@0.5 | milliseconds a scene on one core |\n|---|---:|---:|\n");
    let mut before = ("", 0.0);
    for (title, name) in [("R-CNN", "rcnn"), ("Fast R-CNN", "fast_rcnn"), ("Faster R-CNN", "faster_rcnn")] {
        let figures = all.iter().find(|figures| figures.program == name);
        let of = |figure: &str| figures?.figures.iter().find(|found| found.name == figure).map(|found| found.value);
        let (Some(precision), Some(time)) = (of("mAP@0.5"), of("milliseconds a scene on one core")) else {
            return Err(format!("`{name}` has not been run").into());
        };
        if precision <= before.1 {
            return Err(
                format!("mAP@0.5 is {precision} for {title}, and {} for {}, which is to be lower", before.1, before.0).into()
            );
        }
        let _ = writeln!(page, "| {title} | {} | {} |", short(precision), short(time));
        before = (title, precision);
    }
    Ok(())
}

/// A number with about four digits.
fn short(x: f64) -> String {
    match x.abs() {
        0.0 => "0".to_owned(),
        size if size < 1e5 && size.fract() == 0.0 => format!("{x:.0}"),
        size if size < 1e-3 => format!("{x:.1e}"),
        size if size < 10.0 => format!("{x:.3}"),
        size if size < 1e5 => format!("{x:.0}"),
        _ => format!("{x:.1e}"),
    }
}

fn results(name: &str) -> PathBuf {
    Path::new("target/gallery").join(name)
}

/// What the last full run found, if there was one.
fn read(name: &str) -> Result<Option<Figures>> {
    let path = results(name).join("figures.json");
    if !path.exists() {
        return Ok(None);
    }
    let again = format!("run it again, or delete {}", path.display());
    let figures: Figures =
        serde_json::from_str(&std::fs::read_to_string(&path)?).map_err(|error| format!("`{name}`: {error}; {again}"))?;
    match figures.figures.iter().find(|figure| !figure.is_reached()) {
        Some(Figure { name: figure, .. }) => Err(format!("`{name}` missed the bound of \"{figure}\": {again}").into()),
        None => Ok(Some(figures)),
    }
}

/// The figures of the page that is there.
fn committed(folder: &Path) -> Result<Vec<Figures>> {
    let path = folder.join("figures.json");
    if !path.exists() {
        return Ok(Vec::new());
    }
    let mut all: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&path)?)?;
    Ok(serde_json::from_value(all["programs"].take()).map_err(|error| format!("{}: {error}", path.display()))?)
}

/// The first picture of a program has its name, the others their own after it.
fn picture_name(name: &str, i: usize, picture: &str) -> String {
    let (stem, extension) = picture.rsplit_once('.').unwrap_or((picture, "png"));
    if i == 0 { format!("{name}.{extension}") } else { format!("{name}_{stem}.{extension}") }
}
