"""The templates of letters, read once from YAML files and checked.

A template is the authority's to change, but not what the law says a letter must hold.
"""

import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Formatter
from typing import Annotated, Literal, NamedTuple, TypeVar

import yaml
from pydantic import BaseModel, Field, ValidationError

from server.letters.words import WORDS
from shared.cases.events import EventKind
from shared.letters import MAX_FIELDS, FieldKind, FieldName

PASSAGES = "passages.yaml"
OWN = "own"
Read = TypeVar("Read", bound=BaseModel)
STANDARD_FIELDS = frozenset({"to", "address", "decided_on", OWN, "copies"})
"""Fields of every letter; a template adds others."""


class BadTemplate(Exception):
    """A template that can't be used; the message names the file and the error."""


class _Strict(BaseModel, frozen=True, extra="forbid"):
    pass


class Passage(_Strict):
    """A paragraph; `carries` is the statutory content that it has, or ''.

    `when` says for whom it is in a letter: for all, or for a child in year 9 or above.
    """

    carries: str = ""
    when: Literal["from_year_9", ""] = ""
    heading: str = ""
    text: Annotated[str, Field(min_length=1)]


class PassageName(_Strict):
    """The name of a passage, or of a pack of passages."""

    passage: str


class TemplateField(_Strict):
    """A part of a letter that an officer writes."""

    id: FieldName
    label: str
    kind: FieldKind = FieldKind.TEXT
    required: bool = False
    help: str = ""


class Template(_Strict):
    """A kind of letter.

    One without `about` is to the family, or to the setting that the plan names.
    `events` are those that call for it; of a case's issued plans, `issue` says which one. A letter
    `about` a consultation or a request for advice is written from that.
    `must_carry` is what the law demands in it, by the names of contents or packs. `copies`
    go to the child's setting or the one named in the plan, and to bodies that the settings name.
    """

    kind: FieldName
    version: Annotated[int, Field(ge=1)]
    title: Annotated[str, Field(max_length=150)]
    law: str
    events: tuple[EventKind, ...]
    to: Literal["family", "setting"] = "family"
    issue: Literal["first", "later", ""] = ""
    about: Literal["consultation", "advice", ""] = ""
    must_carry: tuple[str, ...]
    copies: tuple[Literal["setting", "named", "commissioning_body", "social_care"], ...]
    fields: Annotated[tuple[TemplateField, ...], Field(max_length=MAX_FIELDS - 5)] = ()
    body: tuple[Passage | PassageName | Literal["own"], ...]


class _Passages(_Strict):
    packs: dict[str, tuple[str, ...]] = {}
    passages: dict[str, Passage] = {}


class LetterTemplate(BaseModel, frozen=True):
    """A template with its passages in place; a None in the body is the officer's own paragraph."""

    template: Template
    body: tuple[Passage | None, ...]
    carries: frozenset[str]
    """The contents that the law demands."""
    sha256: str


class _Folder(NamedTuple):
    templates: dict[str, Template]
    passages: _Passages


@cache
def load_templates(own_folder: Path | None = None) -> dict[str, LetterTemplate]:
    """Return every template by kind; files of the authority's folder replace the package's.

    Raises BadTemplate, also for a template that lacks what the package's demands, and OSError.
    """
    package = _read_folder(files("server.letters") / "templates")
    law = {
        template.kind: frozenset(
            content for name in template.must_carry for content in _contents(name, package.passages)
        )
        for template in package.templates.values()
    }
    own = _read_folder(own_folder) if own_folder else _Folder({}, _Passages())
    passages = _Passages(
        packs=package.passages.packs | own.passages.packs,
        passages=package.passages.passages | own.passages.passages,
    )
    templates = {**package.templates, **own.templates}
    return {
        template.kind: _resolve(template, passages, law.get(template.kind, frozenset()))
        for template in sorted(templates.values(), key=lambda template: template.title)
    }


def _read_folder(folder: Traversable) -> _Folder:
    templates: dict[str, Template] = {}
    passages = _Passages()
    for file in folder.iterdir():
        if not file.name.endswith((".yaml", ".yml")):
            continue
        if file.name == PASSAGES:
            passages = _read(file, _Passages)
            continue
        template = _read(file, Template)
        if template.kind in templates:
            raise BadTemplate(f"Two files have the letter {template.kind}.")
        templates[template.kind] = template
    return _Folder(templates, passages)


def _read(file: Traversable, model: type[Read]) -> Read:
    try:
        return model.model_validate(yaml.safe_load(file.read_text("utf-8")))
    except (yaml.YAMLError, ValidationError, UnicodeDecodeError) as error:
        raise BadTemplate(f"The letter {file.name} can't be read: {error}") from None


def _resolve(template: Template, passages: _Passages, law: frozenset[str]) -> LetterTemplate:
    body = tuple(_expand(template, passages))
    _check_words(template, body)
    own = (content for name in template.must_carry for content in _contents(name, passages))
    carries = law | frozenset(own)
    if lacking := carries - {part.carries for part in body if part and not part.when}:
        names = ", ".join(sorted(lacking))
        raise BadTemplate(f"The letter {template.kind} lacks what the law demands: {names}.")
    texts = [template.model_dump_json(), *(part.model_dump_json() for part in body if part)]
    digest = hashlib.sha256("\n".join(texts).encode()).hexdigest()
    return LetterTemplate(template=template, body=body, carries=carries, sha256=digest)


def _expand(template: Template, passages: _Passages) -> Iterator[Passage | None]:
    for part in template.body:
        if isinstance(part, Passage):
            yield part
        elif isinstance(part, PassageName):
            for name in passages.packs.get(part.passage, (part.passage,)):
                if name not in passages.passages:
                    raise BadTemplate(f"The letter {template.kind} names no passage: {name}.")
                passage = passages.passages[name]
                yield passage.model_copy(update={"carries": passage.carries or name})
        else:
            yield None


def _contents(name: str, passages: _Passages) -> Iterator[str]:
    """Yield the contents of a pack, or the one with this name."""
    for part in passages.packs.get(name, (name,)):
        passage = passages.passages.get(part)
        yield (passage.carries if passage else "") or part


def _check_words(template: Template, body: Iterable[Passage | None]) -> None:
    """Raise BadTemplate for a word in braces that is neither known nor a field."""
    known = WORDS | {field.id for field in template.fields}
    for text in (text for part in body if part for text in (part.heading, part.text)):
        if unknown := words_in(text, template.kind) - known:
            raise BadTemplate(f"The letter {template.kind} has an unknown word: {min(unknown)}.")
    if taken := {field.id for field in template.fields} & (STANDARD_FIELDS | WORDS):
        raise BadTemplate(f"The letter {template.kind} can't name a field {min(taken)}.")


def words_in(text: str, kind: str = "") -> set[str]:
    """Return the words in braces of a text; raises BadTemplate."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        raise BadTemplate(f"The letter {kind} has a wrong brace: {error}.") from None
    if any(spec or conversion for _, _, spec, conversion in parts):
        raise BadTemplate(f"The letter {kind} has more than a word in braces.")
    return {name for _, name, _, _ in parts if name is not None}
