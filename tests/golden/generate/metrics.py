"""Metrics: values of scikit-learn, torchmetrics and COCO's evaluation program (pycocotools, which torchmetrics asks for boxes), in float64."""

import contextlib
import io

import numpy
import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from sklearn import metrics
from torch import Tensor
from torchmetrics.classification import MulticlassJaccardIndex
from torchmetrics.text import Perplexity

from .case import Case, Config
from .draw import Draw
from .op import Op, Tensors, defaults


def _value(value: object) -> Tensor:
    return torch.as_tensor(value, dtype=torch.float64)


def _draw_classes(case: Case, config: Config, draw: Draw) -> Tensors:
    samples, classes = case.shape
    target = draw.classes([samples], classes)
    scores = draw.spaced([samples, classes], -2.0, 2.0)
    # Better than chance, so that the values differ from each other.
    scores[torch.arange(samples), target] += 1.0
    if "absent" in config:
        # A class that is predicted but never a target, and one that is neither.
        target[target == config["absent"]] = 0
        target[target == config["neither"]] = 0
        scores[:, config["neither"]] -= 10.0
    return {"input": scores, "target": target}


def _compute_classes(_: Case, __: Config, sources: Tensors) -> Tensors:
    scores, target = sources["input"].double().numpy(), sources["target"].numpy()
    labels = numpy.arange(scores.shape[1])
    predicted = scores.argmax(1)
    values: Tensors = {
        "value_accuracy": _value(metrics.accuracy_score(target, predicted)),
        "value_confusion": _value(metrics.confusion_matrix(target, predicted, labels=labels)),
    }
    for k in (1, 2, 3):
        values[f"value_top{k}"] = _value(metrics.top_k_accuracy_score(target, scores, k=k, labels=labels))
    functions = {"precision": metrics.precision_score, "recall": metrics.recall_score, "f1": metrics.f1_score}
    for name, function in functions.items():
        for average in ("macro", "micro", "weighted"):
            values[f"value_{name}_{average}"] = _value(function(target, predicted, average=average, zero_division=0))
        each = function(target, predicted, average=None, labels=labels, zero_division=0)
        values[f"value_{name}_class"] = _value(each)
    return values


def _draw_ranking(case: Case, config: Config, draw: Draw) -> Tensors:
    target = draw.classes(case.shape, 2)
    target[:2] = torch.tensor([0, 1])
    scores = draw.normal(*case.shape) + 0.5 * target
    return {"input": torch.round(scores * config["levels"]) / config["levels"], "target": target}


def _compute_ranking(_: Case, __: Config, sources: Tensors) -> Tensors:
    return {"value_auc": _value(metrics.roc_auc_score(sources["target"].numpy(), sources["input"].double().numpy()))}


def _draw_segments(case: Case, config: Config, draw: Draw) -> Tensors:
    samples, classes, height, width = case.shape
    target = draw.classes([samples, height, width], classes - config["absent"])
    scores = draw.spaced(case.shape, -2.0, 2.0)
    scores += 1.5 * torch.nn.functional.one_hot(target, classes).movedim(3, 1)
    if config["absent"]:
        scores[:, classes - config["absent"] :] -= 10.0
    return {"input": scores, "target": target}


def _compute_segments(_: Case, config: Config, sources: Tensors) -> Tensors:
    scores, target = sources["input"], sources["target"]
    ignored = config.get("ignore_index")
    predicted = scores.argmax(1)
    counts = target != ignored
    known, answers = target[counts].flatten().numpy(), predicted[counts].flatten().numpy()
    labels = [label for label in numpy.union1d(known, answers).tolist() if label != ignored]
    value = _value(metrics.jaccard_score(known, answers, labels=labels, average="macro"))
    # That of torchmetrics, which has fewer digits.
    index = MulticlassJaccardIndex(scores.shape[1], average="macro", ignore_index=ignored)
    torch.testing.assert_close(index(predicted, target), value.float())
    each = metrics.jaccard_score(known, answers, labels=labels, average=None)
    return {"value_iou": value, "value_labels": _value(labels), "value_iou_class": _value(each)}


def _draw_numbers(case: Case, config: Config, draw: Draw) -> Tensors:
    target = draw.normal(*case.shape) + config["offset"]
    if "constant" in config:
        target[:, config["constant"]] = 1.5
    return {"input": target + 0.3 * draw.normal(*case.shape), "target": target}


def _compute_numbers(_: Case, __: Config, sources: Tensors) -> Tensors:
    output, target = sources["input"].double().numpy(), sources["target"].double().numpy()
    return {
        "value_mae": _value(metrics.mean_absolute_error(target, output)),
        "value_rmse": _value(metrics.root_mean_squared_error(target.ravel(), output.ravel())),
        "value_r2": _value(metrics.r2_score(target, output)),
    }


def _draw_language(case: Case, _: Config, draw: Draw) -> Tensors:
    samples, steps, words = case.shape
    return {"input": 2 * draw.normal(*case.shape), "target": draw.classes([samples, steps], words)}


def _compute_language(_: Case, config: Config, sources: Tensors) -> Tensors:
    perplexity = Perplexity(ignore_index=config.get("ignore_index")).set_dtype(torch.float64)
    target = sources["target"].clone()
    return {"value_perplexity": _value(perplexity(sources["input"].double(), target))}


def _draw_boxes(case: Case, config: Config, draw: Draw) -> Tensors:
    """Boxes on a grid of quarters, so that no step of any program rounds: `[images, boxes, (4 corners, score,) class]`,
    the class -1 where there is none.
    """
    images, there, found = case.shape
    classes = config["classes"]
    corner = draw.classes([images, there, 2], 160).float() / 4
    size = 2 + draw.classes([images, there, 2], 80).float() / 4
    true_class = draw.classes([images, there], classes).float()
    truths = torch.cat([corner, corner + size, true_class.unsqueeze(2)], 2)
    # Some boxes are near a true one, often of its class; the others are anywhere.
    near = draw.classes([images, found], there)
    shift = (draw.classes([images, found, 4], 17).float() - 8) / 4
    boxes = torch.gather(truths[..., :4], 1, near.unsqueeze(2).expand(-1, -1, 4)) + shift * (
        draw.uniform([images, found, 1], 0, 1) < 0.6
    )
    boxes = torch.cat([torch.minimum(boxes[..., :2], boxes[..., 2:]), torch.maximum(boxes[..., :2], boxes[..., 2:])], 2)
    found_class = torch.gather(true_class, 1, near)
    other = draw.classes([images, found], classes).float()
    found_class = torch.where(draw.uniform([images, found], 0, 1) < 0.8, found_class, other)
    # Of few values, so that some are equal.
    scores = draw.classes([images, found], 40).float() / 64
    detections = torch.cat([boxes, scores.unsqueeze(2), found_class.unsqueeze(2)], 2)
    truths[draw.uniform([images, there], 0, 1) < 0.2, 4] = -1
    detections[draw.uniform([images, found], 0, 1) < 0.1, 5] = -1
    return {"input": detections, "target": truths}


def _compute_boxes(_: Case, config: Config, sources: Tensors) -> Tensors:
    found, there = sources["input"].double(), sources["target"].double()
    classes = range(config["classes"])
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {
            "images": [{"id": image} for image in range(len(there))],
            "categories": [{"id": label} for label in classes],
            "annotations": _annotations(there),
        }
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(_annotations(found)), "bbox")
        evaluation.params.maxDets = [config["most"]]
        evaluation.evaluate()
        evaluation.accumulate()
    # [thresholds, recalls, classes], of boxes of all sizes.
    precision = torch.from_numpy(evaluation.eval["precision"][:, :, :, 0, -1])
    assert (precision >= 0).all(), "a class without boxes has no precision"
    return {
        "value_map": precision.mean(),
        "value_map50": precision[0].mean(),
        "value_map75": precision[5].mean(),
        "value_map_class": precision.mean((0, 1)),
    }


def _annotations(images: Tensor) -> list[dict[str, object]]:
    annotations: list[dict[str, object]] = []
    for image, boxes in enumerate(images.tolist()):
        for left, top, right, bottom, *score, label in boxes:
            if label >= 0:
                size = [right - left, bottom - top]
                # Numbered from 1: COCO's program takes 0 for no match.
                about = {"id": len(annotations) + 1, "image_id": image, "category_id": int(label), "iscrowd": 0}
                about |= {"bbox": [left, top, *size], "area": size[0] * size[1]}
                annotations.append(about | ({"score": score[0]} if score else {}))
    return annotations


def _metric(draw: object, compute: object, **values: object) -> Op:
    return Op(defaults(**values), draw, compute, measured=False)  # type: ignore[arg-type]


OPS = {
    "metric_classes": _metric(_draw_classes, _compute_classes),
    "metric_ranking": _metric(_draw_ranking, _compute_ranking),
    "metric_segments": _metric(_draw_segments, _compute_segments, absent=0),
    "metric_numbers": _metric(_draw_numbers, _compute_numbers, offset=0.0),
    "metric_language": _metric(_draw_language, _compute_language),
    "metric_boxes": _metric(_draw_boxes, _compute_boxes, most=100),
}
