"""Simulation of power cuts at points of a recording, with totals of the findings."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from tests.powercut.checks import Findings, Ledger
from tests.powercut.disk import Disk, Selector, select_all, select_none, select_random
from tests.powercut.events import Event, Replay, SyncBegun, SyncEnded
from tests.powercut.recording import Recording
from tests.powercut.writes import LogEntry

MAX_FAILURES_KEPT = 5


@dataclass(frozen=True)
class Cut:
    """Files left by one power cut, with the findings; `event_count` is the events before it."""

    number: int
    event_count: int
    files: dict[str, bytes]
    findings: Findings


@dataclass
class Totals:
    """Totals over all images."""

    images: int = 0
    syncs: int = 0
    checked_writes: int = 0
    lost_writes: int = 0
    broken_databases: int = 0
    damaged_documents: int = 0
    failed: list[Cut] = field(default_factory=list)
    """The first failed images, up to `MAX_FAILURES_KEPT`."""

    def add(self, cut: Cut) -> None:
        """Add the findings of one image."""
        findings = cut.findings
        self.images += 1
        self.checked_writes += findings.checked_count
        self.lost_writes += len(findings.lost)
        self.broken_databases += bool(findings.database)
        self.damaged_documents += len(findings.documents)
        if findings.lines() and len(self.failed) < MAX_FAILURES_KEPT:
            self.failed.append(cut)


def simulate_cuts(recording: Recording, images: int, seed: int) -> Totals:
    """Simulate `images` power cuts and check the files left by each."""
    totals = Totals(syncs=sum(isinstance(event, SyncBegun) for event in recording.events))
    for cut in generate_cuts(recording, images, Random(seed)):
        totals.add(cut)
    return totals


def generate_cuts(recording: Recording, images: int, rng: Random) -> Iterator[Cut]:
    """Yield power cuts in the order of the recording."""
    replay, ledger, number = Replay(Disk(recording.initial_files)), Ledger(), 0
    cuts_per_event = Counter(_choose_indexes(recording.events, images, rng))
    for index, event in enumerate(recording.events):
        replay.apply(event)
        if isinstance(event, LogEntry):
            ledger.add(event)
        for _ in range(cuts_per_event[index]):
            number += 1
            files = replay.disk.image(_choose_selector(event, rng))
            yield Cut(number, index + 1, files, ledger.check(files))


def _choose_indexes(events: Sequence[Event], images: int, rng: Random) -> list[int]:
    """Choose the events to cut after: syncs, replies, and random ones."""
    critical = [
        index
        for index, event in enumerate(events)
        if isinstance(event, SyncBegun | SyncEnded)
        or (isinstance(event, LogEntry) and event.acknowledged)
    ]
    critical = rng.sample(critical, min(len(critical), images * 3 // 4))
    return critical + rng.choices(range(len(events)), k=images - len(critical))


def _choose_selector(event: Event, rng: Random) -> Selector:
    """Choose which pending changes survive; none do right after a reply."""
    if isinstance(event, LogEntry):
        return select_none
    return rng.choices((select_none, select_all, select_random(rng)), weights=(1, 1, 4))[0]
