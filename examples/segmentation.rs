//! Semantic segmentation: the class of every pixel, by a U-Net.
//!
//! Ronneberger, Fischer and Brox 2015, "U-Net: convolutional networks for biomedical image segmentation", arXiv 1505.04597.
//! Going down, maps become smaller and richer; going up, transposed convolutions enlarge them, and what was seen at that size on the way down
//! stands beside it, so that outlines stay sharp. Batch norm and padding are what has become usual since.
//! Scenes are real digits over textures: eleven classes, background and ten digits. Each epoch has new scenes; those of the test have other digits.
//! The picture has scenes, what is there, and what the network found.

use fireclay::metrics::MeanIou;
use fireclay::picture::{COLORS, Color, Picture};
use fireclay::prelude::*;
use fireclay::vision::{Scene, Scenes};
use fireclay_examples::{Args, Report, Result};

network! {
    block Double(x; c) { x -> [Conv(c, 3, pad = 1, bias = false) -> BatchNorm -> Relu; 2] }
    block Up(x, skip; c) { concat(skip, x -> up: ConvTranspose(c, 2, stride = 2)) -> conv: Double(c) }

    /// Classes of 32×32 pixels.
    pub UNet(image: [3, 32, 32]) -> [11, 32, 32] {
        let d1 = image -> down1: Double(16);
        let d2 = d1 -> MaxPool(2) -> down2: Double(32);
        let d3 = d2 -> MaxPool(2) -> down3: Double(64);
        let m = d3 -> MaxPool(2) -> middle: Double(96);
        let u3 = (m, d3) -> up3: Up(64);
        let u2 = (u3, d2) -> up2: Up(32);
        (u2, d1) -> up1: Up(16) -> head: Conv(11, 1)
    }
}

type Classes = Indices<11, 1024>;

fn classes(scene: &Scene, to: &mut Classes) {
    let classes = scene.classes();
    *to = Indices::from_fn(|i| Index::new(classes[i]).unwrap_or_default());
}

/// Trains, measures, draws.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("segmentation", args);
    println!("{}\n", UNet::summary());
    let (digits, others) = Digits::split()?;
    let scenes = |digits| Scenes::new(digits, 32).objects(1..=2).sizes(13..=16).below(args.of(10, 2));

    let mut net = UNet::init(&mut rng(args.seed));
    Trainer::new(CrossEntropy, AdamW::new(4e-3))
        .batch(16)
        .epochs(args.of(24, 6))
        .seed(args.seed)
        .schedule(OneCycle::new(4e-3))
        .progress(args.progress())
        .fit(&mut net, &scenes(&digits).samples(args.of(1000, 400), classes))?;

    let test = scenes(&others).samples(args.of(500, 50), classes);
    let iou = net.measure(&test, MeanIou::<11>::new());
    report.at_least("mean IoU", iou.compute()?, 0.85);
    report.figure("IoU of the background", iou.per_class()[0].unwrap_or(0.0));

    let shown = scenes(&others).draw_many(8, args.seed);
    let there = |scene: &Scene| painted(scene, |at| scene.classes()[at]);
    let found = |scene: &Scene| {
        let scores = net.predict(&scene.image());
        painted(scene, |at| {
            (0..11).max_by(|a, b| scores.as_slice()[a * 1024 + at].total_cmp(&scores.as_slice()[b * 1024 + at])).unwrap_or(0)
        })
    };
    let plain = |scene: &Scene| Picture::of_numbers(&scene.pixels, 32, 32);
    let rows = shown.iter().map(plain).chain(shown.iter().map(there)).chain(shown.iter().map(found));
    report.picture("masks.png", &Picture::grid(rows.map(|picture| picture.enlarged(3)), 8))?;
    report.finish()
}

/// A scene with its classes as colors.
fn painted(scene: &Scene, class: impl Fn(usize) -> usize) -> Picture {
    const MORE: [Color; 2] = [[255, 80, 80], [90, 255, 120]];
    let mut picture = Picture::of_numbers(&scene.pixels, 32, 32);
    let classes: Vec<usize> = (0..1024).map(class).collect();
    for (digit, color) in COLORS.iter().chain(&MORE).enumerate() {
        picture.mask(classes.iter().map(|class| *class == digit + 1), *color, 0.85);
    }
    picture
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// Of two kinds of digits: background everywhere is an IoU of about 0.85 of one class in three, 0.28.
#[test]
fn finds_more_than_background() {
    assert!(run(&Args::quick()).expect("runs")["mean IoU"] > 0.4);
}
