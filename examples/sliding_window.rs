//! A sliding window: a classifier of small images, run over large ones in one pass.
//!
//! Sermanet et al. 2014, "OverFeat: integrated recognition, localization and detection using convolutional networks", arXiv 1312.6229.
//! A classifier of 20×20 pixels is trained on cut-outs: one digit, or texture alone. It has no dense layer but convolutions whose kernels are as large as their maps, so
//! `pub Sliding = Window(…)` is the same network, with the same parameters, over 64×64 pixels: scores of the 144 windows that lie four pixels apart. What
//! windows have in common is computed once.
//! The figures say how far the scores are from those of each window by itself, by what factor one pass is faster than all windows, and how often the window
//! over a digit says which one it is. The picture has scenes and, below, the probability of a digit in each window, with what the window over each digit takes it for.

use fireclay::picture::{COLORS, Picture, heat};
use fireclay::prelude::*;
use fireclay::vision::{Scene, Scenes, center_size};
use fireclay_examples::{Args, Report, Result};
use std::time::Instant;

network! {
    block Stage(x; c, kernel) { x -> conv: Conv(c, kernel, bias = false) -> BatchNorm -> Relu }

    /// Ten digits, and a class for texture.
    pub Window(image: [3, 20, 20]) -> [11, 1, 1] {
        image -> s1: Stage(16, 3) -> s2: Stage(24, 3) -> MaxPool(2) -> s3: Stage(32, 3) -> s4: Stage(48, 3) -> MaxPool(2)
            -> s5: Stage(96, 2) -> Dropout(0.2) -> head: Conv(11, 1)
    }
    /// All windows of a scene.
    pub Sliding = Window(image: [3, 64, 64]);
}

const SIDE: usize = 64;
const WINDOW: usize = 20;
/// Two pools of two: windows lie so many pixels apart, and so many in a row.
const STEP: usize = 4;
const WINDOWS: usize = (SIDE - WINDOW) / STEP + 1;
const TEXTURE: usize = 10;

type Cut = Tensor<shape![3, 20, 20]>;
type Scores = Tensor<shape![11, 12, 12]>;

fn class(scene: &Scene, class: &mut Indices<11, 1>) {
    let there = scene.objects.first().map_or(TEXTURE, |object| object.class);
    *class = Indices::from_fn(|_| Index::new(there).expect("a class"));
}

/// What a window says: probabilities of the eleven classes.
fn probabilities(scores: &Scores, row: usize, column: usize) -> Tensor<shape![11]> {
    let logits: Tensor<shape![11]> = Tensor::from_fn(|class| scores[class][row][column]);
    logits.softmax(1.0)
}

/// The part of a scene under a window.
fn cut(scene: &Scene, row: usize, column: usize) -> Cut {
    Tensor::from_fn(|i| {
        let (channel, y, x) = (i / (WINDOW * WINDOW), i / WINDOW % WINDOW, i % WINDOW);
        scene.pixels[(channel * SIDE + row * STEP + y) * SIDE + column * STEP + x]
    })
}

/// The row and the column of the window whose middle is nearest to that of an object.
fn window_over(corners: [f32; 4]) -> [usize; 2] {
    let [x, y, ..] = center_size(corners);
    [y, x].map(|at| (((at - WINDOW as f32 / 2.0) / STEP as f32).round().max(0.0) as usize).min(WINDOWS - 1))
}

/// Trains, measures, draws.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("sliding_window", args);
    println!("{}\n", Window::summary());
    let digits = args.digits()?;
    let kinds = args.of(10, 3);

    let mut window = Window::init(&mut rng(args.seed));
    let (cuts, _) = args.scenes(&digits, |digits| Scenes::new(digits, WINDOW).objects(0..=1).sizes(14..=18).below(kinds));
    Trainer::new(CrossEntropy, AdamW::new(4e-3).weight_decay(0.02))
        .batch(32)
        .epochs(args.of(20, 3))
        .seed(args.seed)
        .schedule(OneCycle::new(4e-3))
        .progress(args.progress())
        .fit(&mut window, &cuts.samples(args.of(3000, 1000), class))?;

    let sliding = Sliding::of(&window);
    let (_, test) = args.scenes(&digits, |digits| Scenes::new(digits, SIDE).objects(1..=4).sizes(14..=18).below(kinds));
    let test = test.draw_many(args.of(200, 40));
    let images: Vec<Box<Tensor<shape![3, 64, 64]>>> = test.iter().map(|scene| Box::new(scene.image())).collect();
    let (packed, mut memory, start) = (sliding.pack(), Sliding::infer_memory(), Instant::now());
    let scores: Vec<Scores> = images.iter().map(|image| *packed.infer(image, &mut memory)).collect();
    let one_pass = start.elapsed().as_secs_f64();

    // The same by cutting out each window.
    let (packed, mut memory, mut all_windows, mut far) = (window.pack(), Window::infer_memory(), 0.0, 0.0_f32);
    let compared = args.of(20, 3);
    for (scene, scores) in test.iter().zip(&scores).take(compared) {
        let cuts: Vec<Cut> = (0..WINDOWS * WINDOWS).map(|at| cut(scene, at / WINDOWS, at % WINDOWS)).collect();
        let start = Instant::now();
        let alone: Vec<_> = cuts.iter().map(|cut| *packed.infer(cut, &mut memory)).collect();
        all_windows += start.elapsed().as_secs_f64();
        for (at, alone) in alone.iter().enumerate() {
            let apart = |class: usize| (alone[class][0][0] - scores[class][at / WINDOWS][at % WINDOWS]).abs();
            far = (0..11).map(apart).fold(far, f32::max);
        }
    }
    report.at_most("largest difference of one pass from each window by itself", far, 1e-4);
    report.figure(
        "one pass is faster than all windows by a factor of",
        all_windows / compared as f64 / (one_pass / test.len() as f64),
    );

    let (mut right, mut all) = (0, 0);
    for (scene, scores) in test.iter().zip(&scores) {
        for object in &scene.objects {
            let [row, column] = window_over(object.corners);
            right += usize::from(probabilities(scores, row, column).argmax() == object.class);
            all += 1;
        }
    }
    report.at_least("digits recognized by the window over them", right as f64 / all as f64, 0.9);

    const TIMES: usize = 2;
    let plain = test.iter().take(8).map(|scene| Picture::of_numbers(&scene.pixels, SIDE, SIDE).enlarged(TIMES));
    let warm = test.iter().zip(&scores).take(8).map(|(scene, scores)| {
        let mut picture = Picture::from_fn(SIDE * TIMES, SIDE * TIMES, |x, y| {
            let place = |x: usize| (x / TIMES).saturating_sub(WINDOW / 2 - STEP / 2).min(WINDOWS * STEP - 1) / STEP;
            heat(1.0 - probabilities(scores, place(y), place(x))[TEXTURE])
        });
        for object in &scene.objects {
            let [row, column] = window_over(object.corners);
            let class = probabilities(scores, row, column).argmax();
            let text = if class == TEXTURE { "-".to_owned() } else { class.to_string() };
            let [x, y, ..] = center_size(object.corners).map(|x| x as usize * TIMES);
            picture.text([x.saturating_sub(2), y.saturating_sub(5)], &text, COLORS[0]);
        }
        picture
    });
    report.picture("heat.png", &Picture::grid(plain.chain(warm), 8))?;
    report.finish()
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// Of three digits and texture, chance knows one in four.
#[test]
fn one_pass_is_all_windows() {
    let report = run(&Args::quick()).expect("runs");
    assert!(report["largest difference of one pass from each window by itself"] < 1e-4);
    assert!(report["digits recognized by the window over them"] > 0.6);
}
