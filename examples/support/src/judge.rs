//! A classifier of real digits, which judges generated ones.

use crate::{Args, Report, Result};
use fireclay::prelude::*;

network! {
    /// For 8×8 digits.
    pub Classifier(image: [1, 8, 8]) -> [10] {
        image -> c1: Conv(32, 3, pad = 1) -> BatchNorm -> Relu -> c2: Conv(64, 3, pad = 1, stride = 2) -> BatchNorm -> Relu
            -> Flatten -> Dropout(0.3) -> fc: Dense(10)
    }
}

/// A digit, from 0 to 1.
pub type Image = Tensor<shape![1, 8, 8]>;

/// Judges digits by a classifier that was trained on real ones.
#[derive(Debug)]
pub struct Judge(Box<Classifier>);

impl Judge {
    /// Trains the classifier; its accuracy on digits of the test set, and the share of them that it is confident of, are figures of the report.
    ///
    /// # Errors
    /// If the training diverges.
    pub fn train((digits, test): (&Digits, &Digits), report: &mut Report, args: &Args) -> Result<Self> {
        let mut net = Classifier::init(&mut rng(args.seed));
        Trainer::new(CrossEntropy, AdamW::new(4e-3))
            .batch(32)
            .epochs(args.of(20, 4))
            .seed(args.seed)
            .schedule(Cosine)
            .progress(ProgressBar::Off)
            .fit(&mut net, digits)?;
        report.figure("accuracy of the classifier", net.evaluate(test, Accuracy));
        let judge = Self(net);
        let real: Vec<Image> = test.iter().map(|(image, _)| *image).collect();
        report.figure("real digits classified with confidence above 0.9", judge.confidence(&real).0);
        Ok(judge)
    }

    /// What the classifier takes an image for.
    #[must_use]
    pub fn class(&self, image: &Image) -> usize {
        self.0.predict(image).argmax()
    }

    /// The share of images that are classified with a confidence above 0.9, and the effective number of classes: exp of the entropy of the mean probabilities.
    #[must_use]
    pub fn confidence(&self, images: &[Image]) -> (f32, f32) {
        let (count, mut sure, mut mean) = (images.len() as f32, 0.0, [0.0_f32; 10]);
        for image in images {
            let probabilities = self.0.predict(image).softmax(1.0);
            sure += f32::from(u8::from(probabilities.as_slice().iter().any(|p| *p > 0.9))) / count;
            mean.iter_mut().zip(probabilities.as_slice()).for_each(|(sum, p)| *sum += p / count);
        }
        (sure, mean.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum::<f32>().exp())
    }

    /// The figures of a generator: confidence and effective number of classes of a thousand of its images, and how much more confident the classifier is than of as
    /// many from before the training.
    pub fn compare(&self, report: &mut Report, untrained: &[Image], generated: &[Image]) {
        let ((before, _), (after, classes)) = (self.confidence(untrained), self.confidence(generated));
        report.figure("untrained generator: digits classified with confidence above 0.9", before);
        report.at_least("generated digits classified with confidence above 0.9", after, 0.7);
        report.at_least("gain over the untrained generator", after - before, 0.5);
        report.at_least("effective number of classes", classes, 7.0);
    }
}
