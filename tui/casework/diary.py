"""The officer's diary of a week."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static

from shared.cases.clock import days_left_text
from shared.diary import DiaryEntry, DiaryOut
from shared.places import Place, PlaceKind, read_place
from shared.values.days import format_day
from tui.casework import api
from tui.core.commands import command
from tui.documents.save import Download, SaveCopy
from tui.documents.save_list import CsvList, CsvScreen
from tui.widgets.header import Link
from tui.widgets.screen import SEND_LINKS
from tui.widgets.states import coloured_content

WEEK = timedelta(days=7)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NOTHING = "Nothing is due and no panel meets in this week."
FILE = "this week as a calendar file, which names no child"


class EntryLink(Link):
    """An entry of the diary, with its state in colour."""

    def __init__(self, entry: DiaryEntry, text: str) -> None:
        super().__init__(text, place=read_place(entry.place), id=f"entry-{entry.uid}")
        self.update(coloured_content(text))


class Diary(CsvScreen):
    """Deadlines, advice, tasks and panels of a week, day by day."""

    CSS_PATH = "casework.tcss"
    LOCATION = "Cases › My week"
    LINKS = SEND_LINKS
    AUTO_FOCUS = ""
    HELP_TEXT = (
        "Deadlines of your cases, advice that you wait for, your tasks, and the panels. "
        "{diary.next} and {diary.previous} go to other weeks, {diary.today} back to this one, "
        "or at a weekend to the next; {diary.save} saves the week as a file for your calendar, "
        "without children's names."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command("diary.next", "n", "week(1)", "next week", "Go to the next week."),
        command("diary.previous", "p", "week(-1)", "previous", "Go to the week before."),
        command("diary.today", "t", "week(0)", "this week", "Go to this week.", show=False),
        command("diary.save", "i", "save", "calendar file", "Save the week as a calendar file."),
        command("diary.tasks", "k", "tasks", "tasks", "Open the list of tasks.", show=False),
        command("diary.panels", "l", "panels", "panels", "Open the panels.", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._diary: DiaryOut | None = None

    def body(self) -> ComposeResult:
        """Lay out the links above the days."""
        yield Static("", id="week", classes="title", markup=False)
        with Horizontal(classes="actions"):
            yield Link("Tasks", place=Place(PlaceKind.TASKS), id="tasks")
            yield Link("Panels", place=Place(PlaceKind.PANELS), id="panels")
            yield Link("Save for my calendar", id="save")
        yield Vertical(id="days")

    def csv_list(self) -> CsvList:
        """Return the entries of the week that is shown."""
        first = self._diary.days[0].day if self._diary else None
        query = {"day": first.isoformat()} if first else {}
        subject, path = "this week, which names the children", f"{api.BASE}/diary.csv"
        return CsvList(subject, path, query, file="week", day=first)

    def on_screen_resume(self) -> None:
        """Load the week shown last, or the current one."""
        day = self._diary.days[0].day if self._diary else None
        self.call(self._load(day is not None), group="diary", on_error=self.handle_load_error)

    async def _load(self, same_week: bool, weeks: int = 0) -> None:
        day = None
        if self._diary is not None and same_week:
            day = self._diary.days[0].day + WEEK * weeks
        self._diary = await api.read_diary(self.portal.client, day)
        await self._show(self._diary)

    async def _show(self, diary: DiaryOut) -> None:
        first, last = diary.days[0].day, diary.days[-1].day
        weeks = {first: " · this week", first - WEEK: " · next week"}
        monday = diary.today - timedelta(days=diary.today.weekday())
        text = f"{format_day(first)} to {format_day(last)}{weeks.get(monday, '')}"
        self.query_one("#week", Static).update(text)
        focused_id = self.focused.id if self.focused else None
        container = self.query_one("#days")
        async with self.batch():
            await container.remove_children()
            await container.mount_all(_build_days(diary))
        if self.focused is None:
            links = list(self.query("#body Link").results(Link))
            same = [link for link in links if focused_id and link.id == focused_id]
            entries = [link for link in links if isinstance(link, EntryLink)]
            (same or entries or links)[0].focus()

    def action_week(self, weeks: int) -> None:
        """Go some weeks on or back, or to this week."""
        self.set_focus(None)
        self.query_one("#body").scroll_home(animate=False)
        self.call(self._load(weeks != 0, weeks), group="diary")

    @on(Link.Chosen, "#save")
    def action_save(self) -> None:
        """Save the week as a calendar file."""
        if self._diary is not None:
            first = self._diary.days[0].day
            name = f"week-{first.isoformat()}.ics"
            self.app.push_screen(SaveCopy(FILE, [Download(api.diary_path(first), name)]))

    def action_tasks(self) -> None:
        """Open the list of tasks."""
        self.portal.navigation.open_place(Place(PlaceKind.TASKS))

    def action_panels(self) -> None:
        """Open the panels."""
        self.portal.navigation.open_place(Place(PlaceKind.PANELS))


def _build_days(diary: DiaryOut) -> Iterator[Widget]:
    if diary.late:
        is_weekend = any(entry.day >= diary.today for entry in diary.late)
        heading = "Late, or due at the weekend" if is_weekend else "Late from before"
        yield Static(heading, classes="title", markup=False)
        for entry in diary.late:
            yield EntryLink(entry, _late_text(entry, diary))
        if diary.late_more:
            yield Static(f"and {diary.late_more:,} more", classes="hint", markup=False)
    busy = [day for day in diary.days if day.entries]
    for day in busy:
        today = " · today" if day.day == diary.today else ""
        heading = f"{DAYS[day.day.weekday()]} {format_day(day.day)}{today}"
        yield Static(heading, classes="title day", markup=False)
        for entry in day.entries:
            yield EntryLink(entry, _entry_text(entry, diary))
    if not busy:
        yield Static(NOTHING, classes="hint day", markup=False)


def _late_text(entry: DiaryEntry, diary: DiaryOut) -> str:
    return f"! {days_left_text(entry.day, diary.today)} · {_words(entry)}"


def _entry_text(entry: DiaryEntry, diary: DiaryOut) -> str:
    if entry.day < diary.today and entry.place and not entry.place.startswith("panels"):
        return _late_text(entry, diary)
    return f"{entry.starts}  {_words(entry)}" if entry.starts else _words(entry)


def _words(entry: DiaryEntry) -> str:
    return f"{entry.words} · {entry.name}" if entry.name else entry.words
