"""Requests of the officers' desk."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel

from shared.caselist import CaseQuery, DeskPage, ViewIn, ViewOut
from shared.caseload import CasesIn, CoverIn, OfficerRow, SeveralIn, SeveralOut
from shared.cases.actions import CorrectionIn, EventIn, ExemptionIn, OpeningIn, UndoIn
from shared.desk import (
    AllocateIn,
    AuditPage,
    CaseOut,
    CaseStep,
    ChildIn,
    ChildOut,
    FileIn,
    KnownChild,
    MatchIn,
    Matching,
    PaperRequest,
    PaperRequestOut,
    ReasonIn,
    RequestCorrectionIn,
    ReturnForm,
)
from shared.forms.sharing import Colleague, HandOver
from shared.organisations import ConfirmIn, MembershipRequest, MembershipRequests
from shared.panels import PanelsPage
from shared.people import DetailsIn, ParentsIn
from shared.publications import PublishIn, ReadersIn
from shared.support import StaffIn, StaffRow
from tui.core.client import Client, Params

DESK = "/v1/desk"
STAFF = "/v1/staff"


async def post(client: Client, path: str, body: BaseModel | None = None) -> CaseOut:
    """Change a case, at a path below DESK; safe to repeat."""
    return await client.request("POST", f"{DESK}/{path}", CaseOut, body=body, repeatable=True)


async def list_cases(client: Client, query: CaseQuery) -> DeskPage:
    """Read a page of cases."""
    return await client.request("GET", f"{DESK}/cases", DeskPage, params=query)


async def read_case(client: Client, case: UUID) -> CaseOut:
    """Read a case."""
    return await client.request("GET", f"{DESK}/cases/{case}", CaseOut)


async def read_placement_steps(client: Client, case: UUID) -> list[CaseStep]:
    """Read what was done in a case about settings and the placement."""
    return await client.request("GET", f"/v1/placements/cases/{case}/history", list[CaseStep])


async def take_on(client: Client, case: UUID) -> None:
    """Take on a case."""
    await client.send("PUT", f"{DESK}/cases/{case}/officer")


async def assign(client: Client, case: UUID, account: UUID) -> None:
    """Assign a case to an officer."""
    await client.send("PUT", f"{DESK}/cases/{case}/officer/{account}")


async def list_views(client: Client) -> list[ViewOut]:
    """List the officer's own views of the list of cases."""
    return await client.request("GET", f"{DESK}/views", list[ViewOut])


async def save_view(client: Client, view: UUID, body: ViewIn) -> None:
    """Save a view of the officer; safe to repeat."""
    await client.send("PUT", f"{DESK}/views/{view}", body=body)


async def delete_view(client: Client, view: UUID) -> None:
    """Delete a view of the officer."""
    await client.send("DELETE", f"{DESK}/views/{view}")


async def list_officers(client: Client) -> list[OfficerRow]:
    """List the officers, with who covers for them."""
    return await client.request("GET", f"{DESK}/officers", list[OfficerRow])


async def set_cover(client: Client, body: CoverIn) -> None:
    """Let an officer cover for another one; safe to repeat."""
    await client.send("POST", f"{DESK}/covers", body=body, repeatable=True)


async def end_cover(client: Client, cover: UUID) -> None:
    """End a cover."""
    await client.send("DELETE", f"{DESK}/covers/{cover}")


async def check_several(client: Client, body: SeveralIn) -> SeveralOut:
    """Read what doing something with several cases would change."""
    path = f"{DESK}/several/check"
    return await client.request("POST", path, SeveralOut, body=body, repeatable=True)


async def do_several(client: Client, body: SeveralIn) -> SeveralOut:
    """Do something with several cases; safe to repeat."""
    return await client.request("POST", f"{DESK}/several", SeveralOut, body=body, repeatable=True)


async def list_panels(client: Client, *, past: bool, cursor: str | None = None) -> PanelsPage:
    """Read a page of panels to come, or of past ones."""
    params: Params = {"past": past, **({"cursor": cursor} if cursor else {})}
    return await client.request("GET", "/v1/casework/panels", PanelsPage, params=params)


async def check_panel(client: Client, panel: UUID, body: CasesIn) -> SeveralOut:
    """Read which of several cases would be put on a panel."""
    path = f"/v1/casework/panels/{panel}/several/check"
    return await client.request("POST", path, SeveralOut, body=body, repeatable=True)


async def put_on_panel(client: Client, panel: UUID, body: CasesIn) -> SeveralOut:
    """Put several cases on a panel; safe to repeat."""
    path = f"/v1/casework/panels/{panel}/several"
    return await client.request("POST", path, SeveralOut, body=body, repeatable=True)


async def give_up(client: Client, case: UUID) -> None:
    """Give up a case."""
    await client.send("DELETE", f"{DESK}/cases/{case}/officer")


async def add_event(client: Client, case: UUID, event: EventIn) -> CaseOut:
    """Record an event; safe to repeat."""
    return await post(client, f"cases/{case}/events", event)


async def correct_event(
    client: Client, case: UUID, event: int, correction: CorrectionIn
) -> CaseOut:
    """Correct an event; safe to repeat."""
    path = f"{DESK}/cases/{case}/events/{event}"
    return await client.request("PUT", path, CaseOut, body=correction, repeatable=True)


async def correct_details(client: Client, person: UUID, version: int, body: DetailsIn) -> None:
    """Correct a child's details. Raises Refused with STALE."""
    await client.send("PUT", f"{DESK}/people/{person}/details", body=body, if_match=version)


async def correct_parents(client: Client, person: UUID, version: int, body: ParentsIn) -> None:
    """Correct a child's parents and carers. Raises Refused with STALE."""
    await client.send("PUT", f"{DESK}/people/{person}/parents", body=body, if_match=version)


async def undo_event(client: Client, case: UUID, event: int, version: int) -> CaseOut:
    """Undo the last event of a case; safe to repeat."""
    return await post(client, f"cases/{case}/events/{event}/undo", UndoIn(version=version))


async def remove_exemption(client: Client, exemption: UUID, reason: str) -> CaseOut:
    """Take back an exemption; safe to repeat."""
    return await post(client, f"exemptions/{exemption}/remove", ReasonIn(reason=reason))


async def open_case(client: Client, person: UUID, opening: OpeningIn) -> CaseOut:
    """Open a case of a child without a request; safe to repeat."""
    return await post(client, f"people/{person}/cases", opening)


async def exempt(client: Client, case: UUID, exemption: ExemptionIn) -> CaseOut:
    """Record an exemption from a deadline; safe to repeat."""
    return await post(client, f"cases/{case}/exemptions", exemption)


async def publish(client: Client, case: UUID, body: PublishIn) -> CaseOut:
    """Publish an uploaded document; safe to repeat."""
    return await post(client, f"cases/{case}/publications", body)


async def add_readers(client: Client, publication: UUID, body: ReadersIn) -> CaseOut:
    """Publish a published document to further readers; safe to repeat."""
    return await post(client, f"publications/{publication}/readers", body)


async def withdraw(client: Client, publication: UUID, reason: str) -> CaseOut:
    """Withdraw a published document; safe to repeat."""
    return await post(client, f"publications/{publication}/withdraw", ReasonIn(reason=reason))


async def file_document(client: Client, case: UUID, body: FileIn) -> CaseOut:
    """Keep an uploaded document with a case for officers only; safe to repeat."""
    return await post(client, f"cases/{case}/documents", body)


async def end_access(client: Client, person: UUID, account: UUID, reason: str) -> None:
    """End a professional's access to a child; safe to repeat."""
    path = f"{DESK}/people/{person}/access/{account}/end"
    await client.send("POST", path, body=ReasonIn(reason=reason), repeatable=True)


async def accept(client: Client, collection: str, item: UUID) -> CaseOut:
    """Accept a request (`submissions`) or advice (`advice`); safe to repeat."""
    return await post(client, f"{collection}/{item}/accept")


async def return_form(client: Client, collection: str, item: UUID, missing: str) -> CaseOut:
    """Return a request (`submissions`) or advice (`advice`), stating what is missing."""
    return await post(client, f"{collection}/{item}/return", ReturnForm(missing=missing))


async def reassign(client: Client, submission: UUID, account: UUID) -> None:
    """Reassign a form to another professional; safe to repeat."""
    path = f"{DESK}/submissions/{submission}/reassign"
    await client.send("POST", path, body=HandOver(to=account), repeatable=True)


async def allocate(client: Client, person: UUID, account: UUID) -> None:
    """Add a child to a professional's list; safe to repeat."""
    path = f"{DESK}/people/{person}/allocations"
    await client.send("POST", path, body=AllocateIn(account=account), repeatable=True)


async def enter_request(client: Client, body: PaperRequest) -> CaseOut:
    """Enter a family's paper request; safe to repeat."""
    return await post(client, "requests", body)


async def read_request(client: Client, submission: UUID) -> PaperRequestOut:
    """Read a family's paper request, to correct it."""
    return await client.request("GET", f"{DESK}/requests/{submission}", PaperRequestOut)


async def correct_request(
    client: Client, submission: UUID, version: int, body: RequestCorrectionIn
) -> CaseOut:
    """Correct a family's paper request; safe to repeat. Raises Refused with STALE."""
    path = f"{DESK}/requests/{submission}"
    return await client.request("PUT", path, CaseOut, body=body, if_match=version)


async def find_professionals(
    client: Client, find: str, instead_of: UUID | None = None
) -> list[Colleague]:
    """Search for professionals by name, organisation or email, but for the owner of a form."""
    params: dict[str, str | int | bool] = {"find": find}
    if instead_of:
        params["instead_of"] = str(instead_of)
    return await client.request("GET", f"{DESK}/professionals", list[Colleague], params=params)


async def find_people(client: Client, find: str) -> list[KnownChild]:
    """Search for children known to the authority."""
    return await client.request("GET", f"{DESK}/people", list[KnownChild], params={"find": find})


async def add_child(client: Client, body: ChildIn) -> ChildOut:
    """Add a child who is not in the portal; safe to repeat."""
    return await client.request("POST", f"{DESK}/people", ChildOut, body=body, repeatable=True)


async def read_match_candidates(client: Client, person: UUID) -> Matching:
    """Read a new child with the known children who may be the same."""
    return await client.request("GET", f"{DESK}/people/{person}/matching", Matching)


async def match_child(client: Client, person: UUID, same_as: UUID | None) -> None:
    """Match a new child with a known one, or accept it as new; safe to repeat."""
    path = f"{DESK}/people/{person}/match"
    await client.send("POST", path, body=MatchIn(same_as=same_as), repeatable=True)


async def read_audit_log(client: Client, person: UUID, cursor: int | None = None) -> AuditPage:
    """Read a page of a child's audit log, newest first."""
    params: Params | None = {"cursor": cursor} if cursor is not None else None
    return await client.request("GET", f"{DESK}/people/{person}/trail", AuditPage, params=params)


async def list_memberships(client: Client) -> MembershipRequests:
    """List the memberships of organisations to be confirmed."""
    return await client.request("GET", f"{DESK}/memberships", MembershipRequests)


async def confirm_membership(
    client: Client, shown: MembershipRequest, organisation: UUID | None = None
) -> None:
    """Confirm a membership, of another organisation if one is given; safe to repeat.

    Raises Refused CONFLICT if it is not as it was shown.
    """
    path = f"{DESK}/memberships/{shown.id}/confirm"
    body = ConfirmIn(version=shown.version, organisation=organisation)
    await client.send("POST", path, body=body, repeatable=True)


async def refuse_membership(client: Client, membership: UUID) -> None:
    """Refuse a membership; safe to repeat."""
    await client.send("POST", f"{DESK}/memberships/{membership}/refuse", repeatable=True)


async def list_staff(client: Client) -> list[StaffRow]:
    """List the staff accounts; raises Refused FORBIDDEN without the right."""
    return await client.request("GET", STAFF, list[StaffRow])


async def add_staff(client: Client, new: StaffIn) -> StaffRow:
    """Create a staff account; repeating sends another link."""
    return await client.request("POST", STAFF, StaffRow, body=new)


async def disable_staff(client: Client, account: UUID) -> None:
    """Disable a staff account."""
    await client.send("PUT", f"{STAFF}/{account}/disabled")


async def grant_staff_right(client: Client, account: UUID) -> None:
    """Let an officer manage staff accounts."""
    await client.send("PUT", f"{STAFF}/{account}/right")


async def revoke_staff_right(client: Client, account: UUID) -> None:
    """Take the right to manage staff accounts away."""
    await client.send("DELETE", f"{STAFF}/{account}/right")
