"""The settings that are chosen to be consulted, each with its fields."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import uuid4

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from shared.placements import ConsultSetting, SettingRow
from shared.problems import FieldError
from shared.values.identifiers import check_email
from tui.accounts.organisation_field import organisation_text
from tui.desk.dialog import check_required
from tui.widgets.field import Field
from tui.widgets.header import Link
from tui.widgets.line_input import LineInput

NO_NAME = "Enter the name of the setting."
NO_ADDRESS = "Enter the address of the setting."


class Chosen(Vertical):
    """A setting to consult: its name above its fields."""

    def __init__(self, heading: str, id: str | None = None) -> None:
        super().__init__(id=id, classes="chosen")
        self.consultation_id = uuid4()
        self._heading = heading

    def compose(self) -> ComposeResult:
        """Lay out the name above the fields."""
        with Horizontal(classes="who"):
            yield Static(self._heading, markup=False)
            yield Link("Leave out", classes="leave-out")
        yield from self.fields()

    def fields(self) -> Iterable[Field]:
        """Return the fields."""
        raise NotImplementedError

    def value(self, name: str) -> str:
        """Return what is typed in a field."""
        return self.query_one(f"#field-{self._field_name(name)}", Field).value.strip()

    def errors(self) -> list[FieldError]:
        """Return the errors of what is typed."""
        raise NotImplementedError

    def to_setting(self) -> ConsultSetting:
        """Build what is sent."""
        raise NotImplementedError

    @property
    def summary(self) -> str:
        """The name, and how it is asked."""
        setting = self.to_setting()
        return f"{setting.name}: {setting.email or 'by post'}"

    def _field_name(self, name: str) -> str:
        return f"{name}-{self.consultation_id.hex}"

    def _line(self, name: str, label: str, value: str, help_text: str) -> Field:
        control = LineInput(value, max_length=200, compact=True)
        is_required = name != "email"
        field_name = self._field_name(name)
        return Field(field_name, label, control, required=is_required, help_text=help_text)


class ListedSetting(Chosen):
    """A setting of the list, with its email address."""

    def __init__(self, row: SettingRow) -> None:
        super().__init__(organisation_text(row), f"chosen-{row.id.hex}")
        self._row = row

    def fields(self) -> Iterable[Field]:
        """Ask for the email address."""
        yield self._line("email", "Email", self._row.email, "Left empty, the letter goes by post.")

    def errors(self) -> list[FieldError]:
        """Return the error of the email address, if it is none."""
        email = self.value("email")
        message = check_email(email).message if email else ""
        pointer = f"/{self._field_name('email')}"
        return [FieldError(pointer=pointer, code="impossible", message=message)] if message else []

    def to_setting(self) -> ConsultSetting:
        """Build what is sent."""
        id, row = self.consultation_id, self._row
        email = self.value("email")
        return ConsultSetting(id=id, organisation=row.id, name=row.name, email=email)


class TypedSetting(Chosen):
    """A setting that is not in the list, with its name and address; it is asked by post."""

    def __init__(self, name: str) -> None:
        super().__init__("Not in the list, by post")
        self._typed_name = name

    def fields(self) -> Iterable[Field]:
        """Ask for the name and the address."""
        yield self._line("name", "Name", self._typed_name, "As it stands in the letter.")
        yield self._line("address", "Address", "", "With the postcode. Commas end its lines.")

    def errors(self) -> list[FieldError]:
        """Check that both are typed."""
        return [
            error
            for name, message in (("name", NO_NAME), ("address", NO_ADDRESS))
            for error in check_required(self._field_name(name), self.value(name), message)
        ]

    def to_setting(self) -> ConsultSetting:
        """Build what is sent."""
        name, address = self.value("name"), self.value("address")
        return ConsultSetting(id=self.consultation_id, name=name, address=address)
