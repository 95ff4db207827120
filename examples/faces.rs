//! Faces: MTCNN with its published weights.
//!
//! Zhang et al. 2016, "Joint face detection and alignment using multitask cascaded convolutional networks", arXiv 1604.02878; the weights are those of the
//! Python package facenet-pytorch (MIT), loaded by their names.
//! Three networks, each more careful than the one before: the P-Net looks at the whole image in ten sizes, a convolution over every window of twelve pixels; the
//! R-Net at what it found, in 24×24 pixels; the O-Net in 48×48, which also finds eyes, nose and the corners of the mouth.
//! The figures are distances from what PyTorch gives: of each network for an input of its own, and of the box and the landmarks that the cascade finds.

use fireclay::picture::{COLORS, Picture};
use fireclay::prelude::*;
use fireclay::vision::{Corners, nms};
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

/// The smallest face that is looked for, in pixels.
const SMALLEST: f64 = 20.0;

/// A box that may be a face: where it is, how likely, and how the network would move its corners, in widths and heights of the box.
#[derive(Clone)]
struct Candidate {
    corners: Corners,
    face: f32,
    offsets: [f32; 4],
}

/// Those that are left where of two that overlap the more likely stays.
fn suppressed(of: Vec<Candidate>, threshold: f32) -> Vec<Candidate> {
    let (corners, faces): (Vec<Corners>, Vec<f32>) = of.iter().map(|c| (c.corners, c.face)).unzip();
    nms(&corners, &faces, threshold).into_iter().map(|i| of[i].clone()).collect()
}

impl Candidate {
    /// Moved as the network says; `more` is added to width and height, as the published code does after the first network.
    fn moved(&self, more: f32) -> Self {
        let [left, top, right, bottom] = self.corners;
        let (width, height) = (right - left + more, bottom - top + more);
        let [a, b, c, d] = self.offsets;
        Self { corners: [left + a * width, top + b * height, right + c * width, bottom + d * height], ..*self }
    }

    /// Made a square around the same center.
    fn square(&self) -> Self {
        let [left, top, right, bottom] = self.corners;
        let (width, height) = (right - left, bottom - top);
        let side = width.max(height);
        let (x, y) = (left + (width - side) / 2.0, top + (height - side) / 2.0);
        Self { corners: [x, y, x + side, y + side], ..*self }
    }

    /// What lies in it, as the input of a network: the mean of the pixels (of 0 to 255) under each pixel, brought to −1 … 1.
    fn cut<const SIDE: usize>(&self, photo: &Picture) -> Box<Tensor<(Const<3>, Const<SIDE>, Const<SIDE>)>>
    where
        (Const<3>, Const<SIDE>, Const<SIDE>): Shape,
    {
        let [left, top, right, bottom] = self.corners.map(|x| x.trunc() as i64);
        let (left, top) = (left.max(1) as usize - 1, top.max(1) as usize - 1);
        let (right, bottom) = ((right.max(0) as usize).min(photo.width()), (bottom.max(0) as usize).min(photo.height()));
        let mut to = Tensor::<(Const<3>, Const<SIDE>, Const<SIDE>)>::boxed();
        resize(photo, [left, top, right.max(left + 1), bottom.max(top + 1)], [SIDE; 2], to.as_mut_slice());
        to
    }
}

/// A part of a picture in another size, each pixel the mean of those that it covers (`torch.nn.functional.interpolate(…, mode = "area")`).
fn resize(photo: &Picture, [left, top, right, bottom]: [usize; 4], [height, width]: [usize; 2], to: &mut [f32]) {
    let span = |i: usize, from: usize, to: usize| (i * from / to, ((i + 1) * from).div_ceil(to));
    for (i, to) in to.iter_mut().enumerate() {
        let (channel, row, column) = (i / (height * width), i / width % height, i % width);
        let ((y0, y1), (x0, x1)) = (span(row, bottom - top, height), span(column, right - left, width));
        let pixels = (y0..y1).flat_map(|y| (x0..x1).map(move |x| (x, y)));
        let sum: f32 = pixels.map(|(x, y)| photo.pixel(left + x, top + y).map_or(0.0, |color| f32::from(color[channel]))).sum();
        *to = (sum / ((y1 - y0) * (x1 - x0)) as f32 - 127.5) / 128.0;
    }
}

/// What the P-Net finds in the photograph, at each of these sizes.
macro_rules! propose {
    ($photo:expr, $pnet:expr, [$($Net:ident $side:literal),+]) => {{
        let (mut found, mut scale) = (Vec::new(), 12.0 / SMALLEST);
        $(
            let mut image = Tensor::<shape![3, $side, $side]>::boxed();
            resize($photo, [0, 0, $photo.width(), $photo.height()], [$side; 2], image.as_mut_slice());
            let (offsets, face) = &*$Net::of($pnet).predict(&image);
            let mut here = Vec::new();
            for (row, faces) in face[1].iter().enumerate() {
                for (column, face) in faces.iter().enumerate().filter(|(_, face)| **face >= 0.6) {
                    let corner = |i: usize, more: f64| ((2.0 * i as f64 + more) / scale).floor() as f32;
                    let corners = [corner(column, 1.0), corner(row, 1.0), corner(column, 12.0), corner(row, 12.0)];
                    here.push(Candidate { corners, face: *face, offsets: std::array::from_fn(|i| offsets[i][row][column]) });
                }
            }
            found.extend(suppressed(here, 0.5));
            scale *= 0.709;
        )+
        println!("{} boxes in ten sizes of the image, down to {:.3} of it", found.len(), scale / 0.709);
        suppressed(found, 0.7)
    }};
}

/// The largest difference between two rows of numbers.
fn difference(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Finds faces.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("faces", args);
    let folder = args.data.clone().unwrap_or_else(|| "examples/data/mtcnn".into());
    let (pnet, rnet, onet) = (
        PNet::open(folder.join("mtcnn_pnet.safetensors"))?,
        RNet::open(folder.join("mtcnn_rnet.safetensors"))?,
        ONet::open(folder.join("mtcnn_onet.safetensors"))?,
    );
    let bytes = std::fs::read(folder.join("mtcnn_expected.safetensors"))?;
    let wanted = SafeTensors::deserialize(&bytes)?;
    let numbers = |name: &str| -> Result<Vec<f32>> {
        Ok(wanted.tensor(name)?.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
    };
    let mut far = 0.0_f32;
    let (boxes, face) = &*P96::of(&pnet).predict(&*Tensor::from_slice(&numbers("pnet.input")?).map(Box::new).unwrap_or_default());
    far = far
        .max(difference(boxes.as_slice(), &numbers("pnet.boxes")?))
        .max(difference(face.as_slice(), &numbers("pnet.probabilities")?));
    let (boxes, face) = &*rnet.predict(&Tensor::from_slice(&numbers("rnet.input")?).unwrap_or_default());
    far = far
        .max(difference(boxes.as_slice(), &numbers("rnet.boxes")?))
        .max(difference(face.as_slice(), &numbers("rnet.probabilities")?));
    let (boxes, marks, face) = &*onet.predict(&Tensor::from_slice(&numbers("onet.input")?).unwrap_or_default());
    far = far
        .max(difference(boxes.as_slice(), &numbers("onet.boxes")?))
        .max(difference(face.as_slice(), &numbers("onet.probabilities")?));
    far = far.max(difference(marks.as_slice(), &numbers("onet.landmarks")?));
    report.at_most("largest difference of the three networks from PyTorch", far, 1e-5);

    let photo = Picture::open(folder.join("astronaut.png"))?;
    let proposed = propose!(
        &photo,
        &pnet,
        [P308 308, P218 218, P155 155, P110 110, P78 78, P56 56, P40 40, P28 28, P20 20, P14 14]
    );
    let mut refined = Vec::new();
    for candidate in proposed.iter().map(|c| c.moved(0.0).square()) {
        let (offsets, face) = &*rnet.predict(&candidate.cut::<24>(&photo));
        if face[1] > 0.7 {
            refined.push(Candidate { face: face[1], offsets: std::array::from_fn(|i| offsets[i]), ..candidate });
        }
    }
    let refined = suppressed(refined, 0.7);
    println!("{} of {} are left after the second network", refined.len(), proposed.len());
    let mut found: Vec<(Candidate, Vec<[f32; 2]>)> = Vec::new();
    for candidate in refined.iter().map(|c| c.moved(1.0).square()) {
        let (offsets, marks, face) = &*onet.predict(&candidate.cut::<48>(&photo));
        if face[1] > 0.7 {
            let [left, top, right, bottom] = candidate.corners;
            let (width, height) = (right - left + 1.0, bottom - top + 1.0);
            let marks = (0..5).map(|i| [left - 1.0 + width * marks[i], top - 1.0 + height * marks[5 + i]]).collect();
            let offsets = std::array::from_fn(|i| offsets[i]);
            found.push((Candidate { face: face[1], offsets, ..candidate }.moved(1.0), marks));
        }
    }
    found.sort_by(|(a, _), (b, _)| b.face.total_cmp(&a.face));
    let (corners, faces): (Vec<Corners>, Vec<f32>) =
        found.iter().map(|(candidate, _)| (candidate.corners, candidate.face)).unzip();
    let kept = nms(&corners, &faces, 0.7);

    let expected: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(folder.join("mtcnn_astronaut.json"))?)?;
    let boxes: Vec<Corners> = serde_json::from_value(expected["boxes"].clone())?;
    let landmarks: Vec<Vec<[f32; 2]>> = serde_json::from_value(expected["landmarks"].clone())?;
    report.at_most("faces found beside those in the photograph", kept.len().abs_diff(boxes.len()) as f64, 0.0);
    let (best, marks) = &found[*kept.first().ok_or("no face was found")?];
    println!("a face at {:?}, with probability {}", best.corners, best.face);
    report.at_most("pixels between the box and PyTorch's", difference(&best.corners, &boxes[0]), 1.0);
    report.at_most(
        "pixels between the landmarks and PyTorch's",
        difference(marks.as_flattened(), landmarks[0].as_flattened()),
        1.0,
    );

    let mut picture = photo;
    for i in kept {
        let (candidate, marks) = &found[i];
        picture.frame(candidate.corners, COLORS[1]);
        marks.iter().for_each(|mark| picture.dot(*mark, 4, COLORS[4]));
    }
    report.picture("faces.png", &picture)?;
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
    assert!(report["pixels between the box and PyTorch's"] < 1.0 && report["pixels between the landmarks and PyTorch's"] < 1.0);
}
