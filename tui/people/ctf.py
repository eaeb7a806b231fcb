"""A school's Common Transfer File (CTF), read on the user's machine.

The structure is that of CTF 24, which files of earlier versions share as far as it is read here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

from shared.people import SCHOOL_FILE_BYTES, school_file_error
from shared.values.days import read_day, write_day
from shared.values.identifiers import check_line, normalise_postcode, normalise_upn
from shared.values.lines import MAX_LINE_LENGTH, mask_hidden, sanitise
from tui.people.ctf_codes import ANSWERS, GENDERS, LANGUAGES, NEEDS, RELATIONSHIPS, YEARS
from tui.people.questions import LABELS, QUESTIONS, FieldTexts, check_answers
from tui.people.xml_tree import Element, InvalidXml, read_xml

VERSION = "24"
MAX_PUPILS = 5_000
ADVICE = "Export a Common Transfer File (CTF) from your school's system and choose that."
SKIPPED = frozenset({"StageAssessments", "SchoolHistory", "NAWdetails", "FSMhistory"})


class UnreadableFile(Exception):
    """Raised for a file without a readable pupil; the message is for users."""


class UnusedValue(NamedTuple):
    """A value of the file that is not offered, and why."""

    label: str
    value: str
    why: str


@dataclass
class Pupil:
    """What a file says of one pupil.

    `details` are texts of the fields about a child, `answers` those of the request form, both by
    name. `attendance_of` says which school year the attendance is of.
    """

    details: FieldTexts = field(default_factory=dict)
    answers: FieldTexts = field(default_factory=dict)
    unused: list[UnusedValue] = field(default_factory=list)
    attendance_of: str = ""

    @property
    def name(self) -> str:
        """The full name, if the file contains one."""
        names = (self.details.get("first_name"), self.details.get("last_name"))
        return " ".join(name for name in names if name) or "no name"

    @property
    def line(self) -> str:
        """Name, date of birth and UPN, to tell pupils apart."""
        born = self.details.get("born") or "unknown"
        return f"{self.name} · born {born} · UPN {self.details.get('upn') or 'none'}"


class SchoolFile(NamedTuple):
    """A parsed file: its stated version and its pupils."""

    version: str
    pupils: list[Pupil]

    @property
    def warning(self) -> str:
        """Warning about a version that the portal was not made for."""
        major = self.version.split(".")[0]
        if major == VERSION:
            return ""
        which = f"CTF {self.version}" if self.version else "of no stated version"
        return f"The file is {which}; the portal was made for CTF {VERSION}. Check each value."


def read_school_file(file: Path, today: date) -> SchoolFile:
    """Read the pupils of a file; raises NotRead. It may block, so call it in a thread."""
    name = mask_hidden(file.name)
    try:
        with file.open("rb") as source:
            data = source.read(SCHOOL_FILE_BYTES + 1)
    except OSError as error:
        why = (error.strerror or "the disk gave an error").lower()
        raise UnreadableFile(f"{name} can't be read: {why}. {ADVICE}") from None
    if refusal := school_file_error(name, len(data)):
        raise UnreadableFile(refusal)
    return parse_school_file(data, name, today)


def parse_school_file(data: bytes, name: str, today: date) -> SchoolFile:
    """Read the pupils in the bytes of a file; raises NotRead."""
    try:
        root = read_xml(data, SKIPPED)
    except InvalidXml as error:
        raise UnreadableFile(f"{name} can't be read: {error}. {ADVICE}") from None
    if root.name != "CTfile":
        raise UnreadableFile(
            f"{name} is another kind of file: <{sanitise(root.name[:40])}>. {ADVICE}"
        )
    found = root.find("CTFpupilData")
    elements = found.all("Pupil") if found else []
    if not elements:
        raise UnreadableFile(f"{name} holds no pupil. {ADVICE}")
    if len(elements) > MAX_PUPILS:
        raise UnreadableFile(
            f"{name} holds over {MAX_PUPILS:,} pupils. Export a file of fewer pupils."
        )
    school = root.words("Header", "SourceSchool", "SchoolName")
    version = sanitise(root.words("Header", "CTFversion")[:20])
    return SchoolFile(version, [_PupilReader(pupil, today).read(school) for pupil in elements])


class _PupilReader:
    """Reads the element of one pupil."""

    def __init__(self, element: Element, today: date) -> None:
        self._element = element
        self._today = today
        self._pupil = Pupil()

    def read(self, school: str) -> Pupil:
        """Read everything, then move impossible values to the unused ones."""
        self._detail("school", school)
        self._read_person()
        self._read_address()
        self._read_care()
        self._read_contacts()
        self._read_attendance()
        self._read_support()
        self._read_needs()
        self._refuse_impossible()
        return self._pupil

    def _unused(self, label: str, value: str, why: str) -> None:
        self._pupil.unused.append(UnusedValue(label, sanitise(value[:MAX_LINE_LENGTH]), why))

    def _detail(self, name: str, text: str) -> None:
        if not text:
            return
        if len(text) > MAX_LINE_LENGTH:
            self._unused(LABELS[name], text, f"it is longer than {MAX_LINE_LENGTH} characters.")
        elif hidden := check_line(text).message:
            self._unused(LABELS[name], text, hidden.removeprefix("Type this again: "))
        else:
            self._pupil.details[name] = text

    def _take_by_code(self, name: str, code: str, known: dict[str, str]) -> None:
        """Use a detail given as a code."""
        if code in known:
            self._detail(name, known[code])
        elif code:
            self._unused(LABELS[name], code, "the portal does not know this code.")

    def _read_person(self) -> None:
        words = self._element.words
        first, last = words("Forename"), words("Surname")
        self._detail("first_name", first)
        self._detail("last_name", last)
        preferred = words("BasicDetails", "PreferredForename") or first
        surname = words("BasicDetails", "PreferredSurname") or last
        if surname != last:
            self._detail("preferred_name", f"{preferred} {surname}")
        elif preferred != first:
            self._detail("preferred_name", preferred)
        self._detail("born", self._day(words("DOB"), LABELS["born"]))
        self._take_by_code("gender", words("Sex") or words("Gender"), dict(GENDERS))
        self._detail("upn", normalise_upn(words("UPN")))
        year = words("BasicDetails", "NCyearActual")
        self._take_by_code("year_group", year, {code: texts[0] for code, texts in YEARS.items()})
        if year in YEARS:
            self._pupil.answers["year_group"] = YEARS[year][1]
        languages = self._element.find("BasicDetails", "Languages")
        for language in languages.all("Type") if languages else []:
            if language.words("LanguageType") in {"F", ""}:
                self._take_by_code("first_language", language.words("Language")[:3], LANGUAGES)

    def _day(self, text: str, label: str) -> str:
        """Return a date of the file as a user would type it; an invalid one is not used."""
        try:
            return write_day(date.fromisoformat(text[:10])) if text else ""
        except ValueError:
            self._unused(label, text, "it is no date.")
            return ""

    def _read_address(self) -> None:
        address = self._element.find("Address")
        if address is None:
            return
        lines = [address.words("AddressLines", f"AddressLine{n}") for n in range(1, 6)]
        lines += [address.words(f"AddressLine{n}") for n in range(1, 6)]
        within = address.find("BS7666Address") or address
        if not any(lines):
            house = f"{within.words('PAON')} {within.words('Street')}".strip()
            lines = [within.words("SAON"), house]
            lines += [within.words(n) for n in ("Locality", "Town", "AdministrativeArea")]
        self._detail("address", ", ".join(line for line in lines if line))
        code = address.words("PostCode") or within.words("PostCode")
        self._detail("postcode", normalise_postcode(code))

    def _read_care(self) -> None:
        in_care = self._element.words("LookedAfter", "InCare").casefold()
        if in_care in {"true", "1", "y", "false", "0", "n"}:
            self._detail("looked_after", "yes" if in_care in {"true", "1", "y"} else "no")
        authority = self._element.words("LookedAfter", "CareAuthority")
        if authority.isdigit():
            self._unused(LABELS["looked_after_by"], authority, "it is a number: write the name.")
        else:
            self._detail("looked_after_by", authority)

    def _read_contacts(self) -> None:
        contacts = self._element.find("Contacts")
        found = sorted(contacts.all("Contact") if contacts else [], key=_rank)
        for contact in found[1:]:
            self._unused("Further contact", _name(contact), "one parent or carer is kept here.")
        if not found:
            return
        first = found[0]
        self._detail("parent_name", _name(first))
        relationship = first.words("Relationship")
        if len(relationship) == 3 and relationship.isupper():
            self._take_by_code("parent_relationship", relationship, RELATIONSHIPS)
        else:
            self._detail("parent_relationship", relationship)
        self._detail("parent_email", first.words("Email"))
        phones = first.find("Phones")
        numbers = [phone.words("PhoneNo") for phone in phones.all("Phone")] if phones else []
        self._detail("parent_phone", next((number for number in numbers if number), ""))

    def _read_attendance(self) -> None:
        """Take the sum of the newest school year, in which a pupil may have changed school."""
        attendance = self._element.find("Attendance")
        years = attendance.all("YearData") if attendance else []
        if not years:
            return
        newest = max(year.words("Year") for year in years)
        same = [year for year in years if year.words("Year") == newest]
        attended = [year.words("SessionsAttended") for year in same]
        possible = [year.words("SessionsPossible") for year in same]
        whole = f"{' + '.join(attended)} of {' + '.join(possible)}"
        if not all(_is_count(count) for count in (*attended, *possible)):
            self._unused(ANSWERS["attendance"], whole, "a number of sessions is missing or wrong.")
            return
        came, could = sum(map(int, attended)), sum(map(int, possible))
        if not 0 < could >= came:
            self._unused(ANSWERS["attendance"], whole, "more were attended than were possible.")
            return
        self._pupil.answers |= {
            "attendance": f"{round(100 * came / could, 1):g}",
            "sessions_attended": str(came),
            "sessions_possible": str(could),
        }
        self._pupil.attendance_of = f"school year {sanitise(newest[:10])}" if newest else "one year"

    def _read_support(self) -> None:
        history = self._element.find("SENhistory")
        spells = history.all("SEN") if history else []
        spells.sort(key=lambda spell: spell.words("StartDate"))
        if not spells:
            return
        provision = spells[-1].words("SENprovision")
        if provision == "K":
            since = self._day(spells[-1].words("StartDate"), ANSWERS["sen_support_from"])
            if since and read_day(since) > self._today:
                self._unused(ANSWERS["sen_support_from"], since, "it is in the future.")
            elif since:
                self._pupil.answers["sen_support_from"] = since
        elif provision:
            why = {
                "N": "the file says that there is no SEN support.",
                "E": "the file says that there is an EHC plan.",
            }
            unknown = "the portal does not know this code."
            self._unused("SEN provision", provision, why.get(provision, unknown))

    def _read_needs(self) -> None:
        found = self._element.find("SENhistory", "SENneeds")
        needs = (
            [need for need in found.all("SENneed") if not need.words("NeedEndDate")]
            if found
            else []
        )
        needs.sort(key=lambda need: (len(need.words("SENtypeRank")), need.words("SENtypeRank")))
        places = ["primary_need", "secondary_need"]
        taken = self._pupil.answers
        for need in needs:
            code = need.words("SENtype").upper()
            if code not in NEEDS:
                self._unused("SEN need", code, "the request form has no such need.")
            elif not places:
                self._unused("Further SEN need", code, "the request form asks for two.")
            elif code.casefold() != taken.get("primary_need"):
                taken[places.pop(0)] = code.casefold()

    def _refuse_impossible(self) -> None:
        """Move values that the portal would refuse to the unused ones."""
        details = self._pupil.details
        empty = {
            q.name: "no" if q.options[:1] and q.options[0][1] == "no" else "" for q in QUESTIONS
        }
        errors, _ = check_answers(empty | details, self._today)
        for error in errors:
            name = error.pointer.strip("/")
            if name in details:
                self._unused(LABELS[name], details.pop(name), error.message)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 4


def _name(contact: Element) -> str:
    parts = (contact.words(part) for part in ("Title", "Forename", "Surname"))
    return " ".join(part for part in parts if part)


def _rank(contact: Element) -> tuple[bool, int, str]:
    """Put those with parental responsibility first, then by the order of the file."""
    order = contact.words("Order")
    responsible = contact.words("Responsibility").casefold() in {"true", "1", "y"}
    return not responsible, len(order), order
