"""What would fail in the SEN2 return: in which case, what, and where to put it right."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from dateutil.relativedelta import relativedelta

from server.placements.sen2.specification import Element, Module, specification
from server.placements.sen2.values import CaseValues, ChildValues, Values
from shared.values.identifiers import check_line, check_postcode, check_upn

CHILD = "the child's details"
DETAILS = "SEN2 details"
HISTORY = "History of the case"
PLACEMENT = "Settings and placement"
MATCHING = "Match the new child"
SETTINGS = "the server's settings: PORTAL_SEN2"
UNDER_AGE = "UN1"
"""The reason for no UPN of children who are under 6."""
MAX_AGE = 26
"""A plan may go on to the end of the year in which the young person turns 25 (Reg. 46)."""


class Problem(NamedTuple):
    """Something that would fail, in a case; `case` is None for the file's header."""

    case: UUID | None
    reference: str
    what: str
    where: str


class _Finding(NamedTuple):
    what: str
    where: str


def check_header(header: Values) -> list[Problem]:
    """Return what is wrong with the header."""
    findings = _check_module(specification().header, header, SETTINGS)
    return [Problem(None, "header", finding.what, SETTINGS) for finding in findings]


def check_children(children: Sequence[ChildValues], la: str, census: date) -> list[Problem]:
    """Return what would fail of children, in their order."""
    repeated = {
        name: {value for value, count in Counter(_values(children, name)).items() if count > 1}
        for name in ("upn", "uln")
    }
    problems = []
    for child in children:
        newest = child.cases[-1]
        findings = [*_check_person(child, repeated, census), *_check_plans(child.cases)]
        problems += [_problem(newest, finding) for finding in findings]
        for case in child.cases:
            problems += [_problem(case, finding) for finding in _check_case(case, la)]
    return problems


def _values(children: Iterable[ChildValues], name: str) -> list[str]:
    return [child.person[name] for child in children if child.person[name]]


def _problem(case: CaseValues, finding: _Finding) -> Problem:
    return Problem(case.record.case.id, case.record.reference, *finding)


def _is_uln(text: str) -> bool:
    """Whether a text is a unique learner number: its check digit (weights 10 to 2) fits."""
    if not re.fullmatch(r"[1-9]\d{9}", text):
        return False
    remainder = sum(int(d) * w for d, w in zip(text, range(10, 1, -1), strict=False)) % 11
    return remainder != 0 and 10 - remainder == int(text[9])


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


IS_KIND: dict[str, Callable[[str], object]] = {
    "text": lambda text: not check_line(text).message,
    "date": _is_day,
    "count": re.compile(r"[1-9]").fullmatch,
    "la": re.compile(r"\d{3}").fullmatch,
    "upn": lambda text: check_upn(text).level != "impossible",
    "uln": _is_uln,
    "urn": re.compile(r"\d{6}").fullmatch,
    "ukprn": re.compile(r"1\d{7}").fullmatch,
}
"""Whether a text is a value of each kind of element."""


def label_of(name: str, element: Element) -> str:
    """Return what an element is called on the screens, else its name in the file."""
    answer = specification().answers.get(name)
    return answer.label if answer else element.element


def _check_module(module: Module, values: Values, where: str) -> Iterator[_Finding]:
    spec = specification()
    for name, element in module.fields.items():
        value, label = values.get(name, ""), label_of(name, element)
        place = DETAILS if name in spec.answers else where
        if not value:
            if element.required:
                yield _Finding(f"{label} is missing", place)
        elif element.codes and value not in spec.codes[element.codes]:
            yield _Finding(f"{label}: {value} is not a code of the return", place)
        elif not element.codes and not IS_KIND[element.kind](value):
            # Without the value: the check prints no identifiers of children.
            yield _Finding(f"{label} can't be right", place)


def _check_person(
    child: ChildValues, repeated: dict[str, set[str]], census: date
) -> Iterator[_Finding]:
    spec, values, person = specification(), child.person, child.cases[-1].record.person
    yield from _check_module(spec.person, values, CHILD)
    if values["postcode"] and check_postcode(values["postcode"]).message:
        yield _Finding("postcode can't be right", CHILD)
    if not values["upn"] and not values["upn_unknown"]:
        yield _Finding("There is neither a UPN nor why there is none", DETAILS)
    if values["upn"] and values["upn_unknown"]:
        yield _Finding("There is a UPN, and also why there is none", DETAILS)
    if values["upn_unknown"] == UNDER_AGE and person.born + relativedelta(years=6) <= census:
        yield _Finding("Why there is no UPN: the child is not under 6", DETAILS)
    for name, label in (("upn", "UPN"), ("uln", "Unique learner number")):
        if values[name] in repeated[name]:
            yield _Finding(f"{label}: another child has the same", DETAILS)
    if person.known_at is None:
        yield _Finding("The child is not matched: it may be in the return twice", MATCHING)
    received = child.cases[0].request["received"]
    if received and person.born > date.fromisoformat(received):
        yield _Finding("The child was born after the request was received", CHILD)
    if child.cases[-1].active_plan and person.born + relativedelta(years=MAX_AGE) <= census:
        yield _Finding(f"A plan is in force at the age of {MAX_AGE} or more", HISTORY)


def _check_plans(cases: Sequence[CaseValues]) -> Iterator[_Finding]:
    if sum(case.active_plan is not None for case in cases) > 1:
        yield _Finding("Two plans of the child are in force", HISTORY)


def _check_case(case: CaseValues, la: str) -> Iterator[_Finding]:
    spec = specification()
    yield from _check_module(spec.request, case.request, HISTORY)
    for module, values in (
        (spec.assessment, case.assessment),
        (spec.plan, case.plan),
        (spec.active_plan, case.active_plan),
    ):
        if values is not None:
            yield from _check_module(module, values, HISTORY)
    yield from _check_days(case)
    if case.plan and case.plan["ceased"] and not case.plan["cease_reason"]:
        yield _Finding(f"{spec.answers['cease_reason'].label} is missing", DETAILS)
    if case.plan is not None:
        for row in case.plan_details:
            yield from _check_setting(row)
    if case.active_plan is not None:
        yield from _check_needs(case)
        yield from _check_placements(case)
        if la and case.active_plan["transferred_from"] == la:
            label = spec.answers["transferred_from"].label
            yield _Finding(f"{label}: {la} is this authority", DETAILS)


def _check_days(case: CaseValues) -> Iterator[_Finding]:
    """Check that the days are in order; days of outcomes before the period are left out."""
    assessment, plan = case.assessment or {}, case.plan or {}
    days = [
        ("the request", case.request["received"]),
        ("the decision to assess", case.request["decided"]),
        ("the end of the assessment", assessment.get("decided", "")),
        ("the end of the plan", plan.get("ceased", "")),
    ]
    for (before, first), (after, second) in pairwise([day for day in days if day[1]]):
        if second < first:
            yield _Finding(f"The day of {after} is before the day of {before}", HISTORY)
    if plan and plan["started"] < case.request["received"]:
        yield _Finding("The plan starts before the request was received", HISTORY)


def _check_setting(row: Values) -> Iterator[_Finding]:
    spec = specification()
    yield from _check_module(spec.plan_detail, row, PLACEMENT)
    if not (row["urn"] or row["ukprn"] or row["setting"]):
        yield _Finding("A placement has no URN, UKPRN or code of its setting", PLACEMENT)
    if row["setting"] == spec.other_setting and not row["other"]:
        yield _Finding("Another setting is not named", PLACEMENT)
    if row["sen_unit"] == row["resourced"] == "1":
        yield _Finding("A placement is in a SEN unit and in resourced provision", PLACEMENT)


def _check_placements(case: CaseValues) -> Iterator[_Finding]:
    current = [row["rank"] for row in case.placements if not row["left"]]
    if not current:
        yield _Finding("No placement is current", PLACEMENT)
    elif "1" not in current:
        yield _Finding("No placement has rank 1", PLACEMENT)
    if len(set(current)) < len(current):
        yield _Finding("Two placements have the same rank", PLACEMENT)
    for row in case.placements:
        if row["left"] and row["left"] < row["entered"]:
            yield _Finding("A placement ends before it starts", PLACEMENT)
        if row["entered"] < case.record.person.born.isoformat():
            yield _Finding("A placement starts before the child was born", PLACEMENT)


def _check_needs(case: CaseValues) -> Iterator[_Finding]:
    spec = specification()
    codes = {row["rank"]: row["code"] for row in case.needs}
    for row in case.needs:
        if row["code"] not in spec.codes["need"]:
            label = spec.answers[f"need_{row['rank']}"].label
            yield _Finding(f"{label}: {row['code']} is not a code of the return", DETAILS)
    if "1" not in codes:
        yield _Finding(f"{spec.answers['need_1'].label} is missing", DETAILS)
    elif codes["1"] == codes.get("2"):
        yield _Finding("The first and the second need are the same", DETAILS)
