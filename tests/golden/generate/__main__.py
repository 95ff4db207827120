"""`python -m generate`: list, check and make the golden vectors; PyTorch modules of the corpus's networks, and what they compute."""

import argparse
import sys
import warnings
from pathlib import Path

import torch

from . import corpus, documentation
from .case import Case, read_cases
from .check import check, unlisted
from .from_graph import IMPORTS, source
from .graph import read_graphs
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
    for name, help_ in [
        ("module", "print networks of the corpus as PyTorch modules"),
        ("corpus", "compute what the networks of the corpus give"),
    ]:
        command = commands.add_parser(name, help=help_)
        command.add_argument("names", nargs="*", help="only these networks")
        command.add_argument("--graphs", type=Path, help="their graphs as JSON (default: asks the compiler, by cargo)")
        if name == "module":
            command.add_argument("--page", action="store_true", help="check those that docs/from-pytorch.md shows instead")
            command.add_argument("--write", action="store_true", help="with --page: renew them")
        if name == "corpus":
            command.add_argument(
                "--folder", type=Path, default=corpus.FOLDER, help="of the files (default: tests/corpus/results)"
            )
    arguments = parser.parse_args()

    # Sums in one order, whatever the machine.
    torch.set_num_threads(1)
    # The mean of kl_div is meant: the files say `batchmean` where that is.
    warnings.filterwarnings("ignore", "reduction: 'mean' divides")
    if arguments.command in ("module", "corpus"):
        return _of_graphs(arguments)
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


def _of_graphs(arguments: argparse.Namespace) -> int:
    graphs = read_graphs(arguments.graphs)
    if arguments.command == "module" and arguments.page:
        return 0 if documentation.current(graphs, arguments.write) else 1
    for name in arguments.names:
        if name not in graphs:
            print(f"no network is called {name}; there are {', '.join(graphs)}", file=sys.stderr)
            return 2
    chosen = [graphs[name] for name in arguments.names or graphs]
    if arguments.command == "module":
        print(IMPORTS + "\n\n".join(source(graph) for graph in chosen), end="")
    else:
        corpus.write(chosen, arguments.folder)
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
