"""The child's school follows the placement that a plan names, from the day on which it begins."""

from datetime import date
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement
from sqlmodel import col, exists, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from server.accounts.actor import Actor
from server.cases.tables import Case
from server.core.audit import Action, record
from server.core.database import Services, Transaction
from server.core.logs import REPORT_LINE
from server.core.repeat import repeat
from server.forms.access import lock_forms
from server.people.service import change_person
from server.people.tables import Person, PersonCorrection
from server.placements.tables import Consultation, Placement
from shared.cases.state_sets import WITH_PLAN
from shared.people import PersonIn
from shared.values.days import london_day

CHECK_SECONDS = 3600
IS_SETTING = or_(
    col(Placement.organisation_id).is_not(None),
    col(Placement.urn) != "",
    col(Placement.ukprn) != "",
    exists().where(
        col(Consultation.case_id) == col(Placement.case_id),
        col(Consultation.name) == col(Placement.name),
    ),
)
"""Whether a placement names a setting, and not only a type: it is known, or was consulted."""

log = structlog.get_logger()


async def run_schools(services: Services) -> None:
    """Let schools follow the placements that begin, at the start and every hour until cancelled."""
    await repeat("following placements", CHECK_SECONDS, partial(follow_placements, services))


async def follow_placements(services: Services) -> int:
    """Let the schools of children follow placements that have begun, and return their number."""
    total = 0
    for case in await services.read(_find_begun):
        try:
            total += await services.write(partial(_follow, case))
        except Exception as error:  # noqa: BLE001 - one child must not stop the others
            kind = type(error).__name__
            log.error("school_not_followed", subject=str(case), kind=kind, do=REPORT_LINE)
    if total:
        log.info("schools_followed_placements", cases=total)
    return total


def _find_begun(tx: Transaction) -> list[UUID]:
    """Find the open cases with a placement in force that the school has not followed."""
    today = london_day(tx.now)
    unfollowed = select(Placement.case_id).where(
        *_in_force(today), col(Placement.school_before).is_(None)
    )
    query = _by_precedence(today).where(
        col(Placement.case_id).in_(unfollowed), col(Case.closed).is_(False)
    )
    first: dict[UUID, Placement] = {}
    for row in tx.session.exec(query):
        first.setdefault(row.case_id, row)
    return [id for id, row in first.items() if row.school_before is None]


def _follow(case_id: UUID, tx: Transaction) -> bool:
    """Let a school follow the placement of a case, and return whether it did."""
    lock_child(tx, case_id)
    case = tx.session.get(Case, case_id, with_for_update=True)
    row = _current_placement(tx, case_id)
    if case is None or row is None or row.school_before is not None:
        return False
    if _is_corrected_since(tx, case, row):
        row.school_before = tx.session.get_one(Person, case.person_id).school
        tx.session.add(row)
        return False
    follow_placement(tx, case)
    return True


def _is_corrected_since(tx: Transaction, case: Case, row: Placement) -> bool:
    """Whether the school was corrected since a placement began that was named before."""
    query = select(PersonCorrection).where(
        PersonCorrection.person_id == case.person_id, PersonCorrection.at >= row.at
    )
    return any(
        "school" in item.before and london_day(item.at) >= row.starts_on
        for item in tx.session.exec(query)
    )


def lock_child(tx: Transaction, case_id: UUID) -> None:
    """Lock the child of a case, if there is one, to be changed; always before the case."""
    query = select(Case.person_id).where(Case.id == case_id)
    if (person := tx.session.exec(query).first()) is not None:
        tx.session.get(Person, person, with_for_update=True, populate_existing=True)


def lock_to_undo(tx: Transaction, case_id: UUID) -> None:
    """Lock the child of a case, if there is one, after its forms; both always before the case."""
    query = select(Case.person_id).where(Case.id == case_id)
    if (person := tx.session.exec(query).first()) is not None:
        lock_forms(tx, person)
        lock_child(tx, case_id)


def follow_placement(
    tx: Transaction,
    case: Case,
    actor: Actor | None = None,
    *,
    corrected: Placement | None = None,
    name_before: str = "",
) -> None:
    """Set the school of a locked child to the setting that the plan of a locked case names.

    Each placement is followed once, from its first day, so a school that an officer corrects later
    stays, unless that day is put off. A correction of the placement, which was called
    `name_before`, is followed too.
    """
    tx.session.flush()
    person = tx.session.get_one(Person, case.person_id)
    school, row = person.school, corrected
    if row and row.school_before is not None:
        if school == name_before:
            school, row.school_before = row.school_before, None
        elif row.starts_on > london_day(tx.now):  # it is followed again from its new first day
            row.school_before = None
        tx.session.add(row)
        tx.session.flush()
    if (current := _current_placement(tx, case.id)) and current.school_before is None:
        current.school_before, school, row = school, current.name, current
        tx.session.add(row)
    if row is None or school == person.school:
        return
    _set_school(tx, person, school, row, actor)


def take_back_school(tx: Transaction, case: Case, actor: Actor) -> None:
    """Set the school of a locked child back if the plan of a locked case was undone.

    A school that an officer corrected since stays.
    """
    if case.state in WITH_PLAN:
        return
    followed = select(Placement).where(
        Placement.case_id == case.id, col(Placement.school_before).is_not(None)
    )
    person, last = tx.session.get_one(Person, case.person_id), None
    school = person.school
    for row in tx.session.exec(followed.order_by(col(Placement.starts_on).desc())).all():
        if row.name == school and row.school_before is not None:
            school, row.school_before, last = row.school_before, None, row
            tx.session.add(row)
    if last is not None and school != person.school:
        _set_school(tx, person, school, last, actor)


def _set_school(
    tx: Transaction, person: Person, school: str, row: Placement, actor: Actor | None
) -> None:
    """Set the school of a locked child for a placement, and audit it."""
    details = PersonIn.model_validate(person, from_attributes=True)
    by = actor.account_id if actor else row.edited_by or row.account_id
    change_person(tx, by, person, details.model_copy(update={"school": school}))
    (actor.record if actor else record)(
        tx, Action.SCHOOL_FOLLOWED, subject=row.id, person=person.id
    )


def _current_placement(tx: Transaction, case_id: UUID) -> Placement | None:
    """Return the placement in force today that a plan names first, if it names a setting."""
    query = _by_precedence(london_day(tx.now)).where(Placement.case_id == case_id)
    return tx.session.exec(query.limit(1)).first()


def _by_precedence(today: date) -> SelectOfScalar[Placement]:
    """Select placements in force of plans that are issued, with what a plan names first first."""
    return (
        select(Placement)
        .join(Case, col(Case.id) == col(Placement.case_id))
        .where(*_in_force(today), col(Case.state).in_([state.value for state in WITH_PLAN]))
        .order_by(col(Placement.rank), col(Placement.starts_on).desc(), col(Placement.at).desc())
    )


def _in_force(today: date) -> tuple[ColumnElement[bool], ...]:
    return (
        IS_SETTING,
        col(Placement.starts_on) <= today,
        or_(col(Placement.ends_on).is_(None), col(Placement.ends_on) >= today),
    )
