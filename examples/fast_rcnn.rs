//! Fast R-CNN: one map of the scene, from which each proposal is pooled.
//!
//! Girshick 2015, "Fast R-CNN", arXiv 1504.08083.
//! Proposals are those of `rcnn`, selective search by color alone. But the convolutions run once for the whole scene, and a region is what lies of their map under its
//! box, pooled to 5×5 numbers whatever its size (RoI pooling). Two heads say what is in it, and how the box is to be moved; both are learned together, by
//! cross-entropy and the smooth absolute error.
//! Selective search still takes its time, which is one of the figures: `faster_rcnn` learns the proposals as well.
//! Up to three real digits over textures of 48×48; each epoch has new scenes, those of the test have other digits. The picture has what was found, with its class.

use fireclay::loss::per_sample;
use fireclay::prelude::*;
use fireclay::vision::{BoxCoder, Corners, Rows, Scene, Scenes, detections, multibox_loss};
use fireclay_examples::{Args, Report, Result, filled, measure, region_targets, sampled, selective_search, timed};

network! {
    block Stage(x; c) { x -> conv: Conv(c, 3, pad = 1, bias = false) -> BatchNorm -> Relu }

    /// Of each region the class, the first one being the background, and the code of where the digit is.
    pub Fast(image: [3, 48, 48], regions: [32, 4]) -> (class: [32, 11], place: [32, 4]) {
        let map = image -> s1: Stage(16) -> s2: Stage(32) -> MaxPool(2) -> s3: Stage(48) -> s4: Stage(64);
        let each = (map, regions) -> RoiPool(5, scale = 1/2) -> each(Flatten) -> fc6: Dense(128) -> Relu;
        (class: each -> class: Dense(11), place: each -> place: Dense(4))
    }
    /// The same for more regions, as a scene has of them.
    pub Many = Fast(regions: [64, 4]);
}

const SIDE: usize = 48;
/// Regions of a scene to learn from, and to look at.
const REGIONS: usize = 32;
const MANY: usize = 64;
const CODER: BoxCoder = BoxCoder::new([10.0, 10.0, 5.0, 5.0]);

type Image = Tensor<shape![3, 48, 48]>;
type Outputs = (Rows<REGIONS, 11>, Rows<REGIONS, 4>);

/// Regions of a scene, and what is to be said of them.
fn regions(scene: &Scene, (regions, target): &mut (Rows<REGIONS, 4>, Rows<REGIONS, 5>)) {
    let boxes: [Corners; REGIONS] = sampled(&selective_search(scene), scene, &mut rng(scene.seed));
    (*regions, *target) = (boxes.into(), region_targets(scene, &boxes, &CODER));
}

/// Trains, measures, draws.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("fast_rcnn", args);
    println!("{}\n", Fast::summary());
    let digits = args.digits()?;
    let scenes = |digits| Scenes::new(digits, SIDE).objects(1..=3).sizes(14..=22).below(args.of(10, 2));
    let (training, test) = args.scenes(&digits, scenes);
    // Regions are an input of the network.
    let data = training.samples(args.of(1000, 200), regions).map(
        |image: &Image, (regions, target), input: &mut (Image, Rows<REGIONS, 4>), to: &mut Rows<REGIONS, 5>| {
            (*input, *to) = ((*image, *regions), *target);
            Ok(())
        },
    );

    let mut net = Fast::init(&mut rng(args.seed));
    let loss = |y: &Outputs, target: &Rows<REGIONS, 5>, dy: &mut Outputs| {
        multibox_loss((&y.0, &y.1), target, (&mut dy.0, &mut dy.1), usize::MAX)
    };
    Trainer::new(per_sample(loss), AdamW::new(4e-3).weight_decay(0.02))
        .batch(16)
        .epochs(args.of(16, 3))
        .seed(args.seed)
        .schedule(OneCycle::new(4e-3))
        .progress(args.progress())
        .fit(&mut net, &data)?;

    let test = test.draw_many(args.of(300, 30));
    let many = Many::of(&net).pack();
    measure(&mut report, &test, 0.85, |scene| {
        let boxes: [Corners; MANY] = filled(&selective_search(scene));
        let (class, place) = &*many.predict(&(scene.image(), boxes.into()));
        detections((class, place), &boxes, &CODER, 0.02)
    })?;
    report.figure("milliseconds of it for selective search", timed(&test, selective_search).1);
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
