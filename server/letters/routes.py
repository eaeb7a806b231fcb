"""The routes that read, save and make a letter, the same for every subject that has letters."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Request, Response

from server.accounts.actor import Officer, require_officer
from server.core.problems import problem_responses
from server.core.routing import Tx, audited, authenticated_by, digests_sent, services_of
from server.core.versions import IfMatch, set_etag
from server.letters import drafts, making
from server.letters.writing import OpenLetter
from shared.letters import LetterDraft, LetterRow, MakeLetter, SaveLetter

FindLetter = Callable[..., Coroutine[None, None, OpenLetter]]
"""A dependency that takes the parameters of the path, and returns what opens their letter."""


class Names(NamedTuple):
    """The names of the routes in OpenAPI."""

    read: str
    save: str
    make: str


NAMES = Names("read_letter", "save_letter", "make_letter")


def add_letter_routes(
    router: APIRouter, path: str, letter_of: FindLetter, title: str, names: Names = NAMES
) -> None:
    """Add the routes that read, save and make the letter at a path; OpenAPI tells its title."""

    @router.get(path, name=names.read, description=f"Read {title} as it is written so far.")
    @audited
    def read_letter(
        letter: Annotated[OpenLetter, Depends(letter_of)], actor: Officer, tx: Tx, reply: Response
    ) -> LetterDraft:
        return set_etag(reply, drafts.read_draft(tx, actor, letter))

    @router.put(path, name=names.save, description=f"Save what is written of {title}.")
    def save_letter(
        letter: Annotated[OpenLetter, Depends(letter_of)],
        body: SaveLetter,
        actor: Officer,
        tx: Tx,
        version: IfMatch,
        reply: Response,
    ) -> LetterDraft:
        return set_etag(reply, drafts.save_draft(tx, actor, letter, body, version))

    @router.post(
        path,
        name=names.make,
        description=f"Make {title} as a PDF, from what is written.",
        status_code=201,
        responses=problem_responses([401, 403, 412]),
    )
    @authenticated_by(require_officer)
    async def make_letter(
        letter: Annotated[OpenLetter, Depends(letter_of)], body: MakeLetter, request: Request
    ) -> LetterRow:
        find_actor, sent = partial(require_officer, request), digests_sent(request, body)
        return await making.make_letter(services_of(request), find_actor, letter, body, sent)
