"""Periodic background work that continues after errors."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from server.core.logs import REPORT_LINE
from server.core.problems import PortalProblem

log = structlog.get_logger()


async def repeat(name: str, seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    """Run work periodically until cancelled; errors are logged by class name only."""
    while True:
        try:
            await work()
        except (PortalProblem, SQLAlchemyError) as error:  # the health check reports the cause
            log.warning("work_delayed", work=name, kind=type(error).__name__)
        except Exception as error:  # noqa: BLE001 - the work must continue after any error
            log.error("work_interrupted", work=name, kind=type(error).__name__, do=REPORT_LINE)
        await asyncio.sleep(seconds)
