"""Schools are imported from the register of the DfE, by example and with random lines."""

import csv
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import cli
from server.accounts.tables import Organisation
from server.core.database import Services
from server.organisations.importing import COLUMNS, BadLine, School, decode, read_schools
from tests.server.organisations.steps import add_organisation
from tests.server.steps import audit_of, rows

pytestmark = pytest.mark.usefixtures("command")

HEADER = (
    "URN,LA (code),EstablishmentName,EstablishmentStatus (name),Street,Town,Postcode,"
    "TypeOfEstablishment (name),SchoolWebsite"
)
ACADEMY = "120001,856,Osierbeck Academy,Open,1 Osier Way,Leicester,LE1 1FZ,Academy converter,"
NURSERY = "120002,856,École Rushmere,Open,,Leicester,LE2 2FZ,Local authority nursery school,"


def import_lines(tmp_path: Path, *lines: str, header: str = HEADER, encoding: str = "utf-8") -> int:
    file = tmp_path / "schools.csv"
    file.write_bytes("\r\n".join([header, *lines, ""]).encode(encoding))
    return cli.main(["organisations", "import", str(file)])


def schools(services: Services) -> dict[str | None, tuple[str, str, str, bool]]:
    return {
        row.urn: (row.name, row.address, row.postcode, row.closed_at is not None)
        for row in rows(services, Organisation)
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_schools_are_imported_in_both_encodings(
    tmp_path: Path, services: Services, encoding: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert import_lines(tmp_path, ACADEMY, NURSERY, encoding=encoding) == 0
    assert capsys.readouterr().out == (
        "Added: 2. Updated: 0. Closed: 0. Unchanged: 0. Bad lines: 0.\n"
    )
    assert schools(services) == {
        "120001": ("Osierbeck Academy", "1 Osier Way, Leicester", "LE1 1FZ", False),
        "120002": ("École Rushmere", "Leicester", "LE2 2FZ", False),
    }
    assert [entry.action for entry in audit_of(services)] == ["organisations_imported"]


def test_repeated_import_updates_and_closes(
    tmp_path: Path, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        import_lines(tmp_path, ACADEMY, NURSERY)
    assert "Unchanged: 2." in capsys.readouterr().out
    assert len(audit_of(services)) == 1
    renamed = NURSERY.replace("École Rushmere", "Rushmere Nursery")
    import_lines(tmp_path, ACADEMY.replace("Open", "Closed"), renamed, ACADEMY.replace("1", "9", 1))
    assert capsys.readouterr().out.startswith("Added: 1. Updated: 1. Closed: 1. Unchanged: 0.")
    assert schools(services)["120001"][3]
    assert schools(services)["120002"][0] == "Rushmere Nursery"
    import_lines(tmp_path, ACADEMY)
    assert not schools(services)["120001"][3]


def test_unlisted_organisation_of_the_same_name_and_postcode_becomes_the_school(
    tmp_path: Path, services: Services
) -> None:
    academy = add_organisation(services, "osierbeck  academy", postcode="LE1 1FZ")
    add_organisation(services, "École Rushmere", postcode="LE9 9FZ")
    import_lines(tmp_path, ACADEMY, NURSERY)
    ids = {row.urn: row.id for row in rows(services, Organisation)}
    assert ids["120001"] == academy
    assert len(rows(services, Organisation)) == 3


def test_bad_lines_are_named_and_the_others_imported(
    tmp_path: Path, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = [
        "x1,856,No number,Open,,,,,",
        "120003,856,,Open,,,,,",
        "120004,856,Too short",
        ACADEMY,
        f"120005,856,{'N' * 201},Open,,,,,",
        "120006,856,Hid\u202eden,Open,,,,,",
        f'120007,856,"{"x" * 140_000}",Open,,,,,',
    ]
    assert import_lines(tmp_path, ACADEMY, *bad, NURSERY) == 0
    output = capsys.readouterr()
    assert "Added: 2." in output.out
    assert "Bad lines: 7." in output.out
    assert [line.split(":")[0] for line in output.err.splitlines()] == [
        f"Line {number}" for number in range(3, 10)
    ]
    assert set(schools(services)) == {"120001", "120002"}


@pytest.mark.parametrize("header", ["", "URN,EstablishmentName"])
def test_file_without_the_columns_is_refused(
    tmp_path: Path, services: Services, header: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert import_lines(tmp_path, ACADEMY, header=header) == cli.EXIT_FAILURE
    assert "EstablishmentStatus (name)" in capsys.readouterr().err
    assert schools(services) == {}


def test_missing_file_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["organisations", "import", str(tmp_path / "none.csv")]
    assert cli.main(command) == cli.EXIT_FAILURE
    assert "none.csv: No such file" in capsys.readouterr().err


cells = st.one_of(st.text(max_size=30), st.from_regex(r"[0-9]{1,12}", fullmatch=True))


@given(st.lists(st.lists(cells, max_size=9), max_size=20))
def test_every_line_is_a_school_or_bad(lines: list[list[str]]) -> None:
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS.values())
    for line in lines:
        writer.writerow(line)
    results = list(read_schools(text.getvalue()))
    assert len(results) <= len(lines)
    urns = [result.urn for result in results if isinstance(result, School)]
    assert len(set(urns)) == len(urns)
    assert all(result.reason for result in results if isinstance(result, BadLine))


@given(st.binary(max_size=300))
def test_any_bytes_after_the_header_are_read(content: bytes) -> None:
    header = ",".join(COLUMNS.values()).encode()
    for row in read_schools(decode(header + b"\n" + content)):
        assert isinstance(row, School | BadLine)
