"""Wire types of an officer's diary of a week."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel

from shared.values.lines import SafeLine


class EntryKind(StrEnum):
    """What an entry of the diary is about."""

    DEADLINE = "deadline"
    ADVICE = "advice"
    TASK = "task"
    PANEL = "panel"


class DiaryEntry(BaseModel):
    """An entry of the diary; `place` is the path that it opens, or ''.

    `uid` stays the same when the day of the entry changes, and `starts` is a time or ''.
    """

    uid: str
    kind: EntryKind
    day: date
    starts: str = ""
    words: SafeLine
    person: UUID | None = None
    name: SafeLine = ""
    case: UUID | None = None
    place: str = ""


class DiaryDay(BaseModel):
    """A day with its entries, meetings first."""

    day: date
    entries: list[DiaryEntry]


class DiaryOut(BaseModel):
    """A week from its Monday; `late` are earlier entries, in the current week only.

    At a weekend the current week is the one to come.
    """

    today: date
    days: list[DiaryDay]
    late: list[DiaryEntry] = []
    late_more: int = 0
    """Late entries beyond those in `late`."""
