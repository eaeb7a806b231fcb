"""Dialogs for a child's parents and carers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import uuid4

from textual.widgets import Select

from shared.desk import CaseOut
from shared.people import CONTACT_LABELS, ContactBy, Parent, ParentsIn
from shared.problems import FieldError
from shared.values.checks import check_parent
from tui.desk import api
from tui.desk.details import NO_REASON, REASON_HELP
from tui.desk.dialog import CaseDialog, check_required, create_reason_field
from tui.widgets.choice_list import ChoiceList
from tui.widgets.field import Field
from tui.widgets.line_input import LineInput

LINES = {
    "name": ("Name", "As letters address them."),
    "relationship": ("Relationship to the child", "For example mother, father or foster carer."),
    "address": ("Address, if it is not the child's", "House, street and town."),
    "postcode": ("Postcode", "The postcode of the address, for example LE1 1FZ."),
    "phone": ("Telephone number", "For example 0116 496 0101."),
    "email": ("Email address", "For example name@home.example."),
}
"""The label and the help of each detail in one line."""
RESPONSIBILITIES = {"yes": True, "no": False, "": None}
RESPONSIBILITY_HELP = (
    "A letter is to the first parent or carer, and to all others who have it at the same address."
)
REMOVE_EXPLANATION = "The child and what was sent stay as they are. The Trail keeps what was here."


class ParentDialog(CaseDialog):
    """Base class of the dialogs, which save the whole list of a child's parents and carers."""

    def __init__(self, case: CaseOut, heading: str, button: str, explanation: str = "") -> None:
        super().__init__(case, heading, button, explanation, version=case.person.version)

    async def read_newer(self) -> dict[str, str]:
        """Read the case again, with its parents and carers."""
        self.case = await self.reload()
        return {}

    def errors(self) -> list[FieldError]:
        """Check the reason."""
        return check_required("reason", self.value("reason"), NO_REASON)

    async def save(self, parents: Sequence[Parent]) -> CaseOut:
        """Save the parents and carers, and read the case again."""
        client, reason = self.portal.client, self.value("reason")
        body = ParentsIn(id=uuid4(), parents=list(parents), reason=reason)
        await api.correct_parents(client, self.case.person.id, self.version, body)
        return await api.read_case(client, self.case.id)


class WriteParent(ParentDialog):
    """Adds a parent or carer of a child, or corrects the details of one."""

    SENT_AGAIN = "save only what you changed"

    def __init__(self, case: CaseOut, parent: Parent | None = None) -> None:
        child = case.person.name
        heading = f"Correct a parent of {child}" if parent else f"Add a parent or carer of {child}"
        super().__init__(case, heading, "Save")
        self._shown = parent or Parent(id=uuid4(), name="")

    def fields(self) -> Iterable[Field]:
        """Ask who they are, where they live, and how to reach them."""
        texts = _texts(self._shown)
        lines = {
            name: Field(
                name,
                label,
                LineInput(texts[name], max_length=200, compact=True),
                required=name == "name",
                help_text=help_text,
            )
            for name, (label, help_text) in LINES.items()
        }
        yield lines.pop("name")
        yield lines.pop("relationship")
        has_it = (("Yes", "yes"), ("No", "no"))
        label = "Parental responsibility"
        yield _choice("responsibility", label, has_it, texts, RESPONSIBILITY_HELP)
        yield from lines.values()
        ways = [(text.capitalize(), str(way)) for way, text in CONTACT_LABELS.items()]
        yield _choice("prefers", "Prefers contact", ways, texts, "How they want to be reached.")
        yield create_reason_field("reason", "Reason, or where you know it from", REASON_HELP)

    async def read_newer(self) -> dict[str, str]:
        """Read the parent or carer again."""
        await super().read_newer()
        stored = (row for row in self.case.parents if row.id == self._shown.id)
        return next((_texts(row) for row in stored), {})

    def _typed(self) -> Parent:
        lines = {name: self.value(name) for name in LINES}
        way = self.value("prefers")
        return Parent(
            id=self._shown.id,
            responsibility=RESPONSIBILITIES[self.value("responsibility")],
            prefers=ContactBy(way) if way else None,
            **lines,
        )

    def errors(self) -> list[FieldError]:
        """Check the details and the reason."""
        return [*check_parent(self._typed()).errors, *super().errors()]

    async def send(self) -> CaseOut:
        """Save the parent or carer among the others."""
        typed = self._typed()
        parents = {row.id: row for row in self.case.parents} | {typed.id: typed}
        return await self.save(list(parents.values()))


class RemoveParent(ParentDialog):
    """Removes a parent or carer of a child."""

    SENT_AGAIN = "remove them all the same"

    def __init__(self, case: CaseOut, parent: Parent) -> None:
        heading = f"Remove {parent.name or 'the parent or carer'}"
        super().__init__(case, heading, "Remove", REMOVE_EXPLANATION)
        self._shown = parent

    def fields(self) -> Iterable[Field]:
        """Ask for the reason."""
        yield create_reason_field("reason", "Reason", REASON_HELP)

    async def send(self) -> CaseOut:
        """Save the others."""
        return await self.save([row for row in self.case.parents if row.id != self._shown.id])


def _texts(parent: Parent) -> dict[str, str]:
    has_it = {value: text for text, value in RESPONSIBILITIES.items()}
    return {name: getattr(parent, name) for name in LINES} | {
        "responsibility": has_it[parent.responsibility],
        "prefers": parent.prefers or "",
    }


def _choice(
    name: str,
    label: str,
    options: Iterable[tuple[str, str]],
    texts: dict[str, str],
    help_text: str,
) -> Field:
    value = texts[name] or Select.NULL
    control = ChoiceList(options, value=value, prompt="Not known", compact=True)
    return Field(name, label, control, help_text=help_text)
