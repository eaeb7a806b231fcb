"""Requests about advice: asked for, chased, and received on paper."""

from __future__ import annotations

from uuid import UUID

from shared.advice import (
    AdviceContactsIn,
    AdviceKindIn,
    ChaseIn,
    ChaseOut,
    PaperAdviceIn,
    PaperDocumentIn,
    PaperRemovalIn,
    PostalAdviceIn,
    PostalChaseIn,
    PostalChaseOut,
)
from shared.desk import AskableForm, AskIn, CaseOut
from tui.core.client import Client
from tui.desk.api import DESK, post


async def request_advice(client: Client, case: UUID, body: AskIn) -> CaseOut:
    """Request advice from professionals; safe to repeat."""
    return await post(client, f"cases/{case}/advice", body)


async def read_chase(client: Client, advice: UUID) -> ChaseOut:
    """Read the message that is suggested to chase advice."""
    return await client.request("GET", f"{DESK}/advice/{advice}/chase", ChaseOut)


async def chase_advice(client: Client, advice: UUID, body: ChaseIn) -> CaseOut:
    """Chase advice with a message; safe to repeat."""
    return await post(client, f"advice/{advice}/chase", body)


async def read_chase_by_post(client: Client, advice: UUID) -> PostalChaseOut:
    """Read the words that are suggested to chase somebody without an account."""
    return await client.request("GET", f"{DESK}/advice/{advice}/chase/post", PostalChaseOut)


async def chase_by_post(client: Client, advice: UUID, body: PostalChaseIn) -> CaseOut:
    """Record that somebody without an account was chased; safe to repeat."""
    return await post(client, f"advice/{advice}/chase/post", body)


async def cancel_advice(client: Client, advice: UUID) -> CaseOut:
    """Cancel a request for advice; safe to repeat."""
    return await post(client, f"advice/{advice}/cancel")


async def ask_by_post(client: Client, case: UUID, body: PostalAdviceIn) -> CaseOut:
    """Record that advice was asked for by post; safe to repeat."""
    return await post(client, f"cases/{case}/advice/post", body)


async def receive_on_paper(client: Client, advice: UUID, body: PaperAdviceIn) -> CaseOut:
    """Record that advice was received on paper; safe to repeat."""
    return await post(client, f"advice/{advice}/paper", body)


async def correct_contacts(client: Client, advice: UUID, body: AdviceContactsIn) -> CaseOut:
    """Correct how to reach who was asked for advice by post; safe to repeat."""
    path = f"{DESK}/advice/{advice}/contacts"
    return await client.request("PUT", path, CaseOut, body=body, repeatable=True)


async def correct_kind(client: Client, advice: UUID, body: AdviceKindIn) -> CaseOut:
    """Correct the kind of advice that was asked for by post; safe to repeat."""
    return await post(client, f"advice/{advice}/kind", body)


async def add_paper(client: Client, advice: UUID, body: PaperDocumentIn) -> CaseOut:
    """Add the document to advice that was received on paper; safe to repeat."""
    return await post(client, f"advice/{advice}/paper/document", body)


async def take_paper_back(client: Client, advice: UUID, removal: PaperRemovalIn) -> CaseOut:
    """Take back a receipt of advice on paper; safe to repeat."""
    return await post(client, f"advice/{advice}/paper/remove", removal)


async def list_askable_forms(client: Client) -> list[AskableForm]:
    """List the forms that can be requested from professionals."""
    return await client.request("GET", f"{DESK}/forms", list[AskableForm])
