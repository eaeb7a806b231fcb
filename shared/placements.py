"""Wire types of placements: consulting settings, the family's request, the placement in the plan.

Sources: the Children and Families Act 2014 (CFA), sections 38 to 40, and the SEND Code of
Practice, paragraph 9.83.
"""

from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from shared.cases.clock import STATUTORY_PERIODS, Periods
from shared.cases.states import CaseState
from shared.organisations import OrganisationRow
from shared.values.days import format_day
from shared.values.lines import SafeLine
from shared.values.sending import Confirmed, NewId

Words = Annotated[str, Field(max_length=5000)]
Name = Annotated[str, Field(max_length=200)]
Code = Annotated[str, Field(max_length=20)]

PLACING_STATES = frozenset(
    {
        CaseState.DRAFT_PLAN,
        CaseState.REPRESENTATIONS,
        CaseState.FINAL_PLAN,
        CaseState.REVIEW_DUE,
        CaseState.MEETING,
        CaseState.MAINTAINED,
        CaseState.AMENDING,
        CaseState.REASSESSING,
    }
)
"""States in which settings are consulted and a placement is named: a plan exists or is drafted."""
RANKS = {1: "first placement", 2: "second placement", 3: "third placement"}
"""The words for the ranks of placements in a plan; above them the number is named."""
NO_NAME_IN_DRAFT = (
    "Name the placement when the final plan is about to be issued; the draft names no school and "
    "no type (CFA s.38(5))."
)
NO_DRAFT_SENT = (
    "The draft plan is not sent to the family yet. Settings are consulted with it, and get a copy "
    "(CFA s.38 and 39)."
)
NOT_YET = "Settings are consulted, and a placement is named, from the draft plan on."


class RefusalGround(StrEnum):
    """The grounds on which a requested setting may be refused (CFA s.39(4))."""

    UNSUITABLE = "unsuitable"
    OTHERS = "others"
    RESOURCES = "resources"


REFUSAL_GROUNDS: dict[RefusalGround, str] = {
    RefusalGround.UNSUITABLE: "Unsuitable for the age, ability, aptitude or SEN",
    RefusalGround.OTHERS: "Incompatible with the efficient education of others",
    RefusalGround.RESOURCES: "Incompatible with the efficient use of resources",
}


class SettingKind(StrEnum):
    """The kinds of setting that a family may request (CFA s.38(3)), and any other."""

    MAINTAINED_SCHOOL = "maintained_school"
    MAINTAINED_NURSERY = "maintained_nursery"
    ACADEMY = "academy"
    FURTHER_EDUCATION = "further_education"
    NON_MAINTAINED_SPECIAL = "non_maintained_special"
    SECTION_41 = "section_41"
    OTHER = "other"


SETTING_KINDS: dict[SettingKind, str] = {
    SettingKind.MAINTAINED_SCHOOL: "Maintained school",
    SettingKind.MAINTAINED_NURSERY: "Maintained nursery school",
    SettingKind.ACADEMY: "Academy",
    SettingKind.FURTHER_EDUCATION: "Further education institution",
    SettingKind.NON_MAINTAINED_SPECIAL: "Non-maintained special school",
    SettingKind.SECTION_41: "Approved under section 41",
    SettingKind.OTHER: "Another kind, without a right to it under section 38",
}


class Reply(StrEnum):
    """A setting's reply."""

    YES = "yes"
    NO = "no"


def consultation_due(asked_on: date, periods: Periods = STATUTORY_PERIODS) -> date:
    """Return the day by which a setting should reply: 15 days (Code 9.83)."""
    return asked_on + timedelta(days=periods.consultation)


class SettingRow(OrganisationRow):
    """An organisation that may be consulted; `email` is the address used for it last, or ''."""

    email: SafeLine = ""
    kind: SettingKind | None = None
    """The kind that the register of schools tells, if it does."""


class ConsultSetting(BaseModel):
    """One setting to consult; without an email address the letter goes by post.

    One that is not in the list has no organisation, but a name and an address, whose lines end in
    commas. `on` is the day on which it was asked, by default today; the portal emails none that was
    asked before today.
    """

    id: NewId
    organisation: UUID | None = None
    name: Name = ""
    address: Name = ""
    email: Name = ""
    on: date | None = None


class ConsultIn(BaseModel):
    """Settings to consult together."""

    settings: Annotated[list[ConsultSetting], Field(min_length=1, max_length=30)]


class ReplyIn(BaseModel):
    """A setting's reply; a no needs its ground."""

    reply: Reply
    ground: RefusalGround | None = None
    on: date
    words: Words = ""


class FamilyRequestIn(BaseModel):
    """The family's request for a setting (CFA s.38)."""

    kind: SettingKind
    name: Name
    organisation: UUID | None = None
    on: date


class RequestDecisionIn(BaseModel):
    """The authority's answer to the family's request; refusing needs its ground (CFA s.39(4))."""

    agreed: bool
    ground: RefusalGround | None = None
    on: date
    reason: Words = ""


class PlacementIn(BaseModel):
    """A setting, or a type of setting, named in section I of the plan."""

    name: Name
    organisation: UUID | None = None
    urn: Code = ""
    ukprn: Code = ""
    setting: Code = ""
    """The code of a setting without a URN or UKPRN, such as education otherwise."""
    rank: Annotated[int, Field(ge=1, le=9)] = 1
    sen_unit: bool = False
    resourced: bool = False
    residential_weeks: Annotated[int, Field(ge=0, le=52)] = 0
    starts_on: date
    ends_on: date | None = None


class PlacementSave(PlacementIn):
    """A placement to be saved; with `confirmed`, its warnings were read."""

    confirmed: Confirmed = False


class ConsultationOut(BaseModel):
    """A consultation of a setting, and its reply."""

    id: UUID
    version: int
    reference: str
    organisation_id: UUID | None = None
    name: SafeLine
    address: SafeLine = ""
    """The address that was typed for a setting that is not in the list."""
    email: SafeLine
    has_letter: bool = False
    """Whether its letter was made, which goes by post."""
    asked_on: date
    due_on: date
    due_words: str
    chased_on: date | None
    chases: int
    reply: Reply | None
    ground: RefusalGround | None
    replied_on: date | None
    words: str
    chase_text: str
    """The letter that chases it, as it is emailed or to be printed."""


class FamilyRequestOut(BaseModel):
    """The family's request for a setting, and the authority's answer."""

    id: UUID
    version: int
    kind: SettingKind
    organisation_id: UUID | None = None
    name: SafeLine
    on: date
    agreed: bool | None
    ground: RefusalGround | None
    decided_on: date | None
    reason: str


class PlacementOut(PlacementIn):
    """A placement named in the plan."""

    id: UUID
    version: int
    name: SafeLine


def placement_text(row: PlacementIn, settings: dict[str, str]) -> str:
    """Return what a plan says of a placement, but for its name and days."""
    weeks = row.residential_weeks
    details = (
        RANKS.get(row.rank, f"{row.rank}th placement"),
        f"URN {row.urn}" if row.urn else "",
        f"UKPRN {row.ukprn}" if row.ukprn else "",
        settings.get(row.setting, row.setting),
        "SEN unit" if row.sen_unit else "",
        "resourced provision" if row.resourced else "",
        f"residential, {weeks} weeks a year" if weeks else "",
    )
    return " · ".join(filter(None, details))


def placement_days(row: PlacementIn) -> str:
    """Return from and until when a placement is."""
    until = f" until {format_day(row.ends_on)}" if row.ends_on else ""
    return f"from {format_day(row.starts_on)}{until}"


class PlacementsOut(BaseModel):
    """All about settings and placement of one case."""

    case: UUID
    child: SafeLine
    born: date
    open: bool
    """Whether settings may be consulted and a placement named now."""
    warnings: list[str]
    consultations: list[ConsultationOut]
    requests: list[FamilyRequestOut]
    placements: list[PlacementOut]
    settings: dict[str, str]
    """The codes of settings without a URN or UKPRN, and their names."""
