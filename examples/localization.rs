//! Localization: what there is in a scene, and where, by one network with two heads.
//!
//! Sermanet et al. 2014, "OverFeat: integrated recognition, localization and detection using convolutional networks", arXiv 1312.6229.
//! A trunk of convolutions, a head for the class, and one for the four corners of the box; the losses are cross-entropy and the absolute error.
//! Scenes of 32×32 pixels have one real digit of 14 to 24 pixels anywhere; each epoch has new ones, those of the test have other digits.
//! The picture has the box that is there (white) and the one that was found (orange), with the class that was found.

use fireclay::picture::{COLORS, Picture, WHITE};
use fireclay::prelude::*;
use fireclay::vision::{Corners, Scene, Scenes, iou};
use fireclay_examples::{Args, Report, Result};

network! {
    block Stage(x; c) { x -> conv: Conv(c, 3, pad = 1, bias = false) -> BatchNorm -> Relu }

    /// Class and corners, as shares of the side.
    pub Locate(image: [3, 32, 32]) -> (class: [10], corners: [4]) {
        let f = image -> s1: Stage(16) -> MaxPool(2) -> s2: Stage(32) -> s3: Stage(32) -> MaxPool(2)
            -> s4: Stage(64) -> s5: Stage(64) -> MaxPool(2) -> Flatten;
        (class: f -> Dropout(0.3) -> class1: Dense(96) -> Relu -> class2: Dense(10),
         corners: f -> box1: Dense(96) -> Relu -> box2: Dense(4) -> Sigmoid)
    }
}

const SIDE: f32 = 32.0;
/// Class and corners of the digit.
fn target(scene: &Scene, (class, corners): &mut (Index<10>, Tensor<shape![4]>)) {
    *class = Index::new(scene.objects[0].class).expect("a class");
    *corners = Tensor::from(scene.objects[0].corners.map(|x| x / SIDE));
}

/// Trains, measures, draws.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("localization", args);
    println!("{}\n", Locate::summary());
    let digits = args.digits()?;
    let (training, test) = args.scenes(&digits, |digits| Scenes::new(digits, 32).sizes(14..=24).below(args.of(10, 2)));

    let mut net = Locate::init(&mut rng(args.seed));
    Trainer::new((CrossEntropy, L1.weight(8.0)), AdamW::new(4e-3).weight_decay(0.02))
        .batch(32)
        .epochs(args.of(40, 4))
        .seed(args.seed)
        .schedule(OneCycle::new(4e-3))
        .progress(args.progress())
        .fit(&mut net, &training.samples(args.of(2000, 1000), target))?;

    let (mut right, mut overlap, mut shown) = (0, 0.0, Vec::new());
    let test = test.draw_many(args.of(1000, 100));
    for scene in &test {
        let (class, corners) = *net.predict(&scene.image());
        let (found, there): (Corners, _) = (core::array::from_fn(|i| corners[i] * SIDE), &scene.objects[0]);
        right += usize::from(class.argmax() == there.class);
        overlap += iou(&found, &there.corners);
        if shown.len() < 18 {
            const TIMES: f32 = 3.0;
            let mut picture = Picture::of_numbers(&scene.pixels, 32, 32).enlarged(3);
            picture.frame(there.corners.map(|x| x * TIMES), WHITE);
            picture.frame(found.map(|x| x * TIMES), COLORS[1]);
            picture.text([2, 2], &class.argmax().to_string(), COLORS[6]);
            shown.push(picture);
        }
    }
    report.at_least("class accuracy", right as f64 / test.len() as f64, 0.97);
    report.at_least("mean IoU of boxes", f64::from(overlap) / test.len() as f64, 0.8);
    report.picture("boxes.png", &Picture::grid(shown, 6))?;
    report.finish()
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// There are two classes, of which chance is right for half; the mean box overlaps others by about 0.35.
#[test]
fn finds_boxes() {
    let report = run(&Args::quick()).expect("runs");
    assert!(report["mean IoU of boxes"] > 0.5 && report["class accuracy"] > 0.8);
}
