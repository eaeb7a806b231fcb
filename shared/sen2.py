"""Wire types of the details that the SEN2 return needs of a case."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from shared.values.lines import SafeLine


class NeededWhen(StrEnum):
    """From when on an answer is needed."""

    NEVER = "never"
    ALWAYS = "always"
    PLAN = "plan"
    ENDED = "ended"


class AnswerCheck(StrEnum):
    """The form of an answer that is not a code of a list."""

    UPN = "upn"
    ULN = "uln"
    LA = "la"
    DATE = "date"


class Sen2In(BaseModel):
    """Answers by field; an empty one takes the answer away."""

    answers: Annotated[
        dict[str, Annotated[str, Field(max_length=200)]], Field(min_length=1, max_length=50)
    ]


class Sen2Field(BaseModel):
    """A field of the SEN2 details; `derived` is what counts while nothing is entered."""

    name: str
    label: str
    help: str
    value: SafeLine
    derived: str = ""
    options: dict[str, str] = {}
    """Codes and their names; without any, the field is a line of text."""


class Sen2Problem(BaseModel):
    """What would fail in the return, and where to put it right."""

    what: str
    where: str


class Sen2Out(BaseModel):
    """The SEN2 details of a case, and what would fail in the return if today were census day."""

    case: UUID
    child: SafeLine
    facts: list[str]
    """What the return says of the case by itself."""
    fields: list[Sen2Field]
    problems: list[Sen2Problem]
