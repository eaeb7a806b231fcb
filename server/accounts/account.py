"""My Account: personal details, work details and the second step."""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel import col, func, select

from server.accounts.actor import Actor
from server.accounts.organisations import is_another_workplace, join_organisation
from server.accounts.second_step import confirm_app_secret, new_recovery_codes, recovery_codes_left
from server.accounts.tables import Account, RecoveryCode, WorkDetailsRow
from server.core import throttle
from server.core.audit import Action
from server.core.database import Transaction
from server.core.outbox import post_mail, require_mail
from server.core.problems import PortalProblem, invalid, not_found
from server.core.throttle import Operation
from shared.accounts import (
    AboutYou,
    AboutYouOut,
    AccountOut,
    OwnWorkDetails,
    SecondStep,
    SecondStepIn,
    SecondStepOut,
    Staff,
    WorkDetails,
    WorkplaceIn,
)
from shared.problems import ProblemCode
from shared.values.checks import check_about, check_work

TOO_MANY_REQUESTS = "You asked to join many organisations in a short time. Nothing was changed."


def _work_rows(tx: Transaction, account: UUID) -> Iterable[WorkDetailsRow]:
    return tx.session.exec(
        select(WorkDetailsRow)
        .where(WorkDetailsRow.account_id == account, col(WorkDetailsRow.removed_at).is_(None))
        .order_by(col(WorkDetailsRow.created_at), col(WorkDetailsRow.id))
    )


def list_work_details(tx: Transaction, account: UUID) -> list[WorkDetails]:
    """List an account's work details, oldest first."""
    return [work_out(row) for row in _work_rows(tx, account)]


def work_out(row: WorkDetailsRow) -> WorkDetails:
    """Build the view of work details."""
    return WorkDetails.model_validate(row, from_attributes=True)


def own_work_out(row: WorkDetailsRow) -> OwnWorkDetails:
    """Build the view of work details with the state of the membership."""
    work = OwnWorkDetails.model_validate(row, from_attributes=True)
    return work.model_copy(
        update={"confirmed": row.confirmed_at is not None, "refused": row.refused_at is not None}
    )


def first_work_details(tx: Transaction, accounts: Iterable[UUID]) -> dict[UUID, OwnWorkDetails]:
    """Return the oldest work details of each account that has any."""
    rows = tx.session.exec(
        select(WorkDetailsRow)
        .where(
            col(WorkDetailsRow.account_id).in_(set(accounts)),
            col(WorkDetailsRow.removed_at).is_(None),
        )
        .order_by(col(WorkDetailsRow.created_at).desc(), col(WorkDetailsRow.id).desc())
    )
    # The last row of each account, the oldest, overwrites the others.
    oldest = {row.account_id: row for row in rows}
    return {account: own_work_out(row) for account, row in oldest.items()}


def require_enabled(account: Account) -> None:
    """Raise NOT_ALLOWED if an account is disabled, because its owner cannot sign in."""
    if account.disabled_at is not None:
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED,
            f"{account.name}'s account is disabled. Nothing was changed: choose someone else.",
        )


def require_no_provider(account: Account) -> None:
    """Raise NOT_ALLOWED if an account signs in by a provider, which has its own second step."""
    if account.second_step == SecondStep.PROVIDER:
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED,
            "This account signs in by its organisation. Its password and second step can only be "
            "changed there.",
        )


def account_out(tx: Transaction, account: Account) -> AccountOut:
    """Build an owner's view of their account."""
    return AccountOut(
        id=account.id,
        email=account.email,
        about=AboutYouOut.model_validate(account, from_attributes=True),
        second_step=SecondStep(account.second_step),
        staff=Staff(account.staff) if account.staff else None,
        may_manage_staff=account.may_manage_staff,
        recovery_codes_left=recovery_codes_left(tx, account.id),
        work_details=[own_work_out(row) for row in _work_rows(tx, account.id)],
    )


def save_about(tx: Transaction, actor: Actor, about: AboutYou) -> AccountOut:
    """Update the professional's personal details; raises INVALID."""
    if errors := check_about(about).errors:
        raise invalid(errors)
    account = tx.session.get_one(Account, actor.account_id)
    account.sqlmodel_update(about.model_dump())
    tx.session.add(account)
    actor.record(tx, Action.ABOUT_CHANGED, subject=account.id)
    return account_out(tx, account)


def save_work_details(
    tx: Transaction, actor: Actor, work_id: UUID, work: WorkplaceIn
) -> OwnWorkDetails:
    """Create or update work details; another organisation has to be confirmed anew.

    Raises INVALID, NOT_FOUND if removed or not the actor's, TOO_MANY_TRIES.
    """
    if errors := check_work(work).errors:
        raise invalid(errors)
    typed = work.model_dump(mode="json", exclude={"organisation_id"})
    # Locked, so that nobody confirms the membership of the old organisation in between.
    row = tx.session.get(WorkDetailsRow, work_id, with_for_update=True)
    if row is None:
        row = WorkDetailsRow(id=work_id, account_id=actor.account_id, created_at=tx.now, **typed)
        action, moved = Action.WORK_DETAILS_ADDED, True
    elif row.account_id != actor.account_id or row.removed_at is not None:
        raise not_found()
    else:
        action, moved = Action.WORK_DETAILS_CHANGED, is_another_workplace(row, work)
        if not moved:
            typed["organisation"] = row.organisation
            if all(getattr(row, name) == value for name, value in typed.items()):
                return own_work_out(row)
        row.sqlmodel_update(typed)
        row.version += 1
    tx.session.add(row)
    actor.record(tx, action, subject=work_id)
    if moved:
        account = tx.session.get_one(Account, actor.account_id)
        tx.session.flush()
        join_organisation(tx, row, work.organisation_id, account, actor.address)
        if row.confirmed_at is None:  # colleagues or officers are asked
            throttle.use_allowance(
                tx, Operation.MESSAGE_OTHERS, str(actor.account_id), TOO_MANY_REQUESTS
            )
    return own_work_out(row)


def remove_work_details(tx: Transaction, actor: Actor, work_id: UUID) -> None:
    """Remove work details, except the last ones; submitted forms keep a copy. Raises IN_USE."""
    row = tx.session.get(WorkDetailsRow, work_id)
    if row is None or row.account_id != actor.account_id:
        raise not_found()
    if row.removed_at is not None:
        return
    remaining = tx.session.exec(
        select(func.count()).where(
            WorkDetailsRow.account_id == actor.account_id,
            col(WorkDetailsRow.removed_at).is_(None),
        )
    ).one()
    if remaining == 1:
        raise PortalProblem(
            ProblemCode.IN_USE,
            "These are your only work details. Add others before you remove them.",
        )
    row.removed_at = tx.now
    tx.session.add(row)
    actor.record(tx, Action.WORK_DETAILS_REMOVED, subject=work_id)


def set_second_step(tx: Transaction, actor: Actor, new: SecondStepIn) -> SecondStepOut:
    """Set the second step and create recovery codes.

    Raises NOT_ALLOWED for an account that signs in by a provider, FORBIDDEN for staff without an
    app, WRONG_CODE if the app's code is wrong.
    """
    account = tx.session.get_one(Account, actor.account_id)
    require_no_provider(account)
    if new.method is SecondStep.EMAIL:
        require_mail(tx.services.settings)
    if new.method is SecondStep.PROVIDER:
        raise PortalProblem(ProblemCode.NOT_ALLOWED, "Choose an email or an authenticator app.")
    if account.staff and new.method is not SecondStep.APP:
        raise PortalProblem(
            ProblemCode.FORBIDDEN, "The authority's own accounts use an authenticator app."
        )
    if new.method is SecondStep.APP and not confirm_app_secret(tx, account, new.code):
        raise PortalProblem(
            ProblemCode.WRONG_CODE,
            "The code is incorrect. Check the secret in the app, and its clock.",
        )
    account.second_step = new.method
    tx.session.add(account)
    notify_owner(tx, account, "Two step verification was changed")
    if new.method is SecondStep.NONE:
        delete_recovery_codes(tx, account.id)
        actor.record(tx, Action.SECOND_STEP_SET)
        return SecondStepOut(second_step=new.method, recovery_codes=[])
    return new_recovery_codes(tx, actor, new.method)


def delete_recovery_codes(tx: Transaction, account: UUID) -> None:
    """Delete an account's recovery codes."""
    for code in tx.session.exec(select(RecoveryCode).where(RecoveryCode.account_id == account)):
        tx.session.delete(code)


def notify_owner(tx: Transaction, account: Account, subject: str) -> None:
    """Email the owner of an account about a change to it."""
    post_mail(
        tx,
        to=account.email,
        subject=subject,
        body=(
            f"{subject}. This is about your Professional Portal account. If you did not expect "
            f"it, email {tx.services.settings.contact_email} at once.\n"
        ),
    )
