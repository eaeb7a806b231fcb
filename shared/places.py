"""Places in the client that links, commands and messages can open.

A place is sent as a path, for example forms/{id}/versions. This module is imported before the
client's first frame, so it uses only the standard library.
"""

import re
from enum import StrEnum
from functools import cache
from typing import NamedTuple


class UnknownPlace(ValueError):
    """Raised for a path that this version of the client does not know."""


class PlaceKind(StrEnum):
    """The kinds of place; {} in the path is the id or section shown."""

    SIGN_IN = "sign-in"
    SIGN_OUT = "sign-out"
    REGISTER = "register"
    ACTIVATE = "activate"
    FORGOTTEN = "forgotten"
    CODE = "code"
    HELP_AND_SUPPORT = "help-and-support"
    ACCOUNT = "account"
    ACCOUNT_SECTION = "account/{}"
    HOME = "home"
    PEOPLE = "people"
    NEW_PERSON = "people/new"
    PERSON = "people/{}"
    EDIT_PERSON = "people/{}/edit"
    PERSON_MESSAGES = "people/{}/messages"
    FORM = "forms/{}"
    CONTINUE_FORM = "forms/{}/go-on"
    VERSIONS = "forms/{}/versions"
    SHARING = "forms/{}/sharing"
    MESSAGES = "messages"
    MESSAGE = "messages/{}"
    CASES = "cases"
    NEW_REQUEST = "cases/new"
    OPEN_CASE = "cases/open"
    CASES_OF = "cases/of/{}"
    MEMBERSHIPS = "memberships"
    CASE = "cases/{}"
    ADVICE = "cases/{}/advice"
    ASK_FOR_ADVICE = "cases/{}/advice/ask"
    MATCH = "cases/{}/match"
    PUBLISH = "cases/{}/publish"
    KEEP_DOCUMENT = "cases/{}/documents"
    OFFICERS = "officers"
    CASEWORK = "cases/{}/notes"
    TASKS = "tasks"
    DIARY = "diary"
    FIGURES = "figures"
    PANELS = "panels"
    PANEL = "panels/{}"
    PLACEMENTS = "cases/{}/placements"
    CONSULT = "cases/{}/placements/consult"
    SEN2_DETAILS = "cases/{}/sen2"
    LETTERS = "cases/{}/letters"
    LETTER = "letters/{}"
    CONSULTATION_LETTER = "consultations/{}/letter"
    ADVICE_LETTER = "advice/{}/letter"
    STAFF = "staff"
    NEW_STAFF = "staff/new"
    SUPPORT = "support"
    UNSENT_EMAILS = "support/mails"
    SUPPORT_ACCOUNT = "support/accounts/{}"
    SUPPORT_REGISTRATION = "support/registrations/{}"
    DEMO_MAILBOX = "mailbox"

    def of(self, target: object) -> "Place":
        """Return the place of this kind that shows one item, by id."""
        return Place(self, str(target))


class Place(NamedTuple):
    """A place; `target` is the id or account section that it shows."""

    kind: PlaceKind
    target: str = ""

    @property
    def path(self) -> str:
        """The path of the place."""
        return self.kind.format(self.target)


_ID = r"([0-9a-f-]{36})"
_TARGETS = {
    PlaceKind.ACCOUNT_SECTION: r"([a-z-]+)",
    PlaceKind.LETTER: r"([0-9a-f-]{36}/[a-z0-9_]+)",
    PlaceKind.CASES_OF: r"([a-z0-9_-]+)",
}
"""Patterns of targets that are not ids.

That of a letter is its case and its kind, that of a list of cases a view, a stage or an officer.
"""


@cache
def _patterns() -> dict[PlaceKind, re.Pattern[str]]:
    # Compiled when the first path is read, because that takes as long as importing the rest.
    return {kind: re.compile(kind.replace("{}", _TARGETS.get(kind, _ID))) for kind in PlaceKind}


def read_place(path: str) -> Place:
    """Parse a path; raises UnknownPlace."""
    for kind, pattern in _patterns().items():
        if match := pattern.fullmatch(path):
            return Place(kind, *match.groups())
    raise UnknownPlace(path)
