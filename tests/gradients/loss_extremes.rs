//! Every loss at what is no number, infinite, very large, exactly 0 and 1, and below the normal numbers. Right values: PyTorch's formulas where
//! they are finite, limits where a factor 0 meets an infinite loss, and NaN wherever something is no number.

use fireclay::Error;
use fireclay::data::Samples;
use fireclay::loss::{
    Bce, BceWithLogits, CosineEmbedding, CrossEntropy, Ctc, Dice, EpsilonInsensitive, Focal, GaussianNll, Hinge, HingeEmbedding,
    Huber, KlDiv, L1, Loss, Mse, MultiLabelSoftMargin, MultiMargin, Nll, PoissonNll, SmoothL1, SoftmaxFocal, SvmHinge,
    TripletMargin, evaluate,
};
use fireclay::prelude::*;
use std::f32::consts::LN_2;

const NAN: f32 = f32::NAN;
const INF: f32 = f32::INFINITY;
/// Below the normal numbers.
const TINY: f32 = 1e-40;

/// A number, the loss there, the derivative there.
type Row = (f32, f32, f32);

#[track_caller]
fn near(name: &str, what: &str, found: f32, right: f32) {
    let same = found.is_nan() && right.is_nan() || found == right;
    assert!(same || (found - right).abs() <= 2e-6 * right.abs(), "{name}: {what} {found:e}, right is {right:e}");
}

#[track_caller]
fn rows(name: &str, loss: &impl Loss<Tensor<shape![1]>, f32>, t: f32, rows: &[Row]) {
    let at = |x: f32, t: f32| {
        let (value, gradient) = evaluate(loss, &Batch::from_samples([&Tensor::from([x])]), t);
        (value, gradient.sample(0)[0])
    };
    for &(x, value, derivative) in rows.iter().chain(&[(NAN, NAN, NAN)]) {
        let (name, found) = (format!("{name} of {x:e} against {t:e}"), at(x, t));
        near(&name, "loss", found.0, value);
        near(&name, "derivative", found.1, derivative);
        let unknown = at(x, NAN);
        assert!(unknown.0.is_nan() && unknown.1.is_nan(), "{name}: a target that is no number gives {unknown:?}");
    }
}

#[test]
fn distances() {
    let inf = [(INF, INF, INF), (-INF, INF, -INF)];
    rows("Mse", &Mse, 0.0, &inf);
    rows("Mse", &Mse, 0.0, &[(1e4, 1e8, 2e4), (-1e4, 1e8, -2e4), (0.0, 0.0, 0.0), (1.0, 1.0, 2.0), (TINY, 0.0, 2.0 * TINY)]);
    rows("Mse", &Mse, 1.0, &[(1e4, 99_980_001.0, 19_998.0), (0.0, 1.0, -2.0), (1.0, 0.0, 0.0), (TINY, 1.0, -2.0)]);
    rows("Mse", &Mse, INF, &[(INF, NAN, NAN), (1.0, INF, -INF)]);

    let far = [(INF, INF, 1.0), (-INF, INF, -1.0)];
    let l1 = [(1e4, 1e4, 1.0), (-1e4, 1e4, -1.0), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (TINY, TINY, 1.0), (-TINY, TINY, -1.0)];
    for rows_of in [&far[..], &l1[..]] {
        rows("L1", &L1, 0.0, rows_of);
        rows("SmoothL1.beta(0)", &SmoothL1.beta(0.0), 0.0, rows_of);
    }
    let round =
        [(1e4, 9999.5, 1.0), (-1e4, 9999.5, -1.0), (0.0, 0.0, 0.0), (1.0, 0.5, 1.0), (TINY, 0.0, TINY), (-TINY, 0.0, -TINY)];
    for rows_of in [&far[..], &round[..]] {
        rows("Huber", &Huber, 0.0, rows_of);
        rows("SmoothL1", &SmoothL1, 0.0, rows_of);
    }
    let near_enough = EpsilonInsensitive.epsilon(0.5);
    rows("EpsilonInsensitive", &near_enough, 0.0, &[(1e4, 9999.5, 1.0), (-1e4, 9999.5, -1.0), (0.5, 0.0, 0.0), (TINY, 0.0, 0.0)]);
    rows("EpsilonInsensitive", &near_enough, 0.0, &far);
    rows("EpsilonInsensitive", &near_enough, INF, &[(INF, NAN, NAN), (1.0, INF, -1.0)]);
}

#[test]
fn counts() {
    let of = |t, list: &[Row]| rows("PoissonNll", &PoissonNll, t, list);
    of(0.0, &[(1e4, INF, INF), (-1e4, 0.0, 0.0), (-INF, 0.0, 0.0), (INF, INF, INF), (0.0, 1.0, 1.0), (TINY, 1.0, 1.0)]);
    of(2.0, &[(1e4, INF, INF), (-1e4, 2e4, -2.0), (-INF, INF, -2.0), (INF, INF, INF), (0.0, 1.0, -1.0)]);
    let of = |t, list: &[Row]| rows("PoissonNll.log_input(false)", &PoissonNll.log_input(false), t, list);
    of(0.0, &[(0.0, 0.0, 1.0), (1e4, 1e4, 1.0), (INF, INF, 1.0)]);
    of(2.0, &[(0.0, 36.841_362, -2e8), (INF, INF, 1.0), (-1.0, NAN, NAN), (1.0, 1.0, -1.0)]);
}

#[test]
fn probabilities() {
    let outside = [1.5, -0.5, 1.000_000_1, -TINY, 1e4, -1e4, INF, -INF].map(|x| (x, NAN, NAN));
    for t in [0.0, 0.3, 1.0] {
        rows("Bce", &Bce, t, &outside);
    }
    // PyTorch cuts each logarithm at −100, and x·(1 − x) at 1e-12.
    rows(
        "Bce",
        &Bce,
        1.0,
        &[(0.0, 100.0, -1e12), (-0.0, 100.0, -1e12), (1.0, 0.0, 0.0), (TINY, 92.103_4, -1e12), (0.5, LN_2, -2.0)],
    );
    rows("Bce", &Bce, 0.0, &[(0.0, 0.0, 0.0), (1.0, 100.0, 1e12), (TINY, TINY, TINY / 1e-12), (0.5, LN_2, 2.0)]);
    rows("Bce", &Bce, 0.5, &[(0.0, 50.0, -5e11), (1.0, 50.0, 5e11)]);

    let half = 0.5 * LN_2;
    rows("KlDiv", &KlDiv, 0.5, &[(INF, -INF, -0.5), (-INF, INF, -0.5), (1e4, -5000.0 - half, -0.5), (-1e4, 5000.0 - half, -0.5)]);
    rows("KlDiv", &KlDiv, 0.5, &[(0.0, -half, -0.5), (1.0, -0.5 - half, -0.5), (TINY, -half, -0.5)]);
    rows("KlDiv", &KlDiv, 0.0, &[-INF, 1e4, -1e4, 0.0, 1.0, TINY].map(|x| (x, 0.0, 0.0)));
    rows("KlDiv", &KlDiv, 1.0, &[(0.0, 0.0, -1.0), (1.0, -1.0, -1.0), (-INF, INF, -1.0)]);
    rows("KlDiv", &KlDiv, TINY, &[(0.0, -92.103_4 * TINY, -TINY)]);
    assert!(evaluate(&KlDiv, &Batch::from_samples([&Tensor::from([0.0])]), -0.5).0.is_nan());
    let log = KlDiv.log_target();
    rows("KlDiv.log_target()", &log, 0.0, &[(0.0, 0.0, -1.0), (1.0, -1.0, -1.0), (-INF, INF, -1.0), (1e4, -1e4, -1.0)]);
    rows("KlDiv.log_target()", &log, -INF, &[-INF, 0.0, 1.0, 1e4, -1e4].map(|x| (x, 0.0, 0.0)));
    rows("KlDiv.log_target()", &log, -1e4, &[-INF, 0.0, 1.0, 1e4].map(|x| (x, 0.0, 0.0)));
}

#[test]
fn logits() {
    let positive = [(INF, 0.0, 0.0), (-INF, INF, -1.0), (1e4, 0.0, 0.0), (-1e4, 1e4, -1.0), (0.0, LN_2, -0.5)];
    let negative = [(INF, INF, 1.0), (-INF, 0.0, 0.0), (1e4, 1e4, 1.0), (-1e4, 0.0, 0.0), (0.0, LN_2, 0.5)];
    rows("BceWithLogits", &BceWithLogits, 1.0, &positive);
    rows("BceWithLogits", &BceWithLogits, 1.0, &[(1.0, 0.313_261_7, -0.268_941_42), (TINY, LN_2, -0.5), (-TINY, LN_2, -0.5)]);
    rows("BceWithLogits", &BceWithLogits, 0.0, &negative);
    // Both are 2.06e-9 there: nothing cancels.
    rows("BceWithLogits", &BceWithLogits, 0.0, &[(1.0, 1.313_261_7, 0.731_058_6), (-20.0, 2.061_153_6e-9, 2.061_153_6e-9)]);
    rows("BceWithLogits", &BceWithLogits, 0.5, &[(INF, INF, 0.5), (-INF, INF, -0.5), (0.0, LN_2, 0.0)]);
    let heavy = BceWithLogits.pos_weight([3.0]);
    rows(
        "BceWithLogits.pos_weight",
        &heavy,
        1.0,
        &[(INF, 0.0, 0.0), (-INF, INF, -3.0), (-1e4, 3e4, -3.0), (0.0, 3.0 * LN_2, -1.5)],
    );
    rows("BceWithLogits.pos_weight", &heavy, 0.0, &negative);

    // With γ = 0 and both signs alike it is the same loss.
    let plain = Focal.gamma(0.0).alpha(-1.0);
    rows("Focal.gamma(0)", &plain, 1.0, &positive);
    rows("Focal.gamma(0)", &plain, 0.0, &negative);
    rows("Focal", &Focal, 1.0, &[(INF, 0.0, 0.0), (-INF, INF, -0.25), (1e4, 0.0, 0.0), (-1e4, 2500.0, -0.25)]);
    rows("Focal", &Focal, 1.0, &[(0.0, 0.062_5 * LN_2, -0.074_571_7), (TINY, 0.062_5 * LN_2, -0.074_571_7)]);
    rows("Focal", &Focal, 1.0, &[(1.0, 0.005_664_514_4, -0.013_145_282)]);
    rows("Focal", &Focal, 0.0, &[(INF, INF, 0.75), (-INF, 0.0, 0.0), (1e4, 7500.0, 0.75), (-1e4, 0.0, 0.0)]);
    rows("Focal", &Focal, 0.0, &[(0.0, 0.187_5 * LN_2, 0.223_715_1)]);
    // (1 − p)^γ falls faster than its slope's e^(x / 2) grows, up to where 1 − p is 0 in floating point.
    let soft = Focal.gamma(0.5);
    rows("Focal.gamma(0.5)", &soft, 1.0, &[(105.0, 0.0, 0.0), (1e4, 0.0, 0.0), (INF, 0.0, 0.0), (-INF, INF, -0.25)]);
    rows("Focal.gamma(0.5)", &soft, 0.0, &[(-105.0, 0.0, 0.0), (-1e4, 0.0, 0.0), (-INF, 0.0, 0.0), (INF, INF, 0.75)]);
    rows("Focal.gamma(0.5)", &soft, 0.3, &[(1.0, 0.467_938_72, 0.230_128_67)]);
    rows("Focal.alpha(1)", &Focal.alpha(1.0), 0.0, &[(INF, 0.0, 0.0)]);
}

#[test]
fn hinges() {
    rows("Hinge", &Hinge, 1.0, &[(INF, 0.0, 0.0), (-INF, INF, -1.0), (1e4, 0.0, 0.0), (-1e4, 10_001.0, -1.0)]);
    rows("Hinge", &Hinge, 1.0, &[(0.0, 1.0, -1.0), (1.0, 0.0, 0.0), (TINY, 1.0, -1.0)]);
    rows("Hinge", &Hinge, -1.0, &[(INF, INF, 1.0), (-INF, 0.0, 0.0), (0.0, 1.0, 1.0), (1.0, 2.0, 1.0), (-1.0, 0.0, 0.0)]);

    let apart = HingeEmbedding;
    rows("HingeEmbedding", &apart, 1.0, &[(INF, INF, 1.0), (-INF, -INF, 1.0), (1e4, 1e4, 1.0), (-1e4, -1e4, 1.0)]);
    rows("HingeEmbedding", &apart, 1.0, &[(0.0, 0.0, 1.0), (1.0, 1.0, 1.0), (TINY, TINY, 1.0)]);
    rows("HingeEmbedding", &apart, -1.0, &[(INF, 0.0, 0.0), (-INF, INF, -1.0), (1e4, 0.0, 0.0), (-1e4, 10_001.0, -1.0)]);
    rows("HingeEmbedding", &apart, -1.0, &[(0.0, 1.0, -1.0), (1.0, 0.0, 0.0), (TINY, 1.0, -1.0)]);
    rows("HingeEmbedding", &apart, 0.0, &[(0.25, 1.0, 0.0), (3.0, 3.0, 1.0)]);
}

/// Scores of two classes, the loss against a class, and its gradient.
type Scored = ([f32; 2], f32, [f32; 2]);

#[track_caller]
fn scored<L>(name: &str, loss: &L, class: usize, rows: &[Scored])
where
    L: for<'a> Loss<Tensor<shape![2]>, &'a IndexBatch<2>>,
{
    let target = IndexBatch::from_samples(Index::<2>::new(class));
    for (x, value, gradient) in rows {
        let name = format!("{name} of {x:?} against class {class}");
        let (found, slopes) = evaluate(loss, &Batch::from_samples([&Tensor::from(*x)]), &target);
        near(&name, "loss", found, *value);
        for (found, right) in slopes.to_vec().iter().zip(gradient) {
            near(&name, "gradient", *found, *right);
        }
    }
}

#[test]
fn classes() {
    let none = ([NAN; 2], NAN, [NAN; 2]);
    let ce = &CrossEntropy;
    // An infinite score has no probability that is a number, as in PyTorch; −∞ is a class that cannot be.
    let unknown =
        [([NAN, 0.0], NAN, [NAN; 2]), ([0.0, NAN], NAN, [NAN; 2]), ([INF, 0.0], NAN, [NAN; 2]), ([-INF; 2], NAN, [NAN; 2])];
    scored("CrossEntropy", ce, 0, &unknown);
    scored("CrossEntropy", ce, 0, &[none, ([-INF, 0.0], INF, [-1.0, 1.0]), ([0.0, -INF], 0.0, [0.0, 0.0])]);
    scored(
        "CrossEntropy",
        ce,
        0,
        &[([1e4, 0.0], 0.0, [0.0, 0.0]), ([-1e4, 0.0], 1e4, [-1.0, 1.0]), ([1e4, 1e4], LN_2, [-0.5, 0.5])],
    );
    scored("CrossEntropy", ce, 0, &[([0.0, 0.0], LN_2, [-0.5, 0.5]), ([1.0, 0.0], 0.313_261_7, [-0.268_941_42, 0.268_941_42])]);
    scored("CrossEntropy", ce, 0, &[([TINY, 0.0], LN_2, [-0.5, 0.5]), ([TINY, -TINY], LN_2, [-0.5, 0.5])]);
    scored("CrossEntropy.smoothing", &CrossEntropy.smoothing(0.2), 0, &[([0.0, -INF], INF, [0.1, -0.1]), none]);

    let focal = &SoftmaxFocal;
    scored("SoftmaxFocal", focal, 0, &unknown);
    scored("SoftmaxFocal", focal, 0, &[none, ([-INF, 0.0], INF, [-1.0, 1.0]), ([0.0, -INF], 0.0, [0.0, 0.0])]);
    scored("SoftmaxFocal", focal, 0, &[([1e4, 0.0], 0.0, [0.0, 0.0]), ([-1e4, 0.0], 1e4, [-1.0, 1.0])]);
    scored("SoftmaxFocal", focal, 0, &[([0.0, 0.0], 0.25 * LN_2, [-0.298_286_8, 0.298_286_8])]);
    // With γ below 1 the slope of (1 − p)^γ is infinite where p is 1; its product with the loss is not.
    let soft = &SoftmaxFocal.gamma(0.5);
    scored("SoftmaxFocal.gamma(0.5)", soft, 0, &[([110.0, 0.0], 0.0, [0.0, 0.0]), ([1e4, 0.0], 0.0, [0.0, 0.0])]);
    let plain = &SoftmaxFocal.gamma(0.0);
    scored("SoftmaxFocal.gamma(0)", plain, 0, &[none, ([1.0, 0.0], 0.313_261_7, [-0.268_941_42, 0.268_941_42])]);
    let dice = &Dice;
    scored("Dice", dice, 0, &[none, ([NAN, 0.0], NAN, [NAN; 2]), ([1e4, 0.0], 0.0, [0.0, 0.0]), ([-1e4, 0.0], 0.5, [0.0, 0.0])]);
    scored("Dice.smooth(0)", &Dice.smooth(0.0), 0, &[([1e4, 0.0], 0.0, [0.0, 0.0]), ([0.0, -INF], 0.0, [0.0, 0.0])]);

    let nll = &Nll;
    scored(
        "Nll",
        nll,
        0,
        &[
            ([NAN; 2], NAN, [NAN, 0.0]),
            ([NAN, 0.0], NAN, [NAN, 0.0]),
            ([INF, 0.0], -INF, [-1.0, 0.0]),
            ([-INF, 0.0], INF, [-1.0, 0.0]),
        ],
    );
    scored("Nll", nll, 0, &[([-1e4, 0.0], 1e4, [-1.0, 0.0]), ([0.0, 1.0], 0.0, [-1.0, 0.0]), ([TINY, 0.0], -TINY, [-1.0, 0.0])]);

    for class in [0, 1] {
        // The scores in the order (right, other).
        let of = |right: f32, other: f32, value: f32, slope: f32| -> Scored {
            let pair = |a, b| if class == 0 { [a, b] } else { [b, a] };
            (pair(right, other), value, pair(-slope, slope))
        };
        let half = [
            of(NAN, 0.0, NAN, NAN),
            of(0.0, NAN, NAN, NAN),
            of(INF, INF, NAN, NAN),
            of(INF, 0.0, 0.0, 0.0),
            of(-INF, 0.0, INF, 0.5),
            of(0.0, INF, INF, 0.5),
            of(1e4, 0.0, 0.0, 0.0),
            of(-1e4, 0.0, 5000.5, 0.5),
            of(0.0, 0.0, 0.5, 0.5),
            of(1.0, 0.0, 0.0, 0.0),
            of(0.0, 1.0, 1.0, 0.5),
            of(TINY, 0.0, 0.5, 0.5),
        ];
        scored("MultiMargin", &MultiMargin, class, &half);
        let whole = half.map(|(x, value, gradient)| (x, 2.0 * value, gradient.map(|g| 2.0 * g)));
        scored("SvmHinge", &SvmHinge, class, &whole);
        let squared = [
            of(NAN, 0.0, NAN, NAN),
            of(INF, 0.0, 0.0, 0.0),
            of(-INF, 0.0, INF, INF),
            of(-1e4, 0.0, 50_010_000.5, 10_001.0),
            of(0.0, 0.0, 0.5, 1.0),
            of(1.0, 0.0, 0.0, 0.0),
        ];
        scored("MultiMargin.squared", &MultiMargin.squared(), class, &squared);
    }
}

/// A class that does not count has no loss and no gradient, whatever the scores: not 0 · ∞.
#[test]
fn classes_of_weight_zero() {
    for far in [[INF, 0.0], [-INF, 0.0], [0.0, INF], [NAN, 0.0], [0.0, NAN]] {
        let nothing = [(far, 0.0, [0.0, 0.0])];
        scored("MultiMargin", &MultiMargin.class_weights([0.0, 1.0]), 0, &nothing);
        scored("MultiMargin.squared", &MultiMargin.class_weights([0.0, 1.0]).squared(), 0, &nothing);
        scored("Nll", &Nll.class_weights([0.0, 1.0]), 0, &nothing);
        scored("Nll.ignore", &Nll.ignore(0), 0, &nothing);
        scored("CrossEntropy", &CrossEntropy.class_weights([0.0, 1.0]), 0, &nothing);
        scored("CrossEntropy.ignore", &CrossEntropy.ignore(0), 0, &nothing);
    }
    // The other one counts as ever.
    scored("MultiMargin", &MultiMargin.class_weights([0.0, 1.0]), 1, &[([INF, 0.0], INF, [0.5, -0.5])]);
}

/// One sample of two steps and two classes, of which the first is the blank: the loss, and its gradient.
fn sequence(loss: &Ctc, x: [[f32; 2]; 2], target: [usize; 2]) -> (f32, Vec<f32>) {
    let targets = IndicesBatch::<2, 2>::from_sequences(Indices::new(&target));
    let (value, gradient) = evaluate(loss, &Batch::from_samples([&Tensor::from(x)]), &targets);
    (value, gradient.to_vec())
}

#[test]
fn sequences() {
    let (sure, wrong) = ([[-1e4, 1e4], [1e4, -1e4]], [[1e4, -1e4], [1e4, -1e4]]);
    assert_eq!(sequence(&Ctc, sure, [1, 0]), (0.0, vec![0.0; 4]));
    let (value, gradient) = sequence(&Ctc, wrong, [1, 0]);
    assert!((value - 2e4).abs() < 1.0 && gradient.iter().all(|g| g.is_finite()), "{value} {gradient:?}");
    // An empty target: blanks alone.
    assert_eq!(sequence(&Ctc, wrong, [0, 0]), (0.0, vec![0.0; 4]));
    assert!((sequence(&Ctc, [[0.0; 2]; 2], [0, 0]).0 - 2.0 * LN_2).abs() < 1e-6);
    // Two equal labels need three steps.
    let (value, gradient) = sequence(&Ctc, sure, [1, 1]);
    assert!(value == INF && gradient.iter().all(|g| g.is_nan()));
    assert_eq!(sequence(&Ctc.zero_infinity(), sure, [1, 1]), (0.0, vec![0.0; 4]));
    // A class that cannot be: no way leads over it.
    let (value, gradient) = sequence(&Ctc, [[0.0, -INF], [0.0, 0.0]], [1, 0]);
    assert!((value - LN_2).abs() < 1e-6 && gradient == [0.0, 0.0, 0.5, -0.5], "{value} {gradient:?}");
    for unknown in [NAN, INF] {
        let (value, gradient) = sequence(&Ctc.zero_infinity(), [[unknown, 0.0], [0.0, 0.0]], [1, 0]);
        assert!(value.is_nan() && gradient.iter().all(|g| g.is_nan()), "{value} {gradient:?}");
    }
    // No step counts.
    let (x, target) = (Batch::from_samples([&Tensor::from(sure)]), IndicesBatch::<2, 2>::from_sequences(Indices::new(&[1, 0])));
    let none = IndexBatch::<3>::from_samples(Index::new(0));
    assert_eq!(evaluate(&Ctc, &x, (&target, &none)).0, INF);
    let (value, gradient) = evaluate(&Ctc.zero_infinity(), &x, (&target, &none));
    assert_eq!((value, gradient.to_vec()), (0.0, vec![0.0; 4]));
}

#[test]
fn several_numbers_at_once() {
    let at = |x: [f32; 2]| Batch::from_samples([&Tensor::from(x)]);
    let (value, gradient) = evaluate(&MultiLabelSoftMargin, &at([1e4, -1e4]), &at([0.0, 1.0]));
    assert_eq!((value, gradient.to_vec()), (1e4, vec![0.5, -0.5]));
    assert!(evaluate(&MultiLabelSoftMargin, &at([NAN, 0.0]), &at([0.0, 1.0])).0.is_nan());
    // Nothing there, nothing seen; and the other way round.
    assert_eq!(evaluate(&Dice.smooth(0.0), &at([-1e4, -1e4]), &at([0.0, 0.0])).0, 0.0);
    near("Dice", "loss", evaluate(&Dice, &at([1e4, 1e4]), &at([0.0, 0.0])).0, 2.0 / 3.0);
    assert!(evaluate(&Dice, &at([NAN, 0.0]), &at([0.0, 1.0])).0.is_nan());

    let gaussian = |mean: f32, variance: f32| {
        let (value, (by_mean, by_variance)) = evaluate(&GaussianNll, &(at([mean; 2]), at([variance; 2])), 0.0);
        [value, by_mean.to_vec()[0], by_variance.to_vec()[0]]
    };
    assert!(gaussian(1e4, 0.0).iter().chain(&gaussian(0.0, 0.0)).all(|x| x.is_finite()));
    for unknown in [gaussian(NAN, 1.0), gaussian(0.0, NAN), gaussian(0.0, -1e-3)] {
        assert!(unknown.iter().all(|x| x.is_nan()), "{unknown:?}");
    }

    // Of no length there is no angle; of three in one place no distance.
    let (value, (a, b)) = evaluate(&CosineEmbedding, &(at([0.0, 0.0]), at([1e4, -1e4])), 1.0);
    assert!(value == 1.0 && a.to_vec().iter().chain(&b.to_vec()).all(|g| g.is_finite()));
    assert!(evaluate(&CosineEmbedding, &(at([NAN, 0.0]), at([1.0, 1.0])), -1.0).0.is_nan());
    for (eps, loss) in [TripletMargin, TripletMargin.eps(0.0), TripletMargin.eps(0.0).p(1.5)].into_iter().enumerate() {
        let (value, gradients) = evaluate(&loss, &(at([3.0; 2]), at([3.0; 2]), at([3.0; 2])), ());
        let all = [gradients.0.to_vec(), gradients.1.to_vec(), gradients.2.to_vec()].concat();
        assert!((value - 1.0).abs() < 1e-5 && all.iter().all(|g| g.is_finite()), "{eps}: {value} {all:?}");
        let (value, gradients) = evaluate(&loss, &(at([1e4; 2]), at([-1e4; 2]), at([NAN; 2])), ());
        assert!(value.is_nan() && gradients.0.to_vec()[0].is_nan());
    }
    // −ln p of a target with a variance that is a number of at least 0, or the training says what is wrong.
    type Two = (Tensor<shape![1]>, Tensor<shape![1]>);
    assert!(Loss::<Two, f32>::domain(&GaussianNll, NAN).is_some_and(|text| text.contains("`Softplus`")));
}

#[test]
fn probabilities_of_classes() {
    let at = |x: [f32; 2], t: [f32; 2]| {
        let (value, gradient) =
            evaluate(&CrossEntropy, &Batch::from_samples([&Tensor::from(x)]), &Batch::from_samples([&Tensor::from(t)]));
        (value, gradient.to_vec())
    };
    assert_eq!(at([0.0, -INF], [1.0, 0.0]), (0.0, vec![0.0, 0.0]));
    assert_eq!(at([0.0, -INF], [0.5, 0.5]), (INF, vec![0.5, -0.5]));
    let (value, gradient) = at([0.0, 1.0], [NAN, 0.0]);
    assert!(value.is_nan() && gradient.iter().all(|g| g.is_nan()));
}

network! { pub Line(x: [1]) -> [1] { x -> fc: Dense(1) } }

/// What ends a training with such outputs.
fn end_of<L>(loss: L, output: f32) -> String
where
    L: fireclay::loss::LossOn<Tensor<shape![1]>, Tensor<shape![1]>>,
{
    let data: Samples<Tensor<shape![1]>, Tensor<shape![1]>> = [(Tensor::from([0.0]), Tensor::from([1.0]))].into_iter().collect();
    let mut net = Line::zeros();
    net.fc.bias[0] = output;
    let result = Trainer::new(loss, Sgd::new(0.1)).progress(ProgressBar::Off).fit(&mut net, &data);
    match result {
        Err(error @ Error::Diverged { epoch: 1, step: 1, .. }) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_error_names_the_loss_and_what_it_takes() {
    for text in [end_of(Bce, 1.5), end_of(Bce.weight(0.5), -0.5), end_of(Bce.sum(), f32::INFINITY)] {
        for word in ["`Bce`", "from 0 to 1", "`Sigmoid`", "`BceWithLogits`"] {
            assert!(text.contains(word), "{text}");
        }
    }
    type Two = (Tensor<shape![1]>, Tensor<shape![1]>);
    assert!(Loss::<Two, (f32, f32)>::domain(&(Mse, Bce), NAN).is_some_and(|text| text.contains("`Bce`")));
    assert_eq!(Loss::<Two, (f32, f32)>::domain(&(Mse, L1), NAN), None);
    assert_eq!(Loss::<Two, f32>::domain(&GaussianNll, INF), None);
    type Sequence = (Tensor<shape![2, 3]>, Tensor<shape![1]>);
    let both = |loss| Loss::<Sequence, (&IndicesBatch<3, 2>, f32)>::domain(&(Ctc, Bce), loss);
    assert!(both(NAN).is_some_and(|text| text.contains("`Bce`")) && both(INF).is_some_and(|text| text.contains("`Ctc`")));
    let text = end_of(Mse, 1e30);
    assert!(text.contains("the loss is inf") && !text.contains("note"), "{text}");
}
