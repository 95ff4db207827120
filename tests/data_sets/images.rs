//! Images from files: held against torchvision's, and files that are not what they should be.
#![cfg(feature = "image")]

use fireclay::data::ImageFolder;
use fireclay::prelude::*;
use std::path::{Path, PathBuf};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/images");

/// A new folder with these files.
fn folder(name: &str, files: &[(&str, &[u8])]) -> PathBuf {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fireclay-images-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    for (file, bytes) in files {
        let path = folder.join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, bytes).expect("written");
    }
    folder
}

fn sample<S: Shape, const CLASSES: usize>(data: &ImageFolder<S, CLASSES>, i: usize) -> fireclay::Result<(Box<Tensor<S>>, usize)> {
    let (mut image, mut class) = (Tensor::boxed(), Index::default());
    data.fill(i, 0, &mut image, &mut class)?;
    Ok((image, class.get()))
}

/// The largest distance, in steps of 1/255, of an image of the folder from torchvision's.
fn distance<S: Shape>(file: &str, end: &str) -> f32 {
    let list = folder(&format!("golden-{file}{end}"), &[("list.txt", format!("{file} 0\n").as_bytes())]);
    let data = ImageFolder::<S, 1>::list(list.join("list.txt"), DATA).expect("there").resize(20);
    let (image, _) = sample(&data, 0).expect("an image");
    let golden = std::fs::read(Path::new(DATA).join(format!("{file}{end}"))).expect("there");
    assert_eq!(golden.len(), S::LEN);
    image.as_slice().iter().zip(golden).map(|(x, byte)| (x * 255.0 - f32::from(byte)).abs()).fold(0.0, f32::max)
}

#[test]
fn images_are_those_of_torchvision() {
    // Pillow now and then goes along columns before rows, which rounds other bytes up; what a JPEG file decodes to, nobody defines to the last bit.
    for file in
        ["smaller.png", "tall.png", "larger.png", "same.png", "gray.png", "palette.png", "alpha.png", "smooth.jpg", "gray.jpg"]
    {
        let color = distance::<shape![3, 14, 17]>(file, ".bytes");
        let gray = distance::<shape![1, 14, 17]>(file, ".gray.bytes");
        assert!(color <= 1.001 && gray <= 1.001, "{file}: {color}, in gray {gray}");
    }
    for file in ["smaller.png", "larger.png", "same.png"] {
        assert!(distance::<shape![3, 14, 17]>(file, ".bytes") < 0.001, "{file}");
    }
}

/// A PNG file.
fn png(width: u32, height: u32, color: png::ColorType, depth: png::BitDepth, data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if color == png::ColorType::Indexed {
        encoder.set_palette(vec![0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255]);
    }
    encoder.write_header().and_then(|mut writer| writer.write_image_data(data)).expect("encoded");
    bytes
}

fn gray(value: u8) -> Vec<u8> {
    png(4, 4, png::ColorType::Grayscale, png::BitDepth::Eight, &[value; 16])
}

type Small = shape![3, 2, 2];

#[test]
fn folders_are_classes_in_the_order_of_their_names() {
    let [a, b, c] = [10, 20, 30].map(gray);
    let files: [(&str, &[u8]); 6] = [
        ("zebra/2.PNG", &c),
        ("zebra/1.png", &b),
        ("ant/within/x.png", &a),
        ("ant/.hidden.png", b"no image"),
        ("ant/notes.txt", b"no image"),
        ("list.txt", b"no folder"),
    ];
    let data = ImageFolder::<Small, 2>::open(folder("classes", &files)).expect("whole");
    assert_eq!(data.class_names(), ["ant", "zebra"]);
    let all: Vec<(u8, usize)> = (0..3)
        .map(|i| sample(&data, i).expect("an image"))
        .map(|(image, class)| ((image[2][1][0] * 255.0).round() as u8, class))
        .collect();
    assert_eq!(all, [(10, 0), (20, 1), (30, 1)]);
    assert!(data.path(2).ends_with("zebra/2.PNG"));
    let (train, test) = data.split_stratified(0.5, 1).expect("no file is read");
    assert_eq!((train.len(), test.len()), (1, 2));
    let mut net = Pixels::init(&mut rng(1));
    let fit = Trainer::new(CrossEntropy, Sgd::new(0.1)).epochs(2).progress(ProgressBar::Off).fit(&mut net, &data);
    assert!(fit.is_ok());
    assert_eq!(net.try_predict_all(&data).expect("whole").len(), 3);
}

network! {
    pub Pixels(image: [3, 2, 2]) -> [2] { image -> Flatten -> fc: Dense(2) }
}

#[test]
fn sixteen_bits_and_palettes_are_colors() {
    let deep: Vec<u8> = (0..16).flat_map(|_| [0x80, 0xFF]).collect();
    let files: [(&str, &[u8]); 3] = [
        ("a/1-deep.png", &png(4, 4, png::ColorType::Grayscale, png::BitDepth::Sixteen, &deep)),
        ("a/2-palette.png", &png(4, 4, png::ColorType::Indexed, png::BitDepth::Two, &[0b01_10_11_00; 4])),
        ("a/3-bits.png", &png(4, 4, png::ColorType::Grayscale, png::BitDepth::One, &[0xF0; 4])),
    ];
    let data = ImageFolder::<shape![3, 4, 4], 1>::open(folder("depths", &files)).expect("whole");
    assert!((sample(&data, 0).expect("an image").0[0][0][0] - f32::from(0x80FF_u16) / 65535.0).abs() <= 1.0 / 255.0);
    let (palette, _) = sample(&data, 1).expect("an image");
    assert_eq!([0, 1, 2].map(|c| palette[c][3]), [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]);
    assert!(sample(&data, 2).expect("an image").0.as_slice().iter().all(|x| *x == 1.0));
}

/// A PNG file whose header promises this size, with a true checksum.
fn promising(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = gray(1);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let mut crc = !0_u32;
    for byte in &bytes[12..29] {
        crc ^= u32::from(*byte);
        (0..8).for_each(|_| crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()));
    }
    bytes[29..33].copy_from_slice(&(!crc).to_be_bytes());
    bytes
}

#[test]
fn wrong_images_are_named() {
    let read = |file: &str| std::fs::read(Path::new(DATA).join(file)).expect("there");
    let jpeg = read("smooth.jpg");
    let frame = jpeg.windows(2).position(|bytes| bytes == [0xFF, 0xC0]).expect("a frame");
    let mut flat = jpeg.clone();
    flat[frame + 5..frame + 7].fill(0);
    let mut broken = gray(1);
    let middle = broken.len() / 2;
    broken[middle + 4] ^= 0x55;
    let png = gray(1);
    let cases: [(&str, &[u8], &str); 12] = [
        ("cut.png", &png[..png.len() - 20], "is not a whole PNG file"),
        ("header.png", &png[..20], "is not a whole PNG file"),
        ("broken.png", &broken, "is not a whole PNG file"),
        ("none.png", &promising(0, 4), "is not a whole PNG file"),
        ("huge.png", &promising(0x7FFF_FFFF, 0x7FFF_FFFF), "PNG file"),
        ("large.png", &promising(20_000, 20_000), "PNG file"),
        ("cut.jpg", &jpeg[..jpeg.len() / 2], "is not a whole JPEG file"),
        ("flat.jpg", &flat, "JPEG file"),
        ("inks.jpg", &read("inks.jpg"), "is a JPEG file of inks (CMYK), whose colors nothing here knows: save it as RGB"),
        ("empty.jpg", b"", "is empty"),
        ("page.jpg", b"<!DOCTYPE html><html>", "is an HTML page, neither PNG nor JPEG"),
        ("packed.png", b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x01", "neither PNG nor JPEG"),
    ];
    for (file, bytes, says) in cases {
        let data = ImageFolder::<Small, 1>::open(folder(file, &[(&format!("a/{file}"), bytes)])).expect("listed");
        let error = sample(&data, 0).map(drop).expect_err(file).to_string();
        assert!(error.contains(&format!("{file}: ")) && error.contains(says), "{error}");
    }
    // No cut of a file is an image.
    for file in ["smooth.jpg", "gray.jpg", "gray.png", "palette.png"] {
        let bytes = read(file);
        for cut in (1..60).map(|i| bytes.len() * i / 61) {
            let data = ImageFolder::<Small, 1>::open(folder("cuts", &[(&format!("a/{file}"), &bytes[..cut])])).expect("listed");
            assert!(sample(&data, 0).is_err(), "{file}, cut at {cut} of {}", bytes.len());
        }
    }
}

#[test]
fn wrong_folders_and_lists_are_named() {
    let image = gray(1);
    let error = |result: fireclay::Result<ImageFolder<Small, 2>>| result.expect_err("refused").to_string();
    let open = |name: &str, files: &[(&str, &[u8])]| error(ImageFolder::open(folder(name, files)));
    assert!(open("one", &[("a/1.png", &image)]).contains("has 1 folders of classes, not 2; the folder holds a"));
    assert!(open("hollow", &[("a/1.png", &image), ("b/1.txt", b"")]).contains("b: has no images (png, jpg, jpeg)"));
    assert!(open("webp", &[("a/1.png", &image), ("b/1.webp", b"")]).contains("1.webp: is none of png, jpg, jpeg"));
    let nowhere = error(ImageFolder::open("/nowhere"));
    assert!(nowhere.contains("/nowhere: is no folder; ImageNet is to be had from its home page"), "{nowhere}");
    let wrong_shape = ImageFolder::<shape![4, 2, 2], 1>::open(folder("shape", &[("a/1.png", &image)]));
    assert!(wrong_shape.expect_err("four channels").to_string().contains("they cannot be [4, 2, 2]"));

    let list = |text: &str| {
        let root = folder("list", &[("1.png", &image), ("with space.png", &image), ("list.txt", text.as_bytes())]);
        ImageFolder::<Small, 2>::list(root.join("list.txt"), root)
    };
    let data = list("1.png 1\n\n/with space.png\t0\r\n").expect("whole");
    assert_eq!((0..2).map(|i| sample(&data, i).expect("an image").1).collect::<Vec<_>>(), [1, 0]);
    for (text, says) in [
        ("1.png 1\n2.png 0\n", "list.txt: line 2: "),
        ("1.png 2\n", "list.txt: line 1: the class 2 is not below 2"),
        ("1.png -1\n", "list.txt: line 1: the class `-1` is no number"),
        ("1.png\n", "list.txt: line 1: `1.png` is not a file and the number of its class"),
        ("\n", "list.txt: names no files"),
    ] {
        let error = error(list(text));
        assert!(error.contains(says), "{error}");
    }
    assert!(error(ImageFolder::list("/nowhere.txt", "/")).contains("/nowhere.txt: is missing; ImageNet"));
}
