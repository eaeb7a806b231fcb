"""PDF generation, each PDF in a separate process.

Typst keeps its layouts in memory, about 200 MB for a long form; the end of the process frees them.
"""

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import structlog
from anyio import CapacityLimiter

from server.core.cores import AVAILABLE_CORES, run_on_other_cores
from server.core.problems import PortalProblem, busy
from shared.problems import ProblemCode

PROCESSES = CapacityLimiter(max(1, len(AVAILABLE_CORES) - 1))
MAX_WAITING = 16
BUSY_SECONDS = 5
TIMEOUT_SECONDS = 20
NO_PDF = (
    "The PDF can't be made just now, and nothing was saved. Save it as text, or try again shortly."
)

log = structlog.get_logger()


async def make_pdf(template: Path, data: dict[str, object], moment: datetime) -> bytes:
    """Render a Typst template with data as a PDF, dated `moment`.

    The template reads `sys.inputs.data` as JSON. `undrawn` is true if characters that no
    font has are drawn as boxes. Raises BUSY and UNAVAILABLE.
    """
    if PROCESSES.statistics().tasks_waiting >= MAX_WAITING:
        raise busy(BUSY_SECONDS)
    job = {"template": str(template), "data": data, "moment": int(moment.timestamp())}
    try:
        return await run_on_other_cores(PROCESSES, _run, json.dumps(job).encode())
    except (subprocess.SubprocessError, OSError) as error:
        # Its output may hold answers.
        log.error(
            "pdf_failed",
            kind=type(error).__name__,
            do="Check that the machine has memory for more processes. Copies as text still work.",
        )
        raise PortalProblem(ProblemCode.UNAVAILABLE, NO_PDF) from None


def _run(job: bytes) -> bytes:
    settings = {name for name in os.environ if name.startswith("PORTAL_")}
    return subprocess.run(
        [sys.executable, "-I", "-m", "server.core.pdf_process"],
        input=job,
        env={name: os.environ[name] for name in os.environ.keys() - settings},
        capture_output=True,
        timeout=TIMEOUT_SECONDS,
        check=True,
    ).stdout
