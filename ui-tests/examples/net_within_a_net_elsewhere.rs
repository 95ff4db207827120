//! A network of another module that itself contains one of a third: paths mean what they mean where they are written.
#![deny(warnings)]

use fireclay::prelude::*;

mod zoo {
    use fireclay::prelude::*;

    mod parts {
        use fireclay::prelude::*;

        network! {
            pub(super) Cell(x: [4]) -> [4] { x -> fc: Dense(4) -> Tanh }
        }
    }

    pub mod trunks {
        use super::parts::Cell;
        use fireclay::prelude::*;

        network! {
            pub Trunk(x: [8]) -> [4] { x -> down: Dense(4) -> cells: [net Cell; 2] -> last: net super::parts::Cell }
        }
    }

    // Of the same name as one that is within `Trunk`, and another network.
    network! {
        pub Cell(x: [4]) -> [4] { x -> wide: Dense(16) -> Relu -> back: Dense(4) }
    }
}

network! {
    pub Whole(x: [8]) -> [2] { x -> trunk: net zoo::trunks::Trunk -> cell: net zoo::Cell -> fc: Dense(2) }
}

fn main() {
    // A function is a place like any other, and so is a macro that declares the same text twice.
    macro_rules! width {
        ($name:ident) => {
            fn $name() -> usize {
                network! { pub Net(x: [8]) -> [2] { x -> whole: net Whole } }
                Net::PARAMETERS
            }
        };
    }
    width!(one);
    width!(two);
    assert_eq!((one(), two()), (Whole::PARAMETERS, Whole::PARAMETERS));

    let trunk = 8 * 4 + 4 + 3 * (4 * 4 + 4);
    assert_eq!(zoo::trunks::Trunk::PARAMETERS, trunk);
    assert_eq!(Whole::PARAMETERS, trunk + 4 * 16 + 16 + 16 * 4 + 4 + 4 * 2 + 2);
    let net = Whole::init(&mut rng(1));
    assert_eq!(net.tensor("trunk.cells.1.fc.weight"), Some(net.trunk.cells.1.fc.weight.as_slice()));
    assert_eq!(net.tensor("cell.wide.weight"), Some(net.cell.wide.weight.as_slice()));
}
