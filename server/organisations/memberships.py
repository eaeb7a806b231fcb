"""Memberships to be confirmed or refused, by colleagues and by officers."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, func, select
from sqlmodel.sql.expression import Select, SelectOfScalar

from server.accounts.account import work_out
from server.accounts.actor import Actor
from server.accounts.organisations import confirm, end_membership, organisation_out
from server.accounts.tables import (
    ADDED_SETTING,
    Account,
    Organisation,
    WorkDetailsRow,
    fold_organisation,
)
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, not_found
from server.messages.service import send_message
from shared.accounts import ProfessionalRole
from shared.organisations import Confirmation, ConfirmIn, MembershipRequest, MembershipRequests
from shared.places import PlaceKind
from shared.problems import ProblemCode

MAX_ROWS = 100
SETTING_ROLES = {
    ProfessionalRole.SENCO,
    ProfessionalRole.HEAD,
    ProfessionalRole.EARLY_YEARS,
    ProfessionalRole.POST_16,
}
"""Roles of professionals whose organisation is a place of education."""

Rows = Select[WorkDetailsRow, Account]


def confirmed_organisations(account: UUID) -> SelectOfScalar[UUID | None]:
    """Select the ids of the organisations of which an account is a confirmed member."""
    return select(col(WorkDetailsRow.organisation_id)).where(
        WorkDetailsRow.account_id == account, *is_confirmed_member()
    )


def is_confirmed_member() -> Sequence[ColumnElement[bool]]:
    """Return the conditions of work details with a confirmed membership."""
    return (
        col(WorkDetailsRow.organisation_id).is_not(None),
        col(WorkDetailsRow.confirmed_at).is_not(None),
        col(WorkDetailsRow.removed_at).is_(None),
    )


def _all_memberships() -> Rows:
    return (
        select(WorkDetailsRow, Account)
        .join(Account, col(Account.id) == col(WorkDetailsRow.account_id))
        .where(
            col(WorkDetailsRow.removed_at).is_(None),
            col(Account.staff).is_(None),
            col(Account.disabled_at).is_(None),
        )
    )


def _at_my_organisations(actor: Actor) -> Rows:
    return _all_memberships().where(
        col(WorkDetailsRow.organisation_id).in_(confirmed_organisations(actor.account_id)),
        col(Account.id) != actor.account_id,
    )


def undecided() -> Sequence[ColumnElement[bool]]:
    """Return the conditions of work details whose membership waits for an answer."""
    return (
        col(WorkDetailsRow.confirmed_at).is_(None),
        col(WorkDetailsRow.refused_at).is_(None),
    )


def list_for_colleague(tx: Transaction, actor: Actor) -> MembershipRequests:
    """List who asks to join an organisation of which the actor is a confirmed member."""
    return _list(tx, _at_my_organisations(actor))


def list_for_officer(tx: Transaction, limit: int | None = MAX_ROWS) -> MembershipRequests:
    """List memberships to be confirmed, also of organisations that are not listed."""
    return _list(tx, _all_memberships(), limit)


def _list(tx: Transaction, query: Rows, limit: int | None = MAX_ROWS) -> MembershipRequests:
    query = query.where(*undecided())
    total = tx.session.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    by_age = (col(WorkDetailsRow.created_at), col(WorkDetailsRow.id))
    rows = tx.session.execute(query.order_by(*by_age).limit(limit)).all()
    ids = {work.organisation_id for work, _ in rows}
    organisations = {
        row.id: row
        for row in tx.session.exec(select(Organisation).where(col(Organisation.id).in_(ids)))
    }
    return MembershipRequests(
        rows=[
            MembershipRequest(
                id=work.id,
                version=work.version,
                name=account.name,
                email=account.email,
                role=work_out(work).role_label,
                organisation=work.organisation,
                address=work.address,
                postcode=work.postcode,
                listed=organisation_out(organisations[work.organisation_id])
                if work.organisation_id
                else None,
            )
            for work, account in rows
        ],
        total=total,
    )


def _lock(tx: Transaction, query: Rows, membership: UUID) -> WorkDetailsRow:
    row = tx.session.execute(
        query.where(col(WorkDetailsRow.id) == membership).with_for_update(of=WorkDetailsRow)
    ).first()
    if row is None:
        raise not_found()
    work: WorkDetailsRow = row[0]
    return work


def confirm_as_colleague(tx: Transaction, actor: Actor, membership: UUID) -> None:
    """Confirm that somebody works at the actor's organisation; raises NOT_FOUND."""
    work = _lock(tx, _at_my_organisations(actor), membership)
    _confirm(tx, actor, work, Confirmation.COLLEAGUE)


def refuse_as_colleague(tx: Transaction, actor: Actor, membership: UUID) -> None:
    """Record that somebody is not a colleague; raises NOT_FOUND, NOT_ALLOWED if confirmed."""
    _refuse(tx, actor, _lock(tx, _at_my_organisations(actor), membership))


def confirm_as_officer(
    tx: Transaction, actor: Actor, membership: UUID, confirmed: ConfirmIn
) -> None:
    """Confirm a membership of the chosen organisation, or of another one.

    A name that is only typed becomes an organisation of the list. Raises NOT_FOUND, NOT_ALLOWED,
    and CONFLICT if the work details were changed since they were shown.
    """
    work = _lock(tx, _all_memberships(), membership)
    if work.version != confirmed.version:
        raise PortalProblem(
            ProblemCode.CONFLICT,
            "They changed their work details in the meantime. Nothing was confirmed: look at them "
            "again.",
        )
    organisation = confirmed.organisation
    if organisation is None and work.organisation_id is None:
        organisation = _list_typed_name(tx, actor, work)
    if organisation is not None and organisation != work.organisation_id:
        listed = tx.session.get(Organisation, organisation)
        if listed is None or listed.closed_at is not None:
            raise not_found()
        end_membership(tx, work, by=actor.account_id, address=actor.address)
        work.organisation_id, work.organisation = listed.id, listed.name
    _confirm(tx, actor, work, Confirmation.OFFICER)


def refuse_as_officer(tx: Transaction, actor: Actor, membership: UUID) -> None:
    """Refuse a membership; raises NOT_FOUND, NOT_ALLOWED if it is confirmed."""
    _refuse(tx, actor, _lock(tx, _all_memberships(), membership))


def end_as_officer(tx: Transaction, actor: Actor, membership: UUID) -> None:
    """End a membership that was confirmed wrongly; raises NOT_FOUND."""
    _end(tx, _lock(tx, _all_memberships(), membership), actor)


def end_all_memberships(tx: Transaction, account: UUID) -> int:
    """End the confirmed memberships of an account and return their number."""
    rows = tx.session.exec(
        select(WorkDetailsRow)
        .where(WorkDetailsRow.account_id == account, *is_confirmed_member())
        .order_by(col(WorkDetailsRow.id))
        .with_for_update()
    ).all()
    for work in rows:
        _end(tx, work, None)
    return len(rows)


def _end(tx: Transaction, work: WorkDetailsRow, actor: Actor | None) -> None:
    if work.confirmed_at is None:
        return
    end_membership(
        tx,
        work,
        by=actor.account_id if actor else None,
        address=actor.address if actor else "",
    )
    work.refused_at = tx.now  # nobody is asked again before they choose another organisation
    tx.session.add(work)
    send_message(
        tx,
        to_account=work.account_id,
        subject="You are no longer confirmed as a member",
        body=(
            f"You are no longer confirmed as a member of {work.organisation}. What was shared "
            "stays shared. Check the organisation under My Account › Work Details, or contact us."
        ),
        place=PlaceKind.ACCOUNT_SECTION.of("work-details"),
        place_label="Work Details",
    )


def _list_typed_name(tx: Transaction, actor: Actor, work: WorkDetailsRow) -> UUID:
    folded = fold_organisation(work.organisation)
    of_name = select(Organisation).where(
        Organisation.name_folded == folded, col(Organisation.closed_at).is_(None)
    )
    organisations = tx.session.exec(of_name.limit(2)).all()
    if len(organisations) > 1:
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED,
            "Several organisations of the list have this name. Nothing was changed: link the "
            "membership to one of them.",
        )
    if organisations:
        return organisations[0].id
    # The list is public, and a typed address may be the member's own.
    is_setting = work.role in SETTING_ROLES
    new = Organisation(name=work.organisation, kind=ADDED_SETTING if is_setting else "")
    tx.session.add(new)
    tx.session.flush()
    actor.record(tx, Action.ORGANISATION_ADDED, subject=new.id)
    return new.id


def _confirm(tx: Transaction, actor: Actor, work: WorkDetailsRow, how: Confirmation) -> None:
    if work.confirmed_at is not None:
        return
    confirm(tx, work, how, by=actor.account_id, address=actor.address)
    send_message(
        tx,
        to_account=work.account_id,
        subject="Your organisation was confirmed",
        body=(
            f"You are confirmed as a member of {work.organisation}. You can share forms with your "
            "colleagues there, and they with you."
        ),
    )


def _refuse(tx: Transaction, actor: Actor, work: WorkDetailsRow) -> None:
    if work.confirmed_at is not None:
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED, "Somebody has confirmed them already. Nothing was changed."
        )
    if work.refused_at is not None:
        return
    work.refused_at = tx.now
    tx.session.add(work)
    actor.record(tx, Action.MEMBERSHIP_REFUSED, subject=work.id, to=work.account_id)
    send_message(
        tx,
        to_account=work.account_id,
        subject="Your organisation was not confirmed",
        body=(
            f"Nobody could confirm that you work at {work.organisation}. You can go on working "
            "alone. Check the organisation under My Account › Work Details, or contact us."
        ),
        place=PlaceKind.ACCOUNT_SECTION.of("work-details"),
        place_label="Work Details",
    )
