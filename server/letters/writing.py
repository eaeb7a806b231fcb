"""A letter that is being written, and what the case suggests for its fields."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import takewhile
from uuid import UUID

from sqlmodel import col, select

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.cases.service import events_of, find_case
from server.cases.tables import Case, CaseEvent
from server.core.database import Transaction
from server.core.problems import not_found
from server.core.settings import Settings
from server.letters.tables import LetterDraftRow, LetterRecord
from server.letters.templates import OWN, LetterTemplate, Passage, load_templates
from server.letters.words import (
    Addressee,
    Facts,
    to_young_person,
)
from server.people.parents import is_home_known, parents_of
from server.people.tables import Person
from shared.accounts import Staff
from shared.cases.clock import is_from_year_9
from shared.cases.events import EventKind
from shared.letters import FieldKind, LetterField
from shared.people import NOT_ON_ROLL, Parent
from shared.values.days import InvalidDate, format_day, london_day, parse_day

DAY_HELP = "The day of the decision or the notice, as {day}. The last days follow from it."
OWN_HELP = "What you want to add. It stands below {above}."
REPLY_HELP = {
    "consultation": "A day after today, for example {day}: settings have {days} days to reply.",
    "advice": "A day after today, for example {day}: the law gives six weeks from receiving this.",
}
ADVICE_PERIOD = timedelta(weeks=6)
"""From today to the day that is the example of a last day for advice."""
READERS = {"consultation": "the setting", "advice": "the person or service"}
GIVEN_HELP = "From the contact details in the request. Check that {name} lives there."
COPIES_HELP = "Who gets a copy, one on each line. The letter names them."
ANOTHER_AUTHORITY = "If another authority maintains the setting, consult that authority too."
"""The Children and Families Act 2014, section 39(2)."""


@dataclass(frozen=True)
class Writing:
    """A letter of a case as it is being written; `texts` differ from what the case suggests.

    It belongs to an event, or to what an addressee is asked, or else to a day that is entered.
    """

    case: Case
    person: Person
    template: LetterTemplate
    event: CaseEvent | None
    draft: LetterDraftRow | None
    texts: dict[str, str]
    author: str
    settings: Settings
    today: date
    addressee: Addressee | None = None
    by_family: bool = False
    """Whether the letter is about a request of the family."""
    named: tuple[str, ...] = ()
    """The settings that the plan names or, until it names one, the one that was agreed to."""
    given_home: str = ""
    """The address, by line, that a form gives for a parent whom only a professional named."""

    @property
    def title(self) -> str:
        """What the letter is called in lists."""
        title = self.template.template.title
        return f"{title}: {self.addressee.name}" if self.addressee else title

    @property
    def draft_kind(self) -> str:
        """The kind under which the draft is stored."""
        return _draft_kind(self.template.template.kind, self.about)

    @property
    def about(self) -> UUID | None:
        """The consultation or request for advice that the letter belongs to, if any."""
        return self.addressee.id if self.addressee else None

    @property
    def version(self) -> int:
        """The version of the draft, or 0."""
        return self.draft.version if self.draft else 0

    @property
    def decided_on(self) -> date | None:
        """The day of what the letter belongs to, or the day that was entered."""
        if self.addressee:
            return self.addressee.asked_on
        if self.template.template.events:
            return self.event.on if self.event else None
        day = _parse(self.texts.get("decided_on", ""))
        return day if day and day <= self.today else None

    @property
    def reply_by(self) -> date | None:
        """The last day for the reply of an addressee: that of the case, or the one entered."""
        if self.addressee is None:
            return None
        day = _parse(self.texts.get("reply_by", format_day(self.addressee.reply_by)))
        return day if day and day > self.today else None

    @property
    def facts(self) -> Facts:
        """What the letter is about."""
        days = (self.case.received_on, self.decided_on, self.today)
        to_setting = self.template.template.to == "setting"
        meeting_on = self.event.day if self.event else None
        asked = (self.addressee, self.reply_by, self.by_family)
        return Facts(self.person, *days, *asked, to_setting, meeting_on)

    @property
    def to(self) -> str:
        """The name of whom the letter is to, or ''."""
        return next(field.text.strip() for field in self.fields() if field.id == "to")

    @property
    def body(self) -> list[Passage | None]:
        """The parts of the template that are for this child."""
        is_older = is_from_year_9(self.person.born, self.today)
        return [part for part in self.template.body if not part or not part.when or is_older]

    def fields(self) -> list[LetterField]:
        """Return the parts that an officer writes, each with its text."""
        return [
            field.model_copy(update={"text": self.texts.get(field.id, field.text)})
            for field in suggest_fields(self)
        ]


def _parse(text: str) -> date | None:
    try:
        return parse_day(text)
    except InvalidDate:
        return None


OpenLetter = Callable[[Transaction, Actor], Writing]
"""Returns a letter with its case locked; raises NOT_FOUND."""


def open_writing(
    tx: Transaction, actor: Actor, case_id: UUID, kind: str, addressee: Addressee | None = None
) -> Writing:
    """Return a letter of a case, locked, with what was written; raises NOT_FOUND."""
    case = find_case(tx, actor, case_id)
    template = load_templates(tx.services.settings.letter_templates).get(kind)
    if template is None or template.template.about != (addressee.about if addressee else ""):
        raise not_found()
    event = find_event(template, events_of(tx, case))
    about = addressee.id if addressee else None
    draft_key = (case.id, _draft_kind(kind, about))
    draft = tx.session.get(LetterDraftRow, draft_key, populate_existing=True)
    written = draft.texts if draft else None
    texts = _texts_of_last(tx, case, kind, event, about) if written is None else written
    return Writing(
        case=case,
        person=tx.session.get_one(Person, case.person_id),
        template=template,
        event=event,
        draft=draft,
        texts=texts,
        author=actor.name,
        settings=tx.services.settings,
        today=london_day(tx.now),
        addressee=addressee,
        by_family=event is not None and _is_by_family(tx, event),
    )


def _is_by_family(tx: Transaction, event: CaseEvent) -> bool:
    """Whether an event is a request that an officer entered, as only families' requests are."""
    account = tx.session.get(Account, event.account_id) if event.account_id else None
    is_officer = account is not None and account.staff == Staff.OFFICER
    return is_officer and event.kind == EventKind.REQUEST_RECEIVED


def _draft_kind(kind: str, about: UUID | None) -> str:
    """Return the kind under which a draft is stored: there is one for each addressee."""
    return f"{kind}/{about}" if about else kind


def find_event(template: LetterTemplate, events: list[CaseEvent]) -> CaseEvent | None:
    """Return the newest event that calls for a letter, or None."""
    kinds = template.template.events
    return next((event for event in reversed(events) if event.kind in kinds), None)


def _texts_of_last(
    tx: Transaction, case: Case, kind: str, event: CaseEvent | None, about: UUID | None
) -> dict[str, str]:
    """Return what was written in the newest letter about the same, which is replaced."""
    last = tx.session.exec(
        select(LetterRecord)
        .where(
            LetterRecord.case_id == case.id,
            LetterRecord.kind == kind,
            col(LetterRecord.about).is_not_distinct_from(about),
        )
        .order_by(col(LetterRecord.made_at).desc())
    ).first()
    if last is None or last.event_id != (event.id if event else None):
        return {}
    return last.texts


def suggest_fields(writing: Writing) -> list[LetterField]:
    """Return the fields of a letter with what the case suggests for them."""
    template = writing.template.template
    reader, name, address, elsewhere = _reader(writing)
    given = GIVEN_HELP.format(name=name) if address and address == writing.given_home else ""
    reason = writing.event.reason if writing.event else ""
    fields = [
        _field("to", f"To (name of {reader})", FieldKind.LINE, name, required=True),
        _field("address", "Their address", FieldKind.LINES, address, required=True, help=given),
    ]
    if not template.events and not template.about:
        today = format_day(writing.today)
        day = ("decided_on", "Day of the decision or notice", FieldKind.DAY)
        fields.append(_field(*day, "", required=True, help=DAY_HELP.format(day=today)))
    if writing.addressee:
        day = ("reply_by", "Last day for the reply", FieldKind.DAY)
        about, days = writing.addressee.about, writing.settings.periods.consultation
        ahead = ADVICE_PERIOD if about == "advice" else timedelta(days=days)
        help = REPLY_HELP[about].format(days=days, day=format_day(writing.today + ahead))
        suggested = format_day(writing.addressee.reply_by)
        fields.append(_field(*day, suggested, required=True, help=help))
    fields += [
        _field(
            field.id,
            field.label,
            field.kind,
            reason if field.id == "reasons" else "",
            required=field.required,
            help=field.help,
        )
        for field in template.fields
    ]
    copies = "\n".join(_copies(writing))
    copies_help = f"{COPIES_HELP} {_copies_help(writing, name, elsewhere)}".strip()
    return [
        *fields,
        _field(OWN, "Your own paragraph", FieldKind.TEXT, "", help=_own_help(writing)),
        _field("copies", "Copies to", FieldKind.LINES, copies, help=copies_help),
    ]


def _own_help(writing: Writing) -> str:
    """Return the help of the own paragraph, with what stands above it."""
    parts = takewhile(lambda part: part is not None, writing.body)
    above = [part.heading for part in parts if part and part.heading]
    return OWN_HELP.format(above=f"“{above[-1]}”" if above else "the first paragraph")


def _field(
    id: str, label: str, kind: FieldKind, text: str, *, required: bool = False, help: str = ""
) -> LetterField:
    return LetterField(id=id, label=label, kind=kind, text=text, required=required, help=help)


def _copies_help(writing: Writing, name: str, elsewhere: list[str]) -> str:
    """Return whom else to write to; a copy would show the reader's address to those elsewhere."""
    if writing.addressee:
        return ANOTHER_AUTHORITY if writing.addressee.about == "consultation" else ""
    if not elsewhere:
        return ""
    others, whose = " and ".join(elsewhere), name or "another parent"
    return f"Write to {others} separately: this letter shows {whose}'s address."


def _reader(writing: Writing) -> tuple[str, str, str, list[str]]:
    """Return whom a letter is to in words, name and address, and whom to write to separately."""
    person, addressee = writing.person, writing.addressee
    if addressee:
        return READERS[addressee.about], addressee.name, addressee.address, []
    if writing.facts.to_setting:
        return READERS["consultation"], "".join(_settings_of(writing)[:1]), "", []
    if to_young_person(writing.facts):
        return "the young person", person.name, _home(person), []
    names, home, elsewhere = _parents(person)
    return "the parent", names, home or writing.given_home, elsewhere


def _parents(person: Person) -> tuple[str, str, list[str]]:
    """Return the names and the address of the parents to write to, and who lives elsewhere.

    These are the first one, and all others with parental responsibility. One letter goes only to
    those whose home is known to be the same.
    """
    parents = parents_of(person)
    parents = [*parents[:1], *(parent for parent in parents[1:] if parent.responsibility)]
    if not parents:
        return "", _home(person), []
    if not is_home_known(person):
        return parents[0].name, "", [row.name for row in parents[1:]]
    pairs = [(row.name, _home(row if row.address else person)) for row in parents]
    address = pairs[0][1]
    names = [name for name, home in pairs if name and home == address]
    return " and ".join(names), address, [name for name, home in pairs if home != address]


def _home(person: Person | Parent) -> str:
    return postal_lines(person.address, person.postcode)


def postal_lines(address: str, postcode: str = "") -> str:
    """Return an address whose lines end in commas by line."""
    parts = [*address.split(","), postcode]
    return "\n".join(part.strip() for part in parts if part.strip())


def _attended(person: Person) -> tuple[str, ...]:
    """Return the setting that a child attends, if there is one."""
    school = person.school
    return () if school.strip().casefold() == NOT_ON_ROLL else (school,)


def _settings_of(writing: Writing) -> tuple[str, ...]:
    """Return the settings that the plan names, else the one that the child attends."""
    return writing.named or _attended(writing.person)


def _copies(writing: Writing) -> Iterator[str]:
    """Yield who gets a copy by the template: settings, and bodies named in the settings."""
    letters = writing.settings.letters
    names = {
        "setting": _attended(writing.person),
        "named": _settings_of(writing),
        "commissioning_body": (letters.commissioning_body,),
        "social_care": (letters.social_care,),
    }
    for copy in writing.template.template.copies:
        yield from filter(None, names[copy])
