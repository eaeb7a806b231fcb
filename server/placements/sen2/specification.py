"""The names and codes of the SEN2 return, read once from `sen2.yaml`."""

from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from shared.sen2 import AnswerCheck, NeededWhen

FOLDER = files("server.placements.sen2")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Meaning(_Frozen):
    """What an event means for the return; see `sen2.yaml`."""

    request: str = ""
    assessment: str = ""
    plan: Literal["", "starts", "ends"] = ""
    review: str = ""
    """`meeting`, or the code of an outcome."""
    draft: bool = False
    dispute: Literal["", "mediation", "tribunal"] = ""
    cease_reason: str = ""
    exported: bool = False
    reopen: bool = False
    then: dict[str, "Meaning"] = {}


class AnswerField(_Frozen):
    """Something that an officer enters for the return."""

    label: str
    codes: str = ""
    of: Literal["case", "child"] = "case"
    needed: NeededWhen = NeededWhen.NEVER
    by: str = ""
    check: AnswerCheck | None = None


class Element(_Frozen):
    """An element of the file: a code of a list, or a value of a kind."""

    element: str
    codes: str = ""
    kind: Literal["text", "date", "count", "la", "upn", "uln", "urn", "ukprn"] = "text"
    required: bool = False


class Module(_Frozen):
    """A module of the file, with its elements in their order."""

    element: str
    fields: dict[str, Element]


class Specification(_Frozen):
    """All names and codes of the return."""

    year: int
    codes: dict[str, dict[str, str]]
    awaiting: str
    historical: str
    other_setting: str
    residence_weeks: dict[str, int]
    """The least weeks a year of each code."""
    source_of_form: dict[str, str]
    source_of_role: dict[str, str]
    sex_of_gender: dict[str, str]
    events: dict[str, Meaning]
    answers: dict[str, AnswerField]
    root: str
    header: Module
    person: Module
    request: Module
    assessment: Module
    plan: Module
    plan_detail: Module
    active_plan: Module
    placement: Module
    need: Module


@cache
def specification() -> Specification:
    """Return the names and codes of the return."""
    content = (FOLDER / "sen2.yaml").read_text("utf-8")
    return Specification.model_validate(yaml.safe_load(content))
