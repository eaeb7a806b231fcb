"""A school's Common Transfer File (CTF), read on the user's machine.

The structure is that of CTF 24; earlier versions share the elements that are read here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

from shared.people import SCHOOL_FILE_BYTES, school_file_error
from shared.values.days import format_day, parse_day
from shared.values.identifiers import check_line, normalise_postcode, normalise_upn
from shared.values.lines import MAX_LINE_LENGTH, mask_hidden, sanitise
from tui.core.confinement import open_file
from tui.people.ctf_codes import ANSWER_LABELS, GENDERS, LANGUAGES, NEEDS, RELATIONSHIPS, YEARS
from tui.people.questions import LABELS, QUESTIONS, FieldTexts, check_answers
from tui.people.xml_tree import Element, InvalidXml, parse_xml

VERSION = "24"
MAX_PUPILS = 5_000
EXPORT_HINT = "Export a Common Transfer File (CTF) from your school's system and choose that."
SKIPPED_ELEMENTS = frozenset({"StageAssessments", "SchoolHistory", "NAWdetails", "FSMhistory"})


class UnreadableFile(Exception):
    """Raised for a file without a readable pupil; the message is for users."""


class UnusedValue(NamedTuple):
    """A value of the file that is not offered, with the reason."""

    label: str
    value: str
    reason: str


@dataclass
class Pupil:
    """The values of one pupil.

    `details` are field texts about a child, and `answers` are answers of the request form, by name.
    `attendance_of` is the school year of the attendance.
    """

    details: FieldTexts = field(default_factory=dict)
    answers: FieldTexts = field(default_factory=dict)
    unused: list[UnusedValue] = field(default_factory=list)
    attendance_of: str = ""

    @property
    def name(self) -> str:
        """The full name, or 'no name'."""
        names = (self.details.get("first_name"), self.details.get("last_name"))
        return " ".join(name for name in names if name) or "no name"

    @property
    def line(self) -> str:
        """Name, date of birth and UPN on one line."""
        born = self.details.get("born") or "unknown"
        return f"{self.name} · born {born} · UPN {self.details.get('upn') or 'none'}"


class SchoolFile(NamedTuple):
    """A parsed file: its stated version and its pupils."""

    version: str
    pupils: list[Pupil]

    @property
    def warning(self) -> str:
        """Warning about an unsupported version, or ''."""
        major = self.version.split(".")[0]
        if major == VERSION:
            return ""
        description = f"CTF {self.version}" if self.version else "of no stated version"
        return (
            f"The file is {description}; the portal was made for CTF {VERSION}. Check each value."
        )


def read_school_file(file: Path, today: date) -> SchoolFile:
    """Read the pupils of a file. Raises UnreadableFile. It may block, so call it in a thread."""
    name = mask_hidden(file.name)
    try:
        with open_file(file) as source:
            data = source.read(SCHOOL_FILE_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or "the disk gave an error").lower()
        raise UnreadableFile(f"{name} can't be read: {reason}. {EXPORT_HINT}") from None
    if refusal := school_file_error(name, len(data)):
        raise UnreadableFile(refusal)
    return parse_school_file(data, name, today)


def parse_school_file(data: bytes, name: str, today: date) -> SchoolFile:
    """Parse the pupils in the contents of a file. Raises UnreadableFile."""
    try:
        root = parse_xml(data, SKIPPED_ELEMENTS)
    except InvalidXml as error:
        raise UnreadableFile(f"{name} can't be read: {error}. {EXPORT_HINT}") from None
    if root.name != "CTfile":
        raise UnreadableFile(
            f"{name} is another kind of file: <{sanitise(root.name[:40])}>. {EXPORT_HINT}"
        )
    pupil_data = root.find("CTFpupilData")
    elements = pupil_data.find_all("Pupil") if pupil_data else []
    if not elements:
        raise UnreadableFile(f"{name} holds no pupil. {EXPORT_HINT}")
    if len(elements) > MAX_PUPILS:
        raise UnreadableFile(
            f"{name} holds over {MAX_PUPILS:,} pupils. Export a file of fewer pupils."
        )
    school = root.find_text("Header", "SourceSchool", "SchoolName")
    version = sanitise(root.find_text("Header", "CTFversion")[:20])
    return SchoolFile(version, [_PupilReader(pupil, today).read(school) for pupil in elements])


class _PupilReader:
    """Reads the element of one pupil."""

    def __init__(self, element: Element, today: date) -> None:
        self._element = element
        self._today = today
        self._pupil = Pupil()

    def read(self, school: str) -> Pupil:
        """Read all values, and move invalid ones to the unused values."""
        self._add_detail("school", school)
        self._read_person()
        self._read_address()
        self._read_care()
        self._read_contacts()
        self._read_attendance()
        self._read_support()
        self._read_needs()
        self._remove_invalid()
        return self._pupil

    def _add_unused(self, label: str, value: str, reason: str) -> None:
        self._pupil.unused.append(UnusedValue(label, sanitise(value[:MAX_LINE_LENGTH]), reason))

    def _add_detail(self, name: str, text: str) -> None:
        if not text:
            return
        if len(text) > MAX_LINE_LENGTH:
            self._add_unused(LABELS[name], text, f"it is longer than {MAX_LINE_LENGTH} characters.")
        elif problem := check_line(text).message:
            self._add_unused(LABELS[name], text, problem.removeprefix("Type this again: "))
        else:
            self._pupil.details[name] = text

    def _add_coded_detail(self, name: str, code: str, codes: dict[str, str]) -> None:
        """Add a detail that is given as a code."""
        if code in codes:
            self._add_detail(name, codes[code])
        elif code:
            self._add_unused(LABELS[name], code, "the portal does not know this code.")

    def _read_person(self) -> None:
        find_text = self._element.find_text
        first, last = find_text("Forename"), find_text("Surname")
        self._add_detail("first_name", first)
        self._add_detail("last_name", last)
        preferred = find_text("BasicDetails", "PreferredForename") or first
        surname = find_text("BasicDetails", "PreferredSurname") or last
        if surname != last:
            self._add_detail("preferred_name", f"{preferred} {surname}")
        elif preferred != first:
            self._add_detail("preferred_name", preferred)
        self._add_detail("born", self._parse_day(find_text("DOB"), LABELS["born"]))
        self._add_coded_detail("gender", find_text("Sex") or find_text("Gender"), dict(GENDERS))
        self._add_detail("upn", normalise_upn(find_text("UPN")))
        year = find_text("BasicDetails", "NCyearActual")
        self._add_coded_detail(
            "year_group", year, {code: texts[0] for code, texts in YEARS.items()}
        )
        if year in YEARS:
            self._pupil.answers["year_group"] = YEARS[year][1]
        languages = self._element.find("BasicDetails", "Languages")
        for language in languages.find_all("Type") if languages else []:
            if language.find_text("LanguageType") in {"F", ""}:
                self._add_coded_detail(
                    "first_language", language.find_text("Language")[:3], LANGUAGES
                )

    def _parse_day(self, text: str, label: str) -> str:
        """Return a date as a user would type it, or '' for an invalid one, which is unused."""
        try:
            return format_day(date.fromisoformat(text[:10])) if text else ""
        except ValueError:
            self._add_unused(label, text, "it is not a date.")
            return ""

    def _read_address(self) -> None:
        address = self._element.find("Address")
        if address is None:
            return
        lines = [address.find_text("AddressLines", f"AddressLine{n}") for n in range(1, 6)]
        lines += [address.find_text(f"AddressLine{n}") for n in range(1, 6)]
        location = address.find("BS7666Address") or address
        if not any(lines):
            house = f"{location.find_text('PAON')} {location.find_text('Street')}".strip()
            lines = [location.find_text("SAON"), house]
            lines += [location.find_text(n) for n in ("Locality", "Town", "AdministrativeArea")]
        self._add_detail("address", ", ".join(line for line in lines if line))
        code = address.find_text("PostCode") or location.find_text("PostCode")
        self._add_detail("postcode", normalise_postcode(code))

    def _read_care(self) -> None:
        in_care = self._element.find_text("LookedAfter", "InCare").casefold()
        if in_care in {"true", "1", "y", "false", "0", "n"}:
            self._add_detail("looked_after", "yes" if in_care in {"true", "1", "y"} else "no")
        authority = self._element.find_text("LookedAfter", "CareAuthority")
        if authority.isdigit():
            self._add_unused(
                LABELS["looked_after_by"], authority, "it is a number: write the name."
            )
        else:
            self._add_detail("looked_after_by", authority)

    def _read_contacts(self) -> None:
        contacts = self._element.find("Contacts")
        ranked = sorted(contacts.find_all("Contact") if contacts else [], key=_contact_rank)
        for contact in ranked[1:]:
            self._add_unused(
                "Further contact", _contact_name(contact), "one parent or carer is kept here."
            )
        if not ranked:
            return
        first = ranked[0]
        self._add_detail("parent_name", _contact_name(first))
        relationship = first.find_text("Relationship")
        if len(relationship) == 3 and relationship.isupper():
            self._add_coded_detail("parent_relationship", relationship, RELATIONSHIPS)
        else:
            self._add_detail("parent_relationship", relationship)
        self._add_detail("parent_email", first.find_text("Email"))
        phones = first.find("Phones")
        numbers = (
            [phone.find_text("PhoneNo") for phone in phones.find_all("Phone")] if phones else []
        )
        self._add_detail("parent_phone", next((number for number in numbers if number), ""))

    def _read_attendance(self) -> None:
        """Read the attendance of the newest school year, summed over all schools in it."""
        attendance = self._element.find("Attendance")
        years = attendance.find_all("YearData") if attendance else []
        if not years:
            return
        newest = max(year.find_text("Year") for year in years)
        newest_data = [year for year in years if year.find_text("Year") == newest]
        attended = [year.find_text("SessionsAttended") for year in newest_data]
        possible = [year.find_text("SessionsPossible") for year in newest_data]
        text = f"{' + '.join(attended)} of {' + '.join(possible)}"
        if not all(_is_count(count) for count in (*attended, *possible)):
            self._add_unused(
                ANSWER_LABELS["attendance"], text, "a number of sessions is missing or wrong."
            )
            return
        attended_total, possible_total = sum(map(int, attended)), sum(map(int, possible))
        if not 0 < possible_total >= attended_total:
            self._add_unused(
                ANSWER_LABELS["attendance"], text, "more were attended than were possible."
            )
            return
        self._pupil.answers |= {
            "attendance": f"{round(100 * attended_total / possible_total, 1):g}",
            "sessions_attended": str(attended_total),
            "sessions_possible": str(possible_total),
        }
        self._pupil.attendance_of = f"school year {sanitise(newest[:10])}" if newest else "one year"

    def _read_support(self) -> None:
        history = self._element.find("SENhistory")
        support_periods = history.find_all("SEN") if history else []
        support_periods.sort(key=lambda support_period: support_period.find_text("StartDate"))
        if not support_periods:
            return
        provision = support_periods[-1].find_text("SENprovision")
        if provision == "K":
            since = self._parse_day(
                support_periods[-1].find_text("StartDate"), ANSWER_LABELS["sen_support_from"]
            )
            if since and parse_day(since) > self._today:
                self._add_unused(ANSWER_LABELS["sen_support_from"], since, "it is in the future.")
            elif since:
                self._pupil.answers["sen_support_from"] = since
        elif provision:
            reasons = {
                "N": "the file says that there is no SEN support.",
                "E": "the file says that there is an EHC plan.",
            }
            unknown = "the portal does not know this code."
            self._add_unused("SEN provision", provision, reasons.get(provision, unknown))

    def _read_needs(self) -> None:
        history = self._element.find("SENhistory", "SENneeds")
        needs = (
            [need for need in history.find_all("SENneed") if not need.find_text("NeedEndDate")]
            if history
            else []
        )
        needs.sort(
            key=lambda need: (len(need.find_text("SENtypeRank")), need.find_text("SENtypeRank"))
        )
        free_fields = ["primary_need", "secondary_need"]
        answers = self._pupil.answers
        for need in needs:
            code = need.find_text("SENtype").upper()
            if code not in NEEDS:
                self._add_unused("SEN need", code, "the request form has no such need.")
            elif not free_fields:
                self._add_unused("Further SEN need", code, "the request form asks for two.")
            elif code.casefold() != answers.get("primary_need"):
                answers[free_fields.pop(0)] = code.casefold()

    def _remove_invalid(self) -> None:
        """Move values that the portal would reject to the unused values."""
        details = self._pupil.details
        empty = {
            question.name: "no" if question.options[:1] and question.options[0][1] == "no" else ""
            for question in QUESTIONS
        }
        errors, _ = check_answers(empty | details, self._today)
        for error in errors:
            name = error.pointer.strip("/")
            if name in details:
                self._add_unused(LABELS[name], details.pop(name), error.message)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 4


def _contact_name(contact: Element) -> str:
    parts = (contact.find_text(part) for part in ("Title", "Forename", "Surname"))
    return " ".join(part for part in parts if part)


def _contact_rank(contact: Element) -> tuple[bool, int, str]:
    """Sort contacts with parental responsibility first, then by their order in the file."""
    order = contact.find_text("Order")
    responsible = contact.find_text("Responsibility").casefold() in {"true", "1", "y"}
    return not responsible, len(order), order
