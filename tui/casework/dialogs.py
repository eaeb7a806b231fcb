"""Dialogs for notes, calls and tasks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from uuid import UUID, uuid4

from shared.casework import (
    DIRECTION_LABELS,
    NOTE_LIMIT,
    TASK_LIMIT,
    Call,
    Casework,
    Direction,
    NoteChange,
    NoteIn,
    NoteOut,
    Officer,
    TaskIn,
    TaskRow,
)
from shared.problems import FieldError
from shared.values.days import LONDON, format_day, format_time, london_day, parse_day, utc_now
from tui.casework import api
from tui.desk.dialog import (
    InputDialog,
    check_day,
    check_required,
    create_day_field,
    create_reason_field,
)
from tui.widgets.choice_list import ChoiceList
from tui.widgets.field import Field
from tui.widgets.line_input import LineInput
from tui.widgets.long_text import LongText

NO_TEXT = "Write the note."
NO_TASK = "Write what is to be done."
NO_REASON = "Enter the reason."
NO_NAME = "Enter who the call was with."
BAD_TIME = "Write the time as hh:mm, for example 14:30."
NOTE_HELP = "Officers read it with the case. No professional and no family sees it here."
CORRECT_HELP = "What it said before is kept with it."
STRIKE_EXPLANATION = "The note stays readable, marked as struck, with your name and the reason."


def create_time_field(name: str, label: str, text: str, *, required: bool) -> Field:
    """Create a field for a time of the day."""
    control = LineInput(text, max_length=5, compact=True)
    return Field(name, f"{label} (hh:mm)", control, required=required, help_text="As 14:30.")


def check_time(name: str, text: str) -> list[FieldError]:
    """Return the error of a typed time, if it is invalid."""
    try:
        datetime.strptime(text, "%H:%M")
    except ValueError:
        return [FieldError(pointer=f"/{name}", code="impossible", message=BAD_TIME)]
    return []


def parse_time(text: str) -> time:
    """Parse a time such as 9:30."""
    return datetime.strptime(text, "%H:%M").time()


def create_text_field(label: str, text: str, help_text: str) -> Field:
    """Create a field for what a note says."""
    return Field("text", label, LongText(text), required=True, help_text=help_text)


def check_text(text: str) -> list[FieldError]:
    """Return the error of an empty or too long note."""
    if len(text) > NOTE_LIMIT:
        message = f"Shorten it to {NOTE_LIMIT:,} characters: it has {len(text):,}."
        return [FieldError(pointer="/text", code="too_long", message=message)]
    return check_required("text", text, NO_TEXT)


class WriteNote(InputDialog[Casework]):
    """Adds a note to a case, or corrects one of the officer's own."""

    def __init__(self, case: UUID, note: NoteOut | None = None) -> None:
        heading = "Correct the note" if note else "Add a note"
        button = "Correct it" if note else "Add it"
        super().__init__(heading, button, version=note.version if note else 0)
        self._case, self._note, self._note_id = case, note, note.id if note else uuid4()

    def fields(self) -> Iterable[Field]:
        """Ask what it says."""
        text = self._note.current.text if self._note else ""
        yield create_text_field("Note", text, CORRECT_HELP if self._note else NOTE_HELP)

    def errors(self) -> list[FieldError]:
        """Check the text."""
        return check_text(self.value("text"))

    async def send(self) -> Casework:
        """Add or correct the note."""
        return await self.save(self.value("text"), None)

    async def save(self, text: str, call: Call | None) -> Casework:
        """Send what was written."""
        client = self.portal.client
        if self._note is None:
            return await api.add_note(
                client, self._case, NoteIn(id=self._note_id, text=text, call=call)
            )
        change = NoteChange(text=text, call=call)
        return await api.correct_note(client, self._note.id, self.version, change)


class WriteCall(WriteNote):
    """Adds a phone call to a case, or corrects one of the officer's own."""

    SENT_AGAIN = "save only what you changed"

    def __init__(self, case: UUID, note: NoteOut | None = None) -> None:
        super().__init__(case, note)
        self.heading = "Correct the phone call" if note else "Add a phone call"
        self._call = note.current.call if note else None

    def fields(self) -> Iterable[Field]:
        """Ask with whom, who called, when, and what was said."""
        call, now = self._call, utc_now()
        at = call.at if call else now
        directions = [(label, str(direction)) for direction, label in DIRECTION_LABELS.items()]
        value = str(call.direction) if call else str(Direction.IN)
        name = LineInput(call.with_whom if call else "", max_length=200, compact=True)
        phone = LineInput(call.phone if call else "", max_length=50, compact=True)
        yield Field("with_whom", "With whom", name, required=True, help_text="Name and role.")
        yield Field("phone", "Number", phone, help_text="The number that was called.")
        choice = ChoiceList(directions, value=value, allow_blank=False, compact=True)
        yield Field("direction", "Who called", choice, required=True)
        yield create_day_field("on", "Date", london_day(at))
        yield create_time_field("time", "Time", format_time(at), required=True)
        yield create_text_field(
            "What was said", self._note.current.text if self._note else "", NOTE_HELP
        )

    def errors(self) -> list[FieldError]:
        """Check the name, the date, the time and the text."""
        return [
            *check_required("with_whom", self.value("with_whom"), NO_NAME),
            *check_day("on", self.value("on")),
            *check_time("time", self.value("time")),
            *check_text(self.value("text")),
        ]

    async def read_newer(self) -> dict[str, str]:
        """Read the call again."""
        note = await api.find_note(self.portal.client, self._case, self._note_id)
        if note is None or note.current.call is None:
            return {}
        return _call_texts(note.current.call) | {"text": note.current.text}

    async def send(self) -> Casework:
        """Add or correct the call."""
        day, at = parse_day(self.value("on")), parse_time(self.value("time"))
        call = Call(
            with_whom=self.value("with_whom"),
            phone=self.value("phone"),
            direction=Direction(self.value("direction")),
            at=datetime.combine(day, at, LONDON).astimezone(UTC),
        )
        return await self.save(self.value("text"), call)


def _call_texts(call: Call) -> dict[str, str]:
    return {
        "with_whom": call.with_whom,
        "phone": call.phone,
        "direction": str(call.direction),
        "on": format_day(london_day(call.at)),
        "time": format_time(call.at),
    }


class StrikeNote(InputDialog[Casework]):
    """Strikes a note with a reason."""

    def __init__(self, note: NoteOut) -> None:
        heading, version = "Strike the note", note.version
        super().__init__(heading, "Strike it", STRIKE_EXPLANATION, version=version)
        self._note = note.id

    def fields(self) -> Iterable[Field]:
        """Ask for the reason."""
        yield create_reason_field("reason", "Reason", "It is shown with the note.")

    def errors(self) -> list[FieldError]:
        """Check the reason."""
        return check_required("reason", self.value("reason"), NO_REASON)

    async def send(self) -> Casework:
        """Strike the note."""
        client = self.portal.client
        return await api.strike_note(client, self._note, self.version, self.value("reason"))


class WriteTask(InputDialog[TaskRow]):
    """Adds a task, or changes what it says, its day or whose it is."""

    SENT_AGAIN = "save only what you changed"

    def __init__(
        self,
        officers: Sequence[Officer],
        me: UUID,
        case: UUID | None = None,
        task: TaskRow | None = None,
    ) -> None:
        heading = "Change the task" if task else "Add a task"
        super().__init__(heading, "Save it", version=task.version if task else 0)
        self._officers, self._me, self._shown = officers, me, task
        self._case = task.case if task else case
        self._new_id = task.id if task else uuid4()

    def fields(self) -> Iterable[Field]:
        """Ask what is to be done, until when, and by whom."""
        task = self._shown
        text = LineInput(task.text if task else "", max_length=TASK_LIMIT, compact=True)
        yield Field("text", "What is to be done", text, required=True)
        yield create_day_field("due", "By", task.due if task else None)
        officer, options = str(task.officer_id if task else self._me), self._options(task)
        choice = ChoiceList(options, value=officer, allow_blank=False, compact=True)
        yield Field("officer", "Whose task it is", choice, required=True)

    def _options(self, task: TaskRow | None) -> list[tuple[str, str]]:
        names = {str(row.id): row.name for row in self._officers}
        if task:
            names.setdefault(str(task.officer_id), task.officer)
        return [(name, id) for id, name in names.items()]

    async def read_newer(self) -> dict[str, str]:
        """Read the task again."""
        client = self.portal.client
        task = await api.read_task(client, self._new_id)
        self._officers = await api.list_officers(client)
        field = self.query_one("#field-officer", Field)
        if isinstance(field.control, ChoiceList):
            chosen = field.value
            field.control.set_options(self._options(task))
            field.load(chosen)
        return {"text": task.text, "due": format_day(task.due), "officer": str(task.officer_id)}

    def errors(self) -> list[FieldError]:
        """Check the text and the day."""
        return [
            *check_required("text", self.value("text"), NO_TASK),
            *check_day("due", self.value("due")),
        ]

    async def send(self) -> TaskRow:
        """Save the task."""
        body = TaskIn(
            text=self.value("text"),
            due=parse_day(self.value("due")),
            case=self._case,
            officer=UUID(self.value("officer")),
        )
        return await api.save_task(self.portal.client, self._new_id, self.version, body)
