"""Rows of the table of figures, and helpers that measure in alternating rounds."""

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

    The goal is a limit on the ratio, or on our own figure if `absolute`. It is a maximum, or a
    minimum if `higher_is_better`. A row without a goal is only reported.
    """

    figure: str
    label: str
    ours: float
    baseline: float
    goal: float | None
    unit: str
    absolute: bool = False
    higher_is_better: bool = False

    @property
    def ratio(self) -> float:
        """Our figure divided by the baseline, or NaN if the baseline is 0."""
        return self.ours / self.baseline if self.baseline else nan

    @property
    def ok(self) -> bool:
        """Whether the goal is met."""
        if self.goal is None:
            return True
        measured = self.ours if self.absolute else self.ratio
        return measured >= self.goal if self.higher_is_better else measured <= self.goal

    def format_cells(self) -> list[str]:
        """Format the row as cells of the table."""
        return [
            self.figure,
            self.label,
            self._format_figure(self.ours),
            self._format_figure(self.baseline),
            f"{self.ratio:.3f}" if self.baseline else "-",
            self._format_goal(),
            "yes" if self.ok else "NO",
        ]

    def _format_figure(self, value: float) -> str:
        digits = f"{value:.0f}" if value >= 1000 else f"{value:.4g}"
        return f"{digits} {self.unit}".rstrip()

    def _format_goal(self) -> str:
        if self.goal is None:
            return "-"
        bound = "at least" if self.higher_is_better else "at most"
        return f"{bound} {self.goal:g} {self.unit if self.absolute else 'x'}".rstrip()


def measure_medians(
    measures: Mapping[str, Callable[[], float]], rounds: int = ROUNDS
) -> dict[str, float]:
    """Measure each in turn for several rounds, and return the median of each."""
    return {name: median(values) for name, values in measure_in_turn(measures, rounds).items()}


def measure_in_turn(
    measures: Mapping[str, Callable[[], Result]], rounds: int = ROUNDS
) -> dict[str, list[Result]]:
    """Measure each in turn for several rounds, and return the results of each.

    An extra first round, which writes bytecode and warms the file cache, is discarded.
    """
    results: dict[str, list[Result]] = {name: [] for name in measures}
    for round_number in range(rounds + 1):
        for name, measure in measures.items():
            result = measure()
            if round_number:
                results[name].append(result)
    return results
