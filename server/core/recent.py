"""What each account was shown within the last minute, so that repeated lists are audited once.

A filter asks for the list again at every key press, and a search shows the same few children many
times. Each process remembers for itself, and only what is committed.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

WINDOW = timedelta(minutes=1)
MAX_LISTS = 10_000
"""Lists to remember; the oldest is forgotten first."""

Key = tuple[UUID | None, str, str]
"""An account (None for a command), its IP address, and the kind of list."""


class RecentlyShown:
    """When each account was last recorded to have been shown each child, for each kind of list."""

    def __init__(self) -> None:
        self._lists: dict[Key, Mapping[UUID, datetime]] = {}

    def select_new(self, key: Key, ids: Iterable[UUID], now: datetime) -> list[UUID]:
        """Return the ids that are not recorded within the last minute, each once."""
        recorded = self._lists.get(key, {})
        return [id for id in dict.fromkeys(ids) if not _is_recent(recorded.get(id), now)]

    def add(self, key: Key, ids: Iterable[UUID], at: datetime) -> None:
        """Remember ids whose entry is committed; called in the event loop only."""
        # Reader threads may hold the old mapping, so it is replaced and not changed.
        recorded = self._lists.pop(key, {})
        recent = {id: when for id, when in recorded.items() if _is_recent(when, at)}
        self._lists[key] = recent | dict.fromkeys(ids, at)
        if len(self._lists) > MAX_LISTS:
            del self._lists[next(iter(self._lists))]


def _is_recent(recorded_at: datetime | None, now: datetime) -> bool:
    return recorded_at is not None and now - WINDOW < recorded_at <= now
