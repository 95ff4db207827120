//! Where values and gradients lie while a network trains.

use super::joined::Joined;
use super::reverse::Backward;
use super::{Action, Demand, Inner, PhasePlan, Planned, SavedKey, layout_of, saved_key};
use crate::graph::{Arg, Graph, InPlace, Layout, Purpose, ValueId, ValueType, When};
use crate::passes::analysis::roots;
use crate::passes::memory::{Arena, Buffers, Place, Room};
use std::collections::HashMap;

/// Gives values and gradients their places, step by step.
pub(super) struct Placing<'a> {
    graph: &'a Graph,
    /// Of values: views and in-place results share.
    roots: &'a [ValueId],
    /// Of gradients: only views share at first.
    grad_roots: Vec<ValueId>,
    outputs: &'a [ValueId],
    layouts: &'a [Layout],
    inner: Inner,
    joined: &'a Joined,
    values: Vec<Option<Place>>,
    grads: Vec<Option<Place>>,
    /// In training, in evaluation.
    written: Vec<[bool; 2]>,
    /// For a node's input and a mode: whether its calls add.
    decided: HashMap<(usize, usize, When), bool>,
    /// See [`TrainPlan::saved`].
    pub saved: HashMap<SavedKey, usize>,
    buffers: Buffers,
}

impl<'a> Placing<'a> {
    pub fn new(
        graph: &'a Graph,
        value_roots: &'a [ValueId],
        outputs: &'a [ValueId],
        layouts: &'a [Layout],
        inner: Inner,
        joined: &'a Joined,
    ) -> Self {
        let all: Vec<usize> = (0..graph.nodes.len()).collect();
        let n = graph.values.len();
        let mut placing = Self {
            graph,
            roots: value_roots,
            grad_roots: roots(graph, &all, |op| op.traits().view),
            outputs,
            layouts,
            inner,
            joined,
            values: vec![None; n],
            grads: vec![None; n],
            written: vec![[false; 2]; n],
            decided: HashMap::new(),
            saved: HashMap::new(),
            buffers: Buffers::default(),
        };
        for (i, input) in graph.inputs.iter().enumerate() {
            placing.values[input.value] = Some(Place::Input(i));
            placing.grads[input.value] = Some(Place::Input(i));
        }
        for (i, output) in outputs.iter().enumerate() {
            placing.values[value_roots[*output]] = Some(Place::Output(i));
        }
        if inner == Inner::Kept {
            placing.gradients_of_layers();
        }
        placing
    }

    /// A new buffer for the gradient of a value.
    fn gradient(&mut self, root: ValueId) -> Place {
        Place::Arena(self.buffers.add(Room::of_gradient(&self.graph.values[root].ty, self.layouts[root])))
    }

    /// Gives the gradient of what each layer yields a buffer from the start, which holds something: zeros, or what a pass starts from.
    fn gradients_of_layers(&mut self) {
        let graph = self.graph;
        for value in graph.nodes.iter().filter_map(|node| node.outputs.first()) {
            let root = self.grad_roots[*value];
            let inside = self.grads[root].is_none() && self.output_of(root).is_none();
            if inside && matches!(graph.values[root].ty, ValueType::Tensor(_)) {
                self.grads[root] = Some(self.gradient(root));
                self.written[root] = [true; 2];
            }
        }
    }

    fn touch(&mut self, place: Option<Place>) {
        if let Some(place) = place {
            self.buffers.touch(place);
        }
    }

    fn value(&mut self, value: ValueId) {
        let root = self.roots[value];
        let (whole, first) = self.joined.whole(root);
        self.buffers.settle(&mut self.values[whole], || Room::of(&self.graph.values[whole].ty, self.layouts[whole]));
        if let (true, Some(Place::Arena(buffer))) = (whole != root, self.values[whole]) {
            self.values[root] = Some(Place::Part { buffer, first });
        }
    }

    /// A saved tensor that this call uses.
    fn saved(&mut self, at: usize, arg: &Arg) {
        let Some(key) = saved_key(at, arg) else { return };
        let memory = self.graph.nodes[at].op.workspace();
        let len = &(if key.1 { memory.work } else { memory.saved })[key.2];
        let layout = layout_of(self.graph, self.layouts, at);
        let buffer = *self.saved.entry(key).or_insert_with(|| self.buffers.add(Room::saved(len, layout)));
        self.buffers.touch(Place::Arena(buffer));
    }

    fn scratch(&mut self, planned: &mut Planned) {
        let Action::Run { node, call, scratch, .. } = &mut planned.action else { return };
        if call.args.iter().any(|arg| matches!(arg, Arg::Scratch)) {
            let room = Room::scratch(&self.graph.nodes[*node].op.workspace().scratch, layout_of(self.graph, self.layouts, *node));
            *scratch = Some(self.buffers.add(room));
        }
    }

    /// Of the forward pass.
    pub fn forward(&mut self, phases: &mut [PhasePlan]) {
        for phase in phases {
            for planned in &mut phase.micro {
                self.forward_step(planned);
                self.scratch(planned);
                self.buffers.next_step();
            }
            // Shares do not wait for each other: all of it is one step.
            for planned in &phase.across {
                self.forward_step(planned);
            }
            self.buffers.next_step();
        }
    }

    fn forward_step(&mut self, planned: &Planned) {
        let Action::Run { node: at, call, .. } = &planned.action else { return };
        let node = &self.graph.nodes[*at];
        for arg in &call.args {
            match arg {
                Arg::Input(k) => self.value(node.inputs[*k]),
                Arg::Output(k) => self.value(node.outputs[*k]),
                arg => self.saved(*at, arg),
            }
        }
    }

    /// Makes sure that the gradient of a value can be read; adds the actions that must run before, each with its value.
    fn readable(&mut self, value: ValueId, before: &mut Vec<(ValueId, Action)>) {
        let root = self.grad_roots[value];
        if self.grads[root].is_none() {
            // Nobody inside wrote it: it is what the loss left, or zero.
            if let Some(output) = self.output_of(root) {
                self.grads[root] = Some(Place::Output(output));
            } else {
                self.grads[root] = Some(self.gradient(root));
                before.push((value, Action::Clear { value }));
            }
            self.written[root] = [true; 2];
        }
        self.touch(self.grads[root]);
    }

    fn output_of(&self, grad_root: ValueId) -> Option<usize> {
        self.outputs.iter().position(|v| self.grad_roots[*v] == grad_root)
    }

    /// Gives the gradient of a value a place to be written; true if it already holds something.
    fn writable(&mut self, value: ValueId, when: When, over: Option<Place>, before: &mut Vec<(ValueId, Action)>) -> bool {
        let root = self.grad_roots[value];
        if self.grads[root].is_none() {
            if let Some(output) = self.output_of(root) {
                self.grads[root] = Some(self.gradient(root));
                before.push((value, Action::Seed { value, output }));
                self.written[root] = [true; 2];
            } else if over.is_some() {
                self.grads[root] = over;
            } else {
                self.grads[root] = Some(self.gradient(root));
            }
        }
        self.touch(self.grads[root]);
        // Steps that run in one mode only stand in for each other: what one wrote the other does not find.
        let written = &mut self.written[root];
        match when {
            When::Train => std::mem::replace(&mut written[0], true),
            When::Eval => std::mem::replace(&mut written[1], true),
            When::Always => std::mem::replace(written, [true; 2])[0],
        }
    }

    /// Of the backward pass.
    pub fn backward(&mut self, phases: &mut [PhasePlan], backward: &Backward<'_>) {
        let forward_end = self.buffers.now();
        for phase in phases.iter_mut() {
            let mut steps = Vec::new();
            for mut planned in std::mem::take(&mut phase.micro) {
                if self.gradient_is_there(&planned, backward, &mut steps) {
                    continue;
                }
                self.backward_step(&mut planned, backward, &mut steps);
                self.scratch(&mut planned);
                steps.push(planned);
                self.buffers.next_step();
            }
            // As in the forward pass; and what is made ready for it, before, meets none of its other buffers.
            for planned in &mut phase.across {
                self.backward_step(planned, backward, &mut steps);
            }
            self.buffers.next_step();
            phase.micro = steps;
        }
        // What backward reads stays until the end, so that it can be asked for more than once.
        self.buffers.hold_across(forward_end);
        if self.inner == Inner::Kept {
            let places: Vec<Place> = self.values.iter().chain(&self.grads).copied().flatten().collect();
            places.into_iter().for_each(|place| self.buffers.touch(place));
        }
    }

    /// Whether a step would copy the gradient of a part out of that of the whole, where nobody has written it so far: it lies there.
    fn gradient_is_there(&mut self, planned: &Planned, backward: &Backward<'_>, steps: &mut Vec<Planned>) -> bool {
        let Action::Run { node: at, call, .. } = &planned.action else { return false };
        let part = call.args.iter().find_map(|arg| match arg {
            Arg::GradInput(k) => Some((*k, self.joined.stretch(*at, *k)?)),
            _ => None,
        });
        let Some((k, first)) = part else { return false };
        let node = &self.graph.nodes[*at];
        let (root, whole) = (self.grad_roots[node.inputs[k]], node.outputs[0]);
        if self.grads[root].is_some() || self.output_of(root).is_some() {
            return false;
        }
        let mut before = Vec::new();
        self.readable(whole, &mut before);
        self.push_before(before, backward, steps);
        let place = match self.grads[self.grad_roots[whole]] {
            Some(Place::Arena(buffer)) => Place::Part { buffer, first },
            Some(Place::Part { buffer, first: of_whole }) => Place::Part { buffer, first: of_whole.saturating_add(first) },
            _ => return false,
        };
        (self.grads[root], self.written[root]) = (Some(place), [true; 2]);
        true
    }

    fn push_before(&self, before: Vec<(ValueId, Action)>, backward: &Backward<'_>, steps: &mut Vec<Planned>) {
        for (value, action) in before {
            let demand = backward.demand(value).unwrap_or(Demand::Always);
            steps.push(Planned { action, demand });
        }
    }

    /// Gives a step of the backward pass its places, and adds what must run before it.
    fn backward_step(&mut self, planned: &mut Planned, backward: &Backward<'_>, steps: &mut Vec<Planned>) {
        let Action::Run { node: at, call, accumulate, .. } = &mut planned.action else { return };
        let mut before = Vec::new();
        let node = &self.graph.nodes[*at];
        for arg in &call.args {
            match arg {
                Arg::Input(k) => self.keep(node.inputs[*k]),
                Arg::Output(k) => self.keep(node.outputs[*k]),
                Arg::GradOutput(k) | Arg::GradOutputInPlace(k) => self.readable(node.outputs[*k], &mut before),
                arg => self.saved(*at, arg),
            }
        }
        let over = self.overwritable(*at, backward);
        for arg in &call.args {
            if let Arg::GradInput(k) = arg {
                // Several calls of one node for one input write parts of it (split): they do alike.
                let decided = self.decided.get(&(*at, *k, call.when)).copied();
                accumulate[*k] =
                    decided.unwrap_or_else(|| self.writable(node.inputs[*k], call.when, over.filter(|_| *k == 0), &mut before));
                self.decided.insert((*at, *k, call.when), accumulate[*k]);
                self.touch(self.grads[self.grad_roots[node.inputs[*k]]]);
            }
        }
        self.push_before(before, backward, steps);
    }

    fn keep(&mut self, value: ValueId) {
        self.touch(self.values[self.roots[value]]);
    }

    /// The place of the output's gradient, if this element-wise node may leave its input's there.
    fn overwritable(&self, at: usize, backward: &Backward<'_>) -> Option<Place> {
        let node = &self.graph.nodes[at];
        if node.op.traits().in_place != InPlace::Always || self.inner == Inner::Kept {
            return None;
        }
        let (from, to) = (self.grad_roots[node.outputs[0]], self.grad_roots[node.inputs[0]]);
        // What yields it must come last and be the only step that does.
        let wanted = node.op.backward().into_iter().filter(|step| backward.demand_for(node, step.for_).is_some());
        let mut steps: Vec<Purpose> = wanted.map(|step| step.for_).collect();
        let last = steps.pop() == Some(Purpose::Input(0)) && !steps.contains(&Purpose::Input(0));
        // Both gradients must be wanted at the same times, and nothing else may read the output's.
        let alike = backward.demand(node.outputs[0]) == backward.demand(node.inputs[0]);
        let same_size =
            self.graph.values[from].ty.len() == self.graph.values[to].ty.len() && self.layouts[from] == self.layouts[to];
        let place = self.grads[from].filter(|place| matches!(place, Place::Arena(_) | Place::Part { .. }));
        place.filter(|_| last && alike && same_size)
    }

    /// The places of values and of gradients, and the arena.
    pub fn finish(self) -> (Vec<Option<Place>>, Vec<Option<Place>>, Arena) {
        let values = self.roots.iter().map(|root| self.values[*root]).collect();
        let grads = self.grad_roots.iter().map(|root| self.grads[*root]).collect();
        (values, grads, self.buffers.arena())
    }
}
