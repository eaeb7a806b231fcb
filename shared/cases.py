"""A case: its stages, the states it can stand in, and what the progress page shows."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel

from shared.forms.submissions import SubmissionState


class Stage(StrEnum):
    """The four stages of the timeline, in order."""

    REQUEST = "request"
    ASSESSMENT = "assessment"
    PLAN = "plan"
    REVIEWS = "reviews"


STAGE_LABELS: dict[Stage, str] = {
    Stage.REQUEST: "Request",
    Stage.ASSESSMENT: "Assessment",
    Stage.PLAN: "EHC Plan",
    Stage.REVIEWS: "EHCP Reviews",
}


class CaseState(StrEnum):
    """Where a case stands; each state belongs to one stage."""

    SUBMITTED = "submitted"
    DECIDING = "deciding"
    REFUSED_TO_ASSESS = "refused_to_assess"
    ASSESSING = "assessing"
    NOT_ISSUED = "not_issued"
    DRAFT_PLAN = "draft_plan"
    REPRESENTATIONS = "representations"
    FINAL_PLAN = "final_plan"
    REVIEW_DUE = "review_due"
    CEASED = "ceased"


STAGE_OF: dict[CaseState, Stage] = {
    CaseState.SUBMITTED: Stage.REQUEST,
    CaseState.DECIDING: Stage.REQUEST,
    CaseState.REFUSED_TO_ASSESS: Stage.REQUEST,
    CaseState.ASSESSING: Stage.ASSESSMENT,
    CaseState.NOT_ISSUED: Stage.ASSESSMENT,
    CaseState.DRAFT_PLAN: Stage.PLAN,
    CaseState.REPRESENTATIONS: Stage.PLAN,
    CaseState.FINAL_PLAN: Stage.REVIEWS,
    CaseState.REVIEW_DUE: Stage.REVIEWS,
    CaseState.CEASED: Stage.REVIEWS,
}

UNDECIDED = frozenset({CaseState.SUBMITTED, CaseState.DECIDING})
"""States in which a request may still be edited: the authority has not decided."""

ENDED = frozenset({CaseState.REFUSED_TO_ASSESS, CaseState.NOT_ISSUED, CaseState.CEASED})
"""States after which a new request opens a new case."""


class StageOut(BaseModel):
    """One stage of the timeline: done, current or to come, and its date."""

    stage: Stage
    reached_on: date | None
    due: date | None
    current: bool
    done: bool


class FormRow(BaseModel):
    """One form in 'Information we collect at this stage'."""

    submission: UUID
    form: str
    title: str
    state: SubmissionState
    by_you: bool
    by: str
    started_at: datetime
    submitted_at: datetime | None
    reference: str | None
    steps_done: int
    steps: int
    editable: bool


class FormToStart(BaseModel):
    """A form that the professional may start at this stage."""

    form: str
    title: str


class ProgressOut(BaseModel):
    """All that the Statutory Assessment Progress page shows: one call fills the screen."""

    person: UUID
    name: str
    born: date
    state: CaseState | None
    state_words: str
    stages: list[StageOut]
    now_words: str
    due: date | None
    due_words: str
    forms: list[FormRow]
    to_start: list[FormToStart]
