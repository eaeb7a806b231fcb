"""Simulates power cuts at points of a recording and sums up the findings."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from tests.powercut.checks import Findings, Ledger
from tests.powercut.disk import Disk, Selector, select_all, select_none, select_random
from tests.powercut.events import Event, Replay, SyncBegun, SyncEnded
from tests.powercut.recording import Recording
from tests.powercut.writes import LogEntry

FAILURES_KEPT = 5


@dataclass(frozen=True)
class Cut:
    """Files after one power cut, and the findings; `after` is the events before the cut."""

    number: int
    after: int
    files: dict[str, bytes]
    findings: Findings


@dataclass
class Totals:
    """Totals over all images."""

    images: int = 0
    syncs: int = 0
    checked: int = 0
    lost: int = 0
    databases: int = 0
    documents: int = 0
    failed: list[Cut] = field(default_factory=list)
    """The first failed images, up to `FAILURES_KEPT`."""

    def add(self, cut: Cut) -> None:
        """Add one image."""
        findings = cut.findings
        self.images += 1
        self.checked += findings.checked
        self.lost += len(findings.lost)
        self.databases += bool(findings.database)
        self.documents += len(findings.documents)
        if findings.lines() and len(self.failed) < FAILURES_KEPT:
            self.failed.append(cut)


def examine(recording: Recording, images: int, seed: int) -> Totals:
    """Check the files left by each of a number of power cuts."""
    totals = Totals(syncs=sum(isinstance(event, SyncBegun) for event in recording.events))
    for cut in cuts(recording, images, Random(seed)):
        totals.add(cut)
    return totals


def cuts(recording: Recording, images: int, rng: Random) -> Iterator[Cut]:
    """Yield the images in the order of the recording."""
    replay, ledger, number = Replay(Disk(recording.before)), Ledger(), 0
    places = Counter(_places(recording.events, images, rng))
    for index, event in enumerate(recording.events):
        replay.apply(event)
        if isinstance(event, LogEntry):
            ledger.add(event)
        for _ in range(places[index]):
            number += 1
            files = replay.disk.image(_selector(event, rng))
            yield Cut(number, index + 1, files, ledger.check(files))


def _places(events: Sequence[Event], images: int, rng: Random) -> list[int]:
    """Choose where to cut: during and after syncs, after replies, and at random."""
    critical = [
        index
        for index, event in enumerate(events)
        if isinstance(event, SyncBegun | SyncEnded)
        or (isinstance(event, LogEntry) and event.acknowledged)
    ]
    critical = rng.sample(critical, min(len(critical), images * 3 // 4))
    return critical + rng.choices(range(len(events)), k=images - len(critical))


def _selector(event: Event, rng: Random) -> Selector:
    """Choose the pending changes that survive; none right after a reply."""
    if isinstance(event, LogEntry):
        return select_none
    return rng.choices((select_none, select_all, select_random(rng)), weights=(1, 1, 4))[0]
