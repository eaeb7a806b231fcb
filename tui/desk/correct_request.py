"""The dialog that corrects a family's request that an officer entered."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import uuid4

from shared.desk import CaseOut, PaperRequestOut, RequestCorrectionIn
from shared.problems import FieldError
from shared.values.days import format_day, parse_day
from tui.desk import api
from tui.desk.actions import NO_REASON
from tui.desk.dialog import (
    CaseDialog,
    check_day,
    check_required,
    create_day_field,
    create_reason_field,
)
from tui.desk.paper import ASKED_BY_HINT, NO_NAME, create_questions
from tui.forms.fields import Question
from tui.widgets.field import Field
from tui.widgets.line_input import LineInput

EXPLANATION = (
    "What it said before is kept, with your name and reason. All deadlines are worked out again. "
    "The child's own details are corrected under People."
)
REASON_HELP = "Officers read it in the case; the professionals don't."


class CorrectRequest(CaseDialog):
    """Corrects who made a request on paper, the day it was received, and its answers."""

    AUTO_FOCUS = ""

    def __init__(self, case: CaseOut, request: PaperRequestOut) -> None:
        heading = f"Correct the request for {case.person.name}"
        super().__init__(case, heading, "Correct it", EXPLANATION, version=request.version)
        self._request = request

    def on_mount(self) -> None:
        """Begin at the top, where the explanation is."""
        super().on_mount()
        self.query(Field).first().control.focus(scroll_visible=False)

    def fields(self) -> Iterable[Field]:
        """Ask for what it should say, and the reason."""
        request = self._request
        yield create_day_field("received_on", "Received on", request.received_on)
        asked_by = LineInput(request.asked_by, max_length=200, compact=True)
        yield Field("asked_by", "Who asked, and how", asked_by, required=True, hint=ASKED_BY_HINT)
        yield from create_questions(request.form, request.answers)
        yield create_reason_field("reason", "Why it was wrong", REASON_HELP)

    async def read_newer(self) -> dict[str, str]:
        """Read the request again."""
        request = await api.read_request(self.portal.client, self._request.submission)
        texts = {"received_on": format_day(request.received_on), "asked_by": request.asked_by}
        for question in self.query(Question):
            texts[question.name or ""] = request.answers.get(question.definition.id, "")
        return texts

    def errors(self) -> list[FieldError]:
        """Check the day, who made it, and the reason."""
        return [
            *check_day("received_on", self.value("received_on")),
            *check_required("asked_by", self.value("asked_by"), NO_NAME),
            *check_required("reason", self.value("reason"), NO_REASON),
        ]

    async def send(self) -> CaseOut:
        """Correct the request."""
        answers = {
            question.definition.id: str(question.current_answer)
            for question in self.query(Question)
        }
        correction = RequestCorrectionIn(
            id=uuid4(),
            received_on=parse_day(self.value("received_on")),
            asked_by=self.value("asked_by"),
            answers={field: text for field, text in answers.items() if text.strip()},
            reason=self.value("reason"),
        )
        client, submission = self.portal.client, self._request.submission
        return await api.correct_request(client, submission, self.version, correction)
