"""PDFs, each made in a separate process.

Typst keeps what it has laid out in memory, about 200 MB for a long form; its process ends with the
PDF.
"""

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import structlog
from anyio import CapacityLimiter

from server.core.cores import AVAILABLE_CORES, run_elsewhere
from server.core.problems import PortalProblem, busy
from shared.problems import ProblemCode

PROCESSES = CapacityLimiter(max(1, len(AVAILABLE_CORES) - 1))
MAX_WAITING = 16
BUSY_SECONDS = 5
SECONDS = 20
NO_PDF = (
    "The PDF can't be made just now, and nothing was saved. Save it as text, or try again shortly."
)

log = structlog.get_logger()


async def make_pdf(template: Path, data: dict[str, object], moment: datetime) -> bytes:
    """Return the PDF of a Typst template with data, dated `moment`.

    The template reads `sys.inputs.data` as JSON. Its `undrawn` says whether characters are drawn
    as boxes, because no font has them. Raises BUSY and UNAVAILABLE.
    """
    if PROCESSES.statistics().tasks_waiting >= MAX_WAITING:
        raise busy(BUSY_SECONDS)
    order = {"template": str(template), "data": data, "moment": int(moment.timestamp())}
    try:
        return await run_elsewhere(PROCESSES, _run, json.dumps(order).encode())
    except (subprocess.SubprocessError, OSError) as error:
        log.error("pdf_failed", kind=type(error).__name__)  # its output may hold answers
        raise PortalProblem(ProblemCode.UNAVAILABLE, NO_PDF) from None


def _run(order: bytes) -> bytes:
    settings = {name for name in os.environ if name.startswith("PORTAL_")}
    return subprocess.run(
        [sys.executable, "-I", "-m", "server.core.pdf_process"],
        input=order,
        env={name: os.environ[name] for name in os.environ.keys() - settings},
        capture_output=True,
        timeout=SECONDS,
        check=True,
    ).stdout
