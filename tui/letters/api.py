"""Requests about the letters of a case."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.letters import LetterDraft, LetterRow, Letters, MakeLetter, PostedIn, SaveLetter
from tui.core.client import Client


def letters_path(case: UUID) -> str:
    """Return the path of the letters of a case."""
    return f"/v1/desk/cases/{case}/letters"


def letter_path(case: UUID, kind: str) -> str:
    """Return the path of a letter of a case."""
    return f"{letters_path(case)}/{kind}"


def consultation_letter_path(consultation: UUID) -> str:
    """Return the path of the letter that consults a setting."""
    return f"/v1/placements/consultations/{consultation}/letter"


def advice_letter_path(advice: UUID) -> str:
    """Return the path of the letter that asks for advice."""
    return f"/v1/desk/advice/{advice}/letter"


async def list_letters(client: Client, case: UUID) -> Letters:
    """List the letters of a case, made and to be made."""
    return await client.request("GET", letters_path(case), Letters)


async def read_letter(client: Client, path: str) -> LetterDraft:
    """Read a letter as it is written so far."""
    return await client.request("GET", path, LetterDraft)


async def save_letter(
    client: Client, path: str, version: int, texts: dict[str, str]
) -> LetterDraft:
    """Save what is written; safe to repeat. Raises Refused STALE if `version` is outdated."""
    body = SaveLetter(texts=texts)
    return await client.request("PUT", path, LetterDraft, body=body, if_match=version)


async def make_letter(client: Client, path: str, new: MakeLetter) -> LetterRow:
    """Make a letter as a PDF; safe to repeat. Raises Refused STALE, NOT_COMPLETE."""
    return await client.request("POST", path, LetterRow, body=new, repeatable=True)


async def record_posted(client: Client, case: UUID, document: UUID, version: int, on: date) -> None:
    """Record when a letter was posted, at first with version 0. Raises Refused with STALE."""
    path = f"{letters_path(case)}/made/{document}/posted"
    await client.send("PUT", path, body=PostedIn(on=on), if_match=version)
