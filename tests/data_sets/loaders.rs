//! Loaders: files in their exact format, and files that are not what they should be, whose errors name them.

use fireclay::data::{Cifar10, Cifar100, Text};
use fireclay::prelude::*;
use std::path::PathBuf;

/// A new, empty folder.
fn folder(name: &str) -> PathBuf {
    let folder =
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fireclay-loaders-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

type Color = Tensor<shape![3, 32, 32]>;

/// A record: class bytes, and pixels that tell its number and their place.
fn record(classes: &[u8], number: usize) -> Vec<u8> {
    let pixels = (0..3072).map(|j| ((number * 50 + j / 1024 * 20 + j % 7) % 256) as u8);
    classes.iter().copied().chain(pixels).collect()
}

const BATCHES: [&str; 6] =
    ["data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"];

fn cifar10(name: &str, within: &str, change: impl Fn(&str, &mut Vec<u8>)) -> PathBuf {
    let folder = folder(name);
    std::fs::create_dir_all(folder.join(within)).expect("made");
    for (b, file) in BATCHES.iter().enumerate() {
        let mut bytes = [record(&[b as u8], 2 * b), record(&[9 - b as u8], 2 * b + 1)].concat();
        change(file, &mut bytes);
        std::fs::write(folder.join(within).join(file), bytes).expect("written");
    }
    folder
}

#[test]
fn cifar_10_is_read_from_both_places() {
    for (name, within) in [("cifar-a", ""), ("cifar-b", "cifar-10-batches-bin")] {
        let (train, test) = Cifar10::load(cifar10(name, within, |_, _| ())).expect("whole");
        assert_eq!((train.len(), test.len()), (10, 2));
        let (mut x, mut class) = (Color::zeros(), Index::default());
        train.fill(7, 0, &mut x, &mut class).expect("in memory");
        assert_eq!((class.get(), Cifar10::CLASSES[class.get()]), (6, "frog"));
        // The eighth image, green, row 1, column 2: number 1024 + 34 of its pixels.
        assert_eq!(x[1][1][2], ((7 * 50 + 20 + 1058 % 7) % 256) as f32 / 255.0);
        let (first, _) = test.split_stratified(1.0, 1).expect("in memory");
        assert_eq!(first.len(), 2);
    }
}

#[test]
fn cifar_100_has_fine_and_coarse_classes() {
    let folder = folder("cifar-100");
    std::fs::write(folder.join("train.bin"), [record(&[3, 42], 0), record(&[19, 99], 1)].concat()).expect("written");
    std::fs::write(folder.join("test.bin"), record(&[0, 0], 2)).expect("written");
    let (train, test) = Cifar100::load(&folder).expect("whole");
    assert_eq!((train.len(), test.len(), train.coarse(1).get()), (2, 1, 19));
    let (mut x, mut class) = (Color::zeros(), Index::default());
    train.fill(1, 0, &mut x, &mut class).expect("in memory");
    assert_eq!((class.get(), x[0][0][0]), (99, 50.0 / 255.0));
    std::fs::write(folder.join("test.bin"), record(&[20, 0], 2)).expect("written");
    let error = Cifar100::load(&folder).expect_err("a wrong class").to_string();
    assert!(error.contains("test.bin: image 0 is of class 20; there are 20 classes"), "{error}");
}

#[test]
fn wrong_cifar_files_are_named() {
    type Change = fn(&str, &mut Vec<u8>);
    let cases: [(&str, Change, &str); 5] = [
        (
            "short",
            |n, b| b.truncate(if n == BATCHES[2] { 6145 } else { 6146 }),
            "data_batch_3.bin: holds 1 images of 3073 bytes and 3072 bytes more",
        ),
        (
            "shifted",
            |n, b| {
                if n == BATCHES[0] {
                    b[3073] = 10
                }
            },
            "data_batch_1.bin: image 1 is of class 10; there are 10 classes",
        ),
        (
            "empty",
            |n, b| {
                if n == BATCHES[5] {
                    b.clear()
                }
            },
            "test_batch.bin: holds 0 images",
        ),
        (
            "html",
            |n, b| {
                if n == BATCHES[1] {
                    *b = b"<!DOCTYPE html><html>".to_vec()
                }
            },
            "data_batch_2.bin: is an HTML page; it is to be a file of the binary version of CIFAR-10",
        ),
        (
            "gzip",
            |n, b| {
                if n == BATCHES[1] {
                    *b = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x01".to_vec()
                }
            },
            "data_batch_2.bin: is not a whole gzip file",
        ),
    ];
    for (name, change, says) in cases {
        let error = Cifar10::load(cifar10(&format!("cifar-{name}"), "", change)).expect_err(name).to_string();
        assert!(error.contains(says), "{error}");
    }
    let folder = folder("cifar-python");
    std::fs::write(folder.join("data_batch_1"), b"\x80\x02}").expect("written");
    let error = Cifar10::load(&folder).expect_err("missing").to_string();
    for says in [
        "data_batch_1.bin: is missing; the folder holds data_batch_1; the files of the Python version do not do",
        "University of Toronto",
    ] {
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn texts_are_characters_or_words() {
    let folder = folder("text");
    let path = folder.join("text.txt");
    std::fs::write(&path, "the cat saw\nthe bat, the end — fin").expect("written");
    let text = Text::characters(&path).expect("UTF-8");
    assert_eq!(text.decode(text.tokens()), "the cat saw\nthe bat, the end — fin");
    assert!(text.vocabulary().is_sorted());
    assert!(
        text.encode("xyz")
            .expect_err("unknown")
            .to_string()
            .starts_with("\"x\", number 0 of the text, is not in the vocabulary of 1")
    );

    let words = Text::words(&path).expect("UTF-8");
    assert_eq!((words.vocabulary()[0].as_str(), words.tokens().len()), ("the", 9));
    assert_eq!(words.decode(&words.encode("the cat").expect("known")), "the cat");
    let limited = words.limit(2);
    assert_eq!(limited.vocabulary(), ["<unk>", "the"]);
    assert_eq!(limited.tokens(), [1, 0, 0, 1, 0, 1, 0, 0, 0]);
    assert_eq!(limited.encode("dog the").expect("anything"), [0, 1]);

    let pieces = text.pieces::<32, 5>().expect("few characters");
    assert_eq!(Dataset::len(&pieces), 6, "34 characters, each piece needs one more");
    let (mut x, mut y) = (Indices::from_fn(|_| Index::default()), Indices::from_fn(|_| Index::default()));
    pieces.fill(1, 0, &mut x, &mut y).expect("in memory");
    let shown = |x: &Indices<32, 5>| text.decode(&x.as_slice().iter().map(|c| c.get() as u32).collect::<Vec<_>>());
    assert_eq!((shown(&x), shown(&y)), ("at sa".to_owned(), "t saw".to_owned()));
    assert_eq!(Dataset::len(&text.pieces::<32, 5>().expect("few").stride(1)), 29);

    let error = text.pieces::<8, 5>().expect_err("too many characters").to_string();
    assert!(error.contains("the network takes 8: `limit(8)` keeps the most frequent"), "{error}");
    let error = text.pieces::<32, 40>().expect_err("too short").to_string();
    assert!(error.contains("the text is 34 long; a piece of 40 and what follows needs 41"), "{error}");
    std::fs::write(&path, b"ab\xff").expect("written");
    let error = Text::characters(&path).expect_err("not UTF-8").to_string();
    assert!(error.ends_with("text.txt: is not UTF-8: byte 2 is none of a character"), "{error}");
    std::fs::write(&path, b"").expect("written");
    assert!(Text::words(&path).expect_err("empty").to_string().ends_with("text.txt: is empty"));
    assert!(Text::words(folder.join("none.txt")).expect_err("missing").to_string().contains("none.txt"));
}

#[cfg(feature = "csv")]
#[test]
fn tables_have_named_columns() {
    use fireclay::data::Table;
    let path = folder("table").join("cars.csv");
    let table = |text: &str| {
        std::fs::write(&path, text).expect("written");
        Table::open(&path)
    };
    let cars = table("\u{feff}make,\"power, hp\",weight,good\r\nA,100, 1.5e3 ,yes\r\n\"B, C\",-0.5,2,no\r\n").expect("whole");
    assert_eq!(cars.names().collect::<Vec<_>>(), ["make", "power, hp", "weight", "good"]);
    let numbers = cars.numbers(["weight", "power, hp"]).expect("numbers");
    assert_eq!(numbers, [Tensor::from([1500.0, 100.0]), Tensor::from([2.0, -0.5])]);
    let classes: Vec<usize> = cars.classes("good", ["yes", "no"]).expect("classes").iter().map(|c| c.get()).collect();
    assert_eq!((classes, cars.class_names("make").expect("there")), (vec![0, 1], vec!["A", "B, C"]));

    let error = |result: fireclay::Result<()>| {
        let text = result.expect_err("refused").to_string();
        text.split_once("cars.csv: ").expect("the file is named").1.to_owned()
    };
    assert_eq!(error(cars.numbers(["speed"]).map(drop)), "has no column `speed`; it has make, power, hp, weight, good");
    assert_eq!(error(cars.numbers(["make"]).map(drop)), "line 2, column `make`: `A` is no finite number");
    assert_eq!(error(cars.classes("good", ["no"]).map(drop)), "line 2, column `good`: `yes` is none of no");
    for (text, says) in [
        ("a,b\n1,2\n3,NaN\n", "line 3, column `b`: `NaN` is no finite number"),
        ("a,b\n1,2\n\n\"x\ny\",inf\n", "line 4, column `b`: `inf` is no finite number"),
        ("a,b\n1,2\n3,\n", "line 3, column `b`: an empty place is no finite number"),
        ("b,b\n1,2\n", "has several columns `b`: b, b"),
    ] {
        assert_eq!(error(table(text).expect("rows").numbers(["b"]).map(drop)), says);
    }
    assert!(error(table("a,b\n1,2\n3\n").map(drop)).contains("line: 3"), "{}", error(table("a,b\n1,2\n3\n").map(drop)));
    assert_eq!(error(table("a,b\n").map(drop)), "has no rows below the names of its columns");
    std::fs::write(&path, b"a,b\n1,\xff\n").expect("written");
    assert!(error(Table::open(&path).map(drop)).contains("UTF-8"));
}

#[cfg(feature = "wav")]
#[test]
fn sounds_are_cut_filled_and_mixed() {
    use fireclay::data::WavFolder;
    use hound::{SampleFormat, WavSpec, WavWriter};
    fn write<T: hound::Sample + Copy>(path: PathBuf, channels: u16, bits: u16, format: SampleFormat, samples: &[T]) {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        let spec = WavSpec { channels, sample_rate: 8000, bits_per_sample: bits, sample_format: format };
        let mut writer = WavWriter::create(path, spec).expect("created");
        samples.iter().for_each(|sample| writer.write_sample(*sample).expect("written"));
        writer.finalize().expect("written");
    }
    let root = folder("wav");
    write(root.join("a/1.wav"), 1, 16, SampleFormat::Int, &[16384_i16, -32768, 0, 8192, 99, 99]);
    write(root.join("a/2.wav"), 2, 32, SampleFormat::Float, &[0.5_f32, 0.25, -1.0, 1.0]);
    write(root.join("b/3.wav"), 1, 8, SampleFormat::Int, &[64_i8, -128]);
    write(root.join("b/4.wav"), 1, 24, SampleFormat::Int, &[1_i32 << 22, -(1 << 23)]);
    let data = WavFolder::<4, 2>::open(&root, 8000).expect("whole");
    assert_eq!((data.class_names(), data.len()), (&["a".to_owned(), "b".to_owned()][..], 4));
    let sample = |data: &WavFolder<4, 2>, i: usize| {
        let (mut x, mut class) = (Tensor::from([9.0; 4]), Index::default());
        data.fill(i, 0, &mut x, &mut class).map(|()| (x, class.get()))
    };
    let all: Vec<_> = (0..4).map(|i| sample(&data, i).expect("a sound")).collect();
    let expected =
        [([0.5, -1.0, 0.0, 0.25], 0), ([0.375, 0.0, 0.0, 0.0], 0), ([0.5, -1.0, 0.0, 0.0], 1), ([0.5, -1.0, 0.0, 0.0], 1)];
    assert_eq!(all, expected.map(|(x, class)| (Tensor::from(x), class)));

    let first = root.join("a/1.wav");
    let whole = std::fs::read(&first).expect("there");
    let error = |data: &WavFolder<4, 2>| sample(data, 0).expect_err("refused").to_string();
    let other_rate = WavFolder::<4, 2>::open(&root, 16_000).expect("listed");
    assert!(error(&other_rate).contains("1.wav: has 8000 numbers a second, not 16000"), "{}", error(&other_rate));
    for cut in 0..whole.len() - 5 {
        std::fs::write(&first, &whole[..cut]).expect("written");
        assert!(error(&data).contains("1.wav: "), "cut at {cut}");
    }
    std::fs::write(&first, b"<!DOCTYPE html><html> ... ").expect("written");
    assert!(error(&data).contains("1.wav: is not a whole WAV file"), "{}", error(&data));
    write(first.clone(), 1, 32, SampleFormat::Float, &[0.5_f32, f32::NAN]);
    assert!(error(&data).ends_with("1.wav: number 1 is NaN"), "{}", error(&data));
    write::<i16>(first.clone(), 1, 16, SampleFormat::Int, &[]);
    assert!(error(&data).ends_with("1.wav: has no sound"));
    std::fs::remove_file(&first).expect("there");
    assert!(error(&data).contains("1.wav"));
    std::fs::write(root.join("a/5.mp3"), b"").expect("written");
    let error = WavFolder::<4, 2>::open(&root, 8000).expect_err("no WAV file").to_string();
    assert!(error.contains("5.mp3: is none of wav: what is read"), "{error}");
}
