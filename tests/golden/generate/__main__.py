"""`python -m generate`: list, check and make the golden vectors."""

import argparse
import sys
import warnings
from pathlib import Path

import torch

from .case import Case, read_cases
from .check import check, unlisted
from .ops import OPS
from .vectors import FOLDER, compute, write


def main() -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m generate", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, help_ in [
        ("list", "print the cases, and which of them have no file yet"),
        ("check", "recompute every file from the inputs and parameters it stores"),
        ("make", "make the files that do not exist yet"),
    ]:
        command = commands.add_parser(name, help=help_)
        command.add_argument("names", nargs="*", help="only cases whose name begins so")
        command.add_argument("--folder", type=Path, default=FOLDER, help="of the files (default: vectors)")
        if name == "make":
            command.add_argument("--seed", type=int, default=0, help="of the random numbers")
            command.add_argument("--again", action="store_true", help="also those that exist; needs names")
    arguments = parser.parse_args()

    # Sums in one order, whatever the machine.
    torch.set_num_threads(1)
    # The mean of kl_div is meant: the files say `batchmean` where that is.
    warnings.filterwarnings("ignore", "reduction: 'mean' divides")
    cases = read_cases()
    chosen = [case for case in cases if not arguments.names or case.name.startswith(tuple(arguments.names))]
    if not chosen:
        parser.error(f"no case begins with {' or '.join(arguments.names)}")
    match arguments.command:
        case "list":
            _list(chosen, arguments.folder)
        case "check":
            return _check(cases, chosen, arguments.folder)
        case "make":
            if arguments.again and not arguments.names:
                parser.error("--again needs the names of the cases")
            _make(chosen, arguments.folder, arguments.seed, arguments.again)
    return 0


def _list(cases: list[Case], folder: Path) -> None:
    for case in cases:
        new = "" if _path(folder, case).exists() else "  (no file yet)"
        print(f"{case.name}  {case.table}  {case.line}{new}")


def _check(cases: list[Case], chosen: list[Case], folder: Path) -> int:
    strangers = unlisted(cases, folder)
    for name in strangers:
        print(f"{name}: the file has no line in cases.toml")
    return 0 if check(chosen, folder) and not strangers else 1


def _make(cases: list[Case], folder: Path, seed: int, again: bool) -> None:
    made = 0
    for case in cases:
        if again or not _path(folder, case).exists():
            write(folder, case.name, compute(case, OPS[case.table], seed))
            print(f"made {_path(folder, case)}")
            made += 1
    print(f"{made} files made, {len(cases) - made} were there")


def _path(folder: Path, case: Case) -> Path:
    return folder / f"{case.name}.safetensors"


if __name__ == "__main__":
    sys.exit(main())
