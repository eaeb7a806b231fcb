"""Saving as one types: what is unsaved goes to the server, or else is kept on this machine."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from shared.days import write_clock_of
from shared.forms.submissions import SaveAnswers, SubmissionOut
from shared.problems import ProblemCode
from tui.core.drafts import Kept
from tui.core.errors import NotAPortal, PortalError, Refused, Unreachable
from tui.forms import api
from tui.forms.state import FormState

if TYPE_CHECKING:
    from tui.core.client import Client
    from tui.core.drafts import Drafts


IN_TIME = 4.0
"""Seconds for which one who leaves waits until all is saved."""
LATE = 2.0
"""Seconds without an answer after which what is being saved is kept on this machine too."""


class Standing(StrEnum):
    """How what was typed stands."""

    SAVED = "saved"
    TYPED = "typed"
    SAVING = "saving"
    KEPT = "kept"
    REFUSED = "refused"


class Clash(Exception):
    """The same fields were changed elsewhere; both are at hand, and the user decides.

    `by` is who saved the other, '' where that is not known.
    """

    def __init__(self, other: SubmissionOut, fields: list[str], by: str) -> None:
        super().__init__()
        self.other = other
        self.fields = fields
        self.by = by


class Face(Protocol):
    """What shows the form that is saved."""

    def collect(self) -> None:
        """Bring all that was typed into the state."""
        ...

    def met(self, by: str) -> None:
        """Show what somebody else has saved, which the state now holds."""
        ...


class Saver:
    """Sends what is unsaved, one save at a time."""

    def __init__(self, state: FormState, client: Client, drafts: Drafts, face: Face) -> None:
        self._face = face
        self.standing = Standing.SAVED
        self._state = state
        self._client = client
        self._drafts = drafts
        self._turn = asyncio.Lock()

    async def bring_back(self) -> bool:
        """Take what an earlier session typed and could not save; says whether there was any."""
        kept = await self._drafts.find(self._state.id)
        if kept is None:
            return False
        for field, value in kept.changes.items():
            self._state.answer(field, value)
        if self._state.unsaved:
            # As if it was opened when it was typed: what others saved since is found at the save.
            self._state.version, self._state.saved = kept.version, dict(kept.saved)
        return bool(self._state.unsaved)

    async def save(self) -> None:
        """Save all that is unsaved.

        Raises Unreachable where it is kept on this machine instead, Refused where the server
        will not have it (it is kept too), and Clash.
        """
        async with self._turn:
            while self._state.unsaved:
                await self._save_once()
            self.standing = Standing.SAVED

    async def save_in_time(self) -> None:
        """Save all as `save` does, for one who leaves: what is late counts as Unreachable."""
        try:
            await asyncio.wait_for(self.save(), IN_TIME)
        except TimeoutError:
            late = Unreachable()
            await self._keep(late)
            raise late from None

    async def _save_once(self) -> None:
        sent = dict(self._state.unsaved)
        self.standing = Standing.SAVING
        late = asyncio.create_task(self._keep_if_late())
        try:
            saved = await api.save(
                self._client,
                self._state.id,
                SaveAnswers(save=uuid4(), changes=sent),
                self._state.version,
            )
        except PortalError as error:
            if isinstance(error, Refused) and error.code is ProblemCode.STALE:
                await self._meet(error.problem.changed_by or "")
                return
            await self._keep(error)
            raise
        finally:
            late.cancel()
        self._state.version, self._state.saved_at = saved.version, saved.saved_at
        self._state.take_saved(sent)
        if not self._state.unsaved:
            await self._drafts.drop(self._state.id)

    async def _keep_if_late(self) -> None:
        await asyncio.sleep(LATE)
        await self._keep_draft()

    async def _keep(self, error: PortalError) -> None:
        await self._keep_draft()
        away = isinstance(error, Unreachable | NotAPortal)
        self.standing = Standing.KEPT if away else Standing.REFUSED

    async def _keep_draft(self) -> None:
        state = self._state
        kept = Kept(dict(state.unsaved), dict(state.saved), state.version)
        await self._drafts.keep(state.id, kept)

    async def _meet(self, by: str) -> None:
        """Go on from what was saved elsewhere where nothing clashes; raises Clash."""
        other = await api.open_submission(self._client, self._state.id)
        self._face.collect()
        if fields := self._state.clashes(other.answers):
            await self._keep_draft()
            self.standing = Standing.REFUSED
            raise Clash(other, fields, by)
        changed = other.answers != self._state.saved
        self._state.rebase(other)
        if changed:
            self._face.met(by)

    def words(self) -> str:
        """Say how what was typed stands, for the header; always true."""
        match self.standing:
            case Standing.SAVED:
                saved = write_clock_of(self._state.saved_at, self._state.facts.today)
                return f"✓ Saved {saved}"
            case Standing.TYPED:
                return "… Not saved yet"
            case Standing.SAVING:
                return "… Saving"
            case Standing.KEPT:
                where = "on this machine" if self._drafts.on_disk else "in memory only"
                return f"! Server away: kept {where}"
            case Standing.REFUSED:
                return "! Not saved: kept here"
