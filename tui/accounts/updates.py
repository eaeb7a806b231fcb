"""The command `portal update-check`: compares the program with the version recommended to it."""

from __future__ import annotations

import asyncio
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

from shared.problems import ProblemCode
from shared.versions import parse_version
from tui.accounts.api import get_portal_info
from tui.core.client import Client
from tui.core.errors import PortalError, Refused, UnexpectedResponse, Unreachable

if TYPE_CHECKING:
    from shared.accounts import PortalInfo
    from tui.core.settings import Settings

CURRENT, NEWER_RECOMMENDED, NOT_CHECKED = 0, 1, 2
NO_ANSWER = (
    "{} did not say which version it recommends. Check the connection, or name your portal with "
    "`portal --server URL update-check`."
)


def check(settings: Settings) -> int:
    """Print what the server recommends, and return the exit code."""
    try:
        info = asyncio.run(_read_info(settings))
    except (Unreachable, UnexpectedResponse):
        print(NO_ANSWER.format(settings.server), file=sys.stderr)
        return NOT_CHECKED
    except PortalError as error:
        print(error, file=sys.stderr)
        is_outdated = isinstance(error, Refused) and error.code is ProblemCode.OUTDATED_CLIENT
        return NEWER_RECOMMENDED if is_outdated else NOT_CHECKED
    own = version("professional-portal")
    recommended = info.recommended_client or info.version
    newer, current = parse_version(recommended), parse_version(own)
    if newer and current and newer > current:
        print(f"Version {recommended} is recommended; yours is {own}. Ask for an update.")
        return NEWER_RECOMMENDED
    print(f"Version {own} is up to date.")
    return CURRENT


async def _read_info(settings: Settings) -> PortalInfo:
    client = Client(settings.server, ca_file=settings.ca_file)
    try:
        return await get_portal_info(client)
    finally:
        await client.close()
