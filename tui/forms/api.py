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
    """Read the shares of a form and its contributors."""
    return await client.request("GET", f"/v1/submissions/{submission}/sharing", Sharing)


async def share(client: Client, submission: UUID, account: UUID) -> None:
    """Share a form with a colleague; raises Refused DECIDED or NOT_ALLOWED."""
    await client.send("PUT", f"/v1/submissions/{submission}/shares/{account}")


async def end_share(client: Client, submission: UUID, account: UUID) -> None:
    """Stop sharing a form with a colleague."""
    await client.send("DELETE", f"/v1/submissions/{submission}/shares/{account}")


async def hand_over(client: Client, submission: UUID, account: UUID) -> None:
    """Hand a form over to a colleague; raises Refused DECIDED or NOT_ALLOWED."""
    body = HandOver(to=account)
    await client.send("POST", f"/v1/submissions/{submission}/hand-over", body=body)


async def read_form(client: Client, form: str) -> FormDefinition:
    """Read a form from the catalogue; raises UnexpectedResponse if there is none."""
    forms = await client.request("GET", "/v1/forms", list[FormDefinition])
    definition = next((item for item in forms if item.id == form), None)
    if definition is None:
        raise UnexpectedResponse
    return definition


def copy_path(submission: UUID, kind: CopyKind, version: int | None) -> str:
    """Return where the server makes a copy of a version, or of the form as it is saved."""
    which = f"&version={version}" if version else ""
    return f"/v1/submissions/{submission}/copy?kind={kind}{which}"


async def read_receipt_key(client: Client) -> ReceiptKey:
    """Read the public key that checks the server's receipts."""
    return await client.request("GET", "/v1/receipts/key", ReceiptKey)


async def version(client: Client, submission: UUID) -> int:
    """Poll the current version of a form, without extending the session."""
    answer = await client.poll(f"/v1/submissions/{submission}/version", FormVersion, None)
    if answer is None:
        raise UnexpectedResponse
    return answer[0].version


async def list_phrases(client: Client) -> list[Phrase]:
    """List the user's own phrases."""
    return await client.request("GET", "/v1/phrases", list[Phrase])


async def save_phrase(client: Client, phrase: Phrase) -> Phrase:
    """Add or change a phrase; raises Refused INVALID or NOT_ALLOWED."""
    body = PhraseIn(text=phrase.text)
    return await client.request("PUT", f"/v1/phrases/{phrase.id}", Phrase, body=body)


async def remove_phrase(client: Client, phrase: UUID) -> None:
    """Delete a phrase, unless it is gone already."""
    try:
        await client.send("DELETE", f"/v1/phrases/{phrase}")
    except Refused as refused:
        if refused.code is not ProblemCode.NOT_FOUND:
            raise
