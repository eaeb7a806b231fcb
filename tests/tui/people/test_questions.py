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


def said(typed: FieldTexts) -> dict[str, str]:
    return {error.pointer: error.message for error in check_answers(typed, TODAY)[0]}


def test_every_field_of_a_person_is_asked() -> None:
    assert [question.name for question in QUESTIONS] == list(PersonIn.model_fields)
    required = {name for name, field in PersonIn.model_fields.items() if field.is_required()}
    assert {question.name for question in QUESTIONS if question.missing} == required


def test_what_is_typed_becomes_a_person_and_back(typed: FieldTexts) -> None:
    assert said(typed) == {}
    person = parse_person(typed)
    assert (person.first_name, person.born, person.gender) == (
        "Ivo",
        date(2018, 3, 14),
        Gender.MALE,
    )
    assert to_field_texts(person) == typed | {"first_name": "Ivo"}


@pytest.mark.parametrize("name", [q.name for q in QUESTIONS if q.missing])
def test_a_required_field_that_is_empty_or_blank_says_so(typed: FieldTexts, name: str) -> None:
    missing = next(question.missing for question in QUESTIONS if question.name == name)
    for empty in ("", "  ") if name != "gender" else ("",):
        assert said(typed | {name: empty}) == {f"/{name}": missing}


@pytest.mark.parametrize(
    ("name", "text", "words"),
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
def test_what_is_impossible_is_said_at_its_field(
    typed: FieldTexts, name: str, text: str, words: str
) -> None:
    errors = said(typed | {name: text})
    assert list(errors) == [f"/{name}"]
    assert words in errors[f"/{name}"]


def test_what_is_unusual_only_warns(typed: FieldTexts) -> None:
    errors, warnings = check_answers(typed | {"born": "14/03/1990"}, TODAY)
    assert errors == []
    assert [warning.pointer for warning in warnings] == ["/born"]


def test_care_is_asked_of_a_looked_after_child_and_kept_for_no_other(typed: FieldTexts) -> None:
    looked_after = typed | {"looked_after": "yes"}
    assert list(said(looked_after)) == ["/looked_after_by", "/social_worker"]
    told = {"looked_after_by": "Rutland", "social_worker": "Dana Ng"}
    assert parse_person(looked_after | told).looked_after_by == "Rutland"
    assert parse_person(typed | told).looked_after_by == ""


def test_an_answer_is_told_in_words() -> None:
    assert answer_text("gender", "not_said") == "Not said"
    assert answer_text("interpreter", "yes") == "Yes"
    assert answer_text("upn", "") == "nothing"
