"""Routes for what comes by post: advice, and corrections of requests on paper."""

from uuid import UUID

from fastapi import APIRouter, Response

from server.accounts.actor import Officer
from server.core.problems import problem_responses
from server.core.routing import TransactionRoute, Tx, audited
from server.core.versions import IfMatch, set_etag
from server.desk import advice_kind, chasing_by_post, correcting_requests, paper_advice
from server.desk.advice_letters import letter_of
from server.desk.case import case_out
from server.letters.routes import add_letter_routes
from shared.advice import (
    AdviceContactsIn,
    AdviceKindIn,
    PaperAdviceIn,
    PaperDocumentIn,
    PaperRemovalIn,
    PostalAdviceIn,
    PostalChaseIn,
    PostalChaseOut,
)
from shared.desk import CaseOut, PaperRequestOut, RequestCorrectionIn

router = APIRouter(prefix="/v1/desk", route_class=TransactionRoute)


@router.post("/cases/{case}/advice/post")
def ask_by_post(case: UUID, body: PostalAdviceIn, actor: Officer, tx: Tx) -> CaseOut:
    """Record that advice was asked for by post from somebody without an account."""
    return case_out(tx, actor, paper_advice.ask_by_post(tx, actor, case, body))


@router.put("/advice/{advice_request}/contacts")
def correct_contacts(
    advice_request: UUID, body: AdviceContactsIn, actor: Officer, tx: Tx
) -> CaseOut:
    """Correct who was asked for advice by post, and how to reach them."""
    return case_out(tx, actor, paper_advice.correct_contacts(tx, actor, advice_request, body))


@router.post("/advice/{advice_request}/kind")
def correct_kind(advice_request: UUID, body: AdviceKindIn, actor: Officer, tx: Tx) -> CaseOut:
    """Correct the kind of advice that was asked for by post, with a reason."""
    return case_out(tx, actor, advice_kind.correct_kind(tx, actor, advice_request, body))


@router.get("/advice/{advice_request}/chase/post", responses=problem_responses([409]))
@audited
def suggest_chase_by_post(advice_request: UUID, actor: Officer, tx: Tx) -> PostalChaseOut:
    """Read the words that are suggested to chase somebody without an account."""
    return chasing_by_post.read_chase(tx, actor, advice_request)


@router.post("/advice/{advice_request}/chase/post")
def chase_by_post(advice_request: UUID, body: PostalChaseIn, actor: Officer, tx: Tx) -> CaseOut:
    """Record that somebody without an account was chased by phone or by letter."""
    return case_out(tx, actor, chasing_by_post.chase(tx, actor, advice_request, body))


@router.post("/advice/{advice_request}/paper")
def receive_on_paper(advice_request: UUID, body: PaperAdviceIn, actor: Officer, tx: Tx) -> CaseOut:
    """Record that advice was received on paper."""
    return case_out(tx, actor, paper_advice.receive(tx, actor, advice_request, body))


@router.post("/advice/{advice_request}/paper/document")
def add_paper(advice_request: UUID, body: PaperDocumentIn, actor: Officer, tx: Tx) -> CaseOut:
    """Add the document to advice that was received on paper."""
    return case_out(tx, actor, paper_advice.add_document(tx, actor, advice_request, body))


@router.post("/advice/{advice_request}/paper/remove")
def take_paper_back(advice_request: UUID, body: PaperRemovalIn, actor: Officer, tx: Tx) -> CaseOut:
    """Take back a receipt of advice on paper."""
    return case_out(tx, actor, paper_advice.take_back(tx, actor, advice_request, body))


add_letter_routes(
    router, "/advice/{advice_request}/letter", letter_of, "the letter that asks for advice"
)


@router.get("/requests/{submission}")
@audited
def read_request(submission: UUID, actor: Officer, tx: Tx, response: Response) -> PaperRequestOut:
    """Read a family's request made on paper or by phone, to correct it."""
    return set_etag(response, correcting_requests.read_request(tx, actor, submission))


@router.put("/requests/{submission}")
def correct_request(
    submission: UUID, body: RequestCorrectionIn, actor: Officer, tx: Tx, version: IfMatch
) -> CaseOut:
    """Correct a family's request made on paper or by phone, with a reason."""
    case = correcting_requests.correct_request(tx, actor, submission, body, version)
    return case_out(tx, actor, case)
