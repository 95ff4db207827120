use fireclay::prelude::*;

network! {
    pub Mlp<In: Dim, Out: Dim>(x: [In]) -> [Out] { x -> fc: Dense(Out) }
}

fn main() {
    let net = Mlp::<Const<4>, Const<2>>::init(&mut rng(1));
    let x: Tensor<shape![5]> = Tensor::zeros();
    net.predict(&x);
}
