"""How many connections and sessions the SSH server has at the same time."""

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from server.core.settings import Settings

FULL = "The portal has as many SSH sessions as it can serve. Try again in a few minutes."
TOO_MANY_OWN = (
    "You have {} sessions of the portal over SSH, and can have no more. Leave one of them first."
)

Owner = UUID | str
"""The account of a key, or the address of a connection without one."""


@dataclass
class Limits:
    """Counts connections until they sign in, and sessions from then on."""

    settings: Settings
    _waiting: Counter[str] = field(default_factory=Counter)
    _sessions: Counter[Owner] = field(default_factory=Counter)

    def admit(self, address: str) -> bool:
        """Count a connection that has not signed in, unless there are too many.

        One address may have half of them, so that it alone can't keep all others out.
        """
        limit = self.settings.ssh_unauthenticated
        if self._waiting.total() >= limit or self._waiting[address] >= (limit + 1) // 2:
            return False
        self._waiting[address] += 1
        return True

    def forget(self, address: str) -> None:
        """Count a connection no longer, because it signed in or ended."""
        self._waiting[address] -= 1
        self._waiting += Counter()  # drops the zeros

    def start(self, owner: Owner) -> str:
        """Count a session, and return '' or the reason why it may not be used."""
        self._sessions[owner] += 1
        own = self.settings.ssh_account_sessions
        if isinstance(owner, str):  # a whole school may share one address
            own = max(own, self.settings.ssh_sessions // 2)
        if self._sessions[owner] > own:
            return TOO_MANY_OWN.format(own)
        return FULL if self._sessions.total() > self.settings.ssh_sessions else ""

    def end(self, owner: Owner) -> None:
        """Count a session no longer."""
        self._sessions[owner] -= 1
        self._sessions += Counter()
