use fireclay::prelude::*;

network! {
    pub Net(x: [16, 8]) -> [16, 8] {
        let a = x -> attend: Attention(heads = 2);
        let b = x + zeros([16, 8]);
        let d = matmul(a, b);
        d + x
    }
}

fn main() {}
