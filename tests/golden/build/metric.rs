//! Metrics as calls.

use crate::common::Written;
use crate::file::Golden;

pub fn test(name: &str, file: &Golden) -> Written {
    let path = file.literal();
    let ignored = file.whole("ignore_index");
    let call = match (file.op.as_str(), file.dims("input"), file.dims("target")) {
        ("metric_classes", [_, classes], _) => format!("classes::<{classes}>({path})"),
        ("metric_ranking", [_], _) => format!("ranking({path})"),
        ("metric_segments", [_, classes, height, width], _) => {
            format!("segments::<{classes}, {height}, {width}, {}>({path}, {ignored:?})", height * width)
        }
        ("metric_numbers", [_, numbers], _) => format!("numbers::<{numbers}>({path})"),
        ("metric_language", [_, steps, words], _) => format!("language::<{steps}, {words}, {}>({path}, {ignored:?})", words + 1),
        ("metric_boxes", [_, found, _], [_, there, _]) => {
            format!("boxes::<{found}, {there}>({path}, {})", file.whole("most").unwrap_or(100))
        }
        (op, dims, _) if op.starts_with("metric_") => return Some(Err(format!("inputs {dims:?} are not known"))),
        _ => return None,
    };
    Some(Ok(format!("#[test]\nfn {name}() {{\n    fireclay_golden::metric::{call};\n}}\n\n")))
}
