"""A promise about security or reliability."""

from typing import NamedTuple


class Promise(NamedTuple):
    """A promise of the portal, its numbers in ASVS 5.0 if it has any, and the tests that show it.

    Tests are named as file::function, relative to tests/. Where there are several, each covers a
    part of it.
    """

    topic: str
    text: str
    asvs: str
    tests: tuple[str, ...]
