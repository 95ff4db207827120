"""The modules that the documentation shows beside their declarations."""

import re
from pathlib import Path

from .from_graph import source
from .graph import Graph

PAGE = Path(__file__).parents[3] / "docs" / "from-pytorch.md"

# Between these two lines stands what is made.
_PLACE = re.compile(r"(<!-- made by `python -m generate module (\w+)` -->\n```python\n)(.*?)(```\n)", re.DOTALL)


def current(graphs: dict[str, Graph], write: bool) -> bool:
    """Whether the page shows the modules as they are made now; writes it if asked to."""
    text = PAGE.read_text()
    made = _PLACE.sub(lambda place: place[1] + source(graphs[place[2]]) + place[4], text)
    if write:
        PAGE.write_text(made)
    elif made != text:
        print(f"{PAGE} is not current: `python -m generate module --page --write` renews it")
    return write or made == text
