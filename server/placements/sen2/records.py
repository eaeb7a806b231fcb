"""Reading all that the SEN2 return needs of cases, in a few statements for all of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel, col, or_, select

from server.cases.tables import Case, CaseEvent, Exemption
from server.core.database import Transaction
from server.forms.tables import StoredAnswer, Submission, SubmissionVersion
from server.people.tables import Person
from server.placements.sen2.journey import Journey, follow
from server.placements.sen2.specification import Specification, specification
from server.placements.tables import Placement, Sen2Answer
from shared.cases.deadlines import REQUESTS, DeadlineKind
from shared.cases.states import CaseState

BATCH = 500
"""Cases that are read together: databases limit the parameters of a statement."""
NEED_FIELDS = {"primary_need": "need_1", "secondary_need": "need_2"}
"""The fields of forms that answer a field of the return."""

Row = TypeVar("Row", bound=SQLModel)


@dataclass
class Record:
    """One case as the return sees it on a day."""

    case: Case
    person: Person
    journey: Journey
    reference: str
    """The reference of the newest form of the case, by which officers find it, or its id."""
    entered: dict[str, str]
    derived: dict[str, str]
    placements: list[Placement] = field(default_factory=list)
    excepted: bool = False

    def answer(self, name: str) -> str:
        """Return what was entered, else what is derived, or ''."""
        return self.entered.get(name) or self.derived.get(name, "")


def period_start(census: date) -> date:
    """Return the first day of the period that a census is about: the calendar year before it."""
    return date(census.year - 1, 1, 1)


def read_records(tx: Transaction, census: date) -> list[Record]:
    """Read the cases of a census: received by then, and not ended before the period."""
    ended_within = sa.exists().where(
        col(CaseEvent.case_id) == col(Case.id),
        col(CaseEvent.on) >= period_start(census),
        col(CaseEvent.removed_at).is_(None),
    )
    query = (
        select(Case.id)
        .where(
            Case.state != CaseState.JOINED,
            col(Case.received_on) <= census,
            or_(col(Case.closed).is_(False), ended_within),
        )
        .order_by(col(Case.person_id), col(Case.received_on), col(Case.id))
    )
    ids = tx.session.exec(query).all()
    batches = (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))
    return [record for batch in batches for record in read_cases(tx, batch, census)]


def read_cases(tx: Transaction, ids: Sequence[UUID], census: date) -> list[Record]:
    """Read some cases, in their order."""
    spec = specification()
    cases = {case.id: case for case in tx.session.exec(select(Case).where(col(Case.id).in_(ids)))}
    people = _people(tx, {case.person_id for case in cases.values()})
    events = _events(tx, ids, census)
    entered = _entered(tx, cases.values(), spec)
    forms = _forms(tx, ids)
    derived = _derived(tx, forms, spec)
    placements = _by_case(tx.session.exec(select(Placement).where(col(Placement.case_id).in_(ids))))
    excepted = _excepted(tx, ids)

    def build(id: UUID) -> Record:
        person = people[cases[id].person_id]
        journey = follow(events[id], spec, period_start(census))
        references = [form.reference for form in forms[id] if form.reference]
        of_child = {"sex": spec.sex_of_gender.get(person.gender, ""), "upn": person.upn}
        return Record(
            case=cases[id],
            person=person,
            journey=journey,
            reference=references[-1] if references else str(id),
            entered=entered[id],
            derived=derived[id] | of_child | {"cease_reason": journey.cease_reason},
            placements=sorted(placements[id], key=lambda row: (row.rank, row.starts_on)),
            excepted=id in excepted,
        )

    return [build(id) for id in ids]


def _events(
    tx: Transaction, ids: Collection[UUID], census: date
) -> defaultdict[UUID, list[CaseEvent]]:
    """Return by case its events of the census day or before, oldest first."""
    query = select(CaseEvent).where(
        col(CaseEvent.case_id).in_(ids),
        col(CaseEvent.on) <= census,
        col(CaseEvent.removed_at).is_(None),
    )
    return _by_case(tx.session.exec(query.order_by(col(CaseEvent.id))))


def _forms(tx: Transaction, ids: Collection[UUID]) -> defaultdict[UUID, list[Submission]]:
    """Return by case its submitted forms, oldest first."""
    query = select(Submission).where(
        col(Submission.case_id).in_(ids), col(Submission.submitted_at).is_not(None)
    )
    return _by_case(tx.session.exec(query.order_by(col(Submission.submitted_at))))


def _excepted(tx: Transaction, ids: Collection[UUID]) -> set[UUID]:
    """Return the cases with an exemption from the 20 weeks of their request."""
    query = (
        select(Exemption.case_id)
        .join(CaseEvent, col(CaseEvent.id) == col(Exemption.started_by))
        .where(
            col(Exemption.case_id).in_(ids),
            Exemption.clock == DeadlineKind.FINAL,
            col(CaseEvent.kind).in_(REQUESTS),
            col(Exemption.removed_at).is_(None),
        )
    )
    return set(tx.session.exec(query))


def _people(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, Person]:
    people = tx.session.exec(select(Person).where(col(Person.id).in_(ids)))
    return {person.id: person for person in people}


def _by_case(rows: Iterable[Row]) -> defaultdict[UUID, list[Row]]:
    groups: defaultdict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.case_id].append(row)  # type: ignore[attr-defined]  # each table passed has it
    return groups


def _entered(
    tx: Transaction, cases: Collection[Case], spec: Specification
) -> dict[UUID, dict[str, str]]:
    """Return what was entered, by case: of details of the child the newest in any of its cases."""
    query = (
        select(Sen2Answer, Case.person_id)
        .join(Case, col(Case.id) == col(Sen2Answer.case_id))
        .where(col(Case.person_id).in_({case.person_id for case in cases}))
        .order_by(col(Sen2Answer.at))
    )
    of_child: defaultdict[UUID, dict[str, str]] = defaultdict(dict)
    of_case: defaultdict[UUID, dict[str, str]] = defaultdict(dict)
    for answer, person in tx.session.execute(query):
        field_of = spec.answers.get(answer.field)
        if field_of is not None and field_of.of == "child":
            of_child[person][answer.field] = answer.value
        else:
            of_case[answer.case_id][answer.field] = answer.value
    return {case.id: of_case[case.id] | of_child[case.person_id] for case in cases}


def _derived(
    tx: Transaction, forms: defaultdict[UUID, list[Submission]], spec: Specification
) -> defaultdict[UUID, dict[str, str]]:
    """Return by case what its forms say: the source of the request, and needs."""
    derived: defaultdict[UUID, dict[str, str]] = defaultdict(dict)
    case_of = {form.id: case for case, rows in forms.items() for form in rows}
    roles = select(SubmissionVersion.submission_id, SubmissionVersion.work_details).where(
        col(SubmissionVersion.submission_id).in_([rows[0].id for rows in forms.values()])
    )
    role_of = {id: str((work or {}).get("role", "")) for id, work in tx.session.execute(roles)}
    for case, rows in forms.items():
        first = rows[0]
        derived[case]["source"] = spec.source_of_form.get(
            first.form, ""
        ) or spec.source_of_role.get(role_of.get(first.id, ""), "")
    answers = (
        sa.select(
            col(StoredAnswer.submission_id), col(StoredAnswer.field), col(StoredAnswer.answer)
        )
        .join(Submission, col(Submission.id) == col(StoredAnswer.submission_id))
        .where(
            col(StoredAnswer.submission_id).in_(list(case_of)),
            col(StoredAnswer.field).in_(list(NEED_FIELDS)),
        )
        .order_by(col(Submission.submitted_at))
    )
    for submission, name, value in tx.session.execute(answers):
        derived[case_of[submission]][NEED_FIELDS[name]] = str(value).upper()
    return derived
