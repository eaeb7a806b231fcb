"""One row of the table, and how figures are taken: alternating, the median of several rounds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import nan
from statistics import median
from typing import TypeVar

ROUNDS = 5

Result = TypeVar("Result")


@dataclass(frozen=True)
class Row:
    """A figure beside its baseline.

    The goal is the most that the ratio may be, or, where `absolute`, that our own figure may be;
    where `least` it is the least. A row without a goal is only reported.
    """

    figure: str
    what: str
    ours: float
    baseline: float
    goal: float | None
    unit: str
    absolute: bool = False
    least: bool = False

    @property
    def ratio(self) -> float:
        """Ours as a part of the baseline; of a baseline of 0 there is none."""
        return self.ours / self.baseline if self.baseline else nan

    @property
    def ok(self) -> bool:
        """Whether the goal is met."""
        if self.goal is None:
            return True
        measured = self.ours if self.absolute else self.ratio
        return measured >= self.goal if self.least else measured <= self.goal

    def cells(self) -> list[str]:
        """Lay out the row as the table's words."""
        return [
            self.figure,
            self.what,
            self._figure(self.ours),
            self._figure(self.baseline),
            f"{self.ratio:.3f}" if self.baseline else "-",
            self._goal(),
            "yes" if self.ok else "NO",
        ]

    def _figure(self, value: float) -> str:
        digits = f"{value:.0f}" if value >= 1000 else f"{value:.4g}"
        return f"{digits} {self.unit}".rstrip()

    def _goal(self) -> str:
        if self.goal is None:
            return "-"
        side = "at least" if self.least else "at most"
        return f"{side} {self.goal:g} {self.unit if self.absolute else 'x'}".rstrip()


def alternate(
    measures: Mapping[str, Callable[[], float]], rounds: int = ROUNDS
) -> dict[str, float]:
    """Measure each in turn, round after round, and give the median of each."""
    return {name: median(values) for name, values in alternated(measures, rounds).items()}


def alternated(
    measures: Mapping[str, Callable[[], Result]], rounds: int = ROUNDS
) -> dict[str, list[Result]]:
    """Measure each in turn, round after round, and give the results of each.

    A first round, in which bytecode is written and files come into memory, is not counted.
    """
    results: dict[str, list[Result]] = {name: [] for name in measures}
    for turn in range(rounds + 1):
        for name, measure in measures.items():
            result = measure()
            if turn:
                results[name].append(result)
    return results
