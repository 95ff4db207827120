//! The network that `examples/digits.rs` trained, on a Cortex-M4F: no heap, no parsing, weights in flash, working memory known to the
//! linker. Prints the logits of ten digits, what they cost, and what it all takes; `embedded/run` compares them with the desktop's.

#![no_std]
#![no_main]

mod board;

use board::{Clock, exit, print, print_hex, print_number};
use cortex_m_rt::entry;
use digits::{DigitNet, SAMPLES, image};
use fireclay::prelude::*;

// Read, checked and folded (batch norm into the convolutions) while compiling. A constant in flash.
static NET: Packed<DigitNet> = weights!(DigitNet, "../digits.safetensors");

static MEMORY: StaticMemory<DigitNet> = StaticMemory::new();

#[entry]
fn main() -> ! {
    board::paint_stack();
    if cfg!(not(feature = "bare")) {
        infer();
    }
    for (what, bytes) in [("flash", board::flash()), ("ram", board::static_ram()), ("stack", board::stack())] {
        print(what);
        print_number(bytes);
        print("\n");
    }
    for (what, bytes) in [("weights", size_of_val(&NET)), ("memory", size_of_val(&MEMORY))] {
        print(what);
        print_number(bytes);
        print("\n");
    }
    exit(true)
}

fn infer() {
    let Some(memory) = MEMORY.take() else { exit(false) }; // once; a second taker gets None
    let clock = Clock::start();
    for sample in &SAMPLES {
        let image = core::hint::black_box(image(sample));
        let before = clock.instructions();
        let logits = NET.infer(&image, memory);
        let after = clock.instructions();
        print("logits");
        for logit in logits.as_slice() {
            print_hex(logit.to_bits());
        }
        print("\ninstructions");
        print_number(after - before);
        print("\n");
    }
}
