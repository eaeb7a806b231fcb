"""The dialog that gives a published document to further readers."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from textual.containers import Vertical

from shared.desk import CaseOut
from shared.problems import FieldError
from shared.publications import PublishedRow, ReadersIn
from tui.desk import api
from tui.desk.dialog import CaseDialog, check_required
from tui.desk.publish import NO_READER, create_reader_tick
from tui.widgets.field import Field
from tui.widgets.tick import Tick

EXPLANATION = (
    "Each gets a message, and can open and save the file {name}. To take it back, withdraw it from "
    "all."
)
NOBODY_ELSE = (
    "All professionals who have this child on their list can open it already. To add another, "
    "allocate the child to them first."
)


class AddReaders(CaseDialog):
    """Publishes a published document to further professionals who have the child on their list."""

    def __init__(self, case: CaseOut, row: PublishedRow) -> None:
        heading = f"Further readers of {row.title} of {case.person.name}"
        super().__init__(case, heading, "Publish to them", EXPLANATION.format(name=row.name))
        self._publication = row.id
        self._others = [
            person for person in case.professionals if person.account not in row.reader_ids
        ]

    def fields(self) -> Iterable[Field]:
        """Ask who else may read it."""
        ticks = Vertical(*map(create_reader_tick, self._others), classes="readers")
        hint = "" if self._others else NOBODY_ELSE
        yield Field("readers", "Who else may read it", ticks, required=True, hint=hint)

    def _values(self) -> dict[str, str]:
        return {tick.id or "": str(tick.value) for tick in self.query(Tick)}

    @property
    def _readers(self) -> list[UUID]:
        ticks = [tick for tick in self.query(Tick) if tick.value]
        return [UUID((tick.id or "").removeprefix("reader-")) for tick in ticks]

    def errors(self) -> list[FieldError]:
        """Check that somebody is chosen."""
        return check_required("readers", "x" if self._readers else "", NO_READER)

    async def send(self) -> CaseOut:
        """Publish the document to them."""
        body = ReadersIn(readers=self._readers)
        return await api.add_readers(self.portal.client, self._publication, body)
