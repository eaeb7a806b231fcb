"""Identifiers against numbers worked out by their published rules, and slips of the finger."""

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


def person(**changed: object) -> PersonIn:
    given_ = {
        "first_name": "Wilf",
        "last_name": "Tansley",
        "born": "2012-06-08",
        "school": "none",
        "gender": Gender.MALE,
        "address": "1 Hobbin Mews",
        "postcode": "LE0 9TU",
    }
    return PersonIn.model_validate(given_ | changed)


@given(st.sampled_from(UPNS), st.integers(1, 12), st.integers(1, 9))
def test_a_wrong_digit_of_a_upn_is_found(upn: str, place: int, by: int) -> None:
    assert check_upn(f" {upn[:4]} {upn[4:].lower()} ").level == "ok"
    digit = (int(upn[place]) + by) % 10
    verdict = check_upn(upn[:place] + str(digit) + upn[place + 1 :])
    assert verdict.level == "impossible"
    assert "letter would be" in verdict.message


def test_a_temporary_upn_is_only_unusual_and_a_wrong_letter_is_named() -> None:
    assert check_upn("P85600002201A").level == "unusual"
    assert check_upn("Q207000016049").level == "impossible"
    assert "letter would be Q" in check_upn("Z856000022001").message
    assert "13 characters" in check_upn("I856000022001").message


@given(st.sampled_from(NHS_NUMBERS), st.integers(0, 9), st.integers(1, 9))
def test_a_wrong_or_swapped_digit_of_an_nhs_number_is_found(nhs: str, place: int, by: int) -> None:
    assert check_nhs_number(f"{nhs[:3]} {nhs[3:6]}-{nhs[6:]}").level == "ok"
    wrong = nhs[:place] + str((int(nhs[place]) + by) % 10) + nhs[place + 1 :]
    swapped = nhs[: place - 1] + nhs[place] + nhs[place - 1] + nhs[place + 1 :]
    assert check_nhs_number(wrong).level == "impossible"
    assert place == 0 or swapped == nhs or check_nhs_number(swapped).level == "impossible"


@pytest.mark.parametrize("last", range(10))
def test_a_body_whose_check_would_be_ten_has_no_number(last: int) -> None:
    assert check_nhs_number(f"999100114{last}").level == "impossible"


@given(st.sampled_from(POSTCODES), st.lists(st.integers(0, 7), max_size=3))
def test_a_postcode_is_known_in_any_spacing_and_case(postcode: str, spaces: list[int]) -> None:
    typed = postcode.replace(" ", "").lower()
    for place in spaces:
        typed = typed[:place] + " " + typed[place:]
    assert check_postcode(typed).level == "ok"
    assert normalise_postcode(typed) == postcode


@pytest.mark.parametrize("wrong", ["LE0 1CA", "LE1", "LE11 11FZ", "L 1FZ", "1LE 1FZ", "LE1 FZ1"])
def test_what_no_postcode_looks_like_is_impossible(wrong: str) -> None:
    assert check_postcode(wrong).level == "impossible"


def test_phones_and_emails_are_taken_in_the_ways_people_write_them() -> None:
    for phone in ("0116 496 0101", "+44 (0)116 496-0101", "07700900104"):
        assert check_phone(phone).level == "ok", phone
    for phone in ("0116", "0116 496 0101 ext 2", "1" * 16):
        assert check_phone(phone).level == "impossible", phone
    for email in ("senco@osierbeck.example", " o'hara+sen@a.b-c.example "):
        assert check_email(email).level == "ok", email
    for email in ("senco", "a@b", "a b@c.example", "a@b..example", f"{'a' * 250}@b.example"):
        assert check_email(email).level == "impossible", email


def test_a_person_is_refused_for_the_impossible_and_told_of_the_unusual() -> None:
    assert check_person(person(), TODAY) == ([], [])
    wrong = check_person(
        person(upn="Q207000016049", postcode="LE0 1CA", born="2026-09-30", looked_after=True), TODAY
    )
    assert {error.pointer for error in wrong.errors} == {
        "/upn",
        "/postcode",
        "/born",
        "/looked_after_by",
        "/social_worker",
    }
    wilf = person(born="2001-09-30", upn="P85600002201A")
    assert [found.pointer for found in check_person(wilf, TODAY).warnings] == ["/upn"]
    older = check_person(wilf, date(2026, 9, 30))
    assert ([w.pointer for w in older.warnings], older.errors) == (["/upn", "/born"], [])


def test_another_role_must_be_named() -> None:
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


def test_a_file_is_judged_by_name_and_size_before_it_is_sent() -> None:
    assert upload_error("Report.PDF", MAX_BYTES) is None
    assert "10 MB or smaller" in (upload_error("a.pdf", MAX_BYTES + 1) or "")
    assert "is empty" in (upload_error("a.pdf", 0) or "")
    for name in ("a.pdf.exe", "pdf", "a.docm", "a.pdf "):
        assert f"{name} must be a .doc" in (upload_error(name, 5) or ""), name


@given(st.integers(0, MAX_BYTES * 2))
def test_a_size_is_written_close_to_what_it_is(size: int) -> None:
    number, unit = human_size(size).split()
    factor, off = {"bytes": (1, 0.0), "KB": (1024, 0.5), "MB": (1024 * 1024, 0.051)}[unit]
    assert abs(float(number) * factor - size) <= off * factor
