"""A file of children as CSV: its columns, and the check of each row."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple, TextIO

from pydantic import ValidationError

from server.core.folding import fold
from shared.people import Gender, PersonIn
from shared.values.checks import check_person
from shared.values.days import InvalidDate, format_day, parse_day
from shared.values.identifiers import normalise_nhs_number, normalise_postcode, normalise_upn
from shared.values.lines import MAX_LINE_LENGTH

LABELS = {
    "last_name": "Surname",
    "first_name": "First name",
    "preferred_name": "Preferred name",
    "born": "Date of birth",
    "gender": "Gender",
    "upn": "UPN",
    "nhs_number": "NHS number",
    "address": "Address",
    "postcode": "Postcode",
    "school": "School",
    "urn": "URN",
    "year_group": "Year group",
    "first_language": "First language",
    "parent_name": "Parent's name",
    "parent_relationship": "Parent's relationship",
    "parent_email": "Parent's email",
    "parent_phone": "Parent's phone",
}
"""What the file may say of a child, and the usual heading of its column."""
OTHER_HEADINGS = {
    "lastname": "last_name",
    "familyname": "last_name",
    "forename": "first_name",
    "knownas": "preferred_name",
    "dob": "born",
    "sex": "gender",
    "uniquepupilnumber": "upn",
    "schoolurn": "urn",
    "schoolname": "school",
    **{f"address{number}": "address" for number in range(1, 6)},
    **{f"addressline{number}": "address" for number in range(1, 6)},
    "town": "address",
    "year": "year_group",
}
REQUIRED = ("last_name", "first_name", "born")
IDENTIFIERS = ("upn", "nhs_number")
GENDERS = {
    "": Gender.NOT_SAID,
    "notsaid": Gender.NOT_SAID,
    "f": Gender.FEMALE,
    "female": Gender.FEMALE,
    "m": Gender.MALE,
    "male": Gender.MALE,
    "other": Gender.OTHER,
}


STAND_INS = {"address": "-", "postcode": "LE1 1FZ", "school": "-", "gender": Gender.NOT_SAID}
"""Stand for required details while a row is checked, because a known child's may be empty."""
GOES_ON = "It goes on until line {}: check its quotation marks."
ISO_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[ T]00:00(?::00(?:\.0+)?)?)?")
"""A day as databases write it, with an empty time."""
NORMALISE = {
    "upn": normalise_upn,
    "nhs_number": normalise_nhs_number,
    "postcode": normalise_postcode,
}


class BadFile(Exception):
    """A file that can't be read as a whole; the message says why, and what to do."""


class ChildRow(NamedTuple):
    """A row of the file: the child's details that it holds, without empty cells."""

    line: int
    born: date
    values: Mapping[str, str]

    @property
    def child(self) -> str:
        """The child's name and date of birth."""
        name = f"{self.values['first_name']} {self.values['last_name']}"
        return f"{name}, born {format_day(self.born)}"

    @property
    def sort_name(self) -> str:
        """The key by which the name is compared."""
        return fold(f"{self.values['last_name']}\n{self.values['first_name']}")


class BadRow(NamedTuple):
    """A row that can't be imported, and why."""

    line: int
    reason: str


class Header(NamedTuple):
    """The columns of a file: the field of each, or '' for one that is not used."""

    fields: Sequence[str]
    delimiter: str
    unused: Sequence[str]


def read_header(file: TextIO) -> Header:
    """Read the headings of a file from its start; raises BadFile."""
    file.seek(0)
    line = file.readline()
    delimiter = ";" if line.count(";") > line.count(",") else ","
    headings = next(csv.reader([line], delimiter=delimiter), [])
    known = {_fold(label): field for field, label in LABELS.items()} | OTHER_HEADINGS
    fields = [known.get(_fold(heading), "") for heading in headings]
    for field in LABELS:
        if field != "address" and fields.count(field) > 1:
            raise BadFile(f"The file has two columns {LABELS[field]}: leave one out.")
    if missing := [LABELS[field] for field in REQUIRED if field not in fields]:
        raise BadFile(f"The file has no column {', '.join(missing)}.")
    unused = [text for text, field in zip(headings, fields, strict=True) if text and not field]
    return Header(fields, delimiter, unused)


def _fold(heading: str) -> str:
    return "".join(character for character in heading.casefold() if character.isalnum())


def read_rows(file: TextIO, header: Header, today: date) -> Iterator[ChildRow | BadRow]:
    """Yield each row of a file from its start, or why it is bad.

    A UPN or NHS number that the file has twice makes the second row bad.
    """
    file.seek(0)
    reader = csv.reader(file, delimiter=header.delimiter, strict=True)
    next(reader, None)
    lines: dict[tuple[str, str], int] = {}
    while True:
        line = reader.line_num + 1
        try:
            row = _read_row(line, next(reader), header, today)
        except StopIteration:
            return
        except csv.Error as error:
            row = BadRow(line, f"{str(error).capitalize()}.")
        if isinstance(row, ChildRow):
            row = _reject_repeated(row, lines)
        if isinstance(row, BadRow) and reader.line_num > line:
            row = BadRow(line, f"{row.reason} {GOES_ON.format(reader.line_num)}")
        if row is not None:
            yield row


def _reject_repeated(row: ChildRow, lines: dict[tuple[str, str], int]) -> ChildRow | BadRow:
    for field in IDENTIFIERS:
        if identifier := row.values.get(field):
            first = lines.setdefault((field, identifier), row.line)
            if first != row.line:
                return BadRow(row.line, f"The {LABELS[field]} is that of line {first}.")
    return row


def _read_row(
    line: int, cells: Sequence[str], header: Header, today: date
) -> ChildRow | BadRow | None:
    if not any(cell.strip() for cell in cells):
        return None
    if len(cells) != len(header.fields):
        return BadRow(line, f"Values: {len(cells)} instead of {len(header.fields)}.")
    values = _read_values(cells, header)
    if empty := [LABELS[field] for field in REQUIRED if field not in values]:
        return BadRow(line, f"{', '.join(empty)}: it is empty.")
    try:
        born = _parse_born(values.pop("born"))
    except InvalidDate as error:
        return BadRow(line, f"{LABELS['born']}: {error}")
    gender = GENDERS.get(_fold(values.get("gender", "")))
    if gender is None:
        return BadRow(line, f"{LABELS['gender']}: write female, male or other, or nothing.")
    if "gender" in values:
        values["gender"] = gender.value
    if reason := _first_error({**STAND_INS, **values, "born": born}, today):
        return BadRow(line, reason)
    return ChildRow(line, born, values)


def _read_values(cells: Sequence[str], header: Header) -> dict[str, str]:
    """Return the text of each field that is not empty; an address may have several columns."""
    parts: dict[str, list[str]] = {}
    for field, cell in zip(header.fields, cells, strict=True):
        lines = cell.splitlines() if field == "address" else [cell]
        parts.setdefault(field, []).extend(text.strip(" ,") for text in lines if text.strip(" ,"))
    values = {field: ", ".join(texts) for field, texts in parts.items() if field and texts}
    if "urn" not in values and values.get("school", "").isdecimal():
        values["urn"] = values["school"]
    return {
        field: NORMALISE[field](text) if field in NORMALISE else text
        for field, text in values.items()
    }


def _parse_born(text: str) -> date:
    match = ISO_DAY.fullmatch(text)
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else parse_day(text)
    except ValueError:
        raise InvalidDate(f"{text} is not a real date.") from None


def _first_error(values: Mapping[str, object], today: date) -> str:
    try:
        person = PersonIn.model_validate(values)
    except ValidationError as invalid:
        label = LABELS[str(invalid.errors()[0]["loc"][0])]
        return f"{label}: it has more than {MAX_LINE_LENGTH} characters."
    errors = check_person(person, today).errors
    return f"{LABELS[errors[0].pointer.removeprefix('/')]}: {errors[0].message}" if errors else ""
