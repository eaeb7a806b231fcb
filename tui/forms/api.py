"""Calls to the server about forms."""

from __future__ import annotations

from uuid import UUID

from shared.forms.copy import CopyKind
from shared.forms.definition import FormDefinition
from shared.forms.phrases import Phrase, PhraseIn
from shared.forms.receipts import ReceiptKey
from shared.forms.sharing import HandOver, Sharing
from shared.forms.submissions import FormVersion
from shared.problems import ProblemCode
from tui.core.client import Client
from tui.core.errors import Refused, UnexpectedResponse


async def read_sharing(client: Client, submission: UUID) -> Sharing:
    """Read the shares and contributors of a form."""
    return await client.request("GET", f"/v1/submissions/{submission}/sharing", Sharing)


async def share(client: Client, submission: UUID, account: UUID) -> None:
    """Share a form with a colleague. Raises Refused with DECIDED or NOT_ALLOWED."""
    await client.send("PUT", f"/v1/submissions/{submission}/shares/{account}")


async def end_share(client: Client, submission: UUID, account: UUID) -> None:
    """Stop sharing a form with a colleague."""
    await client.send("DELETE", f"/v1/submissions/{submission}/shares/{account}")


async def hand_over(client: Client, submission: UUID, account: UUID) -> None:
    """Hand a form over to a colleague. Raises Refused with DECIDED or NOT_ALLOWED."""
    body = HandOver(to=account)
    await client.send("POST", f"/v1/submissions/{submission}/hand-over", body=body)


async def read_form(client: Client, form: str) -> FormDefinition:
    """Read a form from the catalogue. Raises UnexpectedResponse if it is unknown."""
    forms = await client.request("GET", "/v1/forms", list[FormDefinition])
    definition = next((item for item in forms if item.id == form), None)
    if definition is None:
        raise UnexpectedResponse
    return definition


def copy_path(submission: UUID, kind: CopyKind, version: int | None) -> str:
    """Return the URL path of a copy of a version, or of the form as saved."""
    version_parameter = f"&version={version}" if version else ""
    return f"/v1/submissions/{submission}/copy?kind={kind}{version_parameter}"


async def read_receipt_key(client: Client, id: str) -> ReceiptKey:
    """Read the public key that verifies a receipt, by the id that the receipt names."""
    return await client.request("GET", "/v1/receipts/key", ReceiptKey, params={"id": id[:100]})


async def poll_version(client: Client, submission: UUID) -> int:
    """Poll the current version of a form, without extending the session."""
    reply = await client.poll(f"/v1/submissions/{submission}/version", FormVersion, None)
    if reply is None:
        raise UnexpectedResponse
    return reply[0].version


async def list_phrases(client: Client) -> list[Phrase]:
    """List the user's own phrases."""
    return await client.request("GET", "/v1/phrases", list[Phrase])


async def save_phrase(client: Client, phrase: Phrase) -> Phrase:
    """Add or change a phrase. Raises Refused with INVALID or NOT_ALLOWED."""
    body = PhraseIn(text=phrase.text)
    return await client.request("PUT", f"/v1/phrases/{phrase.id}", Phrase, body=body)


async def remove_phrase(client: Client, phrase: UUID) -> None:
    """Delete a phrase if it still exists."""
    try:
        await client.send("DELETE", f"/v1/phrases/{phrase}")
    except Refused as refused:
        if refused.code is not ProblemCode.NOT_FOUND:
            raise
