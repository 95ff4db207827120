"""The event file of `tests/data/tensorboard`, as PyTorch's SummaryWriter and the package tensorboard write it, against which the library's
`tests/training/tensorboard.rs` holds what it writes itself.

    python generate/events.py write ../data/tensorboard     # makes the file
    python generate/events.py read FOLDER                   # reads it, or the library's, by TensorBoard's own reader
"""

import io
import pathlib
import sys
import time
from unittest import mock

import numpy as np
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.summary_pb2 import Summary
from torch.utils.tensorboard import SummaryWriter

WALL_TIME = 1_700_000_000.25

SCALARS = [
    ("loss/training", 0, 2.5),
    ("loss/training", 1, 0.0),
    ("loss/training", 3_000_000_000, -0.125),
    ("Größe 🔥", 128, 1e-30),
]

# Their sums and squares have no rounding, in whatever order they are added.
HISTOGRAMS = [
    ("weights/fc.weight", 2, [0.5, -1.25, 3.0, 0.0, 3.0, -0.0078125, 0.25]),
    ("weights/fc.bias", 2, [0.0, 0.0]),
    ("weights/one", 3, [-4.0]),
    ("weights/wide", 300, [i / 64 for i in range(-100, 200)]),
    ("weights/far", 4, [2.0**60, -(2.0**-30)]),
]


def picture(channels, height, width):
    """Bytes [channels, height, width]."""
    return (np.arange(channels * height * width) * 37 % 256).astype(np.uint8).reshape(channels, height, width)


RGB, RGBA, GRAY = picture(3, 2, 5), picture(4, 3, 2), picture(1, 2, 3)


def gray():
    """What SummaryWriter, which makes three channels of one, does not write."""
    png = io.BytesIO()
    Image.fromarray(GRAY[0]).save(png, format="PNG")
    image = Summary.Image(height=2, width=3, colorspace=1, encoded_image_string=png.getvalue())
    return Summary(value=[Summary.Value(tag="image/gray", image=image)])


def write(folder):
    with mock.patch.object(time, "time", lambda: WALL_TIME):
        writer = SummaryWriter(str(folder))
        for tag, step, value in SCALARS:
            writer.add_scalar(tag, value, step, walltime=WALL_TIME)
        for tag, step, values in HISTOGRAMS:
            writer.add_histogram(tag, np.array(values, dtype=np.float32), step, walltime=WALL_TIME)
        writer.add_image("image/rgb", RGB, 0, walltime=WALL_TIME)
        writer.add_image("image/rgba", RGBA, 1, walltime=WALL_TIME)
        writer.file_writer.add_summary(gray(), 2, WALL_TIME)
        writer.close()


def read(folder):
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0, "histograms": 0, "images": 0})
    events.Reload()
    assert events.file_version == 2.0, events.file_version
    found = [(tag, e.step, e.value) for tag in events.Tags()["scalars"] for e in events.Scalars(tag)]
    assert sorted(found) == sorted((tag, step, float(np.float32(value))) for tag, step, value in SCALARS), found
    for tag, step, values in HISTOGRAMS:
        (event,) = events.Histograms(tag)
        histogram, values = event.histogram_value, np.array(values)
        assert event.step == step
        assert (histogram.min, histogram.max, histogram.num) == (values.min(), values.max(), len(values)), tag
        assert (histogram.sum, histogram.sum_squares) == (values.sum(), (values**2).sum()), tag
        assert sum(histogram.bucket) == len(values) and len(histogram.bucket) == len(histogram.bucket_limit), tag
        edges = histogram.bucket_limit
        assert np.histogram(values, bins=edges)[0].tolist() == list(histogram.bucket)[1:], tag
    for tag, pixels in [("image/rgb", RGB), ("image/rgba", RGBA), ("image/gray", GRAY)]:
        (event,) = events.Images(tag)
        assert (event.height, event.width) == pixels.shape[1:], tag
        decoded = np.asarray(Image.open(io.BytesIO(event.encoded_image_string))).reshape(*pixels.shape[1:], -1)
        assert (decoded == pixels.transpose(1, 2, 0)).all(), tag
    print(f"{folder}: {len(found)} scalars, {len(HISTOGRAMS)} histograms and 3 images are as they should be")


if __name__ == "__main__":
    what, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    if what == "write":
        write(folder)
        (file,) = folder.glob("events.out.tfevents.*")
        # Without the name of the machine.
        file.rename(folder / "events.out.tfevents.golden")
    read(folder)
