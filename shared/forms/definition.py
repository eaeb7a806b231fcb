"""The definition of a form as data: steps of fields, with conditions and rules.

The catalogue holds one YAML file a form. The server validates by it, the client draws it,
the summary prints it; a submission is shown for ever by the version it was filled with.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.cases.clock import SIX_WEEKS

LONG_TEXT_LIMIT = 30_000
SHORT_TEXT_LIMIT = 200


class Need(StrEnum):
    """Whether a field is required, which blocks Submit, or expected, which warns (CoP 9.14)."""

    REQUIRED = "required"
    EXPECTED = "expected"
    OPTIONAL = "optional"


class Part(BaseModel):
    """Base of a definition's parts: immutable, and without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Condition(Part):
    """When something applies; all that is given must hold.

    `age_at_least` is the child's age in full years today. `field` names another field of the
    form (inside a group: of the same entry) that must equal `equals`, be one of `one_of`, be
    none of `none_of`, or be a number below `below`. An unanswered field fulfils nothing.
    """

    age_at_least: int | None = None
    field: str | None = None
    equals: str | None = None
    one_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    below: float | None = None


class _Field(Part):
    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    label: str
    help: str = ""
    need: Need = Need.OPTIONAL
    only_if: Condition | None = None


class Avoid(Part):
    """Phrases that weaken an answer, and why: each is told as a warning, never as a block."""

    words: Annotated[tuple[str, ...], Field(min_length=1)]
    reason: str


class ShortText(_Field):
    """One line of text, with `limit` characters at most."""

    kind: Literal["text"]
    limit: int = SHORT_TEXT_LIMIT
    avoid: tuple[Avoid, ...] = ()


class LongText(_Field):
    """Paragraphs of text, with `limit` characters at most."""

    kind: Literal["long_text"]
    limit: int = LONG_TEXT_LIMIT
    avoid: tuple[Avoid, ...] = ()


class Number(_Field):
    """A number between `minimum` and `maximum`, both included, with a unit behind it."""

    kind: Literal["number"]
    minimum: float = 0
    maximum: float = 1_000_000
    unit: str = ""


class Day(_Field):
    """A day, typed dd/mm/yyyy; `past` refuses days after today, `since_birth` any before birth."""

    kind: Literal["date"]
    past: bool = False
    since_birth: bool = False


class Option(Part):
    """One of the answers to choose from."""

    value: str
    label: str


class Choice(_Field):
    """One of a list of options."""

    kind: Literal["choice"]
    options: tuple[Option, ...]


class YesNo(_Field):
    """Yes or no; the answer is the word `yes` or `no`."""

    kind: Literal["yes_no"]


class Agreement(_Field):
    """A text to agree to, with a tick box; the answer is true when ticked."""

    kind: Literal["agreement"]
    text: str


class WorkDetailsCard(_Field):
    """The professional role to complete the form as; the answer is the id of own work details."""

    kind: Literal["work_details"]


class FileUpload(_Field):
    """An uploaded document; the answer is the document's id."""

    kind: Literal["file"]


SimpleField = Annotated[
    ShortText | LongText | Number | Day | Choice | YesNo | Agreement | WorkDetailsCard | FileUpload,
    Field(discriminator="kind"),
]


class Group(_Field):
    """Fields that repeat: the answer is a list of entries, each with an id of its own."""

    kind: Literal["group"]
    fields: tuple[SimpleField, ...]
    entry: str
    add: str = "Add More"
    remove: str = "Delete"


FormField = Annotated[
    ShortText
    | LongText
    | Number
    | Day
    | Choice
    | YesNo
    | Agreement
    | WorkDetailsCard
    | FileUpload
    | Group,
    Field(discriminator="kind"),
]


class _Rule(Part):
    need: Need = Need.EXPECTED
    message: str
    only_if: Condition | None = None


class AtLeastOne(_Rule):
    """At least one of these fields of the step has an answer; told at the first of them."""

    rule: Literal["at_least_one"]
    fields: tuple[str, ...]


class AtLeastEntries(_Rule):
    """A group has at least `count` entries."""

    rule: Literal["at_least_entries"]
    field: str
    count: int


class IncludesEntry(_Rule):
    """A group has an entry whose field `where` equals `equals`."""

    rule: Literal["includes_entry"]
    field: str
    where: str
    equals: str


class Different(_Rule):
    """A field's answer differs from another's; an equal one is refused."""

    rule: Literal["different"]
    field: str
    other: str


Rule = Annotated[
    AtLeastOne | AtLeastEntries | IncludesEntry | Different, Field(discriminator="rule")
]


class Step(Part):
    """One page of a form; a step that does not apply says `skipped` and counts as done."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: str
    short: str
    intro: str = ""
    only_if: Condition | None = None
    skipped: str = ""
    fields: tuple[FormField, ...] = ()
    rules: tuple[Rule, ...] = ()


class FormDefinition(Part):
    """A form in one version: its id is the file's name, its steps end with the summary.

    `stage` is the stage of the case at which it is collected; `by_professionals` says whether
    a professional may start it themselves, `asked_for` whether the authority may ask one to fill
    it, within `due_days` of being asked (six weeks, Reg. 8(1)).
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    version: int
    title: str
    short: str
    stage: Literal["request", "assessment", "plan", "reviews"]
    by_professionals: bool = False
    asked_for: bool = False
    due_days: int = SIX_WEEKS
    steps: tuple[Step, ...]

    def field(self, field_id: str) -> FormField:
        """Return a top-level field by id; raises KeyError."""
        for step in self.steps:
            for field in step.fields:
                if field.id == field_id:
                    return field
        raise KeyError(field_id)
