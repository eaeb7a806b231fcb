"""Which versions of client and server work together."""

import re
from enum import StrEnum
from typing import NamedTuple

PATTERN = re.compile(r"(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?")


class Version(NamedTuple):
    """A version, such as 1.4.2; pre-releases count as the version that they precede."""

    major: int
    minor: int
    patch: int

    @property
    def oldest_partner(self) -> str:
        """The oldest version that works with this one."""
        return f"{self.major}.{max(self.minor - 1, 0)}.0"

    @property
    def newest_partner(self) -> str:
        """The newest version that works with this one, without its patch."""
        return f"{self.major}.{self.minor + 1}"


class Side(StrEnum):
    """The two programs."""

    CLIENT = "client"
    SERVER = "server"


def parse_version(text: str) -> Version | None:
    """Parse a version; None if the text is none."""
    match = PATTERN.match(text)
    return Version(*(int(part or 0) for part in match.groups())) if match else None


def find_outdated(client: Version, server: Version) -> Side | None:
    """Return which of the two is too old for the other, or None if they work together.

    The minor versions of one major version work together if they differ by at most one.
    """
    if client.major == server.major and abs(client.minor - server.minor) <= 1:
        return None
    return Side.CLIENT if client < server else Side.SERVER
