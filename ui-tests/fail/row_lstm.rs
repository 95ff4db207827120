use fireclay::prelude::*;

network! {
    pub Rows(image: [3, 8, 8]) -> [16, 8, 8] { image -> rows: RowLstm(16, kernel = 4) }
    pub Colors(image: [3, 8, 8]) -> [16, 8, 8] { image -> rows: RowLstm(16, colors = 3) }
    pub Twice(image: [3, 8, 8]) -> [4, 8, 8] { image -> RowLstm(4) -> RowLstm(4) }
    pub Again(image: [3, 8, 8]) -> [4, 8, 8] { image -> rows: RowLstm(4) -> rows }
}

fn main() {}
