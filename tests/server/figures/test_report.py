"""The report for people outside the authority: true numbers, none of them small, and audited."""

import csv
from functools import partial
from pathlib import Path

import pytest

from server.app import open_services
from server.cli import main
from server.core.database import Services
from server.people.tables import Person
from tests.parts import TODAY, Someone
from tests.server.figures.steps import E, add_advice, add_case, add_plan, excuse
from tests.server.steps import audit_of, rows

pytestmark = [pytest.mark.usefixtures("command"), pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def stop_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command run on the day of the tests."""
    stopped = partial(open_services, clock=lambda: TODAY)
    monkeypatch.setattr("server.commands.report.open_services", stopped)
    monkeypatch.setattr("server.commands.report.utc_now", lambda: TODAY)


@pytest.fixture
def cases(me: Someone, officer: Someone, services: Services) -> None:
    """Requests of this year and before, of which some are decided, late or have a plan."""
    for number in range(6):
        add_case(services, officer, (E.REQUEST_RECEIVED, 20 + number), mine=True)
        add_plan(services, officer, received=130 + number, issued=3)
    for number in range(7):
        add_plan(services, officer, received=160 + number, issued=3)
    excuse(services, officer, add_plan(services, officer, received=160, issued=3))
    add_case(services, officer, (E.REQUEST_RECEIVED, 50), (E.REFUSED_TO_ASSESS, 10))
    assessed = (E.REQUEST_RECEIVED, 55), (E.DECIDED_TO_ASSESS, 50)
    for number in range(5):
        case = add_case(services, officer, *assessed)
        add_advice(services, me, case, asked=40 + number, answered=20)
    add_advice(services, me, case, asked=43)


def test_report_hides_small_numbers_and_is_audited(
    cases: None, services: Services, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "report.csv"
    before = len(audit_of(services))
    assert main(["report", "--format", "csv", "--out", str(file)]) == 0
    assert file.stat().st_mode & 0o777 == 0o600
    with file.open(encoding="utf-8-sig", newline="") as lines:
        numbers = {
            (row["Table"], row["Row"]): f"{row['Number']} {row['Remark']}"
            for row in csv.DictReader(lines)
        }
    requests = "Requests for an assessment received in 2026"
    plans = "First plans issued in 2026, without exceptions"
    advice = "Educational Advice for Statutory EHC Assessment"
    other = "Other first plans issued in 2026"
    assert numbers[requests, "An assessment"] == "5 to 9"
    assert numbers[requests, "No assessment"] == "0 to 4"
    assert numbers[requests, "Not decided yet"] == "5 to 9"
    assert numbers[requests, "All"] == "10 to 26"
    assert numbers[plans, "Within 20 weeks"] == "5 to 9"
    assert numbers[plans, "Later"] == "5 to 9"
    assert numbers[plans, "All"] == "10 to 18"
    assert numbers[other, "With an exception"] == "0 to 4"
    assert numbers[other, "After an order or agreement"] == "0 to 4"
    assert numbers["Open cases on 02/03/2026", "Request, nothing late"] == "5 to 9"
    assert numbers["Open cases on 02/03/2026", "Assessment, nothing late"] == "0 to 4"
    awaited = f"Advice awaited on 02/03/2026: {advice}"
    assert numbers[awaited, "Late"] == "0 to 4"
    assert numbers[awaited, "Not late, or with an exception"] == "0 to 4"
    assert numbers[awaited, "All"] == "0 to 8"
    assert numbers["Usual days until advice comes", advice] == "22 days"
    text = file.read_text()
    assert "Within 20 weeks of the request: 46%." in text
    names = [person.last_name for person in rows(services, Person)]
    assert not [name for name in [*names, "Officer"] if name in text]
    assert [entry.action for entry in audit_of(services)[before:]] == ["figures_reported"]
    assert main(["report", "--format", "csv", "--out", str(file)]) == 2
    assert "exists already" in capsys.readouterr().err


def test_report_is_printed_and_made_as_pdf(
    cases: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "--year", "2025"]) == 0
    text = capsys.readouterr().out
    assert "Education, health and care plans, 2025" in text
    assert "As at 02/03/2026 10:42" in text
    assert "Within 20 weeks of the request: not shown." in text
    file = tmp_path / "report.pdf"
    assert main(["report", "--format", "pdf", "--out", str(file)]) == 0
    assert file.read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("options", "message"),
    [(["--year", "2027"], "no figures of 2027"), (["--format", "pdf"], "name a file with --out")],
)
def test_report_that_cannot_be_made_names_the_way_out(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", *options]) == 2
    assert message in capsys.readouterr().err
