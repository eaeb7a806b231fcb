"""What a run showed: faults, and a table of its parts."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from tests.faults.history import Kind
from tests.upgrades.run import Result

FAILURE, OVERLOADED = 500, 503
"""The least status of a failure of the server, and that of one which asks to try again."""


class Attempts(NamedTuple):
    """The attempts at one operation or page: from when to when, and those that were refused."""

    name: str
    start: float
    end: float
    refusals: list[tuple[float, str]]


def find_faults(result: Result, folder: Path) -> list[str]:
    """List pages that could not be read, and failures that the servers logged."""
    statuses = Counter(reading.status for reader in result.readers for reading in reader.readings)
    faults = [f"{count} pages: {status}" for status, count in statuses.items() if status != 200]
    for name in ("old", "new"):
        failures = Counter(
            " ".join(str(line.get(key, "")) for key in ("event", "kind", "route", "status", "at"))
            for line in _read_log(folder / f"{name}.log")
            if _is_failure(line)
        )
        faults += [f"{name} servers, {count} times: {event}" for event, count in failures.items()]
    return faults


def _is_failure(line: dict[str, Any]) -> bool:
    if line["event"] == "request":
        return bool(line["status"] >= FAILURE and line["status"] != OVERLOADED)
    return bool(line["level"] == "error")


def print_table(result: Result, folder: Path) -> None:
    """Print what was done in each part of the run, and how long anything had to wait."""
    requests = {name: _read_request_times(folder / f"{name}.log") for name in ("old", "new")}
    attempts = [*_read_attempts(folder / "histories"), *_list_pages(result)]
    print(f"\n{'':<52}{'s':>6}{'old':>7}{'new':>7}{'refused':>9}{'longest s':>11}")
    for phase in result.phases:
        inside = [a for a in attempts if a.end >= phase.start and a.start <= phase.end]
        refusals = [r for a in inside for r in a.refusals if phase.start <= r[0] <= phase.end]
        counts = [
            sum(phase.start <= at <= phase.end for at in requests[name]) for name in ("old", "new")
        ]
        longest = max(inside, key=lambda attempt: attempt.end - attempt.start)
        row = f"{phase.end - phase.start:>6.1f}{counts[0]:>7}{counts[1]:>7}{len(refusals):>9}"
        print(f"{phase.name:<52}{row}{longest.end - longest.start:>11.2f}  {longest.name}")
    acknowledged = Counter(op.kind for op in result.operations if op.acknowledged)
    for kind in Kind:
        print(f"  acknowledged: {kind:<40}{acknowledged[kind]:>8}")
    print(f"  pages read{'':<44}{sum(len(reader.readings) for reader in result.readers):>8}")
    reasons = Counter(reason for a in attempts for _, reason in a.refusals)
    print(f"  repeated by clients, by the reason: {dict(reasons)}")
    _print_refused_seconds(attempts)


def _print_refused_seconds(attempts: Sequence[Attempts]) -> None:
    """Print in how many seconds of the run anything was answered 503."""
    seconds = {int(at) for a in attempts for at, reason in a.refusals if reason == "503"}
    print(f"  seconds with an answer of 503{'':<25}{len(seconds):>8}")


def _list_pages(result: Result) -> Iterator[Attempts]:
    for reader in result.readers:
        for at, seconds, _, refusals in reader.readings:
            yield Attempts("read a page", at, at + seconds, list(refusals))


def _read_attempts(histories: Path) -> Iterator[Attempts]:
    for file in histories.glob("client-*.jsonl"):
        name, start, refusals = "", 0.0, list[tuple[float, str]]()
        for line in map(json.loads, file.read_text().splitlines()):
            match line["event"]:
                case "sending":
                    name, start, refusals = line["kind"], line["at"], []
                case "reply_lost":
                    refusals.append((line["at"], line["why"]))
                case "answered":
                    yield Attempts(name, start, line["at"], refusals)


def _read_request_times(log: Path) -> list[float]:
    return [
        datetime.fromisoformat(line["timestamp"]).timestamp()
        for line in _read_log(log)
        if line["event"] == "request"
    ]


def _read_log(file: Path) -> Iterator[dict[str, Any]]:
    for line in file.read_text().splitlines():
        with suppress(ValueError):
            yield json.loads(line)
