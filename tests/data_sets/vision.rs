//! Boxes, anchors and matching against torchvision (`tests/golden/generate/boxes.py` writes the file).

use fireclay::metrics::Truth;
use fireclay::prelude::*;
use fireclay::vision::{
    BoxCoder, Corners, Match, Rows, anchors, batched_nms, box_targets, clip, detections, iou, mask_iou, match_anchors,
};
use fireclay::vision::{multibox_loss, nms};
use serde_json::Value;

fn golden(key: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("../data/vision.json")).expect("JSON");
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

#[test]
fn masks_overlap_by_pixels() {
    assert_eq!(mask_iou(&[true, true, false], &[false, true, true]), 1.0 / 3.0);
    assert_eq!(mask_iou(&[false; 2], &[false; 2]), 0.0);
}

#[test]
fn of_hard_negatives_the_hardest_count() {
    // Rows: a box that is there; three of background, of which the network takes the third for a box; one that does not count.
    let class: Rows<5, 2> = [[0.0, 1.0], [4.0, 0.0], [0.0, 4.0], [2.0, 0.0], [0.0, 9.0]].into();
    let target: Rows<5, 5> = [[1.0, 0.5, 0.0, 0.0, 3.0], [0.0; 5], [0.0; 5], [0.0; 5], [-1.0; 5]].into();
    let (mut dy, mut dx) = (Rows::<5, 2>::zeros(), Rows::<5, 4>::zeros());
    let loss = multibox_loss((&class, &Rows::zeros()), &target, (&mut dy, &mut dx), 1);
    let wanted = (1.0_f32 + (-1.0_f32).exp()).ln() + (1.0 + 4.0_f32.exp()).ln() + 0.125 + 2.5;
    assert!((loss - wanted).abs() < 1e-5, "{loss} is not {wanted}");
    let touched: Vec<bool> = (0..5).map(|i| dy[i] != [0.0; 2]).collect();
    assert_eq!((touched, dx[0]), (vec![true, false, true, false, false], [-0.5, 0.0, 0.0, -1.0]));
}

#[test]
fn what_targets_say_is_what_is_detected() {
    let (coder, boxes) = (BoxCoder::new([10.0, 10.0, 5.0, 5.0]), anchors([3, 3], 8.0, &[8.0], &[1.0]));
    let truths = [([2.0, 1.0, 10.0, 9.0], 4), ([10.0, 12.0, 20.0, 19.0], 0)].map(|(corners, class)| Truth { corners, class });
    let corners = truths.map(|truth| truth.corners);
    let target = box_targets::<9>(&truths, &boxes, &match_anchors(&corners, &boxes, 0.3, 0.5, true), &coder);
    let class: Rows<9, 6> = Tensor::from_fn(|n| if target[n / 6][0] as usize == n % 6 { 9.0 } else { 0.0 });
    let place: Rows<9, 4> = Tensor::from_fn(|n| target[n / 4][1 + n % 4]);
    let mut found = detections((&class, &place), &boxes, &coder, 0.5);
    found.sort_by_key(|found| found.class);
    assert_eq!(found.iter().map(|found| found.class).collect::<Vec<_>>(), [0, 4]);
    assert_close(&found.iter().map(|found| found.corners).collect::<Vec<_>>(), &[corners[1], corners[0]]);
}

#[test]
fn nothing_of_a_box_lies_in_an_image_without_extent() {
    for extent in [[-1.0, -2.0], [f32::NAN, f32::NAN], [0.0, -0.0]] {
        assert_eq!(clip([1.0, 2.0, 3.0, 4.0], extent), [0.0; 4]);
    }
    assert_eq!(clip([1.0, -2.0, f32::INFINITY, 4.0], [3.0, 9.0]), [1.0, 0.0, 9.0, 3.0]);
}
