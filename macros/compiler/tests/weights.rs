//! What `weights!` says of files that do not fit. (That what fits is what `pack` makes: `tests/inference/weights_macro.rs` of fireclay.)

use fireclay_compiler::weights::{expand, expand_carried};
use std::path::{Path, PathBuf};

const NET: &str = "pub Net(x: [1, 4, 4]) -> [2] { x -> conv: Conv(2, 3) -> BatchNorm -> Flatten -> fc: Dense(2) }";

/// Name, dtype, shape, and the numbers that are there.
type Tensors<'t> = &'t [(&'t str, &'t str, &'t [usize], usize)];

const WHOLE: Tensors<'_> = &[
    ("conv.weight", "F32", &[2, 1, 3, 3], 18),
    ("conv.bias", "F32", &[2], 2),
    ("conv_bn.weight", "F32", &[2], 2),
    ("conv_bn.bias", "F32", &[2], 2),
    ("conv_bn.running_mean", "F32", &[2], 2),
    ("conv_bn.running_var", "F32", &[2], 2),
    ("conv_bn.num_batches_tracked", "I64", &[], 2),
    ("fc.weight", "F32", &[2, 8], 16),
    ("fc.bias", "F32", &[2], 2),
];

/// The bytes of a file whose every number is 1.
fn file(tensors: Tensors<'_>) -> Vec<u8> {
    let mut at = 0;
    let entries = tensors.iter().map(|(name, dtype, shape, numbers)| {
        let from = at;
        at += 4 * numbers;
        format!("\"{name}\":{{\"dtype\":\"{dtype}\",\"shape\":{shape:?},\"data_offsets\":[{from},{at}]}}")
    });
    let header = format!("{{{}}}", entries.collect::<Vec<_>>().join(","));
    let length = u64::try_from(header.len()).expect("small").to_le_bytes();
    length.into_iter().chain(header.into_bytes()).chain(1.0_f32.to_le_bytes().into_iter().cycle().take(at)).collect()
}

/// A folder of its own with this file.
fn folder(name: &str, bytes: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("weights").join(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("net.safetensors"), bytes).expect("a file");
    folder
}

fn carried(net: &str, folder: &Path) -> String {
    carried_with_notes(net, folder).0
}

fn carried_with_notes(net: &str, folder: &Path) -> (String, Vec<String>) {
    let tokens = format!("__carried (zoo::Net) {{ {net} }} \"net.safetensors\"");
    let mut notes = Vec::new();
    let code = expand_carried(tokens.parse().expect("tokens"), folder, &mut |note| notes.push(note));
    (code.to_string(), notes)
}

/// The numbers of the constant that comes out.
fn image(code: &str) -> Vec<f32> {
    let expr: syn::ExprBlock = syn::parse_str(code).expect("a block");
    let Some(syn::Stmt::Expr(syn::Expr::Call(call), None)) = expr.block.stmts.last() else { panic!("{code}") };
    let Some(syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::ByteStr(image), .. })) = call.args.first() else { panic!("{code}") };
    image.value().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

/// What is said of a file.
fn said(name: &str, bytes: &[u8]) -> String {
    let code = carried(&format!("Net {{ {NET} }}"), &folder(name, bytes));
    let text = code.strip_prefix(":: core :: compile_error ! { ").and_then(|code| code.strip_suffix(" }"));
    syn::parse_str::<syn::LitStr>(text.unwrap_or_else(|| panic!("no error, but {code}"))).expect("a string").value()
}

/// The same file with something else in place of a tensor.
fn but(name: &str, other: Tensors<'_>) -> Vec<u8> {
    let all: Vec<_> = WHOLE.iter().filter(|tensor| tensor.0 != name).chain(other).copied().collect();
    file(&all)
}

#[test]
fn a_file_that_fits_becomes_the_bytes_of_its_folded_weights() {
    let code = carried(&format!("Net {{ {NET} }}"), &folder("whole", &file(WHOLE)));
    assert!(code.contains("include_bytes") && code.contains("Packed :: < zoo :: Net >"), "{code}");
    let image = image(&code);
    // conv, fc; γ / √(1 + ε) and (1 − 1) · γ / √(1 + ε) + 1
    assert_eq!(image.len(), 18 + 2 + 16 + 2);
    let scale = 1.0 / (1.0 + 1e-5_f32).sqrt();
    assert_eq!((image[0], image[17], image[18], image[19]), (scale, scale, 1.0, 1.0));
    assert!(image[20..].iter().all(|x| *x == 1.0));
}

#[test]
fn what_does_not_fit_is_named() {
    let all = |text: &str| format!("net.safetensors does not fit zoo::Net:\n  {text}");
    assert_eq!(said("missing", &but("fc.bias", &[])), all("fc.bias is missing; the network has [2]"));
    let other: Tensors<'_> = &[("fc1.bias", "F32", &[2], 2)];
    let both = "fc.bias is missing; the network has [2], the file fc1.bias [2]\n  fc1.bias [2] is not in the network";
    assert_eq!(said("renamed", &but("fc.bias", other)), all(both));
    let extra: Tensors<'_> = &[("fc2.bias", "F32", &[3], 3)];
    assert_eq!(said("extra", &but("", extra)), all("fc2.bias [3] is not in the network"));
    let shape: Tensors<'_> = &[("fc.weight", "F32", &[2, 9], 18)];
    assert_eq!(said("shape", &but("fc.weight", shape)), all("fc.weight is [2, 9] in the file, [2, 8] in the network"));
    let dtype: Tensors<'_> = &[("fc.weight", "I16", &[2, 8], 8)];
    let text = "fc.weight holds I16 numbers; F32, F16, BF16 and F64 can be loaded";
    assert_eq!(said("dtype", &but("fc.weight", dtype)), all(text));
    let none = said("none", &file(&[]));
    assert!(none.starts_with("net.safetensors does not fit zoo::Net:\n  conv.weight is missing"), "{none}");
    assert_eq!(none.lines().count(), 1 + 8);
}

#[test]
fn what_was_changed_is_told() {
    let net = "Net { pub Net(x: [3]) -> [2] { x -> fc: Dense(2) } }";
    let entry = |name: &str, dtype: &str, shape: &str, from: usize, to: usize| {
        format!("\"module.{name}\":{{\"dtype\":\"{dtype}\",\"shape\":{shape},\"data_offsets\":[{from},{to}]}}")
    };
    let header = format!("{{{},{}}}", entry("fc.weight", "F16", "[2,3]", 0, 12), entry("fc.bias", "BF16", "[2]", 12, 16));
    let length = u64::try_from(header.len()).expect("small").to_le_bytes();
    let numbers = [0x3c00_u16, 0x4000, 0xc000, 0x3800, 0x0001, 0x7bff, 0x3f80, 0xc049].map(u16::to_le_bytes).concat();
    let bytes = [&length[..], header.as_bytes(), &numbers].concat();
    let (code, notes) = carried_with_notes(net, &folder("notes", &bytes));
    assert_eq!(image(&code), [1.0, 2.0, -2.0, 0.5, 5.960_464_5e-8, 65504.0, 1.0, -3.140_625]);
    assert_eq!(
        notes,
        [
            "net.safetensors: `module.` was left out in front of every name",
            "net.safetensors: 1 tensor of F16 numbers was converted to f32",
            "net.safetensors: 1 tensor of BF16 numbers was converted to f32"
        ]
    );
}

#[test]
fn another_format_is_named() {
    let text = said("pickle", b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02");
    assert!(text.starts_with("net.safetensors is a Python pickle"), "{text}");
    assert!(text.contains("help: export its weights, in Python: safetensors.torch.save_file(model.state_dict()"), "{text}");
}

#[test]
fn a_tensor_that_stands_twice_is_refused() {
    let bias = "\"fc.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[184,192]}";
    let whole = file(WHOLE);
    let header = String::from_utf8(whole[8..whole.len() - 192].to_vec()).expect("a header");
    assert!(header.contains(bias), "{header}");
    let header = header.replace(bias, &format!("{bias},{bias}"));
    let length = u64::try_from(header.len()).expect("small").to_le_bytes();
    let twice = [&length[..], header.as_bytes(), &whole[whole.len() - 192..]].concat();
    assert_eq!(said("twice", &twice), "net.safetensors is not a whole safetensors file: its header names fc.bias twice");
}

#[test]
fn a_damaged_file_is_none() {
    let whole = file(WHOLE);
    let text = "net.safetensors is not a whole safetensors file: ";
    let cut = said("cut", &whole[..whole.len() - 1]);
    assert_eq!(cut, format!("{text}fc.bias [2] is truncated: it ends at byte 192 of the data, the file after 191"));
    assert!(said("header", &whole[..100]).starts_with(&format!("{text}it ends within its header")));
    assert_eq!(said("short", b"\x02\0\0"), format!("{text}it has only 3 bytes"));
}

#[test]
fn there_must_be_a_file() {
    let code = carried(&format!("Net {{ {NET} }}"), Path::new("/nowhere"));
    assert!(
        code.contains("there is no file net.safetensors\\n  its path begins at the folder of the crate's Cargo.toml"),
        "{code}"
    );
}

#[test]
fn a_wrong_network_is_not_spoken_of_again() {
    let code = carried("", Path::new("/nowhere"));
    assert!(!code.contains("compile_error") && code.contains("broken :: packed :: < zoo :: Net >"), "{code}");
    let code = carried("Net { pub Net<In: Dim>(x: [In]) -> [2] { x -> fc: Dense(2) } }", Path::new("/nowhere"));
    assert!(code.contains("not yet: weights of a network with type parameters"), "{code}");
}

#[test]
fn arguments() {
    let expand = |text: &str| expand(text.parse().expect("tokens")).to_string();
    let code = expand("crate::zoo::Net, \"net.safetensors\"");
    assert!(code.starts_with("crate :: zoo :: Net ! {"), "{code}");
    for (text, says) in [
        ("", "expected the path of a network"),
        ("\"net.safetensors\"", "expected the path of a network"),
        ("Net", "expected `,` and a file"),
        ("Net \"net.safetensors\"", "expected `,` and a file"),
        ("Net<Const<3>>, \"net.safetensors\"", "not yet: weights of a network with type parameters"),
        ("Net, int8, \"net.safetensors\"", "not yet: `int8`"),
        ("Net, FILE", "expected the name of a file, in quotes"),
        ("Net, 3", "expected the name of a file, in quotes"),
        ("Net,", "expected the name of a file, in quotes"),
        ("Net, \"a\", \"b\"", "there is nothing more to say"),
    ] {
        let code = expand(text);
        assert!(code.contains("compile_error") && code.contains(says), "{text}: {code}");
    }
}
