//! The declaration of `examples/voice_activity.rs`, word for word, for a device: no `std`, no heap, weights in flash, working memory known to the linker.

#![no_std]

use fireclay::infer::*;

network! {
    /// The probability of speech in a chunk, given the last samples before it and the state; what the next chunk is to be given.
    pub Silero(before: [64, 1], chunk: [512, 1], h: [1, 128], c: [1, 128]) -> (speech: [1], before: [64, 1], h: [1, 128], c: [1, 128]) {
        let spectrum = concat(before, chunk, axis = time) -> Pad((0, 64), mode = reflect) -> stft: Conv1d(258, 256, stride = 128, bias = false);
        let (re, im) = split(spectrum, 2);
        let features = re * re + im * im -> Sqrt -> conv0: Conv1d(128, 3, pad = 1) -> Relu -> conv1: Conv1d(64, 3, stride = 2, pad = 1) -> Relu
            -> conv2: Conv1d(64, 3, stride = 2, pad = 1) -> Relu -> conv3: Conv1d(128, 3, pad = 1) -> Relu;
        let (y, (h, c)) = (features, (h, c)) -> lstm: Lstm(128, state = out);
        (speech: y -> Relu -> out: Conv1d(1, 1) -> Sigmoid -> Flatten, before: chunk -> Slice(time = 448..), h, c)
    }
}

// Read and checked while compiling.
static NET: Packed<Silero> = weights!(Silero, "../../examples/data/silero/silero_vad_16k.safetensors");

static MEMORY: StaticMemory<Silero> = StaticMemory::new();

/// Hears chunk after chunk.
pub struct Ear {
    memory: &'static mut InferMemory<Silero>,
    /// What was before, the chunk, and the two states of the LSTM.
    input: <Silero as Network>::Input,
}

impl Ear {
    /// The one that there is; `None` if it is taken.
    #[must_use]
    pub fn take() -> Option<Self> {
        Some(Self { memory: MEMORY.take()?, input: (Tensor::zeros(), Tensor::zeros(), Tensor::zeros(), Tensor::zeros()) })
    }

    /// The probability that somebody speaks in the next 32 ms of a sound of 16 kHz.
    pub fn hear(&mut self, chunk: &Tensor<shape![512, 1]>) -> f32 {
        self.input.1 = *chunk;
        let (speech, before, h, c) = NET.infer(&self.input, self.memory);
        (self.input.0, self.input.2, self.input.3) = (*before, *h, *c);
        speech[0]
    }
}
