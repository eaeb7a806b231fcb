"""The editor mode for a form that is loading or can't be opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tui.forms import texts
from tui.forms.mode import EditorMode
from tui.forms.open_forms import CannotBeSent, HasForms, OpenedForm
from tui.widgets import dialog

if TYPE_CHECKING:
    from uuid import UUID

    from shared.accounts import AccountOut
    from tui.forms.open_forms import OpenForms
    from tui.forms.uploads import FormUploads
    from tui.widgets.screen import PortalScreen


class LoadingMode(EditorMode):
    """Opens a form for the editor, and detaches it when the editor closes."""

    def __init__(self, editor: PortalScreen, submission: UUID) -> None:
        super().__init__(editor)
        self._submission = submission
        self._opened_form: OpenedForm | None = None

    @property
    def _forms(self) -> OpenForms:
        return cast("HasForms", self._editor.app).forms

    @property
    def _account(self) -> UUID:
        return cast("AccountOut", self._editor.portal.session.account).id

    @property
    def uploads(self) -> FormUploads:
        """The uploads of the form."""
        return self._forms.uploads(self._submission)

    async def open(self) -> OpenedForm:
        """Open the form; raises CannotBeSent or PortalError."""
        self._opened_form = await self._forms.open(self._account, self._submission)
        return self._opened_form

    def close(self) -> None:
        """Detach the form; its saver continues until everything is saved."""
        if self._opened_form is not None:
            self._forms.detach(self._opened_form.saver)

    def show_unsaved(self, error: CannotBeSent) -> None:
        """Close the editor and show the unsaved input, to copy or discard."""
        app, forms, account = self._editor.app, self._forms, self._account

        def on_answer(answer: str | None) -> None:
            if answer == "discard":
                discarding = forms.discard(account, self._submission)
                app.run_worker(discarding, group="discard", exit_on_error=False)

        if self._editor.is_on_top:
            self._editor.portal.navigation.leave()
        app.push_screen(
            dialog.ChoiceDialog(*texts.cannot_be_sent_question(str(error), error.unsaved)),
            on_answer,
        )
