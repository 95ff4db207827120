//! `docs/kernel-table.md` is made of the table of kernels. `UPDATE_SNAPSHOTS=1 cargo test -p fireclay-ir` writes it.

use fireclay_ir::Dtype;
use fireclay_ir::kernels::{Entries, FAMILIES, KERNELS, Kernel, Operand, Role};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/kernel-table.md");

const HEAD: &str = "# The table of kernels

Made of the declarations in `ir/src/kernels/` (`UPDATE_SNAPSHOTS=1 cargo test -p fireclay-ir`). [kernels.md](kernels.md) is the contract.

- **Where** a kernel runs: *chwn16*, over sixteen samples side by side; *chw*, over a single sample; *barrier* and *batch*, once per batch. With ° only where the
  feature `train` is on.
- **Operands** stand in order, each with its role, which says what it may be bound to; *null* where a null pointer may stand for it. `x: value` is read, `y: output`
  written, `dy: gradient` read, `dx: gradient_out` written or added to (`accumulate`), `dweight: param_gradient` added to. Pointers point to `f32` unless another dtype
  is said.
";

fn operand(operand: &Operand) -> String {
    let of = match operand.role {
        Role::geometry => format!(" `{}`", operand.of),
        _ if operand.nullable() => " or null".to_owned(),
        _ => String::new(),
    };
    let dtype = operand.dtype.filter(|dtype| *dtype != Dtype::F32).map(|dtype| format!(" of `{dtype}`")).unwrap_or_default();
    format!("{}: {:?}{dtype}{of}", operand.name, operand.role)
}

fn line(kernel: &Kernel) -> String {
    let entries = match kernel.entries {
        Entries::Both => "chwn16, chw",
        Entries::Chwn16 => "chwn16",
        Entries::Chw => "chw",
        Entries::Barrier => "barrier",
        Entries::Batch => "batch",
        Entries::Across => "across",
    };
    let operands: Vec<String> = kernel.operands.iter().map(operand).collect();
    let docs: Vec<&str> = kernel.docs.iter().map(|line| line.trim()).collect();
    let train = if kernel.train { "°" } else { "" };
    format!("| `{}` | {entries}{train} | {} | {} |\n", kernel.name, operands.join(", "), docs.join(" ").replace('|', "\\|"))
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    for (docs, kernels) in FAMILIES {
        let docs: Vec<&str> = docs.iter().map(|line| line.trim()).collect();
        page += &format!("\n{}\n\n| kernel | where | operands | |\n|---|---|---|---|\n", docs.join(" "));
        page.extend(kernels.iter().map(|kernel| line(kernel)));
    }
    page
}

#[test]
fn the_page_is_current() {
    let page = page();
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(PAGE, &page).expect("the page");
    }
    let found = std::fs::read_to_string(PAGE).expect("docs/kernel-table.md");
    assert!(
        found == page,
        "docs/kernel-table.md is not what the table says: `UPDATE_SNAPSHOTS=1 cargo test -p fireclay-ir` renews it"
    );
}

#[test]
fn every_kernel_is_declared_once_and_says_what_it_does() {
    for (i, kernel) in KERNELS.iter().enumerate() {
        assert!(!kernel.docs.is_empty() && !kernel.operands.is_empty(), "{}", kernel.name);
        assert!(KERNELS[..i].iter().all(|other| other.name != kernel.name), "{} twice", kernel.name);
        let names: Vec<&str> = kernel.operands.iter().map(|operand| operand.name).collect();
        assert!((1..names.len()).all(|i| !names[..i].contains(&names[i])), "{names:?}");
    }
}
