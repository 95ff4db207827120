//! A training that is killed (SIGKILL) at twenty moments, ten of them while it writes a checkpoint, and resumed each time, ends with the bits of one that never stopped.
//!
//! A program without the harness: the child is this program too.

use fireclay::prelude::*;
use fireclay::trainer::{Every, Run};
use fireclay::{Error, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

network! {
    pub Net(image: [1, 8, 8]) -> [10] {
        image -> conv: Conv(8, 3) -> BatchNorm -> Relu -> Flatten -> Dropout(0.2) -> fc1: Dense(64) -> Relu -> fc2: Dense(10)
    }
}

/// Says where the child keeps its checkpoints.
const FOLDER: &str = "FIRECLAY_KILLED_FOLDER";
const STEPS: usize = 800;

/// The training; at its end a file says what came out.
fn child(folder: &Path) -> Result<()> {
    let (train, validation) = Digits::split()?;
    let train = train.take(320).augment(fireclay::data::augment::Shift::new(0.1));
    let mut net = Net::init(&mut rng(1));
    let mut losses = Vec::new();
    let history = Trainer::new(CrossEntropy, AdamW::new(2e-3))
        .batch(16)
        .epochs(STEPS / 20)
        .threads(1)
        .prefetch(2)
        .schedule(Cosine)
        .ema(0.9)
        .validate(&validation.take(50), Accuracy)
        .progress(ProgressBar::Off)
        .checkpoint(folder, Every::steps(2).keep(2))
        .resume()
        .on_step(|step, _: &mut Run<Net>| losses.push(step.loss))
        .fit(&mut net, &train)?;
    let mut end: Vec<u8> = net.params().as_slice().iter().chain(net.buffers().as_slice()).flat_map(|x| x.to_le_bytes()).collect();
    for epoch in history.epochs() {
        let numbers =
            [epoch.loss, epoch.validation_loss.expect("validated"), epoch.metric.expect("validated"), epoch.learning_rate];
        end.extend(numbers.iter().flat_map(|x| x.to_le_bytes()));
    }
    let file = folder.join("end");
    fs::write(&file, end).map_err(|source| Error::Io { path: file, source })
}

fn start(folder: &Path) -> Child {
    let program = std::env::current_exe().expect("this program");
    Command::new(program).env(FOLDER, folder).spawn().expect("a child")
}

fn files(folder: &Path, prefix: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|e| e.file_name().to_string_lossy().into_owned()).filter(|name| name.starts_with(prefix)).collect()
}

/// Waits for it, as long as the child lives; whether it came.
fn wait(child: &mut Child, mut until: impl FnMut() -> bool) -> bool {
    let begin = Instant::now();
    while !until() {
        if child.try_wait().expect("a child").is_some() {
            return false;
        }
        assert!(begin.elapsed() < Duration::from_secs(120), "the child does nothing");
        std::hint::spin_loop();
    }
    true
}

fn main() {
    if let Ok(folder) = std::env::var(FOLDER) {
        child(Path::new(&folder)).expect("a training");
        return;
    }
    let root = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fireclay-killed-{}", std::process::id()));
    let _ = fs::remove_dir_all(&root);
    let [whole, killed]: [PathBuf; 2] = ["whole", "killed"].map(|name| root.join(name));
    for folder in [&whole, &killed] {
        fs::create_dir_all(folder).expect("a folder");
    }
    assert!(start(&whole).wait().expect("a child").success());

    let (mut anywhere, mut saving, mut random) = (0, 0, rng(5));
    while anywhere + saving < 20 {
        let mut child = start(&killed);
        let before = files(&killed, "step-");
        // It goes on a little in each life.
        let alive = wait(&mut child, || files(&killed, "step-") != before);
        assert!(alive, "it ended after {anywhere} + {saving} of 20 times that it was to be killed: more steps are needed");
        if saving < 10 {
            assert!(wait(&mut child, || !files(&killed, ".fireclay-").is_empty()), "it ended: more steps are needed");
        } else {
            sleep(Duration::from_micros(500 + random.below(30_000) as u64));
        }
        child.kill().expect("SIGKILL");
        let ended = child.wait().expect("a child");
        assert!(!ended.success(), "it ended: more steps are needed");
        // It may have been quicker than the signal: only what stands there half-written counts as killed in the middle of it.
        let half = !files(&killed, ".fireclay-").is_empty();
        if saving < 10 {
            saving += usize::from(half);
        } else {
            anywhere += 1;
        }
    }
    assert!(start(&killed).wait().expect("a child").success());
    let end = |folder: &Path| fs::read(folder.join("end")).expect("what came out");
    assert!(end(&whole) == end(&killed), "killed and resumed it ends with other bits");
    assert_eq!(files(&killed, ".fireclay-"), Vec::<String>::new());
    fs::remove_dir_all(&root).expect("ours");
    println!("killed 10 times while it wrote a checkpoint, and 10 times at random moments: the same bits");
}
