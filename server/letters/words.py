"""The words in braces of templates, and what each stands for in a letter."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from dateutil.relativedelta import relativedelta

from server.cases.texts import name_rights_holder
from server.core.settings import Settings
from server.people.tables import Person
from shared.cases.clock import (
    Periods,
    appeal_until,
    decide_by,
    final_plan_by,
    no_plan_by,
    representations_until,
)
from shared.letters import Missing, MissingFrom
from shared.values.days import format_day
from shared.values.rights import has_rights

_SETTINGS = {
    "mediation_adviser": "The name of the mediation adviser",
    "mediation_contact": "How to reach the mediation adviser",
    "disagreement_resolution": "Who resolves disagreements",
    "disagreement_contact": "How to reach who resolves disagreements",
    "information_service": "The name of the information and advice service",
    "information_contact": "How to reach the information and advice service",
    "tribunal": "The Tribunal's address",
    "appeal_form": "The form of an appeal",
    "schools": "Where a list of schools is",
}
"""Words that are settings of letters, each with what it is."""
_DAYS = (
    "decided_on",
    "decide_by",
    "appeal_until",
    "adviser_until",
    "views_until",
    "reassessed_by",
    "ordered_no_plan_by",
    "ordered_final_by",
    "meeting_on",
    "no_plan_by",
    "final_by",
)
_OTHERS = (
    "child",
    "childs",
    "council",
    "contact",
    "send_to",
    "request",
    "family",
    "appeal_months",
    "certificate_months",
    "mediation_days",
    "amended_weeks",
)
_ASSESSMENT = {
    "assessing": "assessing",
    "assessing_law": "Children and Families Act 2014, section 36",
}
_REASSESSMENT = {
    "assessing": "reassessing",
    "assessing_law": "Children and Families Act 2014, section 44; Special Educational Needs and "
    "Disability Regulations 2014, regulation 26",
}
_ADDRESSEE = ("setting", "kind_of_advice", "reply_by", "reference", *_ASSESSMENT)
WORDS = frozenset({*_SETTINGS, *_DAYS, *_OTHERS, *_ADDRESSEE})
"""Every word that a template may use, besides its own fields."""


class Addressee(NamedTuple):
    """Who is asked by a letter: a setting that is consulted, or somebody asked for advice.

    The id is that of the consultation or of the request for advice; the address is by line.
    """

    about: Literal["consultation", "advice"]
    id: UUID
    name: str
    address: str
    reference: str
    asked_on: date
    reply_by: date
    kind_of_advice: str = ""
    is_reassessment: bool = False
    is_awaited: bool = True
    is_health: bool = False
    """Whether it is a health service, which finds the child by more than name and birth date."""


class Facts(NamedTuple):
    """What a letter is about; `decided_on` and `reply_by` are None until that day is known.

    `by_family` if an officer entered the family's request, with which the case began; `meeting_on`
    is the day that the event sets.
    """

    person: Person
    received_on: date
    decided_on: date | None
    today: date
    addressee: Addressee | None = None
    reply_by: date | None = None
    by_family: bool = False
    to_setting: bool = False
    meeting_on: date | None = None


def to_young_person(facts: Facts) -> bool:
    """Whether the letter is to the young person, and not to the parent or to who is asked."""
    is_to_family = facts.addressee is None and not facts.to_setting
    return is_to_family and has_rights(facts.person.born, facts.today)


def identify_child(person: Person, addressee: Addressee | None) -> str:
    """Return who a letter is about; a health service gets the NHS number and the address too."""
    parts = [person.name, f"born {format_day(person.born)}"]
    if addressee and addressee.is_health:
        number = person.nhs_number
        parts += [f"NHS number {number[:3]} {number[3:6]} {number[6:]}"] if number else []
        parts += [*person.address.split(","), person.postcode]
    return ", ".join(part.strip() for part in parts if part.strip())


def fill_words(facts: Facts, settings: Settings) -> dict[str, str]:
    """Return the text of each word; '' if it is not known."""
    letters, periods = settings.letters, settings.periods
    values = {name: str(getattr(letters, name)).strip() for name in _SETTINGS}
    values |= dict.fromkeys((*_DAYS, *_ADDRESSEE), "")
    values |= {name: long_day(day) for name, day in days_of(facts, periods).items()}
    if facts.addressee:
        asked = facts.addressee
        values |= {"setting": asked.name, "reference": asked.reference}
        values["kind_of_advice"] = asked.kind_of_advice
        values |= _REASSESSMENT if asked.is_reassessment else _ASSESSMENT
    if facts.reply_by:
        values["reply_by"] = long_day(facts.reply_by)
    is_own_request = facts.by_family and not to_young_person(facts)  # their parent may have made it
    family = name_rights_holder("the family", facts.person.born, facts.today)
    return {
        **values,
        **contact_words(settings),
        "child": facts.person.name,
        "childs": "your" if to_young_person(facts) else f"{facts.person.name}’s",
        "council": settings.council,
        "request": "your request" if is_own_request else "a request",
        "family": family,
        "appeal_months": _months(periods.appeal_months),
        "certificate_months": _months(periods.appeal_months_after_certificate),
        "mediation_days": str(periods.mediation),
        "amended_weeks": str(periods.amended_final_after_notice // 7),
    }


def contact_words(settings: Settings) -> dict[str, str]:
    """Return the text of the words for how to reach the authority."""
    letters = settings.letters
    email, post = letters.email or settings.contact_email, letters.address.strip()
    return {
        "contact": " or ".join(filter(None, (email, letters.phone))),
        "send_to": ", or by post to ".join(filter(None, (email, post))),
    }


def days_of(facts: Facts, periods: Periods) -> dict[str, date]:
    """Return the day of each word for a day, or nothing until it is known what they run from."""
    on, received_on = facts.decided_on, facts.received_on
    if on is None:
        return {}
    return {
        "decided_on": on,
        "decide_by": decide_by(received_on, periods),
        "appeal_until": appeal_until(on, periods=periods),
        "adviser_until": on + relativedelta(months=periods.appeal_months),
        "views_until": representations_until(on, periods),
        "reassessed_by": on + timedelta(days=periods.reassessment),
        "ordered_no_plan_by": on + timedelta(days=periods.ordered_no_plan),
        "ordered_final_by": on + timedelta(days=periods.ordered_final_after_assessment),
        **({"meeting_on": facts.meeting_on} if facts.meeting_on else {}),
        "no_plan_by": no_plan_by(received_on, periods),
        "final_by": final_plan_by(received_on, periods),
    }


def long_day(day: date) -> str:
    """Format a date as in a letter: 3 March 2026."""
    return f"{day.day} {day:%B %Y}"


def _months(number: int) -> str:
    return "1 month" if number == 1 else f"{number} months"


def missing_words(names: set[str], values: Mapping[str, str]) -> list[Missing]:
    """List the settings that a letter uses and that are empty."""
    return [
        missing_setting(label, name)
        for name, label in _SETTINGS.items()
        if name in names and not values[name]
    ]


def missing_setting(label: str, name: str) -> Missing:
    """Say which setting is empty, and who can set it."""
    text = f"{label} is not set. Whoever runs the server sets {name} in [letters]."
    return Missing(where=MissingFrom.SETTINGS, text=text)
