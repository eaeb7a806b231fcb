from datetime import date

import pytest

from shared.people import Gender, PersonIn
from tui.people.questions import (
    QUESTIONS,
    FieldTexts,
    answer_text,
    check_answers,
    parse_person,
    to_field_texts,
)

TODAY = date(2026, 3, 2)


@pytest.fixture
def typed() -> FieldTexts:
    return {question.name: "" for question in QUESTIONS} | {
        "first_name": " Ivo ",
        "last_name": "Larkspur-Dunne",
        "born": "14/03/2018",
        "gender": "male",
        "address": "3 Tallowmere Row",
        "postcode": "le39rn",
        "school": "Wren Hollow",
        "interpreter": "no",
        "looked_after": "no",
    }


def errors_of(typed: FieldTexts) -> dict[str, str]:
    return {error.pointer: error.message for error in check_answers(typed, TODAY)[0]}


def test_every_person_field_has_a_question() -> None:
    assert [question.name for question in QUESTIONS] == list(PersonIn.model_fields)
    required = {name for name, field in PersonIn.model_fields.items() if field.is_required()}
    assert {question.name for question in QUESTIONS if question.missing} == required


def test_answers_convert_to_a_person_and_back(typed: FieldTexts) -> None:
    assert errors_of(typed) == {}
    person = parse_person(typed)
    assert (person.first_name, person.born, person.gender) == (
        "Ivo",
        date(2018, 3, 14),
        Gender.MALE,
    )
    assert to_field_texts(person) == typed | {"first_name": "Ivo"}


@pytest.mark.parametrize("name", [q.name for q in QUESTIONS if q.missing])
def test_empty_or_blank_required_field_is_an_error(typed: FieldTexts, name: str) -> None:
    missing = next(question.missing for question in QUESTIONS if question.name == name)
    for empty in ("", "  ") if name != "gender" else ("",):
        assert errors_of(typed | {name: empty}) == {f"/{name}": missing}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("born", "31/02/2018", "not a real date"),
        ("born", "soon", "dd/mm/yyyy"),
        ("born", "03/03/2026", "in the past"),
        ("upn", "Q207000016049", "P"),
        ("nhs_number", "123", "10 digits"),
        ("postcode", "LE3", "full UK postcode"),
        ("parent_email", "nobody", "name@"),
        ("parent_phone", "12", "telephone number"),
    ],
)
def test_invalid_answer_is_an_error_at_its_field(
    typed: FieldTexts, name: str, text: str, message: str
) -> None:
    errors = errors_of(typed | {name: text})
    assert list(errors) == [f"/{name}"]
    assert message in errors[f"/{name}"]


def test_unusual_answer_only_warns(typed: FieldTexts) -> None:
    errors, warnings = check_answers(typed | {"born": "14/03/1990"}, TODAY)
    assert errors == []
    assert [warning.pointer for warning in warnings] == ["/born"]


def test_care_answers_are_only_for_looked_after_children(typed: FieldTexts) -> None:
    looked_after = typed | {"looked_after": "yes"}
    assert list(errors_of(looked_after)) == ["/looked_after_by", "/social_worker"]
    care = {"looked_after_by": "Rutland", "social_worker": "Dana Ng"}
    assert parse_person(looked_after | care).looked_after_by == "Rutland"
    assert parse_person(typed | care).looked_after_by == ""


def test_answer_is_shown_as_its_label() -> None:
    assert answer_text("gender", "not_said") == "Not said"
    assert answer_text("interpreter", "yes") == "Yes"
    assert answer_text("upn", "") == "nothing"
