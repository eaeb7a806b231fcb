"""Sharing: who has a draft, who may fill it too, handing it over, and who did what with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static

from shared.forms.sharing import Colleague, Contribution
from shared.forms.sharing import Sharing as Shared
from shared.values.days import london_day, write_clock, write_day
from tui.forms import api
from tui.widgets import dialog
from tui.widgets.header import Link
from tui.widgets.screen import SEND_LINKS, PortalScreen

NOT_SHARED = "With nobody yet."
NO_COLLEAGUES = (
    "Nobody else of your organisation has an account here. A colleague who registers and writes "
    "the same organisation name in Work Details appears here."
)
HANDING = (
    "The form goes to {name} with all that is written in it and its documents, and {name} is told. "
    "It is yours no longer: you can fill it again only where {name} shares it with you. What you "
    "wrote stays under your name."
)
ADVICE_TOO = " The advice is then owed by {name}."


class Sharing(PortalScreen):
    """With whom a form is shared; its owner shares, takes back and hands over."""

    CSS_PATH = "sharing.tcss"
    WHERE = "SEND › Sharing"
    LINKS = SEND_LINKS
    HELP_TEXT = (
        "Share lets a colleague of your organisation fill this form with you. Take back ends "
        "that. Hand over gives the form away: it asks first. Below is who did what. Tab goes from "
        "one to the next, Enter chooses, PgUp and PgDn scroll."
    )
    AUTO_FOCUS: ClassVar[str] = ""

    def __init__(self, submission: str) -> None:
        super().__init__()
        self._submission = UUID(submission)
        self._shown: Shared | None = None

    def body(self) -> ComposeResult:
        """Lay out the form's name above what one call fills."""
        yield Static("", id="form-title", classes="title", markup=False)
        yield Static("", id="whose", markup=False)
        yield Vertical(id="sharing")

    def on_mount(self) -> None:
        """Read how it is shared."""
        self.call(self._load(), on_error=self.not_loaded)

    async def _load(self) -> None:
        self._shown = shown = await api.read_sharing(self.portal.client, self._submission)
        self.set_location(f"{shown.person_name} › Sharing")
        self.query_one("#form-title", Static).update(shown.title)
        self.query_one("#whose", Static).update(whose_words(shown))
        focused = self.focused.id if self.focused else None
        area = self.query_one("#sharing")
        async with self.batch():
            await area.remove_children()
            await area.mount_all(_parts(shown))
        self._focus(focused)

    def _focus(self, before: str | None) -> None:
        """Stay at the link that was chosen; where there is none, the keys scroll what is read."""
        same = self.query(f"#{before}") if before else self.query("#no-such")
        for link in [*same.results(Link), *self.query("#sharing Link").results(Link)]:
            link.focus()
            return
        body = self.query_one("#body")
        body.can_focus = True
        body.focus()

    @on(Link.Chosen, "#sharing Link")
    def _choose(self, event: Link.Chosen) -> None:
        event.stop()
        match event.link.value:
            case ("hand", Colleague() as colleague):
                self._ask_to_hand_over(colleague)
            case (what, Colleague() as colleague):
                self.call(self._share(colleague, end=what == "end"), group="share")

    async def _share(self, colleague: Colleague, *, end: bool) -> None:
        client = self.portal.client
        if end:
            await api.end_share(client, self._submission, colleague.account)
        else:
            await api.share(client, self._submission, colleague.account)
        await self._load()
        done = "No longer shared" if end else "Shared"
        self.notify(f"{done} with {colleague.name}.", markup=False)

    def _ask_to_hand_over(self, colleague: Colleague) -> None:
        words = HANDING + (ADVICE_TOO if self._shown and self._shown.advice else "")
        question = dialog.Question(
            f"Hand over to {colleague.name}?",
            words.format(name=colleague.name),
            (("keep", "Keep it"), ("hand", "Hand over")),
        )

        def answered(answer: str | None) -> None:
            if answer == "hand":
                self.call(self._hand_over(colleague), group="share")

        self.app.push_screen(question, answered)

    async def _hand_over(self, colleague: Colleague) -> None:
        await api.hand_over(self.portal.client, self._submission, colleague.account)
        self.notify(f"Handed over to {colleague.name}.", markup=False)
        self.portal.navigation.leave()


def whose_words(shown: Shared) -> str:
    """Return whose form it is, and why it can't be shared if that is so."""
    whose = f"for {shown.person_name} · " + ("yours" if shown.yours else f"{shown.owner}'s form")
    if shown.closed:
        return f"{whose}\n{shown.closed}"
    if not shown.yours:
        return f"{whose}, shared with you\nOnly {shown.owner} can share it or hand it over."
    return whose


def _parts(shown: Shared) -> Iterator[Widget]:
    owned = shown.yours and not shown.closed
    yield Static("Shared with", classes="title part")
    if not shown.shared_with:
        yield Static(NOT_SHARED, classes="hint line")
    for one in shown.shared_with:
        links = [("end", "Take back")] if shown.yours else []
        yield _line(one, [("hand", "Hand over"), *links] if owned else links)
    if owned:
        yield Static("Colleagues at your organisation", classes="title part")
        if not shown.colleagues:
            yield Static(NO_COLLEAGUES, classes="hint line")
        for one in shown.colleagues:
            yield _line(one, [("share", "Share"), ("hand", "Hand over")])
    yield Static("Who did what", classes="title part")
    for done in reversed(shown.contributors):
        yield Static(contribution_words(done), classes="line", markup=False)


def _line(one: Colleague, links: list[tuple[str, str]]) -> Widget:
    words = " · ".join(part for part in (one.name, one.role, one.email) if part)
    return Horizontal(
        Static(words, markup=False),
        *(Link(label, value=(what, one), id=f"{what}-{one.account}") for what, label in links),
        classes="line",
    )


def contribution_words(done: Contribution) -> str:
    """Return a contribution to a form: who, what and when."""
    day = write_day(london_day(done.at))
    return f"{day} {write_clock(done.at)}  {done.name} {done.words}"
