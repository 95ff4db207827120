//! Event files: byte for byte as PyTorch's `SummaryWriter` writes the same content, and read by a decoder of its own.
#![cfg(feature = "tensorboard")]

use fireclay::{Error, TensorBoard, prelude::*, trainer::Run};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Made by `tests/golden/generate/events.py`, which reads it by TensorBoard's own reader.
const GOLDEN: &[u8] = include_bytes!("../data/tensorboard/events.out.tfevents.golden");

fn folder(name: &str) -> PathBuf {
    let folder =
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fireclay-tensorboard-{}", std::process::id())).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

/// CRC-32C, a bit at a time, from its definition.
fn crc32c(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

fn masked(bytes: &[u8]) -> u32 {
    (crc32c(bytes) >> 15 | crc32c(bytes) << 17).wrapping_add(0xa282_ead8)
}

/// The messages of a TFRecord file, whose checksums are right.
fn records(mut file: &[u8]) -> Vec<&[u8]> {
    let mut records = Vec::new();
    while let Some((length, rest)) = file.split_first_chunk::<8>() {
        let (sum, rest) = rest.split_first_chunk().expect("a checksum");
        assert_eq!(u32::from_le_bytes(*sum), masked(length), "of the length of record {}", records.len());
        let (message, rest) = rest.split_at(u64::from_le_bytes(*length) as usize);
        let (sum, rest) = rest.split_first_chunk().expect("a checksum");
        assert_eq!(u32::from_le_bytes(*sum), masked(message), "of record {}", records.len());
        records.push(message);
        file = rest;
    }
    assert!(file.is_empty());
    records
}

/// A field of a message: its number, its integer or fixed bits, its bytes.
type Field<'m> = (u64, u64, &'m [u8]);

fn varint(message: &mut &[u8]) -> u64 {
    let end = message.iter().position(|byte| *byte < 0x80).expect("an end");
    let (number, rest) = message.split_at(end + 1);
    *message = rest;
    number.iter().rev().fold(0, |value, byte| value << 7 | u64::from(byte & 0x7f))
}

fn fields(mut message: &[u8]) -> Vec<Field<'_>> {
    let mut fields = Vec::new();
    while !message.is_empty() {
        let key = varint(&mut message);
        let length = match key & 7 {
            0 => 0,
            1 => 8,
            2 => varint(&mut message) as usize,
            5 => 4,
            other => panic!("a field of kind {other}"),
        };
        let value = if key & 7 == 0 { varint(&mut message) } else { 0 };
        let (bytes, rest) = message.split_at(length);
        let fixed = bytes.iter().rev().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte));
        fields.push((key >> 3, if key & 7 == 0 { value } else { fixed }, bytes));
        message = rest;
    }
    fields
}

/// The one field of this number.
fn field(message: &[u8], number: u64) -> Option<Field<'_>> {
    let fields: Vec<_> = fields(message).into_iter().filter(|field| field.0 == number).collect();
    assert!(fields.len() < 2);
    fields.first().copied()
}

fn bytes(message: &[u8], number: u64) -> &[u8] {
    field(message, number).map_or(&[], |field| field.2)
}

fn double(message: &[u8], number: u64) -> f64 {
    f64::from_bits(field(message, number).map_or(0, |field| field.1))
}

fn doubles(message: &[u8], number: u64) -> Vec<f64> {
    bytes(message, number).as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect()
}

/// Tag, step and the value itself of an event.
fn value(event: &[u8]) -> (String, u64, &[u8]) {
    let value = bytes(bytes(event, 5), 1);
    let step = field(event, 2).map_or(0, |field| field.1);
    (String::from_utf8(bytes(value, 1).to_vec()).expect("text"), step, value)
}

fn pixels(png: &[u8]) -> (png::ColorType, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().expect("a PNG file");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut pixels).expect("an image");
    (info.color_type, pixels)
}

/// As `events.py` has it.
fn picture<S: Shape>() -> Tensor<S> {
    Tensor::from_fn(|i| (i * 37 % 256) as f32 / 255.0)
}

#[test]
fn checksums_are_those_of_the_standard() {
    // RFC 3720, B.4.
    assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
    assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
    assert_eq!(crc32c(&std::array::from_fn::<u8, 32, _>(|i| i as u8)), 0x46dd_794e);
    assert_eq!(crc32c(b"123456789"), 0xe306_9283);
}

#[test]
fn the_same_bytes_as_summary_writer() -> Result<(), Error> {
    let seconds = || SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64();
    let begin = seconds();
    let mut board = TensorBoard::create(folder("golden"))?;
    for (tag, step, value) in
        [("loss/training", 0, 2.5), ("loss/training", 1, 0.0), ("loss/training", 3_000_000_000, -0.125), ("Größe 🔥", 128, 1e-30)]
    {
        board.scalar(tag, step, value)?;
    }
    board.histogram("weights/fc.weight", 2, &[0.5, -1.25, 3.0, 0.0, 3.0, -0.007_812_5, 0.25])?;
    board.histogram("weights/fc.bias", 2, &[0.0, 0.0])?;
    board.histogram("weights/one", 3, &[-4.0])?;
    board.histogram("weights/wide", 300, &(-100..200).map(|i| i as f32 / 64.0).collect::<Vec<_>>())?;
    board.histogram("weights/far", 4, &[2_f32.powi(60), -(2_f32.powi(-30))])?;
    board.image("image/rgb", 0, &picture::<shape![3, 2, 5]>())?;
    board.image("image/rgba", 1, &picture::<shape![4, 3, 2]>())?;
    board.image("image/gray", 2, &picture::<shape![2, 3]>())?;

    let file = std::fs::read(board.path()).expect("a file");
    let (ours, golden) = (records(&file), records(GOLDEN));
    assert_eq!((ours.len(), golden.len()), (13, 13));
    assert_eq!((bytes(ours[0], 3), bytes(golden[0], 3)), (&b"brain.Event:2"[..], &b"brain.Event:2"[..]));
    for (i, (ours, golden)) in ours.iter().zip(&golden).enumerate() {
        let time = double(ours, 1);
        assert!(begin <= time && time <= seconds(), "{i}: {time}");
        // The time is the first field of nine bytes.
        let (ours, golden) = (&ours[9..], &golden[9..]);
        if i < 1 {
            continue;
        }
        if i < 10 {
            assert_eq!(ours, golden, "record {i}");
            continue;
        }
        // Compressors differ, pixels do not.
        let ((tag, step, ours), (golden_tag, golden_step, golden)) = (value(ours), value(golden));
        assert_eq!((&tag, step), (&golden_tag, golden_step));
        let (ours, golden) = (bytes(ours, 4), bytes(golden, 4));
        for number in 1..=3 {
            assert_eq!(field(ours, number), field(golden, number), "{tag}");
        }
        assert_eq!(pixels(bytes(ours, 4)), pixels(bytes(golden, 4)), "{tag}");
    }
    Ok(())
}

#[test]
fn numbers_that_are_in_no_common_bucket() -> Result<(), Error> {
    let mut board = TensorBoard::create(folder("numbers"))?;
    board.histogram("odd", 0, &[f32::NAN, 1.0, f32::INFINITY, f32::MAX, -f32::MAX, f32::NEG_INFINITY, 1e-20, -1e-45])?;
    let error = board.histogram("weights/fc.bias", 7, &[f32::NAN; 3]).expect_err("nothing to count").to_string();
    assert_eq!(error, "TensorBoard: histogram `weights/fc.bias` at step 7: every number is infinite or NaN");
    let error = board.histogram("none", 0, &[]).expect_err("nothing to count").to_string();
    assert!(error.ends_with("there are no numbers"), "{error}");

    let file = std::fs::read(board.path()).expect("a file");
    let records = records(&file);
    assert_eq!(records.len(), 2, "what is refused leaves nothing");
    let (_, _, value) = value(records[1]);
    let histogram = bytes(value, 5);
    assert_eq!([1, 2, 3].map(|number| double(histogram, number)), [f64::from(-f32::MAX), f64::from(f32::MAX), 5.0]);
    let (limits, buckets) = (doubles(histogram, 6), doubles(histogram, 7));
    assert_eq!((limits.len(), buckets.iter().sum::<f64>()), (buckets.len(), 5.0));
    assert!(limits.is_sorted() && limits[0] == f64::MIN && limits[limits.len() - 1] == f64::MAX);
    let at = |limit: f64| buckets[limits.iter().position(|l| *l == limit).expect("a limit")];
    // Up to zero, from zero on, and beyond 1e20 on both sides.
    assert_eq!((at(0.0), at(1e-12), buckets[1], buckets[buckets.len() - 1], buckets[0]), (1.0, 1.0, 1.0, 1.0, 0.0));
    Ok(())
}

#[test]
fn images_are_cut_and_rounded() -> Result<(), Error> {
    let mut board = TensorBoard::create(folder("images"))?;
    board.image("odd", 0, &Tensor::from([[f32::NAN, -1.0, 0.5, 2.0, f32::INFINITY, 0.999]]))?;
    board.image("one channel", 0, &Tensor::<shape![1, 1, 2]>::from_fn(|i| i as f32))?;
    let file = std::fs::read(board.path()).expect("a file");
    let records = records(&file);
    let image = |record| pixels(bytes(bytes(value(record).2, 4), 4));
    assert_eq!(image(records[1]), (png::ColorType::Grayscale, vec![0, 0, 128, 255, 255, 255]));
    assert_eq!(image(records[2]), (png::ColorType::Grayscale, vec![0, 255]));
    Ok(())
}

network! {
    pub Small(x: [4]) -> [2] { x -> fc1: Dense(3) -> bn: BatchNorm -> Relu -> #[frozen] fc2: Dense(2) }
}

fn tags(path: &Path) -> Vec<(String, u64)> {
    let file = std::fs::read(path).expect("a file");
    records(&file)[1..].iter().map(|event| value(event)).map(|(tag, step, _)| (tag, step)).collect()
}

#[test]
fn weights_and_gradients_of_each_layer() -> Result<(), Error> {
    let mut board = TensorBoard::create(folder("tensors"))?;
    let net = Small::init(&mut rng(1));
    board.weights(3, &net)?;
    board.gradients(4, &Small::grads())?;
    let names = |what: &str, step, names: &[&str]| names.iter().map(|name| (format!("{what}/{name}"), step)).collect::<Vec<_>>();
    let weights = names("weights", 3, &["fc1.weight", "fc1.bias", "bn.weight", "bn.bias", "fc2.weight", "fc2.bias"]);
    // What is frozen has no gradient.
    let gradients = names("gradients", 4, &["fc1.weight", "fc1.bias", "bn.weight", "bn.bias"]);
    assert_eq!(tags(board.path()), [weights, gradients].concat());

    let mut broken = net;
    broken.fc2.bias.as_mut_slice().fill(f32::NAN);
    let error = board.weights(5, &broken).expect_err("NaN").to_string();
    assert_eq!(error, "TensorBoard: histogram `weights/fc2.bias` at step 5: every number is infinite or NaN");
    assert_eq!(tags(board.path()).len(), 10, "all tensors or none");
    Ok(())
}

#[test]
fn epochs_and_histories() -> Result<(), Error> {
    network! { pub Linear(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc: Dense(10) } }
    let (train, validation) = Digits::split()?;
    let (folder, mut seen) = (folder("epochs"), Vec::new());
    let mut board = TensorBoard::create(&folder)?;
    let path = board.path().to_owned();
    let trainer = Trainer::new(CrossEntropy, Adam::new(5e-3)).epochs(2).progress(ProgressBar::Off);
    let trainer = trainer.validate(&validation, Accuracy).on_epoch(|epoch, _: &mut Run<Linear>| {
        board.epoch(epoch, ["accuracy"]).expect("written");
        // A program that is killed now leaves what can be read.
        seen.push(tags(&path).len());
    });
    let history = trainer.fit(&mut Linear::init(&mut rng(1)), &train)?;
    assert_eq!(seen, [5, 10]);

    // The same numbers, in a file of its own in the same folder.
    let mut other = TensorBoard::create(&folder)?;
    other.history(&history)?;
    assert_ne!(other.path(), path);
    let numbers = |path: &Path| -> Vec<(String, u64, f32)> {
        let file = std::fs::read(path).expect("a file");
        let scalar = |event: &&[u8]| {
            let (tag, step, value) = value(event);
            (tag, step, f32::from_bits(field(value, 2).expect("a scalar").1 as u32))
        };
        records(&file)[1..].iter().map(scalar).collect()
    };
    assert_eq!(numbers(&path), numbers(other.path()));
    let epoch = &history.epochs()[1];
    let last: Vec<_> = numbers(&path).into_iter().filter(|(_, step, _)| *step == 2).map(|(tag, _, value)| (tag, value)).collect();
    let expected = [
        ("loss/training", epoch.loss),
        ("loss/validation", epoch.validation_loss.expect("validated")),
        ("learning rate", 5e-3),
        ("samples per second", epoch.speed() as f32),
        ("metrics/accuracy", epoch.metrics()[0]),
    ];
    assert_eq!(last, expected.map(|(tag, value)| (tag.to_owned(), value)));
    Ok(())
}

#[test]
fn a_trainer_tells_all() -> Result<(), Error> {
    network! { pub Linear(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc: Dense(10) } }
    let (train, validation) = Digits::split()?;
    let mut board = TensorBoard::create(folder("listener"))?;
    let trainer = Trainer::new(CrossEntropy, Adam::new(5e-3)).batch(100).epochs(2).progress(ProgressBar::Off);
    trainer.validate(&validation, Accuracy).listen(&mut board).fit(&mut Linear::init(&mut rng(1)), &train.take(300))?;
    let tags = tags(board.path());
    let count = |tag: &str| tags.iter().filter(|(other, _)| other == tag).count();
    assert_eq!(["step/loss", "step/learning rate"].map(count), [6; 2]);
    assert_eq!(
        ["loss/training", "loss/validation", "metrics/accuracy", "weights/fc.weight", "gradients/fc.bias"].map(count),
        [2; 5]
    );
    Ok(())
}

#[test]
fn folders_that_cannot_be_made() {
    let folder = folder("refused");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("file"), "text").expect("a file");
    let error = TensorBoard::create(folder.join("file/within")).expect_err("no folder");
    assert!(matches!(&error, Error::Io { path, .. } if path.ends_with("file/within")), "{error}");
}
