//! One label applied three times by repetition.

use fireclay::prelude::*;

network! {
    pub Recurrent(x: [3]) -> [3] {
        x -> cell: Dense(3, bias = false) -> [cell; 2]
    }
}

fn main() {
    let mut net = Recurrent::init(&mut rng(1));
    assert_eq!(Recurrent::PARAMETERS, 9);
    for (i, w) in net.cell.weight.as_mut_slice().iter_mut().enumerate() {
        *w = if i % 4 == 0 { 2.0 } else { 0.0 };
    }
    assert_eq!(net.predict(&Tensor::from([1.0, 2.0, 3.0])).as_slice(), [8.0, 16.0, 24.0]);
}
