"""The summary and the changes between versions, in the words that people read."""

from hypothesis import given
from hypothesis import strategies as st

from shared.forms.answers import Facts
from shared.forms.submissions import Answers, Entry
from shared.forms.summary import NOT_PROVIDED, Change, Line, answer_text, changes, summary
from tests.shared.forms.catalogue import ADULT, CHILD, REQUEST, least

CARD = str(least()["work_details"])
NAMES = {CARD: "SEN Co-ordinator, Osierbeck Academy", "file-1": "report.pdf"}


def lines(answers: Answers, facts: Facts = CHILD) -> dict[str, Line]:
    return {line.pointer or line.step: line for line in summary(REQUEST, answers, facts, NAMES)}


def changed(before: Answers, after: Answers) -> list[tuple[str, str, str]]:
    found: list[Change] = changes(REQUEST, before, after, CHILD, NAMES)
    return [(change.label, change.before, change.after) for change in found]


def test_answers_are_written_as_people_read_them() -> None:
    answers: dict[str, tuple[str | bool, str]] = {
        "work_details": (CARD, NAMES[CARD]),
        "started_at_setting": ("1 sep 2022", "01/09/2022"),
        "attendance": (" 88.5 % ", "88.5%"),
        "out_of_year": ("no", "No"),
        "primary_need": ("semh", "SEMH – Social, emotional and mental health"),
        "sharing": (True, "I agree"),
        "suspensions": ("0", "0"),
        "strengths": (" ", NOT_PROVIDED),
    }
    for name, (answer, words) in answers.items():
        assert answer_text(REQUEST.field(name), answer, NAMES) == words, name
    assert answer_text(REQUEST.field("work_details"), "gone", NAMES) == "Chosen, but not known here"
    assert answer_text(REQUEST.field("started_at_setting"), "31/02/2022", NAMES) == "31/02/2022"


def test_the_summary_follows_the_form_and_shows_what_is_wrong_where_it_is() -> None:
    shown = lines(least() | {"attendance": "101", "documents": [{"id": "d", "file": "file-1"}]})
    steps = [step.id for step in REQUEST.steps]
    order = [steps.index(line.step) for line in shown.values()]
    assert order == sorted(order)
    assert set(order) == set(range(len(steps)))
    assert shown["/attendance"].warning == "Attendance must be from 0 to 100."
    assert shown["/cycles"].text == NOT_PROVIDED
    assert shown["/cycles"].warning
    assert shown["/documents/0/file"].text == "report.pdf"
    assert shown["/documents/0/file"].label == "Document 1: Upload document"
    assert shown["/declaration"].warning == ""


def test_what_is_wrong_with_entries_as_a_whole_is_said_above_them() -> None:
    shown = lines(least() | {"cycles": [{"id": "a", "target": "Reads 20 words"}]})
    assert shown["/cycles"].text == "1 given"
    assert "Two cycles of Assess, Plan, Do, Review are usual" in shown["/cycles"].warning
    assert list(shown).index("/cycles") < list(shown).index("/cycles/0/target")
    assert "/cycles" not in lines(least() | {"cycles": [{"id": "a"}, {"id": "b"}]})


def test_what_does_not_apply_is_left_out_or_said_to_be_so() -> None:
    asked = least() | {"attendance": "50", "contacts": [{"id": "a", "agrees": "no"}]}
    assert "/attendance_comment" not in lines(least())
    assert "/attendance_comment" in lines(asked)
    assert "/contacts/0/disagreement" not in lines(least())
    assert "/contacts/0/disagreement" in lines(asked)
    assert lines(least())["over_18s"].text == "Does not apply – aged under 18"
    assert "/more_time" not in lines(least())
    assert "/more_time" in lines(least(), ADULT)


def test_a_change_is_told_by_what_was_and_what_became() -> None:
    before = least() | {"strengths": "Draws", "primary_need": "asd"}
    after = least() | {"primary_need": "asd", "attendance": "91", "suspensions": "0"}
    assert changed(before, after) == [
        ("Attendance", NOT_PROVIDED, "91%"),
        ("Number of suspensions this year", NOT_PROVIDED, "0"),
        ("Strengths and where progress is good", "Draws", NOT_PROVIDED),
    ]


def test_an_entry_taken_out_does_not_change_those_after_it() -> None:
    first: Entry = {"id": "a", "name": "Dyslexia"}
    second: Entry = {"id": "b", "name": "Glue ear", "by": "Dr Merrivale"}
    gone = changed({"diagnoses": [first, second]}, {"diagnoses": [second]})
    assert gone == [("Diagnosis 1: Diagnosis", "Dyslexia", NOT_PROVIDED)]
    assert changed({"diagnoses": [first, second]}, {"diagnoses": [second, first]}) == []
    edited = changed({"diagnoses": [first, second]}, {"diagnoses": [first, {**second, "by": ""}]})
    assert edited == [("Diagnosis 2: By whom", "Dr Merrivale", NOT_PROVIDED)]


TEXTS = st.dictionaries(
    st.sampled_from(["attainment", "strengths", "attendance", "year_group", "why_now"]),
    st.text(max_size=8),
)
ENTRIES = st.lists(st.text("ab ", max_size=3), max_size=4).map(
    lambda names: [Entry(id=str(i), name=name) for i, name in enumerate(names)]
)


@given(TEXTS, TEXTS, ENTRIES, ENTRIES)
def test_changes_are_the_same_backwards_and_none_where_nothing_changed(
    one: dict[str, str], other: dict[str, str], some: list[Entry], more: list[Entry]
) -> None:
    before: Answers = {**one, "diagnoses": some}
    after: Answers = {**other, "diagnoses": more}
    assert changed(before, before) == []
    there = sorted(changed(before, after))
    assert there == sorted((label, was, now) for label, now, was in changed(after, before))
    assert all(was != now for _, was, now in there)
