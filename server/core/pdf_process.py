"""The process that makes one PDF: its order is read from the input, the PDF goes to the output.

It imports nothing else of the server, which would take longer than the PDF.
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
    """Make the PDF; a character that no font has is drawn as a box, which PDF/UA forbids."""
    _limit()
    order = json.load(sys.stdin)
    try:
        pdf = _compile(order, undrawn=False)
    except typst.TypstError:
        pdf = _compile(order, undrawn=True)
    sys.stdout.buffer.write(pdf)


def _compile(order: dict[str, Any], *, undrawn: bool) -> bytes:
    pdf: bytes = typst.compile(
        Path(order["template"]),
        format="pdf",
        sys_inputs={"data": json.dumps({**order["data"], "undrawn": undrawn})},
        pdf_standards=[] if undrawn else "ua-1",
        timestamp=order["moment"],
    )
    return pdf


def _limit() -> None:
    """Give requests precedence, and end the process before it takes the server's memory."""
    if sys.platform == "linux":
        import resource

        os.nice(NICENESS)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


if __name__ == "__main__":
    main()
