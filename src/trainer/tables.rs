//! The history for other programs: CSV and JSON.

use super::{Epoch, History};
use crate::replace::replace;
use crate::{Error, Result};
use serde_json::{Value, json};
use std::path::Path;

impl History {
    /// All numbers as JSON: the names of the metrics, the number of the best epoch, and an object for each epoch. What was not measured is `null`, as are
    /// numbers that JSON does not have (NaN, infinities); all others are read back to the last bit.
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// network! { pub Small(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc: Dense(10) } }
    /// let (train, validation) = Digits::split()?;
    /// let trainer = Trainer::new(CrossEntropy, Adam::new(5e-3)).epochs(2).progress(ProgressBar::Off).validate(&validation, Accuracy);
    /// let history = trainer.fit(&mut Small::init(&mut rng(1)), &train)?;
    /// let json = history.to_json();
    /// // {"best":2,"epochs":[{"epoch":1,"learning_rate":0.005,"loss":1.6,"metrics":[0.77],…},…],"metrics":["accuracy"]}
    /// assert!(json.contains(r#""metrics":["accuracy"]"#));
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        let epochs: Vec<Value> = self.epochs().iter().map(object).collect();
        let best = self.best().map(|epoch| epoch.number);
        json!({ "metrics": self.metric_names().collect::<Vec<_>>(), "best": best, "epochs": epochs }).to_string()
    }

    /// Writes [`History::to_json`] to a file.
    ///
    /// ```no_run
    /// # fn show(history: &fireclay::trainer::History) -> fireclay::Result<()> {
    /// history.save_json("runs/lenet.json")
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save_json(&self, path: impl AsRef<Path>) -> Result<()> {
        save(path.as_ref(), &self.to_json())
    }

    /// All numbers as comma-separated values: a line of names, then a line for each epoch. What was not measured is empty; all numbers are read
    /// back to the last bit.
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// network! { pub Small(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc: Dense(10) } }
    /// let (train, validation) = Digits::split()?;
    /// let trainer = Trainer::new(CrossEntropy, Adam::new(5e-3)).epochs(2).progress(ProgressBar::Off).validate(&validation, Accuracy);
    /// let csv = trainer.fit(&mut Small::init(&mut rng(1)), &train)?.to_csv();
    /// assert!(csv.starts_with("epoch,loss,penalty,validation_loss,accuracy,learning_rate,seconds,waited,samples,best\n1,"));
    /// assert_eq!(csv.lines().count(), 3);
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    #[must_use]
    #[cfg(feature = "csv")]
    pub fn to_csv(&self) -> String {
        let mut bytes = Vec::new();
        let mut csv = csv::WriterBuilder::new().from_writer(&mut bytes);
        // Nothing can fail: memory takes whatever is written, and each line has as many values as there are names.
        let mut line = |values: Vec<String>| csv.write_record(values).is_ok();
        let metrics = self.metric_names().count();
        let names = ["epoch", "loss", "penalty", "validation_loss"].into_iter().chain(self.metric_names());
        line(names.chain(["learning_rate", "seconds", "waited", "samples", "best"]).map(str::to_owned).collect());
        let best = self.best().map(|epoch| epoch.number);
        for e in self.epochs() {
            let mut values =
                vec![e.number.to_string(), text(e.loss), text(e.penalty), e.validation_loss.map_or_else(String::new, text)];
            values.extend((0..metrics).map(|i| e.metrics().get(i).copied().map_or_else(String::new, text)));
            values.extend([text(e.learning_rate), text(e.seconds), text(e.waited), e.samples.to_string()]);
            values.push((best == Some(e.number)).to_string());
            line(values);
        }
        drop(csv);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Writes [`History::to_csv`] to a file.
    ///
    /// ```no_run
    /// # fn show(history: &fireclay::trainer::History) -> fireclay::Result<()> {
    /// history.save_csv("runs/lenet.csv")
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the file cannot be written.
    #[cfg(feature = "csv")]
    pub fn save_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        save(path.as_ref(), &self.to_csv())
    }
}

fn save(path: &Path, text: &str) -> Result<()> {
    replace(path, &mut |beside| std::fs::write(beside, text).map_err(|source| Error::Io { path: path.to_owned(), source }))
}

/// An epoch as JSON.
fn object(e: &Epoch) -> Value {
    json!({
        "epoch": e.number,
        "loss": number(e.loss),
        "penalty": number(e.penalty),
        "validation_loss": e.validation_loss.map(number),
        "metrics": e.metrics().iter().map(|x| number(*x)).collect::<Vec<_>>(),
        "learning_rate": number(e.learning_rate),
        "seconds": e.seconds,
        "waited": e.waited,
        "samples": e.samples,
    })
}

/// By the fewest digits that are read back as the same `f32`: `0.1` and not `0.10000000149011612`, which is what it is as an `f64`.
fn number(x: f32) -> Value {
    x.to_string().parse::<f64>().map_or(Value::Null, Value::from)
}

/// By the fewest digits that are read back as the same number.
#[cfg(feature = "csv")]
fn text(x: impl core::fmt::Debug) -> String {
    format!("{x:?}")
}
