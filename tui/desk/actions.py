"""What an officer does with a case in a dialog of its own."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID, uuid4

from textual import on
from textual.app import ComposeResult
from textual.widgets import Select, Static

from shared.cases.deadlines import DEADLINE_WORDS, GROUND_WORDS, DeadlineKind, Ground, excuses
from shared.desk import CaseOut, EventChoice, EventIn, ExemptionIn
from shared.forms.sharing import Colleague
from shared.problems import FieldError
from shared.values.days import read_day
from tui.desk import api
from tui.desk.dialog import CaseDialog, day_field, missing, reason_field, wrong_day
from tui.widgets.field import Field
from tui.widgets.finder import Finder

NO_REASON = "Enter the reason."
NO_MISSING = "Say what is missing."
NO_GROUND = "Choose the ground."
NO_ONE = "Choose somebody: type a name, an organisation or an email, then press Enter."
REASON_HELP = "The reason is kept in the history of the case."
MISSING_HELP = "The professional reads these words in their form and in a message."
EXEMPTION = "The deadline keeps its date; it is shown as excused, with the ground and your reason."
ACCEPTING = {
    "submissions": "The request is then being decided on. It can be edited until that is done.",
    "advice": "The advice then counts as given, and can't be edited any more.",
}
CANCELLING = "Whoever was asked is told that it is no longer needed. What they wrote is kept."
ALLOCATING = "The child is put on the list of the professional, who is told by a message."
REASSIGNING = (
    "The form goes to whom you choose, and is lost to whom it lies with now. What was written "
    "stays under the name of who wrote it; both are told by a message."
)


class AddEvent(CaseDialog):
    """Records that something happened, on which day and where needed why."""

    def __init__(self, case: CaseOut, choice: EventChoice) -> None:
        super().__init__(case, choice.action, "Record it")
        self._choice = choice
        self._event = uuid4()

    def fields(self) -> Iterable[Field]:
        """Ask for the day, and for the reason where one is needed."""
        yield day_field("on", "Date")
        if self._choice.reason:
            yield reason_field("reason", "Reason", REASON_HELP)

    def wrong(self) -> list[FieldError]:
        """Check the day and the reason."""
        found = wrong_day("on", self.value("on"))
        if self._choice.reason:
            found += missing("reason", self.value("reason"), NO_REASON)
        return found

    async def send(self) -> CaseOut:
        """Record it."""
        reason = self.value("reason") if self._choice.reason else ""
        event = EventIn(
            id=self._event, kind=self._choice.kind, on=read_day(self.value("on")), reason=reason
        )
        return await api.add_event(self.portal.client, self.case.id, event)


class SendBack(CaseDialog):
    """Returns a request or advice with what is missing."""

    def __init__(self, case: CaseOut, what: str, one: UUID) -> None:
        super().__init__(case, "Return the form", "Return it")
        self._what, self._one = what, one

    def fields(self) -> Iterable[Field]:
        """Ask what is missing."""
        yield reason_field("missing", "What is missing", MISSING_HELP)

    def wrong(self) -> list[FieldError]:
        """Check that something is missing."""
        return missing("missing", self.value("missing"), NO_MISSING)

    async def send(self) -> CaseOut:
        """Return it."""
        words = self.value("missing")
        return await api.send_back(self.portal.client, self._what, self._one, words)


class Accept(CaseDialog):
    """Accepts a request or advice, after it was said what that does."""

    def __init__(self, case: CaseOut, what: str, one: UUID) -> None:
        heading = "Accept the request" if what == "submissions" else "Accept the advice"
        super().__init__(case, heading, "Accept", ACCEPTING[what])
        self._what, self._one = what, one

    async def send(self) -> CaseOut:
        """Accept it."""
        return await api.accept(self.portal.client, self._what, self._one)


class Cancel(CaseDialog):
    """Asks no longer for advice."""

    def __init__(self, case: CaseOut, advice: UUID) -> None:
        super().__init__(case, "Ask no longer for this advice", "Ask no longer", CANCELLING)
        self._advice = advice

    async def send(self) -> CaseOut:
        """Say that it is no longer needed."""
        return await api.cancel_advice(self.portal.client, self._advice)


class Exempt(CaseDialog):
    """Records why a deadline could not be kept, on a ground that the law knows for it."""

    def __init__(self, case: CaseOut, clock: DeadlineKind, advice: UUID | None) -> None:
        heading = f"{DEADLINE_WORDS[clock]}: record why it could not be kept"
        super().__init__(case, heading, "Record it", EXEMPTION)
        self._clock, self._advice = clock, advice
        self._exemption = uuid4()

    def fields(self) -> Iterable[Field]:
        """Ask for the ground and the reason."""
        grounds = [(GROUND_WORDS[one], str(one)) for one in Ground if excuses(one, self._clock)]
        choice = Select(grounds, prompt="Please select", compact=True)
        yield Field("ground", "Ground", choice, required=True, help_text="As the law knows it.")
        yield reason_field("reason", "Reason", REASON_HELP)

    def wrong(self) -> list[FieldError]:
        """Check that both are there."""
        return [
            *missing("ground", self.value("ground"), NO_GROUND),
            *missing("reason", self.value("reason"), NO_REASON),
        ]

    async def send(self) -> CaseOut:
        """Record it."""
        exemption = ExemptionIn(
            id=self._exemption, clock=self._clock, ground=Ground(self.value("ground")),
            reason=self.value("reason"), advice=self._advice,
        )  # fmt: skip
        return await api.exempt(self.portal.client, self.case.id, exemption)


def professional_words(one: Colleague) -> str:
    """Write a professional in one line."""
    return " · ".join(words for words in (one.name, one.role, one.organisation) if words)


class ChooseProfessional(CaseDialog):
    """Finds one professional as one types."""

    def __init__(self, case: CaseOut, heading: str, do: str, explained: str) -> None:
        super().__init__(case, heading, do, explained)
        self.finder = Finder(self._find, professional_words, "Name, organisation or email")

    async def _find(self, words: str) -> list[Colleague]:
        return await api.find_professionals(self.portal.client, words)

    def questions(self) -> ComposeResult:
        """Lay out the finder above who was chosen."""
        yield self.finder
        yield Static("Nobody is chosen yet.", id="chosen", markup=False)

    @on(Finder.Chosen)
    def _chose(self) -> None:
        if self.finder.chosen:
            words = professional_words(self.finder.chosen)
            self.query_one("#chosen", Static).update(f"▸ {words}")
            self.query_one("#send").focus()

    def wrong(self) -> list[FieldError]:
        """Check that somebody is chosen."""
        chosen = "x" if self.finder.chosen else ""
        return missing("account", chosen, NO_ONE)

    @property
    def account(self) -> UUID:
        """Who was chosen."""
        assert self.finder.chosen is not None  # noqa: S101 - checked before it is sent
        return self.finder.chosen.account


class Allocate(ChooseProfessional):
    """Puts the child on a professional's list."""

    def __init__(self, case: CaseOut) -> None:
        super().__init__(case, "Allocate to a professional", "Allocate", ALLOCATING)

    async def send(self) -> CaseOut:
        """Allocate, and read how the case stands."""
        client = self.portal.client
        await api.allocate(client, self.case.person.id, self.account)
        return await api.read_case(client, self.case.id)


class Reassign(ChooseProfessional):
    """Gives a form that lies with someone to another professional."""

    def __init__(self, case: CaseOut, submission: UUID) -> None:
        super().__init__(case, "Give the form to someone else", "Reassign", REASSIGNING)
        self._submission = submission

    async def send(self) -> CaseOut:
        """Give it, and read how the case stands."""
        client = self.portal.client
        await api.reassign(client, self._submission, self.account)
        return await api.read_case(client, self.case.id)
