"""Validation of details of people and accounts."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from shared.accounts import AboutYou, ProfessionalRole, WorkDetailsIn
from shared.people import PersonIn
from shared.problems import FieldError
from shared.values.days import age_on
from shared.values.identifiers import (
    Verdict,
    check_email,
    check_nhs_number,
    check_phone,
    check_postcode,
    check_upn,
)

AGE_LIMIT = 25


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
    ]
    if person.looked_after:
        verdicts += [
            ("looked_after_by", _required(person.looked_after_by, "Enter the authority.")),
            ("social_worker", _required(person.social_worker, "Enter the social worker's name.")),
        ]
    return _check_result(verdicts)


def check_work(work: WorkDetailsIn) -> CheckResult:
    """Check work details."""
    verdicts = [
        ("postcode", check_postcode(work.postcode)),
        ("work_phone", check_phone(work.work_phone)),
        ("mobile", check_phone(work.mobile)),
    ]
    if work.role is ProfessionalRole.OTHER:
        verdicts.append(("role_other", _required(work.role_other, "Enter your professional role.")))
    return _check_result(verdicts)


def check_about(about: AboutYou) -> CheckResult:
    """Check the personal details of a professional."""
    return _check_result([("phone", check_phone(about.phone))])


def _check_born(born: date, today: date) -> Verdict:
    if born > today:
        return Verdict("impossible", "The date of birth must be in the past.")
    if age_on(born, today) >= AGE_LIMIT:
        return Verdict(
            "unusual", "This person is 25 or older: a request for an assessment can't be started."
        )
    return Verdict("ok")


def _required(text: str, message: str) -> Verdict:
    return Verdict("ok") if text.strip() else Verdict("impossible", message)


def _check_result(verdicts: Iterable[tuple[str, Verdict]]) -> CheckResult:
    result = CheckResult([], [])
    for name, verdict in verdicts:
        error = FieldError(pointer=f"/{name}", code=verdict.level, message=verdict.message)
        if verdict.level == "impossible":
            result.errors.append(error)
        elif verdict.level == "unusual":
            result.warnings.append(error)
    return result
