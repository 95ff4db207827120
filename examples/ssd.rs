//! Detection at several scales: the single shot multibox detector.
//!
//! Liu et al. 2016, "SSD: single shot multibox detector", arXiv 1512.02325.
//! Three maps of one network, each coarser than the one before, look for objects of three sizes. Around each place of a map lie default boxes, square and upright;
//! the network says of each what is in it and how it is to be moved. A default box is to find the object that it overlaps by at least a half, and the best of them
//! finds it in any case. Most have nothing to find: of these those count that the network is most wrong about, three for each that has (hard negative mining).
//! Up to three real digits of 10 to 36 pixels over textures of 48×48; each epoch has new scenes, those of the test have other digits.
//! The picture has what was found, with its class.

use fireclay::loss::per_sample;
use fireclay::prelude::*;
use fireclay::vision::{BoxCoder, Corners, Rows, Scene, Scenes};
use fireclay::vision::{anchors, box_targets, detections, match_anchors, multibox_loss};
use fireclay_examples::{Args, Report, Result, corners, measure, truths};

network! {
    block Stage(x; c) { x -> conv: Conv(c, 3, pad = 1, bias = false) -> BatchNorm -> Relu }
    /// At each place of a map, row by row: classes of its two default boxes, the first class being the background, and codes of where the object is.
    block Head(map) {
        (map -> class: Conv(2 * 11, 3, pad = 1) -> Permute(1, 2, 0) -> Reshape([2 * map.height * map.width, 11]),
         map -> place: Conv(2 * 4, 3, pad = 1) -> Permute(1, 2, 0) -> Reshape([2 * map.height * map.width, 4]))
    }

    pub Ssd(image: [3, 48, 48]) -> (class: [378, 11], place: [378, 4]) {
        let fine = image -> s1: Stage(16) -> MaxPool(2) -> s2: Stage(32) -> s3: Stage(32) -> MaxPool(2) -> s4: Stage(64);
        let middle = fine -> s5: Stage(64) -> MaxPool(2) -> s6: Stage(96) -> s7: Stage(96);
        let coarse = middle -> MaxPool(2) -> s8: Stage(96) -> s9: Stage(96);
        let (class1, place1) = fine -> head1: Head;
        let (class2, place2) = middle -> head2: Head;
        let (class3, place3) = coarse -> head3: Head;
        (class: concat(class1, class2, class3, axis = time), place: concat(place1, place2, place3, axis = time))
    }
}

const SIDE: usize = 48;
/// Default boxes.
const BOXES: usize = 2 * (12 * 12 + 6 * 6 + 3 * 3);
/// The variances of the published code.
const CODER: BoxCoder = BoxCoder::new([10.0, 10.0, 5.0, 5.0]);

type Outputs = (Rows<BOXES, 11>, Rows<BOXES, 4>);

/// The default boxes of the three maps, around the middles of their places: squares, and boxes that are higher than wide.
fn default_boxes() -> Vec<Corners> {
    let map = |places: usize, size: f32| {
        let stride = (SIDE / places) as f32;
        anchors([places; 2], stride, &[size], &[1.0, 2.0]).into_iter().map(move |corners| corners.map(|x| x + stride / 2.0))
    };
    map(12, 10.0).chain(map(6, 17.0)).chain(map(3, 27.0)).collect()
}

/// Trains, measures, draws.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("ssd", args);
    println!("{}\n", Ssd::summary());
    let digits = args.digits()?;
    let scenes = |digits| Scenes::new(digits, SIDE).objects(1..=3).sizes(10..=36).below(args.of(10, 2));
    let (training, test) = args.scenes(&digits, scenes);
    let boxes = default_boxes();
    let target = |scene: &Scene, target: &mut Rows<BOXES, 5>| {
        *target = box_targets(&truths(scene), &boxes, &match_anchors(&corners(scene), &boxes, 0.5, 0.5, true), &CODER);
    };

    let mut net = Ssd::init(&mut rng(args.seed));
    let loss = |y: &Outputs, target: &Rows<BOXES, 5>, dy: &mut Outputs| {
        let mined = 3;
        multibox_loss((&y.0, &y.1), target, (&mut dy.0, &mut dy.1), mined)
    };
    Trainer::new(per_sample(loss), AdamW::new(4e-3).weight_decay(0.02))
        .batch(16)
        .epochs(args.of(16, 3))
        .seed(args.seed)
        .schedule(OneCycle::new(4e-3))
        .progress(args.progress())
        .fit(&mut net, &training.samples(args.of(1000, 400), target))?;

    let test = test.draw_many(args.of(500, 50));
    measure(&mut report, &test, 0.85, |scene| {
        let (class, place) = &*net.predict(&scene.image());
        detections((class, place), &boxes, &CODER, 0.02)
    })?;
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
