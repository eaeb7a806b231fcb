"""The child's school follows the placement that a plan names, from the day on which it begins."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

import structlog
from sqlmodel import and_, col, exists, or_, select

from server.accounts.actor import Actor
from server.cases.tables import Case
from server.core.audit import Action, record
from server.core.database import Services, Transaction
from server.core.repeat import repeat
from server.people.service import change_person
from server.people.tables import Person
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
    cases = await services.read(_find_begun)
    for case in cases:
        await services.write(partial(_follow, case))
    if cases:
        log.info("schools_followed_placements", cases=len(cases))
    return len(cases)


def _find_begun(tx: Transaction) -> Sequence[UUID]:
    """Find the cases with a placement that has begun and that the school has not followed."""
    query = select(Placement.case_id).where(
        IS_SETTING,
        col(Placement.school_before).is_(None),
        col(Placement.starts_on) <= london_day(tx.now),
        col(Placement.case_id).in_(
            select(Case.id).where(
                col(Case.closed).is_(False),
                col(Case.state).in_([state.value for state in WITH_PLAN]),
            )
        ),
    )
    ids = tx.session.exec(query.distinct()).all()
    current = {id: _current_placement(tx, id) for id in ids}
    return [id for id, row in current.items() if row and row.school_before is None]


def _follow(case_id: UUID, tx: Transaction) -> None:
    lock_child(tx, case_id)
    case = tx.session.get(Case, case_id, with_for_update=True)
    if case is not None:
        follow_placement(tx, case)


def lock_child(tx: Transaction, case_id: UUID) -> None:
    """Lock the child of a case, if there is one, to be changed; always before the case."""
    query = select(Case.person_id).where(Case.id == case_id)
    if (person := tx.session.exec(query).first()) is not None:
        tx.session.get(Person, person, with_for_update=True, populate_existing=True)


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
    stays. A correction of the placement, which was called `name_before`, is followed too.
    """
    tx.session.flush()
    person = tx.session.get_one(Person, case.person_id)
    school, row = person.school, corrected
    if row and row.school_before is not None and school == name_before:
        school, row.school_before = row.school_before, None
        tx.session.add(row)
        tx.session.flush()
    if (current := _current_placement(tx, case.id)) and current.school_before is None:
        current.school_before, school, row = school, current.name, current
        tx.session.add(row)
    if row is None or school == person.school:
        return
    details = PersonIn.model_validate(person, from_attributes=True)
    by = actor.account_id if actor else row.edited_by or row.account_id
    change_person(tx, by, person, details.model_copy(update={"school": school}))
    (actor.record if actor else record)(
        tx, Action.SCHOOL_FOLLOWED, subject=row.id, person=person.id
    )


def _current_placement(tx: Transaction, case_id: UUID) -> Placement | None:
    """Return the placement in force today that a plan names first, if it names a setting."""
    today = london_day(tx.now)
    query = (
        select(Placement)
        .join(Case, col(Case.id) == col(Placement.case_id))
        .where(
            and_(Placement.case_id == case_id, IS_SETTING, Placement.starts_on <= today),
            or_(col(Placement.ends_on).is_(None), col(Placement.ends_on) >= today),
            col(Case.state).in_([state.value for state in WITH_PLAN]),
        )
        .order_by(col(Placement.rank), col(Placement.starts_on).desc(), col(Placement.at).desc())
    )
    return tx.session.exec(query.limit(1)).first()
