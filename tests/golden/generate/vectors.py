"""The files: tensors by name, and what they are in the metadata; and `manifest.json`, which lists them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from .case import Case, Config
from .draw import Draw
from .op import Op, Tensors

FOLDER = Path(__file__).parent.parent / "vectors"


@dataclass(frozen=True)
class Vector:
    """One golden file."""

    op: str
    config: Config
    torch: str
    # The largest |float32 - float64| of PyTorch itself; None where it is not measured.
    torch_f32_err: float | None
    tensors: Tensors

    @property
    def about(self) -> dict[str, Any]:
        """The metadata."""
        about = {"op": self.op, "config": self.config, "torch": self.torch}
        return about if self.torch_f32_err is None else about | {"torch_f32_err": self.torch_f32_err}


def compute(case: Case, op: Op, seed: int) -> Vector:
    """A new file: random sources, and PyTorch's results in float64 rounded to float32."""
    config = op.config(case)
    sources = op.draw(case, config, Draw(case.name, seed))
    exact = results(case, op, sources, torch.float64)
    error = float32_error(results(case, op, sources, torch.float32), exact) if op.measured else None
    tensors = sources | {name: rounded(name, tensor) for name, tensor in exact.items()}
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise ValueError(f"{case.name}: {name} is not finite in float32")
    return Vector(op.name or case.table, config, str(torch.__version__), error, tensors)


def results(case: Case, op: Op, sources: Tensors, precision: torch.dtype) -> Tensors:
    """What the operation gives in this precision."""
    cast = {name: tensor.to(precision) if tensor.dtype == torch.float32 else tensor for name, tensor in sources.items()}
    computed = op.compute(case, op.config(case), cast)
    return {name: tensor.detach().contiguous().clone() for name, tensor in computed.items()}


def rounded(name: str, tensor: torch.Tensor) -> torch.Tensor:
    """As the files store it: learning rates and values of metrics in float64, everything else in float32."""
    return tensor if name.startswith(("lr", "value_")) else tensor.float()


def float32_error(single: Tensors, exact: Tensors) -> float:
    """The largest |float32 - float64| of all results, relative to max(1, the largest value)."""

    def relative(name: str) -> float:
        largest = max(1.0, float(exact[name].abs().max()))
        return float((single[name].double() - exact[name]).abs().max()) / largest

    return max(relative(name) for name in exact)


def read(path: Path) -> Vector:
    """A file."""
    with safe_open(path, "pt") as file:
        about = json.loads(file.metadata()["golden"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    return Vector(about["op"], about["config"], about["torch"], about.get("torch_f32_err"), tensors)


def write(folder: Path, name: str, vector: Vector) -> None:
    """Writes a file and its entry in the folder's manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    file = f"{name}.safetensors"
    save_file(vector.tensors, folder / file, {"golden": json.dumps(vector.about)})
    shapes = {key: list(tensor.shape) for key, tensor in vector.tensors.items()}
    entry = {"file": file, **vector.about, "tensors": shapes}
    manifest = read_manifest(folder)
    entries = [entry if old["file"] == file else old for old in manifest]
    if entry not in entries:
        entries.append(entry)
    (folder / "manifest.json").write_text(json.dumps(entries, indent=0))


def read_manifest(folder: Path) -> list[dict[str, Any]]:
    """The entries of the folder's manifest; none where there is no manifest yet."""
    path = folder / "manifest.json"
    return json.loads(path.read_text()) if path.exists() else []
