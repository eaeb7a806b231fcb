"""Unsent input of a form, stored in memory after the form is left."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from textual.widgets import Input, Select

from tui.accounts.account_screen import PasswordField
from tui.accounts.organisation_field import OrganisationField
from tui.core.portal import Portal
from tui.widgets.field import Field

CHOSEN = "organisation_id"
"""Name of the id of the chosen organisation, beside the values of the fields."""


class UnsentInput:
    """The unsent changes of one form, without passwords.

    `is_restored` tells whether earlier changes were restored into the fields.
    """

    def __init__(self, portal: Portal, form: str, fields: Sequence[Field]) -> None:
        self._portal = portal
        self._form = form
        self._fields = [field for field in fields if not isinstance(field, PasswordField)]
        self._initial = self._values()
        self.is_restored = self._set_values(portal.session.unsent.get(form, {}))

    def store(self) -> None:
        """Store the values that differ from the initial ones."""
        changes = {
            name: value for name, value in self._values().items() if value != self._initial[name]
        }
        self._portal.session.unsent[self._form] = changes

    def clear(self) -> None:
        """Discard the stored changes after they were sent."""
        self._portal.session.unsent.pop(self._form, None)
        self._initial = self._values()

    def undo(self) -> None:
        """Reset the form to its initial values."""
        self._set_values(self._initial)
        self._portal.session.unsent.pop(self._form, None)

    def _values(self) -> dict[str, str]:
        values = {field.name or "": field.value for field in self._fields}
        for field in self._fields:
            if isinstance(field, OrganisationField):
                values[CHOSEN] = str(field.chosen or "")
        return values

    def _set_values(self, values: dict[str, str]) -> bool:
        for field in self._fields:
            if field.name in values and isinstance(field.control, Input | Select):
                empty = Select.NULL if isinstance(field.control, Select) else ""
                field.control.value = values[field.name] or empty
            if isinstance(field, OrganisationField) and CHOSEN in values:
                field.restore_chosen(UUID(values[CHOSEN]) if values[CHOSEN] else None)
        return bool(values)
