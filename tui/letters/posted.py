"""The dialog that records when a letter was posted."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from shared.letters import LetterRow
from shared.problems import FieldError
from shared.values.days import format_day, parse_day
from tui.desk.dialog import InputDialog, check_day, create_day_field
from tui.letters import api
from tui.widgets.field import Field

EXPLANATION = (
    "{title}. The last days in it, and those of the case, stay as they are: they run from the "
    "step on the case."
)


class RecordPosted(InputDialog[bool]):
    """Records when a letter was posted, or corrects it; returns True once it is done."""

    def __init__(self, case: UUID, letter: LetterRow) -> None:
        text = EXPLANATION.format(title=letter.title)
        version = letter.posting_version
        super().__init__("Letter posted", "Record it", text, version=version)
        self._case_id, self._letter = case, letter

    def fields(self) -> Iterable[Field]:
        """Ask for the day."""
        yield create_day_field("on", "Posted on", self._letter.posted_on)

    async def read_newer(self) -> dict[str, str]:
        """Read the day again."""
        made = (await api.list_letters(self.portal.client, self._case_id)).made
        day = next(row.posted_on for row in made if row.document == self._letter.document)
        return {"on": format_day(day)} if day else {}

    def errors(self) -> list[FieldError]:
        """Check the day."""
        return check_day("on", self.value("on"))

    async def send(self) -> bool:
        """Record the day."""
        on, document = parse_day(self.value("on")), self._letter.document
        await api.record_posted(self.portal.client, self._case_id, document, self.version, on)
        return True
