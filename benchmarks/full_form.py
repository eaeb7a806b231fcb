"""Answers that fill every field of a form to its limit, with two entries per group."""

from random import Random
from uuid import uuid4

from benchmarks.prose import SENTENCE
from shared.forms.definition import (
    Agreement,
    Choice,
    Day,
    FileUpload,
    FormDefinition,
    FormField,
    Group,
    LongText,
    Number,
    ShortText,
    WorkDetailsCard,
    YesNo,
)
from shared.forms.submissions import Answer, Answers, Entry

ENTRIES = 2
WORDS = SENTENCE.split()


def build_full_answers(definition: FormDefinition, work: str, files: list[str]) -> Answers:
    """Fill every field to its limit, taking document ids from `files`."""
    filler = _FormFiller(definition, work, list(files))
    return {field.id: filler.answer(field) for step in definition.steps for field in step.fields}


class _FormFiller:
    def __init__(self, definition: FormDefinition, work: str, files: list[str]) -> None:
        self._random = Random(1)
        self._work, self._files = work, files
        fields = [field for step in definition.steps for field in step.fields]
        fields += [inner for field in fields if isinstance(field, Group) for inner in field.fields]
        conditions = [field.only_if for field in fields if field.only_if]
        self._required_answers = {c.field: c.equals for c in conditions if c.equals is not None}
        """Answers on which other fields depend."""
        self._upper_bounds = {c.field: c.below for c in conditions if c.below is not None}
        self._fields_to_differ = {
            rule.field
            for step in definition.steps
            for rule in step.rules
            if rule.rule == "different"
        }

    def answer(self, field: FormField) -> Answer:
        if not isinstance(field, Group):
            return self._field_answer(field)
        entries: list[Entry] = []
        for _ in range(ENTRIES):
            entry: Entry = {"id": uuid4().hex}
            entries.append(entry | {inner.id: self._field_answer(inner) for inner in field.fields})
        return entries

    def _field_answer(self, field: FormField) -> str | bool:
        match field:
            case ShortText():
                return self._prose(field.limit).replace("\n", " ")
            case LongText():
                return self._prose(field.limit)
            case Number():
                below = self._upper_bounds.get(field.id)
                return str(int(field.maximum if below is None else below - 1))
            case Day():
                return "28/02/2026"
            case Choice():
                index = -2 if field.id in self._fields_to_differ else -1
                return self._required_answers.get(field.id) or field.options[index].value
            case YesNo():
                return self._required_answers.get(field.id) or "yes"
            case WorkDetailsCard():
                return self._work
            case FileUpload():
                return self._files.pop()
            case Agreement():
                return True
        raise AssertionError(field)

    def _prose(self, characters: int) -> str:
        """Return paragraphs of `characters` characters in total."""
        text = ""
        while len(text) < characters:
            length = self._random.randint(40, 120)
            text += " ".join(self._random.choices(WORDS, k=length)) + ".\n\n"
        return text[: characters - 1] + "."
