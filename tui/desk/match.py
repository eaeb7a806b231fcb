"""The screen for matching a new child with children already known."""

from __future__ import annotations

from itertools import chain, repeat, zip_longest
from textwrap import wrap
from typing import ClassVar
from uuid import UUID

from rich.cells import set_cell_size
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Static

from shared.desk import Candidate, CaseOut, Matching
from shared.people import ParentOut, PersonOut
from shared.problems import ProblemCode
from shared.values.days import format_day
from tui.core.commands import command
from tui.core.errors import PortalError, Refused
from tui.desk import api
from tui.widgets.dialog import Action, ChoiceDialog, SecondaryAction
from tui.widgets.error_summary import ErrorSummary
from tui.widgets.screen import SEND_LINKS, PortalScreen

DETAILS = (
    ("name", "Name"),
    ("date of birth", "Date of birth"),
    ("UPN", "UPN"),
    ("NHS number", "NHS number"),
    ("address", "Address"),
    ("postcode", "Postcode"),
    ("school", "School"),
)
"""Names (as in `Candidate.alike`) and labels of the compared details."""
SAME = "= the same"
SAME_WIDTH = len(SAME)
LABEL_WIDTH = len("Date of birth")
NO_CANDIDATES = (
    "Nobody known is like this child: neither the name nor the date of birth nor a number is the "
    "same. Accept the child as new."
)


class MatchChild(PortalScreen):
    """Shows the candidates one at a time beside the new child."""

    CSS_PATH = "match.tcss"
    LINKS = SEND_LINKS
    LOCATION = "Cases"
    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-wide")]
    HELP_TEXT = (
        "A professional added this child. Say whether it is one the authority knows already: both "
        "histories then go on as one. What is alike is marked by '= the same'."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command("match.next", "n", "other(1)", "next", "Compare with the next one known."),
        command("match.before", "p", "other(-1)", "previous", "Compare with the previous one."),
    ]

    def __init__(self, case: str) -> None:
        super().__init__()
        self._case_id = UUID(case)
        self._case: CaseOut | None = None
        self._matching: Matching | None = None
        self._index = 0

    def body(self) -> ComposeResult:
        """Lay out the comparison above the buttons."""
        yield Static("Match a new child", classes="title", markup=False)
        yield Static("", id="added", classes="hint", markup=False)
        yield ErrorSummary()
        yield Static("", id="which", classes="title", markup=False)
        yield Static("", id="side-by-side", markup=False)
        with Horizontal(classes="actions"):
            yield Action("The same child", id="same")
            yield SecondaryAction("Next one known", id="next")
            yield SecondaryAction("Accept as new", id="new")
            yield SecondaryAction("Back", id="back")

    def on_mount(self) -> None:
        """Load the child and the candidates."""
        self.call(self._load(), on_error=self.handle_load_error)

    async def _load(self) -> None:
        client = self.portal.client
        self._case = await api.read_case(client, self._case_id)
        self._matching = await api.read_match_candidates(client, self._case.person.id)
        self._index = 0
        matching = self._matching
        self.set_location(f"Cases › {matching.person.name}")
        self.query_one("#added", Static).update(
            f"{matching.person.name}, added by {matching.added_by}."
        )
        self.query_one("#same").display = bool(matching.candidates)
        self.query_one("#next").display = len(matching.candidates) > 1
        self._show()
        self.query_one("#same" if matching.candidates else "#new").focus(scroll_visible=False)

    def on_resize(self) -> None:
        """Fit the comparison to the new width, once the page is laid out with it."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        matching = self._matching
        if matching is None:
            return
        candidate = self._candidate
        heading, rows = NO_CANDIDATES, ""
        if candidate is not None:
            heading = f"{self._index + 1} of {len(matching.candidates)} known who may be the same"
            rows = format_side_by_side(matching, candidate, self.query_one("#added").size.width)
        self.query_one("#which", Static).update(heading)
        self.query_one("#side-by-side", Static).update(rows)

    @property
    def _candidate(self) -> Candidate | None:
        matching = self._matching
        return matching.candidates[self._index] if matching and matching.candidates else None

    def action_other(self, offset: int) -> None:
        """Show another candidate."""
        if self._matching and self._matching.candidates:
            self._index = (self._index + offset) % len(self._matching.candidates)
            self._show()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the commands for other candidates only if there are several."""
        has_several = self._matching is not None and len(self._matching.candidates) > 1
        return has_several or action != "other"

    @on(Button.Pressed, "#next")
    def _show_next(self) -> None:
        self.action_other(1)

    @on(Button.Pressed, "#same")
    def _confirm_match(self) -> None:
        matching, candidate = self._matching, self._candidate
        if matching is None or candidate is None:
            return

        def on_answer(answer: str | None) -> None:
            if answer == "merge":
                self.call(self._match(candidate.person.id), group="match", on_error=self._on_error)

        answers = (("stay", "Stay here"), ("merge", "The same child"))
        text = merge_text(matching, candidate)
        self.app.push_screen(ChoiceDialog("Make one child of the two?", text, answers), on_answer)

    @on(Button.Pressed, "#new")
    def _accept_as_new(self) -> None:
        self.call(self._match(None), group="match", on_error=self._on_error)

    async def _match(self, same_as: UUID | None) -> None:
        matching = self._matching
        if matching is None:
            return
        await api.match_child(self.portal.client, matching.person.id, same_as)
        result = "is one child with the one known now" if same_as else "is accepted as new"
        self.notify(f"{matching.person.name} {result}.", markup=False)
        self.portal.navigation.leave()

    def _on_error(self, error: PortalError) -> None:
        if isinstance(error, Refused) and error.code is ProblemCode.NOT_ALLOWED:
            self.query_one(ErrorSummary).show([("", str(error))])
        else:
            self.portal.show_error(error)
            self.call(self._load(), on_error=self.handle_load_error)

    @on(Button.Pressed, "#back")
    def action_back(self) -> None:
        """Leave without matching the child."""
        self.portal.navigation.leave()


def merge_text(matching: Matching, candidate: Candidate) -> str:
    """Explain the effect of merging a new child with a known one."""
    new, known = matching.person, candidate.person
    parents = ""
    if matching.parents and candidate.parents:
        parents = "Add parents and carers that only the new child has here afterwards. "
    return (
        f"{new.name}, born {format_day(new.born)}, goes on as {known.name}, born "
        f"{format_day(known.born)}: the details kept are those already known. Forms, documents and "
        "cases of both belong to that child then, who takes the place of the new one on every "
        "professional's list. Where both have an open request, they go on as one case. "
        f"{parents}This can't be undone."
    )


def format_side_by_side(matching: Matching, known: Candidate, width: int) -> str:
    """Format two children side by side in `width` cells, marking equal details."""
    column = max(8, (width - LABEL_WIDTH - SAME_WIDTH - 6) // 2)
    lines = _format_row("", "New child", "Already known", "", column)
    for name, label in DETAILS:
        alike = SAME if name in known.alike else ""
        lines += _format_row(
            label,
            _detail_text(matching.person, name),
            _detail_text(known.person, name),
            alike,
            column,
        )
    for mine, theirs in zip_longest(matching.parents, known.parents):
        lines += _format_row("Parent, carer", _parent_text(mine), _parent_text(theirs), "", column)
    return "\n".join(lines)


def _format_row(label: str, new_text: str, known_text: str, alike: str, column: int) -> list[str]:
    line_pairs = zip_longest(wrap(new_text, column), wrap(known_text, column), fillvalue="")
    return [
        "  ".join(
            [
                set_cell_size(label if first else "", LABEL_WIDTH),
                set_cell_size(left, column),
                set_cell_size(right, column),
                alike if first else "",
            ]
        ).rstrip()
        for first, (left, right) in zip(chain([True], repeat(False)), line_pairs, strict=False)
    ]


def _detail_text(person: PersonOut, name: str) -> str:
    values = {
        "name": person.name,
        "date of birth": format_day(person.born),
        "UPN": person.upn,
        "NHS number": person.nhs_number,
        "address": person.address,
        "postcode": person.postcode,
        "school": person.school,
    }
    return values[name] or "not given"


def _parent_text(parent: ParentOut | None) -> str:
    return " · ".join(parent.lines) if parent else ""
