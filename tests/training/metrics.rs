//! Metrics over batches: what no golden file says (`tests/golden` has the values).

use fireclay::data::Samples;
use fireclay::metrics::{
    Accumulator, Average, ClassScores, ConfusionMatrix, Detection, F1, Mae, Mean, MeanAveragePrecision, MeanIou, Perplexity,
    Precision, R2, Recall, Rmse, RocAuc, Score, TopK, Truth, Update,
};
use fireclay::{Error, Layout, prelude::*, trainer::Run};

network! {
    pub Scores(x: [4]) -> [3] { x -> fc: Dense(3) }
    pub Line(x: [1]) -> [1] { x -> fc: Dense(1) }
    pub Helped(x: [4]) -> (#[train] early: [3], class: [3], #[train] late: [2]) {
        (class: x -> a: Dense(3), early: x -> b: Dense(3), late: x -> c: Dense(2))
    }
    pub Several(x: [4]) -> (class: [3], #[train] aux: [3], place: [2]) {
        (class: x -> a: Dense(3), aux: x -> b: Dense(3), place: x -> c: Dense(2))
    }
    pub Segments(image: [1, 4, 4]) -> [3, 4, 4] { image -> conv: Conv(3, 3, pad = 1) }
}

fn class<const K: usize>(class: usize) -> Index<K> {
    Index::new(class).expect("below the bound")
}

fn classes<const K: usize>(all: &[usize]) -> IndexBatch<K> {
    IndexBatch::from_samples(all.iter().map(|one| class(*one)))
}

fn batch<const N: usize>(all: &[[f32; N]]) -> Batch<shape![N]> {
    Batch::from_fn(all.len(), |i, j| all[i][j])
}

fn message<T: core::fmt::Debug>(result: fireclay::Result<T>) -> String {
    result.expect_err("no value").to_string()
}

#[test]
fn nothing_has_no_value_and_says_whose() {
    assert_eq!(message(TopK::new(5).compute()), "top-5 accuracy has no samples");
    assert_eq!(message(Precision::<3>::new().compute()), "macro precision has no samples");
    assert_eq!(message(Recall::<3>::new().average(Average::Micro).compute()), "micro recall has no samples");
    assert_eq!(message(F1::<3>::new().average(Average::Weighted).compute()), "weighted F1 has no samples");
    assert_eq!(message(ConfusionMatrix::<3>::new().compute()), "the confusion matrix has no samples");
    assert_eq!(message(ConfusionMatrix::<3>::new().accuracy()), "accuracy has no samples");
    assert_eq!(message(RocAuc::new().compute()), "ROC-AUC has no samples");
    assert_eq!(message(MeanIou::<2>::new().compute()), "mean IoU has no samples");
    assert_eq!(message(MeanAveragePrecision::coco().compute()), "mAP has no samples");
    assert_eq!(message(MeanAveragePrecision::at(0.5).compute()), "mAP@50 has no samples");
    assert_eq!(message(Mae::new().compute()), "MAE has no samples");
    assert_eq!(message(Rmse::new().compute()), "RMSE has no samples");
    assert_eq!(message(R2::new().compute()), "R² has no samples");
    assert_eq!(message(Perplexity::new().compute()), "perplexity has no samples");
    let mut accuracy = Mean::of(Accuracy);
    assert_eq!(message(accuracy.compute()), "accuracy has no samples");
    // Nor has an empty batch.
    accuracy.update(&batch::<2>(&[]), &classes::<2>(&[]));
    assert_eq!(message(accuracy.compute()), "accuracy has no samples");
}

#[test]
fn outputs_that_are_nan_are_wrong() {
    let nan = f32::NAN;
    let outputs = batch(&[[nan, nan, nan], [nan, 1.0, 2.0], [0.0, nan, -1.0]]);
    let targets = classes::<3>(&[0, 2, 1]);
    let mut all = (ConfusionMatrix::<3>::new(), Mean::of(Accuracy), TopK::new(1), TopK::new(3));
    all.update(&outputs, &targets);
    let third = 1.0 / 3.0;
    assert_eq!((all.0.accuracy().ok(), all.1.compute().ok(), all.2.compute().ok()), (Some(third), Some(third), Some(third)));
    // The target whose own score is NaN is not among the three largest of three.
    assert_eq!(all.3.compute().ok(), Some(third));
    assert_eq!((all.0.unanswered(class(0)), all.0.count(class(2), class(2)), all.0.count(class(1), class(0))), (1, 1, 1));
    let scores = all.0.per_class();
    // What was not answered is a miss of its class, and no class was predicted.
    assert_eq!(scores[0], ClassScores { hits: 0, predicted: 1, support: 1 });
    assert_eq!(all.0.recall(Average::Micro).ok(), Some(third));
    assert_eq!(all.0.precision(Average::Micro).ok(), Some(0.5));
}

#[test]
fn numbers_that_are_none_are_refused() {
    let (outputs, targets) = (batch(&[[1.0], [f32::NAN], [f32::INFINITY]]), batch(&[[1.0], [1.0], [0.0]]));
    let mut all = (Mae::new(), Rmse::new(), R2::new(), RocAuc::new(), RocAuc::new());
    let errors = (&mut all.0, &mut all.1, &mut all.2);
    errors.0.update(&outputs, &targets);
    errors.1.update(&outputs, &targets);
    errors.2.update(&outputs, &targets);
    assert_eq!(message(all.0.compute()), "MAE has no value: 2 outputs or targets are infinite or NaN");
    assert_eq!(message(all.1.compute()), "RMSE has no value: 2 outputs or targets are infinite or NaN");
    assert_eq!(message(all.2.compute()), "R² has no value: 2 outputs or targets are infinite or NaN");
    all.3.update(&outputs, &targets);
    assert_eq!(message(all.3.compute()), "ROC-AUC has no value: 1 of 3 scores are NaN");
    all.4.update(&batch(&[[1.0], [2.0]]), &batch(&[[1.0], [0.5]]));
    assert_eq!(message(all.4.compute()), "ROC-AUC has no value: 1 targets are neither 0 nor 1");
    let mut same = RocAuc::new();
    same.update(&batch(&[[1.0], [2.0]]), &classes::<2>(&[1, 1]));
    assert_eq!(message(same.compute()), "ROC-AUC has no value: all 2 targets are of class 1, and it compares two");
    // Infinities have an order.
    let mut infinite = RocAuc::new();
    infinite.update(&batch(&[[f32::NEG_INFINITY], [f32::INFINITY], [0.0], [-0.0]]), &classes::<2>(&[0, 1, 1, 0]));
    assert_eq!(infinite.compute().ok(), Some(3.5 / 4.0));

    let mut perplexity = Perplexity::new();
    perplexity.update(&batch(&[[0.0, f32::NEG_INFINITY]]), &classes::<2>(&[1]));
    assert_eq!(perplexity.compute().ok(), Some(f64::INFINITY));
    perplexity.update(&batch(&[[0.0, f32::NAN]]), &classes::<2>(&[0]));
    assert_eq!(message(perplexity.compute()), "perplexity has no value: the scores of 1 of 2 targets give no probability: NaN");
    let mut one = R2::new();
    one.update(&batch(&[[1.0]]), &batch(&[[1.0]]));
    assert_eq!(message(one.compute()), "R² has no value: one sample has no variance: it takes at least two");
}

#[test]
fn boxes_that_are_none_are_refused() {
    let truth = |corners| Truth { corners, class: 0 };
    let found = |corners, score| Detection { corners, score, class: 0 };
    let (good, back) = ([0.0, 0.0, 2.0, 2.0], [2.0, 0.0, 0.0, 2.0]);
    let of = |found: &[Detection], there: &[Truth]| {
        let mut map = MeanAveragePrecision::coco();
        map.add(found, there);
        map.compute()
    };
    assert_eq!(message(of(&[found(good, 0.5)], &[])), "mAP has no value: there is no box to find in any image");
    assert!(message(of(&[found(good, f32::NAN)], &[truth(good)])).ends_with("with the score NaN is not of finite numbers"));
    assert!(message(of(&[], &[truth(back)])).contains("ends before it begins"));
    assert_eq!(of(&[], &[truth(good)]).ok(), Some(0.0));
    // A box without a size is none that anything overlaps.
    assert_eq!(of(&[found([1.0; 4], 0.5)], &[truth([1.0; 4])]).ok(), Some(0.0));
    let mut row = MeanAveragePrecision::coco();
    let outputs = Batch::<shape![1, 6]>::from_fn(1, |_, j| [0.0, 0.0, 1.0, 1.0, 0.5, 0.25][j]);
    row.update(&outputs, &Batch::<shape![1, 5]>::zeros(1));
    assert_eq!(message(row.compute()), "mAP has no value: 0.25 is no class");
    row.reset();
    assert_eq!(message(row.compute()), "mAP has no samples");
}

#[test]
fn settings_without_sense_are_named() {
    let said = |f: fn()| {
        let error = std::panic::catch_unwind(f).expect_err("no sense");
        error
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| error.downcast_ref::<&str>().map(ToString::to_string))
            .expect("a message")
    };
    assert_eq!(said(|| drop(TopK::new(0))), "TopK: k = 0 must be at least 1");
    assert_eq!(said(|| drop(MeanAveragePrecision::at(1.5))), "MeanAveragePrecision: threshold = 1.5 must be from 0 to 1");
    assert_eq!(said(|| drop(MeanAveragePrecision::coco().most(0))), "MeanAveragePrecision: most = 0 must be at least 1");
    assert_eq!(said(|| drop(MeanIou::<3>::new().ignore(3))), "MeanIou: `ignore(3)` of 3 classes: they are counted from 0");
    assert_eq!(said(|| TopK::new(3).update(&batch(&[[0.0, 1.0]]), &classes::<2>(&[0]))), "TopK: the largest 3 of 2 classes");
    assert_eq!(said(|| TopK::new(3).merge(&TopK::new(2))), "TopK: the largest 3 and the largest 2 are not merged");
    let two_averages = || F1::<2>::new().merge(&F1::new().average(Average::Micro));
    assert_eq!(said(two_averages), "F1: Macro and Micro are not merged");
    assert!(said(|| MeanIou::<2>::new().merge(&MeanIou::new().ignore(1))).contains("different classes"));
    assert!(said(|| MeanAveragePrecision::coco().merge(&MeanAveragePrecision::at(0.5))).contains("different thresholds"));
    let lengths = || {
        let mut r2 = R2::new();
        r2.update(&batch(&[[0.0, 1.0]]), &batch(&[[0.0, 1.0]]));
        r2.update(&batch(&[[0.0]]), &batch(&[[0.0]]));
    };
    assert_eq!(said(lengths), "R2: samples of 2 numbers, then of 1");
    assert_eq!(said(|| Mae::new().update(&batch(&[[0.0]]), &batch(&[[0.0], [1.0]]))), "2 targets for 1 outputs");
    assert_eq!(said(|| RocAuc::new().update(&batch(&[[0.0]]), &classes::<2>(&[]))), "0 targets for 1 outputs");
    assert_eq!(said(|| F1::<2>::new().update(&batch(&[[0.0, 0.0]]), &classes::<2>(&[]))), "0 targets for 1 outputs");
}

/// Elements that are opened are closed, in order, quotes come in pairs, and nothing else stands between.
fn well_formed(svg: &str) {
    let mut open = Vec::new();
    let mut rest = svg.trim();
    while let Some((text, after)) = rest.split_once('<') {
        assert!(!text.contains('>') && (text.trim().is_empty() || !open.is_empty()), "{text:?} stands outside");
        for entity in text.split('&').skip(1) {
            assert!(["amp;", "lt;", "gt;", "quot;"].iter().any(|known| entity.starts_with(known)), "&{entity}");
        }
        let (tag, after) = after.split_once('>').expect("a tag that ends");
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let name: String = tag.chars().take_while(char::is_ascii_alphanumeric).collect();
        assert!(!name.is_empty() && tag.matches('"').count() % 2 == 0, "<{tag}>");
        if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty() && rest.is_empty(), "{open:?} stay open before {rest:?}");
}

#[test]
fn a_picture_of_a_confusion_matrix_is_well_formed() {
    let mut matrix = ConfusionMatrix::<3>::new();
    well_formed(&matrix.to_svg());
    for (actual, predicted, times) in [(0, 0, 12), (0, 1, 4), (1, 1, 7), (2, 0, 1)] {
        (0..times).for_each(|_| matrix.add(class(actual), Index::new(predicted)));
    }
    let picture = matrix.to_svg();
    well_formed(&picture);
    assert_eq!(picture.matches("<rect").count(), 1 + 9);
    for count in [12, 4, 7, 1] {
        assert!(picture.contains(&format!(">{count}</text>")), "{count}");
    }
    assert!(!picture.contains("NaN") && !picture.contains("inf"));
    matrix.add(class(2), None);
    let named = matrix.to_svg_named(["a < b", "\"b\" & c", "d\u{1}>"]);
    well_formed(&named);
    assert_eq!(named.matches("<rect").count(), 1 + 12);
    assert!(named.contains("a &lt; b") && named.contains("&quot;b&quot; &amp; c") && named.contains("d &gt;"));
}

fn samples() -> Samples<Tensor<shape![4]>, Index<3>> {
    let input = |i: usize| Tensor::from_fn(|j| ((i * 7 + j * 5) % 11) as f32 / 4.0 - 1.0);
    (0..37).map(|i| (input(i), class(i * i % 3))).collect()
}

#[test]
fn one_pass_over_a_data_set_counts_every_sample() -> Result<(), Error> {
    let (net, data) = (Scores::init(&mut rng(2)), samples());
    let all = net.measure(&data, (ConfusionMatrix::<3>::new(), Mean::of(Accuracy), TopK::new(3)));
    assert_eq!(all.0, ConfusionMatrix::of(&*net, &data));
    assert_eq!(all.0.total(), 37);
    assert_eq!(all.1.compute()? as f32, net.evaluate(&data, Accuracy));
    assert_eq!(all.compute()?.2, 1.0);
    Ok(())
}

#[test]
fn training_watches_several_metrics_in_one_pass() -> Result<(), Error> {
    let data = samples();
    let trainer = |batch| Trainer::new(CrossEntropy, Sgd::new(0.1)).batch(batch).epochs(3).progress(ProgressBar::Off);
    for batch in [5, 16, 37] {
        let mut net = Scores::init(&mut rng(2));
        let mut last = None;
        let history = trainer(batch)
            .validate(&data, (F1::<3>::new(), Accuracy, Perplexity::new()))
            .on_epoch(|epoch, run: &mut Run<Scores>| {
                last = Some((epoch.metrics().to_vec(), run.net().params().as_slice().to_vec()))
            })
            .fit(&mut net, &data)?;
        assert_eq!(history.metric_names().collect::<Vec<_>>(), ["macro F1", "accuracy", "perplexity"]);
        assert_eq!(history.metric_name(), Some("macro F1"));
        // After an epoch they are what the network then gives, and no epoch adds to another.
        let (metrics, params) = last.expect("an epoch");
        net.params_mut().as_mut_slice().copy_from_slice(&params);
        let (f1, perplexity) = net.measure(&data, (F1::<3>::new(), Perplexity::new()));
        let wanted = [f1.compute()? as f32, net.evaluate(&data, Accuracy), perplexity.compute()? as f32];
        for (found, wanted) in metrics.iter().zip(wanted) {
            assert!((found - wanted).abs() <= 1e-5 * wanted, "{metrics:?}, {wanted} by itself");
        }
        // Perplexity is e to the loss.
        let epoch = history.epochs()[2];
        assert_eq!(epoch.metric, Some(epoch.metrics()[0]));
        let loss = epoch.validation_loss.expect("validated");
        assert!((epoch.metrics()[2] - loss.exp()).abs() < 1e-4, "{epoch:?}");
        let table = history.to_string();
        assert!(["macro F1", "accuracy", "perplexity", "best"].iter().all(|word| table.contains(word)), "{table}");
    }
    // One alone, and one of which less is better.
    let mut net = Scores::init(&mut rng(2));
    let history = trainer(8).validate(&data, Perplexity::new()).early_stop(2).fit(&mut net, &data)?;
    let best = history.best().and_then(|epoch| epoch.metric).expect("a best epoch");
    assert!(history.epochs().iter().all(|epoch| epoch.metric.is_some_and(|value| best <= value)));
    Ok(())
}

#[test]
fn metrics_of_training_see_what_inference_yields() -> Result<(), Error> {
    type Three = (Tensor<shape![3]>, Tensor<shape![3]>, Tensor<shape![2]>);
    let input = |i: usize| Tensor::from_fn(|j| ((i * 7 + j * 5) % 11) as f32 / 4.0 - 1.0);
    /// The first score that inference yields.
    #[derive(Clone, Copy)]
    struct First;
    impl<T: Values> Metric<Tensor<shape![3]>, T> for First {
        fn name(&self) -> &'static str {
            "first"
        }
        fn higher_is_better(&self) -> bool {
            true
        }
        fn score(&self, output: &Tensor<shape![3]>, _: &T) -> f32 {
            output[0]
        }
    }
    impl<T: Values> Metric<(Tensor<shape![3]>, Tensor<shape![2]>), T> for First {
        fn name(&self) -> &'static str {
            "first and last"
        }
        fn higher_is_better(&self) -> bool {
            true
        }
        fn score(&self, output: &(Tensor<shape![3]>, Tensor<shape![2]>), _: &T) -> f32 {
            output.0[0] + 10.0 * output.1[1]
        }
    }
    let zeros: Three = Default::default();
    let data: Samples<Tensor<shape![4]>, Three> = (0..21).map(|i| (input(i), zeros)).collect();
    let trainer = || Trainer::new((Mse, Mse, Mse), Sgd::new(0.0)).batch(8).epochs(1).progress(ProgressBar::Off);
    let near = |found: Option<f32>, wanted: f32| assert!(found.is_some_and(|x| (x - wanted).abs() < 1e-5), "{found:?}, {wanted}");
    let mut net = Helped::init(&mut rng(3));
    let helped: Samples<Tensor<shape![4]>, Three> = (0..21).map(|i| (input(i), zeros)).collect();
    let epoch = trainer().validate(&helped, First).fit(&mut net, &helped)?.epochs()[0];
    near(epoch.metric, net.evaluate(&data, First));
    let mut net = Several::init(&mut rng(3));
    let epoch = trainer().validate(&data, (First, First)).fit(&mut net, &data)?.epochs()[0];
    near(epoch.metric, net.evaluate(&data, First));
    assert_eq!(epoch.metrics()[0], epoch.metrics()[1]);
    Ok(())
}

#[test]
fn a_metric_without_a_value_ends_the_training_with_its_reason() {
    let data: Samples<Tensor<shape![1]>, Tensor<shape![1]>> =
        (0..9).map(|i| (Tensor::from([i as f32]), Tensor::from([1.0]))).collect();
    let mut net = Line::init(&mut rng(1));
    let before = net.params().as_slice().to_vec();
    let trainer = Trainer::new(BceWithLogits, Sgd::new(0.1)).epochs(2).progress(ProgressBar::Off);
    let error = trainer.validate(&data, RocAuc::new()).fit(&mut net, &data).expect_err("one class");
    assert_eq!(error.to_string(), "ROC-AUC has no value: all 9 targets are of class 1, and it compares two");
    assert_eq!(net.params().as_slice(), before);
}

#[test]
fn pixels_count_one_by_one() -> Result<(), Error> {
    let image = |i: usize| Tensor::from_fn(|j| ((i * 7 + j * 3) % 5) as f32 - 2.0);
    // Three classes, and pixels that nobody labeled.
    let target = |i: usize| Indices::<4, 16>::from_fn(|j| class((i + j * j) % 4));
    let data: Samples<Tensor<shape![1, 4, 4]>, Indices<4, 16>> = (0..19).map(|i| (image(i), target(i))).collect();
    let mut net = Segments::init(&mut rng(1));
    let iou = net.measure(&data, MeanIou::<3>::new());
    let labeled = (0..19).map(|i| target(i).as_slice().iter().filter(|one| one.get() < 3).count()).sum::<usize>();
    assert_eq!(iou.matrix().total(), labeled);
    let trainer = Trainer::new(CrossEntropy.unlabeled(), Sgd::new(0.0)).epochs(1).progress(ProgressBar::Off);
    let history = trainer.validate(&data, MeanIou::<3>::new()).fit(&mut net, &data)?;
    assert_eq!((history.epochs()[0].metric, iou.name()), (Some(iou.compute()? as f32), "mean IoU"));
    Ok(())
}

#[test]
fn lanes_beside_the_last_sample_count_for_nothing() {
    for layout in [Layout::Chw, Layout::Chwn16] {
        let mut outputs = Batch::<shape![2]>::in_layout(3, layout);
        outputs.set_len(3);
        outputs.as_mut_slice().fill(f32::INFINITY);
        for (i, sample) in [[0.0, 1.0], [1.0, 0.0], [2.0, 3.0]].into_iter().enumerate() {
            outputs.set(i, &Tensor::from(sample));
        }
        let mut all = (ConfusionMatrix::<2>::new(), RocAuc::new(), Perplexity::new());
        all.update(&outputs, &classes::<2>(&[1, 0, 0]));
        assert_eq!((all.0.total(), all.0.accuracy().ok()), (3, Some(2.0 / 3.0)));
        assert_eq!(all.1.compute().ok(), Some(0.75));
        assert!(all.2.compute().is_ok_and(f64::is_finite));
    }
}
