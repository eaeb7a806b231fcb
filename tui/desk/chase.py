"""The dialog that chases advice with a message that the officer can change."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID, uuid4

from shared.advice import CHASE_LIMIT, ChaseIn, ChaseOut
from shared.desk import CaseOut
from shared.problems import FieldError
from tui.desk import api
from tui.desk.dialog import CaseDialog, check_required
from tui.widgets.field import Field
from tui.widgets.long_text import LongText

NO_TEXT = "Enter the message."
TEXT_HELP = "They read it in the portal, with a link to their form."
TOO_LONG = f"The message must have {CHASE_LIMIT:,} characters or fewer."


class ChaseAdvice(CaseDialog):
    """Chases advice with the message as it is shown."""

    DONE = "Sent."

    def __init__(self, case: CaseOut, advice: UUID, message: ChaseOut) -> None:
        explanation = (
            f"To {', '.join(message.to)}: {message.subject}\n"
            "They also get an email, which names no child:\n"
            f"Subject: {message.mail_subject}\nText: {message.mail}"
        )
        super().__init__(case, "Chase the advice", "Send it", explanation)
        self._advice, self._message = advice, message
        self._chase_id = uuid4()

    def fields(self) -> Iterable[Field]:
        """Ask for the message."""
        control = LongText(self._message.text)
        yield Field("text", "Message", control, required=True, help_text=TEXT_HELP)

    def errors(self) -> list[FieldError]:
        """Check that there is a message, and that it is not too long."""
        text = self.value("text")
        if len(text) > CHASE_LIMIT:
            return [FieldError(pointer="/text", code="too_long", message=TOO_LONG)]
        return check_required("text", text, NO_TEXT)

    async def send(self) -> CaseOut:
        """Send the message."""
        chase = ChaseIn(id=self._chase_id, text=self.value("text"))
        return await api.chase_advice(self.portal.client, self._advice, chase)
