"""Routes that ask for no session: the portal's words, registering, activating, resetting."""

from importlib.metadata import version
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from server.accounts import registration
from server.accounts.actor import address_of
from server.core import throttle
from server.core.audit import Action, record
from server.core.database import Tx, services_of
from server.core.middleware import OLDEST_CLIENT
from server.core.problems import PortalProblem, reply
from server.core.throttle import Doing
from shared.accounts import (
    ForgottenIn,
    LinkIn,
    PortalInfo,
    RegistrationIn,
    RegistrationOut,
    ResetIn,
)
from shared.problems import ProblemCode

NOTICE = (
    "The authority uses what you enter to decide on and provide for education, health and care "
    "needs. It is seen by the authority, the family and the professionals who work with the child."
)

router = APIRouter(prefix="/v1")


@router.get("/portal")
def portal(request: Request) -> PortalInfo:
    """Tell who serves, with which words, and which version."""
    settings = services_of(request).settings
    return PortalInfo(
        council=settings.council,
        portal_name=settings.portal_name,
        welcome=(
            "Complete and submit advice for children and young people, with instant access to "
            "view draft or final EHC plans and other related documents."
        ),
        contact_email=settings.contact_email,
        contact_staff=settings.contact_staff,
        data_notice=NOTICE,
        version=version("professional-portal"),
        oldest_client=OLDEST_CLIENT,
        demo=bool(request.app.state.demo_accounts),
        demo_accounts=request.app.state.demo_accounts,
    )


@router.get("/health")
def health(tx: Tx) -> dict[str, str]:
    """Say that the server and its database answer."""
    tx.session.connection().exec_driver_sql("SELECT 1")
    return {"status": "ok"}


@router.post("/registrations", status_code=201)
def register(wanted: RegistrationIn, request: Request, tx: Tx) -> RegistrationOut:
    """Register; nothing is usable until the emailed link is opened."""
    address = address_of(request)
    throttle.check(tx, Doing.REGISTER, wanted.email, address=address)
    done = registration.register(tx, wanted, address)
    throttle.failed(tx, Doing.REGISTER, wanted.email, address=address)
    return done


@router.post("/registrations/{registration_id}/email")
def send_again(registration_id: UUID, request: Request, tx: Tx) -> RegistrationOut:
    """Send the activation link again."""
    address = address_of(request)
    done = registration.send_again(tx, registration_id)
    throttle.check(tx, Doing.REGISTER, done.email, address=address)
    throttle.failed(tx, Doing.REGISTER, done.email, address=address)
    record(tx, Action.ACTIVATION_SENT, subject=registration_id, address=address)
    return done


@router.post("/activations", status_code=204)
def activate(link: LinkIn, request: Request, tx: Tx) -> None:
    """Activate the account of an emailed link."""
    registration.activate(tx, link.token, address_of(request))


@router.post("/password/forgotten", status_code=204)
def forgotten(asked: ForgottenIn, request: Request, tx: Tx) -> None:
    """Mail a reset link to an account's owner; answer the same for every address."""
    address = address_of(request)
    throttle.check(tx, Doing.RESET, asked.email, address=address)
    registration.forgotten(tx, asked.email, address)
    throttle.failed(tx, Doing.RESET, asked.email, address=address)


@router.post("/password/reset", status_code=204, response_model=None)
def reset(wanted: ResetIn, request: Request, tx: Tx) -> JSONResponse | None:
    """Set a new password with an emailed link."""
    address = address_of(request)
    throttle.check(tx, Doing.CODE, address=address)
    try:
        registration.reset(tx, wanted.token, wanted.password, address)
    except PortalProblem as refused:
        if refused.problem.code is not ProblemCode.OLD_LINK:
            raise
        throttle.failed(tx, Doing.CODE, address=address)
        return reply(refused.problem)
    return None
