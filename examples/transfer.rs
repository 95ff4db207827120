//! Transfer learning: what was learned of even digits helps to learn odd ones from few samples.
//!
//! Yosinski et al. 2014, "How transferable are features in deep neural networks?", arXiv 1411.1792.
//! A trunk learns 0, 2, 4, 6, 8 from thousands of scenes (real digits over textures). Then 1, 3, 5, 7, 9 are to be learned from twenty scenes each:
//! by the same network from scratch; by a new head on the trunk, which is frozen; and by fine-tuning the trunk after that, with a rate twenty times smaller.
//! The figures are accuracies on scenes with other digits, means over three choices of the few; the picture shows them, and the filters that were transferred.

use fireclay::data::Samples;
use fireclay::picture::{BLACK, COLORS, Picture, WHITE};
use fireclay::prelude::*;
use fireclay::vision::Scenes;
use fireclay_examples::{Args, Report, Result, SplitScenes};

network! {
    block Stage(x; c) { x -> conv: Conv(c, 3, pad = 1, bias = false) -> BatchNorm -> Relu -> MaxPool(2) }

    /// Features of a scene.
    pub Trunk(image: [3, 24, 24]) -> [432] { image -> s1: Stage(16) -> s2: Stage(32) -> s3: Stage(48) -> Flatten }
    /// The trunk and a head that learn together.
    pub Whole(image: [3, 24, 24]) -> [5] { image -> trunk: net Trunk -> Dropout(0.3) -> head: Dense(5) }
    /// The trunk frozen: no gradients, its statistics stand still.
    pub OnFrozen(image: [3, 24, 24]) -> [5] { image -> #[frozen] trunk: net Trunk -> Dropout(0.3) -> head: Dense(5) }
}

type Set = Samples<Tensor<shape![3, 24, 24]>, Index<5>>;

/// So many scenes with one digit each of which half is asked, even or odd: five classes.
fn scenes(scenes: &SplitScenes, odd: usize, count: usize, first: u64) -> Set {
    let half = scenes.skip(first).filter(|scene| scene.objects[0].class % 2 == odd).take(count);
    let class = |class: usize| Index::new(class / 2).expect("a class");
    half.map(|scene| (scene.image(), class(scene.objects[0].class))).collect()
}

/// The first twenty samples of each class.
fn few(set: &Set) -> Set {
    let of_class = |class| (0..set.len()).filter(move |i| set.target(*i).get() == class).take(20);
    set.pick(&(0..5).flat_map(of_class).collect::<Vec<_>>())
}

/// Trainers differ in epochs and rate alone.
fn trainer(epochs: usize, seed: u64) -> Trainer<CrossEntropy, AdamW> {
    Trainer::new(CrossEntropy, AdamW::new(5e-3)).batch(20).epochs(epochs).seed(seed).schedule(Cosine).progress(ProgressBar::Off)
}

/// Trains all of them.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("transfer", args);
    let digits = args.digits()?;
    let (training, test) = args.scenes(&digits, |digits| Scenes::new(digits, 24).sizes(14..=20));
    let even = scenes(&training, 0, args.of(4000, 2000), 0);
    let test = scenes(&test, 1, args.of(1000, 200), 0);
    let mut source = Whole::init(&mut rng(args.seed));
    trainer(args.of(10, 6), args.seed).batch(32).fit(&mut source, &even)?;

    let (choices, epochs) = (args.of(3, 1), args.of(60, 20));
    let mut sums = [0.0; 3];
    for seed in (args.seed..).take(choices) {
        let train = few(&scenes(&training, 1, 250, 1000 * seed));
        let mut scratch = Whole::init(&mut rng(seed));
        trainer(epochs, seed).fit(&mut scratch, &train)?;

        let mut frozen = OnFrozen::init(&mut rng(seed));
        frozen.load_matching_bytes_with(&source.to_bytes()?, |name| name.starts_with("trunk.").then(|| name.to_owned()))?;
        trainer(epochs, seed).fit(&mut frozen, &train)?;

        let mut tuned = Whole::init(&mut rng(seed));
        tuned.load_bytes(&frozen.to_bytes()?)?;
        let slow = AdamW::new(5e-3).group("trunk.*", |group| group.learning_rate(2.5e-4));
        Trainer::new(CrossEntropy, slow)
            .batch(20)
            .epochs(epochs)
            .seed(seed)
            .schedule(Cosine)
            .progress(ProgressBar::Off)
            .fit(&mut tuned, &train)?;

        let found = [scratch.evaluate(&test, Accuracy), frozen.evaluate(&test, Accuracy), tuned.evaluate(&test, Accuracy)];
        println!(
            "20 samples a class: from scratch {:.3}, head on the frozen trunk {:.3}, fine-tuned {:.3}",
            found[0], found[1], found[2]
        );
        sums.iter_mut().zip(found).for_each(|(sum, found)| *sum += f64::from(found) / choices as f64);
    }
    let [scratch, frozen, tuned] = sums;
    report.figure("accuracy from scratch", scratch);
    report.figure("accuracy on the frozen trunk", frozen);
    report.figure("accuracy fine-tuned", tuned);
    report.figure("gain of the frozen trunk", frozen - scratch);
    report.at_least("gain of transfer", tuned - scratch, 0.1);
    report.at_least("gain of fine-tuning", tuned - frozen, 0.005);

    let heights = [("from scratch", scratch), ("head on the frozen trunk", frozen), ("fine-tuned", tuned)];
    let bars = heights.iter().enumerate().map(|(i, (name, height))| {
        let mut bar = Picture::new(150, 120, WHITE);
        let tall = (100.0 * height).max(1.0) as usize;
        bar.paste(&Picture::new(60, tall, COLORS[i]), [45, 120 - tall.min(120)]);
        bar.text([54, 4], &format!("{:.1} %", 100.0 * height), BLACK);
        bar.captioned(name)
    });
    let filters = source.trunk.s1.conv.weight.as_slice();
    let most = filters.iter().fold(0.0_f32, |most, w| most.max(w.abs()));
    let color = |i: usize| filters[27 * i..27 * (i + 1)].iter().map(|w| 0.5 + 0.5 * w / most).collect::<Vec<_>>();
    let filter = |i: usize| Picture::of_numbers(&color(i), 3, 3).enlarged(8);
    let filters = Picture::grid((0..16).map(filter), 4).captioned("first filters");
    report.picture("accuracies.png", &Picture::grid(bars.chain([filters]), 4))?;
    report.finish()
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// Chance is right once in five times; the frozen trunk has to be better than learning from scratch.
#[test]
fn a_trunk_helps() {
    let report = run(&Args::quick()).expect("runs");
    assert!(report["accuracy on the frozen trunk"] > 0.35 && report["gain of the frozen trunk"] > 0.0);
}
