"""The SEN2 return of a made-up year: a valid file, and every planted error is found."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from lxml import etree
from sqlmodel import select

from server.cases.tables import Case, CaseEvent, Exemption
from server.cli import main
from server.core.audit import AuditShown
from server.core.database import Services
from server.placements.sen2.file import build_file, schema
from server.placements.sen2.values import ChildValues, Values
from tests.parts import Someone
from tests.server.placements.year import (
    CENSUS,
    ENDED_PLAN,
    JOURNEYS,
    NOW,
    OPEN_REQUEST,
    PLANNED,
    REVIEWED,
    Child,
    insert_children,
    make_child,
    make_placement,
    uln,
    upn,
)
from tests.server.steps import audit_of, rows

CHILDREN = 500
HEADER = '{"la": "856", "dmo": "Dr Ada Marsh", "dco": "Bo Reed", "dsco": "Cy Fenn"}'
MODULES = ("plandetail", "placementdetail")
COMMANDS = pytest.mark.usefixtures("command")


@pytest.fixture(autouse=True)
def header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_SEN2", HEADER)


def check() -> int:
    """Run the check and return its exit code."""
    try:
        return main(["sen2", "check", "--census", CENSUS.isoformat()])
    except SystemExit as exit:
        assert isinstance(exit.code, int)
        return exit.code


def export(file: Path) -> int:
    return main(["sen2", "export", "--census", CENSUS.isoformat(), str(file)])


def shown_in(services: Services, action: str) -> set[UUID]:
    """Return the children of the one entry of an action in the audit log."""
    [entry] = [entry for entry in audit_of(services) if entry.action == action]
    return {row.shown_id for row in rows(services, AuditShown) if row.event_id == entry.id}


@COMMANDS
def test_file_of_500_children_is_valid_and_audited(
    officer: Someone, services: Services, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    children = [make_child(number, officer.id) for number in range(CHILDREN)]
    insert_children(services, children, officer.id)
    assert check() == 0
    assert capsys.readouterr().out == "Nothing would fail: 500 children.\n"
    everybody = {child.person["id"] for child in children}
    assert shown_in(services, "sen2_checked") == everybody
    file = tmp_path / "sen2.xml"
    assert export(file) == 0
    assert "500 children" in capsys.readouterr().out
    assert file.stat().st_mode & 0o777 == 0o600
    document = etree.fromstring(file.read_bytes())
    schema().assertValid(document)
    assert document.findtext("header/la") == "856"
    assert document.findtext("header/date") == "2027-01-21"
    assert len(document.findall("person")) == CHILDREN
    with_plan = sum("final_issued" in kinds for kinds in map(_kinds, children))
    assert len(document.findall(".//namedplan")) == with_plan
    assert {need.text for need in document.findall(".//sentype")} == {"ASD", "DS"}
    assert shown_in(services, "sen2_exported") == everybody
    assert export(file) == 2
    assert "exists already" in capsys.readouterr().err


def _kinds(child: Child) -> set[str]:
    return {event["kind"] for event in child.events}


@COMMANDS
def test_each_journey_has_its_codes(officer: Someone, services: Services, tmp_path: Path) -> None:
    children = [make_child(number, officer.id) for number in range(len(JOURNEYS))]
    old = make_child(50, officer.id, REVIEWED, received=date(2023, 5, 2))
    gone = make_child(51, officer.id, ENDED_PLAN, received=date(2024, 5, 2))
    insert_children(services, [*children, old, gone], officer.id)
    assert export(tmp_path / "sen2.xml") == 0
    document = etree.parse(tmp_path / "sen2.xml")
    codes = {
        person.findtext("surname"): tuple(
            person.findtext(path) or "-"
            for path in (
                "requests/requestoutcome",
                "requests/requestmediation",
                "requests/requesttribunal",
                ".//assessmentoutcome",
                ".//assessmenttribunal",
                ".//ceasereason",
                ".//reviewoutcome",
            )
        )
        for person in document.getroot().findall("person")
    }
    assert codes == {
        "Marsh000": ("Y", "0", "0", "Y", "0", "-", "-"),
        "Marsh001": ("Y", "0", "0", "Y", "0", "-", "M"),
        "Marsh002": ("Y", "0", "0", "Y", "0", "-", "A"),
        "Marsh003": ("Y", "0", "0", "Y", "0", "2", "-"),
        "Marsh004": ("Y", "0", "0", "Y", "0", "5", "-"),
        "Marsh005": ("Y", "0", "0", "Y", "1", "-", "-"),
        "Marsh006": ("A", "0", "0", "-", "-", "-", "-"),
        "Marsh007": ("W", "0", "0", "-", "-", "-", "-"),
        "Marsh008": ("N", "0", "0", "-", "-", "-", "-"),
        "Marsh009": ("Y", "1", "0", "A", "0", "-", "-"),
        "Marsh010": ("Y", "0", "0", "A", "0", "-", "-"),
        "Marsh011": ("Y", "0", "0", "N", "0", "-", "-"),
        "Marsh050": ("H", "0", "0", "H", "0", "-", "-"),
    }


@COMMANDS
def test_what_was_taken_back_and_what_is_later_is_not_in_the_return(
    officer: Someone, services: Services, tmp_path: Path
) -> None:
    planned = make_child(0, officer.id, PLANNED)
    later = date(2027, 2, 1)
    planned.placements[0]["ends_on"] = later
    planned.placements.append(
        make_placement(planned.id, officer.id, urn="120002", starts_on=later, ends_on=None)
    )
    gone = make_child(1, officer.id, ENDED_PLAN, received=date(2024, 5, 2))
    insert_children(services, [planned, gone], officer.id)
    with services.transaction() as tx:
        for child in (planned, gone):
            event = CaseEvent(
                case_id=child.id,
                kind="ceased",
                state="ceased",
                on=date(2026, 12, 1),
                at=NOW,
                removed_at=NOW,
                removed_by=officer.id,
            )
            tx.session.add(event)
        again = CaseEvent(
            case_id=planned.id, kind="reassessment_agreed", state="reassessing", on=later, at=NOW
        )
        tx.session.add(again)
        tx.session.flush()
        of_case = select(CaseEvent).where(CaseEvent.case_id == planned.id)
        request = tx.session.exec(of_case.where(CaseEvent.kind == "request_received")).one()
        for start, removed_at in ((again, None), (request, NOW)):
            tx.session.add(
                Exemption(
                    id=uuid4(),
                    case_id=planned.id,
                    clock="final",
                    started_by=start.id,
                    ground="personal",
                    reason="Away for a month.",
                    account_id=officer.id,
                    at=NOW,
                    removed_at=removed_at,
                )
            )
    assert export(tmp_path / "sen2.xml") == 0
    [person] = etree.parse(tmp_path / "sen2.xml").getroot().findall("person")
    assert person.findtext("surname") == "Marsh000"
    assert not [element.tag for element in person.iter("ceasereason", "leavingdate")]
    settings = {module: [row.findtext("urn") for row in person.iter(module)] for module in MODULES}
    # The plan names both schools, and the child does not attend the second one yet.
    assert settings == {"plandetail": ["120001", "120002"], "placementdetail": ["120001"]}
    assert person.findtext(".//week20") == "0"
    with services.transaction() as tx:
        for exemption in tx.session.exec(select(Exemption)):
            exemption.removed_at = None
    assert export(tmp_path / "excepted.xml") == 0
    assert etree.parse(tmp_path / "excepted.xml").findtext(".//week20") == "1"


@COMMANDS
def test_others_can_write_while_the_file_is_made(
    officer: Someone, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert_children(services, [make_child(0, officer.id)], officer.id)

    def build_and_write(header: Values, children: list[ChildValues]) -> bytes:
        insert_children(services, [make_child(1, officer.id)], officer.id)
        return build_file(header, children)

    monkeypatch.setattr("server.placements.sen2.producing.build_file", build_and_write)
    assert export(tmp_path / "sen2.xml") == 0
    assert len(rows(services, Case)) == 2


@dataclass(frozen=True)
class Planted:
    """An error planted in a child, and the words of the problem that names it."""

    words: str
    plant: Callable[[Child], object]
    journey: int = PLANNED


def _person(**values: object) -> Callable[[Child], object]:
    return lambda child: child.person.update(values)


def _answer(**values: str) -> Callable[[Child], object]:
    return lambda child: child.answers.update(values)


def _no_answer(name: str) -> Callable[[Child], object]:
    return lambda child: child.answers.pop(name)


def _placement(**values: object) -> Callable[[Child], object]:
    return lambda child: child.placements[0].update(values)


def _no_placement(child: Child) -> None:
    child.placements.clear()


def _second_placement(child: Child) -> None:
    first = child.placements[0]
    child.placements.append(make_placement(child.id, first["account_id"], urn="120002"))


def _move_event(index: int, on: date) -> Callable[[Child], object]:
    return lambda child: child.events[index].update(on=on)


PLANTED = {
    "no surname": Planted("surname is missing", _person(last_name="")),
    "no forename": Planted("forename is missing", _person(first_name="")),
    "no postcode": Planted("postcode is missing", _person(postcode="")),
    "wrong postcode": Planted("postcode can't be right", _person(postcode="LEX")),
    "no sex": Planted("Sex is missing", _person(gender="not_said")),
    "no ethnicity": Planted("Ethnicity is missing", _no_answer("ethnicity")),
    "old ethnicity": Planted("Ethnicity: CHIN is not", _answer(ethnicity="CHIN")),
    "wrong UPN": Planted("UPN can't be right", _person(upn="X856000000001")),
    "no UPN": Planted("neither a UPN nor why", _person(upn="")),
    "UPN and a reason": Planted("a UPN, and also why", _answer(upn_unknown="UN1")),
    "reason": Planted(
        "no UPN: UN9 is not a code",
        lambda child: (child.person.update(upn=""), child.answers.update(upn_unknown="UN9")),
    ),
    "not under 6": Planted(
        "the child is not under 6",
        lambda child: (child.person.update(upn=""), child.answers.update(upn_unknown="UN1")),
    ),
    "same UPN": Planted("UPN: another child has the same", _person(upn=upn(0))),
    "wrong ULN": Planted("(10 digits) can't be right", _answer(uln="1234567890")),
    "same ULN": Planted("number: another child has the same", _answer(uln=uln(0))),
    "unborn": Planted("born after the request", _person(born=date(2026, 12, 1))),
    "too old": Planted("at the age of 26", _person(born=date(2001, 1, 21))),
    "unmatched": Planted("is not matched", _person(known_at=None)),
    "no source": Planted("Who made the request is missing", _no_answer("source"), OPEN_REQUEST),
    "unknown source": Planted("request: 9 is not", _answer(source="9"), OPEN_REQUEST),
    "accommodation": Planted("accommodation: 2 is not", _answer(youth_accommodation="2")),
    "no need": Planted("First need is missing", _no_answer("need_1")),
    "unknown need": Planted("First need: ADHD is not", _answer(need_1="ADHD")),
    "same needs": Planted("first and the second need are", _answer(need_2="ASD")),
    "direct payment": Planted("Direct payment: yes is not", _answer(direct_payment="yes")),
    "transfer": Planted("from (number) can't be right", _answer(transferred_from="85")),
    "own number": Planted("856 is this authority", _answer(transferred_from="856")),
    "phase": Planted("Phase transfer due (dd/mm/yyyy) can't be right", _answer(phase_due="soon")),
    "no placement": Planted("No placement is current", _no_placement),
    "left": Planted("No placement is current", _placement(ends_on=date(2026, 12, 1))),
    "no URN": Planted("no URN, UKPRN or code", _placement(urn="")),
    "wrong URN": Planted("urn can't be right", _placement(urn="12")),
    "wrong UKPRN": Planted("ukprn can't be right", _placement(ukprn="99")),
    "setting": Planted("sensetting: HOME is not", _placement(urn="", setting="HOME")),
    "other setting": Planted(
        "Another setting is not named", _placement(urn="", setting="OTH", name="")
    ),
    "unit": Planted("in a SEN unit and in", _placement(sen_unit=True, resourced=True)),
    "second rank": Planted("No placement has rank 1", _placement(rank=2)),
    "same rank": Planted("placements have the same rank", _second_placement),
    "backwards": Planted("ends before it starts", _placement(ends_on=date(2026, 8, 1))),
    "placed unborn": Planted("starts before the child", _placement(starts_on=date(2018, 1, 1))),
    "no reason": Planted("Why the plan ended is missing", _no_answer("cease_reason"), ENDED_PLAN),
    "unknown reason": Planted("ended: 0 is not a code", _answer(cease_reason="0"), ENDED_PLAN),
    "early plan": Planted("plan starts before the request", _move_event(-1, date(2025, 12, 1))),
    "early end": Planted(
        "the end of the plan is before", _move_event(-1, date(2026, 1, 6)), ENDED_PLAN
    ),
}


@COMMANDS
def test_every_planted_error_is_found(
    officer: Someone, services: Services, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert len(PLANTED) >= 30
    sound = [make_child(number, officer.id) for number in range(60)]
    planted = {
        name: make_child(100 + number, officer.id, error.journey)
        for number, (name, error) in enumerate(PLANTED.items())
    }
    for name, child in planted.items():
        PLANTED[name].plant(child)
    twice = [make_child(300, officer.id, PLANNED), make_child(301, officer.id, PLANNED)]
    twice[1].person = twice[0].person
    twice[1].case["person_id"] = twice[0].person["id"]
    insert_children(services, [*sound, *planted.values(), *twice], officer.id)
    assert check() == 1
    *lines, summary = capsys.readouterr().out.splitlines()
    found = {
        name: [line for line in lines if str(child.id) in line] for name, child in planted.items()
    }
    missed = [name for name, error in PLANTED.items() if error.words not in " ".join(found[name])]
    assert missed == []
    assert all("  → " in line for line in lines)
    assert any("Two plans of the child are in force" in line for line in lines)
    for identifier in ("LEX", "X856000000001", "1234567890"):
        assert identifier not in "".join(lines)
    of_sound = [line for line in lines for child in sound if str(child.id) in line]
    assert len(of_sound) == 2, of_sound  # the child whose UPN and ULN others have too
    assert summary.endswith(f"in the return of {60 + len(PLANTED) + 1} children.")
    assert export(tmp_path / "sen2.xml") == 2
    assert "was not written" in capsys.readouterr().err
    assert not (tmp_path / "sen2.xml").exists()


@COMMANDS
def test_missing_header_is_a_problem(
    services: Services, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORTAL_SEN2", "{}")
    assert check() == 1
    assert "header  la is missing  → the server's settings: PORTAL_SEN2" in capsys.readouterr().out
