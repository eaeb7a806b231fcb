"""Validation of answers against a form definition, and the progress of steps."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum

from pydantic import BaseModel

from shared.forms.definition import (
    Agreement,
    AtLeastEntries,
    AtLeastOne,
    Choice,
    Condition,
    Day,
    Different,
    FormDefinition,
    FormField,
    Group,
    IncludesEntry,
    InOrder,
    LongText,
    Need,
    Number,
    Rule,
    ShortText,
    Step,
    YesNo,
)
from shared.forms.submissions import Answer, Answers, Entry
from shared.values.days import InvalidDate, age_on, format_day, parse_day
from shared.values.identifiers import check_line


class Level(StrEnum):
    """The severity of a finding: `expected` for an empty answer, `warning` for a filled one."""

    INVALID = "refused"
    REQUIRED = "required"
    EXPECTED = "expected"
    WARNING = "warning"


class Facts(BaseModel):
    """Facts about the child that conditions use; `today` is the date in London."""

    born: date
    age: int
    today: date


class Finding(BaseModel):
    """An invalid or missing answer, at /{field} or /{group}/{index}/{field}."""

    step: str
    pointer: str
    level: Level
    message: str


class StepState(StrEnum):
    """The progress of a step."""

    NOT_STARTED = "not_started"
    STARTED = "started"
    DONE = "done"
    NEEDS_ATTENTION = "look_at"
    NOT_APPLICABLE = "not_applicable"


STARTED_STATES = frozenset({StepState.STARTED, StepState.DONE, StepState.NEEDS_ATTENTION})
"""States of a step with an answer."""
QUOTE_LENGTH = 40
"""Maximum length of an answer that its error message quotes."""


def facts_for(born: date, today: date) -> Facts:
    """Return the facts about a child on a day."""
    return Facts(born=born, age=age_on(born, today), today=today)


def is_answered(answer: Answer | None) -> bool:
    """Whether an answer is not empty; whitespace counts as empty."""
    if isinstance(answer, str):
        return bool(answer.strip())
    return bool(answer)


def applies(
    condition: Condition | None, facts: Facts, answers: Answers, entry: Entry | None = None
) -> bool:
    """Whether a condition holds; in a group, fields of the same entry come first."""
    if condition is None:
        return True
    if condition.age_at_least is not None and facts.age < condition.age_at_least:
        return False
    if condition.field is None:
        return True
    answer: Answer | None = answers.get(condition.field)
    if entry is not None and condition.field in entry:
        answer = entry[condition.field]
    return isinstance(answer, str) and _answer_matches(condition, answer.strip())


def _answer_matches(condition: Condition, answer: str) -> bool:
    if not answer:
        return False
    if condition.equals is not None and answer != condition.equals:
        return False
    if condition.one_of and answer not in condition.one_of:
        return False
    if condition.none_of and answer in condition.none_of:
        return False
    if condition.below is not None:
        number = read_number(answer)
        return number is not None and number < condition.below
    return True


def read_number(text: str) -> float | None:
    """Parse a decimal number with an optional per cent sign; None if invalid."""
    stripped = text.strip().removesuffix("%").strip()
    if not stripped.removeprefix("-").replace(".", "", 1).isdecimal():
        return None
    return float(stripped)


def check(definition: FormDefinition, answers: Answers, facts: Facts) -> list[Finding]:
    """List invalid and missing answers that apply, in form order."""
    return [
        finding
        for step in definition.steps
        if applies(step.only_if, facts, answers)
        for finding in _check_step(step, answers, facts)
    ]


def filter_blocking(findings: list[Finding]) -> list[Finding]:
    """Return the findings that block Submit."""
    return [f for f in findings if f.level in {Level.INVALID, Level.REQUIRED}]


def filter_missing(findings: list[Finding]) -> list[Finding]:
    """Return the findings about expected answers that are empty."""
    return [finding for finding in findings if finding.level is Level.EXPECTED]


def step_states(definition: FormDefinition, answers: Answers, facts: Facts) -> dict[str, StepState]:
    """Return the progress of each step by id."""
    return {step.id: _step_state(step, answers, facts) for step in definition.steps}


def resume_step(states: Sequence[StepState]) -> int:
    """Return the index of the step to resume at, from the states in order.

    This is the last step with an answer, or the next one if that step is done.
    """
    started = [index for index, state in enumerate(states) if state in STARTED_STATES]
    if not started:
        return 0
    return min(started[-1] + (states[started[-1]] is StepState.DONE), len(states) - 1)


def _step_state(step: Step, answers: Answers, facts: Facts) -> StepState:
    if not applies(step.only_if, facts, answers):
        return StepState.NOT_APPLICABLE
    findings = list(_check_step(step, answers, facts))
    if any(finding.level is Level.INVALID for finding in findings):
        return StepState.NEEDS_ATTENTION
    if not any(is_answered(answers.get(field.id)) for field in step.fields):
        return StepState.NOT_STARTED
    return StepState.STARTED if findings else StepState.DONE


def _check_step(step: Step, answers: Answers, facts: Facts) -> Iterator[Finding]:
    for field in step.fields:
        if not applies(field.only_if, facts, answers):
            continue
        answer = answers.get(field.id)
        pointer = f"/{field.id}"
        if isinstance(field, Group) and isinstance(answer, list):
            yield from _check_entries(step, field, answer, answers, facts)
        yield from _field_findings(step, pointer, field, answer, facts)
    for rule in step.rules:
        if not applies(rule.only_if, facts, answers):
            continue
        if isinstance(rule, InOrder):
            yield from _check_order(step, rule, answers)
        else:
            yield from _check_rule(step, rule, answers)


def _check_entries(
    step: Step, group: Group, entries: list[Entry], answers: Answers, facts: Facts
) -> Iterator[Finding]:
    for index, entry in enumerate(entries):
        yield from check_entry(step, group, index, entry, answers, facts)


def check_entry(
    step: Step, group: Group, index: int, entry: Entry, answers: Answers, facts: Facts
) -> Iterator[Finding]:
    """Yield the invalid and missing answers of one entry of a group."""
    for field in group.fields:
        if applies(field.only_if, facts, answers, entry):
            pointer = f"/{group.id}/{index}/{field.id}"
            yield from _field_findings(step, pointer, field, entry.get(field.id), facts)


def _field_findings(
    step: Step, pointer: str, field: FormField, answer: Answer | None, facts: Facts
) -> Iterator[Finding]:
    if is_answered(answer):
        error = _value_error(field, answer, facts) if isinstance(answer, str) else ""
        if error:
            yield Finding(step=step.id, pointer=pointer, level=Level.INVALID, message=error)
        elif isinstance(field, ShortText | LongText) and (
            warning := _weak_phrase(field, str(answer))
        ):
            yield Finding(step=step.id, pointer=pointer, level=Level.WARNING, message=warning)
    elif field.need is not Need.OPTIONAL:
        level = Level(field.need.value)
        yield Finding(step=step.id, pointer=pointer, level=level, message=_missing_message(field))


def _value_error(field: FormField, answer: str, facts: Facts) -> str:
    match field:
        case ShortText() | LongText():
            length = len(answer.replace("\r\n", "\n"))
            if length > field.limit:
                return (
                    f"{field.label} must be {field.limit:,} characters or less. It is {length:,}."
                )
            if isinstance(field, ShortText) and (error := check_line(answer.strip()).message):
                return f"{field.label}: {error}"
        case Number():
            number = read_number(answer)
            if number is None:
                quote = f", not '{answer.strip()}'" if len(answer.strip()) <= QUOTE_LENGTH else ""
                return f"{field.label} must be a number{quote}."
            if not field.minimum <= number <= field.maximum:
                low, high = f"{field.minimum:,.15g}", f"{field.maximum:,.15g}"
                return f"{field.label} must be from {low} to {high}."
        case Day():
            return _day_error(field, answer, facts)
        case Choice() if answer not in {option.value for option in field.options}:
            return f"{field.label}: choose one of the options."
        case YesNo() if answer not in {"yes", "no"}:
            return f"{field.label}: choose yes or no."
    return ""


def _weak_phrase(field: ShortText | LongText, answer: str) -> str:
    plain = answer.casefold().replace("\u2019", "'")
    for avoid in field.avoid:
        for phrase in avoid.words:
            if re.search(rf"(?<!\w){re.escape(phrase.casefold())}(?!\w)", plain):
                return f"{field.label} says '{phrase}': {avoid.reason}."
    return ""


def _day_error(field: Day, answer: str, facts: Facts) -> str:
    try:
        day = parse_day(answer)
    except InvalidDate as error:
        return f"{field.label}: {error}"
    if field.past and day > facts.today:
        return f"{field.label} must be today or in the past."
    if field.since_birth and day < facts.born:
        born = format_day(facts.born)
        return f"{field.label} must not be before the date of birth, {born}."
    return ""


def _missing_message(field: FormField) -> str:
    match field:
        case Choice() | YesNo():
            return f"Choose an answer: {field.label}"
        case Agreement():
            return f"{field.label}: read the text, then tick 'I agree'."
    label = field.label.strip("*")
    if field.kind == "work_details":
        return "Select the work details you complete this form with"
    if field.kind == "file":
        return "Choose a file and upload it"
    if field.kind == "group":
        return f"Add at least one: {label}"
    return f"Give an answer: {label}"


def _check_order(step: Step, rule: InOrder, answers: Answers) -> Iterator[Finding]:
    rows: list[tuple[str, Entry | Answers]] = [("", answers)]
    fields: tuple[FormField, ...] = step.fields
    if rule.group:
        entries = enumerate(_entries(answers, rule.group))
        rows = [(f"/{rule.group}/{index}", entry) for index, entry in entries]
        fields = next(f.fields for f in fields if isinstance(f, Group) and f.id == rule.group)
    by_id = {field.id: field for field in fields}
    for entry_pointer, row in rows:
        first, then = (_ordinal(by_id[name], row.get(name)) for name in (rule.first, rule.then))
        if first is not None and then is not None and first > then:
            pointer = f"{entry_pointer}/{rule.then}"
            yield Finding(step=step.id, pointer=pointer, level=Level.WARNING, message=rule.message)


def _ordinal(field: FormField, answer: Answer | None) -> float | None:
    """Return a number, or a date as a number of days; None if it is neither."""
    if not isinstance(answer, str):
        return None
    if isinstance(field, Number):
        return read_number(answer)
    try:
        return parse_day(answer).toordinal()
    except InvalidDate:
        return None


def _check_rule(step: Step, rule: Rule, answers: Answers) -> Iterator[Finding]:
    failed_field = ""
    level = Level.INVALID if rule.need is Need.OPTIONAL else Level(rule.need.value)
    match rule:
        case AtLeastOne():
            if not any(is_answered(answers.get(name)) for name in rule.fields):
                failed_field = rule.fields[0]
        case AtLeastEntries():
            if len(_entries(answers, rule.field)) < rule.count:
                failed_field = rule.field
        case IncludesEntry():
            if all(e.get(rule.where) != rule.equals for e in _entries(answers, rule.field)):
                failed_field = rule.field
        case Different():
            level = Level.INVALID
            answer = answers.get(rule.field)
            if is_answered(answer) and answer == answers.get(rule.other):
                failed_field = rule.field
    if failed_field:
        yield Finding(step=step.id, pointer=f"/{failed_field}", level=level, message=rule.message)


def _entries(answers: Answers, name: str) -> list[Entry]:
    entries = answers.get(name)
    return entries if isinstance(entries, list) else []
