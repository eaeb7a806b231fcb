"""Upgrade under load and go back, and print what was lost: `python -m tests.upgrades`.

The old version is a commit, or this code, which then goes to this code with a further migration.
"""

import argparse
import secrets
import shutil
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import mkdtemp

from tests.upgrades.results import find_faults, print_table
from tests.upgrades.run import upgrade_and_go_back
from tests.upgrades.versions import (
    Version,
    committed_version,
    further_version,
    this_version,
)

MAX_SHOWN = 40


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the upgrade and return 1 if there are findings."""
    options = _build_parser().parse_args(arguments)
    seed = options.seed if options.seed is not None else secrets.randbelow(1_000_000)
    folder = Path(mkdtemp(prefix="upgrade-"))
    print(f"seed {seed}, in {folder}", flush=True)
    result = upgrade_and_go_back(
        folder,
        seed,
        make_versions=partial(make_versions, options.old),
        database=options.database,
        side_by_side=not options.stop and options.database == "postgresql",
        servers=options.servers if options.database == "postgresql" else 1,
        clients=options.clients,
        load_seconds=options.seconds,
        report=lambda message: print(f"  {message}", flush=True),
    )
    faults = [f"{fault}: {text}" for fault, text in result.findings]
    faults += find_faults(result, folder)
    print_table(result, folder)
    for fault in faults[:MAX_SHOWN]:
        print(f"  {fault}")
    print(f"  {len(faults)} faults")
    if faults:
        return 1
    shutil.rmtree(folder)
    return 0


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.upgrades", description=__doc__)
    parser.add_argument("--old", metavar="COMMIT", help="upgrade from this commit to this code")
    parser.add_argument("--seed", type=int, help="repeat each client's operations")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="postgresql")
    parser.add_argument("--stop", action="store_true", help="stop all servers to migrate")
    parser.add_argument("--servers", type=int, default=2, help="servers on PostgreSQL (2)")
    parser.add_argument("--clients", type=int, default=8, help="concurrent clients (8)")
    parser.add_argument("--seconds", type=float, default=3, help="work between two steps (3)")
    return parser


def make_versions(commit: str | None, folder: Path) -> tuple[Version, Version]:
    """Return the old version and the new one."""
    if commit:
        return committed_version(commit, folder / "old"), this_version()
    return this_version(), further_version(folder / "new")


if __name__ == "__main__":
    sys.exit(main())
