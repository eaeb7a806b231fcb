"""Places of the client that a link, a command or a message can lead to.

A place travels as a path, as forms/{id}/versions. Paths are built and parsed here only; the module
is imported before the client's first frame, and needs nothing but the standard library.
"""

import re
from enum import StrEnum
from typing import NamedTuple


class UnknownPlace(ValueError):
    """A path of no place that this version of the program knows."""


class PlaceKind(StrEnum):
    """Every kind of place, by its path; {} stands for what the place shows."""

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
    FORM = "forms/{}"
    CONTINUE_FORM = "forms/{}/go-on"
    VERSIONS = "forms/{}/versions"
    SHARING = "forms/{}/sharing"
    MESSAGES = "messages"
    MESSAGE = "messages/{}"
    CASES = "cases"
    NEW_REQUEST = "cases/new"
    CASE = "cases/{}"
    ASK_FOR_ADVICE = "cases/{}/advice"
    MATCH = "cases/{}/match"
    PUBLISH = "cases/{}/publish"
    SUPPORT = "support"
    UNSENT_MAILS = "support/mails"
    SUPPORT_ACCOUNT = "support/accounts/{}"
    SUPPORT_REGISTRATION = "support/registrations/{}"
    DEMO_MAILBOX = "mailbox"

    def of(self, what: object) -> "Place":
        """Make the place that shows one thing: a case, a form, by its id."""
        return Place(self, str(what))


class Place(NamedTuple):
    """A place; `what` is the id, or the section of an account, that it shows."""

    kind: PlaceKind
    what: str = ""

    @property
    def path(self) -> str:
        """The path that names the place."""
        return self.kind.format(self.what)


_ID = r"([0-9a-f-]{36})"
_SECTION = r"([a-z-]+)"
_PATTERNS = {
    kind: re.compile(kind.replace("{}", _SECTION if kind is PlaceKind.ACCOUNT_SECTION else _ID))
    for kind in PlaceKind
}


def read_place(path: str) -> Place:
    """Parse a path; raises UnknownPlace."""
    for kind, pattern in _PATTERNS.items():
        if match := pattern.fullmatch(path):
            return Place(kind, *match.groups())
    raise UnknownPlace(path)
