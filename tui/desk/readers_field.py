"""The question who may read a document in the portal."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from textual.containers import Vertical

from shared.desk import ProfessionalRow
from tui.desk.publish import NO_PROFESSIONAL, create_reader_tick
from tui.widgets.field import Field
from tui.widgets.tick import Tick


class ReadersField(Field):
    """A tick for each professional who may become a reader, named `readers`."""

    def __init__(
        self,
        label: str,
        professionals: Iterable[ProfessionalRow],
        *,
        hint: str = "",
        nobody: str = NO_PROFESSIONAL,
        required: bool = False,
    ) -> None:
        ticks = [create_reader_tick(row) for row in professionals]
        control = Vertical(*ticks, classes="readers")
        super().__init__(
            "readers", label, control, required=required, hint=hint if ticks else nobody
        )

    @property
    def readers(self) -> list[UUID]:
        """The accounts of those chosen."""
        ticks = [tick for tick in self.query(Tick) if tick.value]
        return [UUID((tick.id or "").removeprefix("reader-")) for tick in ticks]

    @property
    def value(self) -> str:
        """The accounts of those chosen, one a line, or ''."""
        return "\n".join(map(str, self.readers))
