"""Work by the clock: what a server does again and again, whatever went wrong the time before."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger()


async def repeat(name: str, seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    """Do work, wait, and do it again, until cancelled; its errors are logged by their kind."""
    while True:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - nobody else would begin again
            log.error("work_interrupted", work=name, kind=type(error).__name__)
        await asyncio.sleep(seconds)
