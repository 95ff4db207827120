//! What is emitted is Rust, whatever was declared: labels, lists, blocks and networks combined at random, and every name that Rust
//! accepts.

mod lower_common;

use fireclay_compiler::expand;
use lower_common::Dice;
use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeSet, HashSet};

/// The items of a declaration; no name among them stands twice.
#[track_caller]
fn emitted(declaration: &str) -> syn::File {
    let tokens = expand(declaration.parse().expect("tokens"));
    let file = syn::parse2::<syn::File>(tokens).unwrap_or_else(|error| panic!("{error}: {declaration}"));
    let mut scope = Scope { declaration, ..Scope::default() };
    scope.items(&file.items);
    file
}

/// Names of one place, each with what it names.
#[derive(Default)]
struct Scope<'d> {
    declaration: &'d str,
    types: HashSet<String>,
    /// Of inherent impls: the type and the name.
    associated: HashSet<(String, String)>,
}

impl Scope<'_> {
    fn items(&mut self, items: &[syn::Item]) {
        for item in items {
            match item {
                syn::Item::Struct(item) => {
                    self.type_name(&item.ident);
                    let fields: Vec<_> = item.fields.iter().filter_map(|field| field.ident.as_ref()).collect();
                    let distinct: HashSet<_> = fields.iter().collect();
                    assert_eq!(
                        fields.len(),
                        distinct.len(),
                        "two fields of {} are called alike: {}",
                        item.ident,
                        self.declaration
                    );
                }
                syn::Item::Trait(item) => self.type_name(&item.ident),
                syn::Item::Type(item) => self.type_name(&item.ident),
                syn::Item::Impl(item) if item.trait_.is_none() => {
                    let ty = &item.self_ty;
                    self.associated(&quote::quote!(#ty).to_string(), &item.items);
                }
                syn::Item::Const(item) => {
                    if let syn::Expr::Block(block) = &*item.expr {
                        let inner = block.block.stmts.iter().filter_map(|statement| match statement {
                            syn::Stmt::Item(item) => Some(item.clone()),
                            _ => None,
                        });
                        // What stands within hides what stands around it.
                        let types = std::mem::take(&mut self.types);
                        self.items(&inner.collect::<Vec<_>>());
                        self.types = types;
                    }
                }
                _ => {}
            }
        }
    }

    fn type_name(&mut self, name: &syn::Ident) {
        assert!(self.types.insert(name.to_string()), "{name} is declared twice: {}", self.declaration);
    }

    fn associated(&mut self, ty: &str, items: &[syn::ImplItem]) {
        for item in items {
            let name = match item {
                syn::ImplItem::Const(item) => item.ident.to_string(),
                syn::ImplItem::Fn(item) => item.sig.ident.to_string(),
                syn::ImplItem::Macro(item) => {
                    // `when_train! { … }`
                    let tokens = &item.mac.tokens;
                    let inner: syn::ItemImpl = syn::parse2(quote::quote!(impl T { #tokens })).expect("items");
                    self.associated(ty, &inner.items);
                    continue;
                }
                _ => continue,
            };
            let known = (ty.to_owned(), name.clone());
            assert!(self.associated.insert(known), "{ty}::{name} stands twice: {}", self.declaration);
        }
    }
}

fn messages(file: &syn::File) -> Vec<String> {
    fn walk(tokens: TokenStream, into: &mut Vec<String>) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (i, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Ident(word) if word == "compile_error" => {
                    let Some(TokenTree::Group(group)) = tokens.get(i + 2) else { panic!("compile_error without a text") };
                    into.push(syn::parse2::<syn::LitStr>(group.stream()).expect("a text").value());
                }
                TokenTree::Group(group) => walk(group.stream(), into),
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    walk(quote::quote!(#file), &mut found);
    found
}

fn identifiers(tokens: TokenStream, into: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(word) => drop(into.insert(word.to_string())),
            TokenTree::Group(group) => identifiers(group.stream(), into),
            _ => {}
        }
    }
}

/// A declaration that uses most of what there is.
const RICH: &str = "
    block Cell(x; n) { x -> conv: Conv(n, 3, pad = 1) -> bn: BatchNorm -> Relu }
    pub Whole(image: [3, 8, 8], hint: [4]) -> (class: [5], #[train] aux: [2]) {
        let a = image -> stem: [Cell(4), Dropout] -> MaxPool(2) -> down: Conv(8, 3);
        let h = concat(a -> Flatten, hint) -> Dropout -> Softmax;
        (class: h -> fc: Dense(5), aux: h -> #[frozen] net Part)
    }
    #[fireclay(inner_values)]
    pub Part(x: [36]) -> [2] { x -> fc: Dense(2, init = he_normal) -> Sigmoid }
    #[fireclay(step)]
    pub Steps(text: [0..9; 4]) -> [4, 2] { text -> embed: Embedding(3) -> lstm: Lstm(4) -> out: Dense(2) }
    pub Open<In: Dim>(x: [In]) -> [2] { x -> fc: Dense(2) }
";

/// What Rust keeps for itself, but for the words that name no thing at all.
const KEYWORDS: [&str; 48] = [
    "abstract",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "pub",
    "ref",
    "return",
    "static",
    "struct",
    "trait",
    "try",
    "type",
    "typeof",
    "union",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
    "macro_rules",
];

/// A label hides a layer of its name: these stand in the declarations below.
const LAYERS: [&str; 4] = ["BatchNorm", "Dense", "Dropout", "Lstm"];

/// Every identifier that is emitted for [`RICH`], and some that Rust's prelude has or that change their length in capitals; raw where needed.
fn words() -> Vec<String> {
    let mut words = BTreeSet::new();
    identifiers(expand(RICH.parse().expect("tokens")), &mut words);
    let more = ["Box", "Vec", "Option", "Network", "String", "Some", "f32", "core", "std", "self_", "ǆ", "ß", "ı", "数"];
    words.extend(more.map(str::to_owned));
    let named = |word: &&String| {
        // What begins with `__` is refused for networks, and is no label of a person.
        let ours = word.starts_with("__");
        !ours && !matches!(word.as_str(), "_" | "Self" | "self" | "crate" | "true" | "false") && !LAYERS.contains(&word.as_str())
    };
    let raw = |word: &String| if syn::parse_str::<syn::Ident>(word).is_ok() { word.clone() } else { format!("r#{word}") };
    words.iter().filter(named).map(raw).collect()
}

/// Declarations that use each of the words as a label, a value, an input, a block, a constant and a network.
fn declarations() -> Vec<String> {
    let words = words();
    let each =
        |text: &dyn Fn(&str) -> String, between: &str| words.iter().map(|word| text(word)).collect::<Vec<_>>().join(between);
    let layers = each(&|word| format!("{word}: Dense(2)"), " -> ");
    let normed = each(&|word| format!("{word}: [Dense(2), BatchNorm, Relu]"), " -> ");
    let again = each(&|word| format!("d_{}: Dense(2)", word.trim_start_matches("r#")), " -> ");
    vec![
        format!("pub Layers(x: [2]) -> [2] {{ x -> {layers} -> {again} }}"),
        format!("pub Normed(x: [2]) -> [2] {{ x -> {normed} -> Dropout }}"),
        format!("#[fireclay(step)] pub Stepped(x: [4, 2]) -> [4, 2] {{ x -> {layers} -> last_one: Lstm(2) }}"),
        format!(
            "pub Values(x: [2]) -> [2] {{ {} x }}",
            each(&|word| format!("let {word} = x -> Tanh; let x = x + {word};"), " ")
        ),
        each(
            &|word| {
                format!(
                    "pub In_{0}({word}: [2]) -> ({word}: [2], o: [2]) {{ ({word}, o: {word} -> a: Dense(2)) }}",
                    word.trim_start_matches("r#")
                )
            },
            " ",
        ),
        format!(
            "{} pub Blocks(x: [2]) -> [2] {{ x -> {} }}",
            each(&|word| format!("const {word} = 2; block {word}(x) {{ x -> a: Dense({word}) }}"), " "),
            each(&|word| format!("l_{}: {word}", word.trim_start_matches("r#")), " -> ")
        ),
        format!(
            "{} pub Nets_(x: [2]) -> [2] {{ x -> {} }}",
            each(&|word| format!("pub {word}(x: [2]) -> [2] {{ x -> fc: Dense(2) }}"), " "),
            each(&|word| format!("l_{}: net {word}", word.trim_start_matches("r#")), " -> ")
        ),
    ]
}

#[test]
fn every_word_of_the_expansion_is_a_label_a_value_a_block_and_a_network() {
    assert!(words().len() > 150, "{}", words().len());
    let declarations = declarations();
    for declaration in &declarations {
        assert_eq!(messages(&emitted(declaration)), [""; 0], "{declaration}");
    }
    // Rustc reads the same, but for hundreds of networks, which would take it minutes.
    let modules = declarations
        .iter()
        .enumerate()
        .filter(|(i, _)| ![1, 4, 6].contains(i))
        .map(|(i, declaration)| format!("mod part{i} {{\n    ::fireclay::network! {{\n        {declaration}\n    }}\n}}\n"));
    let program = format!(
        "//! Every word of an expansion as a label, a value, an input, a block, a constant and a network. Written by the test `emission` of\n\
         //! `fireclay-compiler`; `UPDATE_SNAPSHOTS=1` writes it anew.\n\n\
         #![allow(non_camel_case_types, dead_code, uncommon_codepoints, mixed_script_confusables, confusable_idents)]\n\n{}\nfn main() {{}}\n",
        modules.collect::<String>()
    );
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui-tests/examples/every_word_of_an_expansion.rs");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &program).expect("a program");
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(known == program, "another expansion has other words: UPDATE_SNAPSHOTS=1 writes {}", path.display());
}

#[test]
fn keywords_are_labels_inputs_and_raw_values() {
    let labels: String = KEYWORDS.iter().map(|word| format!(" -> {word}: Dense(4) -> [Relu, {word}: Tanh]")).collect();
    let lets: String = KEYWORDS.iter().map(|word| format!("let r#{word} = x -> Relu; let x = x + r#{word}; ")).collect();
    let networks: String = KEYWORDS
        .iter()
        .map(|word| format!("pub r#{word}(r#{word}: [4]) -> (r#{word}: [4], o: [4]) {{ (r#{word}, o: r#{word}) }} "))
        .collect();
    let nets: String = KEYWORDS.iter().map(|word| format!(" -> net r#{word}")).collect();
    let unnamed: String = KEYWORDS.iter().map(|word| format!("pub r#{word}(x: [4]) -> [4] {{ x -> a: Dense(4) }} ")).collect();
    for declaration in [
        format!("pub Net(x: [4]) -> [4] {{ x{labels} }}"),
        format!("pub Net(x: [4]) -> [4] {{ {lets} x }}"),
        networks,
        format!("{unnamed} pub N(x: [4]) -> [4] {{ x{nets} }}"),
    ] {
        assert_eq!(messages(&emitted(&declaration)), [""; 0], "{declaration}");
    }
}

#[test]
fn what_no_identifier_can_be_is_refused() {
    for word in ["self", "Self", "super", "crate"] {
        for (declaration, text) in [
            (
                format!("pub N(x: [4]) -> [4] {{ x -> {word}: Dense(4) }}"),
                "this word cannot be a label: Rust keeps it for itself",
            ),
            (
                format!("pub N({word}: [4]) -> [4] {{ x -> a: Dense(4) }}"),
                "this word cannot be a label: Rust keeps it for itself",
            ),
            (format!("pub N(x: [4]) -> [4] {{ let {word} = x; x }}"), "this word cannot be a name: Rust keeps it for itself"),
            (
                format!("block {word}(x) {{ x }} pub N(x: [4]) -> [4] {{ x }}"),
                "this word cannot be a name: Rust keeps it for itself",
            ),
            (format!("const {word} = 4; pub N(x: [4]) -> [4] {{ x }}"), "this word cannot be a name: Rust keeps it for itself"),
            (format!("pub {word}(x: [4]) -> [4] {{ x }}"), "this word cannot be a name: Rust keeps it for itself"),
        ] {
            assert_eq!(messages(&emitted(&declaration)), [text], "{declaration}");
        }
    }
    for declaration in [
        "pub __f(x: [4]) -> [4] { x -> a: Dense(4) }",
        "pub N<__f: Dim>(x: [__f]) -> [4] { x -> a: Dense(4) }",
        "pub N(x: [4]) -> [4] { x -> a: net __f::Trunk }",
    ] {
        let text = "a name that begins with `__` is kept for what the macro writes";
        assert_eq!(messages(&emitted(declaration)), [text], "{declaration}");
    }
}

#[test]
fn a_message_stands_once_in_what_is_emitted() {
    let file = emitted(
        "pub A(x: [4]) -> [2] { x -> fc: Dense(3) } pub B(x: [4]) -> [2] { x -> Foo -> fc: Dense(2) }
         pub C(x: [4]) -> [2] { x -> a: net A } #[fireclay(step)] pub D(x: [4]) -> [4] { x -> r: Relu }",
    );
    let found = messages(&file);
    let distinct: HashSet<&String> = found.iter().collect();
    assert!(found.len() >= 3, "{found:?}");
    assert_eq!(found.len(), distinct.len(), "{found:?}");
    // Nothing but words of syntax: there is no network to stand for.
    assert_eq!(messages(&emitted("fn f() {}")).len(), 1);
}

#[test]
fn a_block_that_could_not_be_read_is_still_there_for_others() {
    for block in ["pub block B(x,,) { x -> Relu }", "pub block B(x) { x -> }", "pub block B { x -> Relu }"] {
        let file = emitted(&format!("{block} pub N(x: [4]) -> [4] {{ x -> B }}"));
        assert_eq!(messages(&file).len(), 1, "{block}");
        let text = quote::quote!(#file).to_string();
        assert!(text.contains("as B ;") && text.contains("as N ;"), "{block}: {text}");
    }
}

#[test]
fn a_fault_of_the_compiler_is_a_message() {
    let tokens = fireclay_compiler::guarded(TokenStream::new(), |_| panic!("no such {}", "thing"));
    let found = messages(&syn::parse2(tokens).expect("an item"));
    assert!(found[0].starts_with("fireclay failed here: no such thing\n"), "{found:?}");
}

impl Dice {
    fn of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.roll(texts.len())]
    }

    /// A stage from four features to four.
    fn stage(&mut self, depth: usize) -> String {
        let label = match self.roll(3) {
            0 => format!("{}: ", self.of(&["a", "b", "fc", "weight", "params", "type", "Conv1", "x"])),
            _ => String::new(),
        };
        let stage = match self.roll(if depth == 0 { 8 } else { 12 }) {
            0 | 1 => "Dense(4)".to_owned(),
            2 => self.of(&["Relu", "Tanh", "Dropout", "Softmax", "Flatten"]).to_owned(),
            3 => "BatchNorm".to_owned(),
            4 => self.of(&["One", "Two", "Numbers"]).to_owned(),
            5 => return format!("{}net {}", self.of(&["", "part: ", "#[frozen] "]), self.of(&["Part", "Listed", "Super"])),
            6 => return format!("#[frozen] {label}Dense(4, bias = false)"),
            7 => self.of(&["a", "b", "fc"]).to_owned(),
            8 => format!("[{}; {}]", self.chain(depth - 1), self.roll(3)),
            9 => return format!("if {} {{ {} }}", self.of(&["true", "false"]), self.chain(depth - 1)),
            _ => {
                let elements: Vec<String> = (0..=self.roll(2)).map(|_| self.chain(depth - 1)).collect();
                format!("[{}]", elements.join(", "))
            }
        };
        label + &stage
    }

    fn chain(&mut self, depth: usize) -> String {
        let stages: Vec<String> = (0..=self.roll(3)).map(|_| self.stage(depth)).collect();
        stages.join(" -> ")
    }
}

#[test]
fn labels_lists_blocks_and_networks_combined_at_random() {
    const AROUND: &str = "
        block One(x) { x -> Dense(4) } block Two(x) { let y = x -> a: Dense(4); x + y -> b: BatchNorm } block Numbers(x) { x -> [Dense(4), Relu] }
        pub Part(x: [4]) -> [4] { x -> a: Dense(4) -> BatchNorm } pub Listed(x: [4]) -> [4] { x -> [Dense(4), Dense(4)] }
        pub Super(x: [4]) -> [4] { x -> a: Dense(4) } ";
    let mut dice = Dice(0x5EED_0BAD_CAFE_0019);
    let (mut clean, mut refused, mut numbers) = (0, 0, 0);
    for _ in 0..800 {
        let (first, second) = (dice.chain(2), dice.chain(1));
        let declaration = format!(
            "{AROUND} pub Net(x: [4], z: [4]) -> (y: [4], o: [4]) {{ let y = x -> {first}; let o = z + y -> {second}; (y, o) }}"
        );
        let found = messages(&emitted(&declaration));
        clean += usize::from(found.is_empty());
        refused += usize::from(!found.is_empty());
        numbers += usize::from(found.iter().any(|text| text.starts_with("the elements of this list")));
        assert!(!found.iter().any(|text| text.contains("please report this message")), "{found:?}: {declaration}");
    }
    assert!(clean > 100 && refused > 100 && numbers > 10, "{clean} clean, {refused} refused, {numbers} asked to name a list");
}

#[test]
fn a_weight_that_is_used_again_is_packed_once() {
    let packs = |body: &str| {
        let code = expand(format!("pub N(x: [40]) -> [40] {{ {body} }}").parse().expect("tokens")).to_string();
        let (_, pack) = code.split_once("unsafe fn pack_panels").expect("the function");
        pack.split('}').next().unwrap_or_default().matches("_pack").count()
    };
    assert_eq!(packs("x -> a: Dense(40) -> Tanh -> a -> Tanh -> a"), 1);
    assert_eq!(packs("x -> a: Dense(40) -> Tanh -> b: Dense(40) -> a -> b"), 2);
}
