"""The questions about a child, and the parsing and checking of answers."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from shared.people import GENDER_LABELS, NOT_ON_ROLL, Gender, PersonIn
from shared.problems import FieldError
from shared.values.checks import check_person
from shared.values.days import InvalidDate, format_day, parse_day

FieldTexts = dict[str, str]
"""The text of each field, by name."""

MAX_LENGTH = 200
YES_NO_OPTIONS = (("No", "no"), ("Yes", "yes"))
GENDER_OPTIONS = tuple((label, str(gender)) for gender, label in GENDER_LABELS.items())
CARE_FIELDS = ("looked_after_by", "social_worker")


class PersonQuestion(NamedTuple):
    """A question; `missing` is the error shown if a required answer is missing."""

    name: str
    label: str
    help: str
    missing: str = ""
    hint: str = ""
    options: tuple[tuple[str, str], ...] = ()


QUESTIONS = (
    PersonQuestion(
        "first_name", "First name", "The child's legal first name.", "Enter the first name."
    ),
    PersonQuestion("last_name", "Last name", "The child's legal surname.", "Enter the last name."),
    PersonQuestion(
        "preferred_name", "Preferred name", "What the child likes to be called, if different."
    ),
    PersonQuestion(
        "born",
        "Date of birth",
        "The day the child was born, for example 28/02/2015 or 28/2/15.",
        "Enter the date of birth.",
        "dd/mm/yyyy",
    ),
    PersonQuestion(
        "gender",
        "Gender",
        "As the school's records give it.",
        "Choose the gender.",
        options=GENDER_OPTIONS,
    ),
    PersonQuestion(
        "upn",
        "Unique Pupil Number (UPN)",
        "13 characters, on the school's records, for example B801200005001. Leave it empty if "
        "you do not know it.",
    ),
    PersonQuestion(
        "nhs_number",
        "NHS number",
        "10 digits, on letters from the NHS. Leave it empty if you do not know it.",
    ),
    PersonQuestion(
        "address", "Address", "Where the child lives: house, street and town.", "Enter the address."
    ),
    PersonQuestion(
        "postcode",
        "Postcode",
        "The postcode of the address, for example LE1 1FZ.",
        "Enter the postcode.",
    ),
    PersonQuestion(
        "school",
        "Current school",
        f"The school or setting, or '{NOT_ON_ROLL}'.",
        f"Enter the school, or '{NOT_ON_ROLL}'.",
        f"or write: {NOT_ON_ROLL}",
    ),
    PersonQuestion("year_group", "Year group", "For example Reception, 4 or 11."),
    PersonQuestion(
        "first_language", "First language", "The language the child speaks most at home."
    ),
    PersonQuestion(
        "interpreter",
        "Interpreter needed",
        "Whether the family needs an interpreter at meetings.",
        options=YES_NO_OPTIONS,
    ),
    PersonQuestion(
        "looked_after",
        "Looked after by a local authority",
        "Whether the child is in care. If so, the authority and the social worker are asked.",
        options=YES_NO_OPTIONS,
    ),
    PersonQuestion(
        "looked_after_by",
        "Authority that looks after the child",
        "The council with parental responsibility.",
        hint="needed for a looked-after child",
    ),
    PersonQuestion(
        "social_worker",
        "Social worker",
        "The social worker's name.",
        hint="needed for a looked-after child",
    ),
    PersonQuestion("parent_name", "Parent or carer", "The name of the person to write to."),
    PersonQuestion(
        "parent_relationship", "Relationship to the child", "For example mother or guardian."
    ),
    PersonQuestion("parent_email", "Parent's email address", "For example name@home.example."),
    PersonQuestion("parent_phone", "Parent's telephone number", "For example 0116 496 0101."),
)
LABELS = {question.name: question.label for question in QUESTIONS}
_YES_NO_FIELDS = {question.name for question in QUESTIONS if question.options is YES_NO_OPTIONS}


def to_field_texts(person: PersonIn) -> FieldTexts:
    """Convert a person to field texts."""
    texts: FieldTexts = {}
    for question in QUESTIONS:
        value = getattr(person, question.name)
        if isinstance(value, bool):
            texts[question.name] = "yes" if value else "no"
        else:
            texts[question.name] = format_day(value) if isinstance(value, date) else str(value)
    return texts


def answer_text(name: str, text: str) -> str:
    """Return an answer as shown to users, with the label of a choice."""
    options = next(question.options for question in QUESTIONS if question.name == name)
    return next((label for label, value in options if value == text), text) or "nothing"


def check_answers(texts: FieldTexts, today: date) -> tuple[list[FieldError], list[FieldError]]:
    """Return the errors and warnings of the answers."""
    missing = [q for q in QUESTIONS if q.missing and not texts[q.name].strip()]
    placeholders: dict[str, object] = {question.name: "-" for question in missing}
    if "gender" in placeholders:
        placeholders["gender"] = Gender.NOT_SAID
    messages: dict[str, str] = {}
    try:
        born = parse_day(texts["born"], today)
    except InvalidDate as error:
        born, messages["/born"] = today, str(error)
    person = PersonIn.model_validate(_values(texts) | placeholders | {"born": born})
    result = check_person(person, today)
    messages |= {error.pointer: error.message for error in result.errors}
    messages |= {f"/{question.name}": question.missing for question in missing}
    errors = [
        FieldError(pointer=f"/{q.name}", code="impossible", message=messages[f"/{q.name}"])
        for q in QUESTIONS
        if f"/{q.name}" in messages
    ]
    return errors, result.warnings


def parse_person(texts: FieldTexts, today: date) -> PersonIn:
    """Parse field texts in which `check_answers` has found no errors."""
    return PersonIn.model_validate(_values(texts) | {"born": parse_day(texts["born"], today)})


def complete_birth_date(text: str, today: date) -> str:
    """Return a date of birth as it was understood, or the text itself if it is not a date."""
    try:
        return format_day(parse_day(text, today))
    except InvalidDate:
        return text


def _values(texts: FieldTexts) -> dict[str, object]:
    looked_after = texts["looked_after"] == "yes"
    return {
        name: text == "yes"
        if name in _YES_NO_FIELDS
        else ""
        if name in CARE_FIELDS and not looked_after
        else text.strip()
        for name, text in texts.items()
    }
