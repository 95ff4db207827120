//! Networks in files: what fits is taken whole, what does not leaves the network as it was and is named.

use fireclay::prelude::*;
use fireclay::{Error, TensorProblem};
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
    let folder = std::env::temp_dir().join(format!("fireclay-weights-{}", std::process::id()));
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

    let error = net.save(folder.join("no/such/folder/x.safetensors")).expect_err("no folder");
    assert!(error.to_string().contains("x.safetensors"), "{error}");
    let error = net.load(folder.join("nothing.safetensors")).expect_err("no file");
    assert!(matches!(&error, Error::Io { path, .. } if path.ends_with("nothing.safetensors")), "{error}");
    std::fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn a_missing_tensor() {
    let mut file = tensors(&Small::zeros());
    file.retain(|(name, ..)| name != "bn1.running_mean");
    let error = refused(&bytes(&file));
    assert_eq!(problems(&error), [TensorProblem::Missing { tensor: "bn1.running_mean".to_owned(), network: vec![2] }]);
    assert_eq!(error.to_string(), "the given data does not fit Small:\n  bn1.running_mean is missing; the network has [2]");
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
fn another_shape_and_another_type() {
    let mut file = tensors(&Small::zeros());
    for (name, dtype, dims, bytes) in &mut file {
        match name.as_str() {
            "fc.weight" => dims.reverse(),
            "fc.bias" => (*dtype, *bytes) = (Dtype::F16, vec![0; 6]),
            _ => {}
        }
    }
    let error = refused(&bytes(&file));
    let text = error.to_string();
    assert!(text.contains("fc.weight is [8, 3] in the file, [3, 8] in the network"), "{text}");
    assert!(text.contains("fc.bias holds F16 numbers; the network takes F32"), "{text}");
    assert_eq!(problems(&error).len(), 2);
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
