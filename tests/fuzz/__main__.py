"""Fuzz the long text against a model: `python -m tests.fuzz --seed 7`."""

import argparse
import asyncio
import secrets
import sys
from collections.abc import Sequence
from random import Random

from tests.fuzz.operations import Operation, sequence
from tests.fuzz.play import play

MAX_DIFFERENCES = 5
"""Differences after which a run stops, as later ones mostly repeat them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the sequences of a seed; returns exit code 1 if anything differed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--sequences", type=int, default=2000)
    options = parser.parse_args(arguments)
    print(f"seed {options.seed}: --seed {options.seed} repeats this run", flush=True)
    steps, differences = fuzz(options.seed, options.sequences)
    print(f"{options.sequences} sequences, {steps} steps, {differences} differences")
    return 1 if differences else 0


def fuzz(seed: int, sequences: int) -> tuple[int, int]:
    """Play sequences and print each difference; returns the counts of steps and differences."""
    steps = differences = 0
    for number in range(sequences):
        operations = sequence(Random(f"{seed}/{number}"))
        steps += len(operations)
        if failure(operations):
            differences += 1
            shortest = shrink(operations)
            print(f"sequence {number}: {failure(shortest)}\n  {shortest}", flush=True)
            if differences == MAX_DIFFERENCES:
                break
    return steps, differences


def failure(operations: Sequence[Operation]) -> str:
    """Return the error that these operations cause, or an empty string."""
    try:
        asyncio.run(play(operations))
    except Exception as error:  # noqa: BLE001 # any error is a finding
        return f"{type(error).__name__}: {error}"
    return ""


def shrink(operations: Sequence[Operation]) -> list[Operation]:
    """Shrink a failing sequence by leaving out ever smaller parts while it still fails."""
    remaining = list(operations)
    size = len(remaining) // 2
    while size:
        start = 0
        while start < len(remaining):
            fewer = remaining[:start] + remaining[start + size :]
            if failure(fewer):
                remaining = fewer
            else:
                start += size
        size //= 2
    return remaining


if __name__ == "__main__":
    sys.exit(main())
