//! R-CNN: proposals without learning, and a network that looks at each.
//!
//! Girshick et al. 2014, "Rich feature hierarchies for accurate object detection and semantic segmentation", arXiv 1311.2524.
//! Selective search proposes some dozens of boxes by color alone. Each is cut out with a margin, warped to 24×24 pixels, and classified: a digit, or background.
//! Non-maximum suppression leaves one box of several on the same object. Boxes stay as they were proposed, and the network runs once for each of them:
//! `fast_rcnn` moves the boxes and shares the convolutions, `faster_rcnn` learns the proposals as well.
//! Up to three real digits over textures of 48×48; the scenes of the test are others, of other digits. The picture has what was found, with its class.

use fireclay::data::Samples;
use fireclay::metrics::Detection;
use fireclay::prelude::*;
use fireclay::vision::{BoxCoder, Corners, Scene, Scenes, iou};
use fireclay_examples::{Args, Report, Result, measure, region_targets, sampled, selective_search, suppressed};

network! {
    block Stage(x; c) { x -> conv: Conv(c, 3, pad = 1, bias = false) -> BatchNorm -> Relu }

    /// Background, and ten digits.
    pub Rcnn(region: [3, 24, 24]) -> [11] {
        region -> s1: Stage(16) -> s2: Stage(32) -> MaxPool(2) -> s3: Stage(64) -> MaxPool(2) -> s4: Stage(64) -> MaxPool(2)
            -> Flatten -> Dropout(0.2) -> fc: Dense(11)
    }
}

const SIDE: usize = 48;
/// Regions of a scene to learn from.
const REGIONS: usize = 16;
type Region = Tensor<shape![3, 24, 24]>;

/// What lies in a box and a little around it, as 24×24 pixels: between four pixels of the scene by how near they are.
fn warped(scene: &Scene, corners: &Corners) -> Region {
    const WARPED: usize = 24;
    let [left, top, right, bottom] = *corners;
    let margin = 1.0 / 8.0;
    let place = |i: usize, from: f32, to: f32| {
        let share = (i as f32 + 0.5) / WARPED as f32 * (1.0 + 2.0 * margin) - margin;
        (from + share * (to - from) - 0.5).clamp(0.0, SIDE as f32 - 1.0)
    };
    Tensor::from_fn(|i| {
        let (channel, x, y) = (i / (WARPED * WARPED), place(i % WARPED, left, right), place(i / WARPED % WARPED, top, bottom));
        let pixel = |x: usize, y: usize| scene.pixels[(channel * SIDE + y.min(SIDE - 1)) * SIDE + x.min(SIDE - 1)];
        let row = |y: usize| pixel(x as usize, y) * (1.0 - x.fract()) + pixel(x as usize + 1, y) * x.fract();
        row(y as usize) * (1.0 - y.fract()) + row(y as usize + 1) * y.fract()
    })
}

/// Regions of some scenes with what is in them; 0 is background.
fn regions(scenes: &[Scene]) -> Samples<Region, Index<11>> {
    let of = |scene: &Scene| {
        let regions: [Corners; REGIONS] = sampled(&selective_search(scene), scene, &mut rng(scene.seed));
        let classes = region_targets(scene, &regions, &BoxCoder::new([1.0; 4]));
        let sample =
            |(region, target): (&Corners, &[f32; 5])| (warped(scene, region), Index::new(target[0] as usize).expect("a class"));
        regions.iter().zip(classes.iter()).map(sample).collect::<Vec<_>>()
    };
    scenes.iter().flat_map(of).collect()
}

/// The regions in which the network sees a digit.
fn detect(net: &Rcnn, scene: &Scene) -> Vec<Detection> {
    let mut all = Vec::new();
    for corners in selective_search(scene) {
        let sure = net.predict(&warped(scene, &corners)).softmax(1.0);
        let classes = (1..11).map(|class| Detection { corners, score: sure[class], class: class - 1 });
        all.extend(classes.filter(|found| found.score > 0.02));
    }
    suppressed(&all, 0.3, true)
}

/// Trains, measures, draws.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("rcnn", args);
    println!("{}\n", Rcnn::summary());
    let digits = args.digits()?;
    let scenes = |digits| Scenes::new(digits, SIDE).objects(1..=3).sizes(14..=22).below(args.of(10, 2));
    let (training, test) = args.scenes(&digits, scenes);

    let mut net = Rcnn::init(&mut rng(args.seed));
    Trainer::new(CrossEntropy, AdamW::new(4e-3).weight_decay(0.02))
        .batch(64)
        .epochs(args.of(6, 3))
        .seed(args.seed)
        .schedule(OneCycle::new(4e-3))
        .progress(args.progress())
        .fit(&mut net, &regions(&training.draw_many(args.of(1000, 120))))?;

    let test = test.draw_many(args.of(300, 30));
    let proposals: Vec<Vec<Corners>> = test.iter().map(selective_search).collect();
    report.figure("proposals a scene", proposals.iter().map(Vec::len).sum::<usize>() as f64 / test.len() as f64);
    let covered = |(scene, proposals): (&Scene, &Vec<Corners>)| {
        scene.objects.iter().filter(|object| proposals.iter().any(|region| iou(region, &object.corners) >= 0.5)).count()
    };
    let objects = test.iter().map(|scene| scene.objects.len()).sum::<usize>();
    report.figure(
        "share of digits that a proposal covers by half",
        test.iter().zip(&proposals).map(covered).sum::<usize>() as f64 / objects as f64,
    );
    measure(&mut report, &test, 0.8, |scene| detect(&net, scene))?;
    report.finish()
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// There are two classes: right boxes with guessed classes have a mAP of about a half, boxes in places by chance of less than 0.01.
#[test]
fn detects() {
    assert!(run(&Args::quick()).expect("runs")["mAP@0.5"] > 0.65);
}
