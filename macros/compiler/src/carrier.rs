//! The *token carrier*, by which a network comes into another `network!`, or into `weights!`.
//!
//! A procedural macro sees nothing but its own tokens. So each declaration also emits a `macro_rules!` that holds its text and is
//! re-exported under the network's own name: one path names both, the type among types and the carrier among macros, and
//! `use zoo::Trunk;` brings both. `network!` that meets `net zoo::Trunk` expands to
//!
//! ```text
//! zoo::Trunk! { (network) (__carried (zoo::Trunk)) (what was written) }
//! ```
//!
//! which calls it again as `network! { __carried (zoo::Trunk) { Trunk { … } } what was written }`.

use crate::lower::suggest;
use crate::syntax::ast::{Carried, File, Item, Network};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};
use syn::Visibility;
use syn::ext::IdentExt;

/// `zoo::Trunk`
#[must_use]
pub fn text(path: &syn::Path) -> String {
    let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.unraw().to_string()).collect();
    format!("{}{}", if path.leading_colon.is_some() { "::" } else { "" }, names.join("::"))
}

/// The name, where a path can only mean what stands beside it: `Trunk`, `self::Trunk`.
#[must_use]
pub fn beside(path: &syn::Path) -> Option<&Ident> {
    let segments: Vec<&Ident> = path.segments.iter().map(|segment| &segment.ident).collect();
    match segments.as_slice() {
        [name] if path.leading_colon.is_none() => Some(name),
        [this, name] if *this == "self" => Some(name),
        _ => None,
    }
}

/// The expansion of a `network!` that must be handed another network first; `None` when all that it names is there.
#[must_use]
pub fn fetch(library: &TokenStream, file: &File, written: &TokenStream) -> Option<TokenStream> {
    let names: Vec<String> = networks(file).map(|network| network.name.unraw().to_string()).collect();
    let is_here = |path: &syn::Path| {
        beside(path).is_some_and(|name| {
            let name = name.unraw().to_string();
            // A slip of the pen is best answered here, where the names are known.
            let slip = path.segments.len() == 1 && suggest::nearest(&name, names.iter().map(String::as_str)).is_some();
            names.contains(&name) || slip
        })
    };
    let nets = file.sources.iter().flat_map(|source| &source.nets);
    let path = nets.filter(|path| !is_here(path)).find(|path| carried(file, path).is_none())?;
    Some(call(library, path, "network", written))
}

/// The call of a carrier: `callback! { __carried (path) { Name { … } } after }` comes of it.
#[must_use]
pub fn call(library: &TokenStream, path: &syn::Path, callback: &str, after: &TokenStream) -> TokenStream {
    let (word, callback) = (format_ident!("{}", crate::syntax::CARRIED), format_ident!("{callback}"));
    quote!(#path ! { (#library::__private::#callback) ((#library) #word (#path)) (#after) })
}

/// The network that was handed to a file under this path.
#[must_use]
pub fn carried<'f>(file: &'f File, path: &syn::Path) -> Option<&'f Carried> {
    let path = text(path);
    file.carried.iter().find(|carried| text(&carried.path) == path)
}

fn networks(file: &File) -> impl Iterator<Item = &Network> {
    file.items.iter().filter_map(|item| match item {
        Item::Network(network) => Some(network),
        _ => None,
    })
}

/// The carriers of all networks of a file, and of the blocks that others may use; empty ones where something is wrong with them: whoever is handed one says nothing more.
#[must_use]
pub fn emit(file: &File, wrong: impl Iterator<Item = bool>, clean: bool) -> TokenStream {
    let mut seen = HashSet::new();
    let networks = networks(file).zip(wrong).map(|(network, wrong)| (&network.vis, &network.name, wrong));
    // A block that is not `pub` is nobody else's affair, and many may be called alike.
    let blocks = file.items.iter().filter_map(|item| match item {
        Item::Block(block) if !matches!(block.vis, Visibility::Inherited) => Some((&block.vis, &block.name, !clean)),
        _ => None,
    });
    let unread = file.unread.iter().filter(|(vis, _)| !matches!(vis, Visibility::Inherited));
    networks
        .chain(blocks)
        .chain(unread.map(|(vis, name)| (vis, name, true)))
        .filter(|(_, name, _)| seen.insert(name.unraw().to_string()))
        .map(|(vis, name, wrong)| {
            let declaration = if wrong {
                TokenStream::new()
            } else {
                let needed = needed(file, name);
                quote!(#name { #needed })
            };
            carrier(vis, name, &declaration)
        })
        .collect()
}

/// The items of a file that a network or block needs: itself, the networks within it, and everything that is not a network.
fn needed(file: &File, name: &Ident) -> TokenStream {
    let mut reached = HashSet::from([name.unraw().to_string()]);
    let is_reached = |item: &Item, reached: &HashSet<String>| match item {
        Item::Network(network) => reached.contains(&network.name.unraw().to_string()),
        _ => true,
    };
    let mut paths = HashSet::new();
    loop {
        let before = reached.len();
        for (item, source) in file.items.iter().zip(&file.sources) {
            if is_reached(item, &reached) {
                paths.extend(source.nets.iter().map(text));
                reached.extend(source.nets.iter().filter_map(beside).map(|name| name.unraw().to_string()));
            }
        }
        if reached.len() == before {
            break;
        }
    }
    let carried = file.carried.iter().filter(|carried| paths.contains(&text(&carried.path))).map(|carried| &carried.tokens);
    let items = file.items.iter().zip(&file.sources).filter(|(item, _)| is_reached(item, &reached));
    carried.chain(items.map(|(_, source)| &source.tokens)).cloned().collect()
}

/// The macros that stand in every file: a network called so must not hide them, and cannot be put in elsewhere.
const MACROS: [&str; 38] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "cfg",
    "column",
    "compile_error",
    "concat",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "env",
    "eprint",
    "eprintln",
    "file",
    "format",
    "format_args",
    "include",
    "include_bytes",
    "include_str",
    "line",
    "matches",
    "module_path",
    "option_env",
    "panic",
    "print",
    "println",
    "stringify",
    "thread_local",
    "todo",
    "try",
    "unimplemented",
    "unreachable",
    "vec",
    "write",
    "writeln",
    "network",
    "weights",
];

/// One carrier.
fn carrier(vis: &Visibility, name: &Ident, declaration: &TokenStream) -> TokenStream {
    if MACROS.contains(&name.unraw().to_string().as_str()) {
        return TokenStream::new();
    }
    let hidden = unique(name);
    // Only what is exported can be `pub`; for anything less an export would be a name too many at the root of the crate.
    let export = matches!(vis, Visibility::Public(_)).then(|| {
        // Rustc asks it of a function's `pub` networks; nothing else that is emitted touches a lint.
        quote!(#[allow(non_local_definitions)] #[macro_export])
    });
    quote! {
        #[doc(hidden)]
        #export
        macro_rules! #hidden {
            (($($callback:tt)*) ($($before:tt)*) ($($after:tt)*)) => {
                $($callback)* ! { $($before)* { #declaration } $($after)* }
            };
        }
        #[doc(hidden)]
        #vis use #hidden as #name;
    }
}

/// A name that no other carrier of the crate has: exported macros all stand at its root. It is made of the place in the source. Where a
/// declaration is made several times by one piece of text (a macro of the user's), the place is one and they are counted.
fn unique(name: &Ident) -> Ident {
    static SEEN: Mutex<BTreeMap<u64, usize>> = Mutex::new(BTreeMap::new());
    let (span, plain) = (name.span(), name.unraw());
    let start = span.start();
    let hash = fnv(&format!("{}:{}:{}:{plain}", span.file(), start.line, start.column));
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let count = seen.entry(hash).or_insert(0);
    *count += 1;
    let again = if *count > 1 { format!("_{count}") } else { String::new() };
    Ident::new(&format!("__fireclay_{plain}_{hash:016x}{again}"), Span::call_site())
}

/// Fowler–Noll–Vo 1a, 64 bits: the same on every machine and in every version of Rust.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
