"""Lines with hidden characters are rejected as input, and masked if stored before."""

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


def person(**overrides: object) -> PersonIn:
    defaults = {
        "first_name": "Wilf",
        "last_name": "Tansley",
        "born": date(2012, 6, 8),
        "school": "none",
        "gender": Gender.MALE,
        "address": "1 Hobbin Mews",
        "postcode": "LE0 9TU",
    }
    return PersonIn.model_validate(defaults | overrides)


@pytest.mark.parametrize("character", HIDDEN.values(), ids=HIDDEN)
def test_hidden_character_is_rejected_and_masked(character: str) -> None:
    line = f"Ivo{character}Hollow"
    assert hidden_character(line) == character
    assert check_line(line).level == "impossible"
    assert sanitise(line) == "Ivo�Hollow"
    assert check_line(sanitise(line)).level == "impossible"


def test_error_names_line_break_or_code_point() -> None:
    assert check_line("Ivo\nHollow").message == "Type this again: it holds a line break."
    assert "(U+202E)" in check_line("Ivo\u202eHollow").message


@pytest.mark.parametrize("name", NAMES)
def test_names_in_any_script_are_accepted_unchanged(name: str) -> None:
    assert check_line(name).level == "ok"
    assert sanitise(name) == name.replace("\u00a0", " ")


@pytest.mark.parametrize("joiner", ["\u200c", "\u200d"], ids=["ZWNJ", "ZWJ"])
def test_joiner_is_accepted_only_in_scripts_that_use_it(joiner: str) -> None:
    for line in (f"Iv{joiner}o", f"{joiner}Ivo", f"می{joiner}{joiner}نا", f"👩{joiner}🏫"):
        assert check_line(line).level == "impossible"


@given(LINES)
@example("  Ivo   Hollow ")
@example("\u3164 \u2003\n")
def test_sanitised_text_is_one_line_without_hidden_characters(line: str) -> None:
    result = sanitise(line)
    assert sanitise(result) == result
    assert not hidden_character(result.replace("�", ""))
    assert result == " ".join(result.split(" "))
    assert len(mask_hidden(line)) == len(line)
    if check_line(line).level == "ok":
        assert mask_hidden(line) == line
    assert all(unicodedata.category(c)[0] != "C" or c in "\u200c\u200d" for c in result)


TEXTS = [name for name, field in PersonIn.model_fields.items() if field.annotation is str]


@pytest.mark.parametrize("name", TEXTS)
def test_texts_of_a_person_must_be_single_lines(name: str) -> None:
    errors = check_person(person(**{name: "Ivo\u202eHollow"}), TODAY).errors
    assert [error.pointer for error in errors] == [f"/{name}"]
    assert "can't be seen" in errors[0].message


def test_required_texts_must_not_be_blank() -> None:
    errors = check_person(person(first_name=" ", school="\u00a0", upn=" "), TODAY).errors
    assert {error.pointer for error in errors} == {"/first_name", "/school"}


def test_texts_of_account_and_work_details_must_be_single_lines() -> None:
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


def test_email_with_direction_mark_is_rejected() -> None:
    assert "can't be seen" in check_email("ada\u202e@school.example").message


def test_stored_person_is_sanitised_but_not_rejected() -> None:
    stored = person(first_name="Ivo\n\n", last_name="Hol\u202elow", school="Wren\x1b[2J")
    out = PersonOut(
        **stored.model_dump(), id="00000000-0000-0000-0000-000000000001", version=1, hidden=False
    )
    assert (out.first_name, out.last_name, out.school) == ("Ivo��", "Hol�low", "Wren�[2J")
    assert out.name == "Ivo�� Hol�low"


@pytest.mark.parametrize(
    ("born", "is_rejected"),
    [(date(1899, 12, 31), True), (date(1900, 1, 1), False), (date(1, 1, 1), True)],
)
def test_birth_before_1900_is_rejected(born: date, is_rejected: bool) -> None:
    errors = check_person(person(born=born), TODAY).errors
    assert [e.pointer for e in errors] == (["/born"] if is_rejected else [])
    assert not is_rejected or "1900" in errors[0].message
