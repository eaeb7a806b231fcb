"""Checks of identifiers, with valid numbers and typos."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.accounts import ProfessionalRole, WorkDetailsIn
from shared.documents import MAX_BYTES, human_size, upload_error
from shared.people import Gender, PersonIn
from shared.values.checks import check_person, check_work
from shared.values.identifiers import (
    check_email,
    check_nhs_number,
    check_phone,
    check_postcode,
    check_upn,
    normalise_postcode,
)

UPNS = ["Q856000022001", "Z856000018003", "F856000016005", "B801200005001"]
NHS_NUMBERS = ["9991001018", "9991001026", "9991001107", "9434765919"]
POSTCODES = ["LE1 1FZ", "M1 1AE", "B33 8TH", "DN55 1PT", "W1A 0AX", "EC1A 1BB"]
TODAY = date(2026, 9, 29)


def person(**overrides: object) -> PersonIn:
    defaults = {
        "first_name": "Wilf",
        "last_name": "Tansley",
        "born": "2012-06-08",
        "school": "none",
        "gender": Gender.MALE,
        "address": "1 Hobbin Mews",
        "postcode": "LE0 9TU",
    }
    return PersonIn.model_validate(defaults | overrides)


@given(st.sampled_from(UPNS), st.integers(1, 12), st.integers(1, 9))
def test_wrong_digit_of_a_upn_is_detected(upn: str, position: int, by: int) -> None:
    assert check_upn(f" {upn[:4]} {upn[4:].lower()} ").level == "ok"
    digit = (int(upn[position]) + by) % 10
    verdict = check_upn(upn[:position] + str(digit) + upn[position + 1 :])
    assert verdict.level == "impossible"
    assert "letter would be" in verdict.message


def test_temporary_upn_is_unusual_and_wrong_letter_is_named() -> None:
    assert check_upn("P85600002201A").level == "unusual"
    assert check_upn("Q207000016049").level == "impossible"
    assert "letter would be Q" in check_upn("Z856000022001").message
    assert "13 characters" in check_upn("I856000022001").message


@given(st.sampled_from(NHS_NUMBERS), st.integers(0, 9), st.integers(1, 9))
def test_wrong_or_swapped_digit_of_an_nhs_number_is_detected(
    nhs: str, position: int, by: int
) -> None:
    assert check_nhs_number(f"{nhs[:3]} {nhs[3:6]}-{nhs[6:]}").level == "ok"
    invalid = nhs[:position] + str((int(nhs[position]) + by) % 10) + nhs[position + 1 :]
    swapped = nhs[: position - 1] + nhs[position] + nhs[position - 1] + nhs[position + 1 :]
    assert check_nhs_number(invalid).level == "impossible"
    assert position == 0 or swapped == nhs or check_nhs_number(swapped).level == "impossible"


@pytest.mark.parametrize("last", range(10))
def test_nhs_number_with_check_digit_ten_is_impossible(last: int) -> None:
    assert check_nhs_number(f"999100114{last}").level == "impossible"


@given(st.sampled_from(POSTCODES), st.lists(st.integers(0, 7), max_size=3))
def test_postcode_is_accepted_in_any_spacing_and_case(postcode: str, spaces: list[int]) -> None:
    text = postcode.replace(" ", "").lower()
    for position in spaces:
        text = text[:position] + " " + text[position:]
    assert check_postcode(text).level == "ok"
    assert normalise_postcode(text) == postcode


@pytest.mark.parametrize("invalid", ["LE0 1CA", "LE1", "LE11 11FZ", "L 1FZ", "1LE 1FZ", "LE1 FZ1"])
def test_malformed_postcode_is_impossible(invalid: str) -> None:
    assert check_postcode(invalid).level == "impossible"


def test_phones_and_emails_are_accepted_in_common_forms() -> None:
    for phone in ("0116 496 0101", "+44 (0)116 496-0101", "07700900104"):
        assert check_phone(phone).level == "ok", phone
    for phone in ("0116", "0116 496 0101 ext 2", "1" * 16):
        assert check_phone(phone).level == "impossible", phone
    for email in ("senco@osierbeck.example", " o'hara+sen@a.b-c.example "):
        assert check_email(email).level == "ok", email
    for email in ("senco", "a@b", "a b@c.example", "a@b..example", f"{'a' * 250}@b.example"):
        assert check_email(email).level == "impossible", email


def test_person_has_errors_for_impossible_and_warnings_for_unusual_values() -> None:
    assert check_person(person(), TODAY) == ([], [])
    invalid = check_person(
        person(upn="Q207000016049", postcode="LE0 1CA", born="2026-09-30", looked_after=True), TODAY
    )
    assert {error.pointer for error in invalid.errors} == {
        "/upn",
        "/postcode",
        "/born",
        "/looked_after_by",
        "/social_worker",
    }
    wilf = person(born="2001-09-30", upn="P85600002201A")
    assert [warning.pointer for warning in check_person(wilf, TODAY).warnings] == ["/upn"]
    older = check_person(wilf, date(2026, 9, 30))
    assert ([w.pointer for w in older.warnings], older.errors) == (["/upn", "/born"], [])


@pytest.mark.parametrize(
    ("year_group", "is_right"),
    [
        *(("4", True), ("Year 4", True), ("y4", True), ("Phoenix class", True), ("", True)),
        *(("3", False), ("Reception", False), ("yr 12", False)),
    ],
)
def test_year_group_is_compared_with_the_date_of_birth(year_group: str, is_right: bool) -> None:
    warnings = check_person(person(born="2018-03-14", year_group=year_group), TODAY).warnings
    assert [warning.pointer for warning in warnings] == ([] if is_right else ["/year_group"])


def test_other_role_must_be_named() -> None:
    work = WorkDetailsIn(
        role=ProfessionalRole.OTHER,
        role_other=" ",
        organisation="A",
        address="B",
        postcode="LE1 1FZ",
        work_phone="0116 496 0101",
    )
    assert [error.pointer for error in check_work(work).errors] == ["/role_other"]
    assert not check_work(work.model_copy(update={"role_other": "Art therapist"})).errors


def test_other_role_contradicts_a_listed_one() -> None:
    work = WorkDetailsIn(
        role=ProfessionalRole.SENCO,
        role_other="Art therapist",
        organisation="A",
        address="B",
        postcode="LE1 1FZ",
        work_phone="0116 496 0101",
    )
    [error] = check_work(work).errors
    assert error.pointer == "/role_other"
    assert error.message.startswith("You chose SEN Co-ordinator. Choose Other")
    assert not check_work(work.model_copy(update={"role_other": " "})).errors


def test_file_is_checked_by_name_and_size_before_upload() -> None:
    assert upload_error("Report.PDF", MAX_BYTES) is None
    assert "10 MB or smaller" in (upload_error("a.pdf", MAX_BYTES + 1) or "")
    assert "is empty" in (upload_error("a.pdf", 0) or "")
    for name in ("a.pdf.exe", "pdf", "a.docm", "a.pdf "):
        assert f"{name} must be a .doc" in (upload_error(name, 5) or ""), name


@given(st.integers(0, MAX_BYTES * 2))
def test_size_is_displayed_accurately(size: int) -> None:
    number, unit = human_size(size).split()
    factor, tolerance = {"bytes": (1, 0.0), "KB": (1024, 0.5), "MB": (1024 * 1024, 0.051)}[unit]
    assert abs(float(number) * factor - size) <= tolerance * factor
