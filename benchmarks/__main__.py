"""Print the table of figures: `python -m benchmarks`, or only some: `python -m benchmarks p1 p4`.

Each figure is a module named after it, such as p1_first_paint.py, whose `measure_rows()` yields the
rows as they are measured. Shared helpers are in row.py and terminal.py.
"""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from benchmarks.row import Row

HEADER = ["figure", "measurement", "ours", "baseline", "ratio", "goal", "ok?"]
WIDTHS = [6, 46, 11, 11, 6, 18, 3]


def find_modules(figures: list[str]) -> Iterator[str]:
    """Yield the module names of the figures in order, or of all figures if none are given."""
    names = [file.stem for file in Path(__file__).parent.glob("p[0-9]*_*.py")]
    for name in sorted(names, key=lambda name: int(name.split("_")[0][1:])):
        if not figures or name.split("_")[0] in figures:
            yield name


def format_line(cells: list[str]) -> str:
    """Format cells as a line of the table."""
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()


def main(figures: list[str]) -> int:
    """Measure and print the figures, and return exit code 1 if a goal is missed."""
    print(format_line(HEADER))
    rows: list[Row] = []
    for name in find_modules([figure.lower() for figure in figures]):
        for row in import_module(f"benchmarks.{name}").measure_rows():
            print(format_line(row.format_cells()), flush=True)
            rows.append(row)
    return 0 if all(row.ok for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
