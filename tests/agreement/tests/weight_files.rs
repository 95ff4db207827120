//! Whatever a file holds, `open`, `load` and `weights!` say of it what the crate `safetensors` says, and take the same numbers from it.

use fireclay::prelude::*;
use fireclay::{Block, Error};
use safetensors::{Dtype, SafeTensors};
use std::path::{Path, PathBuf};

const TINY: &str = "pub Tiny(x: [3]) -> [2] { x -> fc: Dense(2) }";
network! { pub Tiny(x: [3]) -> [2] { x -> fc: Dense(2) } }

/// A file: a header with its length in front, and numbers.
fn file(header: &[u8], data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header, data].concat()
}

/// Headers and how many bytes they speak of: some that are taken, some that are not.
fn headers() -> Vec<(String, usize)> {
    let entry = |name: &str, dtype: &str, shape: &str, from: usize, to: usize| {
        format!("\"{name}\":{{\"dtype\":\"{dtype}\",\"shape\":{shape},\"data_offsets\":[{from},{to}]}}")
    };
    let both = |prefix: &str, dtype: &str, size: usize| {
        let weight = entry(&format!("{prefix}fc.weight"), dtype, "[2,3]", 0, 6 * size);
        let bias = entry(&format!("{prefix}fc.bias"), dtype, "[2]", 6 * size, 8 * size);
        (format!("{weight},{bias}"), 8 * size)
    };
    let (plain, end) = both("", "F32", 4);
    let mut all = vec![
        (plain.clone(), end),
        (format!("\"__metadata__\":{{\"format\":\"pt\"}},{plain}"), end),
        (format!("\"__metadata__\":{{\"note\":\"\\ud83d\\udd25\"}},{plain}"), end),
        (format!("\"__metadata__\":{{\"steps\":3}},{plain}"), end),
        (format!("{plain},{}", entry("fc.num_batches_tracked", "I64", "[]", end, end + 8)), end + 8),
        (format!("{plain},{}", entry("none", "F32", "[0, 7]", end, end)), end),
        (format!("{plain},{}", entry("fc.bias", "F32", "[2]", 24, 32)), end),
        (format!("{plain},{}", entry("fc.bias", "F32", "[2]", 32, 40)), end + 8),
        (plain.replace("[24,32]", "[20,28]"), 28),
        (plain.replace("[24,32]", "[28,36]"), 36),
        (plain.clone(), end + 4),
        (both("module.", "F32", 4).0, end),
        (both("", "F64", 8).0, 64),
        (both("", "F16", 2).0, 16),
        (both("_orig_mod.module.", "BF16", 2).0, 16),
        (both("", "I32", 4).0, end),
        (both("model.", "F32", 4).0, end),
    ];
    all.iter_mut().for_each(|(entries, _)| *entries = format!("{{{entries}}}"));
    all
}

/// Random numbers (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ x >> 31) % (n as u64)) as usize
    }

    /// Changes, doubles or takes away a few bytes, as JSON likes them or as it does not.
    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        const LIKELY: &[u8] = b"0123456789{}[]\",:.ew \\u-FIB\xc3\0";
        if bytes.is_empty() {
            return;
        }
        let at = self.below(bytes.len());
        let end = (at + 1 + self.below(40)).min(bytes.len());
        match self.below(6) {
            0 => bytes[at] = LIKELY[self.below(LIKELY.len())],
            1 => bytes[at] ^= 1 << self.below(8),
            2 => bytes.insert(at, LIKELY[self.below(LIKELY.len())]),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let part = bytes[at..end].to_vec();
                let to = self.below(bytes.len() + 1);
                bytes.splice(to..to, part);
            }
            // Another digit: an extent, a place.
            _ => {
                let digits: Vec<usize> = (0..bytes.len()).filter(|i| bytes[*i].is_ascii_digit()).collect();
                if !digits.is_empty() {
                    bytes[digits[self.below(digits.len())]] = b'0' + u8::try_from(self.below(10)).unwrap_or(0);
                }
            }
        }
    }
}

/// What `weights!` makes of a file: the numbers of the constant, or what it says.
fn compiled(folder: &Path) -> Result<Vec<f32>, String> {
    let tokens = format!("__carried (Tiny) {{ Tiny {{ {TINY} }} }} \"net.safetensors\"").parse().expect("tokens");
    let code = fireclay_compiler::weights::expand_carried(tokens, folder, &mut drop).into_iter().collect::<Vec<_>>();
    let literal = last_literal(code);
    match syn::parse_str(&literal).expect("a literal") {
        syn::Lit::ByteStr(image) => Ok(image.value().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()),
        syn::Lit::Str(text) => Err(text.value()),
        _ => panic!("{literal}"),
    }
}

/// The last literal within these tokens.
fn last_literal(tokens: Vec<proc_macro2::TokenTree>) -> String {
    let mut last = String::new();
    for token in tokens {
        match token {
            proc_macro2::TokenTree::Literal(literal) => last = literal.to_string(),
            proc_macro2::TokenTree::Group(group) => {
                let within = last_literal(group.stream().into_iter().collect());
                if !within.is_empty() {
                    last = within;
                }
            }
            _ => {}
        }
    }
    last
}

/// The numbers of a tensor, as the crate has them.
fn official(file: &SafeTensors<'_>, name: &str) -> Vec<f32> {
    let names = file.names();
    let name = names.iter().find(|n| n.ends_with(name)).expect("there");
    let view = file.tensor(name).expect("there");
    let size = view.dtype().bitsize() / 8;
    let number = |bytes: &[u8]| match view.dtype() {
        Dtype::F32 => f32::from_le_bytes(bytes.try_into().expect("four")),
        Dtype::F64 => f64::from_le_bytes(bytes.try_into().expect("eight")) as f32,
        Dtype::BF16 => f32::from_le_bytes([0, 0, bytes[0], bytes[1]]),
        Dtype::F16 => {
            let (exponent, fraction) =
                (i32::from(bytes[1] >> 2 & 0x1f), f32::from(u16::from(bytes[1] & 3) << 8 | u16::from(bytes[0])));
            let magnitude = match exponent {
                0 => fraction * 2_f32.powi(-24),
                31 if fraction == 0.0 => f32::INFINITY,
                31 => f32::NAN,
                _ => (1024.0 + fraction) * 2_f32.powi(exponent - 25),
            };
            if bytes[1] >> 7 == 1 { -magnitude } else { magnitude }
        }
        other => panic!("{other} was taken"),
    };
    view.data().chunks(size).map(number).collect()
}

fn same(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan())
}

/// What became of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    Taken,
    AnotherNetworks,
    Twice,
    NotWhole,
}

fn check(folder: &Path, bytes: &[u8]) -> Outcome {
    let shown = || String::from_utf8_lossy(bytes).into_owned();
    let path = folder.join("net.safetensors");
    std::fs::write(&path, bytes).expect("a file");
    let mut net = Tiny::init(&mut rng(1));
    let loaded = net.load_bytes(bytes);
    let opened = Tiny::open(&path);
    let compiled = compiled(folder);
    let official_file = SafeTensors::deserialize(bytes);

    // All entries say the same, in the same words.
    let text = |error: &Error, name: &str| error.to_string().replacen(name, "net.safetensors", 1);
    let loaded_text = loaded.as_ref().err().map(|error| text(error, "the given data"));
    let opened_text = opened.as_ref().err().map(|error| text(error, &path.display().to_string()));
    assert_eq!(loaded_text, opened_text, "{}", shown());
    assert_eq!(loaded_text.as_ref(), compiled.as_ref().err(), "{}", shown());

    match (loaded, official_file) {
        (Ok(_), Ok(file)) => {
            let (weight, bias) = (official(&file, "fc.weight"), official(&file, "fc.bias"));
            assert!(same(net.fc.weight.as_slice(), &weight) && same(net.fc.bias.as_slice(), &bias), "{}", shown());
            assert!(same(net.params().as_slice(), opened.expect("taken").params().as_slice()), "{}", shown());
            // Denormal numbers are zero where they are packed.
            let packed: Vec<f32> = [weight, bias].concat().iter().map(|w| if w.is_subnormal() { 0.0 } else { *w }).collect();
            assert!(same(&compiled.expect("taken"), &packed), "{}", shown());
            Outcome::Taken
        }
        (Err(Error::Weights { .. }), Ok(_)) => Outcome::AnotherNetworks,
        (Err(Error::Safetensors { reason, .. }), Ok(file)) => {
            // The one thing that the crate takes and Fireclay does not.
            assert!(reason.ends_with("twice"), "{reason}: {}", shown());
            assert!(shown().matches("data_offsets").count() > file.len(), "{}", shown());
            Outcome::Twice
        }
        (Err(Error::Safetensors { .. } | Error::OtherFormat { .. }), Err(_)) => Outcome::NotWhole,
        (loaded, official) => panic!("{loaded:?}, {official:?}: {}", shown()),
    }
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("weight_files").join(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// 1, 2, 3, … as `f32`.
fn data(bytes: usize) -> Vec<u8> {
    (1_u8..).map(f32::from).flat_map(f32::to_le_bytes).take(bytes).collect()
}

#[test]
fn files_as_they_are() {
    use Outcome::{AnotherNetworks, NotWhole, Taken, Twice};
    let folder = folder("as_they_are");
    let found: Vec<Outcome> =
        headers().iter().map(|(header, end)| check(&folder, &file(header.as_bytes(), &data(*end)))).collect();
    let wanted = [
        // Plain, with metadata, with a pair of surrogates, with a number where text should be.
        Taken,
        Taken,
        Taken,
        NotWhole,
        // With a counter; with an empty tensor too many.
        Taken,
        AnotherNetworks,
        // One name twice with the same bytes, and with others; an overlap, a gap, bytes that nothing is said of.
        Twice,
        NotWhole,
        NotWhole,
        NotWhole,
        NotWhole,
        // Prefixes and types.
        Taken,
        Taken,
        Taken,
        Taken,
        AnotherNetworks,
        AnotherNetworks,
    ];
    assert_eq!(found, wanted);
}

/// Every length, and every first byte.
#[test]
fn files_that_are_cut_short() {
    let folder = folder("cut_short");
    for (header, end) in headers().iter().take(3) {
        let whole = file(header.as_bytes(), &data(*end));
        for cut in 0..whole.len() {
            assert_eq!(check(&folder, &whole[..cut]), Outcome::NotWhole);
        }
        for length in [0, 1, 7, 1 << 20, 1 << 40, u64::MAX - 8, u64::MAX] {
            let mut other = whole.clone();
            other[..8].copy_from_slice(&length.to_le_bytes());
            assert_eq!(check(&folder, &other), Outcome::NotWhole);
        }
    }
}

#[test]
fn files_with_mistakes() {
    let folder = folder("with_mistakes");
    let headers = headers();
    let mut random = Random(7);
    let mut outcomes = Vec::new();
    for round in 0..3000 {
        let (header, end) = &headers[round % headers.len()];
        let (mut header, mut data) = (header.clone().into_bytes(), data(*end));
        for _ in 0..random.below(3) {
            random.mutate(&mut header);
        }
        if random.below(4) == 0 {
            random.mutate(&mut data);
        }
        let mut bytes = file(&header, &data);
        if random.below(8) == 0 {
            random.mutate(&mut bytes);
        }
        outcomes.push(check(&folder, &bytes));
    }
    // It would be no test if nothing came through.
    for outcome in [Outcome::Taken, Outcome::AnotherNetworks, Outcome::Twice, Outcome::NotWhole] {
        let count = outcomes.iter().filter(|o| **o == outcome).count();
        assert!(count > 20, "{outcome:?}: {count}");
    }
}
