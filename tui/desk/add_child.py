"""The dialog that adds a child who is not in the portal."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import uuid4

from shared.desk import ChildIn, KnownChild
from shared.problems import FieldError
from shared.values.days import format_day, london_day, utc_now
from tui.core.errors import PortalError
from tui.desk import api, details
from tui.desk.dialog import InputDialog
from tui.people.fields import create_field
from tui.people.questions import QUESTIONS, FieldTexts, check_answers, parse_person
from tui.widgets.dialog import ChoiceDialog
from tui.widgets.field import Field

EXPLANATION = (
    "The child is on no professional's list until a case or a request brings one in. Letters to "
    "the parent go to the child's address; correct the parent on the case if they live elsewhere."
)
QUESTIONS_ASKED = (
    *details.QUESTIONS_ASKED,
    *("parent_name", "parent_relationship", "parent_email", "parent_phone"),
)
KNOWN_TITLE = "This child may be known already"
KNOWN_TEXT = "Known with this name, date of birth or number, or a similar one:"
GO_BACK = ("back", "Go back")
ADD_ANOTHER = ("new", "Add another")


class KnownAlready(PortalError):
    """The children who may be the new one."""

    def __init__(self, known: list[KnownChild]) -> None:
        super().__init__(KNOWN_TITLE)
        self.known = known


class AddChild(InputDialog[KnownChild]):
    """Adds a child with what a letter says, or returns the known one who is the same."""

    def __init__(self) -> None:
        super().__init__("Add a new child", "Add the child", EXPLANATION)
        self._child_id = uuid4()

    def fields(self) -> Iterable[Field]:
        """Ask for the details that a letter gives."""
        for question in QUESTIONS:
            if question.name in QUESTIONS_ASKED:
                yield create_field(question)

    def _texts(self) -> FieldTexts:
        texts = {question.name: "" for question in QUESTIONS}
        typed = {name: self.value(name) for name in QUESTIONS_ASKED}
        return texts | typed

    def errors(self) -> list[FieldError]:
        """Check the details as a professional's are checked."""
        return check_answers(self._texts(), london_day(utc_now()))[0]

    def warnings(self) -> list[FieldError]:
        """Check for what is unusual, such as an age of 25 or over."""
        return check_answers(self._texts(), london_day(utc_now()))[1]

    async def send(self) -> KnownChild:
        """Add the child, unless it is a known one."""
        person = parse_person(self._texts(), london_day(utc_now()))
        body = ChildIn(id=self._child_id, confirmed=self.confirmed, **person.model_dump())
        reply = await api.add_child(self.portal.client, body)
        if reply.added is None:
            raise KnownAlready(reply.known)
        return reply.added

    async def _on_error(self, error: PortalError) -> None:
        if isinstance(error, KnownAlready):
            self._offer(error.known)
        else:
            await super()._on_error(error)

    def _offer(self, known: list[KnownChild]) -> None:
        """Offer the known children, or to add another one with the same name."""
        same = {f"known-{number}": child for number, child in enumerate(known, 1)}
        lines = [child_text(child) for child in known]
        choose = [(id, "Choose this child") for id in same]
        if len(known) > 1:
            lines = [f"{number}. {line}" for number, line in enumerate(lines, 1)]
            choose = [(id, f"Choose number {number}") for number, id in enumerate(same, 1)]
        text = "\n".join([KNOWN_TEXT, *lines])

        def on_answer(answer: str | None) -> None:
            if answer in same:
                self.dismiss(same[answer])
            elif answer == "new":
                self.confirmed = True
                self.action_send()

        self.app.push_screen(
            ChoiceDialog(KNOWN_TITLE, text, (GO_BACK, *choose, ADD_ANOTHER)), on_answer
        )


def child_text(child: KnownChild) -> str:
    """Format a child as one line."""
    return f"{child.name} · born {format_day(child.born)} · {child.school}"
