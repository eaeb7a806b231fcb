"""Wire types of the caseload in figures."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel

from shared.cases.deadlines import DeadlineKind
from shared.cases.states import Stage
from shared.figures.forecast import Outlook, Pace
from shared.figures.suppression import percent
from shared.values.lines import SafeLine

COMPUTED_EVERY = timedelta(minutes=15)
"""How often the server computes the figures."""
WEEK_BANDS = (6, 12, 16, 20)
"""The last week of each band of weeks since a request; one more band has no end."""


class PlanFigures(BaseModel):
    """First plans issued in a period, by whether they came within 20 weeks of the request.

    Those with an exception are counted apart, and so are those after an order of the Tribunal or an
    agreement, which have a period of their own.
    """

    in_time: int = 0
    late: int = 0
    excused_in_time: int = 0
    excused_late: int = 0
    ordered: int = 0

    @property
    def total(self) -> int:
        """All plans."""
        return self.in_time + self.late + self.excused + self.ordered

    @property
    def excused(self) -> int:
        """Plans with an exception."""
        return self.excused_in_time + self.excused_late

    @property
    def share(self) -> str:
        """The share within 20 weeks without exceptions, as the DfE publishes it."""
        return percent(self.in_time, self.in_time + self.late)

    @property
    def share_in_time(self) -> float | None:
        """The same share as a number from 0 to 1; None without such plans."""
        counted = self.in_time + self.late
        return self.in_time / counted if counted else None

    @property
    def share_with_excused(self) -> str:
        """The share within 20 weeks with exceptions."""
        in_time = self.in_time + self.excused_in_time
        return percent(in_time, in_time + self.late + self.excused_late)


class ComingPlans(BaseModel):
    """First plans that are due in a month, by whether they are expected by their deadline.

    `month` is its first day. Those with an exception are not counted.
    """

    month: date
    in_time: int = 0
    late: int = 0

    @property
    def total(self) -> int:
        """All plans."""
        return self.in_time + self.late

    @property
    def share(self) -> str:
        """The share that is expected by the deadline."""
        return percent(self.in_time, self.total)

    @property
    def share_in_time(self) -> float | None:
        """The same share as a number from 0 to 1; None without such plans."""
        return self.in_time / self.total if self.total else None


class AdviceFigures(BaseModel):
    """Advice by its form: how much is awaited and late now, and how long it usually takes."""

    form: str
    title: SafeLine
    awaited: int = 0
    late: int = 0
    pace: Pace


class OfficerFigures(BaseModel):
    """The open cases of an officer, or of nobody."""

    id: UUID | None
    name: SafeLine = ""
    cases: int
    late: int


class Figures(BaseModel):
    """The caseload in figures, as computed at one time.

    `weeks` are cases on the way to a first plan, by `WEEK_BANDS`. `months` are first plans by month
    of the year. `late` are the authority's deadlines: a case may have several. `coming` are plans
    whose deadline has not passed, from this month on; a server of the version before has none.
    """

    year: int
    stages: dict[Stage, int]
    weeks: list[int]
    plans: PlanFigures
    months: list[PlanFigures]
    late_cases: int
    late: dict[DeadlineKind, int]
    advice: list[AdviceFigures]
    after_advice: Pace
    outlook: dict[Outlook, int]
    coming: list[ComingPlans] = []
    undecided: int
    ordered: int
    officers: list[OfficerFigures]


class FiguresOut(BaseModel):
    """The figures and their time, or neither if they were not computed yet."""

    computed_at: datetime | None = None
    figures: Figures | None = None


class FileKind(StrEnum):
    """The kind of a file of figures."""

    CSV = "csv"
    PDF = "pdf"
