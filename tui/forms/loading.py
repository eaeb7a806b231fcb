"""The editor's form while it is read, and what is done where it can't be opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tui.forms import words
from tui.forms.open_forms import CannotBeSent, HasForms, Opened
from tui.forms.stage import Stage
from tui.widgets import dialog

if TYPE_CHECKING:
    from uuid import UUID

    from shared.accounts import AccountOut
    from tui.forms.editor import FormEditor
    from tui.forms.open_forms import OpenForms
    from tui.forms.uploads import FormUploads


class Loading(Stage):
    """Opens a form for the editor, and leaves it to its saver when the editor goes."""

    def __init__(self, editor: FormEditor, submission: UUID) -> None:
        super().__init__(editor)
        self._submission = submission
        self._opened: Opened | None = None

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

    async def open(self) -> Opened:
        """Read the form with one call; raises CannotBeSent, or as a call does."""
        self._opened = await self._forms.open(self._account, self._submission)
        return self._opened

    def close(self) -> None:
        """Leave a form that was opened to its saver, which goes on until all is saved."""
        if self._opened is not None:
            self._forms.closed(self._opened.saver)

    def show_unsaved(self, error: CannotBeSent) -> None:
        """Leave the editor, and show what was typed into the form before, to copy or to discard."""
        app, forms, account = self._editor.app, self._forms, self._account

        def answered(answer: str | None) -> None:
            if answer == "discard":
                discarding = forms.discard(account, self._submission)
                app.run_worker(discarding, group="discard", exit_on_error=False)

        if self._editor.on_top:
            self._editor.portal.navigation.leave()
        app.push_screen(dialog.Question(*words.cannot_be_sent(str(error), error.unsaved)), answered)
