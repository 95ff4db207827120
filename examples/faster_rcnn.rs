//! Faster R-CNN: the network proposes its regions itself.
//!
//! Ren et al. 2015, "Faster R-CNN: towards real-time object detection with region proposal networks", arXiv 1506.01497.
//! A region proposal network says of anchors, two boxes around each place of a map, whether there is an object and how the anchor is to be moved. The best of them are
//! pooled from the same map, and classified and moved once more as in `fast_rcnn`. What selective search does there, a convolution does here.
//! Learned in turns as the paper has it: first the region proposal network; then the whole, which shares its convolutions, on regions that the first one proposed.
//! Up to three real digits over textures of 48×48; each epoch has new scenes, those of the test have other digits. The picture has what was found, with its class.

use fireclay::loss::per_sample;
use fireclay::prelude::*;
use fireclay::vision::{BoxCoder, Corners, Rows, Scene, Scenes, clip, detections, multibox_loss};
use fireclay_examples::{Args, Report, Result, anchor_boxes, anchor_targets, filled, measure, region_targets, sampled};

network! {
    block Stage(x; c) { x -> conv: Conv(c, 3, pad = 1, bias = false) -> BatchNorm -> Relu }
    /// A number of values for each of the two anchors at each place of a map, row by row.
    block Anchored(map; values) { map -> conv: Conv(2 * values, 1) -> Permute(1, 2, 0) -> Reshape([2 * map.height * map.width, values]) }

    /// The map, and of each anchor whether there is an object, and the code of where it is.
    pub Propose(image: [3, 48, 48]) -> (map: [64, 24, 24], object: [288, 2], anchor: [288, 4]) {
        let map = image -> s1: Stage(16) -> s2: Stage(32) -> MaxPool(2) -> s3: Stage(48) -> s4: Stage(64);
        let rpn = map -> MaxPool(2) -> rpn: Stage(64);
        (map, object: rpn -> object: Anchored(2), anchor: rpn -> anchor: Anchored(4))
    }
    /// Of each region the class, the first one being the background, and the code of where the digit is.
    pub Judge(map: [64, 24, 24], regions: [16, 4]) -> (class: [16, 11], place: [16, 4]) {
        let each = (map, regions) -> RoiPool(5, scale = 1/2) -> each(Flatten) -> fc6: Dense(128) -> Relu;
        (class: each -> class: Dense(11), place: each -> place: Dense(4))
    }
    /// Both, to be trained.
    pub Faster(image: [3, 48, 48], regions: [16, 4]) -> (object: [288, 2], anchor: [288, 4], class: [16, 11], place: [16, 4]) {
        let (map, object, anchor) = image -> propose: net Propose;
        let (class, place) = (map, regions) -> judge: net Judge;
        (object, anchor, class, place)
    }
}

const SIDE: usize = 48;
const ANCHORS: usize = 2 * 12 * 12;
const REGIONS: usize = 16;
const CODER: BoxCoder = BoxCoder::new([10.0, 10.0, 5.0, 5.0]);

type Image = Tensor<shape![3, 48, 48]>;
type Map = Tensor<shape![64, 24, 24]>;
type Proposals = (Map, Rows<ANCHORS, 2>, Rows<ANCHORS, 4>);
/// For the anchors, and for the regions.
type Targets = (Rows<ANCHORS, 5>, Rows<REGIONS, 5>);
type Outputs = (Rows<ANCHORS, 2>, Rows<ANCHORS, 4>, Rows<REGIONS, 11>, Rows<REGIONS, 4>);

/// The map, and the regions that the network is surest of.
fn proposals(net: &Propose, image: &Image) -> (Map, Vec<Corners>) {
    let (map, object, anchor) = &*net.predict(image);
    let found = detections((object, anchor), &anchor_boxes(), &CODER, 0.0);
    (*map, found.iter().take(REGIONS).map(|found| clip(found.corners, [SIDE as f32; 2])).collect())
}

/// Trains, measures, draws.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("faster_rcnn", args);
    println!("{}\n", Faster::summary());
    let digits = args.digits()?;
    let scenes = |digits| Scenes::new(digits, SIDE).objects(1..=3).sizes(14..=22).below(args.of(10, 2));
    let (training, test) = args.scenes(&digits, scenes);
    let count = args.of(1000, 200);

    let anchors = |scene: &Scene, target: &mut Rows<ANCHORS, 5>| *target = anchor_targets(scene, &anchor_boxes(), &CODER);
    let mut propose = Propose::init(&mut rng(args.seed));
    let loss = per_sample(|y: &Proposals, t: &Rows<ANCHORS, 5>, dy| multibox_loss((&y.1, &y.2), t, (&mut dy.1, &mut dy.2), 3));
    Trainer::new(loss, AdamW::new(4e-3).weight_decay(0.02))
        .batch(16)
        .epochs(args.of(6, 2))
        .seed(args.seed)
        .schedule(OneCycle::new(4e-3))
        .progress(args.progress())
        .fit(&mut propose, &training.samples(count, anchors))?;

    let mut net = Faster::init(&mut rng(args.seed));
    net.propose.copy_from(propose.params());
    net.buffers_mut().propose = *propose.buffers();
    let regions = |scene: &Scene, (regions, anchors, classes): &mut (Rows<REGIONS, 4>, Rows<ANCHORS, 5>, Rows<REGIONS, 5>)| {
        let boxes: [Corners; REGIONS] = sampled(&proposals(&propose, &scene.image()).1, scene, &mut rng(scene.seed));
        (*regions, *classes) = (boxes.into(), region_targets(scene, &boxes, &CODER));
        *anchors = anchor_targets(scene, &anchor_boxes(), &CODER);
    };
    // Regions are an input of the network.
    let data = training.samples(count, regions).map(
        |image: &Image, (regions, anchors, classes), input: &mut (Image, Rows<REGIONS, 4>), to: &mut Targets| {
            (*input, *to) = ((*image, *regions), (*anchors, *classes));
            Ok(())
        },
    );
    let loss = |y: &Outputs, (anchors, classes): &Targets, dy: &mut Outputs| {
        multibox_loss((&y.0, &y.1), anchors, (&mut dy.0, &mut dy.1), 3)
            + multibox_loss((&y.2, &y.3), classes, (&mut dy.2, &mut dy.3), usize::MAX)
    };
    Trainer::new(per_sample(loss), AdamW::new(4e-3).weight_decay(0.02))
        .batch(16)
        .epochs(args.of(16, 3))
        .seed(args.seed)
        .schedule(OneCycle::new(4e-3))
        .progress(args.progress())
        .fit(&mut net, &data)?;

    let (mut propose, mut judge) = (propose.clone(), Judge::zeros());
    propose.params_mut().copy_from(&net.propose);
    *propose.buffers_mut() = net.buffers().propose;
    judge.params_mut().copy_from(&net.judge);
    let test = test.draw_many(args.of(300, 30));
    measure(&mut report, &test, 0.85, |scene| {
        let (map, found) = proposals(&propose, &scene.image());
        let boxes: [Corners; REGIONS] = filled(&found);
        let (class, place) = &*judge.predict(&(map, boxes.into()));
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
