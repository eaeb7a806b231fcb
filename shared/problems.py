"""Wire types of error responses (RFC 9457)."""

from enum import StrEnum
from hashlib import sha256

from pydantic import BaseModel

from shared.values.identifiers import UNAMBIGUOUS

QUOTED_LENGTH = 6
MEDIA_TYPE = "application/problem+json"


class ProblemCode(StrEnum):
    """A stable code for each kind of problem; `detail` holds the text for the user."""

    INVALID = "invalid"  # 422, with field errors
    MALFORMED = "malformed"  # 400
    SIGN_IN_REQUIRED = "sign_in_required"  # 401
    CODE_REQUIRED = "code_required"  # 401: signed in, but without the code yet
    TWO_STEP_REQUIRED = "two_step_required"  # 403: two-step verification is off
    FRESH_SIGN_IN_REQUIRED = "fresh_sign_in_required"  # 403
    FORBIDDEN = "forbidden"  # 403: not for this kind of account
    WRONG_CREDENTIALS = "wrong_credentials"  # 401
    WRONG_CODE = "wrong_code"  # 422
    INVALID_CODE = "old_code"  # 422: expired, used, or too many tries
    INVALID_LINK = "old_link"  # 410
    TOO_MANY_TRIES = "too_many_tries"  # 429, retry_after seconds
    TOO_SOON = "too_soon"  # 429: a code was sent less than 30 s ago
    NOT_FOUND = "not_found"  # 404: missing or not visible to the actor
    METHOD_NOT_ALLOWED = "method_not_allowed"  # 405
    CONFLICT = "conflict"  # 409: the id was used with another body
    ALREADY_ON_LIST = "already_on_list"  # 409
    DRAFT_OPEN = "draft_open"  # 409: needs confirmation
    STALE = "stale"  # 412, with author and time of the newer version
    VERSION_REQUIRED = "version_required"  # 428: If-Match is missing
    DECIDED = "decided"  # 409: the authority has decided
    NOT_ALLOWED = "not_allowed"  # 409: not possible in the state of the case
    NEEDS_CONFIRMATION = "needs_confirmation"  # 409: `detail` has a warning in each line
    NOT_COMPLETE = "not_complete"  # 422: required answers are missing, with field errors
    IN_USE = "in_use"  # 409: a submitted document, or work details of a draft
    TOO_LARGE = "too_large"  # 413
    HEAD_TOO_LARGE = "head_too_large"  # 431
    WRONG_TYPE = "wrong_type"  # 415: extension or content
    EMPTY_FILE = "empty_file"  # 422
    BEING_CHECKED = "being_checked"  # 409: the document was not scanned for viruses yet
    HELD = "held"  # 409: a virus was found in the document
    QUOTA = "quota"  # 413: the account's storage quota is used up
    SLOW_UPLOAD = "slow_upload"  # 408
    OUTDATED_CLIENT = "old_client"  # 426: the client is too old for the server
    OUTDATED_SERVER = "old_server"  # 426: the server is too old for the client
    STORAGE = "storage"  # 503: the disk is full or the store is unavailable
    BUSY = "busy"  # 503, retry_after seconds: nothing was done, safe to retry
    UNAVAILABLE = "unavailable"  # 503
    INTERNAL = "internal"  # 500


def quoted(request_id: str) -> str:
    """Return the characters by which people name a request, such as 7K3M9X."""
    number = int.from_bytes(sha256(request_id.encode()).digest()[:8])
    characters = []
    for _ in range(QUOTED_LENGTH):
        number, index = divmod(number, len(UNAMBIGUOUS))
        characters.append(UNAMBIGUOUS[index])
    return "".join(characters)


class FieldError(BaseModel):
    """An error of one field; `pointer` is a JSON pointer into the request's body."""

    pointer: str
    code: str
    message: str


class Problem(BaseModel):
    """The body of every error response."""

    type: str = "about:blank"
    title: str
    status: int
    code: ProblemCode
    detail: str
    errors: list[FieldError] = []
    retry_after: int | None = None
    changed_by: str | None = None
    changed_at: str | None = None
    version: int | None = None
    """The version that there is now, for who goes on."""
    current: str | None = None
    """What that version says, in words."""
    request_id: str | None = None
