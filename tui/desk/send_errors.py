"""Errors of requests from the desk's screens."""

from __future__ import annotations

from tui.core.errors import PortalError, Refused
from tui.widgets.error_summary import ErrorSummary, show_field_errors
from tui.widgets.field import Field
from tui.widgets.screen import PortalScreen


def show_send_error(screen: PortalScreen, error: PortalError) -> None:
    """Show an error at its fields, or through the app if it is unrelated to the input."""
    if isinstance(error, Refused):
        show_field_errors(
            screen.query(Field), screen.query_one(ErrorSummary), error.errors, str(error)
        )
    if not isinstance(error, Refused) or error.problem.status in {401, 403}:
        screen.portal.show_error(error)
