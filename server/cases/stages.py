"""The four stages of a case on the timeline, as the events went."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from server.cases.service import past_events
from server.cases.tables import CaseEvent
from shared.cases.clock import Periods
from shared.cases.deadlines import DeadlineKind, compute_deadlines
from shared.cases.states import STAGE_OF, CaseState, Stage, StageOut

K = DeadlineKind

STAGE_DEADLINES: dict[Stage, dict[DeadlineKind, str]] = {
    Stage.REQUEST: {},
    Stage.ASSESSMENT: {K.DECIDE: "decision"},
    Stage.PLAN: {
        K.RECONSIDER: "decision",
        K.NO_PLAN: "decision",
        K.DRAFT: "draft",
        K.FINAL: "final",
        K.AMENDED_FINAL: "final",
    },
    Stage.REVIEWS: {},
}
"""The deadlines by which a stage is reached or, of the plan, is over, and what is due then."""


def stages_of(events: Sequence[CaseEvent], periods: Periods) -> list[StageOut]:
    """Return the stages with the day each was last reached, or the deadline that runs for it.

    A reassessment or an order takes a case back to an earlier stage; later ones are then to come.
    A case that is transferred to another authority stays at its stage.
    """
    stages = list(Stage)
    moves = [event for event in events if event.state != CaseState.TRANSFERRED_OUT]
    current = stages.index(STAGE_OF[CaseState(moves[-1].state)]) if moves else 0
    due = {item.kind: item.due for item in compute_deadlines(past_events(events), periods)}
    rows = []
    for index, stage in enumerate(stages):
        running = [
            (due[kind], what) for kind, what in STAGE_DEADLINES[stage].items() if kind in due
        ]
        is_to_come = index > current or (index == current and stage is Stage.PLAN)
        due_on, what = min(running) if running and is_to_come else (None, "")
        rows.append(
            StageOut(
                stage=stage,
                reached_on=_last_entry(stage, moves) if index <= current else None,
                due=due_on,
                what=what,
                current=index == current,
                done=index < current,
            )
        )
    return rows


def _last_entry(stage: Stage, events: Sequence[CaseEvent]) -> date | None:
    """Return the day on which a case last came to a stage."""
    stages = [None, *(STAGE_OF[CaseState(event.state)] for event in events)]
    entries = [
        event.on
        for event, (before, after) in zip(events, pairwise(stages), strict=True)
        if after is stage and before is not stage
    ]
    return entries[-1] if entries else None
