"""Rows of the table, and medians of several alternating rounds of measurements."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import nan
from statistics import median
from typing import TypeVar

ROUNDS = 5

Result = TypeVar("Result")


@dataclass(frozen=True)
class Row:
    """A figure and its baseline.

    The goal is a maximum for the ratio, or for our own figure if `absolute`; with `least` it is a
    minimum. A row without a goal is only reported.
    """

    figure: str
    label: str
    ours: float
    baseline: float
    goal: float | None
    unit: str
    absolute: bool = False
    least: bool = False

    @property
    def ratio(self) -> float:
        """Ours divided by the baseline; nan if the baseline is 0."""
        return self.ours / self.baseline if self.baseline else nan

    @property
    def ok(self) -> bool:
        """Whether the goal is met."""
        if self.goal is None:
            return True
        measured = self.ours if self.absolute else self.ratio
        return measured >= self.goal if self.least else measured <= self.goal

    def cells(self) -> list[str]:
        """Format the cells of the row."""
        return [
            self.figure,
            self.label,
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


def measure_medians(
    measures: Mapping[str, Callable[[], float]], rounds: int = ROUNDS
) -> dict[str, float]:
    """Measure each in turn for several rounds; returns the median of each."""
    return {name: median(values) for name, values in measure_in_turn(measures, rounds).items()}


def measure_in_turn(
    measures: Mapping[str, Callable[[], Result]], rounds: int = ROUNDS
) -> dict[str, list[Result]]:
    """Measure each in turn for several rounds; returns the results of each.

    An extra first round, which writes bytecode and warms the file cache, is not counted.
    """
    results: dict[str, list[Result]] = {name: [] for name in measures}
    for turn in range(rounds + 1):
        for name, measure in measures.items():
            result = measure()
            if turn:
                results[name].append(result)
    return results
