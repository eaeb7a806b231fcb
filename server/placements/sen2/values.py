"""The values of the SEN2 return: for each child its modules, by the fields of `sen2.yaml`."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from server.placements.sen2.records import Record, period_start
from server.placements.sen2.specification import Specification, specification
from server.placements.tables import Placement
from shared.values.days import InvalidDate, parse_day

Values = dict[str, str]
"""The values of one module by field; '' for none."""


@dataclass
class CaseValues:
    """The modules of one case."""

    record: Record
    request: Values
    assessment: Values | None = None
    plan: Values | None = None
    plan_details: list[Values] = field(default_factory=list)
    active_plan: Values | None = None
    placements: list[Values] = field(default_factory=list)
    needs: list[Values] = field(default_factory=list)


@dataclass
class ChildValues:
    """The modules of one child."""

    person: Values
    cases: list[CaseValues]


def build_children(records: Iterable[Record], census: date) -> list[ChildValues]:
    """Build the values of each child from its cases, which follow each other."""
    return [
        _build_child(list(cases), census)
        for _, cases in groupby(records, key=lambda record: record.person.id)
    ]


def _build_child(records: list[Record], census: date) -> ChildValues:
    newest, person = records[-1], records[-1].person
    upn = newest.answer("upn")
    return ChildValues(
        person={
            "last_name": person.last_name,
            "first_name": person.first_name,
            "born": _day(person.born),
            "sex": newest.answer("sex"),
            "ethnicity": newest.answer("ethnicity"),
            "postcode": person.postcode,
            "upn": upn,
            "uln": newest.answer("uln"),
            "upn_unknown": newest.answer("upn_unknown"),
        },
        cases=[build_case(record, census) for record in records],
    )


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _entered_day(text: str) -> str:
    """Return a date that an officer typed; what is none stays as typed, for the check."""
    try:
        return parse_day(text).isoformat() if text else ""
    except InvalidDate:
        return text


def _flag(value: object) -> str:
    return "1" if value else "0"


def build_case(record: Record, census: date) -> CaseValues:
    """Build the modules of a case: those that it has reached by the census day."""
    spec, journey = specification(), record.journey
    since = period_start(census)
    outcome = journey.request
    is_historical = outcome is not None and outcome.on < since
    code = outcome.code if outcome else spec.awaiting
    values = CaseValues(
        record,
        request={
            "received": _day(journey.received),
            "source": record.answer("source"),
            "youth_accommodation": record.answer("youth_accommodation") or "0",
            "decided": _day(outcome.on) if outcome and not is_historical else "",
            "outcome": spec.historical if is_historical else code,
            "mediation": _flag("request_mediation" in journey.disputes),
            "tribunal": _flag("request_tribunal" in journey.disputes),
            "exported": _flag(journey.exported),
        },
    )
    if code != spec.events["decided_to_assess"].request and journey.plan_started is None:
        return values
    values.assessment = _assessment(record, spec, since)
    if journey.plan_started is not None:
        values.plan = _plan(record)
        values.plan_details = [_setting(row, spec) for row in record.placements]
    if journey.has_active_plan:
        values.active_plan = _active_plan(record)
        begun = (row for row in record.placements if row.starts_on <= census)
        values.placements = [_placement(record, row, spec, census) for row in begun]
        values.needs = [
            {"code": code, "rank": str(rank)}
            for rank, code in enumerate((record.answer("need_1"), record.answer("need_2")), 1)
            if code
        ]
    return values


def _assessment(record: Record, spec: Specification, since: date) -> Values:
    journey = record.journey
    outcome = journey.assessment
    is_historical = outcome is not None and outcome.on < since
    code = outcome.code if outcome else spec.awaiting
    return {
        "outcome": spec.historical if is_historical else code,
        "decided": _day(outcome.on) if outcome and not is_historical else "",
        "mediation": _flag("assessment_mediation" in journey.disputes),
        "tribunal": _flag("assessment_tribunal" in journey.disputes),
        "other_mediation": _flag("other_mediation" in journey.disputes),
        "other_tribunal": _flag("other_tribunal" in journey.disputes),
        "excepted": _flag(record.excepted),
    }


def _plan(record: Record) -> Values:
    journey = record.journey
    weeks = max((row.residential_weeks for row in record.placements), default=0)
    return {
        "started": _day(journey.plan_started),
        "residence": _residence(weeks),
        **{
            name: record.answer(name) or "0"
            for name in ("work_based", "personal_budget", "arrangements", "direct_payment")
        },
        "ceased": _day(journey.plan_ended),
        "cease_reason": record.answer("cease_reason") if journey.plan_ended else "",
    }


def _residence(weeks: int) -> str:
    """Return the code of the most weeks a year that a placement reaches, or ''."""
    least = specification().residence_weeks
    reached = [(start, code) for code, start in least.items() if weeks >= start]
    return max(reached)[1] if reached else ""


def _setting(row: Placement, spec: Specification) -> Values:
    has_number = bool(row.urn or row.ukprn)
    return {
        "urn": row.urn,
        "ukprn": row.ukprn,
        "setting": "" if has_number else row.setting,
        "other": row.name if row.setting == spec.other_setting and not has_number else "",
        "rank": str(row.rank),
        "sen_unit": _flag(row.sen_unit),
        "resourced": _flag(row.resourced),
    }


def _active_plan(record: Record) -> Values:
    journey = record.journey
    return {
        "transferred_from": record.answer("transferred_from"),
        "meeting": _day(journey.meeting),
        "review_outcome": journey.review.code if journey.review else "",
        "draft": _day(journey.draft),
        "phase_due": _entered_day(record.answer("phase_due")),
        "phase_final": _entered_day(record.answer("phase_final")),
        "last_review": _day(journey.last_review),
    }


def _placement(record: Record, row: Placement, spec: Specification, census: date) -> Values:
    has_left = row.ends_on is not None and row.ends_on <= census
    return _setting(row, spec) | {
        "entered": _day(row.starts_on),
        "left": _day(row.ends_on) if has_left else "",
        "residence": _residence(row.residential_weeks),
        "work_based": record.answer("work_based") or "0",
    }
