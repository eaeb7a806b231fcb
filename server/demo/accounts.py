"""The demo's accounts, which its sign-in screen lists."""

from uuid import UUID, uuid4

import pyotp

from server.accounts.actor import Actor
from server.accounts.tables import Account, Organisation, OrganisationDomain, WorkDetailsRow
from server.core.database import Services, Transaction
from server.core.keys import Purpose
from server.core.passwords import hash_password
from shared.accounts import (
    ROLE_LABELS,
    DemoAccount,
    ProfessionalRole,
    SecondStep,
    SessionState,
    Staff,
)
from shared.organisations import Confirmation

PASSWORD = "seven wrens over a hollow"  # noqa: S105 - public, for the demo only

ADDRESS, POSTCODE = "1 Osier Way, Leicester", "LE1 1FZ"

PROFESSIONALS = (
    ("Maud", "Tillotson", "senco@osierbeck.example", ProfessionalRole.SENCO, "Osierbeck Academy"),
    (
        "Idris",
        "Penhallow",
        "ep@leicester.example",
        ProfessionalRole.EDUCATIONAL_PSYCHOLOGIST,
        "Leicester Psychology Service",
    ),
    (
        "Farida",
        "Oakeshott",
        "salt@nhs.example",
        ProfessionalRole.SPEECH_THERAPIST,
        "Leicestershire Partnership",
    ),
    (
        "Callum",
        "Brightmore",
        "social.worker@leicester.example",
        ProfessionalRole.SOCIAL_WORKER,
        "Disabled Children's Service",
    ),
)
SCHOOLS = {"Osierbeck Academy": "900001"}
"""The URNs of those organisations that are schools."""

STAFF = (
    ("Priya", "Ferriby", "officer@leicester.example", Staff.OFFICER),
    ("Owen", "Latchford", "support@leicester.example", Staff.SUPPORT),
)
STAFF_ROLES = {Staff.OFFICER: "The authority's officer", Staff.SUPPORT: "Support desk"}


def demo_accounts() -> list[DemoAccount]:
    """List the accounts for the sign-in screen."""
    return [
        DemoAccount(name=f"{first} {last}", role=ROLE_LABELS[role], email=email, password=PASSWORD)
        for first, last, email, role, _ in PROFESSIONALS
    ] + [
        DemoAccount(name=f"{first} {last}", role=STAFF_ROLES[staff], email=email, password=PASSWORD)
        for first, last, email, staff in STAFF
    ]


def _make_organisation(tx: Transaction, name: str, email: str) -> Organisation:
    """Create an organisation whose members are confirmed by the domain of an email."""
    urn = SCHOOLS.get(name)
    organisation = Organisation(name=name, urn=urn, address=ADDRESS, postcode=POSTCODE)
    tx.session.add(organisation)
    tx.session.flush()
    domain = email.rpartition("@")[2]
    tx.session.add(OrganisationDomain(organisation_id=organisation.id, domain=domain))
    return organisation


def _make_work_details(
    tx: Transaction, account: Account, role: ProfessionalRole, organisation: str
) -> WorkDetailsRow:
    return WorkDetailsRow(
        account_id=account.id,
        role=role,
        organisation=organisation,
        organisation_id=_make_organisation(tx, organisation, account.email).id,
        confirmed_at=tx.now,
        confirmed_how=Confirmation.DOMAIN,
        address=ADDRESS,
        postcode=POSTCODE,
        work_phone="0116 496 0102",
        created_at=tx.now,
    )


def make_accounts(services: Services) -> list[tuple[Actor, UUID]]:
    """Create the professionals' accounts and return each with the id of its work details."""
    digest = hash_password(PASSWORD)
    accounts = []
    with services.transaction() as tx:
        for first, last, email, role, organisation in PROFESSIONALS:
            account = Account(
                email=email,
                password_hash=digest,
                first_name=first,
                last_name=last,
                phone="0116 496 0100",
                notice_accepted_at=tx.now,
                created_at=tx.now,
                second_step=SecondStep.EMAIL,
            )
            tx.session.add(account)
            tx.session.flush()
            work = _make_work_details(tx, account, role, organisation)
            tx.session.add(work)
            actor = Actor(
                account_id=account.id,
                session_id=uuid4(),
                name=account.name,
                state=SessionState.SIGNED_IN,
                second_step=SecondStep.EMAIL,
                proved_at=tx.now,
                address="",
            )
            accounts.append((actor, work.id))
    return accounts


def make_staff(services: Services) -> list[Actor]:
    """Create the staff accounts; the mailbox shows the codes of their authenticator apps."""
    digest = hash_password(PASSWORD)
    actors = []
    with services.transaction() as tx:
        for first, last, email, staff in STAFF:
            account = Account(
                email=email,
                password_hash=digest,
                first_name=first,
                last_name=last,
                phone="0116 496 0107",
                notice_accepted_at=tx.now,
                created_at=tx.now,
                staff=staff,
                second_step=SecondStep.APP,
                app_secret=services.keys.encrypt(Purpose.APP_SECRET, pyotp.random_base32()),
            )
            tx.session.add(account)
            tx.session.flush()
            actors.append(
                Actor(
                    account_id=account.id,
                    session_id=uuid4(),
                    name=account.name,
                    state=SessionState.SIGNED_IN,
                    second_step=SecondStep.APP,
                    proved_at=tx.now,
                    address="",
                    staff=staff,
                )
            )
    return actors
