"""The list of cases, `cases.toml`."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Config = dict[str, Any]

LIST = Path(__file__).with_name("cases.toml")

# What a line says to the generator alone; everything else is the file's configuration.
_GENERATOR_KEYS = {"shape", "values", "model", "after"}


@dataclass(frozen=True)
class Case:
    """One line of the list: one file."""

    name: str
    table: str
    line: Config

    @property
    def given(self) -> Config:
        """The part of the configuration that the line gives; the operation adds its defaults."""
        return {key: value for key, value in self.line.items() if key not in _GENERATOR_KEYS}

    @property
    def shape(self) -> list[int]:
        """The shape of the input."""
        if "values" in self.line:
            return [len(self.line["values"])]
        return list(self.line["shape"])


def read_cases(path: Path = LIST) -> list[Case]:
    """All cases, in the order of the file."""
    tables = tomllib.loads(path.read_text())
    return [Case(name, table, line) for table, lines in tables.items() for name, line in lines.items()]
