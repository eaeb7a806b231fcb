"""Routes without a session: portal information, health, registration, password reset."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request, Response

from server.accounts import password, registration
from server.accounts.actor import address_of
from server.core import throttle
from server.core.audit import Action, record
from server.core.middleware import VERSION
from server.core.problems import PortalProblem, problem_responses
from server.core.routing import TransactionRoute, Tx, services_of
from server.core.throttle import Operation, Source
from shared.accounts import (
    ForgottenPasswordIn,
    LinkIn,
    PortalInfo,
    RegistrationIn,
    RegistrationOut,
    ResetIn,
    SignInProvider,
)
from shared.health import HealthReport, State
from shared.problems import ProblemCode
from shared.versions import parse_version

NOTICE = (
    "The authority uses what you enter to decide on and provide for education, health and care "
    "needs. It is seen by the authority, the family and the professionals who work with the child."
)

router = APIRouter(prefix="/v1", route_class=TransactionRoute)


@router.get("/portal")
async def portal_info(request: Request) -> PortalInfo:
    """Read the portal's name, texts and version."""
    settings = services_of(request).settings
    own = parse_version(VERSION)
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
        version=VERSION,
        oldest_client=own.oldest_partner if own else VERSION,
        recommended_client=settings.client_recommended or VERSION,
        ssh_address=settings.ssh_address,
        providers=[
            SignInProvider(name=provider.name, label=provider.label)
            for provider in settings.providers
        ],
        sends_mail=settings.sends_mail,
        demo=bool(request.app.state.demo_accounts),
        demo_accounts=request.app.state.demo_accounts,
    )


@router.get("/health", responses={503: {"model": HealthReport}})
async def health(request: Request, response: Response) -> HealthReport:
    """Report the server's health as of the last check; 503 if it is not healthy."""
    monitor = request.app.state.health
    report: HealthReport = monitor.report or await monitor.check()
    if report.status is not State.OK:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return report


@router.post("/registrations", status_code=201, responses=problem_responses([429]))
async def register(new: RegistrationIn, request: Request) -> RegistrationOut:
    """Register; nothing is usable until the emailed link is opened."""
    return await registration.register(services_of(request), new, address_of(request))


@router.post("/registrations/{registration_id}/email", responses=problem_responses([429]))
def resend_activation(registration_id: UUID, request: Request, tx: Tx) -> RegistrationOut:
    """Send the activation link again."""
    address = address_of(request)
    result = registration.resend_activation(tx, registration_id)
    throttle.check(tx, Operation.REGISTER, result.email, source=Source(address))
    throttle.record_failure(tx, Operation.REGISTER, result.email, source=Source(address))
    record(tx, Action.ACTIVATION_SENT, subject=registration_id, address=address)
    return result


@router.post("/activations", status_code=204, responses=problem_responses([410]))
def activate(link: LinkIn, request: Request, tx: Tx) -> None:
    """Activate the account of an emailed link."""
    registration.activate(tx, link.token, address_of(request))


@router.post("/password/forgotten", status_code=204, responses=problem_responses([429]))
def request_password_reset(body: ForgottenPasswordIn, request: Request, tx: Tx) -> None:
    """Email a reset link; the response is the same for every address."""
    address = address_of(request)
    throttle.check(tx, Operation.RESET, body.email, source=Source(address))
    registration.send_reset_link(tx, body.email, address)
    throttle.record_failure(tx, Operation.RESET, body.email, source=Source(address))


@router.post("/password/reset", status_code=204, responses=problem_responses([410, 429]))
async def reset(new: ResetIn, request: Request) -> None:
    """Set a new password with an emailed link."""
    services, address = services_of(request), address_of(request)
    await services.read(lambda tx: throttle.check(tx, Operation.CODE, source=Source(address)))
    try:
        await password.reset_password(services, new.token, new.password, address)
    except PortalProblem as error:
        if error.problem.code is ProblemCode.INVALID_LINK:
            await services.write(
                lambda tx: throttle.record_failure(tx, Operation.CODE, source=Source(address))
            )
        raise
