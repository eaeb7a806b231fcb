"""The process that makes one PDF: it reads a job from stdin and writes the PDF to stdout.

It imports nothing else from the server, because the imports would take longer than the PDF.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import typst

MEMORY_BYTES = 2 * 1024**3
NICENESS = 5


def main() -> None:
    """Make the PDF, as PDF/UA unless a character is missing from every font and drawn as a box."""
    _limit_resources()
    job = json.load(sys.stdin)
    try:
        pdf = _compile(job, undrawn=False)
    except typst.TypstError:
        pdf = _compile(job, undrawn=True)
    sys.stdout.buffer.write(pdf)


def _compile(job: dict[str, Any], *, undrawn: bool) -> bytes:
    pdf: bytes = typst.compile(
        Path(job["template"]),
        format="pdf",
        sys_inputs={"data": json.dumps({**job["data"], "undrawn": undrawn})},
        pdf_standards=[] if undrawn else "ua-1",
        timestamp=job["moment"],
    )
    return pdf


def _limit_resources() -> None:
    """Lower the priority and limit the memory, so that requests are not affected."""
    if sys.platform == "linux":
        import resource

        os.nice(NICENESS)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


if __name__ == "__main__":
    main()
