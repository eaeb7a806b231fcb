"""Definition of a form as data: steps of fields, with conditions and rules.

The catalogue has one YAML file per form. A submission is pinned to the version of the definition
that it was filled with.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.cases.clock import SIX_WEEKS

LONG_TEXT_LIMIT = 30_000
SHORT_TEXT_LIMIT = 200


class Need(StrEnum):
    """Whether a missing answer blocks Submit (required) or warns (expected; CoP 9.14)."""

    REQUIRED = "required"
    EXPECTED = "expected"
    OPTIONAL = "optional"


class _Model(BaseModel):
    """Base model: immutable, and without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Condition(_Model):
    """A condition under which something applies; all its parts must hold.

    `age_at_least` is the child's age in full years today. `field` is the id of another field, in a
    group of the same entry, whose answer must equal `equals`, be in `one_of`, not be in `none_of`,
    or be a number less than `below`. An unanswered field never matches.
    """

    age_at_least: int | None = None
    field: str | None = None
    equals: str | None = None
    one_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    below: float | None = None


class _Field(_Model):
    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    label: str
    help: str = ""
    need: Need = Need.OPTIONAL
    only_if: Condition | None = None


class WeakPhrases(_Model):
    """Phrases that weaken an answer, and why; they cause a warning only."""

    words: Annotated[tuple[str, ...], Field(min_length=1)]
    reason: str


class ShortText(_Field):
    """One line of text of at most `limit` characters."""

    kind: Literal["text"]
    limit: int = SHORT_TEXT_LIMIT
    avoid: tuple[WeakPhrases, ...] = ()


class LongText(_Field):
    """Paragraphs of text of at most `limit` characters."""

    kind: Literal["long_text"]
    limit: int = LONG_TEXT_LIMIT
    avoid: tuple[WeakPhrases, ...] = ()


class Number(_Field):
    """A number from `minimum` to `maximum` inclusive, followed by a unit."""

    kind: Literal["number"]
    minimum: float = 0
    maximum: float = 1_000_000
    unit: str = ""


class Day(_Field):
    """A date; `past` excludes future dates, `since_birth` those before the child's birth."""

    kind: Literal["date"]
    past: bool = False
    since_birth: bool = False


class Option(_Model):
    """One option of a choice."""

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
    """The work details that the form is completed with; the answer is their id."""

    kind: Literal["work_details"]


class FileUpload(_Field):
    """An uploaded document; the answer is the document's id."""

    kind: Literal["file"]


SimpleField = Annotated[
    ShortText | LongText | Number | Day | Choice | YesNo | Agreement | WorkDetailsCard | FileUpload,
    Field(discriminator="kind"),
]


class Group(_Field):
    """A repeating group of fields; the answer is a list of entries with ids."""

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


class _Rule(_Model):
    need: Need = Need.EXPECTED
    message: str
    only_if: Condition | None = None


class AtLeastOne(_Rule):
    """At least one of these fields has an answer; reported at the first field."""

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
    """Two fields have different answers; equal answers block Submit."""

    rule: Literal["different"]
    field: str
    other: str


class InOrder(_Rule):
    """Two numbers or dates are in order; otherwise there is a warning at `then`.

    With `group`, both are fields of that group, and are compared within each entry.
    """

    rule: Literal["in_order"]
    first: str
    then: str
    group: str = ""


Rule = Annotated[
    AtLeastOne | AtLeastEntries | IncludesEntry | Different | InOrder, Field(discriminator="rule")
]


class Step(_Model):
    """One page of a form; if it does not apply, `skipped` is shown and it counts as done."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: str
    short: str
    intro: str = ""
    only_if: Condition | None = None
    skipped: str = ""
    fields: tuple[FormField, ...] = ()
    rules: tuple[Rule, ...] = ()


class FormDefinition(_Model):
    """One version of a form; its id is the name of its file, its last step the summary.

    `stage` is the stage of the case at which it is collected. `by_professionals` allows
    professionals to start it, and `asked_for` allows the authority to request it, due within
    `due_days` (six weeks, Reg. 8(1)).
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
