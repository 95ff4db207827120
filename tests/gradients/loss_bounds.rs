//! Losses exactly where they begin, and targets that cannot be.

use fireclay::data::Samples;
use fireclay::loss::{CosineEmbedding, Ctc, HingeEmbedding, TripletMargin, evaluate};
use fireclay::prelude::*;

network! { pub Steps(x: [2, 3]) -> [2, 3] { x -> fc: Dense(3) } }

#[test]
fn a_target_longer_than_its_sequence() {
    let labels = Indices::<3, 4>::new(&[1, 2, 1, 0]).expect("labels");
    let data: Samples<Tensor<shape![2, 3]>, Indices<3, 4>> = [(Tensor::zeros(), labels)].into_iter().collect();
    let end = |loss: Ctc| Trainer::new(loss, Sgd::new(0.1)).progress(ProgressBar::Off).fit(&mut Steps::zeros(), &data);
    let text = end(Ctc).expect_err("three labels do not fit into two steps").to_string();
    for word in ["the loss is inf", "more labels than steps", "`Ctc.zero_infinity()`"] {
        assert!(text.contains(word), "{text}");
    }
    end(Ctc.zero_infinity()).expect("it is left out");
}

/// Exactly where a loss begins there is no gradient, as in PyTorch, whose `clamp` has none at its bound.
#[test]
fn at_the_margin() {
    let at = |x: f32| evaluate(&HingeEmbedding.margin(0.5), &Batch::from_samples([&Tensor::from([x])]), -1.0);
    let [(none, flat), (some, steep)] = [at(0.5), at(0.25)];
    assert_eq!((none, flat.to_vec(), some, steep.to_vec()), (0.0, vec![0.0], 0.25, vec![-1.0]));
    let point = |x: [f32; 2]| Batch::from_samples([&Tensor::from(x)]);
    let (loss, (by_a, by_b)) = evaluate(&CosineEmbedding, &(point([0.0, 0.0]), point([1.0, 1.0])), -1.0);
    assert_eq!((loss, by_a.to_vec(), by_b.to_vec()), (0.0, vec![0.0; 2], vec![0.0; 2]));
    let points = (point([0.0, 0.0]), point([0.0, 0.0]), point([1.0, 0.0]));
    let (loss, (by_a, by_p, by_n)) = evaluate(&TripletMargin.eps(0.0), &points, ());
    assert_eq!((loss, [by_a, by_p, by_n].map(|by| by.to_vec())), (0.0, [const { [0.0; 2] }; 3].map(Vec::from)));
}

/// NaN for every class, also those that do not stand in the target.
#[test]
fn an_impossible_target() {
    let x = Batch::<shape![3, 4]>::zeros(1);
    let targets = IndicesBatch::<4, 2>::from_sequences(Indices::new(&[1, 1]));
    let steps = IndexBatch::<4>::from_samples(Index::new(2));
    let (loss, gradient) = evaluate(&Ctc, &x, (&targets, &steps));
    let gradient = gradient.to_vec();
    assert!(loss == f32::INFINITY && gradient[..8].iter().all(|g| g.is_nan()) && gradient[8..] == [0.0; 4], "{gradient:?}");
}
