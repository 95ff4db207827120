use fireclay::prelude::*;

network! {
    pub Net(x: [3], h: [8]) -> [8] {
        let (h, _c) = (x, h) -> cell: LstmCell(8);
        (h, h -> Dense(4)) -> next: LstmCell(8, layers = 2)
    }
}

fn main() {}
