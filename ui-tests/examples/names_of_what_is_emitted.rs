//! Networks, labels and inputs that are called as something in the emitted code, or nearly so.

use fireclay::prelude::*;

network! {
    pub Plan(x: [4]) -> [3] { x -> fc: Dense(3) }
    #[fireclay(step)]
    pub StepPlan(input: [4, 2]) -> [4, 1] { input -> params: Dense(3) -> buffers: Tanh -> memory: Dense(1) }
    pub FcFields(x: [4]) -> [3] { x -> params: Dense(3) -> __parts: Dense(3) }
    pub NetParams(x: [4]) -> [3] { x -> fc: Dense(3) }
    pub Net(self_: [4], state: [4], c: [4]) -> [3] {
        (self_ -> fc: net FcFields) + (state -> plan: net Plan) + (c -> core: net NetParams)
    }
}

fn main() {
    let net = Net::init(&mut rng(1));
    assert_eq!(Net::PARAMETERS, 3 * Plan::PARAMETERS + 12);
    assert_eq!(net.predict(&(Tensor::zeros(), Tensor::zeros(), Tensor::zeros())).as_slice(), [0.0; 3]);
    assert_eq!(FcFields::zeros().__parts.bias.as_slice(), [0.0; 3]);
    let stepping = StepPlan::init(&mut rng(2));
    let y = stepping.step(Tensor::zeros(), &mut StepPlan::state());
    assert_eq!((y.as_slice(), stepping.params.weight.as_slice().len()), (&[0.0][..], 6));
}
