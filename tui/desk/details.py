"""The dialog that corrects a child's details."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import uuid4

from shared.desk import CaseOut
from shared.letters import DETAILS_IN_LETTERS, LetterRow
from shared.people import DetailsIn
from shared.problems import FieldError
from shared.values.days import london_day, utc_now
from tui.desk import api
from tui.desk.dialog import CaseDialog, check_required, create_reason_field
from tui.people.fields import create_field
from tui.people.questions import (
    QUESTIONS,
    FieldTexts,
    check_answers,
    parse_person,
    to_field_texts,
)
from tui.widgets.field import Field

EXPLANATION = (
    "Everyone who has the child on their list sees this. Submitted forms stay as they are."
)
QUESTIONS_ASKED = (
    "first_name",
    "last_name",
    "born",
    "gender",
    "upn",
    "nhs_number",
    "address",
    "postcode",
    "school",
)
NO_REASON = "Enter the reason."
REASON_HELP = "It is shown in the Trail, with what was there before."


class CorrectDetails(CaseDialog):
    """Corrects a child's name, birth, gender, numbers, address or school, with a reason."""

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
        texts = to_field_texts(self.case.person)
        for question in QUESTIONS:
            if question.name in QUESTIONS_ASKED:
                yield create_field(question, texts[question.name])
        yield create_reason_field("reason", "Reason", REASON_HELP)

    def _texts(self) -> FieldTexts:
        typed = {name: self.value(name) for name in QUESTIONS_ASKED}
        return to_field_texts(self.case.person) | typed

    async def read_newer(self) -> dict[str, str]:
        """Read the child's details again."""
        self.case = await self.reload()
        return to_field_texts(self.case.person)

    def errors(self) -> list[FieldError]:
        """Check the details as a professional's are checked, and the reason."""
        return [*self._check()[0], *check_required("reason", self.value("reason"), NO_REASON)]

    def warnings(self) -> list[FieldError]:
        """Check for what is unusual, such as an age of 25 or over."""
        return self._check()[1]

    def _check(self) -> tuple[list[FieldError], list[FieldError]]:
        errors, warnings = check_answers(self._texts(), london_day(utc_now()))
        asked = {f"/{name}" for name in QUESTIONS_ASKED}
        return [error for error in errors if error.pointer in asked], warnings

    async def send(self) -> CaseOut:
        """Correct the details that were changed here, and read the case again."""
        shown, typed = self.case.person, parse_person(self._texts(), london_day(utc_now()))
        values = {name: getattr(typed, name) for name in QUESTIONS_ASKED}
        changed = {name: value for name, value in values.items() if value != getattr(shown, name)}
        body = DetailsIn.model_validate({"id": uuid4(), "reason": self.value("reason"), **changed})
        client = self.portal.client
        await api.correct_details(client, self.case.person.id, self.version, body)
        case = await api.read_case(client, self.case.id)
        text = outdated_text(case.letters)
        if text and DETAILS_IN_LETTERS & changed.keys():
            self.notify(text, markup=False)
        return case


def outdated_text(letters: Sequence[LetterRow]) -> str:
    """Return how many letters say what was corrected or undone since, or ''."""
    count = sum(row.outdated for row in letters)
    subject = "1 letter says" if count == 1 else f"{count} letters say"
    return f"{subject} what was corrected or undone since: see Letters." if count else ""
