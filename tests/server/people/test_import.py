"""Children are imported from CSV: what the dry run lists is what the run does, and only once."""

import csv
import re
from io import StringIO
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from server import cli
from server.core.audit import Action
from server.core.database import Services, Transaction
from server.people import importing
from server.people.import_file import LABELS, BadFile, ChildRow, read_header, read_rows
from server.people.service import store_person
from server.people.tables import Person, PersonCorrection, PersonWord
from shared.people import PersonIn
from shared.values.identifiers import UPN_LETTERS
from tests.parts import TODAY, Someone
from tests.server.organisations.steps import add_organisation
from tests.server.steps import add_child, audit_of, ok, rows

pytestmark = pytest.mark.usefixtures("command")

HEADER = "Surname,Forename,DOB,Sex,UPN,Address 1,Address 2,Postcode,School,URN,Year group,Notes"
ADA = "Marsh,Ada,14/03/2018,F,,3 Osier Way,Leicester,le11fz,osierbeck academy,,3,"
BEA = "Quill,Bea,2017-09-01,,,4 Osier Way,Leicester,LE1 1FZ,,,,"


def upn(number: int) -> str:
    digits = f"{number:012d}"
    letter = sum(int(digit) * place for place, digit in enumerate(digits, 2)) % 23
    return UPN_LETTERS[letter] + digits


def line(last: str, first: str, born: str, number: int = 0, **cells: str) -> str:
    """Build a row with a name, a date of birth, and perhaps a UPN."""
    values = {"address": "5 Osier Way", "postcode": "LE1 1FZ", "school": "", "urn": "", **cells}
    identifier = upn(number) if number else ""
    place = f"{values['address']},,{values['postcode']},{values['school']},{values['urn']}"
    return f"{last},{first},{born},,{identifier},{place},,"


@pytest.fixture
def run(tmp_path: Path, officer: Someone, capsys: pytest.CaptureFixture[str]) -> "Run":
    return Run(tmp_path / "children.csv", officer, capsys)


class Run:
    """Runs the command on a file and returns its exit code and what it printed."""

    def __init__(self, file: Path, officer: Someone, capsys: pytest.CaptureFixture[str]) -> None:
        self.file, self.officer, self._capsys = file, officer, capsys

    def write(self, *lines: str, header: str = HEADER, encoding: str = "utf-8") -> None:
        self.file.write_bytes("\r\n".join([header, *lines, ""]).encode(encoding))

    def __call__(self, *options: str) -> tuple[int, list[str], list[str]]:
        command = ["people", "import", str(self.file), "--officer", self.officer.email, *options]
        code = cli.main(command)
        output = self._capsys.readouterr()
        return code, output.out.splitlines(), output.err.splitlines()


def stored(services: Services) -> dict[str, Person]:
    return {row.first_name: row for row in rows(services, Person)}


def test_dry_run_lists_what_the_run_does_once(
    run: Run, services: Services, officer: Someone, me: Someone
) -> None:
    add_organisation(services, "Osierbeck Academy")
    run.write(ADA, BEA)
    expected = [
        "Line 2: new: Ada Marsh, born 14/03/2018",
        "Line 3: new: Bea Quill, born 01/09/2017",
        "New: 2. Changed: 0. Unchanged: 0. To be decided: 0. Bad: 0.",
    ]
    dry_run = "Nothing was changed: this was a dry run."
    assert run("--dry-run") == (0, [*expected, dry_run], ["The column Notes is not used."])
    assert rows(services, Person) == []
    assert run()[:2] == (0, expected)
    ada, bea = (stored(services)[name] for name in ("Ada", "Bea"))
    assert (ada.address, ada.postcode, ada.school) == (
        "3 Osier Way, Leicester",
        "LE1 1FZ",
        "Osierbeck Academy",
    )
    assert (ada.gender, bea.gender, ada.year_group) == ("female", "not_said", "3")
    assert (bea.school, bea.known_at is None, bea.changed_by) == (
        "not on a school roll",
        False,
        officer.id,
    )
    assert [child["name"] for child in ok(officer.get("/v1/desk/people?find=mars ad")).json()] == [
        "Ada Marsh"
    ]
    entries = [row for row in audit_of(services) if row.action == Action.PERSON_IMPORTED]
    assert {(row.person_id, row.account_id) for row in entries} == {
        (ada.id, officer.id),
        (bea.id, officer.id),
    }
    before = rows(services, Person)
    unchanged = "New: 0. Changed: 0. Unchanged: 2. To be decided: 0. Bad: 0."
    assert run()[:2] == (0, [unchanged])
    assert rows(services, Person) == before
    # The same child added by a professional is suggested to the officer as the imported one.
    child = add_child(me, first_name="Ada", last_name="Marsh", born="2018-03-14")
    matching = ok(officer.get(f"/v1/desk/people/{child}/matching")).json()
    assert [row["person"]["id"] for row in matching["candidates"]] == [str(ada.id)]


def test_known_children_are_changed_and_doubtful_ones_are_left_to_be_decided(
    run: Run, services: Services, officer: Someone, me: Someone
) -> None:
    run.write(
        line("Marsh", "Ada", "14/03/2018", 1),
        line("Quill", "Bea", "01/09/2017"),
        line("Stone", "Cai", "05/05/2015", 3),
        line("Stone", "Cat", "05/05/2015", 6),
        line("Reed", "Dot", "06/06/2016", 4),
        line("Reed", "Eve", "07/07/2016", 5),
    )
    run()
    add_child(me, first_name="Fay", last_name="Fell", born="2014-04-04")
    ids = {name: row.id for name, row in stored(services).items()}
    ok(officer.post(f"/v1/desk/people/{ids['Eve']}/match", json={"same_as": str(ids["Dot"])}))
    ok(officer.post(f"/v1/desk/people/{ids['Ada']}/allocations", json={"account": str(me.id)}))
    run.write(
        line("Marsh-Lee", "Ada", "14/03/2018", 1, address="9 Elm Road", school="Elm School"),
        line("Quill", "Bea", "01/09/2017", 2),  # the UPN is new
        line("Stone", "Cai", "05/05/2015", 9),  # another UPN
        line("Reed", "Eve", "07/07/2016", 5),  # merged into Dot
        line("Fell", "Fay", "04/04/2014"),  # unmatched: a child of a professional's list
        line("Gill", "Gus", "08/08/2013"),
        line("gill", "Gús", "08/08/2013", 8),  # the same child twice
        line("Hare", "Hal", "09/09/2012", 3),  # Cai's UPN, but another child
        line("Stone", "Cam", "05/05/2015", 6),  # Cat's UPN, but a twin
    )
    expected = [
        "Line 2: changed: Ada Marsh-Lee, born 14/03/2018: Surname from Marsh to Marsh-Lee; Address "
        "from 5 Osier Way to 9 Elm Road; School from not on a school roll to Elm School",
        f"Line 3: changed: Bea Quill, born 01/09/2017: UPN from empty to {upn(2)}",
        *(
            f"Line {number}: to be decided: {child}"
            for number, child in (
                (4, "Cai Stone, born 05/05/2015: maybe the same child as line 9"),
                (
                    5,
                    "Eve Reed, born 07/07/2016: maybe Dot Reed, born 06/06/2016 (UPN, name and "
                    "date of birth), who has another UPN",
                ),
            )
        ),
        "Line 6: new: Fay Fell, born 04/04/2014",
        "Line 7: to be decided: Gus Gill, born 08/08/2013: maybe the same child as line 8",
        "Line 8: to be decided: Gús gill, born 08/08/2013: maybe the same child as line 7",
        "Line 9: to be decided: Hal Hare, born 09/09/2012: maybe the same child as line 4",
        "Line 10: to be decided: Cam Stone, born 05/05/2015: maybe Cat Stone, born 05/05/2015 "
        "(UPN), who has another first name",
        "Not in the list of organisations: Elm School",
        "New: 1. Changed: 2. Unchanged: 0. To be decided: 6. Bad: 0.",
    ]
    assert run("--dry-run")[1][:-1] == expected
    assert run()[1] == expected
    ada = next(row for row in rows(services, Person) if row.id == ids["Ada"])
    assert (ada.name, ada.version, ada.address) == ("Ada Marsh-Lee", 2, "9 Elm Road")
    [listed] = ok(me.get("/v1/people?find=marsh-lee elm")).json()["rows"]
    assert listed["id"] == str(ids["Ada"])
    again = run()[1]
    assert [text for text in again if "to be decided:" in text] == [
        text for text in expected if "to be decided:" in text
    ]
    assert again[-1] == "New: 0. Changed: 0. Unchanged: 3. To be decided: 6. Bad: 0."
    log = ok(officer.get(f"/v1/desk/people/{ids['Bea']}/trail")).json()["rows"]
    assert [row["text"] for row in log if row["action"] == "Person imported"] == [
        "UPN was empty. Imported from a file",
        "",
    ]
    corrections = {row.person_id: row.before for row in rows(services, PersonCorrection)}
    assert corrections == {
        ids["Ada"]: {
            "last_name": "Marsh",
            "address": "5 Osier Way",
            "school": "not on a school roll",
        },
        ids["Bea"]: {"upn": ""},
    }


def test_row_that_may_be_two_children_changes_neither(run: Run, services: Services) -> None:
    run.write(line("Marsh", "Ada", "14/03/2018", 1), line("Quill", "Bea", "01/09/2017"))
    run()
    run.write(line("Quill", "Bea", "01/09/2017", 1))
    [text, counts] = run()[1]
    assert text.startswith("Line 2: to be decided: Bea Quill, born 01/09/2017: maybe ")
    assert "Ada Marsh, born 14/03/2018 (UPN)" in text
    assert "Bea Quill, born 01/09/2017 (name and date of birth)" in text
    assert counts.endswith("To be decided: 1. Bad: 0.")
    run.write(line("Hare", "Hal", "09/09/2012", 1))
    [text, _] = run()[1]
    assert text.endswith("(UPN), who has another first name and date of birth")
    run.write(line("Marsh", "Ada", "14/03/2019", 1))
    [text, _] = run()[1]
    assert text.endswith("(UPN), who has another date of birth")


def test_bad_row_stops_the_import_unless_it_is_left_out(run: Run, services: Services) -> None:
    bad = {
        ",Ada,14/03/2018,F,,1 Way,,LE1 1FZ,,,,": "Surname: it is empty.",
        line("Marsh", "Ada", "31/02/2018"): "Date of birth: 31/02/2018 is not a real date.",
        line("Marsh", "Ada", "2018-13-01"): "Date of birth: 2018-13-01 is not a real date.",
        line("Marsh", "Ada", "14/03/2031"): "Date of birth: The date of birth must be in the past.",
        line("Marsh", "Ada", "14/03/2018").replace(",,", ",X,", 1): "Gender: write",
        line("Marsh", "Ada", "14/03/2018", postcode="LE1"): "Postcode: Enter a full UK postcode",
        line("Marsh", "Ada", "14/03/2018", postcode=""): "The address or the postcode is empty",
        line("Marsh", "Ada", "14/03/2018", urn="999"): "No organisation has the URN 999",
        line("M" * 201, "Ada", "14/03/2018"): "Surname: it has more than 200 characters.",
        line("Ma\u202ersh", "Ada", "14/03/2018"): "Surname: Type this again",
        "Marsh,Ada": "Values: 2 instead of 12.",
        "Marsh,Ada,14/03/2018,,A12,1 Way,,LE1 1FZ,,,,": "UPN: A UPN has 13 characters",
        line("Ash", "Ada", "14/03/2018", 7): "",
        line("Reed", "Dot", "14/03/2018", 7): "The UPN is that of line 14.",
    }
    run.write(*bad, line("Quill", "Bea", "01/09/2017"))
    code, out, errors = run()
    assert (code, out) == (cli.EXIT_FAILURE, [])
    assert errors[-1] == (
        "Bad rows: 13. Nothing was changed. Correct them, or add --leave-out-bad to import the "
        "others."
    )
    reasons = [(number, text) for number, text in enumerate(bad.values(), 2) if text]
    for (number, reason), error in zip(reasons, errors, strict=False):
        assert error.startswith(f"Line {number}: {reason}")
    assert rows(services, Person) == []
    assert run("--leave-out-bad")[1] == [
        "Line 14: new: Ada Ash, born 14/03/2018",
        "Line 16: new: Bea Quill, born 01/09/2017",
        "New: 2. Changed: 0. Unchanged: 0. To be decided: 0. Bad: 13.",
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8"])
def test_semicolons_and_a_byte_order_mark_are_read(
    run: Run, services: Services, encoding: str
) -> None:
    add_organisation(services, "École Rushmere", urn="120002")
    header = "UPN;Family name;First name;Date of birth;Address;Postcode;School"
    run.write(
        ';Émile;Zoë;14/03/2018;"1 Way\nLeicester";LE1 1FZ;120002',
        header=header,
        encoding=encoding,
    )
    assert run()[1][0] == "Line 2: new: Zoë Émile, born 14/03/2018"
    [child] = rows(services, Person)
    assert (child.address, child.school) == ("1 Way, Leicester", "École Rushmere")


def test_open_quotation_mark_is_reported_with_the_lines_that_it_takes(
    run: Run, services: Services
) -> None:
    run.write('"Marsh,Ada,14/03/2018', BEA, line("Reed", "Dot", "06/06/2016"))
    assert run()[2][0] == (
        "Line 2: Unexpected end of data. It goes on until line 4: check its quotation marks."
    )
    run.write('"Marsh,Ada,14/03/2018', f'{BEA}"', line("Reed", "Dot", "06/06/2016"))
    assert run()[2][0] == (
        "Line 2: Values: 1 instead of 12. It goes on until line 3: check its quotation marks."
    )


def test_file_that_cannot_be_used_is_refused(run: Run, services: Services) -> None:
    for header, message in {
        "Surname,DOB": "The file has no column First name.",
        f"{HEADER},Last name": "The file has two columns Surname: leave one out.",
        "": "The file has no column Surname, First name, Date of birth.",
    }.items():
        run.write(ADA, header=header)
        assert run() == (cli.EXIT_FAILURE, [], [f"{message} Nothing was changed."])
    run.write("Zoë,Ada", encoding="cp1252")
    assert "is not in UTF-8" in run()[2][0]
    run.file.unlink()
    assert "No such file" in run()[2][0]
    run.write(ADA)
    run.officer = run.officer.__class__(run.officer.id, "no@x.example", "", None, run.officer.http)
    assert "No officer can sign in with the address no@x.example" in run()[2][0]
    assert rows(services, Person) == []


def test_import_that_stops_says_so_and_goes_on_when_it_is_repeated(
    run: Run, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH_SIZE", 2)
    run.write(*(line("Marsh", name, "14/03/2018") for name in ("Ada", "Bea", "Cai", "Dot", "Eve")))

    def interrupt(tx: Transaction, account: UUID, id: UUID, new: PersonIn, **_: object) -> Person:
        if len(tx.session.exec(select(Person.id)).all()) == 3:
            raise KeyboardInterrupt
        return store_person(tx, account, id, new, tx.now)

    monkeypatch.setattr(importing, "store_person", interrupt)
    code, out, errors = run()
    assert (code, len(out), len(stored(services))) == (cli.EXIT_FAILURE, 2, 2)
    assert "Stopped before the end of the file" in errors[1]
    monkeypatch.setattr(importing, "store_person", store_person)
    assert run()[1][-1] == "New: 3. Changed: 0. Unchanged: 2. To be decided: 0. Bad: 0."
    words = {row.word for row in rows(services, PersonWord)}
    assert {"ada", "eve", "14/03/2018"} <= words


CELLS = st.one_of(st.text(max_size=20), st.sampled_from(["Marsh", "14/03/2018", "LE1 1FZ", '"']))


@given(st.lists(st.lists(CELLS, max_size=14), max_size=10), st.text(max_size=100))
def test_every_row_is_a_child_or_bad(lines: list[list[str]], header: str) -> None:
    text = StringIO(newline="")
    csv.writer(text).writerows([list(LABELS.values()), *lines])
    for row in read_rows(text, read_header(text), TODAY.date()):
        assert row.child if isinstance(row, ChildRow) else row.reason
    try:
        assert read_header(StringIO(header, newline="")).fields
    except BadFile as error:
        assert re.match(r"The file has (no|two) columns? ", str(error))
