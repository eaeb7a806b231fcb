"""Periodic background work that continues after errors."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger()


async def repeat(name: str, seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    """Run work periodically until cancelled; errors are logged by class name only."""
    while True:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - the work must continue after any error
            log.error("work_interrupted", work=name, kind=type(error).__name__)
        await asyncio.sleep(seconds)
