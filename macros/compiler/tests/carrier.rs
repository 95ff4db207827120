//! Networks of one `network!` in another, without rustc: what it does with carriers is done here by hand.

use fireclay_compiler::expand;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

fn tokens(text: &str) -> TokenStream {
    text.parse().expect("tokens")
}

/// The groups of this kind, from left to right.
fn groups(tokens: TokenStream, kind: Delimiter) -> Vec<Group> {
    let group = |token| match token {
        TokenTree::Group(group) if group.delimiter() == kind => Some(group),
        _ => None,
    };
    tokens.into_iter().filter_map(group).collect()
}

/// What the carrier of a network hands on: `{ Trunk { … } }`, without the braces.
#[track_caller]
fn carried(code: &TokenStream, network: &str) -> TokenStream {
    let file: syn::File = syn::parse2(code.clone()).expect("items");
    let carrier = file.items.iter().find_map(|item| match item {
        syn::Item::Macro(item) => {
            let name = item.ident.as_ref()?.to_string();
            let hash = name.strip_prefix(&format!("__fireclay_{network}_"))?;
            // Several tests declare a network at the same place of no file: those are counted.
            (hash.split('_').next()?.len() == 16).then(|| item.mac.tokens.clone())
        }
        _ => None,
    });
    let rule = groups(carrier.expect("a carrier"), Delimiter::Brace).remove(0);
    let call = groups(rule.stream(), Delimiter::Brace).remove(0);
    groups(call.stream(), Delimiter::Brace).remove(0).stream()
}

/// The path whose carrier is asked for, and what `network!` is called with when `declared` comes back.
#[track_caller]
fn handed(code: TokenStream, declared: &TokenStream) -> (String, TokenStream) {
    let mut path = code.to_string();
    path.truncate(path.find('!').expect("a call of a macro"));
    let arguments = groups(groups(code, Delimiter::Brace).remove(0).stream(), Delimiter::Parenthesis);
    let [callback, before, after] = <[Group; 3]>::try_from(arguments).expect("three arguments");
    assert_eq!(callback.stream().to_string(), ":: fireclay :: __private :: network");
    let (before, after) = (before.stream(), after.stream());
    (path.replace(' ', ""), [before, tokens(&format!("{{ {declared} }}")), after].into_iter().collect())
}

/// `zoo::Trunk` in another `network!`; the code of both.
#[track_caller]
fn whole(zoo: &str, whole: &str) -> (TokenStream, TokenStream) {
    let zoo = expand(tokens(zoo));
    let (path, again) = handed(expand(tokens(whole)), &carried(&zoo, "Trunk"));
    assert_eq!(path, "zoo::Trunk");
    (zoo, expand(again))
}

const WHOLE: &str = "pub Whole(x: [4]) -> [2] { x -> trunk: net zoo::Trunk -> fc: Dense(2) }";

#[test]
fn a_carrier_holds_what_its_network_needs() {
    let code = expand(tokens(
        "const N = 3; pub Cell(x: [4]) -> [4] { x -> fc: Dense(4) } pub Other(x: [4]) -> [N] { x -> fc: Dense(N) }
         default Dense(bias = false); block Twice(x) { x -> a: Dense(4) -> b: Dense(4) }
         pub Trunk(x: [4]) -> [4] { x -> Twice -> cell: net Cell }",
    ));
    let trunk = carried(&code, "Trunk").to_string();
    let of = |text: &str| tokens(text).to_string();
    assert!(trunk.starts_with("Trunk {"), "{trunk}");
    for part in ["const N = 3;", "pub Cell(x: [4]) -> [4]", "default Dense(bias = false);", "block Twice(x)", "pub Trunk(x: [4])"]
    {
        assert!(trunk.contains(&of(part)), "{part} in {trunk}");
    }
    assert!(!trunk.contains("Other"), "{trunk}");
    assert!(!carried(&code, "Other").to_string().contains("Trunk"));
}

#[test]
fn the_field_has_the_type_of_the_other_network() {
    let (_, code) = whole("pub Trunk(x: [4]) -> [4] { x -> fc: Dense(4) }", WHOLE);
    let code = code.to_string();
    assert!(code.contains("trunk : < zoo :: Trunk as __f :: Declared > :: Params"), "{code}");
    assert!(!code.contains("compile_error"), "{code}");
    assert!(code.contains("\"trunk.fc.weight\""));
}

#[test]
fn a_carrier_holds_what_was_carried_to_it() {
    let cell = expand(tokens("pub Cell(x: [4]) -> [4] { x -> fc: Dense(4) }"));
    let trunk = expand(tokens("pub Trunk(x: [4]) -> [4] { x -> cell: net parts::Cell } pub Other(x: [4]) -> [4] { x -> Relu }"));
    let (path, again) = handed(trunk, &carried(&cell, "Cell"));
    assert_eq!(path, "parts::Cell");
    let zoo = expand(again);
    assert!(!carried(&zoo, "Other").to_string().contains("Cell"));
    // `parts` means nothing where `Whole` stands, and `parts::Cell` is another network there.
    let (path, again) = handed(expand(tokens(WHOLE)), &carried(&zoo, "Trunk"));
    assert_eq!(path, "zoo::Trunk");
    let code = expand(again).to_string();
    assert!(code.contains("\"trunk.cell.fc.weight\"") && !code.contains("parts :: Cell as"), "{code}");
}

#[test]
fn what_is_wrong_is_said_where_it_is_declared() {
    let (zoo, code) = whole("pub Trunk(x: [4]) -> [4] { x -> fc: Dense(5) }", WHOLE);
    assert!(zoo.to_string().contains("compile_error"));
    assert!(carried(&zoo, "Trunk").is_empty());
    // Whoever contains `Whole` says nothing either.
    assert!(carried(&code, "Whole").is_empty());
    let code = code.to_string();
    assert!(!code.contains("compile_error"), "{code}");
    // Its parameters are of a type that rustc knows to be an error.
    assert!(code.contains("type __Unknown = < zoo :: Trunk as :: fireclay :: __private :: Declared > :: Params"), "{code}");
}

#[test]
fn a_slip_of_the_pen_is_answered_at_once() {
    let code = expand(tokens("pub Trunk(x: [4]) -> [4] { x -> Relu } pub Whole(x: [4]) -> [4] { x -> t: net Trnuk }"));
    assert!(code.to_string().contains("did you mean `Trunk`?"));
    let code = expand(tokens("pub Trunk(x: [4]) -> [4] { x -> Relu } pub Whole(x: [4]) -> [4] { x -> t: net self::Trunk }"));
    assert!(!code.to_string().contains("compile_error"));
}

#[test]
fn blocks_are_carried_as_networks_are() {
    let zoo = expand(tokens(
        "const N = 3; block Inner(x) { x -> fc: Dense(N) } pub block Trunk(x) { x -> Inner -> Relu } block Own(x) { x }",
    ));
    // Only what others may use.
    assert!(!zoo.to_string().contains("Own_") && !zoo.to_string().contains("Inner_"));
    let using = "use zoo::Trunk; pub Whole(x: [4]) -> [3] { x -> t: Trunk }";
    let (path, again) = handed(expand(tokens(using)), &carried(&zoo, "Trunk"));
    assert_eq!(path, "zoo::Trunk");
    let code = expand(again).to_string();
    assert!(!code.contains("compile_error") && code.contains("T_FC_WEIGHT"), "{code}");

    // Its mistakes are its own, with where it is used.
    let wide = "use zoo::Trunk as Other; pub Whole(x: [2, 4, 4]) -> [3] { x -> t: Other }";
    let (_, again) = handed(expand(tokens(wide)), &carried(&zoo, "Trunk"));
    let code = expand(again).to_string();
    assert!(code.contains("Dense") && code.contains("in t: Trunk, used in line"), "{code}");

    // What is wrong there is said there alone.
    let wrong = expand(tokens("pub block Trunk(x) { x -> Relu } pub Bad(x: [4]) -> [5] { x -> Relu }"));
    let (_, again) = handed(expand(tokens(using)), &carried(&wrong, "Trunk"));
    let code = expand(again).to_string();
    assert!(!code.contains("compile_error") && code.contains("struct Whole"), "{code}");

    // A network is not used, and a block is not put in.
    let network = expand(tokens("pub Trunk(x: [4]) -> [3] { x -> fc: Dense(3) }"));
    let (_, again) = handed(expand(tokens(using)), &carried(&network, "Trunk"));
    assert!(expand(again).to_string().contains("zoo::Trunk is a network, and `use` brings blocks"));
    let (_, again) = handed(expand(tokens(WHOLE)), &carried(&zoo, "Trunk"));
    assert!(expand(again).to_string().contains("zoo::Trunk is a block, and `net` puts networks in"));
}
