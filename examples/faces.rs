//! Faces: MTCNN with its published weights.
//!
//! Zhang et al. 2016, "Joint face detection and alignment using multitask cascaded convolutional networks", arXiv 1604.02878; the weights are those of the
//! Python package facenet-pytorch (MIT), loaded by their names.
//! Three networks, each more careful than the one before: the P-Net looks at the whole image in ten sizes, a convolution over every window of twelve pixels; the
//! R-Net at what it found, in 24×24 pixels; the O-Net in 48×48, which also finds eyes, nose and the corners of the mouth.
//! The figures are differences from PyTorch: of each network's outputs for one input, and of the box and the landmarks that the cascade finds.
//! `--data` names another folder with the files of `examples/data/mtcnn`.

use fireclay::picture::{COLORS, Picture};
use fireclay::prelude::*;
use fireclay::vision::{Corners, center_size, corners, nms};
use fireclay_examples::{Args, Report, Result};
use safetensors::SafeTensors;

network! {
    pub PNet(image: [3, 12, 12]) -> (offsets: [4, 1, 1], face: [2, 1, 1]) {
        let map = image -> conv1: Conv(10, 3) -> prelu1: PRelu(per_channel = true) -> MaxPool(2, ceil = true)
            -> conv2: Conv(16, 3) -> prelu2: PRelu(per_channel = true) -> conv3: Conv(32, 3) -> prelu3: PRelu(per_channel = true);
        (offsets: map -> conv4_2: Conv(4, 1), face: map -> conv4_1: Conv(2, 1) -> Softmax)
    }
    // The same network over images of ten sizes, each 0.709 times the one before.
    pub P308 = PNet(image: [3, 308, 308]);
    pub P218 = PNet(image: [3, 218, 218]);
    pub P155 = PNet(image: [3, 155, 155]);
    pub P110 = PNet(image: [3, 110, 110]);
    pub P78 = PNet(image: [3, 78, 78]);
    pub P56 = PNet(image: [3, 56, 56]);
    pub P40 = PNet(image: [3, 40, 40]);
    pub P28 = PNet(image: [3, 28, 28]);
    pub P20 = PNet(image: [3, 20, 20]);
    pub P14 = PNet(image: [3, 14, 14]);
    pub P96 = PNet(image: [3, 96, 96]);

    // The weights come from MATLAB, where a map is read by columns, its channels last.
    pub RNet(image: [3, 24, 24]) -> (offsets: [4], face: [2]) {
        let features = image -> conv1: Conv(28, 3) -> prelu1: PRelu(per_channel = true) -> MaxPool(3, stride = 2, ceil = true)
            -> conv2: Conv(48, 3) -> prelu2: PRelu(per_channel = true) -> MaxPool(3, stride = 2, ceil = true)
            -> conv3: Conv(64, 2) -> prelu3: PRelu(per_channel = true) -> Permute(2, 1, 0) -> Flatten
            -> dense4: Dense(128) -> prelu4: PRelu(per_channel = true);
        (offsets: features -> dense5_2: Dense(4), face: features -> dense5_1: Dense(2) -> Softmax)
    }
    pub ONet(image: [3, 48, 48]) -> (offsets: [4], landmarks: [10], face: [2]) {
        let features = image -> conv1: Conv(32, 3) -> prelu1: PRelu(per_channel = true) -> MaxPool(3, stride = 2, ceil = true)
            -> conv2: Conv(64, 3) -> prelu2: PRelu(per_channel = true) -> MaxPool(3, stride = 2, ceil = true)
            -> conv3: Conv(64, 3) -> prelu3: PRelu(per_channel = true) -> MaxPool(2, ceil = true)
            -> conv4: Conv(128, 2) -> prelu4: PRelu(per_channel = true) -> Permute(2, 1, 0) -> Flatten
            -> dense5: Dense(256) -> prelu5: PRelu(per_channel = true);
        (offsets: features -> dense6_2: Dense(4), landmarks: features -> dense6_3: Dense(10), face: features -> dense6_1: Dense(2) -> Softmax)
    }
}

/// A box that may be a face: where it is, how likely, how the network would move its corners, in widths and heights of the box, and what it sees in it.
#[derive(Clone)]
struct Candidate {
    corners: Corners,
    face: f32,
    offsets: [f32; 4],
    landmarks: Vec<[f32; 2]>,
}

/// Those that are likely enough, and of two that overlap the more likely one.
fn suppressed(of: impl IntoIterator<Item = Candidate>, least: f32, threshold: f32) -> Vec<Candidate> {
    let of: Vec<Candidate> = of.into_iter().filter(|candidate| candidate.face >= least).collect();
    let (corners, faces): (Vec<Corners>, Vec<f32>) = of.iter().map(|c| (c.corners, c.face)).unzip();
    nms(&corners, &faces, threshold).into_iter().map(|i| of[i].clone()).collect()
}

/// A box moved as the network says; `more` is added to width and height, as the published code does after the first network.
fn moved(of: &Candidate, more: f32) -> Corners {
    let ([left, top, right, bottom], [a, b, c, d]) = (of.corners, of.offsets);
    let (width, height) = (right - left + more, bottom - top + more);
    [left + a * width, top + b * height, right + c * width, bottom + d * height]
}

/// A square around the same center.
fn square(of: Corners) -> Corners {
    let [x, y, width, height] = center_size(of);
    corners([x, y, width.max(height), width.max(height)])
}

/// What lies in a box, as the input of a network.
fn cut<S: Shape>(photo: &Picture, corners: &Corners) -> Box<Tensor<S>> {
    let [left, top, right, bottom] = corners.map(|x| x.trunc().max(0.0) as usize);
    let (left, top) = (left.saturating_sub(1), top.saturating_sub(1));
    resized(photo, [left, top, right.min(photo.width()).max(left + 1), bottom.min(photo.height()).max(top + 1)])
}

/// A part of a picture in another size: the means of the pixels that are covered (`interpolate(…, mode = "area")` of PyTorch), brought to −1 … 1.
fn resized<S: Shape>(photo: &Picture, [left, top, right, bottom]: [usize; 4]) -> Box<Tensor<S>> {
    let (height, width) = (S::DIMS[1], S::DIMS[2]);
    let span = |i: usize, from: usize, to: usize| (i * from / to, ((i + 1) * from).div_ceil(to));
    let mut image = Tensor::<S>::boxed();
    for (i, to) in image.as_mut_slice().iter_mut().enumerate() {
        let (channel, row, column) = (i / (height * width), i / width % height, i % width);
        let ((y0, y1), (x0, x1)) = (span(row, bottom - top, height), span(column, right - left, width));
        let pixels = (y0..y1).flat_map(|y| (x0..x1).map(move |x| (x, y)));
        let sum: f32 = pixels.map(|(x, y)| photo.pixel(left + x, top + y).map_or(0.0, |color| f32::from(color[channel]))).sum();
        *to = (sum / ((y1 - y0) * (x1 - x0)) as f32 - 127.5) / 128.0;
    }
    image
}

/// What the P-Net finds in the photograph, at each of these sizes.
macro_rules! propose {
    ($photo:expr, $pnet:expr, [$($Net:ident),+]) => {{
        // The network's window has 12 pixels; the smallest face that is looked for has 20.
        let (mut found, mut scales) = (Vec::new(), std::iter::successors(Some(12.0_f64 / 20.0), |scale| Some(scale * 0.709)));
        $(
            let scale = scales.next().unwrap_or(1.0);
            let (offsets, face) = &*$Net::of($pnet).predict(&*resized($photo, [0, 0, $photo.width(), $photo.height()]));
            let corner = |i: usize, more: f64| ((2.0 * i as f64 + more) / scale).floor() as f32;
            let places = face[1].iter().enumerate().flat_map(|(y, row)| row.iter().enumerate().map(move |(x, face)| (x, y, *face)));
            let here = places.map(|(x, y, face)| {
                let corners = [corner(x, 1.0), corner(y, 1.0), corner(x, 12.0), corner(y, 12.0)];
                Candidate { corners, face, offsets: std::array::from_fn(|i| offsets[i][y][x]), landmarks: Vec::new() }
            });
            found.extend(suppressed(here, 0.6, 0.5));
        )+
        suppressed(found, 0.6, 0.7)
    }};
}

/// The largest difference between two rows of numbers.
fn difference(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Finds faces.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("faces", args);
    let folder = args.folder("mtcnn");
    let file = |name: &str| folder.join(format!("mtcnn_{name}.safetensors"));
    let (pnet, rnet, onet) = (PNet::open(file("pnet"))?, RNet::open(file("rnet"))?, ONet::open(file("onet"))?);
    let bytes = std::fs::read(file("expected"))?;
    let wanted = SafeTensors::deserialize(&bytes)?;
    let numbers = |name: &str| -> Result<Vec<f32>> {
        Ok(wanted.tensor(name)?.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
    };
    let input = |name: &str| numbers(&format!("{name}.input"));
    let (boxes, face) = &*P96::of(&pnet).predict(&*Tensor::from_slice(&input("pnet")?).map(Box::new).unwrap_or_default());
    let mut found = vec![("pnet.boxes", boxes.as_slice()), ("pnet.probabilities", face.as_slice())];
    let (boxes, face) = &*rnet.predict(&Tensor::from_slice(&input("rnet")?).unwrap_or_default());
    found.extend([("rnet.boxes", boxes.as_slice()), ("rnet.probabilities", face.as_slice())]);
    let (boxes, marks, face) = &*onet.predict(&Tensor::from_slice(&input("onet")?).unwrap_or_default());
    found.extend([("onet.boxes", boxes.as_slice()), ("onet.probabilities", face.as_slice())]);
    found.push(("onet.landmarks", marks.as_slice()));
    let mut far = 0.0_f32;
    for (name, found) in found {
        far = far.max(difference(found, &numbers(name)?));
    }
    report.at_most("largest difference of the three networks from PyTorch", far, 1e-5);

    let mut photo = Picture::open(folder.join("astronaut.png"))?;
    let proposed = propose!(&photo, &pnet, [P308, P218, P155, P110, P78, P56, P40, P28, P20, P14]);
    let mut refined = Vec::new();
    for corners in proposed.iter().map(|candidate| square(moved(candidate, 0.0))) {
        let (offsets, face) = &*rnet.predict(&cut(&photo, &corners));
        refined.push(Candidate { corners, face: face[1], offsets: std::array::from_fn(|i| offsets[i]), landmarks: Vec::new() });
    }
    let mut found = Vec::new();
    for corners in suppressed(refined, 0.7, 0.7).iter().map(|candidate| square(moved(candidate, 1.0))) {
        let (offsets, marks, face) = &*onet.predict(&cut(&photo, &corners));
        let [left, top, right, bottom] = corners;
        let (width, height) = (right - left + 1.0, bottom - top + 1.0);
        let landmarks = (0..5).map(|i| [left - 1.0 + width * marks[i], top - 1.0 + height * marks[5 + i]]).collect();
        let judged = Candidate { corners, face: face[1], offsets: std::array::from_fn(|i| offsets[i]), landmarks };
        found.push(Candidate { corners: moved(&judged, 1.0), ..judged });
    }
    let found = suppressed(found, 0.7, 0.7);

    let expected: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(folder.join("mtcnn_astronaut.json"))?)?;
    let boxes: Vec<Corners> = serde_json::from_value(expected["boxes"].clone())?;
    let landmarks: Vec<Vec<[f32; 2]>> = serde_json::from_value(expected["landmarks"].clone())?;
    report.at_most("faces: difference in number", found.len().abs_diff(boxes.len()) as f64, 0.0);
    let best = found.first().ok_or("no face was found")?;
    println!("a face at {:?}, with probability {}", best.corners, best.face);
    report.at_most("box: largest difference in pixels", difference(&best.corners, &boxes[0]), 1.0);
    let apart = difference(best.landmarks.as_flattened(), landmarks[0].as_flattened());
    report.at_most("landmarks: largest difference in pixels", apart, 1.0);

    for candidate in found {
        photo.frame(candidate.corners, COLORS[1]);
        candidate.landmarks.iter().for_each(|mark| photo.dot(*mark, 4, COLORS[4]));
    }
    report.picture("faces.png", &photo)?;
    report.finish()
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// The published weights either give PyTorch's numbers or they do not.
#[test]
fn finds_the_face() {
    let report = run(&Args::quick()).expect("runs");
    assert!(report["largest difference of the three networks from PyTorch"] < 1e-5);
    assert!(report["box: largest difference in pixels"] < 1.0 && report["landmarks: largest difference in pixels"] < 1.0);
}
