"""Registration, activation and password reset requests, before sign-in."""

from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

from email_validator import EmailNotValidError, validate_email
from sqlmodel import select

from server.accounts.links import new_link, use_link
from server.accounts.organisations import join_organisation
from server.accounts.tables import Account, Registration, WorkDetailsRow
from server.core import throttle
from server.core.audit import Action, record
from server.core.database import Services, Transaction
from server.core.keys import Purpose
from server.core.moments import elapsed
from server.core.outbox import Priority, post_mail, require_mail
from server.core.passwords import hash_password, password_error
from server.core.problems import PortalProblem, field_error, invalid, not_found
from server.core.settings import Settings
from server.core.throttle import Operation, Source
from shared.accounts import (
    RESEND_SECONDS,
    AboutYou,
    RegistrationIn,
    RegistrationOut,
    SecondStep,
    WorkplaceIn,
)
from shared.problems import ProblemCode
from shared.values.checks import check_about, check_work

ACTIVATION_HOURS = 24
RESET_HOURS = 1


def normalise_email(email: str) -> str:
    """Return an email in lower case, as the username; raises INVALID."""
    try:
        if "=?" in email:  # an email header would decode it to another address
            raise EmailNotValidError(email)
        return validate_email(email.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        message = "Enter an email address, for example name@school.example."
        raise invalid([field_error("/email", message, "impossible")]) from None


async def register(services: Services, new: RegistrationIn, address: str) -> RegistrationOut:
    """Register an account, without revealing whether the email already has one.

    Raises INVALID, CONFLICT if the id was used with another body, TOO_MANY_TRIES, BUSY, NOT_ALLOWED
    if the portal sends no email.
    """
    require_mail(services.settings)
    email = normalise_email(new.email)
    body = services.keys.digests(Purpose.REGISTRATION, new.model_dump_json())

    def check(tx: Transaction) -> bool:
        throttle.check(tx, Operation.REGISTER, new.email, source=Source(address))
        return _existing_registration(tx, new.id, body) is None

    def write(tx: Transaction) -> RegistrationOut:
        source = Source(address)
        throttle.check(tx, Operation.REGISTER, new.email, source=source)
        throttle.record_failure(tx, Operation.REGISTER, new.email, source=source)
        if existing := _existing_registration(tx, new.id, body):
            return existing
        row = Registration(
            id=new.id,
            email=email,
            password_hash=password_hash,
            body_digest=body[0],
            details=new.model_dump(mode="json", include={"about", "work"}),
            created_at=tx.now,
            sent_at=tx.now,
        )
        return _add_registration(tx, row, address)

    await services.read(check)  # refuse early, without waiting for a turn
    async with services.hashing.turn(address):
        is_new = await services.read(check)
        work = partial(_check_and_hash, services.settings, new, email)
        password_hash = await services.hashing.run(work) if is_new else ""
        return await services.write(write)


def _add_registration(tx: Transaction, row: Registration, address: str) -> RegistrationOut:
    """Store a registration, and email its link."""
    tx.session.add(row)
    tx.session.flush()
    record(tx, Action.REGISTERED, subject=row.id, address=address)
    _send_activation(tx, row)
    return RegistrationOut(email=row.email, sent_at=tx.now)


def _check_and_hash(settings: Settings, new: RegistrationIn, email: str) -> str:
    _require_valid(settings, new, email)
    return hash_password(new.password)


def _existing_registration(
    tx: Transaction, registration: UUID, body: list[str]
) -> RegistrationOut | None:
    row = tx.session.get(Registration, registration)
    if row is None:
        return None
    if row.body_digest not in body:
        raise PortalProblem(ProblemCode.CONFLICT, "This registration has already been sent.")
    return RegistrationOut(email=row.email, sent_at=row.sent_at)


def _require_valid(settings: Settings, new: RegistrationIn, email: str) -> None:
    errors = [
        error.model_copy(update={"pointer": f"/{part}{error.pointer}"})
        for part, result in (
            ("about", check_about(new.about)),
            ("work", check_work(new.work)),
        )
        for error in result.errors
    ]
    own = (new.about.first_name, new.about.last_name, new.work.organisation)
    if error := password_error(new.password, email, settings, *own):
        errors.insert(0, field_error("/password", error, "weak"))
    if errors:
        raise invalid(errors)


def find_account(tx: Transaction, email: str) -> Account | None:
    """Return the account with an email (in lower case), or None."""
    return tx.session.exec(select(Account).where(Account.email == email)).first()


def _send_activation(tx: Transaction, row: Registration) -> None:
    is_new = find_account(tx, row.email) is None
    # A known email gets a link that belongs to nobody, so that it takes as long as a new one.
    token = new_link(tx, registration=row.id, hours=ACTIVATION_HOURS, is_usable=is_new)
    if not is_new:
        post_mail(
            tx,
            to=row.email,
            subject="You already have an account",
            body=(
                "Someone, perhaps you, tried to register with this email address. You "
                "already have an account: sign in with it, or choose 'Forgot your password?'.\n"
            ),
            priority=Priority.LINK,
        )
        return
    post_mail(
        tx,
        to=row.email,
        subject="Activate your account",
        body=(
            "Open this link to activate your account of the Professional Portal:\n\n"
            f"{tx.services.settings.public_url}/activate/{token}\n\n"
            "Or paste the link, or this code, into the portal in your terminal:\n\n"
            f"{token}\n\nThe link works once, within {ACTIVATION_HOURS} hours. If you did "
            "not register, ignore this email.\n"
        ),
        priority=Priority.LINK,
    )


def resend_activation(tx: Transaction, registration: UUID) -> RegistrationOut:
    """Resend the activation link; raises TOO_SOON within 30 s, NOT_FOUND."""
    row = tx.session.get(Registration, registration)
    if row is None:
        raise not_found()
    wait = timedelta(seconds=RESEND_SECONDS) - elapsed(row.sent_at, tx.now)
    if wait > timedelta(0):
        seconds = int(wait.total_seconds()) + 1
        raise PortalProblem(
            ProblemCode.TOO_SOON,
            f"The email was sent a moment ago. Wait {seconds} seconds.",
            retry_after=seconds,
        )
    if row.activated_at is None:
        _send_activation(tx, row)
    row.sent_at = tx.now
    tx.session.add(row)
    return RegistrationOut(email=row.email, sent_at=tx.now)


def activate(tx: Transaction, token_or_link: str, address: str) -> None:
    """Create the account of an activation link; raises INVALID_LINK."""
    link = use_link(tx, token_or_link, reset=False)
    row = tx.session.get_one(Registration, link.registration_id)
    if find_account(tx, row.email) is not None:
        raise PortalProblem(
            ProblemCode.INVALID_LINK, "This link no longer works. Sign in, or register."
        )
    about = AboutYou.model_validate(row.details["about"]).model_dump()
    work = WorkplaceIn.model_validate(row.details["work"])
    account = Account(
        id=uuid4(),
        email=row.email,
        password_hash=row.password_hash,
        notice_accepted_at=row.created_at,
        created_at=tx.now,
        **about,
    )
    tx.session.add(account)
    tx.session.flush()
    record(tx, Action.ACTIVATED, account=account.id, subject=account.id, address=address)
    typed = work.model_dump(mode="json", exclude={"organisation_id"})
    work_row = WorkDetailsRow(account_id=account.id, created_at=tx.now, **typed)
    tx.session.add(work_row)
    tx.session.flush()
    join_organisation(tx, work_row, work.organisation_id, account, address)
    row.activated_at = tx.now
    tx.session.add(row)


def send_reset_link(tx: Transaction, email: str, address: str) -> None:
    """Email a reset link if the address has an account, without revealing whether it does.

    An address without an account gets a link that nobody can use and an email that is never sent,
    so that both take the same time.
    """
    account = find_account(tx, email.strip().lower())
    record(tx, Action.RESET_ASKED, account=account.id if account else None, address=address)
    can_reset = account is not None and account.second_step != SecondStep.PROVIDER
    owner = account.id if account and can_reset else uuid4()
    token = new_link(tx, account=owner, hours=RESET_HOURS, is_usable=can_reset)
    post_mail(
        tx,
        to=account.email if account and can_reset else None,
        subject="Reset your password",
        body=(
            "Open this link to set a new password:\n\n"
            f"{tx.services.settings.public_url}/reset/{token}\n\n"
            f"Or paste it, or this code, into the portal in your terminal:\n\n{token}\n\n"
            f"The link works once, within {RESET_HOURS} hour. If you did not ask for it, ignore "
            "this email: your password stays the same.\n"
        ),
        priority=Priority.LINK,
    )
