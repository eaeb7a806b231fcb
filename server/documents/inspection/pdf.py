"""Checks of PDF documents, each in a process with limits, because a parser may be attacked."""

import subprocess
import sys
from typing import BinaryIO

import structlog

from server.core.problems import busy
from server.documents.inspection.pdf_process import Finding
from server.documents.inspection.unsafe import (
    HAS_FILE,
    HAS_PASSWORD,
    Unsafe,
    damaged,
    refuse_second_file,
)

TIMEOUT_SECONDS = 30
BUSY_SECONDS = 5
_PRINT_AGAIN = "Print it to a new PDF, then choose that one."
_REFUSALS = {
    Finding.SCRIPT: f"has a script in it. {_PRINT_AGAIN}",
    Finding.ACTION: f"starts something by itself when it is opened. {_PRINT_AGAIN}",
    Finding.FILE: HAS_FILE.replace("Save it as a PDF, then choose the PDF.", _PRINT_AGAIN),
    Finding.MEDIA: f"has video or other media in it. {_PRINT_AGAIN}",
    Finding.XFA: f"is a form that only some programs can show. {_PRINT_AGAIN}",
    Finding.PASSWORD: HAS_PASSWORD,
}

log = structlog.get_logger()


def check_pdf(file: BinaryIO, label: str) -> None:
    """Refuse a PDF with active content, or that can't be read; raises Unsafe and BUSY."""
    refuse_second_file(file)
    try:
        result = subprocess.run(
            [sys.executable, "-I", "-m", "server.documents.inspection.pdf_process"],
            stdin=file,
            env={},
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=True,
        )
        finding = Finding(result.stdout.decode())
    except subprocess.TimeoutExpired:  # a PDF that takes too long reaches the limit of CPU time
        raise busy(BUSY_SECONDS) from None
    except (subprocess.SubprocessError, ValueError) as error:
        log.warning("pdf_not_readable", kind=type(error).__name__)  # its output may hold text
        raise damaged(label) from None
    if finding is Finding.DAMAGED:
        raise damaged(label)
    if finding is not Finding.NONE:
        raise Unsafe(_REFUSALS[finding])
