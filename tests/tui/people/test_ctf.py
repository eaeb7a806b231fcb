"""Reading Common Transfer Files, and rejecting other files."""

from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.forms.answers import Level, check, facts_for
from shared.forms.definition import Choice
from shared.forms.submissions import Answers
from shared.people import SCHOOL_FILE_BYTES
from shared.values.lines import hidden_character
from tests.shared.forms.catalogue import REQUEST
from tests.tui.people.files import ADDRESS, ATTENDANCE, SEN, TODAY, pupil, school_file
from tui.people.ctf import Pupil, SchoolFile, UnreadableFile, parse_school_file, read_school_file
from tui.people.ctf_codes import ANSWER_LABELS, NEEDS, YEARS
from tui.people.questions import LABELS


def parse(text: str | bytes) -> SchoolFile:
    data = text.encode() if isinstance(text, str) else text
    return parse_school_file(data, "pupils.xml", TODAY)


def parse_only_pupil(text: str) -> Pupil:
    [parsed] = parse(text).pupils
    return parsed


def rejection_message(text: str | bytes) -> str:
    with pytest.raises(UnreadableFile) as error:
        parse(text)
    assert "pupils.xml" in str(error.value)
    return str(error.value)


def test_all_requested_details_are_read() -> None:
    file = parse(school_file(pupil()))
    [nell] = file.pupils
    assert file.warning == ""
    assert nell.details == {
        "first_name": "Nell",
        "last_name": "Quayle-Adeyemi",
        "preferred_name": "Nellie",
        "born": "02/11/2017",
        "gender": "female",
        "upn": "Q856000022001",
        "address": "Flat 2, 18 Cinderpath Lane, Old Humberstone Village Conservation Area, "
        "Leicester",
        "postcode": "LE0 2BD",
        "school": "Wren Hollow Primary School",
        "year_group": "Year 3",
        "first_language": "Panjabi",
        "looked_after": "no",
        "parent_name": "Ms Ana Quayle",
        "parent_relationship": "Mother",
        "parent_email": "ana@quayle.example",
        "parent_phone": "0116 496 0103",
    }
    assert nell.answers == {
        "year_group": "y3",
        "attendance": "90",
        "sessions_attended": "171",
        "sessions_possible": "190",
        "primary_need": "slcn",
        "secondary_need": "semh",
        "sen_support_from": "07/10/2024",
    }
    assert nell.attendance_of == "school year 2025"
    assert [unused[:2] for unused in nell.unused] == [("Further contact", "Bo Reed")]
    assert nell.line == "Nell Quayle-Adeyemi · born 02/11/2017 · UPN Q856000022001"


def test_answers_match_the_request_form() -> None:
    labels = {name: REQUEST.field(name).label for name in ANSWER_LABELS}
    assert labels == ANSWER_LABELS
    needs, years = REQUEST.field("primary_need"), REQUEST.field("year_group")
    assert isinstance(needs, Choice)
    assert isinstance(years, Choice)
    assert {option.value for option in needs.options} == {code.casefold() for code in NEEDS}
    assert {option.value for option in years.options} == {answer for _, answer in YEARS.values()}
    answers: Answers = {**parse_only_pupil(school_file(pupil())).answers}
    findings = check(REQUEST, answers, facts_for(TODAY.replace(year=2017), TODAY))
    assert not [finding for finding in findings if finding.level is Level.INVALID]


def test_preferred_surname_is_part_of_preferred_name() -> None:
    basic = "<BasicDetails><PreferredSurname>Reed</PreferredSurname></BasicDetails>"
    assert (
        parse_only_pupil(school_file(pupil(content=basic))).details["preferred_name"] == "Nell Reed"
    )


def test_address_in_lines_is_read() -> None:
    lines = (
        "<Address><AddressLines><AddressLine1>5 Lanternfield Close</AddressLine1>"
        "<AddressLine2>Leicester</AddressLine2></AddressLines>"
        "<PostCode>LE1 1FZ</PostCode></Address>"
    )
    details = parse_only_pupil(school_file(pupil(content=lines))).details
    assert details["address"] == "5 Lanternfield Close, Leicester"
    assert details["postcode"] == "LE1 1FZ"


@pytest.mark.parametrize(
    ("element", "label", "reason"),
    [
        (pupil(upn="Q856000022009"), "Unique Pupil Number (UPN)", "letter would be"),
        (pupil(birth_date="2031-01-01"), "Date of birth", "in the past"),
        (pupil(birth_date="1899-12-31"), "Date of birth", "1900"),
        (pupil(birth_date="31/12/2017"), "Date of birth", "not a date"),
        (pupil(first_name="Ne\u202ell"), "First name", "can't be seen"),
        (pupil(last_name="Q" * 201), "Last name", "longer than 200"),
        (pupil(content=ADDRESS.replace("le02bd", "LE")), "Postcode", "full UK postcode"),
        (pupil(content=ATTENDANCE.replace("171", "191")), "Attendance", "more were attended"),
        (pupil(content=ATTENDANCE.replace("171", "")), "Attendance", "missing or wrong"),
        (pupil(content=ATTENDANCE.replace("171", "1e9")), "Attendance", "missing or wrong"),
        (pupil(content=SEN.replace("SLCN", "NSA")), "SEN need", "no such need"),
        (pupil(content=SEN.replace(">K<", ">E<")), "SEN provision", "EHC plan"),
        (
            pupil(content=SEN.replace("2024-10-07", "2044-10-07")),
            "SEN support start date",
            "future",
        ),
    ],
    ids=lambda value: value[-20:] if len(value) > 60 else value,
)
def test_impossible_value_is_omitted_with_a_reason(element: str, label: str, reason: str) -> None:
    parsed = parse_only_pupil(school_file(element))
    [unused] = [unused for unused in parsed.unused if unused.label == label]
    assert reason in unused.reason
    assert label not in {LABELS[name] for name in parsed.details}
    assert label not in {ANSWER_LABELS[name] for name in parsed.answers} or label == "SEN need"


def test_attendance_at_two_schools_in_a_year_is_added_up() -> None:
    attendance = ATTENDANCE.replace("2024", "2025").replace(">380<", ">10<")
    assert parse_only_pupil(school_file(pupil(content=attendance))).answers == {
        "attendance": "86",
        "sessions_attended": "172",
        "sessions_possible": "200",
    }


@pytest.mark.parametrize("version", ["15.0", "21.0", "25.0", ""])
def test_another_version_is_read_with_a_warning(version: str) -> None:
    file = parse(school_file(pupil(), version=version))
    assert "made for CTF 24" in file.warning
    assert file.pupils[0].details["first_name"] == "Nell"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_other_encodings_are_read(encoding: str) -> None:
    text = school_file(pupil(first_name="Zoë")).replace("UTF-8", encoding.removesuffix("-sig"))
    assert parse(text.encode(encoding)).pupils[0].details["first_name"] == "Zoë"


ENTITY_BOMB = """<?xml version="1.0"?><!DOCTYPE CTfile [<!ENTITY a "ha">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">
<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]><CTfile>&d;</CTfile>"""
EXTERNAL_ENTITY = """<?xml version="1.0"?><!DOCTYPE CTfile [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<CTfile><CTFpupilData><Pupil><Surname>&x;</Surname></Pupil></CTFpupilData></CTfile>"""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not XML"),
        ("First name,Last name\nIvo,Hollow\n", "not XML"),
        ("%PDF-1.7", "not XML"),
        ("<CTfile>", "damaged at line 1"),
        (school_file(pupil())[:-300], "damaged"),
        ("<ATfile/>", "another kind of file: <ATfile>"),
        ("<x:CTfile xmlns:x='urn:x'/>", "another kind of file"),
        (f"<{'x' * 300}/>", f"<{'x' * 40}>"),
        ("<CTfile/>", "no pupil"),
        (school_file(), "no pupil"),
        (ENTITY_BOMB, "document type"),
        (EXTERNAL_ENTITY, "document type"),
        ("<CTfile>" + "<a>" * 100 + "</a>" * 100 + "</CTfile>", "nested too deeply"),
        ("<a>" * 1_000_000, "nested too deeply"),
        ("<CTfile>" + "<a/>" * 300_000 + "</CTfile>", "too many elements"),
        (school_file("<Pupil/>" * 5_001), "over 5,000 pupils"),
        ("<?xml version='1.0' encoding='klingon'?><CTfile/>", "unknown encoding"),
        ("<?xml version='1.0' encoding='shift_jis'?><CTfile/>", "unknown encoding"),
        ("<CTfile>&undefined;</CTfile>", "damaged"),
        ("\ufeff\ufeff<CTfile/>", "not XML"),
    ],
    ids=lambda value: value[:30],
)
def test_other_file_is_rejected_quickly(text: str, reason: str) -> None:
    started_at = process_time()
    assert reason in rejection_message(text)
    assert process_time() - started_at < 5


@pytest.mark.parametrize(
    "text",
    [
        school_file(pupil(first_name="x" * 9_000_000)),
        school_file(pupil(content="<Contacts>" + "<Contact/>" * 150_000 + "</Contacts>")),
        school_file(pupil(content="x<Email/>" * 150_000)),
        school_file(
            pupil(content="<StageAssessments>" + "<a>1</a>" * 500_000 + "</StageAssessments>")
        ),
    ],
    ids=["long text", "many contacts", "mixed content", "assessments"],
)
def test_large_content_is_parsed_quickly(text: str) -> None:
    started_at = process_time()
    assert parse(text).pupils[0].details["last_name"] == "Quayle-Adeyemi"
    assert process_time() - started_at < 10


def test_file_name_and_size_are_checked_before_reading(tmp_path: Path) -> None:
    for name, size, reason in (
        ("pupils.pdf", 10, "must be a .xml file"),
        ("empty.xml", 0, "is empty"),
        ("large.xml", SCHOOL_FILE_BYTES + 1, "over 10.0 MB"),
    ):
        (tmp_path / name).write_bytes(b" " * size)
        with pytest.raises(UnreadableFile, match=reason):
            read_school_file(tmp_path / name, TODAY)
    with pytest.raises(UnreadableFile, match="can't be read: no such file"):
        read_school_file(tmp_path / "gone.xml", TODAY)
    with pytest.raises(UnreadableFile, match="can't be read: is a directory"):
        read_school_file(tmp_path, TODAY)


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters="<&\ufffe\uffff")
)
ELEMENT_NAMES = [
    *("UPN", "Surname", "Forename", "DOB", "Sex", "BasicDetails", "NCyearActual", "Languages"),
    *("Type", "LanguageType", "Language", "LookedAfter", "InCare", "CareAuthority", "SENhistory"),
    *("SEN", "StartDate", "SENprovision", "SENneeds", "SENneed", "SENtype", "SENtypeRank"),
    *("Address", "BS7666Address", "PAON", "Street", "PostCode", "Contacts", "Contact", "Order"),
    *("Responsibility", "Relationship", "Phones", "Phone", "PhoneNo", "Email", "Attendance"),
    *("YearData", "Year", "SessionsPossible", "SessionsAttended"),
]
VALUES = TEXTS | st.sampled_from(
    ["2025", "2017-11-02", "F", "true", "K", "SLCN", "12", "-1", "1" * 30]
)
ELEMENTS = st.recursive(
    VALUES,
    lambda inner: st.lists(
        st.tuples(st.sampled_from(ELEMENT_NAMES), inner).map(lambda e: f"<{e[0]}>{e[1]}</{e[0]}>"),
        max_size=6,
    ).map("".join),
    max_leaves=20,
)


@given(ELEMENTS)
def test_only_valid_values_are_read_from_any_pupil_element(rest: str) -> None:
    parsed = parse_only_pupil(school_file(f"<Pupil>{rest}</Pupil>"))
    for text in (*parsed.details.values(), *parsed.answers.values(), parsed.line):
        assert not hidden_character(text.replace("\ufffd", ""))
        assert len(text) <= 700
    for unused in parsed.unused:
        assert len(unused.value) <= 200
        assert unused.reason.endswith(".")
    answers: Answers = {**parsed.answers}
    findings = check(REQUEST, answers, facts_for(TODAY.replace(year=1900), TODAY))
    assert not [finding for finding in findings if finding.level is Level.INVALID]


@given(st.binary(max_size=300) | st.binary(max_size=100).map(lambda b: b"<CTfile>" + b))
@settings(max_examples=300)
def test_garbage_is_rejected_as_unreadable(data: bytes) -> None:
    rejection_message(data)


@given(st.integers(0, 2000), st.integers(0, 255))
def test_damaged_file_is_read_or_rejected(position: int, byte: int) -> None:
    data = bytearray(school_file(pupil()).encode())
    data[position % len(data)] = byte
    try:
        parse(bytes(data))
    except UnreadableFile as error:
        assert str(error)
