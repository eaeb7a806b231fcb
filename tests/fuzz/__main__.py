"""Play random operations on the long text, and compare: `python -m tests.fuzz --seed 7`."""

import argparse
import asyncio
import secrets
import sys
from collections.abc import Sequence
from random import Random

from tests.fuzz.operations import Operation, sequence
from tests.fuzz.play import play

SHOWN = 5
"""Differences after which a run ends: what comes then is mostly the same again."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the sequences of a seed; the exit code is 1 where anything differed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--sequences", type=int, default=2000)
    options = parser.parse_args(arguments)
    print(f"seed {options.seed}: --seed {options.seed} repeats this run", flush=True)
    steps, differences = fuzz(options.seed, options.sequences)
    print(f"{options.sequences} sequences, {steps} steps, {differences} differences")
    return 1 if differences else 0


def fuzz(seed: int, sequences: int) -> tuple[int, int]:
    """Play so many sequences; gives the steps and the differences, each of which is printed."""
    steps = differences = 0
    for number in range(sequences):
        operations = sequence(Random(f"{seed}/{number}"))
        steps += len(operations)
        if failure(operations):
            differences += 1
            shortest = shortened(operations)
            print(f"sequence {number}: {failure(shortest)}\n  {shortest}", flush=True)
            if differences == SHOWN:
                break
    return steps, differences


def failure(operations: Sequence[Operation]) -> str:
    """What goes wrong with these operations, or nothing."""
    try:
        asyncio.run(play(operations))
    except Exception as error:  # noqa: BLE001 # any error of the program is what is looked for
        return f"{type(error).__name__}: {error}"
    return ""


def shortened(operations: Sequence[Operation]) -> list[Operation]:
    """The shortest sequence that still fails: ever smaller parts are left out while it does."""
    rest = list(operations)
    size = len(rest) // 2
    while size:
        start = 0
        while start < len(rest):
            fewer = rest[:start] + rest[start + size :]
            if failure(fewer):
                rest = fewer
            else:
                start += size
        size //= 2
    return rest


if __name__ == "__main__":
    sys.exit(main())
