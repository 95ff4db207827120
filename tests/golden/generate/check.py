"""Whether the generator still says what the files say: everything recomputed from the stored sources."""

from pathlib import Path

import torch

from .case import Case
from .draw import Draw
from .ops import OPS
from .vectors import Vector, read, read_manifest, results, rounded


def check(cases: list[Case], folder: Path) -> bool:
    """Checks the files of these cases and prints what it finds; whether nothing is off."""
    entries = {entry["file"]: entry for entry in read_manifest(folder)}
    off = 0
    compared = 0
    for case in cases:
        path = folder / f"{case.name}.safetensors"
        if not path.exists():
            findings = ["there is no such file: make it"]
        else:
            vector = read(path)
            compared += sum(tensor.numel() for tensor in vector.tensors.values())
            findings = differences(case, vector) + _manifest(entries.get(path.name), vector)
        for finding in findings:
            print(f"{case.name}: {finding}")
        off += bool(findings)
    print(f"{len(cases)} cases with {compared} numbers checked with PyTorch {torch.__version__}: {off} differ")
    return off == 0


def unlisted(cases: list[Case], folder: Path) -> list[str]:
    """The files that no case makes."""
    known = {case.name for case in cases}
    return sorted(path.stem for path in folder.glob("*.safetensors") if path.stem not in known)


def differences(case: Case, vector: Vector) -> list[str]:
    """What is off in a file."""
    op = OPS[case.table]
    config = op.config(case)
    found = []
    if vector.op != (op.name or case.table):
        found.append(f"the file's op is {vector.op}")
    if vector.config != config:
        found.append(f"the file's config is {vector.config}, the list's {config}")
        return found
    drawn = op.draw(case, config, Draw(case.name, 0))
    if missing := sorted(drawn.keys() - vector.tensors.keys()):
        return [*found, f"the file lacks {missing}"]
    sources = {name: vector.tensors[name] for name in drawn}
    for name, tensor in sources.items():
        found += _kind(name, tensor, drawn[name])
    if found:
        return found
    computed = results(case, op, sources, torch.float64)
    stored = {name: tensor for name, tensor in vector.tensors.items() if name not in sources}
    if odd := sorted(stored.keys() ^ computed.keys()):
        found.append(f"only stored or only computed: {odd}")
    for name, tensor in stored.items():
        if name in computed:
            found += _compare(name, tensor, rounded(name, computed[name]))
    return found


def _kind(name: str, stored: torch.Tensor, expected: torch.Tensor) -> list[str]:
    """What is wrong with the type or the shape."""
    if (stored.dtype, stored.shape) == (expected.dtype, expected.shape):
        return []
    return [f"{name} is {stored.dtype} {list(stored.shape)}, not {expected.dtype} {list(expected.shape)}"]


def _compare(name: str, stored: torch.Tensor, computed: torch.Tensor) -> list[str]:
    """The largest difference in units of the last place, if the bits differ."""
    if wrong := _kind(name, stored, computed):
        return wrong
    if torch.equal(_bits(stored), _bits(computed)):
        return []
    units = (_ordered(stored) - _ordered(computed)).abs()
    worst = units.argmax()
    was, now = float(stored.flatten()[worst]), float(computed.flatten()[worst])
    count = int((_bits(stored) != _bits(computed)).sum())
    return [f"{name}: {count} of {stored.numel()} differ, at most by {int(units.max())} ulp: {was!r} is now {now!r}"]


def _bits(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.flatten().view(torch.int32 if tensor.dtype == torch.float32 else torch.int64).long()


def _ordered(tensor: torch.Tensor) -> torch.Tensor:
    """Whole numbers that lie next to each other where the floats do; the two zeros are one."""
    bits = _bits(tensor)
    lowest = -(2**31) if tensor.dtype == torch.float32 else -(2**63)
    return torch.where(bits < 0, lowest - bits, bits)


def _manifest(entry: dict[str, object] | None, vector: Vector) -> list[str]:
    """What the manifest says wrong about a file."""
    if entry is None:
        return ["the manifest does not list it"]
    shapes = {name: list(tensor.shape) for name, tensor in vector.tensors.items()}
    about = {key: value for key, value in entry.items() if key not in ("file", "tensors")}
    return [] if (about, entry["tensors"]) == (vector.about, shapes) else ["the manifest says something else about it"]
