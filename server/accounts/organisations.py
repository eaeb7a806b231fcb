"""The list of organisations, and joining one with work details."""

from uuid import UUID

from sqlalchemy import ColumnElement, case, true
from sqlmodel import col, or_, select

from server.accounts.tables import (
    Account,
    Organisation,
    OrganisationDomain,
    WorkDetailsRow,
    fold_organisation,
)
from server.core.audit import Action, record
from server.core.database import Transaction
from shared.accounts import WorkplaceIn
from shared.organisations import MIN_SEARCH_LENGTH, Confirmation, OrganisationRow

MAX_RESULTS = 20


def find_organisations(
    tx: Transaction, text: str, only: ColumnElement[bool] | None = None
) -> list[OrganisationRow]:
    """Return up to 20 organisations that have each word in their name, address or postcode.

    Those whose name begins with the text come first; closed ones are left out, and those that
    don't fulfil `only`.
    """
    folded = fold_organisation(text)
    if len(folded) < MIN_SEARCH_LENGTH:
        return []
    name = col(Organisation.name_folded)
    rows = tx.session.exec(
        select(Organisation)
        .where(
            col(Organisation.closed_at).is_(None),
            true() if only is None else only,
            *(
                or_(
                    name.contains(word, autoescape=True),
                    col(Organisation.address).icontains(word, autoescape=True),
                    col(Organisation.postcode).icontains(word, autoescape=True),
                )
                for word in folded.split()
            ),
        )
        .order_by(
            case((name.startswith(folded, autoescape=True), 0), else_=1),
            name,
            Organisation.postcode,
        )
        .limit(MAX_RESULTS)
    )
    return [organisation_out(row) for row in rows]


def organisation_out(row: Organisation) -> OrganisationRow:
    """Build the view of an organisation in the public list."""
    return OrganisationRow.model_validate(row, from_attributes=True)


def is_another_workplace(row: WorkDetailsRow, work: WorkplaceIn) -> bool:
    """Whether work details to be saved are for another organisation than the stored ones."""
    if work.organisation_id is not None:
        return work.organisation_id != row.organisation_id
    return fold_organisation(work.organisation) != fold_organisation(row.organisation)


def join_organisation(
    tx: Transaction, row: WorkDetailsRow, chosen: UUID | None, account: Account, address: str
) -> None:
    """Link work details to an organisation of the list, as a membership to be confirmed.

    That is the chosen one, or the only one of the typed name. It is confirmed at once if the
    domain of the account's email, which must be verified, is listed for it.
    """
    organisation = _find_open(tx, row.organisation, chosen)
    row.organisation_id = organisation.id if organisation else None
    row.organisation = organisation.name if organisation else row.organisation
    end_membership(tx, row, by=row.account_id, address=address)
    row.refused_at = row.announced_at = None
    tx.session.add(row)
    if not row.organisation_id or not account.email_verified:
        return
    domain = account.email.rpartition("@")[2]
    if tx.session.get(OrganisationDomain, (row.organisation_id, domain)):
        confirm(tx, row, Confirmation.DOMAIN, address=address)


def recheck_memberships(tx: Transaction, account: Account, address: str) -> None:
    """Confirm an account's memberships by the domain of its new email, or end what the old one did.

    Memberships that a person confirmed or refused stay as they are.
    """
    depends_on_email = or_(
        col(WorkDetailsRow.confirmed_how).is_(None),
        col(WorkDetailsRow.confirmed_how) == Confirmation.DOMAIN,
    )
    rows = select(WorkDetailsRow).where(
        WorkDetailsRow.account_id == account.id,
        col(WorkDetailsRow.removed_at).is_(None),
        col(WorkDetailsRow.refused_at).is_(None),
        depends_on_email,
    )
    for row in tx.session.exec(rows.with_for_update()).all():
        join_organisation(tx, row, row.organisation_id, account, address)


def _find_open(tx: Transaction, name: str, chosen: UUID | None) -> Organisation | None:
    if chosen is not None:
        organisation = tx.session.get(Organisation, chosen)
        if organisation is not None and organisation.closed_at is None:
            return organisation
    of_name = select(Organisation).where(
        Organisation.name_folded == fold_organisation(name), col(Organisation.closed_at).is_(None)
    )
    organisations = tx.session.exec(of_name.limit(2)).all()
    return organisations[0] if len(organisations) == 1 else None


def confirm(
    tx: Transaction,
    row: WorkDetailsRow,
    how: Confirmation,
    *,
    by: UUID | None = None,
    address: str = "",
) -> None:
    """Mark a membership as confirmed, by an account or by the domain of the member's email."""
    row.confirmed_at, row.confirmed_by, row.confirmed_how = tx.now, by, how
    row.refused_at = None
    tx.session.add(row)
    record(
        tx,
        Action.MEMBERSHIP_CONFIRMED,
        account=by,
        subject=row.id,
        to=row.account_id,
        address=address,
    )


def end_membership(
    tx: Transaction, row: WorkDetailsRow, *, by: UUID | None = None, address: str = ""
) -> None:
    """End the confirmation of a membership, if there is one; what was shared stays shared."""
    if row.confirmed_at is None:
        return
    row.confirmed_at = row.confirmed_by = row.confirmed_how = None
    tx.session.add(row)
    record(
        tx,
        Action.MEMBERSHIP_ENDED,
        account=by,
        subject=row.id,
        to=row.account_id,
        address=address,
    )
