use fireclay::prelude::*;

network! {
    #[fireclay(step)]
    pub Both(x: [8, 4]) -> [8, 6] {
        x -> lstm: Lstm(3, bidirectional = true)
    }

    #[fireclay(step)]
    pub Flat(x: [8, 4]) -> [10] {
        x -> lstm: Lstm(3) -> Flatten -> fc: Dense(10)
    }

    #[fireclay(step)]
    pub Carried(x: [8, 4], h: [1, 3], c: [1, 3]) -> [8, 3] {
        (x, (h, c)) -> lstm: Lstm(3)
    }

    #[fireclay(step)]
    pub Attended(x: [8, 4]) -> [8, 4] {
        x -> weights: Softmax(axis = time)
    }
}

fn main() {}
