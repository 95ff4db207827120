//! Files of other networks: what fits is taken, what does not is named, and nothing is lost on an error.

use fireclay::data::{Method, Normalization, Samples};
use fireclay::{Block, Error, LoadNote, TensorProblem, prelude::*};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

network! {
    pub Classes(image: [2, 4, 4]) -> [3] {
        image -> conv1: Conv(2, 3) -> bn1: BatchNorm -> Relu -> Flatten -> fc: Dense(3)
    }
}

network! {
    /// The same trunk with another head, and a layer more.
    pub Other(image: [2, 4, 4]) -> [2] {
        image -> conv1: Conv(2, 3) -> bn1: BatchNorm -> Relu -> Flatten -> fc: Dense(5) -> Relu -> head: Dense(2)
    }
}

network! {
    /// The same trunk as a part.
    pub Within(image: [2, 4, 4]) -> [2] {
        image -> trunk: net Trunk -> head: Dense(2)
    }
    pub Trunk(image: [2, 4, 4]) -> [8] {
        image -> conv1: Conv(2, 3) -> bn1: BatchNorm -> Relu -> Flatten
    }
}

/// The tensors of a file, to be changed: name, type, shape, bytes.
type Tensors = Vec<(String, Dtype, Vec<usize>, Vec<u8>)>;

fn tensors<N: Network>(net: &N) -> Tensors {
    let bytes = net.to_bytes().expect("bytes");
    let file = SafeTensors::deserialize(&bytes).expect("a whole file");
    file.iter().map(|(name, view)| (name.to_owned(), view.dtype(), view.shape().to_vec(), view.data().to_vec())).collect()
}

fn bytes(tensors: &Tensors) -> Vec<u8> {
    let views =
        tensors.iter().map(|(name, dtype, dims, bytes)| (name, TensorView::new(*dtype, dims.clone(), bytes).expect("a tensor")));
    safetensors::serialize(views, None).expect("bytes")
}

fn renamed(net: &impl Network, name: impl Fn(&str) -> String) -> Vec<u8> {
    let mut file = tensors(net);
    file.iter_mut().for_each(|(old, ..)| *old = name(old));
    bytes(&file)
}

/// Tries to load, which must leave the network as it was, and gives the error.
fn refused<T: std::fmt::Debug>(load: impl FnOnce(&mut Other) -> Result<T, Error>) -> Error {
    let mut net = Other::init(&mut rng(7));
    let before = net.boxed_clone();
    let error = load(&mut net).expect_err("does not fit");
    assert_eq!(net.params().as_slice(), before.params().as_slice());
    assert_eq!(net.buffers().as_slice(), before.buffers().as_slice());
    error
}

#[test]
fn what_fits_is_taken_and_all_else_stays() {
    let (from, mut net) = (Classes::init(&mut rng(1)), Other::init(&mut rng(2)));
    let before = net.boxed_clone();
    let mut file = tensors(&*from);
    file.push(("bn1.num_batches_tracked".to_owned(), Dtype::I64, vec![], vec![0; 8]));
    file.push(("aux.weight".to_owned(), Dtype::F32, vec![1], vec![0; 4]));
    let transfer = net.load_matching_bytes(&bytes(&file)).expect("a part fits");

    let trunk = ["conv1.weight", "conv1.bias", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var"];
    let mut matched = transfer.matched.clone();
    matched.sort_unstable();
    let mut sorted = trunk;
    sorted.sort_unstable();
    assert_eq!(matched, sorted);
    trunk.iter().for_each(|name| assert_eq!(net.tensor(name), from.tensor(name), "{name}"));
    for name in ["fc.weight", "fc.bias", "head.weight", "head.bias"] {
        assert_eq!(net.tensor(name), before.tensor(name), "{name}");
    }
    let names = |problems: &[TensorProblem]| problems.iter().map(|p| p.tensor().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&transfer.missing), ["head.weight", "head.bias"]);
    assert_eq!(names(&transfer.misfits), ["fc.weight", "fc.bias"]);
    assert_eq!(transfer.unused, [TensorProblem::Extra { tensor: "aux.weight".to_owned(), file: vec![1] }]);
    assert!(transfer.left_out.is_empty() && transfer.notes.is_empty());
    assert_eq!(
        transfer.to_string(),
        "6 of the 10 tensors of Other were taken from the given data:
  fc.weight is [3, 8] in the file, [5, 8] in the network
  fc.bias is [3] in the file, [5] in the network
  head.weight is missing; the network has [2, 5]
  head.bias is missing; the network has [2]
  aux.weight [1] is not in the network"
    );
    // The network answers with what it took, also where it had answered before.
    let x = Tensor::from_fn(|i| i as f32 / 7.0 - 2.0);
    let (old, new) = (before.predict(&x), net.predict(&x));
    assert_ne!(old, new);
}

#[test]
fn names_are_mapped() {
    let from = Classes::init(&mut rng(1));
    let mut net = Within::init(&mut rng(2));
    let file = from.to_bytes().expect("bytes");
    let names = |name: &str| (!name.starts_with("fc.")).then(|| format!("trunk.{name}"));
    let transfer = net.load_matching_bytes_with(&file, names).expect("a part fits");
    assert_eq!(transfer.matched.len(), 6);
    assert_eq!(transfer.left_out, ["fc.bias", "fc.weight"]);
    assert!(transfer.unused.is_empty() && transfer.misfits.is_empty());
    assert_eq!(transfer.missing.len(), 2);
    assert!(transfer.to_string().ends_with("\n  the mapping left out fc.bias, fc.weight"), "{transfer}");
    assert_eq!(net.tensor("trunk.conv1.weight"), from.tensor("conv1.weight"));

    // The strict form leaves out what it is told to, and nothing else.
    let mut other = Trunk::zeros();
    let without_head = |name: &str| (!name.starts_with("fc.")).then(|| name.to_owned());
    other.load_bytes_with(&file, without_head).expect("fits");
    assert_eq!(other.tensor("bn1.weight"), from.tensor("bn1.weight"));
    let error = other.load_bytes_with(&file, |name| Some(name.to_owned())).expect_err("two too many").to_string();
    assert!(error.contains("fc.weight [3, 8] is not in the network"), "{error}");
}

#[test]
fn two_tensors_of_one_name_are_an_error() {
    let file = Classes::zeros().to_bytes().expect("bytes");
    let both = |name: &str| Some(name.replace("conv1.bias", "bn1.bias"));
    let text = "the given data does not fit Other:
  bn1.bias would be two tensors of the file: bn1.bias and conv1.bias
  help: give each a name of its own, or `None` to leave it out";
    assert_eq!(refused(|net| net.load_matching_bytes_with(&file, both)).to_string(), text);
    assert_eq!(refused(|net| net.load_bytes_with(&file, both)).to_string(), text);
}

#[test]
fn other_numbers_and_prefixes_are_noted() {
    let mut file = tensors(&*Classes::init(&mut rng(1)));
    for (name, dtype, dims, bytes) in &mut file {
        let numbers = dims.iter().product::<usize>();
        match name.as_str() {
            "conv1.bias" => (*dtype, *bytes) = (Dtype::F16, [0, 0x3c].repeat(numbers)),
            "bn1.bias" => (*dtype, *bytes) = (Dtype::BF16, [0x80, 0x3f].repeat(numbers)),
            "bn1.weight" => (*dtype, *bytes) = (Dtype::F64, 0.25_f64.to_le_bytes().repeat(numbers)),
            // Too large for f32, and no number at all: these stay.
            "bn1.running_mean" => (*dtype, *bytes) = (Dtype::F64, 1e300_f64.to_le_bytes().repeat(numbers)),
            "bn1.running_var" => (*dtype, *bytes) = (Dtype::I32, vec![0; 4 * numbers]),
            _ => {}
        }
        name.insert_str(0, "module.");
    }
    let mut net = Other::zeros();
    let transfer = net.load_matching_bytes(&bytes(&file)).expect("a part fits");
    assert_eq!(net.tensor("conv1.bias"), Some(&[1.0; 2][..]));
    assert_eq!(net.tensor("bn1.bias"), Some(&[1.0; 2][..]));
    assert_eq!(net.tensor("bn1.weight"), Some(&[0.25; 2][..]));
    assert_eq!(net.tensor("bn1.running_mean"), Other::zeros().tensor("bn1.running_mean"));
    assert_eq!(transfer.notes[0], LoadNote::Prefix { prefix: "module.".to_owned() });
    assert_eq!(transfer.notes.len(), 4);
    let text = transfer.to_string();
    for line in [
        "bn1.running_mean holds F64 numbers that are too large for f32",
        "bn1.running_var holds I32 numbers; F32, F16, BF16 and F64 can be loaded",
        "`module.` was left out in front of every name",
        "1 tensor of BF16 numbers was converted to f32",
    ] {
        assert!(text.contains(&format!("\n  {line}")), "{text}");
    }
}

network! {
    /// Two modules that their shapes tell apart.
    pub Old(x: [5]) -> [3] { x -> fc1: Dense(4) -> Relu -> fc2: Dense(3) }
    pub New(x: [5]) -> [3] { x -> trunk: Dense(4) -> Relu -> head: Dense(3) }
    /// As many numbers as the other way round: shapes do not tell which is which.
    pub Alike(x: [4]) -> [4] { x -> a: Dense(4) -> Relu -> b: Dense(4) }
    pub Others(x: [4]) -> [4] { x -> c: Dense(4) -> Relu -> d: Dense(4) }
}

#[test]
fn other_names_with_the_same_shapes() {
    let old = Old::init(&mut rng(1)).to_bytes().expect("written");
    let replaced = ".replace(\"fc1\", \"trunk\").replace(\"fc2\", \"head\")";
    let text = New::zeros().load_bytes(&old).expect_err("other names").to_string();
    let help = format!("\n  help: the names differ, the shapes do not: load_with(…, |name| Some(name{replaced})) loads it");
    assert!(text.contains(&help), "{text}");
    let text = New::zeros().load_matching_bytes(&old).expect_err("other names").to_string();
    assert!(text.contains(&format!("load_matching_with(…, |name| Some(name{replaced}))")), "{text}");
    let mut new = New::zeros();
    new.load_bytes_with(&old, |name| Some(name.replace("fc1", "trunk").replace("fc2", "head"))).expect("the help is right");
    let alike = Alike::init(&mut rng(1)).to_bytes().expect("written");
    let text = Others::zeros().load_bytes(&alike).expect_err("other names").to_string();
    assert!(!text.contains("help: the names differ"), "{text}");
}

/// Names of both sides, and how to bring them together.
#[test]
fn where_nothing_fits() {
    let from = Classes::init(&mut rng(1));
    let unknown = renamed(&*from, |name| format!("features_{name}"));
    let text = refused(|net| net.load_matching_bytes(&unknown)).to_string();
    assert!(text.starts_with("the given data does not fit Other:\n  conv1.weight is missing"), "{text}");
    assert!(text.contains("features_bn1.bias [2] is not in the network"), "{text}");
    assert!(text.contains("\n  help: say which of the file's names are which of the network's: load_matching_with("), "{text}");

    let larger = renamed(&*from, |name| format!("model.net.{name}"));
    let text = refused(|net| net.load_matching_bytes(&larger)).to_string();
    let help = r#"help: leave `model.net.` out: load_matching_with(…, |name| name.strip_prefix("model.net.").map(String::from))"#;
    assert!(text.ends_with(help), "{text}");
    let fits = Other::zeros().load_matching_bytes_with(&larger, |name| name.strip_prefix("model.net.").map(String::from));
    assert_eq!(fits.expect("as it said").matched.len(), 6);

    let mut net = Within::zeros();
    let file = from.to_bytes().expect("bytes");
    let text = net.load_matching_bytes(&file).expect_err("nothing").to_string();
    let help = r#"help: put `trunk.` before them: load_matching_with(…, |name| Some(format!("trunk.{name}")))"#;
    assert!(text.ends_with(help), "{text}");
    let fits = net.load_matching_bytes_with(&file, |name| Some(format!("trunk.{name}")));
    assert_eq!(fits.expect("as it said").matched.len(), 6);

    // Names fit and shapes do not: another mapping is no help.
    let text = refused(|net| net.load_matching_bytes(&bytes(&tensors(&*Wide::zeros())))).to_string();
    assert!(text.contains("head.weight is [2, 9] in the file, [2, 5] in the network") && !text.contains("help"), "{text}");
    let text = refused(|net| net.load_matching_bytes_with(&file, |_| None)).to_string();
    assert!(text.ends_with("help: the mapping left out every tensor of the file"), "{text}");
    let text = refused(|net| net.load_matching_bytes(&bytes(&Vec::new()))).to_string();
    assert!(text.contains("conv1.weight is missing"), "{text}");
}

network! { pub Wide(x: [9]) -> [2] { x -> head: Dense(2, bias = false) } }

#[test]
fn damaged_files_and_other_formats() {
    let whole = Classes::zeros().to_bytes().expect("bytes");
    for end in 0..whole.len() {
        let error = refused(|net| net.load_matching_bytes(&whole[..end]));
        assert!(matches!(error, Error::Safetensors { .. }), "{end}: {error}");
        assert!(fireclay::metadata_from_bytes(&whole[..end]).is_err());
    }
    let error = refused(|net| net.load_matching_bytes(b"PK\x03\x04 ... archive/data.pkl"));
    assert!(matches!(error, Error::OtherFormat { .. }), "{error}");
    let nowhere = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("fireclay-nothing-here.safetensors");
    let error = refused(|net| net.load_matching(&nowhere));
    assert!(matches!(&error, Error::Io { path, .. } if *path == nowhere), "{error}");
    assert!(matches!(fireclay::metadata(&nowhere), Err(Error::Io { .. })));
}

#[test]
fn metadata_is_kept_in_a_file() -> Result<(), Error> {
    let data: Samples<Tensor<shape![2]>, Tensor<shape![1]>> =
        [[0.1, 700.0], [0.7, -3.0], [1.0 / 3.0, 1e-8]].iter().map(|x| (Tensor::from(*x), Tensor::from([0.0]))).collect();
    let normalization = Normalization::fit(Method::Logistic, &data)?;
    let net = Classes::init(&mut rng(1));
    let path =
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fireclay-metadata-{}.safetensors", std::process::id()));
    let odd = [("note", "two\nlines, \"quotes\" and 🔥"), ("", ""), ("__metadata__", "a name like any other")];
    let pairs = || {
        let odd = odd.map(|(key, value)| (key.to_owned(), value.to_owned()));
        normalization.to_metadata("x").into_iter().chain(odd)
    };
    net.save_with(&path, pairs())?;

    let metadata = fireclay::metadata(&path)?;
    assert_eq!(metadata.len(), 4 + 3 + 1);
    assert_eq!(metadata["format"], "pt");
    odd.iter().for_each(|(key, value)| assert_eq!(metadata[*key], *value));
    assert_eq!(Normalization::<shape![2]>::from_metadata("x", &metadata)?, normalization);
    assert_eq!(Classes::zeros().load(&path)?.metadata, metadata);

    // The same bytes each time, which other readers take, and the weights are the same.
    let bytes = std::fs::read(&path).expect("a file");
    (0..8).for_each(|_| assert_eq!(net.to_bytes_with(pairs()).expect("bytes"), bytes));
    let (_, read) = SafeTensors::read_metadata(&bytes).expect("a header");
    assert_eq!(read.metadata().as_ref().map(|m| m.len()), Some(8));
    assert_eq!(Classes::open(&path)?.params().as_slice(), net.params().as_slice());
    // What was read can be written again.
    net.save_with(&path, &metadata)?;
    assert_eq!(std::fs::read(&path).expect("a file"), bytes);

    // What makes no sense is refused, and the file stays.
    for (pairs, says) in [
        (
            [("format", "tf"), ("a", "")],
            "metadata: `format` is `pt`, by which PyTorch's readers know their files, and cannot be `tf`",
        ),
        ([("a", "1"), ("a", "2")], "metadata: `a` has two values, `1` and `2`"),
    ] {
        let error = net.save_with(&path, pairs).expect_err("refused").to_string();
        assert!(error.starts_with(says), "{error}");
    }
    assert_eq!(std::fs::read(&path).expect("a file"), bytes);
    std::fs::remove_file(path).expect("removed");
    Ok(())
}

/// As PyTorch's readers expect it, and as it was before there was any other metadata.
#[test]
fn a_file_begins_as_pytorchs_do() {
    network! { pub Line(x: [2]) -> [1] { x -> fc: Dense(1) } }
    network! { pub Nothing(x: [2]) -> [2] { x -> Relu } }
    let header = |bytes: &[u8]| {
        let length = u64::from_le_bytes(*bytes.first_chunk().expect("a length")) as usize;
        assert_eq!(length % 8, 0);
        String::from_utf8(bytes[8..8 + length].to_vec()).expect("text")
    };
    let tensors = r#""fc.bias":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"fc.weight":{"dtype":"F32","shape":[1,2],"data_offsets":[4,12]}"#;
    let bytes = Line::zeros().to_bytes().expect("bytes");
    assert_eq!(header(&bytes).trim_end(), format!(r#"{{"__metadata__":{{"format":"pt"}},{tensors}}}"#));
    let bytes = Nothing::zeros().to_bytes().expect("bytes");
    assert_eq!(header(&bytes).trim_end(), r#"{"__metadata__":{"format":"pt"}}"#);
    assert!(Nothing::zeros().load_matching_bytes(&bytes).expect("nothing to take").matched.is_empty());
}
