"""Print the table: `python -m benchmarks`, or only some rows: `python -m benchmarks p1 p4`.

A row is a module of this folder whose name begins with its figure, as p1_first_paint.py; its
`rows()` measures and gives rows. What it needs is in benchmarks/row.py and terminal.py.
"""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from benchmarks.row import Row

HEAD = ["figure", "what", "ours", "baseline", "ratio", "goal", "ok?"]
WIDTHS = [6, 46, 11, 11, 6, 18, 3]


def modules(wanted: list[str]) -> Iterator[str]:
    """Name the rows' modules in order, all where none is wanted by its figure."""
    found = [file.stem for file in Path(__file__).parent.glob("p[0-9]*_*.py")]
    for name in sorted(found, key=lambda name: int(name.split("_")[0][1:])):
        if not wanted or name.split("_")[0] in wanted:
            yield name


def line(cells: list[str]) -> str:
    """Lay cells out under one another."""
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()


def main(wanted: list[str]) -> int:
    """Measure and print; the exit code is 1 where a goal is missed."""
    print(line(HEAD))
    rows: list[Row] = []
    for name in modules([figure.lower() for figure in wanted]):
        for row in import_module(f"benchmarks.{name}").rows():
            print(line(row.cells()), flush=True)
            rows.append(row)
    return 0 if all(row.ok for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
