"""The screen for entering a family's request received on paper or by phone."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar
from uuid import uuid4

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from shared.desk import CaseOut, KnownChild, PaperRequest
from shared.forms.definition import FormDefinition, Group
from shared.places import Place, PlaceKind
from shared.problems import FieldError, ProblemCode
from shared.values.days import format_day, parse_day
from tui.core.commands import command
from tui.core.errors import PortalError, Refused
from tui.desk import api
from tui.desk.child_page import ADD_CHILD, ChildPage
from tui.desk.dialog import CONFIRM_ANSWERS, check_day, check_required, create_day_field
from tui.desk.file_field import FileField
from tui.forms import api as forms_api
from tui.forms.fields import Question
from tui.widgets.dialog import Action, ChoiceDialog, SecondaryAction
from tui.widgets.error_summary import ErrorSummary
from tui.widgets.field import Field
from tui.widgets.finder import Finder
from tui.widgets.header import Link
from tui.widgets.line_input import LineInput

FORM = "parent-request"
EXPLANATION = (
    "The request counts from the day it was received. It opens a case, or joins the child's open "
    "one, and professionals of the child can read it."
)
ASKED_BY_HINT = "For example: the mother, Lena Larkspur, by letter."
LETTER = "The letter"
LETTER_HINT = "A scan or a photo. It is kept with the case, for officers only."
LETTER_AGAIN = "The file was of the child chosen before, and is deleted. Choose it again."
LETTER_LATER = "A scan of the letter can be added here once the child is chosen."
NO_NAME = "Say who asked, and how: by letter, by phone."
OTHER_WAY = "Open a case without a request"


class EnterRequest(ChildPage):
    """A page with the child, the date of receipt and the questions of the form."""

    NEXT_FIELD = "#field-received_on"
    HELP_TEXT = (
        "{paper.send} enters the request. {child.add} adds a child who is not found. "
        "{back} goes back and asks first."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command("paper.send", "ctrl+s", "send", "enter it", "Enter the request."),
        ADD_CHILD,
    ]

    def __init__(self) -> None:
        super().__init__()
        self._submission_id, self._version_id = uuid4(), uuid4()
        self._confirmed = False
        self._letter: FileField | None = None

    def body(self) -> ComposeResult:
        """Lay out the child and the date above the questions, which are loaded later."""
        yield Static("Enter a request that came on paper", classes="title", markup=False)
        yield Static(EXPLANATION, classes="hint", markup=False)
        yield Link(OTHER_WAY, place=Place(PlaceKind.OPEN_CASE))
        yield ErrorSummary()
        yield from self._child_fields()
        yield create_day_field("received_on", "Received on")
        asked_by = LineInput(max_length=200, compact=True)
        yield Field("asked_by", "Who asked, and how", asked_by, required=True, hint=ASKED_BY_HINT)
        with Vertical(id="letter"):
            yield Static(LETTER_LATER, classes="hint", markup=False)
        yield Vertical(id="questions")
        with Horizontal(classes="actions"):
            yield Action("Enter the request", id="send")
            yield SecondaryAction("Back", id="back")

    def on_mount(self) -> None:
        """Load the form."""
        self.call(self._load(), on_error=self.handle_load_error)

    async def _load(self) -> None:
        form = await forms_api.read_form(self.portal.client, FORM)
        await self.query_one("#questions").mount_all(create_questions(form))

    @on(Finder.Chosen)
    async def _offer_letter(self) -> None:
        """Ask for the scan of the letter, anew for another child: a file is about one child."""
        child, letter = self._finder.choice, self._letter
        if child is None or (letter and letter.row.person == child.id):
            return
        if letter and letter.value:
            self.notify(LETTER_AGAIN, markup=False)
        self._letter = FileField(LETTER, child.id, required=False, hint=LETTER_HINT)
        place = self.query_one("#letter")
        await place.remove_children()
        await place.mount(self._letter)

    def _answers(self) -> dict[str, str]:
        answers = {
            question.definition.id: str(question.current_answer)
            for question in self.query(Question)
        }
        return {field: text for field, text in answers.items() if text.strip()}

    def errors(self) -> list[FieldError]:
        """Check the child, the day and who asked."""
        return [
            *super().errors(),
            *check_day("received_on", self.query_one("#field-received_on", Field).value),
            *check_required("asked_by", self.query_one("#field-asked_by", Field).value, NO_NAME),
            *(self._letter.errors() if self._letter else []),
        ]

    async def send_for(self, child: KnownChild) -> CaseOut:
        """Enter the request."""
        received_on = parse_day(self.query_one("#field-received_on", Field).value)
        document = self._letter.row.document if self._letter else None
        request = PaperRequest(
            submission=self._submission_id,
            version=self._version_id,
            person=child.id,
            received_on=received_on,
            asked_by=self.query_one("#field-asked_by", Field).value,
            answers=self._answers(),
            document=document.id if document else None,
            confirmed=self._confirmed,
        )
        case = await api.enter_request(self.portal.client, request)
        self.notify(f"The request of {format_day(received_on)} is entered.", markup=False)
        return case

    def _on_send_error(self, error: PortalError) -> None:
        self._confirmed = False  # what is sent next may be something else
        if isinstance(error, Refused) and error.code is ProblemCode.NEEDS_CONFIRMATION:
            self._ask(error)
        else:
            super()._on_send_error(error)

    def _ask(self, error: Refused) -> None:
        title, *lines = str(error).splitlines()

        def on_answer(answer: str | None) -> None:
            if answer == "go_on":
                self._confirmed = True
                self.action_send()

        self.app.push_screen(ChoiceDialog(title, "\n".join(lines), CONFIRM_ANSWERS), on_answer)

    @property
    def has_unsaved_input(self) -> bool:
        """Whether leaving would lose answers."""
        letter = self._letter.value if self._letter else ""
        return bool(letter or self._answers() or self.query_one("#field-asked_by", Field).value)


def create_questions(
    form: FormDefinition, answers: Mapping[str, str] = MappingProxyType({})
) -> list[Question]:
    """Create the questions of a form with their answers, without groups."""
    fields = [field for step in form.steps for field in step.fields]
    return [
        Question(field, answers.get(field.id)) for field in fields if not isinstance(field, Group)
    ]
