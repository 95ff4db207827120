//! Networks in files: what fits is taken whole, what does not leaves the network as it was and is named.

use fireclay::prelude::*;
use fireclay::{Error, LoadNote, TensorProblem};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

network! {
    pub Small(image: [2, 4, 4]) -> [3] {
        image -> conv1: Conv(2, 3) -> bn1: BatchNorm -> Relu -> Flatten -> fc: Dense(3)
    }
}

/// The tensors of a file, to be changed: name, type, shape, bytes.
type Tensors = Vec<(String, Dtype, Vec<usize>, Vec<u8>)>;

fn tensors(net: &Small) -> Tensors {
    let bytes = net.to_bytes().expect("bytes");
    let file = SafeTensors::deserialize(&bytes).expect("a whole file");
    file.iter().map(|(name, view)| (name.to_owned(), view.dtype(), view.shape().to_vec(), view.data().to_vec())).collect()
}

fn bytes(tensors: &Tensors) -> Vec<u8> {
    let views =
        tensors.iter().map(|(name, dtype, dims, bytes)| (name, TensorView::new(*dtype, dims.clone(), bytes).expect("a tensor")));
    safetensors::serialize(views, None).expect("bytes")
}

/// Loads into a network, which must stay as it was, and gives the error.
fn refused(bytes: &[u8]) -> Error {
    let mut net = Small::init(&mut rng(7));
    let before = net.boxed_clone();
    let error = net.load_bytes(bytes).expect_err("does not fit");
    assert_eq!(net.params().as_slice(), before.params().as_slice());
    assert_eq!(net.buffers().as_slice(), before.buffers().as_slice());
    error
}

fn problems(error: &Error) -> &[TensorProblem] {
    match error {
        Error::Weights { problems, .. } => problems,
        error => panic!("{error}"),
    }
}

use fireclay::Block;

#[test]
fn the_same_seed_gives_the_same_bits() {
    let (a, b, c) = (Small::init(&mut rng(1)), Small::init(&mut rng(1)), Small::init(&mut rng(2)));
    assert_eq!(a.params().as_slice(), b.params().as_slice());
    assert_ne!(a.params().as_slice(), c.params().as_slice());
    assert_eq!(a.tensor("bn1.running_var"), Some(&[1.0, 1.0][..]));
    assert_eq!(a.tensor("conv1.bias"), Some(&[0.0, 0.0][..]));
    assert!(Small::zeros().params().as_slice().iter().all(|x| *x == 0.0));
}

#[test]
fn saved_and_loaded_bit_for_bit() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fireclay-weights-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("small.safetensors");
    let mut net = Small::init(&mut rng(1));
    net.tensor_mut("fc.weight").expect("a weight")[0] = f32::MIN_POSITIVE / 2.0;
    net.save(&path).expect("saved");
    net.save(&path).expect("saved again, over the old file");
    let back = Small::open(&path).expect("loaded");
    assert_eq!(back.params().as_slice(), net.params().as_slice());
    assert_eq!(back.buffers().as_slice(), net.buffers().as_slice());
    assert_eq!(std::fs::read(&path).expect("bytes"), net.to_bytes().expect("bytes"));
    let files: Vec<_> = std::fs::read_dir(&folder).expect("a folder").collect();
    assert_eq!(files.len(), 1, "nothing but the file is left: {files:?}");

    net.save(folder.join("no/such/folder/x.safetensors")).expect("folders are made");
    assert!(Small::open(folder.join("no/such/folder/x.safetensors")).is_ok());
    let error = net.save(folder.join("small.safetensors/x.safetensors")).expect_err("no folder");
    assert!(matches!(&error, Error::Io { path, .. } if path.ends_with("small.safetensors")), "{error}");
    let error = net.load(folder.join("nothing.safetensors")).expect_err("no file");
    assert!(matches!(&error, Error::Io { path, .. } if path.ends_with("nothing.safetensors")), "{error}");
    std::fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn a_missing_tensor() {
    let mut file = tensors(&Small::zeros());
    file.retain(|(name, ..)| name != "bn1.running_mean");
    let error = refused(&bytes(&file));
    let tensor = "bn1.running_mean".to_owned();
    assert_eq!(problems(&error), [TensorProblem::Missing { tensor, network: vec![2], nearest: None }]);
    assert_eq!(error.to_string(), "the given data does not fit Small:\n  bn1.running_mean is missing; the network has [2]");
}

/// What the file has instead: the likest name of the same shape, or nearly the same name.
#[test]
fn other_names() {
    let mut file = tensors(&Small::zeros());
    for (name, ..) in &mut file {
        *name = name.replace("conv1", "features.0").replace("fc", "fc1");
    }
    file.iter_mut()
        .filter(|(name, ..)| name == "fc1.bias")
        .for_each(|(.., dims, bytes)| (*dims, *bytes) = (vec![4], vec![0; 16]));
    assert_eq!(
        refused(&bytes(&file)).to_string(),
        "the given data does not fit Small:
  conv1.weight is missing; the network has [2, 2, 3, 3], the file features.0.weight [2, 2, 3, 3]
  conv1.bias is missing; the network has [2], the file features.0.bias [2]
  fc.weight is missing; the network has [3, 8], the file fc1.weight [3, 8]
  fc.bias is missing; the network has [3], the file fc1.bias [4]
  fc1.bias [4] is not in the network
  fc1.weight [3, 8] is not in the network
  features.0.bias [2] is not in the network
  features.0.weight [2, 2, 3, 3] is not in the network"
    );
}

fn with_prefix(prefix: &str, net: &Small) -> Vec<u8> {
    let mut file = tensors(net);
    file.push(("bn1.num_batches_tracked".to_owned(), Dtype::I64, vec![], vec![0; 8]));
    file.iter_mut().for_each(|(name, ..)| name.insert_str(0, prefix));
    bytes(&file)
}

#[test]
fn what_pytorchs_wrappers_put_before_every_name_is_left_out() {
    let net = Small::init(&mut rng(3));
    for prefix in ["module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module."] {
        let mut other = Small::zeros();
        let loaded = other.load_bytes(&with_prefix(prefix, &net)).expect("fits");
        assert_eq!(loaded.notes, [LoadNote::Prefix { prefix: prefix.to_owned() }]);
        assert_eq!(loaded.to_string(), format!("`{prefix}` was left out in front of every name"));
        assert_eq!(other.params().as_slice(), net.params().as_slice());
        assert_eq!(other.buffers().as_slice(), net.buffers().as_slice());
    }
    // Any other is a part of a larger model.
    let text = refused(&with_prefix("model.net.", &net)).to_string();
    let help = "help: every name in the file begins with `model.net.`; save that part alone: safetensors.torch.save_file(model.model.net.state_dict(), …)";
    assert!(text.contains(help), "{text}");
    // Before some names only, it is a name.
    let mut file = tensors(&net);
    file[0].0.insert_str(0, "module.");
    assert_eq!(problems(&refused(&bytes(&file))).len(), 2);
}

/// A label may be `module`.
#[test]
fn a_prefix_that_the_network_has_stays() {
    network! { pub Wrapped(x: [2]) -> [1] { x -> module: Dense(1) } }
    let net = Wrapped::init(&mut rng(1));
    let plain = net.to_bytes().expect("bytes");
    let loaded = Wrapped::zeros().load_bytes(&plain).expect("fits");
    assert_eq!((loaded.notes.len(), loaded.to_string().as_str()), (0, ""));

    let file = SafeTensors::deserialize(&plain).expect("a file");
    let twice = safetensors::serialize(file.iter().map(|(name, view)| (format!("module.{name}"), view)), None).expect("bytes");
    let mut other = Wrapped::zeros();
    assert_eq!(other.load_bytes(&twice).expect("fits").notes, [LoadNote::Prefix { prefix: "module.".to_owned() }]);
    assert_eq!(other.tensor("module.weight"), net.tensor("module.weight"));
}

#[test]
fn other_types_of_numbers_are_converted() {
    let mut file = tensors(&Small::zeros());
    for (name, dtype, _, bytes) in &mut file {
        match name.as_str() {
            // 1, -2 and 65504
            "fc.bias" => (*dtype, *bytes) = (Dtype::F16, vec![0, 0x3c, 0, 0xc0, 0xff, 0x7b]),
            "bn1.bias" => (*dtype, *bytes) = (Dtype::BF16, vec![0x80, 0x3f, 0x49, 0xc0]),
            "bn1.weight" => (*dtype, *bytes) = (Dtype::F64, [0.1_f64, -1e-50].map(f64::to_le_bytes).concat()),
            "conv1.bias" => (*dtype, *bytes) = (Dtype::F16, vec![1, 0, 0, 0x80]),
            _ => {}
        }
    }
    let mut net = Small::zeros();
    let loaded = net.load_bytes(&bytes(&file)).expect("fits");
    let text = "2 tensors of F16 numbers were converted to f32\n1 tensor of BF16 numbers was converted to f32\n1 tensor of F64 numbers was converted to f32";
    assert_eq!(loaded.to_string(), text);
    assert_eq!(net.tensor("fc.bias"), Some(&[1.0, -2.0, 65504.0][..]));
    assert_eq!(net.tensor("bn1.bias"), Some(&[1.0, -3.140_625][..]));
    assert_eq!(net.tensor("bn1.weight"), Some(&[0.1, 0.0][..]));
    assert_eq!(net.tensor("conv1.bias"), Some(&[2_f32.powi(-24), 0.0][..]));
}

#[test]
fn a_tensor_too_many_and_pytorchs_counters() {
    let mut file = tensors(&Small::zeros());
    file.push(("bn1.num_batches_tracked".to_owned(), Dtype::I64, vec![], vec![0; 8]));
    assert!(Small::from_bytes(&bytes(&file)).is_ok());
    file.push(("fc.scale".to_owned(), Dtype::F32, vec![2], vec![0; 8]));
    assert_eq!(problems(&refused(&bytes(&file))), [TensorProblem::Extra { tensor: "fc.scale".to_owned(), file: vec![2] }]);
}

#[test]
fn another_shape_another_type_and_too_large_a_number() {
    let mut file = tensors(&Small::zeros());
    for (name, dtype, dims, bytes) in &mut file {
        match name.as_str() {
            "fc.weight" => dims.reverse(),
            "fc.bias" => (*dtype, *bytes) = (Dtype::I32, vec![0; 12]),
            "bn1.bias" => (*dtype, *bytes) = (Dtype::F64, [1.0, 1e300_f64].map(f64::to_le_bytes).concat()),
            _ => {}
        }
    }
    let error = refused(&bytes(&file));
    let text = error.to_string();
    assert!(text.contains("fc.weight is [8, 3] in the file, [3, 8] in the network"), "{text}");
    assert!(text.contains("fc.bias holds I32 numbers; F32, F16, BF16 and F64 can be loaded"), "{text}");
    assert!(text.contains("bn1.bias holds F64 numbers that are too large for f32"), "{text}");
    assert_eq!(problems(&error).len(), 3);
}

/// A long list is cut, and what the file has is listed all the same.
#[test]
fn a_file_of_another_network() {
    let many = (0..20).map(|i| (format!("layer{i}.weight"), Dtype::F32, vec![1], vec![0; 4])).collect();
    let error = refused(&bytes(&many));
    assert_eq!(problems(&error).len(), 8 + 20);
    let text = error.to_string();
    assert!(text.contains("fc.bias is missing") && text.contains("layer0.weight [1] is not in the network"), "{text}");
    assert!(text.ends_with("\n  and 12 more of the file's tensors"), "{text}");
    assert_eq!(text.lines().count(), 1 + 8 + 8 + 1);
}

#[test]
fn a_file_in_another_format() {
    for (start, says) in [
        (&b"PK\x03\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10\0\0\0archive/data.pkl"[..], "a PyTorch checkpoint"),
        (b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.", "a Python pickle"),
        (b"GGUF\x03\0\0\0", "a GGUF file"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    ] {
        let error = refused(start);
        assert!(matches!(error, Error::OtherFormat { .. }), "{error}");
        let text = error.to_string();
        assert!(
            text.starts_with(&format!("the given data is {says}")) && text.contains("not a safetensors file\n  help: "),
            "{text}"
        );
    }
    let text = refused(b"PK\x03\x04 ... archive/data.pkl").to_string();
    assert!(text.contains("safetensors.torch.save_file(model.state_dict(), \"model.safetensors\")"), "{text}");
}

#[test]
fn a_damaged_file() {
    let whole = Small::zeros().to_bytes().expect("bytes");
    for end in 0..whole.len() {
        let error = refused(&whole[..end]);
        assert!(matches!(error, Error::Safetensors { .. }), "{end}: {error}");
    }
    let text = refused(&whole[..whole.len() - 1]).to_string();
    assert!(text.contains("fc.weight [3, 8] is truncated"), "{text}");
    assert!(refused(&whole[..20]).to_string().contains("ends within its header"));

    // A shape in the header that its bytes do not fill.
    let header = String::from_utf8_lossy(&whole).replace("[3,8]", "[3,7]");
    let text = refused(header.as_bytes()).to_string();
    assert!(text.contains("fc.weight [3, 7]"), "{text}");
}
