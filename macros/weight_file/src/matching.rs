//! Which tensors of a file are those of a network.

use super::problem::{self, LoadNote, TensorProblem};
use super::{Fault, OWN, Wanted, numbers, read};
use safetensors::tensor::TensorView;
use std::collections::{BTreeMap, HashMap};

/// What a file has for a network.
#[derive(Debug)]
pub struct Matching<'f> {
    /// For each tensor of the network, in its order, the file's, where that fits.
    pub found: Vec<Option<TensorView<'f>>>,
    /// What does not fit: tensors of the network, in its order, then those that only the file has.
    pub problems: Vec<TensorProblem>,
    /// Names of the file for which there was to be none.
    pub left_out: Vec<String>,
    /// What is changed on the way.
    pub notes: Vec<LoadNote>,
    /// The file's names, as they were mapped, with the shapes.
    names: Vec<(String, Vec<usize>)>,
}

/// The network's tensors, in its order, from the bytes of a file; all that does not fit otherwise.
///
/// # Errors
/// If the file is not whole, or is not this network's.
pub fn fit<'f>(bytes: &'f [u8], wanted: &[Wanted<'_>]) -> Result<(Vec<TensorView<'f>>, Vec<LoadNote>), Fault> {
    fit_with(bytes, wanted, |name| Some(name.to_owned()))
}

/// [`fit`], with a network's name for each of the file's; what has none is left out.
///
/// # Errors
/// As [`fit`], and if two tensors are to have the same name.
pub fn fit_with<'f>(
    bytes: &'f [u8],
    wanted: &[Wanted<'_>],
    map: impl FnMut(&str) -> Option<String>,
) -> Result<(Vec<TensorView<'f>>, Vec<LoadNote>), Fault> {
    all(Matching::of(read(bytes)?, wanted, map)?, wanted)
}

/// As [`fit`], from tensors by their names.
///
/// # Errors
/// If they are not this network's.
pub fn fit_tensors<'f>(tensors: BTreeMap<String, TensorView<'f>>, wanted: &[Wanted<'_>]) -> Result<Vec<TensorView<'f>>, Fault> {
    all(Matching::of(tensors, wanted, |name| Some(name.to_owned()))?, wanted).map(|(found, _)| found)
}

/// Everything, or an error.
fn all<'f>(matching: Matching<'f>, wanted: &[Wanted<'_>]) -> Result<(Vec<TensorView<'f>>, Vec<LoadNote>), Fault> {
    if !matching.problems.is_empty() {
        let names: Vec<&str> = matching.names.iter().map(|(name, _)| name.as_str()).collect();
        let help = help(&names, |name| wanted.iter().any(|wanted| wanted.name == name)).or_else(|| {
            let (file, network) = named_shapes(&matching, wanted);
            let replaced = renamed(&file, &network)?;
            Some(format!("the names differ, the shapes do not: load_with(…, |name| Some(name{replaced})) loads it, and `save` writes a file with the network's names"))
        });
        return Err(Fault::Misfit { problems: matching.problems, help });
    }
    Ok((matching.found.into_iter().flatten().collect(), matching.notes))
}

/// What fits of a file, with a network's name for each of the file's; what has none is left out.
///
/// # Errors
/// If the file is not whole, if nothing of it fits, or if two tensors are to have the same name.
pub fn fit_part<'f>(
    bytes: &'f [u8],
    wanted: &[Wanted<'_>],
    map: impl FnMut(&str) -> Option<String>,
) -> Result<Matching<'f>, Fault> {
    let mut matching = Matching::of(read(bytes)?, wanted, map)?;
    if !wanted.is_empty() && matching.found.iter().all(Option::is_none) {
        let help = way_out(&matching, wanted);
        // A tensor of the right name says more than all that are missing, of which not all are listed.
        matching.problems.sort_by_key(|problem| matches!(problem, TensorProblem::Missing { .. }));
        return Err(Fault::Misfit { problems: matching.problems, help });
    }
    Ok(matching)
}

impl<'f> Matching<'f> {
    /// What stands there of Fireclay's own is no part of a network.
    fn of(
        tensors: BTreeMap<String, TensorView<'f>>,
        wanted: &[Wanted<'_>],
        mut map: impl FnMut(&str) -> Option<String>,
    ) -> Result<Self, Fault> {
        let (mut mapped, mut left_out) = (Vec::new(), Vec::new());
        for (name, view) in tensors.into_iter().filter(|(name, _)| !name.starts_with(OWN)) {
            if is_counter(&name) {
                continue;
            }
            match map(&name) {
                Some(new) => mapped.push((new, name, view)),
                None => left_out.push(name),
            }
        }
        mapped.sort_by(|a, b| a.0.cmp(&b.0));
        let twice: Vec<_> = mapped.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(TensorProblem::twice).collect();
        if !twice.is_empty() {
            let help = Some("give each a name of its own, or `None` to leave it out".to_owned());
            return Err(Fault::Misfit { problems: twice, help });
        }

        let known: HashMap<&str, &Wanted<'_>> = wanted.iter().map(|wanted| (wanted.name, wanted)).collect();
        let is_known = |name: &str| known.contains_key(name);
        let names: Vec<&str> = mapped.iter().map(|(name, ..)| name.as_str()).collect();
        let prefix = wrapper(&names, is_known).to_owned();
        let file: BTreeMap<&str, &TensorView<'f>> = mapped.iter().map(|(name, _, view)| (&name[prefix.len()..], view)).collect();

        let (mut found, mut problems) = (Vec::new(), Vec::new());
        for wanted in wanted {
            let view = file.get(wanted.name).copied();
            let problem = view.map_or_else(|| Some(TensorProblem::missing(wanted)), |view| problem::of(wanted, view));
            found.push(view.filter(|_| problem.is_none()).cloned());
            problems.extend(problem);
        }
        let extra: Vec<_> = file.iter().filter(|(name, _)| !is_known(name)).map(|(name, view)| (*name, *view)).collect();
        problem::point_at_nearest(&mut problems, &extra);
        problems.extend(extra.iter().map(|(name, view)| TensorProblem::extra(name, view)));
        let notes = (!prefix.is_empty()).then_some(LoadNote::Prefix { prefix });
        let notes = notes.into_iter().chain(numbers::notes(found.iter().flatten())).collect();
        let names = mapped.iter().map(|(name, _, view)| (name.clone(), view.shape().to_owned())).collect();
        Ok(Self { found, problems, left_out, notes, names })
    }
}

/// What PyTorch's wrappers put before every name: `DataParallel` and `DistributedDataParallel`, `torch.compile`.
const WRAPPERS: [&str; 2] = ["module.", "_orig_mod."];

/// So many wrappers within each other are seen through.
const WRAPPED: usize = 4;

/// PyTorch counts the batches that a batch norm has seen; nothing needs it.
fn is_counter(name: &str) -> bool {
    name == "num_batches_tracked" || name.ends_with(".num_batches_tracked")
}

/// What wrappers put before every name of a file, if the names are known without it.
fn wrapper<'n>(names: &[&'n str], is_known: impl Fn(&str) -> bool) -> &'n str {
    let mut length = 0;
    for _ in 0..=WRAPPED {
        if names.iter().any(|name| is_known(&name[length..])) {
            return &names[0][..length];
        }
        match WRAPPERS.iter().find(|wrapper| names.iter().all(|name| name[length..].starts_with(**wrapper))) {
            Some(wrapper) if !names.is_empty() => length += wrapper.len(),
            _ => break,
        }
    }
    ""
}

/// The part of a larger model that this network is, if every name of the file begins with it.
fn help(names: &[&str], is_known: impl Fn(&str) -> bool) -> Option<String> {
    let first = names.first()?;
    if names.iter().any(|name| is_known(name)) {
        return None;
    }
    let mut prefixes = first.match_indices('.').map(|(dot, _)| &first[..=dot]);
    let prefix = prefixes.find(|prefix| {
        let is_within = |name: &&str| name.strip_prefix(prefix).is_some_and(&is_known);
        names.iter().all(|name| name.starts_with(prefix)) && names.iter().any(is_within)
    })?;
    Some(format!(
        "every name in the file begins with `{prefix}`; save that part alone: safetensors.torch.save_file(model.{prefix}state_dict(), …)"
    ))
}

/// A mapping of names with which tensors would fit, where none does.
fn way_out(matching: &Matching<'_>, wanted: &[Wanted<'_>]) -> Option<String> {
    if matching.names.is_empty() {
        return (!matching.left_out.is_empty()).then(|| "the mapping left out every tensor of the file".to_owned());
    }
    let (file, network) = named_shapes(matching, wanted);
    let (before_file, before_network) = (prefix(&file, &network), prefix(&network, &file));
    let of_names = matching.problems.iter().all(|p| matches!(p, TensorProblem::Missing { .. } | TensorProblem::Extra { .. }));
    if before_file.0 > 0 && before_file.0 >= before_network.0 {
        let prefix = before_file.1;
        Some(format!("leave `{prefix}` out: load_matching_with(…, |name| name.strip_prefix(\"{prefix}\").map(String::from))"))
    } else if before_network.0 > 0 {
        let prefix = before_network.1;
        Some(format!("put `{prefix}` before them: load_matching_with(…, |name| Some(format!(\"{prefix}{{name}}\")))"))
    } else {
        of_names.then(|| {
            let replaced = renamed(&file, &network).unwrap_or_else(|| ".replace(\"…\", \"…\")".to_owned());
            format!(
                "say which of the file's names are which of the network's: load_matching_with(…, |name| Some(name{replaced}))"
            )
        })
    }
}

/// Names with their shapes.
type Named<'n> = Vec<(&'n str, &'n [usize])>;

fn named_shapes<'n>(matching: &'n Matching<'_>, wanted: &'n [Wanted<'_>]) -> (Named<'n>, Named<'n>) {
    let file = matching.names.iter().map(|(name, dims)| (name.as_str(), dims.as_slice()));
    (file.collect(), wanted.iter().map(|wanted| (wanted.name, wanted.dims)).collect())
}

/// What makes of every name of the file one of the network's, `.replace("fc1", "trunk")` for each module that has another name there: where one
/// module alone has the same parameters with the same shapes.
fn renamed(file: &[(&str, &[usize])], network: &[(&str, &[usize])]) -> Option<String> {
    let (of_file, of_network) = (modules(file), modules(network));
    let others: Vec<_> = of_network.iter().filter(|(name, _)| !of_file.contains_key(*name)).collect();
    let mut pairs = Vec::new();
    for (name, parameters) in of_file.iter().filter(|(name, _)| !of_network.contains_key(*name)) {
        let mut same = others.iter().filter(|(_, of)| *of == parameters);
        let (Some((new, _)), None) = (same.next(), same.next()) else { return None };
        if name.is_empty() || pairs.iter().any(|(_, taken)| taken == *new) {
            return None;
        }
        pairs.push((*name, **new));
    }
    let map = |name: &str| pairs.iter().fold(name.to_owned(), |name, (old, new)| name.replace(old, new));
    let fits = file.iter().all(|(name, dims)| network.contains(&(map(name).as_str(), *dims)));
    (fits && !pairs.is_empty() && file.len() == network.len())
        .then(|| pairs.iter().map(|(old, new)| format!(".replace(\"{old}\", \"{new}\")")).collect())
}

/// The parameters of each module: their own names, with their shapes.
fn modules<'n>(named: &[(&'n str, &'n [usize])]) -> BTreeMap<&'n str, Vec<(&'n str, &'n [usize])>> {
    let mut modules = BTreeMap::<&str, Vec<(&str, &[usize])>>::new();
    for (name, dims) in named {
        let (module, own) = name.rsplit_once('.').unwrap_or(("", name));
        modules.entry(module).or_default().push((own, dims));
    }
    modules.values_mut().for_each(|parameters| parameters.sort_unstable());
    modules
}

/// What stands before most of the `long` names that are the `short` ones otherwise, with their shapes, and how many these are.
fn prefix<'n>(long: &[(&'n str, &[usize])], short: &[(&str, &[usize])]) -> (usize, &'n str) {
    let short: HashMap<_, _> = short.iter().copied().collect();
    let mut counts = BTreeMap::<&str, usize>::new();
    for (name, dims) in long {
        for (dot, _) in name.match_indices('.') {
            if short.get(&name[dot + 1..]) == Some(dims) {
                *counts.entry(&name[..=dot]).or_default() += 1;
            }
        }
    }
    counts.into_iter().map(|(prefix, count)| (count, prefix)).max().unwrap_or_default()
}
