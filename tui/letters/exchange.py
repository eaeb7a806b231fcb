"""Reading, saving and making one letter, where a reply may be lost."""

from __future__ import annotations

import asyncio
from typing import Protocol
from uuid import uuid4

from shared.letters import LetterDraft, LetterRow, MakeLetter
from tui.core.client import Client
from tui.core.errors import Refused
from tui.letters import api

Texts = dict[str, str]


class LetterPage(Protocol):
    """The page on which a letter is written."""

    def texts(self) -> Texts:
        """Return what is typed now, by field."""
        ...

    async def show(self, draft: LetterDraft) -> None:
        """Show a draft that the server returned."""
        ...

    def show_made_before(self, letter: LetterRow) -> None:
        """Show that a letter was made, whose reply was lost."""
        ...


class LetterExchange:
    """Sends the texts of one letter to the server, each once and in order.

    What was sent without a reply is sent again as it was, so that the server recognises it.
    """

    def __init__(self, client: Client, path: str, page: LetterPage) -> None:
        self._client = client
        self._path = path
        self._page = page
        self._version = 0
        self._saved: Texts | None = None
        """None until the letter is shown."""
        self._unconfirmed: Texts | None = None
        self._letter_id = uuid4()
        """The id of the letter to be made, until it is known to be made."""
        self._unconfirmed_letter: MakeLetter | None = None
        self._lock = asyncio.Lock()

    async def read(self) -> LetterDraft:
        """Read the letter as it is stored."""
        return await api.read_letter(self._client, self._path)

    async def show(self, draft: LetterDraft) -> None:
        """Show a draft; what is saved next is based on it."""
        self._version = draft.version
        await self._page.show(draft)

    def mark_saved(self) -> None:
        """Take what is typed now as saved."""
        self._saved = self._page.texts()

    @property
    def has_unsaved_texts(self) -> bool:
        """Whether something was typed since the last save."""
        return self._saved is not None and self._page.texts() != self._saved

    async def save(self) -> None:
        """Save what was typed since the last save; raises PortalError."""
        async with self._lock:
            if self._unconfirmed is not None:
                await self._send_texts(self._unconfirmed)
            if self.has_unsaved_texts and self._unconfirmed_letter is not None:
                await self._find_unconfirmed(self._unconfirmed_letter)
            if self.has_unsaved_texts:
                await self._send_texts(self._page.texts())

    async def _send_texts(self, texts: Texts) -> None:
        self._unconfirmed = texts
        try:
            draft = await api.save_letter(self._client, self._path, self._version, texts)
        except Refused:
            self._unconfirmed = None
            raise
        self._unconfirmed, self._saved = None, texts
        await self.show(draft)

    async def make(self) -> LetterRow:
        """Make the letter, or learn that it was made if the reply to that was lost."""
        new = MakeLetter(id=self._letter_id, version=self._version)
        self._unconfirmed_letter = new
        try:
            letter = await api.make_letter(self._client, self._path, new)
        except Refused:
            self._unconfirmed_letter = None
            raise
        self._unconfirmed_letter, self._letter_id = None, uuid4()
        self.mark_saved()
        return letter

    async def _find_unconfirmed(self, new: MakeLetter) -> None:
        """Learn whether a letter was made although its reply was lost, without making it."""
        draft = await self.read()
        letters = await api.list_letters(self._client, draft.case)
        for letter in letters.made:
            if letter.document == new.id:
                await self.show(await self.read())
                self._page.show_made_before(letter)
        # What is typed now was not part of it.
        self._unconfirmed_letter, self._letter_id = None, uuid4()
