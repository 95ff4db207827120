//! Boxes, anchors and matching against torchvision (`tests/golden/generate/boxes.py` writes the file).

use fireclay::vision::{BoxCoder, Corners, Match, anchors, batched_nms, clip, iou, match_anchors, nms};
use serde_json::Value;

fn golden(key: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("data/vision.json")).expect("JSON");
    all[key].clone()
}

fn numbers(value: &Value) -> Vec<f32> {
    value.as_array().expect("a list").iter().map(|x| x.as_f64().expect("a number") as f32).collect()
}

fn boxes(key: &str) -> Vec<Corners> {
    golden(key).as_array().expect("a list").iter().map(|row| numbers(row).try_into().expect("four numbers")).collect()
}

fn places(key: &str) -> Vec<usize> {
    numbers(&golden(key)).iter().map(|x| *x as usize).collect()
}

fn assert_close(found: &[Corners], wanted: &[Corners]) {
    assert_eq!(found.len(), wanted.len());
    for (a, b) in found.iter().flatten().zip(wanted.iter().flatten()) {
        assert!((a - b).abs() <= 2e-6 * b.abs().max(1.0), "{a} is not {b}");
    }
}

#[test]
fn boxes_overlap_and_suppress_each_other_as_in_torchvision() {
    let (a, b, scores) = (boxes("a"), boxes("b"), numbers(&golden("scores")));
    for (a, row) in a.iter().zip(golden("iou").as_array().expect("rows")) {
        for (b, wanted) in b.iter().zip(numbers(row)) {
            assert!((iou(a, b) - wanted).abs() < 1e-6);
        }
    }
    assert_eq!(nms(&b, &scores, 0.3), places("nms"));
    assert_eq!(batched_nms(&b, &scores, &places("classes"), 0.3), places("batched_nms"));
    assert_ne!(places("nms"), places("batched_nms"));
    assert_close(&b.iter().map(|b| clip(*b, [17.0, 23.0])).collect::<Vec<_>>(), &boxes("clipped"));
}

#[test]
fn anchors_are_placed_matched_and_moved_as_in_torchvision() {
    let (a, b, coder) = (boxes("a"), boxes("b"), BoxCoder::new([10.0, 10.0, 5.0, 5.0]));
    let pairs = a.iter().zip(&b).take(5);
    assert_close(&pairs.map(|(truth, anchor)| coder.encode(truth, anchor)).collect::<Vec<_>>(), &boxes("code"));
    let decoded: Vec<_> = boxes("loud").iter().zip(&b).map(|(code, anchor)| coder.decode(code, anchor)).collect();
    assert_close(&decoded, &boxes("decoded"));
    assert_close(&anchors([3, 5], 8.0, &[8.0, 13.0], &[0.5, 1.0, 2.0]), &boxes("anchors"));
    for (key, each_box) in [("matches", false), ("matches_each", true)] {
        let wanted: Vec<Match> = numbers(&golden(key))
            .iter()
            .map(|m| match *m as i32 {
                -1 => Match::Background,
                -2 => Match::Between,
                i => Match::Box(usize::try_from(i).expect("from 0 on")),
            })
            .collect();
        assert_eq!(match_anchors(&a, &b, 0.2, 0.4, each_box), wanted, "{key}");
    }
    assert_ne!(golden("matches"), golden("matches_each"));
    assert_eq!(match_anchors(&[], &b, 0.2, 0.4, true), vec![Match::Background; b.len()]);
}
