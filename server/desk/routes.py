"""Routes for the officers' desk: the list of cases, one case, and its child."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from server.accounts.actor import Officer
from server.core.audit import Action
from server.core.problems import problem_responses
from server.core.routing import TransactionRoute, Tx, audited
from server.core.versions import IfMatch, set_etag
from server.desk import (
    access,
    actions,
    advice,
    audit_log,
    chasing,
    correcting,
    details,
    exemptions,
    filing,
    matching,
    new_children,
    officers,
    paper,
    parents,
    publishing,
    reassigning,
    requests,
    several,
    views,
)
from server.desk import case as case_view
from server.desk.cases_csv import send_cases
from server.desk.listing import list_cases
from server.desk.officers_csv import send_officers
from server.desk.professionals import find_professionals
from shared.advice import ChaseIn, ChaseOut
from shared.caselist import CaseQuery, CsvQuery, DeskPage, ViewIn, ViewOut
from shared.caseload import CoverIn, OfficerRow, SeveralIn, SeveralOut
from shared.cases.actions import ExemptionIn, OpeningIn
from shared.desk import (
    AllocateIn,
    AskableForm,
    AskIn,
    AuditPage,
    CaseOut,
    ChildIn,
    ChildOut,
    FileIn,
    KnownChild,
    MatchIn,
    Matching,
    PaperRequest,
    ReasonIn,
    ReturnForm,
)
from shared.forms.sharing import Colleague, HandOver
from shared.people import DetailsIn, ParentsIn
from shared.publications import PublishIn, ReadersIn

SearchText = Annotated[str, Query(max_length=200)]

router = APIRouter(prefix="/v1/desk", route_class=TransactionRoute)


@router.get("/cases")
def cases(actor: Officer, tx: Tx, query: Annotated[CaseQuery, Query()]) -> DeskPage:
    """List a page of the authority's cases."""
    page = list_cases(tx, actor, query)
    actor.record_shown(tx, Action.SHOWN_IN_CASES, (row.person for row in page.rows))
    return page


@router.get("/cases.csv", responses=problem_responses([401, 403]))
async def cases_csv(request: Request, query: Annotated[CsvQuery, Query()]) -> StreamingResponse:
    """Save the cases of a list as CSV, for spreadsheets."""
    return await send_cases(request, query)


@router.get("/views")
def own_views(actor: Officer, tx: Tx) -> list[ViewOut]:
    """List my own views of the list of cases."""
    return views.list_views(tx, actor)


@router.put("/views/{view}", status_code=204)
def save_view(view: UUID, body: ViewIn, actor: Officer, tx: Tx) -> None:
    """Save a view of mine."""
    views.save_view(tx, actor, view, body)


@router.delete("/views/{view}", status_code=204)
def delete_view(view: UUID, actor: Officer, tx: Tx) -> None:
    """Delete a view of mine."""
    views.delete_view(tx, actor, view)


@router.put("/cases/{case}/officer", status_code=204)
def take_on(case: UUID, actor: Officer, tx: Tx) -> None:
    """Assign a case to me."""
    officers.take_on(tx, actor, case)


@router.put("/cases/{case}/officer/{account}", status_code=204)
def assign(case: UUID, account: UUID, actor: Officer, tx: Tx) -> None:
    """Assign a case to an officer."""
    officers.assign(tx, actor, case, account)


@router.get("/officers")
def list_officers(actor: Officer, tx: Tx) -> list[OfficerRow]:
    """List the officers, with their open cases and who covers for them."""
    return officers.list_officers(tx, actor)


@router.get("/officers.csv", responses=problem_responses([401, 403]))
async def officers_csv(request: Request) -> StreamingResponse:
    """Save the officers, with their open cases and who covers for them, as CSV."""
    return await send_officers(request)


@router.post("/covers", status_code=204)
def set_cover(body: CoverIn, actor: Officer, tx: Tx) -> None:
    """Let an officer cover for another one."""
    officers.set_cover(tx, actor, body)


@router.delete("/covers/{cover}", status_code=204)
def end_cover(cover: UUID, actor: Officer, tx: Tx) -> None:
    """End the cover for an officer."""
    officers.end_cover(tx, actor, cover)


@router.post("/several/check")
def check_several(body: SeveralIn, actor: Officer, tx: Tx) -> SeveralOut:
    """Say what doing something with several cases would change, and change nothing."""
    return several.check(tx, actor, body)


@router.post("/several")
def do_several(body: SeveralIn, actor: Officer, tx: Tx) -> SeveralOut:
    """Do something with several cases, each with its own outcome."""
    return several.perform(tx, actor, body)


@router.delete("/cases/{case}/officer", status_code=204)
def give_up(case: UUID, actor: Officer, tx: Tx) -> None:
    """Unassign a case."""
    actions.give_up(tx, actor, case)


@router.post("/people/{person}/allocations", status_code=204)
def allocate(person: UUID, body: AllocateIn, actor: Officer, tx: Tx) -> None:
    """Put a child on a professional's list."""
    actions.allocate(tx, actor, person, body.account)


@router.get("/cases/{case}")
@audited
def read_case(case: UUID, actor: Officer, tx: Tx) -> CaseOut:
    """Read a case."""
    return case_view.read_case(tx, actor, case)


@router.post("/cases/{case}/exemptions")
def record_exemption(case: UUID, body: ExemptionIn, actor: Officer, tx: Tx) -> CaseOut:
    """Record an exemption from a deadline."""
    return case_view.case_out(tx, actor, exemptions.record_exemption(tx, actor, case, body))


@router.post("/exemptions/{exemption}/remove")
def remove_exemption(exemption: UUID, body: ReasonIn, actor: Officer, tx: Tx) -> CaseOut:
    """Take back an exemption."""
    return case_view.case_out(tx, actor, exemptions.take_back(tx, actor, exemption, body.reason))


@router.post("/people/{person}/cases", status_code=201)
def open_case(person: UUID, body: OpeningIn, actor: Officer, tx: Tx) -> CaseOut:
    """Open a case by becoming responsible for a child, or by taking over a plan."""
    return case_view.case_out(tx, actor, correcting.open_case_by(tx, actor, person, body))


@router.post("/cases/{case}/publications")
def publish(case: UUID, body: PublishIn, actor: Officer, tx: Tx) -> CaseOut:
    """Publish a document to selected professionals."""
    return case_view.case_out(tx, actor, publishing.publish(tx, actor, case, body))


@router.post("/publications/{publication}/readers")
def add_readers(publication: UUID, body: ReadersIn, actor: Officer, tx: Tx) -> CaseOut:
    """Publish a published document to further professionals."""
    case = publishing.add_readers(tx, actor, publication, body.readers)
    return case_view.case_out(tx, actor, case)


@router.post("/publications/{publication}/withdraw")
def withdraw(publication: UUID, body: ReasonIn, actor: Officer, tx: Tx) -> CaseOut:
    """Withdraw a published document from all its readers."""
    case = publishing.withdraw(tx, actor, publication, body.reason)
    return case_view.case_out(tx, actor, case)


@router.post("/cases/{case}/documents")
def file_document(case: UUID, body: FileIn, actor: Officer, tx: Tx) -> CaseOut:
    """Keep a document with a case for officers only."""
    return case_view.case_out(tx, actor, filing.file_document(tx, actor, case, body))


@router.post("/people/{person}/access/{account}/end", status_code=204)
def end_access(person: UUID, account: UUID, body: ReasonIn, actor: Officer, tx: Tx) -> None:
    """End a professional's access to a child."""
    access.end_access(tx, actor, person, account, body.reason)


@router.post("/cases/{case}/advice")
def request_advice(case: UUID, body: AskIn, actor: Officer, tx: Tx) -> CaseOut:
    """Request advice from professionals."""
    return case_view.case_out(tx, actor, advice.request_advice(tx, actor, case, body.requests))


@router.post("/advice/{advice_request}/accept")
def accept_advice(advice_request: UUID, actor: Officer, tx: Tx) -> CaseOut:
    """Accept advice."""
    return case_view.case_out(tx, actor, advice.accept(tx, actor, advice_request))


@router.post("/advice/{advice_request}/return")
def return_advice(advice_request: UUID, body: ReturnForm, actor: Officer, tx: Tx) -> CaseOut:
    """Return advice as incomplete."""
    return case_view.case_out(
        tx, actor, advice.return_advice(tx, actor, advice_request, body.missing)
    )


@router.get("/advice/{advice_request}/chase", responses=problem_responses([409]))
def suggest_chase(advice_request: UUID, actor: Officer, tx: Tx) -> ChaseOut:
    """Read the message that is suggested to chase advice."""
    return chasing.read_chase(tx, actor, advice_request)


@router.post("/advice/{advice_request}/chase")
def chase_advice(advice_request: UUID, body: ChaseIn, actor: Officer, tx: Tx) -> CaseOut:
    """Chase advice with a message."""
    return case_view.case_out(tx, actor, chasing.chase(tx, actor, advice_request, body))


@router.post("/advice/{advice_request}/cancel")
def cancel_advice(advice_request: UUID, actor: Officer, tx: Tx) -> CaseOut:
    """Cancel a request for advice."""
    return case_view.case_out(tx, actor, advice.cancel(tx, actor, advice_request))


@router.post("/submissions/{submission}/accept")
def accept_request(submission: UUID, actor: Officer, tx: Tx) -> CaseOut:
    """Accept a request."""
    return case_view.case_out(tx, actor, requests.accept_request(tx, actor, submission))


@router.post("/submissions/{submission}/return")
def return_request(submission: UUID, body: ReturnForm, actor: Officer, tx: Tx) -> CaseOut:
    """Return a request as incomplete."""
    case = requests.return_request(tx, actor, submission, body.missing)
    return case_view.case_out(tx, actor, case)


@router.post("/submissions/{submission}/reassign", status_code=204)
def reassign(submission: UUID, body: HandOver, actor: Officer, tx: Tx) -> None:
    """Reassign a form to another professional."""
    reassigning.reassign(tx, actor, submission, body.to)


@router.post("/requests", status_code=201)
def enter_request(body: PaperRequest, actor: Officer, tx: Tx) -> CaseOut:
    """Enter a family's request made on paper or by phone."""
    return case_view.case_out(tx, actor, paper.enter_request(tx, actor, body))


@router.get("/forms")
def askable_forms(_: Officer, tx: Tx) -> list[AskableForm]:
    """List the forms that may be requested from a professional."""
    return advice.askable_forms(tx)


@router.get("/professionals")
def professionals(
    _: Officer, tx: Tx, find: SearchText = "", instead_of: UUID | None = None
) -> list[Colleague]:
    """Find professionals, without the one whose form is to be passed on."""
    return find_professionals(tx, find, instead_of)


@router.get("/people")
def people(actor: Officer, tx: Tx, find: SearchText = "") -> list[KnownChild]:
    """Find children known to the authority."""
    children = matching.find_people(tx, find)
    actor.record_shown(tx, Action.SHOWN_IN_SEARCH, (child.id for child in children))
    return children


@router.post("/people")
def add_child(body: ChildIn, actor: Officer, tx: Tx) -> ChildOut:
    """Add a child who is not in the portal, or return those who may be the same."""
    return new_children.add_child(tx, actor, body)


@router.put("/people/{person}/details", status_code=204)
def correct_details(
    person: UUID, body: DetailsIn, actor: Officer, tx: Tx, version: IfMatch, response: Response
) -> None:
    """Correct a child's details, with a reason."""
    set_etag(response, details.correct_details(tx, actor, person, body, version))


@router.put("/people/{person}/parents", status_code=204)
def correct_parents(
    person: UUID, body: ParentsIn, actor: Officer, tx: Tx, version: IfMatch, response: Response
) -> None:
    """Correct a child's parents and carers, with a reason."""
    set_etag(response, parents.correct_parents(tx, actor, person, body, version))


@router.get("/people/{person}/matching")
@audited
def matching_candidates(person: UUID, actor: Officer, tx: Tx) -> Matching:
    """Compare a new child with known children who may be the same."""
    return matching.find_matches(tx, actor, person)


@router.post("/people/{person}/match", status_code=204)
def match(person: UUID, body: MatchIn, actor: Officer, tx: Tx) -> None:
    """Accept a child as new, or merge them into a known child."""
    matching.match(tx, actor, person, body.same_as)


@router.get("/people/{person}/trail")
@audited
def read_audit_log(
    person: UUID,
    actor: Officer,
    tx: Tx,
    cursor: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> AuditPage:
    """Read a page of the audit log of a child."""
    return audit_log.read_audit_log(tx, actor, person, cursor)
