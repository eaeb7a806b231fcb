"""The dialog for publishing a letter to professionals."""

from __future__ import annotations

from uuid import UUID, uuid4

from textual.app import ComposeResult
from textual.containers import Vertical

from shared.desk import CaseOut
from shared.letters import LetterRow
from shared.problems import FieldError
from shared.publications import PublicationKind, PublishIn
from tui.desk import api
from tui.desk.dialog import CaseDialog, check_required
from tui.desk.publish import (
    CONFIRMATION,
    NO_PROFESSIONAL,
    NO_READER,
    TITLE_LIMIT,
    create_reader_tick,
)
from tui.widgets.field import Field
from tui.widgets.tick import Tick


class PublishLetter(CaseDialog):
    """Publishes a letter to the selected professionals."""

    def __init__(self, case: CaseOut, letter: LetterRow) -> None:
        heading = f"Publish to professionals of {case.person.name}"
        super().__init__(case, heading, "Publish", f"{letter.title}. {CONFIRMATION}")
        self._letter = letter
        self._publication_id = uuid4()

    def compose_content(self) -> ComposeResult:
        """Ask who may read the letter."""
        ticks = [create_reader_tick(row) for row in self.case.professionals]
        hint = "" if ticks else NO_PROFESSIONAL
        readers = Vertical(*ticks, classes="readers")
        yield Field("readers", "Who may read it", readers, required=True, hint=hint)

    def _values(self) -> dict[str, str]:
        return {tick.id or "": str(tick.value) for tick in self.query(Tick)}

    @property
    def _readers(self) -> list[UUID]:
        return [
            UUID((tick.id or "").removeprefix("reader-")) for tick in self.query(Tick) if tick.value
        ]

    def errors(self) -> list[FieldError]:
        """Check that somebody was chosen."""
        return check_required("readers", "x" if self._readers else "", NO_READER)

    async def send(self) -> CaseOut:
        """Publish the letter."""
        publication = PublishIn(
            id=self._publication_id,
            document=self._letter.document,
            kind=PublicationKind.OTHER,
            title=self._letter.title[:TITLE_LIMIT],
            readers=self._readers,
        )
        return await api.publish(self.portal.client, self.case.id, publication)
