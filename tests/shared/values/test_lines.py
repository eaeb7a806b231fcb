"""Lines with hidden or reordering characters are rejected as input and masked when stored."""

import unicodedata
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.accounts import AboutYou, ProfessionalRole, WorkDetailsIn
from shared.people import Gender, PersonIn, PersonOut
from shared.values.checks import check_about, check_person, check_work
from shared.values.identifiers import check_email, check_line
from shared.values.lines import hidden_character, mask_hidden, sanitise

TODAY = date(2026, 9, 29)
HIDDEN = {
    "new line": "\n",
    "tab": "\t",
    "escape": "\x1b",
    "C1 control": "\x9b",
    "zero width space": "\u200b",
    "byte order mark": "\ufeff",
    "right-to-left override": "\u202e",
    "right-to-left isolate": "\u2067",
    "left-to-right mark": "\u200e",
    "line separator": "\u2028",
    "soft hyphen": "\u00ad",
    "Hangul filler": "\u3164",
    "braille blank": "\u2800",
    "combining grapheme joiner": "\u034f",
    "tag": "\U000e0041",
    "lone surrogate": "\ud800",
    "private use": "\ue000",
}
NAMES = (
    "Zoë Ó Súilleabháin-Nguyễn",
    "e\u0301",
    "O'Halloran’s",
    "Ивановна",
    "王小明",
    "נועה",
    "می\u200cنا",  # Persian: a non-joiner between two parts of a name
    "ഷിജിന്\u200d",  # Malayalam: a joiner at the end of a name
    "Anne\u00a0Marie",
)
LINES = st.text(st.characters(), max_size=30)


def person(**changed: object) -> PersonIn:
    whole = {
        "first_name": "Wilf",
        "last_name": "Tansley",
        "born": date(2012, 6, 8),
        "school": "none",
        "gender": Gender.MALE,
        "address": "1 Hobbin Mews",
        "postcode": "LE0 9TU",
    }
    return PersonIn.model_validate(whole | changed)


@pytest.mark.parametrize("character", HIDDEN.values(), ids=HIDDEN)
def test_a_hidden_character_is_refused_and_masked(character: str) -> None:
    line = f"Ivo{character}Hollow"
    assert hidden_character(line) == character
    assert check_line(line).level == "impossible"
    assert sanitise(line) == "Ivo�Hollow"
    assert check_line(sanitise(line)).level == "impossible"


def test_a_line_break_is_called_one_and_others_by_their_code() -> None:
    assert check_line("Ivo\nHollow").message == "Type this again: it holds a line break."
    assert "(U+202E)" in check_line("Ivo\u202eHollow").message


@pytest.mark.parametrize("name", NAMES)
def test_names_of_all_scripts_are_taken_and_shown_as_they_are(name: str) -> None:
    assert check_line(name).level == "ok"
    assert sanitise(name) == name.replace("\u00a0", " ")


@pytest.mark.parametrize("joiner", ["\u200c", "\u200d"], ids=["ZWNJ", "ZWJ"])
def test_a_joiner_is_taken_only_where_a_script_is_spelt_with_it(joiner: str) -> None:
    for hidden in (f"Iv{joiner}o", f"{joiner}Ivo", f"می{joiner}{joiner}نا", f"👩{joiner}🏫"):
        assert check_line(hidden).level == "impossible"


@given(LINES)
@example("  Ivo   Hollow ")
@example("\u3164 \u2003\n")
def test_what_is_shown_is_one_line_with_nothing_hidden_but_the_mask(line: str) -> None:
    once = sanitise(line)
    assert sanitise(once) == once
    assert not hidden_character(once.replace("�", ""))
    assert once == " ".join(once.split(" "))
    assert len(mask_hidden(line)) == len(line)
    if check_line(line).level == "ok":
        assert mask_hidden(line) == line
    assert all(unicodedata.category(c)[0] != "C" or c in "\u200c\u200d" for c in once)


TEXTS = [name for name, field in PersonIn.model_fields.items() if field.annotation is str]


@pytest.mark.parametrize("name", TEXTS)
def test_every_text_of_a_child_is_a_line(name: str) -> None:
    wrong = check_person(person(**{name: "Ivo\u202eHollow"}), TODAY).errors
    assert [error.pointer for error in wrong] == [f"/{name}"]
    assert "can't be seen" in wrong[0].message


def test_what_is_required_of_a_child_is_not_blank() -> None:
    wrong = check_person(person(first_name=" ", school="\u00a0", upn=" "), TODAY).errors
    assert {error.pointer for error in wrong} == {"/first_name", "/school"}


def test_every_text_of_an_account_and_of_work_details_is_a_line() -> None:
    about = AboutYou(title="M\ns", first_name="A\u200bda", last_name="R\u202eeed", phone="01\u200e")
    assert {e.pointer for e in check_about(about).errors} == {
        "/title",
        "/first_name",
        "/last_name",
        "/phone",
    }
    texts = [name for name in WorkDetailsIn.model_fields if name != "role"]
    work = WorkDetailsIn.model_construct(
        None, role=ProfessionalRole.SENCO, **dict.fromkeys(texts, "a\u200bb")
    )
    assert {e.pointer for e in check_work(work).errors} == {f"/{name}" for name in texts}


def test_an_email_address_holds_no_mark_of_direction() -> None:
    assert "can't be seen" in check_email("ada\u202e@school.example").message


def test_a_stored_child_is_shown_harmlessly_and_not_refused() -> None:
    stored = person(first_name="Ivo\n\n", last_name="Hol\u202elow", school="Wren\x1b[2J")
    out = PersonOut(
        **stored.model_dump(), id="00000000-0000-0000-0000-000000000001", version=1, hidden=False
    )
    assert (out.first_name, out.last_name, out.school) == ("Ivo��", "Hol�low", "Wren�[2J")
    assert out.name == "Ivo�� Hol�low"


@pytest.mark.parametrize(
    ("born", "is_wrong"),
    [(date(1899, 12, 31), True), (date(1900, 1, 1), False), (date(1, 1, 1), True)],
)
def test_nobody_was_born_before_1900(born: date, is_wrong: bool) -> None:
    wrong = check_person(person(born=born), TODAY).errors
    assert [e.pointer for e in wrong] == (["/born"] if is_wrong else [])
    assert not is_wrong or "1900" in wrong[0].message
