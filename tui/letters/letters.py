"""The screen with the letters of a case."""

from __future__ import annotations

from functools import partial
from typing import ClassVar
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Static

from shared.desk import CaseOut
from shared.documents import ScanState
from shared.letters import LetterChoice, LetterRow, Letters
from shared.places import PlaceKind
from shared.values.days import format_day
from tui.core.commands import command
from tui.desk import api as desk_api
from tui.desk.case_parts import CaseAction, action_links
from tui.desk.document_parts import letter_item, save_links
from tui.desk.pane import Pane
from tui.letters import api
from tui.letters.posted import RecordPosted
from tui.letters.publish import PublishLetter
from tui.widgets.header import Link
from tui.widgets.headings import child_heading
from tui.widgets.long_list import LazyItem, LongList, text_height
from tui.widgets.screen import SEND_LINKS, PortalScreen

NOTHING_FITS = "Nothing that calls for a letter has been recorded in this case."


class CaseLetters(PortalScreen):
    """Lists the kinds of letter that fit first, then those made, then the other kinds."""

    CSS_PATH = "letters.tcss"
    LOCATION = "Cases"
    LINKS = SEND_LINKS
    AUTO_FOCUS = ""
    HELP_TEXT = (
        "Choose a letter to write it. Those for what was recorded last come first. A letter that "
        "was made is kept as it is; Save a copy saves its PDF to print or to send, "
        "and Posted… records the day on which it was posted. {next} moves on."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command("letters.again", "r", "again", "read again", "Read the letters again."),
    ]

    def __init__(self, case: str) -> None:
        super().__init__()
        self._case_id = UUID(case)
        self._letters: Letters | None = None

    def body(self) -> ComposeResult:
        """Lay out the child above the letters."""
        yield Static("", id="child", classes="title", markup=False)
        with Pane(can_focus=False):
            yield LongList()

    def on_screen_resume(self) -> None:
        """Load the letters, which may have changed."""
        self.action_again()

    def action_again(self) -> None:
        """Load the letters."""
        on_error = self.portal.show_error if self._letters else self.handle_load_error
        self.call(self._load(), group="load", on_error=on_error)

    async def _load(self) -> None:
        letters = await api.list_letters(self.portal.client, self._case_id)
        self._letters = letters
        self.set_location(f"Cases › {letters.child} › Letters")
        self._show_child()
        focused_id = self.focused.id if self.focused else None
        await self.query_one(LongList).show(build_items(letters))
        links = list(self.query_one(LongList).query(Link))
        chosen = next((link for link in links if focused_id and link.id == focused_id), None)
        if links:
            (chosen or links[0]).focus()

    def _show_child(self) -> None:
        if self._letters:
            child, born = self._letters.child, f"born {format_day(self._letters.born)}"
            widget = self.query_one("#child", Static)
            widget.update(child_heading(child, born, "letters", widget.size.width or 80))

    def on_resize(self) -> None:
        """Fit the child's name to the new width."""
        super().on_resize()
        self.call_after_refresh(self._show_child)

    @on(Link.Chosen, ".do")
    def _run_action(self, event: Link.Chosen) -> None:
        event.stop()
        action, letters = event.link.value, self._letters
        if not isinstance(action, CaseAction) or letters is None:
            return
        letter = next(row for row in letters.made if row.document == action.target)
        if action.name == "save":
            self.portal.save_document(letter.document, letter.name)
        elif action.name == "posted":
            self.app.push_screen(RecordPosted(self._case_id, letter))
        else:
            self.call(self._publish(letter), group="publish")

    async def _publish(self, letter: LetterRow) -> None:
        case = await desk_api.read_case(self.portal.client, self._case_id)

        def on_closed(published: CaseOut | None) -> None:
            if published is not None:
                self.notify(f"{letter.title} is published.", markup=False)

        if self.is_on_top:
            self.app.push_screen(PublishLetter(case, letter), on_closed)


def build_items(letters: Letters) -> list[LazyItem]:
    """Build the rows of the screen."""
    fitting = [choice for choice in letters.kinds if choice.fits]
    others = [choice for choice in letters.kinds if not choice.fits]
    items = [_text("For what was recorded last", "title")]
    items.append(_text(fitting[0].event if fitting else NOTHING_FITS, "hint"))
    items += [_choice_item(letters, choice) for choice in fitting]
    if letters.made:
        items.append(_text("Letters made", "title heading"))
        items += [LazyItem(partial(_made_item, row), 4) for row in letters.made]
    items.append(_text("Other letters", "title heading"))
    for choice in others:
        items.append(_choice_item(letters, choice))
        if choice.event:
            items.append(_text(f"  for: {choice.event}", "hint"))
    return items


def _text(text: str, classes: str) -> LazyItem:
    return LazyItem(partial(Static, text, classes=classes, markup=False), text_height(text))


def _choice_item(letters: Letters, choice: LetterChoice) -> LazyItem:
    return LazyItem(partial(_choice_link, letters, choice), 1)


def _choice_link(letters: Letters, choice: LetterChoice) -> Widget:
    text = f"{choice.title} · draft" if choice.draft else choice.title
    place = PlaceKind.LETTER.of(f"{letters.case}/{choice.kind}")
    return Link(text, place=place, id=f"write-{choice.kind}")


def _made_item(row: LetterRow) -> Widget:
    links = save_links(row.document, row.scan)
    links += action_links((CaseAction("posted", row.document), "Posted…"))
    if row.scan is not ScanState.INFECTED:
        publish = (CaseAction("publish", row.document), "Publish to professionals…")
        links += action_links(publish)
    return letter_item(row, links)
