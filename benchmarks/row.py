"""One row of the table, and how figures are taken: alternating, the median of several rounds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

ROUNDS = 5


@dataclass(frozen=True)
class Row:
    """A figure beside its baseline.

    The goal is the most that the ratio may be, or, where `absolute`, that our own figure may be.
    """

    figure: str
    what: str
    ours: float
    baseline: float
    goal: float
    unit: str
    absolute: bool = False

    @property
    def ratio(self) -> float:
        """Ours as a part of the baseline."""
        return self.ours / self.baseline

    @property
    def ok(self) -> bool:
        """Whether the goal is met."""
        return (self.ours if self.absolute else self.ratio) <= self.goal

    def cells(self) -> list[str]:
        """Lay out the row as the table's words."""
        goal = f"{self.goal:g} {self.unit}" if self.absolute else f"{self.goal:g} x"
        return [
            self.figure,
            self.what,
            f"{self.ours:.4g} {self.unit}",
            f"{self.baseline:.4g} {self.unit}",
            f"{self.ratio:.3f}",
            f"at most {goal}",
            "yes" if self.ok else "NO",
        ]


def alternate(
    measures: Mapping[str, Callable[[], float]], rounds: int = ROUNDS
) -> dict[str, float]:
    """Measure each in turn, round after round, and give the median of each.

    A first round, in which bytecode is written and files come into memory, is not counted.
    """
    found: dict[str, list[float]] = {name: [] for name in measures}
    for turn in range(rounds + 1):
        for name, measure in measures.items():
            value = measure()
            if turn:
                found[name].append(value)
    return {name: median(values) for name, values in found.items()}
