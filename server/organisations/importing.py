"""Import of schools from the CSV file of the DfE's Get Information About Schools."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import NamedTuple

from sqlmodel import col, select

from server.accounts.tables import Organisation, fold_organisation
from server.core.audit import Action, record
from server.core.database import Transaction
from shared.values.identifiers import check_line, normalise_postcode
from shared.values.lines import MAX_LINE_LENGTH

COLUMNS = {
    "urn": "URN",
    "name": "EstablishmentName",
    "status": "EstablishmentStatus (name)",
    "street": "Street",
    "town": "Town",
    "postcode": "Postcode",
    "kind": "TypeOfEstablishment (name)",
}
CLOSED = "Closed"
MAX_URN_LENGTH = 10


class MissingColumns(Exception):
    """Raised if a file lacks columns of the register; the message names those missing."""


class School(NamedTuple):
    """One establishment of the register."""

    urn: str
    name: str
    kind: str
    address: str
    postcode: str
    closed: bool


class BadLine(NamedTuple):
    """A line that can't be imported, and why."""

    line: int
    reason: str


@dataclass
class Counts:
    """What an import changed."""

    added: int = 0
    updated: int = 0
    closed: int = 0
    unchanged: int = 0
    bad_lines: list[BadLine] = field(default_factory=list)


def name_error(name: str) -> str:
    """Return why a text can't be the name of an organisation, or ''."""
    if not name.strip():
        return "The name is empty."
    if len(name) > MAX_LINE_LENGTH:
        return f"The name has more than {MAX_LINE_LENGTH} characters."
    return check_line(name).message


def decode(content: bytes) -> str:
    """Decode a file of the register, which is published as cp1252 and often saved as UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def read_schools(text: str) -> Iterator[School | BadLine]:
    """Yield the school of each line, or why the line is bad; raises MissingColumns."""
    reader = csv.reader(StringIO(text, newline=""))
    header = [name.strip() for name in next(reader, [])]
    if missing := [name for name in COLUMNS.values() if name not in header]:
        raise MissingColumns(f"The file has no column {', '.join(missing)}.")
    positions = {name: header.index(column) for name, column in COLUMNS.items()}
    lines_by_urn: dict[str, int] = {}
    while True:
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadLine(reader.line_num, str(error))
            continue
        if not values:
            continue
        result = _read_line(values, len(header), positions, reader.line_num)
        if isinstance(result, School):
            first = lines_by_urn.setdefault(result.urn, reader.line_num)
            if first != reader.line_num:
                result = BadLine(reader.line_num, f"The URN is that of line {first}.")
        yield result


def _read_line(
    values: Sequence[str], width: int, positions: dict[str, int], line: int
) -> School | BadLine:
    if len(values) != width:
        return BadLine(line, f"It has {len(values)} values instead of {width}.")
    row = {name: values[index].strip() for name, index in positions.items()}
    if not (row["urn"].isascii() and row["urn"].isdigit() and len(row["urn"]) <= MAX_URN_LENGTH):
        return BadLine(line, "The URN is not a number.")
    if error := name_error(row["name"]):
        return BadLine(line, error)
    address = ", ".join(part for part in (row["street"], row["town"]) if part)
    postcode = normalise_postcode(row["postcode"])
    for text in (row["kind"], address, postcode):
        if error := check_line(text).message:
            return BadLine(line, error)
    closed = row["status"] == CLOSED
    return School(row["urn"], row["name"], row["kind"], address, postcode, closed)


def import_schools(tx: Transaction, schools: Sequence[School], counts: Counts) -> None:
    """Add schools to the list, update known ones by URN, and close what is closed.

    An organisation without URN of the same name and postcode becomes the school. Repeatable.
    """
    existing = _existing_by_urn(tx, schools)
    before = (counts.added, counts.updated, counts.closed)
    for school in schools:
        row = existing.get(school.urn)
        if row is None:
            if not school.closed:
                tx.session.add(_update(tx, Organisation(name=school.name), school))
                counts.added += 1
            else:
                counts.unchanged += 1
            continue
        old = row.model_dump()
        tx.session.add(_update(tx, row, school))
        if row.model_dump() == old:
            counts.unchanged += 1
        elif row.closed_at and not old["closed_at"]:
            counts.closed += 1
        else:
            counts.updated += 1
    tx.session.flush()
    if (counts.added, counts.updated, counts.closed) != before:
        record(tx, Action.ORGANISATIONS_IMPORTED)


def _update(tx: Transaction, row: Organisation, school: School) -> Organisation:
    row.urn, row.name, row.kind = school.urn, school.name, school.kind
    row.name_folded = fold_organisation(school.name)
    row.address, row.postcode = school.address, school.postcode
    row.closed_at = (row.closed_at or tx.now) if school.closed else None
    return row


def _existing_by_urn(tx: Transaction, schools: Sequence[School]) -> dict[str, Organisation]:
    """Return the organisations of schools, found by URN, or else by name and postcode."""
    urns = [school.urn for school in schools]
    by_urn = tx.session.exec(select(Organisation).where(col(Organisation.urn).in_(urns)))
    existing = {row.urn: row for row in by_urn if row.urn}
    names = {fold_organisation(school.name) for school in schools}
    without_urn = select(Organisation).where(
        col(Organisation.urn).is_(None), col(Organisation.name_folded).in_(names)
    )
    typed = {(row.name_folded, row.postcode): row for row in tx.session.exec(without_urn)}
    for school in schools:
        place = (fold_organisation(school.name), school.postcode)
        if school.urn not in existing and not school.closed and place in typed:
            existing[school.urn] = typed.pop(place)
    return existing
