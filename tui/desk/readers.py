"""The dialog that gives a published document to further readers."""

from __future__ import annotations

from collections.abc import Iterable

from shared.desk import CaseOut
from shared.problems import FieldError
from shared.publications import PublishedRow, ReadersIn
from tui.desk import api
from tui.desk.dialog import CaseDialog, check_required
from tui.desk.publish import NO_READER
from tui.desk.readers_field import ReadersField
from tui.widgets.field import Field

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
        yield ReadersField("Who else may read it", self._others, nobody=NOBODY_ELSE, required=True)

    def errors(self) -> list[FieldError]:
        """Check that somebody is chosen."""
        return check_required("readers", self.value("readers"), NO_READER)

    async def send(self) -> CaseOut:
        """Publish the document to them."""
        body = ReadersIn(readers=self.query_one(ReadersField).readers)
        return await api.add_readers(self.portal.client, self._publication, body)
