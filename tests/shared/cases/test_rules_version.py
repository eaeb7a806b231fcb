"""A changed rule raises RULES_VERSION, so that servers compute stored deadlines again."""

from datetime import date, timedelta
from hashlib import sha256
from itertools import count

from shared.cases.deadlines import RULES_VERSION, compute_deadlines
from shared.cases.events import CaseStatus, EventKind, PastEvent
from shared.cases.machine import STARTING_EVENTS, allowed_events, apply_event

FIRST_DAY = date(2026, 3, 2)
EXPECTED = (4, "8259a7e4cf06791b")
"""The version of the rules, and the digest of the deadlines by them."""


def shortest_sequences() -> list[list[EventKind]]:
    """Return a shortest sequence of events to each status, with each event that is allowed then."""
    sequences: list[list[EventKind]] = []
    seen: set[CaseStatus] = set()
    queue = [([kind], apply_event(None, kind)) for kind in sorted(STARTING_EVENTS)]
    for kinds, status in queue:
        sequences.append(kinds)
        if status not in seen:
            seen.add(status)
            queue += [
                ([*kinds, kind], apply_event(status, kind))
                for kind in sorted(allowed_events(status))
            ]
    return sequences


def test_changed_deadlines_come_with_a_new_version_of_the_rules() -> None:
    digest = sha256()
    for kinds in shortest_sequences():
        days = (FIRST_DAY + timedelta(days=10 * index) for index in count())
        events = [PastEvent(kind, on, on) for kind, on in zip(kinds, days, strict=False)]
        digest.update(repr([(str(d.kind), d.due) for d in compute_deadlines(events)]).encode())
    actual = (RULES_VERSION, digest.hexdigest()[:16])
    assert actual == EXPECTED, (
        "The rules of deadlines have changed: raise RULES_VERSION in shared/cases/deadlines.py, "
        f"and expect {actual} here. If only further events became possible, expect it as it is."
    )
