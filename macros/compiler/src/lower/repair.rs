//! Repairs: arguments of a layer with which a wanted shape comes out. Each is tried on the graph, so that it does lead there.

use super::scope::Frame;
use super::{Lower, messages};
use crate::graph::{ValueId, ValueType};
use crate::layers::{ArgValue, Args, Build, Built, Layer};
use crate::report::Report;
use std::collections::HashMap;

/// The layer and the arguments that a node was made of.
#[derive(Clone)]
pub(super) struct Recipe {
    /// `None` where nothing can be tried: the elements of `each`.
    pub layer: Option<&'static dyn Layer>,
    pub args: Args,
    /// The name in messages.
    pub shown: String,
    /// Which operation of a layer that is several.
    pub part: usize,
}

/// Arguments to be set.
type Change = Vec<(&'static str, ArgValue)>;

/// The most layers back that are tried.
const REACH: usize = 12;

impl Lower<'_, '_> {
    /// The arguments with which a value would have this type, worded; empty where there are none.
    pub(super) fn repair(&self, value: ValueId, wanted: &ValueType) -> String {
        self.repaired(value, wanted, &[]).unwrap_or_default()
    }

    /// Values that do not go together: how one of them would be as high and wide as another. `names` are what they are called.
    pub(super) fn repair_parts(&self, frame: &Frame<'_>, inputs: &[ValueId], names: &[String], equal: bool) -> String {
        let sizes = |id: &ValueId| match self.values[*id].ty.dims() {
            Some([channels, height, width]) => Some([channels.clone(), height.clone(), width.clone()]),
            _ => None,
        };
        for (i, part) in inputs.iter().enumerate() {
            for (j, other) in inputs.iter().enumerate().filter(|(j, _)| *j != i) {
                let (Some([channels, height, width]), Some(to)) = (sizes(part), sizes(other)) else { continue };
                if [&height, &width] == [&to[1], &to[2]] || (equal && channels != to[0]) {
                    continue;
                }
                // Of several parts the odd one is to change.
                let like_it = |sizes_of: [&crate::graph::Size; 2]| {
                    inputs.iter().filter_map(sizes).filter(|s| [&s[1], &s[2]] == sizes_of).count()
                };
                if like_it([&height, &width]) > 1 {
                    continue;
                }
                let name = names.get(j).map(|name| name.trim_matches('`')).filter(|name| frame.value(name).is_some());
                let like: Vec<(String, ValueId)> = name.map(|name| (name.to_owned(), *other)).into_iter().collect();
                let wanted = ValueType::Tensor(vec![channels, to[1].clone(), to[2].clone()]);
                if let Some(help) = self.repaired(*part, &wanted, &like) {
                    return help;
                }
            }
        }
        String::new()
    }

    fn repaired(&self, value: ValueId, wanted: &ValueType, like: &[(String, ValueId)]) -> Option<String> {
        let nodes = self.upstream(value);
        for pairs in [false, true] {
            for &node in &nodes {
                // One piece of text that is used several times would change all of them.
                let span = self.nodes[node].span.start();
                if self.nodes.iter().filter(|other| other.span.start() == span).count() > 1 {
                    continue;
                }
                let recipe = &self.recipes[node];
                let takes = |name: &str| recipe.layer.is_some_and(|layer| layer.params().iter().any(|param| param.name == name));
                if !pairs && takes("like") {
                    let before = |other: ValueId| self.nodes[node].outputs.first().is_some_and(|own| other < *own);
                    for (name, other) in like.iter().filter(|(_, other)| before(*other)) {
                        let change = vec![("like", ArgValue::Value(self.values[*other].ty.clone()))];
                        if self.with(node, &change, value).as_ref() == Some(wanted) {
                            return Some(messages::repair(&format!("like = {name}"), &recipe.shown, wanted));
                        }
                    }
                }
                let mut tried = changes(&takes, extent(&recipe.args), pairs);
                // What was written stays where it can.
                tried.sort_by_key(|change| change.iter().filter(|(name, _)| recipe.args.get(name).is_some()).count());
                for change in tried {
                    if self.with(node, &change, value).as_ref() == Some(wanted) {
                        let args: Vec<String> = change.iter().map(|(name, value)| format!("{name} = {value}")).collect();
                        return Some(messages::repair(&args.join(", "), &recipe.shown, wanted));
                    }
                }
            }
        }
        None
    }

    /// The nodes that a value comes from, the last first.
    fn upstream(&self, value: ValueId) -> Vec<usize> {
        let mut found: Vec<usize> = self.producers[value].into_iter().collect();
        let mut at = 0;
        while at < found.len() && found.len() < REACH {
            for input in &self.nodes[found[at]].inputs {
                if let Some(node) = self.producers[*input]
                    && !found.contains(&node)
                {
                    found.push(node);
                }
            }
            at += 1;
        }
        found.sort_unstable_by(|a, b| b.cmp(a));
        found
    }

    /// The layer of a node with these arguments, applied to values of these types; whatever it says is not heard.
    pub(super) fn built_again(&self, node: usize, inputs: &[ValueType], args: &Args, step: bool) -> Option<Built> {
        let recipe = &self.recipes[node];
        let layer = recipe.layer?;
        layer.build(&mut Build {
            inputs,
            origins: &[],
            input_spans: &[],
            args,
            params: layer.params(),
            span: self.nodes[node].span,
            label: &recipe.shown,
            step,
            exact: self.exact,
            report: &mut Report::default(),
        })
    }

    /// The type that a value would have if a node had these arguments.
    fn with(&self, changed: usize, change: &Change, value: ValueId) -> Option<ValueType> {
        let mut types: HashMap<ValueId, ValueType> = HashMap::new();
        for node in changed..=self.producers[value]? {
            let Recipe { args, part, .. } = &self.recipes[node];
            let made = &self.nodes[node];
            // The other operations of a layer are built with its first.
            if *part > 0 || node != changed && !made.inputs.iter().any(|input| types.contains_key(input)) {
                continue;
            }
            let inputs: Vec<ValueType> =
                made.inputs.iter().map(|id| types.get(id).unwrap_or(&self.values[*id].ty).clone()).collect();
            let mut args = args.clone();
            if node == changed {
                for (name, value) in change {
                    args.set(name, value.clone(), made.span);
                }
            }
            let built = self.built_again(node, &inputs, &args, self.stepping)?;
            let last = self.nodes.get(node + built.before.len())?;
            let parts = self.nodes[node..].iter().zip(built.before).map(|(made, part)| (made.outputs[0], part.output));
            types.extend(parts);
            types.extend(last.outputs.iter().copied().zip(built.outputs));
        }
        types.remove(&value)
    }
}

/// The extent of a kernel along the axis where it is shorter; no limit where a layer has none.
fn extent(args: &Args) -> i64 {
    let axes = |name| match args.get(name) {
        Some((ArgValue::Int(n), _)) => Some([*n; 2]),
        Some((ArgValue::Tuple(both), _)) => match both[..] {
            [ArgValue::Int(height), ArgValue::Int(width)] => Some([height, width]),
            _ => None,
        },
        _ => None,
    };
    let (Some(kernel), dilation) = (axes("kernel"), axes("dilation").unwrap_or([1; 2])) else { return i64::MAX };
    let [height, width] = [0, 1].map(|axis| (kernel[axis] - 1).saturating_mul(dilation[axis]).saturating_add(1));
    height.min(width)
}

/// The candidates: one argument, or two that go together. A kernel never lies in the padding alone; two arguments change only to what
/// is usual: padding of at most half the kernel, steps that leave nothing out.
fn changes(takes: &dyn Fn(&str) -> bool, extent: i64, pairs: bool) -> Vec<Change> {
    let one = |name: &'static str, values: Vec<ArgValue>| -> Change {
        if takes(name) { values.into_iter().map(|value| (name, value)).collect() } else { Vec::new() }
    };
    let numbers = |range: std::ops::RangeInclusive<i64>| range.map(ArgValue::Int).collect::<Vec<_>>();
    let (most_pad, most_stride) = if pairs { (extent / 2, extent.max(2)) } else { (extent - 1, i64::MAX) };
    let mut pads = numbers(0..=most_pad.min(8));
    pads.push(ArgValue::Word("same".to_owned()));
    let (output_pads, pads) = (one("output_pad", numbers(1..=3)), one("pad", pads));
    let strides = one("stride", numbers(1..=most_stride.min(4)));
    if pairs {
        let both = |a: &Change, b: &Change| -> Vec<Change> {
            a.iter().flat_map(|a| b.iter().map(|b| vec![a.clone(), b.clone()])).collect()
        };
        return [both(&strides, &pads), both(&pads, &output_pads)].concat();
    }
    let last = one("last", vec![ArgValue::Bool(true)]);
    let ceil = one("ceil", vec![ArgValue::Bool(true)]);
    [last, output_pads, strides, ceil, pads].concat().into_iter().map(|change| vec![change]).collect()
}

#[cfg(test)]
mod tests {
    use super::{ArgValue, Args, changes, extent};

    #[test]
    fn a_layer_is_asked_only_for_what_it_takes() {
        let names = |pairs| -> Vec<&str> {
            let takes = |name: &str| matches!(name, "stride" | "pad");
            changes(&takes, 3, pairs).into_iter().flatten().map(|(name, _)| name).collect()
        };
        assert!(names(false).iter().all(|name| matches!(*name, "stride" | "pad")));
        // Paddings 0, 1, 2 and `same`; of pairs 0, 1 and `same`, with steps up to 3.
        assert_eq!((names(false).len(), names(true).len()), (4 + 4, 2 * 3 * 3));
        assert!(changes(&|_| false, 3, false).is_empty());
    }

    #[test]
    fn what_a_kernel_reaches_over() {
        let mut args = Args::default();
        assert_eq!(extent(&args), i64::MAX);
        let span = proc_macro2::Span::call_site();
        args.set("kernel", ArgValue::Tuple(vec![ArgValue::Int(5), ArgValue::Int(3)]), span);
        assert_eq!(extent(&args), 3);
        args.set("dilation", ArgValue::Int(2), span);
        assert_eq!(extent(&args), 5);
    }
}
