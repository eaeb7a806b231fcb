"""The officers of cases: assigning, taking over, and covering for somebody away."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlmodel import col, func, select

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.cases.service import find_case, is_open
from server.cases.tables import Case, Cover
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, invalid_field, not_found
from server.messages.service import send_message
from server.people.tables import Person
from shared.accounts import Staff
from shared.caseload import CoverIn, CoverRow, OfficerRow
from shared.places import Place, PlaceKind
from shared.problems import ProblemCode
from shared.values.days import format_day, london_day


def list_officers(tx: Transaction, actor: Actor) -> list[OfficerRow]:
    """List the officers who can sign in, by surname, with their covers now or later."""
    today = london_day(tx.now)
    officers = tx.session.exec(
        select(Account)
        .where(Account.staff == Staff.OFFICER, col(Account.disabled_at).is_(None))
        .order_by(col(Account.last_name), col(Account.first_name), col(Account.id))
    ).all()
    counts = dict(
        tx.session.exec(
            select(Case.officer_id, func.count())
            .where(col(Case.officer_id).is_not(None), is_open(today))
            .group_by(col(Case.officer_id))
        ).all()
    )
    covers = _covers_from(tx, today)
    return [
        OfficerRow(
            id=officer.id,
            name=officer.name,
            you=officer.id == actor.account_id,
            cases=counts.get(officer.id, 0),
            covers=covers[officer.id],
        )
        for officer in officers
    ]


def _covers_from(tx: Transaction, today: date) -> Mapping[UUID, list[CoverRow]]:
    """Return the covers now or later, by the officer who is away."""
    rows = tx.session.exec(
        select(Cover, Account)
        .join(Account, col(Account.id) == col(Cover.cover_id))
        .where(col(Cover.ended_at).is_(None), col(Cover.until_on) >= today)
        .order_by(col(Cover.from_on), col(Cover.id))
    )
    covers: defaultdict[UUID, list[CoverRow]] = defaultdict(list)
    for cover, account in rows:
        days = {"from_on": cover.from_on, "until_on": cover.until_on}
        row = CoverRow(id=cover.id, cover=account.id, name=account.name, **days)
        covers[cover.officer_id].append(row)
    return covers


def find_officer(tx: Transaction, account: UUID) -> Account:
    """Return an officer who can sign in; raises NOT_FOUND."""
    officer = tx.session.get(Account, account)
    if officer is None or officer.staff != Staff.OFFICER or officer.disabled_at is not None:
        raise not_found()
    return officer


def take_on(tx: Transaction, actor: Actor, case_id: UUID) -> None:
    """Assign a case to the actor, even if another officer has it; raises NOT_FOUND."""
    _set_officer(tx, actor, find_case(tx, actor, case_id), actor.account_id)


def assign(tx: Transaction, actor: Actor, case_id: UUID, account: UUID) -> None:
    """Assign a case to an officer, even if another one has it; raises NOT_FOUND."""
    case = find_case(tx, actor, case_id)
    _set_officer(tx, actor, case, find_officer(tx, account).id)


def assignment_recipients(actor: Actor, case: Case, officer: UUID) -> set[UUID]:
    """Return who gets a message if a case is assigned: its officers then and now, not the actor."""
    if case.officer_id == officer:
        return set()
    return {id for id in (officer, case.officer_id) if id is not None} - {actor.account_id}


def _set_officer(tx: Transaction, actor: Actor, case: Case, officer: UUID) -> None:
    """Assign a case, and send a message to its officers before and now, except to the actor."""
    previous = case.officer_id
    if previous == officer:
        return
    case.officer_id = officer
    tx.session.add(case)
    name = tx.session.get_one(Person, case.person_id).name
    if officer == actor.account_id:
        actor.record(tx, Action.CASE_TAKEN, subject=case.id, person=case.person_id)
    else:
        actor.record(tx, Action.CASE_ASSIGNED, subject=case.id, to=officer, person=case.person_id)
        text = f"{actor.name} assigned the case of {name} to you."
        _send(tx, case, officer, "A case was assigned to you", text)
    if previous is not None and previous != actor.account_id:
        new = tx.session.get_one(Account, officer).name
        _send(
            tx, case, previous, "Someone else has your case now", f"{new} has the case of {name}."
        )


def _send(tx: Transaction, case: Case, account: UUID, subject: str, body: str) -> None:
    send_message(
        tx,
        to_account=account,
        subject=subject,
        body=body,
        person=case.person_id,
        place=PlaceKind.CASE.of(case.id),
        place_label="Open the case",
    )


def set_cover(tx: Transaction, actor: Actor, new: CoverIn) -> None:
    """Let an officer cover for another one, who both get a message; idempotent by its id.

    Raises NOT_FOUND, INVALID for days in the past or out of order, and CONFLICT if the id belongs
    to another cover.
    """
    existing = tx.session.get(Cover, new.id)
    if existing is not None:
        if (existing.officer_id, existing.cover_id) != (new.officer, new.cover):
            raise PortalProblem(ProblemCode.CONFLICT, "Another cover was set under this id.")
        return
    officer, cover = find_officer(tx, new.officer), find_officer(tx, new.cover)
    if officer.id == cover.id:
        raise invalid_field("/cover", "Choose somebody else: nobody covers for themselves.")
    if new.until_on < max(new.from_on, london_day(tx.now)):
        raise invalid_field("/until_on", "The last day must not be past, nor before the first.")
    tx.session.add(
        Cover(
            **new.model_dump(exclude={"officer", "cover"}),
            officer_id=officer.id,
            cover_id=cover.id,
            set_by=actor.account_id,
            set_at=tx.now,
        )
    )
    actor.record(tx, Action.COVER_SET, subject=officer.id, to=cover.id)
    _notify_cover(tx, actor, officer, cover, new)


def _notify_cover(
    tx: Transaction, actor: Actor, officer: Account, cover: Account, new: CoverIn
) -> None:
    """Send both a message about a cover, except to the actor."""
    days = f"from {format_day(new.from_on)} until {format_day(new.until_on)}"
    texts = {
        cover.id: f"You cover for {officer.name} {days}. Their cases are under Mine meanwhile.",
        officer.id: f"{cover.name} covers for you {days}.",
    }
    for account, text in texts.items():
        if account != actor.account_id:
            send_message(
                tx,
                to_account=account,
                subject="Cover for an officer who is away",
                body=text,
                place=Place(PlaceKind.CASES),
                place_label="Open the cases",
            )


def end_cover(tx: Transaction, actor: Actor, cover_id: UUID) -> None:
    """End a cover today; idempotent. Raises NOT_FOUND."""
    cover = tx.session.get(Cover, cover_id, with_for_update=True)
    if cover is None:
        raise not_found()
    if cover.ended_at is None:
        cover.ended_at = tx.now
        tx.session.add(cover)
        actor.record(tx, Action.COVER_ENDED, subject=cover.officer_id, to=cover.cover_id)
