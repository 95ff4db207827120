//! One sample: a product does what the only reader of its result would: adds a residual connection, cuts at zero, takes the largest of each
//! 2×2.

use crate::graph::{Epilogue, Op};
use crate::layers::{ActivationOp, BinaryOp, MaxPoolOp};
use crate::passes::plan::chw16c::{Chw16cStep, Key, Pooling, Run};
use crate::passes::select::kernels::Variant;

/// The epilogue that could stand for this operation.
#[must_use]
pub fn of(op: &dyn Op) -> Option<Epilogue> {
    if op.downcast::<ActivationOp>().is_some_and(ActivationOp::is_relu) {
        Some(Epilogue::Relu)
    } else if op.downcast::<BinaryOp>().is_some_and(BinaryOp::is_sum) {
        Some(Epilogue::Add)
    } else if op.downcast::<MaxPoolOp>().is_some_and(MaxPoolOp::is_halving) {
        Some(Epilogue::Pool)
    } else {
        None
    }
}

/// Lets products do what the only reader of their result would.
pub fn rewrite(steps: &mut Vec<Chw16cStep>) {
    for i in 0.. {
        while i < steps.len() {
            let Run::Product { relu, .. } = steps[i].run else { break };
            let result = steps[i].writes[0];
            let mut readers = (i + 1..steps.len()).filter(|j| steps[*j].reads.contains(&result));
            let (Some(j), None) = (readers.next(), readers.next()) else { break };
            let adds = steps[i].reads.len() > 1;
            match (steps[j].epilogue, steps[i].pooling.clone()) {
                (Some(Epilogue::Relu), _) if !relu => {
                    if let Run::Product { relu, .. } = &mut steps[i].run {
                        *relu = true;
                    }
                }
                // The largest of what a ReLU made is what it makes of the largest.
                (Some(Epilogue::Pool), Pooling::Could(Variant { kernel: pooled, scratch })) if !adds => {
                    (steps[i].pooling, steps[i].scratch) = (Pooling::Does, scratch);
                    if let Run::Product { kernel, .. } = &mut steps[i].run {
                        *kernel = pooled;
                    }
                }
                (Some(Epilogue::Add), Pooling::No | Pooling::Could(_)) if !adds && !relu => {
                    // It must be there before.
                    let others: Vec<Key> = steps[j].reads.iter().copied().filter(|key| *key != result).collect();
                    let [other] = others.as_slice() else { break };
                    if steps[i..].iter().any(|step| step.writes.contains(other)) {
                        break;
                    }
                    steps[i].reads.push(*other);
                }
                _ => break,
            }
            steps[i].writes = std::mem::take(&mut steps[j].writes);
            steps.remove(j);
        }
        if i >= steps.len() {
            return;
        }
    }
}
