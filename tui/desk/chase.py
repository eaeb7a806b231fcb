"""Dialogs that chase advice: with a message, or by phone or letter, which is then recorded."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID, uuid4

from textual import on
from textual.widgets import Select

from shared.advice import CHASE_LIMIT, ChasedBy, ChaseIn, ChaseOut, PostalChaseIn
from shared.desk import AdviceRow, CaseOut
from shared.problems import FieldError
from shared.values.days import parse_day
from tui.desk import advice_api
from tui.desk.dialog import CaseDialog, check_day, check_required, create_day_field
from tui.widgets.choice_list import ChoiceList
from tui.widgets.field import Field
from tui.widgets.long_text import LongText

NO_TEXT = "Enter the message."
TEXT_HELP = "They read it in the portal, with a link to their form."
BY_POST = (
    "The portal sends nothing: phone them, or choose Letter and post its words, and record it here."
)
BY = [("Phone", ChasedBy.PHONE), ("Letter", ChasedBy.LETTER)]
SAID = "What was said or written"
NO_WORDS = "Enter what was said or written."
WORDS_HELP = "What was said by phone. Choose Letter for words that you can post."
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
        return check_words(self.value("text"), NO_TEXT)

    async def send(self) -> CaseOut:
        """Send the message."""
        chase = ChaseIn(id=self._chase_id, text=self.value("text"))
        return await advice_api.chase_advice(self.portal.client, self._advice, chase)


class ChaseByPost(CaseDialog):
    """Records that somebody without an account was chased, and shows how to reach them."""

    DONE = "Recorded."

    def __init__(self, case: CaseOut, row: AdviceRow, text: str) -> None:
        lines = [f"To {row.by}, {row.organisation}" if row.organisation else f"To {row.by}"]
        lines.append(f"Phone: {row.phone or 'not recorded'}")
        lines.append(f"Address: {row.address or 'not recorded'}")
        explanation = "\n".join([BY_POST, "", *lines])
        super().__init__(case, "Chase the advice", "Record it", explanation)
        self._row = row
        self._way = ChasedBy.LETTER if row.address and not row.phone else ChasedBy.PHONE
        self._words = {ChasedBy.PHONE: "", ChasedBy.LETTER: text}
        self._chase_id = uuid4()

    def fields(self) -> Iterable[Field]:
        """Ask how they were chased, when, and with what words."""
        by = ChoiceList(BY, value=self._way, allow_blank=False, compact=True)
        yield Field("by", "Chased by", by)
        yield create_day_field("on", "On")
        words = LongText(self._words[self._way])
        yield Field("text", SAID, words, required=True, help_text=WORDS_HELP)

    @on(Select.Changed)
    def _show_words(self) -> None:
        """Show the words of the way that is chosen, with what was typed for it."""
        way, field = ChasedBy(self.value("by")), self.query_one("#field-text", Field)
        if way is not self._way:
            self._words[self._way], self._way = field.value, way
            field.load(self._words[way])

    def errors(self) -> list[FieldError]:
        """Check the day, and that there are words, and not too many."""
        return [
            *check_day("on", self.value("on")),
            *check_words(self.value("text"), NO_WORDS),
        ]

    async def send(self) -> CaseOut:
        """Record the chase."""
        chase = PostalChaseIn(
            id=self._chase_id,
            by=ChasedBy(self.value("by")),
            on=parse_day(self.value("on")),
            text=self.value("text"),
        )
        return await advice_api.chase_by_post(self.portal.client, self._row.id, chase)


def check_words(text: str, missing: str) -> list[FieldError]:
    """Check that there is a text, and that it is not too long."""
    if len(text) > CHASE_LIMIT:
        return [FieldError(pointer="/text", code="too_long", message=TOO_LONG)]
    return check_required("text", text, missing)
