"""Helpers that write and make the letters of a case over HTTP."""

from uuid import UUID, uuid4

from httpx import Response

from shared.letters import LetterDraft, LetterRow, Letters
from tests.letters import MARKUP
from tests.parts import Someone
from tests.server.steps import ok

KIND = "refused_to_assess"
REASON = f"Progress is as expected. {MARKUP}"


def path(case: UUID, kind: str = KIND) -> str:
    """Return the path of a letter of a case."""
    return f"/v1/desk/cases/{case}/letters/{kind}"


def open_letter(officer: Someone, case: UUID, kind: str = KIND) -> LetterDraft:
    """Read a letter as it is written so far."""
    return LetterDraft.model_validate(ok(officer.get(path(case, kind))).json())


def save(officer: Someone, case: UUID, version: int, kind: str = KIND, **texts: str) -> Response:
    """Save texts of a letter at a version."""
    reply: Response = officer.put(
        path(case, kind), json={"texts": texts}, headers={"If-Match": f'"{version}"'}
    )
    return reply


def make(
    officer: Someone, case: UUID, kind: str = KIND, *, version: int = 0, id: UUID | None = None
) -> Response:
    """Make a letter from its draft."""
    body = {"id": str(id or uuid4()), "version": version}
    reply: Response = officer.post(path(case, kind), json=body)
    return reply


def make_letter(officer: Someone, case: UUID, kind: str = KIND, version: int = 0) -> LetterRow:
    """Make a letter from its draft and return it."""
    return LetterRow.model_validate(ok(make(officer, case, kind, version=version)).json())


def list_letters(officer: Someone, case: UUID) -> Letters:
    """List the letters of a case."""
    return Letters.model_validate(ok(officer.get(f"/v1/desk/cases/{case}/letters")).json())


def download(officer: Someone, document: UUID) -> bytes:
    """Fetch the PDF of a letter."""
    return ok(officer.get(f"/v1/documents/{document}/content")).content


def can_open(account: Someone, document: UUID) -> bool:
    """Whether an account may fetch a document."""
    return account.get(f"/v1/documents/{document}/content").is_success


def text_of(draft: LetterDraft, field: str) -> str:
    """Return the text of a field."""
    return next(row.text for row in draft.fields if row.id == field)
