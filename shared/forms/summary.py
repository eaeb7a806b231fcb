"""Answers as text: the summary of a form, and changes between versions."""

from collections.abc import Iterator, Mapping
from itertools import chain

from pydantic import BaseModel

from shared.forms.answers import Facts, Finding, Level, applies, check, is_answered
from shared.forms.definition import (
    Agreement,
    Choice,
    Day,
    FileUpload,
    FormDefinition,
    FormField,
    Group,
    Number,
    WorkDetailsCard,
    YesNo,
)
from shared.forms.submissions import Answer, Answers, Entry
from shared.values.days import InvalidDate, format_day, parse_day

NOT_PROVIDED = "Not provided"


class Line(BaseModel):
    """One row of the summary; `warning` describes an invalid (`is_wrong`) or missing answer."""

    step: str
    step_title: str
    label: str
    pointer: str
    text: str
    warning: str = ""
    is_wrong: bool = False


class Change(BaseModel):
    """An answer before and after a change."""

    step_title: str
    label: str
    before: str
    after: str


def answer_text(field: FormField, answer: Answer | None, names: dict[str, str]) -> str:
    """Return an answer as text; `names` maps ids of documents and work details to names."""
    if not is_answered(answer):
        return NOT_PROVIDED
    text = str(answer)
    match field:
        case Agreement():
            return "I agree"
        case YesNo():
            return text.capitalize()
        case Choice():
            return next((o.label for o in field.options if o.value == text), text)
        case WorkDetailsCard() | FileUpload():
            return names.get(text, "Chosen, but not known here")
        case Number():
            return f"{text.strip().removesuffix('%').strip()}{field.unit}"
        case Day():
            try:
                return format_day(parse_day(text))
            except InvalidDate:
                return text
    return text


def build_summary(
    definition: FormDefinition, answers: Answers, facts: Facts, names: dict[str, str]
) -> list[Line]:
    """List the answers that apply, in form order, with warnings."""
    findings: dict[str, Finding] = {}
    for finding in check(definition, answers, facts):
        findings.setdefault(finding.pointer, finding)
    lines: list[Line] = []
    for step in definition.steps:
        if not applies(step.only_if, facts, answers):
            lines.append(
                Line(
                    step=step.id,
                    step_title=step.title,
                    label=step.title,
                    pointer="",
                    text=step.skipped or "Does not apply",
                )
            )
            continue
        for field in step.fields:
            if applies(field.only_if, facts, answers):
                for pointer, label, text in chain(
                    _group_warning(field, answers, findings), _rows(field, answers, facts, names)
                ):
                    found = findings.get(pointer)
                    lines.append(
                        Line(
                            step=step.id,
                            step_title=step.title,
                            label=label,
                            pointer=pointer,
                            text=text,
                            warning=found.message if found else "",
                            is_wrong=found is not None and found.level is Level.INVALID,
                        )
                    )
    return lines


def _group_warning(
    field: FormField, answers: Answers, findings: Mapping[str, Finding]
) -> Iterator[tuple[str, str, str]]:
    """Yield a row for a group if there is a warning about the group as a whole."""
    answer = answers.get(field.id)
    if isinstance(answer, list) and answer and f"/{field.id}" in findings:
        yield (
            f"/{field.id}",
            field.label,
            f"{len(answer)} {'entry' if len(answer) == 1 else 'entries'}",
        )


def _rows(
    field: FormField, answers: Answers, facts: Facts, names: dict[str, str]
) -> Iterator[tuple[str, str, str]]:
    answer = answers.get(field.id)
    if not isinstance(field, Group):
        yield f"/{field.id}", field.label, answer_text(field, answer, names)
        return
    entries: list[Entry] = answer if isinstance(answer, list) else []
    if not entries:
        yield f"/{field.id}", field.label, NOT_PROVIDED
    for index, entry in enumerate(entries):
        for inner in field.fields:
            if applies(inner.only_if, facts, answers, entry):
                yield (
                    f"/{field.id}/{index}/{inner.id}",
                    f"{field.entry} {index + 1}: {inner.label}",
                    answer_text(inner, entry.get(inner.id), names),
                )


def compare_answers(
    definition: FormDefinition,
    before: Answers,
    after: Answers,
    facts: Facts,
    names: dict[str, str],
) -> list[Change]:
    """List the differences between two versions, matching entries by id."""
    changes: list[Change] = []
    for step in definition.steps:
        for field in step.fields:
            old = dict(_rows_by_entry(field, before, facts, names))
            new = dict(_rows_by_entry(field, after, facts, names))
            changes += [
                Change(step_title=step.title, label=label, before=old_text, after=new_text)
                for key in {**old, **new}
                for label, old_text, new_text in [
                    (
                        (new.get(key) or old[key])[0],
                        old.get(key, ("", NOT_PROVIDED))[1],
                        new.get(key, ("", NOT_PROVIDED))[1],
                    )
                ]
                if old_text != new_text
            ]
    return changes


def _rows_by_entry(
    field: FormField, answers: Answers, facts: Facts, names: dict[str, str]
) -> Iterator[tuple[str, tuple[str, str]]]:
    answer = answers.get(field.id)
    for pointer, label, text in _rows(field, answers, facts, names):
        key = pointer
        parts = pointer.split("/")
        if len(parts) == 4 and isinstance(answer, list):
            key = f"{answer[int(parts[2])].get('id')}/{parts[3]}"
        elif isinstance(field, Group):
            continue
        yield key, (label, text)
