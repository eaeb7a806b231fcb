"""Simulate power cuts of the real server: `python -m tests.powercut`."""

import argparse
import shutil
import sys
from pathlib import Path
from random import SystemRandom
from tempfile import mkdtemp

from tests.parts import create_schema
from tests.powercut import recording
from tests.powercut.cuts import Cut, Totals, simulate_cuts
from tests.powercut.strace import RecordingFailed

EXIT_ERROR = 2
MAX_FINDINGS_SHOWN = 5


def main() -> int:
    """Record the server, check images after power cuts, and print the totals."""
    options = _parse_options()
    folder = options.replay or Path(mkdtemp(prefix="powercut-"))
    print(f"seed {options.seed}, recording {folder}", flush=True)
    try:
        recorded_run = (
            recording.read_recording(folder) if options.replay else _record(folder, options)
        )
    except RecordingFailed as error:
        print(error, file=sys.stderr)
        return EXIT_ERROR
    totals = simulate_cuts(recorded_run, options.images, options.seed)
    for cut in totals.failed:
        _print_cut(cut, folder)
    _print_table(totals)
    if totals.failed:
        print(
            f"To reproduce: python -m tests.powercut --seed {options.seed} "
            f"--images {options.images} --replay {folder}"
        )
    elif not options.replay:
        shutil.rmtree(folder)
    return 1 if totals.failed else 0


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.powercut", description=__doc__)
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10**6))
    parser.add_argument("--images", type=int, default=4000, help="disk images to check (4000)")
    parser.add_argument("--clients", type=int, default=8, help="concurrent clients (8)")
    parser.add_argument("--rounds", type=int, default=4, help="forms filled by each client (4)")
    parser.add_argument("--replay", type=Path, help="folder of an earlier recording to replay")
    return parser.parse_args()


def _record(folder: Path, options: argparse.Namespace) -> recording.Recording:
    (folder / "data").mkdir()
    create_schema(f"sqlite:///{folder}/data/portal.db")
    # The server is killed once, so the second half starts from a recovered database.
    return recording.make_recording(
        folder, clients=options.clients, rounds=options.rounds // 2, kills=1
    )


def _print_cut(cut: Cut, folder: Path) -> None:
    """Print the findings of a power cut and write its files to disk."""
    image = folder / f"image-{cut.number}"
    for path, content in cut.files.items():
        (image / path).parent.mkdir(parents=True, exist_ok=True)
        (image / path).write_bytes(content)
    lines = cut.findings.lines()
    print(
        f"Image {cut.number}, cut after event {cut.event_count}, {len(lines)} findings, in {image}:"
    )
    for line in lines[:MAX_FINDINGS_SHOWN]:
        print(f"  {line}")


def _print_table(totals: Totals) -> None:
    for name, number in (
        ("images", totals.images),
        ("sync points", totals.syncs),
        ("acknowledged writes checked", totals.checked_writes),
        ("acknowledged writes lost", totals.lost_writes),
        ("databases that do not open", totals.broken_databases),
        ("documents missing or torn", totals.damaged_documents),
    ):
        print(f"{name:<28}{number:>10,}")


if __name__ == "__main__":
    sys.exit(main())
