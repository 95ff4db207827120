"""Boxes by torchvision: what tests/data_sets/vision.rs holds fireclay::vision against.

A program of its own: `python generate/boxes.py ../data/vision.json`, after `pip install torchvision`.
"""

import json
import sys

import torch
from torchvision.models.detection._utils import BoxCoder, Matcher
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.image_list import ImageList
from torchvision.ops import batched_nms, box_iou, clip_boxes_to_image, nms


def boxes(count, generator):
    corner = torch.rand(count, 2, generator=generator) * 30 - 3
    size = torch.rand(count, 2, generator=generator) * 20 + 1
    return torch.cat([corner, corner + size], dim=1)


def main(path):
    g = torch.Generator().manual_seed(16)
    a, b = boxes(7, g), boxes(19, g)
    scores = torch.rand(19, generator=g)
    classes = torch.randint(0, 3, (19,), generator=g)
    overlaps = box_iou(a, b)
    weights = (10.0, 10.0, 5.0, 5.0)
    coder = BoxCoder(weights)
    code = coder.encode_single(a[:5], b[:5])
    loud = code * 3  # sizes beyond the limit too
    loud[0, 2] = 40.0
    generator = AnchorGenerator(sizes=((8, 13),), aspect_ratios=((0.5, 1.0, 2.0),))
    anchors = generator(ImageList(torch.zeros(1, 3, 24, 40), [(24, 40)]), [torch.zeros(1, 1, 3, 5)])[0]
    found = {
        "a": a.tolist(),
        "b": b.tolist(),
        "iou": overlaps.tolist(),
        "scores": scores.tolist(),
        "classes": classes.tolist(),
        "nms": nms(b, scores, 0.3).tolist(),
        "batched_nms": batched_nms(b, scores, classes, 0.3).tolist(),
        "clipped": clip_boxes_to_image(b, (17, 23)).tolist(),
        "code": code.tolist(),
        "loud": loud.tolist(),
        "decoded": coder.decode_single(loud, b[:5]).tolist(),
        "anchors": anchors.tolist(),
        # Which box, -1 for background, -2 for neither.
        "matches": Matcher(0.4, 0.2, allow_low_quality_matches=False)(overlaps).tolist(),
        "matches_each": Matcher(0.4, 0.2, allow_low_quality_matches=True)(overlaps).tolist(),
    }
    with open(path, "w") as file:
        json.dump(found, file)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
