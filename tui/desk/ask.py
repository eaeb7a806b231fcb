"""The screen for requesting advice from professionals."""

from __future__ import annotations

from functools import partial
from typing import ClassVar
from uuid import UUID, uuid4

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Select, Static

from shared.advice import ADVICE_FORMS
from shared.desk import AskableForm, AskAdvice, AskIn, CaseOut
from shared.forms.sharing import Colleague
from shared.places import PlaceKind
from shared.problems import FieldError
from shared.values.days import format_day, parse_day
from tui.core.commands import command
from tui.core.errors import PortalError, Refused
from tui.desk import advice_api, api
from tui.desk.dialog import CASE_CHANGED, check_day
from tui.desk.post import AskByPost
from tui.widgets.choice_list import ChoiceList
from tui.widgets.dialog import Action, ChoiceDialog, SecondaryAction
from tui.widgets.error_summary import ErrorSummary, show_field_errors
from tui.widgets.field import Field
from tui.widgets.finder import Finder
from tui.widgets.header import Link
from tui.widgets.line_input import DateInput
from tui.widgets.screen import SEND_LINKS, PortalScreen

EXPLANATION = (
    "Type to find a professional and press Enter to add them; those of the child come first. "
    "Nobody is asked before you have confirmed it."
)
WRITE_LETTER = (
    "Write the letter now?",
    "It asks for the advice, and is filled in. You can also write it later, from the advice.",
    (("later", "Later"), ("write", "Write the letter")),
)
BY_POST = "Somebody without an account: advice asked for by post"
NO_FORMS = "No form can be asked for. The authority's catalogue holds none."
NO_PROFESSIONAL = "Choose at least one professional to ask."
CONFIRMATION = "Each gets a message with the form as a link; the child is put on their list."
EDUCATIONAL_ADVICE = "educational-advice"


class AdviceRequest(Vertical):
    """A request for advice to one professional, with its form and due date."""

    def __init__(self, recipient: Colleague, forms: list[AskableForm]) -> None:
        super().__init__(id=f"wanted-{recipient.account.hex}")
        self.recipient = recipient
        self.request_id, self.submission_id = uuid4(), uuid4()
        self._forms = forms
        usual = ADVICE_FORMS.get(recipient.role, EDUCATIONAL_ADVICE)
        default_form = next((form for form in forms if form.form == usual), forms[0])
        options = [(form.title, form.form) for form in forms]
        form = ChoiceList(options, value=default_form.form, allow_blank=False, compact=True)
        due = DateInput(due_text(default_form), compact=True, max_length=30)
        due_help = f"As {due_text(default_form)}."
        key = recipient.account.hex
        self.form = Field(f"form-{key}", "Form", form, help_text="The form to be filled.")
        self.due = Field(f"due-{key}", "Due (dd/mm/yyyy)", due, help_text=due_help)

    def compose(self) -> ComposeResult:
        """Lay out the name above the form and due date."""
        with Horizontal(classes="who"):
            yield Static(recipient_text(self.recipient), markup=False)
            yield Link("Leave out", classes="leave-out")
        with Horizontal(classes="what"):
            yield self.form
            yield self.due

    @on(Select.Changed)
    def _form_changed(self, event: Select.Changed) -> None:
        event.stop()
        selected = next((form for form in self._forms if form.form == event.value), None)
        due_input = self.due.control
        if (
            selected
            and isinstance(due_input, Input)
            and due_input.value in map(due_text, self._forms)
        ):
            due_input.value = due_text(selected)  # a date typed by the officer is kept

    @property
    def title(self) -> str:
        """The title of the requested form."""
        return next(form.title for form in self._forms if form.form == self.form.value)

    def to_request(self) -> AskAdvice:
        """Build the request to send; the due date must be valid."""
        return AskAdvice(
            id=self.request_id,
            submission=self.submission_id,
            account=self.recipient.account,
            form=self.form.value,
            due=parse_day(self.due.value),
        )


def due_text(form: AskableForm) -> str:
    """Return the date on which a form requested today is due."""
    return format_day(form.due)


def recipient_text(recipient: Colleague) -> str:
    """Format a professional as one line."""
    return " · ".join(
        part for part in (recipient.name, recipient.role, recipient.organisation) if part
    )


class AskForAdvice(PortalScreen):
    """Collects requests for advice, and sends them after confirmation."""

    CSS_PATH = "ask.tcss"
    LINKS = SEND_LINKS
    LOCATION = "Cases"
    AUTO_FOCUS = "Finder Input"
    HELP_TEXT = "{ask.send} asks, after you have confirmed it. {back} goes back and asks nobody."
    BINDINGS: ClassVar[list[BindingType]] = [
        command("ask.send", "ctrl+s", "send", "ask them", "Ask everybody chosen."),
    ]

    def __init__(self, case: str) -> None:
        super().__init__()
        self._case_id = UUID(case)
        self._case: CaseOut | None = None
        self._forms: list[AskableForm] = []
        self._finder = Finder(self._find, recipient_text, "Name, organisation or email")

    def body(self) -> ComposeResult:
        """Lay out the finder above the requests."""
        yield Static("Ask for advice", id="heading", classes="title", markup=False)
        yield Static(EXPLANATION, classes="hint", markup=False)
        yield Link(BY_POST, id="post")
        yield ErrorSummary()
        yield self._finder
        yield Vertical(id="wanted")
        with Horizontal(classes="actions"):
            yield Action("Ask them", id="send")
            yield SecondaryAction("Back", id="back")

    def on_mount(self) -> None:
        """Read the case and the forms."""
        self.call(self._load(), on_error=self.handle_load_error)

    async def _load(self) -> None:
        client = self.portal.client
        self._forms = await advice_api.list_askable_forms(client)
        self._case = await api.read_case(client, self._case_id)
        self.set_location(f"Cases › {self._case.person.name}")
        self._finder.search_again()
        if not self._forms:
            self.query_one(ErrorSummary).show([("", NO_FORMS)])

    async def _find(self, query: str) -> list[Colleague]:
        if query:
            return await api.find_professionals(self.portal.client, query)
        return list(self._case.professionals) if self._case else []

    @on(Finder.Chosen)
    async def _add(self) -> None:
        recipient = self._finder.choice
        if recipient is None or not self._forms:
            return
        if self.query(f"#wanted-{recipient.account.hex}"):
            self.notify(f"{recipient.name} is chosen already.", markup=False)
            return
        await self.query_one("#wanted").mount(AdviceRequest(recipient, self._forms))
        self._finder.reset()
        self._update_send_label()

    @on(Link.Chosen, "#post")
    def _ask_by_post(self, event: Link.Chosen) -> None:
        event.stop()
        if self._case and self._forms:
            dialog = AskByPost(self._case, self._forms)
            self.app.push_screen(dialog, partial(self._on_posted, dialog.advice_id))

    def _on_posted(self, advice: UUID, case: CaseOut | None) -> None:
        rows = [row for row in case.advice if row.id == advice] if case else []
        if not rows:
            return  # refused, and the case was read again
        self.notify("It is recorded, with the day that it is due.")
        if rows[0].address:
            self.app.push_screen(ChoiceDialog(*WRITE_LETTER), partial(self._on_letter, advice))

    def _on_letter(self, advice: UUID, answer: str | None) -> None:
        if answer == "write":
            self.portal.navigation.open_place(PlaceKind.ADVICE_LETTER.of(advice))

    @on(Link.Chosen, ".leave-out")
    async def _leave_out(self, event: Link.Chosen) -> None:
        event.stop()
        request = next(node for node in event.link.ancestors if isinstance(node, AdviceRequest))
        await request.remove()
        self._finder.reset()
        self._update_send_label()

    def _update_send_label(self) -> None:
        self.query_one("#send", Action).show_label(ask_label(len(self.query(AdviceRequest))))

    @on(Button.Pressed, "#send")
    def action_send(self) -> None:
        """Check the requests, then ask for confirmation."""
        requests = list(self.query(AdviceRequest))
        errors: list[FieldError] = []
        for request in requests:
            errors += check_day(request.due.name or "", request.due.value)
        fallback = "" if requests else NO_PROFESSIONAL
        show_field_errors(self.query(Field), self.query_one(ErrorSummary), errors, fallback)
        if errors or fallback:
            return
        lines = [f"{r.recipient.name}: {r.title}, by {r.due.value}" for r in requests]
        text = f"{CONFIRMATION}\n\n" + "\n".join(lines)
        answers = (("stay", "Stay here"), ("ask", ask_label(len(requests))))
        self.app.push_screen(ChoiceDialog("Ask for advice?", text, answers), self._on_confirmed)

    def _on_confirmed(self, answer: str | None) -> None:
        if answer == "ask":
            self.send(self._send(), self._on_send_error)

    async def _send(self) -> None:
        requests = [request.to_request() for request in self.query(AdviceRequest)]
        await advice_api.request_advice(self.portal.client, self._case_id, AskIn(requests=requests))
        count = len(requests)
        count_text = "1 professional was" if count == 1 else f"{count} professionals were"
        self.notify(f"{count_text} asked for advice.", markup=False)
        self.finish()

    def _on_send_error(self, error: PortalError) -> None:
        if isinstance(error, Refused) and (error.errors or error.code in CASE_CHANGED):
            show_field_errors(self.query(Field), self.query_one(ErrorSummary), [], str(error))
        else:
            self.portal.show_error(error)

    @on(Button.Pressed, "#back")
    def action_back(self) -> None:
        """Leave, asking first if there are requests."""
        super().action_back()

    @property
    def has_unsaved_input(self) -> bool:
        """Whether leaving would lose requests."""
        return bool(self.query(AdviceRequest))


def ask_label(count: int) -> str:
    """Return the label of the button for `count` professionals."""
    return "Ask them" if not count else "Ask 1 person" if count == 1 else f"Ask {count} people"
