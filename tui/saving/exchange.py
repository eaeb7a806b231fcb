"""The exchange of a draft with the server: saves, the submit, and changes of others."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from shared.problems import ProblemCode
from tui.core.client import Client
from tui.core.errors import Refused, is_signed_out, is_transient
from tui.saving import api
from tui.saving.draft import Draft, Met, Sent

if TYPE_CHECKING:
    from tui.saving.saver import Saver


class Exchange:
    """Sends one request at a time and applies the answer to the draft.

    `submitting` is the version that is being submitted until there is an answer.
    """

    def __init__(self, draft: Draft, client: Client, saver: Saver) -> None:
        self.submitting: UUID | None = None
        self._draft = draft
        self._client = client
        self._saver = saver
        self._submit_sent = False

    def submit(self, version: UUID, *, is_sent: bool) -> None:
        """Submit a version after the last save; one that `is_sent` goes again before any save."""
        self.submitting = version
        self._submit_sent = self._submit_sent or is_sent

    @property
    def _next_submit(self) -> UUID | None:
        """The version to submit, which waits while answers of two overlap."""
        return None if self._draft.overlaps else self.submitting

    @property
    def has_more(self) -> bool:
        """Whether there is something to send; no save is while a submit that was sent waits."""
        sends_save = self._draft.sendable and not self._submit_sent
        return sends_save or self._next_submit is not None

    async def send(self) -> None:
        """Send one save, or the submit after the last; raises as a call does.

        What is typed after the submit was sent waits for its answer.
        """
        self._saver.collect()
        sent = None if self._submit_sent else self._draft.next_save()
        if sent is not None:
            await self._save(sent)
        elif self._next_submit is not None:
            await self._submit(self._next_submit)
        await self._saver.keep()

    async def _save(self, sent: Sent) -> None:
        await self._saver.keep()  # a save repeated after a kill is recognised by its stored id
        try:
            saved = await api.save(self._client, self._draft.id, sent)
        except Refused as refused:
            if refused.code is ProblemCode.STALE:
                self._draft.refused()
                await self.meet(refused.problem.changed_by or "")
                return
            if not is_signed_out(refused) and not is_transient(refused):
                self._draft.refused()
            raise
        self._saver.collect()
        self._show(self._draft.acknowledged(saved))

    async def _submit(self, version: UUID) -> None:
        self._submit_sent = True
        await self._saver.keep()
        try:
            confirmation = await api.submit(self._client, self._draft.id, version)
        except Refused as refused:
            self._submit_sent = is_signed_out(refused) or is_transient(refused)
            raise
        self._submit_sent, self.submitting = False, None
        self._saver.collect()
        self._saver.face.submitted(confirmation)

    async def meet(self, by: str = "") -> None:
        """Merge what others saved into the draft; `by` is who may have emptied an answer."""
        opened = await api.open_submission(self._client, self._draft.id)
        self._saver.collect()
        met = self._draft.meet(opened, by)
        self._saver.face.opened_again(opened)
        self._show(met)

    def _show(self, met: Met) -> None:
        if met.fields:
            self._saver.face.met(met)
        self._saver.face.show_status()
