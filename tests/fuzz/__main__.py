"""Fuzz the long text against a model: `python -m tests.fuzz --seed 7`."""

import argparse
import asyncio
import secrets
import sys
from collections.abc import Sequence
from random import Random

from tests.fuzz.operations import Operation, generate_operations
from tests.fuzz.play import play

MAX_DIFFERENCES = 5
"""Differences after which a run stops, as later ones mostly repeat them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the sequences of a seed and return 1 if any differed from the model."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--sequences", type=int, default=2000)
    options = parser.parse_args(arguments)
    print(f"seed {options.seed}: --seed {options.seed} repeats this run", flush=True)
    steps, differences = fuzz(options.seed, options.sequences)
    print(f"{options.sequences} sequences, {steps} steps, {differences} differences")
    return 1 if differences else 0


def fuzz(seed: int, sequences: int) -> tuple[int, int]:
    """Run sequences, print each difference, and return the counts of steps and differences."""
    steps = differences = 0
    for number in range(sequences):
        operations = generate_operations(Random(f"{seed}/{number}"))
        steps += len(operations)
        if find_failure(operations):
            differences += 1
            shortest = shrink(operations)
            print(f"sequence {number}: {find_failure(shortest)}\n  {shortest}", flush=True)
            if differences == MAX_DIFFERENCES:
                break
    return steps, differences


def find_failure(operations: Sequence[Operation]) -> str:
    """Return the error that the operations cause, or an empty string."""
    try:
        asyncio.run(play(operations))
    except Exception as error:  # noqa: BLE001 # any error is a finding
        return f"{type(error).__name__}: {error}"
    return ""


def shrink(operations: Sequence[Operation]) -> list[Operation]:
    """Shrink a failing sequence by dropping ever smaller parts while it still fails."""
    remaining = list(operations)
    size = len(remaining) // 2
    while size:
        start = 0
        while start < len(remaining):
            candidate = remaining[:start] + remaining[start + size :]
            if find_failure(candidate):
                remaining = candidate
            else:
                start += size
        size //= 2
    return remaining


if __name__ == "__main__":
    sys.exit(main())
