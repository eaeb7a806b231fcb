"""Sharing screen of a form: owner, shares, hand-over and contributors."""

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
from shared.forms.sharing import Sharing as SharingOut
from shared.values.days import format_day, format_time, london_day
from tui.forms import api
from tui.widgets import dialog
from tui.widgets.header import Link
from tui.widgets.screen import SEND_LINKS, PortalScreen

NOT_SHARED = "With nobody yet."
NO_COLLEAGUES = (
    "Nobody else of your organisation is confirmed here. A colleague who registers and chooses "
    "the same organisation appears here once somebody has confirmed them."
)
NOT_CONFIRMED = (
    "Nobody has confirmed yet that you work at your organisation. Until then nothing can be shared "
    "with you or by you. Ask a colleague who is already confirmed to confirm you under My Account "
    "› Colleagues, or ask the Local Authority. Check under My Account › Work Details that you "
    "chose the right organisation."
)
SHARE = (
    "Share {child}'s form with {name}, {email}? They can then read and fill in all of it, with its "
    "documents, until you take it back."
)
HAND_OVER = (
    "The form goes to {name}, {email}, with all that is written in it and its documents, and "
    "{name} is told. It is yours no longer: you can fill it again only where {name} shares it with "
    "you. What you wrote stays under your name."
)
HAND_OVER_ADVICE = " The advice is then owed by {name}."


class Sharing(PortalScreen):
    """Shows who can fill a form; its owner can share it or hand it over."""

    CSS_PATH = "sharing.tcss"
    LOCATION = "SEND › Sharing"
    LINKS = SEND_LINKS
    HELP_TEXT = (
        "Share lets a colleague of your organisation fill this form with you. Take back ends "
        "that. Hand over gives the form away. Both ask first. Below is who did what. {next} goes "
        "from "
        "one to the next, Enter chooses, PgUp and PgDn scroll."
    )
    AUTO_FOCUS: ClassVar[str] = ""

    def __init__(self, submission: str) -> None:
        super().__init__()
        self._submission = UUID(submission)
        self._sharing: SharingOut | None = None

    def body(self) -> ComposeResult:
        """Lay out the form's title and owner above the sections."""
        yield Static("", id="form-title", classes="title", markup=False)
        yield Static("", id="whose", markup=False)
        yield Vertical(id="sharing")

    def on_mount(self) -> None:
        """Load the shares."""
        self.call(self._load(), on_error=self.handle_load_error)

    async def _load(self) -> None:
        self._sharing = sharing = await api.read_sharing(self.portal.client, self._submission)
        self.set_location(f"{sharing.person_name} › Sharing")
        self.query_one("#form-title", Static).update(sharing.title)
        self.query_one("#whose", Static).update(owner_text(sharing))
        focused_id = self.focused.id if self.focused else None
        area = self.query_one("#sharing")
        async with self.batch():
            await area.remove_children()
            await area.mount_all(_sections(sharing))
        self._focus(focused_id)

    def _focus(self, link_id: str | None) -> None:
        """Focus the previous link, or the scrollable body if there are no links."""
        previous_link = self.query(f"#{link_id}") if link_id else self.query("#no-such")
        for link in [*previous_link.results(Link), *self.query("#sharing Link").results(Link)]:
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
            case ("share", Colleague() as colleague):
                self._ask_to_share(colleague)
            case ("end", Colleague() as colleague):
                self.call(self._share(colleague, is_ending=True), group="share")

    def _ask_to_share(self, colleague: Colleague) -> None:
        child = self._sharing.person_name if self._sharing else ""
        question = dialog.ChoiceDialog(
            f"Share with {colleague.name}?",
            SHARE.format(child=child, name=colleague.name, email=colleague.email),
            (("keep", "Do not share"), ("share", "Share")),
        )

        def on_answer(answer: str | None) -> None:
            if answer == "share":
                self.call(self._share(colleague, is_ending=False), group="share")

        self.app.push_screen(question, on_answer)

    async def _share(self, colleague: Colleague, *, is_ending: bool) -> None:
        client = self.portal.client
        if is_ending:
            await api.end_share(client, self._submission, colleague.account)
        else:
            await api.share(client, self._submission, colleague.account)
        await self._load()
        result = "No longer shared" if is_ending else "Shared"
        self.notify(f"{result} with {colleague.name}.", markup=False)

    def _ask_to_hand_over(self, colleague: Colleague) -> None:
        text = HAND_OVER + (HAND_OVER_ADVICE if self._sharing and self._sharing.advice else "")
        question = dialog.ChoiceDialog(
            f"Hand over to {colleague.name}?",
            text.format(name=colleague.name, email=colleague.email),
            (("keep", "Keep it"), ("hand", "Hand over")),
        )

        def on_answer(answer: str | None) -> None:
            if answer == "hand":
                self.call(self._hand_over(colleague), group="share")

        self.app.push_screen(question, on_answer)

    async def _hand_over(self, colleague: Colleague) -> None:
        await api.hand_over(self.portal.client, self._submission, colleague.account)
        self.notify(f"Handed over to {colleague.name}.", markup=False)
        self.portal.navigation.leave()


def owner_text(sharing: SharingOut) -> str:
    """Return the owner of the form, and any reason why it can't be shared."""
    text = f"for {sharing.person_name} · " + (
        "yours" if sharing.yours else f"{sharing.owner}'s form"
    )
    if sharing.closed:
        return f"{text}\n{sharing.closed}"
    if not sharing.yours:
        return f"{text}, shared with you\nOnly {sharing.owner} can share it or hand it over."
    return text


def _sections(sharing: SharingOut) -> Iterator[Widget]:
    can_share = sharing.yours and not sharing.closed
    yield Static("Shared with", classes="title part")
    if not sharing.shared_with:
        yield Static(NOT_SHARED, classes="hint line")
    for colleague in sharing.shared_with:
        links = [("end", "Take back")] if sharing.yours else []
        yield _line(colleague, [("hand", "Hand over"), *links] if can_share else links)
    if can_share:
        yield Static("Colleagues at your organisation", classes="title part")
        if not sharing.colleagues:
            text = NO_COLLEAGUES if sharing.confirmed else NOT_CONFIRMED
            yield Static(text, classes="hint line", markup=False)
        for colleague in sharing.colleagues:
            yield _line(colleague, [("share", "Share"), ("hand", "Hand over")])
    yield Static("Who did what", classes="title part")
    for contribution in reversed(sharing.contributors):
        yield Static(contribution_text(contribution), classes="line", markup=False)


def _line(colleague: Colleague, links: list[tuple[str, str]]) -> Widget:
    text = " · ".join(part for part in (colleague.name, colleague.role, colleague.email) if part)
    return Horizontal(
        Static(text, markup=False),
        *(
            Link(label, value=(action, colleague), id=f"{action}-{colleague.account}")
            for action, label in links
        ),
        classes="line",
    )


def contribution_text(contribution: Contribution) -> str:
    """Return a contribution as one line: date, name and action."""
    day = format_day(london_day(contribution.at))
    return f"{day} {format_time(contribution.at)}  {contribution.name} {contribution.words}"
