"""Validation of the details of people and accounts."""

import re
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from pydantic import BaseModel

from shared.accounts import ROLE_LABELS, AboutYou, ProfessionalRole, WorkDetailsIn
from shared.cases.clock import year_group_on
from shared.people import Parent, PersonIn
from shared.problems import FieldError
from shared.values.days import age_on
from shared.values.identifiers import (
    Verdict,
    check_email,
    check_line,
    check_name,
    check_nhs_number,
    check_phone,
    check_postcode,
    check_upn,
)

AGE_LIMIT = 25
BORN_FROM = date(1900, 1, 1)
YEAR_GROUP = re.compile(r"(?:y|yr|year)?\s*(\d{1,2})")
NAMES = frozenset(
    {"first_name", "last_name", "preferred_name", "parent_name", "social_worker", "name"}
)
"""The details that are names of people."""
BLANK = Verdict("impossible", "Write something here.")


class CheckResult(NamedTuple):
    """Errors for impossible values, and warnings for unusual ones."""

    errors: list[FieldError]
    warnings: list[FieldError]


def check_person(person: PersonIn, today: date) -> CheckResult:
    """Check a child or young person; the right to an assessment ends at 25 (CFA 2014, s.36)."""
    verdicts = [
        ("upn", check_upn(person.upn)),
        ("nhs_number", check_nhs_number(person.nhs_number)),
        ("postcode", check_postcode(person.postcode)),
        ("parent_email", check_email(person.parent_email)),
        ("parent_phone", check_phone(person.parent_phone)),
        ("born", _check_born(person.born, today)),
        ("year_group", _check_year_group(person, today)),
    ]
    if person.looked_after:
        verdicts += [
            ("looked_after_by", _check_required(person.looked_after_by, "Enter the authority.")),
            (
                "social_worker",
                _check_required(person.social_worker, "Enter the social worker's name."),
            ),
        ]
    return _check_result([*_check_lines(person), *verdicts])


def check_parent(parent: Parent) -> CheckResult:
    """Check a parent or carer."""
    verdicts = [
        ("name", _check_required(parent.name, "Enter the name.")),
        ("postcode", check_postcode(parent.postcode)),
        ("phone", check_phone(parent.phone)),
        ("email", check_email(parent.email)),
    ]
    return _check_result([*verdicts, *_check_lines(parent)])


def check_work(work: WorkDetailsIn) -> CheckResult:
    """Check work details."""
    verdicts = [
        ("postcode", check_postcode(work.postcode)),
        ("work_phone", check_phone(work.work_phone)),
        ("mobile", check_phone(work.mobile)),
    ]
    verdicts.append(("role_other", _check_other_role(work)))
    return _check_result([*_check_lines(work), *verdicts])


def check_about(about: AboutYou) -> CheckResult:
    """Check the personal details of a professional."""
    return _check_result([*_check_lines(about), ("phone", check_phone(about.phone))])


def _check_lines(details: BaseModel) -> list[tuple[str, Verdict]]:
    """Check that each text is a line, a name has letters, and required texts are not blank."""
    texts = [(name, value) for name, value in details if type(value) is str]
    fields = type(details).model_fields
    return [
        (name, BLANK if text.isspace() and fields[name].is_required() else _check_text(name, text))
        for name, text in texts
    ]


def _check_text(name: str, text: str) -> Verdict:
    return check_name(text) if name in NAMES else check_line(text)


def _check_born(born: date, today: date) -> Verdict:
    if born > today:
        return Verdict("impossible", "The date of birth must be in the past.")
    if born < BORN_FROM:
        return Verdict("impossible", f"The year of birth must be {BORN_FROM.year} or later.")
    if age_on(born, today) >= AGE_LIMIT:
        return Verdict(
            "unusual", "This person is 25 or older: a request for an assessment can't be started."
        )
    return Verdict("ok")


def _check_year_group(person: PersonIn, today: date) -> Verdict:
    """Compare a year group with the date of birth; some children are taught out of year."""
    text = person.year_group.strip().casefold()
    match = YEAR_GROUP.fullmatch(text)
    stated = 0 if text == "reception" else int(match[1]) if match else None
    usual = year_group_on(person.born, today)
    if stated is None or stated == usual:
        return Verdict("ok")
    name = "before Reception" if usual < 0 else f"year {usual}" if usual else "Reception"
    message = f"By the date of birth it would be {name}. Check both, unless taught out of year."
    return Verdict("unusual", message)


def _check_other_role(work: WorkDetailsIn) -> Verdict:
    if work.role is ProfessionalRole.OTHER:
        return _check_required(work.role_other, "Enter your professional role.")
    if work.role_other.strip():
        return Verdict(
            "impossible",
            f"You chose {ROLE_LABELS[work.role]}. Choose Other to give a role that is not "
            "listed, or leave this empty.",
        )
    return Verdict("ok")


def _check_required(text: str, message: str) -> Verdict:
    return Verdict("ok") if text.strip() else Verdict("impossible", message)


def _check_result(verdicts: Iterable[tuple[str, Verdict]]) -> CheckResult:
    """Sort verdicts into errors, at most one per field, and warnings."""
    result, fields_with_errors = CheckResult([], []), set[str]()
    for name, verdict in verdicts:
        if name in fields_with_errors:
            continue
        error = FieldError(pointer=f"/{name}", code=verdict.level, message=verdict.message)
        if verdict.level == "impossible":
            fields_with_errors.add(name)
            result.errors.append(error)
        elif verdict.level == "unusual":
            result.warnings.append(error)
    return result
