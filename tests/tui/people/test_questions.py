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
def field_texts() -> FieldTexts:
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


def find_errors(field_texts: FieldTexts) -> dict[str, str]:
    return {error.pointer: error.message for error in check_answers(field_texts, TODAY)[0]}


def test_every_person_field_has_a_question() -> None:
    assert [question.name for question in QUESTIONS] == list(PersonIn.model_fields)
    required = {name for name, field in PersonIn.model_fields.items() if field.is_required()}
    assert {question.name for question in QUESTIONS if question.missing} == required


def test_answers_convert_to_a_person_and_back(field_texts: FieldTexts) -> None:
    assert find_errors(field_texts) == {}
    person = parse_person(field_texts, TODAY)
    assert (person.first_name, person.born, person.gender) == (
        "Ivo",
        date(2018, 3, 14),
        Gender.MALE,
    )
    assert to_field_texts(person) == field_texts | {"first_name": "Ivo"}


@pytest.mark.parametrize("name", [q.name for q in QUESTIONS if q.missing])
def test_empty_or_blank_required_field_is_an_error(field_texts: FieldTexts, name: str) -> None:
    missing = next(question.missing for question in QUESTIONS if question.name == name)
    for empty in ("", "  ") if name != "gender" else ("",):
        assert find_errors(field_texts | {name: empty}) == {f"/{name}": missing}


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
    field_texts: FieldTexts, name: str, text: str, message: str
) -> None:
    errors = find_errors(field_texts | {name: text})
    assert list(errors) == [f"/{name}"]
    assert message in errors[f"/{name}"]


def test_unusual_answer_only_warns(field_texts: FieldTexts) -> None:
    errors, warnings = check_answers(field_texts | {"born": "14/03/1990"}, TODAY)
    assert errors == []
    assert [warning.pointer for warning in warnings] == ["/born"]


def test_care_answers_are_only_for_looked_after_children(field_texts: FieldTexts) -> None:
    looked_after = field_texts | {"looked_after": "yes"}
    assert list(find_errors(looked_after)) == ["/looked_after_by", "/social_worker"]
    care = {"looked_after_by": "Rutland", "social_worker": "Dana Ng"}
    assert parse_person(looked_after | care, TODAY).looked_after_by == "Rutland"
    assert parse_person(field_texts | care, TODAY).looked_after_by == ""


def test_answer_is_shown_as_its_label() -> None:
    assert answer_text("gender", "not_said") == "Not stated"
    assert answer_text("interpreter", "yes") == "Yes"
    assert answer_text("upn", "") == "nothing"
