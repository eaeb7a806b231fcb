"""The editor while a form is loading, or can't be opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tui.forms import texts
from tui.forms.mode import EditorMode
from tui.forms.open_forms import CannotBeSent, HasForms, OpenedForm
from tui.widgets import dialog

if TYPE_CHECKING:
    from uuid import UUID

    from shared.accounts import AccountOut
    from tui.forms.editor import FormEditor
    from tui.forms.open_forms import OpenForms
    from tui.forms.uploads import FormUploads


class Loading(EditorMode):
    """Opens a form for the editor, and detaches it when the editor closes."""

    def __init__(self, editor: FormEditor, submission: UUID) -> None:
        super().__init__(editor)
        self._submission = submission
        self._opened: OpenedForm | None = None

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
        self._opened = await self._forms.open(self._account, self._submission)
        return self._opened

    def close(self) -> None:
        """Detach an opened form; its saver continues until everything is saved."""
        if self._opened is not None:
            self._forms.detach(self._opened.saver)

    def show_unsaved(self, error: CannotBeSent) -> None:
        """Close the editor and show the unsaved input, to copy or discard."""
        app, forms, account = self._editor.app, self._forms, self._account

        def answered(answer: str | None) -> None:
            if answer == "discard":
                discarding = forms.discard(account, self._submission)
                app.run_worker(discarding, group="discard", exit_on_error=False)

        if self._editor.is_on_top:
            self._editor.portal.navigation.leave()
        app.push_screen(
            dialog.ChoiceDialog(*texts.cannot_be_sent(str(error), error.unsaved)), answered
        )
