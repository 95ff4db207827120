//! Sequences: recurrent layers, whose steps run over all samples, dense layers over their rows, and what stands between.

use super::{Results, close, largest, number, targets};
use fireclay::Layout;
use fireclay::prelude::*;

network! {
    /// Layers with dropout between them, what is element-wise behind them, rows.
    pub Stacked(x: [9, 7]) -> [9, 5] {
        x -> lstm: Lstm(20, layers = 2, dropout = 0.2) -> Tanh -> mid: Dense(18) -> Relu -> out: Dense(5)
    }

    /// Both directions, a value that is read by three, once as a single row.
    pub Ways(x: [6, 16]) -> [6, 24] {
        let a = x -> in: Dense(32);
        let both = a -> gru: Gru(12, layers = 2, bidirectional = true);
        let row = a -> Flatten -> flat: Dense(144) -> Reshape([6, 24]);
        both + row * (a -> rows: Dense(24) -> Dropout(0.1))
    }

    /// The last step alone; a ReLU; no biases.
    pub Last(x: [5, 3]) -> [4] {
        x -> rnn: Rnn(33, nonlinearity = relu, layers = 2, bidirectional = true, last = true) -> Softmax -> out: Dense(4)
    }

    /// States in and out, of two cells.
    pub Encoder(x: [4, 6]) -> [4, 10] {
        let (y, state) = x -> enc: Lstm(10, layers = 2, state = out);
        let (z, h) = (y, state) -> dec: Lstm(10, layers = 2, bias = false) -> gru: Gru(10, state = out);
        let (w, _) = (z, h) -> again: Gru(10, state = out);
        w + y
    }

    /// Weights that are shared, one of the readers after a layer of its own.
    pub Shared(x: [4, 8]) -> [4, 8] {
        let a = x -> sh: Gru(8);
        let b = a -> d: Dense(8) -> sh;
        a - b
    }

    pub Text(text: [0..37; 8]) -> [8, 37] {
        text -> e: Embedding(10, padding_index = 4) -> lstm: Lstm(24, bidirectional = true) -> gru: Gru(16) -> out: Dense(37)
    }

    /// What is frozen has no gradients; an embedding that others read is not joined.
    pub Frozen(text: [0..19; 6]) -> (y: [6, 19], rows: [6, 9]) {
        let e = text -> e: Embedding(9);
        (y: e -> #[frozen] rnn: Rnn(17) -> lstm: Lstm(9) -> out: Dense(19), rows: e)
    }
}

agree!(stacked, Stacked, shape![9, 7], Mse, targets::<shape![9, 5]>, |out| vec![out.to_vec()]);
agree!(ways, Ways, shape![6, 16], Mse, targets::<shape![6, 24]>, |out| vec![out.to_vec()]);
agree!(last, Last, shape![5, 3], Mse, targets::<shape![4]>, |out| vec![out.to_vec()]);
agree!(encoder, Encoder, shape![4, 6], Mse, targets::<shape![4, 10]>, |out| vec![out.to_vec()]);
agree!(shared, Shared, shape![4, 8], Mse, targets::<shape![4, 8]>, |out| vec![out.to_vec()]);

fn text<const BOUND: usize, const LEN: usize>(samples: usize) -> IndicesBatch<BOUND, LEN> {
    IndicesBatch::from_sequences(
        (0..samples).map(|i| Indices::from_fn(|t| Index::new((i * 5 + t * 7 + t * t) % BOUND).expect("below"))),
    )
}

/// Loss and gradients in one form, on so many threads.
macro_rules! trained {
    ($network:ty, $layout:expr, $threads:expr, $x:expr, $loss:expr, $y:expr) => {{
        let mut net = <$network>::init(&mut rng(5));
        let mut memory = fireclay::__private::memory_in::<$network>($layout, $x.len()).expect("it trains so");
        memory.threads($threads);
        let mut grads = <$network>::grads();
        let loss = net.train($x, $loss, $y, memory.seed(3), &mut grads);
        let tensors = <$network as Network>::INFO.tensors.iter();
        let params = tensors.filter_map(|of| Some((format!("gradient of {}", of.path), grads.tensor(of.path)?.to_vec())));
        [("loss".to_owned(), vec![loss])].into_iter().chain(params).collect::<Results>()
    }};
}

#[test]
fn over_symbols() {
    for samples in [1, 2, 7, 19] {
        let (x, y) = (text::<37, 8>(samples), text::<37, 8>(samples));
        let run = |layout| trained!(Text, layout, 1, &x, CrossEntropy, &y);
        let found = run(Layout::Chw);
        close(&format!("Text, {samples} samples"), &found, &run(Layout::Chwn16));
        let (_, rows) = &found[1];
        assert!(largest(rows) > 0.0 && rows[40..50] == [0.0; 10], "the row of padding is not learned, others are");
        let (x, y, rows) = (text::<19, 6>(samples), text::<19, 6>(samples), targets::<shape![6, 9]>(samples));
        let run = |layout| trained!(Frozen, layout, 1, &x, (CrossEntropy, Mse), (&y, &rows));
        close(&format!("Frozen, {samples} samples"), &run(Layout::Chw), &run(Layout::Chwn16));
    }
}

/// Shares of a layer's work, of gradients that several layers write, whatever the number of threads.
#[test]
fn threads_change_no_bits() {
    let same = |a: &Results, b: &Results| {
        a.iter().zip(b).all(|((_, a), (_, b))| a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits()))
    };
    for samples in [1, 5, 13] {
        let x = Batch::<shape![6, 16]>::from_fn(samples, number);
        let y = targets::<shape![6, 24]>(samples);
        let ways = |threads| trained!(Ways, Layout::Chw, threads, &x, Mse, &y);
        let symbols = text::<37, 8>(samples);
        let of_text = |threads| trained!(Text, Layout::Chw, threads, &symbols, CrossEntropy, &symbols);
        let x = Batch::<shape![4, 8]>::from_fn(samples, number);
        let y = targets::<shape![4, 8]>(samples);
        let shared = |threads| trained!(Shared, Layout::Chw, threads, &x, Mse, &y);
        let alone = (ways(1), of_text(1), shared(1));
        for threads in [2, 3, 7] {
            let found = (ways(threads), of_text(threads), shared(threads));
            let alike = same(&found.0, &alone.0) && same(&found.1, &alone.1) && same(&found.2, &alone.2);
            assert!(alike, "{samples} samples, {threads} threads");
        }
    }
}
