"""Small images in files, and what torchvision makes of them: `python images.py FOLDER` (tests/data/images of the repository).

Each NAME.png or NAME.jpg comes with NAME.bytes, the bytes of Resize(20), CenterCrop((14, 17)) and ToTensor times 255, as [3][14][17], and
NAME.gray.bytes, the same of the image in gray. Made with torchvision 0.29.2 and Pillow 13.0.0; needs `pip install torchvision pillow`.
"""

import pathlib
import sys

import torch
from PIL import Image
from torchvision import transforms

CHANGES = transforms.Compose([transforms.Resize(20), transforms.CenterCrop((14, 17)), transforms.ToTensor()])


def picture(height: int, width: int, seed: int, noise: float) -> Image.Image:
    """Waves of color, with noise."""
    torch.manual_seed(seed)
    y, x = torch.meshgrid(torch.linspace(0, 6, height), torch.linspace(0, 9, width), indexing="ij")
    waves = torch.stack([torch.sin(x + c) * torch.cos(y * (1 + 0.3 * c)) for c in range(3)])
    pixels = 127 + 90 * waves + noise * torch.randn(3, height, width)
    return transforms.ToPILImage()(pixels.clamp(0, 255).to(torch.uint8))


def main(folder: pathlib.Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    images = {
        "smaller.png": picture(61, 83, 1, 30),
        "tall.png": picture(90, 31, 2, 30),
        "larger.png": picture(9, 13, 3, 30),
        "same.png": picture(20, 27, 4, 30),
        "gray.png": picture(41, 33, 5, 30).convert("L"),
        "palette.png": picture(41, 37, 6, 10).quantize(16),
        "alpha.png": picture(35, 41, 7, 30).convert("RGBA"),
        "smooth.jpg": picture(70, 90, 8, 0),
        "gray.jpg": picture(45, 50, 9, 0).convert("L"),
    }
    images["alpha.png"].putalpha(99)
    for name, image in images.items():
        path = folder / name
        image.save(path, **({"quality": 95, "subsampling": 0} if path.suffix == ".jpg" else {}))
        for mode, end in (("RGB", ".bytes"), ("L", ".gray.bytes")):
            made = CHANGES(Image.open(path).convert(mode))
            path.with_name(name + end).write_bytes(bytes((made * 255).round().to(torch.uint8).flatten().tolist()))
    picture(8, 8, 10, 0).convert("CMYK").save(folder / "inks.jpg")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
