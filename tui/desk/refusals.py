"""How a page of the desk shows that what it sent was not done."""

from __future__ import annotations

from tui.core.errors import PortalError, Refused
from tui.widgets.error_summary import ErrorSummary, show_field_errors
from tui.widgets.field import Field
from tui.widgets.screen import PortalScreen


def show_refusal(page: PortalScreen, error: PortalError) -> None:
    """Show an error at the fields it names; one that no field can mend, as the app does."""
    if isinstance(error, Refused):
        show_field_errors(page.query(Field), page.query_one(ErrorSummary), error.errors, str(error))
    if not isinstance(error, Refused) or error.problem.status in {401, 403}:
        page.portal.show_error(error)
