//! Metrics.

use crate::Golden;
use fireclay::metrics::{
    Accumulator, Average, ConfusionMatrix, F1, Mae, Mean, MeanAveragePrecision, MeanIou, Perplexity, Precision, R2, Recall, Rmse,
    RocAuc, TopK, Update,
};
use fireclay::{Layout, prelude::*};

/// Values, against those of the file.
struct Values<'a> {
    file: &'a Golden,
    off: Vec<String>,
    compared: usize,
}

impl<'a> Values<'a> {
    fn new(file: &'a Golden) -> Self {
        Self { file, off: Vec::new(), compared: 0 }
    }

    /// They are sums of a few hundred numbers in f64 here and there.
    fn same(&mut self, name: &str, found: &[f64]) {
        self.compared += 1;
        let Some(wanted) = self.file.get(&format!("value_{name}")) else {
            self.off.push(format!("the file has no value_{name}"));
            return;
        };
        let near = |(x, r): (&f64, &f64)| (x - r).abs() <= 1e-12 * r.abs().max(1.0);
        if found.len() != wanted.values.len() || !found.iter().zip(&wanted.values).all(near) {
            self.off.push(format!("{name} is {found:?}, not {:?}", wanted.values));
        }
    }

    fn value(&mut self, name: &str, found: fireclay::Result<f64>) {
        match found {
            Ok(found) => self.same(name, &[found]),
            Err(error) => self.off.push(format!("{name}: {error}")),
        }
    }

    #[track_caller]
    fn finish(self) {
        assert!(self.off.is_empty(), "{}\n  {}", self.file.path.display(), self.off.join("\n  "));
        assert!(self.compared > 0, "{}: nothing was compared", self.file.path.display());
    }
}

/// A tensor of the file as a batch that lies so, with NaN in the lanes beside the last sample.
#[track_caller]
fn batch<S: Shape>(numbers: &[f32], layout: Layout) -> Batch<S> {
    let samples = numbers.len() / S::LEN;
    let mut batch = Batch::in_layout(samples, layout);
    batch.set_len(samples);
    batch.as_mut_slice().fill(f32::NAN);
    for (i, sample) in numbers.chunks(S::LEN).enumerate() {
        for (j, x) in sample.iter().enumerate() {
            let at = batch.position(i, j);
            batch.as_mut_slice()[at] = *x;
        }
    }
    batch
}

/// Classes of the file as a batch that lies so.
#[track_caller]
fn indices<const BOUND: usize, const LEN: usize>(classes: &[usize], layout: Layout) -> IndicesBatch<BOUND, LEN> {
    let samples = classes.len() / LEN;
    let mut batch = IndicesBatch::in_layout(samples, layout);
    batch.set_len(samples);
    for (i, sample) in classes.chunks(LEN).enumerate() {
        batch.set_all(i, &Indices::new(sample).expect("classes below the bound"));
    }
    batch
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "they are classes")]
fn whole(file: &Golden, name: &str) -> Vec<usize> {
    file.tensors[name].values.iter().map(|x| *x as usize).collect()
}

/// All samples at once, in both layouts, and in parts that are merged. The metric has no value before.
#[track_caller]
fn every_way<M: Accumulator + Clone>(
    fresh: &M,
    samples: usize,
    count: impl Fn(&mut M, core::ops::Range<usize>, Layout),
) -> Vec<M> {
    let mut found = Vec::new();
    for layout in [Layout::Chwn16, Layout::Chw] {
        for size in [samples, 17, 5, 1] {
            let mut parts = (0..samples).step_by(size).map(|first| {
                let mut part = fresh.clone();
                assert!(part.compute().is_err(), "there is a value before anything was counted");
                count(&mut part, 0..1, layout);
                part.reset();
                count(&mut part, first..samples.min(first + size), layout);
                part
            });
            let mut all = parts.next().expect("a sample");
            parts.for_each(|part| all.merge(&part));
            found.push(all);
        }
    }
    found
}

/// Accuracy, precision, recall, F1 and the matrix behind them.
///
/// # Panics
/// If anything is off.
#[track_caller]
pub fn classes<const K: usize>(path: &str) {
    let file = &crate::open(path);
    let mut check = Values::new(file);
    let (scores, classes) = (file.tensors["input"].f32(), whole(file, "target"));
    let fresh = (
        (ConfusionMatrix::<K>::new(), Precision::<K>::new(), Recall::<K>::new(), F1::<K>::new()),
        (TopK::new(1), TopK::new(2), TopK::new(3), Mean::of(Accuracy)),
    );
    let ways = every_way(&fresh, classes.len(), |all, part, layout| {
        let outputs = batch::<shape![K]>(&scores[part.start * K..part.end * K], layout);
        all.update(&outputs, &indices::<K, 1>(&classes[part], layout));
    });
    for ((matrix, precision, recall, f1), (one, two, three, accuracy)) in ways {
        check.value("accuracy", matrix.accuracy());
        check.value("accuracy", accuracy.compute());
        check.value("top1", one.compute());
        check.value("top2", two.compute());
        check.value("top3", three.compute());
        let index = |class: usize| Index::<K>::new(class).expect("below K");
        let counts = (0..K * K).map(|at| matrix.count(index(at / K), index(at % K)) as f64);
        check.same("confusion", &counts.collect::<Vec<_>>());
        for (average, name) in [(Average::Macro, "macro"), (Average::Micro, "micro"), (Average::Weighted, "weighted")] {
            check.value(&format!("precision_{name}"), precision.clone().average(average).compute());
            check.value(&format!("recall_{name}"), recall.clone().average(average).compute());
            check.value(&format!("f1_{name}"), f1.clone().average(average).compute());
            check.value(&format!("precision_{name}"), matrix.precision(average));
            check.value(&format!("recall_{name}"), matrix.recall(average));
            check.value(&format!("f1_{name}"), matrix.f1(average));
        }
        check.same("precision_class", &precision.per_class());
        check.same("recall_class", &recall.per_class());
        check.same("f1_class", &f1.per_class());
    }
    check.finish();
}

/// The area under the ROC, of scores and of pairs of logits.
///
/// # Panics
/// If anything is off.
#[track_caller]
pub fn ranking(path: &str) {
    let file = &crate::open(path);
    let mut check = Values::new(file);
    let (scores, classes) = (file.tensors["input"].f32(), whole(file, "target"));
    let pairs: Vec<f32> = scores.iter().flat_map(|score| [-score, *score]).collect();
    let numbers: Vec<f32> = file.tensors["target"].f32();
    let ways =
        every_way(&(RocAuc::new(), RocAuc::new(), RocAuc::new()), classes.len(), |(one, two, of_numbers), part, layout| {
            let outputs = batch::<shape![1]>(&scores[part.clone()], layout);
            let targets = indices::<2, 1>(&classes[part.clone()], layout);
            one.update(&outputs, &targets);
            of_numbers.update(&outputs, &batch::<shape![1]>(&numbers[part.clone()], Layout::Chwn16));
            two.update(&batch::<shape![2]>(&pairs[2 * part.start..2 * part.end], layout), &targets);
        });
    for (one, two, of_numbers) in ways {
        check.value("auc", one.compute());
        check.value("auc", two.compute());
        check.value("auc", of_numbers.compute());
    }
    check.finish();
}

/// Intersection over union of pixels.
///
/// # Panics
/// If anything is off.
#[track_caller]
pub fn segments<const K: usize, const H: usize, const W: usize, const P: usize>(path: &str, ignored: Option<usize>) {
    let file = &crate::open(path);
    let mut check = Values::new(file);
    let (scores, classes) = (file.tensors["input"].f32(), whole(file, "target"));
    let fresh = ignored.map_or_else(MeanIou::<K>::new, |class| MeanIou::new().ignore(class));
    let len = K * P;
    let ways = every_way(&fresh, classes.len() / P, |iou, part, layout| {
        let outputs = batch::<shape![K, H, W]>(&scores[part.start * len..part.end * len], layout);
        iou.update(&outputs, &indices::<K, P>(&classes[part.start * P..part.end * P], layout));
    });
    let labels = whole(file, "value_labels");
    for iou in ways {
        check.value("iou", iou.compute());
        let all = iou.per_class();
        check.same("iou_class", &labels.iter().filter_map(|label| all[*label]).collect::<Vec<_>>());
        check.same("labels", &(0..K).filter(|label| all[*label].is_some()).map(|label| label as f64).collect::<Vec<_>>());
    }
    check.finish();
}

/// Errors of numbers.
///
/// # Panics
/// If anything is off.
#[track_caller]
pub fn numbers<const N: usize>(path: &str) {
    let file = &crate::open(path);
    let mut check = Values::new(file);
    let [outputs, targets] = ["input", "target"].map(|name| file.tensors[name].f32());
    let fresh = (Mae::new(), Rmse::new(), R2::new());
    let ways = every_way(&fresh, outputs.len() / N, |all, part, layout| {
        let [outputs, targets] = [&outputs, &targets].map(|numbers| &numbers[part.start * N..part.end * N]);
        all.update(&batch::<shape![N]>(outputs, layout), &batch::<shape![N]>(targets, Layout::Chwn16));
    });
    for (mae, rmse, r2) in ways {
        check.value("mae", mae.compute());
        check.value("rmse", rmse.compute());
        check.value("r2", r2.compute());
    }
    check.finish();
}

/// Perplexity; what is ignored becomes the last of `BOUND` classes.
///
/// # Panics
/// If anything is off.
#[track_caller]
pub fn language<const T: usize, const WORDS: usize, const BOUND: usize>(path: &str, ignored: Option<usize>) {
    let file = &crate::open(path);
    let mut check = Values::new(file);
    let (scores, mut words) = (file.tensors["input"].f32(), whole(file, "target"));
    words.iter_mut().filter(|word| ignored == Some(**word)).for_each(|word| *word = WORDS);
    let len = T * WORDS;
    let ways = every_way(&Perplexity::new(), words.len() / T, |perplexity, part, layout| {
        let outputs = batch::<shape![T, WORDS]>(&scores[part.start * len..part.end * len], layout);
        perplexity.update(&outputs, &indices::<BOUND, T>(&words[part.start * T..part.end * T], layout));
    });
    for perplexity in ways {
        check.value("perplexity", perplexity.compute());
    }
    check.finish();
}

/// Mean average precision of boxes.
///
/// # Panics
/// If anything is off.
#[track_caller]
pub fn boxes<const FOUND: usize, const THERE: usize>(path: &str, most: usize) {
    let file = &crate::open(path);
    let mut check = Values::new(file);
    let [found, there] = ["input", "target"].map(|name| file.tensors[name].f32());
    let fresh = MeanAveragePrecision::coco().most(most);
    let ways = every_way(&fresh, there.len() / (5 * THERE), |map, part, layout| {
        let outputs = batch::<shape![FOUND, 6]>(&found[part.start * 6 * FOUND..part.end * 6 * FOUND], layout);
        map.update(&outputs, &batch::<shape![THERE, 5]>(&there[part.start * 5 * THERE..part.end * 5 * THERE], Layout::Chwn16));
    });
    for map in ways {
        check.value("map", map.compute());
        check.value("map50", map.at_iou(0.5));
        check.value("map75", map.at_iou(0.75));
        let classes = map.per_class().expect("a value");
        check.same("map_class", &classes.iter().map(|class| class.1).collect::<Vec<_>>());
    }
    check.finish();
}
