"""How many connections and sessions the SSH server has at the same time."""

from collections import Counter
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network
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

        One network may have half of them, so that it alone can't keep all others out.
        """
        address = network_of(address)
        limit = self.settings.ssh_unauthenticated
        if self._waiting.total() >= limit or self._waiting[address] >= (limit + 1) // 2:
            return False
        self._waiting[address] += 1
        return True

    def forget(self, address: str) -> None:
        """Count a connection no longer, because it signed in or ended."""
        self._waiting[network_of(address)] -= 1
        self._waiting += Counter()  # drops the zeros

    def start(self, owner: Owner) -> str:
        """Count a session, or return the reason why there can't be another.

        Those without a key have half of all, and one network of them half of that, so that people
        without an account can't keep key holders out.
        """
        own, total = self.settings.ssh_account_sessions, self.settings.ssh_sessions
        if isinstance(owner, str):  # a whole school may share one address
            owner, total = network_of(owner), (total + 1) // 2
            own = max(own, (total + 1) // 2)
        if self._sessions[owner] >= own:
            return TOO_MANY_OWN.format(own)
        keyless = sum(count for key, count in self._sessions.items() if isinstance(key, str))
        used = keyless if isinstance(owner, str) else self._sessions.total()
        if used >= total or self._sessions.total() >= self.settings.ssh_sessions:
            return FULL
        self._sessions[owner] += 1
        return ""

    def end(self, owner: Owner) -> None:
        """Count a session no longer."""
        self._sessions[network_of(owner) if isinstance(owner, str) else owner] -= 1
        self._sessions += Counter()


def network_of(address: str) -> str:
    """Return the address that a person has: of IPv6 the first 64 bits, as they choose the rest."""
    ip = ip_address(address)
    return str(ip_network((ip, 64), strict=False)) if isinstance(ip, IPv6Address) else address
