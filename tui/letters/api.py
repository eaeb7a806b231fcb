"""Requests about the letters of a case."""

from __future__ import annotations

from uuid import UUID

from shared.letters import LetterDraft, LetterRow, Letters, MakeLetter, SaveLetter
from tui.core.client import Client


def _path(case: UUID) -> str:
    return f"/v1/desk/cases/{case}/letters"


async def list_letters(client: Client, case: UUID) -> Letters:
    """List the letters of a case, made and to be made."""
    return await client.request("GET", _path(case), Letters)


async def read_letter(client: Client, case: UUID, kind: str) -> LetterDraft:
    """Read a letter as it is written so far."""
    return await client.request("GET", f"{_path(case)}/{kind}", LetterDraft)


async def save_letter(
    client: Client, case: UUID, kind: str, version: int, texts: dict[str, str]
) -> LetterDraft:
    """Save what is written; safe to repeat. Raises Refused STALE if `version` is outdated."""
    body = SaveLetter(texts=texts)
    return await client.request(
        "PUT", f"{_path(case)}/{kind}", LetterDraft, body=body, if_match=version
    )


async def make_letter(client: Client, case: UUID, kind: str, new: MakeLetter) -> LetterRow:
    """Make a letter as a PDF; safe to repeat. Raises Refused STALE, NOT_COMPLETE."""
    path = f"{_path(case)}/{kind}"
    return await client.request("POST", path, LetterRow, body=new, repeatable=True)
