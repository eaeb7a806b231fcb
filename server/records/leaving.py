"""Closing the account of a professional who has left."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import col, select

from server.accounts.account import notify_owner
from server.accounts.devices import forget_devices
from server.accounts.sessions import end_all_sessions
from server.accounts.ssh_keys import remove_all_keys
from server.accounts.tables import Account
from server.cases.service import responsible_officers
from server.cases.tables import Case
from server.core.audit import Action, record
from server.core.database import Transaction
from server.core.problems import PortalProblem
from server.forms.access import revoke_access
from server.forms.catalogue import pinned_form
from server.forms.filling import closed_reason
from server.forms.tables import Submission, SubmissionShare
from server.messages.service import send_message
from server.people.tables import Person
from shared.forms.submissions import SubmissionState
from shared.places import PlaceKind
from shared.problems import ProblemCode
from shared.values.days import london_day


@dataclass(frozen=True)
class UnfinishedForm:
    """A form that someone else has to finish."""

    id: UUID
    title: str
    child: str
    started_on: date
    with_authority: bool
    """Whether it belongs to a case, so that an officer can pass it on."""


def close_account(tx: Transaction, account: Account, address: str = "") -> list[UnfinishedForm]:
    """Close a professional's account and return the unfinished forms; idempotent.

    Its sessions and shares end, and officers are told of the forms to pass on. Raises NOT_ALLOWED
    for a staff account.
    """
    if account.staff is not None:
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED,
            f"{account.email} is a staff account. Disable it with `portal-server staff disable`.",
        )
    forms = _find_unfinished(tx, account.id)
    end_all_sessions(tx, account.id)
    forget_devices(tx, account.id)
    remove_all_keys(tx, account.id)
    if account.disabled_at is not None:
        return [unfinished for unfinished, _ in forms]
    account.disabled_at = tx.now
    tx.session.add(account)
    _end_shares(tx, account.id, address)
    for unfinished, form in forms:
        _tell_officers(tx, account, unfinished, form)
    record(tx, Action.ACCOUNT_CLOSED, account=account.id, subject=account.id, address=address)
    notify_owner(tx, account, "Your account was closed")
    return [unfinished for unfinished, _ in forms]


def list_unfinished(tx: Transaction, account: UUID) -> list[UnfinishedForm]:
    """List the forms that an account owns and has not finished."""
    return [unfinished for unfinished, _ in _find_unfinished(tx, account)]


def _find_unfinished(tx: Transaction, account: UUID) -> list[tuple[UnfinishedForm, Submission]]:
    rows = tx.session.execute(
        select(Submission, Person)
        .join(Person, col(Person.id) == col(Submission.person_id))
        .where(
            Submission.account_id == account,
            Submission.state != SubmissionState.SUBMITTED,
        )
        .order_by(col(Person.sort_name), col(Submission.started_at))
    ).all()
    return [
        (
            UnfinishedForm(
                id=form.id,
                title=pinned_form(tx, form.form, form.form_version).title,
                child=person.name,
                started_on=london_day(form.started_at),
                with_authority=form.case_id is not None,
            ),
            form,
        )
        for form, person in rows
        if closed_reason(tx, form) is None
    ]


def _end_shares(tx: Transaction, account: UUID, address: str) -> None:
    shares = select(SubmissionShare).where(SubmissionShare.account_id == account)
    for share in tx.session.exec(shares).all():
        form = tx.session.get_one(Submission, share.submission_id, with_for_update=True)
        tx.session.delete(share)
        tx.session.flush()
        revoke_access(tx, form, account)
        record(
            tx,
            Action.FORM_SHARE_ENDED,
            account=account,
            subject=form.id,
            person=form.person_id,
            to=account,
            address=address,
        )


def _tell_officers(
    tx: Transaction, account: Account, unfinished: UnfinishedForm, form: Submission
) -> None:
    if form.case_id is None:
        return
    for officer in responsible_officers(tx, tx.session.get_one(Case, form.case_id)):
        send_message(
            tx,
            to_account=officer,
            subject="A professional has left",
            body=(
                f"{account.name} has closed their account. Their form for {unfinished.child} is "
                f"not finished: {unfinished.title}. Open the case to pass it to someone else."
            ),
            person=form.person_id,
            place=PlaceKind.CASE.of(form.case_id),
            place_label="Open the case",
        )
