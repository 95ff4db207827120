//! Prints what the declarations of a file expand to: `cargo run -p fireclay-compiler --example expand -- FILE`.

fn main() {
    let path = std::env::args().nth(1).expect("a file of declarations");
    let source = std::fs::read_to_string(&path).expect("a readable file");
    let tokens = fireclay_compiler::expand(source.parse().expect("Rust tokens"));
    match syn::parse2(tokens.clone()) {
        Ok(file) => println!("{}", prettyplease::unparse(&file)),
        Err(error) => println!("{tokens}\n{error}"),
    }
}
