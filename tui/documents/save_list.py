"""Saving the list that a screen shows as CSV, by one command for all lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import ClassVar, NamedTuple
from urllib.parse import urlencode

from textual.binding import BindingType

from shared.values.days import london_day, utc_now
from tui.core.commands import command
from tui.documents.save import Download, SaveCopy
from tui.widgets.screen import PortalScreen


class CsvList(NamedTuple):
    """A list to be saved: what it is called in a sentence, its path, its query, its file.

    Without a name of the file it is that of the path; a day follows it, without one today.
    """

    subject: str
    path: str
    query: Mapping[str, str | int | bool | Sequence[str]] = {}
    file: str = ""
    day: date | None = None


class CsvScreen(PortalScreen):
    """A screen whose list can be saved as CSV; a subclass defines `csv_list`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        command("list.csv", "y", "save_csv", "save as CSV", "Save this list as CSV.", show=False),
    ]

    def csv_list(self) -> CsvList:
        """Return the list that is shown."""
        raise NotImplementedError

    def action_save_csv(self) -> None:
        """Ask where to save the list as CSV."""
        subject, path, query, file, day = self.csv_list()
        file = file or path.rpartition("/")[2].removesuffix(".csv")
        name = f"{file}-{day or london_day(utc_now()):%Y-%m-%d}.csv"
        url = f"{path}?{urlencode(query, doseq=True)}" if query else path
        self.app.push_screen(SaveCopy(subject, [Download(url, name, "Save as CSV")]))
