"""The forms of who is signed in that something is to be saved of, open or left."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from tui.core.client import Client
from tui.core.errors import Refused
from tui.saving.journal import Journal

if TYPE_CHECKING:
    from shared.forms.submissions import Confirmation, SubmissionOut
    from tui.saving.draft import Sent, Unsaved
    from tui.saving.saver import Saver


class Opened(NamedTuple):
    """A form as it was opened; `brought_back` says whether an earlier session typed into it."""

    submission: SubmissionOut
    saver: Saver
    brought_back: bool


class Savers:
    """A saver goes on after its form was left, until all of it is saved."""

    def __init__(
        self, client: Client, journal: Journal, tell: Callable[[Confirmation], None]
    ) -> None:
        self._journal = journal
        self._client = client
        self._tell = tell
        self._savers: dict[UUID, Saver] = {}

    async def open(self, account: UUID, form: UUID) -> Opened:
        """Open a form with all that was typed into it here before; raises as a call does."""
        from tui.saving import api
        from tui.saving.draft import Draft
        from tui.saving.saver import Saver

        await self._journal.open()
        if before := self._savers.pop(form, None):
            await before.stop()
        unsaved = await self._journal.find(account, form)
        if unsaved and unsaved.sent:
            unsaved = await self._send_again(form, unsaved, unsaved.sent)
        submission = await api.open_submission(self._client, form)
        draft = Draft(submission)
        if unsaved:
            draft.bring_back(unsaved)
        saver = Saver(draft, self._client, self._journal, account, self._tell)
        self._savers[form] = saver
        if not draft.settled:
            saver.typed()
        elif unsaved:
            await self._journal.drop(account, form)
        return Opened(submission, saver, not draft.settled)

    async def _send_again(self, form: UUID, unsaved: Unsaved, sent: Sent) -> Unsaved:
        """Send a save again that was under way as the program ended: it may have been made."""
        from shared.problems import ProblemCode
        from tui.saving import api
        from tui.saving.draft import answered

        try:
            return answered(unsaved, await api.save(self._client, form, sent))
        except Refused as refused:
            if refused.code in {ProblemCode.STALE, ProblemCode.DECIDED, ProblemCode.INVALID}:
                return unsaved
            raise

    def signed_in_again(self) -> None:
        """Go on with what waited for the session."""
        for saver in self._savers.values():
            saver.hurry()

    async def end(self) -> None:
        """Send no more for who was signed in; what is unsaved stays on this machine."""
        savers, self._savers = list(self._savers.values()), {}
        for saver in savers:
            await saver.stop()

    def closed(self, form: UUID) -> None:
        """Take that a form was left: what is unsaved of it, or comes yet, is sent all the same."""
        if saver := self._savers.get(form):
            saver.face = None

    def attach(self, form: UUID, place: tuple[str, str, str], document: UUID) -> None:
        """Make a document that was stored the answer at a place of a form, open or left."""
        saver = self._savers[form]
        saver.collect()
        saver.draft.answer_entry(*place, str(document))
        saver.typed()

    async def keep_all(self) -> None:
        """Keep all on this machine, for a program that ends."""
        for saver in self._savers.values():
            saver.collect()
            await saver.keep()
