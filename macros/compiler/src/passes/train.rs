//! The training schedule: forward and backward as explicit lists of calls, cut into phases at barriers, and where every
//! value and gradient lies.

use super::arena::{Buffer, Layout, layout};
use super::copy::roots;
use super::infer::positions;
use super::live::reaching;
use std::collections::HashMap;

use crate::graph::{Arg, BackwardStep, Call, Count, Graph, Purpose, Step, ValueId, ValueType, When};

/// Where a value or a gradient lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The network's input, or its gradient.
    Input(usize),
    /// The network's output, or its gradient.
    Output(usize),
    /// A buffer of the arena.
    Arena(usize),
}

/// Whether a step is wanted, which is known only when running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Always.
    Always,
    /// When gradients of parameters are.
    ForParams,
    /// When gradients of inputs are.
    ForInputs,
}

/// One step of the schedule.
#[derive(Debug, Clone)]
pub enum Action {
    /// A kernel.
    Run {
        /// Of this node.
        node: usize,
        /// The call.
        call: Call,
        /// For each input whether its gradient already holds something.
        accumulate: Vec<bool>,
        /// The buffer of its scratch.
        scratch: Option<usize>,
    },
    /// The gradient of an output starts as what the loss left.
    Seed {
        /// The value.
        value: ValueId,
        /// The output.
        output: usize,
    },
    /// A gradient that nobody wrote is zero.
    Clear {
        /// The value.
        value: ValueId,
    },
}

/// One step, and when it is wanted.
#[derive(Debug, Clone)]
pub struct Planned {
    /// What.
    pub action: Action,
    /// When.
    pub wanted: Wanted,
}

/// A node and the number of a memory of its own; those of the backward pass apart.
pub type Own = (usize, bool, usize);

/// Which memory of its own an argument of a node is.
#[must_use]
pub fn own(node: usize, arg: &Arg) -> Option<Own> {
    match arg {
        Arg::Kept(i) => Some((node, false, *i)),
        Arg::Work(i) => Some((node, true, *i)),
        _ => None,
    }
}

/// What micro-batches do on their own, and what happens when all are through.
#[derive(Debug, Clone, Default)]
pub struct PhasePlan {
    /// Per micro-batch.
    pub micro: Vec<Planned>,
    /// Once.
    pub barrier: Vec<Planned>,
}

/// The schedule.
#[derive(Debug, Clone)]
pub struct TrainPlan {
    /// What runs: some operations are one.
    pub graph: Graph,
    /// Forward.
    pub forward: Vec<PhasePlan>,
    /// Backward.
    pub backward: Vec<PhasePlan>,
    /// For each value.
    pub values: Vec<Option<Place>>,
    /// For the gradient of each value.
    pub grads: Vec<Option<Place>>,
    /// Buffers of operations' own memory, by [`own`].
    pub own: HashMap<Own, usize>,
    /// The arena.
    pub layout: Layout,
    /// Each node's first float among the statistics, and all of them.
    pub stats: (Vec<usize>, usize),
    /// Each node's first float among what barriers tell, and all of them.
    pub shared: (Vec<usize>, usize),
}

/// A step that waits for its phase.
struct Pending {
    phase: usize,
    barrier: bool,
    planned: Planned,
}

fn in_phases(steps: Vec<Pending>) -> Vec<PhasePlan> {
    let mut phases = vec![PhasePlan::default()];
    for step in steps {
        while phases.len() <= step.phase {
            phases.push(PhasePlan::default());
        }
        let phase = &mut phases[step.phase];
        if step.barrier { phase.barrier.push(step.planned) } else { phase.micro.push(step.planned) }
    }
    phases
}

impl TrainPlan {
    /// Plans training.
    #[must_use]
    pub fn new(graph: &Graph) -> Self {
        let joined = super::join::join(super::fuse::fuse(graph));
        let graph = &joined;
        let outputs: Vec<ValueId> = graph.outputs.iter().map(|o| o.value).collect();
        let live = reaching(graph, &outputs);
        let mut roots = roots(graph, &live, |op| op.is_view());
        let (steps, phase_of) = forward(graph, &live);
        in_place(graph, &live, &phase_of, &mut roots, &outputs);
        let mut forward = in_phases(steps);
        let mut backward = Backward::new(graph, &live);
        let backward_phases = in_phases(backward.steps());
        let mut placing = Placing::new(graph, &roots, &outputs);
        placing.forward(&mut forward);
        let mut backward_phases = backward_phases;
        placing.backward(&mut backward_phases, &backward);
        let own = std::mem::take(&mut placing.own);
        let (values, grads, layout) = placing.finish();
        let offsets = |size: fn(&crate::graph::Node) -> usize| {
            let mut total = 0;
            let starts = graph.nodes.iter().map(|node| {
                total += size(node);
                total - size(node)
            });
            (starts.collect::<Vec<_>>(), total)
        };
        let stats = offsets(|node| node.op.stats());
        let shared = offsets(|node| node.op.shared());
        Self { graph: joined, forward, backward: backward_phases, values, grads, own, layout, stats, shared }
    }
}

fn run(node: usize, call: Call, inputs: usize) -> Action {
    Action::Run { node, call, accumulate: vec![false; inputs], scratch: None }
}

/// The steps, and for each value the phase it is ready in.
fn forward(graph: &Graph, live: &[usize]) -> (Vec<Pending>, Vec<usize>) {
    let mut phase_of = vec![0; graph.values.len()];
    let mut steps = Vec::new();
    for i in live {
        let node = &graph.nodes[*i];
        let mut phase = node.inputs.iter().map(|v| phase_of[*v]).max().unwrap_or(0);
        if !node.op.is_view() {
            for step in node.op.forward() {
                let (call, barrier) = match step {
                    Step::Micro(call) => (call, false),
                    Step::Barrier(call) => (call, true),
                };
                let planned = Planned { action: run(*i, call, node.inputs.len()), wanted: Wanted::Always };
                steps.push(Pending { phase, barrier, planned });
                phase += usize::from(barrier);
            }
        }
        for value in &node.outputs {
            phase_of[*value] = phase;
        }
    }
    (steps, phase_of)
}

/// Whether any backward call of this node reads the given forward value.
fn backward_reads(node: &crate::graph::Node, wanted: impl Fn(&Arg) -> bool) -> bool {
    node.op.backward().iter().any(|step| {
        let (Step::Micro(call) | Step::Barrier(call)) = &step.step;
        call.args.iter().any(&wanted)
    })
}

/// Lets element-wise nodes overwrite an input that nobody reads afterwards, forward or backward.
fn in_place(graph: &Graph, live: &[usize], phase_of: &[usize], roots: &mut [ValueId], outputs: &[ValueId]) {
    // A node runs when its phase comes, whatever its place in the graph.
    let turn = |i: usize| (phase_of[graph.nodes[i].outputs[0]], i);
    for i in live {
        let node = &graph.nodes[*i];
        if !node.op.in_place() || backward_reads(node, |arg| matches!(arg, Arg::Input(0))) {
            continue;
        }
        let (from, to) = (roots[node.inputs[0]], roots[node.outputs[0]]);
        let kept = graph.inputs.iter().any(|input| input.value == from) || outputs.iter().any(|v| roots[*v] == from);
        let other_reader = live.iter().any(|j| {
            let other = &graph.nodes[*j];
            turn(*j) > turn(*i) && !other.op.is_view() && other.inputs.iter().any(|v| roots[*v] == from)
        }) || node.inputs[1..].iter().any(|v| roots[*v] == from);
        let needed_backward = live.iter().filter(|j| *j != i).any(|j| {
            let other = &graph.nodes[*j];
            let reads_input = |k: usize| roots[other.inputs[k]] == from;
            let reads_output = |k: usize| roots[other.outputs[k]] == from;
            backward_reads(other, |arg| match arg {
                Arg::Input(k) => reads_input(*k),
                Arg::Output(k) => reads_output(*k),
                _ => false,
            })
        });
        if !kept && !other_reader && !needed_backward {
            for root in roots.iter_mut().filter(|root| **root == from) {
                *root = to;
            }
        }
    }
}

/// The reverse graph.
struct Backward<'a> {
    graph: &'a Graph,
    live: &'a [usize],
    /// The gradient leads to trained parameters.
    to_params: Vec<bool>,
    /// The gradient leads to inputs of the network.
    to_inputs: Vec<bool>,
}

impl<'a> Backward<'a> {
    fn new(graph: &'a Graph, live: &'a [usize]) -> Self {
        let mut to_params = vec![false; graph.values.len()];
        let mut to_inputs = vec![false; graph.values.len()];
        for input in &graph.inputs {
            to_inputs[input.value] = matches!(graph.values[input.value].ty, ValueType::Tensor(_));
        }
        for i in live {
            let node = &graph.nodes[*i];
            let trained = node.params.iter().any(|t| !graph.tensors[*t].buffer && !graph.tensors[*t].frozen);
            let params = trained || node.inputs.iter().any(|v| to_params[*v]);
            let inputs = node.inputs.iter().any(|v| to_inputs[*v]);
            for value in &node.outputs {
                (to_params[*value], to_inputs[*value]) = (params, inputs);
            }
        }
        Self { graph, live, to_params, to_inputs }
    }

    fn wanted(&self, value: ValueId) -> Option<Wanted> {
        match (self.to_params[value], self.to_inputs[value]) {
            (true, true) => Some(Wanted::Always),
            (true, false) => Some(Wanted::ForParams),
            (false, true) => Some(Wanted::ForInputs),
            (false, false) => None,
        }
    }

    /// What a step of this node is wanted for; `None` where for nothing.
    fn wanted_for(&self, node: &crate::graph::Node, purpose: Purpose) -> Option<Wanted> {
        match purpose {
            Purpose::Input(k) => self.wanted(node.inputs[k]),
            Purpose::Params => {
                let trained = node.params.iter().any(|t| !self.graph.tensors[*t].buffer && !self.graph.tensors[*t].frozen);
                trained.then_some(Wanted::ForParams)
            }
            Purpose::Any => self.wanted(node.outputs[0]),
        }
    }

    fn steps(&mut self) -> Vec<Pending> {
        let mut phase_of = vec![0; self.graph.values.len()];
        let mut steps = Vec::new();
        for i in self.live.iter().rev() {
            let node = &self.graph.nodes[*i];
            let mut phase = node.outputs.iter().map(|v| phase_of[*v]).max().unwrap_or(0);
            let backward: Vec<BackwardStep> = if node.op.is_view() { Vec::new() } else { node.op.backward() };
            for step in backward {
                let Some(wanted) = self.wanted_for(node, step.for_) else { continue };
                let (call, barrier) = match step.step {
                    Step::Micro(call) => (call, false),
                    Step::Barrier(call) => (call, true),
                };
                let planned = Planned { action: run(*i, call, node.inputs.len()), wanted };
                steps.push(Pending { phase, barrier, planned });
                phase += usize::from(barrier);
            }
            for value in &node.inputs {
                phase_of[*value] = phase_of[*value].max(phase);
            }
        }
        steps
    }
}

/// Gives values and gradients their places, step by step.
struct Placing<'a> {
    graph: &'a Graph,
    /// Of values: views and in-place results share.
    roots: &'a [ValueId],
    /// Of gradients: only views share at first.
    grad_roots: Vec<ValueId>,
    outputs: &'a [ValueId],
    values: Vec<Option<Place>>,
    grads: Vec<Option<Place>>,
    /// In training, in evaluation.
    written: Vec<[bool; 2]>,
    /// For a node's input and a mode: whether its calls add.
    decided: HashMap<(usize, usize, When), bool>,
    /// See [`TrainPlan::own`].
    own: HashMap<Own, usize>,
    buffers: Vec<Buffer>,
    time: usize,
}

impl<'a> Placing<'a> {
    fn new(graph: &'a Graph, roots: &'a [ValueId], outputs: &'a [ValueId]) -> Self {
        let all: Vec<usize> = (0..graph.nodes.len()).collect();
        let n = graph.values.len();
        let mut placing = Self {
            graph,
            roots,
            grad_roots: super::copy::roots(graph, &all, |op| op.is_view()),
            outputs,
            values: vec![None; n],
            grads: vec![None; n],
            written: vec![[false; 2]; n],
            decided: HashMap::new(),
            own: HashMap::new(),
            buffers: Vec::new(),
            time: 0,
        };
        for (i, input) in graph.inputs.iter().enumerate() {
            placing.values[input.value] = Some(Place::Input(i));
            placing.grads[input.value] = Some(Place::Input(i));
        }
        for (i, output) in outputs.iter().enumerate() {
            placing.values[roots[*output]] = Some(Place::Output(i));
        }
        placing
    }

    fn buffer(&mut self, size: Count) -> usize {
        self.buffers.push(Buffer { size, life: self.time..=self.time });
        self.buffers.len() - 1
    }

    fn touch(&mut self, place: Option<Place>) {
        if let Some(Place::Arena(b)) = place {
            self.buffers[b].life = *self.buffers[b].life.start()..=self.time;
        }
    }

    fn value(&mut self, value: ValueId) {
        let root = self.roots[value];
        if self.values[root].is_none() {
            let b = self.buffer(self.graph.values[root].ty.len());
            self.values[root] = Some(Place::Arena(b));
        }
        self.touch(self.values[root]);
    }

    /// Memory of an operation's own that this call uses.
    fn own(&mut self, at: usize, arg: &Arg) {
        let Some(own) = own(at, arg) else { return };
        let op = &self.graph.nodes[at].op;
        let sizes = if own.1 { op.work() } else { op.kept() };
        let buffer = match self.own.get(&own) {
            Some(buffer) => *buffer,
            None => self.buffer(sizes[own.2].clone()),
        };
        self.own.insert(own, buffer);
        self.touch(Some(Place::Arena(buffer)));
    }

    fn scratch(&mut self, planned: &mut Planned) {
        let Action::Run { node, call, scratch, .. } = &mut planned.action else { return };
        if call.args.iter().any(|arg| matches!(arg, Arg::Scratch)) {
            let size = positions(&self.graph.nodes[*node].op.scratch());
            *scratch = Some(self.buffer(size));
        }
    }

    fn forward(&mut self, phases: &mut [PhasePlan]) {
        for phase in phases {
            for planned in &mut phase.micro {
                if let Action::Run { node: at, call, .. } = &planned.action {
                    let node = &self.graph.nodes[*at];
                    for arg in &call.args {
                        match arg {
                            Arg::Input(k) => self.value(node.inputs[*k]),
                            Arg::Output(k) => self.value(node.outputs[*k]),
                            arg => self.own(*at, arg),
                        }
                    }
                }
                self.scratch(planned);
                self.time += 1;
            }
        }
    }

    /// Makes sure that the gradient of a value can be read; gives what has to run before.
    fn readable(&mut self, value: ValueId, before: &mut Vec<Action>) {
        let root = self.grad_roots[value];
        if self.grads[root].is_none() {
            // Nobody inside wrote it: it is what the loss left, or zero.
            if let Some(output) = self.output_of(root) {
                self.grads[root] = Some(Place::Output(output));
            } else {
                let b = self.buffer(self.graph.values[root].ty.len());
                self.grads[root] = Some(Place::Arena(b));
                before.push(Action::Clear { value });
            }
            self.written[root] = [true; 2];
        }
        self.touch(self.grads[root]);
    }

    fn output_of(&self, grad_root: ValueId) -> Option<usize> {
        self.outputs.iter().position(|v| self.grad_roots[*v] == grad_root)
    }

    /// Gives the gradient of a value a place to be written; true if it already holds something.
    fn writable(&mut self, value: ValueId, when: When, over: Option<Place>, before: &mut Vec<Action>) -> bool {
        let root = self.grad_roots[value];
        if self.grads[root].is_none() {
            if let Some(output) = self.output_of(root) {
                let b = self.buffer(self.graph.values[root].ty.len());
                self.grads[root] = Some(Place::Arena(b));
                before.push(Action::Seed { value, output });
                self.written[root] = [true; 2];
            } else if over.is_some() {
                self.grads[root] = over;
            } else {
                let b = self.buffer(self.graph.values[root].ty.len());
                self.grads[root] = Some(Place::Arena(b));
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

    fn backward(&mut self, phases: &mut [PhasePlan], backward: &Backward<'_>) {
        let forward_end = self.time;
        for phase in phases.iter_mut() {
            let mut steps = Vec::new();
            for mut planned in std::mem::take(&mut phase.micro) {
                let mut before = Vec::new();
                if let Action::Run { node: at, call, accumulate, .. } = &mut planned.action {
                    let node = &self.graph.nodes[*at];
                    for arg in &call.args {
                        match arg {
                            Arg::Input(k) => self.keep(node.inputs[*k]),
                            Arg::Output(k) => self.keep(node.outputs[*k]),
                            Arg::GradOutput(k) => self.readable(node.outputs[*k], &mut before),
                            arg => self.own(*at, arg),
                        }
                    }
                    let over = self.overwritable(*at, backward);
                    for arg in &call.args {
                        if let Arg::GradInput(k) = arg {
                            // Several calls of one node for one input write parts of it (split): they do alike.
                            let decided = self.decided.get(&(*at, *k, call.when)).copied();
                            accumulate[*k] = decided.unwrap_or_else(|| {
                                self.writable(node.inputs[*k], call.when, over.filter(|_| *k == 0), &mut before)
                            });
                            self.decided.insert((*at, *k, call.when), accumulate[*k]);
                            self.touch(self.grads[self.grad_roots[node.inputs[*k]]]);
                        }
                    }
                    for action in before {
                        let (Action::Seed { value, .. } | Action::Clear { value } | Action::Run { node: value, .. }) = action;
                        let wanted = backward.wanted(value).unwrap_or(Wanted::Always);
                        steps.push(Planned { action, wanted });
                    }
                }
                self.scratch(&mut planned);
                steps.push(planned);
                self.time += 1;
            }
            phase.micro = steps;
        }
        // What backward reads stays until the end, so that it can be asked for more than once.
        let end = self.time;
        for buffer in &mut self.buffers {
            if *buffer.life.start() < forward_end && *buffer.life.end() >= forward_end {
                buffer.life = *buffer.life.start()..=end;
            }
        }
    }

    fn keep(&mut self, value: ValueId) {
        self.touch(self.values[self.roots[value]]);
    }

    /// The place of the output's gradient, if this element-wise node may leave its input's there.
    fn overwritable(&self, at: usize, backward: &Backward<'_>) -> Option<Place> {
        let node = &self.graph.nodes[at];
        if !node.op.in_place() {
            return None;
        }
        let (from, to) = (self.grad_roots[node.outputs[0]], self.grad_roots[node.inputs[0]]);
        // What yields it must come last and be the only step that does.
        let wanted = node.op.backward().into_iter().filter(|step| backward.wanted_for(node, step.for_).is_some());
        let mut steps: Vec<Purpose> = wanted.map(|step| step.for_).collect();
        let last = steps.pop() == Some(Purpose::Input(0)) && !steps.contains(&Purpose::Input(0));
        // Both gradients must be wanted at the same times, and nothing else may read the output's.
        let alike = backward.wanted(node.outputs[0]) == backward.wanted(node.inputs[0]);
        let same_size = self.graph.values[from].ty.len() == self.graph.values[to].ty.len();
        let place = self.grads[from].filter(|place| matches!(place, Place::Arena(_)));
        place.filter(|_| last && alike && same_size)
    }

    fn finish(mut self) -> (Vec<Option<Place>>, Vec<Option<Place>>, Layout) {
        let values = self.roots.iter().map(|root| self.values[*root]).collect();
        let grads = self.grad_roots.iter().map(|root| self.grads[*root]).collect();
        let layout = layout(&std::mem::take(&mut self.buffers));
        (values, grads, layout)
    }
}
