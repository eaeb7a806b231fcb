"""The summary, and the changes between versions, as displayed."""

from hypothesis import given
from hypothesis import strategies as st

from shared.forms.answers import Facts
from shared.forms.submissions import Answers, Entry
from shared.forms.summary import (
    NOT_PROVIDED,
    Change,
    Line,
    answer_text,
    build_summary,
    compare_answers,
)
from tests.shared.forms.catalogue import ADULT, CHILD, REQUEST, minimal_request

WORK_DETAILS_ID = str(minimal_request()["work_details"])
NAMES = {WORK_DETAILS_ID: "SEN Co-ordinator, Osierbeck Academy", "file-1": "report.pdf"}


def lines(answers: Answers, facts: Facts = CHILD) -> dict[str, Line]:
    return {
        line.pointer or line.step: line for line in build_summary(REQUEST, answers, facts, NAMES)
    }


def list_changes(before: Answers, after: Answers) -> list[tuple[str, str, str]]:
    result: list[Change] = compare_answers(REQUEST, before, after, CHILD, NAMES)
    return [(change.label, change.before, change.after) for change in result]


def test_answers_are_displayed_as_text() -> None:
    answers: dict[str, tuple[str | bool, str]] = {
        "work_details": (WORK_DETAILS_ID, NAMES[WORK_DETAILS_ID]),
        "started_at_setting": ("1 sep 2022", "01/09/2022"),
        "attendance": (" 88.5 % ", "88.5%"),
        "out_of_year": ("no", "No"),
        "primary_need": ("semh", "SEMH – Social, emotional and mental health"),
        "sharing": (True, "I agree"),
        "suspensions": ("0", "0"),
        "strengths": (" ", NOT_PROVIDED),
    }
    for name, (answer, text) in answers.items():
        assert answer_text(REQUEST.field(name), answer, NAMES) == text, name
    assert answer_text(REQUEST.field("work_details"), "gone", NAMES) == "Chosen, but not known here"
    assert answer_text(REQUEST.field("started_at_setting"), "31/02/2022", NAMES) == "31/02/2022"


def test_summary_follows_the_form_and_shows_warnings() -> None:
    by_pointer = lines(
        minimal_request() | {"attendance": "101", "documents": [{"id": "d", "file": "file-1"}]}
    )
    steps = [step.id for step in REQUEST.steps]
    order = [steps.index(line.step) for line in by_pointer.values()]
    assert order == sorted(order)
    assert set(order) == set(range(len(steps)))
    assert by_pointer["/attendance"].warning == "Attendance must be from 0 to 100."
    assert by_pointer["/attendance"].is_wrong
    assert by_pointer["/cycles"].text == NOT_PROVIDED
    assert by_pointer["/cycles"].warning
    assert not by_pointer["/cycles"].is_wrong
    assert by_pointer["/documents/0/file"].text == "report.pdf"
    assert by_pointer["/documents/0/file"].label == "Document 1: Upload document"
    assert by_pointer["/declaration"].warning == ""


def test_warning_about_all_entries_is_shown_above_them() -> None:
    by_pointer = lines(minimal_request() | {"cycles": [{"id": "a", "target": "Reads 20 words"}]})
    assert by_pointer["/cycles"].text == "1 entry"
    assert "Two cycles of Assess, Plan, Do, Review are usual" in by_pointer["/cycles"].warning
    assert list(by_pointer).index("/cycles") < list(by_pointer).index("/cycles/0/target")
    assert "/cycles" not in lines(minimal_request() | {"cycles": [{"id": "a"}, {"id": "b"}]})


def test_summary_warns_about_dates_and_numbers_out_of_order() -> None:
    answers: Answers = {"sessions_attended": "191", "sessions_possible": "190"}
    warning = lines(minimal_request() | answers)["/sessions_possible"].warning
    assert warning == "Sessions possible are fewer than sessions attended; please check both."


def test_summary_shows_blocking_errors_before_expected_answers() -> None:
    answers = minimal_request() | {"contacts": [{"id": "a", "discussed_on": "1/1/2010"}]}
    assert "must not be before" in lines(answers)["/contacts/0/discussed_on"].warning
    del answers["contacts"]
    warning = lines(answers, ADULT)["/contacts"].warning
    assert warning == "Add at least one person with whom the request was discussed"


def test_inapplicable_questions_are_left_out_or_explained() -> None:
    answers = minimal_request() | {"attendance": "50", "contacts": [{"id": "a", "agrees": "no"}]}
    assert "/attendance_comment" not in lines(minimal_request())
    assert "/attendance_comment" in lines(answers)
    assert "/contacts/0/disagreement" not in lines(minimal_request())
    assert "/contacts/0/disagreement" in lines(answers)
    assert lines(minimal_request())["over_18s"].text == "Does not apply – aged under 18"
    assert "/more_time" not in lines(minimal_request())
    assert "/more_time" in lines(minimal_request(), ADULT)


def test_change_shows_old_and_new_value() -> None:
    before = minimal_request() | {"strengths": "Draws", "primary_need": "asd"}
    after = minimal_request() | {"primary_need": "asd", "attendance": "91", "suspensions": "0"}
    assert list_changes(before, after) == [
        ("Attendance", NOT_PROVIDED, "91%"),
        ("Number of suspensions this year", NOT_PROVIDED, "0"),
        ("Strengths and where progress is good", "Draws", NOT_PROVIDED),
    ]


def test_removed_entry_does_not_affect_later_entries() -> None:
    first: Entry = {"id": "a", "name": "Dyslexia"}
    second: Entry = {"id": "b", "name": "Glue ear", "by": "Dr Merrivale"}
    removal = list_changes({"diagnoses": [first, second]}, {"diagnoses": [second]})
    assert removal == [("Diagnosis 1: Diagnosis", "Dyslexia", NOT_PROVIDED)]
    assert list_changes({"diagnoses": [first, second]}, {"diagnoses": [second, first]}) == []
    edit = list_changes(
        {"diagnoses": [first, second]}, {"diagnoses": [first, {**second, "by": ""}]}
    )
    assert edit == [("Diagnosis 2: By whom", "Dr Merrivale", NOT_PROVIDED)]


TEXTS = st.dictionaries(
    st.sampled_from(["attainment", "strengths", "attendance", "year_group", "why_now"]),
    st.text(max_size=8),
)
ENTRIES = st.lists(st.text("ab ", max_size=3), max_size=4).map(
    lambda names: [Entry(id=str(i), name=name) for i, name in enumerate(names)]
)


@given(TEXTS, TEXTS, ENTRIES, ENTRIES)
def test_changes_are_symmetric_and_empty_for_equal_answers(
    texts: dict[str, str],
    other_texts: dict[str, str],
    entries: list[Entry],
    other_entries: list[Entry],
) -> None:
    before: Answers = {**texts, "diagnoses": entries}
    after: Answers = {**other_texts, "diagnoses": other_entries}
    assert list_changes(before, before) == []
    forwards = sorted(list_changes(before, after))
    assert forwards == sorted((label, was, now) for label, now, was in list_changes(after, before))
    assert all(was != now for _, was, now in forwards)
