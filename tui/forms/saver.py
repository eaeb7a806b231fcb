"""Saving as one types: what is unsaved goes to the server, or else is kept on this machine."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import uuid4

from shared.days import write_clock
from shared.forms.submissions import SaveAnswers, SubmissionOut
from shared.problems import ProblemCode
from tui.core.errors import NotAPortal, PortalError, Refused, Unreachable
from tui.forms import api
from tui.forms.state import FormState

if TYPE_CHECKING:
    from tui.core.client import Client
    from tui.core.drafts import Drafts


class Standing(StrEnum):
    """How what was typed stands."""

    SAVED = "saved"
    TYPED = "typed"
    SAVING = "saving"
    KEPT = "kept"
    REFUSED = "refused"


class Clash(Exception):
    """The same fields were changed elsewhere; both are at hand, and the user decides."""

    def __init__(self, other: SubmissionOut, fields: list[str]) -> None:
        super().__init__()
        self.other = other
        self.fields = fields


class Saver:
    """Sends what is unsaved, one save at a time."""

    def __init__(self, state: FormState, client: Client, drafts: Drafts) -> None:
        self.standing = Standing.SAVED
        self._state = state
        self._client = client
        self._drafts = drafts
        self._turn = asyncio.Lock()

    async def bring_back(self) -> bool:
        """Take what an earlier session typed and could not save; says whether there was any."""
        kept = await self._drafts.find(self._state.id)
        for field, value in kept.items():
            self._state.answer(field, value)
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

    async def _save_once(self) -> None:
        sent = dict(self._state.unsaved)
        self.standing = Standing.SAVING
        try:
            saved = await api.save(
                self._client,
                self._state.id,
                SaveAnswers(save=uuid4(), changes=sent),
                self._state.version,
            )
        except PortalError as error:
            if isinstance(error, Refused) and error.code is ProblemCode.STALE:
                await self._meet()
                return
            await self._keep(error)
            raise
        self._state.version, self._state.saved_at = saved.version, saved.saved_at
        self._state.take_saved(sent)
        if not self._state.unsaved:
            await self._drafts.drop(self._state.id)

    async def _keep(self, error: PortalError) -> None:
        await self._drafts.keep(self._state.id, dict(self._state.unsaved))
        away = isinstance(error, Unreachable | NotAPortal)
        self.standing = Standing.KEPT if away else Standing.REFUSED

    async def _meet(self) -> None:
        """Go on from what was saved elsewhere where nothing clashes; raises Clash."""
        other = await api.open_submission(self._client, self._state.id)
        if fields := self._state.clashes(other.answers):
            await self._drafts.keep(self._state.id, dict(self._state.unsaved))
            self.standing = Standing.REFUSED
            raise Clash(other, fields)
        self._state.rebase(other)

    def words(self) -> str:
        """Say how what was typed stands, for the header; always true."""
        match self.standing:
            case Standing.SAVED:
                return f"✓ Saved {write_clock(self._state.saved_at)}"
            case Standing.TYPED:
                return "… Not saved yet"
            case Standing.SAVING:
                return "… Saving"
            case Standing.KEPT:
                where = "on this machine" if self._drafts.on_disk else "in memory only"
                return f"! Server away: kept {where}"
            case Standing.REFUSED:
                return "! Not saved: kept here"
