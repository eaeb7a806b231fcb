"""The screen of the settings that were consulted, the family's request and the placement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, TypeAlias
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static

from shared.desk import CaseOut
from shared.letters import LetterRow
from shared.placements import (
    NO_NAME_IN_DRAFT,
    NOT_YET,
    REFUSAL_GROUNDS,
    SETTING_KINDS,
    ConsultationOut,
    FamilyRequestOut,
    PlacementOut,
    PlacementsOut,
    Reply,
    placement_days,
    placement_text,
)
from shared.places import PlaceKind
from shared.values.days import format_day
from tui.core.commands import command
from tui.desk import api as desk_api
from tui.desk.dialog import CaseDialog
from tui.desk.document_parts import OPENABLE
from tui.desk.pane import Pane, PaneRow
from tui.documents.save_list import CsvList, CsvScreen
from tui.placements import api
from tui.placements.dialogs import (
    ChaseSetting,
    DecideRequest,
    NamePlacement,
    RecordReply,
    RecordRequest,
)
from tui.widgets.header import Link
from tui.widgets.screen import SEND_LINKS
from tui.widgets.states import coloured_content

Row: TypeAlias = "ConsultationOut | FamilyRequestOut | PlacementOut"
ID_LENGTH = 36
"""Characters of a row's id, in which the ids of its links end."""
NOBODY = "Nobody was asked yet."
NO_REQUEST = "The family has not asked for a setting."
LETTER_DUE = "! Letter due: open it, make it, and post it with the papers."
NO_PLACEMENT = "The plan names no setting and no type yet."


class Card(PaneRow):
    """One row: lines of text above its links."""

    def __init__(self, row: Row, lines: Sequence[str], links: Sequence[Link]) -> None:
        super().__init__(classes="card")
        self.row = row
        self._lines, self._row_links = lines, links

    def compose(self) -> ComposeResult:
        """Lay out the lines above the links."""
        for line in self._lines:
            if line:
                yield Static(coloured_content(line))
        with Horizontal():
            yield from self._row_links


def action_link(row: Row, action: str, label: str) -> Link:
    """Create the link of a row that opens a dialog."""
    return Link(label, value=action, id=f"do-{action}-{row.id}", classes="do")


def letter_link(row: ConsultationOut) -> Link:
    """Create the link that opens the letter of a consultation."""
    place = PlaceKind.CONSULTATION_LETTER.of(row.id)
    return Link("Letter…", place=place, id=f"letter-{row.id}")


def consultation_card(row: ConsultationOut, letter: LetterRow | None = None) -> Card:
    """Build the card of a consultation; `letter` is the newest that was made."""
    way = f"by email to {row.email}" if row.email else "by post"
    asked = f"asked {format_day(row.asked_on)} {way}, reference {row.reference}"
    times = "once" if row.chases == 1 else f"{row.chases} times, last"
    chased = f"chased {times} {format_day(row.chased_on)}" if row.chased_on else ""
    if row.reply is None:
        state = " · ".join(part for part in (f"Reply due {row.due_words}", chased) if part)
        links = [
            action_link(row, "reply", "Record the reply…"),
            action_link(row, "chase", "Chase…"),
            letter_link(row),
        ]
    else:
        links = [action_link(row, "reply", "Correct the reply…"), letter_link(row)]
        answer = "✓ Yes" if row.reply is Reply.YES else "✗ No"
        ground = f": {REFUSAL_GROUNDS[row.ground]}" if row.ground else ""
        replied = f", {format_day(row.replied_on)}" if row.replied_on else ""
        state = f"{answer}{ground}{replied}"
    if letter and letter.scan in OPENABLE:
        links.append(action_link(row, "save", "Save the letter"))
    is_due = not (row.email or row.reply or row.has_letter)
    lines = (f"{row.name} · {asked}", state, LETTER_DUE if is_due else "", row.words)
    return Card(row, lines, links)


def request_card(row: FamilyRequestOut) -> Card:
    """Build the card of a family's request."""
    if row.agreed is None:
        state = "! Not decided"
    else:
        answer = "✓ Agreed" if row.agreed else "✗ Refused"
        ground = f": {REFUSAL_GROUNDS[row.ground]}" if row.ground else ""
        state = f"{answer}{ground}, {format_day(row.decided_on)}" if row.decided_on else answer
    heading = f"{row.name} · {SETTING_KINDS[row.kind]} · asked for {format_day(row.on)}"
    label = "Decide…" if row.agreed is None else "Correct the decision…"
    return Card(row, (heading, state, row.reason), [action_link(row, "decide", label)])


def placement_card(row: PlacementOut, settings: dict[str, str]) -> Card:
    """Build the card of a placement."""
    lines = (f"{row.name} · {placement_days(row)}", placement_text(row, settings))
    return Card(row, lines, [action_link(row, "correct", "Correct…")])


class Placements(CsvScreen):
    """Shows who was asked, the family's request and the placement, and records what follows."""

    CSS_PATH = "placements.tcss"
    LOCATION = "Cases"
    LINKS = SEND_LINKS
    AUTO_FOCUS = ""
    HELP_TEXT = (
        "{placements.ask} asks settings; each has 15 days, and silence does not stop the "
        "authority. {placements.reply} records the reply of the setting with the focus, "
        "{placements.chase} chases it. {placements.request} records which setting the family asks "
        "for: only the three grounds of section 39 allow refusing it. {placements.name} names the "
        "placement of the final plan."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command("placements.ask", "a", "ask", "ask settings", "Consult settings."),
        command("placements.reply", "r", "reply", "reply", "Record the reply of a setting."),
        command("placements.chase", "c", "chase", "chase", "Chase a setting."),
        command("placements.request", "f", "request", "family", "Record the family's request."),
        command("placements.name", "n", "name", "name", "Name the placement in the plan."),
    ]

    def __init__(self, case: str) -> None:
        super().__init__()
        self._case_id = UUID(case)
        self._case: CaseOut | None = None
        self._shown: PlacementsOut | None = None

    def csv_list(self) -> CsvList:
        """Return the settings that were consulted."""
        path = f"{api.BASE}/cases/{self._case_id}/consultations.csv"
        return CsvList("the settings consulted in this case", path)

    def body(self) -> ComposeResult:
        """Lay out the links above the three lists."""
        yield Static("Settings and placement", classes="title", markup=False)
        with Pane(can_focus=False):
            yield Vertical(id="warnings")
            with Horizontal(id="links"):
                yield Link("Ask settings", value="ask", id="ask", classes="do")
                yield Link("Family's request…", value="request", id="request", classes="do")
                yield Link("Name placement…", value="name", id="name", classes="do")
            for name, heading in (
                ("consultations", "Who was asked"),
                ("requests", "What the family asks for"),
                ("placements", "In the plan (section I)"),
            ):
                yield Static(heading, classes="title heading", markup=False)
                yield Vertical(id=name, classes="rows")

    def on_screen_resume(self) -> None:
        """Read the case again."""
        self.call(self._load(), on_error=self.handle_load_error, group="load")

    async def _load(self) -> None:
        client = self.portal.client
        shown = await api.read_placements(client, self._case_id)
        if self._case is None or any(row.has_letter for row in shown.consultations):
            self._case = await desk_api.read_case(client, self._case_id)
        self._shown = shown
        letters = {letter.about: letter for letter in reversed(self._case.letters)}
        cards = [consultation_card(row, letters.get(row.id)) for row in shown.consultations]
        self.set_location(f"Cases › {shown.child}")
        focused = (self.focused.id if self.focused else "") or ""
        warnings = shown.warnings if shown.open else [NOT_YET]
        async with self.batch():
            await self._fill("warnings", [_warning(text) for text in warnings], "")
            await self._fill("consultations", cards, NOBODY)
            await self._fill("requests", [request_card(row) for row in shown.requests], NO_REQUEST)
            cards = [placement_card(row, shown.settings) for row in shown.placements]
            await self._fill("placements", cards, NO_PLACEMENT)
        links = {link.id: link for link in self.query("#body Link") if link.id}
        beside = [link for id, link in links.items() if id[-ID_LENGTH:] == focused[-ID_LENGTH:]]
        (links.get(focused) or next(iter(beside), links["ask"])).focus()

    async def _fill(self, name: str, widgets: Sequence[Widget], nothing: str) -> None:
        container = self.query_one(f"#{name}")
        await container.remove_children()
        empty = [Static(nothing, markup=False)] if nothing else []
        await container.mount_all(widgets or empty)

    @on(Link.Chosen, ".do")
    def _on_link(self, event: Link.Chosen) -> None:
        event.stop()
        card = next((node for node in event.link.ancestors if isinstance(node, Card)), None)
        self._run(str(event.link.value), card.row if card else None)

    def _run(self, action: str, row: Row | None) -> None:
        if action == "ask":
            self.portal.navigation.open_place(PlaceKind.CONSULT.of(self._case_id))
        elif action == "save" and row:
            letters = self._case.letters if self._case else []
            newest = next(letter for letter in letters if letter.about == row.id)
            self.portal.save_document(newest.document, newest.name)
        elif dialog := self._create_dialog(action, row):
            self.app.push_screen(dialog)

    def _create_dialog(self, action: str, row: Row | None) -> CaseDialog | None:
        case, shown = self._case, self._shown
        if case is None or shown is None:
            return None
        match action, row:
            case "reply", ConsultationOut():
                return RecordReply(case, row)
            case "chase", ConsultationOut():
                return ChaseSetting(case, row)
            case "decide", FamilyRequestOut():
                return DecideRequest(case, row)
            case "request", _:
                return RecordRequest(case, shown.consultations)
            case "name", _:
                warning = NO_NAME_IN_DRAFT if NO_NAME_IN_DRAFT in shown.warnings else ""
                return NamePlacement(case, shown, warning, None)
            case "correct", PlacementOut():
                return NamePlacement(case, shown, "", row)
        return None

    def action_ask(self) -> None:
        """Consult settings."""
        self._run("ask", None)

    def action_request(self) -> None:
        """Record the family's request."""
        self._run("request", None)

    def action_name(self) -> None:
        """Name the placement."""
        self._run("name", None)

    def action_reply(self) -> None:
        """Record the reply of the setting with the focus, else of the first that is waited for."""
        self._run("reply", self._focused_consultation())

    def action_chase(self) -> None:
        """Chase the setting with the focus, else the first that is waited for."""
        self._run("chase", self._focused_consultation())

    def _focused_consultation(self) -> ConsultationOut | None:
        nodes = self.focused.ancestors if self.focused else []
        rows = [node.row for node in nodes if isinstance(node, Card)]
        waiting = [row for row in self._shown.consultations if not row.reply] if self._shown else []
        candidates = [*(row for row in rows if isinstance(row, ConsultationOut)), *waiting]
        return candidates[0] if candidates else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the keys of a setting only while one is waited for, or has the focus."""
        if action in {"reply", "chase"}:
            row = self._focused_consultation()
            return row is not None and (action == "reply" or row.reply is None)
        return super().check_action(action, parameters)


def _warning(text: str) -> Static:
    return Static(coloured_content(f"! {text}"), classes="warning")
