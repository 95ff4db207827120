//! Tagging: which digits there are in a scene, any number of them.
//!
//! Boutell et al. 2004, "Learning multi-label scene classification"; the network is a classifier that slides over the scene and of which each
//! class takes its best place (Oquab et al. 2015, "Is object localization for free?"): convolutions, then the maximum over the map.
//! Ten questions with yes or no, so ten logistic losses (binary cross-entropy); nobody says where a digit is.
//! Scenes of 40×40 pixels have up to three real digits; each epoch has new ones, those of the test have other digits.
//! The figure is mean average precision; the picture has what is there below each scene, and what was found where that is something else.

use fireclay::picture::Picture;
use fireclay::prelude::*;
use fireclay::vision::{Scene, Scenes};
use fireclay_examples::{Args, Report, Result};

network! {
    block Stage(x; c) { x -> conv: Conv(c, 3, pad = 1, bias = false) -> BatchNorm -> Relu }

    /// A logit for each digit.
    pub Tags(image: [3, 40, 40]) -> [10] {
        image -> s1: Stage(16) -> MaxPool(2) -> s2: Stage(32) -> s3: Stage(32) -> MaxPool(2) -> s4: Stage(64) -> s5: Stage(64)
            -> head: Conv(10, 3, pad = 1) as [10, 10, 10] -> MaxPool(10) -> Flatten
    }
}

fn is_there(scene: &Scene, digit: usize) -> bool {
    scene.objects.iter().any(|object| object.class == digit)
}

/// What is asked of each digit.
fn answers(scene: &Scene, answers: &mut Tensor<shape![10]>) {
    *answers = Tensor::from_fn(|digit| if is_there(scene, digit) { 1.0 } else { 0.0 });
}

/// Of one digit: scenes from the best score down, at each one that has it the share of those so far that have it; their mean.
fn average_precision(mut scores: Vec<(f32, bool)>) -> f64 {
    scores.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut right, mut sum) = (0, 0.0);
    for (i, _) in scores.iter().enumerate().filter(|(_, (_, there))| *there) {
        right += 1;
        sum += f64::from(right) / (i + 1) as f64;
    }
    sum / f64::from(right.max(1))
}

/// Trains, measures, draws.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("tagging", args);
    println!("{}\n", Tags::summary());
    let digits = args.digits()?;
    let kinds = args.of(10, 3);
    let scenes = |digits| Scenes::new(digits, 40).objects(1..=3).sizes(13..=18).below(kinds);
    let (training, test) = args.scenes(&digits, scenes);

    let mut net = Tags::init(&mut rng(args.seed));
    Trainer::new(BceWithLogits, AdamW::new(4e-3).weight_decay(0.02))
        .batch(32)
        .epochs(args.of(20, 5))
        .seed(args.seed)
        .schedule(OneCycle::new(4e-3))
        .progress(args.progress())
        .fit(&mut net, &training.samples(args.of(2000, 800), answers))?;

    let test = test.draw_many(args.of(1000, 100));
    let logits: Vec<_> = test.iter().map(|scene| net.predict(&scene.image())).collect();
    let of = |digit| average_precision(test.iter().zip(&logits).map(|(s, y)| (y[digit], is_there(s, digit))).collect());
    report.at_least("mean average precision", (0..kinds).map(of).sum::<f64>() / kinds as f64, 0.97);

    let list = |digits: Vec<usize>| digits.iter().map(usize::to_string).collect::<Vec<_>>().join(" ");
    let shown = test.iter().zip(&logits).take(18).map(|(scene, logits)| {
        let there = list((0..10).filter(|digit| is_there(scene, *digit)).collect());
        let found = list((0..10).filter(|digit| logits[*digit] > 0.0).collect());
        let text = if there == found { there } else { format!("{there} ({found})") };
        Picture::of_numbers(&scene.pixels, 40, 40).enlarged(2).captioned(&text)
    });
    report.picture("tags.png", &Picture::grid(shown, 6))?;
    report.finish()
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// Of three kinds of digits each is in about half of the scenes: scores that know nothing have an average precision of 0.53.
#[test]
fn tags() {
    assert!(run(&Args::quick()).expect("runs")["mean average precision"] > 0.75);
}
