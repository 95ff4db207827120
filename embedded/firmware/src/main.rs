//! The network that `examples/digits.rs` trained, on a Cortex-M4F: no heap, no panics, no parsing, weights in flash, working memory
//! known to the linker. Prints the logits of ten digits, what they cost, and what it all takes; `embedded/run` compares them with
//! the desktop's.

#![no_std]
#![no_main]

mod board;

use board::{Clock, Console, exit};
use cortex_m_rt::entry;
use digits::{DigitNet, Rounded, SAMPLES, image};
use fireclay::infer::*;

// Read, checked and folded (batch norm into the convolutions) while compiling. The result is a constant in flash.
static NET: Packed<DigitNet> = weights!(DigitNet, "../digits.safetensors");

static MEMORY: StaticMemory<DigitNet> = StaticMemory::new();

// A second network, small, whose values are bytes between two of its layers.
static ROUNDED: Packed<Rounded> = weights!(Rounded, "../rounded.safetensors");

static ROUNDED_MEMORY: StaticMemory<Rounded> = StaticMemory::new();

#[entry]
fn main() -> ! {
    board::paint_stack();
    let Some(mut console) = Console::open() else { exit(false) };
    if cfg!(not(feature = "bare")) {
        infer(&mut console);
        infer_rounded(&mut console);
    }
    let taken = [
        ("flash", board::flash()),
        ("ram", board::static_ram()),
        ("stack", board::stack()),
        ("weights", size_of_val(&NET)),
        ("memory", size_of_val(&MEMORY)),
    ];
    for (what, bytes) in taken {
        console.text(what).number(bytes).text("\n");
    }
    exit(true)
}

fn infer(console: &mut Console) {
    let Some(memory) = MEMORY.take() else { exit(false) }; // once; a second taker gets None
    let clock = Clock::start();
    for sample in &SAMPLES {
        let image = core::hint::black_box(image(sample));
        let before = clock.instructions();
        let logits = NET.infer(&image, memory);
        let after = clock.instructions();
        console.text("logits");
        for logit in logits.as_slice() {
            console.bits(logit.to_bits());
        }
        console.text("\ninstructions").number(after - before).text("\n");
    }
}

fn infer_rounded(console: &mut Console) {
    let Some(memory) = ROUNDED_MEMORY.take() else { exit(false) };
    for sample in &SAMPLES {
        let image = core::hint::black_box(image(sample));
        console.text("rounded");
        for logit in ROUNDED.infer(&image, memory).as_slice() {
            console.bits(logit.to_bits());
        }
        console.text("\n");
    }
}
