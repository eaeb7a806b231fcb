"""Checks of answers to the request: evidence is optional, impossible values are rejected."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.forms.answers import (
    Facts,
    Finding,
    Level,
    StepState,
    check,
    filter_blocking,
    filter_missing,
    read_number,
    step_states,
)
from shared.forms.definition import FormDefinition
from shared.forms.shapes import shape_errors
from shared.forms.submissions import Answer, Answers, Entry
from tests.shared.forms.catalogue import ADULT, CATALOGUE, CHILD, REQUEST, minimal_request

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


def findings_at(answers: Answers, pointer: str, facts: Facts = CHILD) -> list[Finding]:
    return [finding for finding in check(REQUEST, answers, facts) if finding.pointer == pointer]


def test_minimal_request_can_be_submitted_with_warnings() -> None:
    findings = check(REQUEST, minimal_request(), CHILD)
    assert filter_blocking(findings) == []
    expected = {finding.pointer for finding in findings}
    assert {"/primary_need", "/communication", "/cycles", "/parent_views"} <= expected
    assert "/more_time" not in expected
    assert filter_missing(findings) == findings


@pytest.mark.parametrize("name", ["work_details", "contacts", "declaration", "sharing"])
def test_every_minimal_answer_is_required(name: str) -> None:
    answers = minimal_request()
    answers[name] = [] if name == "contacts" else False if name == "sharing" else ""
    assert [(f.pointer, f.level) for f in filter_blocking(check(REQUEST, answers, CHILD))] == [
        (f"/{name}", Level.REQUIRED)
    ]
    del answers[name]
    assert [f.pointer for f in filter_blocking(check(REQUEST, answers, CHILD))] == [f"/{name}"]


def test_contact_details_are_required_per_entry() -> None:
    answers = minimal_request() | {"contacts": [{"id": "a", "contact_details": "x"}, {"id": "b"}]}
    assert [f.pointer for f in filter_blocking(check(REQUEST, answers, CHILD))] == [
        "/contacts/1/contact_details"
    ]


@pytest.mark.parametrize(
    ("name", "invalid", "valid"),
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
def test_invalid_value_is_rejected_and_valid_value_accepted(
    name: str, invalid: str, valid: str
) -> None:
    assert [f.level for f in findings_at({name: invalid}, f"/{name}")] == [Level.INVALID]
    assert findings_at({name: valid}, f"/{name}") == []
    assert shape_errors(REQUEST, {name: invalid}) == []


def test_short_text_rejects_hidden_characters() -> None:
    [finding] = findings_at({"diagnoses": [{"id": "a", "name": "ADHD\u202e"}]}, "/diagnoses/0/name")
    assert (finding.level, "can't be seen" in finding.message) == (Level.INVALID, True)
    assert not findings_at({"strengths": "Kind\u202e\n"}, "/strengths")


def test_date_before_birth_is_rejected_with_an_explanation() -> None:
    [finding] = findings_at({"started_at_setting": "01/01/2010"}, "/started_at_setting")
    assert finding.message == (
        "Date started at the setting must not be before the date of birth, 01/10/2017."
    )


def test_diagnosis_can_be_dated_before_birth() -> None:
    answers: Answers = {"diagnoses": [{"id": "a", "name": "x", "made_on": "30/06/2017"}]}
    assert findings_at(answers, "/diagnoses/0/made_on") == []


def test_bounds_of_a_number_are_formatted() -> None:
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
    assert [finding.message for finding in check(form, {"spent": "-5", "share": "0"}, CHILD)] == [
        "Spent must be from 0 to 1,000,000.",
        "Share must be from 0.25 to 1,234,567.5.",
    ]


def test_conditional_question_is_shown_when_its_condition_holds() -> None:
    assert findings_at({"attendance": "89.9"}, "/attendance_comment")
    for attendance in ("90", "low", ""):
        assert not findings_at({"attendance": attendance}, "/attendance_comment")
    assert findings_at({"social_care": "child_in_need"}, "/social_care_details")
    assert not findings_at({"social_care": "none"}, "/social_care_details")
    own_contact: Answers = {"contacts": [{"id": "a", "relationship": "young_person"}]}
    assert not findings_at(own_contact, "/contacts", ADULT)
    assert findings_at({"contacts": [{"id": "a"}]}, "/contacts", ADULT)[0].level is Level.EXPECTED


def test_secondary_need_must_differ_from_the_primary() -> None:
    answers: Answers = {"primary_need": "asd", "secondary_need": "asd"}
    assert [f.level for f in findings_at(answers, "/secondary_need")] == [Level.INVALID]
    assert not findings_at({}, "/secondary_need")


@pytest.mark.parametrize(
    ("attended", "possible", "is_warned"),
    [("191", "190", True), ("190", "190", False), ("9", "10", False), ("9", "", False)],
)
def test_more_sessions_attended_than_possible_gives_a_warning(
    attended: str, possible: str, is_warned: bool
) -> None:
    answers: Answers = {"sessions_attended": attended, "sessions_possible": possible}
    findings = findings_at(answers, "/sessions_possible")
    assert [finding.level for finding in findings] == [Level.WARNING] * is_warned
    assert filter_blocking(findings) == filter_missing(findings) == []


def test_review_before_its_cycle_gives_a_warning_in_that_entry() -> None:
    cycles: list[Entry] = [
        {"id": "a", "started_on": "02/09/2024", "reviewed_on": "10/01/2025"},
        {"id": "b", "started_on": "06012025", "reviewed_on": "1 Jan 2025"},
        {"id": "c", "started_on": "06/01/2025", "reviewed_on": "31/02/2025"},
    ]
    findings = [f for f in check(REQUEST, {"cycles": cycles}, CHILD) if f.level is Level.WARNING]
    assert [finding.pointer for finding in findings] == ["/cycles/1/reviewed_on"]
    assert "before the start" in findings[0].message


def test_step_states_follow_from_answers() -> None:
    states = step_states(REQUEST, minimal_request() | {"attendance": "101", "course": "Art"}, CHILD)
    assert states == {
        "work_details": StepState.DONE,
        "academic_progress": StepState.NEEDS_ATTENTION,
        "sen_needs": StepState.NOT_STARTED,
        "action_taken": StepState.NOT_STARTED,
        "over_18s": StepState.NOT_APPLICABLE,
        "documentation": StepState.NOT_STARTED,
        "discussed_with": StepState.STARTED,
        "summary": StepState.DONE,
    }
    assert step_states(REQUEST, {"course": "Art"}, ADULT)["over_18s"] is StepState.STARTED


@given(st.dictionaries(st.sampled_from(FIELDS), ANSWER), st.sampled_from([CHILD, ADULT]))
def test_checking_stored_answers_never_raises(answers: Answers, facts: Facts) -> None:
    invalid = {error.pointer.split("/")[1] for error in shape_errors(REQUEST, {**answers})}
    valid: Answers = {name: answer for name, answer in answers.items() if name not in invalid}
    findings = check(REQUEST, valid, facts)
    states = step_states(REQUEST, valid, facts)
    for finding in findings:
        assert finding.message
        assert states[finding.step] is not StepState.DONE
        if finding.level is Level.INVALID:
            assert states[finding.step] is StepState.NEEDS_ATTENTION


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("most", "Attendance must be a number, not 'most'."),
        ("about nine in ten of the sessions that were possible", "Attendance must be a number."),
    ],
)
def test_only_a_short_answer_is_quoted_when_it_is_no_number(text: str, message: str) -> None:
    [finding] = findings_at({"attendance": text}, "/attendance")
    assert finding.message == message


@given(st.text(max_size=10), st.integers(-99_999, 99_999))
def test_reading_a_number_never_raises(text: str, hundredths: int) -> None:
    read_number(text)
    assert read_number(f" {hundredths / 100:.2f} % ") == hundredths / 100


EDUCATION, PSYCHOLOGY = CATALOGUE["educational-advice"], CATALOGUE["psychological-advice"]


def vague_word_findings(form: FormDefinition, group: str, field: str, text: str) -> list[Finding]:
    findings = check(form, {group: [{"id": "a", field: text}]}, CHILD)
    return [finding for finding in findings if "says '" in finding.message]


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("Access to a quiet room", "access to"),
        ("Support AS REQUIRED.", "as required"),
        ("He would benefit from it", "would benefit from"),
    ],
)
def test_vague_words_give_a_warning(text: str, phrase: str) -> None:
    [finding] = vague_word_findings(EDUCATION, "provision", "what", text)
    assert (finding.level, finding.pointer) == (Level.WARNING, "/provision/0/what")
    assert f"'{phrase}'" in finding.message
    assert "how often" in finding.message


def test_clear_provision_gives_no_warning() -> None:
    assert not vague_word_findings(
        EDUCATION, "provision", "what", "Accessories; irregular verbs, ten a week"
    )
    assert not vague_word_findings(
        EDUCATION, "longer", "outcome", "Ivo will attend a special school."
    )


@pytest.mark.parametrize(("group", "field"), [("longer", "outcome"), ("provision", "what")])
def test_psychological_advice_naming_a_placement_gives_a_warning(group: str, field: str) -> None:
    [finding] = vague_word_findings(PSYCHOLOGY, group, field, "A place at a special school.")
    assert finding.level is Level.WARNING
    assert "decides on the placement" in finding.message


@given(st.text())
def test_search_for_vague_words_accepts_any_text(text: str) -> None:
    vague_word_findings(PSYCHOLOGY, "provision", "what", text)
