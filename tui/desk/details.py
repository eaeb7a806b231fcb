"""The dialog that corrects a child's details."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import uuid4

from shared.desk import CaseOut
from shared.people import DetailsIn
from shared.problems import FieldError
from shared.values.days import format_day, parse_day
from tui.desk import api
from tui.desk.dialog import CaseDialog, check_day, check_required, create_reason_field
from tui.widgets.field import Field
from tui.widgets.line_input import LineInput

EXPLANATION = (
    "Everyone who has the child on their list sees this. Submitted forms stay as they are."
)
LABELS = {
    "first_name": "First name",
    "last_name": "Last name",
    "born": "Date of birth (dd/mm/yyyy)",
    "address": "Address",
    "postcode": "Postcode",
    "school": "School",
    "upn": "UPN",
}
OPTIONAL = {"upn"}
MISSING = "Enter this, or close to change nothing."
NO_REASON = "Enter the reason."
REASON_HELP = "It is shown in the Trail, with what was there before."


class CorrectDetails(CaseDialog):
    """Corrects a child's name, birth, address, school or UPN, with a reason."""

    AUTO_FOCUS = ""
    SENT_AGAIN = "save only what you changed"

    def __init__(self, case: CaseOut) -> None:
        heading, version = f"Correct the details of {case.person.name}", case.person.version
        super().__init__(case, heading, "Save the corrections", EXPLANATION, version=version)

    def on_mount(self) -> None:
        """Begin at the top, where the explanation is."""
        super().on_mount()
        self.query(Field).first().control.focus(scroll_visible=False)

    def fields(self) -> Iterable[Field]:
        """Ask for the details and the reason."""
        texts = self._texts()
        for name, label in LABELS.items():
            control = LineInput(texts[name], max_length=200, compact=True)
            yield Field(name, label, control, required=name not in OPTIONAL)
        yield create_reason_field("reason", "Reason", REASON_HELP)

    def _texts(self) -> dict[str, str]:
        person = self.case.person
        return {name: getattr(person, name) for name in LABELS} | {"born": format_day(person.born)}

    async def read_newer(self) -> dict[str, str]:
        """Read the child's details again."""
        self.case = await self.reload()
        return self._texts()

    def errors(self) -> list[FieldError]:
        """Check what is missing, and the date."""
        errors = [
            error
            for name in LABELS
            if name not in OPTIONAL
            for error in check_required(name, self.value(name), MISSING)
        ]
        if self.value("born"):
            errors += check_day("born", self.value("born"))
        return [*errors, *check_required("reason", self.value("reason"), NO_REASON)]

    async def send(self) -> CaseOut:
        """Correct the details that were changed here, and read the case again."""
        shown, values = self.case.person, {name: self.value(name) for name in LABELS}
        typed = values | {"born": parse_day(values["born"])}
        changed = {name: value for name, value in typed.items() if value != getattr(shown, name)}
        body = DetailsIn.model_validate({"id": uuid4(), "reason": self.value("reason"), **changed})
        client = self.portal.client
        await api.correct_details(client, self.case.person.id, self.version, body)
        return await api.read_case(client, self.case.id)
