//! The reverse graph: which gradients are wanted, and the steps that make them.

use super::{BatchStep, Demand, Inner, Part, Pending, Planned, run};
use crate::graph::{BackwardStep, Dispatch, Graph, Node, Purpose, ValueId, ValueType};

/// The reverse graph.
pub(super) struct Backward<'a> {
    graph: &'a Graph,
    live: &'a [usize],
    /// The gradient leads to trained parameters.
    to_params: Vec<bool>,
    /// The gradient leads to inputs of the network, or is to be read.
    to_inputs: Vec<bool>,
}

/// Whether any parameter of a node is trained.
fn trained(graph: &Graph, node: &Node) -> bool {
    node.params.iter().any(|t| !graph.tensors[*t].buffer && !graph.tensors[*t].frozen)
}

impl<'a> Backward<'a> {
    pub fn new(graph: &'a Graph, live: &'a [usize], inner: Inner) -> Self {
        let mut to_params = vec![false; graph.values.len()];
        let mut to_inputs = vec![false; graph.values.len()];
        for input in &graph.inputs {
            to_inputs[input.value] = matches!(graph.values[input.value].ty, ValueType::Tensor(_));
        }
        for i in live {
            let node = &graph.nodes[*i];
            let params = trained(graph, node) || node.inputs.iter().any(|v| to_params[*v]);
            let inputs = inner == Inner::Kept || node.inputs.iter().any(|v| to_inputs[*v]);
            for value in &node.outputs {
                (to_params[*value], to_inputs[*value]) = (params, inputs);
            }
        }
        Self { graph, live, to_params, to_inputs }
    }

    pub fn demand(&self, value: ValueId) -> Option<Demand> {
        match (self.to_params[value], self.to_inputs[value]) {
            (true, true) => Some(Demand::Always),
            (true, false) => Some(Demand::ForParams),
            (false, true) => Some(Demand::ForInputs),
            (false, false) => None,
        }
    }

    /// What a step of this node is wanted for; `None` where for nothing.
    pub fn demand_for(&self, node: &Node, purpose: Purpose) -> Option<Demand> {
        match purpose {
            Purpose::Input(k) => self.demand(node.inputs[k]),
            Purpose::Params => trained(self.graph, node).then_some(Demand::ForParams),
            Purpose::Any => self.demand(node.outputs[0]),
        }
    }

    /// Its steps, and what runs when all are through.
    pub fn steps(&mut self) -> (Vec<Pending>, Vec<BatchStep>) {
        let mut phase_of = vec![0; self.graph.values.len()];
        let (mut steps, mut batch) = (Vec::new(), Vec::new());
        for i in self.live.iter().rev() {
            let node = &self.graph.nodes[*i];
            let mut phase = node.outputs.iter().map(|v| phase_of[*v]).max().unwrap_or(0);
            let backward: Vec<BackwardStep> = if node.op.traits().view { Vec::new() } else { node.op.backward() };
            for step in backward {
                let Some(demand) = self.demand_for(node, step.for_) else { continue };
                let (call, to) = match step.step {
                    Dispatch::Micro(call) => (call, Part::Micro),
                    Dispatch::Barrier(call) => (call, Part::Barrier),
                    Dispatch::Across(call) => (call, Part::Across),
                    Dispatch::Batch(call) => {
                        batch.push(BatchStep { node: *i, call });
                        continue;
                    }
                };
                let planned = Planned { action: run(*i, call, node.inputs.len()), demand };
                steps.push(Pending { phase, to, planned });
                // Nothing waits for gradients of parameters.
                phase += usize::from(to.ends_phase() && step.for_ != Purpose::Params);
            }
            for value in &node.inputs {
                phase_of[*value] = phase_of[*value].max(phase);
            }
        }
        (steps, batch)
    }
}
