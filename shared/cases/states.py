"""Stages and states of a case, and the wire types of the progress page."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel

from shared.documents import DocumentOut
from shared.forms.submissions import SubmissionState
from shared.values.lines import SafeLine


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
    """The state of a case; each state belongs to one stage."""

    SUBMITTED = "submitted"
    DECIDING = "deciding"
    RETURNED_FOR_INFO = "returned_for_info"
    WITHDRAWN = "withdrawn"
    JOINED = "joined"
    REFUSED_TO_ASSESS = "refused_to_assess"
    ASSESSING = "assessing"
    REASSESSING = "reassessing"
    NOT_ISSUED = "not_issued"
    DRAFT_PLAN = "draft_plan"
    REPRESENTATIONS = "representations"
    FINAL_PLAN = "final_plan"
    REVIEW_DUE = "review_due"
    MEETING = "meeting"
    MAINTAINED = "maintained"
    AMENDING = "amending"
    CEASE_CONSULTING = "cease_consulting"
    CEASE_NOTICE = "cease_notice"
    CEASED = "ceased"
    TRANSFERRED_OUT = "transferred_out"


STAGE_OF: dict[CaseState, Stage] = {
    CaseState.SUBMITTED: Stage.REQUEST,
    CaseState.DECIDING: Stage.REQUEST,
    CaseState.RETURNED_FOR_INFO: Stage.REQUEST,
    CaseState.WITHDRAWN: Stage.REQUEST,
    CaseState.JOINED: Stage.REQUEST,
    CaseState.REFUSED_TO_ASSESS: Stage.REQUEST,
    CaseState.ASSESSING: Stage.ASSESSMENT,
    CaseState.REASSESSING: Stage.ASSESSMENT,
    CaseState.NOT_ISSUED: Stage.ASSESSMENT,
    CaseState.DRAFT_PLAN: Stage.PLAN,
    CaseState.REPRESENTATIONS: Stage.PLAN,
    CaseState.FINAL_PLAN: Stage.REVIEWS,
    CaseState.REVIEW_DUE: Stage.REVIEWS,
    CaseState.MEETING: Stage.REVIEWS,
    CaseState.MAINTAINED: Stage.REVIEWS,
    CaseState.AMENDING: Stage.REVIEWS,
    CaseState.CEASE_CONSULTING: Stage.REVIEWS,
    CaseState.CEASE_NOTICE: Stage.REVIEWS,
    CaseState.CEASED: Stage.REVIEWS,
    CaseState.TRANSFERRED_OUT: Stage.REVIEWS,
}


def stage_at(place: int) -> Stage:
    """Return the stage of the state that has a place in the order of states."""
    return STAGE_OF[list(CaseState)[place]]


UNDECIDED = frozenset({CaseState.SUBMITTED, CaseState.DECIDING, CaseState.RETURNED_FOR_INFO})
"""States before the authority's decision, in which a request may still be edited."""

ENDED = frozenset(
    {
        CaseState.WITHDRAWN,
        CaseState.JOINED,
        CaseState.REFUSED_TO_ASSESS,
        CaseState.NOT_ISSUED,
        CaseState.CEASED,
        CaseState.TRANSFERRED_OUT,
    }
)
"""States after which a new request opens a new case."""


class StageOut(BaseModel):
    """One stage of the timeline: when it was reached, or what is due and when."""

    stage: Stage
    reached_on: date | None
    due: date | None
    what: str = ""
    current: bool
    done: bool


class FormRow(BaseModel):
    """One row of 'Information we collect at this stage'."""

    submission: UUID
    form: str
    title: str
    state: SubmissionState
    by_you: bool
    by: SafeLine
    started_at: datetime
    submitted_at: datetime | None
    received_on: date | None = None
    """The day that the authority received a request which an officer entered."""
    received_from: SafeLine = ""
    """Who made that request, and how; for officers only."""
    entered_by: SafeLine = ""
    """The officer who entered it; for officers only."""
    reference: str | None
    steps_done: int
    steps: int
    editable: bool
    shared: bool = False
    """Whether a colleague shared the form with the actor."""
    withdrawable: bool = False
    withdrawn: bool = False
    returned: str = ""
    """What the authority reported as missing."""
    due_words: str = ""
    """When the form is due, if the authority requested it."""
    closed: str = ""
    """Why the actor can no longer edit the form, or ''."""


class FormToStart(BaseModel):
    """A form that a professional may start at this stage."""

    form: str
    title: str


class PublishedOut(BaseModel):
    """A document that the authority published to a professional."""

    title: SafeLine
    published_at: datetime
    document: DocumentOut


class ProgressOut(BaseModel):
    """The Statutory Assessment Progress page of a child."""

    person: UUID
    name: SafeLine
    born: date
    state: CaseState | None
    state_words: str
    stages: list[StageOut]
    now_words: str
    due: date | None
    due_words: str
    forms: list[FormRow]
    to_start: list[FormToStart]
    published: list[PublishedOut] = []
