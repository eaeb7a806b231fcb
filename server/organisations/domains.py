"""The authority's list of organisations, and of the email domains that confirm membership."""

from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, func, or_, select

from server.accounts.organisations import confirm, end_membership
from server.accounts.registration import normalise_email
from server.accounts.tables import (
    ADDED_SETTING,
    Account,
    Organisation,
    OrganisationDomain,
    WorkDetailsRow,
    fold_organisation,
)
from server.core.audit import Action, record
from server.core.database import Transaction
from server.organisations.importing import name_error
from server.organisations.memberships import is_confirmed_member, undecided
from shared.organisations import Confirmation

_PUBLIC = (
    "aol.com aol.co.uk btinternet.com btopenworld.com fastmail.com gmail.com gmx.com gmx.co.uk "
    "googlemail.com hotmail.com hotmail.co.uk icloud.com live.com live.co.uk mac.com mail.com "
    "me.com msn.com ntlworld.com outlook.com outlook.co.uk pm.me proton.me protonmail.com sky.com "
    "talktalk.net tiscali.co.uk tutanota.com virginmedia.com yahoo.com yahoo.co.uk yandex.com "
    "ymail.com zoho.com"
)
PUBLIC_DOMAINS = frozenset(_PUBLIC.split())
"""Domains at which anybody can have an address, so that they prove no membership."""


class OrganisationError(Exception):
    """Raised if a list can't be changed; the message is for the operator."""


def find_organisation(tx: Transaction, key: str) -> Organisation:
    """Return the organisation with a URN, an id or a name; raises OrganisationError."""
    rows = tx.session.exec(
        select(Organisation).where(
            or_(
                Organisation.urn == key,
                Organisation.name_folded == fold_organisation(key),
                col(Organisation.id) == _read_id(key),
            )
        )
    ).all()
    if not rows:
        raise OrganisationError(
            f"No organisation {key!r} is listed. Find it with `organisations list`, or add it."
        )
    if len(rows) > 1:
        names = "\n".join(f"  {row.id}  {row.name}, {row.postcode}" for row in rows)
        raise OrganisationError(
            f"Several organisations are called {key!r}. Use the id of one:\n{names}"
        )
    return rows[0]


def _read_id(key: str) -> UUID | None:
    try:
        return UUID(key)
    except ValueError:
        return None


def add_organisation(tx: Transaction, name: str, *, is_setting: bool = False) -> Organisation:
    """Add an organisation to the list, unless an open one has this name.

    Officers can consult a setting; one that is listed already may become one.
    Raises OrganisationError for a name with hidden characters, or that several have.
    """
    if error := name_error(name):
        raise OrganisationError(error)
    folded = fold_organisation(name)
    rows = tx.session.exec(
        select(Organisation).where(
            Organisation.name_folded == folded, col(Organisation.closed_at).is_(None)
        )
    ).all()
    if len(rows) > 1:
        return find_organisation(tx, name)
    organisation = rows[0] if rows else Organisation(name=" ".join(name.split()))
    becomes_setting = is_setting and organisation.urn is None and organisation.kind != ADDED_SETTING
    if becomes_setting:
        organisation.kind = ADDED_SETTING
    tx.session.add(organisation)
    tx.session.flush()
    if not rows:
        record(tx, Action.ORGANISATION_ADDED, subject=organisation.id)
    elif becomes_setting:
        record(tx, Action.ORGANISATION_CHANGED, subject=organisation.id)
    return organisation


def normalise_domain(domain: str) -> str:
    """Return a domain as emails are stored with it; raises OrganisationError, INVALID."""
    name = normalise_email(f"a@{domain.strip().removeprefix('@')}").rpartition("@")[2]
    if name in PUBLIC_DOMAINS:
        raise OrganisationError(
            f"Anybody can have an address at {name}, so it confirms nobody. Nothing was changed."
        )
    return name


def add_domain(tx: Transaction, organisation: Organisation, domain: str) -> int:
    """List a domain, and return how many members it confirms at once; idempotent.

    Raises OrganisationError, INVALID.
    """
    domain = normalise_domain(domain)
    if tx.session.get(OrganisationDomain, (organisation.id, domain)) is None:
        tx.session.add(OrganisationDomain(organisation_id=organisation.id, domain=domain))
        tx.session.flush()
        record(tx, Action.DOMAIN_ADDED, subject=organisation.id)
    rows = _members_with_domain(
        tx, organisation, domain, col(Account.email_verified).is_(True), *undecided()
    )
    for row in rows:
        confirm(tx, row, Confirmation.DOMAIN)
    return len(rows)


def remove_domain(tx: Transaction, organisation: Organisation, domain: str) -> int:
    """Remove a domain, and return how many members it had confirmed: they are so no longer.

    Raises OrganisationError if it is not listed, INVALID.
    """
    domain = normalise_domain(domain)
    listed = tx.session.get(OrganisationDomain, (organisation.id, domain))
    if listed is None:
        raise OrganisationError(f"{domain} is not listed for {organisation.name}.")
    tx.session.delete(listed)
    record(tx, Action.DOMAIN_REMOVED, subject=organisation.id)
    by_domain = WorkDetailsRow.confirmed_how == Confirmation.DOMAIN
    rows = _members_with_domain(tx, organisation, domain, by_domain)
    for row in rows:
        row.announced_at = None
        end_membership(tx, row)
    return len(rows)


def _members_with_domain(
    tx: Transaction,
    organisation: Organisation,
    domain: str,
    *conditions: ColumnElement[bool] | bool,
) -> list[WorkDetailsRow]:
    rows = tx.session.exec(
        select(WorkDetailsRow)
        .join(Account, col(Account.id) == col(WorkDetailsRow.account_id))
        .where(
            WorkDetailsRow.organisation_id == organisation.id,
            col(WorkDetailsRow.removed_at).is_(None),
            col(Account.email).endswith(f"@{domain}", autoescape=True),
            *conditions,
        )
    )
    return list(rows)


def describe_organisations(tx: Transaction, text: str) -> list[str]:
    """Return a line for each organisation whose name has all words: id, name, domains, members."""
    names = (
        col(Organisation.name_folded).contains(word, autoescape=True)
        for word in fold_organisation(text).split()
    )
    domains: dict[UUID, list[str]] = {}
    for row in tx.session.exec(select(OrganisationDomain).order_by(OrganisationDomain.domain)):
        domains.setdefault(row.organisation_id, []).append(row.domain)
    members = dict(
        tx.session.execute(
            select(WorkDetailsRow.organisation_id, func.count())
            .where(*is_confirmed_member())
            .group_by(col(WorkDetailsRow.organisation_id))
        ).all()
    )
    query = select(Organisation).where(*names).order_by(col(Organisation.name_folded))
    return [
        " · ".join(
            part
            for part in (
                row.urn or str(row.id),
                row.name,
                row.postcode,
                "closed" if row.closed_at else "",
                ", ".join(domains.get(row.id, [])),
                f"members: {members.get(row.id, 0)}",
            )
            if part
        )
        for row in tx.session.exec(query)
    ]
