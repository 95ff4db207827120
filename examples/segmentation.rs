//! Semantic segmentation: the class of every pixel, by a U-Net and a SegNet.
//!
//! Ronneberger, Fischer and Brox 2015, "U-Net: convolutional networks for biomedical image segmentation", arXiv 1505.04597; Badrinarayanan, Kendall and Cipolla 2015,
//! "SegNet: a deep convolutional encoder-decoder architecture for image segmentation", arXiv 1511.00561.
//! The encoder makes maps smaller and gives them more channels. The decoder of the U-Net enlarges them by transposed convolutions and concatenates the maps of
//! that size from the encoder (skip connections), which keeps outlines sharp. The SegNet keeps less: the indices of the maxima of each pooling, to which unpooling
//! puts values back. Batch norm and padding have become usual since.
//! Scenes are real digits over textures: eleven classes, background and ten digits. Each epoch has new scenes; those of the test have other digits.
//! The picture has scenes, what is there, and what the U-Net and the SegNet found.

use fireclay::data::Samples;
use fireclay::metrics::MeanIou;
use fireclay::picture::{COLORS, Color, Picture};
use fireclay::prelude::*;
use fireclay::vision::{Scene, Scenes};
use fireclay_examples::{Args, Report, Result, SplitScenes};

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

    /// The same with the places of the pools in place of maps.
    pub SegNet(image: [3, 32, 32]) -> [11, 32, 32] {
        let (p1, at1) = image -> down1: Double(24) -> MaxPool(2, indices = true);
        let (p2, at2) = p1 -> down2: Double(48) -> MaxPool(2, indices = true);
        let m = p2 -> middle: [Double(96), Double(96), Double(48)];
        let u2 = (m, at2) -> MaxUnpool(2) -> up2: [Double(48), Double(24)];
        (u2, at1) -> MaxUnpool(2) -> up1: Double(24) -> head: Conv(11, 1)
    }
}

type Classes = Indices<11, 1024>;

fn classes(scene: &Scene) -> Classes {
    let classes = scene.classes();
    Indices::from_fn(|i| Index::new(classes[i]).expect("a class"))
}

type Image = Tensor<shape![3, 32, 32]>;
type Scores = Tensor<shape![11, 32, 32]>;

/// Trains and measures a network; it with its mean IoU.
fn learn<N: Network<Input = Image, Output = Scores, TrainOutput = Scores>>(epochs: usize, args: &Args) -> Result<(Box<N>, f64)> {
    println!("{}\n", N::summary());
    let digits = args.digits()?;
    let (training, test) = scenes(&digits, args);
    let mut net = N::init(&mut rng(args.seed));
    Trainer::new(CrossEntropy, AdamW::new(4e-3))
        .batch(16)
        .epochs(epochs)
        .seed(args.seed)
        .schedule(OneCycle::new(4e-3))
        .progress(args.progress())
        .fit(&mut *net, &training.samples(args.of(1000, 400), |scene, to| *to = classes(scene)))?;
    // The numbers of epochs were chosen by other scenes of these digits, so the digits are not quite new to the program; the scenes are.
    let test = test.draw_many(args.of(500, 50));
    let test: Samples<Image, Classes> = test.iter().map(|scene| (scene.image(), classes(scene))).collect();
    let iou = net.measure(&test, MeanIou::<11>::new()).compute()?;
    Ok((net, iou))
}

/// To learn from, and to test with.
fn scenes<'a>(digits: &'a (Digits, Digits), args: &Args) -> (SplitScenes<'a>, SplitScenes<'a>) {
    args.scenes(digits, |digits| Scenes::new(digits, 32).objects(1..=2).sizes(13..=16).below(args.of(10, 2)))
}

/// Trains, measures, draws.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("segmentation", args);
    let (unet, iou) = learn::<UNet>(args.of(24, 6), args)?;
    report.at_least("mean IoU", iou, 0.85);
    let (segnet, iou) = learn::<SegNet>(args.of(30, 4), args)?;
    report.at_least("mean IoU of the SegNet", iou, 0.85);

    let digits = args.digits()?;
    let shown = scenes(&digits, args).1.draw_many(8);
    let there = |scene: &Scene| painted(scene, |at| scene.classes()[at]);
    let found = |scene: &Scene, scores: &Scores| {
        let score = |class: usize, at: usize| scores.as_slice()[class * 1024 + at];
        painted(scene, |at| (0..11).max_by(|a, b| score(*a, at).total_cmp(&score(*b, at))).unwrap_or(0))
    };
    let plain = shown.iter().map(|scene| Picture::of_numbers(&scene.pixels, 32, 32));
    let by_unet = shown.iter().map(|scene| found(scene, &unet.predict(&scene.image())));
    let by_segnet = shown.iter().map(|scene| found(scene, &segnet.predict(&scene.image())));
    let rows = plain.chain(shown.iter().map(there)).chain(by_unet).chain(by_segnet);
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
    let report = run(&Args::quick()).expect("runs");
    assert!(report["mean IoU"] > 0.4 && report["mean IoU of the SegNet"] > 0.4);
}
