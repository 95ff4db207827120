use fireclay::prelude::*;

struct Table;

static NET: Packed<Table> = weights!(Table, "net.safetensors");

fn main() {
    println!("{NET:?}");
}
