"""Answers to the real request: evidence is expected and never a gate; what can't be is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.forms.answers import (
    ENTRIES_LIMIT,
    STORED_LIMIT,
    Facts,
    Finding,
    Level,
    StepState,
    blocking,
    check,
    read_number,
    shape_errors,
    step_states,
)
from shared.forms.definition import FormDefinition
from shared.forms.submissions import Answer, Answers, Entry
from tests.shared.forms.catalogue import ADULT, CATALOGUE, CHILD, REQUEST, least

FIELDS = sorted(field.id for step in REQUEST.steps for field in step.fields)
ENTRY: st.SearchStrategy[Entry] = st.dictionaries(
    st.sampled_from(["id", "name", "contact_details", "description", "x"]),
    st.text(max_size=5) | st.booleans(),
    max_size=4,
)
ANSWER: st.SearchStrategy[Answer] = (
    st.sampled_from(["yes", "no", "semh", "95", "30/02/2026", "01/01/2020", " "])
    | st.text(st.characters(), max_size=20)
    | st.booleans()
    | st.lists(ENTRY, max_size=3)
)


def found(answers: Answers, pointer: str, facts: Facts = CHILD) -> list[Finding]:
    return [f for f in check(REQUEST, answers, facts) if f.pointer == pointer]


def test_the_least_request_may_be_submitted_and_is_warned_of_what_is_expected() -> None:
    findings = check(REQUEST, least(), CHILD)
    assert blocking(findings) == []
    expected = {finding.pointer for finding in findings}
    assert {"/primary_need", "/communication", "/cycles", "/parent_views"} <= expected
    assert "/more_time" not in expected


@pytest.mark.parametrize("name", ["work_details", "contacts", "declaration", "sharing"])
def test_nothing_of_the_least_can_be_left_out(name: str) -> None:
    answers = least()
    answers[name] = [] if name == "contacts" else False if name == "sharing" else ""
    assert [(f.pointer, f.level) for f in blocking(check(REQUEST, answers, CHILD))] == [
        (f"/{name}", Level.REQUIRED)
    ]
    del answers[name]
    assert [f.pointer for f in blocking(check(REQUEST, answers, CHILD))] == [f"/{name}"]


def test_a_contact_needs_its_details_and_is_told_at_its_own_place() -> None:
    answers = least() | {"contacts": [{"id": "a", "contact_details": "x"}, {"id": "b"}]}
    assert [f.pointer for f in blocking(check(REQUEST, answers, CHILD))] == [
        "/contacts/1/contact_details"
    ]


@pytest.mark.parametrize(
    ("name", "wrong", "right"),
    [
        ("attendance", "101", "100%"),
        ("attendance", "ninety", "0"),
        ("started_at_setting", "30/09/2026", "29/09/2026"),
        ("started_at_setting", "31/02/2020", "29/02/2020"),
        ("started_at_setting", "30/09/2017", "01/10/2017"),
        ("primary_need", "unlisted", "semh"),
        ("out_of_year", "maybe", "no"),
        ("attainment", "x" * 30_001, "x\r\n" * 15_000),
    ],
)
def test_what_can_not_be_so_is_refused_and_its_neighbour_is_not(
    name: str, wrong: str, right: str
) -> None:
    assert [f.level for f in found({name: wrong}, f"/{name}")] == [Level.REFUSED]
    assert found({name: right}, f"/{name}") == []
    assert shape_errors(REQUEST, {name: wrong}) == []


def test_a_short_text_is_one_line_with_nothing_hidden() -> None:
    [wrong] = found({"diagnoses": [{"id": "a", "name": "ADHD\u202e"}]}, "/diagnoses/0/name")
    assert (wrong.level, "can't be seen" in wrong.message) == (Level.REFUSED, True)
    assert not found({"strengths": "Kind\u202e\n"}, "/strengths")


def test_a_day_before_the_birth_is_refused_in_words() -> None:
    [finding] = found({"started_at_setting": "01/01/2010"}, "/started_at_setting")
    assert finding.message == (
        "Date started at the setting must not be before the date of birth, 01/10/2017."
    )


def test_what_can_be_known_before_the_birth_may_be_so_dated() -> None:
    answers: Answers = {"diagnoses": [{"id": "a", "name": "x", "made_on": "30/06/2017"}]}
    assert found(answers, "/diagnoses/0/made_on") == []


def test_the_bounds_of_a_number_are_written_as_people_write_them() -> None:
    form = FormDefinition.model_validate(
        {
            "id": "sums",
            "version": 1,
            "title": "Sums",
            "short": "Sums",
            "stage": "request",
            "steps": [
                {
                    "id": "costs",
                    "title": "Costs",
                    "short": "Costs",
                    "fields": [
                        {"id": "spent", "kind": "number", "label": "Spent"},
                        {
                            "id": "share",
                            "kind": "number",
                            "label": "Share",
                            "minimum": 0.25,
                            "maximum": 1234567.5,
                        },
                    ],
                }
            ],
        }
    )
    assert [one.message for one in check(form, {"spent": "-5", "share": "0"}, CHILD)] == [
        "Spent must be from 0 to 1,000,000.",
        "Share must be from 0.25 to 1,234,567.5.",
    ]


def test_a_condition_opens_its_question_and_an_unanswered_one_does_not() -> None:
    assert found({"attendance": "89.9"}, "/attendance_comment")
    for attendance in ("90", "low", ""):
        assert not found({"attendance": attendance}, "/attendance_comment")
    assert found({"social_care": "child_in_need"}, "/social_care_details")
    assert not found({"social_care": "none"}, "/social_care_details")
    theirs: Answers = {"contacts": [{"id": "a", "relationship": "young_person"}]}
    assert not found(theirs, "/contacts", ADULT)
    assert found({"contacts": [{"id": "a"}]}, "/contacts", ADULT)[0].level is Level.EXPECTED


def test_a_secondary_need_that_is_the_primary_one_is_refused() -> None:
    same: Answers = {"primary_need": "asd", "secondary_need": "asd"}
    assert [f.level for f in found(same, "/secondary_need")] == [Level.REFUSED]
    assert not found({}, "/secondary_need")


def test_steps_tell_how_far_they_are() -> None:
    states = step_states(REQUEST, least() | {"attendance": "101", "course": "Art"}, CHILD)
    assert states == {
        "work_details": StepState.DONE,
        "academic_progress": StepState.LOOK_AT,
        "sen_needs": StepState.NOT_STARTED,
        "action_taken": StepState.NOT_STARTED,
        "over_18s": StepState.NOT_APPLICABLE,
        "documentation": StepState.NOT_STARTED,
        "discussed_with": StepState.STARTED,
        "summary": StepState.DONE,
    }
    assert step_states(REQUEST, {"course": "Art"}, ADULT)["over_18s"] is StepState.STARTED


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"nonsense": "x"}, "/nonsense"),
        ({"sharing": "yes"}, "/sharing"),
        ({"attainment": "x" * (STORED_LIMIT + 1)}, "/attainment"),
        ({"attainment": "a\x00b"}, "/attainment"),
        ({"attainment": "\ud800"}, "/attainment"),
        ({"cycles": "x"}, "/cycles"),
        ({"cycles": [{"target": "x"}]}, "/cycles/0"),
        ({"cycles": [{"id": "a"}, {"id": "b", "oops": "x"}]}, "/cycles/1/oops"),
        ({"cycles": [{"id": "a"}] * (ENTRIES_LIMIT + 1)}, "/cycles"),
    ],
)
def test_what_can_not_be_stored_is_told_by_its_place(
    changes: dict[str, Answer | None], pointer: str
) -> None:
    assert [error.pointer for error in shape_errors(REQUEST, changes)] == [pointer]
    assert shape_errors(REQUEST, {"attainment": None, "cycles": None}) == []


@given(st.dictionaries(st.sampled_from(FIELDS), ANSWER), st.sampled_from([CHILD, ADULT]))
def test_whatever_is_stored_is_checked_without_an_error(answers: Answers, facts: Facts) -> None:
    wrong = {error.pointer.split("/")[1] for error in shape_errors(REQUEST, {**answers})}
    kept: Answers = {name: answer for name, answer in answers.items() if name not in wrong}
    findings = check(REQUEST, kept, facts)
    states = step_states(REQUEST, kept, facts)
    for finding in findings:
        assert finding.message
        assert states[finding.step] is not StepState.DONE
        if finding.level is Level.REFUSED:
            assert states[finding.step] is StepState.LOOK_AT


@given(st.text(max_size=10), st.integers(-99_999, 99_999))
def test_a_number_is_read_or_not_and_never_an_error(text: str, hundredths: int) -> None:
    read_number(text)
    assert read_number(f" {hundredths / 100:.2f} % ") == hundredths / 100


EDUCATION, PSYCHOLOGY = CATALOGUE["educational-advice"], CATALOGUE["psychological-advice"]


def weakened(form: FormDefinition, group: str, field: str, text: str) -> list[Finding]:
    found = check(form, {group: [{"id": "a", field: text}]}, CHILD)
    return [one for one in found if "says '" in one.message]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Access to a quiet room", "access to"),
        ("Support AS REQUIRED.", "as required"),
        ("He would benefit from it", "would benefit from"),
    ],
)
def test_vague_words_warn_with_the_reason_and_block_nothing(text: str, words: str) -> None:
    [found] = weakened(EDUCATION, "provision", "what", text)
    assert (found.level, found.pointer) == (Level.EXPECTED, "/provision/0/what")
    assert f"'{words}'" in found.message
    assert "how often" in found.message


def test_words_within_words_and_clear_provision_warn_of_nothing() -> None:
    assert not weakened(EDUCATION, "provision", "what", "Accessories; irregular verbs, ten a week")
    assert not weakened(EDUCATION, "longer", "outcome", "Ivo will attend a special school.")


@pytest.mark.parametrize(("group", "field"), [("longer", "outcome"), ("provision", "what")])
def test_psychological_advice_that_names_a_placement_warns(group: str, field: str) -> None:
    [found] = weakened(PSYCHOLOGY, group, field, "A place at a special school.")
    assert found.level is Level.EXPECTED
    assert "decides on the placement" in found.message


@given(st.text())
def test_no_text_breaks_the_search_for_weak_words(said: str) -> None:
    weakened(PSYCHOLOGY, "provision", "what", said)
