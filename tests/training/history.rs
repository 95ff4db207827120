//! A history for people and other programs: every number of every metric, as a picture, as JSON and as CSV.

use fireclay::data::Samples;
use fireclay::trainer::History;
use fireclay::{Error, prelude::*};

network! { pub Line(x: [1]) -> [1] { x -> fc: Dense(1) } }

type Points = Samples<Tensor<shape![1]>, Tensor<shape![1]>>;

fn points() -> Points {
    (0..9).map(|i| i as f32 / 9.0).map(|x| (Tensor::from([x]), Tensor::from([2.0 * x - 1.0]))).collect()
}

/// A multiple of the output, under a name of its own.
struct Named(&'static str, f32);

impl Metric<Tensor<shape![1]>, Tensor<shape![1]>> for Named {
    fn name(&self) -> &'static str {
        self.0
    }
    fn higher_is_better(&self) -> bool {
        false
    }
    fn score(&self, output: &Tensor<shape![1]>, _: &Tensor<shape![1]>) -> f32 {
        self.1 * output[0]
    }
}

/// With a name that CSV has to quote, and a metric that is never a number.
fn trained() -> Result<History, Error> {
    let data = points();
    let metrics = (Named("one, \"third\"", 1.0 / 3.0), Named("tiny", 1e-30), Named("<b>&", f32::NAN), Named("plain", -1.0));
    let trainer = Trainer::new(Mse, Adam::new(0.03)).batch(2).epochs(3).progress(ProgressBar::Off);
    trainer.validate(&data, metrics).fit(&mut Line::init(&mut rng(1)), &data)
}

fn path(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fireclay-history-{}", std::process::id())).join(name)
}

#[test]
fn every_metric_has_a_chart() -> Result<(), Error> {
    let file = path("curves.svg");
    trained()?.plot(&file)?;
    let svg = std::fs::read_to_string(&file).expect("a text");
    // Five charts in two rows of three and two.
    assert!(svg.starts_with("<svg width=\"1440\" height=\"720\""), "{}", &svg[..80]);
    for title in ["loss", "one, &quot;third&quot;", "tiny", "&lt;b&gt;&amp;: no finite value", "plain"] {
        assert!(svg.contains(&format!("\n{title}\n")), "{title}: {svg}");
    }
    assert_eq!(svg.matches("\nepoch\n").count(), 4);
    Ok(())
}

#[test]
fn json_has_every_number() -> Result<(), Error> {
    let history = trained()?;
    let json: serde_json::Value = serde_json::from_str(&history.to_json()).expect("JSON");
    assert_eq!(json["metrics"], serde_json::json!(["one, \"third\"", "tiny", "<b>&", "plain"]));
    assert_eq!(json["best"].as_u64(), history.best().map(|e| e.number as u64));
    let epochs = json["epochs"].as_array().expect("a list");
    assert_eq!(epochs.len(), 3);
    // As another program reads it, and as `f32`.
    let number = |value: &serde_json::Value| value.to_string().parse::<f32>().expect("a number");
    for (e, json) in history.epochs().iter().zip(epochs) {
        assert_eq!(json["epoch"], e.number);
        assert_eq!(json["samples"], e.samples);
        assert_eq!(["loss", "penalty", "learning_rate"].map(|name| number(&json[name])), [e.loss, e.penalty, e.learning_rate]);
        assert_eq!((json["seconds"].as_f64(), json["waited"].as_f64()), (Some(e.seconds), Some(e.waited)));
        assert_eq!(Some(number(&json["validation_loss"])), e.validation_loss);
        for i in [0, 1, 3] {
            assert_eq!(number(&json["metrics"][i]), e.metrics()[i]);
        }
        assert!(json["metrics"][2].is_null());
        assert_eq!(json.as_object().map(|e| e.len()), Some(9));
    }
    let file = path("new folder/history.json");
    history.save_json(&file)?;
    assert_eq!(std::fs::read_to_string(file).expect("a text"), history.to_json());
    Ok(())
}

#[test]
fn without_validation() -> Result<(), Error> {
    let trainer = Trainer::new(Mse, Adam::new(0.03)).epochs(1).progress(ProgressBar::Off);
    let history = trainer.fit(&mut Line::init(&mut rng(1)), &points())?;
    let json: serde_json::Value = serde_json::from_str(&history.to_json()).expect("JSON");
    assert!(json["epochs"][0]["validation_loss"].is_null() && json["metrics"] == serde_json::json!([]));
    let file = path("loss.svg");
    history.plot(&file)?;
    assert!(std::fs::read_to_string(file).expect("a text").starts_with("<svg width=\"480\" height=\"360\""));
    Ok(())
}

#[cfg(feature = "csv")]
#[test]
fn csv_has_every_number() -> Result<(), Error> {
    let history = trained()?;
    let text = history.to_csv();
    assert!(
        text.starts_with("epoch,loss,penalty,validation_loss,\"one, \"\"third\"\"\",tiny,<b>&,plain,learning_rate,"),
        "{text}"
    );
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names = reader.headers().expect("a line").clone();
    let column = |name: &str| names.iter().position(|n| n == name).expect(name);
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("lines");
    assert_eq!(rows.len(), 3);
    for (e, row) in history.epochs().iter().zip(&rows) {
        let single = |name| row[column(name)].parse::<f32>().expect("a number");
        let double = |name| row[column(name)].parse::<f64>().expect("a number");
        assert_eq!((row[0].to_owned(), &row[column("samples")]), (e.number.to_string(), "9"));
        assert_eq!((single("loss"), single("penalty"), Some(single("validation_loss"))), (e.loss, e.penalty, e.validation_loss));
        assert_eq!((double("seconds"), double("waited"), single("learning_rate")), (e.seconds, e.waited, e.learning_rate));
        let metrics = [single("one, \"third\""), single("tiny"), single("plain")];
        assert_eq!(metrics, [0, 1, 3].map(|i| e.metrics()[i]));
        assert!(single("<b>&").is_nan());
        assert_eq!(row[column("best")].parse(), Ok(history.best().map(|best| best.number) == Some(e.number)));
    }
    let file = path("history.csv");
    history.save_csv(&file)?;
    assert_eq!(std::fs::read_to_string(file).expect("a text"), text);

    let trainer = Trainer::new(Mse, Adam::new(0.03)).epochs(1).progress(ProgressBar::Off);
    let history = trainer.fit(&mut Line::init(&mut rng(1)), &points())?;
    let csv = history.to_csv();
    assert!(csv.starts_with("epoch,loss,penalty,validation_loss,learning_rate,") && csv.contains(",,0.03,"), "{csv}");
    assert!(csv.ends_with(",true\n"), "{csv}");
    Ok(())
}
